/* The first level of the TLB, and the targets of jumps that are remembered, hold nothing that the
 * second level does not: what is dropped there by eviction, replacement or a fence is gone here in
 * every context of its address space, and only that. */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "mmu/fence.h"
#include "mmu/tlb.h"

#include <string.h>

#define ROOT (RAM_BASE + 0x10000) /* Sv39; the next tables follow it */
#define LEAF (ROOT + 0x2000)
#define DATA (RAM_BASE + 0x40000)
#define CODE (RAM_BASE + 0x50000)
#define RWX  (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)
enum { VA = 0x5000, OTHER = 0x6000 };

static struct machine *m;
static struct hart *h;
static const char *policy = "--tlb=eager";

static void put(u64 pa, u64 value)
{
    memcpy(m->ram->host + (pa - RAM_BASE), &value, sizeof value);
}

static u64 pte(u64 pa, u64 flags)
{
    return pa >> 12 << 10 | flags;
}

/* S-mode; VA and OTHER are pages of memory. */
static void start(u64 flags)
{
    static const u32 nop = 0x13;
    m = bare_machine("--isa=rv64max", policy, &nop, 1);
    h = m->hart[0];
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    put(ROOT, pte(ROOT + 0x1000, PTE_V));
    put(ROOT + 0x1000, pte(LEAF, PTE_V));
    put(LEAF + (VA >> 12) * 8, pte(DATA, RWX | flags));
    put(LEAF + (OTHER >> 12) * 8, pte(CODE, RWX | flags));
    h->mode = MODE_S;
    csr_poke(h, CSR_satp, (u64)ATP_SV39 << 60 | ROOT >> 12);
    hart_derive(h);
}

/* Loads from, stores to and fetches from a page, as far as asked for. */
static void use(u64 va, bool fetches)
{
    u64 value;
    ck_assert_int_eq(mem_load(h, va, 8, 0, &value), 0);
    ck_assert_int_eq(mem_store(h, va, 8, 0, value), 0);
    if (fetches)
        ck_assert_ptr_nonnull(mmu_fetch_page(h, va, &value));
}

static void set_sum(unsigned on)
{
    csr_poke(h, CSR_sstatus, on ? MSTATUS_SUM : 0);
}

/* Which of the first level's tables hold the page in the present context: 1 loads, 2 stores, 4
 * fetches. */
static unsigned held(u64 va)
{
    unsigned i = (unsigned)(va >> 12) & (TLB1_SIZE - 1);
    const struct tlb_context *c = h->tlb->data_ctx;
    return (c->r[i].tag == va ? 1u : 0) | (c->w[i].tag == va ? 2u : 0) |
           (c->x[i].tag == va ? 4u : 0);
}

/* Fills the set of va in the second level with others of the same space, until va is gone: the
 * places of pages 2^11 apart differ by as many. */
static void evict(u64 va)
{
    const struct regime *r = mmu_regime(h, MODE_S);
    const struct xlate x = {.pa = DATA, .leaf_bits = 12};
    struct xlate found;
    for (u64 k = 1; k <= TLB2_WAYS; k++)
        tlb2_insert(h, r, va ^ k << 12 ^ k << (12 + 11), &x);
    ck_assert(!tlb2_lookup(h->tlb, r, va, &found));
}

/* What happens to VA in the second level. */
static void replace(u64 va)
{
    const struct xlate other = {.pa = CODE, .leaf_bits = 12, .perm = PERM_R};
    tlb2_insert(h, mmu_regime(h, MODE_S), va, &other);
}

static void turn_global(u64 va)
{
    const struct xlate other = {.pa = DATA, .leaf_bits = 12, .perm = PERM_R | PERM_GLOBAL};
    tlb2_insert(h, mmu_regime(h, MODE_S), va, &other);
}

static void fence(u64 va)
{
    mmu_fence_s(h, (struct fence_arg){1, va}, (struct fence_arg){0, 0});
}

static void (*const drops[])(u64 va) = {evict, replace, turn_global, fence};
enum { EVICT, REPLACE, TURN_GLOBAL, FENCE };

/* Both contexts of the space, SUM clear and set, lose it; OTHER stays. */
START_TEST(a_dropped_page_of_data_is_gone_in_every_context)
{
    start(0);
    for (unsigned sum = 0; sum < 2; sum++) {
        set_sum(sum);
        use(VA, false);
        use(OTHER, false);
        ck_assert_uint_eq(held(VA), 3);
    }
    drops[_i](VA);
    for (unsigned sum = 0; sum < 2; sum++) {
        set_sum(sum);
        ck_assert_msg(held(VA) == 0, "SUM=%u: %u", sum, held(VA));
        ck_assert_uint_eq(held(OTHER), 3);
    }
    machine_free(m);
}
END_TEST

/* A page that was executed: jumps into it are looked up again, and the running block ends. */
START_TEST(a_dropped_page_of_code_is_looked_up_again)
{
    start(0);
    u64 before[2];
    for (unsigned sum = 0; sum < 2; sum++) {
        set_sum(sum);
        use(VA, true);
        use(OTHER, true);
        ck_assert_uint_eq(held(VA), 7);
        before[sum] = h->d.fetch_gen;
    }
    ck_assert_uint_ne(before[0], before[1]);
    h->d.exit_block = 0;
    drops[_i](VA);
    ck_assert_uint_eq(h->d.exit_block, 1);
    for (unsigned sum = 0; sum < 2; sum++) {
        if (sum == 0)
            ck_assert_uint_ne(h->d.fetch_gen, before[1]); /* at once */
        set_sum(sum);
        ck_assert_uint_eq(held(VA), 0);
        ck_assert_uint_eq(held(OTHER), 7);
        ck_assert_uint_ne(h->d.fetch_gen, before[sum]);
        ck_assert_uint_eq(h->d.fetch_gen, h->tlb->fetch_ctx->gen);
    }
    machine_free(m);
}
END_TEST

/* Data that goes disturbs no code. */
START_TEST(a_dropped_page_of_data_keeps_jumps)
{
    start(0);
    use(VA, false);
    use(OTHER, true);
    u64 before = h->d.fetch_gen;
    h->d.exit_block = 0;
    drops[_i](VA);
    ck_assert_uint_eq(h->d.fetch_gen, before);
    ck_assert_uint_eq(h->d.exit_block, 0);
    machine_free(m);
}
END_TEST

/* A global page is in the contexts of every root; one that is not, in those of its own. */
START_TEST(a_dropped_global_page_is_gone_under_every_root)
{
    start(_i ? PTE_G : 0);
    static const u64 second = (u64)ATP_SV39 << 60 | 1ull << 44 | ROOT >> 12; /* another ASID */
    u64 first = h->satp;
    use(VA, true);
    csr_poke(h, CSR_satp, second);
    use(VA, true);
    replace(VA);
    turn_global(VA);
    ck_assert_uint_eq(held(VA), 0);
    csr_poke(h, CSR_satp, first);
    ck_assert_uint_eq(held(VA), _i ? 0 : 7);
    machine_free(m);
}
END_TEST

/* The same translation again, D set in the meantime: nothing was dropped. */
START_TEST(more_permissions_drop_nothing)
{
    start(0);
    use(VA, true);
    struct xlate x;
    const struct regime *r = mmu_regime(h, MODE_S);
    ck_assert_int_eq(tlb2_lookup(h->tlb, r, VA, &x), 1);
    u64 before = h->d.fetch_gen;
    tlb2_insert(h, r, VA, &x);
    ck_assert_uint_eq(held(VA), 7);
    x.perm = PERM_R;
    tlb2_insert(h, r, VA, &x); /* fewer: the old ones must not be used again */
    ck_assert_uint_eq(held(VA), 0);
    ck_assert_uint_ne(h->d.fetch_gen, before);
    machine_free(m);
}
END_TEST

/* A page whose code is about to be decoded: stores to it are seen again, in every context; loads
 * and other pages are served as before. */
START_TEST(a_page_of_code_is_protected_in_every_context)
{
    start(0);
    for (unsigned sum = 0; sum < 2; sum++) {
        set_sum(sum);
        use(VA, false);
        use(OTHER, false);
    }
    tlb_protect_page(h->tlb, m->ram->host + (DATA - RAM_BASE));
    for (unsigned sum = 0; sum < 2; sum++) {
        set_sum(sum);
        ck_assert_uint_eq(held(VA), 1);
        ck_assert_uint_eq(held(OTHER), 3);
    }
    tlb_forget_pages(h->tlb);
    for (unsigned sum = 0; sum < 2; sum++) {
        set_sum(sum);
        ck_assert_uint_eq(held(VA), 0);
        ck_assert_uint_eq(held(OTHER), 0);
    }
    machine_free(m);
}
END_TEST

/* What decides about an access is part of the context: nothing that was filled under one value is
 * served under another, and under the same value everything is. */
START_TEST(what_mmu_allows_asks_makes_a_context)
{
    static const struct {
        enum mode mode;
        u16 csr;
        u64 bits;
    } changes[] = {
        {MODE_S, CSR_sstatus, MSTATUS_SUM},        {MODE_S, CSR_sstatus, MSTATUS_MXR},
        {MODE_VS, CSR_vsstatus, MSTATUS_SUM},      {MODE_VS, CSR_vsstatus, MSTATUS_MXR},
        {MODE_VS, CSR_mstatus, MSTATUS_MXR},       {MODE_S, CSR_menvcfg, ENVCFG_SSE},
        {MODE_S, CSR_menvcfg, 2ull << 32},         {MODE_S, CSR_menvcfg, 3ull << 32},
        {MODE_VS, CSR_hgatp, (u64)ATP_SV39 << 60},
    };
    policy = _i ? "--tlb=strict" : "--tlb=eager";
    start(0);
    u64 seen[ARRAY_LEN(changes) * 2][2] = {{0}};
    for (unsigned i = 0; i < ARRAY_LEN(changes); i++) {
        for (unsigned twice = 0; twice < 2; twice++)
            for (unsigned on = 0; on < 2; on++) {
                u64 old;
                enum mode from = (enum mode)h->mode;
                h->mode = changes[i].mode;
                mode_entered(h, from);
                csr_peek(h, changes[i].csr, &old);
                csr_poke(h, changes[i].csr, on ? old ^ changes[i].bits : old);
                u64 gen = h->tlb->data_ctx->gen;
                csr_poke(h, changes[i].csr, old);
                if (twice)
                    ck_assert_msg(seen[i][on] == gen, "change %u: another context", i);
                seen[i][on] = gen;
            }
        ck_assert_msg(seen[i][0] != seen[i][1], "change %u: the same context", i);
        for (unsigned j = 0; j < i; j++)
            ck_assert_msg(seen[i][1] != seen[j][1], "changes %u and %u: one context", i, j);
    }
    machine_free(m);
}
END_TEST

/* Every setting of SUM and MXR, reached from every other one bit at a time: norm:mstatus_sum_op
 * norm:mstatus_mxr_op norm:vsstatus_mxr_vm norm:sfence_vma_sum_mxr_effect */
START_TEST(sum_and_mxr_take_effect_at_once)
{
    start(0);
    for (unsigned i = 0; i < 256; i++) {
        unsigned from = i & 15, to = i >> 4;
        for (unsigned step = 0; step < 5; step++) {
            unsigned now =
                step ? (from & ~(unsigned)MASK(step)) | (to & (unsigned)MASK(step)) : from;
            csr_poke(h, CSR_mstatus, (now & 1 ? MSTATUS_SUM : 0) | (now & 2 ? MSTATUS_MXR : 0));
            csr_poke(h, CSR_vsstatus, (now & 4 ? MSTATUS_SUM : 0) | (now & 8 ? MSTATUS_MXR : 0));
            const struct regime *s = mmu_regime(h, MODE_S), *vs = mmu_regime(h, MODE_VS);
            ck_assert_uint_eq(s->sum, now & 1);
            ck_assert_uint_eq(s->s.mxr, now >> 1 & 1);
            ck_assert_uint_eq(vs->sum, now >> 2 & 1);
            ck_assert_uint_eq(vs->s.mxr, (now >> 3 | now >> 1) & 1);
            ck_assert_uint_eq(vs->g.mxr, now >> 1 & 1);
        }
    }
    machine_free(m);
}
END_TEST

/* After its state was put back: empty tables, and each mode's own context. */
START_TEST(a_restored_hart_begins_with_empty_tables_in_its_contexts)
{
    start(0);
    static const u64 root = (u64)ATP_SV39 << 60 | ROOT >> 12;
    for (u64 asid = 0; asid < 4; asid++) {
        csr_poke(h, CSR_satp, root | asid << 44);
        use(VA, true);
    }
    for (u64 asid = 0; asid < 4; asid++) {
        csr_poke(h, CSR_satp, root | asid << 44);
        struct tlb_context *before = h->tlb->data_ctx;
        u64 gen = before->gen;
        ck_assert_uint_eq(held(VA), 7);
        memset(h->tlb->mode_ctx, 0, sizeof h->tlb->mode_ctx);
        tlb_resume(h);
        ck_assert_ptr_eq(h->tlb->data_ctx, before);
        ck_assert_ptr_eq(h->tlb->fetch_ctx, before);
        ck_assert_uint_ne(before->gen, gen);
        ck_assert_uint_eq(h->d.fetch_gen, before->gen);
        ck_assert_uint_eq(held(VA), 0);
        for (u64 other = 0; other < 4; other++) {
            csr_poke(h, CSR_satp, root | other << 44);
            ck_assert_uint_eq(held(VA), 0);
            use(VA, true);
        }
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tlb, first level");
    TCase *tc = tcase_create("drops");
    tcase_add_loop_test(tc, a_dropped_page_of_data_is_gone_in_every_context, EVICT, FENCE + 1);
    tcase_add_loop_test(tc, a_dropped_page_of_code_is_looked_up_again, EVICT, FENCE + 1);
    tcase_add_loop_test(tc, a_dropped_page_of_data_keeps_jumps, EVICT, FENCE);
    tcase_add_loop_test(tc, a_dropped_global_page_is_gone_under_every_root, 0, 2);
    tcase_add_test(tc, more_permissions_drop_nothing);
    tcase_add_test(tc, a_page_of_code_is_protected_in_every_context);
    suite_add_tcase(suite, tc);
    tc = tcase_create("contexts");
    tcase_add_loop_test(tc, what_mmu_allows_asks_makes_a_context, 0, 2);
    tcase_add_test(tc, sum_and_mxr_take_effect_at_once);
    tcase_add_test(tc, a_restored_hart_begins_with_empty_tables_in_its_contexts);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
