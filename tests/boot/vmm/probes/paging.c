/* Guest paging in every mode the hart has, over whatever backs the guest's memory: accessed and
 * dirty bits, and how many pages the VMM's dirty log sees. */
#include "probe.h"

enum { PAGES = 600, V = 1, R = 2, W = 4, X = 8, A = 64, D = 128 };

#define DATA   0x80800000ul /* physical; clear of the image */
#define WINDOW 0x10000000ul /* where the data's pages are mapped one by one */

/* Of a table, and the large pages that map RAM to itself: gigapages in RV64, megapages in RV32. */
enum {
    ENTRIES = 4096 / sizeof(ulong),
    INDEX_BITS = __riscv_xlen == 64 ? 9 : 10,
    LARGE_LEVEL = __riscv_xlen == 64 ? 2 : 1,
};
#define LARGE_SIZE (1ul << (12 + INDEX_BITS * LARGE_LEVEL))

static ulong tables[12][ENTRIES] __attribute__((aligned(4096)));
static ulong used;

static ulong *new_table(void)
{
    ulong *table = tables[used++];
    for (ulong i = 0; i < ENTRIES; i++)
        table[i] = 0;
    return table;
}

/* The entry that maps `address` at `level`, making the tables above it. */
static ulong *entry(ulong *table, ulong levels, ulong level, ulong address)
{
    for (ulong l = levels - 1; l > level; l--) {
        ulong *pte = &table[address >> (12 + INDEX_BITS * l) & (ENTRIES - 1)];
        if (!*pte)
            *pte = (ulong)new_table() >> 2 | V;
        table = (ulong *)(*pte << 2 & ~4095ul);
    }
    return &table[address >> (12 + INDEX_BITS * level) & (ENTRIES - 1)];
}

static volatile ulong *page(ulong n)
{
    return (volatile ulong *)(WINDOW + n * 4096);
}

static void store(ulong address)
{
    *(volatile ulong *)address = 1;
}

static bool enter_mode(ulong mode, ulong *root)
{
    ulong value = SATP_MODE(mode) | (ulong)root >> 12;
    csr_write(satp, value);
    __asm__ volatile("sfence.vma" ::: "memory");
    return csr_read(satp) == value;
}

static void one_mode(ulong mode, ulong levels)
{
    used = 0;
    ulong *root = new_table();
    for (ulong ram = 0x80000000; ram < 0x81000000; ram += LARGE_SIZE)
        *entry(root, levels, LARGE_LEVEL, ram) = ram >> 2 | V | R | W | X | A | D;
    for (ulong n = 0; n < PAGES; n++)
        *entry(root, levels, 0, (ulong)page(n)) = (DATA + n * 4096) >> 2 | V | R | W | A | D;
    ulong *read_only = entry(root, levels, 0, (ulong)page(PAGES));
    *read_only = DATA >> 2 | V | R | A;
    if (!enter_mode(mode, root))
        return;
    sbi(SBI_EXT_VMM, VMM_DIRTY_PAGES, 0, 0, 0);
    for (ulong n = 0; n < PAGES; n++)
        *page(n) = n * mode;
    ulong wrong = 0;
    for (ulong n = 0; n < PAGES; n++)
        wrong += *page(n) != n * mode || *(volatile ulong *)(DATA + n * 4096) != n * mode;
    CHECK_EQ(wrong, 0);
    CHECK_EQ(try(store, (ulong)page(PAGES)), 1);
    CHECK_EQ(this_hart()->cause, 15);
    CHECK_EQ(this_hart()->tval, page(PAGES));
    CHECK_EQ(try(store, 0x40000000), 1);
    CHECK_EQ(this_hart()->cause, 15);
    long dirty = (long)sbi(SBI_EXT_VMM, VMM_DIRTY_PAGES, 0, 0, 0).value;
    if (dirty >= 0) { /* stacks and tables add a few; nothing else is written */
        CHECK(dirty >= PAGES);
        CHECK(dirty < PAGES + 40);
        dirty = (long)sbi(SBI_EXT_VMM, VMM_DIRTY_PAGES, 0, 0, 0).value;
        CHECK(dirty < 40);
        print("PAGING dirty log agrees\n");
    }
    csr_write(satp, 0);
    __asm__ volatile("sfence.vma" ::: "memory");
    print_value("PAGING satp mode", mode);
}

void probe(void)
{
    if (__riscv_xlen == 32) {
        one_mode(1, 2);
        return;
    }
    one_mode(8, 3);
    one_mode(9, 4);
    one_mode(10, 5);
}
