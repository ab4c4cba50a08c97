/* A gdb stub without gdb, on a machine of two harts, for the tests of what its packets do. */
#ifndef HEXTANT_TESTS_GDB_BENCH_H
#define HEXTANT_TESTS_GDB_BENCH_H

#include "monitor/gdb_stub.h"
#include "monitor_bench.h"

static struct bench b;
static struct gdb *g;

static inline void setup_with(const char *option)
{
    const char *const args[] = {option};
    bench_open(&b, 1, args);
    bench_open_up(&b);
    if (b.m->num_harts > 1)
        b.m->hart[1]->pc = CODE;
    b.mon->passive = true;
    g = calloc(1, sizeof *g);
    *g = (struct gdb){.m = b.m, .mon = b.mon, .listener = -1, .fd = -1};
    gdb_stopped_at(g, b.h);
}

static inline void setup(void)
{
    setup_with("--harts=2");
}

static inline void teardown(void)
{
    free(g->xml);
    free(g);
    bench_close(&b);
}

/* The answer, without frame. */
static inline const char *ask(const char *packet)
{
    static char answer[2 * GDB_PACKET_MAX + 1];
    snprintf((char *)g->in.data, sizeof g->in.data, "%s", packet);
    g->in.len = (u32)strlen((char *)g->in.data);
    gdb_packet(g);
    if (!g->out.len)
        return "(none)";
    ck_assert_int_eq(g->out.data[0], '$');
    ck_assert_int_eq(g->out.data[g->out.len - 3], '#');
    memcpy(answer, g->out.data + 1, g->out.len - 4);
    answer[g->out.len - 4] = '\0';
    return answer;
}

#endif
