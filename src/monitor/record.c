/* Rings of recent traps. */
#include "monitor/record.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/insn.h"

int record_init(struct trap_log *log)
{
    log->fault = calloc(RECORD_KEPT, sizeof *log->fault);
    log->other = calloc(RECORD_KEPT, sizeof *log->other);
    return log->fault && log->other ? 0 : -1;
}

void record_free(struct trap_log *log)
{
    free(log->fault);
    free(log->other);
}

static u32 access_flags(const struct hart *h, u32 insn)
{
    static const struct {
        const char *pattern;
        u32 flags;
    } kinds[] = {{"hlvx*", MEM_HV | MEM_HLVX},
                 {"hlv*", MEM_HV},
                 {"hsv*", MEM_HV},
                 {"amo*", MEM_AMO},
                 {"sc_*", MEM_AMO},
                 {"lr_*", MEM_LR},
                 {"ss[ap]*", MEM_SSTACK},
                 {"cbo*", MEM_CBO | MEM_AMO}};
    unsigned row = insn ? insn_lookup(h, insn) : INSN_NONE;
    if (row == INSN_NONE)
        return 0;
    const char *name = insn_row(insn_row(row)->base)->name;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (fnmatch(kinds[i].pattern, name, 0) == 0)
            return kinds[i].flags;
    return 0;
}

/* The access kind of the causes that come from memory; -1: none of them. */
static int access_of_cause(u64 cause)
{
    switch (cause) {
    case CAUSE_INSN_ACCESS:
    case CAUSE_INSN_PAGE:
    case CAUSE_INSN_GUEST_PAGE:
        return ACCESS_FETCH;
    case CAUSE_LOAD_ACCESS:
    case CAUSE_LOAD_PAGE:
    case CAUSE_LOAD_GUEST_PAGE:
        return ACCESS_LOAD;
    case CAUSE_STORE_ACCESS:
    case CAUSE_STORE_PAGE:
    case CAUSE_STORE_GUEST_PAGE:
        return ACCESS_STORE;
    default:
        return -1;
    }
}

bool record_report(struct probe *p, const struct trap_record *r, struct report *rep)
{
    int access = r->ev.interrupt ? -1 : access_of_cause(r->ev.cause);
    if (access < 0)
        return false;
    u32 flags = access == ACCESS_FETCH ? 0 : access_flags(p->h, r->insn);
    enum mode mode = access == ACCESS_FETCH ? (enum mode)p->h->mode : data_mode(p->h);
    u64 va = r->trap.cause == r->ev.cause ? r->trap.tval : r->ev.tval;
    struct request q = {
        .space = VIEW_VA, .mode = (u8)mode, .access = (u8)access, .flags = flags, .addr = va};
    report_make(p, rep, &q);
    return true;
}

void record_trap(struct trap_log *log, struct probe *p, const struct hart *h,
                 const struct trap_event *ev)
{
    bool fault = is_fault(ev);
    struct trap_record *r = fault ? &log->fault[log->fault_count++ % RECORD_KEPT]
                                  : &log->other[log->other_count++ % RECORD_KEPT];
    log->all[log->count++ % RECORD_KEPT] = r;
    r->ev = *ev;
    r->trap = h->trap;
    r->insn = h->insn;
    r->insn_len = h->insn_len;
    r->has_report = false;
    memcpy(r->state, h, sizeof r->state);
    if (fault && access_of_cause(ev->cause) >= 0) {
        probe_glance(p, h);
        r->has_report = record_report(p, r, &r->report);
    }
}

const struct trap_record *record_last(const struct trap_log *log, unsigned n)
{
    return n < log->count && n < RECORD_KEPT ? log->all[(log->count - 1 - n) % RECORD_KEPT] : NULL;
}

const struct trap_record *record_last_fault(const struct trap_log *log, unsigned n)
{
    return n < log->fault_count && n < RECORD_KEPT
               ? &log->fault[(log->fault_count - 1 - n) % RECORD_KEPT]
               : NULL;
}
