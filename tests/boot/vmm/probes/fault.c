/* Exceptions of the guest that pass through the hypervisor on their way back: a fetch from where
 * the guest has no memory, and an illegal instruction, whose way depends on medeleg and hedeleg. */
#include "probe.h"

#define NO_MEMORY 0x40000000ul

static void jump(ulong address)
{
    __asm__ volatile("jalr %0" ::"r"(address) : "ra", "memory");
}

static void illegal(ulong argument UNUSED)
{
    __asm__ volatile(".word 0xfffffffb");
}

static void fetch(const char *where)
{
    const struct hart *h = this_hart();
    CHECK_EQ(try(jump, NO_MEMORY), 1);
    CHECK_EQ(h->cause, 1);
    CHECK_EQ(h->tval, NO_MEMORY);
    CHECK_EQ(h->epc, NO_MEMORY);
    print(where);
    print_value(": fetch from no memory, scause", h->cause);
}

/* The root of Sv39 or Sv32, whose leaf entries map the first gigabytes to themselves, but not the
 * last page of the address space (Sv32) or of its lower half (Sv39). */
enum {
    ENTRIES = 4096 / sizeof(ulong),
    LEAF_SHIFT = __riscv_xlen == 64 ? 30 : 22,
    MAPPED = __riscv_xlen == 64 ? 4 : ENTRIES - 1,
};
#define NOT_MAPPED (__riscv_xlen == 64 ? 0x3ffffff000ull : 0xfffff000ull)
static ulong root[ENTRIES] __attribute__((aligned(4096)));

static void paging_on(void)
{
    for (ulong i = 0; i < MAPPED; i++)
        root[i] = i << (LEAF_SHIFT - 2) | 0xcf; /* D A X W R V */
    csr_write(satp, SATP_MODE(__riscv_xlen == 64 ? 8 : 1) | (ulong)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void fetch_paged(void)
{
    paging_on();
    fetch(__riscv_xlen == 64 ? "sv39" : "sv32");
    CHECK_EQ(try(jump, (ulong)NOT_MAPPED), 1); /* stays in the guest */
    CHECK_EQ(this_hart()->cause, 12);
    csr_write(satp, 0);
}

void probe(void)
{
    const struct hart *h = this_hart();
    fetch("bare");
    CHECK_EQ(try(illegal, 0), 1);
    CHECK_EQ(h->cause, 2);
    print_value("illegal instruction, scause", h->cause);
    fetch_paged();
}
