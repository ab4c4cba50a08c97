/* Translation caches and physical memory protection. */
#include <inttypes.h>
#include <string.h>

#include "cpu/fields.h"
#include "mmu/tlb.h"
#include "monitor/why.h"

static const char *const kinds[] = {"-", "S", "S global", "VS", "VS global", "G"};

static void perm_text(u32 perm, char *buf)
{
    static const char letters[] = "RWXU";
    for (unsigned i = 0; i < 4; i++)
        buf[i] = perm >> i & 1 ? letters[i] : '-';
    buf[4] = perm & PERM_GR ? 'r' : '-';
    buf[5] = perm & PERM_GX ? 'x' : '-';
    buf[6] = '\0';
    if (perm & PERM_INVALID)
        memcpy(buf, "V=0", 4);
}

/* The entries of one space: all, or those of one page. */
static void show_entries(struct monitor *mon, const struct hart *h, const struct space *s,
                         const u64 *addr)
{
    char perm[8];
    for (unsigned i = 0; i < TLB2_SIZE; i++) {
        const struct tlb2_entry *e = &h->tlb->l2[i];
        if (e->space != s->id || (addr && e->vpn != *addr >> 12))
            continue;
        perm_text(e->perm, perm);
        fprintf(mon->out, "%-9s %5u %5u  0x%0*" PRIx64 "  0x%0*" PRIx64 "  %s\n",
                kinds[s->name.kind], s->name.vmid, s->name.asid, addr_digits(h), e->vpn << 12,
                addr_digits(h), e->pa, perm);
    }
}

static void show_spaces(struct monitor *mon, const struct hart *h)
{
    const struct tlb *t = h->tlb;
    fprintf(mon->out, "%-9s %5s %5s %8s\n", "space", "vmid", "asid", "entries");
    FOR_EACH (const struct space, s, t->space) {
        u32 n = 0;
        for (unsigned i = 0; s->name.kind && i < TLB2_SIZE; i++)
            n += t->l2[i].space == s->id;
        if (n)
            fprintf(mon->out, "%-9s %5u %5u %8u\n", kinds[s->name.kind], s->name.vmid, s->name.asid,
                    n);
    }
    fprintf(mon->out, "'tlb all' or 'tlb ADDRESS' shows the entries\n");
}

static int cmd_tlb(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    struct view v;
    u64 addr = 0;
    if (!h)
        return -1;
    if (!*a->text) {
        show_spaces(mon, h);
        return 0;
    }
    bool all = strcmp(a->text, "all") == 0;
    if (!all && args_address(mon, a, a->text, &v, &addr))
        return -1;
    fprintf(mon->out, "%-9s %5s %5s  %-*s  %-*s  RWXU, G-stage rx\n", "space", "vmid", "asid",
            addr_digits(h) + 2, "page", addr_digits(h) + 2, "pa");
    FOR_EACH (const struct space, s, h->tlb->space)
        if (s->name.kind)
            show_entries(mon, h, s, all ? NULL : &addr);
    return 0;
}

/* ---- PMP ---- */

static const char *const matching[] = {"OFF", "TOR", "NA4", "NAPOT"};

char *pmp_entry_text(const struct hart *h, int entry, char *buf, size_t len)
{
    const struct pmp *p = &h->tlb->pmp;
    if (entry < 0) {
        snprintf(buf, len, "no entry matches; that");
        return buf;
    }
    for (unsigned i = 0; i < p->count; i++) {
        const struct pmp_range *r = &p->range[i];
        if (r->index != entry)
            continue;
        snprintf(buf, len, "entry %d (%s 0x%" PRIx64 "..0x%" PRIx64 ", %s%s%s%s)", entry,
                 matching[get_field(r->cfg, PMP_A)], r->first, r->last, r->cfg & PMP_L ? "L " : "",
                 r->cfg & PMP_R ? "R" : "-", r->cfg & PMP_W ? "W" : "-",
                 r->cfg & PMP_X ? "X" : "-");
        return buf;
    }
    snprintf(buf, len, "entry %d", entry);
    return buf;
}

static int cmd_pmp(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    char text[96];
    if (!h)
        return -1;
    const struct pmp *p = &h->tlb->pmp;
    if (*a->text) {
        static const char *const rights[] = {"-", "R", "W", "RW", "X", "RX", "WX", "RWX"};
        u64 pa;
        int entry;
        if (mon_eval(mon, strncmp(a->text, "pa:", 3) ? a->text : a->text + 3, &pa))
            return -1;
        for (unsigned level = 0; level < 4; level += level == 1 ? 2 : 1) {
            unsigned perm = pmp_permissions(h, pa, 1, level, NULL, &entry);
            fprintf(mon->out, "%s: %s by %s\n",
                    level == 3 ? "M  "
                    : level    ? "(H)S"
                               : "U  ",
                    rights[perm & 7], pmp_entry_text(h, entry, text, sizeof text));
        }
        return 0;
    }
    for (unsigned i = 0; i < p->count; i++)
        fprintf(mon->out, "%s\n", pmp_entry_text(h, p->range[i].index, text, sizeof text));
    fprintf(mon->out, "%u of %u entries in use%s%s; without a match M-mode may%s, others may%s\n",
            p->count, h->config.pmp_entries, p->mseccfg & MSECCFG_MML ? ", MML" : "",
            p->mseccfg & MSECCFG_MMWP ? ", MMWP" : "", p->mseccfg & MSECCFG_MMWP ? " not" : "",
            h->config.pmp_entries ? " not" : "");
    return 0;
}

const struct command commands_tlb[] = {
    {"tlb", NULL, "[all|ADDRESS]", "hart mode", "address translation caches", NULL, cmd_tlb,
     TOPIC_WHY, REPEAT_SAME, WORDS_EXPR, "all"},
    {"pmp", NULL, "[ADDRESS]", "hart", "physical memory protection, or its verdict on an address",
     NULL, cmd_pmp, TOPIC_WHY, REPEAT_SAME, WORDS_EXPR, NULL},
    {0},
};
