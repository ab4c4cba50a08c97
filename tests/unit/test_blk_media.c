/* What a disk adds to a snapshot: which image it is, and what was written and stays in memory. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/blk_media.h"
#include "run_suite.h"

static char path[] = "/tmp/mediaXXXXXX";

static struct image *new_image(void)
{
    struct error err;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(truncate(path, 4 * IMAGE_CLUSTER), 0);
    struct image *im = image_open(path, IMAGE_SNAPSHOT, &err);
    ck_assert_msg(im != NULL, "%s", err.text);
    return im;
}

static u8 first_byte(struct image *im, u64 cluster)
{
    u8 b;
    ck_assert_int_eq(image_read(im, cluster * IMAGE_CLUSTER, &b, 1), 0);
    return b;
}

static void write_byte(struct image *im, u64 cluster, u8 b)
{
    ck_assert_int_eq(image_write(im, cluster * IMAGE_CLUSTER, &b, 1), 0);
}

START_TEST(clusters_are_shared_until_written)
{
    struct image *im = new_image();
    write_byte(im, 1, 11);
    struct kept_clusters *one = media_keep(im);
    write_byte(im, 1, 12);
    write_byte(im, 2, 22);
    struct kept_clusters *two = media_keep(im);
    write_byte(im, 1, 13);
    for (unsigned i = 0; i < 2; i++) {
        media_put_back(im, one);
        ck_assert_uint_eq(first_byte(im, 1), 11);
        ck_assert_uint_eq(first_byte(im, 2), 0);
        write_byte(im, 1, 99);
        media_put_back(im, two);
        ck_assert_uint_eq(first_byte(im, 1), 12);
        ck_assert_uint_eq(first_byte(im, 2), 22);
    }
    media_drop(one);
    media_drop(two);
    image_close(im);
    unlink(path);
}
END_TEST

START_TEST(a_changed_image_is_refused)
{
    struct error err;
    struct state_memory s;
    struct image *im = new_image();
    state_memory_init(&s);
    write_byte(im, 3, 33);
    ck_assert_int_eq(media_save(im, "disk", &s.sink, &err), 0);
    write_byte(im, 3, 34);
    ck_assert_msg(media_load(im, "disk", &s.source, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(s.at, s.len);
    ck_assert_uint_eq(first_byte(im, 3), 33);
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1);
    close(fd);
    s.at = 0;
    ck_assert_int_eq(media_load(im, "disk", &s.source, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "drive 'disk' has been changed"));
    free(s.data);
    image_close(im);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("blk_media");
    TCase *t = tcase_create("all");
    tcase_add_test(t, clusters_are_shared_until_written);
    tcase_add_test(t, a_changed_image_is_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
