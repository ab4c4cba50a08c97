/* The instruction table made from isa.def, and the decoder: which row an instruction is, and what
 * its operands are. The table is written once by insn_init and only read afterwards. */
#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "cpu/hart.h"
#include "cpu/insn.h"
#include "cpu/insn_access.h"

enum gate {
#define GATE(name, rv32, rv64, also, ...) GATE_##name,
#include "cpu/gates.def"
#undef GATE
};

enum format {
#define FMT(name, assembly, rd, rs1, rs2, imm) FMT_##name,
#include "cpu/formats.def"
#undef FMT
    FORMAT_COUNT
};

static const char *const assembly[FORMAT_COUNT] = {
#define FMT(name, text, rd, rs1, rs2, imm) [FMT_##name] = text,
#include "cpu/formats.def"
#undef FMT
};

#define EITHER(a, b) (EXT_##a | EXT_##b << 8)
#define GATE(name, rv32, rv64, also, ...)                                                          \
    [GATE_##name] = {rv32,         rv64, (also)&0xff, (also) >> 8, sizeof((u8[]){__VA_ARGS__}),    \
                     {__VA_ARGS__}},
static const struct insn_gate gates[] = {
#include "cpu/gates.def"
};
#undef GATE

/* What isa.def says of a row, as it stands there. */
struct source {
    const char *name, *mnemonic, *pattern;
    u8 fmt, gate, kind;
    u16 base;
    struct insn_access access;
};

#define INSN(id, mnemonic, pattern, fmt, gate, kind, access, type, ...)                            \
    {#id,         mnemonic,    pattern,   FMT_##fmt,                                               \
     GATE_##gate, KIND_##kind, INSN_##id, INSN_ACCESS_OF(access, type)},
#define CINSN(id, pattern, fmt, gate, base)                                                        \
    {#id, NULL, pattern, FMT_##fmt, GATE_##gate, 0, INSN_##base, INSN_ACCESS_OF(NO, none)},
static const struct source sources[INSN_COUNT] = {
#include "cpu/isa.def"
};
#undef INSN
#undef CINSN

/* A bucket is chosen by the bits that most rows fix: opcode and funct3 (32-bit instructions),
 * quadrant and funct3 (16-bit). A row whose funct3 is free is in eight of them. */
enum { BUCKETS = 256 + 32, PLACES = 3 * INSN_COUNT };

struct decode_table {
    u16 start[BUCKETS + 1]; /* candidates of bucket b: place[start[b]] .. place[start[b + 1] - 1] */
    u16 place[PLACES];      /* row numbers, most specific first */
};

static struct {
    struct insn_row row[INSN_COUNT];
    struct decode_table rv32, rv64;
} table;

static unsigned bucket_of(u32 b)
{
    if (insn_length(b) == 4)
        return (b >> 2 & 31) << 3 | (b >> 12 & 7);
    return 256 + ((b & 3) << 3 | (b >> 13 & 7));
}

static void parse_pattern(struct insn_row *row, const char *pattern)
{
    static const struct {
        u8 match64, mask64, match32, mask32, nonzero;
    } of[128] = {['0'] = {.mask64 = 1, .mask32 = 1},
                 ['1'] = {1, 1, 1, 1, 0},
                 ['w'] = {.match64 = 1, .mask64 = 1, .mask32 = 1},
                 ['x'] = {.mask32 = 1},
                 ['n'] = {.nonzero = 1}};
    struct insn_encoding e64 = {0}, e32 = {0};
    u32 nonzero = 0;
    unsigned width = 0;
    for (const char *p = pattern; *p; p++) {
        unsigned c = *p & 127;
        if (c == ' ')
            continue;
        e64.match = e64.match << 1 | of[c].match64;
        e64.mask = e64.mask << 1 | of[c].mask64;
        e32.match = e32.match << 1 | of[c].match32;
        e32.mask = e32.mask << 1 | of[c].mask32;
        nonzero = nonzero << 1 | of[c].nonzero;
        width++;
    }
    assert(width == 16 || width == 32);
    row->enc64 = e64;
    row->enc32 = e32;
    row->nonzero = nonzero;
    row->len = (u8)(width / 8);
}

static const struct insn_encoding *encoding(const struct insn_row *row, unsigned xlen)
{
    return xlen == 32 ? &row->enc32 : &row->enc64;
}

static bool exists_on(const struct insn_row *row, unsigned xlen)
{
    return xlen == 32 ? row->gate.rv32 : row->gate.rv64;
}

/* Sorts the rows of one XLEN by the number of fixed bits, most first; equals keep their order. */
static unsigned sort_rows(u16 *order, unsigned xlen)
{
    unsigned at[33] = {0}, n = 0; /* by fixed bits: how many; then where the next one goes */
    for (unsigned i = 0; i < INSN_COUNT; i++)
        at[table.row[i].fixed_bits] += exists_on(&table.row[i], xlen);
    for (unsigned fixed = 33; fixed-- > 0;) {
        unsigned rows = at[fixed];
        at[fixed] = n;
        n += rows;
    }
    for (unsigned i = 0; i < INSN_COUNT; i++)
        if (exists_on(&table.row[i], xlen))
            order[at[table.row[i].fixed_bits]++] = (u16)i;
    return n;
}

/* The buckets that a row belongs to: one, or eight if funct3 is free. */
static unsigned buckets_of_row(const struct insn_row *row, unsigned xlen, u16 bucket[8])
{
    const struct insn_encoding *e = encoding(row, xlen);
    unsigned shift = row->len == 4 ? 12 : 13, n = 0;
    for (u32 funct3 = 0; funct3 < 8; funct3++) {
        u32 sample = (e->match & ~(7u << shift)) | funct3 << shift;
        if (!((sample ^ e->match) & e->mask))
            bucket[n++] = (u16)bucket_of(sample);
    }
    return n;
}

static void build_decode_table(struct decode_table *t, unsigned xlen)
{
    u16 order[INSN_COUNT], bucket[8], next[BUCKETS];
    unsigned rows = sort_rows(order, xlen);
    for (unsigned i = 0; i < rows; i++) {
        unsigned n = buckets_of_row(&table.row[order[i]], xlen, bucket);
        for (unsigned k = 0; k < n; k++)
            t->start[bucket[k] + 1]++;
    }
    for (unsigned b = 0; b < BUCKETS; b++) {
        next[b] = t->start[b];
        t->start[b + 1] = (u16)(t->start[b + 1] + t->start[b]);
    }
    assert(t->start[BUCKETS] <= PLACES);
    for (unsigned i = 0; i < rows; i++) {
        unsigned n = buckets_of_row(&table.row[order[i]], xlen, bucket);
        for (unsigned k = 0; k < n; k++)
            t->place[next[bucket[k]]++] = order[i];
    }
}

/* The operands that are registers, by the letters for them; of a compressed row, its base's. */
static u8 operands(const char *text, const char *rd, const char *rs1, const char *rs2, char rs3)
{
    return (u8)((strpbrk(text, rd) ? OPERAND_RD : 0) | (strpbrk(text, rs1) ? OPERAND_RS1 : 0) |
                (strpbrk(text, rs2) ? OPERAND_RS2 : 0) | (strchr(text, rs3) ? OPERAND_RS3 : 0));
}

static void build(void)
{
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct source *s = &sources[i];
        struct insn_row *row = &table.row[i];
        row->fmt = s->fmt;
        row->assembly = assembly[s->fmt];
        row->base = s->base;
        row->kind = sources[s->base].kind;
        row->mnemonic = sources[s->base].mnemonic;
        row->access = sources[s->base].access;
        const char *text = assembly[sources[s->base].fmt];
        row->x_operands = operands(text, "d", "sv", "tv", 'r');
        row->f_operands = operands(text, "D", "S", "T", 'R');
        const char *dest = strpbrk(text, "dDV");
        row->dest = dest ? *dest : 0;
        row->gate = gates[s->gate];
        parse_pattern(row, s->pattern);
        row->fixed_bits = (u8)__builtin_popcount(row->enc64.mask);
        row->name = s->name;
    }
    build_decode_table(&table.rv32, 32);
    build_decode_table(&table.rv64, 64);
}

void insn_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, build);
}

const struct insn_row *insn_row(unsigned row)
{
    assert(row < INSN_COUNT);
    return &table.row[row];
}

static bool gate_open(const struct hart *h, const struct insn_gate *g)
{
    if (!has(h, g->also) && !(g->or_also && has(h, g->or_also)))
        return false;
    for (unsigned i = 0; i < g->num_any; i++)
        if (has(h, g->any[i]))
            return true;
    return false;
}

/* Without a hart everything is there but what excludes a row of C: Zcmp, Zcmt, Zclsd. */
static bool row_exists(const struct hart *h, const struct insn_row *row)
{
    if (!h)
        return row->gate.any[0] != EXT_Zcmp && row->gate.any[0] != EXT_Zcmt &&
               row->gate.any[0] != EXT_Zclsd;
    return gate_open(h, &row->gate) && gate_open(h, &table.row[row->base].gate);
}

static unsigned lookup(const struct hart *h, unsigned xlen, u32 b)
{
    const struct decode_table *t = xlen == 32 ? &table.rv32 : &table.rv64;
    unsigned bucket = bucket_of(b);
    if (insn_length(b) == 2)
        b &= 0xffff;
    for (unsigned i = t->start[bucket]; i < t->start[bucket + 1]; i++) {
        const struct insn_row *row = &table.row[t->place[i]];
        const struct insn_encoding *e = encoding(row, xlen);
        if ((b & e->mask) == e->match && (!row->nonzero || (b & row->nonzero)) &&
            row_exists(h, row))
            return t->place[i];
    }
    return INSN_NONE;
}

unsigned insn_lookup(const struct hart *h, u32 bits)
{
    return lookup(h, h->config.xlen, bits);
}

unsigned insn_lookup_any(unsigned xlen, u32 bits)
{
    return lookup(NULL, xlen, bits);
}

/* The vocabulary of formats.def. */
#define X(hi, lo)   (b >> (lo) & ((2u << ((hi) - (lo))) - 1))
#define S(v, width) ((s32)((v) << (32 - (width))) >> (32 - (width)))
#define DEST(r)     ((r) ? (r) : DUMP_SLOT)
#define NODEST      DUMP_SLOT
#define RC(lo)      (8 + X((lo) + 2, lo))
#define SREG(lo)    (X((lo) + 2, lo) < 2 ? RC(lo) : 16 + X((lo) + 2, lo))
#define CJ_OFFSET                                                                                  \
    S(X(12, 12) << 11 | X(11, 11) << 4 | X(10, 9) << 8 | X(8, 8) << 10 | X(7, 7) << 6 |            \
          X(6, 6) << 7 | X(5, 3) << 1 | X(2, 2) << 5,                                              \
      12)

void insn_operands(unsigned row, UNUSED unsigned xlen, u32 b, struct op *op)
{
    switch (insn_row(row)->fmt) {
#define FMT(name, assembly, dest, src1, src2, immediate)                                           \
    case FMT_##name:                                                                               \
        op->rd = (u8)(dest);                                                                       \
        op->rs1 = (u8)(src1);                                                                      \
        op->rs2 = (u8)(src2);                                                                      \
        op->imm = (s32)(immediate);                                                                \
        break;
#include "cpu/formats.def"
#undef FMT
    default:
        assert(!"format out of range");
    }
}

/* Does a row name x16 to x31? Zcmp's register lists do with more than ra, s0 and s1. */
static bool beyond_x15(const struct hart *h, const struct insn_row *row, const struct op *op)
{
    enum { LIST_TO_S1 = 6 };
    unsigned x = row->x_operands | (has(h, EXT_Zfinx) ? row->f_operands : 0);
    unsigned named = (x & OPERAND_RD ? op->rd : 0) | (x & OPERAND_RS1 ? op->rs1 : 0) |
                     (x & OPERAND_RS2 ? op->rs2 : 0) | (x & OPERAND_RS3 ? (u8)op->imm : 0);
    return (named & 16) || (row->fmt == FMT_CMPP && (op->imm & 15) > LIST_TO_S1);
}

unsigned insn_decode(const struct hart *h, u32 bits, struct op *op)
{
    unsigned row = insn_lookup(h, bits);
    if (row == INSN_NONE)
        return row;
    insn_operands(row, h->config.xlen, bits, op);
    if (LIKELY(!has(h, EXT_E)) || !beyond_x15(h, insn_row(row), op))
        return row;
    *op = (struct op){0};
    return INSN_NONE;
}

/* Hypervisor chapter, "Transformed Instruction or Pseudoinstruction for mtinst or htinst". Rows
 * with a compressed encoding are rebuilt from their base row, which gives the 32-bit equivalent. */
u32 insn_transform(const struct hart *h, u32 bits, unsigned offset)
{
    unsigned xlen = h->config.xlen, number = insn_lookup(h, bits);
    if (number == INSN_NONE)
        return 0;
    const struct insn_row *row = insn_row(number);
    const struct insn_row *base = insn_row(row->base);
    struct op op;
    insn_operands(number, xlen, bits, &op);
    u32 address = (u32)offset << 15, bit1 = row->len == 2 ? 2 : 0;
    u32 match = encoding(base, xlen)->match;
    switch (base->fmt) {
    case FMT_L:
    case FMT_FL:
        return (match | (u32)(op.rd & 31) << 7 | address) & ~bit1;
    case FMT_S:
    case FMT_FS:
        return (match | (u32)op.rs2 << 20 | address) & ~bit1;
    case FMT_AMO:
    case FMT_LR:
    case FMT_REL:
    case FMT_HLV:
    case FMT_HSV:
        return (bits & ~0xf8000u) | address;
    case FMT_CBO: /* CMO chapter, "Hypervisor Extension" */
        return bits & ~0xf8000u;
    default:
        return 0;
    }
}
