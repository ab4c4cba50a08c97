/* MPRV, and its absence of effect on HLV, HLVX and HSV. */
#include "priv.h"

/* The window through both stages, and under satp the same address to other memory. */
static u8 *hs_memory;

static void windows(u64 user)
{
    struct table hs;
    two_stage(SV_MIN, SV_MIN, user);
    table_init(&hs, STAGE_HS, SV_MIN);
    table_map_image(&hs);
    hs_memory = page_alloc(1);
    memset(hs_memory, 0x77, PAGE);
    table_map(&hs, ts.va, (ulong)hs_memory, PTE_RWX | user, 0);
    table_use(&hs, 0);
}

/* In M-mode: set MPRV, MPP, MPV, run one instruction, clear MPRV. The instruction is at byte 8. */
static struct trap with_mprv(ulong mpp, int mpv, u32 insn, ulong address)
{
    u64 status = (csr_read64(CSR_MSTATUS) & ~(STATUS_MPP | MSTATUS_MPV)) | MPP(mpp) |
                 (mpv ? MSTATUS_MPV : 0) | STATUS_MPRV;
    u32 high = RV64 ? NOP : CSRW(CSR_MSTATUSH, A2);
    return RUN(MODE_M, CODE(high, CSRW(CSR_MSTATUS, A1), insn, CSRRC(ZERO, CSR_MSTATUS, A3)),
               .a0 = address, .a1 = (ulong)status, .a2 = (ulong)(status >> 32), .a3 = STATUS_MPRV);
}

TEST("norm:mstatus_mprv_hypervisor each row of the table: whose translation applies")
{
    windows(PTE_U);
    csr_set(CSR_MSTATUS, STATUS_SUM);
    csr_set(CSR_VSSTATUS, STATUS_SUM);
    for (ulong mpp = 0; mpp < 2; mpp++)
        for (int mpv = 0; mpv < 2; mpv++) {
            context("MPP", mpp);
            context("MPV", (u64)mpv);
            struct trap t = with_mprv(mpp, mpv, LBU(A0, A0, 5), ts.va);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), mpv ? ts.mem[5] : 0x77);
        }
    for (int mpv = 0; mpv < 2; mpv++) {
        struct trap t = with_mprv(3, mpv, LBU(A0, A0, 5), (ulong)ts.mem);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[5]);
    }
}

TEST("norm:mstatus_mprv_hypervisor faults under MPRV with MPV=1 are guest faults with GVA=1, MPV=0")
{
    windows(PTE_U);
    csr_set(CSR_VSSTATUS, STATUS_SUM);
    *ts.g_leaf = 0;
    fence_all();
    for (ulong mpp = 0; mpp < 2; mpp++) {
        EXPECT_TRAP(with_mprv(mpp, 1, LW(A0, A0, 0), ts.va), .bank = BANK_M, .at = 8,
                    .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                    TINST(LW(A0, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(with_mprv(mpp, 1, AMOADD_W(A0, ZERO, A0), ts.va), .bank = BANK_M, .at = 8,
                    .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                    TINST(AMOADD_W(A0, ZERO, ZERO)), .gva = 1);
    }
}

TEST("norm:mstatus_mprv_hypervisor a U-level access to a supervisor page, an S-level one to a U "
     "page")
{
    windows(0);
    EXPECT_TRAP(with_mprv(0, 1, LW(A0, A0, 0), ts.va), .bank = BANK_M, .at = 8,
                .cause = EXC_LOAD_PAGE, .tval = ts.va, TINST(LW(A0, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(with_mprv(0, 0, LW(A0, A0, 0), ts.va), .bank = BANK_M, .at = 8,
                .cause = EXC_LOAD_PAGE, .tval = ts.va, TINST(LW(A0, ZERO, 0)));
    pool_reset();
    windows(PTE_U);
    csr_clear(CSR_MSTATUS, STATUS_SUM);
    csr_set(CSR_VSSTATUS, STATUS_SUM);
    EXPECT_TRAP(with_mprv(1, 0, LW(A0, A0, 0), ts.va), .bank = BANK_M, .at = 8,
                .cause = EXC_LOAD_PAGE, .tval = ts.va, TINST(LW(A0, ZERO, 0)));
    EXPECT_DONE(with_mprv(1, 1, LW(A0, A0, 0), ts.va));
    csr_set(CSR_MSTATUS, STATUS_SUM);
    csr_clear(CSR_VSSTATUS, STATUS_SUM);
    EXPECT_DONE(with_mprv(1, 0, LW(A0, A0, 0), ts.va));
    EXPECT_TRAP(with_mprv(1, 1, LW(A0, A0, 0), ts.va), .bank = BANK_M, .at = 8,
                .cause = EXC_LOAD_PAGE, .tval = ts.va, TINST(LW(A0, ZERO, 0)), .gva = 1);
}

TEST("norm:mstatus_mprv_hypervisor MXR at HS level or in vsstatus for an execute-only page")
{
    windows(0);
    *ts.vs_leaf &= ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    CHECK_EQ(with_mprv(1, 1, LW(A0, A0, 0), ts.va).cause, EXC_LOAD_PAGE);
    csr_set(CSR_VSSTATUS, STATUS_MXR);
    EXPECT_DONE(with_mprv(1, 1, LW(A0, A0, 0), ts.va));
    *ts.g_leaf &= ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    CHECK_EQ(with_mprv(1, 1, LW(A0, A0, 0), ts.va).cause, EXC_LOAD_GUEST_PAGE);
    csr_clear(CSR_VSSTATUS, STATUS_MXR);
    csr_set(CSR_MSTATUS, STATUS_MXR);
    EXPECT_DONE(with_mprv(1, 1, LW(A0, A0, 0), ts.va));
}

TEST("norm:mstatus_mprv_hlsv HLV, HLVX and HSV act by SPVP whatever MPRV, MPP and MPV say")
{
    windows(0);
    static const ulong mpps[] = {0, 1, 3};
    for (unsigned i = 0; i < 6; i++) {
        context("MPP", mpps[i % 3]);
        context("MPV", i / 3);
        csr_write(CSR_HSTATUS, HSTATUS_SPVP);
        struct trap t = with_mprv(mpps[i % 3], i / 3, HLV_BU(A0, A0), ts.va + 5);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[5]);
        EXPECT_DONE(with_mprv(mpps[i % 3], i / 3, HSV_B(ZERO, A0), ts.va + 9));
        csr_write(CSR_HSTATUS, 0);
        EXPECT_TRAP(with_mprv(mpps[i % 3], i / 3, HLV_BU(A0, A0), ts.va), .bank = BANK_M, .at = 8,
                    .cause = EXC_LOAD_PAGE, .tval = ts.va, TINST(HLV_BU(A0, ZERO)), .gva = 1);
    }
}

TEST("norm:mstatus_mprv_clr_mret_sret_less_priv norm:mret_h MRET and SRET from M to a lower mode "
     "clear MPRV; MRET to M keeps it")
{
    static const struct {
        u32 insn;
        ulong mpp, keep;
    } rows[] = {{MRET, 0, 0}, {MRET, 1, 0}, {MRET, 3, STATUS_MPRV}, {SRET, 3, 0}};
    *(volatile u32 *)(slot_pages + 0x200) = ECALL;
    for (unsigned i = 0; i < 4; i++) {
        context("row", i);
        csr_write(CSR_SEPC, (ulong)slot_pages + 0x200);
        ulong status = (csr_read(CSR_MSTATUS) & ~STATUS_MPP) | STATUS_MPRV | MPP(rows[i].mpp);
        struct trap t = RUN(MODE_M, CODE(CSRW(CSR_MSTATUS, A0), CSRW(CSR_MEPC, A1), rows[i].insn),
                            .a0 = status, .a1 = (ulong)slot_pages + 0x200);
        CHECK_EQ(t.epc, (ulong)slot_pages + 0x200);
        CHECK_EQ(t.mstatus & STATUS_MPRV, rows[i].keep);
    }
}

TEST("norm:mstatus_mprv_hypervisor MPRV does not touch fetches")
{
    windows(0);
    struct trap t = with_mprv(1, 1, NOP, 0);
    EXPECT_DONE(t);
}

TEST("norm:H_pmp HLV from M-mode is checked by PMP as an S-level access")
{
    NEED(pmp_available(), "no PMP");
    two_stage(SV_MIN, SV_MIN, 0);
    csr_set(CSR_HSTATUS, HSTATUS_SPVP);
    pmp_page(ts.mem, 0);
    EXPECT_DONE(exec(MODE_M, LW(A0, A0, 0), (ulong)ts.mem, 0));
    EXPECT_TRAP(exec(MODE_M, HLV_W(A0, A0), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                .tval = ts.va, TINST(HLV_W(A0, ZERO)), .gva = 1);
    EXPECT_TRAP(exec(MODE_M, HSV_W(A0, A0), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va, TINST(HSV_W(A0, ZERO)), .gva = 1);
}
