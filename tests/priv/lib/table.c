/* Page tables: any mode, any stage, any level; the usual window of the two-stage tests; fences and
 * PMP. Memory comes from a pool that is empty again at the start of every test. */
#include "priv.h"

struct two_stage ts;
static u8 *pool_next;

void pool_reset(void)
{
    pool_next = pool_begin;
}

void *page_alloc(unsigned count)
{
    ulong align = count * PAGE;
    u8 *pages = (u8 *)(((ulong)pool_next + align - 1) & ~(align - 1));
    pool_next = pages + count * PAGE;
    if (pool_next > pool_end)
        skip("the page pool is exhausted");
    memset(pages, 0, count * PAGE);
    return pages;
}

/* Sv32: two levels of 10 bits; the others: levels of 9 bits. */
static unsigned index_bits(void)
{
    return RV64 ? 9 : 10;
}

u64 level_size(unsigned level)
{
    return 1ull << (12 + index_bits() * level);
}

void table_init(struct table *table, enum stage stage, unsigned mode)
{
    table->stage = stage;
    table->mode = mode;
    table->levels = mode == BARE ? 0 : mode == SV32 ? 2 : mode - SV39 + 3;
    table->root = mode == BARE ? 0 : page_alloc(stage == STAGE_G ? 4 : 1);
}

pte_t *table_slot(struct table *table, u64 address, unsigned level)
{
    pte_t *at = table->root;
    for (unsigned i = table->levels - 1;; i--) {
        unsigned bits = index_bits();
        if (i == table->levels - 1 && table->stage == STAGE_G)
            bits += 2;
        at += address >> (12 + index_bits() * i) & ((1ul << bits) - 1);
        if (i == level)
            return at;
        if (!(*at & PTE_V))
            *at = PTE_PPN((ulong)page_alloc(1)) | PTE_V;
        at = (pte_t *)(*at >> 10 << 12 & (ulong)((1ull << 56) - 1));
    }
}

pte_t *table_map(struct table *table, u64 address, u64 to, u64 bits, unsigned level)
{
    pte_t *slot = table_slot(table, address, level);
    *slot = PTE_PPN(to) | (pte_t)bits;
    return slot;
}

void table_map_image(struct table *table)
{
    u64 user = table->stage == STAGE_G ? PTE_U : 0;
    if (table->mode == BARE)
        return;
    for (u64 at = 0; at < IMAGE_SIZE; at += level_size(1)) {
        table_map(table, IMAGE + at, IMAGE + at, PTE_RWX | user, 1);
        table_map(table, IMAGE + USER_ALIAS + at, IMAGE + at, PTE_RWX | PTE_U, 1);
    }
    for (u8 *page = pool_begin; page < pool_end; page += PAGE)
        table_map(table, (ulong)page, (ulong)page, PTE_RWX | user, 0);
}

ulong table_atp(const struct table *table, unsigned id)
{
    unsigned mode_at = RV64 ? 60 : 31, id_at = RV64 ? 44 : 22;
    return (ulong)table->mode << mode_at | (ulong)id << id_at | (ulong)table->root >> 12;
}

void table_use(const struct table *table, unsigned id)
{
    ulong atp = table_atp(table, id);
    if (table->stage == STAGE_HS)
        csr_write(CSR_SATP, atp);
    else if (table->stage == STAGE_VS)
        csr_write(CSR_VSATP, atp);
    else
        csr_write(CSR_HGATP, atp);
    fence_all();
}

int mode_supported(enum stage stage, unsigned mode)
{
    unsigned number = stage == STAGE_HS ? CSR_SATP : stage == STAGE_VS ? CSR_VSATP : CSR_HGATP;
    ulong want = (ulong)mode << (RV64 ? 60 : 31);
    ulong old = csr_get(number);
    if (RV64 ? mode == SV32 : mode > SV32)
        return 0;
    ulong got = csr_probe(number, want);
    csr_put(number, old);
    return got == want;
}

int next_mode(enum stage stage, int mode)
{
    for (mode++; mode <= SV57; mode++)
        if (mode_supported(stage, (unsigned)mode))
            return mode;
    return -1;
}

void fence_all(void)
{
    asm volatile("sfence.vma\n"
                 ".word %0\n"
                 ".word %1\n"
                 :
                 : "i"(HFENCE_VVMA(0, 0)), "i"(HFENCE_GVMA(0, 0))
                 : "memory");
}

#define WINDOW_VA  0x12345000ul
#define WINDOW_GPA 0x6789a000ul

static void window(unsigned vs_mode, unsigned g_mode)
{
    ts.mem = page_alloc(1);
    for (unsigned i = 0; i < PAGE; i++)
        ts.mem[i] = (u8)(i ^ i >> 8 ^ 0x5a);
    ts.gpa = g_mode == BARE ? (ulong)ts.mem : WINDOW_GPA;
    ts.va = vs_mode == BARE ? (ulong)ts.gpa : WINDOW_VA;
    ts.vs_leaf = ts.g_leaf = 0;
}

void two_stage(unsigned vs_mode, unsigned g_mode, u64 user)
{
    window(vs_mode, g_mode);
    table_init(&ts.vs, STAGE_VS, vs_mode);
    table_init(&ts.g, STAGE_G, g_mode);
    table_map_image(&ts.vs);
    table_map_image(&ts.g);
    if (vs_mode != BARE)
        ts.vs_leaf = table_map(&ts.vs, ts.va, ts.gpa, PTE_RWX | user, 0);
    if (g_mode != BARE)
        ts.g_leaf = table_map(&ts.g, ts.gpa, (ulong)ts.mem, PTE_RWX | PTE_U, 0);
    csr_write(CSR_VSATP, table_atp(&ts.vs, 0));
    csr_write(CSR_HGATP, table_atp(&ts.g, 0));
    fence_all();
}

void one_stage(unsigned mode, u64 user)
{
    window(mode, BARE);
    table_init(&ts.vs, STAGE_HS, mode);
    table_map_image(&ts.vs);
    if (mode != BARE)
        ts.vs_leaf = table_map(&ts.vs, ts.va, ts.gpa, PTE_RWX | user, 0);
    table_use(&ts.vs, 0);
}

int pmp_available(void)
{
    static int known;
    if (!known)
        known = csr_exists(CSR_PMPADDR0) && csr_probe(CSR_PMPADDR0 + 1, ~0ul) ? 1 : 2;
    return known == 1;
}

void pmp_page(const void *page, unsigned rwx)
{
    csr_write(CSR_PMPADDR0, (ulong)page >> 2 | 0x1ff);
    csr_write(CSR_PMPCFG0, 0x1f00 | 0x18 | rwx);
    fence_all();
}
