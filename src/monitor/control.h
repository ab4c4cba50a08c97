/* Control of the run: stepping, running until something happens, and what that may be. The monitor
 * and the gdb stub stand on this. */
#ifndef HEXTANT_MONITOR_CONTROL_H
#define HEXTANT_MONITOR_CONTROL_H

#include "machine/machine.h"
#include "monitor/points.h"
#include "monitor/record.h"

enum stop_why {
    STOPPED_START, /* nothing has run yet */
    STOPPED_COUNT, /* the steps are done */
    STOPPED_POINT, /* stop_info.point; owner OWNER_COMMAND: the place a command ran to */
    STOPPED_ASKED, /* the user wants to look */
    STOPPED_ENDED  /* the run is over: machine.stop_reason says why */
};

struct stop_info {
    u8 why;
    u8 kind, owner; /* of the point */
    u8 access;      /* watchpoint: WATCH_READ or WATCH_WRITE */
    u32 point;      /* its number */
    struct hart *hart;
    u64 addr;       /* watchpoint: the address as it was given */
    u64 old, value; /* watchpoint: before and after */
    bool trapped;   /* a trap has been taken since the run was resumed */
    char text[200]; /* for the person */
};

/* Where a hart stood when somebody was told of a point that stops before the instruction there. */
struct reported {
    u64 clock, pc;
    bool valid;
};

struct control_hart {
    struct trap_log log;
    struct reported breakpoint, watch; /* watch: one of gdb's */
};

struct control {
    struct machine *m;
    struct points points;
    struct probe *probe;       /* a hart to try things on */
    struct control_hart *hart; /* one for each */
    struct hart *focus;        /* the hart that commands mean */
    struct stop_info stop;
    u64 *marks; /* where decoded code stops for us, sorted */
    u32 num_marks;
    u64 filter[4]; /* a bit for (pc >> 1) & 255 of every mark */
    u64 watches;   /* changes when the watched places do */
    bool started;
    bool quiet;              /* on a way that was gone before: points are passed */
    struct point *watch_hit; /* report its value when the instruction is over */
};

/* NULL without memory. */
struct control *control_new(struct machine *m);
/* Takes every hook away; the run goes on alone if it is resumed. */
void control_free(struct control *c);
/* Has the run ended? */
bool control_ended(const struct control *c);
/* Does the machine stand still because a hart traps for ever? */
bool control_storm(const struct control *c);
/* Each runs and returns when the machine stands still again, with c->stop filled in. */
void control_go(struct control *c);
/* `count` instructions of that hart, whatever the others do meanwhile. */
void control_step(struct control *c, struct hart *h, u64 count);
/* As control_go, but only that hart runs. */
void control_go_alone(struct control *c, struct hart *h);
/* One instruction of that hart while the others stand still. */
void control_step_alone(struct control *c, struct hart *h);
/* Runs until that hart is at pc in the present mode and address space with sp at least `sp`. */
void control_run_to(struct control *c, struct hart *h, u64 pc, u64 sp);
/* Runs until that hart is at pc in a mode, hart and address space that the filter names. */
void control_run_until(struct control *c, struct hart *h, u64 pc, const struct filter *f);
/* Runs until the handler of the trap that hart has just taken comes back to the instruction that
 * trapped, or behind it. */
void control_run_back(struct control *c, struct hart *h);
/* The machine has been put somewhere else: what is known of its past is forgotten. */
void control_moved(struct control *c);
/* Keeps the machine as it is, in memory, under a name that is not taken; goes back there. 0, or -1
 * with *err. */
int control_keep(struct control *c, const char *name, struct error *err);
int control_go_back(struct control *c, const char *name, struct error *err);
/* What is known of the past, put aside while the machine goes elsewhere, and taken back when it
 * stands where it stood. 0, or -1 with *err: without memory. */
struct parked {
    struct control_hart *hart;
    struct stop_info stop;
    struct hart *focus;
};
int control_park(struct control *c, struct parked *p, struct error *err);
void control_unpark(struct control *c, const struct parked *p);
/* Why the machine has ended, in words. */
const char *control_end_text(const struct control *c, char *buf, size_t len);
/* The functions that a hart calls while it runs under control (hooks.c). */
void control_hook(struct control *c);
void control_unhook(struct control *c);
/* After the run: values of a watch that was hit. */
void control_settle(struct control *c);

#endif
