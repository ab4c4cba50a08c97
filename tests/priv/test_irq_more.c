/* Guest external interrupts, the counter-overflow interrupt, WFI with guest interrupts, and the
 * parts of the Advanced Interrupt Architecture that touch VS-mode. */
#include "priv.h"

static unsigned geilen(void)
{
    ulong mask = csr_probe(CSR_HGEIE, ~0ul);
    csr_put(CSR_HGEIE, 0);
    unsigned n = 0;
    while (n < __riscv_xlen - 1 && mask >> (n + 1) & 1)
        n++;
    return n;
}

TEST("norm:hgeip_hgeie_fields norm:geilen norm:hgeie_sz_acc_op hgeie: bit 0 zero, bits GEILEN:1 "
     "writable, no others")
{
    unsigned n = geilen();
    ulong want = n ? (BIT(n) - 1 + BIT(n)) & ~1ul : 0;
    CHECK_EQ(csr_probe(CSR_HGEIE, ~0ul), want);
    CHECK_EQ(csr_probe(CSR_HGEIE, 0), 0);
    CHECK_EQ(csr_read(CSR_HGEIP) & ~want, 0);
}

TEST("norm:hstatus_vgein_op VGEIN holds every value from 0 to GEILEN")
{
    unsigned n = geilen();
    for (ulong i = 0; i <= n; i++)
        CHECK_EQ(csr_probe(CSR_HSTATUS, i << 12) >> 12 & 63, i);
    if (!n)
        CHECK_EQ(csr_probe(CSR_HSTATUS, HSTATUS_VGEIN) >> 12 & 63,
                 csr_read(CSR_HSTATUS) >> 12 & 63);
}

TEST("norm:hgeie_op norm:hip_sgeip_sgeie_acc_op SGEIP is hgeip AND hgeie, read-only; SGEIE is "
     "writable iff GEILEN")
{
    CHECK_EQ(csr_probe(CSR_HIP, ~0ul) >> IRQ_SGEI & 1,
             (csr_read(CSR_HGEIP) & csr_read(CSR_HGEIE)) != 0);
    csr_write(CSR_MIDELEG, ~0ul);
    if (geilen())
        CHECK_EQ(csr_probe(CSR_HIE, ~0ul) >> IRQ_SGEI & 1, 1);
    CHECK_EQ(csr_probe(CSR_HIDELEG, ~0ul) >> IRQ_SGEI & 1, 0);
}

TEST("norm:hip_vseip_vseie_op a VGEIN whose hgeip bit is clear adds nothing to VSEIP")
{
    for (ulong i = 0; i <= geilen(); i++) {
        csr_write(CSR_HSTATUS, i << 12);
        CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, csr_read(CSR_HGEIP) >> i & 1);
        csr_write(CSR_HVIP, BIT(IRQ_VSEI));
        CHECK_EQ(csr_read(CSR_HIP) >> IRQ_VSEI & 1, 1);
        csr_write(CSR_HVIP, 0);
    }
}

TEST("norm:vsip_vsie_lcofi hideleg.LCOFI: vsip and vsie alias sip and sie, at bit 13 itself")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_LCOFI));
    NEED(csr_read(CSR_MIDELEG) & BIT(IRQ_LCOFI), "no Sscofpmf");
    NEED(csr_probe(CSR_HIDELEG, BIT(IRQ_LCOFI)) & BIT(IRQ_LCOFI), "no Shlcofideleg");
    csr_set(CSR_MIP, BIT(IRQ_LCOFI));
    csr_write(CSR_MIE, BIT(IRQ_LCOFI));
    CHECK_EQ(csr_read(CSR_VSIP), BIT(IRQ_LCOFI));
    CHECK_EQ(csr_read(CSR_VSIE), BIT(IRQ_LCOFI));
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    EXPECT_TRAP(RUN(MODE_VS, CODE(NOP)), .bank = BANK_VS, .cause = INTERRUPT | IRQ_LCOFI);
    EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
    EXPECT_DONE(exec(MODE_VS, CSRRC(ZERO, CSR_SIP, A0), BIT(IRQ_LCOFI), 0));
    CHECK_EQ(csr_read(CSR_SIP) & BIT(IRQ_LCOFI), 0);
    csr_write(CSR_VSIE, 0);
    CHECK_EQ(csr_read(CSR_SIE) & BIT(IRQ_LCOFI), 0);
    csr_write(CSR_MIDELEG, 0);
    CHECK_EQ(csr_read(CSR_HIDELEG) & BIT(IRQ_LCOFI), 0);
}

TEST("norm:vsip_vsie_lcofi without Shlcofideleg or with hideleg[13]=0 bit 13 of vsip and vsie is "
     "zero")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_LCOFI));
    NEED(csr_read(CSR_MIDELEG) & BIT(IRQ_LCOFI), "no Sscofpmf");
    csr_write(CSR_HIDELEG, 0);
    csr_write(CSR_MIE, BIT(IRQ_LCOFI));
    csr_set(CSR_MIP, BIT(IRQ_LCOFI));
    CHECK_EQ(csr_read(CSR_VSIP), 0);
    CHECK_EQ(csr_probe(CSR_VSIE, ~0ul) & BIT(IRQ_LCOFI), 0);
    EXPECT_TRAP(RUN(MODE_VS, CODE(NOP)), .bank = BANK_HS, .cause = INTERRUPT | IRQ_LCOFI);
}

TEST("norm:hie_acc bit 13 of hie and hip is read-only zero: LCOFI is in sie and sip")
{
    csr_write(CSR_MIDELEG, ~0ul);
    csr_set(CSR_MIP, BIT(IRQ_LCOFI));
    CHECK_EQ(csr_probe(CSR_HIE, ~0ul) & BIT(IRQ_LCOFI), 0);
    CHECK_EQ(csr_read(CSR_HIP) & BIT(IRQ_LCOFI), 0);
}

TEST("norm:hvip_sz_op bits of hvip outside 2, 6 and 10 are zero without the AIA")
{
    NEED(!csr_exists(CSR_HVIEN), "the AIA defines more bits");
    CHECK_EQ(csr_probe(CSR_HVIP, ~0ul), VS_IRQS);
}

TEST("norm:wfi_intr_dis WFI in VS ends when a VS interrupt is pending and enabled, SIE aside")
{
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, BIT(IRQ_VSSI));
    EXPECT_DONE(RUN(MODE_VS, CODE(WFI)));
    csr_write(CSR_HIDELEG, 0);
    EXPECT_DONE(RUN(MODE_HS, CODE(WFI)));
}

#define HVICTL_VTI      (1ul << 30)
#define HVICTL_IID(n)   ((ulong)(n) << 16)
#define HVICTL_IPRIO(n) ((ulong)(n))

static void need_aia(void)
{
    NEED(csr_exists(CSR_HVICTL), "no Ssaia");
}

TEST("AIA 6.3.2: with hvictl.VTI=1 sip, sie and writes of stimecmp trap in VS-mode")
{
    need_aia();
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    csr_put64(CSR_HENVCFG, ENVCFG_STCE);
    CHECK_EQ(csr_probe(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(9)), HVICTL_VTI | HVICTL_IID(9));
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIP), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIE), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_SIP), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIP), NO_TRAP);
    if (csr_get64(CSR_HENVCFG) & ENVCFG_STCE) {
        EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STIMECMP), NO_TRAP);
        EXPECT_OUTCOME(MODE_VS, TOUCH(CSR_STIMECMP), EXC_VIRTUAL);
    }
    csr_put(CSR_HVICTL, 0);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIP), NO_TRAP);
}

TEST("AIA 6.3.4: an interrupt injected by hvictl is taken by VS with its own code, not translated")
{
    need_aia();
    static const u8 codes[] = {1, 2, 5, 6, 10, 13, 24};
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    for (unsigned i = 0; i < sizeof(codes); i++) {
        csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(codes[i]) | HVICTL_IPRIO(3));
        csr_write(CSR_VSSTATUS, STATUS_SIE);
        EXPECT_TRAP(RUN(MODE_VS, CODE(NOP)), .bank = BANK_VS, .cause = INTERRUPT | codes[i]);
        EXPECT_TRAP(RUN(MODE_VU, CODE(NOP)), .bank = BANK_VS, .cause = INTERRUPT | codes[i]);
        EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
        csr_write(CSR_VSSTATUS, 0);
        EXPECT_DONE(RUN(MODE_VS, CODE(NOP)));
    }
}

TEST("AIA 6.3.3: hvictl with VTI=1 and IID=9 injects nothing and hides vsip but SEI")
{
    need_aia();
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_put(CSR_HVICTL, HVICTL_VTI | HVICTL_IID(9));
    csr_write(CSR_HVIP, BIT(IRQ_VSSI) | BIT(IRQ_VSTI));
    EXPECT_DONE(RUN(MODE_VU, CODE(NOP)));
    csr_write(CSR_HVIP, VS_IRQS);
    EXPECT_TRAP(RUN(MODE_VU, CODE(NOP)), .bank = BANK_VS, .cause = INTERRUPT | IRQ_SEI);
    csr_put(CSR_HVICTL, 0);
    csr_write(CSR_HVIP, BIT(IRQ_VSTI));
    EXPECT_TRAP(RUN(MODE_VU, CODE(NOP)), .bank = BANK_VS, .cause = INTERRUPT | IRQ_STI);
}

TEST("AIA 6.3.2: hvien and hvip above 12: vsip shows hvip, vsie is a bit of its own")
{
    need_aia();
    CHECK_EQ(csr_probe(CSR_HVIEN, ~0ul) & 0x1fff, 0);
    ulong bits = csr_get(CSR_HVIEN);
    NEED(bits, "no writable bit in hvien");
    csr_put(CSR_HIDELEG, 0);
    ulong bit = bits & -bits;
    csr_put(CSR_HVIP, bit);
    CHECK_EQ(csr_get(CSR_HVIP), bit);
    CHECK_EQ(csr_get(CSR_VSIP), bit);
    CHECK_EQ(csr_probe(CSR_VSIE, ~0ul) & bit, bit);
    csr_put(CSR_HVIEN, 0);
    CHECK_EQ(csr_get(CSR_VSIP), 0);
    CHECK_EQ(csr_get(CSR_HVIP), bit);
}

TEST("AIA 2.3: vsireg with a VGEIN that is no guest interrupt file")
{
    need_aia();
    csr_write(CSR_HSTATUS, 0);
    csr_put(CSR_VSISELECT, 0x70);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_SIREG), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_VS, PEEK(CSR_STOPEI), EXC_VIRTUAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSIREG), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_VSTOPEI), EXC_ILLEGAL);
}

TEST(
    "norm:vsip_vsie_lcofi hideleg[13] is zero while mideleg[13] is, and so are bits 13 of vsip and "
    "vsie")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_LCOFI));
    csr_write(CSR_HIDELEG, BIT(IRQ_LCOFI));
    NEED(csr_read(CSR_HIDELEG) & BIT(IRQ_LCOFI), "no Shlcofideleg");
    csr_set(CSR_MIE, BIT(IRQ_LCOFI));
    csr_set(CSR_MIP, BIT(IRQ_LCOFI));
    csr_write(CSR_MIDELEG, 0);
    CHECK_EQ(csr_read(CSR_HIDELEG) & BIT(IRQ_LCOFI), 0);
    CHECK_EQ(csr_read(CSR_VSIP) & BIT(IRQ_LCOFI), 0);
    CHECK_EQ(csr_read(CSR_VSIE) & BIT(IRQ_LCOFI), 0);
    csr_write(CSR_VSIP, 0);
    csr_write(CSR_VSIE, 0);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_LCOFI), BIT(IRQ_LCOFI));
    CHECK_EQ(csr_read(CSR_MIE) & BIT(IRQ_LCOFI), BIT(IRQ_LCOFI));
    csr_write(CSR_MIP, 0);
    csr_write(CSR_MIE, 0);
}
