/* Interrupts pending, and the comparators that raise them. */
#ifndef HEXTANT_CPU_IRQ_H
#define HEXTANT_CPU_IRQ_H

#include "common/types.h"
#include "cpu/hart.h"

/* Bits of mip, mie, ... by target. */
#define IP_VS (BIT(IRQ_VSSI) | BIT(IRQ_VSTI) | BIT(IRQ_VSEI))
#define IP_S  (BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI))
#define IP_M  (BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI))

/* Is this one of the interrupts that VS-mode sees under another number? */
static inline bool vs_interrupt(unsigned code)
{
    return code < 64 && (IP_VS >> code & 1);
}

/* mip as M-mode reads it: software's bits, the lines, hvip, hgeip, comparators. */
u64 mip_value(const struct hart *h);
/* `time` as read with V=0 and V=1. */
u64 time_value(const struct hart *h, unsigned v);
/* Recomputes STIP and VSTIP from the comparators, and the slot of their next change. */
void update_timers(struct hart *h);

#endif
