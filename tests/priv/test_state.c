/* State of the extension: floating-point status in both registers, the fixed bits of hedeleg,
 * henvcfg, vsstatus and the trap-value CSRs. */
#include "priv.h"

#define FS_INITIAL (1ul << 13)
#define FS_CLEAN   (2ul << 13)

TEST("norm:vsstatus_fs_op norm:vsstatus_sd_xs_op with V=1 a write of f state makes both FS Dirty, "
     "and each SD")
{
    for (unsigned i = 0; i < 4; i++) {
        enum mode m = i & 1 ? MODE_VU : MODE_VS;
        ulong fs = i & 2 ? FS_CLEAN : FS_INITIAL;
        csr_write(CSR_MSTATUS, fs);
        csr_write(CSR_VSSTATUS, fs);
        CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SD, 0);
        CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_SD, 0);
        EXPECT_DONE(exec(m, FMV_W_X(1, A0), 0x3f800000, 0));
        CHECK_EQ(csr_read(CSR_SSTATUS) & (STATUS_FS | STATUS_SD), STATUS_FS | STATUS_SD);
        CHECK_EQ(csr_read(CSR_VSSTATUS) & (STATUS_FS | STATUS_SD), STATUS_FS | STATUS_SD);
    }
}

TEST("norm:vsstatus_fs_op with V=0 only sstatus.FS becomes Dirty")
{
    csr_write(CSR_VSSTATUS, FS_INITIAL);
    for (enum mode m = MODE_U; m <= MODE_M; m++) {
        csr_write(CSR_MSTATUS, FS_INITIAL);
        EXPECT_DONE(exec(m, FMV_W_X(1, A0), 0, 0));
        CHECK_EQ(csr_read(CSR_SSTATUS) & (STATUS_FS | STATUS_SD), STATUS_FS | STATUS_SD);
        CHECK_EQ(csr_read(CSR_VSSTATUS) & (STATUS_FS | STATUS_SD), FS_INITIAL);
    }
}

TEST("norm:vsstatus_fs_op a floating-point load and a write of fcsr dirty both as well")
{
    two_stage(SV_MIN, SV_MIN, 0);
    static const u32 insns[] = {FLW(1, A0, 0), CSRW(CSR_FCSR, ZERO), CSRRSI(ZERO, CSR_FFLAGS, 1),
                                FADD_S(1, 1, 1)};
    for (unsigned i = 0; i < 4; i++) {
        csr_write(CSR_MSTATUS, FS_INITIAL);
        csr_write(CSR_VSSTATUS, FS_INITIAL);
        context("instruction", insns[i]);
        EXPECT_DONE(exec(MODE_VS, insns[i], ts.va, 0));
        CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_FS, STATUS_FS);
        CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_FS, STATUS_FS);
    }
}

TEST("norm:vsstatus_sd_xs_op each SD is of its own register's fields")
{
    csr_write(CSR_MSTATUS, STATUS_FS);
    csr_write(CSR_VSSTATUS, FS_INITIAL);
    CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_SD, STATUS_SD);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SD, 0);
    csr_write(CSR_MSTATUS, FS_INITIAL);
    csr_write(CSR_VSSTATUS, STATUS_FS);
    CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_SD, 0);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SD, STATUS_SD);
    csr_write(CSR_VSSTATUS, STATUS_SD);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SD, 0);
}

TEST("norm:vsstatus_vs_op a vector instruction with V=1 dirties both VS fields")
{
    csr_set(CSR_MSTATUS, STATUS_VS);
    NEED(csr_read(CSR_MSTATUS) & STATUS_VS, "no vectors");
    csr_write(CSR_MSTATUS, 1ul << 9);
    csr_write(CSR_VSSTATUS, 1ul << 9);
    EXPECT_DONE(exec(MODE_VS, 0x0c0572d7u /* vsetvli t0, a0, e8, m1, ta, ma */, 1, 0));
    CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_VS, STATUS_VS);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_VS, STATUS_VS);
}

TEST("norm:vsstatus_sz_acc_op vsstatus: the fields of sstatus can be held, the others are zero")
{
    ulong fields = STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_FS | STATUS_SUM | STATUS_MXR;
    csr_write(CSR_VSSTATUS, 0);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & fields, 0);
    CHECK_EQ(csr_probe(CSR_VSSTATUS, fields) & fields, fields);
    ulong machine =
        STATUS_MIE | STATUS_MPIE | STATUS_MPP | STATUS_MPRV | STATUS_TVM | STATUS_TW | STATUS_TSR;
    CHECK_EQ(csr_probe(CSR_VSSTATUS, ~0ul) & machine, 0);
    csr_write(CSR_VSSTATUS, 0);
}

TEST("norm:hstatus_vsxl_op norm:vsstatus_uxl_op norm:hstatus_vsxl_64 norm:vsxl_ro UXL and VSXL "
     "hold only widths there "
     "are")
{
    NEED(RV64, "RV32 has no UXL");
    for (u64 value = 0; value < 4; value++) {
        u64 uxl = (u64)csr_probe(CSR_VSSTATUS, (ulong)(value << 32)) >> 32 & 3;
        CHECK(uxl == 2 || uxl == 1);
        u64 vsxl = (u64)csr_probe(CSR_HSTATUS, (ulong)(value << 32)) >> 32 & 3;
        CHECK(vsxl == 2 || vsxl == 1);
        csr_write(CSR_HSTATUS, (ulong)(2ull << 32));
        csr_write(CSR_VSSTATUS, (ulong)(2ull << 32));
    }
}

TEST("norm:hedeleg_acc norm:hedeleg_sz_acc hedeleg: which bits are writable, which read-only zero")
{
    ulong writable = 0x000cb1feul, zero = 0x00f10e00ul;
    ulong all = csr_probe(CSR_HEDELEG, ~0ul);
    CHECK_EQ(all & writable, writable);
    CHECK_EQ(all & zero, 0);
    CHECK_EQ(csr_probe(CSR_HEDELEG, 0), 0);
    for (unsigned bit = 1; bit < 20; bit++)
        if (writable >> bit & 1)
            CHECK_EQ(csr_probe(CSR_HEDELEG, BIT(bit)), BIT(bit));
    if (!(csr_read(CSR_MISA) & BIT('C' - 'A')))
        CHECK_EQ(csr_probe(CSR_HEDELEG, 1), 1);
}

TEST("norm:hedelegh_sz_acc_op XLEN=32: hedelegh is the upper half, hedeleg the lower")
{
    NEED(!RV64, "RV64 has no hedelegh");
    NEED(csr_exists(CSR_HEDELEGH), "a hart before version 1.13");
    csr_put(CSR_HEDELEG, 0x100);
    csr_put(CSR_HEDELEGH, 0);
    CHECK_EQ(csr_get(CSR_HEDELEG), 0x100);
    csr_put(CSR_HEDELEGH, ~0ul);
    CHECK_EQ(csr_get(CSR_HEDELEG), 0x100);
}

TEST("norm:H_trap_deleg each exception goes to VS only by its own hedeleg bit, and medeleg's")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    for (unsigned i = 0; i < 4; i++) {
        csr_write(CSR_MEDELEG, i & 1 ? BIT(EXC_LOAD_PAGE) : BIT(EXC_STORE_PAGE));
        csr_write(CSR_HEDELEG, i & 2 ? BIT(EXC_LOAD_PAGE) : BIT(EXC_STORE_PAGE));
        struct trap t = exec(MODE_VS, LW(A1, A0, 0), ts.va, 0);
        CHECK_EQ(t.bank, !(i & 1) ? BANK_M : i & 2 ? BANK_VS : BANK_HS);
        CHECK_EQ(t.cause, EXC_LOAD_PAGE);
    }
}

TEST("norm:H_cause_ecall ECALL from each mode has its own cause and is delegated by it")
{
    static const ulong cause[] = {EXC_ECALL_U, EXC_ECALL_HS, EXC_ECALL_M, EXC_ECALL_U,
                                  EXC_ECALL_VS};
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        context("mode", m);
        csr_write(CSR_MEDELEG, 0);
        csr_write(CSR_HEDELEG, 0);
        EXPECT_TRAP(exec(m, ECALL, 0, 0), .bank = BANK_M, .cause = cause[m]);
        if (m == MODE_M)
            continue;
        csr_write(CSR_MEDELEG, BIT(cause[m]));
        EXPECT_TRAP(exec(m, ECALL, 0, 0), .bank = BANK_HS, .cause = cause[m]);
        if (m != MODE_VU)
            continue;
        csr_write(CSR_HEDELEG, BIT(EXC_ECALL_U));
        EXPECT_TRAP(exec(m, ECALL, 0, 0), .bank = BANK_VS, .cause = EXC_ECALL_U);
    }
}

TEST("norm:H_trap_deleg hedeleg does nothing to traps from U and HS")
{
    delegate_all(BANK_VS);
    EXPECT_TRAP(exec(MODE_U, UNIMP, 0, 0), .bank = BANK_HS, .cause = EXC_ILLEGAL, INSN(UNIMP));
    EXPECT_TRAP(exec(MODE_HS, UNIMP, 0, 0), .bank = BANK_HS, .cause = EXC_ILLEGAL, INSN(UNIMP));
    EXPECT_TRAP(exec(MODE_M, UNIMP, 0, 0), .bank = BANK_M, .cause = EXC_ILLEGAL, INSN(UNIMP));
}

/* A henvcfg bit that is read-only zero while menvcfg's is zero. */
static void follows_menvcfg(u64 bit)
{
    csr_put64(CSR_MENVCFG, bit);
    if (!(csr_get64(CSR_MENVCFG) & bit))
        return;
    context("bit", bit);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, bit) & bit, bit);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, 0) & bit, 0);
    csr_put64(CSR_HENVCFG, bit);
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG) & bit, 0);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, bit) & bit, 0);
    csr_put64(CSR_MENVCFG, ~bit & (ENVCFG_STCE | ENVCFG_PBMTE | ENVCFG_ADUE | ENVCFG_DTE));
    CHECK_EQ(csr_get64(CSR_HENVCFG) & bit, 0);
    csr_put64(CSR_HENVCFG, 0);
    csr_put64(CSR_MENVCFG, 0);
}

TEST("norm:menvcfg_pbmte_henvcfg_pbmte_rdonly0 norm:menvcfg_adue_henvcfg_adue_rdonly0 "
     "norm:menvcfg_stce_op2 norm:menvcfg_dte_op norm:menvcfg_sse_rdonly0 henvcfg bits that are "
     "read-only zero under menvcfg")
{
    follows_menvcfg(ENVCFG_STCE);
    follows_menvcfg(ENVCFG_PBMTE);
    follows_menvcfg(ENVCFG_ADUE);
    follows_menvcfg(ENVCFG_DTE);
    follows_menvcfg(ENVCFG_SSE);
}

TEST("norm:henvcfg_sz_acc_op norm:henvcfg_fiom_op henvcfg.FIOM is writable, reserved bits are zero")
{
    CHECK_EQ(csr_probe64(CSR_HENVCFG, ENVCFG_FIOM) & ENVCFG_FIOM, ENVCFG_FIOM);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, 0), 0);
    u64 defined = ENVCFG_FIOM | ENVCFG_LPE | ENVCFG_SSE | ENVCFG_CBIE(3) | ENVCFG_CBCFE |
                  ENVCFG_CBZE | ENVCFG_PMM(3) | ENVCFG_DTE | ENVCFG_ADUE | ENVCFG_PBMTE |
                  ENVCFG_STCE;
    csr_put64(CSR_MENVCFG, ~0ull);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, ~0ull) & ~defined, 0);
    csr_put64(CSR_MENVCFG, 0);
}

TEST("norm:henvcfgh_sz_acc_op XLEN=32: the halves of henvcfg are independent")
{
    NEED(!RV64, "RV64 has no henvcfgh");
    csr_put64(CSR_MENVCFG, ENVCFG_STCE | ENVCFG_ADUE);
    csr_put64(CSR_HENVCFG, ENVCFG_STCE | ENVCFG_FIOM);
    csr_put(CSR_HENVCFG, 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG), csr_get64(CSR_MENVCFG) & ENVCFG_STCE);
    csr_put(CSR_HENVCFG, (ulong)ENVCFG_FIOM);
    csr_put(CSR_HENVCFGH, 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG), ENVCFG_FIOM);
}

TEST("norm:mtval2_sz_acc_op norm:htval_sz_acc_op norm:htval_val norm:mtval2_val htval and mtval2 "
     "hold zero and what traps "
     "write")
{
    CHECK_EQ(csr_probe(CSR_HTVAL, 0), 0);
    csr_write(CSR_MTVAL2, 0);
    CHECK_EQ(csr_read(CSR_MTVAL2), 0);
    if (zero_tval2)
        return;
    CHECK_EQ(csr_probe(CSR_HTVAL, 0x12345678), 0x12345678);
    csr_write(CSR_MTVAL2, 0x12345678);
    CHECK_EQ(csr_read(CSR_MTVAL2), 0x12345678);
}

TEST("norm:mtinst_sz_acc_op norm:htinst_sz_acc_op norm:htinst_val norm:mtinst_val htinst and "
     "mtinst hold zero and the "
     "pseudoinstructions")
{
    CHECK_EQ(csr_probe(CSR_HTINST, 0), 0);
    csr_write(CSR_MTINST, 0);
    CHECK_EQ(csr_read(CSR_MTINST), 0);
    if (zero_tval2)
        return;
    CHECK_EQ(csr_probe(CSR_HTINST, PSEUDO_READ), PSEUDO_READ);
    csr_write(CSR_MTINST, PSEUDO_READ);
    CHECK_EQ(csr_read(CSR_MTINST), PSEUDO_READ);
}

TEST("norm:vsepc_warl norm:vscause_wlrl norm:vstval_warl the VS trap CSRs hold what theirs hold")
{
    static const ulong values[] = {0, 0x80000000, 0x1234abc0, 0x7ffffffe};
    for (unsigned i = 0; i < 4; i++) {
        csr_write(CSR_SEPC, values[i]);
        csr_write(CSR_VSEPC, values[i]);
        CHECK_EQ(csr_read(CSR_VSEPC), csr_read(CSR_SEPC));
        csr_write(CSR_STVAL, values[i]);
        csr_write(CSR_VSTVAL, values[i]);
        CHECK_EQ(csr_read(CSR_VSTVAL), csr_read(CSR_STVAL));
    }
    CHECK_EQ(csr_probe(CSR_VSEPC, 1), 0);
    for (ulong cause = 0; cause < 24; cause++)
        CHECK_EQ(csr_probe(CSR_VSCAUSE, cause), csr_probe(CSR_SCAUSE, cause));
    CHECK_EQ(csr_probe(CSR_VSCAUSE, INTERRUPT | 9), INTERRUPT | 9);
}

TEST(
    "norm:shvstvala_vstval_written vstval: the address of every fault, the bits of the instruction")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    delegate_all(BANK_VS);
    EXPECT_TRAP(exec(MODE_VS, LW(A1, A0, 8), ts.va, 0), .bank = BANK_VS, .cause = EXC_LOAD_PAGE,
                .tval = ts.va + 8);
    EXPECT_TRAP(RUN(MODE_VU, .pc = ts.va + 4), .bank = BANK_VS, .cause = EXC_INSN_PAGE,
                .tval = ts.va + 4);
    EXPECT_TRAP(exec(MODE_VU, UNIMP, 0, 0), .bank = BANK_VS, .cause = EXC_ILLEGAL, INSN(UNIMP));
    NEED(pmp_available(), "no PMP");
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
    pmp_page(ts.mem, 0);
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 8), ts.va, 0), .bank = BANK_VS, .cause = EXC_STORE_ACCESS,
                .tval = ts.va + 8);
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_VS, .cause = EXC_INSN_ACCESS,
                .tval = ts.va);
}

TEST("norm:H_mtval_nrz norm:shtvala_htval_faulting_gpa mtval and htval are not read-only zero")
{
    csr_write(CSR_MTVAL, 0x1234);
    CHECK_EQ(csr_read(CSR_MTVAL), 0x1234);
    if (!zero_tval2)
        CHECK_EQ(csr_probe(CSR_HTVAL, 0x1234), 0x1234);
}

TEST("norm:hstatus_vsbe_op norm:vsstatus_ube VSBE and UBE: read-only, or loads and tables of the "
     "guest "
     "are big-endian")
{
    csr_write(CSR_HSTATUS, HSTATUS_VSBE | HSTATUS_SPVP);
    NEED(csr_read(CSR_HSTATUS) & HSTATUS_VSBE, "VSBE is read-only");
    two_stage(BARE, BARE, 0);
    *(volatile u32 *)ts.mem = 0x11223344;
    struct trap t = exec(MODE_VS, LW(A0, A0, 0), (ulong)ts.mem, 0);
    CHECK_EQ(RESULT(t), 0x44332211);
    t = exec(MODE_HS, HLV_W(A0, A0), (ulong)ts.mem, 0);
    CHECK_EQ(RESULT(t), 0x44332211);
}

TEST("norm:vs_stage_speculative_a_bit an HLV that is refused sets no A bit")
{
    csr_put64(CSR_MENVCFG, ENVCFG_ADUE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_ADUE, "no Svadu");
    csr_put64(CSR_HENVCFG, ENVCFG_ADUE);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf &= ~(pte_t)(PTE_A | PTE_D);
    *ts.g_leaf &= ~(pte_t)(PTE_A | PTE_D);
    fence_all();
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    CHECK_EQ(exec(MODE_U, HLV_W(A1, A0), ts.va, 0).cause, EXC_ILLEGAL);
    CHECK_EQ(exec(MODE_VS, HSV_W(A1, A0), ts.va, 0).cause, EXC_VIRTUAL);
    CHECK_EQ(*ts.vs_leaf & (PTE_A | PTE_D), 0);
    CHECK_EQ(*ts.g_leaf & (PTE_A | PTE_D), 0);
}

TEST("norm:pm_uxl_clear setting UXL to 32 clears the PMM field of that mode")
{
    NEED(RV64, "RV32 has no UXL");
    csr_put(CSR_SENVCFG, (ulong)ENVCFG_PMM(3));
    u64 status = csr_read64(CSR_MSTATUS);
    csr_write64(CSR_MSTATUS, (status & ~(3ull << 32)) | 1ull << 32);
    NEED((csr_read64(CSR_MSTATUS) >> 32 & 3) == 1, "UXL is fixed");
    CHECK_EQ(csr_get(CSR_SENVCFG) & ENVCFG_PMM(3), 0);
    csr_write64(CSR_MSTATUS, status);
}
