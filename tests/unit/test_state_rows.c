/* Rows of any width: shown, compared, saved and put back alike. */
#include <stdlib.h>
#include <string.h>

#include "bare_machine.h"
#include "common/state.h"
#include "cpu/csr.h"
#include "run_suite.h"

struct wide {
    u8 byte[64];
};
struct thing {
    u8 small[3];
    u16 half;
    u64 word[2];
    struct wide wide[4];
};

static const struct state_row rows[] = {
    STATE_ARRAY(struct thing, small),
    STATE_FIELD(struct thing, half),
    STATE_ARRAY(struct thing, word),
    STATE_ARRAY(struct thing, wide),
};
enum { SMALL, HALF, WORD, WIDE };

static struct state_part part_of(struct thing *t)
{
    return state_part(t, rows, ARRAY_LEN(rows), "thing");
}

START_TEST(the_text_has_the_width_of_the_element)
{
    struct thing t = {.small = {0, 7}, .half = 0x12, .word = {0x1234}};
    struct state_part p = part_of(&t);
    char text[STATE_TEXT];
    ck_assert_str_eq(state_text(&p, &rows[SMALL], 1, text), "0x07");
    ck_assert_str_eq(state_text(&p, &rows[HALF], 0, text), "0x0012");
    ck_assert_str_eq(state_text(&p, &rows[WORD], 0, text), "0x0000000000001234");
    ck_assert_str_eq(state_text(&p, &rows[WIDE], 0, text), "0x0000000000000000");
    t.wide[3].byte[0] = 0xab;
    t.wide[3].byte[15] = 0xcd; /* used as 128 bits, shown as 128 */
    ck_assert_str_eq(state_text(&p, &rows[WIDE], 3, text), "0xcd0000000000000000000000000000ab");
}
END_TEST

START_TEST(zero_is_every_byte)
{
    struct thing t = {0};
    struct state_part p = part_of(&t);
    ck_assert(state_is_zero(&p, &rows[WIDE], 2));
    t.wide[2].byte[63] = 1;
    ck_assert(!state_is_zero(&p, &rows[WIDE], 2));
    ck_assert(state_is_zero(&p, &rows[WIDE], 1));
}
END_TEST

static void note(void *ctx, const struct state_part *a, const struct state_part *b,
                 const struct state_row *row, u32 i)
{
    (void)a, (void)b;
    *(u32 *)ctx = (u32)(row - rows) * 100 + i;
}

START_TEST(a_difference_in_the_last_byte_is_one)
{
    struct thing a = {0}, b = {0};
    struct state_part pa = part_of(&a), pb = part_of(&b);
    u32 where = 0;
    ck_assert_uint_eq(state_compare(&pa, &pb, note, &where), 0);
    b.wide[1].byte[63] = 0x80;
    ck_assert_uint_eq(state_compare(&pa, &pb, note, &where), 1);
    ck_assert_uint_eq(where, WIDE * 100 + 1);
}
END_TEST

START_TEST(all_bytes_are_saved_and_put_back)
{
    struct thing a = {0}, b = {0};
    struct state_memory m;
    struct error err;
    struct state_part pa = part_of(&a), pb = part_of(&b);
    for (size_t i = 0; i < sizeof a; i++)
        ((u8 *)&a)[i] = (u8)(i * 7 + 1);
    state_memory_init(&m);
    ck_assert_int_eq(state_save(&m.sink, &pa, &err), 0);
    ck_assert_int_eq(state_load(&m.source, &pb, &err), 0);
    ck_assert_uint_eq(state_compare(&pa, &pb, NULL, NULL), 0);
    free(m.data);
}
END_TEST

/* A hart's rows that are not of u64: reset clears them, comparing finds them. */
START_TEST(the_harts_bytes)
{
    u32 zero = 0;
    struct machine *m = bare_machine("", "", &zero, 1);
    struct hart *h = m->hart[0];
    char name[32];
    csr_poke(h, CSR_mideleg, ~0ull);
    csr_poke(h, CSR_siselect, 0x30);
    csr_poke(h, CSR_sireg, 7ull << 8 * 5);
    ck_assert_uint_eq(h->siprio[5], 7);
    ck_assert_str_eq(ireg_name(h, CSR_sireg, name, sizeof name), "iprio0");
    ck_assert_ptr_null(ireg_name(h, CSR_sireg2, name, sizeof name));
    ck_assert_ptr_null(ireg_name(h, CSR_stvec, name, sizeof name));
    csr_poke(h, CSR_siselect, 0x31); /* the odd ones do not exist on RV64 */
    ck_assert_ptr_null(ireg_name(h, CSR_sireg, name, sizeof name));
    hart_reset(h);
    ck_assert_uint_eq(h->siprio[5], 0);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state rows");
    TCase *tc = tcase_create("any width");
    tcase_add_test(tc, the_text_has_the_width_of_the_element);
    tcase_add_test(tc, zero_is_every_byte);
    tcase_add_test(tc, a_difference_in_the_last_byte_is_one);
    tcase_add_test(tc, all_bytes_are_saved_and_put_back);
    tcase_add_test(tc, the_harts_bytes);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
