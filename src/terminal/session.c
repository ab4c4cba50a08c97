/* Running the machine for whoever looks on. */
#include "terminal/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/chardev.h"
#include "monitor/gdb.h"
#include "monitor/monitor.h"
#include "sandbox/sandbox.h"
#include "terminal/lines.h"
#include "terminal/progress.h"
#include "terminal/terminal.h"

/* Standard input belongs to the commands: the guest's console must not read it. */
static void keep_input(struct machine *m)
{
    if (isatty(STDIN_FILENO))
        return;
    if (m->host.console)
        chardev_mute(m->host.console);
    if (m->host.terminal)
        chardev_mute(m->host.terminal);
}

/* A monitor for whoever sits here. */
static struct monitor *new_monitor(struct machine *m)
{
    struct monitor *mon = monitor_new(m, stdout, stderr);
    if (mon) {
        mon->colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
        mon->interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    }
    return mon;
}

/* The run goes on as if nothing had been asked. */
static void tell_progress(struct machine *m)
{
    if (m->host.console)
        chardev_end_line(m->host.console);
    progress_tell(m);
    m->state.stop_reason = STOP_NONE;
}

/* Lets the machine run alone; the monitor opens when the user asks for it. */
static int run_alone(struct machine *m, struct monitor *mon)
{
    for (;;) {
        machine_go(m);
        if (m->state.stop_reason != STOP_DEBUG)
            return machine_finish(m);
        if (m->state.stop_status == HOLD_ASIDE) {
            tell_progress(m);
            continue;
        }
        if (!mon)
            mon = new_monitor(m);
        if (!mon) {
            m->state.stop_reason = STOP_NONE;
            continue;
        }
        mon->c->started = true;
        mon->done = mon->detached = false;
        terminal_restore();
        if (m->host.console)
            chardev_end_line(m->host.console);
        mon->c->stop.why = STOPPED_ASKED;
        monitor_show_stop(mon);
        monitor_loop(mon);
        if (!mon->detached)
            break;
        control_unhook(mon->c);
        m->state.stop_reason = STOP_NONE;
        terminal_raw();
    }
    int status = mon->status >= 0 ? mon->status : machine_finish(m);
    monitor_free(mon);
    return status;
}

/* The status of a run from the monitor: what `quit` said; else the signal that ended it; else
 * whether a command has failed; else, with a person at the keyboard, the guest's. */
static int monitor_status(const struct monitor *mon)
{
    if (mon->status >= 0)
        return mon->status;
    if (terminal_signal())
        return 128 + terminal_signal();
    if (!mon->interactive)
        return mon->failures ? EXIT_SCRIPT : 0;
    return control_ended(mon->c) ? machine_finish(mon->m) : 0;
}

static void no_poll(void *ctx)
{
    (void)ctx;
}

static int run_monitor(struct machine *m, struct error *err)
{
    const char *script = m->config.opt.monitor_script;
    if (script && access(script, R_OK))
        return error_set(err, "--monitor-script=%s: %s", script, strerror(errno));
    struct monitor *mon = new_monitor(m);
    if (!mon)
        return error_set(err, "no memory for the monitor");
    m->hold.poll = no_poll; /* Ctrl-C comes back to the prompt */
    if (!mon->interactive)
        terminal_keep_interrupts();
    int rc = m->config.opt.monitor_script ? monitor_source(mon, m->config.opt.monitor_script) : 0;
    if (m->config.opt.monitor_script && rc)
        mon->failures++;
    if (!mon->done && (!m->config.opt.monitor_script || m->config.opt.monitor)) {
        if (mon->interactive)
            monitor_show_stop(mon);
        monitor_loop(mon);
    }
    if (mon->detached) {
        control_unhook(mon->c);
        m->hold.poll = NULL;
        if (m->state.stop_reason == STOP_DEBUG)
            m->state.stop_reason = STOP_NONE;
        if (!mon->c->started)
            machine_start(m);
        if (mon->interactive)
            terminal_raw();
        return run_alone(m, mon);
    }
    int status = monitor_status(mon);
    monitor_free(mon);
    return status;
}

static int run_gdb(struct machine *m, struct error *err)
{
    struct monitor *mon = new_monitor(m);
    struct gdb *g = mon ? gdb_new(mon, m->config.opt.gdb, err) : NULL;
    int status = -1;
    if (!mon)
        error_set(err, "no memory for gdb");
    if (g && sandbox_enter(&m->config.opt, err) == 0)
        status = gdb_run(g);
    gdb_free(g);
    monitor_free(mon);
    return status;
}

int session_run(struct machine *m, struct error *err)
{
    if (m->config.opt.gdb && (m->config.opt.monitor || m->config.opt.monitor_script))
        return error_set(err, "--gdb takes the place of the monitor; leave out --monitor, and give "
                              "its commands to gdb as 'monitor COMMAND'");
    if (m->config.opt.gdb)
        return run_gdb(m, err);
    if (sandbox_enter(&m->config.opt, err))
        return -1;
    if (m->config.opt.monitor || m->config.opt.monitor_script) {
        if (m->config.opt.monitor)
            keep_input(m);
        return run_monitor(m, err);
    }
    progress_hint();
    machine_start(m);
    return run_alone(m, NULL);
}
