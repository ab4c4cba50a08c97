/* SBI calls that KVM hands to the VMM: the debug console, system suspend, and an extension of our
 * own in the vendor space, by which a probe asks the VMM to do to its vCPU what only a VMM can do.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

enum { SBI_DBCN = 0x4442434e, SBI_SUSP = 0x53555350, SBI_VMM = 0x09485854 };
enum { DBCN_WRITE = 0, DBCN_READ = 1, DBCN_WRITE_BYTE = 2 };
enum {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3
};

/* The functions of SBI_VMM. A register's id is passed as two 32-bit halves (a0 low, a1 high). */
enum {
    VMM_GET_REG = 0,     /* a1 = the value, a0 = 0 or -errno */
    VMM_SET_REG = 1,     /* a2 = the value */
    VMM_RESET_VCPU = 2,  /* MP_STATE_INIT_RECEIVED; goes on at a0 with a1 = registers left not 0 */
    VMM_DIRTY_PAGES = 3, /* a1 = pages written since the last call */
    VMM_GUEST_DEBUG = 4, /* a0 = 1: ebreak exits to the VMM, 0: the guest handles it */
    VMM_RESETS = 5,      /* a1 = how often the guest was reset */
    VMM_RENEW_VECTORS = 6, /* all are read, overwritten, and written back but the one numbered a0 */
};

static long dbcn_write(struct vm *vm, const unsigned long *args, unsigned long *value)
{
    u64 addr = args[1];
    if (sizeof(long) == 4)
        addr |= (u64)args[2] << 32;
    const char *text = vm_ram(vm, addr, args[0]);
    if (!text)
        return SBI_ERR_INVALID_PARAM;
    ssize_t done = write(STDOUT_FILENO, text, args[0]);
    if (done < 0)
        return SBI_ERR_FAILED;
    *value = (unsigned long)done;
    return SBI_SUCCESS;
}

static long dbcn_call(struct vm *vm, unsigned long function, const unsigned long *args,
                      unsigned long *value)
{
    switch (function) {
    case DBCN_WRITE:
        return dbcn_write(vm, args, value);
    case DBCN_READ:
        return SBI_SUCCESS; /* nothing typed: input comes through the UART */
    case DBCN_WRITE_BYTE:
        return write(STDOUT_FILENO, &(char){(char)args[0]}, 1) == 1 ? SBI_SUCCESS : SBI_ERR_FAILED;
    }
    return SBI_ERR_NOT_SUPPORTED;
}

/* KVM has already noted where the vCPU resumes; here the time passes. */
static long suspend(struct vm *vm)
{
    note("the guest is suspended for %u ms", vm->opt.suspend_ms);
    struct timespec delay = {vm->opt.suspend_ms / 1000, vm->opt.suspend_ms % 1000 * 1000000L};
    while (nanosleep(&delay, &delay) != 0 && errno == EINTR)
        continue;
    note("the guest resumes");
    return SBI_SUCCESS;
}

/* Resets the calling vCPU as a VMM does that has seen an INIT, then lets it go on at `entry`. */
static long reset_vcpu(struct vcpu *vcpu, unsigned long entry)
{
    struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_INIT_RECEIVED};
    vcpu_complete_exit(vcpu);
    if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &state) != 0)
        return -errno;
    unsigned left = reg_count_nonzero(vcpu);
    reg_write(vcpu, "core.pc", entry);
    reg_write(vcpu, "core.a1", left);
    return SBI_SUCCESS;
}

static long vmm_call(struct vcpu *vcpu, unsigned long function, const unsigned long *args,
                     unsigned long *value)
{
    u64 id = (u32)args[0] | (u64)args[1] << 32, reg = 0;
    long error = SBI_ERR_NOT_SUPPORTED;
    switch (function) {
    case VMM_GET_REG:
        error = -reg_get(vcpu, id, &reg);
        *value = (unsigned long)reg;
        break;
    case VMM_SET_REG:
        error = -reg_set(vcpu, id, args[2]);
        break;
    case VMM_RESET_VCPU:
        error = reset_vcpu(vcpu, args[0]);
        break;
    case VMM_DIRTY_PAGES:
        *value = (unsigned long)vm_dirty_pages(vcpu->vm);
        error = SBI_SUCCESS;
        break;
    case VMM_GUEST_DEBUG:
        vcpu_guest_debug(vcpu, args[0] ? KVM_GUESTDBG_ENABLE : 0);
        error = SBI_SUCCESS;
        break;
    case VMM_RENEW_VECTORS:
        error = -vectors_renew(vcpu, args[0]);
        break;
    case VMM_RESETS:
        *value = vcpu->vm->resets_done;
        error = SBI_SUCCESS;
        break;
    }
    return error;
}

void sbi_exit(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    unsigned long args[6], value = 0;
    memcpy(args, run->riscv_sbi.args, sizeof(args));
    long error = SBI_ERR_NOT_SUPPORTED;
    switch (run->riscv_sbi.extension_id) {
    case SBI_DBCN:
        error = dbcn_call(vcpu->vm, run->riscv_sbi.function_id, args, &value);
        break;
    case SBI_SUSP:
        error = suspend(vcpu->vm);
        break;
    case SBI_VMM:
        error = vmm_call(vcpu, run->riscv_sbi.function_id, args, &value);
        break;
    }
    run->riscv_sbi.ret[0] = (unsigned long)error;
    run->riscv_sbi.ret[1] = value;
}
