/* The platform-level interrupt controller in SiFive's layout, with level-sensitive gateways: a
 * source's request is forwarded once (pending), taken by a claim, and its gateway opens again at
 * completion (RISC-V PLIC specification, chapters 1 and 9). Each hart has
 * two contexts, 2 * hart for M-mode and 2 * hart + 1 for S-mode; the output pin has the context's
 * number. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "devices/devices.h"

enum {
    WORDS = PLIC_SOURCES / 32,
    MAX_CONTEXTS = 2 * ACLINT_MAX_HARTS,
    PRIORITY_MASK = 7,
    PENDING = 0x1000,
    ENABLE = 0x2000,
    ENABLE_STRIDE = 0x80,
    CONTEXT = 0x200000,
    CONTEXT_STRIDE = 0x1000,
    WINDOW = 0x600000,
};

struct plic {
    struct device dev;
    u32 contexts;
    u32 priority[PLIC_SOURCES];
    u32 level[WORDS];   /* the wires */
    u32 pending[WORDS]; /* requests forwarded, not yet claimed */
    u32 claimed[WORDS]; /* gateways closed until completion */
    u32 enable[MAX_CONTEXTS][WORDS];
    u32 threshold[MAX_CONTEXTS];
};

static bool test_bit(const u32 *map, u32 n)
{
    return map[n / 32] >> (n % 32) & 1;
}

static void assign_bit(u32 *map, u32 n, unsigned level)
{
    map[n / 32] = (map[n / 32] & ~(1u << (n % 32))) | (u32)(level & 1) << (n % 32);
}

/* The pending, enabled source with the highest priority above `floor`, the lowest number among
 * equals; 0 if there is none. Priority 0 never interrupts. */
static u32 best_source(const struct plic *p, u32 ctx, u32 floor)
{
    u32 best = 0;
    for (u32 w = 0; w < WORDS; w++) {
        for (u32 m = p->pending[w] & p->enable[ctx][w]; m; m &= m - 1) {
            u32 irq = w * 32 + (u32)__builtin_ctz(m);
            if (p->priority[irq] > floor) {
                best = irq;
                floor = p->priority[irq];
            }
        }
    }
    return best;
}

static void update_context(struct plic *p, u32 ctx)
{
    unsigned level = best_source(p, ctx, p->threshold[ctx]) != 0;
    device_set_pin(&p->dev, ctx, level);
}

static void update(struct plic *p)
{
    for (u32 ctx = 0; ctx < p->contexts; ctx++)
        update_context(p, ctx);
}

static void plic_input(struct device *dev, unsigned irq, unsigned level)
{
    struct plic *p = (struct plic *)dev;
    assert(irq > 0 && irq < PLIC_SOURCES);
    if (test_bit(p->level, irq) == (level & 1))
        return;
    assign_bit(p->level, irq, level);
    /* A request stays pending when the wire falls again before it is claimed. */
    if ((level & 1) && !test_bit(p->claimed, irq)) {
        assign_bit(p->pending, irq, 1);
        update(p);
    }
}

/* Claiming is not affected by the threshold. */
static u32 claim(struct plic *p, u32 ctx)
{
    u32 irq = best_source(p, ctx, 0);
    if (irq) {
        assign_bit(p->pending, irq, 0);
        assign_bit(p->claimed, irq, 1);
        update(p);
    }
    return irq;
}

/* A completion for a source that is not enabled for the context is ignored. */
static void complete(struct plic *p, u32 ctx, u64 irq)
{
    if (irq == 0 || irq >= PLIC_SOURCES || !test_bit(p->enable[ctx], (u32)irq) ||
        !test_bit(p->claimed, (u32)irq))
        return;
    assign_bit(p->claimed, (u32)irq, 0);
    if (test_bit(p->level, (u32)irq)) {
        assign_bit(p->pending, (u32)irq, 1);
        update(p);
    }
}

/* Reads of registers that do not exist give zero, writes to them do nothing. */
static int plic_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct plic *p = (struct plic *)dev;
    if (size != 4)
        return -1;
    *value = 0;
    if (offset < PENDING) {
        if (offset / 4 < PLIC_SOURCES)
            *value = p->priority[offset / 4];
    } else if (offset < ENABLE) {
        if ((offset - PENDING) / 4 < WORDS)
            *value = p->pending[(offset - PENDING) / 4];
    } else if (offset < CONTEXT) {
        u64 ctx = (offset - ENABLE) / ENABLE_STRIDE, word = offset % ENABLE_STRIDE / 4;
        if (ctx < p->contexts && word < WORDS)
            *value = p->enable[ctx][word];
    } else {
        u64 ctx = (offset - CONTEXT) / CONTEXT_STRIDE, reg = offset % CONTEXT_STRIDE;
        if (ctx < p->contexts && reg == 0)
            *value = p->threshold[ctx];
        else if (ctx < p->contexts && reg == 4)
            *value = claim(p, (u32)ctx);
    }
    return 0;
}

static void write_enable(struct plic *p, u64 offset, u32 value)
{
    u64 ctx = offset / ENABLE_STRIDE, word = offset % ENABLE_STRIDE / 4;
    if (ctx < p->contexts && word < WORDS) {
        p->enable[ctx][word] = word == 0 ? value & ~1u : value; /* source 0 does not exist */
        update_context(p, (u32)ctx);
    }
}

static void write_context(struct plic *p, u64 offset, u64 value)
{
    u64 ctx = offset / CONTEXT_STRIDE, reg = offset % CONTEXT_STRIDE;
    if (ctx >= p->contexts)
        return;
    if (reg == 0) {
        p->threshold[ctx] = value & PRIORITY_MASK;
        update_context(p, (u32)ctx);
    } else if (reg == 4) {
        complete(p, (u32)ctx, value);
    }
}

static int plic_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct plic *p = (struct plic *)dev;
    if (size != 4)
        return -1;
    if (offset < PENDING) {
        if (offset != 0 && offset / 4 < PLIC_SOURCES) {
            p->priority[offset / 4] = value & PRIORITY_MASK;
            update(p);
        }
    } else if (offset >= CONTEXT) {
        write_context(p, offset - CONTEXT, value);
    } else if (offset >= ENABLE) {
        write_enable(p, offset - ENABLE, (u32)value);
    }
    return 0; /* pending bits are read-only */
}

static int plic_resume(struct device *dev, struct error *err)
{
    (void)err;
    update((struct plic *)dev);
    return 0;
}

static void plic_reset(struct device *dev)
{
    struct plic *p = (struct plic *)dev;
    memset(p->priority, 0, sizeof(p->priority));
    memset(p->claimed, 0, sizeof(p->claimed));
    memset(p->enable, 0, sizeof(p->enable));
    memset(p->threshold, 0, sizeof(p->threshold));
    memcpy(p->pending, p->level, sizeof(p->pending)); /* the wires keep their levels */
    update(p);
}

static const struct state_row plic_rows[] = {
    STATE_ARRAY(struct plic, priority), STATE_ARRAY(struct plic, level),
    STATE_ARRAY(struct plic, pending),  STATE_ARRAY(struct plic, claimed),
    STATE_ARRAY(struct plic, enable),   STATE_ARRAY(struct plic, threshold),
};

static const struct dev_regs plic_regs = {
    .size = WINDOW,
    .read = plic_read,
    .write = plic_write,
    .dt = {.name = "plic",
           .compatible = {"sifive,plic-1.0.0", "riscv,plic0"},
           .prop = {{"riscv,ndev", 1, PLIC_SOURCES - 1}}},
};

static const struct dev_class plic_class = {
    .name = "plic",
    .regs = &plic_regs,
    .reset = plic_reset,
    .input = plic_input,
    .resume = plic_resume,
    .rows = plic_rows,
    .num_rows = ARRAY_LEN(plic_rows),
};

struct device *plic_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    assert(args->harts >= 1 && args->harts <= ACLINT_MAX_HARTS);
    struct plic *p = (struct plic *)device_alloc(sizeof(*p), &plic_class, env, err);
    if (!p)
        return NULL;
    p->contexts = 2 * args->harts;
    return &p->dev;
}
