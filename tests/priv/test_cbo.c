/* Cache-block operations under menvcfg, henvcfg and senvcfg. */
#include "priv.h"

/* One operation, with the bits that enable it. */
static void by_enables(u32 insn, u64 bits)
{
    context("operation", insn >> 20);
    two_stage(BARE, SV_MIN, 0);
    for (unsigned i = 0; i < 8; i++) {
        int m = i & 1, h = i >> 1 & 1, s = i >> 2;
        context("menvcfg, henvcfg, senvcfg", i);
        csr_put64(CSR_MENVCFG, m ? bits : 0);
        csr_put64(CSR_HENVCFG, h ? bits : 0);
        csr_put(CSR_SENVCFG, s ? (ulong)bits : 0);
        ulong want[5];
        want[MODE_M] = NO_TRAP;
        want[MODE_HS] = m ? NO_TRAP : EXC_ILLEGAL;
        want[MODE_U] = m && s ? NO_TRAP : EXC_ILLEGAL;
        want[MODE_VS] = !m ? EXC_ILLEGAL : h ? NO_TRAP : EXC_VIRTUAL;
        want[MODE_VU] = !m ? EXC_ILLEGAL : h && s ? NO_TRAP : EXC_VIRTUAL;
        for (enum mode mode = MODE_U; mode <= MODE_VS; mode++) {
            context("mode", mode);
            ulong address = IS_V(mode) ? ts.va : (ulong)ts.mem;
            struct trap t = exec(mode, insn, address, 0);
            if (want[mode] == NO_TRAP)
                EXPECT_DONE(t);
            else
                EXPECT_TRAP(t, .bank = BANK_M, .cause = want[mode], INSN(insn));
        }
    }
}

static void need_enable(u64 bits)
{
    NEED((csr_probe64(CSR_MENVCFG, bits) & bits) == bits, "the operation is not implemented");
}

TEST("norm:senvcfg_cbze norm:menvcfg_op norm:henvcfg_cbze norm:cbo-zero_basedon_xenvcfg-CBZE "
     "CBO.ZERO: illegal before virtual")
{
    need_enable(ENVCFG_CBZE);
    by_enables(CBO_ZERO(A0), ENVCFG_CBZE);
}

TEST("norm:menvcfg_cbcfe_op norm:senvcfg_cbcfe norm:henvcfg_cbcfe norm:cbo-clean_cbo-flush "
     "CBO.CLEAN and CBO.FLUSH")
{
    need_enable(ENVCFG_CBCFE);
    by_enables(CBO_CLEAN(A0), ENVCFG_CBCFE);
    pool_reset();
    by_enables(CBO_FLUSH(A0), ENVCFG_CBCFE);
}

TEST("norm:senvcfg_cbie norm:menvcfg_cbie_cbo-inval_op_lead-in norm:cbo-inval_h-mode_veq1_op "
     "norm:cbo-inval norm:henvcfg_cbie CBO.INVAL with CBIE 1 and 3")
{
    need_enable(ENVCFG_CBIE(3));
    by_enables(CBO_INVAL(A0), ENVCFG_CBIE(3));
    pool_reset();
    by_enables(CBO_INVAL(A0), ENVCFG_CBIE(1));
}

TEST("norm:henvcfg_cbie norm:menvcfg_cbie_warl_op the reserved CBIE value 2 is not held")
{
    need_enable(ENVCFG_CBIE(3));
    static const u64 others[] = {0, 1, 3};
    for (unsigned i = 0; i < 3; i++) {
        csr_put64(CSR_MENVCFG, ENVCFG_CBIE(others[i]));
        csr_put64(CSR_HENVCFG, ENVCFG_CBIE(others[i]));
        csr_put(CSR_SENVCFG, (ulong)ENVCFG_CBIE(others[i]));
        CHECK_EQ(csr_get64(CSR_HENVCFG) & ENVCFG_CBIE(3), ENVCFG_CBIE(others[i]));
        CHECK(csr_probe64(CSR_MENVCFG, ENVCFG_CBIE(2)) != ENVCFG_CBIE(2));
        CHECK(csr_probe64(CSR_HENVCFG, ENVCFG_CBIE(2)) != ENVCFG_CBIE(2));
        CHECK(csr_probe(CSR_SENVCFG, (ulong)ENVCFG_CBIE(2)) != (ulong)ENVCFG_CBIE(2));
    }
}

TEST("norm:henvcfg_cbcfe the enables are independent of each other")
{
    need_enable(ENVCFG_CBIE(3) | ENVCFG_CBCFE | ENVCFG_CBZE);
    static const u64 bits[] = {ENVCFG_CBIE(3), ENVCFG_CBCFE, ENVCFG_CBZE};
    static const u32 insns[] = {CBO_INVAL(A0), CBO_CLEAN(A0), CBO_ZERO(A0)};
    for (unsigned on = 0; on < 3; on++) {
        csr_put64(CSR_HENVCFG, bits[on]);
        for (unsigned i = 0; i < 3; i++) {
            struct trap t = exec(MODE_VS, insns[i], IMAGE + 0x3ff000, 0);
            if (i == on)
                EXPECT_DONE(t);
            else
                EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_VIRTUAL, INSN(insns[i]));
        }
    }
}

TEST(
    "norm:cbo-inval_h-mode_op0 norm:cbo-inval_h-mode_op1 norm:cbo-inval_h-mode_op2 CBO.INVAL never "
    "loses a store as a flush, and may be executed as one")
{
    need_enable(ENVCFG_CBIE(3));
    two_stage(SV_MIN, SV_MIN, 0);
    for (unsigned i = 0; i < 3; i++) {
        csr_put64(CSR_MENVCFG, ENVCFG_CBIE(i == 1 ? 1 : 3));
        csr_put64(CSR_HENVCFG, ENVCFG_CBIE(i == 2 ? 1 : 3));
        struct trap t = RUN(MODE_VS, CODE(SW(A1, A0, 0), CBO_INVAL(A0), LW(A0, A0, 0)), .a0 = ts.va,
                            .a1 = 0x1234 + i);
        EXPECT_DONE(t);
        if (i)
            CHECK_EQ(RESULT(t), 0x1234 + i);
    }
}

TEST("norm:cbm_access norm:cbm_unperm_fault CBO.CLEAN needs only load permission, CBO.ZERO store "
     "permission, at the G stage")
{
    u64 all = ENVCFG_CBCFE | ENVCFG_CBZE;
    need_enable(all);
    csr_put64(CSR_HENVCFG, all);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf &= ~(pte_t)(PTE_W | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, CBO_CLEAN(A0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_VS, CBO_ZERO(A0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                TINST(CBO_ZERO(ZERO)), .gva = 1);
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_U;
    *ts.vs_leaf &= ~(pte_t)(PTE_W | PTE_D);
    fence_all();
    EXPECT_DONE(exec(MODE_VS, CBO_CLEAN(A0), ts.va, 0));
    EXPECT_TRAP(exec(MODE_VS, CBO_ZERO(A0), ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_PAGE,
                .tval = ts.va, TINST(CBO_ZERO(ZERO)), .gva = 1);
}

/* Where neither a load nor a store may access the block. The machine and supervisor chapters name
 * these instructions beside loads (norm:pmp_load_fault, norm:load_page_fault_no_r) and with them a
 * load fault; the chapter that defines them says a store fault, which is what hardware does. */
TEST("norm:cbm_access norm:cbm_unperm_fault without read permission cache-block management raises "
     "store faults: by PMP, by the page, by the G stage")
{
    u64 all = ENVCFG_CBCFE | ENVCFG_CBIE(3);
    need_enable(all);
    csr_put64(CSR_HENVCFG, all);
    static const u32 insns[] = {CBO_INVAL(A0), CBO_CLEAN(A0), CBO_FLUSH(A0)};
    for (unsigned i = 0; i < 3; i++) {
        context("operation", i);
        u32 tinst = insns[i] & ~0xf8000u;
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        *ts.g_leaf &= ~(pte_t)PTE_V;
        fence_all();
        EXPECT_TRAP(exec(MODE_VS, insns[i], ts.va, 0), .bank = BANK_M,
                    .cause = EXC_STORE_GUEST_PAGE, .tval = ts.va, .tval2 = gpa_value(ts.gpa),
                    TINST(tinst), .gva = 1);
        *ts.g_leaf |= PTE_V;
        *ts.vs_leaf &= ~(pte_t)PTE_V;
        fence_all();
        EXPECT_TRAP(exec(MODE_VS, insns[i], ts.va, 0), .bank = BANK_M, .cause = EXC_STORE_PAGE,
                    .tval = ts.va, TINST(tinst), .gva = 1);
        if (!pmp_available())
            continue;
        u8 *block = page_alloc(1);
        csr_write(CSR_PMPADDR0, (ulong)block >> 2 | 7);
        csr_write(CSR_PMPCFG0, 0x1f00 | 0x18);
        fence_all();
        EXPECT_TRAP(exec(MODE_HS, insns[i], (ulong)block, 0), .bank = BANK_M,
                    .cause = EXC_STORE_ACCESS, .tval = (ulong)block, TINST(tinst));
        csr_write(CSR_PMPCFG0, 0x1f00 | 0x18 | 1);
        fence_all();
        EXPECT_DONE(exec(MODE_HS, insns[i], (ulong)block, 0));
        csr_write(CSR_PMPCFG0, 0x1f00);
    }
}

TEST("norm:cbm_access CBO.ZERO needs PMP permission for the whole block, and changes none of it "
     "without")
{
    NEED(pmp_available(), "no PMP");
    need_enable(ENVCFG_CBZE);
    u8 *block = page_alloc(1);
    csr_put64(CSR_MENVCFG, ENVCFG_CBZE | ENVCFG_CBCFE);
    memset(block, 0x5a, 64);
    csr_write(CSR_PMPADDR0, (ulong)(block + 32) >> 2);
    csr_write(CSR_PMPCFG0, 0x1f00 | 0x10 | 1); /* four bytes, read-only */
    fence_all();
    for (unsigned at = 0; at < 64; at += 28) {
        context("at", at);
        EXPECT_TRAP(exec(MODE_HS, CBO_ZERO(A0), (ulong)block + at, 0), .bank = BANK_M,
                    .cause = EXC_STORE_ACCESS, .tval = (ulong)block + at, TINST(CBO_ZERO(ZERO)));
    }
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQ(block[i], 0x5a);
    /* Permission for all bytes, but in part from another entry. */
    csr_write(CSR_PMPCFG0, 0x1f00 | 0x10 | 7);
    fence_all();
    CHECK_EQ(exec(MODE_HS, CBO_ZERO(A0), (ulong)block, 0).cause, EXC_STORE_ACCESS);
    csr_write(CSR_PMPADDR0, (ulong)block >> 2 | 7);
    csr_write(CSR_PMPCFG0, 0x1f00 | 0x18 | 7);
    fence_all();
    EXPECT_DONE(exec(MODE_HS, CBO_ZERO(A0), (ulong)block + 60, 0));
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQ(block[i], 0);
}

TEST(
    "norm:cbm_unperm_fault on an address where nothing is, cache-block operations are store access "
    "faults at the address given, GVA by whose address it is")
{
    u64 all = ENVCFG_CBCFE | ENVCFG_CBZE | ENVCFG_CBIE(3);
    need_enable(all);
    csr_put64(CSR_HENVCFG, all);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = PTE_PPN(0x7000000) | PTE_RWX | PTE_U;
    fence_all();
    static const u32 insns[] = {CBO_INVAL(A0), CBO_CLEAN(A0), CBO_FLUSH(A0), CBO_ZERO(A0)};
    for (unsigned i = 0; i < 4; i++) {
        context("operation", i);
        EXPECT_TRAP(exec(MODE_VS, insns[i], ts.va + 4, 0), .bank = BANK_M,
                    .cause = EXC_STORE_ACCESS, .tval = ts.va + 4, TINST(insns[i] & ~0xf8000u),
                    .gva = 1);
    }
}

TEST("norm:cbm_unperm_fault under MPRV the fault of a CBO.ZERO is a guest's fault")
{
    u64 all = ENVCFG_CBZE;
    need_enable(all);
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = PTE_PPN(0x7000000) | PTE_RWX | PTE_U;
    fence_all();
    struct trap t =
        RUN(MODE_M,
            CODE(CSRRS(ZERO, RV64 ? CSR_MSTATUS : CSR_MSTATUSH, A1), CSRRS(ZERO, CSR_MSTATUS, A2),
                 CBO_ZERO(A0)),
            .a0 = ts.va, .a1 = (ulong)(MSTATUS_MPV >> (RV64 ? 0 : 32)), .a2 = STATUS_MPRV | MPP(1));
    CHECK_EQ(t.cause, EXC_STORE_ACCESS);
    CHECK_EQ(t.tval, ts.va);
    CHECK_EQ(t.gva, 1);
}
