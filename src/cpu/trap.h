/* Traps: causes (trap.def), raising, delegation, entry and return. */
#ifndef HEXTANT_CPU_TRAP_H
#define HEXTANT_CPU_TRAP_H

#include "common/types.h"
#include "cpu/mode.h"
#include "cpu/reason.h"

enum cause {
#define EXC(code, e, name, tval, guest, deleg) CAUSE_##e = (code),
#define IRQ(code, e, name)
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};

enum irq {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) IRQ_##e = (code),
#include "cpu/trap.def"
#undef EXC
#undef IRQ
};

/* Codes that are counted one by one (struct hart: exceptions, interrupts). */
enum { EXCEPTION_CODES = 24, INTERRUPT_CODES = 64 };

enum { TRAPPED = -1 }; /* what a function returns after raise_exception() */

struct hart;

/* Where an interrupt has been made pending (the AIA adds all but the first). */
enum irq_source { IRQ_FROM_MIP, IRQ_FROM_MVIP, IRQ_FROM_HVIP, IRQ_FROM_HVICTL };

/* Where a trap goes and why: the registers that decided. */
struct delegation {
    enum bank bank;
    u8 medeleg, hedeleg; /* the bits consulted (mideleg/hideleg for interrupts) */
    u8 irq;              /* interrupt */
    u8 source;           /* of an interrupt: enum irq_source */
    u16 number;          /* of an interrupt: its priority number; see struct top_interrupt */
    u32 cause;           /* as the target sees it (VS interrupts are renumbered) */
};

/* Name of an exception or interrupt code, or "reserved". */
const char *exception_name(unsigned code);
const char *interrupt_name(unsigned code);
/* The exception codes that cannot happen on this hart, and so cannot be delegated. */
u64 impossible_exceptions(const struct hart *h);
/* The exception codes that `medeleg` / `hedeleg` can hold. */
u64 medeleg_writable(const struct hart *h);
u64 hedeleg_writable(const struct hart *h);

/* Records an exception of the instruction that executes, and the rule that refused it, in h->trap;
 * returns TRAPPED. What else the refusal says is for the caller to add. */
int raise_exception(struct hart *h, enum cause cause, u64 tval, enum reason reason);
int raise_illegal(struct hart *h, enum reason reason);
int raise_virtual(struct hart *h, enum reason reason);
/* Decides where exception `cause` goes when it happens in the current mode. */
struct delegation delegate(const struct hart *h, unsigned cause);
/* Takes the recorded exception: architectural entry into the bank that delegate() names. An
 * instruction that is held has not happened: the hart stays before it, and no slot has passed. */
void take_exception(struct hart *h);
/* The interrupt that would be taken now (its code in mip, or what hvictl says), or -1; fills *d. */
int pending_interrupt(const struct hart *h, struct delegation *d);
void take_interrupt(struct hart *h, int irq, const struct delegation *d);
/* MRET, SRET (by the mode table), MNRET. 0, or TRAPPED. */
int do_mret(struct hart *h);
int do_sret(struct hart *h);
int do_mnret(struct hart *h);
/* Smrnmi: enters the handler of resumable non-maskable interrupts. */
void enter_nmi(struct hart *h, u64 cause, u64 epc);
/* Zicfilp: is xLPE set for that mode? */
bool landing_pads_on(const struct hart *h, enum mode mode);

#endif
