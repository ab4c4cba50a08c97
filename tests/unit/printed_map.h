/* For tests whose expectation was printed by themselves: they compare what they would print now
 * with the file. They show what a change changes; that it was right before is for other tests. */
#ifndef HEXTANT_TESTS_PRINTED_MAP_H
#define HEXTANT_TESTS_PRINTED_MAP_H

#include <check.h>
#include <stdio.h>
#include <string.h>

/* Fails at the first line of tests/unit/FILE, of those that begin with `lead`, that is not the next
 * one of `now`, or if `now` has more. */
static inline void expect_printed(const char *file, const char *lead, const char *now)
{
    char path[4096], line[2600];
    snprintf(path, sizeof path, "%s/unit/%s", TEST_DIR, file);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        size_t len = strlen(line);
        if (strncmp(line, lead, strlen(lead)) != 0)
            continue;
        ck_assert_msg(!strncmp(now, line, len), "expected %snow      %.*s", line,
                      (int)strcspn(now, "\n"), now);
        now += len;
    }
    ck_assert_msg(!*now, "not expected: %.*s", (int)strcspn(now, "\n"), now);
    fclose(f);
}

#endif
