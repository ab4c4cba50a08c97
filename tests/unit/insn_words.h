/* Instruction words that unit tests execute. */
#ifndef HEXTANT_TEST_INSN_WORDS_H
#define HEXTANT_TEST_INSN_WORDS_H

enum {
    NOP = 0x00000013,
    CUSTOM_0 = 0x0000000b,
    AES64KS1I_11 = 0x31b59513,
    SRET = 0x10200073,
    MRET = 0x30200073,
    MNRET = 0x70200073,
    WFI = 0x10500073,
    WRS_NTO = 0x00d00073,
    SFENCE = 0x12000073,
    SFENCE_W_INVAL = 0x18000073,
    HFENCE_VVMA = 0x22000073,
    HFENCE_GVMA = 0x62000073,
    HLV_D = 0x6c05c573,
    HLVX_WU = 0x6835c573,
    ECALL = 0x00000073,
    EBREAK = 0x00100073,
    LD = 0x0005b503,   /* ld a0,0(a1) */
    SD = 0x00a5b023,   /* sd a0,0(a1) */
    LR_D = 0x1005b52f, /* lr.d a0,(a1) */
    AMOADD = 0x00a5b52f,
    JR_A1 = 0x00058067,
    FADD = 0x02c5f553,
    FADD_RM5 = 0x02c5d553,
    CBO_INVAL_A1 = 0x0005a00f,
    CBO_CLEAN_A1 = 0x0015a00f,
    CBO_FLUSH_A1 = 0x0025a00f,
    CBO_ZERO_A1 = 0x0045a00f,
    SSAMOSWAP = 0x48a5b52f,
    CSRR_MSTATUS = 0x30002573,
    CSRR_HSTATUS = 0x60002573,
    CSRR_TIME = (int)0xc0102573,
    CSRW_TIME = (int)0xc0151073,
    CSRR_SATP = 0x18002573,
    CBO_ZERO = 0x0045a00f,
    CBO_CLEAN = 0x0015a00f,
    VADD = 0x030c0457,         /* vadd.vv v8,v16,v24 */
    VADD_V1 = 0x030c00d7,      /* vadd.vv v1,v16,v24 */
    VADD_V0_T = 0x010c0057,    /* vadd.vv v0,v16,v24,v0.t */
    VWADD = (int)0xc70c2457,   /* vwadd.vv v8,v16,v24 */
    VWADD_W = (int)0xd7082457, /* vwadd.wv v8,v16,v16 */
    VRGATHER_V8 = 0x328c0457,  /* vrgather.vv v8,v8,v24 */
    VMULH = (int)0x9f0c2457,   /* vmulh.vv v8,v16,v24 */
    VREDSUM = 0x030c2457,      /* vredsum.vs v8,v16,v24 */
    VLE8 = 0x02058407,         /* vle8.v v8,(a1) */
};

#endif
