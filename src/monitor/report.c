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
    bool read = s->rule != RULE_VA_RANGE && s->rule != RULE_GPA_RANGE;
    if (read)
        t->pa = s->g_stage || !rep->r.g.levels ? s->pte_addr : rep->last_g;
    t->target = st->pte_size == 4 ? (s->pte & PTE_PPN32) << 2 : (s->pte & PTE_PPN64) << 2;
    if (!s->leaf)
        return;
    t->leaf_bits = (u8)(12u + s->level * st->index_bits);
    if (st->pte_size == 8 && (s->pte & PTE_N))
        t->leaf_bits = 16;
    u64 in_leaf = MASK(t->leaf_bits);
    t->target &= ~in_leaf;
    if (s->g_stage)
        rep->last_g = t->target | (s->table_va & in_leaf);
}

/* PMP and PMA of the final address. */
static void judge(struct probe *p, struct report *rep)
{
    u64 pa = rep->x.pa;
    unsigned size = rep->size;
    rep->pmp_needed = rep->flags & MEM_HLVX         ? PMP_R | PMP_X
                      : rep->access == ACCESS_FETCH ? PMP_X
                      : rep->access == ACCESS_STORE ? PMP_W
                                                    : PMP_R;
    rep->pmp_granted = (u8)pmp_permissions(p->h, pa, size, rep->r.level, NULL, &rep->pmp_entry);
    rep->memory = bus_find_memory(p->h->bus, pa, size);
    rep->device = bus_find_device(p->h->bus, pa, size);
    bool fits = rep->memory ? rep->access != ACCESS_STORE || rep->memory->writable
                            : rep->device && rep->access != ACCESS_FETCH &&
                                  !(rep->flags & (MEM_AMO | MEM_LR | MEM_SSTACK));
    rep->ok = (rep->pmp_granted & rep->pmp_needed) == rep->pmp_needed && fits;
    if (!rep->ok)
        rep->fault = (struct fault){.kind = FAULT_ACCESS, .rule = RULE_FINAL_ACCESS};
}

bool report_of_pte(const struct report *rep)
{
    return rep->steps && !rep->translated && rep->step[rep->steps - 1].pa &&
           (rep->fault.rule == RULE_PTE_ACCESS || rep->fault.rule == RULE_AD_ACCESS);
}

/* PMP and PMA of the entry that could not be accessed: as S-mode, whoever asks. */
static void judge_pte(struct probe *p, struct report *rep)
{
    const struct report_step *t = &rep->step[rep->steps - 1];
    unsigned size = t->s.g_stage ? rep->r.g.pte_size : rep->r.s.pte_size;
    rep->pmp_needed = rep->fault.rule == RULE_AD_ACCESS ? PMP_W : PMP_R;
    rep->pmp_granted = (u8)pmp_permissions(p->h, t->pa, size, 1, NULL, &rep->pmp_entry);
    rep->memory = bus_find_memory(p->h->bus, t->pa, size);
    rep->device = bus_find_device(p->h->bus, t->pa, size);
}

static u32 cause_of(const struct report *rep)
{
    static const u8 causes[][3] = {
        [FAULT_ACCESS] = {CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS, CAUSE_INSN_ACCESS},
        [FAULT_PAGE] = {CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE, CAUSE_INSN_PAGE},
        [FAULT_GUEST_PAGE] = {CAUSE_LOAD_GUEST_PAGE, CAUSE_STORE_GUEST_PAGE, CAUSE_INSN_GUEST_PAGE},
    };
    unsigned access = rep->flags & (MEM_AMO | MEM_SSTACK) ? ACCESS_STORE : rep->access;
    return causes[rep->fault.kind][access];
}

static void translate(struct probe *p, struct report *rep)
{
    struct recorder rec = {.step = on_step, .ctx = rep};
    struct walk w = {.h = p->h,
                     .r = &rep->r,
                     .access = (enum access)rep->access,
                     .flags = rep->flags & ~(u32)MEM_HV,
                     .rec = &rec};
    rep->translated = walk(&w, rep->masked, &rep->x) == 0;
    rep->fault = w.fault;
    if (rep->translated)
        judge(p, rep);
    else if (report_of_pte(rep))
        judge_pte(p, rep);
    rep->cause = rep->ok ? 0 : cause_of(rep);
}

void report_make(struct probe *p, struct report *rep, const struct request *q)
{
    memset(rep, 0, offsetof(struct report, step));
    rep->asked = *q;
    if (q->flags & MEM_HV)
        mmu_regime_hv(p->h, &rep->r);
    else
        regime_of_mode(p->h, q->space == VIEW_GPA ? MODE_VS : (enum mode)q->mode, &rep->r);
    if (q->space != VIEW_VA)
        rep->r.s.levels = 0;
    if (q->space == VIEW_PA)
        rep->r.g.levels = 0;
    if (q->space != VIEW_VA)
        rep->r.pmlen = 0;
    bool masks = q->space == VIEW_VA && q->access != ACCESS_FETCH && !(q->flags & MEM_HLVX);
    rep->va = is_rv32(p->h) && q->space == VIEW_VA ? (u32)q->addr : q->addr;
    rep->access = q->access;
    rep->flags = q->flags;
    rep->size = q->access == ACCESS_FETCH ? 2 : 1;
    rep->masked = masks ? mask_pointer(&rep->r, rep->va) : rep->va;
    translate(p, rep);
}

void report_probe(struct probe *p, struct report *rep, const struct regime *r, u64 va)
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
    translate(p, rep);
}
