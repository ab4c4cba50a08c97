/* `walk` where the translation caches answer otherwise than memory: it says which entry the hart
 * would use, and which fence drops it. */
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
    tcase_add_test(tc, an_entry_with_v_0);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
