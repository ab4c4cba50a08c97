/* When the sandbox begins, and with what. */
#include "sandbox/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/owner.h"
#include "machine/options.h"
#include "sandbox/filter.h"
#include "sandbox/helper.h"
#include "sandbox/program.h"
#include "sandbox/trap.h"

enum {
    PROGRAMS = 8, /* that run at a time, one inside the other */
    LOOK_MS = 50  /* how often, at least, it is looked whether one still does */
};

struct program {
    FILE *to; /* its standard input; NULL: there is no such program */
    int fd;   /* the same */
    int process;
    bool lost; /* something printed has not got there */
};

static struct {
    const struct owner *owner;
    pid_t helper;
    int socket; /* -1: there is no helper */
    struct program program[PROGRAMS];
} the = {.socket = -1};

/* ---- what the run has ---- */

static bool is_stdio(const char *where)
{
    return where && strcmp(where, "stdio") == 0;
}

static bool is_socket(const char *where)
{
    return where && (strncmp(where, "unix:", 5) == 0 || strncmp(where, "tcp:", 4) == 0);
}

/* Can somebody who may name files and programs open the monitor? */
static bool has_monitor(const struct options *o)
{
    if (o->gdb)
        return strstr(o->gdb, ",trusted") != NULL;
    return o->monitor || o->monitor_script || o->on_storm == STORM_MONITOR ||
           (isatty(STDIN_FILENO) && (is_stdio(o->serial) || is_stdio(o->console)));
}

/* A replay needs neither files nor a network. */
static bool shares_files(const struct options *o)
{
    return !o->replay && (o->num_shares || (o->semihosting && *o->semihosting));
}

static bool has_network(const struct options *o)
{
    return !o->replay && o->num_nets;
}

static u32 features_of(const struct options *o)
{
    return SANDBOX_ALWAYS | (o->num_drives ? SANDBOX_DRIVE : 0) |
           (o->gdb || is_socket(o->serial) || is_socket(o->console) ? SANDBOX_LISTEN : 0) |
           (has_network(o) ? SANDBOX_NET : 0) | (shares_files(o) ? SANDBOX_SHARE : 0) |
           (has_monitor(o) ? SANDBOX_MONITOR | SANDBOX_SNAPSHOT : 0) |
           (o->snapshot_at || o->record ? SANDBOX_SNAPSHOT : 0);
}

static void say_features(const struct options *o, u32 features)
{
    static const char *const name[] = {"",           ", disks",          ", connections",
                                       ", network",  ", shared folders", ", the monitor",
                                       ", snapshots"};
    char text[128] = "";
    for (size_t i = 0; i < ARRAY_LEN(name); i++)
        if (features & BIT(i))
            strncat(text, name[i], sizeof text - strlen(text) - 1);
    owner_message(o->owner, "sandbox: on%s%s", *text ? ", with what is needed for " : "",
                  *text ? text + 2 : "");
}

/* ---- from beginning to end ---- */

/* There is none: an error or a remark, as the user has asked. */
static int do_without(const struct options *o, const char *why, struct error *err)
{
    sandbox_leave();
    if (o->sandbox == SANDBOX_ON)
        return error_set(err, "--sandbox=on: %s; --sandbox=auto goes on without", why);
    if (o->verbose)
        owner_message(o->owner, "sandbox: none: %s", why);
    return 0;
}

/* Why this process, with what has been put into it, cannot do with few system calls; NULL: it can.
 */
static const char *unfit(void)
{
#ifdef HX_NO_FILTER
    return HX_NO_FILTER;
#else
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload") ? "valgrind needs other system calls" : NULL;
#endif
}

int sandbox_prepare(const struct options *o, struct error *err)
{
    the.owner = o->owner;
    if (o->sandbox == SANDBOX_OFF || o->lockstep)
        return 0;
    if (unfit())
        return do_without(o, unfit(), err);
    struct helper_policy policy = {.opt = o, .network = has_network(o), .monitor = has_monitor(o)};
    the.socket = helper_start(&policy, &the.helper);
    return the.socket < 0 ? do_without(o, strerror(errno), err) : 0;
}

int sandbox_enter(const struct options *o, struct error *err)
{
    struct error why;
    if (the.socket < 0)
        return 0;
    u32 features = features_of(o);
    trap_catch(the.socket, o->owner, o->sandbox == SANDBOX_ON ? UNKNOWN_ENDS : UNKNOWN_FAILS);
    if (filter_load(features, the.socket, &why))
        return do_without(o, why.text, err);
    if (o->verbose)
        say_features(o, features);
    return 0;
}

void sandbox_leave(void)
{
    if (the.socket < 0)
        return;
    close(the.socket);
    the.socket = -1;
    while (waitpid(the.helper, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* ---- programs ---- */

/* What is printed for it: however slow it reads, but not longer than the user waits. */
static ssize_t write_to(void *cookie, const char *data, size_t len)
{
    struct program *p = cookie;
    p->lost = p->lost || owner_write(the.owner, p->fd, data, len) != 0;
    return p->lost ? 0 : (ssize_t)len;
}

static int close_it(void *cookie)
{
    return close(((struct program *)cookie)->fd);
}

FILE *sandbox_program(void *ctx, const char *command)
{
    static const cookie_io_functions_t io = {.write = write_to, .close = close_it};
    struct program *p = the.program;
    (void)ctx;
    while (p < &the.program[PROGRAMS] && p->to)
        p++;
    if (p == &the.program[PROGRAMS]) {
        errno = EMFILE;
        return NULL;
    }
    *p = (struct program){.fd = -1};
    p->process =
        the.socket >= 0 ? helper_run(the.socket, command, &p->fd) : program_start(command, &p->fd);
    if (p->fd >= 0)
        p->to = fopencookie(p, "w", io);
    if (!p->to) {
        errno = p->process < 0 ? -p->process : EMFILE;
        if (p->fd >= 0)
            close(p->fd);
    }
    return p->to;
}

/* -1 if that cannot be known, or the user does not wait for it. */
static int status_of(int process, bool (*leaves)(void))
{
    int status, rc;
    for (int ms = 1;; ms = ms < LOOK_MS ? 2 * ms : LOOK_MS) {
        rc = the.socket >= 0 ? helper_ended(the.socket, process, &status)
                             : program_ended(process, &status);
        if (rc || leaves())
            return rc > 0 ? status : -1;
        poll(NULL, 0, ms);
    }
}

int sandbox_program_end(FILE *to, bool (*leaves)(void))
{
    struct program *p = the.program;
    while (p < &the.program[PROGRAMS] && p->to != to)
        p++;
    assert(p < &the.program[PROGRAMS]);
    int rc = fclose(to);
    p->to = NULL;
    return rc ? -1 : status_of(p->process, leaves);
}
