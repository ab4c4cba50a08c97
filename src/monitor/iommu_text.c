/* The IOMMU in words: translations step by step, and why there was a fault. */
#include "monitor/iommu_text.h"

#include <inttypes.h>
#include <string.h>

#include "bus/bus.h"
#include "cpu/reason.h"
#include "monitor/report.h"
#include "monitor/why.h"

struct device *iommu_of(struct monitor *mon)
{
    struct device *io = bus_device_of(&mon->m->bus, &iommu_class);
    if (!io)
        mon_error(mon, "the machine has no IOMMU (--iommu)");
    return io;
}

char *iommu_device_name(u32 did, char *buf, size_t len)
{
    if (did >> 16)
        snprintf(buf, len, "0x%x", did);
    else
        snprintf(buf, len, "%02x:%02x.%u", did >> 8, did >> 3 & 31, did & 7);
    return buf;
}

/* ---- contexts ---- */

/* "Sv39 at 0x1000" */
static size_t stage_text(u64 root, bool narrow, bool second, char *buf, size_t len)
{
    static const char *const wide[] = {"Sv39", "Sv48", "Sv57"};
    unsigned mode = (unsigned)(root >> 60);
    int n = mode < 8 || mode > 10
                ? snprintf(buf, len, mode ? "mode %u" : "Bare", mode)
                : snprintf(buf, len, "%s%s at 0x%" PRIx64, narrow ? "Sv32" : wide[mode - 8],
                           second ? "x4" : "", bits(root, 43, 0) << 12);
    return n < 0 ? 0 : (size_t)n;
}

char *iommu_context_text(const u64 *word, char *buf, size_t len)
{
    enum { PDTV = 1 << 5, DTF = 1 << 4, SXL = 1 << 11 };
    u64 tc = word[0];
    size_t n;
    if (tc & PDTV)
        n = (size_t)snprintf(buf, len, "processes (PD mode %u at 0x%" PRIx64 ")",
                             (unsigned)(word[3] >> 60), bits(word[3], 43, 0) << 12);
    else
        n = stage_text(word[3], tc & SXL, false, buf, len);
    n += (size_t)snprintf(buf + n, len - n, ", then ");
    n += stage_text(word[1], false, true, buf + n, len - n);
    if (word[1] >> 60)
        n += (size_t)snprintf(buf + n, len - n, " (GSCID %u)", (unsigned)bits(word[1], 59, 44));
    if (word[4] >> 60)
        n += (size_t)snprintf(buf + n, len - n, ", MSI table at 0x%" PRIx64,
                              bits(word[4], 43, 0) << 12);
    if (tc & DTF)
        snprintf(buf + n, len - n, ", no fault reports (DTF)");
    return buf;
}

/* ---- faults ---- */

static const char *cause_name(u32 cause)
{
    static const struct {
        u32 cause;
        const char *name;
    } names[] = {
        {1, "execute access fault"},
        {5, "read access fault"},
        {7, "write access fault"},
        {12, "execute page fault"},
        {13, "read page fault"},
        {15, "write page fault"},
        {20, "execute guest-page fault"},
        {21, "read guest-page fault"},
        {23, "write guest-page fault"},
        {256, "all transactions disallowed"},
        {257, "DDT entry load access fault"},
        {258, "DDT entry not valid"},
        {259, "DDT entry misconfigured"},
        {260, "transaction type disallowed"},
        {261, "MSI PTE load access fault"},
        {262, "MSI PTE not valid"},
        {263, "MSI PTE misconfigured"},
        {264, "MRIF access fault"},
        {265, "PDT entry load access fault"},
        {266, "PDT entry not valid"},
        {267, "PDT entry misconfigured"},
        {273, "IOMMU MSI write access fault"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].cause == cause)
            return names[i].name;
    return "?";
}

const char *iommu_rule_text(const struct iommu_fault *f)
{
    return f->rule == IOMMU_WALK ? reason_row(f->reason)->text : iommu_rule(f->rule)->text;
}

char *iommu_fault_text(const struct iommu_fault *f, char *buf, size_t len)
{
    static const char *const types[] = {"its own message", "execute", "read", "write"};
    char name[16];
    int n = snprintf(buf, len, "cause %u (%s): %s at 0x%" PRIx64, f->cause, cause_name(f->cause),
                     types[f->ttyp & 3], f->iova);
    if (f->ttyp && n > 0 && (size_t)n < len)
        n += snprintf(buf + n, len - (size_t)n, " by %s",
                      iommu_device_name(f->did, name, sizeof name));
    if (f->pv && n > 0 && (size_t)n < len)
        snprintf(buf + n, len - (size_t)n, ", process %u%s", f->pid,
                 f->priv ? ", as supervisor" : "");
    return buf;
}

/* The entry that decided. */
static void show_decided(struct monitor *mon, const struct iommu_fault *f)
{
    if (f->rule == IOMMU_WALK && f->at)
        why_line(mon, "decided by", "%s-stage entry of level %u at 0x%" PRIx64 ": 0x%" PRIx64,
                 f->g_stage ? "second" : "first", f->level, f->at, f->value);
    else if (f->at)
        why_line(mon, "decided by", "the entry at 0x%" PRIx64 ", which holds 0x%" PRIx64, f->at,
                 f->value);
    else if (f->value)
        why_line(mon, "decided by", "0x%" PRIx64, f->value);
}

static void show_fault(struct monitor *mon, const struct iommu_fault *f)
{
    char text[200];
    fprintf(mon->out, "%s\n", iommu_fault_text(f, text, sizeof text));
    why_line(mon, "rule", "%s", iommu_rule_text(f));
    if (f->cause >= 20 && f->cause <= 23)
        why_line(mon, "guest", "0x%" PRIx64 "%s", (u64)(f->iotval2 & ~3ull),
                 f->iotval2 & 2   ? ", to set A or D in a first-stage entry"
                 : f->iotval2 & 1 ? ", to reach a table of the first stage"
                                  : "");
    show_decided(mon, f);
}

int iommu_why(struct monitor *mon, struct args *a)
{
    const struct device *io = iommu_of(mon);
    u64 n = 0;
    if (!io || (*a->text && mon_eval(mon, a->text, &n)))
        return -1;
    const struct iommu_fault *f = iommu_last_fault(io, (u32)n);
    if (!f)
        return mon_error(mon, n ? "not so many faults are remembered; 'iommu queues' lists them"
                                : "the IOMMU has reported no fault since reset");
    show_fault(mon, f);
    why_line(mon, "record", "%s",
             f->reported ? "in the fault queue" : "dropped: the queue takes none");
    return 0;
}

/* ---- walk ---- */

static int parse_device(struct monitor *mon, const char *text, u32 *did)
{
    unsigned bus, dev, fn;
    u64 number;
    char more;
    if (sscanf(text, "%x:%x.%u%c", &bus, &dev, &fn, &more) == 3 && bus < 256 && dev < 32 &&
        fn < 8) {
        *did = bus << 8 | dev << 3 | fn;
        return 0;
    }
    if (strchr(text, ':') || mon_eval(mon, text, &number) || number >> 24)
        return mon_error(mon, "--device=%s: BUS:DEVICE.FUNCTION, as in 00:02.0, or a number", text);
    *did = (u32)number;
    return 0;
}

static void show_step(struct monitor *mon, const struct iommu_step *s)
{
    static const char *const kinds[] = {
        [IOMMU_DDT] = "DDT", [IOMMU_DC] = "DC", [IOMMU_PDT] = "PDT",
        [IOMMU_PC] = "PC",   [IOMMU_PTE] = "",  [IOMMU_MSI] = "MSI"};
    const struct walk_step *p = &s->pte;
    if (s->kind != IOMMU_PTE) {
        fprintf(mon->out, "  %-3s %u  0x%012" PRIx64 "  0x%016" PRIx64 "\n", kinds[s->kind],
                s->level, s->at, s->value);
        return;
    }
    fprintf(mon->out, "  %-3s %u  0x%012" PRIx64 "  0x%016" PRIx64 "  for 0x%" PRIx64 "%s%s\n",
            p->g_stage ? "G" : "S", p->level, s->at, s->value, p->table_va,
            p->reason ? "  fails: " : "", reason_row(p->reason)->words);
}

/* What the cache leads to, if that is not what the tables say. */
static void show_stale(struct monitor *mon, struct device *io, struct iommu_request q,
                       const struct iommu_answer *walked)
{
    struct iommu_answer a;
    struct iommu_fault f;
    q.trail = NULL;
    if (iommu_translate(io, &q, &a, &f) || !a.cached || (walked && walked->pa == a.pa))
        return;
    fprintf(mon->out,
            "  %scached%s    the IOMMU does not look there: it remembers pa 0x%" PRIx64 "\n",
            tint(mon, TINT_BAD), tint(mon, TINT_NONE), a.pa);
}

static void show_walk(struct monitor *mon, struct device *io, struct iommu_request *q)
{
    struct iommu_trail trail = {.count = 0};
    struct iommu_answer a;
    struct iommu_fault f;
    q->trail = &trail;
    int rc = iommu_translate(io, q, &a, &f);
    for (u32 i = 0; i < trail.count; i++)
        show_step(mon, &trail.step[i]);
    if (rc) {
        fprintf(mon->out, "  %sresult%s    ", tint(mon, TINT_BAD), tint(mon, TINT_NONE));
        show_fault(mon, &f);
    } else if (a.mrif) {
        fprintf(mon->out,
                "  result    the interrupt file in memory at 0x%" PRIx64 ", notice %u to 0x%" PRIx64
                "\n",
                a.pa, a.notice_id, a.notice);
    } else {
        fprintf(mon->out, "  %sresult%s    pa 0x%" PRIx64 "\n", tint(mon, TINT_GOOD),
                tint(mon, TINT_NONE), a.pa);
    }
    show_stale(mon, io, *q, rc ? NULL : &a);
}

int iommu_walk(struct monitor *mon, struct args *a, const char *where)
{
    static const char *const kinds[] = {
        [ACCESS_LOAD] = "read", [ACCESS_STORE] = "write", [ACCESS_FETCH] = "execute"};
    struct device *io = iommu_of(mon);
    const char *process = args_option(a, "process"), *device = args_option(a, "device");
    struct iommu_request q = {.probe = true, .pv = process != NULL};
    u64 pid = 0;
    char name[16];
    if (!io || parse_device(mon, device ? device : "0", &q.did) || mon_eval(mon, where, &q.iova) ||
        (process && mon_eval(mon, process, &pid)))
        return -1;
    if (pid >> 20)
        return mon_error(mon, "--process=%s: at most 20 bits", process);
    q.pid = (u32)pid;
    for (char *word = args_word(a); word; word = args_word(a)) {
        if (strcmp(word, "priv") == 0 && process)
            q.priv = true;
        else if (strchr("rwx", *word) && !word[1])
            q.access = *word == 'r' ? ACCESS_LOAD : *word == 'w' ? ACCESS_STORE : ACCESS_FETCH;
        else
            return mon_error(mon, "'%s': r, w or x, and with --process priv", word);
    }
    fprintf(mon->out, "%s at 0x%" PRIx64 " by %s\n", kinds[q.access], q.iova,
            iommu_device_name(q.did, name, sizeof name));
    show_walk(mon, io, &q);
    return 0;
}
