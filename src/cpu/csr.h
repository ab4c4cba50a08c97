/* CSRs: the table made from csr.def and the one access protocol. */
#ifndef HEXTANT_CPU_CSR_H
#define HEXTANT_CPU_CSR_H

#include "common/types.h"

struct hart;
struct refusal;

enum csr_op { CSR_READ, CSR_WRITE, CSR_SET, CSR_CLEAR };

enum csr_num {
#define CSR(n, name, ...) CSR_##name = (n),
#include "cpu/csr.def"
#undef CSR
};

/* One CSR instruction: exists -> privilege -> gate -> V-substitution -> read -> legalise -> store
 * -> after. `op` CSR_READ: no write takes place (CSRRS/CSRRC with rs1 = x0). *old gets the value
 * read (not read for CSRRW with rd = x0: pass old = NULL). 0, or TRAPPED with illegal or virtual
 * instruction raised. */
int csr_access(struct hart *h, unsigned num, enum csr_op op, u64 operand, u64 *old);
/* An instruction uses the CSR without naming it: 0, or TRAPPED with the exception that reading it
 * would raise. */
int csr_use(struct hart *h, unsigned num);
/* Debuggers, firmware in the host, snapshots: reads and writes by number without gates and without
 * V-substitution; writes are legalised and have their after-effects. 0, or -1 if there is no such
 * CSR on this hart. */
int csr_peek(struct hart *h, unsigned num, u64 *value);
int csr_poke(struct hart *h, unsigned num, u64 value);
/* As csr_poke, but sets or clears the bits of `mask` as CSRRS or CSRRC would: what they modify is
 * not always what they read (mip.SEIP). */
int csr_poke_bits(struct hart *h, unsigned num, enum csr_op op, u64 mask);
/* Name of a CSR number, or NULL; number of a name, or -1. */
const char *csr_name(unsigned num);
int csr_number(const char *name);
/* The register that an alias (mireg, sireg2, ...) stands for now, by the select register of its own
 * level; NULL: none, or `num` is no alias. Returns buf. */
const char *ireg_name(const struct hart *h, unsigned num, char *buf, size_t len);
/* Would this access trap in the current mode? 0, or CAUSE_ILLEGAL or CAUSE_VIRTUAL_INSN; then *why
 * (may be NULL) gets the rule that decides. */
int csr_check(const struct hart *h, unsigned num, enum csr_op op, struct refusal *why);

/* WARL reset values that depend on the configuration; part of hart_reset. */
void csr_reset(struct hart *h);
/* Recomputes what depends on misa (h->ext). */
void csr_derive(struct hart *h);
/* Calls fn for every CSR that exists on this hart, in order of number. */
void csr_for_each(const struct hart *h, void (*fn)(void *ctx, unsigned num, const char *name),
                  void *ctx);

#endif
