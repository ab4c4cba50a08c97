/* Cryptography on vectors: which encodings are reserved, what each extension has, and that the
 * engines agree. */
#include "vec_hart.h"

#include "cpu/ext_rules.h"

#define ISA "--isa=rv64max_zvkng_zvksg"
enum { VD = 8, VS2 = 16, VS1 = 24, E8 = 0, E32 = 2, E64 = 3 };
enum { M1, M2, M4, M8, MF2 = 7 };
#define VM (1u << 25)

/* Words with v8, v16, and v24 where there is vs1. `apart`: vd may not overlap vs2 (1), vs1 (2). */
enum form { VV, VS, VI };
static const struct row {
    const char *name, *ext;
    u32 word;
    u8 form, group, apart, wide; /* group: elements; wide: with SEW 64, too */
} rows[] = {
    {"vaesdm.vv", "zvkned", 0xa3002477, VV, 4, 0, 0},
    {"vaesdm.vs", "zvkned", 0xa7002477, VS, 4, 1, 0},
    {"vaesdf.vv", "zvkned", 0xa300a477, VV, 4, 0, 0},
    {"vaesdf.vs", "zvkned", 0xa700a477, VS, 4, 1, 0},
    {"vaesem.vv", "zvkned", 0xa3012477, VV, 4, 0, 0},
    {"vaesem.vs", "zvkned", 0xa7012477, VS, 4, 1, 0},
    {"vaesef.vv", "zvkned", 0xa301a477, VV, 4, 0, 0},
    {"vaesef.vs", "zvkned", 0xa701a477, VS, 4, 1, 0},
    {"vaesz.vs", "zvkned", 0xa703a477, VS, 4, 1, 0},
    {"vaeskf1.vi", "zvkned", 0x8b002477, VI, 4, 0, 0},
    {"vaeskf2.vi", "zvkned", 0xab002477, VI, 4, 0, 0},
    {"vgmul.vv", "zvkg", 0xa308a477, VV, 4, 0, 0},
    {"vghsh.vv", "zvkg", 0xb30c2477, VV, 4, 0, 0},
    {"vsha2ms.vv", "zvknhb", 0xb70c2477, VV, 4, 3, 1},
    {"vsha2ch.vv", "zvknhb", 0xbb0c2477, VV, 4, 3, 1},
    {"vsha2cl.vv", "zvknhb", 0xbf0c2477, VV, 4, 3, 1},
    {"vsm4k.vi", "zvksed", 0x87002477, VI, 4, 0, 0},
    {"vsm4r.vv", "zvksed", 0xa3082477, VV, 4, 0, 0},
    {"vsm4r.vs", "zvksed", 0xa7082477, VS, 4, 1, 0},
    {"vsm3c.vi", "zvksh", 0xaf002477, VI, 8, 1, 0},
    {"vsm3me.vv", "zvksh", 0x830c2477, VV, 8, 1, 0},
};

static bool legal(struct hart *h, u32 word)
{
    unsigned row;
    struct op op = decode(h, word, &row);
    return vec_refuses(h, row, &op) == REASON_NONE;
}

#define EXPECT(h, r, word, must)                                                                   \
    ck_assert_msg(legal(h, word) == (must), "%s %08x, vl %u, vtype %x: not %s", (r)->name, word,   \
                  (unsigned)(h)->vl, (unsigned)(h)->vtype, (must) ? "legal" : "refused")

static const char *const lengths[] = {"--vlen=32", "--vlen=64", "--vlen=128", "--vlen=256",
                                      "--vlen=512"};

/* norm:veccrypto_sew_rsv, norm:vghsh-vv_sewn32_rsv, norm:vgmul-vv_sewn32_rsv,
 * norm:vsha2chl-vv_Zvknhb_sewn32or64_rsv, norm:vsha2ms-vv_Zvknhb_sewn32or64_rsv,
 * norm:vsm3c-vi_sewn32_rsv, norm:vsm3me-vv_sewn32_rsv, norm:vsm4k-vi_sewn32_rsv,
 * norm:vsm4r_sewn32_rsv; norm:veccrypto_lmul_egwconstr */
START_TEST(widths_and_sizes)
{
    struct machine *m = vector_machine(ISA, lengths[_i]);
    struct hart *h = m->hart[0];
    for (const struct row *r = rows; r < rows + ARRAY_LEN(rows); r++)
        for (unsigned sew = E8; sew <= E64; sew++)
            for (unsigned lmul = 0; lmul < 8; lmul++) {
                configure(h, sew, lmul, 0);
                u64 bits = lmul == 4  ? 0
                           : lmul < 4 ? h->config.vlen << lmul
                                      : h->config.vlen >> (8 - lmul);
                bool exists =
                    (sew == E32 || (sew == E64 && r->wide)) && bits >= r->group * (8u << sew);
                if (lmul != 4)
                    EXPECT(h, r, r->word, exists);
            }
    machine_free(m);
}
END_TEST

/* norm:veccrypto_vl_vstart_egsconstr, norm:veccrypto_vl_vstart_rsv */
START_TEST(whole_groups)
{
    struct machine *m = vector_machine(ISA, "--v-vstart=run");
    struct hart *h = m->hart[0];
    for (const struct row *r = rows; r < rows + ARRAY_LEN(rows); r++)
        for (u64 vl = 0; vl <= 32; vl++)
            for (h->vstart = 0; h->vstart < 18; h->vstart++) {
                configure(h, E32, M4, vl);
                EXPECT(h, r, r->word, vl % r->group == 0 && h->vstart % r->group == 0);
            }
    machine_free(m);
}
END_TEST

static u32 with(u32 word, unsigned vd, unsigned vs2, unsigned vs1)
{
    return (word & ~(31u << 7 | 31u << 20 | 31u << 15)) | vd << 7 | vs2 << 20 | vs1 << 15;
}

/* norm:vsha2chl-vv_vdoverlapvs1vs2_rsv, norm:vsha2ms-vv_vdoverlapvs1vs2_rsv,
 * norm:vsm3c-vi_vdoverlapvs2_rsv, norm:vsm3me-vv_vdoverlapvs2_rsv; others may be their source */
START_TEST(overlaps)
{
    struct machine *m = vector_machine(ISA, "");
    struct hart *h = m->hart[0];
    configure(h, E32, M2, 8);
    for (const struct row *r = rows; r < rows + ARRAY_LEN(rows); r++) {
        unsigned vs1 = r->word >> 15 & 31;
        bool three = vs1 == VS1 && r->form == VV;
        EXPECT(h, r, with(r->word, 8, 8, vs1), !(r->apart & 1));
        EXPECT(h, r, with(r->word, 10, 8, vs1), true);
        EXPECT(h, r, with(r->word, 9, 16, vs1), false);
        if (three) {
            EXPECT(h, r, with(r->word, 24, 16, 24), !(r->apart & 2));
            EXPECT(h, r, with(r->word, 24, 16, 26), true);
            EXPECT(h, r, with(r->word, 8, 16, 25), false);
        }
        if (r->form != VS)
            EXPECT(h, r, with(r->word, 8, 17, vs1), false);
    }
    machine_free(m);
}
END_TEST

/* One group for all is one register, or as many as it needs: norm:veccrypto_vsins_vs2,
 * norm:veccrypto_vsins_vdvs2overlap, norm:vsm4r-vs_vdoverlapvs2_rsv */
START_TEST(one_group)
{
    static const struct {
        const char *length;
        u8 lmul, vd, vs2, legal;
    } cases[] = {
        {"--vlen=128", M4, 8, 5, 1},  {"--vlen=128", M4, 8, 31, 1}, {"--vlen=128", M4, 8, 7, 1},
        {"--vlen=128", M4, 8, 8, 0},  {"--vlen=128", M4, 8, 11, 0}, {"--vlen=128", M4, 8, 12, 1},
        {"--vlen=512", M8, 8, 15, 0}, {"--vlen=512", M8, 8, 17, 1}, {"--vlen=64", M4, 8, 6, 1},
        {"--vlen=64", M4, 8, 5, 0},   {"--vlen=64", M4, 8, 10, 0},  {"--vlen=64", M4, 8, 14, 1},
        {"--vlen=32", M4, 8, 4, 1},   {"--vlen=32", M4, 8, 6, 0},   {"--vlen=32", M8, 8, 12, 0},
        {"--vlen=32", M8, 8, 20, 1},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct machine *m = vector_machine(ISA, cases[i].length);
        configure(m->hart[0], E32, cases[i].lmul, 4);
        for (const struct row *r = rows; r < rows + ARRAY_LEN(rows); r++)
            if (r->form == VS)
                EXPECT(m->hart[0], r, with(r->word, cases[i].vd, cases[i].vs2, r->word >> 15 & 31),
                       cases[i].legal);
        machine_free(m);
    }
}
END_TEST

/* ---- extensions ---- */

/* norm:Zvknha_sha256, norm:Zvknhb_sha256_sha512, norm:Zvknhb_impZvknha; there are no masked forms.
 */
START_TEST(extensions)
{
    static const char *const names[] = {"zvkned", "zvkg", "zvknha", "zvknhb", "zvksed", "zvksh"};
    for (unsigned k = 0; k < ARRAY_LEN(names); k++) {
        char isa[64];
        snprintf(isa, sizeof isa, "--isa=rv64max_%s", names[k]);
        struct machine *m = vector_machine(isa, "");
        struct hart *h = m->hart[0];
        for (const struct row *r = rows; r < rows + ARRAY_LEN(rows); r++) {
            bool there = !strcmp(r->ext, names[k]) || (r->wide && !strcmp(names[k], "zvknha"));
            ck_assert_msg((insn_lookup(h, r->word) != INSN_NONE) == there, "%s", r->name);
            ck_assert_uint_eq(insn_lookup(h, r->word & ~VM), INSN_NONE);
            if (!there || !r->wide)
                continue;
            configure(h, E64, M1, 4);
            EXPECT(h, r, r->word, !strcmp(names[k], "zvknhb"));
        }
        machine_free(m);
    }
}
END_TEST

/* norm:Zvknhb_Zvkn_Zvknc_Zvkng_depZve64x,
 * norm:Zvkb_Zvkg_Zvkned_Zvknha_Zvksed_Zvksh_Zvks_Zvksc_Zvksg_Zvkt_depZve32x */
START_TEST(bundles)
{
    static const struct {
        const char *isa, *has, *lacks;
    } cases[] = {
        {"zvkn", "zvkned zvknhb zvknha zvkb zvkt zve64x", "zvkg zvbc zvbb zvks zvknc zvkng"},
        {"zvknc", "zvkn zvbc", "zvkg zvkng"},
        {"zvkng", "zvkn zvkg", "zvbc zvknc"},
        {"zvks", "zvksed zvksh zvkb zvkt zve32x", "zve64x zvkg zvbc zvksc zvksg"},
        {"zvksc", "zvks zvbc zve64x", "zvkg zvksg"},
        {"zvksg", "zvks zvkg", "zvbc zve64x"},
        {"zvkned_zvknhb_zvkb_zvkt_zvbc", "zvkn zvknc", "zvkng"},
        {"zvknha", "zve32x", "zve64x zvknhb"},
        {"zvknhb", "zvknha zve64x", "zvkned"},
        {"zvbc", "zve64x", "zvkb"},
        {"zvkg", "zve32x", "zve64x"},
        {"zvkt", "zve32x", "zve64x zvkb"},
        {"zvkng-zvkg", "zvkned zvkn", "zvkng zvkg"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        char isa[96], error[200], list[2][160];
        struct extset set;
        unsigned xlen;
        snprintf(isa, sizeof isa, "rv64imac_%s", cases[i].isa);
        ck_assert_msg(!isa_parse(isa, &xlen, &set, error, sizeof error), "%s", error);
        snprintf(list[0], sizeof list[0], "%s", cases[i].has);
        snprintf(list[1], sizeof list[1], "%s", cases[i].lacks);
        for (unsigned k = 0; k < 2; k++)
            for (char *name = strtok(list[k], " "); name; name = strtok(NULL, " "))
                ck_assert_msg(extset_has(&set, (enum ext)ext_find(name, strlen(name))) == !k,
                              "%s, %s", cases[i].isa, name);
    }
}
END_TEST

/* ---- engines ---- */

static u32 jump_back(unsigned insns)
{
    u32 by = 0u - 4 * insns;
    return 0x6f | (by >> 20 & 1) << 31 | (by >> 1 & 0x3ff) << 21 | (by >> 11 & 1) << 20 |
           (by >> 12 & 0xff) << 12;
}

/* All rows for that SEW one after the other, over and over. */
static struct machine *after_program(const char *engine, unsigned sew)
{
    u32 code[ARRAY_LEN(rows) + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
        if (sew == E32 || rows[i].wide)
            code[n++] =
                with(rows[i].word, 8 + 4 * (i & 1), 16 + 4 * (i & 1), rows[i].word >> 15 & 31);
    code[n] = jump_back(n);
    n++;
    struct machine *m = bare_machine(ISA, engine, code, n);
    struct hart *h = m->hart[0];
    h->mstatus |= MSTATUS_VS;
    configure(h, sew, M4, 8);
    for (unsigned i = 0; i < 32 * vec_bytes(h); i++)
        h->v[i] = (u8)(i * 41 ^ i >> 3);
    hart_resume(h);
    hart_run(h, n * 20 - 3);
    return m;
}

START_TEST(engines_agree)
{
    unsigned sew = _i ? E64 : E32;
    struct machine *plain = after_program("--engine=plain", sew),
                   *fast = after_program("--engine=fast", sew);
    const struct hart *a = plain->hart[0], *b = fast->hart[0];
    ck_assert_uint_eq(a->mcause, 0);
    ck_assert_uint_eq(a->pc, b->pc);
    ck_assert_mem_eq(a->v, b->v, 32 * vec_bytes(a));
    machine_free(plain);
    machine_free(fast);
}
END_TEST

/* vl is no part of what code is decoded for, but part of the rules. */
START_TEST(other_vl_of_the_same_code)
{
    static const u32 code[] = {0xa3012477, 0x6f}; /* vaesem.vv, j . */
    struct machine *m = bare_machine(ISA, _i & 1 ? "--engine=plain" : "--engine=fast", code, 2);
    struct hart *h = m->hart[0];
    h->mstatus |= MSTATUS_VS;
    for (unsigned round = 0; round < 6; round++) {
        bool bad = (round ^ (unsigned)_i >> 1) & 1;
        configure(h, E32, M4, bad ? 6 : 8);
        h->v[VD * vec_bytes(h)] = 0x77;
        h->pc = RAM_BASE;
        h->mcause = 0;
        hart_resume(h);
        hart_run(h, 1);
        ck_assert_uint_eq(h->mcause, bad ? 2 : 0);
        ck_assert_uint_eq(h->pc == RAM_BASE + 4, !bad);
        ck_assert_uint_eq(h->v[VD * vec_bytes(h)] == 0x77, bad);
    }
    machine_free(m);
}
END_TEST

/* What is behind the last group; nothing if there is none. */
START_TEST(tails)
{
    struct machine *m = vector_machine(ISA, "--v-agnostic=ones");
    struct hart *h = m->hart[0];
    for (const struct row *r = rows; r < rows + ARRAY_LEN(rows); r++) {
        unsigned row;
        struct op op = decode(h, r->word, &row);
        memset(h->v, 0, 32 * vec_bytes(h));
        configure(h, E32, M2, 8);
        h->vtype |= VTYPE_VTA;
        ck_assert_int_eq(vec_execute(h, &op, row), 0);
        ck_assert_uint_eq(get(h, h->v, VD, E32, 8), 0xffffffff);
        ck_assert_uint_eq(get(h, h->v, VD, E32, 2 * vec_bytes(h) / 4 - 1), 0xffffffff);
        ck_assert_uint_eq(get(h, h->v, VD + 2, E32, 0), 0);
        memset(h->v, 0, 32 * vec_bytes(h));
        configure(h, E32, M2, 0);
        h->vtype |= VTYPE_VTA;
        ck_assert_int_eq(vec_execute(h, &op, row), 0);
        ck_assert_uint_eq(get(h, h->v, VD, E32, 8), 0);
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_crypto_rules");
    TCase *tc = tcase_create("rules");
    tcase_add_loop_test(tc, widths_and_sizes, 0, (int)ARRAY_LEN(lengths));
    tcase_add_test(tc, whole_groups);
    tcase_add_test(tc, overlaps);
    tcase_add_test(tc, one_group);
    tcase_add_test(tc, extensions);
    tcase_add_test(tc, bundles);
    tcase_add_test(tc, tails);
    suite_add_tcase(suite, tc);
    tc = tcase_create("engines");
    tcase_add_loop_test(tc, engines_agree, 0, 2);
    tcase_add_loop_test(tc, other_vl_of_the_same_code, 0, 4);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
