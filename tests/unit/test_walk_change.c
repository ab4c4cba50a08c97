/* Somebody else stores to a page-table entry after the walk has read it and before it sets A or D.
 * The update must be one atomic step with the checks of the walk (supervisor chapter, "Addressing
 * and Memory Protection", and step 9 of the translation process: if the values differ, from step 2
 * on again). The G-stage's walk for the update, which a recorder sees, is a moment between the two.
 */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "mmu/fence.h"
#include "mmu/tlb.h"

#include <string.h>

#define VS_TABLES (RAM_BASE + 0x10000)
#define G_TABLES  (RAM_BASE + 0x20000)
#define PAGE      (RAM_BASE + 0x40000)
#define VA        0x5123ull
#define RX        (PTE_V | PTE_R | PTE_X)
#define G_LEAF    (RX | PTE_W | PTE_U | PTE_A | PTE_D)

static struct machine *m;
static struct hart *h;
static unsigned levels, pte_bytes;

/* What is stored to the leaf, once, at the second access to it. */
static struct {
    u64 leaf, value;
    unsigned accesses;
} other;

static void put_pte(u64 pa, u64 pte)
{
    memcpy(m->ram->host + (pa - RAM_BASE), &pte, pte_bytes);
}

static u64 get_pte(u64 pa)
{
    u64 pte = 0;
    memcpy(&pte, m->ram->host + (pa - RAM_BASE), pte_bytes);
    return pte;
}

static u64 pte(u64 pa, u64 flags)
{
    return pa >> 12 << 10 | flags;
}

/* The VS-stage maps VA by a leaf without A; the G-stage maps memory to itself. */
static void start(unsigned xlen)
{
    static const u32 nop = 0x13;
    unsigned index_bits = xlen == 32 ? 10 : 9;
    levels = xlen == 32 ? 2 : 3, pte_bytes = xlen / 8;
    m = bare_machine(xlen == 32 ? "--isa=rv32max-svade" : "--isa=rv64max-svade", "", &nop, 1);
    h = m->hart[0];
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    csr_poke(h, xlen == 32 ? CSR_menvcfgh : CSR_menvcfg, ENVCFG_ADUE >> (64 - xlen));
    csr_poke(h, xlen == 32 ? CSR_henvcfgh : CSR_henvcfg, ENVCFG_ADUE >> (64 - xlen));
    u64 mode = xlen == 32 ? BIT(31) : (u64)ATP_SV39 << 60, table = VS_TABLES;
    csr_poke(h, CSR_vsatp, mode | VS_TABLES >> 12);
    csr_poke(h, CSR_hgatp, mode | G_TABLES >> 12);
    for (unsigned i = levels - 1; i > 0; i--, table += 0x1000)
        put_pte(table + (VA >> (12 + i * index_bits) & MASK(index_bits)) * pte_bytes,
                pte(table + 0x1000, PTE_V));
    other.leaf = table + (VA >> 12) * pte_bytes;
    other.accesses = 0;
    unsigned top = 12 + (levels - 1) * index_bits;
    put_pte(G_TABLES + (RAM_BASE >> top) * pte_bytes, pte(RAM_BASE, G_LEAF));
}

static void on_step(void *ctx, const struct walk_step *step)
{
    (void)ctx;
    if (step->g_stage && step->table_va == other.leaf && ++other.accesses == 2)
        put_pte(other.leaf, other.value);
}

/* Loads from VA by way of `leaf`, in place of which `changed` is stored meanwhile. As walk(). */
static int load(u64 leaf, u64 changed, struct walk *w, struct xlate *x)
{
    static const struct recorder rec = {.step = on_step};
    put_pte(other.leaf, leaf);
    other.value = changed;
    other.accesses = 0;
    *w = (struct walk){.h = h, .r = mmu_regime(h, MODE_VS), .access = ACCESS_LOAD, .rec = &rec};
    int rc = walk(w, VA, x);
    ck_assert_uint_ge(other.accesses, 2);
    return rc;
}

static void stop(void)
{
    machine_free(m);
}

/* norm:Svadu_hw_update_a_d_bits */
START_TEST(an_entry_that_leads_elsewhere_meanwhile_is_followed)
{
    struct walk w;
    struct xlate x;
    start(_i ? 32 : 64);
    u64 changed = pte(PAGE + 0x1000, RX);
    ck_assert_int_eq(load(pte(PAGE, RX), changed, &w, &x), 0);
    ck_assert_uint_eq(x.pa, PAGE + 0x1000 + (VA & 0xfff));
    ck_assert_uint_eq(get_pte(other.leaf), changed | PTE_A);
    stop();
}
END_TEST

START_TEST(an_entry_that_is_gone_meanwhile_faults_and_stays_as_it_is)
{
    struct walk w;
    struct xlate x;
    start(_i ? 32 : 64);
    static const u64 useless[] = {0, PTE_R, PTE_V | PTE_X, PTE_V | PTE_W, RX | PTE_U};
    for (size_t i = 0; i < ARRAY_LEN(useless); i++) {
        u64 changed = pte(PAGE, useless[i]);
        ck_assert_int_eq(load(pte(PAGE, RX), changed, &w, &x), -1);
        ck_assert_int_eq(w.fault.kind, FAULT_PAGE);
        ck_assert_uint_eq(get_pte(other.leaf), changed);
    }
    stop();
}
END_TEST

/* The whole entry is compared, its upper half too. */
START_TEST(a_change_of_each_bit_above_the_permissions_counts)
{
    struct walk w;
    struct xlate x;
    start(_i ? 32 : 64);
    u64 leaf = pte(PAGE, RX);
    for (unsigned bit = 10; bit < pte_bytes * 8; bit++) {
        u64 changed = leaf ^ BIT(bit);
        (void)load(leaf, changed, &w, &x); /* the new address may be nowhere: not this stage's */
        bool malformed = _i == 0 && bit >= 54 && bit != 59 && bit != 60;
        ck_assert_msg((w.fault.kind == FAULT_PAGE) == malformed, "bit %u", bit);
        ck_assert_msg(get_pte(other.leaf) == (malformed ? changed : changed | PTE_A), "bit %u",
                      bit);
    }
    stop();
}
END_TEST

static unsigned told;

static void on_write(void *ctx, const struct bus_write *write)
{
    (void)ctx;
    ck_assert_uint_eq(write->pa, other.leaf);
    ck_assert_uint_eq(write->len, pte_bytes);
    ck_assert_int_eq(write->by, WRITER_WALK);
    told++;
}

/* Who asks for the writer of an entry is told of the update, and of no attempt. */
START_TEST(a_listener_is_told_when_the_entry_is_written)
{
    struct walk w;
    struct xlate x;
    start(_i ? 32 : 64);
    u64 leaf = pte(PAGE, RX), moved = pte(PAGE + 0x1000, RX);
    const struct {
        u64 before, meanwhile;
        unsigned told;
    } rows[] = {{leaf, leaf, 1}, {leaf, moved, 1}, {leaf, leaf | PTE_A, 0}, {leaf, 0, 0}};
    m->bus.listener.written = on_write;
    bus_tell_writes(&m->bus, m->ram, other.leaf, pte_bytes);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        told = 0;
        (void)load(rows[i].before, rows[i].meanwhile, &w, &x);
        ck_assert_msg(told == rows[i].told, "row %zu: told %u times", i, told);
    }
    stop();
}
END_TEST

/* Tables may be in memory that nobody can write: they are read there, and an update of A is an
 * access fault, of the kind of the access (norm:Svadu_hw_update_a_d_bits; machine chapter, PMA). */
START_TEST(tables_in_read_only_memory)
{
    struct xlate x;
    start(_i ? 32 : 64);
    csr_poke(h, CSR_satp, h->vsatp);
    m->ram->writable = 0;
    for (unsigned accessed = 0; accessed < 2; accessed++) {
        u64 leaf = pte(PAGE, RX | (accessed ? PTE_A : 0));
        put_pte(other.leaf, leaf);
        struct walk w = {.h = h, .r = mmu_regime(h, MODE_S), .access = ACCESS_LOAD};
        ck_assert_int_eq(walk(&w, VA, &x), accessed ? 0 : -1);
        if (!accessed) {
            ck_assert_int_eq(w.fault.kind, FAULT_ACCESS);
            ck_assert_int_eq(w.fault.refusal.reason, REASON_AD_READ_ONLY);
        }
        ck_assert_uint_eq(get_pte(other.leaf), leaf);
    }
    stop();
}
END_TEST

/* The update is a store like any other: an entry that has been executed is, after a FENCE.I,
 * another instruction. With A an ADDI (opcode 0x13) is one of floating point (0x53). */
START_TEST(an_entry_that_is_code_becomes_another_instruction)
{
    enum { HANDLER = 0x100, FLAGS = PTE_V | PTE_R | PTE_U };
    struct xlate x;
    start(64);
    csr_poke(h, CSR_satp, h->vsatp);
    csr_poke(h, CSR_mstatus, 0);
    h->mtvec = RAM_BASE + HANDLER;
    struct walk w = {.h = h, .r = mmu_regime(h, MODE_U), .access = ACCESS_LOAD};
    put_pte(other.leaf, pte(PAGE, FLAGS));
    h->d.exit_block = 0;
    ck_assert_int_eq(mmu_translate(&w, VA, 1, &x), 0);
    ck_assert_uint_eq(h->d.exit_block, 0); /* it is no code yet */
    put_pte(other.leaf, pte(PAGE, FLAGS));
    mmu_flush_all(h);
    w.r = mmu_regime(h, MODE_U);
    for (unsigned i = 0; i < 100; i++) {
        h->pc = other.leaf;
        hart_run(h, 1);
        ck_assert_uint_eq(h->pc, other.leaf + 4);
    }
    h->d.exit_block = 0;
    ck_assert_int_eq(mmu_translate(&w, VA, 1, &x), 0);
    ck_assert_uint_eq(get_pte(other.leaf), pte(PAGE, FLAGS | PTE_A));
    ck_assert_uint_eq(h->d.exit_block, 1); /* the block that runs may be of that code */
    hart_fence_i(h);
    h->pc = other.leaf;
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, RAM_BASE + HANDLER);
    ck_assert_uint_eq(h->mcause, CAUSE_ILLEGAL);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walk, entries that change");
    TCase *tc = tcase_create("A and D");
    tcase_add_loop_test(tc, an_entry_that_leads_elsewhere_meanwhile_is_followed, 0, 2);
    tcase_add_loop_test(tc, an_entry_that_is_gone_meanwhile_faults_and_stays_as_it_is, 0, 2);
    tcase_add_loop_test(tc, a_change_of_each_bit_above_the_permissions_counts, 0, 2);
    tcase_add_loop_test(tc, a_listener_is_told_when_the_entry_is_written, 0, 2);
    tcase_add_loop_test(tc, tables_in_read_only_memory, 0, 2);
    tcase_add_test(tc, an_entry_that_is_code_becomes_another_instruction);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
