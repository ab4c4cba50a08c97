/* Which counter may be read in which mode: mcounteren, hcounteren, scounteren, their order, and
 * htimedelta. */
#include "priv.h"

static void enables(ulong m, ulong h, ulong s)
{
    csr_write(CSR_MCOUNTEREN, m);
    csr_write(CSR_HCOUNTEREN, h);
    csr_write(CSR_SCOUNTEREN, s);
}

/* All eight settings of one counter's bits, in every mode. */
static void all_settings(unsigned number, ulong bit)
{
    context("CSR", number);
    for (unsigned i = 0; i < 8; i++) {
        int m = i & 1, h = i >> 1 & 1, s = i >> 2;
        /* The other counters' bits are the opposite, so that a wrong bit shows. */
        enables(m ? bit : ~bit, h ? bit : ~bit, s ? bit : ~bit);
        context("m, h, s", i);
        EXPECT_OUTCOME(MODE_M, PEEK(number), NO_TRAP);
        EXPECT_OUTCOME(MODE_HS, PEEK(number), m ? NO_TRAP : EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_U, PEEK(number), m && s ? NO_TRAP : EXC_ILLEGAL);
        ulong vs = !m ? EXC_ILLEGAL : h ? NO_TRAP : EXC_VIRTUAL;
        EXPECT_OUTCOME(MODE_VS, PEEK(number), vs);
        EXPECT_OUTCOME(MODE_VU, PEEK(number), vs == NO_TRAP && !s ? EXC_VIRTUAL : vs);
    }
}

TEST("norm:mcounteren_op norm:scounteren_op norm:hcounteren_op norm:H_virtinst_vs_nonhighctr_h0_m1 "
     "norm:H_virtinst_vu_nonhighctr_h0_s0_m1 "
     "the counters by mcounteren, hcounteren, scounteren")
{
    for (unsigned n = 0; n < 32; n++) {
        if (!csr_exists(CSR_CYCLE + n) || !(csr_probe(CSR_MCOUNTEREN, BIT(n)) & BIT(n)))
            continue;
        if (csr_probe(CSR_HCOUNTEREN, BIT(n)) & csr_probe(CSR_SCOUNTEREN, BIT(n)) & BIT(n))
            all_settings(CSR_CYCLE + n, BIT(n));
    }
}

TEST("norm:H_virtinst_vs32_highctr_h0_m1 norm:H_virtinst_vu32_highctr_h0_s0_m1 the high halves")
{
    NEED(!RV64, "RV64 has no high halves");
    for (unsigned n = 0; n < 4; n++)
        if (csr_exists(CSR_CYCLEH + n))
            all_settings(CSR_CYCLEH + n, BIT(n));
}

TEST("norm:H_cause_virtual_instruction writes to counters are illegal whatever the enables")
{
    for (unsigned i = 0; i < 2; i++) {
        ulong all = i ? 0xffffffff : 0;
        enables(0xffffffff, all, all);
        for (unsigned n = 0; n < 3; n++)
            for (enum mode m = MODE_U; m <= MODE_VS; m++) {
                EXPECT_OUTCOME(m, TOUCH(CSR_CYCLE + n), EXC_ILLEGAL);
                EXPECT_OUTCOME(m, CSRW(CSR_CYCLE + n, ZERO), EXC_ILLEGAL);
            }
    }
}

TEST("norm:shcounterenw_hpmcounter_hcounteren norm:hcounteren_warl every counter that is not "
     "read-only zero has a writable hcounteren bit")
{
    for (unsigned n = 0; n < 32; n++) {
        context("counter", n);
        int counts = n < 3 || csr_probe(CSR_MCYCLE + n, 0x1000) >= 0x1000;
        if (!csr_exists(CSR_CYCLE + n) || !counts)
            continue;
        CHECK_EQ(csr_probe(CSR_HCOUNTEREN, BIT(n)), BIT(n));
        CHECK_EQ(csr_probe(CSR_HCOUNTEREN, 0), 0);
    }
}

TEST("norm:hcounteren_sz hcounteren is 32 bits wide and a register of its own")
{
    enables(0, ~0ul, 0);
    CHECK_EQ(csr_read(CSR_MCOUNTEREN), 0);
    CHECK_EQ(csr_read(CSR_SCOUNTEREN), 0);
    CHECK_EQ((u64)csr_read(CSR_HCOUNTEREN) >> 32, 0);
}

static u64 time_in(enum mode mode)
{
    struct trap t = RUN(mode, CODE(CSRR(A0, CSR_TIME), RV64 ? NOP : CSRR(A1, CSR_TIMEH)));
    EXPECT_DONE(t);
    return RV64 ? RESULT(t) : (u64)t.regs[A1] << 32 | RESULT(t);
}

TEST("norm:htimedelta_sz_acc_op norm:time_htimedelta_req time in VS and VU is time + htimedelta")
{
    static const u64 deltas[] = {0, 1ull << 40, 0x123456789abcdef0ull, -(1ull << 50)};
    for (unsigned i = 0; i < 4; i++) {
        context("htimedelta", deltas[i]);
        csr_write64(CSR_HTIMEDELTA, deltas[i]);
        CHECK_EQ(csr_read64(CSR_HTIMEDELTA), deltas[i]);
        u64 before = time_in(MODE_HS);
        u64 vs = time_in(MODE_VS) - deltas[i], vu = time_in(MODE_VU) - deltas[i];
        u64 after = time_in(MODE_U);
        CHECK(before <= vs && vs <= vu && vu <= after);
        CHECK(after - before < 1ull << 32);
    }
}

TEST("norm:htimedeltah_sz_acc_op XLEN=32: the halves of htimedelta are independent")
{
    NEED(!RV64, "RV64 has no htimedeltah");
    csr_write64(CSR_HTIMEDELTA, 0x1111111122222222ull);
    csr_put(CSR_HTIMEDELTA, 0x33333333);
    CHECK_EQ(csr_read64(CSR_HTIMEDELTA), 0x1111111133333333ull);
    csr_put(CSR_HTIMEDELTAH, 0x44444444);
    CHECK_EQ(csr_read64(CSR_HTIMEDELTA), 0x4444444433333333ull);
}

TEST("norm:hcounteren_op cycle and instret advance in VS and VU")
{
    for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
        struct trap t = RUN(m, CODE(CSRR(A0, CSR_INSTRET), NOP, NOP, CSRR(A1, CSR_INSTRET)));
        EXPECT_DONE(t);
        CHECK_EQ(t.regs[A1] - t.regs[A0], 3);
        t = RUN(m, CODE(CSRR(A0, CSR_CYCLE), NOP, NOP, CSRR(A1, CSR_CYCLE)));
        CHECK(t.regs[A1] - t.regs[A0] >= 1);
    }
}
