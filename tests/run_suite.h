/* run_suite.h - the end of every Check program's main: run the suite, say how it went. */
#ifndef KAFKASIM_TESTS_RUN_SUITE_H
#define KAFKASIM_TESTS_RUN_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Runs and frees the suite; environment variables of Check (CK_VERBOSITY, CK_FORK, CK_RUN_CASE)
 * apply. Returns main's value. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
