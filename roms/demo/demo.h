/* What the parts of the demonstration share: CSR access, SBI calls, the state of a virtual hart. */
#ifndef DEMO_H
#define DEMO_H

typedef unsigned long ulong;

#define csr_read(name)                                                                             \
    ({                                                                                             \
        ulong value_;                                                                              \
        __asm__ volatile("csrr %0, " name : "=r"(value_)::"memory");                               \
        value_;                                                                                    \
    })
#define csr_write(name, value)                                                                     \
    __asm__ volatile("csrw " name ", %0" ::"r"((ulong)(value)) : "memory")
#define csr_set(name, value) __asm__ volatile("csrs " name ", %0" ::"r"((ulong)(value)) : "memory")

/* Where guests believe to be. */
#define GUEST_BASE  0x80000000ul
#define GUEST_STACK 0x80011000ul /* its page comes when it is touched */
#define GUEST_DATA  0x80200000ul /* likewise */
#define GUEST_MMIO  0x10000000ul /* the hypervisor plays a device there */

/* SBI: console, timer and reset extensions, and the console of firmwares before SBI 2.0. */
#define EID_DBCN           0x4442434eul
#define EID_TIME           0x54494d45ul
#define EID_SRST           0x53525354ul
#define EID_LEGACY_PUTCHAR 1

struct sbi_result {
    long error, value;
};

static inline __attribute__((always_inline)) struct sbi_result sbi(ulong eid, ulong fid, ulong arg0)
{
    register ulong a0 __asm__("a0") = arg0;
    register ulong a1 __asm__("a1") = 0;
    register ulong a2 __asm__("a2") = 0;
    register ulong a6 __asm__("a6") = fid;
    register ulong a7 __asm__("a7") = eid;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}

/* A virtual hart as enter_guest() (entry.S) loads and saves it: the order is known there. */
struct vcpu {
    ulong x[32];
    ulong sepc, sstatus, hstatus;
    ulong host[14]; /* ra, sp, s0 .. s11 of the hypervisor meanwhile */
};

/* Runs the guest until the next trap to HS-mode. */
void enter_guest(struct vcpu *v);

#endif
