/* Triggers (Sdtrig) that look at no address: instructions that are counted, traps that are taken;
 * and what keeps a handler from trapping on itself. Says --append=reentrancy=ie or =tcontrol which
 * of the manual's solutions the hart has. */
#include "priv.h"

#define TYPE(n)    ((ulong)(n) << (__riscv_xlen - 4))
#define X_HIT      (1ul << (__riscv_xlen - 6))
#define I_HIT      (1ul << 24)
#define I_COUNT(n) ((ulong)(n) << 10)
#define I_PENDING  (1ul << 8)
#define MTE        (1ul << 3)
#define MPTE       (1ul << 7)
#define IRQ_SOFT   1
enum { LOAD_S = 1 << 4 | 1, ICOUNT = 3, ITRIGGER, ETRIGGER, MCONTROL6, TMEXT };

/* The bits that enable an icount, and an itrigger or etrigger, in each mode. */
static const ulong i_mode[] = {[MODE_U] = 1ul << 6,
                               [MODE_HS] = 1ul << 7,
                               [MODE_M] = 1ul << 9,
                               [MODE_VU] = 1ul << 25,
                               [MODE_VS] = 1ul << 26};
static const ulong x_mode[] = {[MODE_U] = 1ul << 6,
                               [MODE_HS] = 1ul << 7,
                               [MODE_M] = 1ul << 9,
                               [MODE_VU] = 1ul << 11,
                               [MODE_VS] = 1ul << 12};
#define ALL_MODES_X (0x1aul << 8 | 3ul << 6)

static void need_type(unsigned type)
{
    NEED(csr_exists(CSR_TSELECT), "no triggers");
    csr_put(CSR_TSELECT, 0);
    NEED(csr_get(CSR_TINFO) >> type & 1, "no trigger of that type");
}

static void trigger(ulong tdata1, ulong tdata2)
{
    csr_put(CSR_TDATA1, 0);
    csr_put(CSR_TDATA2, tdata2);
    csr_put(CSR_TDATA1, tdata1);
}

static int reentrancy_off(void)
{
    return !boot_argument("reentrancy=ie") && !boot_argument("reentrancy=tcontrol");
}

TEST("Sdtrig: what tdata1 holds for each type")
{
    need_type(ICOUNT);
    ulong low = (1ul << (__riscv_xlen - 4)) - 1;
    /* armed in no mode; then in all, with nothing to count */
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE(ICOUNT) | (low & 0x01fffd3f)), TYPE(ICOUNT) | 0x01fffd00);
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE(ICOUNT) | (low & ~0x00fffd00ul)),
             TYPE(ICOUNT) | 0x070002c0);
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE(ITRIGGER) | low), TYPE(ITRIGGER) | X_HIT | ALL_MODES_X);
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE(ETRIGGER) | low), TYPE(ETRIGGER) | X_HIT | ALL_MODES_X);
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE(TMEXT) | low), TYPE(TMEXT) | X_HIT);
    for (unsigned type = 0; type < 16; type++) {
        int there = type >= ICOUNT && type <= TMEXT;
        CHECK_EQ(csr_probe(CSR_TDATA1, TYPE(type)), TYPE(there ? type : 15));
    }
}

TEST("Sdtrig: icount fires before the instruction after the last that it counts, in each mode")
{
    need_type(ICOUNT);
    static const u32 code[] = {ADDI(A0, A0, 1), ADDI(A0, A0, 1), ADDI(A0, A0, 1), ADDI(A0, A0, 1)};
    static const enum mode modes[] = {MODE_U, MODE_HS, MODE_VU, MODE_VS};
    for (unsigned i = 0; i < 4; i++) {
        const struct program program = {.mode = modes[i], .insns = code, .count = 4};
        for (unsigned n = 1; n < 4; n++) {
            context("instructions", n);
            for (unsigned hot = 0; hot < 20; hot++)
                CHECK_EQ(RESULT(run(&program)), 4);
            trigger(TYPE(ICOUNT) | i_mode[modes[i]] | I_COUNT(n), 0);
            struct trap t = run(&program);
            CHECK_EQ(t.cause, EXC_BREAKPOINT);
            CHECK_EQ(t.epc - t.start, 4 * n);
            CHECK_EQ(t.tval, 0);
            CHECK_EQ(t.gva, 0);
            CHECK_EQ(RESULT(t), n);
            CHECK_EQ(csr_get(CSR_TDATA1), TYPE(ICOUNT) | i_mode[modes[i]] | I_HIT);
            CHECK_EQ(RESULT(run(&program)), 4);
            trigger(TYPE(ICOUNT) | i_mode[modes[i ^ 1]] | I_COUNT(n), 0);
            CHECK_EQ(RESULT(run(&program)), 4);
            csr_put(CSR_TDATA1, 0);
        }
    }
}

TEST("Sdtrig: icount counts a trap, and waits while another mode runs")
{
    need_type(ICOUNT);
    trigger(TYPE(ICOUNT) | i_mode[MODE_U] | I_COUNT(2), 0);
    EXPECT_ILLEGAL(exec(MODE_U, ~0u, 0, 0), ~0u);
    CHECK_EQ(csr_get(CSR_TDATA1), TYPE(ICOUNT) | i_mode[MODE_U] | I_COUNT(1));
    EXPECT_DONE(exec(MODE_HS, NOP, 0, 0));
    EXPECT_ILLEGAL(exec(MODE_U, ~0u, 0, 0), ~0u);
    CHECK_EQ(csr_get(CSR_TDATA1), TYPE(ICOUNT) | i_mode[MODE_U] | I_PENDING);
    EXPECT_DONE(exec(MODE_HS, NOP, 0, 0));
    struct trap t = exec(MODE_U, NOP, 0, 0);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.epc, t.start);
    EXPECT_DONE(exec(MODE_U, NOP, 0, 0));
}

TEST("Sdtrig: icount counts an interrupt's trap")
{
    need_type(ICOUNT);
    csr_write(CSR_MIDELEG, 1ul << IRQ_SOFT);
    csr_set(CSR_MIE, 1ul << IRQ_SOFT);
    csr_set(CSR_MIP, 1ul << IRQ_SOFT);
    trigger(TYPE(ICOUNT) | i_mode[MODE_U] | I_COUNT(5), 0);
    CHECK_EQ(exec(MODE_U, NOP, 0, 0).bank, BANK_HS);
    CHECK_EQ(csr_get(CSR_TDATA1), TYPE(ICOUNT) | i_mode[MODE_U] | I_COUNT(4));
}

TEST("Sdtrig: what is written to an icount trigger is what it counts from")
{
    need_type(ICOUNT);
    trigger(TYPE(ICOUNT) | i_mode[MODE_M] | I_COUNT(0), 0);
    ulong value = TYPE(ICOUNT) | i_mode[MODE_M] | I_COUNT(100), before = 0, after = 0;
    asm volatile("csrw tdata1, %2\n csrr %0, tdata1\n nop\n csrr %1, tdata1\n csrw tdata1, zero"
                 : "=&r"(before), "=&r"(after)
                 : "r"(value));
    if (boot_argument("reentrancy=ie") || boot_argument("reentrancy=tcontrol")) {
        CHECK_EQ(after, value); /* held back in M-mode */
        return;
    }
    CHECK_EQ(before, value);
    CHECK_EQ(after, value - I_COUNT(2));
}

/* An exception of that mode goes to (V)S-mode, where a breakpoint is taken to M-mode before the
 * first instruction. */
static void expect_at_handler(int line, const struct trap *t)
{
    check_equal(line, "xcause", t->cause, EXC_BREAKPOINT);
    check_equal(line, "bank", t->bank, BANK_M);
    check_equal(line, "xtval", t->tval, 0);
    check_equal(line, "from virtual", (u64)t->pv, IS_V(t->mode));
    check_equal(line, "from privilege", (u64)t->pp, 1);
    check_equal(line, "xepc", t->epc, csr_get(IS_V(t->mode) ? CSR_VSTVEC : CSR_STVEC));
    check_equal(line, "hit", csr_get(CSR_TDATA1) & X_HIT, X_HIT);
}

TEST("Sdtrig: etrigger fires at the first instruction of the handler, by mode and cause")
{
    need_type(ETRIGGER);
    static const enum mode modes[] = {MODE_U, MODE_HS, MODE_VU, MODE_VS};
    csr_write(CSR_MEDELEG, BIT(EXC_ILLEGAL));
    csr_put(CSR_HEDELEG, BIT(EXC_ILLEGAL));
    for (unsigned i = 0; i < 4; i++) {
        context("mode", modes[i]);
        trigger(TYPE(ETRIGGER) | x_mode[modes[i]], BIT(EXC_ILLEGAL));
        struct trap t = exec(modes[i], ~0u, 0, 0);
        expect_at_handler(__LINE__, &t);
        CHECK_EQ(csr_get(IS_V(modes[i]) ? CSR_VSCAUSE : CSR_SCAUSE), EXC_ILLEGAL);
        trigger(TYPE(ETRIGGER) | x_mode[modes[i]], BIT(EXC_LOAD_PAGE) | BIT(EXC_VIRTUAL));
        CHECK_EQ(exec(modes[i], ~0u, 0, 0).cause, EXC_ILLEGAL);
        trigger(TYPE(ETRIGGER) | (ALL_MODES_X & ~x_mode[modes[i]]), BIT(EXC_ILLEGAL));
        CHECK_EQ(exec(modes[i], ~0u, 0, 0).cause, EXC_ILLEGAL);
        trigger(TYPE(ITRIGGER) | x_mode[modes[i]], BIT(EXC_ILLEGAL));
        CHECK_EQ(exec(modes[i], ~0u, 0, 0).cause, EXC_ILLEGAL);
    }
}

TEST("Sdtrig: itrigger fires at the first instruction of the handler, by mode and interrupt")
{
    need_type(ITRIGGER);
    csr_write(CSR_MIDELEG, 1ul << IRQ_SOFT);
    csr_set(CSR_MIE, 1ul << IRQ_SOFT);
    csr_set(CSR_MIP, 1ul << IRQ_SOFT);
    trigger(TYPE(ITRIGGER) | x_mode[MODE_U], 1ul << IRQ_SOFT);
    struct trap t = exec(MODE_U, NOP, 0, 0);
    expect_at_handler(__LINE__, &t);
    CHECK_EQ(csr_read(CSR_SCAUSE), 1ul << (__riscv_xlen - 1) | IRQ_SOFT);
    trigger(TYPE(ITRIGGER) | x_mode[MODE_U], ~(1ul << IRQ_SOFT));
    CHECK_EQ(exec(MODE_U, NOP, 0, 0).bank, BANK_HS);
    trigger(TYPE(ITRIGGER) | x_mode[MODE_HS], 1ul << IRQ_SOFT);
    CHECK_EQ(exec(MODE_U, NOP, 0, 0).bank, BANK_HS);
    trigger(TYPE(ETRIGGER) | x_mode[MODE_U], 1ul << IRQ_SOFT);
    CHECK_EQ(exec(MODE_U, NOP, 0, 0).bank, BANK_HS);
}

TEST("Sdtrig: a trigger on a trap into M-mode fires there, if nothing holds it back")
{
    need_type(ETRIGGER);
    trigger(TYPE(ETRIGGER) | x_mode[MODE_U], BIT(EXC_ILLEGAL));
    struct trap t = exec(MODE_U, ~0u, 0, 0);
    CHECK_EQ(t.cause, reentrancy_off() ? EXC_BREAKPOINT : EXC_ILLEGAL);
    CHECK_EQ((u64)t.pp, reentrancy_off() ? 3 : 0);
}

TEST("Sdtrig: which triggers are held back in M-mode, and in S-mode if breakpoints go there")
{
    need_type(MCONTROL6);
    volatile u32 *word = page_alloc(1);
    u32 load = LW(A1, A0, 0);
    int ie = boot_argument("reentrancy=ie");
    trigger(TYPE(MCONTROL6) | LOAD_S | 1ul << 6, (ulong)word);
    if (!boot_argument("reentrancy=tcontrol")) {
        CHECK(!csr_exists(CSR_TCONTROL));
        struct trap t = exec(MODE_M, load, (ulong)word, 0);
        CHECK_EQ(t.bank == BANK_NONE, ie);
        t = RUN(MODE_M, CODE(load), .a0 = (ulong)word, .mstatus = STATUS_MPIE);
        CHECK_EQ(t.cause, EXC_BREAKPOINT);
        csr_write(CSR_MEDELEG, BIT(EXC_BREAKPOINT));
        csr_clear(CSR_SSTATUS, STATUS_SIE);
        t = exec(MODE_HS, load, (ulong)word, 0);
        CHECK_EQ(t.bank == BANK_NONE, ie);
    }
    csr_set(CSR_SSTATUS, STATUS_SIE);
    struct trap t = exec(MODE_HS, load, (ulong)word, 0);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.bank, boot_argument("reentrancy=tcontrol") ? BANK_M : BANK_HS);
}

TEST("Sdtrig: tcontrol: MTE lets triggers fire in M-mode; a trap and MRET move it to and from MPTE")
{
    NEED(boot_argument("reentrancy=tcontrol"), "the hart is not said to have tcontrol");
    need_type(MCONTROL6);
    CHECK_EQ(csr_probe(CSR_TCONTROL, ~0ul), MTE | MPTE);
    csr_put(CSR_TCONTROL, 0);
    CHECK_EQ(csr_probe(CSR_MEDELEG, ~0ul) & BIT(EXC_BREAKPOINT), 0);
    csr_put(CSR_MEDELEG, 0);
    volatile u32 *word = page_alloc(1);
    trigger(TYPE(MCONTROL6) | 1ul << 6 | 1, (ulong)word);
    EXPECT_DONE(exec(MODE_M, LW(A1, A0, 0), (ulong)word, 0));
    csr_put(CSR_TCONTROL, MTE | MPTE);
    CHECK_EQ(exec(MODE_M, LW(A1, A0, 0), (ulong)word, 0).cause, EXC_BREAKPOINT);
    /* Programs are run by traps and MRETs in turn, a trap first: it takes MTE to MPTE, MRET back.
     */
    csr_put(CSR_TCONTROL, MTE);
    EXPECT_ILLEGAL(exec(MODE_U, ~0u, 0, 0), ~0u);
    CHECK_EQ(csr_get(CSR_TCONTROL), MTE | MPTE);
    csr_put(CSR_TCONTROL, MPTE);
    EXPECT_ILLEGAL(exec(MODE_U, ~0u, 0, 0), ~0u);
    CHECK_EQ(csr_get(CSR_TCONTROL), 0);
    /* and in the handler it is clear */
    csr_put(CSR_TCONTROL, MTE | MPTE);
    trigger(TYPE(ETRIGGER) | x_mode[MODE_U], BIT(EXC_ILLEGAL));
    EXPECT_ILLEGAL(exec(MODE_U, ~0u, 0, 0), ~0u);
}
