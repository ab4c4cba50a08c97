/* Vectors: what the engines, the decoder and the CSRs need of them. The rows are those of isa_v.def
 * and its like, their classes in vec_class.def; vec_impl.h is for the files that execute them. */
#ifndef HEXTANT_CPU_VEC_H
#define HEXTANT_CPU_VEC_H

#include "cpu/fields.h"
#include "cpu/hart.h"
#include "cpu/insn.h"

/* Bytes of a vector register; register n, and with it the group that begins there. */
static inline u32 vec_bytes(const struct hart *h)
{
    return h->config.vlen / 8;
}

static inline u8 *vec_reg(struct hart *h, unsigned n)
{
    return h->v + (size_t)n * vec_bytes(h);
}

static inline bool vec_vill(const struct hart *h)
{
    return h->vtype & (is_rv32(h) ? (u64)VTYPE32_VILL : (u64)VTYPE_VILL);
}

/* Of vtype: log2(SEW / 8), log2(LMUL), and the number of elements. */
static inline unsigned vec_sew(const struct hart *h)
{
    return (unsigned)get_field(h->vtype, VTYPE_VSEW);
}

static inline int vec_lmul(const struct hart *h)
{
    return (int)sext(h->vtype, 3);
}

static inline u64 vec_vlmax(const struct hart *h)
{
    u64 bytes = vec_bytes(h);
    int lmul = vec_lmul(h);
    return (lmul < 0 ? bytes >> -lmul : bytes << lmul) >> vec_sew(h);
}

/* The widest element, log2 of its bytes: 2 or 3. */
static inline unsigned vec_widest(const struct hart *h)
{
    return has(h, EXT_Zve64x) ? 3 : 2;
}

/* What decoded vector instructions depend on: bits for the key of their block (cpu/block.h). 0 on
 * a hart without vectors, never 0 on others. */
u32 vec_key(const struct hart *h);
/* Why the instruction is illegal with the present vtype and vstart: an enum reason, or REASON_NONE.
 */
enum reason vec_refuses(const struct hart *h, enum insn row, const struct op *op);
/* Executes a vector instruction plainly: checks it first. 0 or TRAPPED. */
int vec_execute(struct hart *h, const struct op *op, enum insn row);
/* Executes one that was checked when it was decoded, with vstart = 0 and the registers Dirty. 0, or
 * -1 if it must be executed plainly: then nothing has changed. */
int vec_fast(struct hart *h, const struct op *op, enum insn row);
/* The vector registers that hold elements that the instruction has written or may have: a bit for
 * each. For who logs what instructions do. */
u32 vec_written(const struct hart *h, enum insn row, const struct op *op);
/* The loops for this host. */
struct vec_loops;
const struct vec_loops *vec_host_loops(void);
/* vstart becomes `index`: the code's key may change. */
void vec_start_at(struct hart *h, u64 index);
/* Configuration (chapter V, "Configuration-Setting Instructions"). */
int sem_vsetvli(struct hart *h, const struct op *op);
int sem_vsetivli(struct hart *h, const struct op *op);
int sem_vsetvl(struct hart *h, const struct op *op);

#endif
