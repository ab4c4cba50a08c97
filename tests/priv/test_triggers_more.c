/* Address triggers (Sdtrig, mcontrol6): the registers' legal values, every way to match, accesses
 * that load and store, hot code and cached pages, and the modes that are held back. */
#include "priv.h"

#define TYPE6     (6ul << (__riscv_xlen - 4))
#define TYPE15    (15ul << (__riscv_xlen - 4))
#define T_LOAD    1ul
#define T_STORE   2ul
#define T_EXECUTE 4ul
#define T_U       (1ul << 3)
#define T_S       (1ul << 4)
#define T_M       (1ul << 6)
#define T_MATCH   (15ul << 7)
#define T_NAPOT   (1ul << 7)
#define T_ABOVE   (2ul << 7)
#define T_BELOW   (3ul << 7)
#define T_CHAIN   (1ul << 11)
#define T_SIZE(n) ((ulong)(n) << 16)
#define T_HIT0    (1ul << 22)
#define T_DMODE   (1ul << (__riscv_xlen - 5))

static void need_triggers(void)
{
    csr_put(CSR_TSELECT, 0);
    NEED(csr_get(CSR_TINFO) >> 6 & 1, "no mcontrol6");
}

static void trigger(ulong number, ulong bits, const volatile void *address)
{
    csr_put(CSR_TSELECT, number);
    csr_put(CSR_TDATA1, 0);
    csr_put(CSR_TDATA2, (ulong)address);
    csr_put(CSR_TDATA1, TYPE6 | bits);
}

static ulong cause_of(enum mode mode, u32 insn, const volatile void *address)
{
    struct trap t = exec(mode, insn, (ulong)address, 0);
    if (t.bank == BANK_NONE)
        return NO_TRAP;
    if (t.cause == EXC_BREAKPOINT && t.tval)
        CHECK_EQ(t.tval, (ulong)address);
    return t.cause;
}

TEST("Sdtrig: what tselect, tdata1 and tinfo hold")
{
    need_triggers();
    ulong last = 0;
    for (ulong i = 1; i < 16; i++)
        if (csr_probe(CSR_TSELECT, i) == i)
            last = i;
    csr_put(CSR_TSELECT, last);
    csr_put(CSR_TSELECT, ~0ul);
    CHECK(csr_get(CSR_TSELECT) <= last);
    csr_put(CSR_TSELECT, 0);
    CHECK_EQ(csr_get(CSR_TINFO), 0x01008040);
    CHECK_EQ(csr_probe(CSR_TDATA1, 0), TYPE15);
    CHECK_EQ(csr_probe(CSR_TDATA1, 2ul << (__riscv_xlen - 4) | 7), TYPE15);
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE6 | T_DMODE | T_CHAIN | T_MATCH | T_SIZE(7) | T_S | 3),
             TYPE6 | T_S | 3);
    for (unsigned match = 0; match < 4; match++)
        CHECK_EQ(csr_probe(CSR_TDATA1, TYPE6 | T_NAPOT * match), TYPE6 | T_NAPOT * match);
    csr_put(CSR_TDATA1, 0);
    CHECK_EQ(csr_probe(CSR_TDATA2, ~0ul), ~0ul);
    CHECK_EQ(csr_probe(CSR_TDATA3, ~0ul), 0);
    for (ulong i = 0; i <= last; i++) {
        csr_put(CSR_TSELECT, i);
        csr_put(CSR_TDATA2, i + 77);
    }
    for (ulong i = 0; i <= last; i++) {
        csr_put(CSR_TSELECT, i);
        CHECK_EQ(csr_get(CSR_TDATA2), i + 77);
    }
}

TEST("Sdtrig: match equal, by any byte of the access; NAPOT; above; below; by size; the hit bit")
{
    need_triggers();
    u8 *page = page_alloc(1), *at = page + 64;
    u32 load = LW(A1, A0, 0), byte = LBU(A1, A0, 0);
    EXPECT_DONE(exec(MODE_HS, load, (ulong)at, 0)); /* the page is cached */
    trigger(0, T_LOAD | T_S, at + 2);
    CHECK_EQ(csr_get(CSR_TDATA1) & T_HIT0, 0);
    CHECK_EQ(cause_of(MODE_HS, load, at), EXC_BREAKPOINT);
    CHECK_EQ(csr_get(CSR_TDATA1) & T_HIT0, T_HIT0);
    CHECK_EQ(cause_of(MODE_HS, load, at - 4), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, load, at + 4), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, load, at - 1), EXC_BREAKPOINT); /* misaligned */
    CHECK_EQ(cause_of(MODE_HS, byte, at + 2), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 1), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, SW(A1, A0, 0), at), NO_TRAP);
    CHECK_EQ(cause_of(MODE_U, load, at), NO_TRAP);
    trigger(0, T_LOAD | T_S | T_SIZE(1), at);
    CHECK_EQ(cause_of(MODE_HS, load, at), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, byte, at), EXC_BREAKPOINT);
    trigger(0, T_LOAD | T_S | T_NAPOT, at + 7); /* at .. at + 15 */
    CHECK_EQ(cause_of(MODE_HS, load, at - 4), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, load, at), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, load, at + 12), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, load, at + 16), NO_TRAP);
    trigger(0, T_LOAD | T_S | T_NAPOT, (void *)~0ul);
    CHECK_EQ(cause_of(MODE_HS, load, at), EXC_BREAKPOINT);
    trigger(0, T_LOAD | T_S | T_ABOVE, at);
    CHECK_EQ(cause_of(MODE_HS, load, at - 4), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, load, at), EXC_BREAKPOINT);
    trigger(0, T_LOAD | T_S | T_BELOW, at);
    CHECK_EQ(cause_of(MODE_HS, load, at - 4), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, load, at), NO_TRAP);
    trigger(0, 0, at);
    CHECK_EQ(cause_of(MODE_HS, load, at), NO_TRAP);
}

TEST("Sdtrig: an access across two pages is seen by a trigger on either")
{
    need_triggers();
    u8 *pages = page_alloc(4), *edge = pages + PAGE;
    NEED(cause_of(MODE_HS, LW(A1, A0, 0), edge - 2) == NO_TRAP, "misaligned loads trap");
    for (int i = -3; i < 4; i++) {
        context("byte", (u64)i);
        trigger(0, T_LOAD | T_STORE | T_S, edge + i);
        ulong want = i >= -2 && i < 2 ? EXC_BREAKPOINT : NO_TRAP;
        CHECK_EQ(cause_of(MODE_HS, LW(A1, A0, 0), edge - 2), want);
        CHECK_EQ(cause_of(MODE_HS, SW(A1, A0, 0), edge - 2), want);
    }
}

TEST("Sdtrig: AMOs load and store, LR loads, SC stores; CBO.ZERO stores all of its block; nothing "
     "is changed")
{
    need_triggers();
    volatile u32 *word = page_alloc(1);
    for (unsigned store = 0; store < 2; store++) {
        context("store", store);
        trigger(1, (store ? T_STORE : T_LOAD) | T_S, word);
        *word = 0x55;
        CHECK_EQ(cause_of(MODE_HS, AMOSWAP_W(A1, A1, A0), word), EXC_BREAKPOINT);
        CHECK_EQ(cause_of(MODE_HS, LR_W(A1, A0), word), store ? NO_TRAP : EXC_BREAKPOINT);
        CHECK_EQ(cause_of(MODE_HS, SC_W(A1, A1, A0), word), store ? EXC_BREAKPOINT : NO_TRAP);
        CHECK_EQ(*word, 0x55);
    }
    csr_put64(CSR_MENVCFG, ENVCFG_CBZE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_CBZE, "no Zicboz");
    trigger(1, T_STORE | T_S, word + 3);
    CHECK_EQ(cause_of(MODE_HS, CBO_ZERO(A0), word + 9), EXC_BREAKPOINT);
    CHECK_EQ(*word, 0x55);
    CHECK_EQ(cause_of(MODE_HS, CBO_ZERO(A0), word + 16), NO_TRAP);
}

TEST("Sdtrig: an execute trigger in the middle of hot code, and none after it is taken away")
{
    need_triggers();
    static const u32 code[] = {ADDI(A0, A0, 1), ADDI(A0, A0, 1), ADDI(A0, A0, 1), ADDI(A0, A0, 1)};
    const struct program program = {.mode = MODE_HS, .insns = code, .count = 4};
    for (unsigned i = 0; i < 20; i++)
        CHECK_EQ(RESULT(run(&program)), 4);
    for (unsigned i = 0; i < 4; i++) {
        context("instruction", i);
        trigger(2, T_EXECUTE | T_S, slot_pages + 4 * i);
        struct trap t = run(&program);
        CHECK_EQ(t.cause, EXC_BREAKPOINT);
        CHECK_EQ(t.epc, (ulong)slot_pages + 4 * i);
        CHECK_EQ(t.regs[A0], i);
        trigger(2, T_EXECUTE | T_U, slot_pages + 4 * i);
        CHECK_EQ(RESULT(run(&program)), 4);
        trigger(2, 0, slot_pages + 4 * i);
        CHECK_EQ(RESULT(run(&program)), 4);
    }
}

TEST("Sdtrig: an execute trigger comes before the fetch's page fault")
{
    need_triggers();
    two_stage(SV_MIN, SV_MIN, 0);
    trigger(0, T_EXECUTE | 1ul << 24, (void *)0x7f000);
    CHECK_EQ(RUN(MODE_VS, .pc = 0x7f000).cause, EXC_BREAKPOINT);
    trigger(0, T_EXECUTE | T_S, (void *)0x7f000);
    CHECK(RUN(MODE_VS, .pc = 0x7f000).cause != EXC_BREAKPOINT);
}

TEST("Sdtrig: no trigger fires in M-mode with MIE=0, nor in S-mode with SIE=0 if breakpoints go "
     "there")
{
    need_triggers();
    volatile u32 *word = page_alloc(1);
    u32 load = LW(A1, A0, 0);
    trigger(0, T_LOAD | T_M | T_S, word);
    EXPECT_DONE(exec(MODE_M, load, (ulong)word, 0));
    struct trap t = RUN(MODE_M, CODE(load), .a0 = (ulong)word, .mstatus = STATUS_MPIE);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    csr_write(CSR_MEDELEG, BIT(EXC_BREAKPOINT));
    csr_clear(CSR_SSTATUS, STATUS_SIE);
    EXPECT_DONE(exec(MODE_HS, load, (ulong)word, 0));
    csr_set(CSR_SSTATUS, STATUS_SIE);
    t = exec(MODE_HS, load, (ulong)word, 0);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.bank, BANK_HS);
}
