/* Who wrote this? The last thing that wrote to a place in memory, a register or a CSR, found by
 * going back in the machine's history and looking on while the past is executed again. */
#ifndef HEXTANT_MONITOR_ORIGIN_H
#define HEXTANT_MONITOR_ORIGIN_H

#include "bus/bus.h"
#include "monitor/control.h"

enum origin_kind {
    ORIGIN_NONE,    /* nothing since the history's start */
    ORIGIN_INSN,    /* the instruction at pc */
    ORIGIN_WALK,    /* the page walk of the instruction at pc, which set A or D */
    ORIGIN_TRAP,    /* the hart, when it took a trap at pc */
    ORIGIN_DEVICE,  /* a device, or the firmware if `dev` is NULL, in memory */
    ORIGIN_OUTSIDE, /* a CSR: a device or another hart, between two instructions */
    ORIGIN_RESET    /* the machine's reset */
};

struct origin {
    enum origin_kind kind;
    u64 executed; /* what all harts had executed before: a number for reverse_goto() */
    u64 pc;
    u32 hart, insn; /* whose instruction it was, or was executed meanwhile; its bits */
    bool idle;      /* no hart executed */
    u8 mode;
    u16 vmid;
    const char *dev; /* the device's name */
};

/* What is looked for. */
enum origin_of { ORIGIN_MEMORY, ORIGIN_X, ORIGIN_F, ORIGIN_V, ORIGIN_CSR };
struct origin_place {
    enum origin_of of;
    u64 pa, len;     /* ORIGIN_MEMORY: in RAM */
    unsigned number; /* of the register or CSR */
    struct hart *h;  /* whose */
};

/* What wrote it last, before so many instructions had been executed. The machine comes back to
 * where it stands. 0, or -1 with *err. */
int origin_find(struct control *c, const struct origin_place *place, u64 before, struct origin *o,
                struct error *err);
/* "last written by unmap+0x2c in HS-mode, 81204 instructions ago; goto 4811203311", counted from
 * `before`. Returns buf. */
char *origin_text(struct control *c, const struct origin *o, u64 before, char *buf, size_t len);

#endif
