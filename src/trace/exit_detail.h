/* One VM exit: a trap from VS or VU that ends in HS-mode or M-mode, until the hart is back in a
 * guest. */
#ifndef HEXTANT_TRACE_EXIT_DETAIL_H
#define HEXTANT_TRACE_EXIT_DETAIL_H

#include "cpu/hart.h"
#include "trace/guest_map.h"

enum exit_outcome {
    EXIT_OPEN,    /* not back yet */
    EXIT_RETRIED, /* the same instruction was executed again */
    EXIT_PASSED,  /* the guest goes on behind it: it was emulated */
    EXIT_AWAY     /* somewhere else: a trap was injected, or another guest runs */
};

struct vm_exit {
    u64 clock, retired; /* when the guest was left */
    u64 at;             /* instructions of all harts before what left it: where `goto` goes */
    u64 hs;             /* instructions retired in HS-mode since then */
    u64 mark;           /* instructions retired when the last mode was entered */
    u64 epc, tval, tval2, tinst, hgatp;
    u64 eid, fid;       /* a7 and a6 */
    const char *device; /* at the guest-physical address, or NULL */
    u16 vmid;
    u8 code, interrupt, to; /* to: enum mode; HS also if the firmware passed it on */
    u8 passed_on;           /* the firmware redirected it: to HS or VS (enum mode); else MODE_M */
    u8 user;                /* U-mode has run meanwhile: the hypervisor's user space was asked */
    u8 moved;               /* has left the mode it entered */
    u8 outcome;             /* enum exit_outcome */
};

/* Does this trap leave a guest? */
bool vm_exit_begins(const struct trap_event *ev);
/* Notes everything about it; h has not entered the handler yet. */
void vm_exit_begin(struct vm_exit *x, struct hart *h, const struct trap_event *ev,
                   struct guest_maps *maps);
/* h has changed its mode. True when it is back in a guest: the exit is over. */
bool vm_exit_move(struct vm_exit *x, const struct hart *h, enum mode from);
/* Where it went: "to HS", "to VS by the firmware", "settled by the firmware"; `firmware`: is M-mode
 * the embedded firmware's? */
const char *exit_target(enum mode to, enum mode passed_on, bool firmware);
/* "environment call from VS-mode". */
const char *vm_exit_cause(const struct vm_exit *x);
/* What exactly: "time.set_timer", "csr cycle (read)", "wfi", "mmio serial@10000000 (write)",
 * "memory mapped". All registers of a device are one; of an unknown one the page is named. May be
 * empty. Returns buf. */
char *vm_exit_detail(const struct vm_exit *x, const struct hart *h, char *buf, size_t len);

#endif
