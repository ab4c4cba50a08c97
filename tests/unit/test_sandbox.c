/* The sandbox from inside: children enter it as a run would, and do what no run has a use for; they
 * are killed, and say by which call. What a run does need works, by way of the helper too. */
#include "run_suite.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "devices/worker.h"
#include "machine/options.h"
#include "sandbox/sandbox.h"

enum { WORDS = 4, TEXT = 512 };

static char folder[] = "/tmp/sandboxXXXXXX";

static char *in_folder(char text[TEXT], const char *format)
{
    snprintf(text, TEXT, format, folder);
    return text;
}

/* Options of a run; %s in a word is the test's folder. */
static void options_of(struct options *opt, const char *const words[WORDS])
{
    static char text[WORDS][TEXT], run[] = "run", file[] = "/dev/null";
    char *argv[WORDS + 3] = {run};
    struct error err;
    int argc = 1;
    for (unsigned i = 0; i < WORDS && words[i]; i++)
        argv[argc++] = in_folder(text[i], words[i]);
    argv[argc++] = file;
    if (options_parse(argc, argv, opt, &err) != OPTIONS_RUN)
        ck_abort_msg("%s", err.text);
}

/* A run with these options calls `act` from inside, and ends with what that returns. Its status as
 * wait() has it; `said` is what it wrote to standard error. */
static int inside(const char *const words[WORDS], int (*act)(void), char said[TEXT])
{
    int ends[2], status;
    size_t len = 0;
    struct error err;
    struct options opt;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        options_of(&opt, words);
        int result = sandbox_prepare(&opt, &err) || sandbox_enter(&opt, &err);
        if (result)
            dprintf(STDERR_FILENO, "%s", err.text);
        result = result ? 99 : act();
        sandbox_leave();
        _exit(result);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], said + len, TEXT - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static int nothing(void)
{
    return 0;
}

/* Can this build have a filter? If not, it is said, and an error for who insists. */
static bool has_filter(void)
{
    char said[TEXT];
    int status = inside((const char *const[WORDS]){"--sandbox=on"}, nothing, said);
#ifdef HX_NO_FILTER
    ck_assert_int_eq(WEXITSTATUS(status), 99);
    ck_assert_ptr_nonnull(strstr(said, "--sandbox=on: "));
    ck_assert_ptr_nonnull(strstr(said, HX_NO_FILTER));
    return false;
#else
    ck_assert_msg(status == 0, "%s", said);
    return true;
#endif
}

/* ---- what kills ---- */

static int do_execve(void)
{
    char name[] = "/bin/true", *argv[] = {name, NULL};
    return execve(name, argv, NULL);
}

static int do_execveat(void)
{
    char *argv[] = {NULL};
    return (int)syscall(SYS_execveat, 0, "", argv, argv, AT_EMPTY_PATH);
}

static int do_ptrace(void)
{
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int do_read_memory(void)
{
    return (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static int do_fork(void)
{
    return fork() < 0;
}

static int do_kill(void)
{
    return kill(getppid(), 0);
}

static int do_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int do_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int do_packet_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static int do_map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
}

static int do_make_code(void)
{
    return mprotect((void *)((uintptr_t)&do_make_code & ~4095ull), 4096,
                    PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int do_type(void)
{
    return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static int do_rename(void)
{
    return rename("/tmp/a", "/tmp/b");
}

static int do_another_filter(void)
{
    return prctl(PR_SET_SECCOMP, 0, 0, 0, 0);
}

/* What the table does not name; nothing needs it. */
static int asks_twice(void)
{
    return sched_getscheduler(0) != -1 || errno != ENOSYS || sched_getscheduler(0) != -1;
}

static void execve_job(struct job *job)
{
    (void)job;
    do_execve();
}

static void drop_job(struct job *job)
{
    (void)job;
}

/* In the thread that does what disks and shared folders ask for. */
static int do_execve_in_worker(void)
{
    struct worker *w = NULL;
    struct job job = {execve_job, drop_job};
    return worker_do(&w, &job, NULL);
}

#define EVERYTHING "--net=user", "--share=/", "--monitor", "--serial=unix:%s/s"
static const struct {
    const char *options[WORDS];
    int (*act)(void);
    const char *name;
} deadly[] = {
    {{NULL}, do_execve, "execve"},
    {{NULL}, do_ptrace, "ptrace"},
    {{NULL}, do_socket, "socket"},
    {{NULL}, do_unix_socket, "socket"},
    {{NULL}, do_rename, "rename"},
    {{NULL}, do_make_code, "mprotect"},
    {{"--share=/"}, do_socket, "socket"},
    {{"--share=/"}, do_execve_in_worker, "execve"},
    {{"--gdb"}, do_socket, "socket"},
    {{"--monitor"}, do_execve, "execve"},
    {{EVERYTHING}, do_execve, "execve"},
    {{EVERYTHING}, do_execveat, "execveat"},
    {{EVERYTHING}, do_ptrace, "ptrace"},
    {{EVERYTHING}, do_read_memory, "process_vm_readv"},
    {{EVERYTHING}, do_fork, "clone"},
    {{EVERYTHING}, do_kill, "kill"},
    {{EVERYTHING}, do_packet_socket, "socket"},
    {{EVERYTHING}, do_type, "ioctl"},
    {{EVERYTHING}, do_another_filter, "prctl"},
    {{"--net=user"}, do_map_code, "mmap"},
    {{"--sandbox=on"}, asks_twice, "sched_getscheduler"},
};

START_TEST(what_no_run_needs_kills_it)
{
    char said[TEXT], call[64];
    if (!has_filter())
        return;
    int status = inside(deadly[_i].options, deadly[_i].act, said);
    snprintf(call, sizeof call, "system call %s", deadly[_i].name);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status 0x%x, '%s'",
                  deadly[_i].name, status, said);
    ck_assert_msg(strstr(said, call) && strchr(said, '\n') == said + strlen(said) - 1, "%s: '%s'",
                  deadly[_i].name, said);
}
END_TEST

/* ---- what works ---- */

/* As the C library's: 0, or the errno. */
static int open_errno(const char *format, int flags)
{
    char path[TEXT];
    int fd = open(in_folder(path, format), flags, 0600);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static int opens_what_is_named(void)
{
    enum { OUTPUT = O_WRONLY | O_CREAT | O_TRUNC };
    return open_errno("%s/report.html", OUTPUT) != 0            ? 1
           : open_errno("%s/in", O_RDONLY) != 0                 ? 2
           : open_errno("%s/in", O_RDWR) != EACCES              ? 3
           : open_errno("%s/in", O_WRONLY) != EACCES            ? 4
           : open_errno("%s/other", OUTPUT) != EACCES           ? 5
           : open_errno("/etc/passwd", O_RDONLY) != EACCES      ? 6
           : open_errno("/etc/resolv.conf", O_RDONLY) != EACCES ? 7
                                                                : 0;
}

static int opens_name_servers(void)
{
    int read = open_errno("/etc/resolv.conf", O_RDONLY);
    return read == EACCES || open_errno("/etc/resolv.conf", O_RDWR) != EACCES ||
           open_errno("/etc/passwd", O_RDONLY) != EACCES;
}

static int opens_what_the_user_says(void)
{
    FILE *f = fopen("/etc/passwd", "r");
    char line[16];
    bool right = f && fgets(line, sizeof line, f);
    if (f)
        fclose(f);
    return !right || open_errno("%s/new", O_WRONLY | O_CREAT | O_EXCL) != 0 ||
           open_errno("%s/new", O_WRONLY | O_CREAT | O_EXCL) != EEXIST ||
           open_errno("%s/none", O_RDONLY) != ENOENT;
}

static bool stays(void)
{
    return false;
}

static bool leaves(void)
{
    return true;
}

/* Neither the run nor its helper waits for a program when the user does not. */
static int leaves_programs(void)
{
    char path[TEXT], command[TEXT + 32];
    snprintf(command, sizeof command, "read line <%s", in_folder(path, "%s/fifo"));
    FILE *to = sandbox_program(NULL, command);
    return !to || sandbox_program_end(to, leaves) != -1 ||
           open_errno("%s/fifo", O_WRONLY) != 0; /* which that program has waited for */
}

static int runs_programs(void)
{
    char path[TEXT], command[TEXT + 16], text[16] = "";
    snprintf(command, sizeof command, "cat >%s", in_folder(path, "%s/copied"));
    FILE *a = sandbox_program(NULL, command), *b = sandbox_program(NULL, "exit 3");
    if (!a || !b || fputs("words", a) < 0 || sandbox_program_end(b, stays) != W_EXITCODE(3, 0) ||
        sandbox_program_end(a, stays) != 0)
        return 1;
    FILE *f = fopen(path, "r");
    return !f || !fgets(text, sizeof text, f) || strcmp(text, "words") != 0;
}

static int runs_none(void)
{
    return sandbox_program(NULL, "true") != NULL || errno != EACCES;
}

static int unlinks_its_sockets(void)
{
    char path[TEXT];
    return unlink(in_folder(path, "%s/s")) != 0          ? 1
           : unlink(path) == 0                           ? 2
           : unlink(in_folder(path, "%s/in")) == 0       ? 3
           : errno != EACCES                             ? 4
           : unlink(in_folder(path, "%s/nosocket")) == 0 ? 5
                                                         : 0;
}

static void *sync_folder(void *fd)
{
    return fsync((int)(intptr_t)fd) ? fd : NULL;
}

static int syncs_in_a_thread(void)
{
    pthread_t thread;
    void *failed = &thread;
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY), event = eventfd(0, EFD_CLOEXEC);
    return fd < 0 || event < 0 ||
           pthread_create(&thread, NULL, sync_folder, (void *)(intptr_t)fd) != 0 ||
           pthread_join(thread, &failed) != 0 || failed;
}

static int makes_connections(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd < 0 || close(fd);
}

static const struct {
    const char *options[WORDS];
    int (*act)(void);
} harmless[] = {
    {{"--report=%s/report.html", "--initrd=%s/in"}, opens_what_is_named},
    {{"--net=user"}, opens_name_servers},
    {{"--monitor"}, opens_what_the_user_says},
    {{"--gdb=0,trusted"}, opens_what_the_user_says},
    {{"--share=/"}, opens_what_the_user_says},
    {{"--share=/"}, syncs_in_a_thread},
    {{"--monitor"}, runs_programs},
    {{"--monitor"}, leaves_programs},
    {{NULL}, runs_none},
    {{"--gdb=0"}, runs_none},
    {{"--serial=unix:%s/s", "--console=unix:%s/nosocket"}, unlinks_its_sockets},
    {{"--net=user"}, makes_connections},
};

static void put(const char *format)
{
    char path[TEXT];
    int fd = open(in_folder(path, format), O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void put_socket(void)
{
    char path[TEXT];
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(addr.sun_path, in_folder(path, "%s/s"), sizeof addr.sun_path - 1);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    close(fd);
}

static void remove_folder(void)
{
    char command[TEXT];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(what_a_run_needs_works)
{
    char said[TEXT], path[TEXT];
    if (!has_filter())
        return;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    put("%s/in");
    put("%s/nosocket");
    ck_assert_int_eq(mkfifo(in_folder(path, "%s/fifo"), 0600), 0);
    put_socket();
    int status = inside(harmless[_i].options, harmless[_i].act, said);
    remove_folder();
    ck_assert_msg(status == 0, "status 0x%x, '%s'", status, said);
}
END_TEST

/* A younger C library than the table: the call fails, and one line says so. */
START_TEST(what_the_table_does_not_know_fails)
{
    char said[TEXT];
    if (!has_filter())
        return;
    int status = inside((const char *const[WORDS]){NULL}, asks_twice, said);
    ck_assert_int_eq(status, 0);
    ck_assert_ptr_nonnull(strstr(said, "refused the system call sched_getscheduler("));
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

/* ---- where there can be none ---- */

/* A kernel, or what surrounds us, that does not know filters. */
static void refuse_filters(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0);
    seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                     SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, PR_SET_SECCOMP));
    ck_assert_int_eq(seccomp_load(f), 0);
    seccomp_release(f);
}

static int asks_nobody(void)
{
    return open_errno("/etc/passwd", O_RDONLY);
}

START_TEST(a_kernel_may_refuse)
{
    char said[TEXT];
    if (!has_filter())
        return;
    pid_t child = fork();
    int status;
    if (child == 0) {
        refuse_filters();
        int without = inside((const char *const[WORDS]){NULL}, asks_nobody, said);
        int insisting = inside((const char *const[WORDS]){"--sandbox=on"}, nothing, said);
        _exit(without != 0 || WEXITSTATUS(insisting) != 99 ||
              !strstr(said, "the kernel refuses the filter"));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(off_is_off)
{
    char said[TEXT];
    ck_assert_int_eq(inside((const char *const[WORDS]){"--sandbox=off"}, do_socket, said) & 0x7f,
                     0);
    ck_assert_int_eq(inside((const char *const[WORDS]){"--sandbox=off"}, asks_nobody, said), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sandbox");
    TCase *t = tcase_create("sandbox");
    tcase_add_loop_test(t, what_no_run_needs_kills_it, 0, ARRAY_LEN(deadly));
    tcase_add_loop_test(t, what_a_run_needs_works, 0, ARRAY_LEN(harmless));
    tcase_add_test(t, what_the_table_does_not_know_fails);
    tcase_add_test(t, a_kernel_may_refuse);
    tcase_add_test(t, off_is_off);
    suite_add_tcase(s, t);
    return run_suite(s);
}
