/* Shared by sse.c (calls and states) and sse_deliver.c (entering and leaving handlers). */
#ifndef HEXTANT_SBI_SSE_INTERNAL_H
#define HEXTANT_SBI_SSE_INTERNAL_H

#include "sbi/firmware.h"
#include "sbi/sse.h"

extern const u32 sse_local_ids[SSE_LOCAL_EVENTS], sse_global_ids[SSE_GLOBAL_EVENTS];

/* The event `id` as hart h sees it. SBI_SUCCESS, SBI_ERR_NOT_SUPPORTED (a standard event without
 * source) or SBI_ERR_INVALID_PARAM. */
s64 sse_find(struct sbi *sbi, struct hart *h, u32 id, struct sse_event **event);
bool sse_is_global(u32 id);
/* Moves the event to `state`, and what depends on it. */
void sse_set_state(struct hart *h, u32 id, struct sse_event *e, enum sse_state state);
/* A global event is pending: makes a hart that may handle it enter the firmware, if there is one.
 */
void sse_notify_global(struct sbi *sbi, struct sse_event *e);
/* The call with which a handler ends. */
struct sbi_ret sse_complete(struct sbi_call *c);

#endif
