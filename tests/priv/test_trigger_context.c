/* textra (Sdtrig): triggers that fire in some contexts only, and the registers that say in which
 * one the hart is. */
#include "priv.h"

#define TYPE6       (6ul << (__riscv_xlen - 4))
#define LOADS       (TYPE6 | 1ul << 24 | 1ul << 4 | 1)
#define SVALUE(n)   ((ulong)(n) << 2)
#define SKIP(bytes) ((ulong)(bytes) << (RV64 ? 36 : 18))
#define MHVALUE(n)  ((ulong)(n) << (RV64 ? 51 : 26))
#define MHSELECT(n) ((ulong)(n) << (RV64 ? 48 : 23))
#define ASID(n)     ((ulong)(n) << (RV64 ? 44 : 22))
enum { SCONTEXT = 1, BY_ASID, MH_WIDTH = RV64 ? 13 : 6, S_BYTES = RV64 ? 4 : 2 };

static volatile u32 *word;

static void need_textra(void)
{
    csr_put(CSR_TSELECT, 0);
    NEED(csr_exists(CSR_MCONTEXT), "no contexts");
    word = page_alloc(1);
}

/* Does a load trigger with that textra fire in the mode? */
static int fires(enum mode mode, ulong textra)
{
    ulong va = mode == MODE_VS ? ts.va : (ulong)word;
    csr_put(CSR_TDATA1, 0);
    csr_put(CSR_TDATA2, va);
    csr_put(CSR_TDATA3, textra);
    CHECK_EQ(csr_get(CSR_TDATA3), textra);
    csr_put(CSR_TDATA1, LOADS);
    return exec(mode, LW(A1, A0, 0), va, 0).cause == EXC_BREAKPOINT;
}

TEST("Sdtrig: what the context registers and textra hold")
{
    need_textra();
    ulong wide = (1ul << (MH_WIDTH + 1)) - 1;
    CHECK_EQ(csr_probe(CSR_SCONTEXT, ~0ul), RV64 ? 0xffffffff : 0xffff);
    CHECK_EQ(csr_probe(CSR_MCONTEXT, ~0ul), wide);
    CHECK_EQ(csr_get(CSR_HCONTEXT), wide);
    CHECK_EQ(csr_probe(CSR_HCONTEXT, 5), 5);
    CHECK_EQ(csr_get(CSR_MCONTEXT), 5);
    csr_put(CSR_TDATA3, 0);
    for (ulong n = 0; n < 8; n++)
        CHECK_EQ(csr_probe(CSR_TDATA3, MHSELECT(n)),
                 (n & 3) == 3 ? csr_get(CSR_TDATA3) : MHSELECT(n));
    CHECK_EQ(csr_probe(CSR_TDATA3, MHSELECT(3)), MHSELECT(6));
    csr_put(CSR_TDATA3, 0);
    CHECK_EQ(csr_probe(CSR_TDATA3, 3), 0);
    CHECK_EQ(csr_probe(CSR_TDATA3, ~0ul), RV64 ? 0xfff800f3fffffffc : 0xfc0ffffc);
}

TEST("Sdtrig: who may access scontext, hcontext and mcontext")
{
    need_textra();
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_SCONTEXT), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_SCONTEXT), NO_TRAP);
    EXPECT_OUTCOME(MODE_U, PEEK(CSR_SCONTEXT), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_SCONTEXT), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_HCONTEXT), NO_TRAP);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_HCONTEXT), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_U, PEEK(CSR_HCONTEXT), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_MCONTEXT), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_MCONTEXT), EXC_ILLEGAL);
}

TEST("Sdtrig: sselect 1: scontext, but for the bytes that are masked")
{
    need_textra();
    for (unsigned byte = 0; byte < S_BYTES; byte++) {
        ulong other = 5ul ^ 1ul << (8 * byte);
        context("byte", byte);
        csr_put(CSR_SCONTEXT, 5);
        CHECK_EQ(fires(MODE_HS, SCONTEXT | SVALUE(5)), 1);
        CHECK_EQ(fires(MODE_HS, SCONTEXT | SVALUE(other)), 0);
        CHECK_EQ(fires(MODE_HS, SCONTEXT | SVALUE(other) | SKIP(1u << byte)), 1);
        CHECK_EQ(fires(MODE_HS, SCONTEXT | SVALUE(other) | SKIP(1u << (byte + 1) % S_BYTES)), 0);
        CHECK_EQ(fires(MODE_HS, SVALUE(other)), 1);
    }
}

TEST("Sdtrig: sselect 2: the ASID of vsatp in VS-mode, of satp elsewhere")
{
    need_textra();
    two_stage(SV_MIN, SV_MIN, 0);
    csr_set(CSR_VSATP, ASID(3));
    NEED((csr_read(CSR_VSATP) & ASID(3)) == ASID(3), "no ASIDs");
    fence_all();
    CHECK_EQ(fires(MODE_VS, BY_ASID | SVALUE(3)), 1);
    CHECK_EQ(fires(MODE_VS, BY_ASID | SVALUE(2)), 0);
    CHECK_EQ(fires(MODE_HS, BY_ASID | SVALUE(3)), 0);
    CHECK_EQ(fires(MODE_HS, BY_ASID | SVALUE(0)), 1);
}

TEST("Sdtrig: mhselect 4, 1 and 5: mcontext; 2 and 6: the VMID of hgatp")
{
    need_textra();
    ulong top = 1ul << MH_WIDTH;
    csr_put(CSR_MCONTEXT, top | 6);
    CHECK_EQ(fires(MODE_HS, MHSELECT(4) | MHVALUE(6)), 1); /* without the highest bit */
    CHECK_EQ(fires(MODE_HS, MHSELECT(4) | MHVALUE(7)), 0);
    CHECK_EQ(fires(MODE_HS, MHSELECT(1) | MHVALUE((top | 6) >> 1)), 1);
    CHECK_EQ(fires(MODE_HS, MHSELECT(1) | MHVALUE(3)), 0);
    CHECK_EQ(fires(MODE_HS, MHSELECT(5) | MHVALUE((top | 6) >> 1)), 0);
    csr_put(CSR_MCONTEXT, 7);
    CHECK_EQ(fires(MODE_HS, MHSELECT(5) | MHVALUE(3)), 1);
    CHECK_EQ(fires(MODE_HS, MHVALUE(1)), 1);
    two_stage(SV_MIN, SV_MIN, 0);
    csr_set(CSR_HGATP, ASID(5));
    NEED((csr_read(CSR_HGATP) & ASID(5)) == ASID(5), "no VMIDs");
    fence_all();
    CHECK_EQ(fires(MODE_VS, MHSELECT(6) | MHVALUE(2)), 1);
    CHECK_EQ(fires(MODE_VS, MHSELECT(2) | MHVALUE(2)), 0);
    CHECK_EQ(fires(MODE_VS, MHSELECT(6) | MHVALUE(3)), 0);
}
