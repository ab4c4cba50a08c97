/* The parser of KEY=VALUE: what each kind of row takes, where it goes, and what is said of the
 * rest. */
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/keys.h"

struct made {
    u64 number, size;
    u32 bits, count;
    u8 flag, word, choice;
    const char *text, *list[2];
    u32 parts;
};

static int take_part(void *into, const char *value, struct error *err)
{
    if (strcmp(value, "x") != 0)
        return error_set(err, "only x is wanted");
    ((struct made *)into)->parts++;
    return 0;
}

#define AT(member) KEY_AT(struct made, member)
static const struct key rows[] = {
    {"flag", NULL, KEY_FLAG, AT(flag)},
    {"five", NULL, KEY_WORD, AT(word), .min = 5},
    {"bit", NULL, KEY_BIT, AT(bits), .min = 9},
    {"number", "N", KEY_NUMBER, AT(number), .min = 2, .max = 1000},
    {"size", "SIZE", KEY_SIZE, AT(size), .min = 4096},
    {"choice", "a|bc|d", KEY_CHOICE, AT(choice), .min = 3},
    {"text", "TEXT", KEY_TEXT, AT(text)},
    {"list", "ITEM", KEY_LIST, KEY_ARRAY(struct made, list, count)},
    {"each", "x+...", KEY_EACH, .call = take_part},
};
static const struct key_table table = KEY_TABLE("--made", rows, ',');

static struct made made;
static struct error err;

static int parse(const char *text)
{
    static char copy[256];
    snprintf(copy, sizeof copy, "%s", text);
    made = (struct made){0};
    return keys_parse(&table, copy, &made, &err);
}

START_TEST(values_go_where_the_rows_say)
{
    ck_assert_int_eq(
        parse("flag,five,bit,number=0x10,size=2M,choice=bc,text=t=1,list=p,list=q,each=x+x"), 0);
    ck_assert_uint_eq(made.flag, 1);
    ck_assert_uint_eq(made.word, 5);
    ck_assert_uint_eq(made.bits, 1u << 9);
    ck_assert_uint_eq(made.number, 16);
    ck_assert_uint_eq(made.size, 2u << 20);
    ck_assert_uint_eq(made.choice, 4);
    ck_assert_str_eq(made.text, "t=1");
    ck_assert_uint_eq(made.count, 2);
    ck_assert_str_eq(made.list[1], "q");
    ck_assert_uint_eq(made.parts, 2);
    ck_assert_int_eq(keys_parse(&table, NULL, &made, &err), 0);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    {"flag=1", "--made: flag=1: takes no value"},
    {"number", "--made: number needs a value: number=N"},
    {"number=", "--made: number needs a value: number=N"},
    {"number=1", "--made: number=1: must be between 2 and 1000"},
    {"number=010x", "--made: number=010x: not a number"},
    {"size=5000", "--made: size=5000: must be a multiple of 4096 bytes"},
    {"choice=b", "--made: choice=b: can be a|bc|d"},
    {"list=1,list=2,list=3", "--made: list=3: at most 2 of them"},
    {"each=x+y", "--made: each=x+y: only x is wanted"},
    {"number=3,,flag",
     "--made: unknown key ''; can be flag, five, bit, number=N, size=SIZE, choice=a|bc|d, "
     "text=TEXT, list=ITEM, each=x+..."},
    {"numbers=3", "--made: unknown key 'numbers'; can be flag, five, bit, number=N, size=SIZE, "
                  "choice=a|bc|d, text=TEXT, list=ITEM, each=x+..."},
};

START_TEST(what_is_wrong_is_said_with_the_key)
{
    ck_assert_int_eq(parse(bad[_i].text), -1);
    ck_assert_str_eq(err.text, bad[_i].message);
}
END_TEST

START_TEST(numbers)
{
    u64 n;
    ck_assert(number_parse("12", NUMBER_PLAIN, &n) == 0 && n == 12);
    ck_assert(number_parse("0xfF", NUMBER_PLAIN, &n) == 0 && n == 255);
    ck_assert(number_parse("010", NUMBER_PLAIN, &n) == 0 && n == 10);
    ck_assert(number_parse("3GiB", NUMBER_SUFFIXES, &n) == 0 && n == 3ull << 30);
    static const char *const not_numbers[] = {
        "", "-1", " 1", "1 ", "1K", "0x", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(not_numbers); i++)
        ck_assert_msg(number_parse(not_numbers[i], NUMBER_PLAIN, &n) != 0, "'%s'", not_numbers[i]);
    ck_assert_int_ne(number_parse("99999999999T", NUMBER_SUFFIXES, &n), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("keys");
    TCase *t = tcase_create("keys");
    tcase_add_test(t, values_go_where_the_rows_say);
    tcase_add_loop_test(t, what_is_wrong_is_said_with_the_key, 0, (int)ARRAY_LEN(bad));
    tcase_add_test(t, numbers);
    suite_add_tcase(s, t);
    return run_suite(s);
}
