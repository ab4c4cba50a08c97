/* hgatp and vsatp as registers: WARL fields, unsupported modes, VMIDs; and the Sh* extensions about
 * them. */
#include "priv.h"

#define MODE_AT  (RV64 ? 60 : 31)
#define PPN_BITS (RV64 ? (1ul << 44) - 1 : (1ul << 22) - 1)
#define ID_AT    (RV64 ? 44 : 22)
#define ID_MAX   (RV64 ? 14 : 7)

TEST("norm:hgatp_sz_acc_op norm:shgatpa_satp_hgatp_mode_support norm:shgatpa_hgatp_bare_mode "
     "norm:shvsatpa_satp_vsatp_modes every mode of satp is a mode of vsatp and, x4, of hgatp")
{
    for (unsigned m = BARE; m <= SV57; m++) {
        context("mode", m);
        if (!mode_supported(STAGE_HS, m))
            continue;
        CHECK(mode_supported(STAGE_VS, m));
        CHECK(mode_supported(STAGE_G, m));
    }
    CHECK(mode_supported(STAGE_G, BARE));
    CHECK(mode_supported(STAGE_VS, BARE));
}

TEST("norm:H_vm_supported at least Sv32 or Sv39")
{
    CHECK(mode_supported(STAGE_HS, SV_MIN));
    CHECK(mode_supported(STAGE_VS, SV_MIN));
    CHECK(mode_supported(STAGE_G, SV_MIN));
}

TEST("norm:hgatp_ppn_op PPN[1:0] reads as zero")
{
    ulong mode = (ulong)SV_MIN << MODE_AT;
    for (ulong low = 0; low < 4; low++)
        CHECK_EQ(csr_probe(CSR_HGATP, mode | 0x80400 | low) & PPN_BITS, 0x80400);
    /* The root is then at the 16 KiB boundary. */
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HGATP, table_atp(&ts.g, 0) | 3);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, LW(A0, A0, 0), ts.va, 0));
}

TEST("norm:hgatp_mode_warl a write with an unsupported MODE is not ignored: the other fields are "
     "written")
{
    NEED(RV64, "Sv32x4 and Bare are all there is");
    ulong good = 8ul << MODE_AT;
    for (unsigned mode = 1; mode < 16; mode++) {
        if (mode >= 8 && mode <= 10)
            continue;
        context("mode", mode);
        csr_put(CSR_HGATP, good | 0x80400);
        ulong got = csr_probe(CSR_HGATP, (ulong)mode << MODE_AT | 0x80600);
        CHECK_EQ(got & PPN_BITS, 0x80600);
        CHECK(mode_supported(STAGE_G, (unsigned)(got >> MODE_AT)));
    }
}

TEST("norm:vsatp_mode_unsupported_v1 in VS-mode a write of satp with an unsupported MODE does "
     "nothing")
{
    NEED(RV64, "Sv32 and Bare are all there is");
    two_stage(SV_MIN, SV_MIN, 0);
    ulong old = csr_read(CSR_VSATP);
    for (unsigned mode = 1; mode < 16; mode++) {
        if (mode >= 8 && mode <= 10)
            continue;
        EXPECT_DONE(exec(MODE_VS, CSRW(CSR_SATP, A0), (ulong)mode << MODE_AT | 0x1234, 0));
        CHECK_EQ(csr_read(CSR_VSATP), old);
    }
}

TEST("norm:vsatp_mode_unsupported_v0 written from M or HS, vsatp never holds an unsupported MODE")
{
    NEED(RV64, "Sv32 and Bare are all there is");
    for (unsigned mode = 1; mode < 16; mode++) {
        csr_put(CSR_VSATP, 8ul << MODE_AT | 0x80400);
        ulong got = csr_probe(CSR_VSATP, (ulong)mode << MODE_AT | 0x80600);
        CHECK(mode_supported(STAGE_VS, (unsigned)(got >> MODE_AT)));
    }
}

TEST("norm:hgatp_vmid norm:hgatp_vmid_lsbs VMID bits are implemented from the least significant up")
{
    ulong mode = (ulong)SV_MIN << MODE_AT, field = ((1ul << ID_MAX) - 1);
    ulong all = csr_probe(CSR_HGATP, mode | field << ID_AT) >> ID_AT & field;
    CHECK_EQ(all & (all + 1), 0);
    for (unsigned bit = 0; bit < ID_MAX; bit++)
        CHECK_EQ(csr_probe(CSR_HGATP, mode | BIT(bit) << ID_AT) >> ID_AT & field, all & BIT(bit));
}

TEST("norm:hgatp_sz_acc_op bits of hgatp between VMID and MODE are zero")
{
    ulong mode = (ulong)SV_MIN << MODE_AT, below_mode = (1ul << MODE_AT) - 1;
    CHECK_EQ(csr_probe(CSR_HGATP, mode | below_mode) >> (ID_AT + ID_MAX) & 3, 0);
}

TEST("norm:vsatp_v0 norm:H_vscsrs_v0 vsatp and hgatp do nothing to accesses with V=0")
{
    two_stage(SV_MIN, SV_MIN, 0);
    struct trap t = exec(MODE_HS, LBU(A0, A0, 0), (ulong)ts.mem + 5, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[5]);
    t = exec(MODE_U, LBU(A0, A0, 0), (ulong)ts.mem + 6, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[6]);
}

TEST("norm:H_vscsrs_v1 satp does nothing to accesses with V=1")
{
    one_stage(SV_MIN, 0);
    ulong va = ts.va;
    two_stage(BARE, BARE, 0);
    struct trap t = exec(MODE_VS, LBU(A0, A0, 0), (ulong)ts.mem + 5, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[5]);
    CHECK(va != ts.va);
}

TEST(
    "norm:shvstvecd_vstvec_mode_direct norm:shvstvecd_vstvec_base_aligned_address vstvec holds any "
    "4-byte aligned address")
{
    for (ulong at = 0x80000004; at; at <<= 1) {
        CHECK_EQ(csr_probe(CSR_VSTVEC, at & ~3ul), at & ~3ul);
        CHECK_EQ(csr_probe(CSR_VSTVEC, IMAGE | (at & 0xffc)), IMAGE | (at & 0xffc));
    }
}
