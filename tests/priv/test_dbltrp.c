/* Ssdbltrp in HS and VS, with Smdbltrp's part in MRET. */
#include "priv.h"

static void need_dbltrp(u64 henvcfg)
{
    csr_put64(CSR_MENVCFG, ENVCFG_DTE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_DTE, "no Ssdbltrp");
    csr_put64(CSR_HENVCFG, ENVCFG_DTE);
    csr_write(CSR_VSSTATUS, 0);
    csr_write(CSR_SSTATUS, 0);
    csr_put64(CSR_HENVCFG, henvcfg);
}

TEST("norm:henvcfg_dte_op norm:henvcfg_DTE norm:vsstatus_SDT norm:menvcfg_DTE SDT exists where DTE "
     "allows it")
{
    need_dbltrp(ENVCFG_DTE);
    CHECK_EQ(csr_probe(CSR_VSSTATUS, STATUS_SDT) & STATUS_SDT, STATUS_SDT);
    CHECK_EQ(csr_probe(CSR_SSTATUS, STATUS_SDT) & STATUS_SDT, STATUS_SDT);
    csr_write(CSR_SSTATUS, 0);
    csr_put64(CSR_HENVCFG, 0);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SDT, 0);
    CHECK_EQ(csr_probe(CSR_VSSTATUS, STATUS_SDT) & STATUS_SDT, 0);
    csr_put64(CSR_HENVCFG, ENVCFG_DTE);
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(csr_probe(CSR_SSTATUS, STATUS_SDT) & STATUS_SDT, 0);
    CHECK_EQ(csr_probe(CSR_VSSTATUS, STATUS_SDT) & STATUS_SDT, 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG) & ENVCFG_DTE, 0);
}

TEST("norm:menvcfg_DTE norm:henvcfg_DTE SDT that is set reads zero in every view once DTE is clear")
{
    need_dbltrp(ENVCFG_DTE);
    csr_set(CSR_SSTATUS, STATUS_SDT);
    csr_set(CSR_VSSTATUS, STATUS_SDT);
    csr_put64(CSR_HENVCFG, 0);
    CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_SDT, STATUS_SDT);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SDT, 0);
    csr_put64(CSR_HENVCFG, ENVCFG_DTE);
    csr_set(CSR_VSSTATUS, STATUS_SDT);
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(csr_read(CSR_MSTATUS) & STATUS_SDT, 0);
    CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_SDT, 0);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SDT, 0);
}

TEST("norm:vsstatus_sdt_op norm:sstatus_sdt_sstatus_sie_overwrite writing SDT=1 clears SIE")
{
    need_dbltrp(ENVCFG_DTE);
    ulong both = STATUS_SDT | STATUS_SIE;
    CHECK_EQ(csr_probe(CSR_VSSTATUS, both) & both, STATUS_SDT);
    csr_set(CSR_VSSTATUS, STATUS_SIE);
    CHECK_EQ(csr_read(CSR_VSSTATUS) & both, STATUS_SDT);
    CHECK_EQ(csr_probe(CSR_VSSTATUS, STATUS_SIE) & both, STATUS_SIE);
    struct trap t =
        RUN(MODE_VS, CODE(CSRRS(ZERO, CSR_SSTATUS, A0), CSRR(A0, CSR_SSTATUS)), .a0 = STATUS_SDT);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t) & both, STATUS_SDT);
    CHECK_EQ(csr_probe(CSR_SSTATUS, both) & both, STATUS_SDT);
    csr_write(CSR_SSTATUS, 0);
}

TEST("norm:sstatus_sdt_trap norm:sstatus_SDT a trap to VS or HS sets SDT")
{
    need_dbltrp(ENVCFG_DTE);
    delegate_all(BANK_VS);
    struct trap t = exec(MODE_VS, UNIMP, 0, 0);
    EXPECT_TRAP(t, .bank = BANK_VS, .cause = EXC_ILLEGAL, INSN(UNIMP));
    CHECK_EQ(t.after.vsstatus & STATUS_SDT, STATUS_SDT);
    CHECK_EQ(t.after.sstatus & STATUS_SDT, 0);
    csr_write(CSR_VSSTATUS, 0);
    delegate_all(BANK_HS);
    t = exec(MODE_VS, UNIMP, 0, 0);
    EXPECT_TRAP(t, .bank = BANK_HS, .cause = EXC_ILLEGAL, INSN(UNIMP));
    CHECK_EQ(t.after.sstatus & STATUS_SDT, STATUS_SDT);
    CHECK_EQ(t.after.vsstatus & STATUS_SDT, 0);
    csr_write(CSR_SSTATUS, 0);
    csr_put64(CSR_HENVCFG, 0);
    delegate_all(BANK_VS);
    t = exec(MODE_VS, UNIMP, 0, 0);
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.after.vsstatus & STATUS_SDT, 0);
}

/* A trap that would go to a bank whose SDT is set: M, cause 16, mtval2 the cause. */
static void expect_double(const struct trap *t, ulong cause, ulong tval, ulong tinst)
{
    CHECK_EQ(t->bank, BANK_M);
    CHECK_EQ(t->cause, EXC_DOUBLE_TRAP);
    CHECK_EQ(t->tval2, cause);
    CHECK_EQ(t->epc, t->start);
    CHECK_EQ(t->tval, tval);
    CHECK_EQ(t->tinst, zero_tinst ? 0 : tinst);
    CHECK_EQ(t->pv, IS_V(t->mode));
    CHECK_EQ((ulong)t->pp, NOMINAL(t->mode));
    CHECK_EQ(t->after.vsepc, t->before.vsepc);
    CHECK_EQ(t->after.vscause, t->before.vscause);
    CHECK_EQ(t->after.sepc, t->before.sepc);
    CHECK_EQ(t->after.scause, t->before.scause);
    CHECK_EQ(t->after.hstatus, t->before.hstatus);
    CHECK_EQ(t->after.sstatus, t->before.sstatus);
    CHECK_EQ(t->after.vsstatus, t->before.vsstatus);
}

TEST("norm:mtval2_Ssdbltrap norm:HS_mode_invoke_error norm:sstatus_sdt_trap a trap to VS with "
     "vsstatus.SDT=1 is a double "
     "trap to M")
{
    need_dbltrp(ENVCFG_DTE);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    delegate_all(BANK_VS);
    csr_write(CSR_VSSTATUS, STATUS_SDT);
    struct trap t = exec(MODE_VS, UNIMP, 0, 0);
    expect_double(&t, EXC_ILLEGAL, zero_insn_tval ? t.tval : UNIMP, 0);
    CHECK_EQ(t.gva, 0);
    t = exec(MODE_VS, LW(A1, A0, 0), ts.va, 0);
    expect_double(&t, EXC_LOAD_PAGE, ts.va, LW(A1, ZERO, 0));
    CHECK_EQ(t.gva, 1);
    csr_write(CSR_VSSTATUS, 0);
    t = exec(MODE_VS, UNIMP, 0, 0);
    CHECK_EQ(t.bank, BANK_VS);
}

TEST("norm:M_mode_invoke_error norm:sstatus_sdt_trap a trap to HS with sstatus.SDT=1 is a double "
     "trap to M")
{
    need_dbltrp(ENVCFG_DTE);
    delegate_all(BANK_HS);
    csr_set(CSR_MSTATUS, STATUS_SDT);
    struct trap t = exec(MODE_HS, UNIMP, 0, 0);
    expect_double(&t, EXC_ILLEGAL, zero_insn_tval ? t.tval : UNIMP, 0);
    csr_clear(CSR_MSTATUS, STATUS_SDT);
    t = exec(MODE_HS, UNIMP, 0, 0);
    CHECK_EQ(t.bank, BANK_HS);
    csr_clear(CSR_MSTATUS, STATUS_SDT);
}

TEST("norm:sstatus_sdt_trap a guest-page fault of HLV with sstatus.SDT=1: mtval2 is the cause, not "
     "the GPA")
{
    need_dbltrp(ENVCFG_DTE);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = 0;
    fence_all();
    delegate_all(BANK_HS);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    csr_set(CSR_MSTATUS, STATUS_SDT);
    struct trap t = exec(MODE_HS, HLV_W(A1, A0), ts.va, 0);
    expect_double(&t, EXC_LOAD_GUEST_PAGE, ts.va, HLV_W(A1, ZERO));
    CHECK_EQ(t.gva, 1);
    csr_clear(CSR_MSTATUS, STATUS_SDT);
}

TEST("norm:sret_dt norm:sstatus_sdt_sret SRET clears the SDT of its own level, and vsstatus.SDT on "
     "the way to VU")
{
    need_dbltrp(ENVCFG_DTE);
    *(volatile u32 *)(slot_pages + 0x200) = ECALL;
    csr_write(CSR_VSEPC, (ulong)slot_pages + 0x200);
    csr_write(CSR_SEPC, (ulong)slot_pages + 0x200);
    for (unsigned spp = 0; spp < 2; spp++) {
        csr_write(CSR_VSSTATUS, STATUS_SDT | (spp ? STATUS_SPP : 0));
        struct trap t = exec(MODE_VS, SRET, 0, 0);
        CHECK_EQ(t.cause, spp ? EXC_ECALL_VS : EXC_ECALL_U);
        CHECK_EQ(t.after.vsstatus & STATUS_SDT, 0);
        csr_write(CSR_VSSTATUS, STATUS_SDT);
        csr_write(CSR_HSTATUS, HSTATUS_SPV);
        csr_write(CSR_MSTATUS, STATUS_SDT | (spp ? STATUS_SPP : 0));
        t = exec(MODE_HS, SRET, 0, 0);
        CHECK_EQ(t.cause, spp ? EXC_ECALL_VS : EXC_ECALL_U);
        CHECK_EQ(t.after.sstatus & STATUS_SDT, 0);
        CHECK_EQ(t.after.vsstatus & STATUS_SDT, spp ? STATUS_SDT : 0);
    }
    csr_write(CSR_MSTATUS, 0);
}

TEST("norm:sstatus_sdt_clr_mret_sret norm:vsstatus_sdt_clr_mret_sret MRET clears sstatus.SDT going "
     "to "
     "U, VS or VU, and vsstatus.SDT going to VU")
{
    need_dbltrp(ENVCFG_DTE);
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_MDT);
    NEED(csr_read64(CSR_MSTATUS) & MSTATUS_MDT, "no Smdbltrp");
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) & ~MSTATUS_MDT);
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        context("mode", m);
        csr_write(CSR_VSSTATUS, STATUS_SDT);
        csr_set(CSR_MSTATUS, STATUS_SDT);
        struct trap t = exec(m, ECALL, 0, 0);
        int keep = m == MODE_HS || m == MODE_M;
        CHECK_EQ(t.after.sstatus & STATUS_SDT, keep ? STATUS_SDT : 0);
        CHECK_EQ(t.after.vsstatus & STATUS_SDT, m == MODE_VU ? 0 : STATUS_SDT);
        csr_clear(CSR_MSTATUS, STATUS_SDT);
    }
}

TEST("norm:trap_exp norm:mstatus_mdt_clr_mret_sret a trap to M sets MDT, MRET clears it")
{
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_MDT);
    NEED(csr_read64(CSR_MSTATUS) & MSTATUS_MDT, "no Smdbltrp");
    struct trap t = exec(MODE_VS, UNIMP, 0, 0);
    CHECK_EQ(t.cause, EXC_ILLEGAL);
    CHECK_EQ(t.mstatus & MSTATUS_MDT, MSTATUS_MDT);
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) & ~MSTATUS_MDT);
    t = RUN(MODE_M, CODE(RV64 ? CSRR(A0, CSR_MSTATUS) : CSRR(A0, CSR_MSTATUSH)));
    CHECK_EQ((RV64 ? (u64)RESULT(t) : (u64)RESULT(t) << 32) & MSTATUS_MDT, 0);
}
