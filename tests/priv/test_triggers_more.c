/* Address triggers (Sdtrig, mcontrol6): the registers' legal values, every way to match, accesses
 * that load and store, hot code and cached pages. */
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
#define T_HITS    (1ul << 25 | T_HIT0)
#define T_SELECT  (1ul << 21)
#define T_DMODE   (1ul << (__riscv_xlen - 5))
#define T_NOT     (8ul << 7)
#define T_LOW     (4ul << 7)
#define T_HIGH    (5ul << 7)

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
    if (t.cause == EXC_BREAKPOINT) /* after the access no address is given */
        CHECK_EQ(t.tval, t.epc == t.start ? breakpoint_tval(&t, (ulong)address) : 0);
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
    CHECK_EQ(csr_get(CSR_TINFO), 0x010080f8);
    CHECK_EQ(csr_probe(CSR_TDATA1, 0), TYPE15);
    CHECK_EQ(csr_probe(CSR_TDATA1, 2ul << (__riscv_xlen - 4) | 7), TYPE15);
    CHECK_EQ(csr_probe(CSR_TDATA1, TYPE6 | T_DMODE | T_CHAIN | T_MATCH | T_SIZE(7) | T_S | 3),
             TYPE6 | (last ? T_CHAIN : 0) | T_S | 3);
    for (unsigned match = 0; match < 16; match++) {
        int there =
            (match & 7) < 2 || match == 2 || match == 3 || (match & 7) == 4 || (match & 7) == 5;
        CHECK_EQ(csr_probe(CSR_TDATA1, TYPE6 | T_NAPOT * match),
                 TYPE6 | (there ? T_NAPOT * match : 0));
    }
    for (unsigned size = 0; size < 8; size++)
        CHECK_EQ(csr_probe(CSR_TDATA1, TYPE6 | T_SIZE(size)),
                 TYPE6 | T_SIZE(size == 4 || size == 7 ? 0 : size));
    csr_put(CSR_TDATA1, 0);
    CHECK_EQ(csr_probe(CSR_TDATA2, ~0ul), ~0ul);
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

TEST("Sdtrig: match not equal and not NAPOT; masks of the lower and upper half, and not these")
{
    need_triggers();
    enum { HALF = __riscv_xlen / 2 };
    u8 *page = page_alloc(1), *at = page + 64;
    ulong low = (ulong)at & ((1ul << HALF) - 1), high = (ulong)at >> HALF;
    u32 byte = LBU(A1, A0, 0);
    EXPECT_DONE(exec(MODE_HS, byte, (ulong)at, 0));
    trigger(0, T_LOAD | T_S | T_NOT, at);
    CHECK_EQ(cause_of(MODE_HS, byte, at), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, LW(A1, A0, 0), at), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 1), EXC_BREAKPOINT);
    trigger(0, T_LOAD | T_S | T_NOT | T_NAPOT, at + 7);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 15), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 16), EXC_BREAKPOINT);
    /* bits 7:4 of the address are those of `at` */
    for (unsigned negated = 0; negated < 2; negated++) {
        ulong same = negated ? NO_TRAP : EXC_BREAKPOINT, other = negated ? EXC_BREAKPOINT : NO_TRAP;
        ulong bits = T_LOAD | T_S | (negated ? T_NOT : 0);
        trigger(0, bits | T_LOW, (void *)(0xf0ul << HALF | (low & 0xf0)));
        CHECK_EQ(cause_of(MODE_HS, byte, at + 15), same);
        CHECK_EQ(cause_of(MODE_HS, byte, at + 256), same);
        CHECK_EQ(cause_of(MODE_HS, byte, at + 16), other);
        trigger(0, bits | T_HIGH, (void *)(((1ul << HALF) - 1) << HALF | high));
        CHECK_EQ(cause_of(MODE_HS, byte, at + 512), same);
        trigger(0, bits | T_HIGH, (void *)(((1ul << HALF) - 1) << HALF | (high ^ 1)));
        CHECK_EQ(cause_of(MODE_HS, byte, at + 512), other);
    }
}

TEST("Sdtrig: NAPOT's largest range is half of all addresses")
{
    need_triggers();
    trigger(0, T_LOAD | T_S | T_NAPOT, 0);
    csr_put(CSR_TDATA2, ~0ul);
    CHECK_EQ(csr_get(CSR_TDATA2), ~(1ul << (__riscv_xlen - 2)));
    csr_put(CSR_TDATA2, ~0ul >> 1);
    CHECK_EQ(csr_get(CSR_TDATA2), ~0ul >> 2);
}

TEST("Sdtrig: execution of 16-bit and of 32-bit instructions")
{
    need_triggers();
    static const u32 code[] = {C_NOP, C_NOP, NOP};
    const struct program program = {.mode = MODE_HS, .insns = code, .count = 3};
    for (unsigned i = 0; i < 20; i++)
        EXPECT_DONE(run(&program));
    for (unsigned at = 0; at < 6; at += 2) {
        context("byte", at);
        for (unsigned size = 0; size < 4; size++) {
            struct trap t;
            trigger(1, T_EXECUTE | T_S | T_SIZE(size), slot_pages + at);
            t = run(&program);
            if (size == 0 || size == (at < 4 ? 2 : 3)) {
                CHECK_EQ(t.cause, EXC_BREAKPOINT);
                CHECK_EQ(t.epc, (ulong)slot_pages + at);
            } else {
                EXPECT_DONE(t);
            }
        }
    }
    trigger(1, 0, 0);
}

TEST("Sdtrig: a chain fires where all of it matches one access, and then all of it is hit")
{
    need_triggers();
    NEED(csr_probe(CSR_TSELECT, 2) == 2, "too few triggers");
    u8 *page = page_alloc(1), *at = page + 64;
    u32 byte = LBU(A1, A0, 0);
    trigger(0, T_LOAD | T_S | T_ABOVE | T_CHAIN, at);
    trigger(1, T_LOAD | T_S | T_BELOW, at + 8);
    CHECK_EQ(cause_of(MODE_HS, byte, at - 1), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 8), NO_TRAP);
    for (ulong i = 0; i < 2; i++) {
        csr_put(CSR_TSELECT, i);
        CHECK_EQ(csr_get(CSR_TDATA1) & T_HIT0, 0);
    }
    CHECK_EQ(cause_of(MODE_HS, byte, at), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 7), EXC_BREAKPOINT);
    for (ulong i = 0; i < 2; i++) {
        csr_put(CSR_TSELECT, i);
        CHECK_EQ(csr_get(CSR_TDATA1) & T_HIT0, T_HIT0);
    }
    trigger(1, T_LOAD | T_S | T_BELOW | T_CHAIN, at + 8);
    trigger(2, T_LOAD | T_U, at);
    CHECK_EQ(cause_of(MODE_HS, byte, at), NO_TRAP);
    trigger(2, T_LOAD | T_S, at + 2);
    CHECK_EQ(cause_of(MODE_HS, byte, at), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, byte, at + 2), EXC_BREAKPOINT);
}

TEST("Sdtrig: a chain of an instruction's address and the address it loads from")
{
    need_triggers();
    NEED(csr_probe(CSR_TSELECT, 1) == 1, "too few triggers");
    u8 *page = page_alloc(1);
    static const u32 code[] = {LBU(A2, A0, 0), LBU(A2, A1, 0), LBU(A2, A0, 0)};
    for (unsigned order = 0; order < 2; order++) {
        struct trap t;
        trigger(order, T_EXECUTE | T_S | (order ? 0 : T_CHAIN), slot_pages + 8);
        trigger(!order, T_LOAD | T_S | (order ? T_CHAIN : 0), page);
        t = RUN(MODE_HS, .insns = code, .count = 3, .a0 = (ulong)page, .a1 = (ulong)page + 1);
        CHECK_EQ(t.cause, EXC_BREAKPOINT);
        CHECK_EQ(t.epc, (ulong)slot_pages + 8);
        EXPECT_DONE(
            RUN(MODE_HS, .insns = code, .count = 3, .a0 = (ulong)page + 1, .a1 = (ulong)page));
    }
}

TEST("Sdtrig: select: the data of loads and stores, as many bits as the access has")
{
    need_triggers();
    volatile u32 *word = page_alloc(1);
    u32 load = LW(A1, A0, 0), store = SW(A1, A0, 0);
    word[0] = 0x12345678, word[1] = 0x12345679;
    EXPECT_DONE(exec(MODE_HS, load, (ulong)word, 0));
    trigger(0, T_LOAD | T_S | T_SELECT, (void *)(~0xfffffffful | 0x12345678));
    NEED(csr_get(CSR_TDATA1) & T_SELECT, "no data match");
    struct trap t = exec(MODE_HS, load, (ulong)word, 55);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.regs[A1], 0x12345678); /* the load has happened: the trigger fires after it */
    CHECK_EQ(t.epc - t.start, 4);
    CHECK_EQ(t.tval, 0);
    CHECK_EQ(csr_get(CSR_TDATA1) & T_HITS, T_HITS); /* immediately after */
    CHECK_EQ(cause_of(MODE_HS, load, word + 1), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, LHU(A1, A0, 0), word), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, LR_W(A1, A0), word), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, AMOADD_W(A1, A1, A0), word), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, store, word + 2), NO_TRAP);
    trigger(0, T_LOAD | T_S | T_SELECT | T_SIZE(2), (void *)0x5678);
    CHECK_EQ(cause_of(MODE_HS, LHU(A1, A0, 0), word), EXC_BREAKPOINT);
    CHECK_EQ(cause_of(MODE_HS, load, word), NO_TRAP);
    trigger(0, T_LOAD | T_S | T_SELECT | T_ABOVE, (void *)0x12345679);
    CHECK_EQ(cause_of(MODE_HS, load, word), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, load, word + 1), EXC_BREAKPOINT);
    trigger(0, T_STORE | T_S | T_SELECT | T_NOT, (void *)0x77);
    EXPECT_DONE(exec(MODE_HS, store, (ulong)word, 0x77));
    CHECK_EQ(exec(MODE_HS, store, (ulong)word, 0x78).cause, EXC_BREAKPOINT);
    CHECK_EQ(csr_get(CSR_TDATA1) & T_HITS, T_HIT0); /* before */
    CHECK_EQ(*word, 0x77);
}

TEST("Sdtrig: select: what AMOs and SC store, before it is stored; of one that does not, nothing")
{
    need_triggers();
    volatile u32 *word = page_alloc(1);
    static const u32 sc[] = {LR_W(A2, A0), SC_W(A1, A1, A0)};
    trigger(0, T_STORE | T_S | T_SELECT, (void *)60);
    NEED(csr_get(CSR_TDATA1) & T_SELECT, "no data match");
    for (unsigned i = 0; i < 2; i++) {
        ulong addend = 10 + i, want = addend == 10 ? EXC_BREAKPOINT : NO_TRAP;
        context("addend", addend);
        *word = 50;
        struct trap t = exec(MODE_HS, AMOADD_W(A1, A1, A0), (ulong)word, addend);
        CHECK_EQ(t.bank == BANK_NONE ? NO_TRAP : t.cause, want);
        CHECK_EQ(*word, i ? 61 : 50);
        if (i)
            break;
        CHECK_EQ(t.regs[A1], addend);
        CHECK_EQ(t.tval, breakpoint_tval(&t, (ulong)word));
    }
    *word = 50;
    CHECK_EQ(exec(MODE_HS, AMOSWAP_W(A1, A1, A0), (ulong)word, 60).cause, EXC_BREAKPOINT);
    EXPECT_DONE(exec(MODE_HS, SC_W(A1, A1, A0), (ulong)word, 60)); /* without a reservation */
    struct trap t = RUN(MODE_HS, .insns = sc, .count = 2, .a0 = (ulong)word, .a1 = 60);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.epc - t.start, 4);
    CHECK_EQ(*word, 50);
    EXPECT_DONE(RUN(MODE_HS, .insns = sc, .count = 2, .a0 = (ulong)word, .a1 = 59));
    CHECK_EQ(*word, 59);
}

TEST("Sdtrig: select: a trigger on loaded data in hot code fires once, after the load")
{
    need_triggers();
    volatile u32 *word = page_alloc(1);
    static const u32 code[] = {LW(A1, A0, 0), ADDI(A1, A1, 1), SW(A1, A0, 0), LW(A1, A0, 0)};
    *word = 0;
    for (unsigned i = 0; i < 20; i++)
        EXPECT_DONE(RUN(MODE_HS, .insns = code, .count = 4, .a0 = (ulong)word));
    trigger(0, T_LOAD | T_S | T_SELECT, (void *)25);
    NEED(csr_get(CSR_TDATA1) & T_SELECT, "no data match");
    for (unsigned i = 20; i < 24; i++)
        EXPECT_DONE(RUN(MODE_HS, .insns = code, .count = 4, .a0 = (ulong)word));
    struct trap t = RUN(MODE_HS, .insns = code, .count = 4, .a0 = (ulong)word);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.epc - t.start, 16);
    CHECK_EQ(t.regs[A1], 25);
}

TEST("Sdtrig: select: the instruction that is executed; a chain of an address and its data")
{
    need_triggers();
    volatile u32 *word = page_alloc(1);
    static const u32 code[] = {ADDI(A0, A0, 1), ADDI(A0, A0, 2), ADDI(A0, A0, 4)};
    const struct program program = {.mode = MODE_HS, .insns = code, .count = 3};
    for (unsigned i = 0; i < 20; i++)
        CHECK_EQ(RESULT(run(&program)), 7);
    trigger(0, T_EXECUTE | T_S | T_SELECT, (void *)(ulong)code[1]);
    NEED(csr_get(CSR_TDATA1) & T_SELECT, "no data match");
    struct trap t = run(&program);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.epc - t.start, 4);
    trigger(0, T_EXECUTE | T_S | T_SELECT | T_SIZE(2), (void *)(ulong)code[1]);
    CHECK_EQ(RESULT(run(&program)), 7);
    NEED(csr_probe(CSR_TSELECT, 1) == 1, "too few triggers");
    trigger(0, T_LOAD | T_S | T_CHAIN, word + 1);
    trigger(1, T_LOAD | T_S | T_SELECT, (void *)5);
    word[0] = word[1] = 5;
    CHECK_EQ(cause_of(MODE_HS, LW(A1, A0, 0), word), NO_TRAP);
    CHECK_EQ(cause_of(MODE_HS, LW(A1, A0, 0), word + 1), EXC_BREAKPOINT);
    word[1] = 6;
    CHECK_EQ(cause_of(MODE_HS, LW(A1, A0, 0), word + 1), NO_TRAP);
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
