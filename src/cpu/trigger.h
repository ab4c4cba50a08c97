/* Address triggers (Sdtrig, type mcontrol6 with the breakpoint action): their CSRs, and the
 * questions that the engines and the MMU ask when a hart has some. */
#ifndef HEXTANT_CPU_TRIGGER_H
#define HEXTANT_CPU_TRIGGER_H

#include "common/types.h"
#include "cpu/fields.h"
#include "cpu/mode.h"

struct hart;

/* The accesses that a trigger may look at: bits of tdata1. */
enum { TRIGGER_LOAD = TDATA1_LOAD, TRIGGER_STORE = TDATA1_STORE, TRIGGER_EXECUTE = TDATA1_EXECUTE };

/* Triggers that --triggers can give. */
enum { TRIGGERS_MAX = 8 };

/* One access: `size` bytes at va, which is masked (zpm chapter) but not yet translated. */
struct trigger_access {
    u64 va;
    u16 size;
    u8 kinds; /* TRIGGER_* */
    u8 mode;  /* enum mode: the effective one */
};

/* Sets h->d.triggers to the kinds of access that some trigger looks at. */
void trigger_derive(struct hart *h);
/* The first trigger that fires on the access now, or -1. All that do note it. */
int trigger_fires(struct hart *h, const struct trigger_access *a);
/* Raises the breakpoint of trigger n at address va; TRAPPED. */
int raise_trigger(struct hart *h, u64 va, int n);
/* Might one fire on some access in there, in that mode (execution: in any)? */
bool trigger_watches(const struct hart *h, const struct trigger_access *a);

#endif
