/* Interrupts pending, and the comparators that raise them. */
#ifndef HEXTANT_CPU_IRQ_H
#define HEXTANT_CPU_IRQ_H

#include "common/types.h"
#include "cpu/hart.h"
#include "cpu/trap.h"

/* Bits of mip, mie, ... by target. */
#define IP_VS (BIT(IRQ_VSSI) | BIT(IRQ_VSTI) | BIT(IRQ_VSEI))
#define IP_S  (BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI))
#define IP_M  (BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI))
#define IP_HS (IP_VS | BIT(IRQ_SGEI)) /* those of hip and hie */

/* Is this one of the interrupts that VS-mode sees under another number? */
static inline bool vs_interrupt(unsigned code)
{
    return code < 64 && (IP_VS >> code & 1);
}

/* mip as M-mode reads it: software's bits, the lines, hvip, hgeip, comparators. */
u64 mip_value(const struct hart *h);
/* mvip, sip, sie, vsip, vsie and hideleg as they read; the writable bits of sie. */
u64 mvip_value(const struct hart *h);
u64 sip_value(const struct hart *h);
u64 sie_value(const struct hart *h);
u64 sie_bits(const struct hart *h);
u64 vsip_value(const struct hart *h);
u64 vsie_value(const struct hart *h);
u64 hideleg_value(const struct hart *h);

/* The highest-priority interrupt that is pending and enabled for M, (H)S or VS. */
struct top_interrupt {
    u32 topi;   /* as mtopi, stopi or vstopi shows it; 0: there is none */
    u16 code;   /* as that level sees it */
    u16 number; /* what its priority number amounts to: enum iprio_number, else 1 .. 256 */
    u8 source;  /* enum irq_source */
};
/* An interrupt without a priority number comes before or after all that have one, by its default
 * place relative to the level's external interrupt. */
enum iprio_number { IPRIO_BEFORE_ALL = 0, IPRIO_EXTERNAL = 256, IPRIO_AFTER_ALL = 257 };
struct top_interrupt top_interrupt(const struct hart *h, enum bank bank);
/* The priority number that software has given an interrupt of a level; 0: none. */
unsigned irq_priority(const struct hart *h, enum bank bank, unsigned code);
/* "mideleg[10]=1, hideleg[10]=1": the registers that send an interrupt where it goes. Returns buf.
 */
char *irq_route_text(const struct delegation *d, unsigned code, char *buf, size_t len);
/* "priority number 3": an interrupt's place among those of its level. Returns buf. */
char *irq_number_text(unsigned number, char *buf, size_t len);
/* All interrupt codes, highest default priority first. */
extern const u8 irq_order[64];
/* `time` as read with V=0 and V=1. */
u64 time_value(const struct hart *h, unsigned v);
/* Recomputes STIP and VSTIP from the comparators, and the slot of their next change. */
void update_timers(struct hart *h);

#endif
