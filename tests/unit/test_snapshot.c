/* Snapshots: the file says what it is and refuses what is damaged; moments in memory can be gone to
 * in any order. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "bare_machine.h"
#include "common/packed.h"
#include "common/random.h"
#include "machine/moments.h"

/* ---- packed files ---- */

static const struct packed_kind kind = {"thing", 7}, newer = {"thing", 8}, other = {"other", 7};
static char path[] = "/tmp/packedXXXXXX";
enum { LEN = 300000 };
static u8 content[LEN], found[LEN];

static void make_path(void)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    for (u32 i = 0; i < LEN; i++)
        content[i] = (u8)(i * 7 + i / 1000 * i);
}

static void write_content(void)
{
    struct error err;
    struct packed_out *out = packed_create(path, &kind, &err);
    ck_assert_ptr_nonnull(out);
    struct state_sink *s = packed_sink(out);
    ck_assert_int_eq(s->write(s, content, 10), 0);
    ck_assert_int_eq(s->write(s, content + 10, LEN - 10), 0);
    ck_assert_msg(packed_commit(out, &err) == 0, "%s", err.text);
}

/* Reads it all: 0, or -1 with *err. */
static int read_content(struct error *err)
{
    struct packed_in *in = packed_open(path, &kind, err);
    if (!in)
        return -1;
    struct state_source *s = packed_source(in);
    if (s->read(s, found, LEN - 1) || s->read(s, found + LEN - 1, 1)) {
        packed_skip(in);
        return packed_finish(in, err);
    }
    return packed_finish(in, err);
}

START_TEST(content_comes_back)
{
    struct error err;
    make_path();
    write_content();
    ck_assert_msg(read_content(&err) == 0, "%s", err.text);
    ck_assert_mem_eq(content, found, LEN);
    unlink(path);
}
END_TEST

static void spoil(off_t at)
{
    u8 byte;
    int fd = open(path, O_RDWR);
    memset(found, 0, sizeof found);
    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 1 << at % 8;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* One flipped bit, anywhere, is noticed. */
START_TEST(a_flipped_bit_is_noticed)
{
    struct error err;
    struct stat st;
    make_path();
    write_content();
    ck_assert_int_eq(stat(path, &st), 0);
    for (off_t at = 0; at < st.st_size; at += at < 100 || at > st.st_size - 100 ? 1 : 991) {
        spoil(at);
        /* (zstd has a bit without meaning) */
        if (read_content(&err) == 0 && memcmp(content, found, LEN) != 0)
            ck_assert_msg(false, "byte %ld of %ld", (long)at, (long)st.st_size);
        spoil(at);
    }
    ck_assert_int_eq(read_content(&err), 0);
    unlink(path);
}
END_TEST

/* So is an end that comes too early, and anything behind it that was not read. */
START_TEST(a_short_file_is_noticed)
{
    struct error err;
    struct stat st;
    make_path();
    write_content();
    ck_assert_int_eq(stat(path, &st), 0);
    for (off_t len = st.st_size - 1; len >= 0;
         len -= len < 100 || len > st.st_size - 100 ? 1 : 997) {
        ck_assert_int_eq(truncate(path, len), 0);
        ck_assert_int_eq(read_content(&err), -1);
    }
    write_content();
    struct packed_in *in = packed_open(path, &kind, &err);
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(packed_source(in)->read(packed_source(in), found, LEN - 1), 0);
    ck_assert_int_eq(packed_finish(in, &err), -1);
    unlink(path);
}
END_TEST

START_TEST(another_file_is_refused_by_name)
{
    struct error err;
    make_path();
    write_content();
    ck_assert_ptr_null(packed_open(path, &newer, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "version 7, this program reads version 8"));
    ck_assert_ptr_null(packed_open(path, &other, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is no other of hextant"));
    ck_assert_ptr_null(packed_open("/dev/null", &kind, &err));
    unlink(path);
}
END_TEST

/* What is given up, or cannot be written, leaves the old file. */
START_TEST(the_old_file_stays)
{
    struct error err;
    make_path();
    write_content();
    struct packed_out *out = packed_create(path, &kind, &err);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(packed_sink(out)->write(packed_sink(out), found, 5), 0);
    packed_abandon(out);
    ck_assert_int_eq(read_content(&err), 0);
    ck_assert_ptr_null(packed_create("/nowhere/at/all", &kind, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
    unlink(path);
}
END_TEST

/* ---- moments ---- */

enum { PAGES = 6, MOMENTS = 24 };

static u8 *page(struct machine *m, unsigned i)
{
    return m->ram->host + (i + 1) * 4096;
}

static void put(struct machine *m, unsigned i, u8 value)
{
    u8 bytes[4096];
    memset(bytes, value, sizeof bytes);
    ck_assert_int_eq(bus_copy_to(&m->bus, m->ram->base + (i + 1) * 4096, bytes, sizeof bytes), 0);
}

/* A tree of moments, each with other pages; from anywhere to anywhere, and twice. */
START_TEST(moments_hold_memory_and_rows)
{
    struct error err;
    static const u32 code[] = {0x0000006f};
    struct machine *m = bare_machine("", "", code, 1);
    struct random random = {3};
    const struct moment *mo[MOMENTS];
    u8 held[MOMENTS][PAGES];
    for (unsigned i = 0; i < MOMENTS; i++) {
        char name[8];
        snprintf(name, sizeof name, "m%u", i);
        for (unsigned k = 0; k < 3; k++) /* 0 among them: a page that is all zero again */
            put(m, (unsigned)(random_next(&random) % PAGES), (u8)(random_next(&random) % 4));
        m->hart[0]->x[5] = i + 1000;
        for (unsigned k = 0; k < PAGES; k++)
            held[i][k] = *page(m, k);
        mo[i] = moment_keep(m, name, &err);
        ck_assert_msg(mo[i] != NULL, "%s", err.text);
        ck_assert_ptr_eq(moment_find(m, name), mo[i]);
        put(m, i % PAGES, 77);
        if (i % 3 == 2)
            ck_assert_int_eq(moment_go(m, mo[random_next(&random) % (i + 1)], &err), 0);
    }
    for (unsigned n = 0; n < 200; n++) {
        unsigned i = (unsigned)(random_next(&random) % MOMENTS);
        ck_assert_msg(moment_go(m, mo[i], &err) == 0, "%s", err.text);
        ck_assert_uint_eq(m->hart[0]->x[5], i + 1000);
        for (unsigned k = 0; k < PAGES; k++) {
            ck_assert_uint_eq(*page(m, k), held[i][k]);
            ck_assert_uint_eq(page(m, k)[4095], held[i][k]);
        }
        put(m, n % PAGES, 88);
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("snapshot");
    TCase *t = tcase_create("all");
    tcase_add_test(t, content_comes_back);
    tcase_add_test(t, a_flipped_bit_is_noticed);
    tcase_add_test(t, a_short_file_is_noticed);
    tcase_add_test(t, another_file_is_refused_by_name);
    tcase_add_test(t, the_old_file_stays);
    tcase_add_test(t, moments_hold_memory_and_rows);
    suite_add_tcase(s, t);
    return run_suite(s);
}
