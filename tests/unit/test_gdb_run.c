/* The gdb stub without gdb: running, watchpoints, the end of a run, threads, what a connection may
 * do. */
#include <inttypes.h>

#include "run_suite.h"
#include "gdb_bench.h"

START_TEST(test_running)
{
    /* addi a0,a0,1; addi a0,a0,1; sd a0,0(a1); j . */
    put32(&b, CODE, 0x00150513);
    put32(&b, CODE + 4, 0x00150513);
    put32(&b, CODE + 8, 0x00a5b023);
    put32(&b, CODE + 12, 0x0000006f);
    b.h->x[11] = DATA;
    b.m->hart[1]->pc = CODE + 12;
    ck_assert_str_eq(ask("vCont;s:1"), "T05thread:1;");
    ck_assert_uint_eq(b.h->pc, CODE + 4);
    ck_assert_uint_eq(b.m->hart[1]->clock, 0); /* stood still */
    ck_assert_str_eq(ask("Z0,80001008,4"), "OK");
    ck_assert_str_eq(ask("vCont;c:1"), "T05thread:1;swbreak:;");
    ck_assert_uint_eq(b.h->pc, CODE + 8);
    ck_assert_uint_eq(b.h->x[10], 2);
    ck_assert_str_eq(ask("z0,80001008,4"), "OK");
    ck_assert_str_eq(ask("Z2,80030000,8"), "OK");
    ck_assert_str_eq(ask("vCont;c"), "T05thread:1;watch:80030000;"); /* before the store */
    ck_assert_uint_eq(b.h->pc, CODE + 8);
    ck_assert_uint_eq(get64(&b, DATA), 0);
    ck_assert_str_eq(ask("z2,80030000,8"), "OK");
    ck_assert_str_eq(ask("Z1,8000100c,4"), "OK");
    ck_assert_str_eq(ask("c"), "T05thread:1;hwbreak:;");
    ck_assert_str_eq(ask("D"), "OK");
    ck_assert(g->detached);
}
END_TEST

/* Instructions that touch the 8 bytes at DATA (in a1, the value 5 in a0), and whether they read or
 * write them. */
static const struct {
    u32 insn;
    u8 access;
} touching[] = {
    {0x00a5b023, WATCH_WRITE},              /* sd a0,0(a1) */
    {0x00a581a3, WATCH_WRITE},              /* sb a0,3(a1) */
    {0x0005b603, WATCH_READ},               /* ld a2,0(a1) */
    {0x0045a603, WATCH_READ},               /* lw a2,4(a1) */
    {0x00a5b62f, WATCH_READ | WATCH_WRITE}, /* amoadd.d a2,a0,(a1) */
    {0x1005b62f, WATCH_READ},               /* lr.d a2,(a1) */
    {0x18a5b62f, WATCH_WRITE},              /* sc.d a2,a0,(a1) */
    {0x0045a00f, WATCH_WRITE},              /* cbo.zero (a1) */
    {0xfea5bc23, 0},                        /* sd a0,-8(a1) */
    {0x0085b603, 0},                        /* ld a2,8(a1) */
};

static const struct {
    char type;
    u8 access;
    const char *word;
} watching[] = {
    {'2', WATCH_WRITE, "watch"},
    {'3', WATCH_READ, "rwatch"},
    {'4', WATCH_READ | WATCH_WRITE, "awatch"},
};

/* A watchpoint stops before the access: nothing has happened, no time has passed. The next command
 * goes over it, whether gdb has taken the watchpoint away or not. */
START_TEST(test_watchpoints)
{
    unsigned i = (unsigned)_i % ARRAY_LEN(touching), w = (unsigned)_i / ARRAY_LEN(touching);
    bool hit = touching[i].access & watching[w].access;
    char packet[32], stop[64];
    put32(&b, CODE, 0x00000013);
    put32(&b, CODE + 4, touching[i].insn);
    put32(&b, CODE + 8, 0x0000006f);
    b.m->hart[1]->pc = CODE + 8;
    b.h->x[10] = 5;
    b.h->x[11] = DATA;
    b.h->x[12] = 77;
    put64(&b, DATA, 3);
    b.h->res_valid = 8; /* SC will store */
    b.h->res_addr = DATA;
    b.h->res_value = 3;
    ck_assert_str_eq(ask("Z1,80001008,4"), "OK");
    snprintf(packet, sizeof packet, "Z%c,80030000,8", watching[w].type);
    ck_assert_str_eq(ask(packet), "OK");
    if (hit) {
        snprintf(stop, sizeof stop, "T05thread:1;%s:80030000;", watching[w].word);
        ck_assert_str_eq(ask("vCont;c:1"), stop);
        ck_assert_uint_eq(b.h->pc, CODE + 4);
        ck_assert_uint_eq(b.h->clock, 1);
        ck_assert_uint_eq(get64(&b, DATA), 3);
        ck_assert_uint_eq(b.h->x[12], 77);
        ck_assert_str_eq(ask("vCont;s:1"), "T05thread:1;");
        ck_assert_uint_eq(b.h->clock, 2);
    } else {
        ck_assert_str_eq(ask("vCont;c:1"), "T05thread:1;hwbreak:;");
    }
    ck_assert_uint_eq(b.h->pc, CODE + 8);
    if (touching[i].access & WATCH_WRITE)
        ck_assert_uint_ne(get64(&b, DATA), 3); /* done, SC as well */
}
END_TEST

/* A watchpoint that is met for the second time hits again; a step onto it, too. */
START_TEST(test_watched_again)
{
    put32(&b, CODE, 0x00a5b023);     /* sd a0,0(a1) */
    put32(&b, CODE + 4, 0x00a5b023); /* sd a0,0(a1) */
    put32(&b, CODE + 8, 0xff9ff06f); /* j CODE */
    b.h->x[11] = DATA;
    ck_assert_str_eq(ask("Z2,80030000,8"), "OK");
    ck_assert_str_eq(ask("Z1,80001000,4"), "OK");
    for (unsigned i = 0; i < 3; i++) {
        if (i)
            ck_assert_str_eq(ask("vCont;c:1"), "T05thread:1;hwbreak:;");
        ck_assert_str_eq(ask("vCont;s:1"), "T05thread:1;watch:80030000;");
        ck_assert_uint_eq(b.h->pc, CODE);
        ck_assert_str_eq(ask("vCont;c:1"), "T05thread:1;watch:80030000;");
        ck_assert_uint_eq(b.h->pc, CODE + 4);
    }
    put32(&b, CODE + 8, 0); /* illegal: nothing of being held is left */
    ck_assert_str_eq(ask("vCont;s:1"), "T05thread:1;");
    ck_assert_str_eq(ask("vCont;s:1"), "T05thread:1;");
    ck_assert_uint_eq(b.h->pc, 0x80003000);
}
END_TEST

/* ---- the end of the run ---- */

static void code_of_hart(unsigned hart, const u32 *insns, unsigned n)
{
    u64 at = CODE + 0x100 * (u64)hart;
    for (unsigned i = 0; i < n; i++)
        put32(&b, at + 4 * (u64)i, insns[i]);
    b.m->hart[hart]->pc = at;
}

/* The run is over, but everything can be looked at, and running on changes nothing. */
static void expect_end(const char *stop, u64 pc)
{
    char pc_words[20];
    ck_assert_str_eq(ask("vCont;c"), stop);
    ck_assert_str_eq(ask("?"), stop);
    u64 clock = g->hart->clock;
    ck_assert_str_eq(ask("vCont;c"), stop);
    ck_assert_str_eq(ask("vCont;C0f"), stop);
    ck_assert_str_eq(ask("vCont;s:1"), stop);
    ck_assert_uint_eq(g->hart->clock, clock);
    snprintf(pc_words, sizeof pc_words, "%016" PRIx64, __builtin_bswap64(pc));
    ck_assert_str_eq(ask("p20"), pc_words);
    ck_assert(!g->killed);
    ck_assert_str_eq(ask("D"), "OK");
    ck_assert(g->detached);
}

START_TEST(test_power_off)
{
    static const u32 loop[] = {0x0000006f}, off[] = {0x00000013, 0x00b52023}; /* sw a1,0(a0) */
    b.m->hart[1]->x[10] = 0x100000;
    b.m->hart[1]->x[11] = 0x5555;
    code_of_hart(0, loop, 1);
    code_of_hart(1, off, 2);
    expect_end("T0fthread:2;", CODE + 0x108);
}
END_TEST

START_TEST(test_every_hart_waits)
{
    static const u32 wait[] = {0x00000013, 0x10500073, 0x0000006f}; /* nop; wfi; j . */
    code_of_hart(0, wait, 3);
    code_of_hart(1, wait, 3);
    expect_end("T11thread:1;", CODE + 8);
}
END_TEST

START_TEST(test_instruction_limit)
{
    static const u32 loop[] = {0x00000013, 0xffdff06f}; /* nop; j back */
    code_of_hart(0, loop, 2);
    code_of_hart(1, loop, 2);
    b.m->config.opt.max_insns = 1001;
    expect_end("T18thread:1;", CODE + 4);
}
END_TEST

START_TEST(test_trap_storm)
{
    static const u32 loop[] = {0x0000006f}, illegal[] = {0x00000013, 0};
    code_of_hart(0, loop, 1);
    code_of_hart(1, illegal, 2);
    csr_poke(b.m->hart[1], CSR_mtvec, CODE + 0x104);
    b.m->config.opt.on_storm = STORM_MONITOR;
    ck_assert_str_eq(ask("vCont;c"), "T0bthread:2;");
    ck_assert_uint_eq(g->hart->pc, CODE + 0x104);
    ck_assert_str_eq(ask("vCont;c"), "T0bthread:2;"); /* going on is possible, and told again */
}
END_TEST

/* Ctrl-A x and signals from outside are meant to end it. */
START_TEST(test_the_user_ends_it)
{
    static const u32 loop[] = {0x0000006f};
    code_of_hart(0, loop, 1);
    b.m->state.stop_reason = STOP_SIGNAL;
    b.m->state.stop_status = 15;
    ck_assert_str_eq(ask("vCont;c"), "X0f");
    b.m->state.stop_reason = STOP_QUIT;
    b.m->state.stop_status = 0;
    ck_assert_str_eq(ask("vCont;c"), "W00");
    ck_assert(g->killed);
}
END_TEST

/* ---- whom `monitor` commands mean ---- */

/* After those packets, the hart that a command sees. */
static void expect_hart(const char *const *packets, unsigned hart)
{
    static const char command[] = "write 0x80030000 mhartid";
    char packet[128];
    int n = snprintf(packet, sizeof packet, "qRcmd,");
    for (; *packets; packets++)
        ask(*packets);
    for (const char *s = command; *s; s++)
        n += snprintf(packet + n, sizeof packet - (size_t)n, "%02x", (unsigned)*s);
    put64(&b, DATA, 77);
    ck_assert_str_eq(ask(packet), "OK");
    ck_assert_uint_eq(get64(&b, DATA), hart);
}
#define EXPECT_HART(hart, ...) expect_hart((const char *const[]){__VA_ARGS__, NULL}, hart)

START_TEST(test_commands_mean_the_selected_thread)
{
    EXPECT_HART(0, "qC");
    EXPECT_HART(1, "Hg2", "g"); /* a client that never lists threads */
    EXPECT_HART(0, "T1", "Hg1", "g");
    /* info threads: reads the registers of those whose registers it does not know yet */
    EXPECT_HART(0, "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,1", "qThreadExtraInfo,2",
                "Hg2", "g");
    EXPECT_HART(0, "Hg1", "p20");
    EXPECT_HART(1, "T2"); /* thread 2: its registers are known */
    /* thread apply all: for one command each; then gdb is back without saying so */
    EXPECT_HART(0, "T1", "qThreadExtraInfo,1");
    EXPECT_HART(1, "T2", "qThreadExtraInfo,2");
    EXPECT_HART(1, "Hg2", "g");
    EXPECT_HART(0, "T1", "qThreadExtraInfo,1");
    EXPECT_HART(1, "Hg1", "g"); /* it comes back */
    EXPECT_HART(0, "T1", "qThreadExtraInfo,1");
    EXPECT_HART(1, "qC");
    EXPECT_HART(1, "T1", "qThreadExtraInfo,1", "Hg1", "g"); /* applied another command */
    /* a stop */
    put32(&b, CODE, 0x0000006f);
    b.m->hart[1]->pc = CODE;
    EXPECT_HART(0, "vCont;s:1");
    EXPECT_HART(1, "vCont;s:2");
    EXPECT_HART(1, "Hc1"); /* only for packets without a thread */
    EXPECT_HART(1, "Hc0", "Hc-1");
}
END_TEST

START_TEST(test_hc_is_not_hg)
{
    put32(&b, CODE, 0x00150513);
    put32(&b, CODE + 4, 0x0000006f);
    b.m->hart[1]->pc = CODE + 4;
    ck_assert_str_eq(ask("Hg2"), "OK");
    ck_assert_str_eq(ask("Hc1"), "OK");
    ck_assert_str_eq(ask("p20"), "0410008000000000"); /* of hart 1 */
    ck_assert_str_eq(ask("s"), "T05thread:1;");
    ck_assert_uint_eq(b.h->pc, CODE + 4);
}
END_TEST

/* ---- what a connection may do ---- */

static const char *const reaching[] = {
    "dump 0x80030000 8 --file=",
    "source ",
    "pipe echo | cat > ",
    "symbols add ",
};

/* Commands that read or write the host's files or run programs there. */
START_TEST(test_the_hosts_files_are_out_of_reach)
{
    char path[] = "/tmp/gdb-reach-XXXXXX", line[128];
    close(mkstemp(path));
    unlink(path);
    snprintf(line, sizeof line, "%s%s", reaching[_i], path);
    b.mon->passive = false;
    b.mon->confined = true;
    ck_assert_int_eq(bench_run(&b, line), -1);
    expect(&b, "start with --gdb=...,trusted");
    ck_assert_int_ne(access(path, F_OK), 0);
    b.mon->confined = false;
    bench_run(&b, line);
    ck_assert_ptr_null(strstr(b.text, "trusted"));
    unlink(path);
}
END_TEST

START_TEST(test_first_byte)
{
    for (unsigned byte = 0; byte < 256; byte++)
        ck_assert_int_eq(gdb_in_begins((u8)byte),
                         byte == '$' || byte == '+' || byte == '-' || byte == 3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gdb_run");
    TCase *t = tcase_create("gdb_run");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_running);
    tcase_add_loop_test(t, test_watchpoints, 0, ARRAY_LEN(watching) * ARRAY_LEN(touching));
    tcase_add_test(t, test_watched_again);
    tcase_add_test(t, test_power_off);
    tcase_add_test(t, test_every_hart_waits);
    tcase_add_test(t, test_instruction_limit);
    tcase_add_test(t, test_trap_storm);
    tcase_add_test(t, test_the_user_ends_it);
    tcase_add_test(t, test_commands_mean_the_selected_thread);
    tcase_add_test(t, test_hc_is_not_hg);
    tcase_add_loop_test(t, test_the_hosts_files_are_out_of_reach, 0, ARRAY_LEN(reaching));
    tcase_add_test(t, test_first_byte);
    suite_add_tcase(s, t);
    return run_suite(s);
}
