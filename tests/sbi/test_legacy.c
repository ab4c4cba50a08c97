/* The legacy calls with a hart mask: the mask lies in the caller's virtual memory, faults are the
 * caller's; fences work; a1 is preserved; and the end is the legacy shutdown.
 * run: none
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "sbi.h"

enum { SEND_IPI = 4, FENCE_I, SFENCE, SFENCE_ASID, SHUTDOWN };
#define MARK 0x5a5aul
#define VA   0x40000000ul /* the page of `mask` in the page table; the next one is not mapped */

static struct {
    ulong words[4];
} mask __attribute__((aligned(4096)));
static ulong root[1024] __attribute__((aligned(4096))), leaves[1024] __attribute__((aligned(4096)));
#if __riscv_xlen == 64
static ulong middle[512] __attribute__((aligned(4096)));
#endif

/* a0 of the call; a1 must be what it was (the start of fences is there). */
static long legacy(long id, ulong mask_address, ulong start)
{
    struct ret r = sbi_raw((ulong[8]){mask_address, start, 0x1000, 0, 0, 0, 0, (ulong)id});

    CHECK((ulong)r.value == start);
    return r.error;
}

static void results(void)
{
    ulong n = num_harts();

    for (long id = SEND_IPI; id <= SFENCE_ASID; id++) {
        mask.words[0] = BIT(hart_id());
        CHECK(legacy(id, (ulong)&mask, MARK << 12) == 0);
        CHECK(legacy(id, 0, MARK << 12) == 0); /* all harts */
        mask.words[0] = 0;
        CHECK(legacy(id, (ulong)&mask, MARK << 12) == 0);
        mask.words[0] = BIT(n);
        CHECK(legacy(id, (ulong)&mask, MARK << 12) == INVALID_PARAM);
    }
    csr_clear(sip, 2);
}

static ulong pte(volatile void *p, ulong flags)
{
    return (ulong)p >> 12 << 10 | flags;
}

static void translate(void)
{
#if __riscv_xlen == 64
    for (ulong i = 0; i < 4; i++)
        root[i] = (i << 30) >> 12 << 10 | 0xcf;
    root[1] = pte(middle, 1);
    middle[0] = pte(leaves, 1);
#else
    for (ulong i = 0; i < 1024; i++)
        root[i] = (i << 22) >> 12 << 10 | 0xcf;
    root[VA >> 22] = pte(leaves, 1);
#endif
    leaves[0] = pte(&mask, 0xc7);
    csr_write(satp, (XLEN == 64 ? 8ul << 60 : 1ul << 31) | (ulong)root >> 12);
    __asm__ volatile("sfence.vma" : : : "memory");
}

/* The call does not happen: a fault at `address`, with sepc at the ECALL. */
static void expect_fault(long id, ulong address, ulong cause)
{
    trap_clear();
    mask.words[0] = 0;
    sbi_raw((ulong[8]){address, 0, 0, 0, 0, 0, 0, (ulong)id});
    CHECK(last_trap()->count == 1 && last_trap()->cause == cause && last_trap()->tval == address);
    CHECK(*(volatile uint32_t *)last_trap()->epc == 0x73);
    CHECK(last_trap()->sstatus & BIT(8)); /* from S-mode */
}

static void virtual_masks(void)
{
    ulong me = hart_id();

    translate();
    csr_clear(sip, 2);
    mask.words[0] = BIT(me);
    CHECK(legacy(SEND_IPI, VA, MARK) == 0);
    delay(100);
    CHECK(csr_read(sip) & 2);
    csr_clear(sip, 2);
    for (long id = SEND_IPI; id <= SFENCE_ASID; id++) {
        CHECK(legacy(id, VA, MARK << 12) == 0);
        expect_fault(id, VA + 0x1000, 13);
        if (!on_opensbi()) /* its memory is elsewhere */
            expect_fault(id, 0x1000, 5);
    }
    csr_write(satp, 0);
    csr_clear(sip, 2);
}

/* Another hart reads a page that is mapped elsewhere, and runs code that is rewritten. */
static volatile uint32_t pages[2][1024] __attribute__((aligned(4096)));
static volatile uint32_t code[2] __attribute__((aligned(64))) = {0x00100513, 0x00008067};
static volatile ulong step;

static void worker(ulong hartid, ulong arg)
{
    volatile uint32_t *p = (volatile uint32_t *)(VA + 0x2000);
    ulong (*fn)(void) = (ulong(*)(void))(ulong)code;

    (void)hartid;
    (void)arg;
    translate();
    for (ulong turn = 0; turn < 4; turn += 2) {
        CHECK(*p == 0xa0 + turn && fn() == 1 + turn);
        step = turn + 1;
        wait_for(&step, turn + 2);
    }
    CHECK(*p == 0xa4 && fn() == 5);
    csr_write(satp, 0);
}

static void map_page(ulong turn)
{
    pages[turn / 2 & 1][0] = 0xa0 + (uint32_t)turn;
    leaves[2] = pte(pages[turn / 2 & 1], 0xc7);
    code[0] = 0x00000513 | (uint32_t)(turn + 1) << 20;
}

static void fences(ulong other)
{
    struct start s = {worker, 0};

    step = 0;
    map_page(0);
    CHECK(start_hart(other, &s));
    for (ulong turn = 0; turn < 4; turn += 2) {
        CHECK(wait_for(&step, turn + 1));
        map_page(turn + 2);
        __asm__ volatile("fence rw, rw" : : : "memory");
        mask.words[0] = BIT(other);
        CHECK(legacy(FENCE_I, (ulong)&mask, MARK) == 0);
        CHECK(legacy(turn ? SFENCE_ASID : SFENCE, (ulong)&mask, VA + 0x2000) == 0);
        step = turn + 2;
    }
    CHECK(wait_status(other, 1));
}

void test(void)
{
    long other = other_hart();

    for (long id = 0; id <= 8; id++)
        CHECK(has_ext(id));
    results();
    if (other >= 0)
        fences((ulong)other);
    virtual_masks();
    if (failed())
        finish();
    print("PASSED, if the shutdown does what it says\n");
    sbi_raw((ulong[8]){0, 0, 0, 0, 0, 0, 0, SHUTDOWN});
    CHECK(false);
}
