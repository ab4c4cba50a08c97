/* libhextant as its user has it: hooks, what comes from outside,
 * snapshots, and explanations as values. */
#include "library_bench.h"

/* ---- hooks ---- */

struct seen {
    unsigned insns, stores, traps, modes;
    struct hx_insn first;
    struct hx_memory_access last;
    struct hx_trap trap;
    uint64_t a0; /* as read in the last hook */
};

static void see_insn(void *ctx, uint32_t hart, const struct hx_insn *insn)
{
    struct seen *s = ctx;
    ck_assert_uint_eq(hart, 0);
    if (insn->pc >= START && !s->insns++)
        s->first = *insn;
    s->a0 = get("a0");
}

static void see_memory(void *ctx, uint32_t hart, const struct hx_memory_access *a)
{
    struct seen *s = ctx;
    ck_assert_uint_eq(hart, 0);
    s->stores += a->kind == HX_STORE;
    s->last = *a;
}

static void see_trap(void *ctx, uint32_t hart, const struct hx_trap *trap)
{
    struct seen *s = ctx;
    ck_assert_uint_eq(hart, 0);
    s->traps++;
    s->trap = *trap;
}

static void see_mode(void *ctx, uint32_t hart, uint32_t from, uint32_t to)
{
    struct seen *s = ctx;
    ck_assert_uint_eq(hart, 0);
    ck_assert_uint_eq(from, HX_MODE_U);
    ck_assert_uint_eq(to, HX_MODE_M);
    s->modes++;
}

START_TEST(test_hooks)
{
    struct seen s = {0};
    struct hx_hooks hooks = {.size = sizeof hooks,
                             .ctx = &s,
                             .trap = see_trap,
                             .mode = see_mode,
                             .insn = see_insn,
                             .memory = see_memory};
    ck_assert_int_eq(hx_hook(m, &hooks, &err), 0);
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_uint_eq(s.insns, INSNS);
    ck_assert_uint_eq(s.first.pc, START);
    ck_assert_uint_eq(s.first.bits, program[0]);
    ck_assert_uint_eq(s.first.mode, HX_MODE_M);
    ck_assert_uint_eq(s.a0, 5);
    ck_assert_uint_eq(s.stores, 1);
    ck_assert_uint_eq(s.last.pa, SYSCON);
    ck_assert_uint_eq(s.last.value, 0x5555);
    ck_assert_uint_eq(s.last.size, 4);
    ck_assert_uint_eq(s.last.device, 1);
    ck_assert_uint_eq(s.traps + s.modes, 0);
}
END_TEST

/* A trap is told, and an instruction that trapped is not one that retired; at full speed too. */
START_TEST(test_trap_hook)
{
    static const uint32_t store = STORE_TO_0;
    for (int slow = 0; slow < 2; slow++) {
        struct seen s = {0};
        struct hx_hooks hooks = {
            .size = sizeof hooks, .ctx = &s, .trap = see_trap, .insn = slow ? see_insn : NULL};
        teardown();
        setup();
        ck_assert_int_eq(hx_hook(m, &hooks, &err), 0);
        put(OTHER, &store, sizeof store);
        set("mtvec", START);
        set("pc", OTHER);
        ck_assert_int_eq(hx_run(m), 0);
        ck_assert_uint_eq(s.traps, 1);
        ck_assert_uint_eq(s.trap.cause, CAUSE_STORE_ACCESS);
        ck_assert_uint_eq(s.trap.epc, OTHER);
        ck_assert_str_ne(s.trap.rule, "");
        ck_assert_uint_eq(s.insns, slow ? INSNS : 0);
    }
}
END_TEST

START_TEST(test_many_hooks)
{
    struct hx_hooks hooks = {.size = offsetof(struct hx_hooks, trap), .trap = see_trap};
    int n = 0;
    while (n < 100 && hx_hook(m, &hooks, &err) == 0)
        n++;
    ck_assert_int_eq(n, 8);
    ck_assert_str_ne(err.text, "");
    ck_assert_int_eq(hx_run(m), 0);
}
END_TEST

/* ---- the firmware, consoles, interrupts ---- */

/* In S-mode on SBI: sbi_debug_console_write_byte('h'), then the finisher. */
static const uint32_t says_h[] = {
    0x06800513, /* li a0,'h' */
    0x00200813, /* li a6,2 */
    0x444248b7, /* lui a7,0x44424 */
    0x34e88893, /* addi a7,a7,0x34e: DBCN */
    0x00000073, /* ecall */
    0x001002b7, /* lui t0,0x100 */
    0x00005337, /* lui t1,5 */
    0x55530313, /* addi t1,t1,0x555 */
    0x0062a023, /* sw t1,0(t0) */
};
enum { DBCN = 0x4442434e };

struct heard {
    char said[100];
    struct hx_sbi_call call;
    unsigned calls, raised, lowered;
};

static void hear_console(void *ctx, uint32_t console, const void *bytes, size_t len)
{
    struct heard *heard = ctx;
    ck_assert_uint_eq(console, HX_SERIAL);
    strncat(heard->said, bytes, len);
}

static void hear_call(void *ctx, uint32_t hart, const struct hx_sbi_call *call)
{
    struct heard *heard = ctx;
    ck_assert_uint_eq(hart, 0);
    ck_assert_ptr_nonnull(strstr(call->text, "write_byte"));
    heard->call = *call;
    heard->calls++;
}

static void hear_interrupt(void *ctx, uint32_t hart, uint32_t number, uint32_t level)
{
    struct heard *heard = ctx;
    ck_assert_uint_eq(hart, 0);
    if (number == 11) /* MEIP */
        ++*(level ? &heard->raised : &heard->lowered);
}

static struct hx_hooks hooks_of(struct heard *heard)
{
    return (struct hx_hooks){.size = sizeof(struct hx_hooks),
                             .ctx = heard,
                             .sbi = hear_call,
                             .interrupt = hear_interrupt,
                             .console = hear_console};
}

START_TEST(test_firmware_is_heard)
{
    struct heard heard = {0}, too = {0};
    struct hx_hooks hooks = hooks_of(&heard), more = hooks_of(&too);
    teardown();
    m = open_with("--firmware=sbi", NULL);
    ck_assert_msg(m != NULL, "%s", err.text);
    put(START, says_h, sizeof says_h);
    ck_assert_int_eq(hx_hook(m, &hooks, &err), 0);
    ck_assert_int_eq(hx_hook(m, &more, &err), 0);
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_uint_eq(heard.calls, 1);
    ck_assert_uint_eq(heard.call.pc, START + 0x10);
    ck_assert_uint_eq(heard.call.extension, DBCN);
    ck_assert_uint_eq(heard.call.function, 2);
    ck_assert_int_eq(heard.call.error, 0);
    ck_assert_uint_eq(heard.call.mode, HX_MODE_S);
    ck_assert_str_eq(heard.said, "h");
    ck_assert_uint_eq(too.calls, 1);
    ck_assert_str_eq(too.said, "h");
}
END_TEST

/* Reads a byte of the serial port, whenever there is one, and writes it. */
static const uint32_t echo[] = {
    0x100002b7, /* lui t0,0x10000 */
    0x00528303, /* lb t1,5(t0) */
    0x00137313, /* andi t1,t1,1 */
    0xfe030ce3, /* beqz t1,-8 */
    0x00028503, /* lb a0,0(t0) */
    0x00a28023, /* sb a0,0(t0) */
    0xfedff06f, /* j -20 */
};

START_TEST(test_keys_are_typed)
{
    struct heard heard = {0};
    struct hx_hooks hooks = hooks_of(&heard);
    size_t taken = 0;
    ck_assert_int_eq(hx_hook(m, &hooks, &err), 0);
    put(START, echo, sizeof echo);
    set("pc", START);
    ck_assert_int_eq(hx_type(m, HX_SERIAL, "keys", 4, &taken, &err), 0);
    ck_assert_uint_eq(taken, 4);
    for (int i = 0; i < 100 && strlen(heard.said) < 4; i++)
        stepped(100000);
    ck_assert_str_eq(heard.said, "keys");
    ck_assert_int_eq(hx_type(m, HX_CONSOLE, "x", 1, NULL, &err), -1); /* there is none */
    ck_assert_int_eq(hx_type(m, 2, "x", 1, NULL, &err), -1);
    static const char many[1 << 16];
    ck_assert_int_eq(hx_type(m, HX_SERIAL, many, sizeof many, &taken, &err), 0);
    ck_assert_uint_gt(taken, 1000);
    ck_assert_uint_lt(taken, sizeof many);
}
END_TEST

static void put32(uint64_t address, uint32_t value)
{
    /* by an instruction: the debugger does not touch devices */
    static const uint32_t store = 0x00b52023; /* sw a1,0(a0) */
    put(OTHER, &store, sizeof store);
    set("pc", OTHER);
    set("a0", address);
    set("a1", value);
    stepped(1);
}

enum { PLIC = 0xc000000, SOURCE = 20, LAST_SOURCE = 127 };

START_TEST(test_wire_is_driven)
{
    struct heard heard = {0};
    struct hx_hooks hooks = hooks_of(&heard);
    static const uint32_t loop = 0x0000006f;
    ck_assert_int_eq(hx_hook(m, &hooks, &err), 0);
    put32(PLIC + 4 * SOURCE, 1);
    put32(PLIC + 0x2000, 1u << SOURCE); /* M-mode of hart 0 */
    put(START, &loop, sizeof loop);
    set("pc", START);
    ck_assert_int_eq(hx_drive(m, SOURCE, 1, &err), 0);
    stepped(2);
    ck_assert_uint_eq(get("mip") >> 11 & 1, 1);
    ck_assert_uint_eq(heard.raised, 1);
    ck_assert_uint_eq(heard.lowered, 0);
    set("mtvec", OTHER);
    set("mie", 1u << 11);
    set("mstatus", 1u << 3);
    stepped(1);
    struct hx_trap trap;
    ck_assert_int_eq(hx_last_trap(m, 0, 0, &trap, &err), 0);
    ck_assert_uint_eq(trap.interrupt, 1);
    ck_assert_uint_eq(trap.cause, 11);
    ck_assert_int_eq(hx_drive(m, SOURCE, 0, &err), 0);
    ck_assert_int_eq(hx_drive(m, LAST_SOURCE, 1, &err), 0);
    ck_assert_int_eq(hx_drive(m, LAST_SOURCE + 1, 1, &err), -1);
    ck_assert_int_eq(hx_drive(m, 0, 1, &err), -1);
    ck_assert_int_eq(hx_drive(m, SOURCE, 2, &err), -1);
    teardown();
    m = open_with("--irqchip=aplic", NULL);
    ck_assert_int_eq(hx_drive(m, 96, 1, &err), 0);
    ck_assert_int_eq(hx_drive(m, 97, 1, &err), -1);
}
END_TEST

START_TEST(test_recorded_run_takes_no_wires)
{
    char path[] = "/tmp/library-XXXXXX", word[64];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(word, sizeof word, "--record=%s", path);
    teardown();
    m = open_with(word, NULL);
    ck_assert_msg(m != NULL, "%s", err.text);
    ck_assert_int_eq(hx_drive(m, SOURCE, 1, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "--record"));
    unlink(path);
}
END_TEST

/* ---- snapshots ---- */

START_TEST(test_snapshots_in_memory)
{
    set("pc", START);
    stepped(1);
    ck_assert_int_eq(hx_keep(m, "one", &err), 0);
    ck_assert_int_eq(hx_keep(m, "one", &err), -1);
    ck_assert_uint_eq(stepped(100).why, HX_STOP_ENDED);
    ck_assert_uint_eq(get("a1"), 12);
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(hx_go_back(m, "one", &err) == 0, "%s", err.text);
        ck_assert_uint_eq(get("pc"), START + 4);
        ck_assert_uint_eq(get("a1"), 0);
        ck_assert_uint_eq(hx_executed(m), 1);
        stepped(1);
        ck_assert_uint_eq(get("a1"), 12);
    }
    ck_assert_int_eq(hx_go_back(m, "two", &err), -1);
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_int_eq(hx_go_back(m, "one", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "over"));
}
END_TEST

START_TEST(test_snapshots_in_files)
{
    char path[] = "/tmp/library-XXXXXX", word[64];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(word, sizeof word, "--restore=%s", path);
    set("pc", START);
    stepped(1);
    ck_assert_msg(hx_save(m, path, &err) == 0, "%s", err.text);
    ck_assert_int_eq(hx_save(m, "/nonexistent/file", &err), -1);
    stepped(100);
    teardown();
    const char *words[] = {word};
    m = hx_open(words, 1, NULL, &err);
    unlink(path);
    ck_assert_msg(m != NULL, "%s", err.text);
    ck_assert_uint_eq(get("pc"), START + 4);
    ck_assert_uint_eq(hx_executed(m), 1);
    ck_assert_int_eq(hx_run(m), 0);
    ck_assert_uint_eq(get("a1"), 12);
}
END_TEST

/* ---- explanations ---- */

/* The change with that text, or NULL. */
static const struct hx_change *change_in(const struct hx_explanation *e, const char *text)
{
    for (uint32_t i = 0; i < e->changes && i < HX_CHANGES; i++)
        if (strcmp(e->change[i].text, text) == 0)
            return &e->change[i];
    return NULL;
}

static struct hx_explanation explained(void)
{
    struct hx_explanation e;
    ck_assert_msg(hx_explain(m, 0, 0, &e, &err) == 0, "%s", err.text);
    return e;
}

static struct hx_explanation trapped_at(uint32_t insn, uint32_t mode)
{
    put(OTHER, &insn, sizeof insn);
    set("mtvec", START);
    set("mode", mode);
    set("pc", OTHER);
    stepped(1);
    ck_assert_uint_eq(get("pc"), START);
    return explained();
}

START_TEST(test_explain_page_table)
{
    open_up();
    map_ram();
    put64(ROOT, entry(START, 0)); /* V=0 */
    struct hx_explanation e = trapped_at(STORE_TO_0, HX_MODE_S);
    ck_assert_uint_eq(e.by, HX_BY_ENTRY);
    ck_assert_uint_eq(e.trap.cause, 15);
    ck_assert_uint_eq(e.is_access, 1);
    ck_assert_uint_eq(e.access, HX_STORE);
    ck_assert_uint_eq(e.mode, HX_MODE_S);
    ck_assert_uint_eq(e.level, 2);
    ck_assert_uint_eq(e.g_stage, 0);
    ck_assert_uint_eq(e.pa, ROOT);
    ck_assert_uint_eq(e.pte, entry(START, 0));
    ck_assert_uint_eq(e.tried, 1);
    ck_assert_uint_ge(e.changes, 1);
    const struct hx_change *c = change_in(&e, "medeleg[15] = 1");
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(c->kind, HX_CHANGE_REGISTER);
    ck_assert_uint_eq(c->number, HX_REG_CSR + 0x302);
    ck_assert_uint_eq(c->mask, 1u << 15);
    ck_assert_uint_eq(c->value, 1u << 15);
    ck_assert_uint_eq(c->trapped, 1);
    ck_assert_uint_eq(c->to, HX_MODE_S);
    ck_assert_uint_eq(c->cause, 15);
}
END_TEST

START_TEST(test_explain_register)
{
    static const uint32_t sret = 0x10200073;
    open_up();
    set("mstatus", 1u << 22); /* TSR */
    struct hx_explanation e = trapped_at(sret, HX_MODE_S);
    ck_assert_uint_eq(e.by, HX_BY_REGISTER);
    ck_assert_int_eq(e.number, HX_REG_CSR + 0x300);
    ck_assert_uint_eq(e.field, 1u << 22);
    ck_assert_uint_eq(e.is_access, 0);
    ck_assert_uint_eq(e.csr, 0);
    const struct hx_change *c = change_in(&e, "mstatus.TSR = 0");
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(c->mask, 1u << 22);
    ck_assert_uint_eq(c->value, 0);
    ck_assert_uint_eq(c->trapped, 0);
}
END_TEST

START_TEST(test_explain_csr)
{
    static const uint32_t read_cycle = 0xc0002573; /* csrr a0,cycle */
    open_up();
    set("mcounteren", 0);
    struct hx_explanation e = trapped_at(read_cycle, HX_MODE_S);
    ck_assert_uint_eq(e.by, HX_BY_REGISTER);
    ck_assert_int_eq(e.number, HX_REG_CSR + 0x306);
    ck_assert_uint_eq(e.csr, HX_REG_CSR + 0xc00);
}
END_TEST

START_TEST(test_explain_pmp)
{
    struct hx_explanation e = trapped_at(0x00000013, HX_MODE_U);
    ck_assert_uint_eq(e.by, HX_BY_MEMORY);
    ck_assert_int_eq(e.number, -1);
    ck_assert_uint_eq(e.pa, OTHER);
    ck_assert_uint_eq(e.access, HX_FETCH);
    set("pmpaddr0", ~0ull);
    set("pmpcfg0", 0x1b); /* NAPOT, no X */
    e = trapped_at(0x00000013, HX_MODE_U);
    ck_assert_int_eq(e.number, 0);
    const struct hx_change *c = change_in(&e, "pmp0cfg.X = 1");
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(c->kind, HX_CHANGE_PMP);
    ck_assert_uint_eq(c->number, 0);
    ck_assert_uint_eq(c->mask, 4);
    ck_assert_uint_eq(c->value, 4);
    ck_assert_uint_eq(get("pmpcfg0"), 0x1b); /* it was only tried */
}
END_TEST

START_TEST(test_explain_nothing)
{
    struct hx_explanation e;
    ck_assert_int_eq(hx_explain(m, 0, 0, &e, &err), -1);
    ck_assert_int_eq(hx_explain(m, 1, 0, &e, &err), -1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("library, more");
    TCase *tc = tcase_create("all");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_firmware_is_heard);
    tcase_add_test(tc, test_keys_are_typed);
    tcase_add_test(tc, test_wire_is_driven);
    tcase_add_test(tc, test_recorded_run_takes_no_wires);
    tcase_add_test(tc, test_snapshots_in_memory);
    tcase_add_test(tc, test_snapshots_in_files);
    tcase_add_test(tc, test_explain_page_table);
    tcase_add_test(tc, test_explain_register);
    tcase_add_test(tc, test_explain_csr);
    tcase_add_test(tc, test_explain_pmp);
    tcase_add_test(tc, test_explain_nothing);
    tcase_add_test(tc, test_hooks);
    tcase_add_test(tc, test_trap_hook);
    tcase_add_test(tc, test_many_hooks);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
