/* Instructions as data: the rows of isa.def, the decoded record, the decoder, the disassembler.
 *
 * A row is
 *     INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, semantics)
 * with the manual's own bit picture as pattern (its alphabet: head of isa.def). `id` is what C
 * calls the row, `mnemonic` what the disassembler writes. `access` is how the row uses memory
 * (access.def; this includes the alignment it needs), `type` what it reads or writes there: its
 * size, and whether a register gets it sign-extended; ux is XLEN bits. A compressed row is
 *     CINSN(id, pattern, fmt, gate, base)
 * and has no semantics: its format gives the operands, `base` is the row it stands for.
 *
 * Semantics are statements in this vocabulary (exec_impl.h, once for each engine and XLEN):
 *     XLEN                 32 or 64, a constant
 *     ux, sx               unsigned and signed integer of XLEN bits
 *     RS1 RS2              source registers, as ux
 *     RD(v)                writes rd; v is converted to sx (sign-extended if it is a narrower s32)
 *     IMM                  immediate, as sx
 *     SHAMT                shift amount (imm of the SH format)
 *     LOAD(va)             value of the row's type, read from memory; leaves the row on a
 *                          trap
 *     STORE(va, v)         likewise
 *     PC                   address of this instruction, as ux; JUMP(target) ends the row
 *     LINK                 address of the next instruction, as ux
 *     ALIGNED(target)      leaves the row with an instruction-address-misaligned trap if JUMP would
 *                          (so that rd can be written between the two)
 *     FRS1(fmt) FRS2(fmt) FRS3(fmt)   unboxed operand: fmt one of h, s, d (u16, u32, u64)
 *     FRD(fmt, v)          writes f[rd] NaN-boxed, marks FS dirty
 *     FOP(fn, args...)     value of fp_fn(args, rm, &flags); the flags go to fflags. The fast
 *                          engine takes fp_fast_fn(args) instead when rm is to nearest even.
 *     FOPN(fn, args...)    likewise for operations without a rounding mode: fp_fn(args, &flags) or
 *                          fp_fast_fn(args)
 *     RM                   the effective rounding mode
 *     CALL(fn, ...)        for rows that need more: `return fn(h, op, ...)` with a function of
 *                          sem_*.h; 0 or TRAPPED; it reads operands from op (never from the bits
 *                          of the instruction), h->pc, and sets h->npc to jump. XLEN there is
 *                          is_rv32(h).
 *     ACCESS               for CALL: the row's access, a const struct insn_access *
 */
#ifndef HEXTANT_CPU_INSN_H
#define HEXTANT_CPU_INSN_H

#include "common/types.h"

struct hart;
struct op;

/* How an engine treats a row.
 *   ALU     no memory, no trap, no jump: only x registers
 *   LOAD, STORE  one LOAD or STORE, then at most one register write
 *   BRANCH  conditional; JAL, JALR, AUIPC: one row each, the fast engine has its own form of them
 *   FP      floating point with rounding mode; FPN: without; the operation has a fast form
 *   FLOAD, FSTORE   as LOAD and STORE, with an f register
 *   PLAIN   executed by the plain function wherever it stands (AMO, slow FP, crypto that is rare)
 *   PLAINF  as PLAIN, and touches f registers or fcsr: illegal when FS is Off
 *   VECTOR  vectors (cpu/vec.h): executed as it was decoded for the vtype in the block's key
 *   VECTORF as VECTOR, and floating point: wants FS, too
 *   VSET    sets vl and vtype, and ends a block
 *   SYSTEM  executed plainly, and ends a block: may change mode, mapping, interrupts, or code */
enum insn_kind {
    KIND_ALU,
    KIND_LOAD,
    KIND_STORE,
    KIND_BRANCH,
    KIND_JAL,
    KIND_JALR,
    KIND_AUIPC,
    KIND_FP,
    KIND_FPN,
    KIND_FLOAD,
    KIND_FSTORE,
    KIND_PLAIN,
    KIND_PLAINF,
    KIND_VECTOR,
    KIND_VECTORF,
    KIND_VSET,
    KIND_SYSTEM
};

/* What a row does to memory. */
enum insn_access_kind {
#define ACCESS(kind, modifiers) INSN_ACCESS_##kind,
#include "cpu/access.def"
#undef ACCESS
};
struct insn_access {
    u8 kind;      /* enum insn_access_kind */
    u8 bytes;     /* of one access; 0: as many as a register has, or a cache block */
    u8 is_signed; /* what is loaded is sign-extended */
    u32 flags;    /* MEM_* */
};

/* A row has a gate (gates.def): XLEN and extensions. A compressed row needs its base's gate too. */
struct insn_gate {
    u8 rv32, rv64;
    u8 also, or_also; /* enum ext: needed besides one of any[]; EXT_I where nothing more is. The
                         second instead of the first, or EXT_I */
    u8 num_any;
    u8 any[3]; /* enum ext */
};

typedef int (*plain_fn)(struct hart *h, const struct op *op);
typedef const struct op *(*fast_fn)(struct hart *h, const struct op *op);

/* Where x[rd] goes when rd is x0. */
enum { DUMP_SLOT = 32 };

/* The decoded record, 16 bytes. n is the number of instructions from this one to the end of its
 * block, this one included: the first record's n is the block's length. */
struct op {
    fast_fn fn;
    u8 rd, rs1, rs2; /* rd of x0 is 32, so that no handler asks */
    u8 n;
    s32 imm; /* FP rows: rs3 in bits 4:0, rm in bits 10:8. CSR rows: number; rs1 is the zimm too.
              * Atomics: aq in bit 1, rl in bit 0. Vectors: vm in bit 0, nf in bits 3:1; vsetvli:
              * vtype. May-be operations: their number */
};
_Static_assert(sizeof(struct op) == 16, "records are 16 bytes");

/* A row, parsed. */
struct insn_encoding {
    u32 match, mask;
};

enum { OPERAND_RD = 1, OPERAND_RS1 = 2, OPERAND_RS2 = 4, OPERAND_RS3 = 8 };

struct insn_row {
    const char *name;          /* its identifier in isa.def */
    const char *mnemonic;      /* of a compressed row, its base's */
    const char *assembly;      /* operands as the disassembler writes them; see formats.def */
    u8 x_operands, f_operands; /* which operands are x registers, or f registers: OPERAND_* */
    char dest; /* 'd': rd is an x register; 'D': an f register; 'V': a vector register; 0: none */
    struct insn_encoding enc32, enc64; /* on RV32, on RV64 */
    u32 nonzero;                       /* bits of which at least one is set; 0: no such condition */
    u8 len;                            /* 2 or 4 */
    u8 fixed_bits;                     /* how specific the pattern is */
    u8 fmt, kind;                      /* kind: of a compressed row, its base's */
    u16 base; /* for compressed rows the row that does the work; else its own number */
    struct insn_access access; /* of a compressed row, its base's */
    struct insn_gate gate;
};

enum insn {
#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...) INSN_##id,
#define CINSN(id, pattern, fmt, gate, base)                             INSN_##id,
#include "cpu/isa.def"
#undef INSN
#undef CINSN
    INSN_COUNT,
    INSN_NONE = INSN_COUNT
};

/* Builds the tables from the patterns; once at start-up. */
void insn_init(void);
const struct insn_row *insn_row(unsigned row);
/* The row whose pattern matches `bits` and whose gate is open on `h`, or INSN_NONE. */
unsigned insn_lookup(const struct hart *h, u32 bits);
/* As insn_lookup for an XLEN with every extension (disassembling without a hart). */
unsigned insn_lookup_any(unsigned xlen, u32 bits);
/* The row of an instruction on `h` and its operands (not fn, not n): INSN_NONE, and nothing in *op,
 * where it is none, or names a register that RV32E and RV64E do not have. */
unsigned insn_decode(const struct hart *h, u32 bits, struct op *op);
/* Fills rd, rs1, rs2, imm (not fn, not n) from the instruction's bits by the row's format. */
void insn_operands(unsigned row, unsigned xlen, u32 bits, struct op *op);
/* Length in bytes of the instruction that starts with these bits: 2 or 4. */
static inline unsigned insn_length(u32 bits)
{
    return (bits & 3) == 3 ? 4 : 2;
}
/* The transformed instruction for xtinst (hypervisor chapter, "Transformed instruction"): the
 * instruction bits with rs1 replaced by `offset` (address offset, 0..31) and immediates zeroed;
 * compressed forms expanded with bit 1 clear. 0 if the instruction has no transformation. */
u32 insn_transform(const struct hart *h, u32 bits, unsigned offset);
/* The ABI's names of the registers; that of the place where writes to x0 go is the last. */
extern const char insn_x_name[33][5], insn_f_name[32][5];
/* One line of assembly in the style of objdump ("addi\ta0,a0,1"); pc gives branch targets.
 * Returns buf. */
char *insn_disassemble(unsigned xlen, u64 pc, u32 bits, char *buf, size_t len);
/* Likewise, as the hart decodes it: what it does not have is written as .4byte or .2byte. */
char *insn_disassemble_on(const struct hart *h, u64 pc, u32 bits, char *buf, size_t len);

#endif
