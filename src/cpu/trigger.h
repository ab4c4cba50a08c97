/* Triggers (debug specification, "Sdtrig"): their CSRs are in trigger.c; here are the questions
 * that the engines, the MMU and the traps ask when a hart has some. */
#ifndef HEXTANT_CPU_TRIGGER_H
#define HEXTANT_CPU_TRIGGER_H

#include "common/types.h"
#include "cpu/fields.h"
#include "cpu/mode.h"

struct hart;

/* What triggers look for: accesses, which are bits of tdata1; traps that are taken; and whether one
 * counts instructions or fires before the next one, so that each is executed plainly. */
enum {
    TRIGGER_LOAD = TDATA1_LOAD,
    TRIGGER_STORE = TDATA1_STORE,
    TRIGGER_EXECUTE = TDATA1_EXECUTE,
    TRIGGER_ACCESS = TRIGGER_LOAD | TRIGGER_STORE | TRIGGER_EXECUTE,
    TRIGGER_TRAP = 8,
    TRIGGER_STEP = 16
};

/* Triggers that --triggers can give. */
enum { TRIGGERS_MAX = 8 };

/* Which of the solutions for reentrancy a hart has ("Native Triggers"): none; by the interrupt
 * enables of the mode that would handle the breakpoint; tcontrol. */
enum trigger_reentrancy { REENTRANCY_OFF, REENTRANCY_IE, REENTRANCY_TCONTROL };

/* One access at va, which is masked (zpm chapter) but not yet translated. */
struct trigger_access {
    u64 va;
    u64 data; /* the value, or the instruction, if it is known and fits XLEN: */
    u8 known;
    u16 span; /* bytes from va on whose addresses are compared */
    u8 size;  /* of the access or the instruction, in bytes; 0: not one that SIZE can name */
    u8 kinds; /* TRIGGER_LOAD, _STORE, _EXECUTE */
    u8 mode;  /* enum mode: the effective one */
};

/* The triggers there are; the type of one (TRIGGER_MCONTROL6, ...); is it enabled in that mode? */
unsigned trigger_count(const struct hart *h);
unsigned trigger_type(const struct hart *h, unsigned i);
bool trigger_enabled(const struct hart *h, unsigned i, enum mode mode);
/* The fields that tdata1 has for the type of the selected trigger. */
enum reg trigger_register(const struct hart *h);

/* Sets h->d.triggers to what the triggers look for. */
void trigger_derive(struct hart *h);
/* The first trigger that fires on the access now, or -1. All that do note it. Those that match an
 * instruction's address, in a chain that does not fire, are remembered for its accesses. */
int trigger_fires(struct hart *h, const struct trigger_access *a);
/* The same after a load, for its value: they fire before the next instruction. */
void trigger_loaded(struct hart *h, const struct trigger_access *a);
/* The instruction traps after a load of it has matched: it has not happened. */
void trigger_undone(struct hart *h);
/* Raises the breakpoint of trigger n at address va; TRAPPED. */
int raise_trigger(struct hart *h, u64 va, int n);
/* Might one fire on some access in there, in that mode (execution: in any)? */
bool trigger_watches(const struct hart *h, const struct trigger_access *a);
/* Does some trigger on execution look at the instruction itself, or its length? */
bool trigger_asks_insn(const struct hart *h);

/* The triggers, a bit for each, that count what happens next: an instruction of the present mode or
 * a trap from it; and their counts afterwards ("Instruction Count"). */
u8 trigger_counting(struct hart *h);
void trigger_counted(struct hart *h, u8 counting);
/* The first trigger that fires because of what was counted or trapped before, or -1. */
int trigger_pending(struct hart *h);
/* A trap has been entered, from that mode, with that value of xcause: triggers for it will fire. */
void trigger_trapped(struct hart *h, enum mode from, u64 cause);
/* Causes that medeleg does not have because there is tcontrol, a bit for each. */
u64 trigger_undelegable(const struct hart *h);
/* What a trap into M-mode and MRET do to tcontrol. */
void trigger_enter_machine(struct hart *h);
void trigger_leave_machine(struct hart *h);

#endif
