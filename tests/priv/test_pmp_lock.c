/* The registers of PMP, locked entries, and M-mode without a match (MMWP). What is locked stays so
 * until reset: every test has entries and pages of its own, entry 14 opens everything to the rest.
 */
#include "pmp.h"

/* Entries 2 to 7 come before what opens everything. */
static void open_late(void)
{
    NEED(pmp_available(), "no PMP");
    pmp_set(14, PMP_NAPOT | PMP_RWX, NAPOT_ALL);
    pmp_set(1, PMP_OFF, NAPOT_ALL);
}

TEST("norm:pmp_addr_registers norm:pmp_entry_count norm:pmp_cfg_rv32_layout "
     "norm:pmp_cfg_rv64_layout "
     "norm:pmp_cfg_rv64_illegal there are pmpaddr0 to 63 and the pmpcfg of this XLEN; on RV64 the "
     "odd "
     "ones are illegal")
{
    NEED(pmp_available(), "no PMP");
    unsigned count = 0;
    for (unsigned i = 0; i < 64; i++)
        count += csr_probe(CSR_PMPADDR0 + i, ~0ul) != 0;
    CHECK(count == 16 || count == 64);
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQ(csr_get(CSR_PMPADDR0 + i) != 0, i < count);
    for (unsigned i = 0; i < 16; i++) {
        context("pmpcfg", i);
        CHECK(!RV64 || i % 2 == 0 || !csr_exists(CSR_PMPCFG0 + i));
        CHECK((RV64 && i % 2) || i * 4 >= count || csr_exists(CSR_PMPCFG0 + i));
    }
}

TEST("norm:pmp_csr_mode pmpcfg and pmpaddr are M-mode's")
{
    NEED(pmp_available(), "no PMP");
    FOR_EACH_PRIV(m)
    {
        if (m == MODE_M)
            continue;
        EXPECT_ILLEGAL(exec(m, PEEK(CSR_PMPCFG0), 0, 0), PEEK(CSR_PMPCFG0));
        EXPECT_ILLEGAL(exec(m, TOUCH(CSR_PMPADDR0 + 5), 0, 0), TOUCH(CSR_PMPADDR0 + 5));
    }
}

TEST("norm:pmp_cfg_rv32_layout norm:pmp_cfg_rv64_layout norm:pmp_csrs_warl_access "
     "norm:pmp_rwx_warl norm:pmp_entry_structure each byte of pmpcfg is an entry's; bits 6:5 are "
     "zero, W without R is not held")
{
    NEED(pmp_available(), "no PMP");
    for (unsigned i = 2; i < 16; i++) {
        pmp_cfg_write(i, PMP_OFF | PMP_R | 0x60);
        CHECK_EQ(pmp_cfg(i), PMP_R);
        for (unsigned k = 2; k < 16; k++)
            if (k != i)
                CHECK_EQ(pmp_cfg(k), 0);
        pmp_cfg_write(i, PMP_W);
        CHECK((pmp_cfg(i) & (PMP_R | PMP_W)) != PMP_W);
        pmp_cfg_write(i, PMP_W | PMP_X);
        CHECK((pmp_cfg(i) & (PMP_R | PMP_W)) != PMP_W);
        pmp_cfg_write(i, 0);
    }
    csr_write(CSR_PMPCFG0 + 2, 0x0f0f0e0dul & 0x07070707);
    CHECK_EQ(pmp_cfg(8), 5);
    csr_write(CSR_PMPCFG0 + 2, 0);
}

TEST("norm:pmp_addr_encoding norm:pmp_addr_warl norm:pmp_granularity norm:pmp_region_granularity_g "
     "pmpaddr holds bits 55:2 of an address, on RV32 33:2, from the lowest on")
{
    NEED(pmp_available(), "no PMP");
    u64 all = RV64 ? (1ull << 54) - 1 : 0xffffffff;
    for (unsigned i = 2; i < 16; i++) {
        pmp_addr_write(i, ~0ul);
        CHECK_EQ(pmp_addr(i), all);
        pmp_addr_write(i, (ulong)0x5555555555555555ull);
        CHECK_EQ(pmp_addr(i), 0x5555555555555555ull & all);
        pmp_addr_write(i, 0);
        CHECK_EQ(pmp_addr(i), 0);
    }
}

TEST("norm:pmp_l_bit_m_mode_enforcement norm:pmp_mmode_locking norm:pmp_rwx_check a locked entry "
     "binds M-mode as the others, with each combination of R, W and X")
{
    open_late();
    static const u8 legal[] = {0, PMP_R, PMP_R | PMP_W, PMP_X, PMP_R | PMP_X, PMP_RWX};
    for (unsigned i = 0; i < 6; i++) {
        u8 *page = last_page(i);
        context("rights", legal[i]);
        pmp_set(2 + i, PMP_L | PMP_NAPOT | legal[i], NAPOT(page, PAGE));
        FOR_EACH_PRIV(m)
        EXPECT_RIGHTS(m, page + 8, legal[i]);
    }
}

/* Writes something else to both registers of the entry and compares. */
static void expect_fixed(unsigned entry, int cfg_fixed, int addr_fixed)
{
    unsigned cfg = pmp_cfg(entry), other = PMP_NA4 | PMP_RWX;
    ulong addr = pmp_addr(entry);
    context("entry", entry);
    pmp_cfg_write(entry, other);
    CHECK_EQ(pmp_cfg(entry), cfg_fixed ? cfg : other);
    pmp_cfg_write(entry, cfg);
    pmp_addr_write(entry, addr ^ 0x10);
    CHECK_EQ(pmp_addr(entry), addr_fixed ? addr : addr ^ 0x10);
    pmp_addr_write(entry, addr);
}

TEST("norm:pmp_l_bit_function norm:pmp_l_bit_write_protection norm:pmp_mmode_locking writes to a "
     "locked entry are ignored, OFF or not; a locked TOR entry keeps the address before it")
{
    open_late();
    ulong address = TOP(last_page(7) + 64);
    expect_fixed(13, 0, 0);
    pmp_set(13, PMP_L | PMP_NAPOT | PMP_R, address);
    expect_fixed(13, 1, 1);
    expect_fixed(12, 0, 0); /* the entry after it is no TOR */
    pmp_set(11, PMP_L | PMP_OFF, address);
    expect_fixed(11, 1, 1);
    expect_fixed(10, 0, 0);
    pmp_set(8, PMP_OFF | PMP_R, address);
    pmp_set(9, PMP_TOR | PMP_R, address + 8);
    expect_fixed(8, 0, 0); /* a TOR entry that is not locked */
    pmp_set(9, PMP_L | PMP_TOR | PMP_R, address + 8);
    expect_fixed(9, 1, 1);
    expect_fixed(8, 0, 1);
}

TEST("norm:pmp_l_bit_write_protection a locked entry stays in force, and its neighbours in one "
     "pmpcfg "
     "can be written")
{
    open_late();
    u8 *page = last_page(8);
    pmp_set(0, PMP_L | PMP_NAPOT | PMP_R, NAPOT(page, PAGE));
    csr_write(CSR_PMPCFG0, 0x1f0000 | 0x0d00 | 0x1f);
    CHECK_EQ(pmp_cfg(0), PMP_L | PMP_NAPOT | PMP_R);
    CHECK_EQ(pmp_cfg(1), 0x0d);
    pmp_cfg_write(1, 0);
    fence_all();
    EXPECT_RIGHTS(MODE_M, page, PMP_R);
    EXPECT_RIGHTS(MODE_U, page, PMP_R);
}

TEST("norm:pmp_a_field_tor norm:pmp_l_bit_write_protection the base of a locked range is where it "
     "was")
{
    open_late();
    NEED(pmp_cfg(9) == (PMP_L | PMP_TOR | PMP_R), "the entry is not locked");
    ulong page = (ulong)pool_end - 8 * PAGE + 64; /* as before */
    pmp_set(1, PMP_OFF, 0);
    pmp_set(14, PMP_OFF, 0);
    pmp_set(15, PMP_NAPOT | PMP_RWX, NAPOT_ALL);
    pmp_addr_write(8, 0);
    pmp_cfg_write(8, PMP_OFF);
    fence_all();
    EXPECT_RIGHTS(MODE_M, page + 4, PMP_R);
    EXPECT_RIGHTS(MODE_M, page + 28, PMP_R);
    EXPECT_RIGHTS(MODE_HS, page + 32, PMP_RWX);
    EXPECT_RIGHTS(MODE_HS, page - 4, PMP_RWX);
}

TEST("norm:mseccfg_rlb_op_warl RLB stays zero while an entry is locked")
{
    open_late();
    NEED(csr_exists(CSR_MSECCFG), "no mseccfg");
    CHECK_EQ(csr_probe(CSR_MSECCFG, SECCFG_RLB) & SECCFG_RLB, 0);
}

TEST("norm:mseccfg_mmwp_op_warl MMWP, once set, stays set, and denies M-mode what no entry matches")
{
    NEED(pmp_available(), "no PMP");
    NEED(csr_exists(CSR_MSECCFG), "no mseccfg");
    u8 *page = last_page(9);
    pmp_set(1, PMP_NAPOT | PMP_RWX, NAPOT(IMAGE, IMAGE_SIZE));
    pmp_set(14, PMP_OFF, 0);
    pmp_set(15, PMP_OFF, 0);
    EXPECT_RIGHTS(MODE_M, page + 8, PMP_RWX);
    NEED(csr_probe(CSR_MSECCFG, SECCFG_MMWP) & SECCFG_MMWP, "no Smepmp");
    fence_all();
    EXPECT_RIGHTS(MODE_M, page + 8, 0);
    EXPECT_RIGHTS(MODE_HS, page + 8, 0);
    EXPECT_DONE(probe_load(MODE_M, (ulong)slot_pages));
    CHECK_EQ(csr_probe(CSR_MSECCFG, 0) & SECCFG_MMWP, SECCFG_MMWP);
    EXPECT_RIGHTS(MODE_M, page + 8, 0);
}
