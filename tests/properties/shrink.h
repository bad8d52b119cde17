/* shrink.h - the smallest case with the same fault: troubles are dropped, then time is cut. */
#ifndef KAFKASIM_TESTS_PROPERTIES_SHRINK_H
#define KAFKASIM_TESTS_PROPERTIES_SHRINK_H
#include "tests/properties/judge.h"

/* `property` is what does not hold. Returns how many runs it took. */
int32_t case_shrink(Case *self, const char *property);
/* The options that make test_properties repeat a shrunk case: " --drop 1,3 --heal 20000". */
void case_shrunk_options(const Case *self, const Case *drawn, GString *out);

#endif
