/* Translations of random page tables, Sv39 and Sv32, one and two stages, with cold and warm caches,
 * against the manual's algorithm (supervisor chapter, "Virtual Address Translation Process";
 * hypervisor chapter, "Two-Stage Address Translation"; the chapters of Svadu, Svpbmt, Svnapot and
 * Zicfiss), written down here once more. */
#include "bare_machine.h"
#include "common/random.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "mmu/tlb.h"

#include <string.h>

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
enum kind { FETCH, LOAD, STORE };
/* Where things lie in memory; each table has room for a root of 16 KiB. */
#define BASE        0x80000000ull
#define VS_TABLES   (BASE + 0x10000)
#define G_TABLES    (BASE + 0x20000)
#define TABLE       0x4000
#define TABLES_SIZE 0x1c000 /* of both */
#define PAGES       (BASE + 0x40000)

/* An access, and what the model is to know of the registers. */
struct access_model {
    enum kind kind;
    bool hlvx, sstack, implicit, user, sum, mxr, gmxr, two, vs_bare;
    u64 vs_env, g_env; /* menvcfg or henvcfg */
};
struct stage_model {
    bool g;
    u64 root, env;
};
struct result {
    enum fault_kind kind;
    u8 implicit, bits; /* of the address within the (VS-)stage's leaf */
    u64 pa, gpa;
};

static struct machine *m;
static struct hart *h;
static struct random source;
static unsigned xlen, levels, index_bits, pte_bytes;
static u8 *memory; /* the model's, of which it sets A and D */

static u64 word(void)
{
    return random_next(&source);
}

static bool one_in(unsigned n)
{
    return word() % n == 0;
}

/* ---- the model ---- */

static bool in_memory(u64 pa)
{
    return pa >= BASE && pa + pte_bytes <= BASE + 0x100000;
}

static u64 get_pte(u64 pa)
{
    u64 pte = 0;
    memcpy(&pte, memory + (pa - BASE), pte_bytes);
    return pte;
}

static struct result failed(enum fault_kind kind, const struct stage_model *s,
                            const struct access_model *a, u64 va)
{
    if (kind == FAULT_PAGE && s->g)
        kind = FAULT_GUEST_PAGE;
    return (struct result){.kind = kind,
                           .implicit = s->g && a->implicit ? (a->kind == STORE ? 2 : 1) : 0,
                           .gpa = s->g ? va : 0};
}

static struct result translate(const struct stage_model *s, const struct access_model *a, u64 va);

/* The physical address of a PTE; of the VS-stage's by way of the G-stage. */
static struct result find_pte(const struct stage_model *s, const struct access_model *a, u64 pa,
                              enum kind kind)
{
    if (!s->g && a->two) {
        struct stage_model g = {true, G_TABLES, a->g_env};
        struct access_model implicit = {.kind = kind, .implicit = true};
        struct result r = translate(&g, &implicit, pa);
        if (r.kind)
            return r;
        pa = r.pa;
    }
    if (!in_memory(pa))
        return failed(FAULT_ACCESS, s, a, 0);
    return (struct result){.pa = pa};
}

/* Step 3 and what is reserved. */
static bool malformed(const struct stage_model *s, u64 pte)
{
    bool leaf = pte & (R | W | X), shadow = !s->g && (s->env & ENVCFG_SSE);
    if (!(pte & V) || ((pte & (R | W)) == W && ((pte & X) || !shadow)))
        return true;
    if (!leaf && (pte & (A | D | U)))
        return true;
    if (xlen == 32)
        return false;
    unsigned pbmt = pte >> 61 & 3;
    bool n = pte >> 63;
    if (pte >> 54 & 0x1f) /* bits 60:59 are free for software */
        return true;
    return pbmt == 3 || (pbmt && (!leaf || !(s->env & ENVCFG_PBMTE))) || (n && !leaf);
}

/* The kind of fault, or FAULT_NONE. */
static enum fault_kind forbidden(const struct stage_model *s, const struct access_model *a, u64 pte)
{
    bool ss_page = (pte & (R | W | X)) == W, user_page = pte & U;
    if (s->g || a->user ? !user_page : user_page && (!a->sum || a->kind == FETCH))
        return FAULT_PAGE;
    if (a->sstack && s->g)
        return (pte & R) && (pte & W) ? FAULT_NONE : FAULT_PAGE;
    if (a->sstack && !ss_page)
        return (pte & (R | W | X)) == R ? FAULT_PAGE : FAULT_ACCESS;
    if (ss_page && !a->sstack && a->kind != LOAD)
        return FAULT_ACCESS;
    if (ss_page)
        return a->hlvx ? FAULT_PAGE : FAULT_NONE;
    bool mxr = !a->implicit && (s->g ? a->gmxr : a->mxr);
    bool ok = a->kind == FETCH || a->hlvx ? pte & X
              : a->kind == STORE          ? pte & W
                                          : (pte & R) || (mxr && (pte & X));
    return ok ? FAULT_NONE : FAULT_PAGE;
}

/* Sets A and D where they are missing. */
static struct result mark(const struct stage_model *s, const struct access_model *a, u64 va,
                          u64 pte_addr, u64 pte)
{
    u64 want = pte | A | (a->kind == STORE ? D : 0);
    if (want == pte)
        return (struct result){0};
    if (!(s->env & ENVCFG_ADUE))
        return failed(FAULT_PAGE, s, a, va);
    struct result r = find_pte(s, a, pte_addr, STORE);
    if (!r.kind)
        memcpy(memory + (r.pa - BASE), &want, pte_bytes);
    return r;
}

static u64 ppn_address(u64 pte)
{
    return xlen == 32 ? (pte >> 10) << 12 : (pte >> 10 & MASK(44)) << 12;
}

static struct result translate(const struct stage_model *s, const struct access_model *a, u64 va)
{
    unsigned width = 12 + levels * index_bits + (s->g ? 2 : 0);
    u64 high = xlen == 64 ? (u64)((s64)(va << (64 - width)) >> (64 - width)) : va;
    if (s->g ? va >> width != 0 : va != high)
        return failed(FAULT_PAGE, s, a, va);
    u64 table = s->root;
    for (unsigned i = levels; i-- > 0;) {
        unsigned bits = 12 + i * index_bits, extra = s->g && i == levels - 1 ? 2 : 0;
        u64 pte_addr = table + (va >> bits & MASK(index_bits + extra)) * pte_bytes;
        struct result at = find_pte(s, a, pte_addr, LOAD);
        if (at.kind)
            return at;
        u64 pte = get_pte(at.pa);
        if (malformed(s, pte))
            return failed(FAULT_PAGE, s, a, va);
        table = ppn_address(pte);
        if (!(pte & (R | W | X)))
            continue;
        if (xlen == 64 && pte >> 63) { /* Svnapot: 64 KiB, in the lowest level only */
            if (i || (pte >> 10 & 15) != 8)
                return failed(FAULT_PAGE, s, a, va);
            bits = 16;
            table &= ~MASK(16);
        }
        if (table & MASK(bits))
            return failed(FAULT_PAGE, s, a, va);
        enum fault_kind kind = forbidden(s, a, pte);
        if (kind)
            return failed(kind, s, a, va);
        struct result r = mark(s, a, va, pte_addr, pte);
        r.pa = table | (va & MASK(bits));
        r.bits = (u8)bits;
        return r;
    }
    return failed(FAULT_PAGE, s, a, va);
}

static struct result both_stages(const struct access_model *a, u64 va)
{
    struct stage_model vs = {false, VS_TABLES, a->vs_env}, g = {true, G_TABLES, a->g_env};
    struct result r = {.pa = va, .bits = 12};
    if (a->vs_bare && a->sstack)
        return failed(FAULT_ACCESS, &vs, a, va);
    if (!a->vs_bare)
        r = translate(&vs, a, va);
    if (r.kind || !a->two)
        return r;
    u8 bits = r.bits;
    r = translate(&g, a, r.pa);
    r.bits = bits;
    return r;
}

/* ---- random tables ---- */

static u64 random_bits(bool shadow)
{
    u64 pte = V | A | D | R | W | X | (word() & (U | G));
    if (one_in(3))
        pte &= ~(word() & (R | W | X));
    if (shadow && one_in(3))
        pte = (pte & ~(u64)(R | X)) | W;
    if (one_in(4))
        pte &= ~(word() & (A | D));
    if (one_in(16))
        pte &= ~(u64)V;
    if (xlen == 64 && one_in(12))
        pte |= word() & 3ull << 61;
    if (xlen == 64 && one_in(24))
        pte |= BIT(54 + word() % 7);
    return pte;
}

static void put_pte(u64 pa, u64 pte)
{
    memcpy(m->ram->host + (pa - BASE), &pte, pte_bytes);
}

/* The way to va: pointers down to a leaf at some level, which leads to `to`. */
static void build(u64 root, u64 va, u64 to, bool g)
{
    unsigned leaf = one_in(3) ? (unsigned)word() % levels : 0;
    u64 table = root;
    for (unsigned i = levels; i-- > 0;) {
        unsigned bits = 12 + i * index_bits, extra = g && i == levels - 1 ? 2 : 0;
        u64 at = table + (va >> bits & MASK(index_bits + extra)) * pte_bytes;
        table += TABLE;
        if (i != leaf) {
            u64 spoilt =
                one_in(16) ? BIT(word() % 9) | (xlen == 64 && one_in(2) ? BIT(54 + word() % 10) : 0)
                           : 0;
            put_pte(at, (table >> 12 << 10 | V) ^ spoilt);
            continue;
        }
        u64 aligned = one_in(12) ? to : to & ~MASK(bits);
        u64 pte = aligned >> 12 << 10 | random_bits(!g);
        if (g && !one_in(8))
            pte |= U;
        if (xlen == 64 && one_in(5))
            pte = (one_in(4) ? pte : (pte & ~(15ull << 10)) | 8ull << 10) | BIT(63);
        put_pte(at, pte);
        return;
    }
}

/* ---- one comparison ---- */

static struct walk request(const struct regime *r, const struct access_model *a)
{
    static const enum access accesses[] = {ACCESS_FETCH, ACCESS_LOAD, ACCESS_STORE};
    struct walk w = {.h = h, .r = r, .access = accesses[a->kind]};
    w.flags = (a->hlvx ? MEM_HLVX : 0u) | (a->sstack ? MEM_SSTACK : 0u);
    return w;
}

static struct result ask(const struct regime *r, const struct access_model *a, u64 va)
{
    struct walk w = request(r, a);
    struct xlate x;
    if (mmu_translate(&w, va, 1, &x) == 0)
        return (struct result){.pa = x.pa};
    return (struct result){.kind = w.fault.kind, .implicit = w.fault.implicit, .gpa = w.fault.gpa};
}

static void compare(const struct access_model *a, enum mode mode, u64 va)
{
    memcpy(memory + 0x10000, m->ram->host + 0x10000, TABLES_SIZE);
    struct xlate x;
    struct walk probe = {
        .h = h, .r = mmu_regime(h, mode), .access = ACCESS_STORE, .flags = MEM_PROBE};
    mmu_translate(&probe, va, 1, &x); /* a debugger's: sets neither A nor D */
    ck_assert(!memcmp(memory + 0x10000, m->ram->host + 0x10000, TABLES_SIZE));
    struct result want = both_stages(a, va), got = ask(mmu_regime(h, mode), a, va);
    bool same = want.kind == got.kind;
    if (want.kind == FAULT_GUEST_PAGE) /* what xtval2 and xtinst are made of */
        same = same && want.implicit == got.implicit && want.gpa == got.gpa;
    ck_assert_msg(same, "RV%u, %llx: fault %u.%u at %llx, not %u.%u at %llx", xlen,
                  (unsigned long long)va, got.kind, got.implicit, (unsigned long long)got.gpa,
                  want.kind, want.implicit, (unsigned long long)want.gpa);
    ck_assert_msg(want.kind || want.pa == got.pa, "physical address");
    struct walk uncached = request(mmu_regime(h, mode), a);
    uncached.flags |= MEM_PROBE;
    if (!want.kind) {
        ck_assert_int_eq(walk(&uncached, va, &x), 0);
        ck_assert_uint_eq(x.leaf_bits, want.bits);
        ck_assert_uint_eq(x.pa, want.pa);
    }
    if (!want.kind && !a->sstack) { /* which the walk decides each time */
        u64 misses = h->event[EVENT_ITLB_MISS] + h->event[EVENT_DTLB_LOAD_MISS] +
                     h->event[EVENT_DTLB_STORE_MISS];
        got = ask(mmu_regime(h, mode), a, va);
        ck_assert_msg(!got.kind && got.pa == want.pa, "the same access again");
        ck_assert_msg(h->event[EVENT_ITLB_MISS] + h->event[EVENT_DTLB_LOAD_MISS] +
                              h->event[EVENT_DTLB_STORE_MISS] ==
                          misses,
                      "the same access again misses");
    }
    ck_assert_msg(!memcmp(memory + 0x10000, m->ram->host + 0x10000, TABLES_SIZE), "A and D");
}

static struct access_model random_access(enum mode mode, u64 mstatus, u64 vsstatus)
{
    bool virt = mode_table[mode].v;
    u64 own = virt ? vsstatus : mstatus;
    struct access_model a = {.kind = (enum kind)(word() % 3),
                             .two = virt,
                             .user = mode_table[mode].nominal == 0,
                             .sum = own & MSTATUS_SUM,
                             .mxr = (own | mstatus) & MSTATUS_MXR,
                             .gmxr = mstatus & MSTATUS_MXR};
    a.vs_env = virt ? h->henvcfg : h->menvcfg;
    a.g_env = h->menvcfg;
    a.hlvx = virt && a.kind == LOAD && one_in(4);
    a.sstack = a.kind != FETCH && !a.hlvx && one_in(3);
    return a;
}

static void one_table(void)
{
    memset(m->ram->host + 0x10000, 0, TABLES_SIZE);
    csr_poke(h, CSR_menvcfg, word());
    csr_poke(h, CSR_menvcfgh, word());
    csr_poke(h, CSR_henvcfg, word());
    csr_poke(h, CSR_henvcfgh, word());
    csr_poke(h, CSR_mstatus, word() & (MSTATUS_SUM | MSTATUS_MXR));
    csr_poke(h, CSR_vsstatus, word() & (MSTATUS_SUM | MSTATUS_MXR));
    unsigned width = 12 + levels * index_bits;
    u64 va = xlen == 32 ? word() & MASK(32) : (u64)sext(word(), width),
        gpa = word() & MASK(width + 2);
    bool two = one_in(2), bare = two && one_in(6);
    if (bare)
        va = gpa & (xlen == 32 ? MASK(32) : MASK(41));
    csr_poke(h, CSR_vsatp, bare ? 0 : h->satp);
    build(VS_TABLES, va, two ? gpa : PAGES + (word() & 0x3ffff), false);
    /* Mostly the VS-stage's tables are mapped one to one. */
    build(G_TABLES, gpa, PAGES + (word() & 0x3ffff), true);
    u64 self = BASE >> 12 << 10 | V | R | W | X | U | A | D;
    unsigned top = 12 + (levels - 1) * index_bits;
    if (BASE >> top == gpa >> top)
        return;
    put_pte(G_TABLES + (BASE >> top) * pte_bytes, one_in(8) ? self & ~(word() & 0xfe) : self);
    mmu_flush_all(h);
    for (unsigned n = 0; n < 6; n++) {
        static const enum mode modes[2][2] = {{MODE_S, MODE_U}, {MODE_VS, MODE_VU}};
        enum mode mode = modes[two][word() % 2];
        struct access_model a = random_access(mode, h->mstatus, h->vsstatus);
        a.vs_bare = bare;
        u64 at = va ^ (one_in(4) ? word() & 0xfff : 0);
        if (one_in(30))
            at ^= BIT(word() % xlen);
        compare(&a, mode, at);
    }
}

START_TEST(random_tables)
{
    static const u32 nop = 0x13;
    xlen = _i & 1 ? 32 : 64;
    levels = _i & 1 ? 2 : 3, index_bits = _i & 1 ? 10 : 9, pte_bytes = xlen / 8;
    source.state = (u64)_i + 1;
    m = bare_machine(_i & 1 ? "--isa=rv32max" : "--isa=rv64max-svade", "--vmid-bits=0", &nop, 1);
    h = m->hart[0];
    memory = malloc(0x100000);
    memcpy(memory, m->ram->host, 0x100000);
    u64 mode = _i & 1 ? BIT(31) : (u64)ATP_SV39 << 60;
    csr_poke(h, CSR_satp, mode | VS_TABLES >> 12);
    csr_poke(h, CSR_vsatp, mode | VS_TABLES >> 12);
    csr_poke(h, CSR_hgatp, mode | G_TABLES >> 12);
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    for (unsigned n = 0; n < 8000; n++)
        one_table();
    /* norm:pmp_a_field_tor: the range of entry 0 begins with address 0. */
    int entry;
    csr_poke(h, CSR_pmpaddr0, 1);
    csr_poke(h, CSR_pmpcfg0, 0x0f);
    ck_assert_uint_eq(pmp_permissions(h, 0, 1, 0, NULL, &entry), PMP_R | PMP_W | PMP_X);
    ck_assert_int_eq(entry, 0);
    ck_assert_uint_eq(pmp_permissions(h, 4, 1, 0, NULL, &entry), 0); /* no entry has it */
    ck_assert_int_eq(entry, -1);
    free(memory);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walk against a model");
    TCase *tc = tcase_create("random tables");
    tcase_add_loop_test(tc, random_tables, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
