/* The NVMe controller: registers, and the commands of its administrator. */
#include "nvme_bench.h"

/* ---- registers ---- */

START_TEST(registers_hold_what_they_can)
{
    static const struct {
        u32 offset, value, writable;
    } row[] = {{CAP, 0x040103ff, 0}, {CAP + 4, 0x00400020, 0},
               {VS, 0x00010400, 0},  {CSTS, 0, 0},
               {AQA, 0, 0x0fff0fff}, {ASQ, 0, 0xfffff000},
               {ASQ + 4, 0, ~0u},    {ACQ, 0, 0xfffff000},
               {ACQ + 4, 0, ~0u},    {0x20, 0, 0},
               {0x38, 0, 0},         {0x3c, 0, 0},
               {0x40, 0, 0},         {0xffc, 0, 0}};
    bus_reset(&b.bus);
    place();
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        ck_assert_uint_eq(get(row[i].offset), row[i].value);
        put(row[i].offset, ~0u);
        ck_assert_uint_eq(get(row[i].offset), row[i].value | row[i].writable);
    }
    put(CC, ~0u & ~1u);
    ck_assert_uint_eq(get(CC), 0x00fffff0);
    ck_assert_uint_eq(rd(&b, BARS + CAP, 8), 0x00400020040103ff);
    ck_assert_uint_eq(rd(&b, BARS + CAP + 4, 1), 0x20);
    ck_assert_uint_eq(rd(&b, BARS + VS + 2, 2), 1);
    wr(&b, BARS + ASQ, 8, 0x1234567890);
    ck_assert_uint_eq(get(ASQ + 4), 0x12);
}
END_TEST

START_TEST(it_names_itself)
{
    ck_assert_uint_eq(rd(&b, cfg(0, 1), 4), 0x00101b36);
    ck_assert_uint_eq(rd(&b, cfg(0, 1) + 8, 4), 0x01080202);
}
END_TEST

START_TEST(the_mask_has_a_register_to_set_and_one_to_clear)
{
    put(INTMS, 0x11);
    put(INTMS, 0x2);
    ck_assert_uint_eq(get(INTMC), 0x13);
    put(INTMC, 0x12);
    ck_assert_uint_eq(get(INTMS), 1);
}
END_TEST

START_TEST(disabling_takes_queues_away_and_leaves_where_the_first_are)
{
    create_queue(1);
    put(CC, ENABLE & ~1u);
    ck_assert_uint_eq(get(CSTS), 0);
    ck_assert_uint_eq(get(ASQ), (u32)SQ(0));
    enable();
    ck_assert_uint_eq(admin(DELETE_SQ, 0, 0, 1, 0), 0x101);
}
END_TEST

START_TEST(what_cannot_be_enabled_is_fatal)
{
    static const u32 cc[] = {ENABLE | 5 << 7, ENABLE | 1 << 4};
    for (size_t i = 0; i < ARRAY_LEN(cc); i++) {
        put(CC, 0);
        put(CC, cc[i]);
        ck_assert_uint_eq(get(CSTS), FATAL);
    }
    put(CC, 0);
    put(AQA, 0);
    put(CC, ENABLE);
    ck_assert_uint_eq(get(CSTS), FATAL);
    put(CC, 0);
    enable();
    ck_assert_uint_eq(get(CSTS), READY);
}
END_TEST

START_TEST(a_shutdown_is_told_when_it_is_done)
{
    put(CC, ENABLE | 1 << 14);
    ck_assert_uint_eq(get(CSTS), READY | 2 << 2);
    put(CC, 0);
    enable();
    ck_assert_uint_eq(get(CSTS), READY);
}
END_TEST

/* ---- the administrator ---- */

START_TEST(identify_describes_the_controller)
{
    u8 data[PAGE];
    ck_assert_uint_eq(admin(IDENTIFY, 0, DATA, 1, 0), 0);
    mem_get(DATA, data, sizeof data);
    ck_assert_int_eq(memcmp(data + 4, path + 5, strlen(path) - 5 < 20 ? strlen(path) - 5 : 20), 0);
    ck_assert_uint_eq(data[77], 7); /* MDTS */
    ck_assert_uint_eq(data[512], 0x66);
    ck_assert_uint_eq(data[513], 0x44);
    ck_assert_uint_eq(data[516], 1); /* one namespace */
    ck_assert_uint_eq(data[525], 1); /* a write cache */
}
END_TEST

START_TEST(identify_describes_the_namespace)
{
    u64 sizes[3];
    ck_assert_uint_eq(admin(IDENTIFY, 1, DATA, 0, 0), 0);
    mem_get(DATA, sizes, sizeof sizes);
    for (u32 i = 0; i < 3; i++)
        ck_assert_uint_eq(sizes[i], SECTORS);
    ck_assert_uint_eq(byte_at(DATA + 130), 9);
    ck_assert_uint_eq(admin(IDENTIFY, 2, DATA, 0, 0), 0x00b);
    ck_assert_uint_eq(admin(IDENTIFY, 0, DATA, 2, 0), 0);
    ck_assert_uint_eq(byte_at(DATA), 1); /* the namespaces above 0 */
    ck_assert_uint_eq(admin(IDENTIFY, 1, DATA, 2, 0), 0);
    ck_assert_uint_eq(byte_at(DATA), 0); /* above 1 */
    ck_assert_uint_eq(admin(IDENTIFY, 1, DATA, 3, 0), 0);
    ck_assert_uint_eq(byte_at(DATA), 3); /* a UUID */
    ck_assert_uint_eq(byte_at(DATA + 1), 16);
    ck_assert_uint_eq(byte_at(DATA + 10) >> 4, 8);
    ck_assert_uint_eq(byte_at(DATA + 20), 0); /* and no other */
    ck_assert_uint_eq(admin(IDENTIFY, 0, DATA, 0x1c, 0), 0x002);
}
END_TEST

START_TEST(queues_are_created_and_deleted_in_order)
{
    static const struct {
        u32 opcode;
        u64 at;
        u32 dw10, dw11, status;
    } row[] = {
        {CREATE_SQ, SQ(1), 7 << 16 | 1, 1 << 16 | 1, 0x100}, /* no completion queue yet */
        {CREATE_CQ, CQ(1), 7 << 16 | 0, 3, 0x101},
        {CREATE_CQ, CQ(1), 7 << 16 | 17, 3, 0x101},
        {CREATE_CQ, CQ(1), 0 << 16 | 1, 3, 0x102},
        {CREATE_CQ, CQ(1), 1024u << 16 | 1, 3, 0x102},
        {CREATE_CQ, CQ(1), 7 << 16 | 1, 2, 0x002}, /* not in one piece */
        {CREATE_CQ, CQ(1) + 8, 7 << 16 | 1, 3, 0x013},
        {CREATE_CQ, CQ(1), 7 << 16 | 1, 17 << 16 | 3, 0x108},
        {CREATE_CQ, CQ(1), 7 << 16 | 1, 16 << 16 | 3, 0},
        {CREATE_CQ, CQ(1), 7 << 16 | 1, 3, 0x101}, /* it exists */
        {CREATE_SQ, SQ(1), 7 << 16 | 1, 0 << 16 | 1, 0x100},
        {CREATE_SQ, SQ(1), 7 << 16 | 1, 1 << 16 | 1, 0},
        {CREATE_SQ, SQ(1), 7 << 16 | 1, 1 << 16 | 1, 0x101},
        {DELETE_CQ, 0, 1, 0, 0x10c},
        {DELETE_SQ, 0, 0, 0, 0x101},
        {DELETE_SQ, 0, 0xffff, 0, 0x101},
        {DELETE_SQ, 0, 1, 0, 0},
        {DELETE_SQ, 0, 1, 0, 0x101},
        {DELETE_CQ, 0, 1, 0, 0},
        {DELETE_CQ, 0, 1, 0, 0x101},
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        ck_assert_uint_eq(admin(row[i].opcode, 0, row[i].at, row[i].dw10, row[i].dw11),
                          row[i].status);
}
END_TEST

START_TEST(features_hold_what_they_can)
{
    u32 v = 0;
    ck_assert_uint_eq(feature(SET_FEATURES, 7, 3 << 16 | 3, &v), 0);
    ck_assert_uint_eq(v, 15 << 16 | 15); /* what there are */
    ck_assert_uint_eq(feature(SET_FEATURES, 7, 0xffff, &v), 0x002);
    ck_assert_uint_eq(feature(GET_FEATURES, 6, 0, &v), 0);
    ck_assert_uint_eq(v, 1);
    ck_assert_uint_eq(feature(SET_FEATURES, 6, 0, &v), 0);
    ck_assert_uint_eq(feature(GET_FEATURES, 6, 0, &v), 0);
    ck_assert_uint_eq(v, 0);
    ck_assert_uint_eq(feature(GET_FEATURES, 1 << 8 | 6, 0, &v), 0);
    ck_assert_uint_eq(v, 1); /* the default */
    ck_assert_uint_eq(feature(GET_FEATURES, 3 << 8 | 6, 0, &v), 0);
    ck_assert_uint_eq(v, 4); /* can be changed */
    ck_assert_uint_eq(feature(GET_FEATURES, 3 << 8 | 7, 0, &v), 0);
    ck_assert_uint_eq(v, 0);
    ck_assert_uint_eq(feature(SET_FEATURES, 1u << 31 | 6, 0, &v), 0x10d);
    ck_assert_uint_eq(feature(GET_FEATURES, 3, 0, &v), 0x002);
    ck_assert_uint_eq(feature(GET_FEATURES, 200, 0, &v), 0x002);
}
END_TEST

START_TEST(logs_are_read_in_parts)
{
    ck_assert_uint_eq(admin(GET_LOG, 0, DATA, 127 << 16 | 2, 0), 0);
    ck_assert_uint_eq(byte_at(DATA + 1) | byte_at(DATA + 2) << 8, 300);
    struct command c = {.dw = {[0] = GET_LOG, [6] = (u32)DATA, [10] = 0 << 16 | 3, [12] = 8}};
    ck_assert_uint_eq(submit(0, c, NULL), 0);
    ck_assert_uint_eq(byte_at(DATA), '1');
    ck_assert_uint_eq(admin(GET_LOG, 0, DATA, 0x70, 0), 0x109);
    ck_assert_uint_eq(admin(GET_LOG, 0, DATA, 1024u << 16 | 2, 0), 0x002);
}
END_TEST

START_TEST(event_requests_wait_and_an_abort_finds_nothing)
{
    u32 v = 0;
    for (u32 i = 0; i < 4; i++)
        ck_assert_uint_eq(admin(EVENT, 0, 0, 0, 0), 0xffff);
    ck_assert_uint_eq(admin(EVENT, 0, 0, 0, 0), 0x105);
    ck_assert_uint_eq(feature(ABORT, 1, 0, &v), 0);
    ck_assert_uint_eq(v, 1);
    ck_assert_uint_eq(admin(0x7f, 0, 0, 0, 0), 0x001);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nvme");
    TCase *t = tcase_create("nvme");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, registers_hold_what_they_can);
    tcase_add_test(t, it_names_itself);
    tcase_add_test(t, the_mask_has_a_register_to_set_and_one_to_clear);
    tcase_add_test(t, disabling_takes_queues_away_and_leaves_where_the_first_are);
    tcase_add_test(t, what_cannot_be_enabled_is_fatal);
    tcase_add_test(t, a_shutdown_is_told_when_it_is_done);
    tcase_add_test(t, identify_describes_the_controller);
    tcase_add_test(t, identify_describes_the_namespace);
    tcase_add_test(t, queues_are_created_and_deleted_in_order);
    tcase_add_test(t, features_hold_what_they_can);
    tcase_add_test(t, logs_are_read_in_parts);
    tcase_add_test(t, event_requests_wait_and_an_abort_finds_nothing);
    suite_add_tcase(s, t);
    return run_suite(s);
}
