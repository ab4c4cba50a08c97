/* PCI on the board: what the device tree says of it is so, and a machine that is made anew has the
 * same windows, whoever placed them. */
#include <libfdt.h>

#include "bare_machine.h"
#include "devices/pci.h"
#include "machine/state.h"

enum { ECAM = 0x30000000, ADDI = 0x13, PLIC_PENDING = 0xc001000, APLIC_IN = 0xc001d00 };
enum { VIRTIO_RNG = 0x10441af4, NODE_CELLS = 7 };

static const u32 code[] = {ADDI};
static struct machine *m;

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

static void wr32(u64 pa, u32 value)
{
    ck_assert_int_eq(bus_write(&m->bus, pa, 4, value), 0);
}

/* A property of the bridge's node, its number of cells in *n. */
static const fdt32_t *property(const char *name, u32 *n)
{
    int len = 0;
    int node = fdt_node_offset_by_compatible(m->config.dtb, -1, "pci-host-ecam-generic");
    const fdt32_t *cells = node < 0 ? NULL : fdt_getprop(m->config.dtb, node, name, &len);
    *n = len > 0 ? (u32)len / 4 : 0;
    return cells;
}

/* The first device of the class of randomness, which is on PCI. */
static struct device *rng(void)
{
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (strcmp(m->bus.device[i]->cls->name, "virtio-rng") == 0)
            return m->bus.device[i];
    return NULL;
}

START_TEST(without_a_device_on_it_there_is_no_bridge)
{
    u32 n;
    u64 value;
    m = bare_machine("", "", code, ARRAY_LEN(code));
    ck_assert_ptr_null(property("reg", &n));
    ck_assert_int_ne(bus_read(&m->bus, ECAM, 4, &value), 0);
    ck_assert_int_ne(bus_read(&m->bus, 0x40000000, 4, &value), 0);
}
END_TEST

/* Every row: the function's device number decides which source its pin reaches. */
START_TEST(the_interrupt_map_is_how_lines_are_wired)
{
    static const struct {
        const char *irqchip;
        u64 inputs;
        u32 cells;
    } chip[] = {{"--irqchip=plic", PLIC_PENDING, 6}, {"--irqchip=aplic", APLIC_IN, 7}};
    m = bare_machine("--virtio=bus=pci", chip[_i].irqchip, code, ARRAY_LEN(code));
    struct pci_function *f = rng()->pci;
    u32 n;
    const fdt32_t *row = property("interrupt-map", &n);
    ck_assert_uint_eq(n, 16 * chip[_i].cells);
    for (u32 i = 0; i < 16; i++, row += chip[_i].cells) {
        u32 source = fdt32_to_cpu(row[5]);
        for (u32 k = 32; _i == 1 && k < 36; k++)
            wr32(0xc000000 + 4 * k, 6); /* active high */
        f->devfn = (u8)(fdt32_to_cpu(row[0]) >> 8);
        f->config[0x3d] = (u8)fdt32_to_cpu(row[3]);
        pci_set_line(f, 1);
        u32 word = (u32)chip[_i].inputs + 4 * (source / 32);
        ck_assert_uint_eq(rd32(word), 1u << source % 32);
        pci_set_line(f, 0);
        bus_reset(&m->bus);
    }
}
END_TEST

START_TEST(the_windows_are_those_of_the_device_tree)
{
    m = bare_machine("--virtio=bus=pci", "", code, ARRAY_LEN(code));
    static const u32 expected[] = {0x01000000, 0, 0,          0, 0x3000000,  0, 0x10000,
                                   0x02000000, 0, 0x40000000, 0, 0x40000000, 0, 0x40000000,
                                   0x03000000, 4, 0,          4, 0,          4, 0};
    u32 n;
    const fdt32_t *cells = property("ranges", &n);
    ck_assert_uint_eq(n, ARRAY_LEN(expected));
    for (u32 i = 0; i < n; i++)
        ck_assert_uint_eq(fdt32_to_cpu(cells[i]), expected[i]);
    ck_assert_uint_eq(rd32(0x40000000), 0xffffffff);
    ck_assert_uint_eq(rd32(0x3000000), 0xffffffff);
    cells = property("reg", &n);
    ck_assert_uint_eq(fdt32_to_cpu(cells[1]), ECAM);
    ck_assert_uint_eq(fdt32_to_cpu(cells[3]), 256 << 20);
}
END_TEST

START_TEST(messages_go_to_the_supervisor_s_files)
{
    m = bare_machine("--virtio=bus=pci", "--irqchip=aplic-imsic", code, ARRAY_LEN(code));
    u32 n;
    const fdt32_t *parent = property("msi-parent", &n);
    ck_assert_uint_eq(n, 1);
    int node = fdt_node_offset_by_phandle(m->config.dtb, fdt32_to_cpu(*parent));
    ck_assert_str_eq(fdt_get_name(m->config.dtb, node, NULL), "imsics@28000000");
}
END_TEST

START_TEST(a_machine_made_anew_has_the_same_windows)
{
    static const char *const bus[] = {"--virtio=bus=pci", "--virtio=bus=port"};
    struct error err;
    m = bare_machine(bus[_i], "", code, ARRAY_LEN(code));
    u64 f = ECAM + (1 << 15);
    if (_i == 1) {
        wr32(f + 4, 6);
        wr32(f + 0x18, 0x010100);
        wr32(f + 0x24, 0);
        wr32(f + 0x28, 4);
        wr32(f + 0x2c, 4);
        f = ECAM + (1 << 20);
    }
    ck_assert_uint_eq(rd32(f), VIRTIO_RNG);
    wr32(f + 0x24, 4);
    wr32(f + 4, 6);
    ck_assert_int_eq(bus_write(&m->bus, 0x400000014, 1, 3), 0); /* the driver's status */
    u32 requester = rng()->requester;
    ck_assert_msg(machine_renew(m, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(rd32(0x400000014) & 0xff, 3);
    ck_assert_uint_eq(rng()->requester, requester);
    ck_assert_uint_eq(requester, _i == 1 ? 0x100 : 8);
    ck_assert(!rng()->dma_off);
}
END_TEST

START_TEST(the_large_window_is_above_memory)
{
    m = bare_machine("--virtio=bus=pci", "--memory=15G", code, ARRAY_LEN(code));
    u32 n;
    const fdt32_t *cells = property("ranges", &n);
    ck_assert_uint_eq(fdt32_to_cpu(cells[2 * NODE_CELLS + 1]), 8);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("machine_pci");
    TCase *t = tcase_create("machine_pci");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, without_a_device_on_it_there_is_no_bridge);
    tcase_add_loop_test(t, the_interrupt_map_is_how_lines_are_wired, 0, 2);
    tcase_add_test(t, the_windows_are_those_of_the_device_tree);
    tcase_add_test(t, messages_go_to_the_supervisor_s_files);
    tcase_add_loop_test(t, a_machine_made_anew_has_the_same_windows, 0, 2);
    tcase_add_test(t, the_large_window_is_above_memory);
    suite_add_tcase(s, t);
    return run_suite(s);
}
