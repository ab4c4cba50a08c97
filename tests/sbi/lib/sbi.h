/* A tiny S-mode environment for tests of SBI firmwares: calls, checks, traps, harts, guests. The
 * same payloads run on any firmware at 0x80200000. */
#ifndef TESTS_SBI_H
#define TESTS_SBI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned long ulong;
#define XLEN         (8 * (int)sizeof(ulong))
#define BIT(n)       (1ul << (n))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- calls ---- */
struct ret {
    long error;
    long value;
};
enum {
    SUCCESS = 0,
    FAILED = -1,
    NOT_SUPPORTED = -2,
    INVALID_PARAM = -3,
    DENIED = -4,
    INVALID_ADDRESS = -5,
    ALREADY_AVAILABLE = -6,
    ALREADY_STARTED = -7,
    ALREADY_STOPPED = -8,
    NO_SHMEM = -9,
    INVALID_STATE = -10,
    BAD_RANGE = -11,
    TIMEOUT = -12,
    IO = -13,
    DENIED_LOCKED = -14,
};
enum {
    EXT_BASE = 0x10,
    EXT_TIME = 0x54494d45,
    EXT_IPI = 0x735049,
    EXT_RFENCE = 0x52464e43,
    EXT_HSM = 0x48534d,
    EXT_SRST = 0x53525354,
    EXT_SUSP = 0x53555350,
    EXT_DBCN = 0x4442434e,
    EXT_PMU = 0x504d55,
    EXT_CPPC = 0x43505043,
    EXT_FWFT = 0x46574654,
    EXT_SSE = 0x535345,
    EXT_DBTR = 0x44425452,
    EXT_MPXY = 0x4d505859,
    EXT_STA = 0x535441,
    EXT_NACL = 0x4e41434c,
};
/* All eight registers a0 .. a7; notes when the callee has not preserved the others. */
struct ret sbi_raw(const ulong reg[8]);
struct ret sbi(long ext, long fn, ulong a0, ulong a1, ulong a2, ulong a3);
struct ret sbi6(long ext, long fn, const ulong a[6]);
bool has_ext(long ext);
/* Is the firmware OpenSBI? Its documented differences are expected then. */
bool on_opensbi(void);
extern ulong clobbered, boot_registers[4];

/* ---- results ---- */
void print(const char *text);
void print_hex(ulong value);
void check(bool ok, const char *what, const char *file, int line);
#define CHECK(e) check((e), #e, __FILE__, __LINE__)
void check_ret(struct ret r, long error, const char *what, int line);
/* The call returns this error. */
#define EXPECT(call, error) check_ret((call), (error), #call, __LINE__)
/* The call succeeds; its value. */
#define VALUE(call)                                                                                \
    ({                                                                                             \
        struct ret r_ = (call);                                                                    \
        check_ret(r_, SUCCESS, #call, __LINE__);                                                   \
        (ulong) r_.value;                                                                          \
    })
/* Leaves out what the firmware has not got: prints why and ends the test well. */
void skip(const char *why);
/* Has a check failed so far? */
bool failed(void);
void finish(void) __attribute__((noreturn));
/* The test proper. */
void test(void);

/* ---- CSRs ---- */
#define csr_read(n)                                                                                \
    ({                                                                                             \
        ulong v_;                                                                                  \
        __asm__ volatile("csrr %0, " #n : "=r"(v_) : : "memory");                                  \
        v_;                                                                                        \
    })
#define csr_write(n, v) __asm__ volatile("csrw " #n ", %0" : : "rK"((ulong)(v)) : "memory")
#define csr_set(n, v)   __asm__ volatile("csrs " #n ", %0" : : "rK"((ulong)(v)) : "memory")
#define csr_clear(n, v) __asm__ volatile("csrc " #n ", %0" : : "rK"((ulong)(v)) : "memory")
/* by number, for names that old assemblers do not know */
#define HSTATUS       0x600
#define HEDELEG       0x602
#define HIDELEG       0x603
#define HIE           0x604
#define HCOUNTEREN    0x606
#define HTVAL         0x643
#define HTINST        0x64a
#define HENVCFG       0x60a
#define HGATP         0x680
#define VSSTATUS      0x200
#define VSTVEC        0x205
#define VSEPC         0x241
#define VSCAUSE       0x242
#define VSTVAL        0x243
#define VSATP         0x280
#define STIMECMP      0x14d
#define rd_csr(n)     rd_csr_(n)
#define rd_csr_(n)    csr_read(n)
#define wr_csr(n, v)  wr_csr_(n, v)
#define wr_csr_(n, v) csr_write(n, v)

/* ---- traps ---- */
struct frame {
    ulong x[34];
};
struct trap {
    ulong count; /* since trap_clear() */
    ulong cause, tval, epc, sstatus, hstatus, htval, htinst;
};
/* The last synchronous trap of this hart in S-mode; the instruction is skipped (a fetch fault
 * returns to ra). */
struct trap *last_trap(void);
void trap_clear(void);
/* Interrupts of this hart: counts by number; SSIP is cleared, a timer interrupt moves the timer to
 * the far future, others are masked. */
extern volatile ulong interrupts[64][16];
bool has_h(void);
ulong time_now(void);
/* Waits until *p == value, or a second has passed: false. */
bool wait_for(volatile ulong *p, ulong value);
void delay(ulong ticks);

/* ---- harts ---- */
struct start {
    void (*fn)(ulong hartid, ulong arg);
    ulong arg;
};
void secondary(void);
ulong hart_id(void);
ulong num_harts(void);
/* Starts `hartid` in fn(hartid, arg); stops itself when fn returns. */
bool start_hart(ulong hartid, struct start *s);
bool wait_status(ulong hartid, long status);
/* A hart that is not the boot hart, or -1. */
long other_hart(void);

/* ---- less privileged worlds ---- */
enum world { WORLD_U, WORLD_VS, WORLD_VU };
/* Runs fn(arg) there with a stack of its own until it calls leave_below(); returns what that was
 * given. Traps from there to HS-mode are recorded in last_trap() and skipped, but for its ECALL. */
long run_below(enum world world, void (*fn)(ulong arg), ulong arg);
void leave_below(ulong value) __attribute__((noreturn));

#endif
