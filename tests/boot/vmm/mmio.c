/* Accesses of the guest outside its RAM: which device they belong to. Anything that no device
 * claims reads as 0, and the first few such accesses are reported, so that a stray pointer shows.
 */
#include <string.h>

#include "vmm.h"

enum { FINISHER_PASS = 0x5555, FINISHER_FAIL = 0x3333, FINISHER_RESET = 0x7777 };

enum { MAX_STRAY_REPORTS = 20 };

static u64 uart_access(struct vcpu *vcpu, u64 offset, u64 value)
{
    if (vcpu->run->mmio.is_write)
        uart_write(vcpu->vm, offset, (u8)value);
    else
        return uart_read(vcpu->vm, offset);
    return 0;
}

static u64 plic_access(struct vcpu *vcpu, u64 offset, u64 value)
{
    if (vcpu->run->mmio.is_write)
        plic_write(vcpu->vm, offset, (u32)value);
    else
        return plic_read(vcpu->vm, offset);
    return 0;
}

static u64 finisher_access(struct vcpu *vcpu, u64 offset, u64 value)
{
    if (!vcpu->run->mmio.is_write || offset != 0)
        return 0;
    switch (value & 0xffff) {
    case FINISHER_PASS:
        finish(vcpu->vm, 0);
    case FINISHER_FAIL:
        note("the guest ended with failure %u", (unsigned)(value >> 16));
        finish(vcpu->vm, 1);
    }
    return 0;
}

static const struct device {
    u64 base, size;
    u64 (*access)(struct vcpu *vcpu, u64 offset, u64 value); /* a write returns 0 */
} devices[] = {
    {UART_BASE, UART_SIZE, uart_access},
    {PLIC_BASE, PLIC_SIZE, plic_access},
    {FINISHER_BASE, 0x1000, finisher_access},
};

void mmio_exit(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    u64 addr = run->mmio.phys_addr, value = 0;
    if (run->mmio.len > sizeof(value))
        die(1, "vCPU %u: KVM reports an access of %u bytes", vcpu->id, run->mmio.len);
    if (run->mmio.is_write)
        memcpy(&value, run->mmio.data, run->mmio.len);
    const struct device *dev = NULL;
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        if (addr - devices[i].base < devices[i].size)
            dev = &devices[i];
    pthread_mutex_lock(&vcpu->vm->lock);
    if (dev)
        value = dev->access(vcpu, addr - dev->base, value);
    else if (vcpu->vm->stray_accesses++ < MAX_STRAY_REPORTS)
        note("vCPU %u: %s of %u bytes at 0x%llx, where nothing is", vcpu->id,
             run->mmio.is_write ? "store" : "load", run->mmio.len, (unsigned long long)addr);
    pthread_mutex_unlock(&vcpu->vm->lock);
    if (!run->mmio.is_write)
        memcpy(run->mmio.data, dev ? &value : &(u64){0}, run->mmio.len);
}
