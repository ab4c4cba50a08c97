/* Supervisor software events: attributes, states, delivery, priorities, masks, remote injection,
 * what the handler and the interrupted code see.
 * run: none
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "lib/sse.h"

static struct sse_handler local, global;
static ulong area[16] __attribute__((aligned(16)));

static struct ret read_attrs(ulong event, ulong base, ulong count, ulong addr)
{
    return sbi6(EXT_SSE, SSE_READ, (ulong[6]){event, base, count, addr, 0});
}

static struct ret write_attrs(ulong event, ulong base, ulong count, ulong addr)
{
    return sbi6(EXT_SSE, SSE_WRITE, (ulong[6]){event, base, count, addr, 0});
}

static void count_event(struct sse_handler *h, ulong hartid)
{
    h->hartid = hartid;
    h->count++;
}

/* ---- attributes and errors ---- */

static void attribute_errors(void)
{
    ulong a = (ulong)area;

    EXPECT(read_attrs(SOFT_LOCAL, 0, 10, a), SUCCESS);
    CHECK((area[A_STATUS] & 7) == 0 && area[A_PRIORITY] == 0 && area[A_CONFIG] == 0);
    CHECK(area[A_PREFERRED] == hart_id() && area[A_ENTRY_PC] == 0 && area[A_FLAGS] == 0);
    for (long fn = SSE_READ; fn <= SSE_WRITE; fn++) {
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){SOFT_LOCAL, 1, 0, a}), INVALID_PARAM);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){SOFT_LOCAL, 10, 1, a}), BAD_RANGE);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){SOFT_LOCAL, 0, 11, a}), BAD_RANGE);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){SOFT_LOCAL, 1, 1, a + 1}), INVALID_ADDRESS);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){SOFT_LOCAL, 1, 1, a, 1}), INVALID_ADDRESS);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){0, 1, 1, a}), NOT_SUPPORTED); /* no RAS source */
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){0x8000, 1, 1, a}), NOT_SUPPORTED);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){0x1234, 1, 1, a}), INVALID_PARAM);
        EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){0xffffc000u, 1, 1, a}), INVALID_PARAM);
        if (!on_opensbi())
            EXPECT(sbi6(EXT_SSE, fn, (ulong[6]){SOFT_LOCAL, 1, 1, 0x1000}), INVALID_ADDRESS);
    }
    EXPECT(sse_set(SOFT_LOCAL, A_STATUS, 0), DENIED);
    EXPECT(sse_set(SOFT_LOCAL, A_ENTRY_PC, 0), DENIED);
    EXPECT(sse_set(SOFT_LOCAL, A_ENTRY_ARG, 0), DENIED);
    EXPECT(sse_set(SOFT_LOCAL, A_PREFERRED, 0), DENIED); /* read-only for local events */
    EXPECT(sse_set(SOFT_LOCAL, A_CONFIG, 2), INVALID_PARAM);
#if __riscv_xlen == 64
    EXPECT(sse_set(SOFT_LOCAL, A_PRIORITY, 1ul << 32), INVALID_PARAM);
#endif
    EXPECT(sse_set(SOFT_LOCAL, A_FLAGS, 64), INVALID_PARAM);
    EXPECT(sse_set(SOFT_LOCAL, A_FLAGS, 1), INVALID_STATE);
    EXPECT(sse_set(SOFT_LOCAL, A_SEPC, 1), INVALID_STATE);
    EXPECT(sse_set(SOFT_LOCAL, A_A6, 1), INVALID_STATE);
    EXPECT(sse_set(SOFT_LOCAL, A_A7, 1), INVALID_STATE);
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, 99), INVALID_PARAM);
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, hart_id()), SUCCESS);
    CHECK(sse_get(SOFT_GLOBAL, A_PREFERRED) == hart_id());
    area[0] = 7;
    area[1] = 2; /* the second is wrong: the first is not written either */
    EXPECT(write_attrs(SOFT_LOCAL, A_PRIORITY, 2, a), INVALID_PARAM);
    CHECK(sse_get(SOFT_LOCAL, A_PRIORITY) == 0);
}

static void states(ulong event)
{
    static const long changes[] = {SSE_UNREGISTER, SSE_ENABLE, SSE_DISABLE};

    for (unsigned i = 0; i < ARRAY_LEN(changes); i++) {
        EXPECT(sse_call(changes[i], event, 0, 0), INVALID_STATE);
        EXPECT(sse_call(changes[i], 0x1234, 0, 0), INVALID_PARAM);
        EXPECT(sse_call(changes[i], 0x00100000, 0, 0), NOT_SUPPORTED);
    }
    EXPECT(sse_call(SSE_REGISTER, 0x1234, (ulong)sse_entry, 0), INVALID_PARAM);
    EXPECT(sse_call(SSE_REGISTER, 0x00100000, (ulong)sse_entry, 0), NOT_SUPPORTED);
    EXPECT(sse_call(SSE_REGISTER, event, (ulong)sse_entry + 1, 0), INVALID_PARAM);
    EXPECT(sse_call(SSE_REGISTER, event, (ulong)sse_entry, 0x99), SUCCESS);
    CHECK((sse_get(event, A_STATUS) & 3) == ST_REGISTERED);
    CHECK(sse_get(event, A_ENTRY_PC) == (ulong)sse_entry && sse_get(event, A_ENTRY_ARG) == 0x99);
    EXPECT(sse_call(SSE_REGISTER, event, (ulong)sse_entry, 0), INVALID_STATE);
    EXPECT(sse_call(SSE_DISABLE, event, 0, 0), INVALID_STATE);
    EXPECT(sse_set(event, A_PRIORITY, 5), SUCCESS);
    EXPECT(sse_call(SSE_ENABLE, event, 0, 0), SUCCESS);
    CHECK((sse_get(event, A_STATUS) & 3) == ST_ENABLED);
    EXPECT(sse_call(SSE_ENABLE, event, 0, 0), INVALID_STATE);
    EXPECT(sse_call(SSE_UNREGISTER, event, 0, 0), INVALID_STATE);
    EXPECT(sse_set(event, A_PRIORITY, 6), INVALID_STATE);
    EXPECT(sse_set(event, A_CONFIG, 1), INVALID_STATE);
    CHECK(sse_get(event, A_PRIORITY) == 5);
    EXPECT(sse_call(SSE_DISABLE, event, 0, 0), SUCCESS);
    EXPECT(sse_set(event, A_PRIORITY, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, event, 0, 0), SUCCESS);
    CHECK((sse_get(event, A_STATUS) & 3) == ST_UNUSED);
}

static void masks(void)
{
    EXPECT(sse_call(SSE_MASK, 0, 0, 0), ALREADY_STOPPED); /* masked from the start */
    EXPECT(sse_call(SSE_UNMASK, 0, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNMASK, 0, 0, 0), ALREADY_STARTED);
    EXPECT(sse_call(SSE_MASK, 0, 0, 0), SUCCESS);
    EXPECT(sse_call(10, 0, 0, 0), NOT_SUPPORTED);
    EXPECT(sse_call(SSE_COMPLETE, 0, 0, 0), SUCCESS); /* nothing runs */
}

/* ---- delivery ---- */

static volatile ulong in_flags, in_sepc, in_a6, in_a7, in_status, in_sstatus, in_hstatus;

static void inspect(struct sse_handler *h, ulong hartid)
{
    count_event(h, hartid);
    in_status = sse_get(h->event, A_STATUS);
    in_flags = sse_get(h->event, A_FLAGS);
    in_sepc = sse_get(h->event, A_SEPC);
    in_a6 = sse_get(h->event, A_A6);
    in_a7 = sse_get(h->event, A_A7);
    in_sstatus = csr_read(sstatus);
    if (has_h())
        in_hstatus = rd_csr(HSTATUS);
    EXPECT(sse_set(h->event, A_PRIORITY, 1), INVALID_STATE);
}

static void deliver(void)
{
    ulong me = hart_id();

    sse_setup(&local, SOFT_LOCAL, inspect, ST_REGISTERED);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, me, 0), INVALID_STATE); /* not enabled */
    EXPECT(sse_call(SSE_ENABLE, SOFT_LOCAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, 99, 0), INVALID_PARAM);
    EXPECT(sse_call(SSE_INJECT, 0x1234, me, 0), INVALID_PARAM);
    EXPECT(sse_call(SSE_INJECT, 0x00100000, me, 0), NOT_SUPPORTED);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, me, 0), SUCCESS);
    CHECK(local.count == 0 && (sse_get(SOFT_LOCAL, A_STATUS) & 7) == (4 | ST_ENABLED));
    csr_write(sepc, 0x123456);
    csr_set(sstatus, BIT(5));
    csr_clear(sstatus, BIT(8) | 2);
    EXPECT(sse_call(SSE_UNMASK, 0, 0, 0), SUCCESS); /* now it comes */
    CHECK(local.count == 1 && local.hartid == me);
    CHECK((in_status & 7) == ST_RUNNING);
    CHECK((in_flags & 3) == 2); /* SPIE, not SPP */
    CHECK(in_sepc == 0x123456 && csr_read(sepc) == 0x123456);
    CHECK(in_a7 == EXT_SSE && in_a6 == SSE_UNMASK);
    CHECK((in_sstatus & BIT(8)) && !(in_sstatus & 2) && !(in_sstatus & BIT(5)));
    CHECK((csr_read(sstatus) & BIT(5)) && !(csr_read(sstatus) & BIT(8)));
    CHECK((sse_get(SOFT_LOCAL, A_STATUS) & 7) == ST_ENABLED);
    /* interrupts on: SPIE in the handler, back afterwards */
    csr_set(sstatus, 2);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, me, 0), SUCCESS);
    CHECK(local.count == 2 && (in_sstatus & BIT(5)) && (csr_read(sstatus) & 2));
    csr_clear(sstatus, 2);
    /* one-shot */
    EXPECT(sse_call(SSE_DISABLE, SOFT_LOCAL, 0, 0), SUCCESS);
    EXPECT(sse_set(SOFT_LOCAL, A_CONFIG, 1), SUCCESS);
    EXPECT(sse_call(SSE_ENABLE, SOFT_LOCAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, me, 0), SUCCESS);
    CHECK(local.count == 3 && (sse_get(SOFT_LOCAL, A_STATUS) & 7) == ST_REGISTERED);
    EXPECT(sse_set(SOFT_LOCAL, A_CONFIG, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_LOCAL, 0, 0), SUCCESS);
}

/* The handler sends the interrupted code elsewhere and changes its a6 and a7. */
static volatile ulong elsewhere;
void land(void);
__asm__(".text\n .balign 4\nland:\n mv a0, a6\n mv a1, a7\n ret\n");

static void divert(struct sse_handler *h, ulong hartid)
{
    count_event(h, hartid);
    csr_write(sepc, (ulong)land);
    EXPECT(sse_set(h->event, A_A6, 0x66), SUCCESS);
    EXPECT(sse_set(h->event, A_A7, 0x77), SUCCESS);
    EXPECT(sse_set(h->event, A_SEPC, 0x5550), SUCCESS);
    EXPECT(sse_set(h->event, A_FLAGS, 1), SUCCESS); /* SPP set, SPIE clear afterwards */
}

static ulong trigger_divert(void)
{
    ulong me = hart_id();
    register ulong a0 __asm__("a0") = SOFT_LOCAL, a1 __asm__("a1") = me;
    register ulong a6 __asm__("a6") = SSE_INJECT, a7 __asm__("a7") = EXT_SSE;

    /* land() returns here, in place of the ECALL's continuation */
    __asm__ volatile("lla ra, 1f\n ecall\n .word 0\n 1:\n"
                     : "+r"(a0), "+r"(a1), "+r"(a6), "+r"(a7)
                     :
                     : "ra", "memory");
    return a0 << 8 | a1;
}

static void diversion(void)
{
    trap_clear();
    sse_setup(&local, SOFT_LOCAL, divert, ST_ENABLED);
    CHECK(trigger_divert() == 0x6677);
    CHECK(last_trap()->count == 0);
    CHECK(csr_read(sepc) == 0x5550);
    CHECK((csr_read(sstatus) & BIT(8)) && !(csr_read(sstatus) & BIT(5)));
    EXPECT(sse_call(SSE_DISABLE, SOFT_LOCAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_LOCAL, 0, 0), SUCCESS);
}

/* ---- priorities ---- */

static volatile ulong order[8], events_seen;

static void note(ulong what)
{
    order[events_seen++ & 7] = what;
}

static void inner(struct sse_handler *h, ulong hartid)
{
    count_event(h, hartid);
    note(2);
}

static void outer(struct sse_handler *h, ulong hartid)
{
    count_event(h, hartid);
    note(1);
    if (h->count == 1) {
        EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, hart_id(), 0), SUCCESS); /* itself: afterwards */
        EXPECT(sse_call(SSE_INJECT, SOFT_GLOBAL, 0, 0), SUCCESS);
    }
    note(3);
}

static void priorities(ulong local_priority, ulong global_priority, bool preempts)
{
    events_seen = 0;
    EXPECT(sse_set(SOFT_LOCAL, A_PRIORITY, local_priority), SUCCESS);
    EXPECT(sse_set(SOFT_GLOBAL, A_PRIORITY, global_priority), SUCCESS);
    sse_setup(&local, SOFT_LOCAL, outer, ST_ENABLED);
    sse_setup(&global, SOFT_GLOBAL, inner, ST_ENABLED);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, hart_id(), 0), SUCCESS);
    CHECK(local.count == 2 && global.count == 1);
    if (preempts) /* 1 2 3, then the local event again */
        CHECK(order[0] == 1 && order[1] == 2 && order[2] == 3 && order[3] == 1 && order[4] == 3);
    else /* 1 3, again (it is the more urgent one), then the global one */
        CHECK(order[0] == 1 && order[1] == 3 && order[2] == 1 && order[3] == 3 && order[4] == 2);
    CHECK(events_seen == 5);
    EXPECT(sse_call(SSE_DISABLE, SOFT_LOCAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_DISABLE, SOFT_GLOBAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_LOCAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_GLOBAL, 0, 0), SUCCESS);
}

/* ---- other harts and guests ---- */

static volatile ulong ready, stop_spinning;
static struct sse_handler remote;

/* A hart reset masks events, but OpenSBI forgets to. */
static void unmask(void)
{
    struct ret r = sse_call(SSE_UNMASK, 0, 0, 0);

    CHECK(r.error == SUCCESS || (on_opensbi() && r.error == ALREADY_STARTED));
}

static void target(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    sse_setup(&remote, SOFT_LOCAL, inspect, ST_ENABLED);
    unmask();
    ready = 1;
    wait_for(&stop_spinning, 1);
}

static void spin_below(ulong arg)
{
    (void)arg;
    ready = 1;
    while (!stop_spinning)
        ;
    leave_below(0x1234);
}

static void guest_target(ulong hartid, ulong arg)
{
    (void)hartid;
    sse_setup(&remote, SOFT_LOCAL, inspect, ST_ENABLED);
    unmask();
    wr_csr(HGATP, 0);
    wr_csr(VSATP, 0);
    CHECK(run_below((enum world)arg, spin_below, 0) == 0x1234);
}

/* Injects into hart `other`, which runs `fn`, twice. */
static void inject_remote(ulong other, void (*fn)(ulong, ulong), ulong arg)
{
    struct start s = {fn, arg};

    ready = stop_spinning = 0;
    remote.count = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&ready, 1));
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, other, 0), SUCCESS);
    CHECK(wait_for(&remote.count, 1));
    CHECK(remote.hartid == other);
    delay(1000);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, other, 0), SUCCESS);
    CHECK(wait_for(&remote.count, 2));
    delay(1000);
    stop_spinning = 1;
    CHECK(wait_status(other, 1));
    if (!on_opensbi()) /* its own harts keep their events over a stop */
        EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, other, 0), INVALID_STATE);
}

/* An event ends a suspension in which no interrupt is enabled. */
static void sleeper(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    sse_setup(&remote, SOFT_LOCAL, count_event, ST_ENABLED);
    unmask();
    csr_write(sie, 0);
    ready = 1;
    ready = 2 + (ulong)sbi(EXT_HSM, 3, 0, 0, 0, 0).error;
}

static void wake(ulong other)
{
    struct start s = {sleeper, 0};

    ready = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_status(other, 4));
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, other, 0), SUCCESS);
    CHECK(wait_for(&ready, 2));
    CHECK(remote.count == 1);
    CHECK(wait_status(other, 1));
}

/* The global event goes to its preferred hart. */
static void global_remote(ulong other)
{
    struct start s = {target, 0};

    ready = stop_spinning = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&ready, 1));
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, other), SUCCESS);
    sse_setup(&global, SOFT_GLOBAL, count_event, ST_ENABLED);
    EXPECT(sse_call(SSE_INJECT, SOFT_GLOBAL, 0, 0), SUCCESS);
    CHECK(wait_for(&global.count, 1));
    CHECK(global.hartid == other);
    delay(1000);
    EXPECT(sse_call(SSE_DISABLE, SOFT_GLOBAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_GLOBAL, 0, 0), SUCCESS);
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, hart_id()), SUCCESS);
    stop_spinning = 1;
    CHECK(wait_status(other, 1));
}

/* The preferred hart is masked: the event stays pending there until it unmasks. */
static volatile ulong unmask_now;

static void masked_target(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    if (on_opensbi())
        (void)sse_call(SSE_MASK, 0, 0, 0);
    ready = 1;
    wait_for(&unmask_now, 1);
    unmask();
    wait_for(&stop_spinning, 1);
}

static void global_stays(ulong other)
{
    struct start s = {masked_target, 0};

    ready = stop_spinning = unmask_now = 0;
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&ready, 1));
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, other), SUCCESS);
    sse_setup(&global, SOFT_GLOBAL, count_event, ST_ENABLED);
    EXPECT(sse_call(SSE_INJECT, SOFT_GLOBAL, 0, 0), SUCCESS);
    delay(1000);
    CHECK(global.count == 0); /* this hart is not masked */
    CHECK((sse_get(SOFT_GLOBAL, A_STATUS) & 7) == (4 | ST_ENABLED));
    unmask_now = 1;
    CHECK(wait_for(&global.count, 1));
    CHECK(global.hartid == other);
    delay(1000);
    EXPECT(sse_call(SSE_DISABLE, SOFT_GLOBAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_GLOBAL, 0, 0), SUCCESS);
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, hart_id()), SUCCESS);
    stop_spinning = 1;
    CHECK(wait_status(other, 1));
}

/* A trap with SDT set (Ssdbltrp) is an event, not a loop. */
static void skip_four(struct sse_handler *h, ulong hartid)
{
    count_event(h, hartid);
    csr_write(sepc, csr_read(sepc) + 4);
}

static void double_trap(void)
{
    if (sbi(EXT_FWFT, 0, 3, 1, 0, 0).error)
        return;
    sse_setup(&local, DOUBLE_TRAP, skip_four, ST_ENABLED);
    trap_clear();
    csr_set(sstatus, BIT(24));
    CHECK(csr_read(sstatus) & BIT(24));
    __asm__ volatile(".option push\n .option norvc\n ebreak\n .option pop" : : : "memory");
    CHECK(local.count == 1 && last_trap()->count == 0);
    CHECK(csr_read(sstatus) & BIT(24)); /* put back */
    if (!on_opensbi()) { /* a trap that the firmware redirects; OpenSBI does not look at SDT */
        __asm__ volatile(".word 0xc0001073" : : : "memory");
        CHECK(local.count == 2 && last_trap()->count == 0);
    }
    csr_clear(sstatus, BIT(24));
    EXPECT(sse_call(SSE_DISABLE, DOUBLE_TRAP, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, DOUBLE_TRAP, 0, 0), SUCCESS);
    EXPECT(sbi(EXT_FWFT, 0, 3, 0, 0, 0), SUCCESS);
}

void test(void)
{
    long other = other_hart();

    if (!has_ext(EXT_SSE))
        skip("no SSE");
    attribute_errors();
    masks();
    states(SOFT_LOCAL);
    states(SOFT_GLOBAL);
    deliver();
    diversion();
    priorities(10, 5, true);
    priorities(5, 10, false);
    priorities(3, 3, false); /* the same: the lower event ID is the local one's */
    EXPECT(sse_set(SOFT_LOCAL, A_PRIORITY, 0), SUCCESS);
    EXPECT(sse_set(SOFT_GLOBAL, A_PRIORITY, 0), SUCCESS);
    double_trap();
    if (other < 0)
        return;
    inject_remote((ulong)other, target, 0);
    global_remote((ulong)other);
    global_stays((ulong)other);
    wake((ulong)other);
    if (!has_h())
        return;
    inject_remote((ulong)other, guest_target, WORLD_VS);
    CHECK((in_hstatus & (BIT(7) | BIT(8))) == (BIT(7) | BIT(8)) && (in_sstatus & BIT(8)));
    inject_remote((ulong)other, guest_target, WORLD_VU);
    CHECK((in_hstatus & (BIT(7) | BIT(8))) == BIT(7) && !(in_sstatus & BIT(8)));
    inject_remote((ulong)other, guest_target, WORLD_U);
    CHECK((in_hstatus & BIT(7)) == 0 && !(in_sstatus & BIT(8)));
}
