/* Explaining: shared by walk, maps and the parts of `why`. */
#ifndef HEXTANT_MONITOR_WHY_H
#define HEXTANT_MONITOR_WHY_H

#include "monitor/monitor.h"
#include "monitor/report.h"

/* The probe as a copy of h. */
struct probe *mon_probe(struct monitor *mon, const struct hart *h);
/* ADDRESS, then MODE and ACCESS from the arguments. 0 or -1. */
int args_request(struct monitor *mon, struct args *a, char *where, struct request *q);
/* The heading of a report: what was asked. */
void request_show(struct monitor *mon, const struct hart *h, const struct report *rep);
/* Prints a report as the table of `walk`. */
void walk_show(struct monitor *mon, const struct probe *p, const struct report *rep);
/* Gives the probe the hgatp and vsatp of another VMID. 0 or -1. */
int probe_use_vmid(struct monitor *mon, struct probe *p, const struct hart *h, const char *text);
/* "entry 3 (NAPOT 0x80000000..0x8003ffff, L RX)" or "no entry". Returns buf. */
char *pmp_entry_text(const struct hart *h, int entry, char *buf, size_t len);

/* ---- the rules (why_rules.c) ---- */

struct why_rule {
    const char *text; /* what the rule says */
    const char *cite; /* "norm:..." or a chapter */
};
/* The rule behind a refused CSR access, from csr_check()'s words. */
struct why_rule rule_of_csr(const struct hart *h, unsigned num, const char *why, unsigned cause);
/* The rule behind an exception of the instruction `insn` on h; text "" if it is none of those that
 * an instruction raises by itself. *reg gets "hstatus.VTSR=1" or stays "". */
struct why_rule rule_of_insn(const struct hart *h, u32 insn, unsigned cause, char *reg, size_t len);
/* The rule behind a failed translation. */
struct why_rule rule_of_walk(const struct report *rep);

/* ---- experiments (why_try.c) ---- */

/* Changes one register field after the other on the probe, and PTE bits of the report (may be
 * NULL), tries the instruction or interrupt again, and prints what would come out differently. */
enum try_what { TRY_EXECUTE, TRY_INTERRUPT, TRY_ACCESS, TRY_CSR };
struct trial {
    enum try_what what;
    struct report *rep; /* TRY_ACCESS: what to do again; else whose PTEs to change, or NULL */
    u16 csr, csr_op;    /* TRY_CSR */
    struct outcome base;
};
struct outcome trial_outcome(struct probe *p, const struct trial *t);
void why_experiments(struct monitor *mon, struct probe *p, const struct trial *t);
/* "HS-mode takes cause 21 (load guest-page fault)". Returns buf. */
char *outcome_text(const struct outcome *o, char *buf, size_t len);

/* Explains a recorded trap, an access, a CSR access, the interrupts (why_trap.c, cmd_why.c). */
void why_trap(struct monitor *mon, struct hart *h, const struct trap_record *r);
/* The table of `irq`. */
void irq_explain(struct monitor *mon, const struct hart *h);

/* One labelled line: "  decided   text". */
void why_line(struct monitor *mon, const char *label, const char *format, ...) PRINTF(3, 4);

#endif
