/* Every rule that refuses travels with its trap: for each row of reason.def something is refused by
 * it (reasons.def), and the trap says so and where it was found. */
#include <ctype.h>

#include "run_suite.h"
#include "insn_words.h"
#include "monitor/record.h"
#include "monitor_bench.h"

static struct bench b;

#define CSRR(num)      ((u32)(num) << 20 | 0x2573)  /* csrr a0,num */
#define CSRW(num)      ((u32)(num) << 20 | 0x51073) /* csrw num,a0 */
#define SV39(root)     (8ull << 60 | (root) >> 12)
#define TO_DATA(flags) ((DATA >> 12 << 10) | (flags))
#define TO_GPA(flags)  ((0x2000ull >> 12 << 10) | (flags))
#define GOOD           (PTE_RWX | PTE_U)
#define SS_LEAF        TO_DATA(PTE_V | PTE_W | PTE_A | PTE_D)

static const u32 SSPUSH_RA = 0xce104073, SSPOPCHK_RA = 0xcdc0c073;

/* ---- what reasons.def prepares ---- */

static void one_stage(u64 leaf)
{
    bench_tables(&b, leaf, 0);
    csr_poke(b.h, CSR_satp, SV39(S_ROOT));
}

static void g_stage(u64 leaf)
{
    bench_tables(&b, 0, leaf);
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
}

static void two_stages(u64 leaf, u64 g_leaf)
{
    bench_tables(&b, leaf, g_leaf);
    csr_poke(b.h, CSR_vsatp, SV39(S_ROOT));
    csr_poke(b.h, CSR_hgatp, SV39(G_ROOT));
}

/* ssp points to page 0x1000; under a G-stage if g_leaf is not 0. */
static void shadow_stack(u64 leaf, u64 g_leaf)
{
    csr_poke(b.h, CSR_menvcfg, ENVCFG_SSE);
    csr_poke(b.h, CSR_henvcfg, ENVCFG_SSE);
    b.h->ssp = 0x1000;
    if (g_leaf)
        two_stages(leaf, g_leaf);
    else
        one_stage(leaf);
}

/* PMP entry 0 gives page pa these rights, entry 1 the rest all. */
static void protect(struct hart *h, u64 pa, unsigned rights)
{
    csr_poke(h, CSR_pmpaddr1, ~0ull);
    csr_poke(h, CSR_pmpaddr0, (pa >> 2) | 0x1ff);
    csr_poke(h, CSR_pmpcfg0, 0x1f18 | rights);
}

static void trigger(struct hart *h, u64 bits_, u64 address)
{
    csr_poke(h, CSR_tselect, 1);
    csr_poke(h, CSR_tdata2, address);
    csr_poke(h, CSR_tdata1, 6ull << 60 | bits_);
}

/* A root table in ROM, whose first gigabyte has A=0. */
static void rom_table(struct hart *h)
{
    struct mem_region *rom = bus_find_memory(h->bus, 0x1000, 0x1000);
    u64 first = pte(0, PTE_V | PTE_R), code = pte(0x80000000, PTE_RWX);
    ck_assert_ptr_nonnull(rom);
    memcpy(rom->host + (0x1000 - rom->base), &first, 8);
    memcpy(rom->host + (0x1010 - rom->base), &code, 8);
    csr_poke(h, CSR_satp, SV39(0x1000));
}

/* ---- one after the other ---- */

static const struct stimulus {
    u16 reason;
    const char *name, *isa;
} stimuli[] = {
#define STIMULUS(reason, isa, mode, insn, a1, prepare) {REASON_##reason, #reason, isa},
#include "reasons.def"
#undef STIMULUS
};

/* What the n-th prepares; its mode. */
static enum mode prepare(struct hart *h, size_t n, u32 *insn)
{
    size_t i = 0;
#define STIMULUS(reason, isa, mode, insn_, a1, prepare)                                            \
    if (i++ == n) {                                                                                \
        prepare;                                                                                   \
        *insn = (u32)(insn_);                                                                      \
        h->x[11] = (a1);                                                                           \
        return mode;                                                                               \
    }
#include "reasons.def"
#undef STIMULUS
    return MODE_COUNT;
}

/* The refusal says where it was found. */
static void check_place(const struct stimulus *s, const struct trap *t, u32 insn)
{
    const struct refusal *r = &t->refusal;
    const struct reason_row *row = reason_row(s->reason);
    switch ((enum reason_kind)row->kind) {
    case REASON_IS_GATE:
        ck_assert_msg(row->csr && row->field, "%s names no field", s->name);
        break;
    case REASON_IS_CSR:
        ck_assert_msg(r->num == insn >> 20, "%s: CSR 0x%x", s->name, r->num);
        break;
    case REASON_IS_TRIGGER:
        ck_assert_int_eq(r->entry, 1);
        break;
    case REASON_IS_WALK:
        ck_assert_msg(get64(&b, r->pa) == r->pte, "%s: 0x%jx at 0x%jx", s->name, (uintmax_t)r->pte,
                      (uintmax_t)r->pa);
        break;
    case REASON_IS_PTE:
        ck_assert_msg(r->pa != 0, "%s: no address", s->name);
        ck_assert_msg(s->reason == REASON_PTE_VACANT || s->reason == REASON_AD_READ_ONLY ||
                          r->entry == 0,
                      "%s: PMP entry %d", s->name, r->entry);
        break;
    case REASON_IS_FINAL:
        ck_assert_msg(r->pa == b.h->x[11] || r->pa == t->tval, "%s: at 0x%jx", s->name,
                      (uintmax_t)r->pa);
        break;
    default:
        break;
    }
}

static void stimulate(size_t n)
{
    const struct stimulus *s = &stimuli[n];
    char isa[96];
    const char *args[] = {isa, "--triggers=2", "--irqchip=aplic-imsic"};
    u32 insn = 0;
    snprintf(isa, sizeof isa, "--isa=%s", s->isa);
    bench_open(&b, strcmp(s->isa + 4, "max") == 0 ? 3 : 1, args);
    bench_open_up(&b);
    csr_poke(b.h, CSR_menvcfg, 0);
    enum mode mode = prepare(b.h, n, &insn);
    bench_mode(&b, mode);
    bench_insn(&b, insn);
    if (reason_row(s->reason)->kind == REASON_IS_CACHED) { /* as the first time left it */
        enum mode from = (enum mode)b.h->mode;
        b.h->mode = mode;
        mode_entered(b.h, from);
        bench_insn(&b, insn);
    }
    if (insn == JR_A1 && s->reason != REASON_JUMP_ALIGNED)
        control_step(b.mon->c, b.h, 1);
    const struct trap_record *r = record_last(&b.mon->c->hart[0].log, 0);
    ck_assert_msg(r != NULL, "%s: stimulus %zu is not refused", s->name, n);
    ck_assert_msg(r->ev.reason == s->reason, "%s: stimulus %zu is refused because %s", s->name, n,
                  reason_row(r->ev.reason)->text);
    if (s->reason != REASON_DOUBLE_TRAP)
        check_place(s, &r->trap, insn);
    bench_close(&b);
}

START_TEST(test_reason)
{
    stimulate((size_t)_i);
}
END_TEST

/* Does the text name a mode that only harts with H have? ("VS=" is a field of mstatus.) */
static bool names_h_mode(const char *text)
{
    static const char *const names[] = {"HS", "VS", "VU"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (const char *at = strstr(text, names[i]); at; at = strstr(at + 1, names[i]))
            if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[2]) &&
                at[2] != '=')
                return true;
    return false;
}

static void check_words(const char *text)
{
    ck_assert_msg(!names_h_mode(text), "of a hart without H it is said: %s", text);
}

/* The same on a hart without H: whatever refuses then, its texts are about S and U. */
START_TEST(test_words_without_h)
{
    const struct stimulus *s = &stimuli[_i];
    const char *args[] = {"--isa=rv64max-h", "--triggers=2"};
    u32 insn = 0;
    if (strcmp(s->isa, "rv64max") != 0)
        return;
    bench_open(&b, 2, args);
    bench_open_up(&b);
    csr_poke(b.h, CSR_menvcfg, 0);
    enum mode mode = prepare(b.h, (size_t)_i, &insn);
    if (!mode_table[mode].v) {
        bench_mode(&b, mode);
        bench_insn(&b, insn);
        const struct trap_record *r = record_last(&b.mon->c->hart[0].log, 0);
        if (r) {
            check_words(reason_row(r->ev.reason)->text);
            check_words(reason_row(r->ev.reason)->words);
            check_words(exception_name((unsigned)r->ev.cause));
        }
        bench_run(&b, "why");
        check_words(b.text);
    }
    bench_close(&b);
}
END_TEST

/* A reason that nothing can produce is one too many. */
START_TEST(test_no_reason_left_out)
{
    static const char *const names[] = {
#define REASON(name, kind, csr, field, words, text, cite) #name,
#include "cpu/reason.def"
#undef REASON
    };
    for (unsigned reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(stimuli); i++)
            found = found || stimuli[i].reason == reason;
        ck_assert_msg(found, "nothing is refused by %s", names[reason - 1]);
        ck_assert_msg(*reason_row(reason)->text && *reason_row(reason)->words &&
                          *reason_row(reason)->cite,
                      "%s lacks a text", names[reason - 1]);
        ck_assert_msg(!reason_row(reason)->csr == !reason_row(reason)->field,
                      "%s: which bits of the register?", names[reason - 1]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("reasons");
    TCase *t = tcase_create("reasons");
    tcase_add_loop_test(t, test_reason, 0, ARRAY_LEN(stimuli));
    tcase_add_loop_test(t, test_words_without_h, 0, ARRAY_LEN(stimuli));
    tcase_add_test(t, test_no_reason_left_out);
    suite_add_tcase(s, t);
    return run_suite(s);
}
