/* Looking at the host, and waiting: what the machine does while no hart has anything to do. */
#include "machine/wait.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/host.h"
#include "common/owner.h"
#include "common/tape.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "machine/board.h"
#include "machine/clock.h"
#include "machine/state.h"

enum {
    NAP_MS = 5,   /* how long an idle machine sleeps when devices want to be polled */
    PACE_MS = 50, /* how far an idle machine may be from the wall clock and catch up */
};

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

void wait_look_for_signal(struct machine *m)
{
    int sig = owner_signal(m->host.owner);
    if (sig)
        machine_stop(m, STOP_SIGNAL, (u32)sig);
}

void wait_poll_host(struct machine *m)
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
    /* A debugger shows more, and two machines in lockstep are in no one place. */
    if (!m->hold.poll && !m->config.opt.lockstep && owner_asked(m->host.owner))
        machine_stop(m, STOP_DEBUG, HOLD_ASIDE);
    wait_look_for_signal(m);
    const void *end;
    struct tape_end e;
    if (tape_look(m->tape, TAPE_END, 0, &end) == (int)sizeof e) {
        memcpy(&e, end, sizeof e);
        machine_stop(m, e.stop_reason, e.stop_status);
    }
}

/* Sleeps until there is input, but no longer than `ns`. */
static void sleep_for_input(const struct machine *m, const struct board_inputs *in, u64 ns)
{
    if (m->hold.poll && ns > NAP_MS * 1000000ull)
        ns = NAP_MS * 1000000ull;
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    owner_wait(m->host.owner, in->fd, in->count, ns == UINT64_MAX ? NULL : &t);
}

bool wait_is_idle(const struct hart *h)
{
    return h->wait != WAIT_NONE && !wait_is_turn(h->wait) && !hart_wakes(h);
}

/* Has what an instruction waits for come, or can it come no more? Then it is tried again. */
static bool host_has_answered(const struct machine *m)
{
    const struct chardev *console = m->host.console;
    return !console || chardev_ended(console) ||
           uart_input(bus_device_of(&m->bus, &uart_class), console) > 0;
}

/* Has it nothing to do until somebody types, or an event comes? */
static bool can_sleep(const struct machine *m, const struct hart *h)
{
    return wait_is_idle(h) || (h->wait == WAIT_HOST && !hart_wakes(h) && !host_has_answered(m));
}

bool wait_all_idle(const struct machine *m)
{
    for (u32 i = 0; i < m->num_harts; i++)
        if (!can_sleep(m, m->hart[i]) || hart_next_event(m->hart[i]) <= hart_clock(m->hart[i]))
            return false;
    return true;
}

static void advance_all(struct machine *m, u64 slot)
{
    for (u32 i = 0; i < m->num_harts; i++)
        clock_pass(m->hart[i], slot);
    m->state.clock = m->state.round_end = slot;
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
    return (s64)(slots * NS_PER_TICK / clock_slots_per_tick(m));
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
    return passed > 0 ? (u64)passed / NS_PER_TICK * clock_slots_per_tick(m) : 0;
}

/* The same where a tape says how many slots have passed. */
static u64 idle_slots(struct machine *m, const struct board_inputs *in, u64 slots)
{
    u64 passed;
    if (tape_replays(m->tape))
        return tape_take(m->tape, TAPE_IDLE, &passed, sizeof passed) ? slots : passed;
    passed = sleep_slots(m, in, slots);
    tape_put(m->tape, TAPE_IDLE, 0, &passed, sizeof passed);
    return passed;
}

/* Does the host decide how long an idle machine waits? */
static bool host_decides(const struct machine *m, const struct board_inputs *in, u64 next)
{
    if (tape_replays(m->tape))
        return tape_next(m->tape) == TAPE_IDLE;
    return next == UINT64_MAX || is_paced(m, in);
}

/* An idle machine with somebody in front of it keeps to the wall clock: it sleeps as long as its
 * own time passes, and input wakes it. Otherwise the next event comes at once. Nothing but input
 * makes a difference to the guest. */
static void wait_virtual(struct machine *m)
{
    struct board_inputs in;
    bool input = board_awaits_input(m, &in);
    u64 next = clock_next_event(m);
    if (host_decides(m, &in, next) && (input || tape_replays(m->tape)))
        advance_all(m, m->state.clock + idle_slots(m, &in, next - m->state.clock));
    else if (next == UINT64_MAX)
        report_hung(m);
    else
        advance_all(m, next);
}

static void wait_real(struct machine *m)
{
    struct board_inputs in;
    bool input = board_awaits_input(m, &in);
    clock_look(m);
    u64 now = machine_ticks(m), deadline = board_deadline(m), ns = UINT64_MAX;
    bool timer = false;
    for (u32 i = 0; i < m->num_harts; i++)
        timer |= hart_next_event(m->hart[i]) != UINT64_MAX;
    if (tape_replays(m->tape))
        input = !tape_is_now(m->tape, TAPE_END);
    if (!input && !timer && deadline == UINT64_MAX) {
        report_hung(m);
        return;
    }
    if (deadline != UINT64_MAX)
        ns = deadline > now ? (deadline - now) * NS_PER_TICK : 0;
    if ((timer || m->config.opt.num_nets) && ns > 1000000)
        ns = 1000000; /* comparators and network are looked at every millisecond */
    if (!tape_replays(m->tape))
        sleep_for_input(m, &in, ns);
    advance_all(m, m->state.clock + REAL_SLICE);
}

void wait_for_event(struct machine *m)
{
    (m->config.opt.clock == CLOCK_REAL ? wait_real : wait_virtual)(m);
}
