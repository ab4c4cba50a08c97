/* The guest's interrupt controller, as the PLIC specification has it: level-triggered sources, one
 * supervisor context a vCPU, whose interrupt line is KVM_INTERRUPT. */
#include <sys/ioctl.h>

#include "vmm.h"

enum {
    PLIC_PENDING = 0x1000,
    PLIC_ENABLE = 0x2000,
    PLIC_ENABLE_STRIDE = 0x80,
    PLIC_CONTEXT = 0x200000,
    PLIC_CONTEXT_STRIDE = 0x1000,
};

/* The pending, enabled source of highest priority above the threshold; 0 when there is none. */
static unsigned best_source(const struct plic *plic, unsigned context)
{
    unsigned best = 0;
    u32 candidates = plic->pending & plic->enable[context];
    for (unsigned s = 1; s < PLIC_SOURCES; s++) {
        u32 floor = best ? plic->priority[best] : plic->threshold[context];
        if ((candidates & (1u << s)) && plic->priority[s] > floor)
            best = s;
    }
    return best;
}

/* Makes lines pending and tells KVM which vCPUs now see an external interrupt. */
static void plic_update(struct vm *vm)
{
    struct plic *plic = &vm->plic;
    plic->pending |= plic->line & ~plic->in_service;
    plic->pending &= plic->line | plic->in_service;
    for (unsigned c = 0; c < vm->opt.vcpus; c++) {
        bool want = best_source(plic, c) != 0;
        if (want == plic->asserted[c])
            continue;
        struct kvm_interrupt irq = {.irq = want ? KVM_INTERRUPT_SET : KVM_INTERRUPT_UNSET};
        if (ioctl(vm->vcpu[c].fd, KVM_INTERRUPT, &irq) != 0)
            die(1, "KVM_INTERRUPT failed for vCPU %u", c);
        plic->asserted[c] = want;
    }
}

static u32 plic_claim(struct vm *vm, unsigned context)
{
    unsigned source = best_source(&vm->plic, context);
    vm->plic.pending &= ~(1u << source);
    if (source)
        vm->plic.in_service |= 1u << source;
    plic_update(vm);
    return source;
}

static void plic_complete(struct vm *vm, u32 source)
{
    if (source > 0 && source < PLIC_SOURCES)
        vm->plic.in_service &= ~(1u << source);
    plic_update(vm);
}

u32 plic_read(struct vm *vm, u64 offset)
{
    struct plic *plic = &vm->plic;
    if (offset < PLIC_SOURCES * 4)
        return plic->priority[offset / 4];
    if (offset == PLIC_PENDING)
        return plic->pending;
    if (offset >= PLIC_CONTEXT) {
        unsigned context = (unsigned)((offset - PLIC_CONTEXT) / PLIC_CONTEXT_STRIDE);
        if (context >= vm->opt.vcpus)
            return 0;
        switch (offset % PLIC_CONTEXT_STRIDE) {
        case 0:
            return plic->threshold[context];
        case 4:
            return plic_claim(vm, context);
        }
    } else if (offset >= PLIC_ENABLE && offset % PLIC_ENABLE_STRIDE == 0) {
        unsigned context = (unsigned)((offset - PLIC_ENABLE) / PLIC_ENABLE_STRIDE);
        return context < vm->opt.vcpus ? plic->enable[context] : 0;
    }
    return 0;
}

void plic_write(struct vm *vm, u64 offset, u32 value)
{
    struct plic *plic = &vm->plic;
    if (offset < PLIC_SOURCES * 4) {
        plic->priority[offset / 4] = value & 7;
    } else if (offset >= PLIC_CONTEXT) {
        unsigned context = (unsigned)((offset - PLIC_CONTEXT) / PLIC_CONTEXT_STRIDE);
        if (context < vm->opt.vcpus && offset % PLIC_CONTEXT_STRIDE == 0)
            plic->threshold[context] = value & 7;
        else if (context < vm->opt.vcpus && offset % PLIC_CONTEXT_STRIDE == 4)
            plic_complete(vm, value);
    } else if (offset >= PLIC_ENABLE && offset % PLIC_ENABLE_STRIDE == 0) {
        unsigned context = (unsigned)((offset - PLIC_ENABLE) / PLIC_ENABLE_STRIDE);
        if (context < vm->opt.vcpus)
            plic->enable[context] = value & ~1u;
    }
    plic_update(vm);
}

void plic_raise(struct vm *vm, unsigned source)
{
    vm->plic.line |= 1u << source;
    plic_update(vm);
}

void plic_lower(struct vm *vm, unsigned source)
{
    vm->plic.line &= ~(1u << source);
    plic_update(vm);
}
