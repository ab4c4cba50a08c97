/* The rules about vector instructions that are about more than one element's value: which register
 * groups an encoding may name, where vstart may be, what widths scalars and offsets have. Words are
 * made from the fields of the formats. */
#include "run_suite.h"
#include "vec_hart.h"

enum { IVV, FVV, MVV, IVI, IVX, FVF, MVX };
#define OP(f6, vm, vs2, vs1, f3, vd)                                                               \
    ((u32)(f6) << 26 | (vm) << 25 | (u32)(vs2) << 20 | (u32)(vs1) << 15 | (f3) << 12 |             \
     (u32)(vd) << 7 | 0x57)
/* Address in x11; width: 0, 5, 6, 7 */
#define MEM(op, nf, mop, vm, rs2, width, vd)                                                       \
    ((u32)(nf) << 29 | (mop) << 26 | (vm) << 25 | (u32)(rs2) << 20 | 11 << 15 | (width) << 12 |    \
     (u32)(vd) << 7 | (op))
#define LOAD(...)  MEM(0x07, __VA_ARGS__)
#define STORE(...) MEM(0x27, __VA_ARGS__)

#define ADD(vm, d, s2, s1)      OP(0x00, vm, s2, s1, IVV, d)
#define GATHER(d, s2, s1)       OP(0x0c, 1, s2, s1, IVV, d)
#define GATHER16(d, s2, s1)     OP(0x0e, 1, s2, s1, IVV, d)
#define SLIDEUP(d, s2)          OP(0x0e, 1, s2, 11, IVX, d)
#define SLIDEDOWN(d, s2)        OP(0x0f, 1, s2, 11, IVX, d)
#define SLIDE1UP(d, s2)         OP(0x0e, 1, s2, 11, MVX, d)
#define MSEQ(vm, d, s2, s1)     OP(0x18, vm, s2, s1, IVV, d)
#define NSRL(d, s2, s1)         OP(0x2c, 1, s2, s1, IVV, d)
#define WREDSUM(d, s2, s1)      OP(0x31, 1, s2, s1, IVV, d)
#define REDSUM(vm, d, s2, s1)   OP(0x00, vm, s2, s1, MVV, d)
#define WADD(d, s2, s1)         OP(0x31, 1, s2, s1, MVV, d)
#define WADD_W(d, s2, s1)       OP(0x35, 1, s2, s1, MVV, d)
#define WMACC(d, s2, s1)        OP(0x3d, 1, s2, s1, MVV, d)
#define ZEXT2(d, s2)            OP(0x12, 1, s2, 6, MVV, d)
#define COMPRESS(vm, d, s2, s1) OP(0x17, vm, s2, s1, MVV, d)
#define MERGE(d, s2, s1)        OP(0x17, 0, s2, s1, IVV, d)
#define MV_V(s2, d)             OP(0x17, 1, s2, 8, IVV, d)
#define MAND(vm, d, s2, s1)     OP(0x19, vm, s2, s1, MVV, d)
#define TO_X(vm, vs2)           OP(0x10, vm, vs2, 0, MVV, 10)
#define FROM_X(vm, d)           OP(0x10, vm, 0, 11, MVX, d)
#define CPOP(vs2)               OP(0x10, 1, vs2, 16, MVV, 10)
#define FIRST(vs2)              OP(0x10, 1, vs2, 17, MVV, 10)
#define MSBF(vm, d, s2)         OP(0x14, vm, s2, 1, MVV, d)
#define MSOF(vm, d, s2)         OP(0x14, vm, s2, 2, MVV, d)
#define MSIF(vm, d, s2)         OP(0x14, vm, s2, 3, MVV, d)
#define IOTA(vm, d, s2)         OP(0x14, vm, s2, 16, MVV, d)
#define ID(s2, d)               OP(0x14, 1, s2, 17, MVV, d)
#define MVR(count, d, s2)       OP(0x27, 1, s2, (count)-1, IVI, d)
enum { E8, E16 = 8, E32 = 16, E64 = 24, M1 = 0, M2, M4, M8, MF2 = 7 };

#define ISA "--isa=rv64max_v"
static struct machine *m;
static struct hart *h;

static void start(const char *isa, const char *option)
{
    m = vector_machine(isa, option);
    h = m->hart[0];
}

static bool refused(u32 word)
{
    struct op op = {0};
    unsigned row = insn_lookup(h, word);
    if (row == INSN_NONE)
        return true;
    insn_operands(row, h->config.xlen, word, &op);
    return vec_refuses(h, row, &op) != REASON_NONE;
}

/* Executes it; it must be legal. */
static void go(u32 word)
{
    unsigned row;
    struct op op = decode(h, word, &row);
    ck_assert_int_eq(vec_execute(h, &op, row), 0);
}

/* ---- which registers an encoding may name ---- */

static const struct {
    const char *rule;
    u32 vtype, word;
    bool legal;
} groups[] = {
    {"norm:vreg_offgroup_lmul2_rsv", E8 | M2, ADD(1, 2, 4, 6), true},
    {"norm:vreg_offgroup_lmul2_rsv", E8 | M2, ADD(1, 3, 4, 6), false},
    {"norm:vreg_offgroup_lmul2_rsv", E8 | M2, ADD(1, 2, 5, 6), false},
    {"norm:vreg_offgroup_lmul2_rsv", E8 | M2, ADD(1, 2, 4, 7), false},
    {"norm:vreg_offgroup_lmul4_rsv", E8 | M4, ADD(1, 4, 8, 12), true},
    {"norm:vreg_offgroup_lmul4_rsv", E8 | M4, ADD(1, 4, 8, 14), false},
    {"norm:vreg_offgroup_lmul8_rsv", E8 | M8, ADD(1, 8, 16, 24), true},
    {"norm:vreg_offgroup_lmul8_rsv", E8 | M8, ADD(1, 4, 16, 24), false},
    {"norm:vector_ls_emul_offgroup_rsv", E8 | M2, LOAD(0, 0, 1, 0, 0, 3), false},
    {"norm:emul_offgroup_rsv, an index", E8 | M1, LOAD(0, 1, 1, 9, 5, 4), false},
    {"norm:emul_offgroup_rsv, an index", E8 | M1, LOAD(0, 1, 1, 10, 5, 4), true},
    {"norm:vreg_vmask_rsv", E8, ADD(1, 0, 8, 16), true},
    {"norm:vreg_vmask_rsv", E8, ADD(0, 0, 8, 16), false},
    {"norm:vreg_vmask_rsv", E8, MSEQ(0, 0, 8, 16), true},
    {"norm:vreg_vmask_rsv", E8, REDSUM(0, 0, 8, 16), true},
    {"norm:vreg_vmask_rsv", E8, LOAD(0, 0, 0, 0, 0, 0), false},
    {"norm:vreg_source_eew_rsv, v0", E8, ADD(0, 4, 0, 16), false},
    {"norm:vreg_source_eew_rsv, v0", E8, ADD(0, 4, 8, 0), false},
    {"norm:vreg_source_eew_rsv, v0", E8, MERGE(4, 0, 8), false},
    {"norm:vreg_source_eew_rsv, v0", E8, STORE(0, 0, 0, 0, 0, 0), false},
    {"norm:vreg_source_eew_rsv, v0", E8, STORE(0, 0, 1, 0, 0, 0), true},
    {"norm:vreg_source_eew_rsv, segments", E8, STORE(1, 0, 0, 0, 0, 0), false},
    {"norm:vreg_source_eew_rsv, v0", E8, REDSUM(0, 4, 8, 0), false},
    {"norm:vreg_source_eew_rsv", E8, WADD_W(8, 4, 4), false},
    {"norm:vreg_source_eew_rsv", E8, WADD_W(8, 4, 6), true},
    {"norm:vreg_source_eew_rsv", E8, GATHER16(8, 2, 2), false},
    {"norm:vreg_source_eew_rsv", E16, GATHER16(8, 2, 2), true},
    {"norm:vreg_source_eew_rsv", E8, WMACC(8, 9, 4), false},
    {"norm:vreg_source_eew_rsv", E8, WMACC(8, 4, 5), true},
    {"norm:vreg_source_eew_rsv", E8, STORE(0, 1, 1, 8, 5, 8), false},
    {"norm:vreg_source_eew_rsv", E16, STORE(0, 1, 1, 8, 5, 8), true},
    {"norm:vreg_source_eew_rsv, a sum's scalar", E8 | M2, WREDSUM(8, 2, 3), false},
    {"norm:vreg_source_eew_rsv, a sum's scalar", E8 | M2, WREDSUM(8, 2, 4), true},
    {"norm:vreg_overlap_legal, narrower", E8, NSRL(4, 4, 8), true},
    {"norm:vreg_overlap_legal, narrower", E8, NSRL(5, 4, 8), false},
    {"norm:vreg_overlap_legal, wider", E8, WADD(4, 5, 8), true},
    {"norm:vreg_overlap_legal, wider", E8, WADD(4, 4, 8), false},
    {"norm:vreg_overlap_legal, a fraction", E8 | MF2, WADD(4, 4, 8), false},
    {"norm:vreg_overlap_legal, a fraction", E16, ZEXT2(4, 4), false},
    {"norm:vreg_overlap_legal, a fraction", E16 | M2, ZEXT2(4, 5), true},
    {"norm:vreg_overlap_legal, a mask", E8 | M2, MSEQ(1, 4, 4, 6), true},
    {"norm:vreg_overlap_legal, a mask", E8 | M2, MSEQ(1, 5, 4, 6), false},
    {"norm:vreg_mask_lmul_indp", E8 | M2, MSEQ(1, 3, 4, 6), true},
    {"norm:emul_rsv", E8 | M8, WADD(8, 16, 24), false},
    {"norm:emul_rsv", E8 | M8, GATHER16(8, 16, 24), false},
    {"norm:emul_rsv, not of a sum's scalar", E8 | M8, WREDSUM(1, 8, 2), true},
    {"norm:vreduction_scalar_disregard_LMUL", E8 | M8, REDSUM(1, 1, 8, 3), true},
    {"norm:vmv-x-s_vmv-s-x_ignoreLMUL", E8 | M8, FROM_X(1, 3), true},
    {"norm:vmv-x-s_vmv-s-x_ignoreLMUL", E8 | M8, TO_X(1, 3), true},
    {"norm:vslideup_vreg_constr", E8, SLIDEUP(8, 8), false},
    {"norm:vslide1up-vx_vreg_constr", E8, SLIDE1UP(8, 8), false},
    {"slidedown may", E8, SLIDEDOWN(8, 8), true},
    {"norm:vrgather_vrgatherei16_vreg_constr", E8, GATHER(8, 8, 16), false},
    {"norm:vrgather_vrgatherei16_vreg_constr", E8, GATHER(8, 16, 8), false},
    {"norm:vcompress_vreg_constr", E8, COMPRESS(1, 8, 8, 16), false},
    {"norm:vcompress_vreg_constr", E8, COMPRESS(1, 8, 16, 8), false},
    {"norm:viota_vreg_constr", E8, IOTA(1, 8, 8), false},
    {"norm:viota_vreg_constr", E8, IOTA(0, 0, 8), false},
    {"norm:vmsbf_vreg_constr", E8, MSBF(1, 8, 8), false},
    {"norm:vmsif_vreg_constr", E8, MSIF(1, 8, 8), false},
    {"norm:vmsof_vreg_constr", E8, MSOF(0, 0, 8), false},
    {"norm:vector_ls_seg_rsv", E8, LOAD(1, 0, 1, 0, 0, 30), true},
    {"norm:vector_ls_seg_rsv", E8, LOAD(1, 0, 1, 0, 0, 31), false},
    {"norm:emul_nfields_rsv", E8 | M2, LOAD(4, 0, 1, 0, 0, 8), false},
    {"norm:emul_nfields_rsv", E8 | M2, LOAD(3, 0, 1, 0, 0, 8), true},
    {"norm:vector_ls_seg_indexed_vreg_rsv", E8, LOAD(1, 1, 1, 9, 0, 8), false},
    {"an index that is the destination", E8, LOAD(0, 1, 1, 8, 0, 8), true},
    {"norm:vid_vs2_nv0_rsv", E8, ID(0, 8), true},
    {"norm:vid_vs2_nv0_rsv", E8, ID(4, 8), false},
    {"norm:vmv_vs2_nv0_rsv", E8, MV_V(0, 4), true},
    {"norm:vmv_vs2_nv0_rsv", E8, MV_V(4, 4), false},
    {"norm:vmv-s-x_vmv-x-s_masked_rsv", E8, TO_X(0, 8), false},
    {"norm:vmv-s-x_vmv-x-s_masked_rsv", E8, FROM_X(0, 8), false},
    {"norm:vmasklogical_masked_rsv", E8, MAND(0, 8, 9, 10), false},
    {"norm:vcompress_masked_rsv", E8, COMPRESS(0, 8, 16, 24), false},
    {"norm:vector_ls_seg_wholereg_nf_rsv", E8, LOAD(3, 0, 1, 8, 0, 8), true},
    {"norm:vector_ls_seg_wholereg_nf_rsv", E8, LOAD(2, 0, 1, 8, 0, 8), false},
    {"whole registers are not masked", E8, LOAD(0, 0, 0, 8, 0, 8), false},
    {"norm:vmv-nr-r_nreg_rsv", E8, MVR(2, 8, 16), true},
    {"norm:vmv-nr-r_nreg_rsv", E8, MVR(3, 8, 16), false},
    {"norm:vmv-nr-r_unaligned_rsv", E8, MVR(2, 9, 16), false},
};

START_TEST(register_groups)
{
    start(ISA, "");
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        h->vtype = groups[i].vtype;
        h->vl = 1;
        ck_assert_msg(refused(groups[i].word) == !groups[i].legal, "%s: %08x is %s", groups[i].rule,
                      groups[i].word, groups[i].legal ? "refused" : "legal");
    }
    machine_free(m);
}
END_TEST

/* norm:vector_ls_eew_rsv norm:vector_ls_xlen_dep: elements and offsets are ELEN wide at most,
 * offsets XLEN too. */
START_TEST(widths_there_are)
{
    start("--isa=rv64max_zve32x", "");
    configure(h, 0, M1, 1);
    ck_assert(!refused(LOAD(0, 0, 1, 0, 6, 8)) && refused(LOAD(0, 0, 1, 0, 7, 8)));
    ck_assert(!refused(LOAD(0, 1, 1, 8, 6, 8)) && refused(LOAD(0, 1, 1, 8, 7, 16)));
    machine_free(m);
    start("--isa=rv32max_v", "");
    configure(h, 0, MF2, 1);
    ck_assert(!refused(LOAD(0, 0, 1, 0, 7, 8)) && refused(LOAD(0, 1, 1, 8, 7, 16)));
    machine_free(m);
}
END_TEST

/* ---- vstart ---- */

static bool refused_at(u64 vstart, u32 word)
{
    h->vstart = vstart;
    return refused(word);
}

/* norm:vcpop_vstart_n0_ill and so on: these begin with element 0 whatever --v-vstart says; others
 * as it says. */
START_TEST(where_vstart_may_be)
{
    static const u32 at_0[] = {
        CPOP(8),          FIRST(8),      MSBF(1, 4, 8),         MSIF(1, 4, 8),
        MSOF(1, 4, 8),    IOTA(1, 4, 8), COMPRESS(1, 4, 8, 16), REDSUM(1, 4, 8, 16),
        WREDSUM(4, 8, 16)};
    start(ISA, "--v-vstart=run");
    configure(h, 1, M1, 16);
    for (size_t i = 0; i < ARRAY_LEN(at_0); i++)
        ck_assert(!refused_at(0, at_0[i]) && refused_at(1, at_0[i]));
    ck_assert(!refused_at(15, ADD(1, 8, 16, 24)));
    ck_assert(refused_at(16, ADD(1, 8, 16, 24))); /* norm:vstart_val_rsv */
    configure(h, 1, MF2, 8);
    ck_assert(!refused_at(7, ADD(1, 8, 16, 24)) && refused_at(8, ADD(1, 8, 16, 24)));
    /* whole registers go by their own number of elements, whatever vl is */
    h->vl = 0;
    ck_assert(!refused_at(15, MVR(1, 8, 16)) && refused_at(16, MVR(1, 8, 16)));
    ck_assert(!refused_at(63, MVR(4, 8, 16)) && refused_at(64, MVR(4, 8, 16)));
    ck_assert(!refused_at(7, LOAD(0, 0, 1, 8, 6, 8)) && refused_at(8, LOAD(0, 0, 1, 8, 6, 8)));
    machine_free(m);
    start(ISA, "");
    configure(h, 1, M1, 16);
    ck_assert(refused_at(1, ADD(1, 8, 16, 24))); /* norm:vstart_vtype_dep */
    ck_assert(!refused_at(1, LOAD(0, 0, 1, 0, 5, 8)));
    machine_free(m);
}
END_TEST

/* norm:vstart_vl_dep: nothing is written, not even what is agnostic; norm:vstart_update */
START_TEST(vstart_behind_vl)
{
    static const u32 words[] = {ADD(1, 8, 16, 24), MSEQ(1, 8, 16, 24), FROM_X(1, 8), SLIDEUP(8, 16),
                                SLIDEDOWN(8, 16)};
    start(ISA, "--v-vstart=run");
    h->config.v_agnostic = VEC_ONES;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        h->vtype = E8 | 0xc0;
        h->vl = 3;
        h->vstart = 5;
        set(h, 8, 3, 0, 0x1122334455667788);
        go(words[i]);
        ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0x1122334455667788);
        ck_assert_uint_eq(h->vstart, 0);
    }
    machine_free(m);
}
END_TEST

/* ---- scalars, offsets, saturation ---- */

/* norm:vop-vx_rs1_sext_sewbits norm:vop-vx_rs1_trunc_lsb_sewbits norm:vmv-x-s_op on RV32 */
START_TEST(scalars_on_rv32)
{
    start("--isa=rv32max_v", "");
    configure(h, 3, M1, 2);
    h->x[11] = 0xffffffff80000001; /* as registers of 32 bits are held */
    set(h, 16, 3, 0, 0x10);
    go(OP(0x00, 1, 16, 11, IVX, 8)); /* vadd.vx */
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0xffffffff80000011);
    go(FROM_X(1, 8));
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0xffffffff80000001);
    go(SLIDE1UP(8, 16));
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0xffffffff80000001);
    ck_assert_uint_eq(get(h, h->v, 8, 3, 1), 0x10);
    set(h, 8, 3, 0, 0x1234567887654321);
    go(TO_X(1, 8));
    ck_assert_uint_eq((u32)h->x[10], 0x87654321);
    machine_free(m);
}
END_TEST

/* norm:vrgather_vrgatherei16_vs_ignore_vl norm:vrgather_vrgatherei16_id_ge_VLMAX
 * norm:vslidedown_op_src: what is taken goes by VLMAX, and is as far away as XLEN bits can say. */
START_TEST(offsets_are_wide)
{
    start(ISA, "");
    configure(h, 0, M1, 2);
    for (u64 i = 0; i < 32; i++)
        set(h, 16, 0, i, 0x40 + i);
    set(h, 24, 0, 0, 31);
    set(h, 24, 0, 1, 32);
    go(GATHER(8, 16, 24));
    ck_assert_uint_eq(get(h, h->v, 8, 1, 0), 0x005f);
    for (unsigned far = 0; far < 2; far++) {
        h->x[11] = far ? 0x100000001 : 0x101; /* not 1 */
        set(h, 8, 1, 0, 0x7777);
        go(SLIDEUP(8, 16));
        ck_assert_uint_eq(get(h, h->v, 8, 1, 0), 0x7777);
        go(SLIDEDOWN(8, 16));
        ck_assert_uint_eq(get(h, h->v, 8, 1, 0), 0);
        set(h, 8, 1, 0, 0x7777);
        go(OP(0x0c, 1, 16, 11, IVX, 8)); /* vrgather.vx */
        ck_assert_uint_eq(get(h, h->v, 8, 1, 0), 0);
    }
    h->x[11] = ~0ull;
    go(SLIDEDOWN(8, 16)); /* offset + i would overflow */
    ck_assert_uint_eq(get(h, h->v, 8, 1, 0), 0);
    h->x[11] = 31;
    go(SLIDEDOWN(8, 16)); /* beyond vl, within VLMAX */
    ck_assert_uint_eq(get(h, h->v, 8, 1, 0), 0x5f);
    machine_free(m);
}
END_TEST

/* norm:vsaddu_vsadd_vssubu_vssub_op norm:vnclipu_overflow norm:vadc_vsbc_op norm:vsll_vsrl_vsra_op
 */
START_TEST(carries_shifts_and_saturation)
{
    start(ISA, "");
    configure(h, 0, M1, 1);
    h->vxsat = 0;
    set(h, 16, 0, 0, 0);
    set(h, 24, 0, 0, 1);
    go(OP(0x22, 1, 16, 24, IVV, 8)); /* vssubu */
    ck_assert_uint_eq(get(h, h->v, 8, 0, 0), 0);
    ck_assert_uint_eq(h->vxsat, 1);
    go(OP(0x22, 1, 24, 16, IVV, 8)); /* 1 - 0: vxsat is sticky */
    ck_assert_uint_eq(h->vxsat, 1);
    h->vxsat = 0;
    set(h, 24, 0, 0, 0x80);
    go(OP(0x23, 1, 16, 24, IVV, 8)); /* vssub, 0 - -128 */
    ck_assert_uint_eq(get(h, h->v, 8, 0, 0), 0x7f);
    ck_assert_uint_eq(h->vxsat, 1);
    set(h, 16, 1, 0, 0x1ff);
    go(OP(0x2e, 1, 16, 1, IVI, 8)); /* vnclipu.wi, 0x1ff >> 1, rounded up to 0x100 */
    ck_assert_uint_eq(get(h, h->v, 8, 0, 0), 0xff);
    configure(h, 2, M1, 1);
    set(h, 16, 2, 0, 0x80000000);
    go(OP(0x29, 1, 16, 31, IVI, 8)); /* vsra.vi by 31 */
    ck_assert_uint_eq(get(h, h->v, 8, 2, 0), 0xffffffff);
    configure(h, 3, M1, 2);
    set(h, 0, 0, 0, 1);
    for (u64 i = 0; i < 2; i++) {
        set(h, 16, 3, i, ~0ull);
        set(h, 24, 3, i, 0);
    }
    go(OP(0x10, 0, 16, 24, IVV, 8)); /* vadc.vvm */
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0);
    ck_assert_uint_eq(get(h, h->v, 8, 3, 1), ~0ull);
    go(OP(0x11, 0, 16, 24, IVV, 8)); /* vmadc.vvm */
    ck_assert_uint_eq(get(h, h->v, 8, 0, 0) & 3, 1);
    machine_free(m);
}
END_TEST

/* norm:viota_op_masked norm:vcompress_op; without elements nothing is written. */
START_TEST(masks_and_compression)
{
    start(ISA, "--v-agnostic=ones");
    h->vtype = E8 | 0xc0;
    h->vl = 8;
    set(h, 0, 0, 0, 0xf0);
    set(h, 16, 0, 0, 0xff);
    set(h, 8, 3, 0, 0);
    go(IOTA(0, 8, 16)); /* what is masked off does not count */
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0x03020100ffffffff);
    for (u64 i = 0; i < 8; i++)
        set(h, 16, 0, i, i);
    set(h, 24, 0, 0, 0x84);
    go(COMPRESS(1, 8, 16, 24)); /* the tail begins behind what was packed */
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0xffffffffffff0702);
    h->x[11] = 0x42;
    go(FROM_X(1, 8)); /* elements 1 .. of the register are tail */
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0xffffffffffffff42);
    h->vl = 0;
    set(h, 8, 3, 0, 0x1122334455667788);
    go(MSBF(1, 8, 16));
    go(COMPRESS(1, 8, 16, 24));
    go(IOTA(1, 8, 16));
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0x1122334455667788);
    machine_free(m);
}
END_TEST

/* norm:vector_ls_unit_stride_mask: a mask is loaded as (vl + 7) / 8 bytes, from byte vstart on;
 * norm:vector_ls_indexed_op: offsets are unsigned. */
START_TEST(bytes_of_masks_and_offsets)
{
    start(ISA, "");
    for (u64 i = 0; i < 300; i++)
        m->ram->host[0x100 + i] = (u8)(i + 1);
    h->x[11] = RAM_BASE + 0x100;
    configure(h, 0, M1, 17);
    set(h, 8, 3, 0, 0);
    h->vstart = 1;
    go(LOAD(0, 0, 1, 11, 0, 8)); /* vlm.v */
    ck_assert_uint_eq(get(h, h->v, 8, 3, 0), 0x030200);
    ck_assert_uint_eq(h->vstart, 0);
    h->vl = 1;
    set(h, 16, 0, 0, 0xff);
    go(LOAD(0, 1, 1, 16, 0, 8)); /* vluxei8.v */
    ck_assert_uint_eq(get(h, h->v, 8, 0, 0), 0);
    set(h, 16, 0, 0, 0xf0);
    go(LOAD(0, 1, 1, 16, 0, 8));
    ck_assert_uint_eq(get(h, h->v, 8, 0, 0), 0xf1);
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vector rules");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, register_groups);
    tcase_add_test(t, widths_there_are);
    tcase_add_test(t, where_vstart_may_be);
    tcase_add_test(t, vstart_behind_vl);
    tcase_add_test(t, scalars_on_rv32);
    tcase_add_test(t, offsets_are_wide);
    tcase_add_test(t, carries_shifts_and_saturation);
    tcase_add_test(t, masks_and_compression);
    tcase_add_test(t, bytes_of_masks_and_offsets);
    suite_add_tcase(s, t);
    return run_suite(s);
}
