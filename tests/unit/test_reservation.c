/* What ends a reservation: a write by a device between LR and SC, the same bytes too (chapter "A",
 * Zalrsc: SC must fail then). Other harts: tests/cli, guest 11. */
#include "cpu/hart.h"
#include "machine/machine.h"
#include "machine/options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char program[] = "/tmp/reservationXXXXXX";

/* lr.w a0, (a1); sc.w a2, a0, (a1) */
static const u32 code[] = {0x1005a52f, 0x18a5a62f};

static struct machine *start(const char *engine)
{
    char how[32] = "--engine=", run[] = "run", none[] = "--firmware=none";
    char where[] = "--load-address=0x80000000", memory[] = "--memory=1M";
    char *argv[] = {run, how, none, where, memory, program};
    static struct options opt;
    struct error err;
    strcat(how, engine);
    ck_assert_int_eq(options_parse(6, argv, &opt, &err), OPTIONS_RUN);
    struct machine *m = machine_new(&opt, &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    m->hart[0]->pc = RAM_BASE;
    m->hart[0]->x[11] = RAM_BASE + 0x100;
    return m;
}

static u64 failed_after(const char *engine, bool device_writes)
{
    u32 same = 0;
    struct machine *m = start(engine);
    struct hart *h = m->hart[0];
    hart_run(h, 1);
    if (device_writes)
        ck_assert_int_eq(bus_dma_write(&m->bus, RAM_BASE + 0x100, &same, sizeof same), 0);
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, RAM_BASE + 8);
    u64 result = h->x[12];
    machine_free(m);
    return result;
}

START_TEST(devices_end_it)
{
    const char *engine = _i ? "fast" : "plain";
    ck_assert_uint_eq(failed_after(engine, false), 0);
    ck_assert_uint_ne(failed_after(engine, true), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("reservation");
    TCase *t = tcase_create("reservation");
    int fd = mkstemp(program);
    if (fd < 0 || write(fd, code, sizeof code) != (ssize_t)sizeof code)
        return EXIT_FAILURE;
    close(fd);
    tcase_add_loop_test(t, devices_end_it, 0, 2);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    unlink(program);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
