/* Words of the rows' semantics that mean the same in every expansion of isa.def (cpu/insn.h
 * explains the vocabulary). Whoever includes this has XLEN, ux, sx and says where operands are, as
 * lvalues: X1 X2 XD for x[rs1], x[rs2], x[rd]; F1 F2 F3 FD for f[rs1], f[rs2], f[rs3], f[rd];
 * IMMEDIATE for the record's imm. */
#include "cpu/fp.h"
#include "cpu/fp_fast.h"
#include "cpu/sem_alu.h"
#include "cpu/sem_crypto.h"

#define IMM   ((sx)IMMEDIATE)
#define SHAMT ((unsigned)IMMEDIATE)

static ALWAYS_INLINE u16 unbox_h(u64 r)
{
    return fp_unbox_h(r);
}
static ALWAYS_INLINE u32 unbox_s(u64 r)
{
    return fp_unbox_s(r);
}
static ALWAYS_INLINE u64 unbox_d(u64 r)
{
    return r;
}
static ALWAYS_INLINE u64 box_h(u16 v)
{
    return fp_box_h(v);
}
static ALWAYS_INLINE u64 box_s(u32 v)
{
    return fp_box_s(v);
}
static ALWAYS_INLINE u64 box_d(u64 v)
{
    return v;
}
#define FRS1(f_) unbox_##f_(F1)
#define FRS2(f_) unbox_##f_(F2)
#define FRS3(f_) unbox_##f_(F3)
