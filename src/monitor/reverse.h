/* Going backwards: back to a moment of the machine's history, and forwards from there to the place.
 * Nobody notices that the way there was executed before; points are passed without a stop, and
 * count nothing. */
#ifndef HEXTANT_MONITOR_REVERSE_H
#define HEXTANT_MONITOR_REVERSE_H

#include "monitor/control.h"

/* Is there a history to go back in? 0, or -1 with *err. */
int reverse_ready(const struct control *c, struct error *err);

/* Each returns 0 with the machine where it was to go, or at the start of its history if that comes
 * first (c->stop.why is STOPPED_START then); or -1 with *err, where it was. */

/* To where all harts together had executed so many instructions; forwards, too. */
int reverse_goto(struct control *c, u64 executed, struct error *err);
/* Forwards only, executing everything on the way. */
int reverse_run(struct control *c, u64 executed, struct error *err);
/* To before the last `count` instructions of that hart. */
int reverse_step(struct control *c, struct hart *h, u64 count, struct error *err);
/* To the last place where a point would have stopped the machine. */
int reverse_continue(struct control *c, struct error *err);
/* The same for this hart's last arrival at one of `num` addresses, in the mode and with the sp that
 * it has now, or a higher one. */
struct reverse_aim {
    u64 pc[2];
    u32 num;
    u64 sp;
    enum mode mode;
};
int reverse_to(struct control *c, struct hart *h, const struct reverse_aim *aim, struct error *err);

#endif
