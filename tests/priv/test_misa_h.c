/* misa.H: clearing it takes the extension away, setting it brings it back. */
#include "priv.h"

static void without_h(void)
{
    csr_clear(CSR_MISA, MISA_H);
    NEED(!(csr_read(CSR_MISA) & MISA_H), "misa.H is not writable");
}

TEST("norm:misa_h_op the hypervisor and VS CSRs are gone, for HS and M")
{
    without_h();
    static const u16 numbers[] = {
        CSR_HSTATUS,   CSR_HEDELEG,  CSR_HIDELEG, CSR_HIE,      CSR_HTIMEDELTA, CSR_HCOUNTEREN,
        CSR_HGEIE,     CSR_HENVCFG,  CSR_HTVAL,   CSR_HIP,      CSR_HVIP,       CSR_HTINST,
        CSR_HGATP,     CSR_HGEIP,    CSR_MTINST,  CSR_VSSTATUS, CSR_VSIE,       CSR_VSTVEC,
        CSR_VSSCRATCH, CSR_VSEPC,    CSR_VSCAUSE, CSR_VSTVAL,   CSR_VSIP,       CSR_VSATP,
        CSR_VSTIMECMP, CSR_HSTATEEN0};
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        EXPECT_OUTCOME(MODE_M, PEEK(numbers[i]), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(numbers[i]), EXC_ILLEGAL);
    }
}

TEST("norm:misa_h_op the hypervisor instructions are illegal, for HS and M")
{
    without_h();
    static const u32 insns[] = {HLV_W(A1, A0),     HLVX_HU(A1, A0),   HSV_B(A1, A0),
                                HFENCE_VVMA(0, 0), HFENCE_GVMA(0, 0), HINVAL_VVMA(0, 0),
                                HINVAL_GVMA(0, 0)};
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        EXPECT_OUTCOME(MODE_M, insns[i], EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, insns[i], EXC_ILLEGAL);
    }
}

TEST("norm:misa_h_op the H bits of medeleg, mideleg, mie, mip and mstatus are zero")
{
    without_h();
    csr_write(CSR_MEDELEG, ~0ul);
    CHECK_EQ(csr_read(CSR_MEDELEG) & 0x00f00400ul, 0);
    csr_write(CSR_MIDELEG, ~0ul);
    CHECK_EQ(csr_read(CSR_MIDELEG) & (VS_IRQS | BIT(IRQ_SGEI)), 0);
    csr_write(CSR_MIDELEG, 0);
    CHECK_EQ(csr_read(CSR_MIDELEG) & (VS_IRQS | BIT(IRQ_SGEI)), 0);
    csr_write(CSR_MIE, ~0ul);
    CHECK_EQ(csr_read(CSR_MIE) & (VS_IRQS | BIT(IRQ_SGEI)), 0);
    csr_write(CSR_MIE, 0);
    csr_set(CSR_MIP, VS_IRQS);
    CHECK_EQ(csr_read(CSR_MIP) & (VS_IRQS | BIT(IRQ_SGEI)), 0);
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_MPV | MSTATUS_GVA);
    CHECK_EQ(csr_read64(CSR_MSTATUS) & (MSTATUS_MPV | MSTATUS_GVA), 0);
}

TEST("norm:misa_h_op MRET and SRET stay with V=0")
{
    csr_write(CSR_HSTATUS, HSTATUS_SPV);
    without_h();
    struct trap t = RUN(MODE_HS, CODE(ECALL), .mstatus = MSTATUS_MPV);
    CHECK_EQ(t.cause, EXC_ECALL_HS);
    csr_write(CSR_SEPC, (ulong)slot_pages + 0x44);
    csr_set(CSR_MSTATUS, STATUS_SPP);
    t = RUN(MODE_M, CODE(SRET, ECALL), .at = 0x40);
    CHECK_EQ(t.cause, EXC_ECALL_HS);
}

TEST("norm:misa_h_op traps to S work as on a hart without the extension")
{
    without_h();
    csr_write(CSR_MEDELEG, BIT(EXC_ILLEGAL));
    struct trap t = exec(MODE_U, UNIMP, 0, 0);
    CHECK_EQ(t.bank, BANK_HS);
    CHECK_EQ(t.cause, EXC_ILLEGAL);
    CHECK_EQ(t.pp, 0);
}

TEST("norm:misa_h_op a VS interrupt that was pending and enabled is not taken")
{
    csr_write(CSR_HVIP, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    without_h();
    EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
}

TEST("norm:misa_h_op H can be set again, and works")
{
    without_h();
    csr_set(CSR_MISA, MISA_H);
    CHECK_EQ(csr_read(CSR_MISA) & MISA_H, MISA_H);
    reset_state();
    two_stage(SV_MIN, SV_MIN, 0);
    EXPECT_DONE(exec(MODE_VS, LW(A0, A0, 0), ts.va, 0));
}

TEST("norm:misa_extensions_dependencies clearing S or U clears H, if they can be cleared")
{
    ulong misa = csr_read(CSR_MISA);
    csr_clear(CSR_MISA, BIT('S' - 'A'));
    if (!(csr_read(CSR_MISA) & BIT('S' - 'A')))
        CHECK_EQ(csr_read(CSR_MISA) & MISA_H, 0);
    csr_write(CSR_MISA, misa);
}

TEST("norm:hedeleg_acc with C in misa bit 0 of hedeleg and medeleg is zero, and it does not come "
     "back")
{
    ulong misa, without;
    /* No compressed instruction may come between. */
    asm volatile(".option push\n.option norvc\n.balign 4\n"
                 "csrrc %0, misa, %2\n"
                 "csrr %1, misa\n"
                 "csrs medeleg, %3\n"
                 "csrs 0x602, %3\n"
                 "csrw misa, %0\n"
                 "nop\n.option pop"
                 : "=&r"(misa), "=&r"(without)
                 : "r"(4ul), "r"(1ul));
    NEED(!(without & 4), "misa.C is not writable");
    CHECK_EQ(csr_read(CSR_HEDELEG) & 1, 0);
    CHECK_EQ(csr_read(CSR_MEDELEG) & 1, 0);
}

TEST("norm:misa_h_op vstimecmp's interrupt is pending again when H is set again")
{
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    csr_put64(CSR_HENVCFG, ENVCFG_STCE);
    NEED(csr_get64(CSR_HENVCFG) & ENVCFG_STCE, "no Sstc");
    csr_put64(CSR_VSTIMECMP, 0);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), BIT(IRQ_VSTI));
    without_h();
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_VSTI), 0);
    csr_set(CSR_MISA, MISA_H);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_VSTI), BIT(IRQ_VSTI));
}
