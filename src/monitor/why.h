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
/* The register that decided, and the bits in it (0: no one of them); 0: none. On RV32 what stands
 * above bit 31 is in the register's high half. */
unsigned deciding_register(const struct hart *h, const struct refusal *r, u64 *field);
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
/* One change that would make a difference, and what would come of it. */
enum change_kind { CHANGE_REGISTER, CHANGE_PMP, CHANGE_PTE };
struct change {
    u8 kind;         /* enum change_kind */
    u16 number;      /* the CSR, or the PMP entry (its configuration) */
    u64 pte;         /* physical address of the page-table entry */
    u64 mask, value; /* its bits that change, and how they are then */
    const char *text;
    struct outcome outcome;
};
typedef void change_fn(void *ctx, const struct change *c);
/* Makes changes one by one on the probe, and tells those after which it would come out differently.
 */
void try_changes(struct probe *p, const struct trial *t, change_fn *tell, void *ctx);
/* The same for a recorded trap. 0; or -1: what it is compared with, *now, is not what happened then
 * (memory is different), or, with now->trapped false, it is not tried again (a device would be
 * asked).
 */
int try_trap(struct probe *p, struct hart *h, const struct trap_record *r, change_fn *tell,
             void *ctx, struct outcome *now);
/* Printing what they tell, and an end. */
struct changes_shown {
    struct monitor *mon;
    const struct hart *h;
    bool is_question; /* of an access or a CSR: what does not trap is allowed */
    unsigned lines;
};
void change_show(void *shown, const struct change *c);
void changes_end(const struct changes_shown *s);
/* Prints what try_changes() tells. */
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
