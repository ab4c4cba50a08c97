/* Base extension, unknown extensions and functions (binary encoding, base chapter), legacy probes.
 */
#include "sbi.h"

void test(void)
{
    ulong spec = VALUE(sbi(EXT_BASE, 0, 0, 0, 0, 0));

    CHECK(spec >> 31 == 0 && spec >> 24 >= 1);
    VALUE(sbi(EXT_BASE, 1, 0, 0, 0, 0));
    VALUE(sbi(EXT_BASE, 2, 0, 0, 0, 0));
    CHECK(VALUE(sbi(EXT_BASE, 3, EXT_BASE, 0, 0, 0)) == 1);
    CHECK(VALUE(sbi(EXT_BASE, 3, EXT_TIME, 0, 0, 0)) != 0);
    CHECK(VALUE(sbi(EXT_BASE, 3, EXT_RFENCE, 0, 0, 0)) != 0);
    CHECK(VALUE(sbi(EXT_BASE, 3, 0x1, 0, 0, 0)) != 0);
    CHECK(VALUE(sbi(EXT_BASE, 3, 0x9, 0, 0, 0)) == 0);
    CHECK(VALUE(sbi(EXT_BASE, 3, 0x12345678, 0, 0, 0)) == 0);
    VALUE(sbi(EXT_BASE, 4, 0, 0, 0, 0));
    VALUE(sbi(EXT_BASE, 5, 0, 0, 0, 0));
    VALUE(sbi(EXT_BASE, 6, 0, 0, 0, 0));
    EXPECT(sbi(EXT_BASE, 7, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_BASE, -1, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(0x12345678, 0, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(0x0a000000, 0, 0, 0, 0, 0), NOT_SUPPORTED); /* firmware-specific space */
    EXPECT(sbi(EXT_TIME, 1, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_IPI, 1, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_RFENCE, 7, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_HSM, 4, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_SRST, 1, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(0x9, 0, 0, 0, 0, 0), NOT_SUPPORTED);
#if __riscv_xlen == 64
    if (!on_opensbi()) { /* extension IDs are signed 32-bit numbers */
        EXPECT(sbi((long)(0x100000000ul | EXT_BASE), 0, 0, 0, 0, 0), NOT_SUPPORTED);
        EXPECT(sbi(EXT_BASE, (long)0x100000000ul, 0, 0, 0, 0), NOT_SUPPORTED);
    }
#endif
    CHECK(!has_ext(EXT_STA) && !has_ext(EXT_NACL));
    EXPECT(sbi(EXT_STA, 0, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_NACL, 0, 0, 0, 0, 0), NOT_SUPPORTED);
}
