/* From an address of a device to memory, in the order of the specification's "Process to translate
 * an IOVA". Page tables are walked by mmu/walk.c; here is what makes a regime of contexts, and what
 * a refusal is called in a fault record. */
#include <string.h>

#include "devices/iommu_impl.h"
#include "mmu/tlb.h"

const struct iommu_rule_row *iommu_rule(u32 rule)
{
    static const struct iommu_rule_row rows[IOMMU_RULES] = {
#define RULE(name_, cause_, text_)                                                                 \
    [IOMMU_##name_] = {.name = #name_, .text = text_, .cause = cause_},
#include "devices/iommu_rule.def"
#undef RULE
    };
    return &rows[rule < IOMMU_RULES ? rule : 0];
}

/* ---- refusals ---- */

enum { CAUSE_ALWAYS_FIRST = 256, CAUSE_ALWAYS_LAST = 259 };

int iommu_refuse(struct iommu_walk *w, enum iommu_rule rule, u64 at, u64 value)
{
    static const u8 type[] = {[ACCESS_FETCH] = 1, [ACCESS_LOAD] = 2, [ACCESS_STORE] = 3};
    const struct iommu_request *q = w->q;
    struct iommu_fault *f = w->f;
    if (iommu_rule(rule)->cause)
        f->cause = iommu_rule(rule)->cause;
    f->rule = rule;
    f->did = q->did;
    f->pid = q->pv ? q->pid : 0;
    f->pv = q->pv;
    f->priv = q->pv && q->priv;
    f->ttyp = type[q->access];
    f->iova = q->iova;
    f->at = at;
    f->value = value;
    bool always = f->cause >= CAUSE_ALWAYS_FIRST && f->cause <= CAUSE_ALWAYS_LAST;
    if (!q->probe && (always || !w->dc || !(w->dc[DC_TC] & TC_DTF)))
        iommu_put_record(w->io, f);
    return -1;
}

/* The cause of a fault of this kind, by the access of the transaction. */
static u32 cause_of(enum fault_kind kind, u8 access)
{
    static const u8 causes[4][3] = {
        [FAULT_ACCESS] = {[ACCESS_FETCH] = 1, [ACCESS_LOAD] = 5, [ACCESS_STORE] = 7},
        [FAULT_PAGE] = {[ACCESS_FETCH] = 12, [ACCESS_LOAD] = 13, [ACCESS_STORE] = 15},
        [FAULT_GUEST_PAGE] = {[ACCESS_FETCH] = 20, [ACCESS_LOAD] = 21, [ACCESS_STORE] = 23},
    };
    return causes[kind][access];
}

/* The page-table walk has refused. `implicit`: what it was to find is a table. */
static int refuse_walk(struct iommu_walk *w, const struct fault *fault, bool implicit)
{
    enum { IMPLICIT = 1, IMPLICIT_WRITE = 2 };
    const struct refusal *r = &fault->refusal;
    w->f->cause = cause_of((enum fault_kind)fault->kind, w->q->access);
    w->f->reason = r->reason;
    w->f->g_stage = r->g_stage;
    w->f->level = r->level;
    if (fault->kind == FAULT_GUEST_PAGE)
        w->f->iotval2 = (fault->gpa & ~3ull) | (implicit || fault->implicit ? IMPLICIT : 0) |
                        (fault->implicit == 2 ? IMPLICIT_WRITE : 0);
    return iommu_refuse(w, IOMMU_WALK, r->pa, r->pte);
}

static int refuse_wide(struct iommu_walk *w, enum iommu_rule rule, enum fault_kind kind,
                       u64 address)
{
    w->f->cause = cause_of(kind, w->q->access);
    if (kind == FAULT_GUEST_PAGE)
        w->f->iotval2 = address & ~3ull;
    return iommu_refuse(w, rule, 0, 0);
}

/* ---- page tables ---- */

/* A walk begins at the root's level. */
static void on_step(void *ctx, const struct walk_step *s)
{
    struct iommu_walk *w = ctx;
    const struct stage *st = s->g_stage ? &w->r.g : &w->r.s;
    const struct iommu_step step = {.kind = IOMMU_PTE, .pte = *s, .at = s->pa, .value = s->pte};
    iommu_trail(w->q, &step);
    if (s->leaf)
        w->leaf[s->g_stage] = walk_leaf(st, s);
    if (!w->q->probe && s->level == st->levels - 1)
        iommu_count(w->io, s->g_stage ? IOEVENT_SECOND_STAGE : IOEVENT_FIRST_STAGE, &w->ids);
}

/* Both stages of the regime r, or the first alone. */
typedef int walk_fn(struct walk *walk, u64 va, struct xlate *out);

static int walk_by(struct iommu_walk *w, walk_fn *fn, struct walk *walk, u64 address)
{
    struct xlate x;
    const struct recorder rec = {.step = on_step, .ctx = w, .dry = w->q->probe};
    walk->rec = &rec;
    int rc = fn(walk, address, &x);
    walk->rec = NULL;
    w->x = x;
    return rc;
}

static unsigned features(u64 caps)
{
    return STAGE_NAPOT | (caps & CAP_PBMT ? STAGE_PBMT : 0u) |
           (caps & CAP_RSW60 ? STAGE_RSW60 : 0u);
}

static void set_second_stage(struct iommu_walk *w)
{
    u64 iohgatp = w->dc[DC_IOHGATP];
    struct stage *g = &w->r.g;
    w->r.bus = w->io->dev.env->bus;
    stage_mode(g, mode_of_field(iohgatp), iommu_get32(w->io, REG_FCTL) & FCTL_GXL ? 32 : 64);
    stage_allow(g, features(iommu_caps(w->io)));
    g->root = ppn_of_field(iohgatp);
    g->g_stage = 1;
    g->extra_bits = 2;
    g->update_ad = (w->dc[DC_TC] & TC_GADE) != 0;
    w->r.virt = g->levels != 0;
    w->r.mode = w->r.virt ? MODE_VS : MODE_S;
    w->r.xlen = 64;
    w->ids.gscv = w->r.virt;
    w->ids.gscid = gscid_of(iohgatp);
}

/* `fsc` as iosatp; `ta` of the context that it is from. */
static void set_first_stage(struct iommu_walk *w, u64 fsc, u64 ta)
{
    struct stage *s = &w->r.s;
    u64 tc = w->dc[DC_TC];
    w->r.xlen = tc & TC_SXL ? 32 : 64;
    stage_mode(s, mode_of_field(fsc), w->r.xlen);
    stage_allow(s, features(iommu_caps(w->io)));
    s->root = ppn_of_field(fsc);
    s->update_ad = (tc & TC_SADE) != 0;
    w->ids.pscv = s->levels != 0;
    w->ids.pscid = pscid_of_ta(ta);
}

int iommu_guest_address(struct iommu_walk *w, u64 gpa, u64 *pa)
{
    struct regime only_g = {.g = w->r.g, .mode = w->r.mode, .xlen = w->r.xlen, .bus = w->r.bus};
    struct walk walk_g = {.r = &only_g, .access = ACCESS_LOAD};
    *pa = gpa;
    if (!w->r.g.levels)
        return 0;
    if (walk_by(w, walk, &walk_g, gpa))
        return walk_g.fault.kind == FAULT_ACCESS
                   ? iommu_refuse(w, IOMMU_PDT_LOAD, walk_g.fault.refusal.pa, 0)
                   : refuse_walk(w, &walk_g.fault, true);
    *pa = w->x.pa;
    return 0;
}

/* ---- contexts ---- */

/* The process's context decides the first stage. */
static int use_process(struct iommu_walk *w)
{
    const struct iommu_request *q = w->q;
    u64 tc = w->dc[DC_TC];
    unsigned mode = mode_of_field(w->dc[DC_FSC]);
    if ((!q->pv && !(tc & TC_DPE)) || mode == 0)
        return 0;
    const u64 *pc = iommu_find_process(w, q->pv ? q->pid : 0);
    if (!pc)
        return -1;
    if (q->priv && !(pc[PC_TA] & TA_ENS))
        return iommu_refuse(w, IOMMU_PC_ENS, 0, pc[PC_TA]);
    w->r.user = !q->priv;
    w->r.sum = (pc[PC_TA] & TA_SUM) != 0;
    set_first_stage(w, pc[PC_FSC], pc[PC_TA]);
    return 0;
}

/* Steps 6 to 16: what holds for the transaction. */
static int use_contexts(struct iommu_walk *w)
{
    const struct iommu_request *q = w->q;
    if (iommu_find_device(w))
        return -1;
    u64 tc = w->dc[DC_TC];
    unsigned mode = mode_of_field(w->dc[DC_FSC]);
    if (q->pv && !(tc & TC_PDTV))
        return iommu_refuse(w, IOMMU_PID_NO_PDT, 0, tc);
    if (q->pv && q->pid >> iommu_pid_bits(mode))
        return iommu_refuse(w, IOMMU_PID_WIDE, 0, w->dc[DC_FSC]);
    set_second_stage(w);
    w->r.user = 1;
    if (tc & TC_PDTV)
        return use_process(w);
    set_first_stage(w, w->dc[DC_FSC], w->dc[DC_TA]);
    return 0;
}

/* ---- the translation ---- */

static void answer_cached(const struct iommu_cached *c, u64 iova, struct iommu_answer *out)
{
    *out = (struct iommu_answer){.pa = c->pa | (iova & 0xfff),
                                 .gpa = c->gpa | (iova & 0xfff),
                                 .bits = (u8)c->bits,
                                 .pbmt = (u8)c->pbmt,
                                 .cached = true};
}

static void keep(struct iommu_walk *w, const struct iommu_answer *a, u32 perm)
{
    const struct iommu_cached c = {.valid = 1,
                                   .two_stage = w->ids.gscv,
                                   .has_pscid = w->ids.pscv,
                                   .global = (perm & PERM_GLOBAL) != 0,
                                   .gscid = w->ids.gscv ? w->ids.gscid : 0,
                                   .pscid = w->ids.pscv ? w->ids.pscid : 0,
                                   .iova = w->q->iova & ~0xfffull,
                                   .gpa = a->gpa & ~0xfffull,
                                   .pa = a->pa & ~0xfffull,
                                   .s_bits = w->leaf[0].bits,
                                   .g_bits = w->leaf[1].bits,
                                   .perm = perm,
                                   .pbmt = a->pbmt,
                                   .bits = a->bits};
    if (!w->q->probe && (w->ids.gscv || w->ids.pscv))
        iommu_keep_cached(w->io, &c);
}

/* The second stage of gpa, which the first has left with these permissions. */
static int second_stage(struct iommu_walk *w, u64 gpa, u32 perm, struct iommu_answer *out)
{
    struct regime only_g = {.g = w->r.g, .mode = w->r.mode, .xlen = w->r.xlen, .bus = w->r.bus};
    struct walk walk_g = {.r = &only_g, .access = (enum access)w->q->access};
    if (walk_by(w, walk, &walk_g, gpa))
        return refuse_walk(w, &walk_g.fault, false);
    const struct leaf_kind *s = &w->leaf[0], *g = &w->leaf[1];
    u8 least = !s->bits || (g->bits && g->bits < s->bits) ? g->bits : s->bits;
    if (mode_of_field(w->dc[DC_MSIPTP])) /* any page beside it may be an interrupt file's */
        least = 12;
    *out = (struct iommu_answer){.pa = w->x.pa,
                                 .gpa = gpa,
                                 .bits = least ? least : 12,
                                 .pbmt = w->r.s.levels && s->pbmt ? s->pbmt : g->pbmt};
    u32 drop = (w->x.perm & PERM_GR ? 0u : PERM_GR) | (w->x.perm & PERM_GX ? 0u : PERM_GX) |
               (w->x.perm & PERM_W ? 0u : PERM_W);
    keep(w, out, perm & ~drop);
    return 0;
}

/* Steps 17 to 19. */
static int by_tables(struct iommu_walk *w, struct iommu_answer *out)
{
    u64 iova = w->q->iova;
    struct walk walk_s = {.r = &w->r, .access = (enum access)w->q->access};
    bool narrow = w->dc[DC_TC] & TC_SXL;
    if (narrow && w->r.s.levels && iova >> 32)
        return refuse_wide(w, IOMMU_IOVA_WIDE, FAULT_PAGE, 0);
    if (narrow && !w->r.s.levels && w->r.g.levels && iova >> 34)
        return refuse_wide(w, IOMMU_GPA_WIDE, FAULT_GUEST_PAGE, iova);
    if (walk_by(w, walk_first_stage, &walk_s, iova))
        return refuse_walk(w, &walk_s.fault, false);
    u64 gpa = w->x.gpa;
    u32 perm = w->x.perm;
    w->leaf[1] = (struct leaf_kind){0};
    if (iommu_is_msi(w, gpa))
        return iommu_translate_msi(w, gpa, out);
    return second_stage(w, gpa, perm, out);
}

static int translate(struct iommu_walk *w, struct iommu_answer *out)
{
    const struct iommu_request *q = w->q;
    unsigned mode = iommu_get32(w->io, REG_DDTP) & 15;
    *out = (struct iommu_answer){.pa = q->iova, .gpa = q->iova, .bits = 12};
    if (!q->probe)
        iommu_count(w->io, IOEVENT_UNTRANSLATED, &w->ids);
    if (mode == DDTP_OFF)
        return iommu_refuse(w, IOMMU_OFF, 0, 0);
    if (mode == DDTP_BARE)
        return 0;
    if (use_contexts(w))
        return -1;
    const struct iommu_cached *c = q->trail ? NULL : iommu_find_cached(w->io, &w->ids, q->iova);
    if (c && mmu_allows(&w->r, c->perm, (enum access)q->access, 0)) {
        answer_cached(c, q->iova, out);
        return 0;
    }
    if (!q->probe)
        iommu_count(w->io, IOEVENT_TLB_MISS, &w->ids);
    return by_tables(w, out);
}

static struct iommu_walk begin(struct iommu *io, const struct iommu_request *q,
                               struct iommu_fault *f)
{
    *f = (struct iommu_fault){0};
    return (struct iommu_walk){
        .io = io, .q = q, .f = f, .ids = {.did = q->did, .pid = q->pid, .pv = q->pv}};
}

int iommu_translate(struct device *dev, const struct iommu_request *q, struct iommu_answer *out,
                    struct iommu_fault *f)
{
    struct iommu_walk w = begin((struct iommu *)dev, q, f);
    return translate(&w, out);
}

/* The bytes from iova to the end of its page, at most. */
static void limit(struct dma_access *a)
{
    u64 left = 0x1000 - (a->iova & 0xfff);
    a->len = a->len < left ? a->len : left;
}

int iommu_dma(struct device *dev, const struct device *who, struct dma_access *a)
{
    struct iommu *io = (struct iommu *)dev;
    struct iommu_answer out;
    struct iommu_fault f;
    const struct iommu_request q = {.did = who->requester,
                                    .access = a->dir == DMA_TO_MEMORY ? ACCESS_STORE : ACCESS_LOAD,
                                    .iova = a->iova,
                                    .message = a->message};
    struct iommu_walk w = begin(io, &q, &f);
    if (translate(&w, &out))
        return -1;
    if (out.mrif)
        return a->message && !iommu_store_mrif(&w, &out, out.gpa, *a->message) ? 1 : -1;
    a->pa = out.pa;
    if ((iommu_get32(io, REG_DDTP) & 15) != DDTP_BARE)
        limit(a);
    return 0;
}
