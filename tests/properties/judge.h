/* judge.h - runs a case and says what is wrong with it. */
#ifndef KAFKASIM_TESTS_PROPERTIES_JUDGE_H
#define KAFKASIM_TESTS_PROPERTIES_JUDGE_H
#include "tests/properties/case.h"

typedef struct Verdict {
    bool broken;
    char property[96]; /* the first that does not hold */
    GString *text;     /* all of them, in words; owned */
    uint64_t events;
    int64_t acked;
    int64_t lost;
} Verdict;

/* `watched`: with the invariants; `log`: the event log too, to standard output. */
Verdict case_judge(const Case *self, bool log);
void verdict_clear(Verdict *self);

#endif
