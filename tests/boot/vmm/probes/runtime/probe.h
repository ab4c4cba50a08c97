/* What a probe, a flat VS-mode program that the VMM runs, has to work with: SBI calls, CSRs, the
 * VMM's own calls, output and checks. A probe defines probe(); returning from it ends the run. */
#ifndef PROBE_H
#define PROBE_H

#include "common/types.h"
#include "layout.h"

typedef unsigned long ulong;

struct hart {
    ulong recover;
    ulong cause, tval, epc;                                        /* of the last exception */
    ulong a0, a1, satp, sstatus, sie, stvec, sscratch, scounteren; /* at entry */
    ulong unused[4];
};
extern struct hart harts[MAX_HARTS];

struct sbiret {
    long error;
    ulong value;
};

enum {
    SBI_EXT_BASE = 0x10,
    SBI_EXT_TIME = 0x54494d45,
    SBI_EXT_IPI = 0x735049,
    SBI_EXT_HSM = 0x48534d,
    SBI_EXT_SRST = 0x53525354,
    SBI_EXT_DBCN = 0x4442434e,
    SBI_EXT_SUSP = 0x53555350,
    SBI_EXT_FWFT = 0x46574654,
    SBI_EXT_VMM = 0x09485854, /* the VMM's own, in the vendor space */
};
enum {
    SBI_NOT_SUPPORTED = -2,
    SBI_INVALID_PARAM = -3,
    SBI_DENIED = -4,
    SBI_ALREADY_AVAILABLE = -6,
    SBI_DENIED_LOCKED = -14,
};
enum {
    VMM_GET_REG,
    VMM_SET_REG,
    VMM_RESET_VCPU,
    VMM_DIRTY_PAGES,
    VMM_GUEST_DEBUG,
    VMM_RESETS,
    VMM_RENEW_VECTORS
};
enum { SSTATUS_SIE = 1 << 1, SSTATUS_FS = 3 << 13, SIE_SSIE = 1 << 1, SIE_STIE = 1 << 5 };

/* The probe's main function, run by hart 0. */
void probe(void);
/* Called for each interrupt with scause; a probe that enables none need not define it. */
void on_interrupt(ulong cause);

/* An SBI call with up to three arguments. */
struct sbiret sbi(ulong extension, ulong function, ulong a0, ulong a1, ulong a2);
/* Runs f(argument); 1 when it raised an exception (see this_hart()), else 0. */
long try(void (*f)(ulong), ulong argument);
/* Where a hart begins: HSM start and resume take this address, and the function to run as opaque.
 */
void _start(void);

/* A register of this vCPU through KVM's ONE_REG: the SBI error is 0 or a negative errno. */
struct sbiret one_reg(u64 id);

void print(const char *text);
void print_hex(ulong value);
/* Prints "name value" and a line end. */
void print_value(const char *name, ulong value);
/* Counts and reports a failed check. */
void check_equal(ulong got, ulong want, const char *what, int line);
_Noreturn void end_probe(void);

#define CHECK_EQ(got, want) check_equal((ulong)(got), (ulong)(want), #got, __LINE__)
#define CHECK(condition)    check_equal(!!(condition), 1, #condition, __LINE__)

#define csr_read(csr)                                                                              \
    ({                                                                                             \
        ulong csr_value;                                                                           \
        __asm__ volatile("csrr %0, " #csr : "=r"(csr_value)::"memory");                            \
        csr_value;                                                                                 \
    })
#define csr_write(csr, value) __asm__ volatile("csrw " #csr ", %0" ::"r"((ulong)(value)) : "memory")
#define csr_set(csr, value)   __asm__ volatile("csrs " #csr ", %0" ::"r"((ulong)(value)) : "memory")
#define csr_clear(csr, value) __asm__ volatile("csrc " #csr ", %0" ::"r"((ulong)(value)) : "memory")

/* What differs between RV64 and RV32. */
#if __riscv_xlen == 64
#define LOAD_LONG       "ld"
#define STORE_LONG      "sd"
#define SATP_MODE(mode) ((ulong)(mode) << 60)
#else
#define LOAD_LONG       "lw"
#define STORE_LONG      "sw"
#define SATP_MODE(mode) ((ulong)(mode) << 31)
#endif

static inline struct hart *this_hart(void)
{
    struct hart *hart;
    __asm__ volatile("mv %0, tp" : "=r"(hart));
    return hart;
}

/* Ids of registers the probes ask for, as in Linux's uapi asm/kvm.h (a riscv64 long is 64 bits). */
#define REG_ID(type, index)                                                                        \
    (0x8000000000000000ull |                                                                       \
     (__riscv_xlen == 64 ? 0x0030000000000000ull : 0x0020000000000000ull) | (u64)(type) << 24 |    \
     (index))
#define REG_ISA(ext)    REG_ID(7, ext)
#define REG_FWFT(index) REG_ID(10, 1 << 16 | (index))
enum { ISA_SSTC = 8, ISA_V = 15, ISA_SMNPM = 62 };

#endif
