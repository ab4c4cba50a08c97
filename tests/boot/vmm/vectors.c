/* The vector group of ONE_REG: everything is read, overwritten, and written back as a VMM does that
 * moves a vCPU, except one register, if a probe says so to find out whether it would notice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

enum { NUM_CSRS = 4, NUM_V = 32, NUM = NUM_CSRS + NUM_V, V_MOST = 256 };

/* A register: vstart, vl, vtype, vcsr, then v0 to v31. */
static u64 id_of(unsigned i, u64 vlenb)
{
    static const u64 csr[NUM_CSRS] = {
        KVM_REG_RISCV_VECTOR_CSR_REG(vstart), KVM_REG_RISCV_VECTOR_CSR_REG(vl),
        KVM_REG_RISCV_VECTOR_CSR_REG(vtype), KVM_REG_RISCV_VECTOR_CSR_REG(vcsr)};
    u64 group = KVM_REG_RISCV | KVM_REG_RISCV_VECTOR;
    if (i < NUM_CSRS)
        return group | REG_SIZE_LONG | csr[i];
    return group | (u64)__builtin_ctzll(vlenb) << KVM_REG_SIZE_SHIFT |
           KVM_REG_RISCV_VECTOR_REG(i - NUM_CSRS);
}

static int request(struct vcpu *vcpu, unsigned long what, u64 id, void *value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (u64)(uintptr_t)value};
    return ioctl(vcpu->fd, what, &reg) == 0 ? 0 : errno;
}

int vectors_renew(struct vcpu *vcpu, unsigned long left_out)
{
    static const u8 zero[V_MOST];
    u8 value[NUM][V_MOST] = {0}, other[V_MOST];
    u64 vlenb = 0;
    int error = reg_get(vcpu,
                        KVM_REG_RISCV | KVM_REG_RISCV_VECTOR | REG_SIZE_LONG |
                            KVM_REG_RISCV_VECTOR_CSR_REG(vlenb),
                        &vlenb);
    if (!error && (vlenb < 2 || vlenb > V_MOST))
        error = EOVERFLOW;
    for (unsigned i = 0; i < NUM && !error; i++)
        error = request(vcpu, KVM_GET_ONE_REG, id_of(i, vlenb), value[i]);
    for (unsigned i = 0; i < NUM && !error; i++) {
        for (unsigned k = 0; k < V_MOST; k++)
            other[k] = (u8)~value[i][k];
        error =
            request(vcpu, KVM_SET_ONE_REG, id_of(i, vlenb), i < NUM_CSRS ? (void *)zero : other);
    }
    for (unsigned i = 0; i < NUM && !error; i++)
        if (i != left_out)
            error = request(vcpu, KVM_SET_ONE_REG, id_of(i, vlenb), value[i]);
    return error;
}
