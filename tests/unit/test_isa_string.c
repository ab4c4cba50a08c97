/* ISA strings: what is accepted, what it expands to, and what is refused with which words. */
#include "run_suite.h"
#include "cpu/ext.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned xlen;
static struct extset set;
static char err[256];

static int parse(const char *text)
{
    err[0] = '\0';
    return isa_parse(text, &xlen, &set, err, sizeof err);
}

#define HAS(e) extset_has(&set, EXT_##e)

static const char *printed(void)
{
    static char buf[1024];
    return isa_string(&set, xlen, buf, sizeof buf);
}

START_TEST(letters_and_g)
{
    ck_assert_msg(parse("rv64gc") == 0, "%s", err);
    ck_assert_uint_eq(xlen, 64);
    ck_assert(HAS(I) && HAS(M) && HAS(A) && HAS(F) && HAS(D) && HAS(C));
    ck_assert(HAS(Zicsr) && HAS(Zifencei) && HAS(Zca) && HAS(Zcd) && !HAS(Zcf));
    ck_assert(HAS(Zaamo) && HAS(Zalrsc) && HAS(Zmmul));
    ck_assert(!HAS(H) && !HAS(Zba) && !HAS(Sstc) && !HAS(Zicntr));
    ck_assert_int_eq(parse("RV32IMAC"), 0);
    ck_assert_uint_eq(xlen, 32);
    ck_assert(HAS(C) && !HAS(F) && !HAS(Zcf));
    ck_assert_int_eq(parse("rv32imafc"), 0);
    ck_assert(HAS(Zcf) && !HAS(Zcd));
}
END_TEST

START_TEST(implied)
{
    ck_assert_int_eq(parse("rv64imad"), 0);
    ck_assert(HAS(F));
    ck_assert_int_eq(parse("rv64ih"), 0);
    ck_assert(HAS(S) && HAS(U));
    ck_assert_int_eq(parse("rv64i_zba_zbb_zbs"), 0);
    ck_assert(HAS(B));
    ck_assert_int_eq(parse("rv64i_zk"), 0);
    ck_assert(HAS(Zkn) && HAS(Zkne) && HAS(Zbkx) && HAS(Zkr) && HAS(Zkt));
    ck_assert_int_eq(parse("rv64i_sha"), 0);
    ck_assert(HAS(H) && HAS(Shgatpa) && HAS(Ssstateen));
    ck_assert_int_eq(parse("rv64is_smstateen"), 0);
    ck_assert(HAS(Ssstateen));
    ck_assert_int_eq(parse("rv64iu_smstateen"), 0);
    ck_assert(!HAS(Ssstateen) && !HAS(S));
    ck_assert_int_eq(parse("rv32imac_smaia"), 0);
    ck_assert(HAS(Smaia) && HAS(Ssaia) && !HAS(Sscsrind));
    ck_assert_int_eq(parse("rv64imacu_smaia"), 0);
    ck_assert(HAS(Smaia) && !HAS(Ssaia));
    ck_assert_int_eq(parse("rv64imac_ssaia"), 0);
    ck_assert(HAS(Ssaia) && !HAS(Smaia));
    ck_assert_int_eq(parse("rv64imafd_zca"), 0);
    ck_assert(!HAS(C));
    ck_assert_int_eq(parse("rv64imac_supm"), 0);
    ck_assert(HAS(Ssnpm));
    ck_assert_int_eq(parse("rv64imach_supm"), 0); /* H has S */
    ck_assert(HAS(Ssnpm) && !HAS(Smnpm));
}
END_TEST

static const struct {
    enum ext e;
    const char *names;
} needs[] = {
#define NEEDS(e, names) {EXT_##e, names},
#include "ext_needs.def"
#undef NEEDS
};

static const char *needs_of(enum ext e)
{
    for (size_t i = 0; i < ARRAY_LEN(needs); i++)
        if (needs[i].e == e)
            return needs[i].names;
    return "";
}

static bool among(const char *name, const char *names)
{
    size_t len = strlen(name);
    for (const char *at = names; (at = strstr(at, name)); at++)
        if ((at == names || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
            return true;
    return false;
}

/* An extension asked for alone comes with what it needs, and nothing else. Where there is S-mode,
 * Bare is said, so that no paging is left unsaid. */
START_TEST(an_extension_comes_with_what_it_needs)
{
    for (enum ext e = EXT_I + 1; e < EXT_COUNT; e++) {
        bool rv32 = e == EXT_Sv32 || e == EXT_Zcf || e == EXT_Zilsd || e == EXT_Zclsd;
        bool s_mode = e == EXT_S || among("S", needs_of(e));
        char isa[64];
        snprintf(isa, sizeof isa, "rv%ui_u%s_%s", rv32 ? 32 : 64, s_mode ? "_svbare" : "",
                 ext_table[e].name);
        ck_assert_msg(parse(isa) == 0, "%s: %s", isa, err);
        ck_assert_msg(extset_has(&set, e) && HAS(U) && HAS(Zicsr), "%s", isa);
        for (enum ext other = EXT_I + 1; other < EXT_COUNT; other++) {
            if (other == e || other == EXT_U || other == EXT_Zicsr || other == EXT_C ||
                other == EXT_Svbare)
                continue;
            bool want = among(ext_table[other].name, needs_of(e));
            ck_assert_msg(extset_has(&set, other) == want, "%s: %s is %s", isa,
                          ext_table[other].name, want ? "missing" : "there");
        }
    }
}
END_TEST

/* Without what it needs an extension is gone. (Where there is S-mode Supm needs Ssnpm.) */
START_TEST(an_extension_goes_with_what_it_needs)
{
    for (enum ext gone = EXT_I + 1; gone < EXT_COUNT; gone++) {
        char isa[64];
        snprintf(isa, sizeof isa, "rv64max_smrnmi_smdbltrp-%s", ext_table[gone].name);
        if (parse(isa))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(needs); i++)
            ck_assert_msg(!among(ext_table[gone].name, needs[i].names) ||
                              !extset_has(&set, needs[i].e) || needs[i].e == EXT_Supm,
                          "%s has %s", isa, ext_table[needs[i].e].name);
    }
}
END_TEST

START_TEST(vectors)
{
    ck_assert_msg(parse("rv64gcv") == 0, "%s", err);
    ck_assert(HAS(V) && HAS(Zve64d) && HAS(Zvl128b) && !HAS(Zvl256b) && !HAS(Zvfhmin));
    ck_assert_ptr_eq(strstr(printed(), "rv64imafdcv_"), printed());
    ck_assert_int_eq(parse("rv64gc_zve64d_zvl128b"), 0); /* without vmulh of 64 bits */
    ck_assert(!HAS(V));
    ck_assert_int_eq(parse("rv64gcv-d"), 0);
    ck_assert(!HAS(V) && !HAS(Zve64d) && HAS(Zve64f));
    ck_assert_int_eq(parse("rv32imafdv_h"), 0);
    ck_assert(HAS(V) && HAS(H));
    ck_assert_int_eq(parse("rv64max"), 0);
    ck_assert(!HAS(V));
}
END_TEST

START_TEST(modes_and_paging_unsaid)
{
    ck_assert_int_eq(parse("rv64imac"), 0);
    ck_assert(HAS(S) && HAS(U) && HAS(Sv39) && HAS(Sv48) && HAS(Sv57) && HAS(Svbare));
    ck_assert_int_eq(parse("rv32imac"), 0);
    ck_assert(HAS(Sv32) && !HAS(Sv39));
    ck_assert_int_eq(parse("rv64imacsu_sv39"), 0);
    ck_assert(HAS(S) && HAS(Sv39) && !HAS(Sv48));
    ck_assert_int_eq(parse("rv64imac_u"), 0);
    ck_assert(HAS(U) && !HAS(S) && !HAS(Sv39));
    ck_assert_int_eq(parse("rv64imac-u"), 0);
    ck_assert(!HAS(U) && !HAS(S));
    ck_assert_int_eq(parse("rv64imafdcsuh"), 0);
    ck_assert(HAS(H));
    ck_assert_int_eq(parse("rv64gcsv48"), 0);
    ck_assert(HAS(Sv48) && HAS(Sv39) && !HAS(Sv57));
}
END_TEST

START_TEST(versions)
{
    ck_assert_msg(parse("rv64i2p1m2p0a2_zicsr2p0_zic64b1p0_sv39_svrsw60t59b") == 0, "%s", err);
    ck_assert(HAS(M) && HAS(Zic64b) && HAS(Svrsw60t59b));
    ck_assert_msg(parse("rv64imac_sm1p12_ss1p13") == 0, "%s", err);
    ck_assert(HAS(S));
    ck_assert_int_eq(parse("rv64i_zicsr9p9"), -1);
    ck_assert_ptr_nonnull(strstr(err, "2.0"));
    ck_assert_int_eq(parse("rv64i_ss1p14"), -1);
}
END_TEST

START_TEST(take_out)
{
    ck_assert_msg(parse("rv64max-sstc-zcd") == 0, "%s", err);
    ck_assert(!HAS(Sstc) && !HAS(Zcd) && !HAS(C) && HAS(Zca) && HAS(H) && HAS(D));
    ck_assert_msg(parse("rv64max-zknd") == 0, "%s", err); /* not its bundle's other parts */
    ck_assert(!HAS(Zknd) && !HAS(Zkn) && !HAS(Zk) && HAS(Zkne) && HAS(Zbkx) && HAS(Zkr));
    ck_assert_msg(parse("rv64max-zkn") == 0, "%s", err);
    ck_assert(!HAS(Zknd) && !HAS(Zkne) && !HAS(Zbkx) && !HAS(Zk) && HAS(Zkr));
    ck_assert_msg(parse("rv64max-zcd_zcmp_zcmt") == 0, "%s", err);
    ck_assert(HAS(Zcmp) && HAS(Zcmt));
    ck_assert_int_eq(parse("rv64max-ssaia"), 0);
    ck_assert(!HAS(Ssaia) && !HAS(Smaia) && HAS(Smcsrind));
    ck_assert_int_eq(parse("rv64max-smaia"), 0);
    ck_assert(HAS(Ssaia) && !HAS(Smaia));
    ck_assert_int_eq(parse("rv64max-ssstateen"), 0);
    ck_assert(!HAS(Ssstateen) && !HAS(Smstateen) && !HAS(Sha));
    ck_assert_int_eq(parse("rv64max-s"), 0);
    ck_assert(HAS(Smaia) && !HAS(Ssaia) && !HAS(S));
    ck_assert_int_eq(parse("rv64max-h"), 0);
    ck_assert(!HAS(H) && !HAS(Sha) && !HAS(Shtvala) && HAS(S));
    ck_assert_int_eq(parse("rv64gc-c"), 0);
    ck_assert(!HAS(C) && !HAS(Zca) && !HAS(Zcd));
    ck_assert_int_eq(parse("rv64gc-m-a"), 0);
    ck_assert(!HAS(M) && !HAS(Zmmul) && !HAS(A) && !HAS(Zaamo) && !HAS(Zalrsc));
    ck_assert_int_eq(parse("rv64gc-f"), 0);
    ck_assert(!HAS(D) && !HAS(Zcd) && HAS(C));
    ck_assert_int_eq(parse("rv64gc-zicsr"), -1);
}
END_TEST

/* A name led by '-' says nothing of the modes and the paging that the string leaves unsaid. */
START_TEST(taking_out_keeps_the_rest)
{
    static const struct {
        const char *with, *without;
        enum ext gone;
    } same[] = {
        {"rv64gch", "rv64gc-h_zba", EXT_H},
        {"rv64imac_sstc", "rv64imac-sstc", EXT_Sstc},
        {"rv64gcsu", "rv64gcsu-sv57", EXT_Sv57},
        {"rv64gc", "rv64gc-sv57", EXT_Sv57},
        {"rv32imac", "rv32imac-svadu", EXT_Svadu},
        {"rv64gc_svnapot", "rv64gc-svnapot", EXT_Svnapot},
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        ck_assert_int_eq(parse(same[i].with), 0);
        struct extset with = set;
        ck_assert_int_eq(parse(same[i].without), 0);
        ck_assert_msg(!extset_has(&set, same[i].gone), "%s", same[i].without);
        for (int e = 0; e < EXT_COUNT; e++) {
            bool paging = e == EXT_S || e == EXT_U || e == EXT_Svbare || e == EXT_Sv32 ||
                          e == EXT_Sv39 || e == EXT_Sv48;
            ck_assert_msg(!paging ||
                              extset_has(&set, (enum ext)e) == extset_has(&with, (enum ext)e),
                          "%s: %s", same[i].without, ext_table[e].name);
        }
    }
    ck_assert_int_eq(parse("rv64gc-sv39"), 0);
    ck_assert(HAS(S) && HAS(Svbare) && !HAS(Sv39) && !HAS(Sv48) && !HAS(Sv57));
    ck_assert_int_eq(parse("rv64gc-u"), 0);
    ck_assert(!HAS(S) && !HAS(U) && !HAS(Svbare));
}
END_TEST

/* Of "everything" what a name excludes goes, and is said; what was named itself stays a mistake. */
START_TEST(what_excludes_goes)
{
    ck_assert_int_eq(parse("rv64max_zcmt"), 0);
    ck_assert(HAS(Zcmt) && !HAS(Zcd) && !HAS(C) && HAS(Zca) && HAS(D));
    ck_assert_ptr_nonnull(strstr(err, "Zcmt uses the encodings of Zcd, which is left out"));
    ck_assert_int_eq(parse("rv32max_zcmp"), 0);
    ck_assert(HAS(Zcmp) && HAS(Zcf) && !HAS(Zcd));
    ck_assert_int_eq(parse("rv64max"), 0);
    ck_assert_str_eq(err, "");
    ck_assert_int_eq(parse("rv64gc_zcmt"), -1);
}
END_TEST

/* Floating point in x registers takes the place of F. */
START_TEST(float_in_x)
{
    ck_assert_msg(parse("rv64imac_zdinx_zhinx") == 0, "%s", err);
    ck_assert(HAS(Zfinx) && HAS(Zdinx) && HAS(Zhinx) && HAS(Zhinxmin) && !HAS(F) && HAS(C));
    ck_assert_msg(parse("rv64gc_zhinxmin-f") == 0, "%s", err);
    ck_assert(HAS(Zfinx) && !HAS(Zhinx) && !HAS(F) && !HAS(D) && HAS(C));
    ck_assert_int_eq(parse("rv64max_zdinx"), 0);
    ck_assert(HAS(Zdinx) && !HAS(F) && !HAS(Zfh) && !HAS(Zcd) && HAS(H));
    ck_assert_ptr_nonnull(strstr(err, "F, which is left out"));
}
END_TEST

/* Bundles, pairs and the smaller base. */
START_TEST(small_bases)
{
    ck_assert_msg(parse("rv32imaf_zce") == 0, "%s", err);
    ck_assert(HAS(Zcb) && HAS(Zcmp) && HAS(Zcmt) && HAS(Zcf) && HAS(C));
    ck_assert_int_eq(parse("rv32imac_zclsd"), 0);
    ck_assert(HAS(Zilsd) && HAS(Zclsd) && !HAS(Zcf));
    ck_assert_int_eq(parse("rv32max_zclsd"), 0);
    ck_assert(HAS(Zclsd) && !HAS(Zcf) && HAS(F));
    ck_assert_msg(parse("rv32emc_zicsr") == 0, "%s", err);
    ck_assert(HAS(E) && HAS(M) && HAS(S) && !HAS(H));
    ck_assert_ptr_eq(strstr(printed(), "rv32emc"), printed());
    ck_assert_int_eq(parse("rv64max_smcdeleg_smctr"), 0);
    ck_assert(HAS(Ssccfg) && HAS(Ssctr));
    ck_assert_int_eq(parse("rv64imac_ssccfg"), 0);
    ck_assert(HAS(Smcdeleg) && HAS(Sscsrind));
}
END_TEST

START_TEST(profile_names)
{
    ck_assert_msg(parse("rva22s64") == 0, "%s", err);
    ck_assert(HAS(Sv39) && HAS(Svpbmt) && HAS(Zba) && HAS(Zfhmin) && HAS(Zicntr) && HAS(C));
    ck_assert(!HAS(Sv48) && !HAS(H));
    ck_assert_msg(parse("RVA20U64_zfh") == 0, "%s", err);
    ck_assert(HAS(Zfh));
}
END_TEST

/* What the profiles make mandatory. Versions of the privileged architecture are no extensions. */
#define RVA20U64 "M A F D C Zicsr Zicntr Ziccif Ziccrse Ziccamoa Za128rs Zicclsm "
#define U64_2022 "Zihpm Za64rs Zihintpause Zba Zbb Zbs Zic64b Zicbom Zicbop Zicboz Zkt "
#define U64_2023 "B Zihintntl Zicond Zimop Zcmop Zcb Zfa Zawrs "
#define RVA20S64 "Zifencei Svbare Sv39 Svade Ssccptr Sstvecd Sstvala "
#define S64_2022 "Sscounterenw Svpbmt Svinval "
#define S64_2023 "Svnapot Sstc Sscofpmf Ssu64xl "
#define RVA22U64 RVA20U64 U64_2022 "Zfhmin "
#define RVA23U64 RVA22U64 U64_2023 "V Zvfhmin Zvbb Zvkt Supm "
#define RVB23U64 RVA20U64 U64_2022 U64_2023
static const struct {
    const char *name, *mandatory, *optional;
} profiles[] = {
    {"rva20u64", RVA20U64, "Zba Zihpm Zfhmin V"},
    {"rva20s64", RVA20U64 RVA20S64, "Svpbmt Sv48 H"},
    {"rva22u64", RVA22U64, "Zfh V Zicond"},
    {"rva22s64", RVA22U64 RVA20S64 S64_2022, "H Sstc Sv48"},
    {"rva23u64", RVA23U64, "Zvbc Zvfh Zacas Zkn"},
    {"rva23s64", RVA23U64 RVA20S64 S64_2022 S64_2023 "Ssnpm Sha H", "Svadu Sv48 Zicfiss Zvfh"},
    {"rvb23u64", RVB23U64, "Zfhmin V Supm"},
    {"rvb23s64", RVB23U64 RVA20S64 S64_2022 S64_2023, "H Ssnpm V Sv48"},
};

START_TEST(profiles_have_what_is_mandatory)
{
    ck_assert_msg(parse(profiles[_i].name) == 0, "%s", err);
    for (enum ext e = EXT_I; e < EXT_COUNT; e++) {
        const char *name = ext_table[e].name;
        ck_assert_msg(!among(name, profiles[_i].mandatory) || extset_has(&set, e), "%s", name);
        ck_assert_msg(!among(name, profiles[_i].optional) || !extset_has(&set, e), "%s", name);
    }
}
END_TEST

/* Each refusal names the part it is about. */
static const struct {
    const char *text, *part;
} bad[] = {
    {"", "rv32"},
    {"rv128i", "rv32"},
    {"rv64", "i, e or g"},
    {"rv64mac", "i, e or g"},
    {"rv32eh", "16 registers"},
    {"rv64gc_zfinx", "excludes F"},
    {"rv64imadc_zdinx", "excludes F"},
    {"rv32imafc_zclsd", "Zcf, which C with F includes"},
    {"rv64imac_zilsd", "RV32"},
    {"rv64imafdc_zce", "Zcd"},
    {"rv64gc_zvfoo", "vectors"},
    {"rv64gc_zfoo", "unknown extension 'zfoo'"},
    {"rv64gcy", "unknown extension 'y'"},
    {"rv64gcxfoo", "xfoo"},
    {"rv64g__zba", "empty"},
    {"rv64g c", "' '"},
    {"rv64gc_zcmp", "Zcd"},
    {"rv64gc_zcmt", "C with D"},
    {"rv64gc_zcf", "RV32"},
    {"rv64gc_sv32", "RV32"},
    {"rv32gc_sv57", "Sv57"},
    {"rv32gc_smnpm", "RV64"},
    {"rv32gc_svpbmt", "Svpbmt"},
};

START_TEST(refused)
{
    ck_assert_int_eq(parse(bad[_i].text), -1);
    ck_assert_msg(strstr(err, bad[_i].part) != NULL, "'%s' gave: %s", bad[_i].text, err);
    ck_assert_ptr_null(strchr(err, '\n'));
}
END_TEST

/* Printing and parsing again gives the same set, for the defaults and some others. */
static const char *const round_trip[] = {"rv64max",      "rv32max",      "rv64gc",
                                         "rv32imac_zba", "rva22s64",     "rv32ema_zfinx",
                                         "rv32imaf_zce", "rv64gcv_zvfh", "rva23s64"};

START_TEST(printed_parses_back)
{
    ck_assert_msg(parse(round_trip[_i]) == 0, "%s", err);
    struct extset before = set;
    char text[1024];
    strcpy(text, printed());
    ck_assert_msg(parse(text) == 0, "%s: %s", text, err);
    ck_assert_msg(memcmp(&before, &set, sizeof set) == 0, "%s gave %s", text, printed());
}
END_TEST

START_TEST(printed_form)
{
    ck_assert_int_eq(parse("rv64imafdch_sstc_zba_sv39"), 0);
    ck_assert_str_eq(printed(), "rv64imafdch_zicsr_zmmul_zaamo_zalrsc_zca_zcd_zba_sstc_sv39");
    char small[8];
    ck_assert_str_eq(isa_string(&set, 64, small, sizeof small), "rv64ima");
}
END_TEST

START_TEST(defaults_are_closed_and_consistent)
{
    struct extset d64 = isa_default(64), d32 = isa_default(32);
    ck_assert(extset_has(&d64, EXT_H) && extset_has(&d32, EXT_H));
    ck_assert(extset_has(&d64, EXT_Sv57) && !extset_has(&d64, EXT_Sv32));
    ck_assert(extset_has(&d32, EXT_Sv32) && !extset_has(&d32, EXT_Sv39));
    ck_assert(!extset_has(&d64, EXT_Zcmp) && !extset_has(&d64, EXT_Smrnmi));
    ck_assert(extset_has(&d32, EXT_Zcf) && !extset_has(&d64, EXT_Zcf));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("isa_string");
    tcase_add_test(tc, letters_and_g);
    tcase_add_test(tc, implied);
    tcase_add_test(tc, an_extension_comes_with_what_it_needs);
    tcase_add_test(tc, an_extension_goes_with_what_it_needs);
    tcase_add_test(tc, vectors);
    tcase_add_test(tc, modes_and_paging_unsaid);
    tcase_add_test(tc, versions);
    tcase_add_test(tc, take_out);
    tcase_add_test(tc, taking_out_keeps_the_rest);
    tcase_add_test(tc, what_excludes_goes);
    tcase_add_test(tc, float_in_x);
    tcase_add_test(tc, small_bases);
    tcase_add_test(tc, profile_names);
    tcase_add_loop_test(tc, profiles_have_what_is_mandatory, 0, ARRAY_LEN(profiles));
    tcase_add_loop_test(tc, refused, 0, ARRAY_LEN(bad));
    tcase_add_loop_test(tc, printed_parses_back, 0, ARRAY_LEN(round_trip));
    tcase_add_test(tc, printed_form);
    tcase_add_test(tc, defaults_are_closed_and_consistent);
    Suite *s = suite_create("isa_string");
    suite_add_tcase(s, tc);
    return run_suite(s);
}
