/* Vector state of busy vCPUs, which the host saves only when it is dirty and restores only where VS
 * is not off: each fills v0 to v31, vl, vtype (vill too), vstart and vcsr with its own numbers, and
 * must find them again after exits to the host's kernel and user space, interrupts, and a VMM that
 * reads and writes all of them. Then the VMM leaves one out at a time, and that one must be missed.
 */
#include "probe.h"

enum { ROUNDS = 120, V_MOST = 256 };
enum { VSTART, VL, VTYPE, VCSR, NUM_CSRS, NUM = NUM_CSRS + 32 };
#define SSTATUS_VS       (3ul << 9)
#define SSTATUS_VS_CLEAN (2ul << 9)
#define VILL             (1ul << (__riscv_xlen - 1))

struct vectors {
    ulong csr[NUM_CSRS];
    u8 v[32 * V_MOST];
};
static struct vectors filled[MAX_HARTS], found[MAX_HARTS];
static volatile ulong done[MAX_HARTS];
static ulong vlenb;

#define VECTOR(text) ".option push\n .option arch, +v\n" text "\n .option pop"
#define VCSRW(csr, value)                                                                          \
    __asm__ volatile(VECTOR("csrw " #csr ", %0")::"r"((ulong)(value)) : "memory")
#define VCSRR(csr)                                                                                 \
    ({                                                                                             \
        ulong csr_value;                                                                           \
        __asm__ volatile(VECTOR("csrr %0, " #csr) : "=r"(csr_value)::"memory");                    \
        csr_value;                                                                                 \
    })

/* vl and vtype are what the hart makes of the numbers; no instruction between changes vstart. */
static void put(struct vectors *x, ulong avl)
{
    u8 *p = x->v;
    VCSRW(vstart, 0);
    __asm__ volatile(
        VECTOR("vl8re8.v v0, (%0)\n add %0, %0, %1\n vl8re8.v v8, (%0)\n add %0, %0, %1\n"
               "vl8re8.v v16, (%0)\n add %0, %0, %1\n vl8re8.v v24, (%0)")
        : "+r"(p)
        : "r"(8 * vlenb)
        : "memory");
    __asm__ volatile(VECTOR("vsetvl %0, %1, %2") : "=r"(x->csr[VL]) : "r"(avl), "r"(x->csr[VTYPE]));
    VCSRW(vcsr, x->csr[VCSR]);
    VCSRW(vstart, x->csr[VSTART]);
}

static void get(struct vectors *x)
{
    u8 *p = x->v;
    x->csr[VSTART] = VCSRR(vstart);
    x->csr[VL] = VCSRR(vl);
    x->csr[VTYPE] = VCSRR(vtype);
    x->csr[VCSR] = VCSRR(vcsr);
    VCSRW(vstart, 0);
    __asm__ volatile(VECTOR("vs8r.v v0, (%0)\n add %0, %0, %1\n vs8r.v v8, (%0)\n add %0, %0, %1\n"
                            "vs8r.v v16, (%0)\n add %0, %0, %1\n vs8r.v v24, (%0)")
                     : "+r"(p)
                     : "r"(8 * vlenb)
                     : "memory");
}

static void fill(struct vectors *x, ulong seed, ulong vtype, ulong avl)
{
    for (ulong i = 0; i < 32 * vlenb; i++)
        x->v[i] = (u8)((seed += 0x9e3779b9) >> 13 | 1);
    x->csr[VTYPE] = vtype;
    x->csr[VCSR] = seed % 7 + 1;
    x->csr[VSTART] = seed % 3 + 1;
    put(x, avl);
}

/* Which of them differ, a bit for each. */
static u64 differences(const struct vectors *a, const struct vectors *b)
{
    u64 out = 0;
    for (unsigned i = 0; i < NUM_CSRS; i++)
        if (a->csr[i] != b->csr[i])
            out |= 1ull << i;
    for (ulong i = 0; i < 32 * vlenb; i++)
        if (a->v[i] != b->v[i])
            out |= 1ull << (NUM_CSRS + i / vlenb);
    return out;
}

static void spend(ulong ticks)
{
    ulong until = csr_read(time) + ticks;
    while (csr_read(time) < until)
        continue;
}

static long renew(ulong left_out)
{
    return sbi(SBI_EXT_VMM, VMM_RENEW_VECTORS, left_out, 0, 0).error;
}

/* One of the ways in which the guest's registers leave the hart, by the number of the round. */
static void be_away(ulong round)
{
    switch (round % 4) {
    case 0:
        CHECK_EQ(renew(NUM), 0);
        break;
    case 1: /* the guest's kernel has saved them: still nobody may lose them */
        csr_clear(sstatus, SSTATUS_VS & ~SSTATUS_VS_CLEAN);
        break;
    case 2: /* off for the guest, while it waits */
        csr_clear(sstatus, SSTATUS_VS);
        break;
    default:
        break;
    }
    sbi(SBI_EXT_BASE, 3, SBI_EXT_TIME, 0, 0); /* an exit to the host's kernel */
    if (round % 3 == 0)
        one_reg(REG_ISA(ISA_V)); /* and one to its user space */
    spend(300);
    csr_set(sstatus, SSTATUS_VS_CLEAN);
}

static void keep(ulong hartid)
{
    static const ulong vtypes[] = {0x00, 0x09, 0x57, 0x9b, 0xc2, VILL};
    ulong begin = csr_read(time);
    for (ulong round = 0; round < ROUNDS; round++) {
        ulong seed = begin + (hartid << 20) + round * 0x10001;
        fill(&filled[hartid], seed, vtypes[round % 6], seed % (2 * vlenb));
        be_away(round);
        get(&found[hartid]);
        u64 wrong = differences(&filled[hartid], &found[hartid]);
        if (wrong) {
            CHECK_EQ(wrong, 0);
            print_value("  round", round);
            break;
        }
    }
}

/* Each register that is left out is missed, and no other. */
static void miss(ulong hartid)
{
    for (ulong i = 0; i < NUM; i++) {
        fill(&filled[hartid], i, 0x09, 5);
        CHECK_EQ(renew(i), 0);
        get(&found[hartid]);
        CHECK(differences(&filled[hartid], &found[hartid]) == 1ull << i);
    }
}

static void work(ulong hartid)
{
    csr_set(sstatus, SSTATUS_VS);
    vlenb = VCSRR(vlenb);
    keep(hartid);
    miss(hartid);
    done[hartid] = 1;
}

void probe(void)
{
    struct sbiret v = one_reg(REG_ISA(ISA_V));
    if (v.error || v.value != 1) {
        print("VECTORS none\n");
        return;
    }
    bool two = sbi(SBI_EXT_HSM, 0, 1, (ulong)_start, (ulong)work).error == 0;
    work(0);
    while (two && !done[1])
        continue;
    print_value("VECTORS kept, vCPUs", two ? 2 : 1);
}
