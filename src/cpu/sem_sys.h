/* System instructions and the checks that depend on privilege (sem_sys.c). */
#ifndef HEXTANT_CPU_SEM_SYS_H
#define HEXTANT_CPU_SEM_SYS_H

#include "common/types.h"

struct hart;
struct insn_access;
struct op;

int sem_ecall(struct hart *h, const struct op *op);
int sem_ebreak(struct hart *h, const struct op *op);
int sem_mret(struct hart *h, const struct op *op);
int sem_sret(struct hart *h, const struct op *op);
int sem_mnret(struct hart *h, const struct op *op);
int sem_sctrclr(struct hart *h, const struct op *op);
int sem_wfi(struct hart *h, const struct op *op);
int sem_wrs_nto(struct hart *h, const struct op *op);
int sem_wrs_sto(struct hart *h, const struct op *op);
int sem_fence_i(struct hart *h, const struct op *op);
int sem_sfence_vma(struct hart *h, const struct op *op);
int sem_sinval_vma(struct hart *h, const struct op *op);
int sem_sfence_w_inval(struct hart *h, const struct op *op);
int sem_sfence_inval_ir(struct hart *h, const struct op *op);
int sem_hfence_vvma(struct hart *h, const struct op *op);
int sem_hfence_gvma(struct hart *h, const struct op *op);
int sem_hinval_vvma(struct hart *h, const struct op *op);
int sem_hinval_gvma(struct hart *h, const struct op *op);
/* HLV.*, HLVX.* and HSV.* */
int sem_hlv(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_hsv(struct hart *h, const struct op *op, const struct insn_access *a);
/* The call into the embedded firmware. */
int sem_firmware(struct hart *h, const struct op *op);

/* May this mode execute the cache-block instruction? (CMO chapter, envcfg CBIE, CBCFE, CBZE.)
 * 0, or TRAPPED with illegal or virtual instruction raised. */
enum cbo { CBO_INVAL, CBO_CLEAN, CBO_FLUSH, CBO_ZERO };
int cbo_check(struct hart *h, unsigned which);
/* Is Zicfiss active in this mode (xSSE; CFI chapter)? If not its may-be operations write zero. */
bool ss_active(const struct hart *h);
/* May this mode execute SSAMOSWAP? 0, or TRAPPED. */
int ss_amo_check(struct hart *h);
/* Reads the XLEN-bit jump-table entry at va as an instruction fetch (Zcmt). 0 or TRAPPED. */
int mem_jump_table(struct hart *h, u64 va, u64 *target);

#endif
