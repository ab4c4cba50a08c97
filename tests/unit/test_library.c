/* libhextant as its user has it: nothing but the public header. */
#include "library_bench.h"

/* ---- running ---- */

START_TEST(test_run)
{
    set("pc", START); /* not the ROM's */
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_uint_eq(hx_executed(m), INSNS);
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_uint_eq(hx_executed(m), INSNS);
    ck_assert_uint_eq(get("a1"), 12);
}
END_TEST

START_TEST(test_step)
{
    set("pc", START);
    struct hx_stop stop = stepped(1);
    ck_assert_uint_eq(stop.why, HX_STOP_COUNT);
    ck_assert_uint_eq(hx_executed(m), 1);
    ck_assert_uint_eq(get("pc"), START + 4);
    ck_assert_uint_eq(get("a0"), 5);
    stop = stepped(100);
    ck_assert_uint_eq(stop.why, HX_STOP_ENDED);
    ck_assert_uint_eq(stop.status, 0);
    ck_assert_uint_eq(hx_executed(m), INSNS);
    ck_assert_uint_eq(stepped(1).why, HX_STOP_ENDED);
    ck_assert_int_eq(hx_run(m), 0);
}
END_TEST

START_TEST(test_points)
{
    set("pc", START);
    ck_assert_int_eq(hx_command(m, "break 0x80000010", NULL, &err), 0);
    struct hx_stop stop = continued();
    ck_assert_uint_eq(stop.why, HX_STOP_POINT);
    ck_assert_uint_eq(stop.point, 1);
    ck_assert_uint_eq(get("pc"), START + 0x10);
    ck_assert_uint_eq(continued().why, HX_STOP_ENDED);
}
END_TEST

START_TEST(test_run_passes_points)
{
    set("pc", START);
    ck_assert_int_eq(hx_command(m, "break 0x80000010", NULL, &err), 0);
    ck_assert_int_eq(hx_run(m), 0);
}
END_TEST

static int asks_for_15(void *ctx)
{
    ++*(int *)ctx;
    return 15;
}

START_TEST(test_owner_stops)
{
    static const uint32_t loop = 0x0000006f;
    int asked = 0;
    struct hx_owner owner = {.size = sizeof owner, .ctx = &asked, .stop = asks_for_15};
    teardown();
    m = open_with("--harts=1", &owner);
    ck_assert_ptr_nonnull(m);
    put(START, &loop, sizeof loop);
    ck_assert_int_eq(hx_run(m), 128 + 15);
    ck_assert_int_gt(asked, 0);
}
END_TEST

/* A program that knows only the first two members. */
START_TEST(test_older_owner)
{
    int asked = 0;
    struct hx_owner owner = {
        .size = offsetof(struct hx_owner, stop), .ctx = &asked, .stop = asks_for_15};
    teardown();
    m = open_with("--harts=1", &owner);
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_int_eq(asked, 0);
}
END_TEST

static void take_message(void *ctx, const char *text)
{
    ck_assert_ptr_null(strchr(text, '\n'));
    snprintf(ctx, 100, "%s", text);
}

START_TEST(test_owner_is_told)
{
    char said[100] = "";
    struct hx_owner owner = {.size = sizeof owner, .ctx = said, .message = take_message};
    teardown();
    m = open_with("--max-insns=3", &owner);
    ck_assert_int_eq(hx_run(m), 124);
    ck_assert_ptr_nonnull(strstr(said, "stopped after 3 instructions"));
}
END_TEST

START_TEST(test_shape)
{
    ck_assert_uint_eq(hx_harts(m), 1);
    ck_assert_uint_eq(hx_xlen(m), 64);
    teardown();
    m = open_with("--harts=3", NULL);
    ck_assert_uint_eq(hx_harts(m), 3);
    ck_assert_ptr_nonnull(strchr(hx_version(), '.'));
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(test_wrong_words)
{
    ck_assert_ptr_null(open_with("--nonsense", NULL));
    ck_assert_ptr_nonnull(strstr(err.text, "--nonsense"));
    ck_assert_ptr_null(open_with("--help", NULL));
    ck_assert_ptr_nonnull(strstr(err.text, "--help"));
    ck_assert_ptr_null(open_with("--monitor", NULL));
    ck_assert_ptr_null(open_with("--gdb", NULL));
    const char *file[] = {"/nonexistent"};
    ck_assert_ptr_null(hx_open(file, 1, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
    ck_assert_ptr_null(hx_open(file, 1, NULL, NULL));
    ck_assert_ptr_null(hx_open(NULL, 0, NULL, &err));
    hx_close(NULL);
    hx_free(NULL);
}
END_TEST

START_TEST(test_wrong_hart)
{
    struct hx_stop stop;
    struct hx_trap trap;
    struct hx_translation t;
    struct hx_place place = {.hart = 1, .address = START};
    uint64_t value;
    char byte;
    ck_assert_int_eq(hx_step(m, 1, 1, &stop, &err), -1);
    ck_assert_str_eq(err.text, "there is no hart 1: the machine has 1");
    ck_assert_int_eq(hx_read_register(m, 1, HX_REG_PC, &value, NULL), -1);
    ck_assert_int_eq(hx_write_register(m, 1, HX_REG_PC, 0, NULL), -1);
    ck_assert_int_eq(hx_read_memory(m, &place, &byte, 1, NULL), -1);
    ck_assert_int_eq(hx_write_memory(m, &place, &byte, 1, NULL), -1);
    ck_assert_int_eq(hx_translate(m, &place, HX_LOAD, &t, NULL), -1);
    ck_assert_int_eq(hx_last_trap(m, 1, 0, &trap, NULL), -1);
}
END_TEST

START_TEST(test_wrong_command)
{
    char *text;
    ck_assert_int_eq(hx_command(m, "nonsense", &text, &err), -1);
    ck_assert_str_eq(err.text, "no command 'nonsense'; 'help' lists them");
    ck_assert_str_eq(text, "");
    hx_free(text);
    ck_assert_int_eq(hx_command(m, "nonsense", NULL, NULL), -1);
    ck_assert_int_eq(hx_command(m, "print 6 * 7", &text, &err), 0);
    ck_assert_ptr_nonnull(strstr(text, "42"));
    hx_free(text);
}
END_TEST

/* ---- registers ---- */

START_TEST(test_registers)
{
    ck_assert_int_eq(hx_register_number("a0"), HX_REG_X + A0);
    ck_assert_int_eq(hx_register_number("x11"), HX_REG_X + A1);
    ck_assert_int_eq(hx_register_number("f3"), HX_REG_F + 3);
    ck_assert_int_eq(hx_register_number("mstatus"), HX_REG_CSR + 0x300);
    ck_assert_int_eq(hx_register_number("nonsense"), -1);
    set("a0", ~0ull);
    set("f3", 0x123456789ull);
    ck_assert_uint_eq(get("x10"), ~0ull);
    ck_assert_uint_eq(get("f3"), 0x123456789ull);
    ck_assert_uint_eq(get("mode"), HX_MODE_M);
    ck_assert_uint_eq(get("zero"), 0);
}
END_TEST

START_TEST(test_csrs_are_legalised)
{
    set("mtvec", START + 2); /* MODE 2 is reserved */
    ck_assert_uint_eq(get("mtvec") & 2, 0);
    set("mscratch", 0xabcdef);
    ck_assert_uint_eq(get("mscratch"), 0xabcdef);
}
END_TEST

START_TEST(test_no_such_register)
{
    uint64_t value;
    ck_assert_int_eq(hx_write_register(m, 0, HX_REG_X, 1, &err), -1);
    ck_assert_int_eq(hx_write_register(m, 0, HX_REG_MODE, HX_MODE_VS + 1, &err), -1);
    ck_assert_int_eq(hx_write_register(m, 0, HX_REG_MODE, 1ull << 32, &err), -1);
    ck_assert_int_eq(hx_read_register(m, 0, HX_REG_MODE + 1, &value, &err), -1);
    ck_assert_int_eq(hx_read_register(m, 0, HX_REG_CSR + 0xfff, &value, &err), -1);
    ck_assert_int_eq(hx_read_register(m, 0, ~0u, &value, &err), -1);
}
END_TEST

/* What a mode may do and how it sees memory begins at once. */
START_TEST(test_mode_is_written)
{
    struct hx_trap trap;
    set("mtvec", OTHER);
    set("pc", START);
    set("mode", HX_MODE_VS);
    ck_assert_uint_eq(get("mode"), HX_MODE_VS);
    stepped(1); /* PMP has no entry */
    ck_assert_uint_eq(get("mode"), HX_MODE_M);
    ck_assert_uint_eq(get("pc"), OTHER);
    ck_assert_int_eq(hx_last_trap(m, 0, 0, &trap, &err), 0);
    ck_assert_uint_eq(trap.from, HX_MODE_VS);
    set("mode", HX_MODE_U);
    set("mode", HX_MODE_M);
    set("pc", START);
    stepped(1);
    ck_assert_uint_eq(get("a0"), 5);
}
END_TEST

START_TEST(test_modes_that_are_not_there)
{
    static const struct {
        const char *isa;
        uint32_t mode;
    } absent[] = {{"--isa=rv64imu", HX_MODE_S},
                  {"--isa=rv64imu", HX_MODE_VU},
                  {"--isa=rv64gc", HX_MODE_VS},
                  {"--isa=rv64gc", HX_MODE_VU}};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        teardown();
        m = open_with(absent[i].isa, NULL);
        ck_assert_int_eq(hx_write_register(m, 0, HX_REG_MODE, absent[i].mode, &err), -1);
        ck_assert_uint_eq(get("mode"), HX_MODE_M);
    }
}
END_TEST

START_TEST(test_registers_of_rv32)
{
    teardown();
    m = open_with("--isa=rv32gc", NULL);
    ck_assert_uint_eq(hx_xlen(m), 32);
    set("a0", 0x180000000ull);
    ck_assert_uint_eq(get("a0"), 0x80000000ull);
    set("pc", START);
    ck_assert_uint_eq(get("pc"), START);
}
END_TEST

/* ---- memory and translations ---- */

static struct hx_translation translated(struct hx_place place, uint32_t access)
{
    struct hx_translation t;
    ck_assert_msg(hx_translate(m, &place, access, &t, &err) == 0, "%s", err.text);
    return t;
}

START_TEST(test_memory)
{
    uint32_t insn = 0;
    struct hx_place place = {.space = HX_PHYSICAL, .address = START + 4};
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), 0);
    ck_assert_uint_eq(insn, program[1]);
    map_ram();
    place.space = HX_VIRTUAL, place.mode = HX_MODE_S;
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), -1); /* PMP */
    open_up();
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), 0);
    ck_assert_uint_eq(insn, program[1]);
    place.address = 0x1000; /* not mapped */
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not mapped"));
    place.space = HX_GUEST_PHYSICAL;
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), -1);
    place.space = HX_PHYSICAL, place.address = SYSCON; /* a device */
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), -1);
    place.address = 0x1000; /* ROM */
    ck_assert_msg(hx_read_memory(m, &place, &insn, sizeof insn, &err) == 0, "%s", err.text);
    ck_assert_int_eq(hx_write_memory(m, &place, &insn, sizeof insn, &err), -1);
    place.space = 3;
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), -1);
    place.space = HX_VIRTUAL, place.mode = 5;
    ck_assert_int_eq(hx_read_memory(m, &place, &insn, sizeof insn, &err), -1);
}
END_TEST

/* Code that has run is replaced. */
START_TEST(test_code_is_written)
{
    static const uint32_t other = 0x00900513; /* addi a0,x0,9 */
    set("pc", START);
    stepped(1);
    put(START, &other, sizeof other);
    set("pc", START);
    stepped(1);
    ck_assert_uint_eq(get("a0"), 9);
}
END_TEST

START_TEST(test_translate)
{
    struct hx_place place = {.space = HX_VIRTUAL, .mode = HX_MODE_S, .address = START + 0x123};
    struct hx_translation t = translated(place, HX_LOAD);
    ck_assert_uint_eq(t.allowed, 0); /* PMP: no entry */
    ck_assert_uint_eq(t.cause, CAUSE_LOAD_ACCESS);
    ck_assert_uint_eq(t.translated, 1);
    ck_assert_uint_eq(t.pa, place.address);
    ck_assert_str_ne(t.rule, "");
    open_up();
    map_ram();
    t = translated(place, HX_LOAD);
    ck_assert_uint_eq(t.allowed, 1);
    ck_assert_uint_eq(t.cause, 0);
    ck_assert_str_eq(t.rule, "");
    ck_assert_uint_eq(t.steps, 1);
    ck_assert_uint_eq(t.step[0].g_stage, 0);
    ck_assert_uint_eq(t.step[0].level, 2);
    ck_assert_uint_eq(t.step[0].leaf, 1);
    ck_assert_uint_eq(t.step[0].leaf_bits, 30);
    ck_assert_uint_eq(t.step[0].entry_pa, ROOT + 8 * 2);
    ck_assert_uint_eq(t.step[0].target, START);
    ck_assert_str_eq(t.step[0].refused, "");
    place.address = 0x1000;
    t = translated(place, HX_LOAD);
    ck_assert_uint_eq(t.allowed, 0);
    ck_assert_uint_eq(t.cause, CAUSE_LOAD_PAGE);
    ck_assert_uint_eq(t.translated, 0);
    ck_assert_str_ne(t.step[0].refused, "");
}
END_TEST

START_TEST(test_translate_guest)
{
    struct hx_place place = {.space = HX_GUEST_PHYSICAL, .address = START + 0x123};
    open_up();
    map_ram();
    struct hx_translation t = translated(place, HX_STORE);
    ck_assert_uint_eq(t.allowed, 1);
    ck_assert_uint_eq(t.steps, 1);
    ck_assert_uint_eq(t.step[0].g_stage, 1);
    ck_assert_uint_eq(t.pa, place.address);
    place = (struct hx_place){.space = HX_VIRTUAL, .mode = HX_MODE_VS, .address = 0x1000};
    t = translated(place, HX_LOAD);
    ck_assert_uint_eq(t.allowed, 0);
    ck_assert_uint_eq(t.cause, CAUSE_LOAD_GUEST);
    ck_assert_int_eq(hx_translate(m, &place, 3, &t, &err), -1);
    ck_assert_uint_eq(get("mode"), HX_MODE_M); /* it was only tried */
}
END_TEST

/* ---- traps ---- */

START_TEST(test_trap)
{
    static const uint32_t store = STORE_TO_0;
    struct hx_trap trap;
    char *text;
    ck_assert_int_eq(hx_last_trap(m, 0, 0, &trap, &err), -1);
    put(OTHER, &store, sizeof store);
    set("mtvec", START);
    set("pc", OTHER);
    stepped(1);
    ck_assert_int_eq(hx_last_trap(m, 0, 0, &trap, &err), 0);
    ck_assert_uint_eq(trap.interrupt, 0);
    ck_assert_uint_eq(trap.cause, CAUSE_STORE_ACCESS);
    ck_assert_uint_eq(trap.from, HX_MODE_M);
    ck_assert_uint_eq(trap.to, HX_MODE_M);
    ck_assert_uint_eq(trap.epc, OTHER);
    ck_assert_uint_eq(trap.tval, 0);
    ck_assert_uint_eq(trap.insn, STORE_TO_0);
    ck_assert_str_eq(trap.name, "store/AMO access fault");
    ck_assert_str_ne(trap.rule, "");
    ck_assert_str_ne(trap.citation, "");
    ck_assert_uint_eq(get("pc"), START);
    ck_assert_int_eq(hx_command(m, "why", &text, &err), 0);
    ck_assert_ptr_nonnull(strstr(text, "store/AMO access fault (cause 7)"));
    ck_assert_ptr_nonnull(strstr(text, trap.rule));
    hx_free(text);
    ck_assert_int_eq(hx_last_trap(m, 0, 1, &trap, &err), -1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("library");
    TCase *tc = tcase_create("all");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_run);
    tcase_add_test(tc, test_step);
    tcase_add_test(tc, test_points);
    tcase_add_test(tc, test_run_passes_points);
    tcase_add_test(tc, test_owner_stops);
    tcase_add_test(tc, test_older_owner);
    tcase_add_test(tc, test_owner_is_told);
    tcase_add_test(tc, test_shape);
    tcase_add_test(tc, test_wrong_words);
    tcase_add_test(tc, test_wrong_hart);
    tcase_add_test(tc, test_wrong_command);
    tcase_add_test(tc, test_registers);
    tcase_add_test(tc, test_csrs_are_legalised);
    tcase_add_test(tc, test_no_such_register);
    tcase_add_test(tc, test_mode_is_written);
    tcase_add_test(tc, test_modes_that_are_not_there);
    tcase_add_test(tc, test_registers_of_rv32);
    tcase_add_test(tc, test_memory);
    tcase_add_test(tc, test_code_is_written);
    tcase_add_test(tc, test_translate);
    tcase_add_test(tc, test_translate_guest);
    tcase_add_test(tc, test_trap);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
