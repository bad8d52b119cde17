/* case_troubles.h - what befalls a case: drawn after its cluster, topics and clients. */
#ifndef KAFKASIM_TESTS_PROPERTIES_CASE_TROUBLES_H
#define KAFKASIM_TESTS_PROPERTIES_CASE_TROUBLES_H
#include "tests/properties/case.h"

void case_draw_trouble(Case *self, Trouble *trouble);
void case_draw_wish(Case *self, Trouble *wish);

#endif
