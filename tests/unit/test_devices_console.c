/* Host side of the consoles: backends, the Ctrl-A keys, and that neither a long paste nor a missing
 * peer loses or blocks anything. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "devices/chardev_impl.h"
#include "devices_board.h"
#include "terminal/terminal.h"

static struct error err;

/* Makes a pty our standard input and output; returns the far side, or fails. */
static int become_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    ck_assert_int_ne(setsid(), -1);
    signal(SIGHUP, SIG_IGN); /* of closing the master */
    int slave = open(ptsname(master), O_RDWR);
    ck_assert_int_ge(slave, 0);
    ck_assert_int_eq(ioctl(slave, TIOCSCTTY, 0), 0);
    struct winsize size = {.ws_row = 33, .ws_col = 99};
    ioctl(master, TIOCSWINSZ, &size);
    dup2(slave, STDIN_FILENO);
    dup2(slave, STDOUT_FILENO);
    return master;
}

/* Runs `body` in a session of its own whose terminal it can become (a test is a group leader and
 * cannot). */
static void in_session(void (*body)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        body();
        exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

/* Types and waits until the program could read it. */
static void keys(int master, struct chardev *c, const char *text, size_t len)
{
    struct pollfd typed = {.fd = STDIN_FILENO, .events = POLLIN};
    ck_assert_int_eq(write(master, text, len), (ssize_t)len);
    for (int there = 0; there < (int)len; ioctl(STDIN_FILENO, FIONREAD, &there))
        ck_assert_int_eq(poll(&typed, 1, -1), 1);
    chardev_poll(c);
}

static void a_terminal_is_raw_while_open_and_put_back_afterwards_body(void)
{
    struct termios before, during, after;
    int master = become_terminal();
    tcgetattr(STDIN_FILENO, &before);
    struct chardev *c = chardev_open("serial", "stdio", &terminal_owner, &err);
    ck_assert_ptr_nonnull(c);
    tcgetattr(STDIN_FILENO, &during);
    ck_assert_uint_eq(during.c_lflag & (ECHO | ICANON | ISIG), 0);
    u16 columns, rows;
    ck_assert_int_eq(chardev_window(c, &columns, &rows), 0);
    ck_assert_uint_eq(columns, 99);
    ck_assert_uint_eq(rows, 33);
    chardev_close(c);
    tcgetattr(STDIN_FILENO, &after);
    ck_assert_uint_eq(after.c_lflag, before.c_lflag);
    ck_assert_uint_eq(after.c_iflag, before.c_iflag);
    close(master);
}

START_TEST(a_terminal_is_raw_while_open_and_put_back_afterwards)
{
    in_session(a_terminal_is_raw_while_open_and_put_back_afterwards_body);
}
END_TEST

static void ctrl_a_keys_body(void)
{
    char buf[8] = "";
    int master = become_terminal();
    struct chardev *c = chardev_open("serial", "stdio", &terminal_owner, &err);
    keys(master, c, "a\003\001\001b", 5);
    ck_assert_uint_eq(chardev_read(c, buf, sizeof(buf)), 4);
    ck_assert_mem_eq(buf, "a\003\001b", 4);
    ck_assert_int_eq(chardev_event(c), CONSOLE_NONE);
    keys(master, c, "\001c", 2);
    ck_assert_int_eq(chardev_event(c), CONSOLE_MONITOR);
    ck_assert_int_eq(chardev_event(c), CONSOLE_NONE);
    keys(master, c, "\001", 1); /* the two keys need not come together */
    keys(master, c, "x", 1);
    ck_assert_int_eq(chardev_event(c), CONSOLE_QUIT);
    ck_assert_uint_eq(chardev_pending(c), 0);
    char help[512];
    keys(master, c, "\001h", 2);
    chardev_flush(c);
    ssize_t n = read(master, help, sizeof(help) - 1);
    ck_assert_int_gt(n, 0);
    help[n] = 0;
    ck_assert_ptr_nonnull(strstr(help, "Ctrl-A x"));
    chardev_close(c);
    close(master);
}

START_TEST(ctrl_a_keys)
{
    in_session(ctrl_a_keys_body);
}
END_TEST

static void a_closed_terminal_asks_to_quit_body(void)
{
    int master = become_terminal();
    struct chardev *c = chardev_open("serial", "stdio", &terminal_owner, &err);
    close(master);
    chardev_poll(c);
    ck_assert_int_eq(chardev_event(c), CONSOLE_QUIT);
    chardev_close(c);
}

START_TEST(a_closed_terminal_asks_to_quit)
{
    in_session(a_closed_terminal_asks_to_quit_body);
}
END_TEST

START_TEST(a_signal_is_remembered_not_fatal)
{
    terminal_catch_signals();
    ck_assert_int_eq(terminal_signal(), 0);
    raise(SIGTERM);
    ck_assert_int_eq(terminal_signal(), SIGTERM);
}
END_TEST

START_TEST(a_long_paste_arrives_whole)
{
    enum { TOTAL = 100000 };
    static u8 sent[TOTAL], got[TOTAL];
    int fd[2];
    ck_assert_int_eq(pipe(fd), 0);
    fcntl(fd[1], F_SETFL, O_NONBLOCK);
    struct chardev *c = chardev_from_fds(fd[0], -1);
    for (u32 i = 0; i < TOTAL; i++)
        sent[i] = (u8)(i * 7 + i / 251);
    for (size_t in = 0, out = 0; out < TOTAL;) {
        ssize_t n = in < TOTAL ? write(fd[1], sent + in, TOTAL - in) : 0;
        in += n > 0 ? (size_t)n : 0;
        chardev_poll(c);
        out += chardev_read(c, got + out, 16); /* the guest is slow */
    }
    ck_assert_mem_eq(sent, got, TOTAL);
    chardev_close(c);
    close(fd[1]);
}
END_TEST

START_TEST(end_of_a_piped_input_is_no_reason_to_quit)
{
    int fd[2];
    ck_assert_int_eq(pipe(fd), 0);
    struct chardev *c = chardev_from_fds(fd[0], -1);
    close(fd[1]);
    chardev_poll(c);
    chardev_poll(c);
    ck_assert_int_eq(chardev_event(c), CONSOLE_NONE);
    ck_assert_int_eq(chardev_input_fd(c), -1);
    chardev_close(c);
}
END_TEST

START_TEST(unix_socket_carries_both_directions_and_takes_the_next_client)
{
    char path[] = "/tmp/hextant-sock-XXXXXX", spec[64], buf[16] = "";
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    close(mkstemp(path));
    unlink(path);
    snprintf(spec, sizeof(spec), "unix:%s", path);
    strcpy(addr.sun_path, path);
    struct chardev *c = chardev_open("serial", spec, &terminal_owner, &err);
    ck_assert_msg(c != NULL, "%s", err.text);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777u, 0600); /* nobody else may connect */
    chardev_write(c, "nobody", 6);               /* must not block */
    for (int i = 0; i < 2; i++) {
        int s = socket(AF_UNIX, SOCK_STREAM, 0);
        chardev_poll(c);
        ck_assert_int_eq(connect(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
        ck_assert_int_eq(write(s, "in", 2), 2);
        chardev_poll(c);
        ck_assert_uint_eq(chardev_read(c, buf, sizeof(buf)), 2);
        chardev_write(c, "out", 3);
        chardev_poll(c);
        ck_assert_int_eq(read(s, buf, sizeof(buf)), 3);
        close(s);
        chardev_poll(c);
    }
    chardev_close(c);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_client_that_does_not_read_cannot_hang_the_guest)
{
    char path[] = "/tmp/hextant-sock-XXXXXX", spec[64];
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    close(mkstemp(path));
    unlink(path);
    snprintf(spec, sizeof(spec), "unix:%s", path);
    strcpy(addr.sun_path, path);
    struct chardev *c = chardev_open("serial", spec, &terminal_owner, &err);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
    chardev_poll(c);
    static char block[4096];
    for (int i = 0; i < 1000; i++)
        chardev_write(c, block, sizeof(block)); /* ends: one wait of a second, then drops */
    close(s);
    chardev_close(c);
}
END_TEST

START_TEST(pty_echoes_nothing_back)
{
    struct chardev *c = chardev_open("serial", "pty", &terminal_owner, &err);
    ck_assert_msg(c != NULL, "%s", err.text);
    char heard[6];
    chardev_write(c, "hello\n", 6);
    chardev_flush(c);
    int other = open(ptsname(c->out), O_RDWR | O_NOCTTY);
    ck_assert_int_eq(read(other, heard, sizeof(heard)), sizeof(heard)); /* an echo comes before */
    ck_assert_mem_eq(heard, "hello\n", 6);
    close(other);
    chardev_poll(c);
    ck_assert_uint_eq(chardev_pending(c), 0);
    chardev_close(c);
}
END_TEST

START_TEST(bad_specifications_are_refused_with_the_reason)
{
    static const struct {
        const char *spec, *why;
    } bad[] = {
        {"tty", "can be stdio, pty, null, file:PATH"},
        {"tcp:65536", "up to 65535"},
        {"tcp:x", "up to 65535"},
        {"file:/nowhere/at/all", "No such file"},
        {"unix:", "needs a value"},
    };
    for (u32 i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_ptr_null(chardev_open("serial", bad[i].spec, &terminal_owner, &err));
        ck_assert_msg(strstr(err.text, bad[i].why) && strstr(err.text, bad[i].spec), "%s",
                      err.text);
    }
}
END_TEST

START_TEST(a_file_takes_all_output)
{
    char path[] = "/tmp/hextant-out-XXXXXX", spec[64], buf[32] = "";
    int fd = mkstemp(path);
    snprintf(spec, sizeof(spec), "file:%s", path);
    struct chardev *c = chardev_open("serial", spec, &terminal_owner, &err);
    chardev_write(c, "to a file", 9);
    chardev_close(c);
    ck_assert_int_eq(read(fd, buf, sizeof(buf)), 9);
    ck_assert_str_eq(buf, "to a file");
    close(fd);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("console");
    TCase *t = tcase_create("console");
    tcase_add_test(t, a_terminal_is_raw_while_open_and_put_back_afterwards);
    tcase_add_test(t, ctrl_a_keys);
    tcase_add_test(t, a_closed_terminal_asks_to_quit);
    tcase_add_test(t, a_signal_is_remembered_not_fatal);
    tcase_add_test(t, a_long_paste_arrives_whole);
    tcase_add_test(t, end_of_a_piped_input_is_no_reason_to_quit);
    tcase_add_test(t, unix_socket_carries_both_directions_and_takes_the_next_client);
    tcase_add_test(t, a_client_that_does_not_read_cannot_hang_the_guest);
    tcase_add_test(t, pty_echoes_nothing_back);
    tcase_add_test(t, bad_specifications_are_refused_with_the_reason);
    tcase_add_test(t, a_file_takes_all_output);
    suite_add_tcase(s, t);
    return run_suite(s);
}
