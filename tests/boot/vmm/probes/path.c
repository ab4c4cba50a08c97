/* Exceptions that the hart itself raises in the guest, each of which may take another path to the
 * guest's handler: straight, through the firmware, through the hypervisor, or both. Whichever it
 * is, the handler must see the same. The VMM maps HOLE to where the machine has nothing, which
 * makes an access fault that no stage of translation sees. */
#include "probe.h"

#define HOLE 0x18000000ul

static void illegal(ulong argument UNUSED)
{
    __asm__ volatile(".word 0xfffffffb");
}

static void breakpoint(ulong argument UNUSED)
{
    __asm__ volatile(".balign 4; .word 0x00100073");
}

static void fetch(ulong address)
{
    __asm__ volatile("jalr %0" ::"r"(address) : "ra", "memory");
}

static void load(ulong address)
{
    (void)*(volatile ulong *)address;
}

static void store(ulong address)
{
    *(volatile ulong *)address = 1;
}

static void raise(const char *name, void (*f)(ulong), ulong cause)
{
    const struct hart *h = this_hart();
    print("PATH ");
    print_value(name, cause);
    CHECK_EQ(try(f, HOLE), 1);
    CHECK_EQ(h->cause, cause);
    if (f == fetch || f == load || f == store)
        CHECK_EQ(h->tval, HOLE);
    if (f == fetch)
        CHECK_EQ(h->epc, HOLE);
}

void probe(void)
{
    raise("illegal instruction", illegal, 2);
    raise("breakpoint", breakpoint, 3);
    CHECK_EQ(sbi(SBI_EXT_VMM, VMM_GUEST_DEBUG, 1, 0, 0).error, 0);
    raise("breakpoint that the VMM wants to see", breakpoint, 3);
    CHECK_EQ(sbi(SBI_EXT_VMM, VMM_GUEST_DEBUG, 0, 0, 0).error, 0);
    raise("fetch from nowhere", fetch, 1);
    raise("load from nowhere", load, 5);
    raise("store to nowhere", store, 7);
}
