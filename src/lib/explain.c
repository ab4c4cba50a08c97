/* A trap explained as values: what `why` prints. */
#include <stdio.h>

#include "lib/lib.h"
#include "monitor/why.h"

/* The register that decided, and its bits. */
static void tell_register(struct hx_explanation *out, const struct hart *h, const struct refusal *r)
{
    unsigned csr = deciding_register(h, r, &out->field);
    if (!csr)
        return;
    out->by = HX_BY_REGISTER;
    out->number = (int32_t)(HX_REG_CSR + csr);
}

static void tell_entry(struct hx_explanation *out, const struct refusal *r)
{
    out->g_stage = r->g_stage;
    out->level = r->level;
    out->pa = r->pa;
    out->pte = r->pte;
}

static void tell_decider(struct hx_explanation *out, const struct hart *h, const struct refusal *r)
{
    switch ((enum reason_kind)reason_row(r->reason)->kind) {
    case REASON_IS_GATE:
    case REASON_IS_CSR:
        tell_register(out, h, r);
        out->csr = r->num ? HX_REG_CSR + r->num : 0;
        break;
    case REASON_IS_TRIGGER:
        out->by = HX_BY_TRIGGER;
        out->number = r->entry;
        break;
    case REASON_IS_CACHED:
        out->by = HX_BY_CACHE;
        break;
    case REASON_IS_WALK:
        out->by = HX_BY_ENTRY;
        tell_entry(out, r);
        break;
    case REASON_IS_PTE:
    case REASON_IS_FINAL:
        out->by = HX_BY_MEMORY;
        out->number = r->entry;
        tell_entry(out, r);
        break;
    default:
        break;
    }
    out->is_access = refused_access(r);
    out->mode = r->mode;
    if (out->is_access)
        out->access = r->access;
}

/* Told of each change. */
static void take_change(void *ctx, const struct change *c)
{
    static const u8 kinds[] = {[CHANGE_REGISTER] = HX_CHANGE_REGISTER,
                               [CHANGE_PMP] = HX_CHANGE_PMP,
                               [CHANGE_PTE] = HX_CHANGE_ENTRY};
    struct hx_explanation *out = ctx;
    const struct outcome *o = &c->outcome;
    if (out->changes++ >= HX_CHANGES)
        return;
    struct hx_change *to = &out->change[out->changes - 1];
    *to = (struct hx_change){.kind = kinds[c->kind],
                             .number =
                                 c->kind == CHANGE_REGISTER ? HX_REG_CSR + c->number : c->number,
                             .address = c->pte,
                             .mask = c->mask,
                             .value = c->value,
                             .trapped = o->trapped};
    if (o->trapped) {
        to->interrupt = o->ev.interrupt;
        to->to = mode_of_bank((enum bank)o->ev.bank);
        to->cause = o->ev.cause;
    }
    snprintf(to->text, sizeof to->text, "%s", c->text);
}

int hx_explain(struct hx_machine *x, uint32_t hart, uint32_t n, struct hx_explanation *out,
               struct hx_error *err)
{
    struct outcome now;
    struct hx_trap trap;
    if (hx_last_trap(x, hart, n, &trap, err))
        return -1;
    struct control *c = x->mon->c;
    const struct trap_record *r = record_last(&c->hart[hart].log, n);
    *out = (struct hx_explanation){.trap = trap, .number = -1};
    out->tried = try_trap(c->probe, x->m->hart[hart], r, take_change, out, &now) == 0;
    if (!r->ev.interrupt && r->ev.reason == r->trap.refusal.reason)
        tell_decider(out, c->probe->h, &r->trap.refusal);
    return 0;
}
