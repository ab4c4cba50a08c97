/* `walk` and `why ADDRESS` where the translation caches answer otherwise than memory: they say
 * which entry the hart would use, and which fence drops it. */
#include "monitor_bench.h"
#include "mmu/fence.h"
#include "mmu/mem.h"
#include "run_suite.h"

#define SV39(root) (8ull << 60 | (root) >> 12)
#define OTHER      (DATA + 0x1000)
#define VS_LEAF    (S_ROOT + 0x2000 + 8)
#define G_LEAF     (G_ROOT + 0x5000 + 8 * 2)

static struct bench b;

static void start(int argc, const char *const *args)
{
    bench_open(&b, argc, args);
    bench_open_up(&b);
}

static void stop(void)
{
    bench_close(&b);
}

/* One stage in S-mode, or two in VS-mode; page 0x1000 has been read, so that it is cached. */
static void use_page(enum mode mode, u64 leaf, u64 g_leaf)
{
    u64 value;
    bench_tables(&b, leaf, g_leaf);
    csr_poke(b.h, mode == MODE_VS ? CSR_vsatp : CSR_satp, SV39(S_ROOT));
    if (mode == MODE_VS)
        csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
    bench_mode(&b, mode);
    (void)mem_load(b.h, 0x1008, 8, 0, &value);
}

static void walk_page(void)
{
    ck_assert_int_eq(bench_run(&b, "walk 0x1008"), 0);
}

static void expect_none(void)
{
    walk_page();
    ck_assert_msg(strstr(b.text, "cached") == NULL, "'cached' in\n%s", b.text);
}

START_TEST(nothing_is_said_where_both_agree)
{
    start(0, NULL);
    use_page(MODE_S, pte(DATA, PTE_RWX), 0);
    expect_none();
    stop();
}
END_TEST

START_TEST(a_changed_leaf_of_one_stage)
{
    start(0, NULL);
    use_page(MODE_S, pte(DATA, PTE_RWX), 0);
    put64(&b, VS_LEAF, pte(OTHER, PTE_RWX));
    walk_page();
    expect(&b, "pa        0x0000000080031008");
    expect(&b, "its S-stage entry, ASID 0, leads to pa 0x80030008; SFENCE.VMA drops it");
    put64(&b, VS_LEAF, 0);
    walk_page();
    expect(&b, "load page fault");
    expect(&b, "leads to pa 0x80030008");
    mmu_fence_s(b.h, (struct fence_arg){1, 0x1000}, (struct fence_arg){0, 0});
    expect_none();
    stop();
}
END_TEST

/* The hart looks into memory if the entry does not permit the access. */
START_TEST(an_entry_without_the_permission_is_not_used)
{
    start(0, NULL);
    use_page(MODE_S, pte(DATA, PTE_RWX & ~PTE_W), 0);
    put64(&b, VS_LEAF, pte(OTHER, PTE_RWX));
    ck_assert_int_eq(bench_run(&b, "walk 0x1008 w"), 0);
    ck_assert_ptr_null(strstr(b.text, "cached"));
    stop();
}
END_TEST

START_TEST(a_global_entry)
{
    start(0, NULL);
    use_page(MODE_S, pte(DATA, PTE_RWX | PTE_G), 0);
    put64(&b, VS_LEAF, pte(OTHER, PTE_RWX | PTE_G));
    walk_page();
    expect(&b, "its global S-stage entry, leads to pa 0x80030008; SFENCE.VMA drops it");
    stop();
}
END_TEST

START_TEST(the_stage_that_has_changed_names_the_fence)
{
    start(0, NULL);
    use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    put64(&b, VS_LEAF, pte(0x80032000, PTE_RWX));
    walk_page();
    expect(&b, "its two-stage entry, ASID 0, VMID 0, leads to pa 0x80030008; HFENCE.VVMA, or the");
    put64(&b, VS_LEAF, pte(0x2000, PTE_RWX));
    put64(&b, G_LEAF, pte(OTHER, PTE_RWX | PTE_U));
    walk_page();
    expect(&b, "its two-stage entry, ASID 0, VMID 0, leads to pa 0x80030008; HFENCE.GVMA drops it");
    mmu_fence_vs(b.h, (struct fence_arg){0, 0}, (struct fence_arg){0, 0});
    walk_page(); /* the G-stage's own entry is still there */
    expect(&b, "its G-stage entry, VMID 0, leads to pa 0x80030008; HFENCE.GVMA drops it");
    mmu_fence_g(b.h, (struct fence_arg){0, 0}, (struct fence_arg){0, 0});
    expect_none();
    stop();
}
END_TEST

START_TEST(a_new_root_without_a_fence)
{
    static const char *const strict[] = {"--tlb=strict"};
    start(1, strict);
    use_page(MODE_S, pte(DATA, PTE_RWX), 0);
    put64(&b, S_ROOT + 0x3000, get64(&b, S_ROOT)); /* another root, another leaf */
    put64(&b, S_ROOT + 0x3000, pte(OTHER & ~MASK(30), PTE_RWX));
    csr_poke(b.h, CSR_satp, SV39(S_ROOT + 0x3000));
    walk_page();
    expect(&b, "its S-stage entry, ASID 0, leads to pa 0x80030008; SFENCE.VMA drops it");
    stop();
}
END_TEST

/* Of a virtual machine that does not run, the root that its guest has used last. */
START_TEST(the_last_root_of_another_vmid)
{
    static const char *const policies[] = {"--tlb=eager", "--tlb=strict"};
    u64 value;
    start(1, &policies[_i]);
    use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    put64(&b, S_ROOT + 0x3000, pte(0x80000000, PTE_RWX));
    csr_poke(b.h, CSR_vsatp, SV39(S_ROOT + 0x3000));
    (void)mem_load(b.h, 0x2008, 8, 0, &value);
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT) | set_field(0, HGATP_VMID, 1));
    csr_poke(b.h, CSR_vsatp, 0);
    (void)mem_load(b.h, 0x80000000, 8, 0, &value);
    ck_assert_int_eq(bench_run(&b, "walk 0x1008 --mode=VS --vmid=0"), 0);
    expect(&b, "pa        0x0000000080001008");
    stop();
}
END_TEST

/* Another ASID, another VMID: what is cached of them is not what the hart would use. */
START_TEST(entries_of_other_address_spaces_are_not_used)
{
    static const char *const policies[] = {"--tlb=eager", "--tlb=strict"};
    for (unsigned guest = 0; guest < 2; guest++) {
        start(1, &policies[_i]);
        use_page(guest ? MODE_VS : MODE_S, pte(guest ? 0x2000 : DATA, PTE_RWX),
                 pte(DATA, PTE_RWX | PTE_U));
        if (guest)
            csr_poke(b.h, CSR_hgatp, SV39(G_ROOT) | set_field(0, HGATP_VMID, 1));
        else
            csr_poke(b.h, CSR_satp, SV39(S_ROOT) | set_field(0, SATP_ASID, 1));
        put64(&b, VS_LEAF, pte(guest ? 0x3000 : OTHER, PTE_RWX));
        put64(&b, G_LEAF + 8, pte(OTHER, PTE_RWX | PTE_U));
        walk_page();
        expect(&b, "pa        0x0000000080031008");
        expect_none();
        stop();
    }
}
END_TEST

/* The guest's own ASIDs, under one VMID. */
START_TEST(entries_of_another_asid_of_the_guest_are_not_used)
{
    static const char *const policies[] = {"--tlb=eager", "--tlb=strict"};
    start(1, &policies[_i]);
    use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    csr_poke(b.h, CSR_vsatp, SV39(S_ROOT) | set_field(0, SATP_ASID, 1));
    put64(&b, VS_LEAF, pte(0x80031000, PTE_RWX));
    expect_none();
    stop();
}
END_TEST

START_TEST(an_entry_with_v_0)
{
    static const char *const strict[] = {"--tlb=strict", "--isa=rv64max-svvptc"};
    start(2, strict);
    use_page(MODE_S, 0, 0);
    expect_none();
    put64(&b, VS_LEAF, pte(DATA, PTE_RWX));
    walk_page();
    expect(&b, "result    allowed");
    expect(&b, "its S-stage entry, ASID 0, has V=0; SFENCE.VMA drops it");
    stop();
}
END_TEST

static bool is_cached(u64 va)
{
    struct space_name name[NAME_COUNT];
    regime_names(b.h, mmu_regime(b.h, MODE_S), name);
    return tlb_look(b.h->tlb, &name[NAME_OWN], va) != NULL;
}

/* A fence of the page whose leaf has V=0 is none of the pages beside it. */
START_TEST(an_entry_with_v_0_is_that_of_one_page)
{
    static const char *const strict[] = {"--tlb=strict", "--isa=rv64max-svvptc"};
    start(2, strict);
    use_page(MODE_S, 0, 0);
    u64 value;
    put64(&b, VS_LEAF + 8, pte(DATA, PTE_RWX));
    ck_assert_int_eq(mem_load(b.h, 0x2008, 8, 0, &value), 0);
    ck_assert(is_cached(0x1008) && is_cached(0x2008));
    mmu_fence_s(b.h, (struct fence_arg){1, 0x1000}, (struct fence_arg){0, 0});
    ck_assert(!is_cached(0x1008) && is_cached(0x2008));
    stop();
}
END_TEST

/* What the hart would do is asked before it does it, too. */
START_TEST(an_address_that_why_is_asked_about)
{
    start(0, NULL);
    use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    ck_assert_int_eq(bench_run(&b, "why 0x1008"), 0);
    ck_assert_ptr_null(strstr(b.text, "cached"));
    put64(&b, G_LEAF, 0);
    ck_assert_int_eq(bench_run(&b, "why 0x1008"), 0);
    expect(&b, "load guest-page fault");
    expect(&b, "its two-stage entry, ASID 0, VMID 0, leads to pa 0x80030008; HFENCE.GVMA drops it");
    put64(&b, G_LEAF, pte(OTHER, PTE_RWX | PTE_U));
    ck_assert_int_eq(bench_run(&b, "why 0x1008"), 0);
    expect(&b, "result    allowed");
    expect(&b, "its two-stage entry, ASID 0, VMID 0, leads to pa 0x80030008; HFENCE.GVMA drops it");
    stop();
}
END_TEST

/* ---- why: a fault by way of a stale entry ---- */

enum { LD = 0x0005b503 /* ld a0,0(a1) */, NOWHERE = 0x40000000 };

/* Loads from va 0x1008 at CODE. */
static void load_page(void)
{
    b.h->x[11] = 0x1008;
    bench_insn(&b, LD);
}

static void why_fault(void)
{
    ck_assert_int_eq(bench_run(&b, "why"), 0);
}

static void expect_fresh(void)
{
    why_fault();
    ck_assert_msg(strstr(b.text, "stale") == NULL, "'stale' in\n%s", b.text);
}

START_TEST(a_fault_through_a_stale_leaf)
{
    start(0, NULL);
    use_page(MODE_S, pte(NOWHERE, PTE_RWX), 0);
    load_page();
    expect_fresh();
    put64(&b, VS_LEAF, pte(DATA, PTE_RWX));
    expect_fresh(); /* what memory says later is another matter */
    bench_mode_kept(&b, MODE_S);
    load_page();
    why_fault();
    expect(&b, "load access fault");
    expect(&b,
           "stale      the hart did not look into memory: its S-stage entry, ASID 0, leads to pa "
           "0x40000008; SFENCE.VMA drops it");
    expect(&b, "memory said: va 0x1008 leads to pa 0x80030008");
    mmu_fence_s(b.h, (struct fence_arg){0, 0}, (struct fence_arg){0, 0});
    why_fault();
    expect(&b, "stale"); /* it was, then */
    stop();
}
END_TEST

START_TEST(a_guests_fault_through_a_stale_entry)
{
    static const char *const fences[] = {"HFENCE.VVMA, or the guest's SFENCE.VMA, drops it",
                                         "HFENCE.GVMA drops it"};
    for (unsigned g_stage = 0; g_stage < 2; g_stage++) {
        start(0, NULL);
        use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(NOWHERE, PTE_RWX | PTE_U));
        load_page();
        expect_fresh();
        put64(&b, g_stage ? G_LEAF : VS_LEAF, pte(DATA, PTE_RWX | (g_stage ? PTE_U : 0)));
        bench_mode_kept(&b, MODE_VS);
        load_page();
        why_fault();
        expect(&b, "its two-stage entry, ASID 0, VMID 0, leads to pa 0x40000008; ");
        expect(&b, fences[g_stage]);
        expect(&b, "memory said: va 0x1008 leads to pa 0x80030008");
        stop();
    }
}
END_TEST

/* The VS-stage's tables are found by the G-stage, whose entries may be stale as well. */
START_TEST(a_fault_because_of_a_stale_way_to_a_table)
{
    start(0, NULL);
    use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    put64(&b, VS_LEAF, 0);
    mmu_fence_vs(b.h, (struct fence_arg){0, 0}, (struct fence_arg){0, 0});
    load_page();
    expect_fresh();
    put64(&b, G_ROOT + 8 * 2, pte(NOWHERE, PTE_RWX | PTE_U));
    u64 value;
    bench_mode_kept(&b, MODE_VS);
    ck_assert_int_ne(mem_load(b.h, 0x1008, 8, 0, &value), 0);
    take_exception(b.h);
    why_fault();
    expect(&b, "load page fault");
    expect(&b, "its G-stage entry, VMID 0, for a VS-stage entry at gpa 0x80010000, leads to pa "
               "0x80010000; HFENCE.GVMA drops it");
    stop();
}
END_TEST

START_TEST(a_guests_fault_by_a_cached_v_0)
{
    static const char *const strict[] = {"--tlb=strict", "--isa=rv64max-svvptc"};
    for (unsigned g_stage = 0; g_stage < 2; g_stage++) {
        start(2, strict);
        use_page(MODE_VS, g_stage ? pte(0x2000, PTE_RWX) : 0,
                 g_stage ? 0 : pte(DATA, PTE_RWX | PTE_U));
        load_page();
        put64(&b, VS_LEAF, pte(0x2000, PTE_RWX));
        put64(&b, G_LEAF, pte(DATA, PTE_RWX | PTE_U));
        bench_mode_kept(&b, MODE_VS);
        load_page();
        why_fault();
        expect(&b, g_stage ? "load guest-page fault" : "load page fault");
        expect(&b, g_stage ? "its G-stage entry, VMID 0, has V=0; HFENCE.GVMA drops it"
                           : "its two-stage entry, ASID 0, VMID 0, has V=0; HFENCE.VVMA, or the");
        expect(&b, g_stage ? "memory said: gpa 0x2008 leads to pa 0x80030008"
                           : "memory said: va 0x1008 leads to pa 0x80030008");
        stop();
    }
}
END_TEST

START_TEST(a_guest_physical_address)
{
    start(0, NULL);
    use_page(MODE_VS, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    ck_assert_int_eq(bench_run(&b, "walk gpa:0x2008"), 0);
    ck_assert_ptr_null(strstr(b.text, "cached"));
    put64(&b, G_LEAF, pte(OTHER, PTE_RWX | PTE_U));
    ck_assert_int_eq(bench_run(&b, "walk gpa:0x2008"), 0);
    expect(&b, "its G-stage entry, VMID 0, leads to pa 0x80030008; HFENCE.GVMA drops it");
    put64(&b, G_LEAF, 0);
    ck_assert_int_eq(bench_run(&b, "walk gpa:0x2008"), 0);
    expect(&b, "its G-stage entry, VMID 0, leads to pa 0x80030008; HFENCE.GVMA drops it");
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("monitor, cached translations");
    TCase *tc = tcase_create("walk");
    tcase_add_test(tc, nothing_is_said_where_both_agree);
    tcase_add_test(tc, a_changed_leaf_of_one_stage);
    tcase_add_test(tc, an_entry_without_the_permission_is_not_used);
    tcase_add_test(tc, a_global_entry);
    tcase_add_test(tc, the_stage_that_has_changed_names_the_fence);
    tcase_add_test(tc, a_new_root_without_a_fence);
    tcase_add_loop_test(tc, the_last_root_of_another_vmid, 0, 2);
    tcase_add_loop_test(tc, entries_of_other_address_spaces_are_not_used, 0, 2);
    tcase_add_loop_test(tc, entries_of_another_asid_of_the_guest_are_not_used, 0, 2);
    tcase_add_test(tc, an_entry_with_v_0);
    tcase_add_test(tc, an_address_that_why_is_asked_about);
    tcase_add_test(tc, an_entry_with_v_0_is_that_of_one_page);
    suite_add_tcase(suite, tc);
    tc = tcase_create("why");
    tcase_add_test(tc, a_fault_through_a_stale_leaf);
    tcase_add_test(tc, a_guests_fault_through_a_stale_entry);
    tcase_add_test(tc, a_fault_because_of_a_stale_way_to_a_table);
    tcase_add_test(tc, a_guests_fault_by_a_cached_v_0);
    tcase_add_test(tc, a_guest_physical_address);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
