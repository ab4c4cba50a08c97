/* Cost of a call: a million each of set_timer and probe_extension. Not a test; time it from
 * outside. */
#include "sbi.h"

enum { CALLS = 1000000 };

void test(void)
{
    for (int i = 0; i < CALLS; i++)
        sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0);
    for (int i = 0; i < CALLS; i++)
        sbi(EXT_BASE, 3, EXT_TIME, 0, 0, 0);
}
