/* The disassembler: assembly text in the style of objdump, from the rows and formats, with the
 * usual pseudo-instructions. A compressed instruction is written as what it stands for. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/hart.h"
#include "cpu/insn.h"

const char insn_x_name[33][5] = {"zero", "ra", "sp", "gp", "tp", "t0",  "t1", "t2", "s0",
                                 "s1",   "a0", "a1", "a2", "a3", "a4",  "a5", "a6", "a7",
                                 "s2",   "s3", "s4", "s5", "s6", "s7",  "s8", "s9", "s10",
                                 "s11",  "t3", "t4", "t5", "t6", "zero"};
const char insn_f_name[32][5] = {"ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",
                                 "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
                                 "fa6", "fa7", "fs2",  "fs3",  "fs4", "fs5", "fs6",  "fs7",
                                 "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

/* The constants of FLI (chapter Zfa, table of immediates). */
static const char fli_value[32][10] = {
    "-0x1p+0", "min",      "0x1p-16",  "0x1p-15",  "0x1p-8",  "0x1p-7",   "0x1p-4",   "0x1p-3",
    "0x1p-2",  "0x1.4p-2", "0x1.8p-2", "0x1.cp-2", "0x1p-1",  "0x1.4p-1", "0x1.8p-1", "0x1.cp-1",
    "0x1p+0",  "0x1.4p+0", "0x1.8p+0", "0x1.cp+0", "0x1p+1",  "0x1.4p+1", "0x1.8p+1", "0x1p+2",
    "0x1p+3",  "0x1p+4",   "0x1p+7",   "0x1p+8",   "0x1p+15", "0x1p+16",  "inf",      "nan"};

/* A pseudo-instruction: the operands that call for it, its name, and its own operands. */
struct alias {
    u16 row;
    u8 rd, rs1, rs2;
    s32 imm;
    const char *name, *assembly;
};

enum { ANY = 255, SAME = 254 }; /* SAME: rd or rs2 equals rs1 */
#define ANY_IMM INT32_MIN
#define X0      DUMP_SLOT
#define ALIAS(row, rd, rs1, rs2, imm, name, assembly)                                              \
    {INSN_##row, rd, rs1, rs2, imm, name, assembly},

/* clang-format off */
static const struct alias aliases[] = {
    ALIAS(addi,    X0,  0,   ANY, 0,       "nop",       "")
    ALIAS(c_addi,  X0,  ANY, ANY, 0,       "nop",       "")
    ALIAS(c_addi,  X0,  ANY, ANY, ANY_IMM, "c.nop",     "i")
    ALIAS(c_addi,  ANY, ANY, ANY, 0,       "addi",      "d,s,i")
    ALIAS(c_li,    X0,  ANY, ANY, ANY_IMM, "c.li",      "d,i")
    ALIAS(c_lui,   X0,  ANY, ANY, ANY_IMM, "c.lui",     "d,u")
    ALIAS(c_mv,    X0,  ANY, ANY, ANY_IMM, "c.mv",      "d,t")
    ALIAS(c_slli,  X0,  ANY, ANY, ANY_IMM, "c.slli",    "d,n")
    ALIAS(c_slli,  ANY, ANY, ANY, 0,       "c.slli",    "d,n")
    ALIAS(c_srli,  ANY, ANY, ANY, 0,       "c.srli",    "d,n")
    ALIAS(c_srai,  ANY, ANY, ANY, 0,       "c.srai",    "d,n")
    ALIAS(addi,    ANY, 0,   ANY, ANY_IMM, "li",        "d,i")
    ALIAS(addi,    ANY, ANY, ANY, 0,       "mv",        "d,s")
    ALIAS(c_mv,    ANY, ANY, ANY, ANY_IMM, "mv",        "d,t")
    ALIAS(addiw,   ANY, ANY, ANY, 0,       "sext.w",    "d,s")
    ALIAS(andi,    ANY, ANY, ANY, 0xff,    "zext.b",    "d,s")
    ALIAS(xori,    ANY, ANY, ANY, -1,      "not",       "d,s")
    ALIAS(sltiu,   ANY, ANY, ANY, 1,       "seqz",      "d,s")
    ALIAS(sltu,    ANY, 0,   ANY, ANY_IMM, "snez",      "d,t")
    ALIAS(slt,     ANY, ANY, 0,   ANY_IMM, "sltz",      "d,s")
    ALIAS(slt,     ANY, 0,   ANY, ANY_IMM, "sgtz",      "d,t")
    ALIAS(sub,     ANY, 0,   ANY, ANY_IMM, "neg",       "d,t")
    ALIAS(subw,    ANY, 0,   ANY, ANY_IMM, "negw",      "d,t")
    ALIAS(add_uw,  ANY, ANY, 0,   ANY_IMM, "zext.w",    "d,s")
    ALIAS(c_add,   X0,  ANY, 2,   ANY_IMM, "ntl.p1",  "")
    ALIAS(c_add,   X0,  ANY, 3,   ANY_IMM, "ntl.pall", "")
    ALIAS(c_add,   X0,  ANY, 4,   ANY_IMM, "ntl.s1",  "")
    ALIAS(c_add,   X0,  ANY, 5,   ANY_IMM, "ntl.all", "")
    ALIAS(c_add,   X0,  ANY, ANY, ANY_IMM, "c.add",     "d,t")
    ALIAS(add,     X0,  0,   2,   ANY_IMM, "ntl.p1",    "")
    ALIAS(add,     X0,  0,   3,   ANY_IMM, "ntl.pall",  "")
    ALIAS(add,     X0,  0,   4,   ANY_IMM, "ntl.s1",    "")
    ALIAS(add,     X0,  0,   5,   ANY_IMM, "ntl.all",   "")
    ALIAS(auipc,   X0,  ANY, ANY, ANY_IMM, "lpad",      "u")
    ALIAS(jal,     X0,  ANY, ANY, ANY_IMM, "j",         "p")
    ALIAS(jal,     1,   ANY, ANY, ANY_IMM, "jal",       "p")
    ALIAS(jalr,    X0,  1,   ANY, 0,       "ret",       "")
    ALIAS(jalr,    X0,  ANY, ANY, 0,       "jr",        "s")
    ALIAS(jalr,    X0,  ANY, ANY, ANY_IMM, "jr",        "i(s)")
    ALIAS(jalr,    1,   ANY, ANY, 0,       "jalr",      "s")
    ALIAS(jalr,    1,   ANY, ANY, ANY_IMM, "jalr",      "i(s)")
    ALIAS(jalr,    ANY, ANY, ANY, 0,       "jalr",      "d,s")
    ALIAS(beq,     ANY, ANY, 0,   ANY_IMM, "beqz",      "s,p")
    ALIAS(bne,     ANY, ANY, 0,   ANY_IMM, "bnez",      "s,p")
    ALIAS(bge,     ANY, 0,   ANY, ANY_IMM, "blez",      "t,p")
    ALIAS(bge,     ANY, ANY, 0,   ANY_IMM, "bgez",      "s,p")
    ALIAS(blt,     ANY, ANY, 0,   ANY_IMM, "bltz",      "s,p")
    ALIAS(blt,     ANY, 0,   ANY, ANY_IMM, "bgtz",      "t,p")
    ALIAS(fence,   ANY, ANY, ANY, 0x0ff,   "fence",     "")
    ALIAS(fence,   ANY, ANY, ANY, 0x833,   "fence.tso", "")
    ALIAS(fence,   ANY, ANY, ANY, 0x010,   "pause",     "")
    ALIAS(csrrw,   X0,  0,   ANY, 0xc00,   "unimp",     "")
    ALIAS(csrrs,   ANY, 0,   ANY, 0x001,   "frflags",   "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0x002,   "frrm",      "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0x003,   "frcsr",     "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0xc00,   "rdcycle",   "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0xc01,   "rdtime",    "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0xc02,   "rdinstret", "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0xc80,   "rdcycleh",  "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0xc81,   "rdtimeh",   "d")
    ALIAS(csrrs,   ANY, 0,   ANY, 0xc82,   "rdinstreth", "d")
    ALIAS(csrrw,   X0,  ANY, ANY, 0x001,   "fsflags",   "s")
    ALIAS(csrrw,   ANY, ANY, ANY, 0x001,   "fsflags",   "d,s")
    ALIAS(csrrw,   X0,  ANY, ANY, 0x002,   "fsrm",      "s")
    ALIAS(csrrw,   ANY, ANY, ANY, 0x002,   "fsrm",      "d,s")
    ALIAS(csrrw,   X0,  ANY, ANY, 0x003,   "fscsr",     "s")
    ALIAS(csrrw,   ANY, ANY, ANY, 0x003,   "fscsr",     "d,s")
    ALIAS(csrrwi,  ANY, ANY, ANY, 0x001,   "fsflagsi",  "d,z")
    ALIAS(csrrwi,  ANY, ANY, ANY, 0x002,   "fsrmi",     "d,z")
    ALIAS(csrrs,   ANY, 0,   ANY, ANY_IMM, "csrr",      "d,c")
    ALIAS(csrrw,   X0,  ANY, ANY, ANY_IMM, "csrw",      "c,s")
    ALIAS(csrrs,   X0,  ANY, ANY, ANY_IMM, "csrs",      "c,s")
    ALIAS(csrrc,   X0,  ANY, ANY, ANY_IMM, "csrc",      "c,s")
    ALIAS(csrrwi,  X0,  ANY, ANY, ANY_IMM, "csrwi",     "c,z")
    ALIAS(csrrsi,  X0,  ANY, ANY, ANY_IMM, "csrsi",     "c,z")
    ALIAS(csrrci,  X0,  ANY, ANY, ANY_IMM, "csrci",     "c,z")
    ALIAS(vl1re8_v, ANY, ANY, ANY, ANY_IMM, "vl1r.v",   "V,(s)")
    ALIAS(vl2re8_v, ANY, ANY, ANY, ANY_IMM, "vl2r.v",   "V,(s)")
    ALIAS(vl4re8_v, ANY, ANY, ANY, ANY_IMM, "vl4r.v",   "V,(s)")
    ALIAS(vl8re8_v, ANY, ANY, ANY, ANY_IMM, "vl8r.v",   "V,(s)")
    ALIAS(vrsub_vx, ANY, 0,   ANY, ANY_IMM, "vneg.v",   "V,WM")
    ALIAS(vxor_vi,  ANY, 31,  ANY, ANY_IMM, "vnot.v",   "V,WM")
    ALIAS(vwadd_vx, ANY, 0,   ANY, ANY_IMM, "vwcvt.x.x.v", "V,WM")
    ALIAS(vwaddu_vx, ANY, 0,  ANY, ANY_IMM, "vwcvtu.x.x.v", "V,WM")
    ALIAS(vnsrl_wx, ANY, 0,   ANY, ANY_IMM, "vncvt.x.x.w", "V,WM")
    ALIAS(vmand_mm, ANY, ANY, SAME, ANY_IMM, "vmmv.m",  "V,W")
    ALIAS(vmxor_mm, SAME, ANY, SAME, ANY_IMM, "vmclr.m", "V")
    ALIAS(vmxnor_mm, SAME, ANY, SAME, ANY_IMM, "vmset.m", "V")
    ALIAS(vmnand_mm, ANY, ANY, SAME, ANY_IMM, "vmnot.m", "V,W")
    ALIAS(vfsgnjn_vv, ANY, ANY, SAME, ANY_IMM, "vfneg.v", "V,WM")
    ALIAS(vfsgnjx_vv, ANY, ANY, SAME, ANY_IMM, "vfabs.v", "V,WM")
    ALIAS(fsgnj_s,  ANY, ANY, SAME, ANY_IMM, "fmv.s",   "D,S")
    ALIAS(fsgnjn_s, ANY, ANY, SAME, ANY_IMM, "fneg.s",  "D,S")
    ALIAS(fsgnjx_s, ANY, ANY, SAME, ANY_IMM, "fabs.s",  "D,S")
    ALIAS(fsgnj_d,  ANY, ANY, SAME, ANY_IMM, "fmv.d",   "D,S")
    ALIAS(fsgnjn_d, ANY, ANY, SAME, ANY_IMM, "fneg.d",  "D,S")
    ALIAS(fsgnjx_d, ANY, ANY, SAME, ANY_IMM, "fabs.d",  "D,S")
    ALIAS(fsgnj_h,  ANY, ANY, SAME, ANY_IMM, "fmv.h",   "D,S")
    ALIAS(fsgnjn_h, ANY, ANY, SAME, ANY_IMM, "fneg.h",  "D,S")
    ALIAS(fsgnjx_h, ANY, ANY, SAME, ANY_IMM, "fabs.h",  "D,S")
};
/* clang-format on */

/* An instruction being written. */
struct writer {
    char *buf;
    size_t len, used;
    unsigned xlen, number;       /* row */
    const char (*float_name)[5]; /* of 32 registers that floating point uses */
    u64 pc;
    u32 bits;
    struct op op;
};

PRINTF(2, 3) static void put(struct writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->buf + w->used, w->len - w->used, format, args);
    va_end(args);
    w->used += n < 0 ? 0 : (size_t)n;
    if (w->used >= w->len)
        w->used = w->len - 1;
}

static bool alias_fits(const struct alias *a, const struct op *op)
{
    return (a->rd == ANY || op->rd == (a->rd == SAME ? op->rs1 : a->rd)) &&
           (a->rs1 == ANY || a->rs1 == op->rs1) &&
           (a->rs2 == ANY || op->rs2 == (a->rs2 == SAME ? op->rs1 : a->rs2)) &&
           (a->imm == ANY_IMM || a->imm == op->imm);
}

/* Of the compressed forms, hints are written as what they are. */
static const struct alias *find_alias(unsigned number, const struct op *op)
{
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (aliases[i].row == number && alias_fits(&aliases[i], op))
            return &aliases[i];
    return NULL;
}

static void put_csr(struct writer *w)
{
    const char *name = csr_name((unsigned)w->op.imm);
    if (name)
        put(w, "%s", name);
    else
        put(w, "0x%x", (unsigned)w->op.imm);
}

/* The rounding mode, left out if dynamic; for exact operations also if it is the assembler's
 * default. */
static void put_rounding(struct writer *w, unsigned omit)
{
    static const char name[7][8] = {"rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown"};
    unsigned rm = (unsigned)w->op.imm >> 8 & 7;
    if (rm != 7 && rm != omit)
        put(w, ",%s", name[rm]);
}

/* A set of i, o, r, w. */
static void put_fence_set(struct writer *w, unsigned set)
{
    if (!set)
        put(w, "unknown");
    for (unsigned i = 0; i < 4; i++)
        if (set & 8 >> i)
            put(w, "%c", "iorw"[i]);
}

/* The operands of SFENCE.VMA and its kind: x0 means all, and is left out from the end. */
static void put_fence_operands(struct writer *w)
{
    if (w->op.rs1 || w->op.rs2)
        put(w, "%s", insn_x_name[w->op.rs1]);
    if (w->op.rs2)
        put(w, ",%s", insn_x_name[w->op.rs2]);
}

/* {ra,s0-sN} and the stack adjustment of Zcmp, negative for a push. */
static void put_register_list(struct writer *w)
{
    unsigned rlist = (unsigned)w->op.imm & 15, saved = rlist == 15 ? 12 : rlist - 4;
    unsigned room = ((saved + 1) * w->xlen / 8 + 15) & ~15u;
    unsigned adjustment = room + ((unsigned)w->op.imm >> 4) * 16;
    put(w, "{ra%s%s", saved ? ",s0" : "", saved > 1 ? "-s" : "");
    if (saved > 1)
        put(w, "%u", saved - 1);
    put(w, "},%s%u", w->number == INSN_cm_push ? "-" : "", adjustment);
}

static void put_target(struct writer *w)
{
    u64 target = w->pc + (u64)(s64)w->op.imm;
    put(w, "0x%llx", (unsigned long long)(w->xlen == 32 ? (u32)target : target));
}

static void put_integer_operand(struct writer *w, char letter)
{
    const struct op *op = &w->op;
    switch (letter) {
    case 'd':
        put(w, "%s", insn_x_name[op->rd]);
        break;
    case 's':
        put(w, "%s", insn_x_name[op->rs1]);
        break;
    case 't':
        put(w, "%s", insn_x_name[op->rs2]);
        break;
    case 'i':
        put(w, "%d", op->imm);
        break;
    case 'n':
        put(w, "0x%x", (unsigned)op->imm);
        break;
    case 'u':
        put(w, "0x%x", (u32)op->imm >> 12);
        break;
    case 'z':
        put(w, "%u", op->rs1);
        break;
    case 'p':
        put_target(w);
        break;
    case 'c':
        put_csr(w);
        break;
    case 'k':
        put_fence_set(w, (unsigned)op->imm >> 4 & 15);
        put(w, ",");
        put_fence_set(w, (unsigned)op->imm & 15);
        break;
    case 'v':
        put_fence_operands(w);
        break;
    case 'l':
        put_register_list(w);
        break;
    default:
        put(w, "%c", letter);
    }
}

/* The vtype that vsetvli and vsetivli set; a number if it is reserved. */
static void put_vtype(struct writer *w)
{
    static const char *const lmul[8] = {"m1", "m2", "m4", "m8", NULL, "mf8", "mf4", "mf2"};
    unsigned vtype = (unsigned)w->op.imm, sew = (unsigned)get_field(vtype, VTYPE_VSEW);
    const char *group = lmul[get_field(vtype, VTYPE_VLMUL)];
    if ((vtype & ~(VTYPE_VMA | VTYPE_VTA | VTYPE_VSEW | VTYPE_VLMUL)) || sew > 3 || !group)
        put(w, "%u", vtype);
    else
        put(w, "e%u,%s,%s,%s", 8u << sew, group, vtype & VTYPE_VTA ? "ta" : "tu",
            vtype & VTYPE_VMA ? "ma" : "mu");
}

/* Is the letter one of vector formats? */
static bool put_vector_operand(struct writer *w, char letter)
{
    const struct op *op = &w->op;
    switch (letter) {
    case 'V':
    case 'Y':
        put(w, "v%u", op->rd);
        return true;
    case 'W':
        put(w, "v%u", op->rs2);
        return true;
    case 'X':
        put(w, "v%u", op->rs1);
        return true;
    case 'j':
        put(w, "%d", (int)sext(op->rs1, 5));
        return true;
    case 'M':
        put(w, "%s", op->imm & 1 ? "" : ",v0.t");
        return true;
    case 'N':
        put(w, "v0");
        return true;
    case 'w':
        put_vtype(w);
        return true;
    default:
        return false;
    }
}

static void put_operand(struct writer *w, char letter)
{
    const struct op *op = &w->op;
    switch (letter) {
    case 'D':
        put(w, "%s", w->float_name[op->rd]);
        break;
    case 'S':
        put(w, "%s", w->float_name[op->rs1]);
        break;
    case 'T':
        put(w, "%s", w->float_name[op->rs2]);
        break;
    case 'R':
        put(w, "%s", w->float_name[op->imm & 31]);
        break;
    case 'm':
        put_rounding(w, 7);
        break;
    case 'e':
        put_rounding(w, 0);
        break;
    case 'f':
        put(w, "%s", fli_value[op->imm & 31]);
        break;
    case 'q':
    case 'o':
    case 'g':
        break;
    default:
        if (!put_vector_operand(w, letter))
            put_integer_operand(w, letter);
    }
}

/* The row's mnemonic, and what an operand adds to it. */
static void put_mnemonic(struct writer *w, const struct insn_row *row)
{
    for (const char *p = row->mnemonic; *p; p++)
        if (*p == '#')
            put(w, "%u", ((unsigned)w->op.imm >> 1 & 7) + 1);
        else
            put(w, "%c", *p);
    if (row->assembly[0] == 'q')
        put(w, "%s", (const char *const[]){"", ".rl", ".aq", ".aqrl"}[w->op.imm & 3]);
    else if (row->assembly[0] == 'o')
        put(w, ".%d", w->op.imm);
}

/* A prefetch is an ORI whose immediate holds its kind (CMO chapter). */
static bool put_prefetch(struct writer *w)
{
    static const char *const prefetch[4] = {"prefetch.i", "prefetch.r", NULL, "prefetch.w"};
    unsigned kind = (unsigned)w->op.imm & 31;
    if (w->number == INSN_ori && w->op.rd == X0 && kind < 4 && prefetch[kind]) {
        put(w, "%s\t%d(%s)", prefetch[kind], w->op.imm & ~31, insn_x_name[w->op.rs1]);
        return true;
    }
    return false;
}

static void put_insn(struct writer *w)
{
    const struct insn_row *row = insn_row(w->number);
    if (put_prefetch(w))
        return;
    const struct alias *alias = find_alias(w->number, &w->op);
    const struct insn_row *base = insn_row(row->base);
    if (!alias)
        alias = find_alias(row->base, &w->op);
    if (alias)
        put(w, "%s", alias->name);
    else
        put_mnemonic(w, base);
    const char *assembly = alias ? alias->assembly : base->assembly;
    size_t mnemonic = w->used;
    put(w, "\t");
    for (const char *p = assembly; *p; p++)
        put_operand(w, *p);
    if (w->used == mnemonic + 1) /* no operands, no tab */
        w->buf[w->used = mnemonic] = 0;
}

static char *disassemble(struct writer *w, unsigned number)
{
    w->number = number;
    w->buf[0] = 0;
    if (number != INSN_NONE) {
        put_insn(w);
    } else if (w->bits == 0) {
        put(w, "unimp");
    } else {
        put(w, "%s\t0x%x", insn_length(w->bits) == 2 ? ".2byte" : ".4byte", w->bits);
    }
    return w->buf;
}

static u32 own_bits(u32 bits)
{
    return insn_length(bits) == 2 ? bits & 0xffff : bits;
}

char *insn_disassemble(unsigned xlen, u64 pc, u32 bits, char *buf, size_t len)
{
    struct writer w = {.buf = buf,
                       .len = len,
                       .xlen = xlen,
                       .float_name = insn_f_name,
                       .pc = pc,
                       .bits = own_bits(bits)};
    unsigned row = insn_lookup_any(xlen, bits);
    if (row != INSN_NONE)
        insn_operands(row, xlen, w.bits, &w.op);
    return len ? disassemble(&w, row) : buf;
}

char *insn_disassemble_on(const struct hart *h, u64 pc, u32 bits, char *buf, size_t len)
{
    struct writer w = {.buf = buf,
                       .len = len,
                       .xlen = h->config.xlen,
                       .float_name = has(h, EXT_Zfinx) ? insn_x_name : insn_f_name,
                       .pc = pc,
                       .bits = own_bits(bits)};
    return len ? disassemble(&w, insn_decode(h, w.bits, &w.op)) : buf;
}
