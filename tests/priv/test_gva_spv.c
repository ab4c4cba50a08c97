/* GVA, SPV, SPVP, MPV, MPP and the xRETs. The library checks the previous-mode fields of every
 * trap; here are the sequences and the cases where the fields differ from each other. */
#include "priv.h"

TEST("norm:hstatus_gva_op norm:mstatus_gva_op faults of HLV and HSV set GVA although V was 0")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    csr_set(CSR_HSTATUS, HSTATUS_SPVP | HSTATUS_HU);
    for (enum mode m = MODE_U; m <= MODE_M; m++)
        for (enum bank b = BANK_M; b <= (m == MODE_M ? BANK_M : BANK_HS); b++) {
            context("mode", m);
            delegate_all(b);
            EXPECT_TRAP(exec(m, HLV_W(A2, A0), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                        .tval = ts.va, TINST(HLV_W(A2, ZERO)), .gva = 1);
            EXPECT_TRAP(exec(m, HSV_W(A2, A0), ts.va, 0), .bank = b, .cause = EXC_STORE_PAGE,
                        .tval = ts.va, TINST(HSV_W(A2, ZERO)), .gva = 1);
            EXPECT_TRAP(exec(m, HLVX_HU(A2, A0), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                        .tval = ts.va, TINST(HLVX_HU(A2, ZERO)), .gva = 1);
        }
}

TEST("norm:hstatus_gva_op an access fault of HLV sets GVA with SPV=0")
{
    NEED(pmp_available(), "no PMP");
    two_stage(SV_MIN, SV_MIN, 0);
    pmp_page(ts.mem, 0);
    csr_set(CSR_HSTATUS, HSTATUS_SPVP);
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_HS, HLV_W(A2, A0), ts.va, 0), .bank = b, .cause = EXC_LOAD_ACCESS,
                    .tval = ts.va, TINST(HLV_W(A2, ZERO)), .gva = 1);
    }
}

TEST("norm:mstatus_gva_op norm:hstatus_gva_op a later trap without a guest address clears GVA")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                    .tval = ts.va, TINST(LW(A2, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, UNIMP, 0, 0), .bank = b, .cause = EXC_ILLEGAL, INSN(UNIMP));
        csr_set(CSR_HSTATUS, HSTATUS_GVA);
        csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_GVA);
        EXPECT_TRAP(exec(MODE_U, UNIMP, 0, 0), .bank = b, .cause = EXC_ILLEGAL, INSN(UNIMP));
        csr_set(CSR_HSTATUS, HSTATUS_GVA);
        csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_GVA);
        EXPECT_TRAP(exec(MODE_VU, ECALL, 0, 0), .bank = b, .cause = EXC_ECALL_U);
    }
}

TEST("norm:mstatus_gva_op faults of M, HS and U with V=0 clear GVA")
{
    one_stage(SV_MIN, PTE_U);
    *ts.vs_leaf = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        csr_set(CSR_HSTATUS, HSTATUS_GVA);
        csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_GVA);
        EXPECT_TRAP(exec(MODE_U, LW(A2, A0, 0), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                    .tval = ts.va, TINST(LW(A2, ZERO, 0)));
    }
}

TEST("norm:hstatus_gva_op a breakpoint with V=1 that writes the address sets GVA")
{
    for (enum bank b = BANK_M; b <= BANK_HS; b++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            if (m == MODE_M)
                continue;
            delegate_all(b);
            struct trap t = exec(m, EBREAK, 0, 0);
            EXPECT_TRAP(t, .bank = b, .cause = EXC_BREAKPOINT, .tval = breakpoint_tval(&t, t.start),
                        .gva = IS_V(m) && t.tval);
            t = exec(m, C_EBREAK, 0, 0);
            EXPECT_TRAP(t, .bank = b, .cause = EXC_BREAKPOINT, .tval = breakpoint_tval(&t, t.start),
                        .gva = IS_V(m) && t.tval);
        }
}

TEST("norm:hstatus_spvp_op SPVP follows SPP for traps from VS and VU and is kept for traps from U")
{
    delegate_all(BANK_HS);
    for (ulong old = 0; old < 2; old++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            if (m == MODE_M)
                continue;
            context("mode", m);
            csr_write(CSR_HSTATUS, old ? HSTATUS_SPVP : 0);
            struct trap t = exec(m, UNIMP, 0, 0);
            EXPECT_TRAP(t, .bank = BANK_HS, .cause = EXC_ILLEGAL, INSN(UNIMP));
            ulong want = m == MODE_VS ? 1 : m == MODE_VU ? 0 : old;
            CHECK_EQ((t.after.hstatus & HSTATUS_SPVP) != 0, want);
            CHECK_EQ((t.after.hstatus & HSTATUS_SPV) != 0, IS_V(m));
        }
}

TEST("norm:hstatus_spv_op norm:H_trap_m_csrwrites a trap into M leaves SPV, SPVP and SPP alone")
{
    for (ulong old = 0; old < 4; old++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            context("mode", m);
            csr_write(CSR_HSTATUS, old << 7);
            EXPECT_TRAP(exec(m, UNIMP, 0, 0), .bank = BANK_M, .cause = EXC_ILLEGAL, INSN(UNIMP));
        }
}

TEST("norm:H_trap_vs_csrwrites a trap into VS leaves SPV and SPVP alone")
{
    delegate_all(BANK_VS);
    for (ulong old = 0; old < 4; old++)
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            csr_write(CSR_HSTATUS, old << 7);
            EXPECT_TRAP(exec(m, UNIMP, 0, 0), .bank = BANK_VS, .cause = EXC_ILLEGAL, INSN(UNIMP));
        }
}

TEST("norm:H_trap_m_csrwrites norm:H_trap_hs_csrwrites the interrupt-enable stack of each bank")
{
    for (enum bank b = BANK_M; b <= BANK_VS; b++)
        for (ulong on = 0; on < 2; on++) {
            delegate_all(b);
            csr_write(CSR_VSSTATUS, on ? STATUS_SIE : 0);
            csr_write(CSR_MSTATUS, on ? STATUS_SIE | STATUS_MPIE : 0);
            struct trap t = RUN(MODE_VS, CODE(UNIMP), .mstatus = on ? STATUS_MPIE : 0);
            EXPECT_TRAP(t, .bank = b, .cause = EXC_ILLEGAL, INSN(UNIMP));
            if (b == BANK_M)
                CHECK_EQ(t.mstatus & (STATUS_MPIE | STATUS_MIE), on ? STATUS_MPIE : 0);
        }
}

#define TARGET ((ulong)slot_pages + 0x200)

/* Puts an ECALL where the xRETs go, so that its cause and previous V tell the mode arrived in. */
static void place_target(void)
{
    *(volatile u32 *)TARGET = ECALL;
}

static void check_arrived(const struct trap *t, enum mode mode)
{
    static const ulong cause[] = {EXC_ECALL_U, EXC_ECALL_HS, EXC_ECALL_M, EXC_ECALL_U,
                                  EXC_ECALL_VS};
    CHECK_EQ(t->bank, BANK_M);
    CHECK_EQ(t->cause, cause[mode]);
    CHECK_EQ(t->pv, IS_V(mode));
    CHECK_EQ(t->epc, TARGET);
}

TEST("norm:xret_op norm:mret_h norm:mstatus_mpv_op MRET goes where MPP and MPV say; MPV is ignored "
     "for MPP=3")
{
    place_target();
    static const struct {
        ulong mpp, mpv;
        enum mode to;
    } rows[] = {{0, 0, MODE_U},  {1, 0, MODE_HS}, {3, 0, MODE_M},
                {0, 1, MODE_VU}, {1, 1, MODE_VS}, {3, 1, MODE_M}};
    for (unsigned i = 0; i < 6; i++) {
        context("MPP", rows[i].mpp);
        context("MPV", rows[i].mpv);
        u64 status = (csr_read64(CSR_MSTATUS) & ~(STATUS_MPP | MSTATUS_MPV)) | MPP(rows[i].mpp) |
                     (rows[i].mpv ? MSTATUS_MPV : 0);
        u32 high = RV64 ? NOP : CSRW(CSR_MSTATUSH, A2);
        struct trap t = RUN(MODE_M, CODE(CSRW(CSR_MSTATUS, A0), high, CSRW(CSR_MEPC, A1), MRET),
                            .a0 = (ulong)status, .a1 = TARGET, .a2 = (ulong)(status >> 32));
        check_arrived(&t, rows[i].to);
    }
}

TEST("norm:mret_h MRET sets MPV=0, MPP=0, MIE=MPIE and MPIE=1")
{
    /* To M-mode, so that the program can read mstatus afterwards. */
    u64 status = csr_read64(CSR_MSTATUS) | MSTATUS_MPV | STATUS_MPP;
    u32 high = RV64 ? NOP : CSRW(CSR_MSTATUSH, A2);
    u32 read_high = RV64 ? NOP : CSRR(A2, CSR_MSTATUSH);
    struct trap t =
        RUN(MODE_M,
            CODE(CSRW(CSR_MSTATUS, A0), high, CSRW(CSR_MEPC, A1), MRET, CSRR(A0, CSR_MSTATUS),
                 read_high),
            .a0 = (ulong)status, .a1 = (ulong)slot_pages + 16, .a2 = (ulong)(status >> 32));
    EXPECT_DONE(t);
    u64 after = RV64 ? RESULT(t) : (u64)t.regs[A2] << 32 | RESULT(t);
    CHECK_EQ(after & MSTATUS_MPV, 0);
    CHECK_EQ(after & STATUS_MPP, 0);
    CHECK_EQ(after & STATUS_MPIE, STATUS_MPIE);
}

TEST("norm:xret_in_higher_mode norm:xret_op norm:sstatus_spp norm:sstatus_spie norm:sret_h "
     "norm:sret_v0 norm:hstatus_spv_sret SRET with V=0 goes where SPV and SPP say, then "
     "SPV=0, SPP=0")
{
    place_target();
    static const enum mode to[] = {MODE_U, MODE_HS, MODE_VU, MODE_VS};
    for (unsigned i = 0; i < 8; i++) {
        enum mode from = i & 4 ? MODE_M : MODE_HS;
        context("from", from);
        context("SPV,SPP", i & 3);
        csr_write(CSR_HSTATUS, i & 2 ? HSTATUS_SPV : 0);
        csr_write(CSR_MSTATUS, (i & 1 ? STATUS_SPP : 0) | STATUS_SPIE);
        csr_write(CSR_SEPC, TARGET);
        csr_write(CSR_VSSTATUS, STATUS_SPP);
        struct trap t = exec(from, SRET, 0, 0);
        check_arrived(&t, to[i & 3]);
        CHECK_EQ(t.after.hstatus & HSTATUS_SPV, 0);
        CHECK_EQ(t.after.sstatus & (STATUS_SPP | STATUS_SPIE | STATUS_SIE),
                 STATUS_SPIE | STATUS_SIE);
        CHECK_EQ(t.after.vsstatus & (STATUS_SPP | STATUS_SPIE | STATUS_SIE), STATUS_SPP);
    }
}

TEST("norm:sret_v1 SRET in VS uses vsstatus and vsepc and changes nothing of HS")
{
    place_target();
    for (unsigned spp = 0; spp < 2; spp++) {
        csr_write(CSR_HSTATUS, HSTATUS_SPVP | HSTATUS_SPV | HSTATUS_GVA);
        csr_write(CSR_MSTATUS, STATUS_SPP);
        csr_write(CSR_VSSTATUS, (spp ? STATUS_SPP : 0) | STATUS_SPIE);
        csr_write(CSR_VSEPC, TARGET);
        csr_write(CSR_SEPC, 0);
        struct trap t = exec(MODE_VS, SRET, 0, 0);
        check_arrived(&t, spp ? MODE_VS : MODE_VU);
        CHECK_EQ(t.before.hstatus & (HSTATUS_SPVP | HSTATUS_SPV), HSTATUS_SPVP | HSTATUS_SPV);
        CHECK_EQ(t.after.hstatus, t.before.hstatus);
        CHECK_EQ(t.after.sstatus, t.before.sstatus);
        CHECK_EQ(t.after.vsstatus & (STATUS_SPP | STATUS_SPIE | STATUS_SIE),
                 STATUS_SPIE | STATUS_SIE);
    }
}

TEST("norm:H_trap_m_csrwrites MPP does not hold 2")
{
    for (ulong old = 0; old < 4; old++) {
        csr_write(CSR_MSTATUS, MPP(old));
        csr_write(CSR_MSTATUS, MPP(2));
        CHECK((csr_read(CSR_MSTATUS) >> 11 & 3) != 2);
    }
}

TEST("norm:mstatus_mpv_op norm:mstatus_gva_op MPV and GVA can be written and read")
{
    for (unsigned i = 0; i < 4; i++) {
        u64 bits = (i & 1 ? MSTATUS_MPV : 0) | (i & 2 ? MSTATUS_GVA : 0);
        csr_write64(CSR_MSTATUS, bits);
        CHECK_EQ(csr_read64(CSR_MSTATUS) & (MSTATUS_MPV | MSTATUS_GVA), bits);
        CHECK_EQ(csr_read(CSR_SSTATUS) & BIT(__riscv_xlen - 25) & BIT(__riscv_xlen - 26), 0);
    }
}

TEST("norm:hstatus_sz_acc_op SPV, SPVP, GVA, HU, VTVM, VTW and VTSR can be written and read")
{
    ulong bits = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_GVA | HSTATUS_HU | HSTATUS_VTVM |
                 HSTATUS_VTW | HSTATUS_VTSR;
    CHECK_EQ(csr_probe(CSR_HSTATUS, bits) & bits, bits);
    CHECK_EQ(csr_probe(CSR_HSTATUS, 0) & bits, 0);
    ulong wpri = 0x1ful | 3ul << 10 | 3ul << 18 | 0x1fful << 23;
    CHECK_EQ(csr_probe(CSR_HSTATUS, ~0ul & ~HSTATUS_VGEIN) & wpri, 0);
}

TEST("norm:hstatus_gva_op norm:mstatus_gva_op a fault at guest virtual address 0 sets GVA as any "
     "other")
{
    two_stage(SV_MIN, SV_MIN, 0);
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 0), 0, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                    TINST(LW(A2, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, JALR(ZERO, A0, 0), 0, 0), .bank = b, .cause = EXC_INSN_PAGE,
                    .at = -(ulong)slot_pages - 0x40, .gva = 1);
    }
}
