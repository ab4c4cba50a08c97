/* The first call of every function fails as the settings file says, with each of these errors.
 * run: --sbi=BUILD/fail-FAILED.conf
 * run: --sbi=BUILD/fail-NOT_SUPPORTED.conf
 * run: --sbi=BUILD/fail-INVALID_PARAM.conf
 * run: --sbi=BUILD/fail-DENIED.conf
 * run: --sbi=BUILD/fail-NO_SHMEM.conf
 * run: --sbi=BUILD/fail-IO.conf */
#include "sbi.h"

static const struct {
    long id, functions;
} extensions[] = {
    {EXT_BASE, 7}, {EXT_TIME, 1}, {EXT_IPI, 1}, {EXT_RFENCE, 7}, {EXT_HSM, 4},  {EXT_SRST, 1},
    {EXT_SUSP, 1}, {EXT_DBCN, 3}, {EXT_PMU, 9}, {EXT_CPPC, 4},   {EXT_FWFT, 2}, {EXT_SSE, 10},
    {EXT_DBTR, 8}, {EXT_MPXY, 8}, {EXT_STA, 1}, {EXT_NACL, 5},
};

void test(void)
{
    long want = sbi(EXT_BASE, 0, 0, 0, 0, 0).error;

    if (want >= 0)
        skip("the settings file with failures is missing");
    for (long fn = 1; fn < 7; fn++)
        EXPECT(sbi(EXT_BASE, fn, 0, 0, 0, 0), want);
    for (unsigned i = 1; i < ARRAY_LEN(extensions); i++) {
        for (long fn = 0; fn < extensions[i].functions; fn++)
            EXPECT(sbi(extensions[i].id, fn, 0, 0, 0, 0), want);
        EXPECT(sbi(extensions[i].id, extensions[i].functions, 0, 0, 0, 0), NOT_SUPPORTED);
    }
    for (long id = 0; id <= 8; id++) { /* a1 is not touched */
        struct ret r = sbi_raw((ulong[8]){0, 0x77, 0, 0, 0, 0, 0, (ulong)id});
        CHECK(r.error == want && r.value == 0x77);
    }
    EXPECT(sbi(EXT_BASE, 0, 0, 0, 0, 0), SUCCESS); /* the second call does what it should */
    EXPECT(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0), SUCCESS);
}
