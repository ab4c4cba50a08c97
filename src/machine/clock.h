/* Slots, ticks and nanoseconds: what the run loop and those who wait share. See machine.h for what
 * everybody may ask. */
#ifndef HEXTANT_MACHINE_CLOCK_H
#define HEXTANT_MACHINE_CLOCK_H

#include "machine/machine.h"

enum {
    NS_PER_TICK = 1000000000 / TIMEBASE_HZ,
    REAL_SLICE = 50000, /* --clock=real: slots between two looks at the clock */
};

/* --clock=real: looks at the host's clock. In between, time stands still. */
void clock_look(struct machine *m);
/* Slots that make up a tick of `mtime`. */
u64 clock_slots_per_tick(const struct machine *m);
/* The slot at which machine_ticks() becomes `ticks`; UINT64_MAX if that is out of reach. */
u64 clock_slot_of_ticks(const struct machine *m, u64 ticks);
/* The slot of the next event of a device or comparator, with the virtual clock; or UINT64_MAX. */
u64 clock_next_event(const struct machine *m);
/* The running hart must come back at `slot`, or after its present instruction. */
void clock_shorten_slice(struct hart *h, u64 slot);
/* Lets idle slots of the hart pass until `slot`. */
void clock_pass(struct hart *h, u64 slot);

#endif
