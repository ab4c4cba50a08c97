/* The 9P2000.L server: what a client needs works, a read-only share stays as it is, and nothing
 * outside the shared folder can be reached. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "devices/p9_fs.h"
#include "slow_host.h"
#include "virtio_driver.h"

enum {
    VERSION = 100,
    ATTACH = 104,
    WALK = 110,
    LOPEN = 12,
    LCREATE = 14,
    SYMLINK = 16,
    MKNOD = 18,
    READLINK = 22,
    GETATTR = 24,
    SETATTR = 26,
    READDIR = 40,
    FSYNC = 50,
    LINK = 70,
    MKDIR = 72,
    RENAMEAT = 74,
    UNLINKAT = 76,
    READ = 116,
    WRITE = 118,
    CLUNK = 120,
    STATFS = 8
};

static struct board b;
static struct driver d;
static char top[64];

#define REQUEST BUFFERS
#define REPLY   (BUFFERS + 0x4000)
enum { REPLY_ROOM = 0x2000 };

static u8 reply[REPLY_ROOM];
static u32 reply_len;

/* The host's, so that a test sees what is asked for. */
static u32 data_syncs, all_syncs;
static int sync_error;

static int answer(u32 *count)
{
    ++*count;
    errno = sync_error;
    return sync_error ? -1 : 0;
}

int fdatasync(int file)
{
    (void)file;
    return answer(&data_syncs);
}

int fsync(int file)
{
    (void)file;
    return answer(&all_syncs);
}

static u32 unlinks;
static u64 writer; /* the thread that has written last */

ssize_t pwrite(int file, const void *from, size_t len, off_t offset)
{
    slow_host_call();
    writer = (u64)pthread_self();
    return syscall(SYS_pwrite64, file, from, len, offset);
}

int unlinkat(int folder, const char *name, int flags)
{
    slow_host_call();
    unlinks++;
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

static void host(const char *format, ...) PRINTF(1, 2);

/* Runs a shell command in the parent of the shared folder. */
static void host(const char *format, ...)
{
    char command[512];
    int n = snprintf(command, sizeof(command), "cd %s && ", top);
    va_list args;
    va_start(args, format);
    vsnprintf(command + n, sizeof(command) - (size_t)n, format, args);
    va_end(args);
    ck_assert_int_eq(system(command), 0);
}

/* Sends a message; the letters of `form` say what follows: 1 2 4 8 numbers of that size, s a
 * string. */
static void vsend(u8 type, const char *form, va_list args)
{
    u8 msg[4096];
    struct p9_cursor c = {msg, 0, sizeof(msg), false};
    p9_put(&c, 4, 0), p9_put(&c, 1, type), p9_put(&c, 2, 77);
    for (; *form; form++) {
        if (*form == 's')
            p9_put_text(&c, va_arg(args, const char *));
        else
            p9_put(&c, (u32)(*form - '0'), *form == '8' ? va_arg(args, u64) : va_arg(args, u32));
    }
    u32 len = c.at;
    c.at = 0, p9_put(&c, 4, len);
    mem_put(&d, REQUEST, msg, len);
    set_desc(&d, 0, 0, (struct desc){REQUEST, len, D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){REPLY, REPLY_ROOM, D_WRITE, 0});
    kick(&d, 0, 0);
}

static void send_only(u8 type, const char *form, ...)
{
    va_list args;
    va_start(args, form);
    vsend(type, form, args);
    va_end(args);
}

/* Takes the reply to a message of this type, the only one after the first `before`. Returns 0, or
 * the errno of Rlerror. */
static u32 take_reply(u8 type, u16 before)
{
    u32 code = 0;
    ck_assert_uint_eq(used_idx(&d, 0), (u16)(before + 1));
    mem_get(&d, REPLY, reply, sizeof(reply));
    memcpy(&reply_len, reply, 4);
    ck_assert_uint_eq(reply_len, used_len(&d, 0, before));
    ck_assert_uint_eq(reply[5], 77);
    if (reply[4] == 7)
        memcpy(&code, reply + 7, 4);
    else
        ck_assert_uint_eq(reply[4], type + 1);
    return code;
}

/* Sends a message as vsend(), and takes its reply. */
static u32 call(u8 type, const char *form, ...)
{
    u16 before = used_idx(&d, 0);
    va_list args;
    va_start(args, form);
    vsend(type, form, args);
    va_end(args);
    return take_reply(type, before);
}

/* Number of `size` bytes at `at` of the reply's body. */
static u64 got(u32 at, u32 size)
{
    u64 v = 0;
    memcpy(&v, reply + 7 + at, size);
    return v;
}

static void share(const char *options)
{
    char spec[128];
    snprintf(spec, sizeof(spec), "%s/shared%s", top, options);
    driver_init(&d, &b, virtio_9p_new, spec);
    start(&d, VIRTIO_F_VERSION_1, 1);
    ck_assert_uint_eq(call(VERSION, "4s", 8192, "9P2000.L"), 0);
    ck_assert_uint_eq(call(ATTACH, "44ss4", 1, ~0u, "user", "", ~0u), 0);
    ck_assert_uint_eq(got(0, 1), 0x80); /* the root is a folder */
}

static void setup(void)
{
    slow_host_init();
    board_init(&b);
    d = (struct driver){.b = &b};
    strcpy(top, "/tmp/hextant-9p-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    host("mkdir -p shared/sub outside && echo secret > outside/secret && echo hello > shared/file");
    host("ln -s ../outside shared/away && ln -s /etc/passwd shared/abs && mkfifo shared/pipe");
}

static void teardown(void)
{
    host("rm -rf %s", top);
    board_free(&b);
}

START_TEST(walk_open_read)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "file"), 0);
    ck_assert_uint_eq(got(0, 2), 1);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 0), 0);
    ck_assert_uint_eq(call(READ, "484", 2, (u64)1, 100), 0);
    ck_assert_uint_eq(got(0, 4), 5);
    ck_assert_mem_eq(reply + 11, "ello\n", 5);
    ck_assert_uint_eq(call(READ, "484", 2, (u64)100, 100), 0);
    ck_assert_uint_eq(got(0, 4), 0);
    ck_assert_uint_eq(call(CLUNK, "4", 2), 0);
    ck_assert_uint_eq(call(CLUNK, "4", 2), EBADF);
}
END_TEST

START_TEST(create_write_rename_remove)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "sub"), 0);
    ck_assert_uint_eq(call(LCREATE, "4s444", 2, "new", 0102, 0644, 0), 0);
    ck_assert_uint_eq(call(WRITE, "4844", 2, (u64)0, 4, 0x64636261), 0);
    ck_assert_uint_eq(got(0, 4), 4);
    host("test $(cat shared/sub/new) = abcd");
    ck_assert_uint_eq(call(WALK, "442s", 1, 3, 1, "sub"), 0);
    ck_assert_uint_eq(call(RENAMEAT, "4s4s", 3, "new", 1, "moved"), 0);
    host("test -f shared/moved && test ! -e shared/sub/new");
    ck_assert_uint_eq(call(UNLINKAT, "4s4", 1, "sub", 0), EISDIR);
    ck_assert_uint_eq(call(UNLINKAT, "4s4", 1, "sub", 0x200), 0);
    ck_assert_uint_eq(call(MKDIR, "4s44", 1, "dir", 0750, 0), 0);
    ck_assert_uint_eq(call(SYMLINK, "4ss4", 1, "ln", "dir", 0), 0);
    ck_assert_uint_eq(call(LINK, "44s", 1, 2, "hard"), 0);
    host(
        "test -d shared/dir && test $(readlink shared/ln) = dir && test $(cat shared/hard) = abcd");
}
END_TEST

/* How long the host's disk takes is not for the guest to see, and the disk's error is. */
START_TEST(sync_waits_for_the_disk)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "file"), 0);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 2), 0);
    ck_assert_uint_eq(call(FSYNC, "44", 2, 1), 0);
    ck_assert_uint_eq(data_syncs, 1);
    ck_assert_uint_eq(all_syncs, 0);
    ck_assert_uint_eq(call(FSYNC, "44", 2, 0), 0);
    ck_assert_uint_eq(data_syncs, 1);
    ck_assert_uint_eq(all_syncs, 1);
    sync_error = ENOSPC;
    ck_assert_uint_eq(call(FSYNC, "44", 2, 0), ENOSPC);
    sync_error = 0;
}
END_TEST

/* How long the host takes is not for the guest to see. */
START_TEST(a_slow_host_is_waited_for)
{
    share("");
    pthread_t end = slow_host_wakes();
    ck_assert_uint_eq(call(UNLINKAT, "4s4", 1, "file", 0), 0);
    slow_host_is_fast(end);
    host("test ! -e shared/file");
}
END_TEST

/* A host that does not come back keeps nobody from ending the run; if it does, all is well, and
 * nothing is done twice. */
START_TEST(a_slow_host_does_not_hold_up_the_end)
{
    b.env.owner = &leaver;
    share("");
    u16 before = used_idx(&d, 0);
    slow = leaving = true;
    send_only(UNLINKAT, "4s4", 1, "file", 0);
    ck_assert_uint_eq(used_idx(&d, 0), before);
    slow_host_answers();
    board_run_to(&b, b.deadline[d.dev->id]);
    ck_assert_uint_eq(take_reply(UNLINKAT, before), 0);
    ck_assert_uint_eq(unlinks, 1);
}
END_TEST

/* Across a network everything may take time. */
START_TEST(a_network_may_be_slow)
{
    elsewhere = true;
    share("");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "file"), 0);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 2), 0);
    pthread_t end = slow_host_wakes();
    ck_assert_uint_eq(call(WRITE, "4844", 2, (u64)0, 4, 0x64636261), 0);
    slow_host_is_fast(end);
    ck_assert_uint_ne(writer, (u64)pthread_self());
}
END_TEST

/* Neither a driver that begins anew nor the end of the machine waits for it. */
START_TEST(a_slow_host_is_left_alone)
{
    b.env.owner = &leaver;
    share("");
    slow = leaving = true;
    send_only(UNLINKAT, "4s4", 1, "file", 0);
    start(&d, VIRTIO_F_VERSION_1, 1);
    slow = false;
    ck_assert_uint_eq(call(VERSION, "4s", 8192, "9P2000.L"), 0);
    ck_assert_uint_eq(call(ATTACH, "44ss4", 1, ~0u, "user", "", ~0u), 0);
    slow_host_answers();
    slow = true;
    send_only(UNLINKAT, "4s4", 1, "sub", 0x200);
    bus_free(&b.bus);
    slow_host_answers();
}
END_TEST

/* No message is more than a piece of a device's work. */
START_TEST(messages_are_pieces)
{
    share("");
    ck_assert_uint_eq(call(VERSION, "4s", 1u << 20, "9P2000.L"), 0);
    ck_assert_uint_eq(got(0, 4), VIRTIO_PIECE);
}
END_TEST

START_TEST(attributes_are_shown_and_set)
{
    share("");
    host("chmod 640 shared/file");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "file"), 0);
    ck_assert_uint_eq(call(GETATTR, "48", 2, (u64)0x7ff), 0);
    ck_assert_uint_eq(got(0, 8), 0x7ff);
    ck_assert_uint_eq(got(21, 4), 0100640);
    ck_assert_uint_eq(got(21 + 12 + 16, 8), 6); /* size */
    ck_assert_uint_eq(call(SETATTR, "4444488888", 2, 1 | 8 | 0x20 | 0x100, 04755, 0, 0, (u64)2,
                           (u64)0, (u64)0, (u64)1000000000, (u64)5),
                      0);
    host("test $(stat -c %%a:%%s:%%Y shared/file) = 755:2:1000000000"); /* no set-user-id */
    ck_assert_uint_eq(call(STATFS, "4", 2), 0);
}
END_TEST

START_TEST(folders_are_listed_piece_by_piece)
{
    u32 entries = 0, calls = 0;
    u64 offset = 0;
    share("");
    host("cd shared && for i in $(seq 200); do : > file-$i; done");
    ck_assert_uint_eq(call(WALK, "442", 1, 2, 0), 0);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 0200000), 0);
    for (;; calls++) {
        ck_assert_uint_eq(call(READDIR, "484", 2, offset, 1000), 0);
        u32 count = (u32)got(0, 4), at = 4;
        ck_assert_uint_le(count, 1000);
        if (count == 0)
            break;
        while (at < 4 + count) {
            offset = got(at + P9_QID, 8);
            at += P9_QID + 8 + 1 + 2 + (u32)got(at + P9_QID + 9, 2);
            entries++;
        }
    }
    ck_assert_uint_eq(entries, 200 + 5 + 2);
    ck_assert_uint_gt(calls, 5);
}
END_TEST

START_TEST(nothing_outside_can_be_reached)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, ".."), EACCES);
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "../outside"), EACCES);
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "/etc"), EACCES);
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, ""), EACCES);
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "."), EACCES);
    /* Walking on through a link ends at the link. */
    ck_assert_uint_eq(call(WALK, "442ss", 1, 2, 2, "away", "secret"), 0);
    ck_assert_uint_eq(got(0, 2), 1);
    ck_assert_uint_eq(call(CLUNK, "4", 2), EBADF);
    /* A link is shown, not followed. */
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "abs"), 0);
    ck_assert_uint_eq(call(READLINK, "4", 2), 0);
    ck_assert_mem_eq(reply + 9, "/etc/passwd", 11);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 0), ELOOP);
    ck_assert_uint_eq(call(LCREATE, "4s444", 2, "x", 0102, 0644, 0), ENOTDIR);
    ck_assert_uint_eq(call(WALK, "442s", 1, 3, 1, "away"), 0);
    ck_assert_uint_eq(call(MKDIR, "4s44", 3, "x", 0755, 0), ENOTDIR);
    ck_assert_uint_eq(
        call(SETATTR, "4444488888", 2, 8, 0, 0, 0, (u64)0, (u64)0, (u64)0, (u64)0, (u64)0), EINVAL);
    /* Nor may a name in an operation lead anywhere. */
    ck_assert_uint_eq(call(UNLINKAT, "4s4", 1, "../outside/secret", 0), EINVAL);
    ck_assert_uint_eq(call(RENAMEAT, "4s4s", 1, "file", 1, "../outside/file"), EINVAL);
    ck_assert_uint_eq(call(LCREATE, "4s444", 1, "../x", 0102, 0644, 0), EINVAL);
    ck_assert_uint_eq(call(WALK, "442", 1, 4, 0), 0);
    ck_assert_uint_eq(call(LCREATE, "4s444", 4, "abs", 0102, 0644, 0), ELOOP);
    host("test $(cat outside/secret) = secret");
}
END_TEST

START_TEST(pipes_and_devices_are_not_touched)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "pipe"), 0);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 0), ENXIO); /* and does not wait for a writer */
    ck_assert_uint_eq(call(MKNOD, "4s4444", 1, "null", S_IFCHR | 0666, 1, 3, 0), EPERM);
    ck_assert_uint_eq(call(MKNOD, "4s4444", 1, "disk", S_IFBLK | 0666, 8, 0, 0), EPERM);
    ck_assert_uint_eq(call(MKNOD, "4s4444", 1, "fifo", S_IFIFO | 0644, 0, 0, 0), 0);
}
END_TEST

START_TEST(a_read_only_share_refuses_every_change)
{
    share(",ro");
    ck_assert_uint_eq(call(WALK, "442s", 1, 2, 1, "file"), 0);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 1), EROFS);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 01000), EROFS);
    ck_assert_uint_eq(call(LCREATE, "4s444", 1, "x", 0102, 0644, 0), EROFS);
    ck_assert_uint_eq(call(MKDIR, "4s44", 1, "x", 0755, 0), EROFS);
    ck_assert_uint_eq(call(SYMLINK, "4ss4", 1, "x", "y", 0), EROFS);
    ck_assert_uint_eq(call(LINK, "44s", 1, 2, "x"), EROFS);
    ck_assert_uint_eq(call(MKNOD, "4s4444", 1, "x", S_IFREG | 0644, 0, 0, 0), EROFS);
    ck_assert_uint_eq(call(RENAMEAT, "4s4s", 1, "file", 1, "x"), EROFS);
    ck_assert_uint_eq(call(UNLINKAT, "4s4", 1, "file", 0), EROFS);
    ck_assert_uint_eq(
        call(SETATTR, "4444488888", 2, 1, 0600, 0, 0, (u64)0, (u64)0, (u64)0, (u64)0, (u64)0),
        EROFS);
    ck_assert_uint_eq(call(LOPEN, "44", 2, 0), 0);
    ck_assert_uint_eq(call(WRITE, "4844", 2, (u64)0, 4, 0), EROFS);
    host("test $(cat shared/file) = hello");
}
END_TEST

START_TEST(malformed_messages_get_an_error)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442", 1, 2, 17), EINVAL);
    ck_assert_uint_eq(call(WALK, "442", 1, 2, 1), EINVAL); /* the name is missing */
    ck_assert_uint_eq(call(WALK, "44", 9, 2), EBADF);
    ck_assert_uint_eq(call(WRITE, "484", 1, (u64)0, 1000), EBADF);
    ck_assert_uint_eq(call(ATTACH, "44ss4", 1, ~0u, "user", "", ~0u), EBADF);
    ck_assert_uint_eq(call(VERSION, "4s", 100, "9P2000.L"), EINVAL);
    ck_assert_uint_eq(call(30, "44s", 1, 2, "user.x"), EOPNOTSUPP);
    ck_assert_uint_eq(call(255, ""), EOPNOTSUPP);
    ck_assert_uint_eq(call(VERSION, "4s", 8192, "9P3000"), 0);
    ck_assert_mem_eq(reply + 13, "unknown", 7);
}
END_TEST

START_TEST(random_messages_do_no_harm)
{
    u64 x = 88172645463325252ull;
    share(",ro");
    for (u32 i = 0; i < 20000; i++) {
        u8 msg[64];
        for (u32 j = 0; j < sizeof(msg); j++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            msg[j] = (x >> 40 & 3) ? (u8)(x >> 32 & 3) : (u8)(x >> 32);
        }
        u32 len = (u32)(x >> 50) % sizeof(msg);
        memcpy(msg, &len, 4);
        msg[4] = (u8)(x >> 16) % 124;
        mem_put(&d, REQUEST, msg, sizeof(msg));
        set_desc(&d, 0, 0, (struct desc){REQUEST, sizeof(msg), D_NEXT, 1});
        set_desc(&d, 0, 1, (struct desc){REPLY, REPLY_ROOM, D_WRITE, 0});
        kick(&d, 0, 0);
    }
    ck_assert_uint_eq(vget(&d, VSTATUS), 15);
}
END_TEST

START_TEST(a_request_without_room_for_a_reply_stops_the_device)
{
    share("");
    set_desc(&d, 0, 0, (struct desc){REQUEST, 20, D_NEXT, 1});
    set_desc(&d, 0, 1, (struct desc){REPLY, 10, D_WRITE, 0});
    kick(&d, 0, 0);
    ck_assert_uint_eq(vget(&d, VSTATUS) & NEEDS_RESET, NEEDS_RESET);
}
END_TEST

START_TEST(the_tag_is_in_the_configuration_and_bad_shares_are_refused)
{
    share(",tag=home");
    ck_assert_uint_eq(vconfig(&d, 0x00, 2), 4);
    ck_assert_uint_eq(vconfig(&d, 0x02, 1), 'h');
    ck_assert_ptr_null(virtio_try(&b, virtio_9p_new, "/nowhere"));
    ck_assert_ptr_nonnull(strstr(b.err.text, "No such file"));
    ck_assert_ptr_null(virtio_try(&b, virtio_9p_new, "/dev/null"));
    ck_assert_ptr_nonnull(strstr(b.err.text, "Not a directory"));
    ck_assert_ptr_null(virtio_try(&b, virtio_9p_new, "/tmp,wr"));
    ck_assert_ptr_nonnull(strstr(
        b.err.text, "--share: unknown key 'wr'; can be ro, rw, bus=mmio|pci|port, tag=NAME"));
}
END_TEST

/* Opening a pipe acts on the host, even if it is closed again at once. */
START_TEST(create_opens_nothing_before_its_type_is_known)
{
    struct inotify_event event;
    char pipe_name[128];
    share("");
    snprintf(pipe_name, sizeof(pipe_name), "%s/shared/fifo", top);
    ck_assert_int_eq(mkfifo(pipe_name, 0600), 0);
    int watch = inotify_init1(IN_NONBLOCK);
    ck_assert_int_ge(inotify_add_watch(watch, pipe_name, IN_OPEN), 0);
    ck_assert_uint_eq(call(WALK, "442", 1, 2, 0), 0);
    ck_assert_uint_eq(call(LCREATE, "4s444", 2, "fifo", 0100, 0644, 0), EACCES);
    ck_assert_uint_eq(call(LCREATE, "4s444", 2, "fifo", 0102, 0644, 0), EACCES);
    ck_assert_int_eq(read(watch, &event, sizeof(event)), -1); /* nobody has opened it */
    ck_assert_int_eq(errno, EAGAIN);
    close(watch);
}
END_TEST

/* Without O_EXCL a file that is there is opened, with its flags. */
START_TEST(create_opens_what_is_there)
{
    share("");
    ck_assert_uint_eq(call(WALK, "442", 1, 2, 0), 0);
    ck_assert_uint_eq(call(LCREATE, "4s444", 2, "twice", 0102, 0644, 0), 0);
    ck_assert_uint_eq(call(WALK, "442", 1, 3, 0), 0);
    ck_assert_uint_eq(call(LCREATE, "4s444", 3, "twice", 0102, 0644, 0), 0);
    ck_assert_uint_eq(call(WALK, "442", 1, 4, 0), 0);
    ck_assert_uint_eq(call(LCREATE, "4s444", 4, "twice", 0302, 0644, 0), EEXIST);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("9p");
    TCase *t = tcase_create("9p");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, walk_open_read);
    tcase_add_test(t, create_write_rename_remove);
    tcase_add_test(t, sync_waits_for_the_disk);
    tcase_add_test(t, a_slow_host_is_waited_for);
    tcase_add_test(t, a_slow_host_does_not_hold_up_the_end);
    tcase_add_test(t, a_slow_host_is_left_alone);
    tcase_add_test(t, a_network_may_be_slow);
    tcase_add_test(t, messages_are_pieces);
    tcase_add_test(t, attributes_are_shown_and_set);
    tcase_add_test(t, folders_are_listed_piece_by_piece);
    tcase_add_test(t, nothing_outside_can_be_reached);
    tcase_add_test(t, pipes_and_devices_are_not_touched);
    tcase_add_test(t, a_read_only_share_refuses_every_change);
    tcase_add_test(t, malformed_messages_get_an_error);
    tcase_add_test(t, random_messages_do_no_harm);
    tcase_add_test(t, a_request_without_room_for_a_reply_stops_the_device);
    tcase_add_test(t, the_tag_is_in_the_configuration_and_bad_shares_are_refused);
    tcase_add_test(t, create_opens_nothing_before_its_type_is_known);
    tcase_add_test(t, create_opens_what_is_there);
    suite_add_tcase(s, t);
    return run_suite(s);
}
