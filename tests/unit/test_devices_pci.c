/* PCI: configuration space register by register, windows, root ports, the bridge. What is expected
 * is from the PCI Express Base Specification, not from the tables of the sources. */
#include "pci_bench.h"

static struct probe *p;
static u64 at; /* its configuration space */

static void setup(void)
{
    pci_board_init();
    p = probe_new();
    at = cfg(0, 1);
    pci_board_reset();
}

static void teardown(void)
{
    board_free(&b);
}

/* ---- who answers ---- */

START_TEST(an_absent_function_reads_all_ones)
{
    static const u64 absent[] = {ECAM + (9 << 15), ECAM + (1 << 15) + (1 << 12), ECAM + (3 << 20),
                                 ECAM + (255ull << 20) + (31 << 15) + (7 << 12)};
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        wr(&b, absent[i] + 4, 4, 0);
        ck_assert_uint_eq(rd(&b, absent[i], 4), 0xffffffff);
        ck_assert_uint_eq(rd(&b, absent[i], 2), 0xffff);
        ck_assert_uint_eq(rd(&b, absent[i] + 0xffc, 1), 0xff);
    }
}
END_TEST

START_TEST(configuration_space_takes_one_two_and_four_bytes)
{
    ck_assert_uint_eq(rd(&b, at, 4), 0x56781234);
    ck_assert_uint_eq(rd(&b, at + 2, 2), 0x5678);
    ck_assert_uint_eq(rd(&b, at + 3, 1), 0x56);
    ck_assert(refuses(&b, at, 8));
}
END_TEST

START_TEST(the_extended_space_has_no_capability)
{
    wr(&b, at + 0x100, 4, ~0u);
    ck_assert_uint_eq(rd(&b, at + 0x100, 4), 0);
    ck_assert_uint_eq(rd(&b, at + 0xffc, 4), 0);
}
END_TEST

/* ---- register by register ---- */

struct field {
    u32 offset, size, value, writable, clears;
};

/* Each field as after reset, after ones, after zeros; what a 1 clears it clears, and a 0 does not.
 */
static void check_fields(u64 where, struct pci_function *f, u32 base, const struct field *list,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *d = &list[i];
        u32 mask = (u32)MASK(8 * d->size), reg = base + d->offset;
        u64 pa = where + reg;
        ck_assert_msg(rd(&b, pa, d->size) == d->value, "0x%x after reset: 0x%llx", reg,
                      (unsigned long long)rd(&b, pa, d->size));
        pci_put(f, reg, d->size, d->value | d->clears);
        wr(&b, pa, d->size, 0);
        ck_assert_msg(rd(&b, pa, d->size) == ((d->value & ~d->writable) | d->clears),
                      "0x%x after zeros: 0x%llx", reg, (unsigned long long)rd(&b, pa, d->size));
        wr(&b, pa, d->size, mask);
        ck_assert_msg(rd(&b, pa, d->size) == (d->value | d->writable), "0x%x after ones: 0x%llx",
                      reg, (unsigned long long)rd(&b, pa, d->size));
        wr(&b, pa, d->size, d->value);
    }
}

START_TEST(fields_of_an_endpoint_s_header)
{
    static const struct field fields[] = {
        {0x00, 2, 0x1234, 0, 0},     {0x02, 2, 0x5678, 0, 0},
        {COMMAND, 2, 0, 0x0547, 0},  {STATUS, 2, 0x0010, 0, 0xf900},
        {0x08, 1, 0x78, 0, 0},       {0x09, 1, 0x56, 0, 0},
        {0x0a, 2, 0x1234, 0, 0},     {0x0c, 1, 0, 0xff, 0},
        {0x0d, 1, 0, 0, 0},          {0x0e, 1, 0, 0, 0},
        {0x0f, 1, 0, 0, 0},          {0x10, 4, 0, 0xfffff000, 0},
        {0x14, 4, 0, 0xfffff000, 0}, {0x18, 4, 0xc, 0xfff00000, 0},
        {0x1c, 4, 0, 0xffffffff, 0}, {0x20, 4, 1, 0xffffffe0, 0},
        {0x24, 4, 0, 0, 0},          {0x28, 4, 0, 0, 0},
        {0x2c, 2, 0x9abc, 0, 0},     {0x2e, 2, 0xdef0, 0, 0},
        {0x30, 4, 0, 0, 0}, /* no ROM */
        {0x38, 4, 0, 0, 0},          {0x3c, 1, 0, 0xff, 0},
        {0x3d, 1, 1, 0, 0},          {0x3e, 2, 0, 0, 0},
    };
    check_fields(at, &p->f, 0, fields, ARRAY_LEN(fields));
}
END_TEST

START_TEST(fields_of_a_root_port_s_header)
{
    static const struct field fields[] = {
        {0x00, 4, 0x000c1b36, 0, 0},
        {COMMAND, 2, 0, 0x0547, 0},
        {STATUS, 2, 0x0010, 0, 0xf900},
        {0x09, 1, 0x00, 0, 0},
        {0x0a, 2, 0x0604, 0, 0},
        {0x0e, 1, 1, 0, 0},
        {0x10, 4, 0, 0, 0}, /* no windows of its own */
        {0x14, 4, 0, 0, 0},
        {0x18, 1, 0, 0xff, 0},
        {0x19, 1, 0, 0xff, 0},
        {0x1a, 1, 0, 0xff, 0},
        {0x1b, 1, 0, 0, 0},
        {0x1c, 1, 0, 0xf0, 0}, /* I/O of 16 bits */
        {0x1d, 1, 0, 0xf0, 0},
        {0x1e, 2, 0, 0, 0xf900},
        {0x20, 2, 0, 0xfff0, 0},
        {0x22, 2, 0, 0xfff0, 0},
        {0x24, 2, 1, 0xfff0, 0}, /* prefetchable memory of 64 bits */
        {0x26, 2, 1, 0xfff0, 0},
        {0x28, 4, 0, 0xffffffff, 0},
        {0x2c, 4, 0, 0xffffffff, 0},
        {0x30, 4, 0, 0, 0},
        {0x38, 4, 0, 0, 0},
        {0x3c, 1, 0, 0xff, 0},
        {0x3d, 1, 1, 0, 0},
        {0x3e, 2, 0, 0x0043, 0},
    };
    struct device *port = port_new(p);
    pci_board_reset();
    check_fields(at, port->pci, 0, fields, ARRAY_LEN(fields));
}
END_TEST

/* The part that is the same for all. */
static const struct field express_fields[] = {
    {0x00, 1, 0x10, 0, 0},
    {0x0a, 2, 0, 0, 0x000f},
    {0x24, 4, 0x10, 0, 0},
    {0x28, 2, 0, 0x0010, 0},
};

START_TEST(fields_of_an_integrated_endpoint_s_express_capability)
{
    static const struct field fields[] = {
        {0x02, 2, 0x0092, 0, 0},
        {0x04, 4, 0x10008000, 0, 0}, /* function level reset, role-based errors */
        {0x0c, 4, 0, 0, 0},          /* no link */
        {0x10, 2, 0, 0, 0},
        {0x12, 2, 0, 0, 0},
    };
    u32 cap = capability(at, 0x10);
    check_fields(at, &p->f, cap, express_fields, ARRAY_LEN(express_fields));
    check_fields(at, &p->f, cap, fields, ARRAY_LEN(fields));
    ck_assert_uint_eq(rd(&b, at + cap + 8, 2), 0x2810);
    wr(&b, at + cap + 8, 2, 0x7fff);
    ck_assert_uint_eq(rd(&b, at + cap + 8, 2), 0x781f);
}
END_TEST

START_TEST(fields_of_a_root_port_s_express_capability)
{
    static const struct field fields[] = {
        {0x02, 2, 0x0042, 0, 0},     {0x04, 4, 0x00008000, 0, 0}, {0x08, 2, 0x2810, 0x781f, 0},
        {0x0c, 4, 0x00400011, 0, 0}, {0x10, 2, 0, 0x00c3, 0},     {0x12, 2, 0x0011, 0, 0},
        {0x1c, 2, 0, 0x000f, 0},     {0x20, 4, 0, 0, 0x00010000}, {0x2c, 4, 2, 0, 0},
        {0x30, 2, 1, 0, 0},
    };
    struct device *port = port_new(p);
    pci_board_reset();
    u32 cap = capability(at, 0x10);
    check_fields(at, port->pci, cap, express_fields, ARRAY_LEN(express_fields));
    check_fields(at, port->pci, cap, fields, ARRAY_LEN(fields));
    wr(&b, at + 0x18, 4, 0x010100);
    cap = capability(cfg(1, 0), 0x10); /* what is below is no longer integrated */
    ck_assert_uint_eq(rd(&b, cfg(1, 0) + cap + 2, 2), 0x0002);
    ck_assert_uint_eq(rd(&b, cfg(1, 0) + cap + 0xc, 4), 0x00400011);
}
END_TEST

START_TEST(fields_of_the_msix_and_power_capabilities)
{
    static const struct field table[] = {
        {0x00, 1, 0x11, 0, 0},
        {0x02, 2, VECTORS - 1, 0xc000, 0},
        {0x04, 4, 0x000 | BAR_TABLE, 0, 0},
        {0x08, 4, 0x800 | BAR_TABLE, 0, 0},
    };
    static const struct field power[] = {
        {0x00, 1, 0x01, 0, 0},
        {0x02, 2, 0x0003, 0, 0},
        {0x04, 2, 0x0008, 0x0003, 0},
    };
    check_fields(at, &p->f, capability(at, 0x11), table, ARRAY_LEN(table));
    check_fields(at, &p->f, capability(at, 0x01), power, ARRAY_LEN(power));
}
END_TEST

START_TEST(a_write_changes_its_own_bytes_only)
{
    wr(&b, at + 0x10, 4, 0x12345000);
    wr(&b, at + 0x12, 1, 0xab);
    ck_assert_uint_eq(rd(&b, at + 0x10, 4), 0x12ab5000);
    wr(&b, at + 0x12, 2, 0xcdef);
    ck_assert_uint_eq(rd(&b, at + 0x10, 4), 0xcdef5000);
    pci_put(&p->f, STATUS, 2, 0xf910);
    wr(&b, at + COMMAND, 4, 0x40000000 | CMD_MEM); /* one status bit with the command */
    ck_assert_uint_eq(rd(&b, at + STATUS, 2), 0xb910);
    ck_assert_uint_eq(rd(&b, at + COMMAND, 2), CMD_MEM);
}
END_TEST

/* ---- windows ---- */

START_TEST(a_window_is_where_its_register_says)
{
    place_bars(at, MEM32 + 0x5000, MEM64 + 0x300000, 0x1000);
    ck_assert_uint_eq(rd(&b, MEM32 + 0x5010, 4), 0x110);
    ck_assert_uint_eq(rd(&b, MEM64 + 0x3ffff8, 8), 0x2ffff8);
    ck_assert_uint_eq(rd(&b, IO_BASE + 0x1004, 1), 0x84);
    wr(&b, MEM32 + 0x5000, 4, 77);
    ck_assert_uint_eq(p->written, 77);
    wr(&b, at + BAR, 4, MEM32 + 0x7000); /* it moves */
    ck_assert_uint_eq(rd(&b, MEM32 + 0x5010, 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, MEM32 + 0x7010, 4), 0x110);
}
END_TEST

START_TEST(where_no_window_is_reads_are_ones_and_writes_are_dropped)
{
    static const u64 places[] = {IO_BASE, IO_BASE + 0xfff8,         MEM32, MEM32 + (1u << 30) - 8,
                                 MEM64,   MEM64 + (16ull << 30) - 8};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        wr(&b, places[i], 8, 0);
        ck_assert_uint_eq(rd(&b, places[i], 8), ~0ull);
    }
    ck_assert(refuses(&b, MEM32 - 0x10000000 - 8, 4)); /* outside the bridge */
    ck_assert(refuses(&b, MEM64 + (16ull << 30), 4));
}
END_TEST

START_TEST(the_command_register_turns_windows_on_and_off)
{
    place_bars(at, MEM32, MEM64, 0);
    wr(&b, at + COMMAND, 2, CMD_IO);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, MEM64, 4), NOWHERE);
    ck_assert_uint_eq(rd(&b, IO_BASE, 1), 0x80);
    wr(&b, at + COMMAND, 2, CMD_MEM);
    ck_assert_uint_eq(rd(&b, MEM32, 4), 0x100);
    ck_assert_uint_eq(rd(&b, IO_BASE, 1), 0xff);
}
END_TEST

START_TEST(a_window_outside_what_the_bridge_forwards_answers_nowhere)
{
    place_bars(at, MEM32 - 0x1000, 0x90000000, 0x10000);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    ck_assert(refuses(&b, 0x90000000, 4));
    ck_assert(refuses(&b, IO_BASE + 0x10000, 1));
    wr(&b, at + BAR, 4, (u32)BOARD_RAM); /* memory stays memory */
    ck_assert_ptr_nonnull(bus_find_memory(&b.bus, BOARD_RAM, 4));
    ck_assert_ptr_null(bus_find_device(&b.bus, BOARD_RAM, 4));
}
END_TEST

START_TEST(sizing_leaves_the_window_unreachable_and_puts_it_back)
{
    place_bars(at, MEM32, MEM64, 0);
    wr(&b, at + BAR, 4, ~0u);
    ck_assert_uint_eq(rd(&b, at + BAR, 4), 0xfffff000);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    wr(&b, at + BAR, 4, (u32)MEM32);
    ck_assert_uint_eq(rd(&b, MEM32, 4), 0x100);
}
END_TEST

START_TEST(of_two_windows_at_one_place_the_later_comes_when_the_first_has_gone)
{
    struct probe *q = probe_new();
    place_bars(at, MEM32, MEM64, 0);
    place_bars(cfg(0, 2), MEM32, MEM64, 0);
    wr(&b, MEM32, 4, 5);
    ck_assert_uint_eq(p->written, 5);
    wr(&b, at + COMMAND, 2, 0);
    wr(&b, MEM32, 4, 6);
    ck_assert_uint_eq(q->written, 6);
}
END_TEST

/* ---- power, resets ---- */

START_TEST(without_bus_master_no_dma)
{
    ck_assert(p->dev.dma_off);
    wr(&b, at + COMMAND, 2, CMD_MASTER);
    ck_assert(!p->dev.dma_off);
}
END_TEST

START_TEST(a_function_in_d3_answers_nowhere)
{
    u64 control = at + capability(at, 1) + 4;
    place_bars(at, MEM32, MEM64, 0);
    wr(&b, control, 2, 3);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    ck_assert(p->dev.dma_off);
    wr(&b, control, 2, 1); /* D1 and D2 do not exist */
    ck_assert_uint_eq(rd(&b, control, 2), 0xb);
    wr(&b, control, 2, 0);
    ck_assert_uint_eq(rd(&b, MEM32, 4), 0x100); /* its registers have been kept */
    wr(&b, control, 2, 2);
    ck_assert_uint_eq(rd(&b, control, 2), 8);
}
END_TEST

START_TEST(function_level_reset_resets_the_function_and_its_device)
{
    u32 cap = capability(at, 0x10);
    place_bars(at, MEM32, MEM64, 0);
    u32 before = p->resets;
    wr(&b, at + cap + 8, 2, 0x8000 | 0x2810);
    ck_assert_uint_eq(p->resets, before + 1);
    ck_assert_uint_eq(rd(&b, at + COMMAND, 2), 0);
    ck_assert_uint_eq(rd(&b, at + BAR, 4), 0);
    ck_assert_uint_eq(rd(&b, at + cap + 8, 2), 0x2810); /* the bit reads as 0 */
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
}
END_TEST

START_TEST(windows_follow_from_the_rows)
{
    place_bars(at, MEM32, MEM64, 0x1000);
    u8 kept[PCI_CONFIG];
    memcpy(kept, p->f.config, sizeof kept);
    bus_reset(&b.bus);
    ck_assert_uint_eq(rd(&b, MEM32, 4), NOWHERE);
    memcpy(p->f.config, kept, sizeof kept);
    ck_assert_int_eq(host->cls->resume(host, &b.err), 0);
    ck_assert_uint_eq(rd(&b, MEM32, 4), 0x100);
    ck_assert(!p->dev.dma_off);
}
END_TEST

START_TEST(bus_0_has_room_for_31_functions_and_says_so)
{
    static const struct pci_identity id = {0};
    for (u32 i = 2; i < 32; i++)
        ck_assert_uint_eq(probe_new()->f.devfn, i << 3);
    struct probe *q = (struct probe *)device_alloc(sizeof *q, &probe_class, &b.env, &b.err);
    ck_assert_int_eq(pci_init(&q->f, &q->dev, host, PCI_ENDPOINT, &id, &b.err), -1);
    ck_assert_str_eq(b.err.text, "device 'probe': no place on PCI is free");
    free(q);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pci");
    TCase *t = tcase_create("pci");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_absent_function_reads_all_ones);
    tcase_add_test(t, configuration_space_takes_one_two_and_four_bytes);
    tcase_add_test(t, the_extended_space_has_no_capability);
    tcase_add_test(t, fields_of_an_endpoint_s_header);
    tcase_add_test(t, fields_of_a_root_port_s_header);
    tcase_add_test(t, fields_of_an_integrated_endpoint_s_express_capability);
    tcase_add_test(t, fields_of_a_root_port_s_express_capability);
    tcase_add_test(t, fields_of_the_msix_and_power_capabilities);
    tcase_add_test(t, a_write_changes_its_own_bytes_only);
    tcase_add_test(t, a_window_is_where_its_register_says);
    tcase_add_test(t, where_no_window_is_reads_are_ones_and_writes_are_dropped);
    tcase_add_test(t, the_command_register_turns_windows_on_and_off);
    tcase_add_test(t, a_window_outside_what_the_bridge_forwards_answers_nowhere);
    tcase_add_test(t, sizing_leaves_the_window_unreachable_and_puts_it_back);
    tcase_add_test(t, of_two_windows_at_one_place_the_later_comes_when_the_first_has_gone);
    tcase_add_test(t, without_bus_master_no_dma);
    tcase_add_test(t, a_function_in_d3_answers_nowhere);
    tcase_add_test(t, function_level_reset_resets_the_function_and_its_device);
    tcase_add_test(t, windows_follow_from_the_rows);
    tcase_add_test(t, bus_0_has_room_for_31_functions_and_says_so);
    suite_add_tcase(s, t);
    return run_suite(s);
}
