/* Semihosting calls: arguments that lead nowhere, handles that are none and names that would leave
 * the folder fail a call and nothing else; what is open goes along when the machine is made anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "devices/semihost.h"
#include "devices/semihost_files.h"
#include "devices_board.h"
#include "slow_host.h"

enum { OPEN = 1, CLOSE, WRITE = 5, READ, READC, ISTTY = 9, SEEK, FLEN = 12, REMOVE = 14, RENAME };
enum { GET_ERRNO = 19, CMDLINE = 21, EXIT = 24, EXIT_EXTENDED = 32, APPLICATION_EXIT = 0x20026 };

static struct board b;
static struct device *dev;
static u8 memory[0x4000]; /* of the guest, from address 0 */
static char folder[64];
static unsigned word;

ssize_t pwrite(int file, const void *from, size_t len, off_t offset)
{
    slow_host_call();
    return syscall(SYS_pwrite64, file, from, len, offset);
}

static int get(void *ctx, u64 address, void *to, size_t len)
{
    (void)ctx;
    if (address > sizeof memory || len > sizeof memory - address)
        return -1;
    memcpy(to, memory + address, len);
    return 0;
}

static int put(void *ctx, u64 address, const void *from, size_t len)
{
    (void)ctx;
    if (address > sizeof memory || len > sizeof memory - address)
        return -1;
    memcpy(memory + address, from, len);
    return 0;
}

static struct semihost_call request(u64 number, u64 argument)
{
    return (struct semihost_call){
        .number = number, .argument = argument, .word = word, .read = get, .write = put};
}

static s64 call(u64 number, u64 argument)
{
    struct semihost_call c = request(number, argument);
    ck_assert(semihost_serve(dev, &c));
    return word == 4 ? (s32)c.result : (s64)c.result;
}

/* With a block of up to four words, at 0. */
static s64 call4(u64 number, u64 w0, u64 w1, u64 w2, u64 w3)
{
    const u64 w[] = {w0, w1, w2, w3};
    for (unsigned i = 0; i < 4; i++)
        memcpy(memory + i * word, &w[i], word);
    return call(number, 0);
}

static u64 text(u64 at, const char *s)
{
    strcpy((char *)memory + at, s);
    return strlen(s);
}

static s64 open_name(const char *name, u64 mode)
{
    u64 len = text(0x100, name);
    return call4(OPEN, 0x100, mode, len, 0);
}

static s64 rename_to(const char *name, const char *to)
{
    u64 len = text(0x100, name), to_len = text(0x2000, to);
    return call4(RENAME, 0x100, len, 0x2000, to_len);
}

static void setup(void)
{
    slow_host_init();
    board_init(&b);
    word = 8;
    snprintf(folder, sizeof folder, "/tmp/semihost-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    b.args.spec = folder;
    b.args.program = "program";
    dev = board_make(&b, semihost_new, 0);
}

static void teardown(void)
{
    char command[96];
    board_free(&b);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(names_stay_in_the_folder)
{
    static const char *const outside[] = {"..", "../x", "a/../../x", "/", "", ".", "out", "out/x"};
    char link[96], dest[96];
    snprintf(link, sizeof link, "%s/out", folder);
    snprintf(dest, sizeof dest, "%s-elsewhere", folder);
    ck_assert_int_eq(symlink(dest, link), 0);
    for (u32 i = 0; i < ARRAY_LEN(outside); i++) {
        ck_assert_msg(open_name(outside[i], 4) == -1, "%s", outside[i]);
        ck_assert_msg(rename_to(outside[i], "x") == -1 || i == 6, "%s", outside[i]);
    }
    ck_assert_int_ne(access(dest, F_OK), 0);
    ck_assert_int_gt(open_name("/./in//", 4), 0);
    snprintf(dest, sizeof dest, "%s/in", folder);
    ck_assert_int_eq(access(dest, F_OK), 0);
}
END_TEST

START_TEST(pipes_and_folders_are_not_opened)
{
    char path[96];
    snprintf(path, sizeof path, "%s/pipe", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    for (u64 mode = 0; mode < 12; mode++)
        ck_assert_int_eq(open_name("pipe", mode), -1);
    snprintf(path, sizeof path, "%s/dir", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(open_name("dir", 0), -1);
    ck_assert_int_eq(call(GET_ERRNO, 0), EISDIR);
    ck_assert_int_eq(open_name("x", 12), -1);
    ck_assert_int_eq(call(GET_ERRNO, 0), EINVAL);
}
END_TEST

START_TEST(what_is_no_handle_fails)
{
    static const u64 handles[] = {0, 1, 31, 32, UINT32_MAX, UINT64_MAX};
    for (u32 i = 0; i < ARRAY_LEN(handles); i++) {
        ck_assert_int_eq(call4(CLOSE, handles[i], 0, 0, 0), -1);
        ck_assert_int_eq(call4(WRITE, handles[i], 0, 5, 0), 5);
        ck_assert_int_eq(call4(READ, handles[i], 0, 5, 0), 5);
        ck_assert_int_eq(call4(ISTTY, handles[i], 0, 0, 0), -1);
        ck_assert_int_eq(call4(SEEK, handles[i], 0, 0, 0), -1);
        ck_assert_int_eq(call4(FLEN, handles[i], 0, 0, 0), -1);
        ck_assert_int_eq(call(GET_ERRNO, 0), EBADF);
    }
    for (s64 i = 1; i < SEMIHOST_HANDLES; i++)
        ck_assert_int_eq(open_name("many", 4), i);
    ck_assert_int_eq(open_name("many", 4), -1);
    ck_assert_int_eq(call(GET_ERRNO, 0), EMFILE);
}
END_TEST

START_TEST(addresses_that_lead_nowhere_fail)
{
    for (u64 number = 0; number < 256; number++) {
        struct semihost_call c = request(number, UINT64_MAX - 3);
        b.stop_reason = STOP_NONE;
        ck_assert(semihost_serve(dev, &c));
        ck_assert_uint_eq(b.stop_reason, STOP_NONE);
    }
    s64 f = open_name("file", 6);
    ck_assert_int_eq(call4(WRITE, (u64)f, 0x3ffe, 4, 0), 4);
    ck_assert_int_eq(call(GET_ERRNO, 0), EFAULT);
    ck_assert_int_eq(call4(WRITE, (u64)f, 0, UINT64_MAX, 0), (s64)(UINT64_MAX - 0x4000));
    ck_assert_int_eq(call4(SEEK, (u64)f, UINT64_MAX, 0, 0), -1);
    ck_assert_int_eq(call4(OPEN, 0x100, 0, UINT64_MAX, 0), -1);
    ck_assert_int_eq(call(GET_ERRNO, 0), ENAMETOOLONG);
}
END_TEST

START_TEST(files_hold_what_was_written)
{
    word = _i ? 8 : 4;
    s64 f = open_name("file", 6), n = (s64)text(0x200, "abcdef");
    ck_assert_int_eq(call4(WRITE, (u64)f, 0x200, (u64)n, 0), 0);
    ck_assert_int_eq(call4(FLEN, (u64)f, 0, 0, 0), n);
    ck_assert_int_eq(call4(SEEK, (u64)f, 4, 0, 0), 0);
    ck_assert_int_eq(call4(READ, (u64)f, 0x300, 10, 0), 8);
    ck_assert_mem_eq(memory + 0x300, "ef", 2);
    ck_assert_int_eq(call4(CLOSE, (u64)f, 0, 0, 0), 0);
    f = open_name("file", 8);
    ck_assert_int_eq(call4(WRITE, (u64)f, 0x200, 1, 0), 0);
    ck_assert_int_eq(call4(FLEN, (u64)f, 0, 0, 0), n + 1);
    ck_assert_int_eq(rename_to("file", "other"), 0);
    ck_assert_int_eq(call4(REMOVE, 0x2000, 5, 0, 0), 0);
    ck_assert_int_eq(call4(REMOVE, 0x2000, 5, 0, 0), -1);
}
END_TEST

/* An exit with a status that does not fit must not look like success. */
START_TEST(exit_keeps_failure)
{
    call4(EXIT, APPLICATION_EXIT, 256, 0, 0);
    ck_assert_uint_eq(b.stop_status, 255);
    call4(EXIT_EXTENDED, APPLICATION_EXIT, 3, 0, 0);
    ck_assert_uint_eq(b.stop_status, 3);
    call4(EXIT_EXTENDED, 0x20023, 0, 0, 0);
    ck_assert_uint_eq(b.stop_status, 1);
    word = 4;
    call(EXIT, APPLICATION_EXIT);
    ck_assert_uint_eq(b.stop_status, 0);
    call(EXIT, 0x20023);
    ck_assert_uint_eq(b.stop_status, 1);
}
END_TEST

START_TEST(input_is_waited_for_while_there_may_be_some)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct chardev *console = chardev_from_fds(ends[0], -1);
    b.args.console = console;
    dev = board_make(&b, semihost_new, 0);
    struct semihost_call c = request(READC, 0);
    ck_assert(!semihost_serve(dev, &c));
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    chardev_poll(console);
    ck_assert(semihost_serve(dev, &c));
    ck_assert_uint_eq(c.result, 'x');
    close(ends[1]);
    chardev_poll(console);
    ck_assert(semihost_serve(dev, &c));
    ck_assert_int_eq((s64)c.result, -1);
    chardev_close(console);
}
END_TEST

/* A host that does not come back keeps nobody from ending the run; if it does, all is well. */
START_TEST(a_slow_host_does_not_hold_up_the_end)
{
    b.env.owner = &leaver;
    dev = board_make(&b, semihost_new, 0);
    u64 f = (u64)open_name("file", 6), n = text(0x200, "abcdef");
    slow = leaving = true;
    ck_assert_int_eq(call4(WRITE, f, 0x200, n, 0), (s64)n); /* bytes that are missing */
    ck_assert_int_eq(call(GET_ERRNO, 0), EINTR);
    slow_host_answers();
    ck_assert_int_eq(call4(WRITE, f, 0x200, n, 0), 0);
    slow = true;
    ck_assert_int_eq(call4(WRITE, f, 0x200, n, 0), (s64)n);
    bus_free(&b.bus);
    slow_host_answers();
}
END_TEST

START_TEST(open_files_go_along_to_a_new_machine)
{
    struct error err;
    struct state_memory m;
    s64 f = open_name("file", 6);
    text(0x200, "abcdef");
    ck_assert_int_eq(call4(WRITE, (u64)f, 0x200, 6, 0), 0);
    ck_assert_int_eq(call4(SEEK, (u64)f, 2, 0, 0), 0);
    if (_i) { /* its name leads there no longer */
        text(0x100, "file");
        ck_assert_int_eq(call4(REMOVE, 0x100, 4, 0, 0), 0);
    }
    dev->cls->suspend(dev);
    struct state_part part = device_part(dev);
    state_memory_init(&m);
    ck_assert_int_eq(state_save(&m.sink, &part, &err), 0);
    b.args.host = dev->cls->give_host(dev);
    board_free(&b);
    bus_init(&b.bus);
    dev = board_make(&b, semihost_new, 0);
    part = device_part(dev);
    ck_assert_msg(state_load(&m.source, &part, &err) == 0, "%s", err.text);
    ck_assert_msg(dev->cls->resume(dev, &err) == 0, "%s", err.text);
    free(m.data);
    ck_assert_int_eq(call4(READ, (u64)f, 0x300, 3, 0), 0);
    ck_assert_mem_eq(memory + 0x300, "cde", 3);
    ck_assert_int_eq(call4(CLOSE, (u64)f, 0, 0, 0), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("semihosting");
    TCase *tc = tcase_create("calls");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, names_stay_in_the_folder);
    tcase_add_test(tc, pipes_and_folders_are_not_opened);
    tcase_add_test(tc, what_is_no_handle_fails);
    tcase_add_test(tc, addresses_that_lead_nowhere_fail);
    tcase_add_loop_test(tc, files_hold_what_was_written, 0, 2);
    tcase_add_test(tc, exit_keeps_failure);
    tcase_add_test(tc, input_is_waited_for_while_there_may_be_some);
    tcase_add_test(tc, a_slow_host_does_not_hold_up_the_end);
    tcase_add_loop_test(tc, open_files_go_along_to_a_new_machine, 0, 2);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
