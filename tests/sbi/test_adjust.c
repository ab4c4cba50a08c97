/* What --sbi= changes. impl-version tells the test which variant it runs under.
 * run: --sbi=impl-version=101,spec=1.0
 * run: --sbi=impl-version=102,spec=0.2
 * run: --sbi=impl-version=103,disable=dbcn+rfence.remote_hfence_gvma+legacy.console_getchar
 * run: --sbi=impl-version=104,fail=rfence.remote_sfence_vma:-5@3,fail=time.set_timer:DENIED
 * run: --sbi=impl-version=113,fail=legacy.clear_ipi:-7@1
 * run: --sbi=impl-version=105,enable=sta+pmu
 * run: --sbi=impl-version=106,impl-id=1234,mvendorid=0x111,marchid=0x222,mimpid=0x333
 * run: --sbi=impl-version=107,reset-values=poison
 * run: --sbi=impl-version=108,reset-values=random:42
 * run: --sbi=impl-version=109,reset-values=zero
 * run: --misaligned=trap --sbi=impl-version=110,misaligned=redirect
 * run: --misaligned=trap --sbi=impl-version=111,misaligned=delegate
 * run: --sbi=impl-version=112,delegate=2
 * run: --sbi=impl-version=114,undelegate-irq=13
 * run: --sbi=impl-version=115 */
#include "sbi.h"

static uint64_t shm[1024] __attribute__((aligned(4096)));

static void spec_1_0(void)
{
    CHECK(VALUE(sbi(EXT_BASE, 0, 0, 0, 0, 0)) == 0x1000000);
    CHECK(!has_ext(EXT_DBCN) && !has_ext(EXT_SUSP) && !has_ext(EXT_CPPC) && !has_ext(EXT_FWFT));
    CHECK(!has_ext(EXT_SSE) && !has_ext(EXT_DBTR) && !has_ext(EXT_MPXY));
    EXPECT(sbi(EXT_DBCN, 2, 'x', 0, 0, 0), NOT_SUPPORTED);
    CHECK(has_ext(EXT_PMU) && has_ext(EXT_SRST) && has_ext(EXT_HSM));
    VALUE(sbi(EXT_PMU, 0, 0, 0, 0, 0));
    EXPECT(sbi(EXT_PMU, 7, -1ul, -1ul, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_PMU, 8, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void spec_0_2(void)
{
    CHECK(VALUE(sbi(EXT_BASE, 0, 0, 0, 0, 0)) == 2);
    CHECK(!has_ext(EXT_PMU) && !has_ext(EXT_SRST) && has_ext(EXT_HSM) && has_ext(EXT_TIME));
    EXPECT(sbi(EXT_HSM, 3, 0, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_SRST, 0, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void disabled(void)
{
    CHECK(!has_ext(EXT_DBCN) && has_ext(EXT_RFENCE) && !has_ext(2) && has_ext(1));
    EXPECT(sbi(EXT_DBCN, 2, 'x', 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi6(EXT_RFENCE, 4, (ulong[6]){1, 0, 0, 0}), NOT_SUPPORTED);
    EXPECT(sbi6(EXT_RFENCE, 1, (ulong[6]){1, 0, 0, 0}), SUCCESS);
    EXPECT(sbi(2, 0, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void failing(void)
{
    for (int i = 1; i <= 5; i++)
        EXPECT(sbi6(EXT_RFENCE, 1, (ulong[6]){1, 0, 0, 0}), i == 3 ? INVALID_ADDRESS : SUCCESS);
    EXPECT(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0), DENIED);
    EXPECT(sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0), DENIED);
}

static void failing_legacy(void)
{
    CHECK(sbi_raw((ulong[8]){0, 0x55, 0, 0, 0, 0, 0, 3}).error == -7);
    struct ret r = sbi_raw((ulong[8]){0, 0x55, 0, 0, 0, 0, 0, 3});
    CHECK(r.error == 0 && r.value == 0x55);
}

static void steal_time(void)
{
    CHECK(has_ext(EXT_STA));
    EXPECT(sbi(EXT_STA, 0, (ulong)shm, 0, 1, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_STA, 0, (ulong)shm + 32, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_STA, 0, 0x40000000, 0, 0, 0), INVALID_ADDRESS);
    for (int i = 0; i < 16; i++)
        shm[i] = ~0ull;
    EXPECT(sbi(EXT_STA, 0, (ulong)shm, 0, 0, 0), SUCCESS);
    for (int i = 0; i < 8; i++)
        CHECK(shm[i] == 0);
    CHECK(shm[8] == ~0ull);
    EXPECT(sbi(EXT_STA, 0, -1ul, -1ul, 0, 0), SUCCESS);
    EXPECT(sbi(EXT_STA, 1, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void identity(void)
{
    CHECK(VALUE(sbi(EXT_BASE, 1, 0, 0, 0, 0)) == 1234);
    CHECK(VALUE(sbi(EXT_BASE, 4, 0, 0, 0, 0)) == 0x111);
    CHECK(VALUE(sbi(EXT_BASE, 5, 0, 0, 0, 0)) == 0x222);
    CHECK(VALUE(sbi(EXT_BASE, 6, 0, 0, 0, 0)) == 0x333);
}

/* Registers of a started hart: a0, a1, satp, sstatus, then t2, s5, sscratch, stval. */
void register_probe(void);
#if __riscv_xlen == 64
#define SX    "sd "
#define AT(n) #n "*8(t0)\n"
#else
#define SX    "sw "
#define AT(n) #n "*4(t0)\n"
#endif
__asm__(".text\n .balign 4\nregister_probe:\n lla t0, probe_values\n" SX "a0, " AT(0) SX
        "a1, " AT(1) SX "t2, " AT(4) SX
        "s5, " AT(5) " csrr t1, satp\n " SX "t1, " AT(2) " csrr t1, sstatus\n " SX "t1, " AT(
            3) " csrr t1, sscratch\n " SX
               "t1, " AT(6) " csrr t1, stval\n " SX "t1, " AT(
                   7) " li a7, 0x48534d\n li a6, 1\n ecall\n 1: j 1b\n"
                      " .data\n .balign 8\n .globl probe_values\nprobe_values: .skip 64\n .text\n");
extern volatile ulong probe_values[8];

static void probe(ulong other)
{
    EXPECT(sbi(EXT_HSM, 0, other, (ulong)register_probe, 0x987, 0), SUCCESS);
    CHECK(wait_status(other, 1));
    CHECK(probe_values[0] == other && probe_values[1] == 0x987);
    CHECK(probe_values[2] == 0 && (probe_values[3] & 2) == 0);
}

static void reset_values(ulong variant)
{
    long other = other_hart();
    ulong first[4];

    if (other < 0)
        return;
    probe((ulong)other);
    for (int i = 0; i < 4; i++)
        first[i] = probe_values[4 + i];
    probe((ulong)other);
    for (int i = 0; i < 4; i++) {
        ulong v = probe_values[4 + i];
        if (variant == 7)
            CHECK(v == (ulong)0xdeadbeefdeadbeefull && first[i] == v);
        else if (variant == 8)
            CHECK(v != first[i] && v != 0);
        else
            CHECK(v == 0 && first[i] == 0);
    }
}

static void misaligned(ulong variant)
{
    static volatile uint32_t words[2] = {0x11223344, 0x55667788};

    trap_clear();
    ulong v = 0;
    __asm__ volatile("lw %0, 0(%1)" : "=r"(v) : "r"((ulong)words + 1) : "memory");
    CHECK(last_trap()->count == 1 && last_trap()->cause == 4);
    CHECK(last_trap()->tval == (ulong)words + 1);
    CHECK(VALUE(sbi(EXT_FWFT, 1, 0, 0, 0, 0)) == (variant == 11));
}

/* With illegal instructions delegated the firmware does not see (or count) them. */
static void delegated(void)
{
    ulong total = VALUE(sbi(EXT_PMU, 0, 0, 0, 0, 0));
    ulong counter = VALUE(sbi6(EXT_PMU, 2, (ulong[6]){total - 1, 1, 6, 15ul << 16 | 4, 0, 0}));

    trap_clear();
    __asm__ volatile(".word 0xc0001073");
    CHECK(last_trap()->count == 1 && last_trap()->cause == 2);
    CHECK(VALUE(sbi(EXT_PMU, 5, counter, 0, 0, 0)) == 0);
}

/* An S-level interrupt that stays in M-mode is not the supervisor's; the others are. */
static void undelegated_interrupts(void)
{
    ulong me = hart_id();

    csr_set(sstatus, 2);
    csr_write(sie, -1ul);
    CHECK((csr_read(sie) & BIT(13)) == 0 && csr_read(sie) & BIT(9));
    EXPECT(sbi(EXT_IPI, 0, BIT(me), 0, 0, 0), SUCCESS);
    EXPECT(sbi(EXT_TIME, 0, 0, 0, 0, 0), SUCCESS);
    delay(1000);
    CHECK(interrupts[me][1] == 1 && interrupts[me][5] >= 1);
}

/* Zkr: the firmware opens `seed` to S-mode. */
static void seed(void)
{
    ulong value;

    trap_clear();
    __asm__ volatile("csrrw %0, 0x015, x0" : "=r"(value));
    CHECK(last_trap()->count == 0 && value >> 30 != 3);
}

/* Under check_board, which types abcdef. */
static void input(void)
{
    static char buf[16];
    ulong got = 0, begin = time_now();

    for (char want = 'a'; want <= 'b'; want++) {
        long c = -1;
        while (c < 0 && time_now() - begin < 10000000)
            c = sbi_raw((ulong[8]){0, 0, 0, 0, 0, 0, 0, 2}).error;
        CHECK(c == want);
    }
    while (got < 4 && time_now() - begin < 10000000)
        got += VALUE(sbi(EXT_DBCN, 1, 4 - got, (ulong)buf + got, 0, 0));
    CHECK(buf[0] == 'c' && buf[1] == 'd' && buf[2] == 'e' && buf[3] == 'f' && buf[4] == 0);
    CHECK(VALUE(sbi(EXT_DBCN, 1, 4, (ulong)buf, 0, 0)) == 0); /* no more */
}

void test(void)
{
    ulong variant = VALUE(sbi(EXT_BASE, 2, 0, 0, 0, 0)) - 100;

    if (variant == 1) {
        spec_1_0();
    } else if (variant == 2) {
        spec_0_2();
    } else if (variant == 3) {
        disabled();
    } else if (variant == 4) {
        failing();
    } else if (variant == 5) {
        steal_time();
    } else if (variant == 6) {
        identity();
    } else if (variant >= 7 && variant <= 9) {
        reset_values(variant);
    } else if (variant == 10 || variant == 11) {
        misaligned(variant);
    } else if (variant == 12) {
        delegated();
    } else if (variant == 15) {
        seed();
    } else if (variant == 16) {
        input();
    } else if (variant == 14) {
        undelegated_interrupts();
    } else if (variant == 13) {
        failing_legacy();
    } else {
        skip("--sbi=impl-version=101 or more is missing");
    }
}
