/* Zicfiss under the hypervisor extension: enables, access to ssp, shadow-stack pages at the VS
 * stage, and what the G stage requires. */
#include "priv.h"

#define SSP_AT  0x100
#define SS_PAGE (PTE_V | PTE_W | PTE_A | PTE_D)

static void enables(int m, int h, int s)
{
    csr_put64(CSR_MENVCFG, ENVCFG_SSE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_SSE, "no Zicfiss");
    csr_put(CSR_SENVCFG, s ? (ulong)ENVCFG_SSE : 0);
    csr_put64(CSR_HENVCFG, h ? ENVCFG_SSE : 0);
    csr_put64(CSR_MENVCFG, m ? ENVCFG_SSE : 0);
}

static ulong expected(enum mode mode, int m, int h, int s)
{
    if (mode == MODE_M)
        return NO_TRAP;
    if (!m || (mode == MODE_U && !s))
        return EXC_ILLEGAL;
    if (mode == MODE_VS && !h)
        return EXC_VIRTUAL;
    if (mode == MODE_VU && !(h && s))
        return EXC_VIRTUAL;
    return NO_TRAP;
}

TEST(
    "norm:zicfiss_ssp_csr norm:zicfiss_m_menvcfg_sse norm:zicfiss_u_senvcfg_sse "
    "norm:zicfiss_vs_henvcfg_sse norm:zicfiss_vu_senvcfg_sse norm:zicfiss_sse_access access to ssp")
{
    for (unsigned i = 0; i < 8; i++) {
        int m = i & 1, h = i >> 1 & 1, s = i >> 2;
        enables(m, h, s);
        context("m, h, s", i);
        for (enum mode mode = MODE_U; mode <= MODE_VS; mode++) {
            EXPECT_OUTCOME(mode, PEEK(CSR_SSP), expected(mode, m, h, s));
            EXPECT_OUTCOME(mode, TOUCH(CSR_SSP), expected(mode, m, h, s));
        }
    }
}

TEST("norm:henvcfg_sse_op norm:senvcfg_sse_Zicfilp SSAMOSWAP where it is disabled: illegal or "
     "virtual")
{
    for (unsigned i = 0; i < 8; i++) {
        int m = i & 1, h = i >> 1 & 1, s = i >> 2;
        enables(m, h, s);
        context("m, h, s", i);
        for (enum mode mode = MODE_U; mode <= MODE_VS; mode++)
            if (expected(mode, m, h, s) != NO_TRAP)
                EXPECT_OUTCOME(mode, SSAMOSWAP_W(A1, A0, A0), expected(mode, m, h, s));
    }
}

TEST("norm:henvcfg_sse_op with henvcfg.SSE=0 senvcfg.SSE is read-only zero for VS-mode")
{
    enables(1, 0, 1);
    struct trap t = exec(MODE_VS, CSRR(A0, CSR_SENVCFG), 0, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t) & ENVCFG_SSE, 0);
    CHECK_EQ(csr_get(CSR_SENVCFG) & ENVCFG_SSE, ENVCFG_SSE);
}

TEST("norm:menvcfg_sse_rdonly0 with menvcfg.SSE=0 henvcfg.SSE and senvcfg.SSE are read-only zero")
{
    enables(1, 1, 1);
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(csr_get64(CSR_HENVCFG) & ENVCFG_SSE, 0);
    CHECK_EQ(csr_get(CSR_SENVCFG) & ENVCFG_SSE, 0);
}

/* The window as a shadow-stack page, ssp in its middle, everything enabled. */
static void shadow_window(enum mode mode)
{
    enables(1, 1, 1);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | SS_PAGE | (mode == MODE_VU ? PTE_U : 0);
    fence_all();
    csr_put(CSR_SSP, ts.va + SSP_AT);
}

TEST("norm:ss_push norm:ss_pop norm:sspush_c-sspush_decrement norm:sspop_increment norm:ssrdp_read "
     "norm:zicfiss_sspush_enc norm:zicfiss_sspopchk_enc norm:zicfiss_ssrdp_enc norm:ss_page_enc "
     "norm:sspush_c-sspush_instr norm:sspopchk_shadow_return_pop SSPUSH and "
     "SSPOPCHK "
     "in VS and VU")
{
    for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
        pool_reset();
        shadow_window(m);
        struct trap t = RUN(m, CODE(ADDI(RA, A0, 0), SSPUSH(RA), SSRDP(A1)), .a0 = 0x1234);
        EXPECT_DONE(t);
        CHECK_EQ(t.regs[A1], ts.va + SSP_AT - sizeof(ulong));
        CHECK_EQ(*(ulong *)(ts.mem + SSP_AT - sizeof(ulong)), 0x1234);
        t = RUN(m, CODE(ADDI(RA, A0, 0), SSPOPCHK(RA), SSRDP(A1)), .a0 = 0x1234);
        EXPECT_DONE(t);
        CHECK_EQ(t.regs[A1], ts.va + SSP_AT);
    }
}

TEST("norm:mtval_swchk_list norm:stval_exception_info norm:sspop_exception SSPOPCHK of another "
     "value is a software check with code 3, in VS's bank")
{
    shadow_window(MODE_VS);
    delegate_all(BANK_VS);
    struct trap t = RUN(MODE_VS, CODE(ADDI(RA, A0, 0), SSPOPCHK(RA)), .a0 = 0x1234);
    EXPECT_TRAP(t, .bank = BANK_VS, .at = 4, .cause = EXC_SOFTWARE_CHECK, .tval = 3);
    CHECK_EQ(csr_get(CSR_SSP), ts.va + SSP_AT);
}

TEST("norm:henvcfg_sse_op with SSE=0 the instructions are may-be operations: nothing, and zero in "
     "rd")
{
    enables(1, 0, 0);
    csr_put(CSR_SSP, 0x5000);
    struct trap t = RUN(MODE_VS, CODE(SSPUSH(RA), SSPOPCHK(RA), SSRDP(A1)), .a1 = 77);
    EXPECT_DONE(t);
    CHECK_EQ(t.regs[A1], 0);
    CHECK_EQ(csr_get(CSR_SSP), 0x5000);
}

TEST("norm:ssmp_ss_page_access_fault norm:ssmp_ss_load norm:ssmp_ss_implicit_access_fault other "
     "accesses to a shadow-stack page")
{
    shadow_window(MODE_VS);
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va, TINST(SW(A1, ZERO, 0)), .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, AMOADD_W(A1, A1, A0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_ACCESS, .tval = ts.va, TINST(AMOADD_W(A1, A1, ZERO)), .gva = 1);
    EXPECT_TRAP(RUN(MODE_VS, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_ACCESS, .tval = ts.va,
                .gva = 1);
}

TEST("norm:ssmp_henvcfg_sse with henvcfg.SSE=0 the encoding is reserved at the VS stage: page "
     "faults")
{
    shadow_window(MODE_VS);
    csr_put64(CSR_HENVCFG, 0);
    CHECK_EQ(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
    CHECK_EQ(exec(MODE_VS, SW(A1, A0, 0), ts.va, 0).cause, EXC_STORE_PAGE);
    CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_INSN_PAGE);
}

TEST("norm:ssmp_ss_page_illegeal_access norm:ssmp_ss_read_only_page norm:ss_fault_exception_code "
     "shadow-stack instructions on other pages")
{
    shadow_window(MODE_VS);
    static const struct {
        u64 bits;
        ulong cause;
    } rows[] = {{PTE_R, EXC_STORE_PAGE},
                {PTE_R | PTE_W, EXC_STORE_ACCESS},
                {PTE_R | PTE_X, EXC_STORE_ACCESS},
                {PTE_X, EXC_STORE_ACCESS},
                {PTE_R | PTE_W | PTE_X, EXC_STORE_ACCESS}};
    for (unsigned i = 0; i < 5; i++) {
        context("XWR bits", rows[i].bits);
        *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_V | PTE_A | PTE_D | rows[i].bits;
        fence_all();
        struct trap t = RUN(MODE_VS, CODE(SSPUSH(RA)));
        CHECK_EQ(t.cause, rows[i].cause);
        CHECK_EQ(t.tval, ts.va + SSP_AT - sizeof(ulong));
        t = RUN(MODE_VS, CODE(SSPOPCHK(RA)));
        CHECK_EQ(t.cause, rows[i].cause);
        CHECK_EQ(t.tval, ts.va + SSP_AT);
        CHECK_EQ(t.gva, 1);
    }
    *ts.vs_leaf = 0;
    fence_all();
    CHECK_EQ(RUN(MODE_VS, CODE(SSPOPCHK(RA))).cause, EXC_STORE_PAGE);
}

TEST("norm:active_g_stage_pte shadow-stack instructions need R and W at the G stage")
{
    shadow_window(MODE_VS);
    static const u64 lacking[] = {PTE_R, PTE_R | PTE_X, PTE_X, PTE_W, 0};
    for (unsigned i = 0; i < 5; i++) {
        context("G XWR bits", lacking[i]);
        *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_V | PTE_A | PTE_D | PTE_U | lacking[i];
        fence_all();
        EXPECT_TRAP(RUN(MODE_VS, CODE(SSPUSH(RA))), .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE,
                    .tval = ts.va + SSP_AT - sizeof(ulong),
                    .tval2 = gpa_value(ts.gpa + SSP_AT - sizeof(ulong)), .gva = 1);
        EXPECT_TRAP(RUN(MODE_VS, CODE(SSPOPCHK(RA))), .bank = BANK_M, .cause = EXC_STORE_GUEST_PAGE,
                    .tval = ts.va + SSP_AT, .tval2 = gpa_value(ts.gpa + SSP_AT), .gva = 1);
    }
}

TEST("norm:satp_mode_bare with vsatp Bare shadow-stack instructions raise store access faults")
{
    enables(1, 1, 1);
    two_stage(BARE, SV_MIN, 0);
    csr_put(CSR_SSP, ts.va + SSP_AT);
    CHECK_EQ(RUN(MODE_VS, CODE(SSPUSH(RA))).cause, EXC_STORE_ACCESS);
    CHECK_EQ(RUN(MODE_VU, CODE(SSPOPCHK(RA))).cause, EXC_STORE_ACCESS);
    CHECK_EQ(exec(MODE_VS, SSAMOSWAP_W(A1, A1, A0), ts.va, 0).cause, EXC_STORE_ACCESS);
}

TEST("norm:ssp_xlen_aligned an ssp that is not XLEN aligned is a store access fault")
{
    NEED(RV64, "bits 1:0 of ssp are zero");
    shadow_window(MODE_VS);
    csr_put(CSR_SSP, ts.va + SSP_AT + 4);
    NEED(csr_get(CSR_SSP) & 4, "ssp[2] is read-only zero");
    CHECK_EQ(RUN(MODE_VS, CODE(SSPUSH(RA))).cause, EXC_STORE_ACCESS);
    CHECK_EQ(RUN(MODE_VS, CODE(SSPOPCHK(RA))).cause, EXC_STORE_ACCESS);
}

TEST("norm:zicfiss_atomic_swap norm:rv32_ssamoswap-w_op norm:ssmp_ssamoswap "
     "norm:rv64_ssamoswap-w_op SSAMOSWAP on a shadow-stack page, and at M level")
{
    shadow_window(MODE_VS);
    *(u32 *)ts.mem = 0x80000001;
    struct trap t = exec(MODE_VS, SSAMOSWAP_W(A0, A1, A0), ts.va, 0x1234);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), (ulong)(long)(int)0x80000001);
    CHECK_EQ(*(u32 *)ts.mem, 0x1234);
    t = exec(MODE_M, SSAMOSWAP_W(A1, A1, A0), (ulong)ts.mem, 0);
    CHECK_EQ(t.cause, EXC_STORE_ACCESS);
}

TEST(
    "norm:zicfiss_c-sspush_enc norm:zicfiss_c-sspopchk_enc norm:sspopchk-c_load_op C.SSPUSH x1 and "
    "C.SSPOPCHK x5")
{
    shadow_window(MODE_VS);
    struct trap t =
        RUN(MODE_VS, CODE(ADDI(RA, A0, 0), C_MOP(1), ADDI(T0, A0, 0), SSRDP(A1), C_MOP(5)),
            .a0 = 0x1234);
    EXPECT_DONE(t);
    CHECK_EQ(t.regs[A1], ts.va + SSP_AT - sizeof(ulong));
    CHECK_EQ(*(ulong *)(ts.mem + SSP_AT - sizeof(ulong)), 0x1234);
    CHECK_EQ(csr_get(CSR_SSP), ts.va + SSP_AT);
}

TEST("norm:menvcfg_sse_op_lead-in norm:menvcfg_sse_op_list norm:ssmp_menvcfg_sse with "
     "menvcfg.SSE=0 the encoding is reserved under satp and vsatp")
{
    shadow_window(MODE_VS);
    csr_put64(CSR_MENVCFG, 0);
    CHECK_EQ(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
    pool_reset();
    one_stage(SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | SS_PAGE;
    fence_all();
    CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
    csr_put64(CSR_MENVCFG, ENVCFG_SSE);
    EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
}

TEST("norm:ssmp_henvcfg_sse norm:ssmp_menvcfg_sse SSE cleared without a fence: a shadow-stack page "
     "that was read is reserved at once, and back when SSE is set")
{
    enables(1, 1, 0);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | SS_PAGE;
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    enables(1, 0, 0);
    CHECK_EQ(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
    enables(1, 1, 0);
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    pool_reset();
    one_stage(SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN((ulong)ts.mem) | SS_PAGE;
    fence_all();
    EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
    enables(0, 0, 0);
    CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
    enables(1, 0, 0);
    EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
}

TEST("norm:ssmp_ss_cache_block_access_fault cache-block operations on a shadow-stack page")
{
    shadow_window(MODE_VS);
    u64 on = ENVCFG_SSE | ENVCFG_CBIE(3) | ENVCFG_CBCFE | ENVCFG_CBZE;
    csr_put64(CSR_MENVCFG, on);
    NEED((csr_get64(CSR_MENVCFG) & on) == on, "no Zicbom and Zicboz");
    csr_put64(CSR_HENVCFG, on);
    static const u32 insns[] = {CBO_INVAL(A0), CBO_CLEAN(A0), CBO_FLUSH(A0), CBO_ZERO(A0)};
    for (unsigned i = 0; i < 4; i++) {
        context("operation", insns[i] >> 20);
        struct trap t = exec(MODE_VS, insns[i], ts.va, 0);
        CHECK_EQ(t.cause, EXC_STORE_ACCESS);
        CHECK_EQ(t.tval, ts.va);
    }
}

TEST("norm:ssp_op norm:ssp-field_1_0 norm:ssp_sz ssp is XLEN wide, bits 1:0 are zero")
{
    enables(1, 1, 1);
    CHECK_EQ(csr_probe(CSR_SSP, ~0ul) & 3, 0);
    CHECK_EQ(csr_probe(CSR_SSP, ~0ul) >> 3, ~0ul >> 3);
    CHECK_EQ(csr_probe(CSR_SSP, 0), 0);
}

TEST("norm:ssmp_ss_page_access_fault norm:ssmp_ss_load HSV to a guest's shadow-stack page faults, "
     "HLV "
     "reads it")
{
    shadow_window(MODE_VS);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    EXPECT_DONE(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_HS, HSV_W(A1, A0), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va, TINST(HSV_W(A1, ZERO)), .gva = 1);
}

TEST("norm:ssmp_ss_load norm:hlsv_u_op HLV reads a guest's shadow-stack page; HLVX needs X there: "
     "load page fault")
{
    enables(1, 1, 0);
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | SS_PAGE;
    fence_all();
    for (unsigned i = 0; i < 2; i++) { /* once more, with the translation cached by HLV */
        EXPECT_TRAP(exec(MODE_HS, HLVX_HU(A1, A0), ts.va, 0), .bank = BANK_M,
                    .cause = EXC_LOAD_PAGE, .tval = ts.va, .gva = 1, TINST(HLVX_HU(A1, 0)));
        EXPECT_DONE(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0));
    }
}

TEST("cfi, Shadow Stack Memory Protection: PMP must allow reading and writing, for SSPOPCHK too")
{
    NEED(pmp_available(), "no PMP");
    enum { R = 1, W = 2, X = 4 };
    shadow_window(MODE_VS);
    pmp_page(ts.mem, R | X);
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_VS, SSPOPCHK(RA), 0, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va + SSP_AT, .gva = 1);
    EXPECT_TRAP(exec(MODE_VS, SSPUSH(RA), 0, 0), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va + SSP_AT - sizeof(ulong), .gva = 1);
    pmp_page(ts.mem, R | W);
    EXPECT_DONE(exec(MODE_VS, SSPUSH(RA), 0, 0));
}

TEST("norm:menvcfg_sse_op_list with menvcfg.SSE=0 below M: the instructions are may-be operations, "
     "and "
     "SSAMOSWAP is illegal")
{
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        if (m == MODE_M)
            continue;
        context("mode", m);
        enables(0, 0, 0);
        csr_put(CSR_SSP, 0x5000);
        /* C.SSPUSH x1 and C.SSPOPCHK x5 are C.MOP.1 and C.MOP.5. */
        struct trap t =
            RUN(m, CODE(SSPUSH(RA), SSPOPCHK(RA), SSRDP(A1), C_MOP(1), C_MOP(5)), .a1 = 77);
        EXPECT_DONE(t);
        CHECK_EQ(t.regs[A1], 0);
        CHECK_EQ(csr_get(CSR_SSP), 0x5000);
        EXPECT_ILLEGAL(exec(m, SSAMOSWAP_W(A1, A2, A0), IMAGE, 0), SSAMOSWAP_W(A1, A2, A0));
    }
}
