/* Processor performance control. */
#include "sbi.h"

enum { PROBE, READ, READ_HI, WRITE };

void test(void)
{
    static const ulong reserved[] = {0x15, 0x7fffffff, 0x80000001u, 0xffffffffu};

    if (!has_ext(EXT_CPPC))
        skip("no CPPC");
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
        EXPECT(sbi(EXT_CPPC, PROBE, reserved[i], 0, 0, 0), INVALID_PARAM);
        EXPECT(sbi(EXT_CPPC, READ, reserved[i], 0, 0, 0), INVALID_PARAM);
        EXPECT(sbi(EXT_CPPC, READ_HI, reserved[i], 0, 0, 0), INVALID_PARAM);
        EXPECT(sbi(EXT_CPPC, WRITE, reserved[i], 0, 0, 0), INVALID_PARAM);
    }
    EXPECT(sbi(EXT_CPPC, 4, 0, 0, 0, 0), NOT_SUPPORTED);
    for (ulong reg = 0; reg <= 0x14; reg++) {
        ulong width = VALUE(sbi(EXT_CPPC, PROBE, reg, 0, 0, 0));
        CHECK(width == 32 || (width == 64 && reg >= 0xa && reg <= 0xc));
        bool rw = (reg >= 5 && reg <= 9) || (reg >= 0xd && reg <= 0x11);
        EXPECT(sbi(EXT_CPPC, WRITE, reg, 0x55, 0, 0), rw ? SUCCESS : DENIED);
        if (rw)
            CHECK(VALUE(sbi(EXT_CPPC, READ, reg, 0, 0, 0)) == 0x55);
        VALUE(sbi(EXT_CPPC, READ, reg, 0, 0, 0));
        ulong high = VALUE(sbi(EXT_CPPC, READ_HI, reg, 0, 0, 0));
        CHECK(high == 0 || (XLEN == 32 && width == 64));
    }
    CHECK(VALUE(sbi(EXT_CPPC, PROBE, 0x80000000u, 0, 0, 0)) == 32);
    VALUE(sbi(EXT_CPPC, READ, 0x80000000u, 0, 0, 0));
    EXPECT(sbi(EXT_CPPC, WRITE, 0x80000000u, 1, 0, 0), DENIED);
    /* the counters run */
    ulong before = VALUE(sbi(EXT_CPPC, READ, 0xb, 0, 0, 0));
    delay(1000);
    CHECK(VALUE(sbi(EXT_CPPC, READ, 0xb, 0, 0, 0)) - before >= 1000);
}
