#include "sse.h"

static char stacks[8][4096] __attribute__((aligned(16)));
static int used;

void sse_setup(struct sse_handler *h, ulong event, void (*fn)(struct sse_handler *, ulong),
               int state)
{
    if (!h->stack_top)
        h->stack_top = stacks[used++] + sizeof(stacks[0]);
    h->fn = fn;
    h->event = event;
    h->count = 0;
    EXPECT(sse_call(SSE_REGISTER, event, (ulong)sse_entry, (ulong)h), SUCCESS);
    if (state == ST_ENABLED)
        EXPECT(sse_call(SSE_ENABLE, event, 0, 0), SUCCESS);
}

ulong sse_get(ulong event, ulong attr)
{
    ulong value = 0x5a5a5a5a;

    check_ret(sbi6(EXT_SSE, SSE_READ, (ulong[6]){event, attr, 1, (ulong)&value, 0}), SUCCESS,
              "sse_read_attrs", __LINE__);
    return value;
}

struct ret sse_set(ulong event, ulong attr, ulong value)
{
    return sbi6(EXT_SSE, SSE_WRITE, (ulong[6]){event, attr, 1, (ulong)&value, 0});
}
