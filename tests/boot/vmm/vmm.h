/* A small virtual machine monitor on Linux's /dev/kvm for RISC-V: what its parts share. One struct
 * vm holds everything; its devices are guarded by one lock, everything else belongs to one vCPU's
 * thread or is fixed before the threads start. */
#ifndef VMM_H
#define VMM_H

#include <linux/kvm.h>
#include <pthread.h>

#include "common/types.h"

enum {
    MAX_VCPUS = 8,
    UART_IRQ = 10,
    PLIC_SOURCES = 32,
};

#if __riscv_xlen == 64
#define REG_SIZE_LONG KVM_REG_SIZE_U64
#else
#define REG_SIZE_LONG KVM_REG_SIZE_U32
#endif

#define RAM_BASE      0x80000000ull
#define FINISHER_BASE 0x00100000ull
#define PLIC_BASE     0x0c000000ull
#define PLIC_SIZE     0x00400000ull
#define UART_BASE     0x10000000ull
#define UART_SIZE     0x100ull

/* What the command line asks for. Paths are NULL when not given; sizes are in bytes. */
struct options {
    const char *kernel, *initrd, *probe, *dtb, *append, *dump_dtb;
    const char *regs[32]; /* --set, --get and --list, in the order given */
    unsigned nregs;
    u64 memory;
    u64 map_guest, map_physical; /* --map: page addresses */
    unsigned vcpus;
    unsigned suspend_ms; /* how long a system suspend lasts */
    unsigned reboots;    /* how many guest resets are carried out before one ends the run */
    bool map, huge_pages, dirty_log, guest_debug, stats;
};

/* A platform interrupt controller with one supervisor context a vCPU. */
struct plic {
    u32 priority[PLIC_SOURCES];
    u32 line, pending, in_service; /* one bit a source */
    u32 enable[MAX_VCPUS];
    u32 threshold[MAX_VCPUS];
    bool asserted[MAX_VCPUS]; /* what KVM was last told */
};

/* A 16550A whose transmitter is always empty. */
struct uart {
    u8 ier, lcr, mcr, scr, fcr, dll, dlm;
    bool thr_pending; /* the transmitter-empty interrupt is due */
    u8 rx[64];
    unsigned rx_head, rx_count;
    pthread_cond_t room;
};

struct vcpu {
    struct vm *vm;
    unsigned id;
    int fd;
    int stats_fd; /* opened early: a running vCPU answers no ioctl; -1 without --stats */
    struct kvm_run *run;
    pthread_t thread;
};

struct vm {
    struct options opt;
    int kvm, fd;
    size_t run_size;
    u8 *ram;
    u64 entry, dtb_addr; /* guest-physical; dtb_addr is 0 for a probe */
    u64 initrd_start, initrd_end;
    struct vcpu vcpu[MAX_VCPUS];

    pthread_mutex_t lock; /* guards the devices */
    unsigned stray_accesses;
    struct plic plic;
    struct uart uart;

    _Atomic bool resetting;
    unsigned resets_done;
    pthread_barrier_t reset_barrier;
};

/* ---- main.c ------------------------------------------------------------------------------------
 */

/* Prints one line on stderr and ends the process: status 2 for wrong usage, 1 for a failure. */
_Noreturn void die(int status, const char *format, ...) PRINTF(2, 3);
/* Prints one line on stderr. */
void note(const char *format, ...) PRINTF(1, 2);
/* Ends the process after the guest's output is out. */
_Noreturn void finish(struct vm *vm, int status);

/* ---- vm.c --------------------------------------------------------------------------------------
 */

/* Opens KVM, makes the VM, its RAM and its vCPUs as vm->opt says; ends the process on failure. */
void vm_create(struct vm *vm);
/* Runs every vCPU until the guest ends the run; returns never. */
_Noreturn void vm_run(struct vm *vm);
/* The host address of `len` bytes at a guest-physical address, NULL when not all of it is RAM. */
void *vm_ram(struct vm *vm, u64 addr, u64 len);
/* How many pages were written since the last call (needs --dirty-log), -1 without. */
s64 vm_dirty_pages(struct vm *vm);
/* Completes the exit a vCPU is in, so that its registers are those of the next instruction. */
void vcpu_complete_exit(struct vcpu *vcpu);
/* Turns KVM's guest debugging (ebreak exits to the VMM) on or off. */
void vcpu_guest_debug(struct vcpu *vcpu, u32 control);
/* Prints KVM's counters that are not zero: STAT lines are what a vCPU's file descriptor tells,
 * DEBUGFS lines what debugfs has of this VM and of all. */
void vm_print_stats(struct vm *vm);

/* ---- load.c ------------------------------------------------------------------------------------
 */

/* Puts kernel, initrd and device tree, or the probe, into RAM, and sets entry and dtb_addr. */
void load_guest(struct vm *vm);

/* ---- tree.c ------------------------------------------------------------------------------------
 */

/* Writes the guest's device tree to `buf` (size bytes). */
void tree_build(struct vm *vm, void *buf, int size);

/* ---- onereg.c ----------------------------------------------------------------------------------
 */

/* The id of a register by name ("csr.satp", "isa.sstc", "0x80..."), 0 when there is none. */
u64 reg_id(const char *name);
/* KVM_GET_ONE_REG and KVM_SET_ONE_REG; 0 or an errno value. */
int reg_get(struct vcpu *vcpu, u64 id, u64 *value);
int reg_set(struct vcpu *vcpu, u64 id, u64 value);
/* By name; ends the process when KVM refuses. */
u64 reg_read(struct vcpu *vcpu, const char *name);
void reg_write(struct vcpu *vcpu, const char *name, u64 value);
/* Carries out one command-line request, "NAME" to print, "NAME=VALUE" to set, "*" to list all. */
void reg_request(struct vcpu *vcpu, const char *request);
/* Counts, and prints, the core and CSR registers that are not 0. */
unsigned reg_count_nonzero(struct vcpu *vcpu);
/* The guest's single-letter and named extensions, as `riscv,isa` spells them. */
void reg_isa_string(struct vcpu *vcpu, char *buf, size_t size);

/* ---- vectors.c ---------------------------------------------------------------------------------
 */

/* Reads, overwrites and writes back the registers of the vector group, except one: 0 to 3 are
 * vstart, vl, vtype and vcsr, then v0 to v31; from 36 on none is left out. 0 or an errno value. */
int vectors_renew(struct vcpu *vcpu, unsigned long left_out);

/* ---- sbi.c, mmio.c, uart.c, plic.c -------------------------------------------------------------
 */

/* Serves an SBI call that KVM forwards. */
void sbi_exit(struct vcpu *vcpu);
/* Serves a load or store outside RAM. */
void mmio_exit(struct vcpu *vcpu);

/* Register `reg` (0..7) of the UART; the VM's lock is held. */
u8 uart_read(struct vm *vm, u64 reg);
void uart_write(struct vm *vm, u64 reg, u8 value);
/* Starts the thread that feeds stdin to the UART. */
void uart_start_input(struct vm *vm);

/* A 32-bit register of the PLIC; the VM's lock is held. */
u32 plic_read(struct vm *vm, u64 offset);
void plic_write(struct vm *vm, u64 offset, u32 value);
/* Drives the level of an interrupt source; the VM's lock is held. */
void plic_raise(struct vm *vm, unsigned source);
void plic_lower(struct vm *vm, unsigned source);

#endif
