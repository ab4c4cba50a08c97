/* mtime, mtimecmp and msip of the `virt` board, the interrupts they raise, WFI, and interrupts of
 * M-mode and S-mode that an instruction itself makes takeable. */
#include "priv.h"

#define MSIP     0x2000000ul
#define SETSSIP  0x2f00000ul
#define MTIMECMP 0x2004000ul
#define MTIME    0x200bff8ul

#define MMIO32(address) (*(volatile u32 *)(address))

static u64 read64(ulong at)
{
    if (RV64)
        return *(volatile u64 *)at;
    u32 high, low;
    do {
        high = MMIO32(at + 4);
        low = MMIO32(at);
    } while (high != MMIO32(at + 4));
    return (u64)high << 32 | low;
}

static void write64(ulong at, u64 value)
{
    if (RV64) {
        *(volatile u64 *)at = value;
        return;
    }
    MMIO32(at) = 0xffffffff; /* the manual's sequence for mtimecmp */
    MMIO32(at + 4) = (u32)(value >> 32);
    MMIO32(at) = (u32)value;
}

static void quiet(void)
{
    write64(MTIMECMP, ~0ull);
    MMIO32(MSIP) = 0;
}

/* mip once the change has arrived there: "eventually" is soon. */
static ulong mip_bit(unsigned irq, ulong wanted)
{
    for (unsigned i = 0; i < 1000 && (csr_read(CSR_MIP) >> irq & 1) != wanted; i++)
        ;
    return csr_read(CSR_MIP) >> irq & 1;
}

TEST("norm:mtime_acc norm:mtime_op norm:mtime_sz norm:mtime_enc_img mtime can be written, all 64 "
     "bits, and goes on from there")
{
    quiet();
    u64 now = read64(MTIME);
    write64(MTIME, 0x123456789abc0000ull);
    u64 then = read64(MTIME);
    CHECK(then >= 0x123456789abc0000ull && then < 0x123456789abd0000ull);
    for (volatile unsigned i = 0; i < 1000; i++)
        ;
    CHECK(read64(MTIME) > then);
    write64(MTIME, now);
}

TEST("norm:mtime_wrap mtime wraps around")
{
    quiet();
    u64 now = read64(MTIME);
    write64(MTIME, 0xfffffffffffffff0ull);
    for (unsigned i = 0; i < 100000 && read64(MTIME) >> 63; i++)
        ;
    CHECK(read64(MTIME) < 0x100000);
    write64(MTIME, now);
}

TEST("norm:mtimecmp_sz norm:mtimecmp_enc_img mtimecmp has 64 bits")
{
    write64(MTIMECMP, 0xfedcba9876543210ull);
    CHECK_EQ(read64(MTIMECMP), 0xfedcba9876543210ull);
    quiet();
}

TEST("norm:mtime_intr_pending norm:mip_mtip_mie_mtie_op norm:mtime_intr_mtip_visibility "
     "norm:mip_mtip_rdonly MTIP is mtime >= mtimecmp, unsigned, until mtimecmp is larger")
{
    quiet();
    CHECK_EQ(mip_bit(IRQ_MTI, 0), 0);
    static const u64 pairs[][3] = {{100, 50, 1},
                                   {100, 1ull << 62, 0},
                                   {1ull << 63, 100, 1},
                                   {100, 1ull << 63, 0},
                                   {0xffffffff00000000ull, 0xfffffffe00000000ull, 1},
                                   {0x100000000ull, 0xffffffffull, 1},
                                   {0xffff0000ull, 0x100000000ull + 0xffff0000, 0}};
    u64 now = read64(MTIME);
    for (unsigned i = 0; i < 7; i++) {
        context("pair", i);
        write64(MTIME, pairs[i][0]);
        write64(MTIMECMP, pairs[i][1]);
        CHECK_EQ(mip_bit(IRQ_MTI, (ulong)pairs[i][2]), pairs[i][2]);
        csr_clear(CSR_MIP, BIT(IRQ_MTI));
        CHECK_EQ(mip_bit(IRQ_MTI, (ulong)pairs[i][2]), pairs[i][2]);
    }
    write64(MTIME, now);
    quiet();
    CHECK_EQ(mip_bit(IRQ_MTI, 0), 0);
}

TEST("norm:mtimecmp_rv32_wr norm:mtime_mtimecmp_rv64_wr a 32-bit write changes one half of "
     "mtimecmp; "
     "on RV64 a 64-bit one both")
{
    write64(MTIMECMP, 0x1111111122222222ull);
    MMIO32(MTIMECMP) = 0x33333333;
    CHECK_EQ(read64(MTIMECMP), 0x1111111133333333ull);
    MMIO32(MTIMECMP + 4) = 0x44444444;
    CHECK_EQ(read64(MTIMECMP), 0x4444444433333333ull);
    if (RV64) {
        *(volatile u64 *)MTIMECMP = 0x5555555566666666ull;
        CHECK_EQ(MMIO32(MTIMECMP), 0x66666666);
        CHECK_EQ(MMIO32(MTIMECMP + 4), 0x55555555);
    }
    quiet();
}

TEST("norm:time_op_rdonly norm:timeh_op_rdonly norm:time_timeh_visibility_mtime "
     "norm:time_csr_architectural_availability time and timeh are mtime, and cannot be written")
{
    NEED(csr_exists(CSR_TIME), "no Zicntr");
    quiet();
    for (unsigned i = 0; i < 2; i++) {
        u64 now = read64(MTIME);
        if (i)
            write64(MTIME, 0x7777777700000000ull);
        u64 before = read64(MTIME);
        u64 time = csr_get64(CSR_TIME), after = read64(MTIME);
        CHECK(before <= time && time <= after + 1);
        write64(MTIME, now);
    }
    EXPECT_ILLEGAL(exec(MODE_M, CSRW(CSR_TIME, A0), 0, 0), CSRW(CSR_TIME, A0));
    if (!RV64)
        EXPECT_ILLEGAL(exec(MODE_M, CSRW(CSR_TIMEH, A0), 0, 0), CSRW(CSR_TIMEH, A0));
}

TEST(
    "norm:mtime_intr_taken norm:intr_mip_mie_op the timer interrupt is taken with MTIE and MIE, or "
    "below M with MTIE")
{
    quiet();
    write64(MTIMECMP, 0);
    CHECK_EQ(mip_bit(IRQ_MTI, 1), 1);
    for (unsigned i = 0; i < 4; i++) {
        ulong mtie = i & 1, mie = i >> 1;
        context("MTIE", mtie);
        context("MIE", mie);
        csr_write(CSR_MIE, mtie ? BIT(IRQ_MTI) : 0);
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            context("mode", m);
            struct trap t = RUN(m, CODE(NOP), .mstatus = mie ? STATUS_MPIE : 0);
            if (mtie && (mie || m != MODE_M))
                EXPECT_TRAP(t, .bank = BANK_M, .cause = INTERRUPT | IRQ_MTI);
            else
                EXPECT_DONE(t);
        }
    }
    quiet();
}

TEST("norm:msip_sz_acc norm:msip_enc norm:mip_msip_mie_msie_op norm:mip_msip_rdonly "
     "norm:msip_update_max_time bit 0 of msip is MSIP; the others are zero")
{
    quiet();
    MMIO32(MSIP) = 0xfffffffe;
    CHECK_EQ(MMIO32(MSIP), 0);
    CHECK_EQ(mip_bit(IRQ_MSI, 0), 0);
    MMIO32(MSIP) = 0xffffffff;
    CHECK_EQ(MMIO32(MSIP), 1);
    CHECK_EQ(mip_bit(IRQ_MSI, 1), 1);
    csr_clear(CSR_MIP, BIT(IRQ_MSI));
    CHECK_EQ(mip_bit(IRQ_MSI, 1), 1);
    csr_write(CSR_MIE, BIT(IRQ_MSI));
    EXPECT_TRAP(RUN(MODE_U, CODE(NOP)), .bank = BANK_M, .cause = INTERRUPT | IRQ_MSI);
    MMIO32(MSIP) = 0;
    CHECK_EQ(mip_bit(IRQ_MSI, 0), 0);
}

TEST("norm:mip_ssip_intr_ctrl norm:sip_ssip_sie_ssie the board's SSWI device sets SSIP, which "
     "software "
     "clears")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    CHECK_EQ(csr_read(CSR_SIP) & BIT(IRQ_SSI), 0);
    MMIO32(SETSSIP) = 1;
    CHECK_EQ(mip_bit(IRQ_SSI, 1), 1);
    CHECK_EQ(csr_read(CSR_SIP) & BIT(IRQ_SSI), BIT(IRQ_SSI));
    csr_clear(CSR_SIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SSI), 0);
}

TEST("norm:wfi_op norm:wfi_mepc_val norm:mtime_intr_taken an interrupt that comes during WFI is "
     "taken "
     "behind it")
{
    quiet();
    csr_write(CSR_MIE, BIT(IRQ_MTI));
    for (enum mode m = MODE_HS; m <= MODE_M; m++) {
        context("mode", m);
        write64(MTIMECMP, read64(MTIME) + 3000);
        struct trap t = RUN(m, CODE(WFI, NOP), .mstatus = STATUS_MPIE);
        CHECK_EQ(t.cause, INTERRUPT | IRQ_MTI);
        CHECK_EQ(t.epc, t.start + 4);
        CHECK(read64(MTIME) >= read64(MTIMECMP));
    }
    quiet();
}

TEST("norm:wfi_unaffected_conditions norm:wfi_no_intr_pc norm:wfi_intr_dis WFI ends for what is "
     "enabled in mie, taken or not: whatever MIE, SIE and mideleg; it goes on behind itself")
{
    quiet();
    for (unsigned i = 0; i < 4; i++) {
        context("delegated, SIE", i);
        csr_write(CSR_MIDELEG, i & 1 ? BIT(IRQ_SSI) : 0);
        csr_write(CSR_MIE, BIT(IRQ_SSI));
        csr_write(CSR_MIP, BIT(IRQ_SSI));
        csr_write(CSR_MSTATUS, i & 2 ? STATUS_SIE : 0);
        struct trap t = RUN(MODE_M, CODE(WFI, ADDI(A0, A0, 1)));
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), 1);
    }
    csr_write(CSR_MIE, 0);
    csr_write(CSR_MIDELEG, 0);
    /* What is pending but not enabled does not end it: the timer does. */
    csr_write(CSR_MIP, BIT(IRQ_SSI));
    csr_write(CSR_MIE, BIT(IRQ_MTI));
    u64 until = read64(MTIME) + 3000;
    write64(MTIMECMP, until);
    struct trap t = RUN(MODE_M, CODE(WFI, ADDI(A0, A0, 1)));
    EXPECT_DONE(t);
    CHECK(read64(MTIME) >= until);
    quiet();
}

TEST("norm:intr_mip_mie_xret_csrwr norm:intr_mip_mie_bounded_time an instruction that makes an "
     "interrupt takeable is the last before it: writes of mstatus, mie, mip, mideleg, and MRET")
{
    quiet();
    csr_write(CSR_MIE, BIT(IRQ_SSI));
    csr_write(CSR_MIP, BIT(IRQ_SSI));
    EXPECT_TRAP(RUN(MODE_M, CODE(NOP, CSRRSI(ZERO, CSR_MSTATUS, 8), NOP)), .bank = BANK_M, .at = 8,
                .cause = INTERRUPT | IRQ_SSI);
    csr_write(CSR_MIE, 0);
    EXPECT_TRAP(RUN(MODE_M, CODE(NOP, CSRRSI(ZERO, CSR_MIE, 2), NOP), .mstatus = STATUS_MPIE),
                .bank = BANK_M, .at = 8, .cause = INTERRUPT | IRQ_SSI);
    csr_write(CSR_MIP, 0);
    EXPECT_TRAP(RUN(MODE_M, CODE(NOP, CSRRSI(ZERO, CSR_MIP, 2), NOP), .mstatus = STATUS_MPIE),
                .bank = BANK_M, .at = 8, .cause = INTERRUPT | IRQ_SSI);
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    EXPECT_TRAP(RUN(MODE_M, CODE(NOP, CSRW(CSR_MIDELEG, ZERO), NOP), .mstatus = STATUS_MPIE),
                .bank = BANK_M, .at = 8, .cause = INTERRUPT | IRQ_SSI);
    EXPECT_TRAP(RUN(MODE_U, CODE(NOP)), .bank = BANK_M, .cause = INTERRUPT | IRQ_SSI);
}

TEST("norm:sie_sip_strap_time_constraint norm:sip_acc norm:sip_op norm:sip_ssip_sie_ssie "
     "norm:sie_acc "
     "norm:sip_sie the same in S-mode: writes of sstatus, sie and sip, and SRET")
{
    csr_write(CSR_MIDELEG, BIT(IRQ_SSI));
    csr_write(CSR_MIE, 0);
    csr_write(CSR_SIP, BIT(IRQ_SSI));
    CHECK_EQ(csr_read(CSR_SIP) & BIT(IRQ_SSI), BIT(IRQ_SSI));
    csr_write(CSR_SIP, 0);
    CHECK_EQ(csr_read(CSR_SIP) & BIT(IRQ_SSI), 0);
    csr_write(CSR_SIE, BIT(IRQ_SSI));
    csr_set(CSR_MSTATUS, STATUS_SIE);
    EXPECT_TRAP(RUN(MODE_HS, CODE(NOP, CSRRSI(ZERO, CSR_SIP, 2), NOP)), .bank = BANK_HS, .at = 8,
                .cause = INTERRUPT | IRQ_SSI);
    csr_clear(CSR_MSTATUS, STATUS_SIE);
    EXPECT_TRAP(RUN(MODE_HS, CODE(NOP, CSRRSI(ZERO, CSR_SSTATUS, 2), NOP)), .bank = BANK_HS,
                .at = 8, .cause = INTERRUPT | IRQ_SSI, .dirty = 1);
    csr_set(CSR_MSTATUS, STATUS_SIE);
    csr_write(CSR_SIE, 0);
    EXPECT_TRAP(RUN(MODE_HS, CODE(NOP, CSRRSI(ZERO, CSR_SIE, 2), NOP)), .bank = BANK_HS, .at = 8,
                .cause = INTERRUPT | IRQ_SSI);
    csr_clear(CSR_MSTATUS, STATUS_SIE);
    csr_clear(CSR_MSTATUS, STATUS_SPP);
    csr_write(CSR_SEPC, (ulong)slot_pages + 0x200);
    struct trap t = RUN(MODE_HS, CODE(NOP, SRET));
    CHECK_EQ(t.cause, INTERRUPT | IRQ_SSI);
    CHECK_EQ(t.epc, (ulong)slot_pages + 0x200);
    csr_write(CSR_SIP, 0);
}

TEST("norm:sip_sie_warl norm:sip_sie_bits_sz norm:sie_acc norm:std_super_intr_impl sie shows what "
     "is "
     "delegated and exists, at the manual's places; the rest is read-only zero")
{
    ulong standard = BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI) | BIT(IRQ_LCOFI);
    csr_write(CSR_MIDELEG, ~0ul);
    ulong delegated = csr_read(CSR_MIDELEG) & 0xffff;
    CHECK_EQ(csr_probe(CSR_SIE, ~0ul) & 0xffff, delegated & standard);
    CHECK_EQ(csr_read(CSR_MIE) & standard, delegated & standard);
    for (unsigned i = 0; i < 4; i++) {
        static const u8 irqs[] = {IRQ_SSI, IRQ_STI, IRQ_SEI, IRQ_LCOFI};
        csr_write(CSR_MIDELEG, delegated & ~BIT(irqs[i]));
        csr_write(CSR_SIE, ~0ul);
        CHECK_EQ(csr_read(CSR_SIE) & BIT(irqs[i]), 0);
    }
    csr_write(CSR_MIE, 0);
}

TEST("norm:mip_sip_stip_op norm:supervisor_timer_scheduling norm:mip_stip_stimecmp_clr "
     "norm:sip_stip_sie_stie STIP is time >= stimecmp, unsigned, in mip and sip, and the interrupt "
     "is "
     "S-mode's")
{
    NEED(csr_exists(CSR_STIMECMP), "no Sstc");
    csr_put64(CSR_MENVCFG, ENVCFG_STCE);
    csr_write(CSR_MIDELEG, BIT(IRQ_STI));
    static const struct {
        u64 compare;
        ulong pending;
    } rows[] = {{0, 1}, {~0ull, 0}, {1ull << 63, 0}, {1, 1}};
    for (unsigned i = 0; i < 4; i++) {
        csr_put64(CSR_STIMECMP, rows[i].compare);
        CHECK_EQ(csr_read(CSR_MIP) >> IRQ_STI & 1, rows[i].pending);
        CHECK_EQ(csr_read(CSR_SIP) >> IRQ_STI & 1, rows[i].pending);
    }
    csr_write(CSR_SIE, BIT(IRQ_STI));
    EXPECT_TRAP(RUN(MODE_U, CODE(NOP)), .bank = BANK_HS, .cause = INTERRUPT | IRQ_STI);
    u64 until = csr_get64(CSR_TIME) + 3000;
    csr_put64(CSR_STIMECMP, until);
    CHECK_EQ(csr_read(CSR_SIP) >> IRQ_STI & 1, 0);
    struct trap t = RUN(MODE_HS, CODE(WFI, NOP)); /* SIE is clear: it ends and goes on */
    EXPECT_DONE(t);
    CHECK(csr_get64(CSR_TIME) >= until);
    CHECK_EQ(csr_read(CSR_SIP) >> IRQ_STI & 1, 1);
    csr_put64(CSR_STIMECMP, ~0ull);
    CHECK_EQ(csr_read(CSR_SIP) >> IRQ_STI & 1, 0);
}
