/* Runs Spike and reads its commit log. A line is
 *     core   0: 3 0x0000000080000204 (0x30029073) c768_mstatus 0x0000000a00006000
 *     core   0: 1 0x0000000080010040 (0x00853583) x11 0x0000000000000000 mem 0x0000000080050008
 * with the privilege, pc, instruction, then what was written: x, f, c (CSR), and the addresses of
 * loads and stores, those with a value. */
#include "spike.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 8000 };

static void run_child(char *const argv[])
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execvp(argv[0], argv);
    _exit(127);
}

int spike_start(struct spike *s, const char *program, const char *isa, const char *path,
                const char *signature)
{
    static char name[512], isa_option[1100], sig_option[512], log_option[64];
    int fds[2];
    if (pipe2(fds, O_CLOEXEC))
        return -1;
    fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
    snprintf(name, sizeof name, "%s", program);
    snprintf(isa_option, sizeof isa_option, "--isa=%s", isa);
    snprintf(sig_option, sizeof sig_option, "+signature=%s", signature);
    snprintf(log_option, sizeof log_option, "--log=/proc/self/fd/%d", fds[1]);
    char *argv[] = {name,
                    isa_option,
                    log_option,
                    "--log-commits",
                    "--triggers=0",
                    "-m0x80000000:0x400000",
                    "--pmpregions=16",
                    "+signature-granularity=8",
                    sig_option,
                    NULL,
                    NULL};
    argv[9] = (char *)(uintptr_t)path;
    s->pid = fork();
    if (s->pid == 0) {
        fcntl(fds[1], F_SETFD, 0);
        run_child(argv);
    }
    close(fds[1]);
    s->log = fds[0];
    s->at = s->len = 0;
    return s->pid < 0 ? -1 : 0;
}

static const char *hex(const char *p, u64 *value, u32 *digits)
{
    *value = 0;
    *digits = 0;
    if (p[0] != '0' || p[1] != 'x')
        return NULL;
    for (p += 2;; p++, ++*digits) {
        u32 d = *p >= '0' && *p <= '9'   ? (u32)(*p - '0')
                : *p >= 'a' && *p <= 'f' ? (u32)(*p - 'a' + 10)
                                         : 16;
        if (d == 16)
            return p;
        *value = *value << 4 | d;
    }
}

static const char *skip(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

static const char *take_mem(struct commit *c, const char *p)
{
    u32 digits;
    u64 addr, value = 0;
    p = hex(skip(p + 3), &addr, &digits);
    u32 size = 0;
    if (p && p[0] == ' ' && p[1] == '0') {
        p = hex(p + 1, &value, &digits);
        size = digits / 2;
    }
    if (p && c->num_mems < SPIKE_MEMS) {
        c->mem[c->num_mems].addr = addr;
        c->mem[c->num_mems].value = value;
        c->mem[c->num_mems++].size = (u8)size;
    }
    return p;
}

/* x12, f3, c768_mstatus, each followed by a value. */
static const char *take_write(struct commit *c, const char *p)
{
    char *end;
    u32 digits;
    u64 value;
    char kind = *p;
    unsigned long number = strtoul(p + 1, &end, 10);
    while (*end && *end != ' ')
        end++;
    p = hex(skip(end), &value, &digits);
    if (p && c->num_writes < SPIKE_WRITES) {
        c->write[c->num_writes].kind = kind;
        c->write[c->num_writes].number = (u16)number;
        c->write[c->num_writes++].value = value;
    }
    return p;
}

static int parse(struct commit *c)
{
    u32 digits;
    u64 insn;
    const char *p = strchr(c->text, ':');
    c->num_writes = c->num_mems = 0;
    if (!p)
        return -1;
    p = skip(p + 1);
    c->mode = (u32)(*p - '0');
    p = hex(skip(p + 1), &c->pc, &digits);
    if (!p || p[0] != ' ' || p[1] != '(')
        return -1;
    p = hex(p + 2, &insn, &digits);
    if (!p || *p != ')')
        return -1;
    c->insn = (u32)insn;
    for (p = skip(p + 1); p && *p; p = p ? skip(p) : p)
        p = strncmp(p, "mem", 3) == 0 ? take_mem(c, p) : take_write(c, p);
    return p ? 1 : -1;
}

/* Reads more of the log. 1; 0 at its end, -1 if nothing comes. */
static int fill(struct spike *s)
{
    struct pollfd fd = {.fd = s->log, .events = POLLIN};
    if (poll(&fd, 1, PATIENCE_MS) == 0)
        return -1;
    ssize_t n = read(s->log, s->buf, sizeof s->buf);
    s->at = 0;
    s->len = n > 0 ? (u32)n : 0;
    return n > 0;
}

int spike_next(struct spike *s, struct commit *c)
{
    for (u32 n = 0;;) {
        if (s->at == s->len) {
            int more = fill(s);
            if (more <= 0)
                return more;
        }
        char ch = s->buf[s->at++];
        if (ch == '\n') {
            c->text[n] = 0;
            return parse(c);
        }
        if (n + 1 < sizeof c->text)
            c->text[n++] = ch;
    }
}

static void reap(struct spike *s)
{
    int status;
    close(s->log);
    waitpid(s->pid, &status, 0);
}

void spike_finish(struct spike *s)
{
    int more;
    do
        more = fill(s);
    while (more > 0);
    if (more < 0) /* it waits for something */
        kill(s->pid, SIGKILL);
    reap(s);
}

void spike_kill(struct spike *s)
{
    kill(s->pid, SIGKILL);
    reap(s);
}
