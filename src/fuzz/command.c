/* The command: a machine is made and goes to its start; then a fuzzer is served, or one input is
 * run. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "machine/options.h"
#include "machine/recording.h"
#include "machine/rewind.h"
#include "terminal/terminal.h"
#include "trace/hub.h"

enum { STATUS_CRASH = 1 };

/* ---- inputs ---- */

ssize_t fuzz_read(const char *path, u8 *data, struct error *err)
{
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    const char *name = path ? path : "standard input";
    size_t len = 0;
    ssize_t n = fd < 0 ? -1 : 1;
    if (!path)
        lseek(fd, 0, SEEK_SET); /* a fuzzer writes it anew */
    while (n > 0 && len < INPUT_MOST) {
        n = read(fd, data + len, INPUT_MOST - len);
        len += n > 0 ? (size_t)n : 0;
    }
    int error = errno;
    if (path && fd >= 0)
        close(fd);
    return n < 0 ? error_set(err, "'%s': %s", name, strerror(error)) : (ssize_t)len;
}

/* ---- one run ---- */

static u32 count_edges(const struct fuzz *f)
{
    u32 n = 0;
    for (u32 i = 0; i < COVER_SIZE; i++)
        n += f->cover.map[i] != 0;
    return n;
}

/* What the user is told, and what to type to look at it. */
static void tell(const struct fuzz *f, enum fate fate)
{
    static const char *const word[] = {
        [FATE_END] = "end", [FATE_CRASH] = "crash", [FATE_HANG] = "hang", "stopped"};
    const char *record = f->m->config.opt.record;
    printf("%s: %s, after %" PRIu64 " instructions; %u edges\n", word[fate], f->text,
           f->m->state.executed - f->start, count_edges(f));
    if (record)
        printf("to look at it: hextant debug --history --replay=%s\n", record);
}

static int run_once(struct fuzz *f, struct error *err)
{
    static const u8 status[] = {0, STATUS_CRASH, EXIT_INSN_LIMIT, EXIT_USER_ERROR};
    u8 *data = malloc(INPUT_MOST);
    ssize_t len =
        data ? fuzz_read(f->m->config.opt.fuzz.run, data, err) : error_set(err, "out of memory");
    int rc = len < 0 ? -1 : fuzz_give(f, data, (size_t)len, err);
    free(data);
    if (rc || recording_start(f->m, err))
        return -1;
    enum fate fate = fuzz_go(f);
    machine_flush(f->m);
    if (recording_finish(f->m, err))
        return -1;
    tell(f, fate);
    if (fate == FATE_CRASH && f->cover.map != f->edges) { /* somebody looks on */
        fflush(stdout);
        raise(SIGABRT);
    }
    return status[fate];
}

/* ---- the machine ---- */

static int choose_modes(struct fuzz *f, struct error *err)
{
    const char *modes = f->m->config.opt.fuzz.cover;
    struct error why;
    f->cover.modes = 0xff;
    if (modes && filter_parse_modes(modes, &f->cover.modes, &why))
        return error_set(err, "--cover: %.200s", why.text);
    return 0;
}

/* What a run changes outside the machine cannot be put back. */
static int check_options(const struct options *o, struct error *err)
{
    const char *what = o->clock == CLOCK_REAL              ? "--clock=real"
                       : o->num_nets                       ? "--net"
                       : o->num_shares                     ? "--share"
                       : o->semihosting && *o->semihosting ? "semihosting with a folder"
                                                           : NULL;
    return what ? error_set(err, "fuzz: there is no way back with %s; leave it out", what) : 0;
}

/* Goes to where runs begin. */
static int prepare(struct fuzz *f, struct error *err)
{
    struct machine *m = f->m;
    const struct fuzz_options *o = &m->config.opt.fuzz;
    if (check_options(&m->config.opt, err) || (o->start && points_start(f->mon, o->start, err)) ||
        input_parse(f, o->input, err) || points_set(f, err) || choose_modes(f, err))
        return -1;
    f->start = m->state.executed;
    u8 *map = server_map();
    f->cover.map = map ? map : f->edges;
    f->cover.nowhere = f->nowhere;
    return 0;
}

static void mode_changed(void *ctx, struct hart *h, enum mode from)
{
    (void)ctx, (void)from;
    cover_moved(h);
}

static int watch_edges(struct fuzz *f, struct error *err)
{
    for (u32 i = 0; i < f->m->num_harts; i++) {
        struct hart_trace *t = hub_add(f->m->hart[i]);
        if (!t)
            return error_set(err, "out of memory");
        t->mode = mode_changed;
        hub_refresh(f->m->hart[i]);
        cover_start(f->m->hart[i], &f->cover);
    }
    return 0;
}

static int go(struct fuzz *f, struct error *err)
{
    if (prepare(f, err) || watch_edges(f, err))
        return -1;
    f->m->hold.ends_at_reset = true;
    if (!server_wanted())
        return run_once(f, err);
    if (f->m->config.opt.record)
        return error_set(err, "--record is for one input; leave it out under a fuzzer");
    return rewind_keep(f->m, err) ? -1 : server_run(f, err);
}

static int run(const struct options *opt, struct error *err)
{
    struct fuzz *f = calloc(1, sizeof *f);
    int status = f ? -1 : error_set(err, "out of memory");
    if (f && (f->m = machine_new(opt, err)) && !(f->mon = monitor_new(f->m, NULL, NULL)))
        error_set(err, "out of memory");
    if (f && f->mon)
        status = go(f, err);
    if (f && f->mon)
        monitor_free(f->mon);
    if (f)
        machine_free(f->m);
    free(f);
    return status;
}

/* ---- the command line ---- */

static bool says(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], option, strlen(option)) == 0)
            return true;
    return false;
}

/* What is different from a run of the same words: nobody sits at the consoles, unless they lead
 * somewhere; nothing is printed while a fuzzer is served. */
static void settle(struct options *opt, const struct owner *owner, int argc, char **argv)
{
    if (!says(argc, argv, "--serial"))
        opt->serial = "null";
    if (opt->console && !says(argc, argv, "--console"))
        opt->console = "null";
    opt->renew = 0; /* what is kept of the machine names its parts */
    opt->record_later = true;
    opt->owner = owner;
}

int command_fuzz(int argc, char **argv)
{
    struct options opt;
    struct error err;
    struct owner quiet = terminal_owner;
    enum options_result r = options_parse_for(COMMAND_FUZZ, argc, argv, &opt, &err);
    if (r == OPTIONS_ASKED) {
        options_answer(&opt, COMMAND_FUZZ, stdout);
        return 0;
    }
    if (r == OPTIONS_RUN && !opt.fuzz.input) {
        error_set(&err, "fuzz: --input=ADDR,LEN, console, virtio or sbi says where inputs go");
        r = OPTIONS_ERROR;
    }
    int status = -1;
    if (r == OPTIONS_RUN) {
        if (server_wanted())
            quiet.message = NULL;
        else
            terminal_catch_signals();
        settle(&opt, &quiet, argc, argv);
        status = run(&opt, &err);
        options_release(&opt);
    }
    if (status < 0)
        warn_line("%s", err.text);
    return status < 0 ? EXIT_USER_ERROR : status;
}
