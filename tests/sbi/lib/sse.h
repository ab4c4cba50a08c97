/* Handlers of supervisor software events for tests. */
#ifndef TESTS_SSE_H
#define TESTS_SSE_H

#include "sbi.h"

enum {
    SSE_READ,
    SSE_WRITE,
    SSE_REGISTER,
    SSE_UNREGISTER,
    SSE_ENABLE,
    SSE_DISABLE,
    SSE_COMPLETE,
    SSE_INJECT,
    SSE_UNMASK,
    SSE_MASK
};
enum {
    A_STATUS,
    A_PRIORITY,
    A_CONFIG,
    A_PREFERRED,
    A_ENTRY_PC,
    A_ENTRY_ARG,
    A_SEPC,
    A_FLAGS,
    A_A6,
    A_A7
};
enum { ST_UNUSED, ST_REGISTERED, ST_ENABLED, ST_RUNNING };
#define SOFT_LOCAL   0xffff0000u
#define SOFT_GLOBAL  0xffff8000u
#define DOUBLE_TRAP  0x00000001u
#define PMU_OVERFLOW 0x00010000u

/* The argument of an event handler; lib/sse.S knows the layout. */
struct sse_handler {
    void (*fn)(struct sse_handler *self, ulong hartid);
    void *stack_top;
    ulong save[32];
    ulong sscratch;
    ulong a6, a7;
    volatile ulong count, hartid;
    ulong event;
};
/* The entry point to register, with a struct sse_handler as argument. */
void sse_entry(void);

/* Registers, and with `state` ST_ENABLED enables the event. */
void sse_setup(struct sse_handler *h, ulong event, void (*fn)(struct sse_handler *, ulong),
               int state);
ulong sse_get(ulong event, ulong attr);
struct ret sse_set(ulong event, ulong attr, ulong value);
static inline struct ret sse_call(long fn, ulong a, ulong b, ulong c)
{
    return sbi(EXT_SSE, fn, a, b, c, 0);
}

#endif
