/* Symbol tables: reading ELF and nm output, lookup by address and name, binding to modes and VMIDs.
 */
#include "run_suite.h"
#include <check.h>
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/symbols.h"

/* A file in the test's folder with this text; returns its path (static). */
static const char *text_file(const char *text)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/symbols-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static struct symbols *from_text(const char *text, u32 modes, int vmid)
{
    struct error err;
    struct symbols *s = symbols_new(64);
    struct symbols_file f = {.path = text_file(text), .modes = modes, .vmid = vmid};
    int rc = symbols_add(s, &f, &err);
    unlink(f.path);
    ck_assert_int_eq(rc, 0);
    return s;
}

static void check_name(const struct symbols *s, u64 addr, const char *expected)
{
    char buf[64];
    ck_assert_str_eq(symbols_format(s, MODE_S, 0, addr, buf, sizeof buf), expected);
}

START_TEST(test_text)
{
    struct symbols *s = from_text("0000000000001000 T first\n"
                                  "0000000000001000 t $x\n"
                                  "0000000000001040 t second\n"
                                  "0000000000000800 D data\n"
                                  "0000000000001100 t third\t[module]\n",
                                  0, -1);
    struct symbol_place p;
    check_name(s, 0x1000, "first");
    check_name(s, 0x103f, "first+0x3f");
    check_name(s, 0x1040, "second");
    check_name(s, 0x1104, "third+0x4");
    check_name(s, 0x7ff, "");
    check_name(s, 0x900, "data+0x100");
    check_name(s, 0x1100 + 4096, "");
    ck_assert(symbols_lookup(s, "second", 0, -1, &p));
    ck_assert_uint_eq(p.start, 0x1040);
    ck_assert_uint_eq(p.end, 0x1100);
    ck_assert(p.is_code);
    ck_assert(symbols_lookup(s, "data", 0, -1, &p));
    ck_assert(!p.is_code);
    ck_assert(!symbols_lookup(s, "secon", 0, -1, &p));
    ck_assert_uint_eq(symbols_count(s, 0), 4);
    symbols_free(s);
}
END_TEST

/* Host and guest at the same address: the mode and the VMID choose. */
START_TEST(test_binding)
{
    struct error err;
    struct symbols *s = from_text("1000 T host\n", 1u << MODE_S, -1);
    struct symbols_file guest = {.modes = 1u << MODE_VS, .vmid = 3};
    guest.path = text_file("1000 T guest\n");
    ck_assert_int_eq(symbols_add(s, &guest, &err), 0);
    unlink(guest.path);
    struct symbol_place p;
    ck_assert(symbols_find(s, MODE_S, 3, 0x1004, &p));
    ck_assert_str_eq(p.name, "host");
    ck_assert_uint_eq(p.offset, 4);
    ck_assert(symbols_find(s, MODE_VS, 3, 0x1004, &p));
    ck_assert_str_eq(p.name, "guest");
    ck_assert(!symbols_find(s, MODE_VS, 2, 0x1004, &p));
    ck_assert(!symbols_find(s, MODE_U, 3, 0x1004, &p));
    ck_assert(symbols_lookup(s, "guest", 1u << MODE_VS, -1, &p));
    ck_assert(!symbols_lookup(s, "guest", 1u << MODE_S, -1, &p));
    ck_assert(symbols_lookup(s, "guest", 1u << MODE_VS, 3, &p));
    ck_assert(!symbols_lookup(s, "guest", 1u << MODE_VS, 2, &p));
    symbols_remove(s, 1);
    ck_assert(!symbols_find(s, MODE_VS, 3, 0x1004, &p));
    ck_assert_uint_eq(symbols_num_files(s), 1);
    symbols_free(s);
}
END_TEST

static int count_place(void *ctx, const struct symbol_place *place)
{
    char *names = ctx;
    strcat(strcat(names, place->name), " ");
    return 0;
}

START_TEST(test_prefix)
{
    struct symbols *s = from_text("1000 T do_b\n1100 T do_a\n1200 T other\n", 0, -1);
    char names[64] = "";
    symbols_each(s, "do_", count_place, names);
    ck_assert_str_eq(names, "do_a do_b ");
    symbols_free(s);
}
END_TEST

/* This program itself, with the machine in its header named anew. */
START_TEST(test_elf)
{
    struct error err;
    struct symbols *s = symbols_new(64);
    char path[] = "/tmp/symbols-XXXXXX", self[1024] = "", copy[1100];
    u16 machine = EM_RISCV;
    int fd = mkstemp(path);
    /* Asked for here: in another process an emulator's name would come. */
    ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    snprintf(copy, sizeof copy, "cp '%s' %s", self, path);
    ck_assert_int_eq(system(copy), 0);
    struct symbols_file f = {.path = path, .vmid = -1, .bias = 0x10000000};
    struct symbol_place p, q;
    ck_assert_int_eq(symbols_add(s, &f, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "another machine"));
    ck_assert_int_eq(pwrite(fd, &machine, sizeof machine, offsetof(Elf64_Ehdr, e_machine)), 2);
    ck_assert_int_eq(symbols_add(s, &f, &err), 0);
    unlink(path);
    close(fd);
    ck_assert(symbols_lookup(s, "main", 0, -1, &p));
    ck_assert(p.is_code);
    ck_assert_uint_ge(p.start, 0x10000000);
    ck_assert(symbols_find(s, MODE_U, 0, p.end - 1, &q));
    ck_assert_str_eq(q.name, "main");
    symbols_free(s);
}
END_TEST

/* A header that says RV32, for a machine that is RV64. */
START_TEST(test_elf_of_another_xlen)
{
    static const unsigned char head[52] = {0x7f, 'E',      'L',        'F',      1,        1,
                                           1,    [16] = 2, [18] = 243, [20] = 1, [40] = 52};
    char path[] = "/tmp/hextant-symbols-XXXXXX";
    struct error err;
    struct symbols *s = symbols_new(64);
    struct symbols_file f = {.path = path, .vmid = -1};
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, head, sizeof head), (ssize_t)sizeof head);
    close(fd);
    ck_assert_int_eq(symbols_add(s, &f, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is not an ELF of RV64"));
    unlink(path);
    symbols_free(s);
}
END_TEST

START_TEST(test_option_text)
{
    struct error err;
    struct symbols *s = symbols_new(64);
    char text[128];
    struct symbol_place p;
    const char *path = text_file("1000 T guest\n");
    snprintf(text, sizeof text, "%s,mode=VS+VU,vmid=2,bias=0x500", path);
    ck_assert_int_eq(symbols_add_text(s, text, &err), 0);
    ck_assert(symbols_find(s, MODE_VU, 2, 0x1500, &p));
    ck_assert(!symbols_find(s, MODE_S, 2, 0x1500, &p));
    snprintf(text, sizeof text, "%s,mode=QS", path);
    ck_assert_int_eq(symbols_add_text(s, text, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "mode=QS"));
    ck_assert_int_eq(symbols_add_text(s, "/nonexistent/x", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x"));
    unlink(path);
    path = text_file("this is prose\n");
    ck_assert_int_eq(symbols_add_text(s, path, &err), -1);
    unlink(path);
    ck_assert_uint_eq(symbols_num_files(s), 1);
    symbols_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbols");
    TCase *tc = tcase_create("symbols");
    tcase_add_test(tc, test_text);
    tcase_add_test(tc, test_binding);
    tcase_add_test(tc, test_prefix);
    tcase_add_test(tc, test_elf);
    tcase_add_test(tc, test_elf_of_another_xlen);
    tcase_add_test(tc, test_option_text);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
