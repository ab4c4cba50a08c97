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
/* And what the hart would use instead, of what `tlb` holds; nothing if it would look there. */
void walk_show_cached(struct monitor *mon, const struct probe *p, const struct tlb *tlb,
                      const struct report *rep);
/* Gives the probe the hgatp and vsatp of another VMID. 0 or -1. */
int probe_use_vmid(struct monitor *mon, struct probe *p, const struct hart *h, const char *text);
/* "entry 3 (NAPOT 0x80000000..0x8003ffff, L RX)" or "no entry". Returns buf. */
char *pmp_entry_text(const struct hart *h, int entry, char *buf, size_t len);

/* ---- reasons (why_reason.c) ---- */

/* "rule  TEXT" and "[CITE]". */
void why_rule(struct monitor *mon, unsigned reason);
/* What decided, in lines "decided by  ...": a register's field, a page-table entry, PMP. insn: what
 * was executed. */
void why_decided(struct monitor *mon, const struct hart *h, const struct refusal *r, u32 insn);

/* ---- experiments (why_try.c) ---- */

/* What to try again after a change of a register field, of the deciding PMP entry or of a
 * page-table entry. */
enum try_what { TRY_EXECUTE, TRY_INTERRUPT, TRY_ACCESS, TRY_CSR };
struct trial {
    enum try_what what;
    const struct request *request; /* TRY_ACCESS */
    u16 csr, csr_op;               /* TRY_CSR */
    s16 pmp_entry;                 /* to be changed, or -1 */
    u64 pte;                       /* physical address of the one to be changed, or 0 */
    struct outcome base;
};
struct outcome trial_outcome(struct probe *p, const struct trial *t);
/* Makes the changes one by one on the probe, and prints what would come out differently. */
void why_experiments(struct monitor *mon, struct probe *p, const struct trial *t);
/* "HS-mode takes cause 21 (load guest-page fault)". Returns buf. */
char *outcome_text(const struct hart *h, const struct outcome *o, char *buf, size_t len);

/* Explains a recorded trap, an access, a CSR access, the interrupts (why_trap.c, cmd_why.c). */
void why_trap(struct monitor *mon, struct hart *h, const struct trap_record *r);
/* The sources of an APLIC that have something to deliver, and the hart's interrupt files: where
 * each is held (irq_chips.c). */
void irq_explain_chips(struct monitor *mon, const struct hart *h);
/* Functions of PCI whose interrupts do not leave them, or would not arrive (irq_pci.c). */
void irq_explain_pci(struct monitor *mon, struct machine *m);
/* The table of `irq`. */
void irq_explain(struct monitor *mon, const struct hart *h);

/* One labelled line: "  decided   text". */
void why_line(struct monitor *mon, const char *label, const char *format, ...) PRINTF(3, 4);
/* Says that the hart walks another G-stage table than was written to hgatp, if it is so. */
void why_root(struct monitor *mon, const struct hart *h);

#endif
