/* Requests to a hart: putting them into its box, and doing them. */
#include "cpu/post.h"

#include <assert.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/imsic.h"
#include "cpu/irq.h"
#include "mmu/tlb.h"

enum form { ONCE, LEVEL, EACH };

/* ---- what the hart does, by the names of post.def ---- */

static void do_TIME(struct hart *h, const struct post *p)
{
    (void)p;
    update_timers(h);
}

static void do_RESERVATION(struct hart *h, const struct post *p)
{
    (void)p;
    h->res_valid = 0;
}

static void do_SSIP(struct hart *h, const struct post *p)
{
    (void)p;
    h->mip |= BIT(IRQ_SSI);
    hart_attention(h);
}

static void do_LINE(struct hart *h, const struct post *p)
{
    hart_set_line(h, (unsigned)p->arg[0], (unsigned)p->arg[1]);
}

static void do_MSI(struct hart *h, const struct post *p)
{
    imsic_receive(h, (unsigned)p->arg[0], p->arg[1]);
}

static void do_PROTECT(struct hart *h, const struct post *p)
{
    tlb_protect_page(h->tlb, (const u8 *)(uintptr_t)p->arg[0]);
}

static void do_CODE(struct hart *h, const struct post *p)
{
    block_drop_page(h, p->arg[0] << 12);
}

static void by_firmware(struct hart *h, const struct post *p)
{
    h->firmware.post(h->firmware.ctx, h, p);
}

#define BY_HART(name) do_##name
#define BY_SBI(name)  by_firmware
static const struct kind {
    enum form form;
    void (*act)(struct hart *h, const struct post *p);
} kinds[POST_KINDS] = {
#define POST(name, form, by) {form, BY_##by(name)},
#include "cpu/post.def"
#undef POST
};

/* ---- the box ---- */

static void put_level(struct post_box *box, const struct post *p, struct poster from)
{
    u64 irq = p->arg[0];
    assert(irq < ARRAY_LEN(box->raiser));
    box->raised = set_field(box->raised, BIT(irq), p->arg[1]);
    box->lowered = set_field(box->lowered, BIT(irq), !p->arg[1]);
    box->raiser[irq] = from;
}

static bool put_each(struct post_box *box, const struct post *p)
{
    if (box->count == POST_QUEUE)
        return false;
    box->queue[(box->first + box->count++) % POST_QUEUE] = *p;
    return true;
}

bool post_put(struct post_box *box, const struct post *p, struct poster from)
{
    enum form form = kinds[p->kind].form;
    if (form == EACH && !put_each(box, p))
        return false;
    if (form == LEVEL)
        put_level(box, p, from);
    box->pending |= BIT(p->kind);
    return true;
}

void post_do(struct hart *h, const struct post *p)
{
    kinds[p->kind].act(h, p);
}

static void drain_levels(struct hart *h, u64 kind)
{
    struct post_box *box = h->box;
    for (u64 rest = box->raised | box->lowered; rest; rest &= rest - 1) {
        unsigned irq = (unsigned)__builtin_ctzll(rest);
        h->asked_by = box->raiser[irq];
        post_do(h, &(struct post){kind, {irq, box->raised >> irq & 1}});
    }
    h->asked_by = (struct poster){0};
    box->raised = box->lowered = 0;
}

void post_drain(struct hart *h)
{
    struct post_box *box = h->box;
    for (u64 rest = box->pending; rest; rest &= rest - 1) {
        u64 kind = (u64)__builtin_ctzll(rest);
        if (kinds[kind].form == LEVEL)
            drain_levels(h, kind);
        else if (kinds[kind].form == ONCE)
            post_do(h, &(struct post){.kind = kind});
    }
    for (; box->count; box->count--) {
        post_do(h, &box->queue[box->first]);
        box->first = (box->first + 1) % POST_QUEUE;
    }
    box->pending = 0;
}
