/* What the pictures of the H registers show (widths and places of fields), fixed places of CFI's
 * registers and encodings, and enables that are never stuck at one. */
#include "priv.h"

TEST("norm:hedeleg_img hedeleg is 64 bits wide, one for each exception: setting one sets no other")
{
    u64 all = csr_probe64(CSR_HEDELEG, ~0ull);
    for (unsigned i = 0; i < 64; i++) {
        context("bit", i);
        CHECK_EQ(csr_probe64(CSR_HEDELEG, 1ull << i), all & 1ull << i);
    }
    CHECK_EQ(all & 0xb1fe, 0xb1fe);
    CHECK_EQ(all & 0xf10e00, 0);
}

TEST("norm:hideleg_img norm:hvip_img norm:hie_img norm:hip_img one bit for each interrupt, at its "
     "number")
{
    static const unsigned csrs[] = {CSR_HIDELEG, CSR_HVIP, CSR_HIE};
    csr_write(CSR_MIDELEG, ~0ul);
    for (unsigned c = 0; c < 3; c++)
        for (unsigned i = 0; i < 13; i++) {
            context("CSR", csrs[c]);
            context("bit", i);
            CHECK_EQ(csr_probe(csrs[c], 1ul << i) & VS_IRQS, VS_IRQS & 1ul << i);
            csr_put(csrs[c], 0);
        }
    for (unsigned i = 2; i < 11; i += 4) {
        csr_write(CSR_HVIP, 1ul << i);
        CHECK_EQ(csr_read(CSR_HIP) & VS_IRQS, 1ul << i);
    }
}

TEST("norm:vsip_img norm:vsie_img the supervisor-level interrupts, at their numbers")
{
    csr_write(CSR_HIDELEG, VS_IRQS);
    for (unsigned i = 0; i < 13; i++) {
        context("bit", i);
        ulong there = 0x222ul & 1ul << i;
        csr_write(CSR_HVIP, 0);
        CHECK_EQ(csr_probe(CSR_VSIE, 1ul << i) & 0x1fff, there);
        csr_write(CSR_VSIE, 0);
        csr_write(CSR_HVIP, there << 1);
        CHECK_EQ(csr_read(CSR_VSIP) & 0x1fff, there);
    }
}

TEST("norm:hgeie_img bit 0 is zero; the others stand for guest external interrupts 1 to GEILEN")
{
    ulong all = csr_probe(CSR_HGEIE, ~0ul);
    CHECK_EQ(all & 1, 0);
    CHECK_EQ(all & (all >> 1) & ~1ul, all >> 1 & ~1ul); /* without a gap */
    for (unsigned i = 0; i < 8 * sizeof(ulong); i++) {
        context("bit", i);
        CHECK_EQ(csr_probe(CSR_HGEIE, 1ul << i), all & 1ul << i);
    }
    csr_write(CSR_HGEIE, 0);
}

TEST("norm:vstvec_img BASE in the high bits, MODE in bits 1:0")
{
    ulong base = (ulong)slot_pages;
    CHECK_EQ(csr_probe(CSR_VSTVEC, base), base);
    CHECK_EQ(csr_probe(CSR_VSTVEC, base | 1), base | 1);
    CHECK_EQ(csr_probe(CSR_VSTVEC, base | 2) & 2, 0);
}

TEST("norm:hstatus_vsxl_32 XLEN=32: hstatus has no VSXL, and VS-mode is 32 bits wide")
{
    NEED(!RV64, "RV64 has VSXL");
    CHECK_EQ(csr_probe(CSR_HSTATUS, ~0ul) >> 23, 0);
    struct trap t = exec(MODE_VS, ADD(A0, A0, A1), 0xc0000000ul, 0xc0000000ul);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), 0x80000000ul);
    EXPECT_ILLEGAL(exec(MODE_VS, LD(A1, A0, 0), 0, 0), LD(A1, A0, 0));
}

TEST("norm:sstateen_ro1_bits norm:hstateen_ro1_bits no state-enable bit is stuck at one")
{
    NEED(csr_exists(CSR_MSTATEEN0), "no Smstateen");
    for (unsigned i = 0; i < 4; i++) {
        context("register", i);
        csr_put(CSR_MSTATEEN0 + i, ~0ul);
        CHECK_EQ(csr_probe(CSR_SSTATEEN0 + i, 0), 0);
        CHECK_EQ(csr_probe64(CSR_HSTATEEN0 + i, 0), 0);
        CHECK_EQ(csr_probe64(CSR_MSTATEEN0 + i, 0), 0);
    }
}

static void shadow_stack_on(void)
{
    csr_put64(CSR_MENVCFG, ENVCFG_SSE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_SSE, "no Zicfiss");
    csr_put64(CSR_HENVCFG, ENVCFG_SSE);
}

TEST("norm:ssp_addr ssp is CSR 0x011")
{
    shadow_stack_on();
    csr_put(CSR_SSP, 0);
    EXPECT_DONE(exec(MODE_VS, CSRW(0x011, A0), 0x1230, 0));
    CHECK_EQ(csr_get(CSR_SSP), 0x1230);
}

#define SSP_AT  0x800
#define SS_PAGE (PTE_V | PTE_W | PTE_A | PTE_D)

/* The window as a shadow-stack page of VS. */
static void shadow_window(void)
{
    shadow_stack_on();
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.vs_leaf = PTE_PPN(ts.gpa) | SS_PAGE;
    fence_all();
    csr_put(CSR_SSP, ts.va + SSP_AT);
}

TEST("norm:ssamoswap_address SSAMOSWAP needs an address aligned to its size")
{
    shadow_window();
    for (unsigned i = 1; i < 4; i++) {
        struct trap t = exec(MODE_VS, SSAMOSWAP_W(A1, A1, A0), ts.va + i, 0);
        CHECK(t.cause == EXC_STORE_MISALIGNED || t.cause == EXC_STORE_ACCESS);
        CHECK_EQ(t.bank, BANK_M);
        CHECK_EQ(t.tval, ts.va + i);
    }
}

TEST("norm:ssmp_ss_idempotent_memory shadow-stack accesses to a device are store access faults")
{
    shadow_window();
    *ts.g_leaf = PTE_PPN(0x2000000) | PTE_RWX | PTE_U; /* the CLINT */
    fence_all();
    EXPECT_TRAP(RUN(MODE_VS, CODE(SSPUSH(RA))), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va + SSP_AT - sizeof(ulong), .gva = 1);
    EXPECT_TRAP(RUN(MODE_VS, CODE(SSPOPCHK(RA))), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = ts.va + SSP_AT, .gva = 1);
    CHECK_EQ(exec(MODE_VS, SSAMOSWAP_W(A1, A1, A0), ts.va, 0).cause, EXC_STORE_ACCESS);
}

TEST("norm:zicfiss_enc norm:zicfiss_stack_compare pushes and checks are may-be operations: active "
     "they compare, inactive they do nothing")
{
    for (int on = 1; on >= 0; on--) {
        context("active", (u64)on);
        pool_reset();
        shadow_window();
        if (!on)
            csr_put64(CSR_HENVCFG, 0);
        memset(ts.mem, 0, PAGE);
        struct trap t =
            RUN(MODE_VS, CODE(ADDI(RA, A0, 0), SSPUSH(RA), ADDI(RA, A0, 1), SSPOPCHK(RA)),
                .a0 = 0x1234);
        if (on)
            EXPECT_TRAP(t, .bank = BANK_M, .at = 12, .cause = EXC_SOFTWARE_CHECK, .tval = 3);
        else
            EXPECT_DONE(t);
        CHECK_EQ(*(ulong *)(ts.mem + SSP_AT - sizeof(ulong)), on ? 0x1234 : 0);
    }
}

TEST("norm:zicflip_lpad_enc norm:zicflip_lpad_imm_enc LPAD is AUIPC x0: the label is bits 31:12, "
     "compared with x7's")
{
    csr_put64(CSR_MENVCFG, ENVCFG_LPE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_LPE, "no Zicfilp");
    ulong target = (ulong)slot_pages + 0x200;
    for (unsigned label = 1; label < 0x100000; label <<= 1) {
        context("label", label);
        for (unsigned same = 0; same < 2; same++) {
            *(volatile u32 *)target = label << 12 | 0x17;
            *(volatile u32 *)(target + 4) = ECALL;
            u32 set_x7 = (same ? label : label ^ 1) << 12 | 7 << 7 | 0x37;
            struct trap t = RUN(MODE_HS, CODE(set_x7, JALR(ZERO, A0, 0)), .a0 = target);
            CHECK_EQ(t.cause, same ? EXC_ECALL_HS : EXC_SOFTWARE_CHECK);
        }
    }
}

/* The two calls and the three jumps as terms say them: which of these need a landing pad. */
TEST("norm:cfi_call_term norm:cfi_return_term norm:cfi_indirect-jump_term a return (rd=x0, rs1=x1 "
     "or "
     "x5) needs no landing pad, other indirect jumps and calls do")
{
    csr_put64(CSR_MENVCFG, ENVCFG_LPE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_LPE, "no Zicfilp");
    ulong target = (ulong)slot_pages + 0x200;
    *(volatile u32 *)target = ECALL;
    for (unsigned rd = 0; rd < 7; rd++)
        for (unsigned rs1 = 1; rs1 < 8; rs1++) {
            if (rs1 == 2 || rs1 == 3 || rs1 == 4 || rd == 2 || rd == 3 || rd == 4)
                continue;
            context("rd", rd);
            context("rs1", rs1);
            struct trap t = RUN(MODE_HS, CODE(ADDI(rs1, A0, 0), JALR(rd, rs1, 0)), .a0 = target);
            CHECK_EQ(t.epc, target);
            int pad = !(rs1 == 1 || rs1 == 5 || rs1 == 7);
            CHECK_EQ(t.cause, pad ? EXC_SOFTWARE_CHECK : EXC_ECALL_HS);
        }
}
