/* Control transfer records (Smctr, Ssctr): which transfers are recorded, and the buffer. */
#ifndef HEXTANT_CPU_CTR_H
#define HEXTANT_CPU_CTR_H

#include "cpu/hart.h"
#include "cpu/insn.h"

/* A branch or jump has retired, plainly: row, its operands; h->pc and h->npc say from where to
 * where. Only to be told in modes of h->d.jump_modes. */
void ctr_jump(struct hart *h, unsigned row, const struct op *op);
/* A trap has been taken: h->pc and h->mode are the handler's. code: of the exception or interrupt.
 * Only while h->d.ctr. */
void ctr_trap(struct hart *h, enum mode from, u64 epc, unsigned interrupt, u64 code);
/* A trap return has led from h->pc in mode `from` to h->npc. Only while h->d.ctr. */
void ctr_return(struct hart *h, enum mode from);
/* A record, for who looks on. */
struct ctr_record {
    u64 source, target; /* 0: in a mode that is not recorded */
    const char *type;   /* of the transfer, in words */
};
/* The record with that number, the youngest being 0. False: there is none, or it is not valid. */
bool ctr_get(const struct hart *h, unsigned number, struct ctr_record *out);
/* SCTRCLR: no record is left. */
void ctr_clear(struct hart *h);
/* Works out h->d.ctr, whether something may be recorded, or end the recording. Returns the modes in
 * which jumps are recorded now, a bit for each. */
u8 ctr_derive(struct hart *h);

#endif
