/* Zicfiss: the shadow stack in S-mode under Sv39 (unprivileged and privileged chapters on CFI).
 * Virtual 0x80000000 is RAM as it stands; 0x40000000 is a shadow-stack page, 0x40001000 plain. */
#include "isa_test.inc"

#define SSP            0x011
#define SSPUSH_RA      .4byte 0xce104073
#define SSPUSH_T0      .4byte 0xce504073
#define SSPOPCHK_RA    .4byte 0xcdc0c073
#define SSPOPCHK_T0    .4byte 0xcdc2c073
#define SSRDP_A0       .4byte 0xcdc04573
#define C_SSPUSH_RA    .2byte 0x6081
#define C_SSPOPCHK_T0  .2byte 0x6281
#define SSAMOSWAP_D_A0_A1_A2 .4byte 0x48b6352f

#define MENVCFG_SSE (1 << 3)
#define SS_PAGE     0x40000000
#define PLAIN_PAGE  0x40001000

/* A table entry that points at the page of `symbol`, with these flag bits. */
    .macro entry address, table, index, flags
    la t0, \address
    srli t0, t0, 12
    slli t0, t0, 10
    ori t0, t0, \flags
    la t1, \table
    li t2, \index * 8
    add t1, t1, t2
    sd t0, 0(t1)
    .endm

TEST_START
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    entry level1, level2, 1, 0x01
    entry level0, level1, 0, 0x01
    entry shadow, level0, 0, 0xc5 /* D A W V: a shadow-stack page */
    entry plain, level0, 1, 0xc7  /* D A W R V */
    la t0, _start
    srli t0, t0, 12
    slli t0, t0, 10
    ori t0, t0, 0xcf
    la t1, level2
    sd t0, 16(t1)
    la t0, level2
    srli t0, t0, 12
    li t1, 8
    slli t1, t1, 60
    or t0, t0, t1
    csrw satp, t0
    sfence.vma

    /* M-mode has no shadow stack: may-be operations */
    li a0, 9
    li t0, MENVCFG_SSE
    csrs menvcfg, t0
    SSRDP_A0
    CHECK(2, a0, 0)
    SSPUSH_RA

    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x0800
    csrs mstatus, t0
    la t0, supervisor
    csrw mepc, t0
    mret

supervisor:
    li t0, SS_PAGE + 0x1000
    csrw SSP, t0
    SSRDP_A0
    CHECK_REG(3, a0, t0)

    /* push and pop, 32-bit and 16-bit forms */
    li ra, 0x1234
    li t0, 0x5678
    SSPUSH_RA
    SSRDP_A0
    CHECK(4, a0, SS_PAGE + 0xff8)
    ld a1, 0(a0)
    CHECK(5, a1, 0x1234)
    SSPUSH_T0
    C_SSPUSH_RA
    SSRDP_A0
    CHECK(6, a0, SS_PAGE + 0xfe8)
    SSPOPCHK_RA
    C_SSPOPCHK_T0
    SSRDP_A0
    CHECK(7, a0, SS_PAGE + 0xff8)

    /* norm:sspop_exception: software check, code 3; ssp stays */
    li ra, 0x9999
    EXPECT_TRAP(8, 18, 1f)
    SSPOPCHK_RA
    j fail
1:  CHECK(9, t4, 3)
    SSRDP_A0
    CHECK(10, a0, SS_PAGE + 0xff8)

    /* the swap */
    li a1, 0x777
    li a2, SS_PAGE + 0xff8
    SSAMOSWAP_D_A0_A1_A2
    CHECK(11, a0, 0x1234)
    ld a0, 0(a2)
    CHECK(12, a0, 0x777)

    /* norm:ssmp_ss_page_access_fault: an ordinary store to a shadow-stack page */
    EXPECT_TRAP(13, 7, 1f)
    sd a1, 0(a2)
    j fail
1:  CHECK_REG(14, t4, a2)

    /* a shadow-stack push to an ordinary page */
    li t0, PLAIN_PAGE + 0x100
    csrw SSP, t0
    EXPECT_TRAP(15, 7, 1f)
    SSPUSH_RA
    j fail
1:  SSRDP_A0
    CHECK(16, a0, PLAIN_PAGE + 0x100)
    j pass
TEST_END

    .section .bss
    .balign 4096
level2: .skip 4096
level1: .skip 4096
level0: .skip 4096
shadow: .skip 4096
plain:  .skip 4096
