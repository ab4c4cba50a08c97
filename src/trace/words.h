/* Events in words, as every screen and file shows them. */
#ifndef HEXTANT_TRACE_WORDS_H
#define HEXTANT_TRACE_WORDS_H

#include "cpu/hart.h"

/* Does this change of mode enter a handler (a trap), or return from one? */
bool mode_is_entry(enum mode from, enum mode to);
/* In the mode hook: the slot at which the new mode begins. A returning instruction still has its
 * own slot to use up; a trap has used one. */
u64 mode_begin(const struct hart *h, enum mode from);
/* The mode that a trap into `bank` enters. */
enum mode mode_of_bank(enum bank bank);
/* Name of the event's cause: "load page fault", "supervisor timer interrupt". */
const char *trap_name(const struct trap_event *ev);
/* Which bits sent the trap where it went: "medeleg[13]=1, hedeleg[13]=0 -> HS". Returns buf. */
char *delegation_words(const struct hart *h, const struct trap_event *ev, char *buf, size_t len);
/* Short name of an interrupt code, "STI", or "?". */
const char *interrupt_short_name(unsigned code);
/* The interrupts of a mask by short name, "VSSI VSTI". Returns buf. */
char *interrupt_mask_words(u64 mask, char *buf, size_t len);
/* Present VMID of h. */
unsigned hart_vmid(const struct hart *h);

#endif
