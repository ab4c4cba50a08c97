/* Supervisor software events: what the rest of the firmware needs of them. */
#ifndef HEXTANT_SBI_SSE_H
#define HEXTANT_SBI_SSE_H

#include "common/types.h"

struct sbi;
struct hart;

/* Event IDs (table_sse_event_ids). */
#define SSE_LOCAL_DOUBLE_TRAP  0x00000001u
#define SSE_LOCAL_PMU_OVERFLOW 0x00010000u
#define SSE_LOCAL_SOFTWARE     0xffff0000u
#define SSE_GLOBAL_SOFTWARE    0xffff8000u

/* Would an event be delivered to this hart if it returned to the supervisor now? */
bool sbi_sse_ready(struct sbi *sbi, struct hart *h);

#endif
