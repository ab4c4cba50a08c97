/* Floating-point state of two busy vCPUs, which the host switches lazily: each fills its registers
 * with its own numbers and must find them again after being interrupted, halted and rescheduled. */
#include "probe.h"

enum { ROUNDS = 400 };

static volatile ulong done[MAX_HARTS];

/* clang-format off */
#define FOR_EACH_F(X)                                                                              \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)    \
    X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
/* clang-format on */

static u64 number(u64 seed, unsigned reg)
{
    return seed + reg * 0x0101010101ull;
}

static void fill(u64 seed)
{
#define PUT(n) __asm__ volatile("fld f" #n ", %0" ::"m"((u64){number(seed, n)}));
    FOR_EACH_F(PUT)
    csr_write(fcsr, seed & 0x7f);
}

static ulong differences(u64 seed)
{
    ulong count = csr_read(fcsr) != (seed & 0x7f);
    u64 value;
#define GET(n)                                                                                     \
    __asm__ volatile("fsd f" #n ", %0" : "=m"(value));                                             \
    count += value != number(seed, n);
    FOR_EACH_F(GET)
    return count;
}

static void work(ulong hartid)
{
    csr_set(sstatus, SSTATUS_FS);
    for (ulong round = 0; round < ROUNDS; round++) {
        u64 seed = 0x4000000000000000ull + ((u64)hartid << 48) + round * 0x10001;
        fill(seed);
        sbi(SBI_EXT_BASE, 3, SBI_EXT_TIME, 0, 0); /* an exit to the host's kernel */
        if (round % 8 == 0)
            one_reg(REG_ISA(0)); /* and one to its user space */
        ulong until = csr_read(time) + 200;
        while (csr_read(time) < until)
            continue;
        ulong wrong = differences(seed);
        if (wrong) {
            CHECK_EQ(wrong, 0);
            break;
        }
    }
    done[hartid] = 1;
}

void probe(void)
{
    CHECK_EQ(sbi(SBI_EXT_HSM, 0, 1, (ulong)_start, (ulong)work).error, 0);
    work(0);
    while (!done[1])
        continue;
    print("FPU state kept on 2 vCPUs\n");
}
