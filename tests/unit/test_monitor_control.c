/* Breakpoints, watchpoints and catchpoints at exact instructions, in both engines; views of memory;
 * expressions. */
#include "monitor/names.h"
#include "run_suite.h"
#include "monitor_bench.h"

static struct bench b;

/* A loop: 0 addi a0,a0,1; 4 sd a0,0(a1); 8 ld a2,0(a1); 12 bne a0,a3,CODE; 16 ecall; 20 j . */
static void load_loop(void)
{
    static const u32 code[] = {0x00150513, 0x00a5b023, 0x0005b603,
                               0xfed51ae3, 0x00000073, 0x0000006f};
    for (unsigned i = 0; i < ARRAY_LEN(code); i++)
        put32(&b, CODE + 4 * i, code[i]);
    b.h->x[11] = DATA;
    b.h->x[13] = 1000;
}

static void setup(void)
{
    bench_open(&b, 0, NULL);
    bench_open_up(&b);
    load_loop();
}

static void setup_plain(void)
{
    static const char *const args[] = {"--engine=plain"};
    bench_open(&b, 1, args);
    bench_open_up(&b);
    load_loop();
}

static void teardown(void)
{
    bench_close(&b);
}

static void run(const char *line)
{
    ck_assert_msg(bench_run(&b, line) == 0, "%s: %s", line, b.text);
}

START_TEST(test_break)
{
    run("break 0x80001008");
    run("continue");
    ck_assert_uint_eq(b.h->pc, CODE + 8);
    ck_assert_uint_eq(b.h->x[10], 1);
    run("continue");
    ck_assert_uint_eq(b.h->x[10], 2);
    run("continue 10"); /* passes it nine times */
    ck_assert_uint_eq(b.h->x[10], 12);
    run("step 4"); /* once round */
    ck_assert_uint_eq(b.h->pc, CODE + 8);
    ck_assert_uint_eq(b.h->x[10], 13);
    run("disable");
    run("tbreak 0x80001010");
    run("continue");
    ck_assert_uint_eq(b.h->pc, CODE + 16);
    ck_assert_uint_eq(b.h->x[10], 1000);
    ck_assert_uint_eq(b.h->clock, 4000);
    run("list");
    expect(&b, "disabled");
    ck_assert_ptr_null(strstr(b.text, "(once)"));
}
END_TEST

START_TEST(test_condition)
{
    run("break 0x80001004 if a0 == 500 && [a1] == 499");
    run("continue");
    ck_assert_uint_eq(b.h->x[10], 500);
    ck_assert_uint_eq(b.h->pc, CODE + 4);
    ck_assert_uint_eq(b.h->clock, 499 * 4 + 1);
    ck_assert_int_eq(bench_run(&b, "break 0x80001004 if nothing"), -1);
}
END_TEST

/* The same address in two modes. */
START_TEST(test_mode)
{
    csr_poke(b.h, CSR_mtvec, CODE);
    bench_mode(&b, MODE_S);
    csr_poke(b.h, CSR_medeleg, 0);
    b.h->x[13] = 3;
    run("break 0x80001000 --mode=M");
    run("continue");
    ck_assert_uint_eq(b.h->mode, MODE_M);
    ck_assert_uint_eq(b.h->pc, CODE);
    ck_assert_uint_eq(b.h->x[10], 3);
}
END_TEST

START_TEST(test_watch)
{
    run("watch pa:0x80030000 --len=4 if a0 == 7");
    run("continue");
    expect(&b, "0x6 -> 0x7");
    ck_assert_uint_eq(b.h->pc, CODE + 8);
    run("delete");
    run("rwatch 0x80030004 --len=1");
    run("continue");
    expect(&b, "read 0x0");
    ck_assert_uint_eq(b.h->pc, CODE + 12);
    run("delete");
    run("watch 0x80030008"); /* the next doubleword: never */
    run("tbreak 0x80001010");
    run("continue");
    ck_assert_uint_eq(b.h->pc, CODE + 16);
}
END_TEST

START_TEST(test_watch_gpa)
{
    bench_tables(&b, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    csr_poke(b.h, CSR_vsatp, 8ull << 60 | S_ROOT >> 12);
    csr_poke(b.h, CSR_hgatp, 8ull << 60 | 3ull << 44 | G_ROOT >> 12);
    bench_mode(&b, MODE_VS);
    b.h->x[11] = 0x1000;
    run("watch gpa:0x2000 --vmid=4");
    run("watch gpa:0x2000 --vmid=3 if a0 == 5");
    run("continue");
    expect(&b, "2: watch gpa:0x2000");
    expect(&b, "0x4 -> 0x5");
    ck_assert_uint_eq(b.h->x[10], 5);
    run("x/xg gpa:0x2000");
    expect(&b, "0x0000000000000005");
    run("x/xg pa:0x80030000");
    expect(&b, "0x0000000000000005");
    run("write 0x1000 0x77");
    ck_assert_uint_eq(get64(&b, DATA), 0x77);
    ck_assert_int_eq(bench_run(&b, "x gpa:0x3000"), -1);
    expect(&b, "is not mapped");
}
END_TEST

START_TEST(test_watch_csr)
{
    run("watch csr:mscratch");
    put32(&b, CODE + 16, 0x34051073); /* csrw mscratch,a0 */
    run("continue");
    expect(&b, "0x0 -> 0x3e8");
    ck_assert_uint_eq(b.h->pc, CODE + 20);
}
END_TEST

/* Every kind of point with every limit: it stops where the limit says, and not elsewhere. */
static const char *const kinds[] = {"break 0x80001008", "watch 0x1000",        "rwatch 0x1000",
                                    "awatch 0x1000",    "watch gpa:0x2000",    "rwatch gpa:0x2000",
                                    "catch trap 10",    "watch pa:0x80030000", "catch sbi 0x99",
                                    "catch trap"};
static const char *const limits[][2] = {{"--mode=VS", "--mode=VU+HS"},
                                        {"--vmid=3", "--vmid=4"},
                                        {"--asid=5", "--asid=6"},
                                        {"--hart=0", "--hart=1"},
                                        {"if a7 == 0x99", "if a7 == 0x98"}};

START_TEST(test_limits)
{
    char line[100];
    struct bench c;
    static const char *const args[] = {"--harts=2"};
    const char *kind = kinds[_i / 2 / (int)ARRAY_LEN(limits)];
    const char *limit = limits[_i / 2 % (int)ARRAY_LEN(limits)][_i & 1];
    bench_open(&c, 1, args);
    bench_open_up(&c);
    c.m->hart[1]->wait = WAIT_STOPPED;
    bench_tables(&c, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    memcpy(c.m->ram->host + (CODE - RAM_BASE), b.m->ram->host + (CODE - RAM_BASE), 64);
    csr_poke(c.h, CSR_vsatp, 8ull << 60 | 5ull << 44 | S_ROOT >> 12);
    csr_poke(c.h, CSR_hgatp, 8ull << 60 | 3ull << 44 | G_ROOT >> 12);
    bench_mode(&c, MODE_VS);
    c.h->x[11] = 0x1000;
    c.h->x[13] = 3;
    c.h->x[17] = 0x99;
    snprintf(line, sizeof line, "%s %s", kind, limit);
    ck_assert_msg(bench_run(&c, line) == 0, "%s: %s", line, c.text);
    bench_run(&c, "break 0x80002000 --mode=HS");
    bench_run(&c, "continue");
    ck_assert_msg(strncmp(c.text, _i & 1 ? "2: " : "1: ", 3) == 0, "%s:\n%s", line, c.text);
    if (!(_i & 1) && strncmp(kind, "catch", 5) != 0) { /* passes it twice more: the third time */
        ck_assert_uint_eq(c.h->x[10], 1);
        bench_run(&c, "ignore 1 1");
        bench_run(&c, "continue");
        ck_assert_uint_eq(c.h->x[10], *kind == 'a' ? 2 : 3);
    }
    bench_close(&c);
}
END_TEST

/* The same two harts, the limit on the second. */
START_TEST(test_second_hart)
{
    struct bench c;
    static const char *const args[] = {"--harts=2"};
    bench_open(&c, 1, args);
    memcpy(c.m->ram->host + (CODE - RAM_BASE), b.m->ram->host + (CODE - RAM_BASE), 64);
    for (unsigned i = 0; i < 2; i++) {
        c.m->hart[i]->pc = CODE;
        c.m->hart[i]->x[11] = DATA + 64 * i;
        c.m->hart[i]->x[13] = 1000;
    }
    bench_run(&c, "break 0x80001008 --hart=1");
    bench_run(&c, "continue");
    expect(&c, "hart 1 M-mode");
    ck_assert_ptr_eq(c.mon->c->focus, c.m->hart[1]);
    u64 before = c.h->clock;
    ck_assert_int_eq(bench_run(&c, "continue --hart=1"), 0);
    ck_assert_uint_eq(c.m->hart[1]->x[10], 2);
    ck_assert_uint_eq(c.h->clock, before); /* hart 0 stood still */
    bench_close(&c);
}
END_TEST

START_TEST(test_catch)
{
    bench_mode(&b, MODE_S);
    run("catch trap 9 --to=M");
    run("catch trap 9 --to=HS");
    run("continue");
    expect(&b, "2: environment call from supervisor mode (cause 9)");
    ck_assert_uint_eq(b.h->pc, 0x80002000);
    ck_assert_uint_eq(b.h->clock, 4001);
    run("delete");
    run("catch mode --mode=M");
    csr_poke(b.h, CSR_medeleg, 0);
    b.h->pc = CODE + 16;
    run("continue");
    expect(&b, "mode switch: HS-mode to M-mode");
}
END_TEST

/* Names as the manual and users write them; one that fits several is refused. */
START_TEST(test_cause_names)
{
    static const struct {
        const char *text;
        s32 cause;
    } name[] = {{"store guest-page fault", 23},
                {"store-guest-page-fault", 23},
                {"store/AMO guest-page fault", 23},
                {"STORE_GUEST_PAGE", 23},
                {"store page fault", 15},
                {"store amo page fault", 15},
                {"load guest", 21},
                {"illegal instruction", 2},
                {"store", -1},
                {"guest page", -1}};
    for (unsigned i = 0; i < ARRAY_LEN(name); i++) {
        s32 cause = -1;
        int rc = name_cause(name[i].text, 0, &cause);
        ck_assert_msg(name[i].cause < 0 ? rc : !rc && cause == name[i].cause, "%s: %d, %d",
                      name[i].text, rc, cause);
    }
}
END_TEST

START_TEST(test_next_finish)
{
    put32(&b, CODE, 0x100000ef); /* jal CODE+0x100 */
    put32(&b, CODE + 4, 0x0000006f);
    put32(&b, CODE + 0x100, 0x00150513); /* addi a0,a0,1 */
    put32(&b, CODE + 0x104, 0x00008067); /* ret */
    run("next");
    ck_assert_uint_eq(b.h->pc, CODE + 4);
    ck_assert_uint_eq(b.h->x[10], 1);
    b.h->pc = CODE;
    run("step");
    ck_assert_uint_eq(b.h->pc, CODE + 0x100);
    run("until 0x80001104");
    ck_assert_uint_eq(b.h->x[10], 2);
    run("until $ra");
    ck_assert_uint_eq(b.h->pc, CODE + 4);
}
END_TEST

/* Code that the debugger writes is what runs next. */
START_TEST(test_write_code)
{
    run("tbreak 0x80001004 if a0 == 100");
    run("continue");
    run("write 0x80001000 0x00250513 --size=4"); /* addi a0,a0,2 */
    run("tbreak 0x80001004");
    run("continue");
    ck_assert_uint_eq(b.h->x[10], 102);
}
END_TEST

/* Pointer masking in every mode: the step is shown, and the address behind it is walked. */
static const struct {
    const char *mode;
    u16 csr;
    u64 pmm;
    const char *step;
} masks[] = {
    {"M", CSR_mseccfg, 3, "PMLEN 16: 0x5500000080030000 -> 0x0000000080030000"},
    {"HS", CSR_menvcfg, 2, "PMLEN 7: 0x5500000080030000 -> 0x0100000080030000"},
    {"HS", CSR_menvcfg, 3, "PMLEN 16: 0x5500000080030000 -> 0x0000000080030000"},
    {"U", CSR_senvcfg, 3, "PMLEN 16: 0x5500000080030000 -> 0x0000000080030000"},
    {"VS", CSR_henvcfg, 3, "PMLEN 16: 0x5500000080030000 -> 0x0000000080030000"},
    {"VU", CSR_senvcfg, 3, "PMLEN 16: 0x5500000080030000 -> 0x0000000080030000"},
};

START_TEST(test_walk_masked)
{
    char line[64];
    csr_poke(b.h, masks[_i].csr, masks[_i].pmm << 32);
    snprintf(line, sizeof line, "walk 0x5500000080030000 %s", masks[_i].mode);
    run(line);
    expect(&b, masks[_i].step);
    if (masks[_i].pmm == 3)
        expect(&b, "pa        0x0000000080030000");
    snprintf(line, sizeof line, "walk 0x5500000080030000 %s x",
             masks[_i].mode); /* not of fetches */
    run(line);
    ck_assert_ptr_null(strstr(b.text, "->"));
    expect(&b, "access fault");
}
END_TEST

static const struct {
    const char *text;
    u64 value;
} sums[] = {
    {"1+2*3", 7},
    {"(1+2)*3", 9},
    {"1<<4|1", 17},
    {"10-3-2", 5},
    {"-1", ~0ull},
    {"!0 + !5", 1},
    {"~0xff & 0xfff", 0xf00},
    {"a0 == x10", 1},
    {"$sp + fp", 0},
    {"0b101", 5},
    {"'A'", 65},
    {"7 % 4 << 1", 6},
    {"1 < 2 && 2 <= 2", 1},
    {"u8[pc]", 0x13},
    {"s32[0x80001000]", 0x150513},
    {"mode == M", 1},
    {"misa >> 62", 2},
    {"u16[0x80001000+2]", 0x15},
};

START_TEST(test_expression)
{
    struct expr_scope scope = {.h = b.h};
    struct error err;
    u64 value = 0;
    ck_assert_msg(expr_eval(&scope, sums[_i].text, &value, &err) == 0, "%s: %s", sums[_i].text,
                  err.text);
    ck_assert_uint_eq(value, sums[_i].value);
}
END_TEST

static const char *const wrong[] = {"",    "1+",    "(1",   "[0x80001000", "1 2", "$nothing", "0x",
                                    "1/0", "u8[0]", "'ab'", "a0 ==",       "@",   "12ab"};

START_TEST(test_wrong_expression)
{
    struct expr_scope scope = {.h = b.h};
    struct error err;
    u64 value;
    ck_assert_int_eq(expr_eval(&scope, wrong[_i], &value, &err), -1);
}
END_TEST

START_TEST(test_deep_expression)
{
    char text[2001];
    struct expr_scope scope = {.h = b.h};
    struct error err;
    u64 value;
    memset(text, '(', 2000);
    text[2000] = '\0';
    ck_assert_int_eq(expr_eval(&scope, text, &value, &err), -1);
    memset(text, '-', 2000);
    ck_assert_int_eq(expr_eval(&scope, text, &value, &err), -1);
}
END_TEST

/* Every command has a help text, takes nonsense calmly, and changes nothing by being looked at. */
START_TEST(test_all_commands)
{
    static const char *const arguments[] = {
        "",       " 1",   " nonsense", " 0x80001000 4",        " --hart=7",
        " a0 = ", " /9z", " ,",        " 99999999999999999999"};
    const struct command *k;
    for (unsigned i = 0; (k = command_number(i)); i++) {
        char line[256];
        ck_assert_ptr_nonnull(k->brief);
        snprintf(line, sizeof line, "help %s", k->name);
        run(line);
        if (k->topic == TOPIC_RUN || !strcmp(k->name, "quit") || !strcmp(k->name, "detach"))
            continue;
        for (size_t n = 0; n < ARRAY_LEN(arguments); n++) {
            snprintf(line, sizeof line, "%s%s", k->name, arguments[n]);
            bench_run(&b, line);
        }
    }
}
END_TEST

/* A pc that no jump leads to: neither `set` nor a CSR can make one. */
START_TEST(test_set_pc)
{
    run("set pc = 0x80001006");
    ck_assert_uint_eq(b.h->pc, CODE + 6);
    u64 misa = b.h->misa;
    run("set misa = 0x141101");
    ck_assert_uint_eq(b.h->misa, misa); /* C stays while pc is not a multiple of 4 */
    run("set pc = 0x80001004");
    run("set misa = 0x141101");
    ck_assert_uint_eq(b.h->misa & 4, 0);
    run("set pc = 0x80001006");
    ck_assert_uint_eq(b.h->pc, CODE + 4); /* IALIGN=32 */
}
END_TEST

static TCase *new_case(Suite *s, const char *name, void (*start)(void))
{
    TCase *t = tcase_create(name);
    tcase_add_checked_fixture(t, start, teardown);
    tcase_add_test(t, test_break);
    tcase_add_test(t, test_condition);
    tcase_add_test(t, test_mode);
    tcase_add_test(t, test_watch);
    tcase_add_test(t, test_watch_gpa);
    tcase_add_test(t, test_watch_csr);
    tcase_add_test(t, test_catch);
    tcase_add_test(t, test_cause_names);
    tcase_add_loop_test(t, test_limits, 0, 2 * ARRAY_LEN(kinds) * ARRAY_LEN(limits));
    tcase_add_test(t, test_second_hart);
    tcase_add_test(t, test_set_pc);
    tcase_add_loop_test(t, test_walk_masked, 0, ARRAY_LEN(masks));
    tcase_add_test(t, test_next_finish);
    tcase_add_test(t, test_write_code);
    suite_add_tcase(s, t);
    return t;
}

int main(void)
{
    Suite *s = suite_create("monitor control");
    TCase *t = new_case(s, "fast", setup);
    new_case(s, "plain", setup_plain);
    tcase_add_loop_test(t, test_expression, 0, ARRAY_LEN(sums));
    tcase_add_loop_test(t, test_wrong_expression, 0, ARRAY_LEN(wrong));
    tcase_add_test(t, test_deep_expression);
    tcase_add_test(t, test_all_commands);
    return run_suite(s);
}
