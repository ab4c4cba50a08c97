/* Lets several listeners look on at one hart: each has its own struct hart_trace, and what any of
 * them wants is installed in the hart. */
#ifndef HEXTANT_TRACE_HUB_H
#define HEXTANT_TRACE_HUB_H

#include "cpu/hart.h"

enum { HUB_LISTENERS = 8 };

/* A new listener's functions, all NULL, for the caller to fill in (with ctx; an alarm also needs
 * alarm_at) before it calls hub_refresh. It lives until hub_remove or hub_free. NULL without memory
 * or when there are HUB_LISTENERS already. */
struct hart_trace *hub_add(struct hart *h);
/* A listener of h has changed its functions. May be called from inside one of them. */
void hub_refresh(struct hart *h);
/* Removes one, not from inside one of its functions. */
void hub_remove(struct hart *h, struct hart_trace *listener);
/* Removes all listeners of h. */
void hub_free(struct hart *h);

#endif
