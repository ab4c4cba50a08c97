/* Remote fences: every function, its errors, and that a stale translation goes away.
 * run: none
 * run: --irqchip=aplic-imsic
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "lib/guest.h"

static ulong root[1024] __attribute__((aligned(16384)));

static void arguments(long fn, bool tagged)
{
    ulong n = num_harts(), max = ~0ul;

    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0, 0}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){0, -1ul, 0, 0}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){0, 0, 0, 0}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0, max}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0x1000, max}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0x80001000ul, 0x1000}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0x80001234ul, 0x123456}), SUCCESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0x80001000ul, 0}), SUCCESS);
    if (n < (ulong)XLEN)
        EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){BIT(n), 0, 0, 0}), INVALID_PARAM);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, n, 0, 0}), INVALID_PARAM);
    if (on_opensbi() || fn == 0)
        return;
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, max - 0xfff, 0x2000}), INVALID_ADDRESS);
    EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, max - 0xfff, 0x1000}), SUCCESS);
    if (tagged)
        EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0, 0, 0x10000}), INVALID_PARAM);
}

/* Another hart, translating, reads the same address again and again. */
static volatile ulong step;
static volatile uint32_t pages[2][1024] __attribute__((aligned(4096)));
#if __riscv_xlen == 64
#define TEST_VA 0x40000000ul
static ulong middle[512] __attribute__((aligned(4096)));
#else
#define TEST_VA 0x40000000ul
#endif
static ulong leaves[1024] __attribute__((aligned(4096)));

static ulong pte(volatile void *p, ulong flags)
{
    return (ulong)p >> 12 << 10 | flags;
}

static void map(int page)
{
    leaves[0] = pte(&pages[page], 0xc7);
}

static void build(void)
{
#if __riscv_xlen == 64
    for (ulong i = 0; i < 4; i++)
        root[i] = (i << 30) >> 12 << 10 | 0xcf;
    root[1] = pte(middle, 1);
    middle[0] = pte(leaves, 1);
#else
    for (ulong i = 0; i < 1024; i++)
        root[i] = (i << 22) >> 12 << 10 | 0xcf;
    root[TEST_VA >> 22] = pte(leaves, 1);
#endif
    pages[0][0] = 0xaaaa;
    pages[1][0] = 0xbbbb;
    map(0);
}

static void reader(ulong hartid, ulong arg)
{
    volatile uint32_t *p = (volatile uint32_t *)TEST_VA;

    (void)hartid;
    (void)arg;
#if __riscv_xlen == 64
    csr_write(satp, 8ul << 60 | (ulong)root >> 12);
#else
    csr_write(satp, 1ul << 31 | (ulong)root >> 12);
#endif
    __asm__ volatile("sfence.vma" : : : "memory");
    CHECK(*p == 0xaaaa);
    step = 1;
    wait_for(&step, 2);
    CHECK(*p == 0xbbbb);
    step = 3;
}

static void translation(ulong other)
{
    struct start s = {reader, 0};

    step = 0;
    build();
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&step, 1));
    map(1);
    EXPECT(sbi6(EXT_RFENCE, 1, (ulong[6]){BIT(other), 0, TEST_VA, 0x1000}), SUCCESS);
    step = 2;
    CHECK(wait_for(&step, 3));
    CHECK(wait_status(other, 1));
}

/* Another hart runs code that is rewritten. */
static volatile uint32_t code[2] __attribute__((aligned(64))) = {0x00100513, 0x00008067};

static void runner(ulong hartid, ulong arg)
{
    ulong (*fn)(void) = (ulong(*)(void))(ulong)code;

    (void)hartid;
    (void)arg;
    CHECK(fn() == 1);
    step = 1;
    wait_for(&step, 2);
    CHECK(fn() == 2);
    step = 3;
}

static void instructions(ulong other)
{
    struct start s = {runner, 0};

    step = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&step, 1));
    code[0] = 0x00200513;
    __asm__ volatile("fence rw, rw" : : : "memory");
    EXPECT(sbi(EXT_RFENCE, 0, BIT(other), 0, 0, 0), SUCCESS);
    step = 2;
    CHECK(wait_for(&step, 3));
    CHECK(wait_status(other, 1));
}

/* Another hart's guest reads a page that is mapped elsewhere in one stage or the other. */
static volatile ulong guest_step;
static volatile unsigned char guest_saw;

static void guest_reader(ulong rounds)
{
    for (ulong i = 0; i < rounds; i++) {
        guest_saw = *(volatile unsigned char *)GVA_BASE;
        guest_step = 2 * i + 1;
        while (guest_step != 2 * i + 2)
            ;
    }
    leave_below(0);
}

static void guest_hart(ulong hartid, ulong rounds)
{
    (void)hartid;
    use_guest(true);
    run_below(WORLD_VS, guest_reader, rounds);
    leave_guest();
}

static void guest_translation(ulong other)
{
    static const struct {
        long fn;
        void (*remap)(unsigned page);
        unsigned page;
        ulong address;
    } rounds[] = {
        {4, remap_gstage, 1, GPA},       {3, remap_gstage, 0, GPA}, {6, remap_vsstage, 1, GVA_BASE},
        {5, remap_vsstage, 0, GVA_BASE}, {4, remap_gstage, 1, 0},   {3, remap_gstage, 0, 0},
        {6, remap_vsstage, 1, 0},        {5, remap_vsstage, 0, 0},
    };
    struct start s = {guest_hart, ARRAY_LEN(rounds) + 1};

    build_guest();
    guest_page[0][0] = 0xa0;
    guest_page[1][0] = 0xa1;
    guest_step = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&guest_step, 1));
    CHECK(guest_saw == 0xa0);
    for (ulong i = 0; i < ARRAY_LEN(rounds); i++) {
        ulong size = rounds[i].address ? 0x1000 : 0; /* a page, or everything */
        rounds[i].remap(rounds[i].page);
        EXPECT(
            sbi6(EXT_RFENCE, rounds[i].fn, (ulong[6]){BIT(other), 0, rounds[i].address, size, 0}),
            SUCCESS);
        guest_step = 2 * i + 2;
        CHECK(wait_for(&guest_step, 2 * i + 3));
        CHECK(guest_saw == 0xa0 + rounds[i].page);
    }
    guest_step = 2 * ARRAY_LEN(rounds) + 2;
    CHECK(wait_status(other, 1));
}

void test(void)
{
    long other = other_hart();

    arguments(0, false);
    arguments(1, false);
    arguments(2, true);
    if (has_h()) {
        arguments(3, true);
        arguments(4, false);
        arguments(5, true);
        arguments(6, false);
    } else {
        for (long fn = 3; fn <= 6; fn++)
            EXPECT(sbi6(EXT_RFENCE, fn, (ulong[6]){1, 0, 0, 0}), NOT_SUPPORTED);
    }
    if (other < 0)
        return;
    translation((ulong)other);
    instructions((ulong)other);
    if (has_h())
        guest_translation((ulong)other);
}
