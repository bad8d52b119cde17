/* member_marks.h - members of groups that start, come back or leave without a line of the story
 * that says so: their own start time, restart.after, a poll() that comes too late. */
#ifndef KAFKASIM_PLOTS_MARKS_MEMBER_MARKS_H
#define KAFKASIM_PLOTS_MARKS_MEMBER_MARKS_H
#include "plots/marks/marks.h"

void member_marks_add(GArray *marks, const RunData *run);

#endif
