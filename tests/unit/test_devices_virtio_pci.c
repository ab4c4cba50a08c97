/* The virtio transport over PCI (virtio 1.2, section 4.1): what is not as over MMIO. The rest is
 * the other virtio tests, which run with VIRTIO_BUS=pci as well. */
#include "virtio_driver.h"

static struct board b;
static struct driver d;

#define FUNCTION (VPCI_ECAM + (1 << 15))
#define TABLE    0x40000000ull
#define MAILBOX  (BOARD_RAM + 0x8000)

enum { CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_DATA = 16 };
enum { COMMON = 1, NOTIFY, ISR, DEVICE, ACCESS };

static void setup(void)
{
    static const u64 seed = 1;
    setenv("VIRTIO_BUS", "pci", 1);
    board_init(&b);
    b.args.seed = &seed;
    driver_init(&d, &b, virtio_rng_new, NULL);
}

static void teardown(void)
{
    board_free(&b);
}

/* Where the capability with this id is; those of virtio (id 9) by their type. */
static u64 find(u8 id, u8 type)
{
    u32 at = (u32)rd(&b, FUNCTION + 0x34, 1);
    for (u32 steps = 0; at && steps < 48; steps++) {
        if (rd(&b, FUNCTION + at, 1) == id && (id != 9 || rd(&b, FUNCTION + at + 3, 1) == type))
            return FUNCTION + at;
        at = (u32)rd(&b, FUNCTION + at + 1, 1);
    }
    ck_abort_msg("no capability %u, type %u", id, type);
}

/* MSI-X with vectors that write 0x100 + i to mailbox i. */
static void enable_msix(void)
{
    u64 msix = find(0x11, 0);
    ck_assert_uint_eq(rd(&b, msix + 2, 2), 1); /* two vectors: one queue, the configuration */
    wr(&b, FUNCTION + 0x10 + 4 * (rd(&b, msix + 4, 4) & 7), 4, TABLE);
    for (u32 i = 0; i < 2; i++) {
        wr(&b, TABLE + 16 * i, 4, MAILBOX + 4 * i);
        wr(&b, TABLE + 16 * i + 8, 4, 0x100 + i);
        wr(&b, TABLE + 16 * i + 12, 4, 0);
    }
    wr(&b, msix + 2, 2, 0x8000);
}

static u32 arrived(u32 i)
{
    u32 data, none = 0;
    mem_get(&d, MAILBOX + 4 * i, &data, 4);
    mem_put(&d, MAILBOX + 4 * i, &none, 4);
    return data;
}

static void ask(void)
{
    set_desc(&d, 0, 0, (struct desc){BUFFERS, 8, D_WRITE, 0});
    kick(&d, 0, 0);
}

START_TEST(it_names_itself)
{
    ck_assert_uint_eq(rd(&b, FUNCTION, 4), 0x10441af4);
    ck_assert_uint_eq(rd(&b, FUNCTION + 8, 1), 1); /* not transitional */
    ck_assert_uint_eq(rd(&b, FUNCTION + 0x2c, 4), 0x11001af4);
    ck_assert_uint_eq(rd(&b, FUNCTION + 0x3d, 1), 1);
}
END_TEST

START_TEST(its_parts_are_where_the_capabilities_say)
{
    static const struct {
        u8 type;
        u32 offset, length, size;
    } part[] = {{COMMON, 0, 0x38, 16},
                {ISR, 0x1000, 1, 16},
                {DEVICE, 0x2000, 0x1000, 16},
                {NOTIFY, 0x3000, 0x1000, 20}};
    for (size_t i = 0; i < ARRAY_LEN(part); i++) {
        u64 cap = find(9, part[i].type);
        ck_assert_uint_eq(rd(&b, cap + 2, 1), part[i].size);
        ck_assert_uint_eq(rd(&b, cap + CAP_BAR, 1), 4);
        ck_assert_uint_eq(rd(&b, cap + CAP_OFFSET, 4), part[i].offset);
        ck_assert_uint_eq(rd(&b, cap + CAP_LENGTH, 4), part[i].length);
        wr(&b, cap + CAP_OFFSET, 4, ~0u); /* read-only */
        ck_assert_uint_eq(rd(&b, cap + CAP_OFFSET, 4), part[i].offset);
    }
    ck_assert_uint_eq(rd(&b, find(9, NOTIFY) + 16, 4), 4);
}
END_TEST

START_TEST(common_registers_have_widths_of_their_own)
{
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x12, 2), 1); /* queues */
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x18, 2), VIRTIO_QUEUE_MAX);
    wr(&b, VPCI_BAR + 0x20, 8, 0x1122334455667788);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x24, 4), 0x11223344);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x20, 8), 0x1122334455667788);
    wr(&b, VPCI_BAR + 0x20, 1, 0); /* half a register is none */
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x20, 4), 0x55667788);
    wr(&b, VPCI_BAR + 0x16, 2, 7); /* no such queue */
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x18, 2), 0);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1a, 2), VIRTIO_NO_VECTOR);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x38, 4), 0);
}
END_TEST

START_TEST(an_enabled_queue_stays_enabled)
{
    start(&d, VIRTIO_F_VERSION_1, 1);
    wr(&b, VPCI_BAR + 0x1c, 2, 0);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1c, 2), 1);
}
END_TEST

START_TEST(reading_the_interrupt_status_takes_it)
{
    start(&d, VIRTIO_F_VERSION_1, 1);
    ask();
    ck_assert_uint_eq(virq(&d), 1);
    ck_assert_uint_eq(rd(&b, FUNCTION + 6, 2) & 8, 8);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1000, 1), 1);
    ck_assert_uint_eq(virq(&d), 0);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1000, 1), 0);
    ck_assert_uint_eq(rd(&b, FUNCTION + 6, 2) & 8, 0);
}
END_TEST

START_TEST(a_vector_that_does_not_exist_reads_as_none)
{
    enable_msix();
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x10, 2), VIRTIO_NO_VECTOR);
    wr(&b, VPCI_BAR + 0x10, 2, 2);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x10, 2), VIRTIO_NO_VECTOR);
    wr(&b, VPCI_BAR + 0x10, 2, 1);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x10, 2), 1);
    wr(&b, VPCI_BAR + 0x1a, 2, 0);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1a, 2), 0);
    wr(&b, VPCI_BAR + 0x14, 1, 0); /* a reset takes them back */
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x10, 2), VIRTIO_NO_VECTOR);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1a, 2), VIRTIO_NO_VECTOR);
}
END_TEST

START_TEST(with_msix_each_source_has_its_vector)
{
    enable_msix();
    start(&d, VIRTIO_F_VERSION_1, 1);
    wr(&b, VPCI_BAR + 0x1a, 2, 0);
    wr(&b, VPCI_BAR + 0x10, 2, 1);
    ask();
    ck_assert_uint_eq(arrived(0), 0x100);
    ck_assert_uint_eq(arrived(1), 0);
    ck_assert_uint_eq(virq(&d), 0);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1000, 1), 0);
    set_desc(&d, 0, 0, (struct desc){0, 8, D_WRITE, 0}); /* outside memory: it stops */
    kick(&d, 0, 0);
    ck_assert_uint_eq(arrived(1), 0x101);
    ck_assert_uint_eq(rd(&b, VPCI_BAR + 0x1000, 1), 2); /* the configuration's bit shows */
}
END_TEST

START_TEST(without_a_vector_nothing_is_sent)
{
    enable_msix();
    start(&d, VIRTIO_F_VERSION_1, 1);
    ask();
    ck_assert_uint_eq(arrived(0), 0);
    ck_assert_uint_eq(virq(&d), 0);
    ck_assert_uint_eq(used_idx(&d, 0), 1);
}
END_TEST

START_TEST(the_windows_can_be_reached_by_configuration_space)
{
    u64 cap = find(9, ACCESS);
    wr(&b, FUNCTION + 4, 2, 4); /* with memory decoding off, too */
    wr(&b, cap + CAP_BAR, 1, 4);
    wr(&b, cap + CAP_OFFSET, 4, 0x14);
    wr(&b, cap + CAP_LENGTH, 4, 1);
    wr(&b, cap + CAP_DATA, 4, 3);
    wr(&b, FUNCTION + 4, 2, 6);
    ck_assert_uint_eq(vget(&d, VSTATUS), 3);
    vput(&d, VSTATUS, 11);
    ck_assert_uint_eq(rd(&b, cap + CAP_DATA, 1), 3); /* version 1 was not taken */
    wr(&b, cap + CAP_OFFSET, 4, 0x18);
    wr(&b, cap + CAP_LENGTH, 4, 2);
    ck_assert_uint_eq(rd(&b, cap + CAP_DATA, 2), VIRTIO_QUEUE_MAX);
    ck_assert_uint_eq(rd(&b, cap + CAP_DATA, 4) & 0xffff, VIRTIO_QUEUE_MAX);
}
END_TEST

START_TEST(an_access_outside_a_window_does_nothing)
{
    static const struct {
        u32 bar, offset, length;
    } bad[] = {{0, 0, 4},    {4, 0x4000, 4}, {4, 0xfffffffc, 4}, {4, 0x14, 0},
               {4, 0x14, 3}, {4, 0x14, 8},   {4, 0x15, 2},       {5, 0x14, 1},
               {6, 0x14, 1}, {255, 0x14, 1}, {4, 0x14, ~0u}};
    u64 cap = find(9, ACCESS);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        wr(&b, cap + CAP_BAR, 1, bad[i].bar);
        wr(&b, cap + CAP_OFFSET, 4, bad[i].offset);
        wr(&b, cap + CAP_LENGTH, 4, bad[i].length);
        wr(&b, cap + CAP_DATA, 4, 0x05050505);
        ck_assert_uint_eq(rd(&b, cap + CAP_DATA, 4), 0x05050505);
        ck_assert_uint_eq(vget(&d, VSTATUS), 0);
    }
}
END_TEST

START_TEST(a_function_level_reset_is_a_reset_of_the_device)
{
    start(&d, VIRTIO_F_VERSION_1, 1);
    ask();
    wr(&b, find(0x10, 0) + 8, 2, 0x8000);
    ck_assert_uint_eq(virq(&d), 0);
    enumerate(&b);
    ck_assert_uint_eq(vget(&d, VSTATUS), 0);
    ck_assert_uint_eq(vget(&d, VISR), 0);
}
END_TEST

START_TEST(a_device_that_may_not_reach_memory_stops)
{
    start(&d, VIRTIO_F_VERSION_1, 1);
    wr(&b, FUNCTION + 4, 2, 2);
    ask();
    ck_assert_uint_eq(vget(&d, VSTATUS) & NEEDS_RESET, NEEDS_RESET);
    ck_assert_uint_eq(used_idx(&d, 0), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtio_pci");
    TCase *t = tcase_create("virtio_pci");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, it_names_itself);
    tcase_add_test(t, its_parts_are_where_the_capabilities_say);
    tcase_add_test(t, common_registers_have_widths_of_their_own);
    tcase_add_test(t, an_enabled_queue_stays_enabled);
    tcase_add_test(t, reading_the_interrupt_status_takes_it);
    tcase_add_test(t, a_vector_that_does_not_exist_reads_as_none);
    tcase_add_test(t, with_msix_each_source_has_its_vector);
    tcase_add_test(t, without_a_vector_nothing_is_sent);
    tcase_add_test(t, the_windows_can_be_reached_by_configuration_space);
    tcase_add_test(t, an_access_outside_a_window_does_nothing);
    tcase_add_test(t, a_function_level_reset_is_a_reset_of_the_device);
    tcase_add_test(t, a_device_that_may_not_reach_memory_stops);
    suite_add_tcase(s, t);
    return run_suite(s);
}
