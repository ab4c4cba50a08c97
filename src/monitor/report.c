/* Recording a translation. */
#include "monitor/report.h"

#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"

const char *stage_name(const struct stage *st)
{
    static const char *const plain[] = {"Bare", "?", "Sv32", "Sv39", "Sv48", "Sv57"};
    static const char *const guest[] = {"Bare", "?", "Sv32x4", "Sv39x4", "Sv48x4", "Sv57x4"};
    return (st->g_stage ? guest : plain)[st->levels];
}

const char *access_name(unsigned access, u32 flags)
{
    if (flags & MEM_HLVX)
        return "HLVX read";
    if (flags & MEM_SSTACK)
        return "shadow-stack access";
    if (flags & MEM_CBO)
        return "cache-block operation";
    if (flags & MEM_AMO)
        return "AMO";
    return access == ACCESS_FETCH ? "fetch" : access == ACCESS_STORE ? "store" : "load";
}

char *pte_flags(const struct stage *st, u64 pte, char *buf)
{
    static const char letters[] = "VRWXUGAD";
    for (unsigned i = 0; i < 8; i++)
        buf[7 - i] = pte >> i & 1 ? letters[i] : '-';
    buf[8] = '\0';
    if (st->pte_size == 8 && (pte & PTE_N))
        strcat(buf, " N");
    if (st->pte_size == 8 && (pte & PTE_PBMT))
        strcat(buf, get_field(pte, PTE_PBMT) == PBMT_NC   ? " NC"
                    : get_field(pte, PTE_PBMT) == PBMT_IO ? " IO"
                                                          : " ?");
    return buf;
}

static void on_step(void *ctx, const struct walk_step *s)
{
    struct report *rep = ctx;
    const struct stage *st = s->g_stage ? &rep->r.g : &rep->r.s;
    if (rep->steps == REPORT_STEPS)
        return;
    struct report_step *t = &rep->step[rep->steps++];
    *t = (struct report_step){.s = *s};
    t->target = st->pte_size == 4 ? (s->pte & PTE_PPN32) << 2 : (s->pte & PTE_PPN64) << 2;
    if (!s->leaf)
        return;
    t->leaf_bits = (u8)(12u + s->level * st->index_bits);
    if (st->pte_size == 8 && (s->pte & PTE_N))
        t->leaf_bits = 16;
    t->target &= ~MASK(t->leaf_bits);
}

bool report_of_pte(const struct report *rep)
{
    return !rep->ok && reason_row(rep->fault.refusal.reason)->kind == REASON_IS_PTE;
}

/* What is at the address where PMP and PMA have decided. Page-table entries are read as S-mode
 * would, whoever asks. */
static void look(struct hart *h, struct report *rep)
{
    bool pte = report_of_pte(rep);
    unsigned size = !pte                         ? rep->size
                    : rep->fault.refusal.g_stage ? rep->r.g.pte_size
                                                 : rep->r.s.pte_size;
    u64 pa = pte ? rep->fault.refusal.pa : rep->x.pa;
    rep->pmp_granted =
        (u8)pmp_permissions(h, pa, size, pte ? 1 : rep->r.level, NULL, &rep->pmp_entry);
    rep->memory = bus_find_memory(h->bus, pa, size);
    rep->device = bus_find_device(h->bus, pa, size);
}

static void translate(struct hart *h, struct report *rep)
{
    struct recorder rec = {.step = on_step, .ctx = rep};
    struct walk w = {
        .h = h, .r = &rep->r, .access = (enum access)rep->access, .flags = rep->flags, .rec = &rec};
    rep->ok = mmu_translate(&w, rep->masked, rep->size, &rep->x) == 0;
    enum reason attributes = rep->ok ? mmu_attributes_forbid(&w, rep->x.pa) : REASON_NONE;
    if (attributes != REASON_NONE) {
        mmu_refuse(&w, rep->x.pa, attributes);
        rep->ok = false;
    }
    rep->fault = w.fault;
    rep->translated = rep->ok || reason_row(w.fault.refusal.reason)->kind == REASON_IS_FINAL;
    rep->cause = rep->ok ? 0 : mmu_fault_cause(&w);
    rep->pmp_entry = -1;
    if (rep->translated || report_of_pte(rep))
        look(h, rep);
}

void report_make(struct hart *h, struct report *rep, const struct request *q)
{
    memset(rep, 0, offsetof(struct report, step));
    rep->asked = *q;
    if (q->flags & MEM_HV)
        mmu_regime_hv(h, &rep->r);
    else
        regime_of_mode(h, q->space == VIEW_GPA ? MODE_VS : (enum mode)q->mode, &rep->r);
    if (q->space != VIEW_VA)
        rep->r.s.levels = 0;
    if (q->space == VIEW_PA)
        rep->r.g.levels = 0;
    if (q->space != VIEW_VA)
        rep->r.pmlen = 0;
    bool masks = q->space == VIEW_VA && q->access != ACCESS_FETCH && !(q->flags & MEM_HLVX);
    rep->va = is_rv32(h) && q->space == VIEW_VA ? (u32)q->addr : q->addr;
    rep->access = q->access;
    rep->flags = q->flags;
    rep->size = q->access == ACCESS_FETCH ? 2 : 1;
    rep->masked = masks ? mask_pointer(&rep->r, rep->va) : rep->va;
    translate(h, rep);
}

void report_probe(struct hart *h, struct report *rep, const struct regime *r, u64 va)
{
    memset(rep, 0, offsetof(struct report, step));
    rep->r = *r;
    rep->r.user = 0;
    rep->r.sum = 1;
    rep->r.s.mxr = rep->r.g.mxr = 1;
    rep->va = rep->masked = va;
    rep->access = ACCESS_LOAD;
    rep->flags = MEM_PROBE;
    rep->size = 1;
    translate(h, rep);
}
