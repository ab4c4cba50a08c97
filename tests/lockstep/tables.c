/* Page tables for satp, vsatp and hgatp, a few sets of each: valid ones that allow most of what the
 * guest does, with random flaws. A set holds a root for each number of levels; they share the lower
 * tables. What is mapped where: guest.h. */
#include "cpu/fields.h"
#include "guest.h"

enum { RWX = PTE_R | PTE_W | PTE_X, AD = PTE_A | PTE_D };

/* One set while it is made. */
struct set {
    enum table_kind kind;
    u32 number;
};

static u32 new_table(struct guest *g, u32 pages)
{
    g->next_table = (g->next_table + pages * 4096 - 1) & ~(pages * 4096 - 1);
    u32 pa = g->next_table;
    g->next_table += pages * 4096;
    return pa;
}

static void put_entry(struct guest *g, u32 table, u32 index, u64 pte)
{
    unsigned size = g->xlen / 8;
    put_word(g, table + index * size, pte, size);
}

static void put_leaf(struct guest *g, const struct set *s, u32 table, u32 index, u64 pte)
{
    put_entry(g, table, index, pte);
    bool kept = (pte >> 10 << 12) == SHADOW_STACK && (pte & PTE_R);
    if (g->num_leaves < ARRAY_LEN(g->leaf) && !kept)
        g->leaf[g->num_leaves++] =
            (struct leaf_place){table + index * (g->xlen / 8), pte, (u8)s->kind, (u8)s->number, 0};
}

static void put_pointer(struct guest *g, u32 table, u32 index, u32 to)
{
    put_entry(g, table, index, (u64)to >> 2 | PTE_V);
}

static u64 spoil(struct guest *g, u64 pte)
{
    static const u64 wide[] = {PTE_N,   BIT(61), BIT(62), PTE_PBMT, BIT(54),
                               BIT(58), BIT(59), BIT(60), BIT(53),  BIT(12)};
    u32 what = below(g, 100);
    if (what < 12)
        return pte & ~PTE_A;
    if (what < 26)
        return pte & ~PTE_D;
    if (what < 34)
        return pte & ~(pick(g) & RWX);
    if (what < 38)
        return pte ^ PTE_U;
    if (what < 42)
        return pte | PTE_G;
    if (what < 46)
        return pte & ~PTE_V;
    if (what < 52)
        return pte ^ 1ull << below(g, 10);
    if (what < 56)
        return g->xlen == 64 ? pte ^ wide[below(g, ARRAY_LEN(wide))] : pte ^ BIT(31);
    if (what < 58)
        return pte & ~(u64)(RWX | AD | PTE_U);
    return pte;
}

/* Shadow-stack pages are where they are meant to be only, and dirty: Spike sets D for loads, too.
 */
u64 mutate_leaf(struct guest *g, u64 pte)
{
    u64 spoilt = spoil(g, pte);
    if ((pte & RWX) == PTE_W)
        return spoilt | AD;
    return (spoilt & RWX) == PTE_W ? spoilt | PTE_R : spoilt;
}

/* A leaf for pa; `user`: U is wanted in a table of satp or vsatp. */
static u64 leaf(struct guest *g, const struct set *s, u64 pa, bool user)
{
    bool code = pa < PRIVATE;
    u64 flags = PTE_V | AD | PTE_R | (code ? PTE_X : PTE_W);
    if (user || s->kind == TABLES_HGATP)
        flags |= PTE_U;
    u64 pte = pa >> 2 | flags;
    bool kept = (pa >= CODE && pa < CODE + 4096) || pa == SHADOW_STACK;
    if (s->kind == TABLES_HGATP && pa >= TABLES && pa < IMAGE_END && chance(g, 15))
        pte &= ~(u64)PTE_W; /* A and D of the VS-stage's tables cannot be set */
    return kept || chance(g, code ? 85 : 75) ? pte : mutate_leaf(g, pte);
}

/* Code and data pages from `index` on: a window. */
static void fill_window(struct guest *g, const struct set *s, u32 table, bool user)
{
    for (u32 i = 0; i < CODE_PAGES; i++)
        put_leaf(g, s, table, i, leaf(g, s, CODE + i * 4096, user));
    for (u32 i = 0; i < DATA_PAGES; i++)
        put_leaf(g, s, table, CODE_PAGES + i, leaf(g, s, DATA + i * 4096, user));
    u64 shadow = (u64)SHADOW_STACK >> 2 | PTE_V | AD | PTE_W | (user ? PTE_U : 0);
    if (s->kind != TABLES_HGATP && chance(g, 70))
        put_leaf(g, s, table, CODE_PAGES + 3, shadow);
}

/* RAM at its physical addresses, page by page. */
static void fill_identity(struct guest *g, const struct set *s, u32 table, u32 pages)
{
    for (u32 i = 0; i < pages; i++) {
        u32 n = g->num_leaves;
        put_leaf(g, s, table, i, leaf(g, s, RAM + i * 4096ull, i > 0x1f && chance(g, 40)));
        if (g->num_leaves > n)
            g->leaf[n].va = RAM + i * 4096;
    }
}

/* Naturally aligned groups of sixteen pages, each one translation (Svnapot). */
static void fill_napot(struct guest *g, const struct set *s, u32 table)
{
    for (u32 group = 0; group < 2; group++) {
        u64 pte = leaf(g, s, DATA + group * 0x10000, chance(g, 50)) | PTE_N;
        for (u32 i = 0; i < 16; i++)
            put_leaf(g, s, table, group * 16 + i, pte | 8 << 10);
    }
}

static u32 make_window(struct guest *g, const struct set *s, bool user)
{
    u32 table = new_table(g, 1);
    fill_window(g, s, table, user);
    return table;
}

/* The table that maps the first GiB. */
static u32 make_low(struct guest *g, const struct set *s)
{
    u32 low = new_table(g, 1), napot = new_table(g, 1);
    fill_napot(g, s, napot);
    put_pointer(g, low, WINDOW_S >> 21, make_window(g, s, false));
    put_pointer(g, low, WINDOW_U >> 21, make_window(g, s, true));
    put_pointer(g, low, WINDOW_NAPOT >> 21, napot);
    put_leaf(g, s, low, (WINDOW_S + BIG_OFFSET) >> 21, leaf(g, s, BIG, false));
    put_leaf(g, s, low, (WINDOW_U + BIG_OFFSET) >> 21, leaf(g, s, BIG, true));
    return low;
}

/* Sv39, Sv48, Sv57 and their x4 forms. */
static void make_set64(struct guest *g, const struct set *s)
{
    u32 root_pages = s->kind == TABLES_HGATP ? 4 : 1;
    u32 root57 = new_table(g, root_pages), root48 = new_table(g, root_pages);
    u32 root39 = new_table(g, root_pages), ram = new_table(g, 1), pages = new_table(g, 1);
    u32 low = make_low(g, s);
    fill_identity(g, s, pages, 512);
    put_pointer(g, ram, 0, pages);
    put_leaf(g, s, ram, 1, leaf(g, s, BIG, chance(g, 50)));
    put_pointer(g, root39, 0, low);
    put_leaf(g, s, root39, 1, leaf(g, s, RAM, chance(g, 50)));
    put_pointer(g, root39, 2, ram);
    put_pointer(g, root39, 511, low);
    if (s->kind == TABLES_HGATP)
        put_pointer(g, root39, 2047, low);
    put_pointer(g, root48, 0, root39);
    put_pointer(g, root48, 511, root39);
    put_pointer(g, root57, 0, root48);
    put_pointer(g, root57, 511, root48);
    g->table57[s->kind][s->number] = root57;
    g->table48[s->kind][s->number] = root48;
    g->table39[s->kind][s->number] = root39;
}

/* Sv32 and Sv32x4. */
static void make_set32(struct guest *g, const struct set *s)
{
    u32 root = new_table(g, s->kind == TABLES_HGATP ? 4 : 1), pages = new_table(g, 1);
    u32 window_s = make_window(g, s, false), window_u = make_window(g, s, true);
    fill_identity(g, s, pages, 1024);
    put_pointer(g, root, RAM >> 22, pages);
    put_pointer(g, root, WINDOW_S >> 22, window_s);
    put_pointer(g, root, WINDOW_U >> 22, window_u);
    put_pointer(g, root, (WINDOW_S + 0xc0000000u) >> 22, window_s);
    put_leaf(g, s, root, WINDOW_HUGE >> 22, leaf(g, s, RAM, chance(g, 50)));
    if (s->kind == TABLES_HGATP)
        put_pointer(g, root, 4095, window_s);
    g->table39[s->kind][s->number] = root;
}

void make_tables(struct guest *g)
{
    g->next_table = TABLES;
    for (u32 kind = 0; kind < 3; kind++)
        for (u32 i = 0; i < SETS; i++) {
            struct set s = {(enum table_kind)kind, i};
            if (g->xlen == 64)
                make_set64(g, &s);
            else
                make_set32(g, &s);
        }
}
