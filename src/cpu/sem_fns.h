/* The functions that isa.def rows CALL: each executes one instruction on the hart. They return 0,
 * or TRAPPED after raise_exception(). Their operands are in the record, what they do to memory in
 * the row's access; h->insn_len, h->pc and h->npc are set by the engine. */
#ifndef HEXTANT_CPU_SEM_FNS_H
#define HEXTANT_CPU_SEM_FNS_H

#include "cpu/sem.h"
#include "cpu/sem_sys.h"
#include "cpu/vec.h"

/* sem_csr.c: Zicsr */
int sem_csrrw(struct hart *h, const struct op *op);
int sem_csrrs(struct hart *h, const struct op *op);
int sem_csrrc(struct hart *h, const struct op *op);
int sem_csrrwi(struct hart *h, const struct op *op);
int sem_csrrsi(struct hart *h, const struct op *op);
int sem_csrrci(struct hart *h, const struct op *op);

/* sem_amo.c: Zalrsc; Zaamo and Zabha; Zacas; Zicfiss's swap */
enum amo { AMO_ADD, AMO_SWAP, AMO_XOR, AMO_OR, AMO_AND, AMO_MIN, AMO_MAX, AMO_MINU, AMO_MAXU };
int sem_lr(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_sc(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_amo(struct hart *h, const struct op *op, const struct insn_access *a, enum amo what);
int sem_amocas(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_amocas_d(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_amocas_q(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_ssamoswap(struct hart *h, const struct op *op, const struct insn_access *a);

/* sem_pair.c: Zilsd; Zalasr */
int sem_load_pair(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_store_pair(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_load_acquire(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_store_release(struct hart *h, const struct op *op, const struct insn_access *a);

/* sem_misc.c: cache blocks; shadow stack; the one cipher instruction with reserved operands */
int sem_cbo_inval(struct hart *h, const struct op *op);
int sem_cbo_clean(struct hart *h, const struct op *op);
int sem_cbo_flush(struct hart *h, const struct op *op);
int sem_cbo_zero(struct hart *h, const struct op *op);
int sem_sspush(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_sspopchk(struct hart *h, const struct op *op, const struct insn_access *a);
int sem_ssrdp(struct hart *h, const struct op *op);
int sem_aes64ks1i(struct hart *h, const struct op *op);

/* sem_zc.c: Zcmp, Zcmt */
int sem_cm_push(struct hart *h, const struct op *op);
int sem_cm_pop(struct hart *h, const struct op *op);
int sem_cm_popret(struct hart *h, const struct op *op);
int sem_cm_popretz(struct hart *h, const struct op *op);
int sem_cm_mvsa01(struct hart *h, const struct op *op);
int sem_cm_mva01s(struct hart *h, const struct op *op);
int sem_cm_jt(struct hart *h, const struct op *op);

#endif
