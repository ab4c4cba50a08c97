/* The end of every unit test's main(). */
#ifndef HEXTANT_TESTS_RUN_SUITE_H
#define HEXTANT_TESTS_RUN_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Runs `suite`; the value for main() to return. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
