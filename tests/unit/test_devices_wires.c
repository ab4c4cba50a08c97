/* The board's wires: a pin leads where the device tree says, and reset leaves nothing pending. */
#include <libfdt.h>

#include "bare_machine.h"
#include "cpu/imsic.h"
#include "cpu/irq.h"
#include "cpu/post.h"
#include "machine/board.h"

enum { PLIC = 0xc000000, PENDING = PLIC + 0x1000, UART = 0x10000000, ADDI = 0x13 };

static const u32 code[] = {ADDI};
static struct machine *m;

static void setup(void)
{
    m = bare_machine("--harts=3", "--console=null", code, ARRAY_LEN(code));
}

static void teardown(void)
{
    machine_free(m);
}

static u32 rd32(u64 pa)
{
    u64 value = 0;
    ck_assert_int_eq(bus_read(&m->bus, pa, 4, &value), 0);
    return (u32)value;
}

/* Cell `i` of a property of the node of the device at `base`, or 0 if it has none. */
static u32 cell(u64 base, const char *name, int i)
{
    for (int n = fdt_next_node(m->config.dtb, -1, NULL); n >= 0;
         n = fdt_next_node(m->config.dtb, n, NULL)) {
        int len;
        const void *reg = fdt_getprop(m->config.dtb, n, "reg", &len);
        if (!reg || len != 16 || fdt64_ld(reg) != base)
            continue;
        const fdt32_t *p = fdt_getprop(m->config.dtb, n, name, &len);
        return p && i < len / 4 ? fdt32_to_cpu(p[i]) : 0;
    }
    return 0;
}

START_TEST(a_source_is_the_one_in_the_device_tree)
{
    const struct dt_device *list;
    u32 count = board_devices(m, &list), wired = 0;
    for (u32 i = 0; i < count; i++) {
        u32 irq = cell(list[i].base, "interrupts", 0);
        if (!irq)
            continue;
        wired++;
        ck_assert_uint_eq(rd32(PENDING), 0);
        m->env.set_pin(m->env.board, list[i].dev, 0, 1);
        ck_assert_uint_eq(rd32(PENDING), 1u << irq);
        m->env.set_pin(m->env.board, list[i].dev, 0, 0);
        bus_reset(&m->bus);
    }
    ck_assert_uint_eq(wired, 5); /* serial port, clock, watchdog, console, randomness */
}
END_TEST

START_TEST(pins_of_a_hart_come_together_and_drive_the_interrupts_in_the_device_tree)
{
    const struct dt_device *list;
    u32 count = board_devices(m, &list), wired = 0;
    for (u32 i = 0; i < count; i++) {
        if (list[i].wire[0].kind != WIRE_HART_LINE)
            continue;
        for (u32 pin = 0; pin < 3 * list[i].num_wires; pin++, wired++) {
            u32 irq = cell(list[i].base, "interrupts-extended", (int)(2 * pin + 1));
            for (u32 level = 2; level-- > 0;) {
                m->env.set_pin(m->env.board, list[i].dev, pin, level);
                for (u32 h = 0; h < 3; h++) {
                    post_drain(m->hart[h]);
                    ck_assert_uint_eq(mip_value(m->hart[h]) >> irq & 1,
                                      level && h == pin / list[i].num_wires);
                }
            }
        }
    }
    ck_assert_uint_eq(wired, 12); /* clint and plic: two for each hart */
}
END_TEST

/* What a device drives is reset after it, so a line that falls with the reset is not remembered. */
START_TEST(after_reset_nothing_is_pending_that_nobody_drives)
{
    ck_assert_int_eq(bus_write(&m->bus, UART + 1, 1, 2), 0); /* transmitter empty */
    ck_assert_uint_eq(rd32(PENDING), 1u << 10);
    bus_reset(&m->bus);
    ck_assert_uint_eq(rd32(PENDING), 0);
}
END_TEST

START_TEST(after_reset_interrupt_files_are_empty_and_shut)
{
    machine_free(m);
    m = bare_machine("--irqchip=aplic-imsic", "", code, ARRAY_LEN(code));
    struct hart *h = m->hart[0];
    struct imsic *f = h->imsic;
    for (unsigned file = 0; file < imsic_num_files(h); file++) {
        f->eidelivery[file] = 1;
        f->eithreshold[file] = 9;
        f->eie[file][0] = ~1ull;
        imsic_receive(h, file, 5);
        imsic_receive(h, file, 100);
    }
    const u64 lines = BIT(IRQ_MEI) | BIT(IRQ_SEI);
    ck_assert_uint_eq(h->mip_lines & lines, lines);
    ck_assert_uint_ne(h->hgeip, 0);
    hart_reset(h);
    for (unsigned file = 0; file < imsic_num_files(h); file++) {
        ck_assert_uint_eq(f->eidelivery[file] | f->eithreshold[file], 0);
        for (unsigned w = 0; w < IMSIC_WORDS; w++)
            ck_assert_uint_eq(f->eip[file][w] | f->eie[file][w], 0);
    }
    ck_assert_uint_eq(h->mip_lines & lines, 0);
    ck_assert_uint_eq(h->hgeip, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("wires");
    TCase *t = tcase_create("wires");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_source_is_the_one_in_the_device_tree);
    tcase_add_test(t, pins_of_a_hart_come_together_and_drive_the_interrupts_in_the_device_tree);
    tcase_add_test(t, after_reset_nothing_is_pending_that_nobody_drives);
    tcase_add_test(t, after_reset_interrupt_files_are_empty_and_shut);
    suite_add_tcase(s, t);
    return run_suite(s);
}
