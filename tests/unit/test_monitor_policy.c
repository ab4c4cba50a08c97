/* The policy screen: what menvcfg and henvcfg make of a trap stands below it. */
#include "cpu/fields.h"
#include "monitor/fields.h"
#include "monitor_bench.h"
#include "run_suite.h"

static struct bench b;

static void start(const char *isa)
{
    const char *args[] = {isa};
    bench_open(&b, 1, args);
}

/* Does a line below a trap say of the register that the field has this value? Those at the end of
 * the screen do not count. */
static bool is_told(const char *csr, const char *field, const char *value)
{
    char line[1024], part[64];
    snprintf(part, sizeof part, " %s=%s: ", field, value);
    for (const char *at = b.text; *at; at += strcspn(at, "\n") + (strchr(at, '\n') != NULL)) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        if (strncmp(line, "   ", 3) == 0 && strncmp(line + 3, csr, strlen(csr)) == 0 &&
            strstr(line, part))
            return true;
    }
    return false;
}

static void policy(void)
{
    ck_assert_int_eq(bench_run(&b, "policy"), 0);
}

/* Sets (set: 1) or clears all of menvcfg and henvcfg. */
static void set_all(unsigned set)
{
    static const u16 csrs[] = {CSR_menvcfg, CSR_menvcfgh, CSR_henvcfg, CSR_henvcfgh};
    for (size_t i = 0; i < ARRAY_LEN(csrs); i++)
        csr_poke(b.h, csrs[i], set ? ~0ull : 0);
    policy();
}

/* Every field of the two decides about some trap, but for these. */
static bool decides_nothing(const char *field)
{
    return !strcmp(field, "FIOM") || !strcmp(field, "PMM") || !strcmp(field, "CDE");
}

static void check_register(unsigned csr, const char *name)
{
    char text[32];
    u64 value;
    for (struct field_part p = {0}; csr_next_field(b.h, csr, &p);) {
        if (decides_nothing(p.f->name) || !field_exists(b.h, p.f) || csr_peek(b.h, csr, &value))
            continue;
        field_text(p.f, b.h, part_value(&p, value), text, sizeof text);
        ck_assert_msg(is_told(name, p.f->name, text), "%s.%s=%s is in no row", name, p.f->name,
                      text);
    }
}

START_TEST(every_field_stands_at_its_trap)
{
    static const char *const isas[] = {"--isa=rv64max", "--isa=rv32max"};
    start(isas[_i]);
    for (unsigned set = 0; set < 2; set++) {
        set_all(set);
        check_register(CSR_menvcfg, "menvcfg");
        check_register(CSR_henvcfg, "henvcfg");
        if (_i == 1) {
            check_register(CSR_menvcfgh, "menvcfg");
            check_register(CSR_henvcfgh, "henvcfg");
        }
    }
    bench_close(&b);
}
END_TEST

START_TEST(what_is_said_follows_the_field)
{
    start("--isa=rv64max");
    set_all(0);
    expect(&b, "   menvcfg SSE=0: ssp and shadow-stack AMOs trap; CBIE=trap: CBO.INVAL traps");
    expect(&b, "   henvcfg STCE=0: only hvip raises it");
    set_all(1);
    expect(&b, "CBZE=1: CBO.ZERO does not; STCE=1: stimecmp does not\n");
    expect(&b, "   henvcfg STCE=1: vstimecmp raises it, too\n");
    bench_close(&b);
}
END_TEST

/* Nothing is said of what the hart has not got. */
START_TEST(nothing_about_what_is_absent)
{
    start("--isa=rv64imasu_zicsr_zicboz");
    policy();
    expect(&b, "   menvcfg CBZE=0: CBO.ZERO traps\n");
    ck_assert_ptr_null(strstr(b.text, "henvcfg"));
    ck_assert_ptr_null(strstr(b.text, "virtual"));
    ck_assert_ptr_null(strstr(b.text, "ADUE"));
    bench_close(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("monitor, policy");
    TCase *t = tcase_create("policy");
    tcase_add_loop_test(t, every_field_stands_at_its_trap, 0, 2);
    tcase_add_test(t, what_is_said_follows_the_field);
    tcase_add_test(t, nothing_about_what_is_absent);
    suite_add_tcase(s, t);
    return run_suite(s);
}
