/* What only RV32 has: no pointer masking whatever is written, and CSR halves of the extension. */
#include "priv.h"

TEST("norm:pm_rv64_only norm:pm_rv32_illegal norm:henvcfg_pmm_op norm:menvcfg_pmm_rdonly0 the PMM "
     "fields are zero")
{
    CHECK_EQ(csr_probe64(CSR_MENVCFG, ENVCFG_PMM(3)) & ENVCFG_PMM(3), 0);
    CHECK_EQ(csr_probe64(CSR_HENVCFG, ENVCFG_PMM(3)) & ENVCFG_PMM(3), 0);
    CHECK_EQ(csr_probe64(CSR_MSECCFG, SECCFG_PMM(3)) & SECCFG_PMM(3), 0);
}

TEST("norm:hgatp_mode_sv32x4 every bit of a 34-bit guest physical address counts")
{
    two_stage(SV32, SV32, 0);
    for (unsigned bit = 22; bit < 34; bit++) {
        context("bit", bit);
        u64 gpa = (ts.gpa & 0x3fffff) | 1ull << bit;
        if ((gpa & ~0x3fffffull) == IMAGE)
            continue; /* the image's own megapage */
        u8 *page = page_alloc(1);
        page[0] = (u8)bit;
        table_map(&ts.g, gpa, (ulong)page, PTE_RWX | PTE_U, 0);
        *ts.vs_leaf = PTE_PPN(gpa) | PTE_RWX;
        fence_all();
        struct trap t = exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), bit);
    }
}

TEST("norm:htval_trapval htval and mtval2 hold bits 33:2 of the guest physical address")
{
    two_stage(SV32, SV32, 0);
    for (unsigned bit = 28; bit < 34; bit++) {
        u64 gpa = 0x5000ull | 1ull << bit;
        if (bit == 31)
            continue;
        *ts.vs_leaf = PTE_PPN(gpa) | PTE_RWX;
        fence_all();
        for (enum bank b = BANK_M; b <= BANK_HS; b++) {
            delegate_all(b);
            EXPECT_TRAP(exec(MODE_VS, SW(A1, A0, 0xc), ts.va, 0), .bank = b,
                        .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va + 0xc,
                        .tval2 = gpa_value(gpa + 0xc), TINST(SW(A1, ZERO, 0)), .gva = 1);
        }
    }
}

TEST("norm:H_virtinst_vu32_high_supervisor_allowedhs_tvm0 stimecmph from VU follows stimecmp")
{
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_STCE, "no Sstc");
    EXPECT_OUTCOME(MODE_VU, PEEK(CSR_STIMECMPH), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STIMECMPH), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_VSTIMECMPH), EXC_VIRTUAL);
}

TEST("norm:hfence-gvma_op rs1 of HFENCE.GVMA reaches above 32 bits, being the address >> 2")
{
    two_stage(SV32, SV32, 0);
    u64 gpa = ts.gpa | 3ull << 32;
    pte_t *g = table_map(&ts.g, gpa, (ulong)ts.mem, PTE_RWX | PTE_U, 0);
    *ts.vs_leaf = PTE_PPN(gpa) | PTE_RWX;
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0));
    *g = 0;
    EXPECT_DONE(exec(MODE_HS, HFENCE_GVMA(A0, 0), (ulong)(gpa >> 2), 0));
    CHECK_EQ(exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0).cause, EXC_LOAD_GUEST_PAGE);
}
