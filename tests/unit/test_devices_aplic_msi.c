/* The APLIC with delivery by messages (AIA 4.5.3, 4.5.15, 4.5.16, 4.7, 4.9). */
#include "aplic_bench.h"

static void setup(void)
{
    aplic_setup(96, 255);
    put(M_DOMAIN, MMSIADDRCFG, M_FILES >> 12);
    put(M_DOMAIN, SMSIADDRCFG, S_FILES >> 12);
    put(M_DOMAIN, SMSIADDRCFGH, 3 << 20);
    put(M_DOMAIN, MMSIADDRCFGH, 1 << 12); /* one bit of hart index */
}

static void teardown(void)
{
    board_free(&b);
}

static void check_sent(u32 count, u32 hart, u32 file, u32 identity)
{
    ck_assert_uint_eq(b.messages, count);
    ck_assert_uint_eq(b.message[count - 1].hart, hart);
    ck_assert_uint_eq(b.message[count - 1].file, file);
    ck_assert_uint_eq(b.message[count - 1].identity, identity);
}

static void open_source(u64 domain, u32 i, u32 mode, u32 to)
{
    put(domain, DOMAINCFG, IE);
    configure(domain, i, mode);
    put(domain, target(i), to);
}

START_TEST(domaincfg_says_that_messages_are_sent)
{
    put(S_DOMAIN, DOMAINCFG, 0);
    ck_assert_uint_eq(get(S_DOMAIN, DOMAINCFG), 0x80000004);
    put(S_DOMAIN, DOMAINCFG, ~0u);
    ck_assert_uint_eq(get(S_DOMAIN, DOMAINCFG), 0x80000104);
}
END_TEST

START_TEST(the_target_makes_address_and_identity)
{
    open_source(S_DOMAIN, 10, EDGE1, 1 << 18 | 3 << 12 | 77);
    wire(10, 1);
    check_sent(1, 1, 4, 77); /* hart 1, guest 3 */
    ck_assert(!pending(S_DOMAIN, 10));
    open_source(M_DOMAIN, 11, EDGE1, 1 << 18 | 3 << 12 | 78);
    wire(11, 1);
    check_sent(2, 1, 0, 78); /* the machine's domain knows no guests */
}
END_TEST

START_TEST(the_address_is_made_of_five_fields)
{
    put(M_DOMAIN, MMSIADDRCFGH, 2 << 24 | 1 << 16 | 1 << 12); /* HHXS, HHXW, LHXW */
    put(M_DOMAIN, SMSIADDRCFG, BOARD_RAM >> 12);
    put(M_DOMAIN, SMSIADDRCFGH, 4 << 20);
    open_source(S_DOMAIN, 10, EDGE1, 3 << 18 | 2 << 12 | 5);
    struct aplic_view v = aplic_view(root, 10);
    ck_assert_uint_eq(v.address, BOARD_RAM | 1ull << 26 | 1 << 16 | 2 << 12);
    put(M_DOMAIN, SMSIADDRCFGH, 0xfff | 4 << 20);
    ck_assert_uint_eq(aplic_view(root, 10).address >> 44, 0xfff);
}
END_TEST

START_TEST(a_message_to_memory_is_a_little_endian_word)
{
    put(M_DOMAIN, SMSIADDRCFG, BOARD_RAM >> 12);
    open_source(S_DOMAIN, 10, EDGE1, 0x155);
    wire(10, 1);
    u8 bytes[4];
    ck_assert_int_eq(bus_copy_from(&b.bus, BOARD_RAM, bytes, 4), 0);
    ck_assert_int_eq(memcmp(bytes, "\x55\x01\0\0", 4), 0);
}
END_TEST

START_TEST(a_message_to_another_device_is_lost)
{
    put(M_DOMAIN, SMSIADDRCFG, S_DOMAIN >> 12);
    open_source(S_DOMAIN, 10, EDGE1, 0x100);
    wire(10, 1);
    ck_assert_uint_eq(get(S_DOMAIN, DOMAINCFG), 0x80000104);
    ck_assert(!pending(S_DOMAIN, 10));
}
END_TEST

START_TEST(msiaddrcfg_holds_its_fields_until_it_is_locked)
{
    static const u32 reg[] = {MMSIADDRCFG, SMSIADDRCFG, SMSIADDRCFGH, MMSIADDRCFGH},
                     holds[] = {~0u, ~0u, 0x00700fff, 0x9f77ffff};
    for (size_t i = 0; i < ARRAY_LEN(reg); i++) {
        put(S_DOMAIN, reg[i], ~0u);
        ck_assert_uint_eq(get(S_DOMAIN, reg[i]), 0);
        put(M_DOMAIN, reg[i], ~0u); /* the last one locks all */
        ck_assert_uint_eq(get(M_DOMAIN, reg[i]), holds[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(reg); i++) {
        put(M_DOMAIN, reg[i], 0);
        ck_assert_uint_eq(get(M_DOMAIN, reg[i]), holds[i]);
    }
    bus_reset(&b.bus);
    ck_assert_uint_eq(get(M_DOMAIN, MMSIADDRCFGH), 0);
    put(M_DOMAIN, MMSIADDRCFG, 1);
    ck_assert_uint_eq(get(M_DOMAIN, MMSIADDRCFG), 1);
}
END_TEST

START_TEST(target_holds_guest_index_at_supervisor_level_only)
{
    configure(S_DOMAIN, 10, EDGE1), configure(M_DOMAIN, 11, EDGE1);
    put(S_DOMAIN, target(10), ~0u), put(M_DOMAIN, target(11), ~0u);
    ck_assert_uint_eq(get(S_DOMAIN, target(10)), 0xfffff7ff);
    ck_assert_uint_eq(get(M_DOMAIN, target(11)), 0xfffc07ff);
}
END_TEST

START_TEST(nothing_is_sent_without_ie_or_the_enable_bit)
{
    open_source(S_DOMAIN, 10, EDGE1, 5);
    put(S_DOMAIN, DOMAINCFG, 0);
    wire(10, 1);
    ck_assert_uint_eq(b.messages, 0);
    ck_assert(pending(S_DOMAIN, 10));
    put(S_DOMAIN, CLRIENUM, 10);
    put(S_DOMAIN, DOMAINCFG, IE);
    ck_assert_uint_eq(b.messages, 0);
    put(S_DOMAIN, SETIENUM, 10);
    check_sent(1, 0, 1, 5);
    ck_assert(!pending(S_DOMAIN, 10));
}
END_TEST

START_TEST(a_level_is_sent_once_and_again_by_setipnum_while_it_is_high)
{
    open_source(S_DOMAIN, 10, LEVEL1, 5);
    wire(10, 1);
    check_sent(1, 0, 1, 5);
    wire(10, 1);
    ck_assert_uint_eq(b.messages, 1);
    put(S_DOMAIN, SETIPNUM_LE, 10); /* as a driver does when it has served the device */
    ck_assert_uint_eq(b.messages, 2);
    wire(10, 0);
    put(S_DOMAIN, SETIPNUM, 10);
    ck_assert_uint_eq(b.messages, 2);
    ck_assert(!pending(S_DOMAIN, 10));
    wire(10, 1);
    ck_assert_uint_eq(b.messages, 3);
}
END_TEST

START_TEST(a_level_that_falls_before_it_is_sent_is_not_pending)
{
    open_source(S_DOMAIN, 10, LEVEL0, 5);
    ck_assert_uint_eq(b.messages, 1); /* low is asserted */
    put(S_DOMAIN, CLRIENUM, 10);
    put(S_DOMAIN, SETIPNUM, 10);
    ck_assert(pending(S_DOMAIN, 10));
    put(S_DOMAIN, CLRIPNUM, 10);
    ck_assert(!pending(S_DOMAIN, 10));
    put(S_DOMAIN, SETIPNUM, 10);
    wire(10, 1);
    ck_assert(!pending(S_DOMAIN, 10));
}
END_TEST

START_TEST(genmsi_sends_whatever_ie_says_behind_all_earlier_messages)
{
    put(S_DOMAIN, GENMSI, 1 << 18 | 9);
    check_sent(1, 1, 1, 9);
    ck_assert_uint_eq(get(S_DOMAIN, GENMSI), 1 << 18 | 9); /* not busy */
    put(S_DOMAIN, GENMSI, ~0u);
    ck_assert_uint_eq(get(S_DOMAIN, GENMSI), 0xfffc07ff);
    put(M_DOMAIN, GENMSI, 7);
    check_sent(3, 0, 0, 7);
    bus_reset(&b.bus);
    ck_assert_uint_eq(get(S_DOMAIN, GENMSI), 0);
}
END_TEST

START_TEST(there_are_no_structures_of_harts)
{
    put(S_DOMAIN, idc(0, IDELIVERY), 1);
    put(S_DOMAIN, idc(0, IFORCE), 1);
    ck_assert_uint_eq(get(S_DOMAIN, idc(0, IDELIVERY)) | get(S_DOMAIN, idc(0, IFORCE)), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("aplic_msi");
    TCase *t = tcase_create("aplic_msi");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, domaincfg_says_that_messages_are_sent);
    tcase_add_test(t, the_target_makes_address_and_identity);
    tcase_add_test(t, the_address_is_made_of_five_fields);
    tcase_add_test(t, a_message_to_memory_is_a_little_endian_word);
    tcase_add_test(t, a_message_to_another_device_is_lost);
    tcase_add_test(t, msiaddrcfg_holds_its_fields_until_it_is_locked);
    tcase_add_test(t, target_holds_guest_index_at_supervisor_level_only);
    tcase_add_test(t, nothing_is_sent_without_ie_or_the_enable_bit);
    tcase_add_test(t, a_level_is_sent_once_and_again_by_setipnum_while_it_is_high);
    tcase_add_test(t, a_level_that_falls_before_it_is_sent_is_not_pending);
    tcase_add_test(t, genmsi_sends_whatever_ie_says_behind_all_earlier_messages);
    tcase_add_test(t, there_are_no_structures_of_harts);
    suite_add_tcase(s, t);
    return run_suite(s);
}
