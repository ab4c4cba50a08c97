/* The floating-point rows of isa.def once more for one XLEN, with their operands in x registers
 * (Zfinx, Zdinx, Zhinx), and the table of the plain engine with them. Both engines execute them
 * plainly. Included by exec_finx32.c and exec_finx64.c, which define XLEN, ux, sx, PLAIN_NAME,
 * FINX_NAME and FINX_TABLE. */
#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "cpu/insn_access.h"

#define X1        h->x[op->rs1]
#define X2        h->x[op->rs2]
#define XD        h->x[op->rd]
#define F1        X1
#define F2        X2
#define F3        h->x[op->imm & 31]
#define IMMEDIATE op->imm
#include "cpu/exec_words.h"
#include "cpu/exec_plain.h"
#undef FRS1
#undef FRS2
#undef FRS3

/* On RV32 a double is in an even register and the next one; x0 stands for both. */
#define PAIRED_h 0
#define PAIRED_s 0
#define PAIRED_d (XLEN == 32)

static inline u16 read_h(const struct hart *h, unsigned r)
{
    return (u16)h->x[r];
}

static inline u32 read_s(const struct hart *h, unsigned r)
{
    return (u32)h->x[r];
}

static inline u64 read_d(const struct hart *h, unsigned r)
{
    return PAIRED_d ? x_pair(h, r) : h->x[r];
}

static inline void write_h(struct hart *h, unsigned r, u16 v)
{
    if (r)
        h->x[r] = (u64)(s16)v;
}

static inline void write_s(struct hart *h, unsigned r, u32 v)
{
    if (r)
        h->x[r] = (u64)(s32)v;
}

static inline void write_d(struct hart *h, unsigned r, u64 v)
{
    if (PAIRED_d)
        set_x_pair(h, r, v);
    else if (r)
        h->x[r] = v;
}

#define CHECK_PAIR(f_, r)                                                                          \
    do {                                                                                           \
        if (PAIRED_##f_ && ((r)&1))                                                                \
            return raise_illegal(h, REASON_OPERANDS);                                              \
    } while (0)
#define OPERAND(f_, r)                                                                             \
    ({                                                                                             \
        CHECK_PAIR(f_, r);                                                                         \
        read_##f_(h, r);                                                                           \
    })
#define FRS1(f_) OPERAND(f_, op->rs1)
#define FRS2(f_) OPERAND(f_, op->rs2)
#define FRS3(f_) OPERAND(f_, op->imm & 31)
#define FRD(f_, v)                                                                                 \
    do {                                                                                           \
        CHECK_PAIR(f_, op->rd);                                                                    \
        write_##f_(h, op->rd, (v));                                                                \
    } while (0)

#define ROW(id, type, ...)                                                                         \
    static int FINX_NAME(id)(struct hart * h, const struct op *op)                                 \
    {                                                                                              \
        typedef type accessed;                                                                     \
        if (csr_use(h, CSR_fcsr)) /* a state enable (Smstateen, FCSR) */                           \
            return TRAPPED;                                                                        \
        __VA_ARGS__;                                                                               \
        return 0;                                                                                  \
    }
#define ROW_FP(...)     ROW(__VA_ARGS__)
#define ROW_FPN(...)    ROW(__VA_ARGS__)
#define ROW_PLAINF(...) ROW(__VA_ARGS__)
#define ROW_ALU(...)
#define ROW_LOAD(...)
#define ROW_STORE(...)
#define ROW_BRANCH(...)
#define ROW_JAL(...)
#define ROW_JALR(...)
#define ROW_AUIPC(...)
#define ROW_FLOAD(...)
#define ROW_FSTORE(...)
#define ROW_PLAIN(...)
#define ROW_SYSTEM(...)
#define ROW_VSET(...)
#define ROW_VECTOR(...)
#define ROW_VECTORF(...)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-local-typedefs"
#define CINSN(id, pattern, fmt, gate, base)
#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...)                            \
    ROW_##kind(id, type, __VA_ARGS__)
#include "cpu/isa.def"
#undef INSN
#undef ROW
#pragma GCC diagnostic pop

#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...)                            \
    [INSN_##id] = TABLE_##kind(id),
#define TABLE_FP(id)      FINX_NAME(id)
#define TABLE_FPN(id)     FINX_NAME(id)
#define TABLE_PLAINF(id)  FINX_NAME(id)
#define TABLE_ALU(id)     PLAIN_NAME(id)
#define TABLE_LOAD(id)    PLAIN_NAME(id)
#define TABLE_STORE(id)   PLAIN_NAME(id)
#define TABLE_BRANCH(id)  PLAIN_NAME(id)
#define TABLE_JAL(id)     PLAIN_NAME(id)
#define TABLE_JALR(id)    PLAIN_NAME(id)
#define TABLE_AUIPC(id)   PLAIN_NAME(id)
#define TABLE_FLOAD(id)   PLAIN_NAME(id)
#define TABLE_FSTORE(id)  PLAIN_NAME(id)
#define TABLE_PLAIN(id)   PLAIN_NAME(id)
#define TABLE_SYSTEM(id)  PLAIN_NAME(id)
#define TABLE_VSET(id)    PLAIN_NAME(id)
#define TABLE_VECTOR(id)  PLAIN_NAME(id)
#define TABLE_VECTORF(id) PLAIN_NAME(id)
const plain_fn FINX_TABLE[INSN_COUNT] = {
#include "cpu/isa.def"
};
