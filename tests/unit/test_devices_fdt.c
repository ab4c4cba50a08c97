/* The generated device tree, read back with libfdt: what Linux's bindings ask for is there, and
 * says what the board has. */
#include <libfdt.h>
#include <unistd.h>

#include "devices_board.h"
#include "machine/fdt.h"

static struct board b;
static struct dt_device devices[5];
static struct dt_desc desc;
static void *fdt;
static u32 len;

static const char *const extensions[] = {"i", "m", "a", "h", "sstc"};

static void add(u32 i, device_make *make, u64 base)
{
    devices[i] = (struct dt_device){.dev = board_make(&b, make, base), .base = base};
}

static void setup(void)
{
    static const u8 seed[32] = {1, 2, 3};
    board_init(&b);
    b.args.harts = 2;
    add(0, aclint_new, 0x2000000);
    devices[0].num_wires = 2;
    devices[0].wire[0] = (struct wire){WIRE_HART_LINE, 3};
    devices[0].wire[1] = (struct wire){WIRE_HART_LINE, 7};
    add(1, plic_new, 0xc000000);
    devices[1].num_wires = 2;
    devices[1].wire[0] = (struct wire){WIRE_HART_LINE, 11};
    devices[1].wire[1] = (struct wire){WIRE_HART_LINE, 9};
    add(2, uart_new, 0x10000000);
    devices[2].num_wires = 1;
    devices[2].wire[0] = (struct wire){WIRE_SOURCE, 10};
    add(3, finisher_new, 0x100000);
    desc = (struct dt_desc){
        .harts = 2,
        .xlen = 64,
        .timebase_frequency = 10000000,
        .ram_base = 0x80000000,
        .ram_size = 0x180000000,
        .isa = "rv64imah_sstc",
        .extensions = extensions,
        .num_extensions = 5,
        .mmu_type = "riscv,sv57",
        .cbom_block = 64,
        .cboz_block = 64,
        .cbop_block = 64,
        .counters = 0xf8,
        .bootargs = "console=ttyS0",
        .initrd_start = 0x88000000,
        .initrd_end = 0x88123456,
        .rng_seed = seed,
        .rng_seed_len = sizeof(seed),
        .devices = devices,
        .num_devices = 4,
    };
    fdt = dt_build(&desc, &len);
    ck_assert_ptr_nonnull(fdt);
    ck_assert_int_eq(fdt_check_full(fdt, len), 0);
}

static void teardown(void)
{
    free(fdt);
    board_free(&b);
}

static const void *prop(const char *path, const char *name, int *size)
{
    int node = fdt_path_offset(fdt, path);
    ck_assert_msg(node >= 0, "no node %s", path);
    const void *p = fdt_getprop(fdt, node, name, size);
    ck_assert_msg(p != NULL, "no %s in %s", name, path);
    return p;
}

static const char *text(const char *path, const char *name)
{
    return prop(path, name, NULL);
}

static u32 cell(const char *path, const char *name, u32 index)
{
    int size;
    const fdt32_t *p = prop(path, name, &size);
    ck_assert_int_ge(size, (int)(4 * (index + 1)));
    return fdt32_to_cpu(p[index]);
}

START_TEST(each_cpu_says_what_it_can_do)
{
    ck_assert_str_eq(text("/cpus/cpu@1", "riscv,isa"), "rv64imah_sstc");
    ck_assert_str_eq(text("/cpus/cpu@1", "riscv,isa-base"), "rv64i");
    int size;
    ck_assert_mem_eq(prop("/cpus/cpu@0", "riscv,isa-extensions", &size), "i\0m\0a\0h\0sstc", 13);
    ck_assert_int_eq(size, 13);
    ck_assert_str_eq(text("/cpus/cpu@0", "mmu-type"), "riscv,sv57");
    ck_assert_uint_eq(cell("/cpus/cpu@0", "riscv,cbom-block-size", 0), 64);
    /* norm:mtime_tick_period */
    ck_assert_uint_eq(cell("/cpus", "timebase-frequency", 0), 10000000);
    ck_assert_uint_eq(cell("/cpus/cpu-map/cluster0/core1", "cpu", 0),
                      cell("/cpus/cpu@1", "phandle", 0));
}
END_TEST

START_TEST(optional_properties_are_absent_when_the_board_lacks_them)
{
    free(fdt);
    desc.mmu_type = NULL;
    desc.counters = 0;
    desc.cboz_block = 0;
    desc.xlen = 32;
    desc.isa = "rv32emac";
    desc.bootargs = NULL;
    desc.initrd_end = desc.initrd_start;
    fdt = dt_build(&desc, &len);
    int cpu = fdt_path_offset(fdt, "/cpus/cpu@0"), chosen = fdt_path_offset(fdt, "/chosen");
    ck_assert_ptr_null(fdt_getprop(fdt, cpu, "mmu-type", NULL));
    ck_assert_int_lt(fdt_path_offset(fdt, "/pmu"), 0);
    ck_assert_ptr_null(fdt_getprop(fdt, cpu, "riscv,cboz-block-size", NULL));
    ck_assert_ptr_null(fdt_getprop(fdt, chosen, "bootargs", NULL));
    ck_assert_ptr_null(fdt_getprop(fdt, chosen, "linux,initrd-start", NULL));
    ck_assert_str_eq(text("/cpus/cpu@0", "riscv,isa-base"), "rv32e");
}
END_TEST

/* Each row of a table of the pmu node, `cells` long, is one of `rows`; there are as many. */
static void check_events(const char *name, u32 cells, const u32 *rows, u32 num_rows)
{
    int size;
    prop("/pmu", name, &size);
    ck_assert_int_eq(size, (int)(4 * cells * num_rows));
    for (u32 i = 0; i < cells * num_rows; i++)
        ck_assert_uint_eq(cell("/pmu", name, i), rows[i]);
}

START_TEST(firmware_learns_which_events_the_counters_count)
{
    static const u32 selectors[] = {1,       0, 1, 2,       0, 2, 0x10021, 0, 3,
                                    0x10019, 0, 7, 0x1001b, 0, 8, 5,       0, 9};
    static const u32 counters[] = {1,       1,       0xf9, 2,       2,       0xfc,
                                   0x10021, 0x10021, 0xf8, 0x10019, 0x10019, 0xf8,
                                   0x1001b, 0x1001b, 0xf8, 5,       5,       0xf8};
    ck_assert_str_eq(text("/pmu", "compatible"), "riscv,pmu");
    check_events("riscv,event-to-mhpmevent", 3, selectors, 6);
    check_events("riscv,event-to-mhpmcounters", 3, counters, 6);
    int size;
    prop("/pmu", "riscv,raw-event-to-mhpmcounters", &size);
    ck_assert_int_eq(size, 9 * 20);
    for (u32 i = 0; i < 9; i++) {
        static const char raw[] = "riscv,raw-event-to-mhpmcounters";
        ck_assert_uint_eq(cell("/pmu", raw, 5 * i), 0);
        ck_assert_uint_eq(cell("/pmu", raw, 5 * i + 1), i + 1);
        ck_assert_uint_eq(cell("/pmu", raw, 5 * i + 2), 0xffffffff);
        ck_assert_uint_eq(cell("/pmu", raw, 5 * i + 3), 0xffffffff);
        ck_assert_uint_eq(cell("/pmu", raw, 5 * i + 4), 0xf8);
    }
}
END_TEST

START_TEST(memory_and_chosen)
{
    ck_assert_uint_eq(cell("/memory@80000000", "reg", 1), 0x80000000);
    ck_assert_uint_eq(cell("/memory@80000000", "reg", 2), 1);
    ck_assert_uint_eq(cell("/memory@80000000", "reg", 3), 0x80000000);
    ck_assert_str_eq(text("/chosen", "bootargs"), "console=ttyS0");
    ck_assert_str_eq(text("/chosen", "stdout-path"), "/soc/serial@10000000");
    ck_assert_uint_eq(cell("/chosen", "linux,initrd-end", 1), 0x88123456);
    int size;
    prop("/chosen", "rng-seed", &size);
    ck_assert_int_eq(size, 32);
}
END_TEST

START_TEST(interrupts_lead_from_device_to_controller_to_hart)
{
    u32 plic = cell("/soc/plic@c000000", "phandle", 0);
    ck_assert_uint_eq(cell("/soc/serial@10000000", "interrupt-parent", 0), plic);
    ck_assert_uint_eq(cell("/soc/serial@10000000", "interrupts", 0), 10);
    ck_assert_uint_eq(cell("/soc/plic@c000000", "riscv,ndev", 0), 127);
    static const char *const intc[] = {"/cpus/cpu@0/interrupt-controller",
                                       "/cpus/cpu@1/interrupt-controller"};
    for (u32 h = 0; h < 2; h++) {
        u32 ph = cell(intc[h], "phandle", 0);
        ck_assert_uint_eq(cell("/soc/plic@c000000", "interrupts-extended", 4 * h), ph);
        ck_assert_uint_eq(cell("/soc/plic@c000000", "interrupts-extended", 4 * h + 1), 11);
        ck_assert_uint_eq(cell("/soc/plic@c000000", "interrupts-extended", 4 * h + 3), 9);
        ck_assert_uint_eq(cell("/soc/clint@2000000", "interrupts-extended", 4 * h), ph);
        ck_assert_uint_eq(cell("/soc/clint@2000000", "interrupts-extended", 4 * h + 3), 7);
    }
}
END_TEST

START_TEST(software_interrupts_of_s_mode_are_a_controller_without_cells)
{
    free(fdt);
    add(desc.num_devices++, sswi_new, 0x2f00000);
    devices[4].num_wires = 1;
    devices[4].wire[0] = (struct wire){WIRE_HART_BIT, 1};
    fdt = dt_build(&desc, &len);
    ck_assert_uint_eq(cell("/soc/sswi@2f00000", "#interrupt-cells", 0), 0);
    prop("/soc/sswi@2f00000", "interrupt-controller", NULL);
    ck_assert_uint_eq(cell("/soc/sswi@2f00000", "interrupts-extended", 3), 1);
}
END_TEST

START_TEST(phandles_are_unique)
{
    u32 seen[64] = {0}, count = 0;
    for (int n = fdt_next_node(fdt, -1, NULL); n >= 0; n = fdt_next_node(fdt, n, NULL)) {
        u32 ph = fdt_get_phandle(fdt, n);
        if (ph == 0)
            continue;
        ck_assert_uint_lt(ph, 64);
        ck_assert_uint_eq(seen[ph]++, 0);
        count++;
    }
    ck_assert_uint_eq(count, 6); /* two cpus, their two controllers, plic, syscon */
}
END_TEST

START_TEST(power_goes_through_the_finisher)
{
    u32 syscon = cell("/soc/test@100000", "phandle", 0);
    ck_assert_uint_eq(cell("/poweroff", "regmap", 0), syscon);
    ck_assert_uint_eq(cell("/poweroff", "value", 0), 0x5555);
    ck_assert_uint_eq(cell("/reboot", "regmap", 0), syscon);
    ck_assert_uint_eq(cell("/reboot", "value", 0), 0x7777);
}
END_TEST

START_TEST(chosen_of_a_given_tree_can_be_changed)
{
    struct dt_desc d = {.bootargs = "single", .initrd_start = 0x90000000, .initrd_end = 0x90000001};
    ck_assert_int_eq(dt_set_chosen(&fdt, &len, &d), 0);
    ck_assert_str_eq(text("/chosen", "bootargs"), "single");
    ck_assert_uint_eq(cell("/chosen", "linux,initrd-start", 1), 0x90000000);
    ck_assert_str_eq(text("/chosen", "stdout-path"), "/soc/serial@10000000");
}
END_TEST

START_TEST(a_tree_survives_a_file_and_a_bad_file_is_refused)
{
    char path[] = "/tmp/hextant-dtb-XXXXXX", err[256];
    u32 n;
    close(mkstemp(path));
    ck_assert_int_eq(dt_save(path, fdt, len), 0);
    void *copy = dt_load(path, &n, err, sizeof(err));
    ck_assert_ptr_nonnull(copy);
    ck_assert_uint_eq(n, len);
    ck_assert_mem_eq(copy, fdt, len);
    free(copy);
    ck_assert_int_eq(truncate(path, len / 2), 0);
    ck_assert_ptr_null(dt_load(path, &n, err, sizeof(err)));
    ck_assert_ptr_nonnull(strstr(err, path));
    ck_assert_int_eq(truncate(path, 3), 0);
    ck_assert_ptr_null(dt_load(path, &n, err, sizeof(err)));
    unlink(path);
    ck_assert_ptr_null(dt_load(path, &n, err, sizeof(err)));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device tree");
    TCase *t = tcase_create("device tree");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_cpu_says_what_it_can_do);
    tcase_add_test(t, optional_properties_are_absent_when_the_board_lacks_them);
    tcase_add_test(t, firmware_learns_which_events_the_counters_count);
    tcase_add_test(t, memory_and_chosen);
    tcase_add_test(t, interrupts_lead_from_device_to_controller_to_hart);
    tcase_add_test(t, software_interrupts_of_s_mode_are_a_controller_without_cells);
    tcase_add_test(t, phandles_are_unique);
    tcase_add_test(t, power_goes_through_the_finisher);
    tcase_add_test(t, chosen_of_a_given_tree_can_be_changed);
    tcase_add_test(t, a_tree_survives_a_file_and_a_bad_file_is_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
