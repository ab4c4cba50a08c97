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

#if __riscv_xlen == 64
/* One page of Sv39 leaf entries for gigapages, mapping the first four gigabytes to themselves. */
static ulong root[512] __attribute__((aligned(4096)));

static void paging_on(void)
{
    for (ulong i = 0; i < 4; i++)
        root[i] = i << 28 | 0xcf; /* D A X W R V */
    csr_write(satp, 8ul << 60 | (ulong)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void fetch_paged(void)
{
    paging_on();
    fetch("sv39");
    CHECK_EQ(try(jump, 0x4000000000ul - 0x1000), 1); /* not mapped: stays in the guest */
    CHECK_EQ(this_hart()->cause, 12);
    csr_write(satp, 0);
}
#else
static void fetch_paged(void)
{
}
#endif

void probe(void)
{
    const struct hart *h = this_hart();
    fetch("bare");
    CHECK_EQ(try(illegal, 0), 1);
    CHECK_EQ(h->cause, 2);
    print_value("illegal instruction, scause", h->cause);
    fetch_paged();
}
