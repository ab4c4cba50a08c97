/* The instruction table: patterns that do not overlap by accident, rows that decode to themselves
 * exactly when their extensions are there, operands, transformation, and assembly text. */
#include "cpu/hart.h"
#include "cpu/insn.h"
#include "mmu/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct hart hart;

static void set_xlen(unsigned xlen)
{
    memset(&hart, 0, sizeof hart);
    hart.config.xlen = (u8)xlen;
}

static const struct insn_encoding *encoding(const struct insn_row *r, unsigned xlen)
{
    return xlen == 32 ? &r->enc32 : &r->enc64;
}

static bool exists_on(const struct insn_row *r, unsigned xlen)
{
    return xlen == 32 ? r->gate.rv32 : r->gate.rv64;
}

static void add_gate(const struct insn_row *r)
{
    extset_add(&hart.ext, r->gate.any[0]);
    extset_add(&hart.ext, r->gate.also);
}

/* Overlaps that are meant: the first is the more specific one, or its extension excludes the
 * other's. */
static const struct {
    u16 first, second;
} overlaps[] = {
    {INSN_zext_h, INSN_pack},         {INSN_zext_h, INSN_packw},
    {INSN_sspush, INSN_mop_rr},       {INSN_sspopchk, INSN_mop_r},
    {INSN_ssrdp, INSN_mop_r},         {INSN_c_sspush, INSN_c_mop},
    {INSN_c_sspopchk, INSN_c_mop},    {INSN_c_addi16sp, INSN_c_lui},
    {INSN_cm_push, INSN_c_fsdsp},     {INSN_cm_pop, INSN_c_fsdsp},
    {INSN_cm_popretz, INSN_c_fsdsp},  {INSN_cm_popret, INSN_c_fsdsp},
    {INSN_cm_mvsa01, INSN_c_fsdsp},   {INSN_cm_mva01s, INSN_c_fsdsp},
    {INSN_cm_jt, INSN_c_fsdsp},       {INSN_cm_jalt, INSN_c_fsdsp},
    {INSN_c_flw, INSN_c_ld_pair},     {INSN_c_fsw, INSN_c_sd_pair},
    {INSN_c_flwsp, INSN_c_ldsp_pair}, {INSN_c_fswsp, INSN_c_sdsp_pair},
};

static bool overlap_is_meant(unsigned a, unsigned b)
{
    for (size_t i = 0; i < ARRAY_LEN(overlaps); i++)
        if (overlaps[i].first == a && overlaps[i].second == b)
            return true;
    return false;
}

/* A row whose "not all zero" bits the other one fixes to zero cannot meet it. */
static bool excluded(u32 nonzero, const struct insn_encoding *other)
{
    return nonzero && (nonzero & other->mask) == nonzero && !(nonzero & other->match);
}

static bool overlap(unsigned a, unsigned b, unsigned xlen)
{
    const struct insn_row *ra = insn_row(a), *rb = insn_row(b);
    const struct insn_encoding *ea = encoding(ra, xlen), *eb = encoding(rb, xlen);
    return ra->len == rb->len && !((ea->match ^ eb->match) & ea->mask & eb->mask) &&
           !excluded(ra->nonzero, eb) && !excluded(rb->nonzero, ea);
}

START_TEST(patterns_do_not_overlap)
{
    unsigned xlen = _i ? 64 : 32;
    for (unsigned a = 0; a < INSN_COUNT; a++)
        for (unsigned b = a + 1; b < INSN_COUNT; b++)
            if (exists_on(insn_row(a), xlen) && exists_on(insn_row(b), xlen) && overlap(a, b, xlen))
                ck_assert_msg(overlap_is_meant(a, b), "RV%u: %s and %s overlap", xlen,
                              insn_row(a)->name, insn_row(b)->name);
}
END_TEST

START_TEST(list_of_overlaps_is_exact)
{
    for (size_t i = 0; i < ARRAY_LEN(overlaps); i++) {
        unsigned a = overlaps[i].first, b = overlaps[i].second;
        ck_assert_msg(overlap(a, b, 32) || overlap(a, b, 64), "%s, %s", insn_row(a)->name,
                      insn_row(b)->name);
    }
}
END_TEST

START_TEST(patterns_are_sound)
{
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i), *base = insn_row(r->base);
        ck_assert_msg(r->gate.rv32 || r->gate.rv64, "%s", r->name);
        ck_assert_msg(r->len == insn_length(r->enc64.match), "%s", r->name);
        ck_assert_msg((r->enc64.mask & 3) == 3, "%s", r->name);
        ck_assert_msg(base->base == r->base, "%s: the base is a base", r->name);
        ck_assert_msg(r->kind == base->kind, "%s", r->name);
        for (unsigned xlen = 32; xlen <= 64; xlen += 32)
            ck_assert_msg(!exists_on(r, xlen) || exists_on(base, xlen), "%s: base", r->name);
    }
}
END_TEST

/* What the access column says against the widths and signs in the encodings themselves: funct3 of
 * loads, stores and atomics, bits 27:26 and 20 of the hypervisor's. */
static unsigned encoded_bytes(u32 match)
{
    if ((match & 0x7f) == 0x73)
        return 1u << bits(match, 27, 26);
    return 1u << (bits(match, 14, 12) & ((match & 0x7f) == 0x03 ? 3 : 7));
}

static bool encoded_signed(u32 match)
{
    switch (match & 0x7f) {
    case 0x03:
        return !bits(match, 14, 14);
    case 0x2f:
        return bits(match, 14, 12) < 4;
    case 0x73:
        return !bits(match, 20, 20) && !bits(match, 25, 25);
    default:
        return false;
    }
}

START_TEST(accesses_are_as_encoded)
{
    unsigned checked = 0;
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i);
        const struct insn_access *a = &r->access;
        u32 match = r->enc64.match;
        if (r->base != i || !a->bytes)
            continue;
        bool memory = a->kind == INSN_ACCESS_M;
        unsigned want =
            memory && (match & 0x7f) == 0x23 ? 1u << bits(match, 13, 12) : encoded_bytes(match);
        ck_assert_msg(a->bytes == want, "%s accesses %u bytes", r->name, a->bytes);
        ck_assert_msg(a->is_signed == encoded_signed(match), "%s: sign", r->name);
        checked++;
    }
    ck_assert_uint_ge(checked, 77);
}
END_TEST

/* norm:amo_alignment norm:lr_sc_alignment norm:Zacas_amocas_rs1_addr_alignment
 * norm:ssp_xlen_aligned: every atomic needs an aligned address, whatever the machine does with
 * loads and stores; so do the shadow stack's accesses. */
START_TEST(alignment_follows_the_encoding)
{
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i);
        u32 asks = r->access.flags & (MEM_ALIGNED | MEM_ATOMIC), opcode = r->enc64.match & 0x7f;
        bool stack = insn_row(r->base)->gate.any[0] == EXT_Zicfiss && r->access.kind;
        u32 want = opcode == 0x2f ? MEM_ATOMIC : stack ? MEM_ALIGNED : 0;
        ck_assert_msg(asks == want, "%s", r->name);
    }
}
END_TEST

/* Only HLV, HLVX and HSV access memory as a guest does. */
START_TEST(hypervisor_accesses_are_of_opcode_system)
{
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i);
        bool stack = insn_row(r->base)->gate.any[0] == EXT_Zicfiss;
        bool want = r->access.kind && !stack && (r->enc64.match & 0x7f) == 0x73;
        ck_assert_msg(want == !!(r->access.flags & MEM_HV), "%s", r->name);
    }
}
END_TEST

/* May two rows have one mnemonic: LD and its pair, of which each XLEN has one; LB and LB.AQ, whose
 * ordering is written by an operand? */
static bool told_apart(const struct insn_row *a, const struct insn_row *b)
{
    bool same_xlen = (a->gate.rv32 && b->gate.rv32) || (a->gate.rv64 && b->gate.rv64);
    return !same_xlen || (a->assembly[0] == 'q') != (b->assembly[0] == 'q');
}

/* The rows' own names are C's; the mnemonic is the assembler's, with # for the fields of a segment.
 */
START_TEST(mnemonics_are_the_assemblers)
{
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const char *m = insn_row(i)->mnemonic;
        ck_assert_msg(m && m[strspn(m, "abcdefghijklmnopqrstuvwxyz0123456789.#")] == 0, "%s",
                      insn_row(i)->name);
        for (unsigned k = 0; k < i; k++)
            ck_assert_msg(insn_row(i)->base != i || insn_row(k)->base != k ||
                              strcmp(m, insn_row(k)->mnemonic) != 0 ||
                              told_apart(insn_row(i), insn_row(k)),
                          "%s is there twice", m);
    }
}
END_TEST

/* With just the extensions of its gate, the smallest encoding of a row decodes to that row; without
 * them but with everything else, it does not. */
START_TEST(rows_decode_to_themselves)
{
    unsigned xlen = _i ? 64 : 32;
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i), *base = insn_row(r->base);
        if (!exists_on(r, xlen))
            continue;
        u32 bits = encoding(r, xlen)->match | r->nonzero;
        set_xlen(xlen);
        add_gate(r);
        add_gate(base);
        extset_add(&hart.ext, EXT_I);
        unsigned found = insn_lookup(&hart, bits);
        ck_assert_msg(found == i, "RV%u %s: found %s", xlen, r->name,
                      found == INSN_NONE ? "nothing" : insn_row(found)->name);
        hart.ext = (struct extset){{~0ull, ~0ull, ~0ull, ~0ull}};
        for (unsigned k = 0; k < r->gate.num_any; k++)
            extset_remove(&hart.ext, r->gate.any[k]);
        ck_assert_msg(insn_lookup(&hart, bits) != i, "RV%u %s without its extension", xlen,
                      r->name);
        if (i != r->base && base->gate.any[0] != EXT_I) {
            hart.ext = (struct extset){{~0ull, ~0ull, ~0ull, ~0ull}};
            for (unsigned k = 0; k < base->gate.num_any; k++)
                extset_remove(&hart.ext, base->gate.any[k]);
            ck_assert_msg(insn_lookup(&hart, bits) != i, "%s without its base", r->name);
        }
    }
}
END_TEST

START_TEST(second_condition_of_a_gate)
{
    set_xlen(64);
    extset_add(&hart.ext, EXT_I);
    extset_add(&hart.ext, EXT_Zfa);
    ck_assert_uint_eq(insn_lookup(&hart, 0xf2180253), INSN_NONE); /* fli.d without D */
    extset_add(&hart.ext, EXT_D);
    ck_assert_uint_eq(insn_lookup(&hart, 0xf2180253), INSN_fli_d);
}
END_TEST

/* Encodings that are reserved, by XLEN. */
static const struct {
    unsigned xlen;
    u32 bits;
} reserved[] = {
    {64, 0x0000},     /* all zero */
    {64, 0x0004},     /* c.addi4spn with 0 */
    {64, 0x2001},     /* c.addiw x0 */
    {64, 0x6101},     /* c.addi16sp 0 */
    {64, 0x6381},     /* c.lui 0, without c.mop */
    {64, 0x4002},     /* c.lwsp x0 */
    {64, 0x6002},     /* c.ldsp x0 */
    {64, 0x8002},     /* c.jr x0 */
    {64, 0x9c79},     /* after c.not */
    {32, 0x02051513}, /* slli by 32 */
    {32, 0x42055513}, /* srai by 32 */
    {32, 0x1502},     /* c.slli by 32 */
    {32, 0x9101},     /* c.srli by 32 */
    {32, 0x00053583}, /* ld with an odd pair */
    {32, 0x00b53023}, /* sd with an odd pair */
    {32, 0x6004},     /* c.ld with an odd pair, without Zcf */
    {32, 0x6002},     /* c.ldsp x0 */
    {32, 0x00b5053b}, /* addw */
    {32, 0x28b534af}, /* amocas.d with an odd pair */
    {64, 0x28a544af}, /* amocas.q with an odd pair */
    {64, 0xffffffff}, {64, 0x0000001f},
};

START_TEST(reserved_encodings)
{
    set_xlen(reserved[_i].xlen);
    hart.ext = (struct extset){{~0ull, ~0ull, ~0ull, ~0ull}};
    extset_remove(&hart.ext, EXT_Zcmp);
    extset_remove(&hart.ext, EXT_Zcmt);
    extset_remove(&hart.ext, EXT_Zcmop);
    extset_remove(&hart.ext, EXT_Zicfiss);
    extset_remove(&hart.ext, EXT_Zcf);
    unsigned found = insn_lookup(&hart, reserved[_i].bits);
    ck_assert_msg(found == INSN_NONE, "%08x is %s", reserved[_i].bits, insn_row(found)->name);
}
END_TEST

static const struct {
    u32 bits;
    u16 row;
    u8 rd, rs1, rs2;
    s32 imm;
} operands[] = {
    {0xfff58513, INSN_addi, 10, 11, 0, -1},     {0x00058013, INSN_addi, 32, 11, 0, 0},
    {0xfe113fa3, INSN_sd, 32, 2, 1, -1},        {0xfe0508e3, INSN_beq, 32, 10, 0, -16},
    {0x7e0000e3, INSN_beq, 32, 0, 0, 0xfe0},    {0xfffff0b7, INSN_lui, 1, 0, 0, -4096},
    {0x800000ef, INSN_jal, 1, 0, 0, -1048576},  {0x7ffff0ef, INSN_jal, 1, 0, 0, 1048574},
    {0x03f51513, INSN_slli, 10, 10, 0, 63},     {0x30529073, INSN_csrrw, 32, 5, 0, 0x305},
    {0x3002d073, INSN_csrrwi, 32, 5, 0, 0x300}, {0x6ab67543, INSN_fmadd_d, 10, 12, 11, 13 | 7 << 8},
    {0xf2108053, INSN_fli_d, 0, 0, 0, 1},       {0x00002007, INSN_flw, 0, 0, 0, 0},
    {0x852e, INSN_c_mv, 10, 0, 11, 0},          {0x802e, INSN_c_mv, 32, 0, 11, 0},
    {0x8082, INSN_c_jr, 32, 1, 0, 0},           {0x9582, INSN_c_jalr, 1, 11, 0, 0},
    {0x717d, INSN_c_addi16sp, 2, 2, 0, -16},    {0x1fec, INSN_c_addi4spn, 11, 2, 0, 1020},
    {0x757d, INSN_c_lui, 10, 0, 0, -4096},      {0x6ffe, INSN_c_ldsp, 31, 2, 0, 472},
    {0x3c3a, INSN_c_fldsp, 24, 2, 0, 424},      {0x2002, INSN_c_fldsp, 0, 2, 0, 0},
    {0xf5aa, INSN_c_sdsp, 32, 2, 10, 232},      {0xb001, INSN_c_j, 32, 0, 0, -2048},
    {0xdc01, INSN_c_beqz, 32, 8, 0, -232},      {0x8024, INSN_c_lbu, 9, 8, 0, 2},
    {0x9c75, INSN_c_not, 8, 8, 0, -1},          {0x9c61, INSN_c_zext_b, 8, 8, 0, 255},
    {0x6081, INSN_c_sspush, 32, 0, 1, 0},       {0x6281, INSN_c_sspopchk, 32, 5, 0, 0},
    {0x6181, INSN_c_mop, 32, 0, 0, 3},
};

START_TEST(operands_of)
{
    struct op op = {0};
    u32 bits = operands[_i].bits;
    unsigned row = insn_lookup_any(64, bits);
    ck_assert_msg(row == operands[_i].row, "%08x is %s", bits,
                  row == INSN_NONE ? "nothing" : insn_row(row)->name);
    insn_operands(row, 64, bits, &op);
    ck_assert_msg(op.rd == operands[_i].rd && op.rs1 == operands[_i].rs1 &&
                      op.rs2 == operands[_i].rs2 && op.imm == operands[_i].imm,
                  "%08x: rd %u rs1 %u rs2 %u imm %d", bits, op.rd, op.rs1, op.rs2, op.imm);
}
END_TEST

/* Zcmp, whose rows hide Zcd's. */
START_TEST(zcmp_operands)
{
    static const struct {
        u32 bits;
        u16 row;
        u8 rs1, rs2;
        s32 imm;
        const char *text;
    } rows[] = {
        {0xb842, INSN_cm_push, 0, 0, 4, "cm.push\t{ra},-16"},
        {0xb872, INSN_cm_push, 0, 0, 7, "cm.push\t{ra,s0-s2},-32"},
        {0xbafe, INSN_cm_pop, 0, 0, 15 | 3 << 4, "cm.pop\t{ra,s0-s11},160"},
        {0xbe52, INSN_cm_popret, 0, 0, 5, "cm.popret\t{ra,s0},16"},
        {0xbc6a, INSN_cm_popretz, 0, 0, 6 | 2 << 4, "cm.popretz\t{ra,s0-s1},64"},
        {0xaca6, INSN_cm_mvsa01, 9, 9, 0, "cm.mvsa01\ts1,s1"},
        {0xac7e, INSN_cm_mva01s, 8, 23, 0, "cm.mva01s\ts0,s7"},
        {0xa07e, INSN_cm_jt, 0, 0, 31, "cm.jt\t31"},
        {0xa082, INSN_cm_jalt, 0, 0, 32, "cm.jalt\t32"},
    };
    char text[64];
    struct op op = {0};
    set_xlen(64);
    hart.ext = (struct extset){{~0ull, ~0ull, ~0ull, ~0ull}};
    extset_remove(&hart.ext, EXT_Zcd);
    extset_remove(&hart.ext, EXT_E);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned row = insn_lookup(&hart, rows[i].bits);
        ck_assert_msg(row == rows[i].row, "%s", rows[i].text);
        insn_operands(row, 64, rows[i].bits, &op);
        ck_assert_msg(op.rd == DUMP_SLOT && op.rs1 == rows[i].rs1 && op.rs2 == rows[i].rs2 &&
                          op.imm == rows[i].imm,
                      "%s: rs1 %u rs2 %u imm %d", rows[i].text, op.rs1, op.rs2, op.imm);
        ck_assert_str_eq(insn_disassemble_on(&hart, 0, rows[i].bits, text, sizeof text),
                         rows[i].text);
    }
    ck_assert_uint_eq(insn_lookup(&hart, 0xb832), INSN_NONE); /* list 3 is reserved */
}
END_TEST

/* Hypervisor chapter, "Transformed Instruction or Pseudoinstruction for mtinst or htinst". */
START_TEST(transformations)
{
    static const struct {
        unsigned offset;
        u32 bits, transformed;
    } cases[] = {
        {0, 0x06d92403, 0x00002403}, /* lw s0,109(s2) */
        {3, 0x06d92403, 0x0001a403}, /* 3 bytes into it */
        {0, 0xfe113fa3, 0x00103023}, /* sd ra,-1(sp) */
        {0, 0x570db187, 0x00003187}, /* fld ft3 */
        {0, 0x0731af2f, 0x07302f2f}, /* amoadd.w.aqrl: all but rs1 */
        {0, 0x160ea12f, 0x1600212f}, /* lr.w.aqrl */
        {0, 0x6405c873, 0x64004873}, /* hlv.h */
        {1, 0x672d4073, 0x6720c073}, /* hsv.h, 1 byte into it */
        {0, 0x004ba00f, 0x0040200f}, /* cbo.zero */
        {0, 0x6ffe, 0x00003f81},     /* c.ldsp t6: ld, bit 1 clear */
        {0, 0xc258, 0x00e02021},     /* c.sw a4: sw, bit 1 clear */
        {0, 0x3e24, 0x00003485},     /* c.fld fs1 */
        {0, 0x8368, 0x00004501},     /* c.lbu a0 */
        {0, 0x40fe, 0x00002081},     /* c.lwsp ra,... */
        {0, 0x00b50533, 0},          /* add */
        {0, 0xce104073, 0},          /* sspush */
        {0, 0xffffffff, 0},
    };
    set_xlen(64);
    hart.ext = (struct extset){{~0ull, ~0ull, ~0ull, ~0ull}};
    extset_remove(&hart.ext, EXT_Zcmp);
    extset_remove(&hart.ext, EXT_Zcmt);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        u32 got = insn_transform(&hart, cases[i].bits, cases[i].offset);
        ck_assert_msg(got == cases[i].transformed, "%08x: %08x, not %08x", cases[i].bits, got,
                      cases[i].transformed);
    }
    extset_add(&hart.ext, EXT_Zcmp);
    ck_assert_uint_eq(insn_transform(&hart, 0xb842, 0), 0); /* cm.push is no c.fsdsp */
}
END_TEST

static const struct {
    unsigned xlen;
    u32 bits;
    const char *text;
} expected[] = {
#define EXPECT(xlen, bits, text) {xlen, bits, text},
#include "insn_expected.def"
};

START_TEST(assembly)
{
    char text[96];
    insn_disassemble(expected[_i].xlen, 0x80000000, expected[_i].bits, text, sizeof text);
    ck_assert_msg(!strcmp(text, expected[_i].text), "%08x: \"%s\", not \"%s\"", expected[_i].bits,
                  text, expected[_i].text);
}
END_TEST

/* Any bits give some text that fits, however short the buffer. */
START_TEST(assembly_of_anything)
{
    char text[64];
    u32 bits = 1;
    for (unsigned i = 0; i < 200000; i++) {
        bits = bits * 1664525u + 1013904223u;
        size_t room = 1 + (bits >> 8) % sizeof text;
        unsigned xlen = i & 1 ? 32 : 64;
        insn_disassemble(xlen, i, bits ^ bits >> 16, text, room);
        ck_assert(strlen(text) < room);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("insn");
    TCase *table = tcase_create("table");
    tcase_add_loop_test(table, patterns_do_not_overlap, 0, 2);
    tcase_add_test(table, list_of_overlaps_is_exact);
    tcase_add_test(table, patterns_are_sound);
    tcase_add_test(table, accesses_are_as_encoded);
    tcase_add_test(table, alignment_follows_the_encoding);
    tcase_add_test(table, hypervisor_accesses_are_of_opcode_system);
    tcase_add_test(table, mnemonics_are_the_assemblers);
    tcase_add_loop_test(table, rows_decode_to_themselves, 0, 2);
    tcase_add_test(table, second_condition_of_a_gate);
    tcase_add_loop_test(table, reserved_encodings, 0, (int)ARRAY_LEN(reserved));
    tcase_add_loop_test(table, operands_of, 0, (int)ARRAY_LEN(operands));
    tcase_add_test(table, zcmp_operands);
    tcase_add_test(table, transformations);
    suite_add_tcase(s, table);
    TCase *text = tcase_create("assembly");
    tcase_add_loop_test(text, assembly, 0, (int)ARRAY_LEN(expected));
    tcase_add_test(text, assembly_of_anything);
    suite_add_tcase(s, text);
    return s;
}

int main(void)
{
    insn_init();
    SRunner *runner = srunner_create(suite());
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
