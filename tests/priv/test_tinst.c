/* The transformed instruction in htinst/mtinst, for every form of explicit memory access. */
#include "priv.h"

/* A run on the window page, whose G-stage leaf is invalid. */
static void faulting_window(void)
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = 0;
    fence_all();
}

static void expect_guest_fault(u32 insn, ulong cause, u32 tinst)
{
    context("instruction", insn);
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        struct trap t = RUN(MODE_VS, CODE(insn), .a0 = ts.va, .a1 = ts.va + 8);
        EXPECT_TRAP(t, .bank = b, .cause = cause, .tval = t.regs[A0], .tval2 = gpa_value(ts.gpa),
                    TINST(tinst), .gva = 1);
    }
}

TEST("norm:H_trap_xtinst_exception_lead-in norm:H_trap_xtinst norm:H_trap_xtinst_exception_list "
     "loads keep rd, funct3 and opcode")
{
    faulting_window();
    static const u32 loads[] = {LB(A3, A0, 0),  LH(T0, A0, 0), LW(ZERO, A0, 0), LBU(A4, A0, 0),
                                LHU(A5, A0, 0), FLW(7, A0, 0), FLD(31, A0, 0)};
    for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        expect_guest_fault(loads[i], EXC_LOAD_GUEST_PAGE, TRANSFORMED_LOAD(loads[i], 0));
    if (RV64) {
        expect_guest_fault(LD(A3, A0, 0), EXC_LOAD_GUEST_PAGE, TRANSFORMED_LOAD(LD(A3, A0, 0), 0));
        expect_guest_fault(LWU(31, A0, 0), EXC_LOAD_GUEST_PAGE,
                           TRANSFORMED_LOAD(LWU(31, A0, 0), 0));
    }
}

TEST("norm:H_trap_xtinst_exception_list immediates of loads and stores become zero")
{
    faulting_window();
    struct trap t = exec(MODE_VS, LW(A2, A0, -0x7f4), ts.va + 0x7f4, 0);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va,
                .tval2 = gpa_value(ts.gpa), TINST(LW(A2, ZERO, 0)), .gva = 1);
    t = exec(MODE_VS, SW(A2, A0, 0x7ec), ts.va - 0x7ec, 0);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va,
                .tval2 = gpa_value(ts.gpa), TINST(SW(A2, ZERO, 0)), .gva = 1);
}

TEST("norm:H_trap_xtinst norm:H_trap_xtinst_exception_list stores keep rs2, funct3 and opcode")
{
    faulting_window();
    static const u32 stores[] = {SB(A3, A0, 0), SH(31, A0, 0), SW(ZERO, A0, 0), FSW(7, A0, 0),
                                 FSD(31, A0, 0)};
    for (unsigned i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
        expect_guest_fault(stores[i], EXC_STORE_GUEST_PAGE, TRANSFORMED_STORE(stores[i], 0));
    if (RV64)
        expect_guest_fault(SD(A3, A0, 0), EXC_STORE_GUEST_PAGE,
                           TRANSFORMED_STORE(SD(A3, A0, 0), 0));
}

TEST("norm:H_trap_xtinst_exception_list half-precision loads and stores")
{
    faulting_window();
    struct trap t = exec(MODE_VS, FLH(3, A0, 0), ts.va, 0);
    NEED(t.cause != EXC_ILLEGAL, "no Zfhmin");
    expect_guest_fault(FLH(3, A0, 0), EXC_LOAD_GUEST_PAGE, TRANSFORMED_LOAD(FLH(3, A0, 0), 0));
    expect_guest_fault(FSH(3, A0, 0), EXC_STORE_GUEST_PAGE, TRANSFORMED_STORE(FSH(3, A0, 0), 0));
}

TEST("norm:H_trap_xtinst_exception_list AMO, LR and SC keep all but rs1")
{
    faulting_window();
    for (u32 f5 = 0; f5 < 32; f5++) {
        if ((f5 & 3 && f5 != 1) || f5 == 2 || f5 == 3)
            continue;
        u32 insn = AMO(f5, 2, A3, A1, A0) | (f5 & 1) << 25 | (f5 >> 2 & 1) << 26;
        expect_guest_fault(insn, EXC_STORE_GUEST_PAGE, TRANSFORMED_OTHER(insn, 0));
        insn = AMO(f5, 3, ZERO, A1, A0);
        if (RV64)
            expect_guest_fault(insn, EXC_STORE_GUEST_PAGE, TRANSFORMED_OTHER(insn, 0));
    }
    expect_guest_fault(LR_W(A3, A0), EXC_LOAD_GUEST_PAGE, TRANSFORMED_OTHER(LR_W(A3, A0), 0));
    if (RV64)
        expect_guest_fault(LR_D(A3, A0), EXC_LOAD_GUEST_PAGE, TRANSFORMED_OTHER(LR_D(A3, A0), 0));
}

TEST("norm:H_trap_xtinst_exception_list SC to a page the G stage lets be read only")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)PTE_W;
    fence_all();
    u32 insn = SC_W(A3, A1, A0);
    struct trap t = RUN(MODE_VS, CODE(LR_W(A2, A0), insn), .a0 = ts.va);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .at = 4,
                .tval2 = gpa_value(ts.gpa), TINST(TRANSFORMED_OTHER(insn, 0)), .gva = 1);
}

TEST("norm:H_trap_xtinst_exception_list compare-and-swap of every width")
{
    faulting_window();
    NEED(exec(MODE_VS, AMOCAS_W(A2, A4, A0), ts.va, 0).cause != EXC_ILLEGAL, "no Zacas");
    static const u32 insns[] = {AMOCAS_W(A2, A4, A0), AMOCAS_D(A2, A4, A0), AMOCAS_Q(A2, A4, A0)};
    for (unsigned i = 0; i < (RV64 ? 3 : 2); i++)
        expect_guest_fault(insns[i], EXC_STORE_GUEST_PAGE, TRANSFORMED_OTHER(insns[i], 0));
}

TEST("norm:H_trap_xtinst_exception_list byte and halfword atomics")
{
    faulting_window();
    NEED(exec(MODE_VS, AMOADD_B(A2, A4, A0), ts.va, 0).cause != EXC_ILLEGAL, "no Zabha");
    for (u32 width = 0; width < 2; width++) {
        u32 insn = AMO(0x0c, width, A2, A4, A0);
        expect_guest_fault(insn, EXC_STORE_GUEST_PAGE, TRANSFORMED_OTHER(insn, 0));
    }
}

static void expect_hlv_fault(u32 insn, ulong cause, enum mode from)
{
    context("instruction", insn);
    context("from mode", from);
    for (enum bank b = BANK_M; b <= (from == MODE_M ? BANK_M : BANK_HS); b++) {
        delegate_all(b);
        struct trap t = exec(from, insn, ts.va, 0);
        EXPECT_TRAP(t, .bank = b, .cause = cause, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                    TINST(TRANSFORMED_OTHER(insn, 0)), .gva = 1);
    }
}

TEST("norm:H_trap_xtinst_exception_list HLV, HLVX and HSV keep all but rs1, from M, HS and U")
{
    faulting_window();
    csr_set(CSR_HSTATUS, HSTATUS_SPVP | HSTATUS_HU);
    static const u32 loads[] = {HLV_B(A3, A0), HLV_BU(A3, A0),  HLV_H(ZERO, A0), HLV_HU(T0, A0),
                                HLV_W(A3, A0), HLVX_HU(A3, A0), HLVX_WU(31, A0)};
    static const u32 stores[] = {HSV_B(A1, A0), HSV_H(ZERO, A0), HSV_W(31, A0)};
    for (enum mode m = MODE_U; m <= MODE_M; m++) {
        for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
            expect_hlv_fault(loads[i], EXC_LOAD_GUEST_PAGE, m);
        for (unsigned i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
            expect_hlv_fault(stores[i], EXC_STORE_GUEST_PAGE, m);
        if (RV64) {
            expect_hlv_fault(HLV_D(A3, A0), EXC_LOAD_GUEST_PAGE, m);
            expect_hlv_fault(HLV_WU(A3, A0), EXC_LOAD_GUEST_PAGE, m);
            expect_hlv_fault(HSV_D(A1, A0), EXC_STORE_GUEST_PAGE, m);
        }
    }
}

TEST("norm:H_trap_xtinst_exception_list compressed accesses: expanded, bit 1 cleared")
{
    faulting_window();
    static const struct {
        u32 insn, full;
        ulong cause;
    } forms[] = {
        {C_LW(A2, A0, 0), LW(A2, ZERO, 0), EXC_LOAD_GUEST_PAGE},
        {C_SW(A2, A0, 0), SW(A2, ZERO, 0), EXC_STORE_GUEST_PAGE},
        {C_LW(A2, A0, 0x44), LW(A2, ZERO, 0), EXC_LOAD_GUEST_PAGE},
        {C_LD(A2, A0, 0), LD(A2, ZERO, 0), EXC_LOAD_GUEST_PAGE},
        {C_SD(A2, A0, 0), SD(A2, ZERO, 0), EXC_STORE_GUEST_PAGE},
        {C_FLD(A2, A0, 0), FLD(A2, ZERO, 0), EXC_LOAD_GUEST_PAGE},
    };
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        u32 full = forms[i].full;
        /* On RV32 the C.LD and C.SD encodings are C.FLW and C.FSW. */
        if (!RV64 && (full & 0x707f) == LD(0, 0, 0))
            full = FLW(A2, ZERO, 0);
        if (!RV64 && (full & 0x707f) == SD(0, 0, 0))
            full = FSW(A2, ZERO, 0);
        context("instruction", forms[i].insn);
        ulong offset = i == 2 ? 0x44 : 0;
        struct trap t = exec(MODE_VS, forms[i].insn, ts.va, 0);
        EXPECT_TRAP(t, .bank = BANK_M, .cause = forms[i].cause, .tval = ts.va + offset,
                    .tval2 = gpa_value(ts.gpa + offset), TINST(COMPRESSED(full)), .gva = 1);
    }
}

TEST("norm:H_trap_xtinst_exception_list compressed sp-relative accesses")
{
    faulting_window();
    struct trap t = RUN(MODE_VS, CODE(C_LWSP(A2, 0x44)), .sp = ts.va);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + 0x44,
                .tval2 = gpa_value(ts.gpa + 0x44), TINST(COMPRESSED(LW(A2, ZERO, 0))), .gva = 1);
    t = RUN(MODE_VS, CODE(C_SWSP(A2, 0x44)), .sp = ts.va);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + 0x44,
                .tval2 = gpa_value(ts.gpa + 0x44), TINST(COMPRESSED(SW(A2, ZERO, 0))), .gva = 1);
}

TEST("norm:H_trap_xtinst_exception_list the compressed byte and halfword accesses of Zcb")
{
    faulting_window();
    struct trap t = exec(MODE_VS, C_LHU(A2, A0, 2), ts.va, 0);
    NEED(t.cause != EXC_ILLEGAL, "no Zcb");
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + 2,
                .tval2 = gpa_value(ts.gpa + 2), TINST(COMPRESSED(LHU(A2, ZERO, 0))), .gva = 1);
    t = exec(MODE_VS, C_SB(A2, A0, 3), ts.va, 0);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + 3,
                .tval2 = gpa_value(ts.gpa + 3), TINST(COMPRESSED(SB(A2, ZERO, 0))), .gva = 1);
}

TEST("norm:h_trans_cache norm:fault_excep_csr cache-block operations: rs1 zeroed, tval is rs1")
{
    faulting_window();
    csr_put64(CSR_MENVCFG, ENVCFG_CBIE(3) | ENVCFG_CBCFE | ENVCFG_CBZE);
    csr_put64(CSR_HENVCFG, ENVCFG_CBIE(3) | ENVCFG_CBCFE | ENVCFG_CBZE);
    NEED(csr_get(CSR_HENVCFG) & ENVCFG_CBCFE, "no Zicbom");
    static const u32 operation[] = {0, 1, 2, 4};
    for (unsigned i = 0; i < 4; i++) {
        u32 insn = CBO(operation[i], A0);
        if (operation[i] == 4 && !(csr_get(CSR_HENVCFG) & ENVCFG_CBZE))
            continue;
        context("operation", operation[i]);
        struct trap t = exec(MODE_VS, insn, ts.va + 0x2c, 0);
        EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + 0x2c,
                    .tval2 = gpa_value(ts.gpa + 0x2c), TINST(CBO(operation[i], ZERO)), .gva = 1);
    }
}

TEST("norm:H_trap_xtinst_val page faults and access faults of loads and stores are transformed too")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 4), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                    .tval = ts.va + 4, TINST(LW(A2, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 4), ts.va, 0), .bank = b, .cause = EXC_STORE_PAGE,
                    .tval = ts.va + 4, TINST(SW(A2, ZERO, 0)), .gva = 1);
    }
    NEED(pmp_available(), "no PMP");
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
    pmp_page(ts.mem, 0);
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_VS, LW(A2, A0, 4), ts.va, 0), .bank = b, .cause = EXC_LOAD_ACCESS,
                    .tval = ts.va + 4, TINST(LW(A2, ZERO, 0)), .gva = 1);
        EXPECT_TRAP(exec(MODE_VS, SW(A2, A0, 4), ts.va, 0), .bank = b, .cause = EXC_STORE_ACCESS,
                    .tval = ts.va + 4, TINST(SW(A2, ZERO, 0)), .gva = 1);
    }
}

TEST("norm:H_trap_xtinst_val the transformation is given with V=0 as well")
{
    one_stage(SV_MIN, PTE_U);
    *ts.vs_leaf = 0;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        EXPECT_TRAP(exec(MODE_U, LW(A2, A0, 0), ts.va, 0), .bank = b, .cause = EXC_LOAD_PAGE,
                    .tval = ts.va, TINST(LW(A2, ZERO, 0)));
        EXPECT_TRAP(exec(MODE_HS, SW(A2, A0, 0), ts.va, 0), .bank = b, .cause = EXC_STORE_PAGE,
                    .tval = ts.va, TINST(SW(A2, ZERO, 0)));
    }
}

TEST("norm:H_trap_xtinst_val xtinst is zero for fetch faults, ecall, ebreak, illegal and virtual")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)PTE_X;
    fence_all();
    for (enum bank b = BANK_M; b <= BANK_HS; b++) {
        delegate_all(b);
        csr_write(CSR_HTINST, 0x3000);
        csr_write(CSR_MTINST, 0x3000);
        csr_write(CSR_HTVAL, 0x1234);
        csr_write(CSR_MTVAL2, 0x1234);
        EXPECT_TRAP(exec(MODE_VU, ECALL, 0, 0), .bank = b, .cause = EXC_ECALL_U);
        csr_write(CSR_HTINST, 0x3000);
        csr_write(CSR_HTVAL, 0x1234);
        struct trap t = exec(MODE_VS, EBREAK, 0, 0);
        EXPECT_TRAP(t, .bank = b, .cause = EXC_BREAKPOINT, .tval = breakpoint_tval(&t, t.start),
                    .gva = t.tval != 0);
        csr_write(CSR_HTINST, 0x3000);
        csr_write(CSR_HTVAL, 0x1234);
        EXPECT_TRAP(exec(MODE_VS, UNIMP, 0, 0), .bank = b, .cause = EXC_ILLEGAL, INSN(UNIMP));
        csr_write(CSR_HTINST, 0x3000);
        csr_write(CSR_HTVAL, 0x1234);
        EXPECT_TRAP(exec(MODE_VS, HLV_W(A0, A0), ts.va, 0), .bank = b, .cause = EXC_VIRTUAL,
                    INSN(HLV_W(A0, A0)));
        EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = b, .cause = EXC_INSN_GUEST_PAGE,
                    .tval = ts.va, .tval2 = gpa_value(ts.gpa), .gva = 1);
    }
}
