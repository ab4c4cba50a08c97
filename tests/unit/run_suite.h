/* What every unit test has: its limit, and the end of its main(). */
#ifndef HEXTANT_TESTS_RUN_SUITE_H
#define HEXTANT_TESTS_RUN_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Check's own limit is four seconds of the host's clock. This one is for what hangs. */
static __attribute__((constructor)) void limit_generously(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "120", 0);
}

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
