/* Windows that move and go while a hart uses them: what it reaches is what the bus says at that
 * access, although its translations stay. */
#include "bare_machine.h"
#include "cpu/fields.h"

enum { HANDLER = 0x28, READS = 1000, WANDERER = 0x40000000, ELSEWHERE = 0x40001000 };

/* Reads a thousand times at x11, writes x12 there, which moves the device to x12, reads at both,
 * writes 0, which takes it off the bus, reads again. The handler counts in x8, keeps mcause and
 * mtval and goes on behind the access, with the privilege of loads as before. */
static const u32 code[] = {
    0x3e800293, /*    li   t0, 1000 */
    0x0005a503, /* 1: lw   a0, 0(a1) */
    0xfff28293, /*    addi t0, t0, -1 */
    0xfe029ce3, /*    bnez t0, 1b */
    0x00c5a023, /*    sw   a2, 0(a1) */
    0x0005a303, /*    lw   t1, 0(a1) */
    0x00062383, /*    lw   t2, 0(a2) */
    0x00062023, /*    sw   zero, 0(a2) */
    0x00062e03, /*    lw   t3, 0(a2) */
    0x0000006f, /*    j    . */
    0x00140413, /*    addi s0, s0, 1 */
    0x342026f3, /*    csrr a3, mcause */
    0x34302773, /*    csrr a4, mtval */
    0x30093073, /*    csrc mstatus, s2 */
    0x3004a073, /*    csrs mstatus, s1 */
    0x341027f3, /*    csrr a5, mepc */
    0x00478793, /*    addi a5, a5, 4 */
    0x00078067, /*    jr   a5 */
};

struct wanderer {
    struct device dev;
    u32 reads;
};

static int wanderer_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)offset, (void)size;
    *value = ++((struct wanderer *)dev)->reads;
    return 0;
}

static int wanderer_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    (void)offset, (void)size;
    if (value)
        ck_assert_int_eq(bus_map_window(dev->env->bus, dev, dev->regs, value), 0);
    else
        bus_unmap_window(dev->env->bus, dev, dev->regs);
    return 0;
}

static struct wanderer *add_wanderer(struct machine *m)
{
    static const struct dev_regs regs = {
        .size = 0x1000, .read = wanderer_read, .write = wanderer_write};
    static const struct dev_class wanderer = {.name = "wanderer", .regs = &regs};
    struct error err;
    struct device *dev = device_alloc(sizeof(struct wanderer), &wanderer, &m->env, &err);
    ck_assert_int_eq(bus_add_device(&m->bus, dev), 0);
    return (struct wanderer *)dev;
}

/* Loads and stores are translated, one to one, as those of S-mode. */
static void translate(struct machine *m)
{
    enum { TABLE = 0x10000, LEAF = 0xcf };
    struct hart *h = m->hart[0];
    for (u64 gib = 1; gib < 3; gib++) {
        u64 pte = gib << 28 | LEAF;
        memcpy(m->ram->host + TABLE + 8 * gib, &pte, sizeof pte);
    }
    h->satp = 8ull << 60 | (RAM_BASE + TABLE) >> 12;
    h->x[18] = MSTATUS_MPP;
    h->x[9] = 1u << 11; /* MPP: S */
    h->mstatus |= MSTATUS_MPRV | h->x[9];
    h->mtvec = RAM_BASE + HANDLER;
    hart_derive(h);
}

START_TEST(a_hart_finds_a_window_where_it_is_now)
{
    const char *engine = _i ? "--engine=fast" : "--engine=plain";
    struct machine *m = bare_machine(engine, "--pmp-entries=0", code, ARRAY_LEN(code));
    struct wanderer *w = add_wanderer(m);
    struct hart *h = m->hart[0];
    translate(m);
    h->x[11] = WANDERER, h->x[12] = ELSEWHERE;
    for (u32 round = 1; round <= 3; round++) {
        h->pc = RAM_BASE;
        ck_assert_int_eq(bus_map_window(&m->bus, &w->dev, w->dev.regs, WANDERER), 0);
        while (h->pc != RAM_BASE + 0x24)
            hart_run(h, 1000);
        ck_assert_uint_eq(h->x[10], round * (READS + 1) - 1); /* the last of a thousand */
        ck_assert_uint_eq(h->x[7], round * (READS + 1));      /* the one where it went */
        ck_assert_uint_eq(h->x[8], 2 * round); /* where it no longer is; when it is nowhere */
        ck_assert_uint_eq(h->x[13], CAUSE_LOAD_ACCESS);
        ck_assert_uint_eq(h->x[14], ELSEWHERE);
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("windows");
    TCase *t = tcase_create("windows");
    tcase_add_loop_test(t, a_hart_finds_a_window_where_it_is_now, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}
