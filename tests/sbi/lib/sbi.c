/* The library's C half. */
#include "sbi.h"

static volatile ulong failures, checks;
static struct trap traps[64];
volatile ulong interrupts[64][16];
static bool hypervisor;
static char below_stack[64][4096] __attribute__((aligned(16)));

long enter_below(void *entry, void *stack, ulong arg);

struct ret sbi(long ext, long fn, ulong a0, ulong a1, ulong a2, ulong a3)
{
    return sbi_raw((ulong[8]){a0, a1, a2, a3, 0, 0, (ulong)fn, (ulong)ext});
}

struct ret sbi6(long ext, long fn, const ulong a[6])
{
    return sbi_raw((ulong[8]){a[0], a[1], a[2], a[3], a[4], a[5], (ulong)fn, (ulong)ext});
}

bool has_ext(long ext)
{
    return sbi(EXT_BASE, 3, (ulong)ext, 0, 0, 0).value != 0;
}

bool on_opensbi(void)
{
    return sbi(EXT_BASE, 1, 0, 0, 0, 0).value == 1;
}

/* ---- results ---- */

static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

void print(const char *text)
{
    static int dbcn = -1;

    if (dbcn < 0)
        dbcn = has_ext(EXT_DBCN);
    if (dbcn) {
        sbi(EXT_DBCN, 0, length(text), (ulong)text, 0, 0);
        return;
    }
    for (; *text; text++)
        sbi_raw((ulong[8]){(ulong)(unsigned char)*text, 0, 0, 0, 0, 0, 0, 1});
}

void print_hex(ulong value)
{
    char buf[20], *p = buf + sizeof(buf);

    *--p = '\0';
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    *--p = 'x';
    *--p = '0';
    print(p);
}

void check(bool ok, const char *what, const char *file, int line)
{
    (void)file;
    checks++;
    if (ok)
        return;
    failures++;
    print("FAIL line ");
    print_hex((ulong)line);
    print(": ");
    print(what);
    print("\n");
}

void check_ret(struct ret r, long error, const char *what, int line)
{
    if (r.error != error) {
        print("  got ");
        print_hex((ulong)-r.error);
        print(" want ");
        print_hex((ulong)-error);
        print(" (negated); ");
    }
    check(r.error == error, what, "", line);
}

bool failed(void)
{
    return failures != 0;
}

void finish(void)
{
    check(!clobbered, "registers other than a0 and a1 are preserved", "", 0);
    print(failures ? "FAILED " : "PASSED ");
    print_hex(checks);
    print(" checks, failures: ");
    print_hex(failures);
    print("\n");
    sbi(EXT_SRST, 0, 0, failures ? 1 : 0, 0, 0);
    sbi_raw((ulong[8]){0, 0, 0, 0, 0, 0, 0, 8});
    for (;;)
        __asm__ volatile("wfi");
}

void skip(const char *why)
{
    print("SKIPPED ");
    print(why);
    print("\n");
    finish();
}

/* ---- traps ---- */

struct trap *last_trap(void)
{
    return &traps[hart_id()];
}

void trap_clear(void)
{
    traps[hart_id()] = (struct trap){0};
}

bool has_h(void)
{
    return hypervisor;
}

static void interrupt(ulong irq)
{
    interrupts[hart_id()][irq & 15]++;
    if (irq == 1)
        csr_clear(sip, 2);
    else if (irq == 5)
        sbi(EXT_TIME, 0, -1ul, -1ul, 0, 0);
    else if (hypervisor && (irq == 2 || irq == 6 || irq == 10 || irq == 12))
        wr_csr(HIE, rd_csr(HIE) & ~BIT(irq)); /* a guest's, undefined after a start */
    else
        csr_clear(sie, BIT(irq & 31));
}

static void record(void)
{
    struct trap *t = last_trap();

    t->count++;
    t->cause = csr_read(scause);
    t->tval = csr_read(stval);
    t->epc = csr_read(sepc);
    t->sstatus = csr_read(sstatus);
}

/* What a hypervisor sees besides; only called with H. */
static void record_guest(void)
{
    struct trap *t = last_trap();

    t->hstatus = rd_csr(HSTATUS);
    t->htval = rd_csr(HTVAL);
    t->htinst = rd_csr(HTINST);
}

static void skip_insn(struct frame *f)
{
    ulong cause = csr_read(scause), epc = csr_read(sepc);

    if (cause == 1 || cause == 12 || cause == 20) {
        csr_write(sepc, f->x[1]);
        csr_clear(sstatus, BIT(23)); /* SPELP: no landing pad is there */
    } else {
        csr_write(sepc, epc + ((*(volatile uint16_t *)epc & 3) == 3 ? 4 : 2));
    }
}

void trap_c(struct frame *f)
{
    ulong cause = csr_read(scause);

    if ((long)cause < 0) {
        interrupt(cause << 1 >> 1);
        return;
    }
    record();
    skip_insn(f);
}

/* A trap from U-, VS- or VU-mode; 1: leave it. */
long trap_c_below(struct frame *f)
{
    ulong cause = csr_read(scause);

    if ((long)cause < 0) {
        interrupt(cause << 1 >> 1);
        return 0;
    }
    if ((cause == 8 || cause == 10) && f->x[17] == 0x1eafe)
        return 1;
    record();
    if (hypervisor)
        record_guest();
    skip_insn(f);
    return 0;
}

ulong time_now(void)
{
    return csr_read(time);
}

bool wait_for(volatile ulong *p, ulong value)
{
    ulong start = time_now();

    while (*p != value) {
        if (time_now() - start > 10000000)
            return false;
    }
    return true;
}

void delay(ulong ticks)
{
    ulong start = time_now();

    while (time_now() - start < ticks)
        ;
}

/* ---- harts ---- */

ulong hart_id(void)
{
    ulong id;

    __asm__ volatile("mv %0, tp" : "=r"(id));
    return id;
}

ulong num_harts(void)
{
    ulong n = 0;

    while (n < 64 && sbi(EXT_HSM, 2, n, 0, 0, 0).error == SUCCESS)
        n++;
    return n;
}

long other_hart(void)
{
    if (num_harts() < 2)
        return -1;
    return hart_id() == 0 ? 1 : 0;
}

bool wait_status(ulong hartid, long status)
{
    ulong start = time_now();

    while (sbi(EXT_HSM, 2, hartid, 0, 0, 0).value != status) {
        if (time_now() - start > 10000000)
            return false;
    }
    return true;
}

void secondary_main(struct start *s)
{
    s->fn(hart_id(), s->arg);
    sbi(EXT_HSM, 1, 0, 0, 0, 0);
}

bool start_hart(ulong hartid, struct start *s)
{
    struct ret r = sbi(EXT_HSM, 0, hartid, (ulong)secondary, (ulong)s, 0);

    return r.error == SUCCESS;
}

/* ---- less privileged worlds ---- */

long run_below(enum world world, void (*fn)(ulong arg), ulong arg)
{
    ulong id = hart_id();

    if (world == WORLD_VS)
        csr_set(sstatus, BIT(8));
    else
        csr_clear(sstatus, BIT(8));
    if (world != WORLD_U) {
        ulong hstatus = rd_csr(HSTATUS) | BIT(7);
        wr_csr(HSTATUS, world == WORLD_VS ? hstatus | BIT(8) : hstatus & ~BIT(8));
    } else if (has_h()) {
        wr_csr(HSTATUS, rd_csr(HSTATUS) & ~BIT(7));
    }
    return enter_below((void *)fn, below_stack[id] + sizeof(below_stack[id]), arg);
}

void leave_below(ulong value)
{
    register ulong a0 __asm__("a0") = value;
    register ulong a7 __asm__("a7") = 0x1eafe;

    __asm__ volatile("ecall" : : "r"(a0), "r"(a7) : "memory");
    __builtin_unreachable();
}

void boot_main(void)
{
    trap_clear();
    rd_csr(HGATP); /* traps where there is no H extension */
    hypervisor = last_trap()->count == 0;
    trap_clear();
    test();
    finish();
}
