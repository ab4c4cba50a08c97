/* The library itself: every mode can be entered and left, and traps land in the right bank. */
#include "priv.h"

static ulong add_one(ulong arg)
{
    return arg + 1;
}

TEST("norm:mret_h MRET enters every mode, with and without translation")
{
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        context("mode", m);
        struct trap t = run_in(m, add_one, 41);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), 42);
    }
    FOR_EACH_PAIR(v, g)
    {
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        pool_reset();
        two_stage((unsigned)v, (unsigned)g, 0);
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            context("mode", m);
            struct trap t = run_in(m, add_one, 41);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), 42);
        }
    }
    csr_write(CSR_VSATP, 0);
    csr_write(CSR_HGATP, 0);
    FOR_EACH_MODE(s, STAGE_HS)
    {
        context("satp", (u64)s);
        pool_reset();
        one_stage((unsigned)s, 0);
        EXPECT_DONE(run_in(MODE_HS, add_one, 1));
        EXPECT_DONE(run_in(MODE_U, add_one, 1));
    }
}

TEST("norm:H_trap_deleg norm:hedeleg_op an illegal instruction goes to M, HS or VS as delegated")
{
    for (enum bank b = BANK_M; b <= BANK_VS; b++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            if (m == MODE_M)
                continue;
            context("delegated to", b);
            context("mode", m);
            delegate_all(b);
            struct trap t = exec(m, 0xffffffffu, 0, 0);
            enum bank want = b == BANK_VS && !IS_V(m) ? BANK_HS : b;
            EXPECT_TRAP(t, .bank = want, .cause = EXC_ILLEGAL, INSN(0xffffffffu));
        }
}
