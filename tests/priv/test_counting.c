/* What the counters count: the modes that mcyclecfg, minstretcfg and mhpmevent filter, traps and
 * trap returns between a filtered mode and another, overflow. */
#include "priv.h"

#define CSR_MCYCLECFG   0x321
#define CSR_MINSTRETCFG 0x322
#define MINH            (1ull << 62)
#define SINH            (1ull << 61)
#define UINH            (1ull << 60)
#define VSINH           (1ull << 59)
#define VUINH           (1ull << 58)
#define CSR_CFGH(n)     ((n) + 0x400)

static void filter(unsigned number, u64 value)
{
    csr_put(number, (ulong)value);
    if (!RV64)
        csr_put(CSR_CFGH(number), (ulong)(value >> 32));
}

static u64 inhibit_of(enum mode m)
{
    static const u64 bits[] = {UINH, SINH, MINH, VUINH, VSINH};
    return bits[m];
}

TEST("norm:instret_non_inhibited norm:instret_xret norm:instret_exception instret counts what "
     "retires in the modes that are not inhibited: no ECALL, and no MRET of M-mode")
{
    NEED(csr_exists(CSR_MINSTRETCFG), "no Smcntrpmf");
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        if (m == MODE_M)
            continue;
        context("mode", m);
        filter(CSR_MINSTRETCFG, (MINH | SINH | UINH | VSINH | VUINH) & ~inhibit_of(m));
        ulong before = csr_read(CSR_MINSTRET);
        EXPECT_TRAP(RUN(m, CODE(NOP, NOP, NOP, UNIMP)), .bank = BANK_M, .cause = EXC_ILLEGAL,
                    INSN(UNIMP), .at = 12);
        CHECK_EQ(csr_read(CSR_MINSTRET) - before, 3);
    }
    filter(CSR_MINSTRETCFG, 0);
}

TEST("norm:instret_xret SRET of HS-mode counts by HS-mode's bit")
{
    NEED(csr_exists(CSR_MINSTRETCFG), "no Smcntrpmf");
    for (unsigned counted = 0; counted < 2; counted++) {
        context("HS counted", counted);
        filter(CSR_MINSTRETCFG, counted ? MINH | UINH : MINH | SINH);
        csr_write(CSR_SEPC, (ulong)slot_pages + 8);
        csr_clear(CSR_MSTATUS, STATUS_SPP);
        ulong before = csr_read(CSR_MINSTRET);
        /* NOP and SRET in HS; NOP in U */
        struct trap t = RUN(MODE_HS, CODE(NOP, SRET, NOP, UNIMP));
        CHECK_EQ(t.cause, EXC_ILLEGAL);
        CHECK_EQ(csr_read(CSR_MINSTRET) - before, counted ? 2 : 1);
    }
    filter(CSR_MINSTRETCFG, 0);
}

TEST("norm:unimplemented_mode_bits without H the VSINH and VUINH bits are zero")
{
    NEED(csr_exists(CSR_MINSTRETCFG), "no Smcntrpmf");
    filter(CSR_MINSTRETCFG, VSINH | VUINH | SINH);
    filter(CSR_MHPMEVENT3, VSINH | VUINH);
    csr_clear(CSR_MISA, MISA_H);
    NEED(!(csr_read(CSR_MISA) & MISA_H), "misa.H is not writable");
    u64 cfg = RV64 ? csr_get(CSR_MINSTRETCFG) : (u64)csr_get(CSR_CFGH(CSR_MINSTRETCFG)) << 32;
    u64 event = RV64 ? csr_get(CSR_MHPMEVENT3) : (u64)csr_get(CSR_CFGH(CSR_MHPMEVENT3)) << 32;
    csr_set(CSR_MISA, MISA_H);
    filter(CSR_MINSTRETCFG, 0);
    filter(CSR_MHPMEVENT3, 0);
    CHECK_EQ(cfg, SINH);
    CHECK_EQ(event & (VSINH | VUINH), 0);
}

/* Counter 3 counts the event; returns how many fn() made. */
static ulong counted(ulong event, ulong (*fn)(ulong), ulong arg)
{
    csr_put(CSR_MHPMEVENT3, event);
    NEED(csr_get(CSR_MHPMEVENT3) == event, "no such event");
    ulong before = csr_read(CSR_MHPMCOUNTER3);
    fn(arg);
    ulong n = csr_read(CSR_MHPMCOUNTER3) - before;
    csr_put(CSR_MHPMEVENT3, 0);
    return n;
}

/* n times round: n-1 branches taken, the last not; and two jumps, but for the call and the return.
 */
static __attribute__((noinline)) ulong loop(ulong n)
{
    asm volatile("1: addi %0, %0, -1\nbnez %0, 1b\nj 2f\nnop\n2: la t0, 3f\njr t0\nnop\n3:"
                 : "+r"(n)
                 :
                 : "t0");
    return n;
}

TEST("norm:mhpmevent_enc the event 'branches taken' counts taken branches and jumps, however hot "
     "the "
     "loop, and whatever ran before")
{
    enum { BRANCH_TAKEN = 6 };
    loop(100);
    ulong one = counted(BRANCH_TAKEN, loop, 1);
    CHECK(one >= 2 && one < 8);
    CHECK_EQ(counted(BRANCH_TAKEN, loop, 101) - one, 100);
    CHECK_EQ(counted(BRANCH_TAKEN, loop, 100001) - one, 100000);
    csr_put(CSR_MHPMEVENT3, BRANCH_TAKEN);
    csr_write(CSR_MCOUNTINHIBIT, 8);
    ulong before = csr_read(CSR_MHPMCOUNTER3);
    loop(10);
    CHECK_EQ(csr_read(CSR_MHPMCOUNTER3), before);
    csr_write(CSR_MCOUNTINHIBIT, 0);
    csr_put(CSR_MHPMEVENT3, 0);
}

TEST("norm:mhpmevent_of_op norm:LCOFIP_op a counter of branches that overflows sets OF and LCOFIP")
{
    enum { BRANCH_TAKEN = 6 };
    NEED(csr_exists(CSR_SCOUNTOVF), "no Sscofpmf");
    csr_write(CSR_MIP, 0);
    csr_put(CSR_MHPMCOUNTER3, (ulong)-50);
    if (!RV64)
        csr_put(CSR_MHPMCOUNTER3 + 0x80, (ulong)-1);
    csr_put(CSR_MHPMEVENT3, BRANCH_TAKEN);
    loop(20000);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_LCOFI), BIT(IRQ_LCOFI));
    CHECK_EQ(csr_read(CSR_SCOUNTOVF), 8);
    csr_put(CSR_MHPMEVENT3, 0);
    filter(CSR_MHPMEVENT3, 0);
    csr_write(CSR_MIP, 0);
}

TEST("norm:mhpmevent_enc the event 'branches' counts those not taken, too")
{
    enum { BRANCH_TAKEN = 6, BRANCH = 9 };
    CHECK_EQ(counted(BRANCH, loop, 1), counted(BRANCH_TAKEN, loop, 1) + 1);
    CHECK_EQ(counted(BRANCH, loop, 100001), counted(BRANCH_TAKEN, loop, 100001) + 1);
}

/* What counters 3 to 5 have counted since the last call, of each 100 at most: 10000 * fetches +
 * 100 * loads + stores that missed. */
static ulong misses(void)
{
    enum { ITLB_MISS = 3, DTLB_LOAD_MISS = 7, DTLB_STORE_MISS = 8 };
    csr_put(CSR_MCOUNTINHIBIT, 0x38);
    ulong n = 10000 * csr_get(CSR_MHPMCOUNTER3) + 100 * csr_get(CSR_MHPMCOUNTER3 + 1) +
              csr_get(CSR_MHPMCOUNTER3 + 2);
    for (unsigned i = 0; i < 3; i++)
        csr_put(CSR_MHPMCOUNTER3 + i, 0);
    csr_put(CSR_MHPMEVENT3, ITLB_MISS);
    csr_put(CSR_MHPMEVENT3 + 1, DTLB_LOAD_MISS);
    csr_put(CSR_MHPMEVENT3 + 2, DTLB_STORE_MISS);
    NEED(csr_get(CSR_MHPMEVENT3 + 2) == DTLB_STORE_MISS, "no such event");
    csr_put(CSR_MCOUNTINHIBIT, 0);
    return n;
}

/* What the instruction misses with a0 = ts.va, whose page is not in the TLB while its own is. */
static ulong misses_of(u32 insn)
{
    fence_all();
    EXPECT_DONE(exec(MODE_HS, NOP, 0, 0));
    misses();
    EXPECT_DONE(exec(MODE_HS, insn, ts.va, 1));
    return misses();
}

TEST("norm:mhpmevent_enc misses of the TLB are events of their own: fetches, loads, stores")
{
    enum { FETCH = 10000, LOAD = 100, STORE = 1 };
    one_stage(SV_MIN, 0);
    CHECK_EQ(misses_of(NOP), 0);
    CHECK_EQ(misses_of(LBU(A1, A0, 0)), LOAD);
    CHECK_EQ(misses_of(SB(A1, A0, 0)), STORE);
    CHECK_EQ(misses_of(AMOADD_W(A1, A1, A0)), STORE);
    fence_all();
    misses();
    EXPECT_DONE(exec(MODE_HS, NOP, 0, 0));
    CHECK_EQ(misses(), FETCH);
}
