/* Random code: instructions from the rows of isa.def, with operands that make sense often enough.
 * Every 64 bytes begin with an instruction, so that handlers can choose a place to go on at; only
 * the last instruction of a page may reach into the next. */
#include <string.h>

#include "cpu/csr.h"
#include "cpu/insn.h"
#include "guest.h"

enum fmt {
#define FMT(name, assembly, rd, rs1, rs2, imm) FMT_##name,
#include "cpu/formats.def"
#undef FMT
};

enum { C_NOP = 0x0001, NOP = 0x13, ECALL = 0x73 };

/* ---- operands ---- */

static u32 with_field(u32 bits, unsigned at, unsigned width, u32 value)
{
    u32 mask = (u32)MASK(width) << at;
    return (bits & ~mask) | (value << at & mask);
}

/* x8 .. x15 are pointers: compressed loads can use them, and they are overwritten seldom. */
static u32 pick_base(struct guest *g)
{
    return chance(g, 92) ? 8 + below(g, 8) : below(g, 32);
}

static u32 pick_rd(struct guest *g)
{
    static const u8 others[] = {0,  1,  3,  4,  5,  6,  7,  16, 17, 18, 19, 20,
                                21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 2};
    return chance(g, 93) ? others[below(g, ARRAY_LEN(others))] : below(g, 32);
}

/* ---- rows ---- */

/* How often a row is taken, in proportion. */
static unsigned weight(const struct insn_row *row, unsigned number)
{
    switch (number) {
    case INSN_firmware:
        return 0;
    case INSN_wfi:
        return 0;
    case INSN_mret:
    case INSN_sret:
    case INSN_ecall:
        return 2;
    case INSN_ebreak:
    case INSN_jalr: /* somewhere */
    case INSN_c_jr:
    case INSN_c_jalr:
    case INSN_c_ebreak:
        return 1;
    }
    switch (row->kind) {
    case KIND_LOAD:
    case KIND_STORE:
        return row->len == 4 ? 24 : 8;
    case KIND_FLOAD:
    case KIND_FSTORE:
        return 8;
    case KIND_FP:
    case KIND_FPN:
        return 3;
    case KIND_PLAINF:
        return 2;
    case KIND_SYSTEM:
    case KIND_PLAIN:
        return row->fmt == FMT_CSR || row->fmt == FMT_CSRI  ? 8
               : row->fmt == FMT_HLV || row->fmt == FMT_HSV ? 12
                                                            : 3;
    case KIND_BRANCH:
        return 6;
    case KIND_VSET: /* of many registers vsetvl makes vill */
        return number == INSN_vsetvl ? 2 : 24;
    default:
        return 4;
    }
}

/* CSRs that a junk value would make useless or the two simulators incomparable: only read. */
static bool is_delicate(unsigned csr)
{
    static const u16 list[] = {
        CSR_htimedelta, CSR_htimedeltah, CSR_mie,       CSR_sie,        CSR_hie,
        CSR_vsie,       CSR_mscratch,    CSR_satp,      CSR_vsatp,      CSR_hgatp,
        CSR_mtvec,      CSR_stvec,       CSR_vstvec,    CSR_mseccfg,    CSR_mseccfgh,
        CSR_misa,       CSR_mstatus,     CSR_medeleg,   CSR_medelegh,   CSR_mcountinhibit,
        CSR_stimecmp,   CSR_menvcfg,     CSR_menvcfgh,  CSR_henvcfg,    CSR_henvcfgh,
        CSR_senvcfg,    CSR_stimecmph,   CSR_vstimecmp, CSR_vstimecmph, CSR_mstatush};
    for (u32 i = 0; i < ARRAY_LEN(list); i++)
        if (list[i] == csr)
            return true;
    return (csr >= CSR_pmpcfg0 && csr < CSR_pmpaddr0 + 64) || (csr >> 8 == 0xb) ||
           (csr >= 0x320 && csr < 0x340) || (csr >= 0x720 && csr < 0x740);
}

/* CSRs that only one of the simulators has in these configurations (triggers, debug, PMP entries
 * that do not exist), and some that Spike refuses with the wrong exception (mireg ...). */
static bool is_absent(unsigned csr)
{
    return (csr >= 0x7a0 && csr < 0x7c0) || csr == 0x5a8 || csr == 0x6a8 ||
           (csr >= CSR_pmpcfg4 && csr < CSR_pmpaddr0) ||
           (csr >= CSR_pmpaddr16 && csr <= CSR_pmpaddr63) ||
           (csr >= CSR_miselect && csr <= CSR_mireg6) || csr == CSR_medelegh ||
           csr == CSR_hedelegh || csr == CSR_vstimecmp || csr == CSR_vstimecmph;
}

/* CSRs that a guest's supervisor uses. */
static u32 pick_tame_csr(struct guest *g)
{
    static const u16 list[] = {CSR_sscratch, CSR_sepc,   CSR_scause,     CSR_stval,   CSR_sstatus,
                               CSR_sie,      CSR_sip,    CSR_scounteren, CSR_senvcfg, CSR_stvec,
                               CSR_satp,     CSR_fflags, CSR_frm,        CSR_fcsr,    CSR_ssp,
                               CSR_cycle,    CSR_time,   CSR_instret,    CSR_stimecmp};
    return list[below(g, ARRAY_LEN(list))];
}

static u32 pick_csr(struct guest *g, enum flavour flavour)
{
    if (flavour == FLAVOUR_GUEST && chance(g, 85))
        return pick_tame_csr(g);
    for (;;) {
        u32 csr = below(g, 4096);
        if (is_absent(csr))
            continue;
        const char *name = csr_name(csr);
        if (name ? !strncmp(name, "pmp", 3) || !strncmp(name, "mhpm", 4) || !strncmp(name, "hpm", 3)
                 : chance(g, 98))
            if (chance(g, 95))
                continue;
        return csr;
    }
}

static u32 make_csr(struct guest *g, u32 bits, enum flavour flavour)
{
    u32 csr = pick_csr(g, flavour);
    bits = with_field(bits, 20, 12, csr);
    if (is_delicate(csr) || chance(g, 30)) { /* only read: CSRRS, CSRRC or their immediate forms */
        bits = with_field(bits, 12, 2, CSRRS + below(g, 2));
        bits = with_field(bits, 15, 5, 0);
    }
    return with_field(bits, 7, 5, pick_rd(g));
}

/* Fits the random bits of a row to its format. */
static u32 fit(struct guest *g, unsigned fmt, u32 bits)
{
    switch (fmt) {
    case FMT_L:
    case FMT_FL:
        bits = with_field(bits, 15, 5, pick_base(g));
        if (chance(g, 80))
            bits = with_field(bits, 20, 12, (below(g, 16) - 8) * 8);
        return fmt == FMT_FL ? bits : with_field(bits, 7, 5, pick_rd(g));
    case FMT_S:
    case FMT_FS:
        bits = with_field(bits, 15, 5, pick_base(g));
        if (chance(g, 80)) /* offset 0 .. 24 */
            bits = with_field(with_field(bits, 25, 7, 0), 7, 5, below(g, 4) * 8);
        return bits;
    case FMT_AMO:
    case FMT_LR:
    case FMT_HLV:
        bits = with_field(bits, 15, 5, pick_base(g));
        return with_field(bits, 7, 5, pick_rd(g));
    case FMT_HSV:
    case FMT_CBO:
        return with_field(bits, 15, 5, pick_base(g));
    case FMT_R:
    case FMT_R2:
    case FMT_I:
    case FMT_SH:
    case FMT_U:
    case FMT_FCMP:
    case FMT_FX:
    case FMT_FXM:
        return with_field(bits, 7, 5, pick_rd(g));
    case FMT_SFENCE:
    case FMT_SINVAL:
        return with_field(bits, 20, 5, below(g, 32) & (chance(g, 50) ? 0 : 31));
    default:
        return bits;
    }
}

static bool is_vector(const struct insn_row *row)
{
    return row->kind == KIND_VSET || row->kind == KIND_VECTOR || row->kind == KIND_VECTORF;
}

/* Of a vector instruction: a vtype that there is; registers of groups, a pointer, few fields. */
static u32 fit_vector(struct guest *g, const struct insn_row *row, u32 bits)
{
    static const u8 lmul[] = {0, 0, 0, 0, 1, 1, 2, 3, 6, 7};
    if (row->kind == KIND_VSET) {
        bits = with_field(bits, 7, 5, pick_rd(g));
        if (chance(g, 5))
            return bits;
        bits = with_field(bits, 20, 3, lmul[below(g, ARRAY_LEN(lmul))]);
        return with_field(bits, 25, row->fmt == FMT_VSETIVLI ? 5 : 6, chance(g, 50) ? 0 : 2);
    }
    static const u8 fields[] = {7, 20, 15};
    for (u32 i = 0; i < ARRAY_LEN(fields); i++) {
        u32 align = ~0u << (chance(g, 40) ? 0 : below(g, 4));
        bits = with_field(bits, fields[i], 5, (bits >> fields[i]) & align);
    }
    bits = with_field(bits, 25, 1, chance(g, 75));
    if (row->fmt < FMT_VL || row->fmt > FMT_VSX)
        return bits;
    if (chance(g, 70))
        bits = with_field(bits, 29, 3, 0);
    return with_field(bits, 15, 5, pick_base(g));
}

/* Do guests, or users, trap on most instructions of the row? */
static bool is_privileged(const struct insn_row *row)
{
    return row->kind == KIND_SYSTEM || row->fmt == FMT_HLV || row->fmt == FMT_HSV ||
           row->fmt == FMT_CBO;
}

static u32 random_row(struct guest *g, enum flavour flavour)
{
    for (;;) {
        u32 number = below(g, INSN_COUNT);
        const struct insn_row *row = insn_row(number);
        const struct insn_encoding *e = g->xlen == 32 ? &row->enc32 : &row->enc64;
        if (below(g, 24) >= weight(row, number))
            continue;
        if (flavour == FLAVOUR_GUEST && is_privileged(row) && chance(g, 85))
            continue;
        u32 bits = ((u32)pick(g) & ~e->mask) | e->match;
        if (row->fmt == FMT_CSR || row->fmt == FMT_CSRI)
            return make_csr(g, bits, flavour);
        if (row->len == 2)
            bits &= 0xffff;
        else
            bits = (is_vector(row) ? fit_vector(g, row, bits) : fit(g, row->fmt, bits)) & ~e->mask;
        bits |= e->match;
        /* Rounding modes: reserved ones seldom. */
        if ((row->fmt >= FMT_FRM && row->fmt <= FMT_XFE) && !(e->mask >> 12 & 7) && chance(g, 90))
            bits = with_field(bits, 12, 3, chance(g, 50) ? 7 : below(g, 5));
        if (insn_lookup(g->decoder, bits) != INSN_NONE || chance(g, 3))
            return bits;
    }
}

/* ---- pages ---- */

/* An instruction; jumps are given their displacement when the places are known. */
struct item {
    u32 bits;
    u32 at; /* in the page */
    u8 len;
    u8 fmt; /* FMT_B, FMT_J, FMT_CB, FMT_CJ: a jump forward */
    u8 hop; /* over how many instructions */
};

struct page {
    struct item item[2100];
    u32 n, size;
};

static void add(struct page *p, u32 bits)
{
    struct item *i = &p->item[p->n++];
    *i = (struct item){.bits = bits, .at = p->size, .len = (u8)insn_length(bits)};
    p->size += i->len;
}

static void pad(struct page *p)
{
    while (p->size & 63)
        add(p, p->size & 2 ? C_NOP : NOP);
}

/* Adds it; pads first if it would cross a boundary of 64 bytes. */
static void add_whole(struct page *p, u32 bits)
{
    if ((p->size & 63) + insn_length(bits) > 64)
        pad(p);
    add(p, bits);
}

static void add_sequence(struct page *p, const u32 *bits, u32 n)
{
    if ((p->size & 63) + n * 4 > 64)
        pad(p);
    for (u32 i = 0; i < n; i++)
        add(p, bits[i]);
}

static enum world pick_world(struct guest *g, enum flavour flavour)
{
    return flavour == FLAVOUR_HYPERVISOR ? (enum world)below(g, 2)
                                         : (enum world)(WORLD_SUPERVISOR + below(g, 2));
}

/* A pointer into x8 .. x15, with a tag now and then. */
static void add_pointer(struct guest *g, struct page *p, enum flavour flavour)
{
    u32 rd = 8 + below(g, 8), pa = (u32)pick_pointer(g, pick_world(g, flavour));
    u32 low = pa & (chance(g, 85) ? 0x7f8 : 0x7ff);
    u32 seq[8], n = 0;
    seq[n++] = 0x37 | rd << 7 | (pa & 0xfffff000u);
    if (g->xlen == 64 && pa >> 31) { /* zero-extend */
        seq[n++] = 0x02001013 | rd << 7 | rd << 15;
        seq[n++] = 0x02005013 | rd << 7 | rd << 15;
    }
    seq[n++] = 0x13 | rd << 7 | rd << 15 | low << 20;
    if (g->xlen == 64 && chance(g, 30)) {
        u32 shift = chance(g, 50) ? 48 : 57;
        seq[n++] = 0x13 | 5 << 7 | below(g, 2048) << 20;    /* addi t0, zero, tag */
        seq[n++] = 0x1013 | 5 << 7 | 5 << 15 | shift << 20; /* slli */
        seq[n++] = 0x6033 | rd << 7 | rd << 15 | 5 << 20;   /* or */
    }
    add_sequence(p, seq, n);
}

/* A call through a register to the code a little further on, sometimes with a landing pad. */
static void add_indirect(struct guest *g, struct page *p)
{
    u32 r = chance(g, 30) ? 7 : 5, hop = 1 + below(g, 3);
    u32 seq[8], n = 0;
    seq[n++] = 0x17 | r << 7; /* auipc */
    seq[n++] = 0x67 | (chance(g, 50) ? 1u : 0u) << 7 | r << 15 | (8 + hop * 4 - 4) << 20;
    while (n < 1 + hop)
        seq[n++] = NOP;
    seq[n++] = 0x17 | (chance(g, 70) ? 0u : below(g, 4) << 12); /* lpad */
    add_sequence(p, seq, n);
}

static unsigned jump_format(u32 bits)
{
    if ((bits & 0x7f) == 0x63)
        return FMT_B;
    if ((bits & 0x7f) == 0x6f)
        return FMT_J;
    if ((bits & 0xe003) == 0xa001)
        return FMT_CJ;
    if ((bits & 3) == 1 && bits < 0x10000 && bits >> 14 == 3)
        return FMT_CB;
    return 0;
}

static u32 scatter(u32 bits, unsigned fmt, u32 d)
{
    switch (fmt) {
    case FMT_B:
        return (bits & 0x01fff07f) | (d >> 5 & 63) << 25 | (d >> 1 & 15) << 8 | (d >> 11 & 1) << 7;
    case FMT_J:
        return (bits & 0xfff) | (d >> 1 & 0x3ff) << 21 | (d >> 11 & 1) << 20;
    case FMT_CB:
        return (bits & 0xe383) | (d >> 1 & 3) << 3 | (d >> 3 & 3) << 10 | (d >> 5 & 1) << 2 |
               (d >> 6 & 3) << 5;
    default:
        return (bits & 0xe003) | (d >> 1 & 7) << 3 | (d >> 4 & 1) << 11 | (d >> 5 & 1) << 2 |
               (d >> 6 & 1) << 7 | (d >> 7 & 1) << 6 | (d >> 8 & 3) << 9;
    }
}

static void resolve_jumps(struct page *p)
{
    for (u32 i = 0; i < p->n; i++) {
        struct item *it = &p->item[i];
        if (!it->fmt)
            continue;
        u32 to = i + it->hop < p->n ? i + it->hop : p->n - 1;
        it->bits = scatter(it->bits, it->fmt, p->item[to].at - it->at);
    }
}

static void add_random(struct guest *g, struct page *p, enum flavour flavour)
{
    u32 bits = random_row(g, flavour), fmt = jump_format(bits);
    add_whole(p, bits);
    p->item[p->n - 1].fmt = (u8)fmt;
    p->item[p->n - 1].hop = (u8)(1 + below(g, 10));
}

/* The last instruction of a page: a call up, or one that ends on the next page, whose second half
 * is a c.nop when it is entered there. */
static void end_page(struct guest *g, struct page *p, bool may_cross)
{
    if (may_cross && chance(g, 40)) {
        pad(p);
        while (p->size < 4094)
            add(p, C_NOP);
        add(p, 0x00010013 | below(g, 32) << 7);
        return;
    }
    while (p->size < 4092)
        add(p, C_NOP);
    add(p, ECALL);
}

static void make_page(struct guest *g, u32 number)
{
    static struct page page;
    struct page *p = &page;
    u32 start = CODE + number * 4096;
    enum flavour flavour = number & 1 ? FLAVOUR_GUEST : FLAVOUR_HYPERVISOR;
    p->n = p->size = 0;
    if (number && memcmp(g->image + (start - RAM), "\1", 1) == 0 && g->image[start - RAM + 1] == 0)
        add(p, C_NOP); /* the end of what began on the page before */
    while (p->size < 3968) {
        u32 what = below(g, 100);
        if (what < 7)
            add_pointer(g, p, flavour);
        else if (what < 9)
            add_indirect(g, p);
        else if (what < 10)
            add_whole(p, ECALL);
        else
            add_random(g, p, flavour);
    }
    end_page(g, p, number + 1 < CODE_PAGES);
    resolve_jumps(p);
    for (u32 i = 0; i < p->n; i++)
        put_word(g, start + p->item[i].at, p->item[i].bits, p->item[i].len);
}

/* Nothing but bits, many of them legal instructions by their opcode. */
static void make_garbage(struct guest *g, u32 number)
{
    for (u32 at = 0; at < 4096; at += 4) {
        u32 bits = (u32)pick(g);
        u32 how = below(g, 4);
        if (how == 0)
            bits = random_row(g, FLAVOUR_HYPERVISOR) ^ 1u << below(g, 32);
        else if (how == 1)
            bits |= 3;
        if ((bits & 0x7f) == 0x73 && is_absent(bits >> 20))
            bits ^= 0x80000000u; /* another CSR */
        put_word(g, CODE + number * 4096 + at, bits, 4);
    }
}

/* Where the page of the handlers is empty: a jump to code. */
static void fill_handler_page(struct guest *g)
{
    static const u8 nothing[64];
    for (u32 pa = CODE; pa < CODE + 4096; pa += 64)
        if (!memcmp(g->image + (pa - RAM), nothing, 64)) {
            g->at = pa;
            emit_jump(g, pick_code(g, CODE, FLAVOUR_GUEST));
        }
}

void make_code(struct guest *g)
{
    fill_handler_page(g);
    for (u32 i = 1; i < CODE_PAGES; i++) {
        if (g->garbage)
            make_garbage(g, i);
        else
            make_page(g, i);
    }
}
