/* What ends a reservation: a write by a device between LR and SC, the same bytes too (chapter "A",
 * Zalrsc: SC must fail then). Other harts: tests/cli, guest 11. */
#include "bare_machine.h"

/* lr.w a0, (a1); sc.w a2, a0, (a1) */
static const u32 code[] = {0x1005a52f, 0x18a5a62f};

static u64 failed_after(const char *engine, bool device_writes)
{
    u32 same = 0;
    struct machine *m = bare_machine(engine, "", code, ARRAY_LEN(code));
    struct hart *h = m->hart[0];
    h->x[11] = RAM_BASE + 0x100;
    hart_run(h, 1);
    if (device_writes)
        ck_assert_int_eq(bus_copy_to(&m->bus, RAM_BASE + 0x100, &same, sizeof same), 0);
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, RAM_BASE + 8);
    u64 result = h->x[12];
    machine_free(m);
    return result;
}

START_TEST(devices_end_it)
{
    const char *engine = _i ? "--engine=fast" : "--engine=plain";
    ck_assert_uint_eq(failed_after(engine, false), 0);
    ck_assert_uint_ne(failed_after(engine, true), 0);
}
END_TEST

/* norm:Zawrs_wrs-nto_stall_exec norm:Zawrs_stall_terminate: a hart stalls while it has a
 * reservation, and not without one. */
START_TEST(a_hart_stalls_with_a_reservation)
{
    static const u32 insns[] = {0x00d00073, 0x01d00073}; /* wrs.nto, wrs.sto */
    u32 stalls[] = {insns[_i], code[0], insns[_i]};
    struct machine *m = bare_machine("--isa=rv64max", "--engine=plain", stalls, 3);
    struct hart *h = m->hart[0];
    h->x[11] = RAM_BASE + 0x100;
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, RAM_BASE + 4);
    ck_assert_uint_eq(h->wait, WAIT_NONE);
    hart_run(h, 2);
    ck_assert_uint_eq(h->pc, RAM_BASE + 12);
    ck_assert_uint_eq(h->wait, WAIT_WRS);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("reservation");
    TCase *t = tcase_create("reservation");
    tcase_add_loop_test(t, devices_end_it, 0, 2);
    tcase_add_loop_test(t, a_hart_stalls_with_a_reservation, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}
