/* The IOMMU on the board: the device tree says who is behind it, virtio devices and messages go
 * through it as their drivers have agreed, and a machine that is made anew remembers what the
 * IOMMU did. */
#include <libfdt.h>

#include "bare_machine.h"
#include "devices/dma.h"
#include "devices/iommu.h"
#include "devices/pci.h"
#include "machine/state.h"

enum { IOMMU = 0x3010000, ECAM = 0x30000000, ADDI = 0x13, DDTP = 16 };
#define ROOT    0x80002000ull
#define PTE_ALL 0xdfull

static const u32 code[] = {ADDI};
static struct machine *m;

static void teardown(void)
{
    machine_free(m);
}

static u64 get(u64 pa, unsigned size)
{
    u64 value = 0;
    ck_assert_int_eq(bus_read(&m->bus, pa, size, &value), 0);
    return value;
}

static void put(u64 pa, unsigned size, u64 value)
{
    ck_assert_int_eq(bus_write(&m->bus, pa, size, value), 0);
}

static void put_word(u64 pa, u64 value)
{
    ck_assert_int_eq(bus_copy_to(&m->bus, pa, &value, 8), 0);
}

static u32 cell(int node, const char *name, u32 n)
{
    int len = 0;
    const fdt32_t *cells = fdt_getprop(m->config.dtb, node, name, &len);
    ck_assert_msg(cells && (u32)len > 4 * n, "%s[%u]", name, n);
    return fdt32_to_cpu(cells[n]);
}

static struct device *device(const char *name)
{
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (strcmp(m->bus.device[i]->cls->name, name) == 0)
            return m->bus.device[i];
    return NULL;
}

START_TEST(at_an_address_all_functions_are_behind_it)
{
    m = bare_machine("--virtio=bus=pci", "--iommu=mmio", code, ARRAY_LEN(code));
    const void *fdt = m->config.dtb;
    int node = fdt_node_offset_by_compatible(fdt, -1, "riscv,iommu"),
        pci = fdt_node_offset_by_compatible(fdt, -1, "pci-host-ecam-generic");
    ck_assert_str_eq(fdt_get_name(fdt, node, NULL), "iommu@3010000");
    ck_assert_uint_eq(cell(node, "#iommu-cells", 0), 1);
    for (u32 i = 0; i < 4; i++)
        ck_assert_uint_eq(cell(node, "interrupts", i), 36 + i);
    ck_assert_uint_eq(cell(pci, "iommu-map", 0), 0);
    ck_assert_uint_eq(cell(pci, "iommu-map", 1), fdt_get_phandle(fdt, node));
    ck_assert_uint_eq(cell(pci, "iommu-map", 2), 0);
    ck_assert_uint_eq(cell(pci, "iommu-map", 3), 0x10000);
    ck_assert_uint_eq(get(IOMMU, 4) & 0xff, 0x10);
}
END_TEST

START_TEST(as_a_function_it_is_not_behind_itself)
{
    m = bare_machine("--iommu=pci", "--irqchip=aplic-imsic", code, ARRAY_LEN(code));
    const void *fdt = m->config.dtb;
    int node = fdt_node_offset_by_compatible(fdt, -1, "riscv,pci-iommu"),
        pci = fdt_node_offset_by_compatible(fdt, -1, "pci-host-ecam-generic");
    u32 unit = fdt_get_phandle(fdt, node);
    ck_assert_int_eq(fdt_parent_offset(fdt, node), pci);
    ck_assert_uint_eq(cell(node, "reg", 0), 8 << 8);
    const u32 map[] = {0, unit, 0, 8, 9, unit, 9, 0xfff7};
    for (u32 i = 0; i < ARRAY_LEN(map); i++)
        ck_assert_uint_eq(cell(pci, "iommu-map", i), map[i]);
    ck_assert_uint_eq(get(ECAM + (1 << 15), 4), 0x00141b36);
    ck_assert_uint_eq(get(ECAM + (1 << 15) + 8, 4) >> 8, 0x080600);
    put(ECAM + (1 << 15) + 0x14, 4, 4);
    put(ECAM + (1 << 15) + 4, 2, 6);
    ck_assert_uint_eq(get(0x400000000, 4) & 0xff, 0x10);
    put(0x400000000 + 768 + 8, 4, 77); /* the table of MSI-X is msi_cfg_tbl */
    ck_assert_uint_eq(device("iommu")->pci->table[0][2], 77);
}
END_TEST

/* Its own messages are those of MSI-X, and wait while they are masked. */
START_TEST(as_a_function_it_interrupts_by_msix)
{
    enum { CQB = 24, CQT = 36, CQCSR = 72, IPSR = 84, TABLE = 768, PENDING = 1024 };
    u64 f = ECAM + (1 << 15), base = 0x400000000, mailbox = 0;
    m = bare_machine("--iommu=pci", "", code, ARRAY_LEN(code));
    put(f + 0x14, 4, 4);
    put(f + 4, 2, 6);
    put(f + device("iommu")->pci->msix + 2, 2, 1 << 15);
    put(base + TABLE, 8, ROOT);
    put(base + TABLE + 8, 4, 99);
    put(base + CQB, 8, (ROOT + 0x1000) >> 12 << 10 | 3);
    put(base + CQCSR, 4, 3);
    put(base + CQT, 4, 1); /* a command of zeros is illegal */
    ck_assert_uint_eq(get(base + IPSR, 4), 1);
    ck_assert_uint_eq(get(base + PENDING, 4), 1);
    put(base + TABLE + 12, 4, 0);
    ck_assert_int_eq(bus_copy_from(&m->bus, ROOT, &mailbox, 8), 0);
    ck_assert_uint_eq(mailbox, 99);
    ck_assert_uint_eq(get(base + PENDING, 4), 0);
    put(base + 8, 4, 2); /* it has no wires */
    ck_assert_uint_eq(get(base + 8, 4), 0);
}
END_TEST

/* A driver that has not agreed to VIRTIO_F_ACCESS_PLATFORM gives physical addresses; messages are
 * translated whoever it is. */
START_TEST(a_driver_decides_whose_addresses_it_gives)
{
    u64 word;
    m = bare_machine("--virtio=bus=pci", "--iommu=mmio,off", code, ARRAY_LEN(code));
    struct device *rng = device("virtio-rng");
    u64 base = 0x400000000;
    put(ECAM + (1 << 15) + 0x24, 4, 4);
    put(ECAM + (1 << 15) + 4, 2, 6);
    put(base, 4, 1);                        /* device_feature_select */
    ck_assert_uint_eq(get(base + 4, 4), 3); /* VERSION_1, ACCESS_PLATFORM */
    ck_assert_int_eq(dma_read(rng, RAM_BASE, &word, 8), 0);
    ck_assert_int_eq(dma_message(rng, RAM_BASE, 1), -1);
    put(base + 8, 4, 1);
    put(base + 12, 4, 3);
    ck_assert_int_eq(dma_read(rng, RAM_BASE, &word, 8), -1);
    ck_assert_uint_eq(iommu_last_fault(device("iommu"), 0)->cause, 256);
    struct device *uart = device("uart16550");
    ck_assert_ptr_nonnull(uart);
    ck_assert_int_eq(dma_read(uart, RAM_BASE, &word, 8), 0); /* not on PCI */
}
END_TEST

START_TEST(what_it_remembers_goes_on)
{
    struct error err;
    struct iommu_answer a;
    struct iommu_fault f;
    m = bare_machine("--virtio=bus=pci", "--iommu=mmio", code, ARRAY_LEN(code));
    const struct iommu_request q = {.did = 8, .iova = RAM_BASE};
    put_word(ROOT + 8 * 64, 1); /* the context */
    put_word(ROOT + 8 * 64 + 24, 8ull << 60 | (ROOT + 0x1000) >> 12);
    put_word(ROOT + 0x1000 + 16, RAM_BASE >> 12 << 10 | PTE_ALL);
    put(IOMMU + DDTP, 8, ROOT >> 12 << 10 | 2);
    ck_assert_int_eq(iommu_translate(device("iommu"), &q, &a, &f), 0);
    ck_assert_uint_eq(a.pa, RAM_BASE);
    put_word(ROOT + 8 * 64, 0);
    put_word(ROOT + 0x1000 + 16, 0);
    ck_assert_msg(machine_renew(m, &err) == 0, "%s", err.text);
    ck_assert_int_eq(iommu_translate(device("iommu"), &q, &a, &f), 0);
    ck_assert(a.cached);
    ck_assert_uint_eq(get(IOMMU + DDTP, 8), ROOT >> 12 << 10 | 2);
}
END_TEST

START_TEST(what_the_option_takes)
{
    static const struct {
        const char *option, *message;
    } rows[] = {
        {"--iommu=off", "needs pci or mmio"},
        {"--iommu=usb", "usb"},
        {"--iommu=pci,without=1", "without can have the bits"},
    };
    struct error err;
    m = bare_machine_try((const char *const[3]){rows[_i].option, ""}, code, 1, &err);
    ck_assert_ptr_null(m);
    ck_assert_msg(strstr(err.text, rows[_i].message) != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("machine_iommu");
    TCase *t = tcase_create("machine_iommu");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, at_an_address_all_functions_are_behind_it);
    tcase_add_test(t, as_a_function_it_is_not_behind_itself);
    tcase_add_test(t, as_a_function_it_interrupts_by_msix);
    tcase_add_test(t, a_driver_decides_whose_addresses_it_gives);
    tcase_add_test(t, what_it_remembers_goes_on);
    TCase *o = tcase_create("option");
    tcase_add_loop_test(o, what_the_option_takes, 0, 3);
    suite_add_tcase(s, t);
    suite_add_tcase(s, o);
    return run_suite(s);
}
