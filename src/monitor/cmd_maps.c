/* What is mapped: an address space walked from end to end with the walker itself; each failure says
 * how much can be passed over. */
#include <inttypes.h>
#include <string.h>

#include "cpu/fields.h"
#include "monitor/why.h"

enum { MOST_RANGES = 20000 };

/* A stretch with the same permissions, contiguous wherever it leads. */
struct range {
    u64 va, gpa, pa, len;
    u64 s_pte, g_pte; /* flags of the leaves; 0 where the stage is Bare */
    bool mapped;      /* false: stage 1 maps it, the G-stage does not */
};

struct listing {
    struct monitor *mon;
    struct probe *p;
    struct regime r;
    struct range now;
    bool two; /* both stages */
    u32 count;
    u64 total;
};

static void flush(struct listing *l)
{
    const struct range *n = &l->now;
    char s[16], g[16];
    int d = l->r.xlen == 32 ? 8 : 12, wide = l->r.xlen == 32 ? 9 : 16; /* Sv32x4: 34 bits */
    if (!n->len)
        return;
    if (l->count++ < MOST_RANGES) {
        fprintf(l->mon->out, "%0*" PRIx64 "-%0*" PRIx64 " %9" PRIu64 "K ", wide, n->va, wide,
                n->va + n->len - 1, n->len >> 10);
        if (l->r.s.levels)
            fprintf(l->mon->out, " %-11s", pte_flags(&l->r.s, n->s_pte, s));
        if (l->two)
            fprintf(l->mon->out, " gpa %0*" PRIx64, d, n->gpa);
        if (!n->mapped)
            fprintf(l->mon->out, " %snot mapped by the G-stage%s", tint(l->mon, TINT_BAD),
                    tint(l->mon, TINT_NONE));
        else if (l->r.g.levels)
            fprintf(l->mon->out, " %-11s", pte_flags(&l->r.g, n->g_pte, g));
        if (n->mapped)
            fprintf(l->mon->out, " pa %0*" PRIx64, d, n->pa);
        fputc('\n', l->mon->out);
    }
    l->total += n->len;
    l->now.len = 0;
}

static void add(struct listing *l, const struct range *r)
{
    struct range *n = &l->now;
    if (n->len && n->va + n->len == r->va && n->s_pte == r->s_pte && n->g_pte == r->g_pte &&
        n->mapped == r->mapped && n->gpa + n->len == r->gpa &&
        (!r->mapped || n->pa + n->len == r->pa)) {
        n->len += r->len;
        return;
    }
    flush(l);
    *n = *r;
}

static const struct report_step *last_of(const struct report *rep, unsigned g_stage)
{
    for (u32 i = rep->steps; i-- > 0;)
        if (rep->step[i].s.g_stage == g_stage)
            return &rep->step[i];
    return NULL;
}

static unsigned level_bits(const struct stage *st, unsigned level)
{
    return 12u + level * st->index_bits;
}

/* log2 of how much around the address behaves like it. */
static unsigned extent(const struct listing *l, const struct report *rep)
{
    const struct report_step *s = last_of(rep, 0), *g = last_of(rep, 1);
    unsigned top = level_bits(&l->r.s, l->r.s.levels);
    if (rep->translated) {
        unsigned a = s ? s->leaf_bits : 64, b = g ? g->leaf_bits : 64;
        return a < b ? a : b;
    }
    if (rep->fault.kind != FAULT_GUEST_PAGE && s)
        return level_bits(&l->r.s, s->s.level);
    if (rep->fault.implicit) /* the table itself is not mapped: all that it would cover */
        return s ? level_bits(&l->r.s, s->s.level) : top - l->r.s.index_bits;
    unsigned a = s ? s->leaf_bits : 64, b = g ? level_bits(&l->r.g, g->s.level) : 12;
    return a < b ? a : b;
}

static u64 flag_bits(u64 pte, unsigned pte_size)
{
    return pte & (pte_size == 8 ? 0xffull | PTE_N | PTE_PBMT : 0xffull);
}

static void note(struct listing *l, const struct report *rep, u64 len)
{
    const struct report_step *s = last_of(rep, 0), *g = last_of(rep, 1);
    bool half = !rep->translated && rep->fault.kind == FAULT_GUEST_PAGE && !rep->fault.implicit;
    if (!rep->translated && !(half && l->r.s.levels))
        return;
    struct range r = {.va = rep->va,
                      .gpa = half ? rep->fault.gpa : rep->x.gpa,
                      .pa = rep->x.pa,
                      .len = len,
                      .s_pte = s ? flag_bits(s->s.pte, l->r.s.pte_size) : 0,
                      .g_pte = g && !half ? flag_bits(g->s.pte, l->r.g.pte_size) : 0,
                      .mapped = !half};
    add(l, &r);
}

/* All of [first, last]. */
static void sweep(struct listing *l, u64 first, u64 last)
{
    struct report rep;
    for (u64 va = first;;) {
        report_probe(l->p->h, &rep, &l->r, va);
        unsigned n = extent(l, &rep);
        u64 end = n >= 64 ? ~0ull : va | MASK(n);
        if (end > last)
            end = last;
        note(l, &rep, end - va + 1);
        if (end == last)
            break;
        va = end + 1;
    }
    flush(l);
}

static void sweep_all(struct listing *l)
{
    const struct stage *st = l->r.s.levels ? &l->r.s : &l->r.g;
    unsigned width = 12u + st->levels * st->index_bits + st->extra_bits;
    if (st->g_stage || l->r.xlen == 32) {
        sweep(l, 0, width >= 64 ? ~0ull : MASK(width));
    } else {
        sweep(l, 0, MASK(width - 1));
        sweep(l, ~MASK(width - 1), ~0ull);
    }
}

/* ADDRESS [LENGTH] after the mode: only that stretch. 1 if it was swept, 0 if none is given, or -1.
 */
static int sweep_some(struct listing *l, struct args *a)
{
    char *first = args_word(a), *length = args_word(a);
    u64 addr, len = 1;
    if (!first)
        return 0;
    if (mon_eval(l->mon, first, &addr) || (length && mon_eval(l->mon, length, &len)))
        return -1;
    if (args_end(l->mon, a))
        return -1;
    addr &= ~0xfffull;
    sweep(l, addr,
          addr + (len ? len - 1 : 0) < addr ? ~0ull : (addr + (len ? len - 1 : 0)) | 0xfff);
    return 1;
}

static int choose(struct monitor *mon, struct listing *l, const char *word, enum mode mode)
{
    bool guest_only = word && strcmp(word, "gpa") == 0;
    int m = word && !guest_only ? mode_named(word) : (int)mode;
    if (m < 0)
        return mon_error(mon, "maps of what? A mode (HS, U, VS, VU) or gpa");
    if (guest_only && !has(l->p->h, EXT_H))
        return mon_error(mon, "this hart has no hypervisor extension");
    l->r = *mmu_regime(l->p->h, guest_only ? MODE_VS : (enum mode)m);
    if (guest_only)
        l->r.s.levels = 0;
    l->two = l->r.s.levels && l->r.g.levels;
    return 0;
}

static int cmd_maps(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    const char *word = args_word(a), *vmid = args_option(a, "vmid");
    struct listing l = {.mon = mon};
    if (!h)
        return -1;
    l.p = mon_probe(mon, h);
    if ((vmid && probe_use_vmid(mon, l.p, h, vmid)) || choose(mon, &l, word, (enum mode)h->mode))
        return -1;
    fprintf(mon->out, "%s", word && strcmp(word, "gpa") == 0 ? "gpa" : mode_name(h, l.r.mode));
    if (l.r.s.levels)
        fprintf(mon->out, "  %s %s", l.r.virt ? "vsatp" : "satp", stage_name(&l.r.s));
    if (l.r.g.levels)
        fprintf(mon->out, "  hgatp %s vmid %u", stage_name(&l.r.g), hart_vmid(l.p->h));
    fputc('\n', mon->out);
    if (!l.r.s.levels && !l.r.g.levels) {
        fprintf(mon->out, "no translation: every address is a physical address\n");
        return 0;
    }
    int some = sweep_some(&l, a);
    if (some < 0)
        return -1;
    if (!some)
        sweep_all(&l);
    if (l.count > MOST_RANGES)
        fprintf(mon->out, "... and %u ranges more\n", l.count - MOST_RANGES);
    fprintf(mon->out, "%u ranges, %" PRIu64 " KiB\n", l.count, l.total >> 10);
    return 0;
}

const struct command commands_maps[] = {
    {"maps", NULL, "[MODE|gpa [ADDRESS [LENGTH]]]", "hart vmid", "list what an address space maps",
     "maps VS           what the guest's tables map, and where the G-stage takes it\n"
     "maps gpa          the G-stage alone: guest-physical to physical\n"
     "maps gpa --vmid=2 another virtual machine, if the hart has run it lately\n"
     "maps VS 0x80000000 2<<20   only that stretch, rounded to pages\n"
     "Columns: addresses, size, flags of the first stage's leaf, gpa, flags of the G-stage's leaf, "
     "pa.",
     cmd_maps, TOPIC_WHY, REPEAT_SAME, WORDS_NONE, "gpa HS U VS VU"},
    {0},
};
