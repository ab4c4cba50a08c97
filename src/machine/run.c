/* The run loop and the clock. Time is counted in slots: one for each instruction a hart executes,
 * and for a hart that waits as many as pass meanwhile. Harts run in turns ("rounds"); a round ends
 * exactly at the next event. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/host.h"
#include "common/owner.h"
#include "devices/chardev.h"
#include "machine/board.h"
#include "machine/machine.h"
#include "machine/state.h"

enum {
    POLL_SLOTS = 1 << 20, /* between two looks at the host: about a millisecond */
    QUANTUM = 2000,       /* a round of several harts: 2 us */
    REAL_SLICE = 50000,   /* --clock=real: slots between two looks at the clock */
    NS_PER_TICK = 1000000000 / TIMEBASE_HZ,
    RENEW_PAUSE = 1 << 20, /* instructions at most until the machine is made anew */
    NAP_MS = 5,            /* how long an idle machine sleeps when devices want to be polled */
    PACE_MS = 50,          /* how far an idle machine may be from the wall clock and catch up */
};

/* ---- time ---- */

static u64 slots_per_tick(const struct machine *m)
{
    return m->config.opt.hart.insns_per_tick;
}

/* Harts run one after the other, so one may ask for the time when another was already further:
 * nobody sees less than what somebody has seen. */
u64 machine_ticks(const struct machine *m)
{
    if (m->config.opt.clock == CLOCK_REAL)
        return (host_ns() - m->host.real_start) / NS_PER_TICK;
    u64 slot = m->running ? hart_clock(m->running) : m->state.clock;
    u64 ticks = slot / slots_per_tick(m);
    return ticks > m->state.ticks_seen ? ticks : m->state.ticks_seen;
}

u64 machine_see_ticks(struct machine *m)
{
    u64 ticks = machine_ticks(m);
    if (m->running) /* the guest asks, not somebody who looks on */
        m->state.ticks_seen = ticks;
    return ticks;
}

u64 machine_now(struct machine *m)
{
    return machine_see_ticks(m) + m->state.time_offset;
}

/* The slot at which machine_ticks() becomes `ticks`. */
static u64 slot_of_ticks(const struct machine *m, u64 ticks)
{
    u64 slot;
    return __builtin_mul_overflow(ticks, slots_per_tick(m), &slot) ? UINT64_MAX : slot;
}

u64 machine_slot_of_time(const struct machine *m, const struct hart *h, u64 time)
{
    u64 now = machine_ticks(m), wait = time - m->state.time_offset - now;
    if (m->config.opt.clock == CLOCK_REAL)
        return hart_clock(h) + REAL_SLICE;
    if (wait > UINT64_MAX - now)
        return UINT64_MAX;
    return slot_of_ticks(m, now + wait);
}

void machine_set_time_offset(struct machine *m, u64 offset)
{
    if (m->state.time_offset == offset)
        return;
    m->state.time_offset = offset;
    machine_post_time(m);
}

/* The running hart must come back at `slot`, or after its present instruction. */
static void shorten_slice(struct hart *h, u64 slot)
{
    if (slot < h->slice_end)
        h->slice_end = slot;
    hart_attention(h);
}

void machine_note_deadline(struct machine *m, u64 deadline)
{
    if (!m->running || m->num_harts > 1 || m->config.opt.clock == CLOCK_REAL)
        return; /* looked at when the round ends */
    u64 slot = slot_of_ticks(m, deadline);
    if (slot < m->running->slice_end)
        shorten_slice(m->running, slot);
}

void machine_yield(struct machine *m)
{
    if (!m->running || m->num_harts == 1)
        return;
    m->state.yielded = true;
    shorten_slice(m->running, hart_clock(m->running));
}

void machine_stop(struct machine *m, u32 reason, u32 status)
{
    if (m->state.stop_reason)
        return;
    m->state.stop_reason = reason;
    m->state.stop_status = status;
    if (m->running)
        shorten_slice(m->running, hart_clock(m->running));
}

/* ---- the host ---- */

static void poll_console(struct machine *m, struct chardev *c)
{
    if (!c)
        return;
    chardev_poll(c);
    enum console_event e = chardev_event(c);
    if (e == CONSOLE_QUIT)
        machine_stop(m, STOP_QUIT, 0);
    else if (e == CONSOLE_MONITOR)
        machine_stop(m, STOP_DEBUG, HOLD_ASKED);
}

static void poll_host(struct machine *m)
{
    m->state.polled = m->state.clock;
    poll_console(m, m->host.console);
    if (m->host.terminal != m->host.console)
        poll_console(m, m->host.terminal);
    board_poll(m);
    if (m->hold.poll) {
        m->hold.poll(m->hold.ctx);
        if (owner_interrupted(m->host.owner))
            machine_stop(m, STOP_DEBUG, HOLD_ASKED);
    }
    int sig = owner_signal(m->host.owner);
    if (sig)
        machine_stop(m, STOP_SIGNAL, (u32)sig);
}

/* Sleeps until there is input, but no longer than `ns`. */
static void sleep_for_input(const struct machine *m, const struct board_inputs *in, u64 ns)
{
    if (m->hold.poll && ns > NAP_MS * 1000000ull)
        ns = NAP_MS * 1000000ull;
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    owner_wait(m->host.owner, in->fd, in->count, ns == UINT64_MAX ? NULL : &t);
}

/* ---- waiting ---- */

static bool is_idle(const struct hart *h)
{
    return h->wait != WAIT_NONE && h->wait != WAIT_WRS && !hart_wakes(h);
}

static bool all_idle(const struct machine *m)
{
    for (u32 i = 0; i < m->num_harts; i++)
        if (!is_idle(m->hart[i]) || hart_next_event(m->hart[i]) <= hart_clock(m->hart[i]))
            return false;
    return true;
}

/* Lets idle slots pass until `slot`. */
static void pass_time(struct hart *h, u64 slot)
{
    if (slot <= h->clock)
        return;
    h->unretired += slot - h->clock;
    h->clock = slot;
}

static void advance_all(struct machine *m, u64 slot)
{
    for (u32 i = 0; i < m->num_harts; i++)
        pass_time(m->hart[i], slot);
    m->state.clock = m->state.round_end = slot;
}

/* The slot of the next event of a device or comparator (virtual clock). */
static u64 next_event(const struct machine *m)
{
    u64 next = slot_of_ticks(m, board_deadline(m));
    for (u32 i = 0; i < m->num_harts; i++) {
        u64 e = hart_next_event(m->hart[i]);
        if (e < next)
            next = e;
    }
    return next;
}

static void report_hung(struct machine *m)
{
    owner_message(m->host.owner,
                  "every hart waits and nothing can wake one (hart 0 in %s-mode at 0x%" PRIx64 ")",
                  mode_name(m->hart[0], m->hart[0]->mode), m->hart[0]->pc);
    machine_stop(m, STOP_HUNG, 0);
}

/* Is there somebody at the other end who lives in real time? */
static bool is_paced(const struct machine *m, const struct board_inputs *in)
{
    struct stat st;
    for (u32 i = 0; i < in->count; i++)
        if (isatty(in->fd[i]) ||
            (fstat(in->fd[i], &st) == 0 && (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))))
            return true;
    return m->config.opt.num_nets;
}

static s64 ns_of_slots(const struct machine *m, u64 slots)
{
    return (s64)(slots * NS_PER_TICK / slots_per_tick(m));
}

/* How much host time the machine's time is behind the wall clock; negative: before it. What a sleep
 * takes too long is so taken off the next one. Who has had much to do, or nothing, starts anew. */
static s64 behind(struct machine *m, u64 now)
{
    s64 late = (s64)(now - m->host.pace_ns) - ns_of_slots(m, m->state.clock - m->host.pace_slot);
    if (m->host.pace_ns && late > -PACE_MS * 1000000 && late < PACE_MS * 1000000)
        return late;
    m->host.pace_ns = now;
    m->host.pace_slot = m->state.clock;
    return 0;
}

/* Sleeps while `slots` would pass, or until there is input; returns how many have passed. */
static u64 sleep_slots(struct machine *m, const struct board_inputs *in, u64 slots)
{
    bool nap = in->count == 0 || m->config.opt.num_nets, forever = slots > 1ull << 40;
    u64 before = host_ns();
    s64 late = behind(m, before), left = forever ? INT64_MAX : ns_of_slots(m, slots) - late;
    if (left > 0) {
        u64 ns = nap && left > NAP_MS * 1000000 ? NAP_MS * 1000000ull : (u64)left;
        sleep_for_input(m, in, forever && !nap ? UINT64_MAX : ns);
    }
    s64 passed = (s64)(host_ns() - before) + late;
    if (left <= 0 || (!forever && passed >= left + late))
        return slots;
    return passed > 0 ? (u64)passed / NS_PER_TICK * slots_per_tick(m) : 0;
}

/* An idle machine with somebody in front of it keeps to the wall clock: it sleeps as long as its
 * own time passes, and input wakes it. Otherwise the next event comes at once. Nothing but input
 * makes a difference to the guest. */
static void wait_virtual(struct machine *m)
{
    struct board_inputs in;
    bool input = board_awaits_input(m, &in);
    u64 next = next_event(m);
    if (next == UINT64_MAX && !input)
        report_hung(m);
    else if (next == UINT64_MAX || is_paced(m, &in))
        advance_all(m, m->state.clock + sleep_slots(m, &in, next - m->state.clock));
    else
        advance_all(m, next);
}

static void wait_real(struct machine *m)
{
    struct board_inputs in;
    bool input = board_awaits_input(m, &in);
    u64 now = machine_ticks(m), deadline = board_deadline(m), ns = UINT64_MAX;
    bool timer = false;
    for (u32 i = 0; i < m->num_harts; i++)
        timer |= hart_next_event(m->hart[i]) != UINT64_MAX;
    if (!input && !timer && deadline == UINT64_MAX) {
        report_hung(m);
        return;
    }
    if (deadline != UINT64_MAX)
        ns = deadline > now ? (deadline - now) * NS_PER_TICK : 0;
    if ((timer || m->config.opt.num_nets) && ns > 1000000)
        ns = 1000000; /* comparators and network are looked at every millisecond */
    sleep_for_input(m, &in, ns);
    advance_all(m, m->state.clock + REAL_SLICE);
}

/* ---- running ---- */

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
    if (m->renew_at - m->state.executed < left)
        left = m->renew_at - m->state.executed;
    return m->hold.hart == h && m->hold.left < left ? m->hold.left : left;
}

static void account(struct machine *m, const struct hart *h, u64 slots)
{
    m->state.executed += slots;
    if (m->state.executed >= m->config.opt.max_insns && !m->state.stop_reason)
        report_limit(m, h);
    if (m->hold.hart == h) {
        m->hold.left -= slots;
        if (m->hold.left == 0)
            machine_stop(m, STOP_DEBUG, HOLD_COUNT);
    }
}

/* Is the round held up in the middle, to be gone on with? */
static bool held_up(const struct machine *m)
{
    return m->state.stop_reason == STOP_DEBUG || m->state.stop_reason == STOP_RENEW;
}

/* Gives one hart its turn: to `end`, until it waits, or until it gives the turn up. */
static void run_hart(struct machine *m, struct hart *h, u64 end)
{
    u64 before = h->clock, left = allowance(m, h);
    machine_set_running(m, h);
    hart_run(h, end - before < left ? end - before : left);
    machine_set_running(m, NULL);
    account(m, h, h->clock - before);
    if (m->state.executed >= m->renew_at)
        machine_stop(m, STOP_RENEW, 0);
}

void machine_step_alone(struct machine *m, struct hart *h)
{
    u64 before = h->clock;
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
    u64 end = m->state.clock + span, event = slot_of_ticks(m, board_deadline(m));
    if (m->num_harts > 1)
        event = next_event(m);
    if (event < end)
        end = event > m->state.clock ? event : m->state.clock + 1;
    return end;
}

/* One hart: the round ends when it likes; devices may have asked for an earlier end meanwhile. */
static void run_single(struct machine *m)
{
    struct hart *h = m->hart[0];
    u64 end = choose_end(m), event = slot_of_ticks(m, board_deadline(m));
    bool resumed = m->state.in_round && m->config.opt.clock == CLOCK_VIRTUAL;
    bool due = resumed && event <= h->clock;
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
    if (resumed && (m->state.yielded || h->wait == WAIT_WRS))
        return false;
    return h->clock < m->state.round_end && !(is_idle(h) && hart_next_event(h) > h->clock);
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
        pass_time(h, m->state.round_end);
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
    if (m->state.stop_reason != STOP_RESET_COLD && m->state.stop_reason != STOP_RESET_WARM)
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
    poll_host(m);
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
        poll_host(m);
    machine_deliver(m);
    if (m->state.stop_reason || !all_idle(m))
        return;
    poll_host(m); /* what the guest has said so far must be seen before we sleep */
    machine_deliver(m);
    if (!m->state.stop_reason && all_idle(m))
        (m->config.opt.clock == CLOCK_REAL ? wait_real : wait_virtual)(m);
}

/* The debug build proves again and again that rows hold all there is. */
static void renew(struct machine *m)
{
    struct error err;
    u64 pause = m->config.opt.renew + m->state.executed / 16; /* the suite must end */
    m->renew_at = m->state.executed + (pause < RENEW_PAUSE ? pause : RENEW_PAUSE);
    if (machine_renew(m, &err) == 0)
        return;
    owner_message(m->host.owner, "%s", err.text);
    machine_stop(m, STOP_GUEST_EXIT, EXIT_USER_ERROR);
}

static bool goes_on(struct machine *m)
{
    if (m->state.stop_reason == STOP_RENEW)
        m->state.stop_reason = STOP_NONE;
    if (m->state.stop_reason && !serve_reset(m))
        return false;
    if (m->state.executed >= m->renew_at)
        renew(m);
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
