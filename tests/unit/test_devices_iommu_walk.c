/* Page tables as the IOMMU uses them: all modes of both stages, directories of one to three levels
 * in both formats, process directories, privilege, A and D, and what a fault record says of it. */
#include "iommu_bench.h"

static u64 next_page;

static u64 new_table(u64 size)
{
    next_page = (next_page + size - 1) & ~(size - 1);
    u64 at = next_page;
    next_page += size;
    ck_assert_uint_le(next_page, DATA);
    return at;
}

/* A page table for tests: how wide its indices are, how many levels, how long an entry. */
struct shape {
    unsigned levels, index_bits, extra_bits, size;
};

static void put_entry(const struct shape *s, u64 at, u64 value)
{
    ck_assert_int_eq(bus_copy_to(&b.bus, at, &value, s->size), 0);
}

static u64 get_entry(const struct shape *s, u64 at)
{
    u64 value = 0;
    ck_assert_int_eq(bus_copy_from(&b.bus, at, &value, s->size), 0);
    return value;
}

/* Maps the page of va; where its entry is. `real`: addresses of tables are used as they are. */
static u64 map_page(const struct shape *s, u64 root, u64 va, u64 pte)
{
    u64 table = root;
    for (unsigned i = s->levels - 1;; i--) {
        unsigned width = s->index_bits + (i == s->levels - 1 ? s->extra_bits : 0);
        u64 at = table + (va >> (12 + i * s->index_bits) & MASK(width)) * s->size;
        if (i == 0) {
            put_entry(s, at, pte);
            return at;
        }
        if (!(get_entry(s, at) & 1))
            put_entry(s, at, table_entry(new_table(0x1000)));
        table = (get_entry(s, at) & MASK(54)) >> 10 << 12;
    }
}

static const struct {
    u64 mode;
    bool narrow; /* SXL or GXL */
    struct shape first, second;
    u64 top; /* the highest page that the first stage translates */
} modes[] = {
    {8, true, {2, 10, 0, 4}, {2, 10, 2, 4}, 0xfffff000},
    {8, false, {3, 9, 0, 8}, {3, 9, 2, 8}, 0x3ffffff000},
    {9, false, {4, 9, 0, 8}, {4, 9, 2, 8}, 0x7ffffffff000},
    {10, false, {5, 9, 0, 8}, {5, 9, 2, 8}, 0xfffffffffff000},
};
enum { MODES = ARRAY_LEN(modes) };

static void begin(void)
{
    setup_uncached();
    next_page = BOARD_RAM + 0x40000;
}

static void set_modes(u32 first, u32 second)
{
    u64 s = new_table(0x1000), g = new_table(0x4000);
    set(FCTL, modes[second].narrow ? 4 : 0);
    dc[TC] = V | (modes[first].narrow ? SXL : 0);
    dc[FSC] = MODE(modes[first].mode) | PPN(s);
    dc[IOHGATP] = MODE(modes[second].mode) | PPN(g);
    s_root = s, g_root = g;
    put_dc();
}

/* Each first stage below each second one, by pages of 4 KiB. With GXL=1 SXL has to be 1. */
START_TEST(both_stages_in_all_modes)
{
    u32 first = (u32)_i / MODES, second = (u32)_i % MODES;
    const struct shape *s = &modes[first].first, *g = &modes[second].second;
    if (modes[second].narrow && !modes[first].narrow)
        return;
    set_modes(first, second);
    u64 va = modes[first].top, gpa = 0x300005000; /* 34 bits */
    map_page(s, s_root, va, PPN(gpa) << 10 | PTE_ALL);
    for (u64 table = s_root; table < next_page; table += 0x1000) /* the tables, onto themselves */
        if (table == s_root || table >= s_root + 0x8000)
            map_page(g, g_root, table, leaf_entry(table));
    map_page(g, g_root, gpa, leaf_entry(DATA));
    ck_assert_int_eq(translate(ACCESS_STORE, va | 0x678), 0);
    ck_assert_uint_eq(answer.pa, DATA | 0x678);
    ck_assert_uint_eq(answer.gpa, gpa | 0x678);
    ck_assert_uint_eq(answer.bits, 12);
    ck_assert_int_eq(translate(ACCESS_LOAD, va ^ 0x1000), -1); /* its neighbour */
    ck_assert_uint_eq(fault.cause, 13);
    ck_assert_int_eq(translate(ACCESS_LOAD, va + 0x1000), -1); /* one too many */
    ck_assert_uint_eq(fault.cause, 13);
}
END_TEST

START_TEST(the_first_stage_alone_sign_extends)
{
    set_modes((u32)_i, 1);
    dc[IOHGATP] = 0;
    put_dc();
    u64 va = modes[_i].narrow ? 0xfffff000 : ~0xfffull;
    map_page(&modes[_i].first, s_root, va, leaf_entry(DATA));
    ck_assert_int_eq(translate(ACCESS_LOAD, va), 0);
    ck_assert_uint_eq(answer.pa, DATA);
    ck_assert_int_eq(translate(ACCESS_LOAD, va ^ BIT(60)), -1);
    ck_assert_uint_eq(fault.cause, 13);
}
END_TEST

START_TEST(the_second_stage_alone)
{
    set_modes(modes[_i].narrow ? 0 : 1, (u32)_i);
    dc[FSC] = 0;
    put_dc();
    const struct shape *g = &modes[_i].second;
    u64 top = BIT(12 + g->levels * g->index_bits + 2) - 0x1000;
    map_page(g, g_root, top, leaf_entry(DATA));
    ck_assert_int_eq(translate(ACCESS_STORE, top | 8), 0);
    ck_assert_uint_eq(answer.pa, DATA | 8);
    ck_assert_int_eq(translate(ACCESS_STORE, top + 0x1008), -1);
    ck_assert_uint_eq(fault.cause, 23);
    ck_assert_uint_eq(record(3), top + 0x1008);
}
END_TEST

/* ---- directories ---- */

/* The partitions of device_id: 6, 9, 9 bits with MSI page tables, 7, 9, 8 without. */
START_TEST(directories_of_each_depth)
{
    static const struct {
        u64 without;
        u32 level;
        u32 bits;
    } rows[] = {{0, LVL1, 6},       {0, LVL2, 15},       {0, LVL3, 24},
                {BIT(22), LVL1, 7}, {BIT(22), LVL2, 16}, {BIT(22), LVL3, 24}};
    without(rows[_i].without);
    u64 root = rows[_i].level == LVL1 ? ddt_leaf : rows[_i].level == LVL2 ? ddt_mid : ddt;
    set(DDTP, BARE);
    set(DDTP, PPN(root) << 10 | rows[_i].level);
    u32 did = DID & (u32)MASK(rows[_i].bits);
    struct iommu_request q = {.did = did, .access = ACCESS_LOAD, .iova = IOVA};
    ck_assert_int_eq(ask(&q), 0);
    ck_assert_uint_eq(answer.pa, BOARD_RAM);
    q.did = did ^ 1;
    ck_assert_int_eq(ask(&q), -1);
    ck_assert_uint_eq(fault.cause, 258);
    q.did = did | 1u << rows[_i].bits;
    ck_assert_int_eq(ask(&q), -1);
    ck_assert_uint_eq(fault.cause, 260);
}
END_TEST

static void set_pdt(unsigned mode, u32 pid, u64 ta)
{
    u64 table = pdt;
    dc[TC] |= PDTV;
    dc[FSC] = MODE(mode) | PPN(pdt);
    put_dc();
    for (unsigned i = mode - 1; i > 0; i--) {
        u64 below = new_table(0x1000);
        put64(table + (pid >> (8 + 9 * (i - 1)) & 511) * 8, table_entry(below));
        table = below;
    }
    put64(table + (pid & 255) * 16, ta);
    put64(table + (pid & 255) * 16 + 8, MODE(8) | PPN(s_root));
}

START_TEST(process_directories_of_each_depth)
{
    static const unsigned width[] = {0, 8, 17, 20};
    u32 pid = 0x9abcd & (u32)MASK(width[_i]);
    set_pdt((unsigned)_i, pid, V | 3 << 12);
    ck_assert_int_eq(translate_for(pid, false, ACCESS_LOAD, IOVA + 4), 0);
    ck_assert_uint_eq(answer.pa, BOARD_RAM + 4);
    ck_assert_int_eq(translate_for(pid ^ 1, false, ACCESS_LOAD, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 266);
    if (_i < 3) {
        ck_assert_int_eq(translate_for(1u << width[_i], false, ACCESS_LOAD, IOVA), -1);
        ck_assert_uint_eq(fault.cause, 260);
    }
}
END_TEST

START_TEST(without_a_process_id)
{
    set_pdt(1, 0, V);
    ck_assert_int_eq(translate(ACCESS_LOAD, BOARD_RAM), 0); /* the first stage is Bare */
    ck_assert_uint_eq(answer.pa, BOARD_RAM);
    dc[TC] |= DPE;
    put_dc();
    ck_assert_int_eq(translate(ACCESS_LOAD, BOARD_RAM), -1); /* process 0's */
    ck_assert_uint_eq(record(0) >> 32 & 1, 0);
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA), 0);
    dc[FSC] = 0; /* pdtp.MODE Bare */
    put_dc();
    ck_assert_int_eq(translate_for(5, true, ACCESS_LOAD, BOARD_RAM), 0);
}
END_TEST

/* Tables of processes are where the second stage says: a refusal has the type of the access. */
START_TEST(process_directories_lie_in_guest_memory)
{
    static const u32 cause[] = {[ACCESS_LOAD] = 21, [ACCESS_STORE] = 23, [ACCESS_FETCH] = 20};
    set_pdt(1, 9, V);
    dc[FSC] = MODE(1) | PPN(0x5000);
    put_dc();
    ck_assert_int_eq(translate_for(9, false, (enum access)_i, IOVA), -1);
    ck_assert_uint_eq(fault.cause, cause[_i]);
    ck_assert_uint_eq(record(3), (0x5000 + 9 * 16) | 1);
    put64(g_root, PPN(pdt) << 10 | 1); /* a second-stage table that is no memory */
    put64(g_root, table_entry(FAR));
    ck_assert_int_eq(translate_for(9, false, (enum access)_i, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 265);
}
END_TEST

/* ---- permissions ---- */

enum { ENS = 2, SUM = 4 };

START_TEST(privilege_and_the_bit_u)
{
    static const struct {
        u64 ta, pte_bits;
        bool priv;
        u8 access;
        bool allowed;
    } rows[] = {
        {V | ENS, PTE_U, false, ACCESS_LOAD, true},
        {V | ENS, 0, false, ACCESS_LOAD, false},
        {V | ENS, 0, true, ACCESS_LOAD, true},
        {V | ENS, PTE_U, true, ACCESS_LOAD, false},
        {V | ENS | SUM, PTE_U, true, ACCESS_LOAD, true},
        {V | ENS | SUM, PTE_U, true, ACCESS_FETCH, false},
        {V | ENS | SUM, 0, true, ACCESS_FETCH, true},
    };
    set_pdt(1, 9, rows[_i].ta);
    put64(s_root + 8, (leaf_entry(BOARD_RAM) & ~(u64)PTE_U) | rows[_i].pte_bits);
    int rc = translate_for(9, rows[_i].priv, (enum access)rows[_i].access, IOVA);
    ck_assert_int_eq(rc, rows[_i].allowed ? 0 : -1);
}
END_TEST

START_TEST(the_second_stage_takes_all_as_users)
{
    put64(g_root + 16, leaf_entry(BOARD_RAM) & ~(u64)PTE_U);
    ck_assert_int_eq(translate(ACCESS_STORE, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 23); /* of the type of the access; implicit, a read */
    ck_assert_uint_eq(record(3), (s_root + 8) | 1);
}
END_TEST

/* pte.xwr=010, the shadow stack's for harts, is reserved. */
START_TEST(reserved_encodings)
{
    static const u64 pte[] = {PTE_W | PTE_V, PTE_W | PTE_X | PTE_V, PTE_ALL | 3ull << 61,
                              PTE_ALL | BIT(54), PTE_ALL | 4 << 10 | PTE_N};
    put64(s_root + 8, PPN(BOARD_RAM) << 10 | pte[_i]);
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 13);
}
END_TEST

START_TEST(a_and_d_of_the_first_stage)
{
    u64 pte = leaf_entry(BOARD_RAM) & ~(u64)(PTE_A | PTE_D);
    put64(s_root + 8, pte);
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 13);
    dc[TC] |= SADE;
    put_dc();
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA), 0);
    ck_assert_uint_eq(get64(s_root + 8), pte | PTE_A);
    ck_assert_int_eq(translate(ACCESS_STORE, IOVA), 0);
    ck_assert_uint_eq(get64(s_root + 8), pte | PTE_A | PTE_D);
}
END_TEST

/* Who looks on is told what would happen, and sets nothing. */
START_TEST(a_probe_sets_neither)
{
    u64 pte = leaf_entry(BOARD_RAM) & ~(u64)(PTE_A | PTE_D);
    struct iommu_trail trail = {.count = 0};
    struct iommu_request q = {
        .did = DID, .access = ACCESS_STORE, .iova = IOVA, .probe = true, .trail = &trail};
    put64(s_root + 8, pte);
    ck_assert_int_eq(ask(&q), -1);
    ck_assert_uint_eq(fault.cause, 15);
    ck_assert_uint_eq(records(), 0);
    dc[TC] |= SADE;
    put_dc();
    ck_assert_int_eq(ask(&q), 0);
    ck_assert_uint_eq(get64(s_root + 8), pte);
}
END_TEST

START_TEST(a_and_d_of_the_second_stage)
{
    u64 pte = leaf_entry(BOARD_RAM) & ~(u64)PTE_D, first = leaf_entry(BOARD_RAM);
    put64(g_root + 16, pte);
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA), 0);
    ck_assert_int_eq(translate(ACCESS_STORE, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 23);
    ck_assert_uint_eq(record(3), BOARD_RAM);
    put64(s_root + 8, first & ~(u64)PTE_D); /* its update is an implicit write */
    dc[TC] |= SADE;
    put_dc();
    ck_assert_int_eq(translate(ACCESS_STORE, IOVA), -1);
    ck_assert_uint_eq(fault.cause, 23);
    ck_assert_uint_eq(record(3), (s_root + 8) | 3);
    dc[TC] |= GADE;
    put_dc();
    ck_assert_int_eq(translate(ACCESS_STORE, IOVA), 0);
    ck_assert_uint_eq(get64(g_root + 16), pte | PTE_D);
    ck_assert_uint_eq(get64(s_root + 8), first);
}
END_TEST

START_TEST(sizes_and_memory_types)
{
    const struct shape *g = &modes[1].second;
    set_modes(1, 1);
    map_page(g, g_root, s_root, leaf_entry(s_root));
    put64(s_root + 8, (leaf_entry(BOARD_RAM) & ~0ull) | 2ull << 61);       /* IO, 1 GiB */
    u64 napot = (PPN(BOARD_RAM) | 8) << 10 | PTE_ALL | PTE_N | 1ull << 61; /* NC, 64 KiB */
    for (u32 i = 0; i < 16; i++)
        map_page(g, g_root, BOARD_RAM + i * 0x1000, napot);
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA + 0x5008), 0);
    ck_assert_uint_eq(answer.pa, BOARD_RAM + 0x5008);
    ck_assert_uint_eq(answer.bits, 16);
    ck_assert_uint_eq(answer.pbmt, 2); /* the first stage's is stronger */
    put64(s_root + 8, leaf_entry(BOARD_RAM));
    ck_assert_int_eq(translate(ACCESS_LOAD, IOVA + 0x5008), 0);
    ck_assert_uint_eq(answer.pbmt, 1);
}
END_TEST

START_TEST(tables_that_are_no_memory)
{
    static const u32 cause[] = {[ACCESS_LOAD] = 5, [ACCESS_STORE] = 7, [ACCESS_FETCH] = 1};
    dc[IOHGATP] = 0;
    dc[FSC] = MODE(8) | PPN(FAR);
    put_dc();
    ck_assert_int_eq(translate((enum access)_i, IOVA), -1);
    ck_assert_uint_eq(fault.cause, cause[_i]);
    ck_assert_uint_eq(record(3), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("IOMMU page tables");
    TCase *t = tcase_create("walk");
    tcase_add_checked_fixture(t, begin, teardown);
    tcase_add_loop_test(t, both_stages_in_all_modes, 0, MODES * MODES);
    tcase_add_loop_test(t, the_first_stage_alone_sign_extends, 0, MODES);
    tcase_add_loop_test(t, the_second_stage_alone, 0, MODES);
    tcase_add_loop_test(t, directories_of_each_depth, 0, 6);
    tcase_add_loop_test(t, process_directories_of_each_depth, 1, 4);
    tcase_add_test(t, without_a_process_id);
    tcase_add_loop_test(t, process_directories_lie_in_guest_memory, ACCESS_LOAD, ACCESS_FETCH + 1);
    tcase_add_loop_test(t, privilege_and_the_bit_u, 0, 7);
    tcase_add_test(t, the_second_stage_takes_all_as_users);
    tcase_add_loop_test(t, reserved_encodings, 0, 5);
    tcase_add_test(t, a_and_d_of_the_first_stage);
    tcase_add_test(t, a_probe_sets_neither);
    tcase_add_test(t, a_and_d_of_the_second_stage);
    tcase_add_test(t, sizes_and_memory_types);
    tcase_add_loop_test(t, tables_that_are_no_memory, ACCESS_LOAD, ACCESS_FETCH + 1);
    suite_add_tcase(s, t);
    return run_suite(s);
}
