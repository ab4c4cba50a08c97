/* Interrupts: delegation, the aliases between hvip, hip, hie, vsip, vsie, mip and mie, who takes
 * what and in which order, and the translated codes in VS-mode. */
#include "priv.h"

static const u8 vs_level[] = {IRQ_VSSI, IRQ_VSTI, IRQ_VSEI};

/* Runs NOPs in the mode with interrupts enabled there; the trap taken at the first, if any. */
static struct trap poll(enum mode mode)
{
    if (mode == MODE_HS)
        csr_set(CSR_MSTATUS, STATUS_SIE);
    if (mode == MODE_VS)
        csr_set(CSR_VSSTATUS, STATUS_SIE);
    return RUN(mode, CODE(NOP, NOP, NOP));
}

TEST("norm:mideleg_acc_h bits 2, 6 and 10 of mideleg are read-only one, bit 12 too if GEILEN is "
     "not 0")
{
    ulong ones = VS_IRQS | (csr_probe(CSR_HGEIE, ~0ul) ? BIT(IRQ_SGEI) : 0);
    CHECK_EQ(csr_probe(CSR_MIDELEG, 0) & ones, ones);
    CHECK_EQ(csr_probe(CSR_MIDELEG, ~0ul) & ones, ones);
}

TEST("norm:hideleg_acc norm:hideleg_sz_acc hideleg: 2, 6, 10 writable, 1, 5, 9, 12 read-only zero")
{
    csr_write(CSR_MIDELEG, ~0ul);
    ulong all = csr_probe(CSR_HIDELEG, ~0ul);
    CHECK_EQ(all & 0x1fff, VS_IRQS);
    CHECK_EQ(csr_probe(CSR_HIDELEG, 0) & 0xffff, 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(csr_probe(CSR_HIDELEG, BIT(vs_level[i])) & 0xffff, BIT(vs_level[i]));
}

TEST("norm:mideleg_hroz for a zero in mideleg the bit is read-only zero in hideleg, hip, hie")
{
    csr_write(CSR_MIDELEG, ~0ul);
    for (unsigned bit = 0; bit < 16; bit++) {
        csr_write(CSR_MIDELEG, ~BIT(bit));
        if (csr_read(CSR_MIDELEG) & BIT(bit))
            continue;
        context("bit", bit);
        CHECK_EQ(csr_probe(CSR_HIDELEG, ~0ul) & BIT(bit), 0);
        CHECK_EQ(csr_probe(CSR_HIE, ~0ul) & BIT(bit), 0);
        CHECK_EQ(csr_probe(CSR_HIP, ~0ul) & BIT(bit), 0);
    }
}

TEST("norm:hip_op norm:hvip_acc norm:hvip_sz_op hvip: 2, 6 and 10 writable, each raising the same "
     "bit of hip")
{
    CHECK_EQ(csr_probe(CSR_HVIP, ~0ul) & 0x1fff, VS_IRQS);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(csr_probe(CSR_HVIP, BIT(vs_level[i])), BIT(vs_level[i]));
        CHECK_EQ(csr_read(CSR_HIP) & VS_IRQS, BIT(vs_level[i]));
        CHECK_EQ(csr_read(CSR_MIP) & VS_IRQS, BIT(vs_level[i]));
    }
    CHECK_EQ(csr_probe(CSR_HVIP, 0), 0);
}

TEST("norm:hip_hie_sz_acc norm:hip_vssip_vssie_op norm:hip_vseip_vseie_op "
     "norm:hip_vstip_vstie_acc_op in hip only VSSIP "
     "is writable, and it is hvip.VSSIP")
{
    CHECK_EQ(csr_probe(CSR_HIP, VS_IRQS) & VS_IRQS, BIT(IRQ_VSSI));
    CHECK_EQ(csr_read(CSR_HVIP), BIT(IRQ_VSSI));
    CHECK_EQ(csr_probe(CSR_HIP, 0) & VS_IRQS, 0);
    CHECK_EQ(csr_read(CSR_HVIP), 0);
    csr_write(CSR_HVIP, VS_IRQS);
    csr_clear(CSR_HIP, VS_IRQS);
    CHECK_EQ(csr_read(CSR_HVIP), BIT(IRQ_VSTI) | BIT(IRQ_VSEI));
}

TEST("norm:mip_mie_alias norm:mip_mie_vs mip and mie alias hip and hie")
{
    CHECK_EQ(csr_probe(CSR_HIE, VS_IRQS) & VS_IRQS, VS_IRQS);
    CHECK_EQ(csr_read(CSR_MIE), VS_IRQS);
    csr_clear(CSR_MIE, BIT(IRQ_VSTI));
    CHECK_EQ(csr_read(CSR_HIE), BIT(IRQ_VSSI) | BIT(IRQ_VSEI));
    csr_write(CSR_MIP, VS_IRQS);
    CHECK_EQ(csr_read(CSR_HIP) & VS_IRQS, BIT(IRQ_VSSI));
    csr_write(CSR_HVIP, VS_IRQS);
    csr_clear(CSR_MIP, VS_IRQS);
    CHECK_EQ(csr_read(CSR_HIP) & VS_IRQS, BIT(IRQ_VSTI) | BIT(IRQ_VSEI));
}

TEST("norm:sie_hip_hie_mutex norm:hie_acc sie and hie share no bit, nor do sip and hip")
{
    csr_write(CSR_MIDELEG, ~0ul);
    csr_write(CSR_MIE, ~0ul);
    csr_write(CSR_HVIP, ~0ul);
    csr_set(CSR_MIP, ~0ul);
    CHECK_EQ(csr_read(CSR_SIE) & csr_read(CSR_HIE), 0);
    CHECK_EQ(csr_read(CSR_SIP) & csr_read(CSR_HIP), 0);
    CHECK_EQ(csr_read(CSR_HIE) & VS_IRQS, VS_IRQS);
    csr_write(CSR_MIE, 0);
    CHECK_EQ(csr_probe(CSR_SIE, VS_IRQS) & VS_IRQS, 0);
    CHECK_EQ(csr_read(CSR_HIE) & VS_IRQS, 0);
    CHECK_EQ(csr_probe(CSR_HIE, ~0ul) & 0x222, 0);
}

TEST("norm:vsip_vsie_sei norm:vsip_vsie_sti norm:vsip_vsie_ssi norm:vsip_vsie_sz_acc_op vsip and "
     "vsie "
     "show hip and hie one bit lower where hideleg is one")
{
    /* Never both pending and enabled: HS would take what is not delegated. */
    for (unsigned i = 0; i < 16; i++) {
        ulong delegated =
            (i & 1 ? BIT(IRQ_VSSI) : 0) | (i & 2 ? BIT(IRQ_VSTI) : 0) | (i & 4 ? BIT(IRQ_VSEI) : 0);
        int pending = i & 8;
        csr_write(CSR_HIDELEG, delegated);
        csr_write(CSR_HVIP, pending ? VS_IRQS : 0);
        csr_write(CSR_HIE, pending ? 0 : VS_IRQS);
        CHECK_EQ(csr_read(CSR_VSIP) & 0x1fff, pending ? delegated >> 1 : 0);
        CHECK_EQ(csr_read(CSR_VSIE) & 0x1fff, pending ? 0 : delegated >> 1);
        struct trap t = exec(MODE_VS, CSRR(A0, pending ? CSR_SIP : CSR_SIE), 0, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t) & 0x1fff, delegated >> 1);
    }
}

TEST("norm:vsip_vsie_ssi norm:vsip_vsie_sti norm:vsip_vsie_sei writes of vsie and vsip reach hie "
     "and "
     "hip, only where delegated")
{
    for (unsigned on = 0; on < 2; on++) {
        csr_write(CSR_HIDELEG, on ? VS_IRQS : 0);
        csr_write(CSR_HIE, 0);
        csr_write(CSR_VSIE, ~0ul);
        CHECK_EQ(csr_read(CSR_HIE) & VS_IRQS, on ? VS_IRQS : 0);
        csr_write(CSR_HIE, VS_IRQS);
        EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SIE, ZERO), 0, 0));
        CHECK_EQ(csr_read(CSR_HIE) & VS_IRQS, on ? 0 : VS_IRQS);
        csr_write(CSR_HIE, 0);
        csr_write(CSR_HVIP, VS_IRQS);
        EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SIP, ZERO), 0, 0));
        CHECK_EQ(csr_read(CSR_HVIP), on ? BIT(IRQ_VSTI) | BIT(IRQ_VSEI) : VS_IRQS);
        csr_write(CSR_HVIP, 0);
        EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SIP, A0), ~0ul, 0));
        CHECK_EQ(csr_read(CSR_HVIP), on ? BIT(IRQ_VSSI) : 0);
        csr_write(CSR_HVIP, 0);
    }
}

TEST("norm:vsip_vsie_sz_acc_op writes through vsie and hie leave the bits of others alone")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI));
    ulong s_bits = BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI);
    ulong m_bits = BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI);
    csr_write(CSR_MIE, s_bits | m_bits | VS_IRQS);
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_VSIE, 0);
    CHECK_EQ(csr_read(CSR_MIE), s_bits | m_bits);
    csr_write(CSR_HIE, ~0ul);
    CHECK_EQ(csr_read(CSR_MIE) & 0xfff, s_bits | m_bits | VS_IRQS);
    csr_write(CSR_SIE, 0);
    CHECK_EQ(csr_read(CSR_MIE) & 0xfff, m_bits | VS_IRQS);
    csr_write(CSR_HIE, 0);
    CHECK_EQ(csr_read(CSR_MIE) & 0xfff, m_bits);
}

TEST("norm:hideleg_op norm:hideleg_trans delegated VS interrupts are taken in VS and VU with codes "
     "1, "
     "5, 9")
{
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HIDELEG, VS_IRQS);
    for (unsigned i = 0; i < 3; i++) {
        context("interrupt", vs_level[i]);
        csr_write(CSR_HVIP, BIT(vs_level[i]));
        for (enum mode m = MODE_VU; m <= MODE_VS; m++)
            EXPECT_TRAP(poll(m), .bank = BANK_VS, .cause = INTERRUPT | (vs_level[i] - 1u));
    }
}

TEST("norm:hideleg_op delegated VS interrupts are not taken with V=0, nor in VS with SIE=0")
{
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HVIP, VS_IRQS);
    EXPECT_DONE(poll(MODE_U));
    EXPECT_DONE(poll(MODE_HS));
    EXPECT_DONE(RUN(MODE_M, CODE(NOP), .mstatus = STATUS_MPIE));
    csr_write(CSR_VSSTATUS, 0);
    EXPECT_DONE(RUN(MODE_VS, CODE(NOP)));
}

TEST("norm:hideleg_hs VS interrupts not delegated by hideleg are taken in HS with codes 2, 6, 10")
{
    csr_write(CSR_HIE, VS_IRQS);
    for (unsigned i = 0; i < 3; i++) {
        context("interrupt", vs_level[i]);
        csr_write(CSR_HVIP, BIT(vs_level[i]));
        static const enum mode modes[] = {MODE_U, MODE_HS, MODE_VU, MODE_VS};
        for (unsigned k = 0; k < 4; k++) {
            csr_clear(CSR_MSTATUS, STATUS_SIE);
            EXPECT_TRAP(poll(modes[k]), .bank = BANK_HS, .cause = INTERRUPT | vs_level[i]);
        }
        csr_clear(CSR_MSTATUS, STATUS_SIE);
        EXPECT_DONE(RUN(MODE_HS, CODE(NOP)));
        EXPECT_DONE(RUN(MODE_M, CODE(NOP), .mstatus = STATUS_MPIE));
    }
}

TEST("norm:hideleg_hs HS interrupts are taken from VS and VU whatever vsstatus.SIE and sstatus.SIE")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    csr_write(CSR_SIE, BIT(IRQ_SSI));
    csr_write(CSR_SIP, BIT(IRQ_SSI));
    csr_write(CSR_HIDELEG, ~0ul);
    for (unsigned i = 0; i < 2; i++)
        for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
            csr_write(CSR_VSSTATUS, i ? STATUS_SIE : 0);
            csr_clear(CSR_MSTATUS, STATUS_SIE);
            EXPECT_TRAP(RUN(m, CODE(NOP)), .bank = BANK_HS, .cause = INTERRUPT | IRQ_SSI);
        }
}

TEST("norm:H_trap_deleg M-level interrupts are taken by M from VS, whatever hideleg")
{
    csr_write(CSR_MIDELEG, 0);
    csr_write(CSR_HIDELEG, ~0ul);
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    for (enum mode m = MODE_VU; m <= MODE_VS; m++)
        EXPECT_TRAP(poll(m), .bank = BANK_M, .cause = INTERRUPT | IRQ_SSI);
}

TEST("norm:hie_op an interrupt not enabled in hie is not taken")
{
    csr_write(CSR_HVIP, VS_IRQS);
    for (unsigned i = 0; i < 2; i++) {
        csr_write(CSR_HIDELEG, i ? VS_IRQS : 0);
        EXPECT_DONE(poll(MODE_VS));
        EXPECT_DONE(poll(MODE_VU));
        EXPECT_DONE(poll(MODE_HS));
    }
}

/* All that can be made pending by software, in HS's order of priority. */
static const u8 hs_order[] = {IRQ_SEI, IRQ_SSI, IRQ_STI, IRQ_VSEI, IRQ_VSSI, IRQ_VSTI, IRQ_LCOFI};

static void drop(unsigned irq)
{
    csr_clear(CSR_MIP, BIT(irq));
    csr_clear(CSR_HVIP, BIT(irq));
}

TEST("norm:sip_sie_priority_bit_order norm:hsint_priority in HS: SEI, SSI, STI, VSEI, VSSI, VSTI, "
     "LCOFI")
{
    csr_write(CSR_MIDELEG, ~0ul);
    csr_write(CSR_MIE, ~(BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI)));
    csr_write(CSR_HVIP, VS_IRQS);
    csr_set(CSR_MIP, BIT(IRQ_SEI) | BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_LCOFI));
    ulong pending = csr_read(CSR_MIP);
    for (unsigned i = 0; i < sizeof(hs_order); i++) {
        if (!(pending & BIT(hs_order[i])))
            continue;
        EXPECT_TRAP(poll(MODE_VS), .bank = BANK_HS, .cause = INTERRUPT | hs_order[i]);
        EXPECT_TRAP(poll(MODE_U), .bank = BANK_HS, .cause = INTERRUPT | hs_order[i]);
        drop(hs_order[i]);
    }
    EXPECT_DONE(poll(MODE_U));
}

TEST("norm:s_interrupt_priority norm:hsint_priority norm:hideleg_trans in VS: SEI, SSI, STI; HS "
     "interrupts come before")
{
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_MIDELEG, BIT(IRQ_STI));
    csr_write(CSR_MIE, VS_IRQS | BIT(IRQ_STI));
    csr_write(CSR_HVIP, VS_IRQS);
    csr_set(CSR_MIP, BIT(IRQ_STI));
    EXPECT_TRAP(poll(MODE_VS), .bank = BANK_HS, .cause = INTERRUPT | IRQ_STI);
    drop(IRQ_STI);
    static const u8 order[] = {IRQ_VSEI, IRQ_VSSI, IRQ_VSTI};
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_TRAP(poll(MODE_VU), .bank = BANK_VS, .cause = INTERRUPT | (order[i] - 1u));
        drop(order[i]);
    }
    EXPECT_DONE(poll(MODE_VU));
}

TEST("norm:vstvec_sz_acc_op norm:hideleg_trans vectored vstvec: the entry is the translated code's")
{
    csr_write(CSR_VSTVEC, (ulong)s_vector_table | 1);
    NEED(csr_read(CSR_VSTVEC) & 1, "vstvec has no vectored mode");
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    for (unsigned i = 0; i < 3; i++) {
        csr_write(CSR_HVIP, BIT(vs_level[i]));
        struct trap t = poll(MODE_VS);
        CHECK_EQ(t.bank, BANK_VS);
        CHECK_EQ(t.cause, INTERRUPT | (vs_level[i] - 1u));
        CHECK_EQ(t.vector, vs_level[i] - 1u);
    }
    csr_write(CSR_HVIP, 0);
    delegate_all(BANK_VS);
    struct trap t = exec(MODE_VS, UNIMP, 0, 0);
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.vector, 0);
}

TEST(
    "norm:stvec_op norm:hideleg_hs vectored stvec: VS interrupts that HS takes use their own codes")
{
    csr_write(CSR_STVEC, (ulong)s_vector_table | 1);
    NEED(csr_read(CSR_STVEC) & 1, "stvec has no vectored mode");
    csr_write(CSR_HIE, VS_IRQS);
    for (unsigned i = 0; i < 3; i++) {
        csr_write(CSR_HVIP, BIT(vs_level[i]));
        struct trap t = poll(MODE_VS);
        CHECK_EQ(t.bank, BANK_HS);
        CHECK_EQ(t.cause, INTERRUPT | vs_level[i]);
        CHECK_EQ(t.vector, vs_level[i]);
    }
}

TEST("norm:hip_acc an interrupt raised or enabled by VS itself is taken at its next instruction")
{
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    EXPECT_TRAP(RUN(MODE_VS, CODE(CSRRSI(ZERO, CSR_SIP, 2), NOP)), .bank = BANK_VS, .at = 4,
                .cause = INTERRUPT | IRQ_SSI);
    csr_write(CSR_VSSTATUS, 0);
    EXPECT_TRAP(RUN(MODE_VS, CODE(NOP, CSRRSI(ZERO, CSR_SSTATUS, 2), NOP)), .bank = BANK_VS,
                .at = 8, .cause = INTERRUPT | IRQ_SSI, .dirty = 1);
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    csr_write(CSR_HIE, 0);
    EXPECT_TRAP(RUN(MODE_VS, CODE(CSRRSI(ZERO, CSR_SIE, 2), NOP)), .bank = BANK_VS, .at = 4,
                .cause = INTERRUPT | IRQ_SSI);
}

TEST("norm:sret_v0 an interrupt for VS pending in HS is taken right after SRET into the guest")
{
    csr_write(CSR_HIDELEG, VS_IRQS);
    csr_write(CSR_HIE, VS_IRQS);
    csr_write(CSR_HVIP, BIT(IRQ_VSEI));
    csr_write(CSR_VSSTATUS, STATUS_SIE);
    csr_write(CSR_HSTATUS, HSTATUS_SPV);
    csr_set(CSR_MSTATUS, STATUS_SPP);
    csr_write(CSR_SEPC, (ulong)slot_pages + 0x200);
    struct trap t = RUN(MODE_HS, CODE(NOP, SRET));
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.cause, INTERRUPT | IRQ_SEI);
    CHECK_EQ(t.epc, (ulong)slot_pages + 0x200);
    CHECK_EQ(t.pp, 1);
}
