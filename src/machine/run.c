/* The run loop. Harts run in turns ("rounds"); a round ends exactly at the next event. */
#include <inttypes.h>
#include <stdio.h>

#include "common/error.h"
#include "common/host.h"
#include "common/owner.h"
#include "devices/chardev.h"
#include "machine/board.h"
#include "machine/clock.h"
#include "machine/history.h"
#include "machine/machine.h"
#include "machine/recording.h"
#include "machine/snapshot.h"
#include "machine/state.h"
#include "machine/wait.h"

enum {
    POLL_SLOTS = 1 << 20,  /* between two looks at the host: about a millisecond */
    QUANTUM = 2000,        /* a round of several harts: 2 us */
    RENEW_PAUSE = 1 << 20, /* instructions at most until the machine is made anew */
};

void machine_stop(struct machine *m, u32 reason, u32 status)
{
    if (m->state.stop_reason)
        return;
    m->state.stop_reason = reason;
    m->state.stop_status = status;
    if (m->running)
        clock_shorten_slice(m->running, hart_clock(m->running));
}

static void report_limit(struct machine *m, const struct hart *h)
{
    owner_message(m->host.owner,
                  "stopped after %" PRIu64 " instructions, hart %u in %s-mode at 0x%" PRIx64,
                  m->state.executed, h->id, mode_name(h, h->mode), h->pc);
    machine_stop(m, STOP_INSN_LIMIT, 0);
}

/* How many slots the hart may use before somebody wants to know. */
static u64 allowance(const struct machine *m, const struct hart *h)
{
    u64 left = m->config.opt.max_insns - m->state.executed;
    if (m->next_appointment - m->state.executed < left)
        left = m->next_appointment - m->state.executed;
    return m->hold.hart == h && m->hold.left < left ? m->hold.left : left;
}

static void account(struct machine *m, struct hart *h, u64 slots)
{
    m->state.executed += slots;
    h->executed += slots;
    if (m->state.executed >= m->config.opt.max_insns && !m->state.stop_reason)
        report_limit(m, h);
    if (m->hold.hart == h) {
        m->hold.left -= slots;
        if (m->hold.left == 0)
            machine_stop(m, STOP_DEBUG, HOLD_COUNT);
    }
}

u64 machine_executed(const struct machine *m)
{
    return m->state.executed + (m->running ? hart_clock(m->running) - m->turn_began : 0);
}

/* Is the round held up in the middle, to be gone on with? */
static bool held_up(const struct machine *m)
{
    return m->state.stop_reason == STOP_DEBUG || m->state.stop_reason == STOP_APPOINTED;
}

/* Gives one hart its turn: to `end`, until it waits, or until it gives the turn up. */
static void run_hart(struct machine *m, struct hart *h, u64 end)
{
    u64 before = m->turn_began = h->clock, left = allowance(m, h);
    machine_set_running(m, h);
    hart_run(h, end - before < left ? end - before : left);
    machine_set_running(m, NULL);
    account(m, h, h->clock - before);
    if (m->state.executed >= m->next_appointment)
        machine_stop(m, STOP_APPOINTED, 0);
}

void machine_step_alone(struct machine *m, struct hart *h)
{
    u64 before = m->turn_began = h->clock;
    machine_set_running(m, h);
    hart_run(h, 1);
    machine_set_running(m, NULL);
    account(m, h, h->clock - before);
    machine_deliver(m);
}

/* Where the round that begins now has to end. */
static u64 choose_end(const struct machine *m)
{
    u64 span = m->num_harts > 1 ? QUANTUM : POLL_SLOTS;
    if (m->config.opt.clock == CLOCK_REAL)
        return m->state.clock + (span < REAL_SLICE ? span : REAL_SLICE);
    u64 end = m->state.clock + span, event = clock_slot_of_ticks(m, board_deadline(m));
    if (m->num_harts > 1)
        event = clock_next_event(m);
    if (event < end)
        end = event > m->state.clock ? event : m->state.clock + 1;
    return end;
}

/* One hart: the round ends when it likes; devices may have asked for an earlier end meanwhile. */
static void run_single(struct machine *m)
{
    struct hart *h = m->hart[0];
    u64 end = choose_end(m), event = clock_slot_of_ticks(m, board_deadline(m));
    bool resumed = m->state.in_round;
    bool due = resumed && m->config.opt.clock == CLOCK_VIRTUAL && event <= h->clock;
    if (resumed && m->state.round_end < end) /* where it would have ended */
        end = m->state.round_end;
    m->state.round_end = end;
    m->state.in_round = false;
    if (!due)
        run_hart(m, h, end);
    m->state.clock = h->clock;
    m->state.in_round = held_up(m);
}

/* Has hart m->state.turn, whose turn was interrupted, still some of it left? */
static bool has_turn(const struct machine *m, bool resumed)
{
    const struct hart *h = m->hart[m->state.turn];
    if (m->hold.only && m->hold.only != h)
        return false;
    if (resumed && (m->state.yielded || wait_is_turn(h->wait)))
        return false;
    return h->clock < m->state.round_end && !(wait_is_idle(h) && hart_next_event(h) > h->clock);
}

static void run_round(struct machine *m)
{
    bool resumed = m->state.in_round;
    if (m->num_harts == 1) {
        run_single(m);
        return;
    }
    if (!resumed) {
        m->state.round_end = choose_end(m);
        m->state.turn = 0;
    }
    m->state.in_round = true;
    for (; m->state.turn < m->num_harts; m->state.turn++, resumed = false) {
        struct hart *h = m->hart[m->state.turn];
        post_drain(h);
        if (has_turn(m, resumed)) {
            m->state.yielded = false;
            run_hart(m, h, m->state.round_end);
        }
        if (m->state.stop_reason)
            break;
        post_do(h, &(struct post){.kind = POST_RESERVATION}); /* the others may store now */
        clock_pass(h, m->state.round_end);
    }
    if (held_up(m))
        return;
    m->state.clock = m->state.round_end;
    m->state.in_round = false;
}

/* 1 if the machine goes on. */
static int serve_reset(struct machine *m)
{
    struct error err;
    if ((m->state.stop_reason != STOP_RESET_COLD && m->state.stop_reason != STOP_RESET_WARM) ||
        m->hold.ends_at_reset)
        return 0;
    if (machine_reset(m, &err) == 0)
        return 1;
    owner_message(m->host.owner, "%s", err.text);
    m->state.stop_status = EXIT_USER_ERROR;
    return 0;
}

static int exit_status(const struct machine *m)
{
    switch (m->state.stop_reason) {
    case STOP_INSN_LIMIT:
        return EXIT_INSN_LIMIT;
    case STOP_HUNG:
        return EXIT_HUNG;
    case STOP_CRITICAL:
        return EXIT_CRITICAL;
    case STOP_STORM:
        return EXIT_STORM;
    case STOP_DEBUG:
        return m->state.stop_status == HOLD_STORM ? EXIT_STORM : EXIT_GUEST_PASS;
    case STOP_SIGNAL:
        return 128 + (int)m->state.stop_status;
    default:
        return m->state.stop_status > 255 ? 255 : (int)m->state.stop_status;
    }
}

void machine_start(struct machine *m)
{
    m->host.start = host_ns();
    m->host.start_executed = m->state.executed;
    if (m->state.executed == 0) /* one that was restored looks when it would have looked */
        wait_poll_host(m);
}

void machine_flush(struct machine *m)
{
    if (m->host.console)
        chardev_flush(m->host.console);
    if (m->host.terminal)
        chardev_flush(m->host.terminal);
}

void machine_verdict(const struct options *opt, const char *who)
{
    char line[32];
    int n = snprintf(line, sizeof line, "%s\n", who);
    if (opt->verdict_fd)
        owner_write(opt->owner, (int)opt->verdict_fd, line, (size_t)n);
}

int machine_finish(struct machine *m)
{
    static const char *const who[] = {
        [STOP_INSN_LIMIT] = "limit", [STOP_HUNG] = "hung",         [STOP_SIGNAL] = "signal",
        [STOP_QUIT] = "quit",        [STOP_CRITICAL] = "critical", [STOP_STORM] = "storm"};
    u32 reason = m->state.stop_reason;
    machine_verdict(&m->config.opt, reason < ARRAY_LEN(who) && who[reason] ? who[reason] : "guest");
    machine_flush(m);
    return exit_status(m);
}

/* Devices and the host have their turn; a machine that has nothing to do waits. */
static void after_round(struct machine *m)
{
    board_tick(m);
    if (m->state.clock - m->state.polled >= POLL_SLOTS)
        wait_poll_host(m);
    else
        wait_look_for_signal(m); /* traced harts may take seconds for that many slots */
    machine_deliver(m);
    if (m->state.stop_reason || !wait_all_idle(m))
        return;
    wait_poll_host(m); /* what the guest has said so far must be seen before we sleep */
    machine_deliver(m);
    if (!m->state.stop_reason && wait_all_idle(m))
        wait_for_event(m);
}

/* ---- appointments ---- */

void machine_appoint(struct machine *m, enum appointment what, u64 at)
{
    m->appointed[what] = at;
    m->next_appointment = UINT64_MAX;
    for (unsigned i = 0; i < APPOINTED_COUNT; i++)
        if (m->appointed[i] < m->next_appointment)
            m->next_appointment = m->appointed[i];
    if (at <= m->state.executed && m->running)
        machine_stop(m, STOP_APPOINTED, 0);
}

/* The debug build proves again and again that rows hold all there is. */
static int renew(struct machine *m, struct error *err)
{
    u64 pause = m->config.opt.renew + m->state.executed / 16; /* the suite must end */
    machine_appoint(m, APPOINTED_RENEW,
                    m->state.executed + (pause < RENEW_PAUSE ? pause : RENEW_PAUSE));
    return machine_renew(m, err);
}

static int stop_here(struct machine *m, struct error *err)
{
    (void)err;
    machine_appoint(m, APPOINTED_STOP, UINT64_MAX);
    machine_stop(m, STOP_DEBUG, HOLD_COUNT);
    return 0;
}

/* Each does it and appoints the next one, or none. 0, or -1 with *err: the run cannot go on. */
static int (*const appointments[])(struct machine *m, struct error *err) = {
    [APPOINTED_RENEW] = renew,         [APPOINTED_SNAPSHOT] = snapshot_due,
    [APPOINTED_HASH] = recording_hash, [APPOINTED_MOMENT] = history_keep,
    [APPOINTED_STOP] = stop_here,      [APPOINTED_END] = recording_end};

static void keep_appointments(struct machine *m)
{
    struct error err;
    for (unsigned i = 0; i < APPOINTED_COUNT; i++) {
        if (m->state.executed < m->appointed[i] || appointments[i](m, &err) == 0)
            continue;
        owner_message(m->host.owner, "%s", err.text);
        machine_stop(m, STOP_GUEST_EXIT, EXIT_USER_ERROR);
    }
}

static bool goes_on(struct machine *m)
{
    if (m->state.stop_reason == STOP_APPOINTED)
        m->state.stop_reason = STOP_NONE;
    if (m->state.stop_reason && !serve_reset(m))
        return false;
    if (m->state.executed >= m->next_appointment)
        keep_appointments(m);
    if (UNLIKELY(m->tape != NULL))
        recording_check(m);
    return !m->state.stop_reason;
}

void machine_go(struct machine *m)
{
    while (goes_on(m)) {
        machine_deliver(m);
        run_round(m);
        if (!m->state.stop_reason)
            after_round(m);
    }
    machine_deliver(m);
}
