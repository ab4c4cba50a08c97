/* The page walk, printed. */
#include <inttypes.h>
#include <string.h>

#include "cpu/csr.h"
#include "monitor/fields.h"
#include "monitor/iommu_text.h"
#include "monitor/monitor.h"
#include "monitor/cached.h"
#include "monitor/why.h"

static void show_stage(struct monitor *mon, const struct probe *p, const struct stage *st,
                       const char *csr)
{
    char text[160];
    u64 value;
    if (csr_peek(p->h, (unsigned)csr_number(csr), &value))
        return;
    fprintf(mon->out, "  %-9s %s = 0x%0*" PRIx64 ": %s", st->g_stage ? "G-stage" : "stage 1", csr,
            addr_digits(p->h), value,
            fields_of(p->h, (unsigned)csr_number(csr), value, text, sizeof text));
    fputc('\n', mon->out);
}

static void show_g_stage(struct monitor *mon, const struct probe *p, const struct stage *st)
{
    show_stage(mon, p, st, "hgatp");
    if (st->levels)
        why_root(mon, p->h);
}

static void size_text(unsigned bits_, char *buf, size_t len)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    snprintf(buf, len, "%u %s", 1u << bits_ % 10, units[bits_ / 10 % 6]);
}

/* Hexadecimal digits of a physical address: 34 bits are more than RV32's eight. */
static int physical_digits(const struct regime *r)
{
    return r->xlen == 32 ? 9 : 16;
}

static void show_step(struct monitor *mon, const struct report *rep, const struct report_step *t)
{
    const struct stage *st = t->s.g_stage ? &rep->r.g : &rep->r.s;
    const char *stage = t->s.g_stage ? "G" : rep->r.virt ? "VS" : "S";
    char flags[16], size[16];
    int digits = rep->r.xlen == 32 ? 8 : 16, pa_digits = physical_digits(&rep->r);
    bool under = !t->s.g_stage && rep->r.g.levels;
    const struct reason_row *reason = reason_row(t->s.reason);
    if (reason->kind == REASON_IS_RANGE) {
        fprintf(mon->out, "  %-3s       0x%" PRIx64 " %sfails: %s%s\n", stage, t->s.table_va,
                tint(mon, TINT_BAD), reason->words, tint(mon, TINT_NONE));
        return;
    }
    bool unread = reason->kind == REASON_IS_PTE && !t->s.pte;
    fprintf(mon->out, "  %-3s %u  ", stage, t->s.level);
    if (t->s.pa || !unread)
        fprintf(mon->out, "0x%0*" PRIx64, pa_digits, t->s.pa);
    fprintf(mon->out, "  ");
    if (under)
        fprintf(mon->out, "0x%-*" PRIx64, pa_digits, t->s.pte_addr);
    else
        fprintf(mon->out, "%-*s", pa_digits + 2, t->s.g_stage ? "" : "-");
    if (unread) {
        fprintf(mon->out, "  %sfails: %s%s\n", tint(mon, TINT_BAD), reason->words,
                tint(mon, TINT_NONE));
        return;
    }
    fprintf(mon->out, "  0x%0*" PRIx64 "  %-11s  ", digits, t->s.pte,
            pte_flags(st, t->s.pte, flags));
    if (t->s.reason != REASON_NONE) {
        fprintf(mon->out, "%sfails: %s%s", tint(mon, TINT_BAD), reason->words,
                tint(mon, TINT_NONE));
    } else if (t->s.leaf) {
        size_text(t->leaf_bits, size, sizeof size);
        fprintf(mon->out, "%s at 0x%" PRIx64, size, t->target);
    } else {
        fprintf(mon->out, "table 0x%" PRIx64, t->target);
    }
    if (t->s.g_stage)
        fprintf(mon->out, "  for gpa 0x%" PRIx64, t->s.table_va);
    fputc('\n', mon->out);
}

static void show_protection(struct monitor *mon, const struct probe *p, const struct report *rep)
{
    char range[96];
    static const char *const rights[] = {"nothing", "R", "W", "RW", "X", "RX", "WX", "RWX"};
    pmp_entry_text(p->h, rep->pmp_entry, range, sizeof range);
    bool pte = report_of_pte(rep);
    u64 pa = pte ? rep->fault.refusal.pa : rep->x.pa;
    fprintf(mon->out, "  PMP       %s gives %s%s %s\n", range,
            pte ? "the walk" : mode_name(p->h, rep->r.mode), pte ? "" : "-mode",
            rights[rep->pmp_granted & 7]);
    if (rep->memory)
        fprintf(mon->out, "  PMA       %s, memory%s\n", rep->memory->name,
                rep->memory->writable ? "" : ", read-only");
    else if (rep->device)
        fprintf(mon->out, "  PMA       device %s, offset 0x%" PRIx64 "\n",
                rep->device->dev->cls->name, pa - rep->device->base);
    else
        fprintf(mon->out, "  PMA       nothing is there\n");
}

void walk_show(struct monitor *mon, const struct probe *p, const struct report *rep)
{
    const struct regime *r = &rep->r;
    int digits = r->xlen == 32 ? 8 : 16, pa_digits = physical_digits(r);
    if (rep->masked != rep->va)
        fprintf(mon->out, "  masking   PMLEN %u: 0x%0*" PRIx64 " -> 0x%0*" PRIx64 "\n", r->pmlen,
                digits, rep->va, digits, rep->masked);
    else if (r->pmlen)
        fprintf(mon->out, "  masking   PMLEN %u changes nothing\n", r->pmlen);
    if (r->mode != MODE_M && rep->asked.space == VIEW_VA)
        show_stage(mon, p, &r->s, r->virt ? "vsatp" : "satp");
    if (r->virt && rep->asked.space != VIEW_PA)
        show_g_stage(mon, p, &r->g);
    if (rep->steps)
        fprintf(mon->out, "%s  st. lv %-*s  %-*s  %-*s  %-11s  leads to%s\n", tint(mon, TINT_DIM),
                pa_digits + 2, "PTE at pa", pa_digits + 2, r->g.levels ? "PTE at gpa" : "",
                digits + 2, "PTE", "flags", tint(mon, TINT_NONE));
    for (u32 i = 0; i < rep->steps; i++)
        show_step(mon, rep, &rep->step[i]);
    if (rep->translated) {
        if (r->g.levels)
            fprintf(mon->out, "  gpa       0x%0*" PRIx64 "\n", pa_digits, rep->x.gpa);
        fprintf(mon->out, "  pa        0x%0*" PRIx64 "\n", pa_digits, rep->x.pa);
        show_protection(mon, p, rep);
    } else if (report_of_pte(rep)) {
        show_protection(mon, p, rep);
    }
    if (rep->ok)
        fprintf(mon->out, "  %sresult    allowed%s\n", tint(mon, TINT_GOOD), tint(mon, TINT_NONE));
    else
        fprintf(mon->out, "  %sresult    %s (cause %u)%s: %s\n", tint(mon, TINT_BAD),
                exception_name(rep->cause), rep->cause, tint(mon, TINT_NONE),
                reason_row(rep->fault.refusal.reason)->words);
}

struct probe *mon_probe(struct monitor *mon, const struct hart *h)
{
    probe_load(mon->c->probe, h);
    return mon->c->probe;
}

static int parse_access(struct monitor *mon, const char *word, enum access *access, u32 *flags)
{
    static const struct {
        const char *name;
        u8 access;
        u32 flags;
    } words[] = {{"r", ACCESS_LOAD, 0},           {"load", ACCESS_LOAD, 0},
                 {"w", ACCESS_STORE, 0},          {"store", ACCESS_STORE, 0},
                 {"x", ACCESS_FETCH, 0},          {"fetch", ACCESS_FETCH, 0},
                 {"amo", ACCESS_STORE, MEM_AMO},  {"hlv", ACCESS_LOAD, MEM_HV},
                 {"hsv", ACCESS_STORE, MEM_HV},   {"hlvx", ACCESS_LOAD, MEM_HV | MEM_HLVX},
                 {"ss", ACCESS_STORE, MEM_SSTACK}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].name, word) == 0) {
            *access = (enum access)words[i].access;
            *flags = words[i].flags;
            return 0;
        }
    return mon_error(mon, "access '%s': r, w, x, amo, hlv, hsv, hlvx or ss", word);
}

/* ADDRESS, then MODE and ACCESS in any order. */
int args_request(struct monitor *mon, struct args *a, char *where, struct request *q)
{
    enum access access = ACCESS_LOAD;
    struct view v;
    u64 addr;
    u32 flags = 0;
    if (args_address(mon, a, where, &v, &addr))
        return -1;
    for (char *word = args_word(a); word; word = args_word(a)) {
        int m = mode_named(word);
        if (m >= 0)
            v.mode = (u8)m;
        else if (parse_access(mon, word, &access, &flags))
            return -1;
    }
    if (v.kind != VIEW_VA && (flags & MEM_HV))
        return mon_error(mon, "HLV and HSV take virtual addresses");
    if (v.kind == VIEW_GPA && !has(v.h, EXT_H))
        return mon_error(mon, "this hart has no hypervisor extension");
    if (v.kind == VIEW_GPA && !mode_table[v.mode].v)
        v.mode = MODE_VS;
    *q = (struct request){
        .space = v.kind, .mode = v.mode, .access = (u8)access, .flags = flags, .addr = addr};
    return 0;
}

/* "load at gpa 0x... in VS-mode, hart 0" */
void request_show(struct monitor *mon, const struct hart *h, const struct report *rep)
{
    static const char *const spaces[] = {"", "gpa ", "pa "};
    fprintf(mon->out, "%s at %s0x%0*" PRIx64 " in %s-mode, hart %u\n",
            access_name(rep->access, rep->flags), spaces[rep->asked.space], addr_digits(h), rep->va,
            mode_name(h, rep->r.mode), h->id);
}

/* The vsatp that the hart has used last under this hgatp. */
static void use_vsatp(struct probe *p, const struct hart *h)
{
    u64 latest = 0;
    p->h->vsatp = 0;
    FOR_EACH (const struct space, s, h->tlb->space)
        if (s->name.kind == SPACE_VS && s->name.hgatp == p->h->hgatp && s->used > latest) {
            latest = s->used;
            p->h->vsatp = s->name.atp;
        }
}

/* Another VM's vsatp and hgatp, as far as the hart's translation caches remember them. */
int probe_use_vmid(struct monitor *mon, struct probe *p, const struct hart *h, const char *text)
{
    u64 vmid;
    if (mon_eval(mon, text, &vmid))
        return -1;
    if (hart_vmid(p->h) == vmid)
        return 0;
    FOR_EACH (const struct space, s, h->tlb->space) {
        if (s->name.kind != SPACE_G || s->name.vmid != vmid)
            continue;
        p->h->hgatp = s->name.hgatp;
        use_vsatp(p, h);
        probe_settle(p);
        return 0;
    }
    return mon_error(mon, "hart %u has not used VMID %s lately", h->id, text);
}

void walk_show_cached(struct monitor *mon, const struct probe *p, const struct tlb *tlb,
                      const struct report *rep)
{
    struct cached c = cached_find(p->h, tlb, rep);
    char text[240];
    if (c.name.kind == SPACE_NONE)
        return;
    fprintf(mon->out, "  %scached%s    the hart does not look there%s: %s\n", tint(mon, TINT_BAD),
            tint(mon, TINT_NONE), rep->steps && c.implicit ? " for its tables" : "",
            cached_text(&c, text, sizeof text));
}

static int cmd_walk(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    char *where = args_word(a);
    const char *vmid = args_option(a, "vmid");
    struct report rep;
    struct request q;
    if (!h)
        return -1;
    if (!where)
        return mon_error(mon, "usage: walk ADDRESS [MODE] [r|w|x|hlv|hsv|hlvx]");
    if (args_option(a, "device"))
        return iommu_walk(mon, a, where);
    if (args_request(mon, a, where, &q))
        return -1;
    struct probe *p = mon_probe(mon, h);
    if (vmid && probe_use_vmid(mon, p, h, vmid))
        return -1;
    report_make(p->h, &rep, &q);
    request_show(mon, h, &rep);
    walk_show(mon, p, &rep);
    walk_show_cached(mon, p, h->tlb, &rep);
    return 0;
}

const struct command commands_walk[] = {
    {"walk", NULL, "ADDRESS [MODE] [ACCESS]", "hart mode vmid device process",
     "translate an address, every step shown",
     "MODE is M, HS, U, VS or VU (else the hart's own); ACCESS r, w, x, amo, hlv, hsv, hlvx, ss.\n"
     "walk gpa:ADDRESS is the G-stage alone; walk pa:ADDRESS asks PMP and PMA. --vmid=N: the "
     "tables of\n"
     "another virtual machine, if the hart has run it lately.\n"
     "--device=00:02.0 [--process=N]: as the IOMMU translates for a function of PCI.\n"
     "Each line is one page-table entry: stage, level, where it was read, what it holds. A "
     "VS-stage\n"
     "entry comes after the G-stage entries that found it.",
     cmd_walk, TOPIC_WHY, REPEAT_SAME, WORDS_EXPR, NULL},
    {0},
};
