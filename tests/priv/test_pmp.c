/* Physical memory protection without locks: what the registers hold, which bytes an entry matches,
 * which entry decides, and for whom. Locked entries: test_pmp_lock.c; Smepmp: test_smepmp.c. */
#include "pmp.h"

static void need_pmp(void)
{
    NEED(pmp_available(), "no PMP");
}

TEST("norm:pmp_rwx_check norm:pmp_cfg_permissions norm:pmp_access_fault_exception "
     "norm:pmp_exec_fault norm:pmp_violation_precise_trap each combination of R, W and X, for each "
     "mode; M-mode may do anything")
{
    need_pmp();
    static const u8 legal[] = {0, PMP_R, PMP_R | PMP_W, PMP_X, PMP_R | PMP_X, PMP_RWX};
    u8 *page = last_page(0);
    for (unsigned i = 0; i < sizeof(legal); i++) {
        context("rights", legal[i]);
        pmp_set(0, PMP_NAPOT | legal[i], NAPOT(page, PAGE));
        FOR_EACH_PRIV(m)
        EXPECT_RIGHTS(m, page + 64, m == MODE_M ? PMP_RWX : legal[i]);
    }
}

TEST("norm:mcause_exccode_ld_ldrsv norm:mcause_exccode_st_sc_amo norm:pmp_load_fault "
     "norm:pmp_store_fault norm:pmp_violation_precise_trap LR loads, SC and "
     "AMOs "
     "store; rd keeps its value")
{
    need_pmp();
    ulong page = (ulong)last_page(0);
    pmp_set(0, PMP_NAPOT, NAPOT(page, PAGE));
    static const struct {
        u32 insn;
        ulong cause;
    } accesses[] = {{LR_W(A1, A0), EXC_LOAD_ACCESS},
                    {LB(A1, A0, 0), EXC_LOAD_ACCESS},
                    {SC_W(A1, A2, A0), EXC_STORE_ACCESS},
                    {AMOADD_W(A1, A2, A0), EXC_STORE_ACCESS},
                    {AMOSWAP_W(A1, A2, A0), EXC_STORE_ACCESS}};
    for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        context("instruction", accesses[i].insn);
        struct trap t = exec(MODE_HS, accesses[i].insn, page, 0x77);
        CHECK_EQ(t.cause, accesses[i].cause);
        CHECK_EQ(t.epc, t.start);
        CHECK_EQ(t.tval, page);
        CHECK_EQ(t.regs[A1], 0x77);
    }
    pmp_cfg_write(0, PMP_NAPOT | PMP_R);
    fence_all();
    EXPECT_DONE(exec(MODE_HS, LR_W(A1, A0), page, 0));
    CHECK_EQ(exec(MODE_HS, AMOADD_W(A1, A2, A0), page, 0).cause, EXC_STORE_ACCESS);
    CHECK_EQ(*(volatile u32 *)page, RETURN);
}

TEST("norm:pmp_check_priv_modes with MPRV set M-mode's data accesses are those of MPP; its fetches "
     "are not")
{
    need_pmp();
    u8 *page = last_page(0);
    pmp_set(0, PMP_NAPOT, NAPOT(page, PAGE));
    /* MRET leaves MPP at U. */
    CHECK_EQ(RUN(MODE_M, CODE(LW(A1, A0, 0)), .a0 = (ulong)page, .mstatus = STATUS_MPRV).cause,
             EXC_LOAD_ACCESS);
    for (ulong mpp = 0; mpp < 4; mpp++) {
        if (mpp == 2)
            continue;
        context("MPP", mpp);
        struct trap t =
            RUN(MODE_M, CODE(CSRRS(ZERO, CSR_MSTATUS, A1), LW(A2, A0, 0), SW(A3, A0, 0)),
                .a0 = (ulong)page, .a1 = MPP(mpp), .a3 = RETURN, .mstatus = STATUS_MPRV);
        CHECK_EQ(t.bank, mpp == 3 ? BANK_NONE : BANK_M);
        if (mpp != 3)
            CHECK_EQ(t.cause, EXC_LOAD_ACCESS);
    }
    EXPECT_DONE(RUN(MODE_M, .pc = (ulong)page, .mstatus = STATUS_MPRV));
}

TEST("norm:pmp_a_field_off norm:pmp_a_field_encoding an entry that is OFF matches nothing")
{
    need_pmp();
    u8 *page = last_page(0);
    pmp_set(0, PMP_OFF, NAPOT(page, PAGE));
    FOR_EACH_PRIV(m)
    EXPECT_RIGHTS(m, page, PMP_RWX);
    static const u8 modes[] = {PMP_OFF, PMP_TOR, PMP_NA4, PMP_NAPOT};
    for (unsigned i = 0; i < 4; i++) {
        pmp_cfg_write(0, modes[i]);
        CHECK_EQ(pmp_cfg(0), modes[i]);
    }
}

TEST("norm:pmp_a_field_napot_na4 norm:pmp_a_field_encoding norm:pmp_granularity NA4 matches four "
     "bytes")
{
    need_pmp();
    u8 *page = last_page(0);
    pmp_set(0, PMP_NA4 | PMP_R, TOP(page + 8));
    NEED(pmp_cfg(0) & PMP_NA4, "the grain is more than four bytes");
    EXPECT_RIGHTS(MODE_HS, page + 4, PMP_RWX);
    EXPECT_RIGHTS(MODE_HS, page + 8, PMP_R);
    EXPECT_RIGHTS(MODE_U, page + 8, PMP_R);
    EXPECT_RIGHTS(MODE_HS, page + 12, PMP_RWX);
}

TEST("norm:pmp_napot_encoding_low_bits norm:pmp_a_field_napot_na4 norm:pmp_a_field_encoding NAPOT "
     "of "
     "each size from 8 bytes to the page pool: first and last word, and those beside")
{
    need_pmp();
    ulong page = (ulong)pool_begin + 0x100000;
    static const u32 offsets[] = {0, 8, 16, 64, PAGE, 0x10000, 0x80000};
    for (ulong size = 8; size <= 0x80000; size *= 2) {
        context("size", size);
        pmp_set(0, PMP_NAPOT, NAPOT(page, size));
        for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
            CHECK_EQ(probe_load(MODE_HS, page + offsets[i]).bank,
                     offsets[i] < size ? BANK_M : BANK_NONE);
        CHECK_EQ(probe_load(MODE_HS, page - 4).bank, BANK_NONE);
        CHECK_EQ(probe_load(MODE_HS, page + size - 4).bank, BANK_M);
        CHECK_EQ(probe_load(MODE_HS, page + size).bank, BANK_NONE);
    }
}

TEST("norm:pmp_napot_encoding_low_bits the largest NAPOT regions: the top bits of pmpaddr set, or "
     "all")
{
    need_pmp();
    u8 *page = last_page(0);
    ulong all = csr_probe(CSR_PMPADDR0, ~0ul);
    /* ..0111: half of all that pmpaddr can name, RAM in it on RV64, and on RV32 as well. */
    for (unsigned shift = 0; shift < 2; shift++) {
        context("shift", shift);
        pmp_set(0, PMP_NAPOT | PMP_X, all >> shift);
        EXPECT_RIGHTS(MODE_HS, page, PMP_X);
        CHECK_EQ(probe_load(MODE_U, 0x10000000).cause, EXC_LOAD_ACCESS);
        EXPECT_RIGHTS(MODE_M, page, PMP_RWX);
    }
}

/* Entry 0 is the base of entry 1, which denies writing; entry 2 opens the rest. */
static void tor_above(unsigned base_cfg, ulong base, ulong top)
{
    pmp_set(2, PMP_NAPOT | PMP_RWX, NAPOT_ALL);
    pmp_set(1, PMP_TOR | PMP_R, top);
    pmp_set(0, base_cfg, base);
}

TEST("norm:pmp_a_field_tor norm:pmp_entry_structure norm:pmp_a_field_encoding TOR: from pmpaddr of "
     "the entry before, included, to its own, excluded")
{
    need_pmp();
    u8 *page = last_page(1);
    static const u16 ends[][2] = {{0, 4}, {4, 8}, {8, 2048}, {4092, 4096}, {4092, 4104}, {0, 8192}};
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        u8 *base = page + ends[i][0], *top = page + ends[i][1];
        context("base", (ulong)base);
        context("top", (ulong)top);
        last_page(0);
        tor_above(PMP_OFF, TOP(base), TOP(top));
        EXPECT_RIGHTS(MODE_HS, base - 4, PMP_RWX);
        EXPECT_RIGHTS(MODE_HS, base, PMP_R);
        EXPECT_RIGHTS(MODE_U, top - 4, PMP_R);
        EXPECT_RIGHTS(MODE_HS, top, PMP_RWX);
    }
}

TEST("norm:pmp_a_field_tor an empty range, base and top equal or reversed, matches nothing")
{
    need_pmp();
    u8 *page = last_page(0);
    for (unsigned top = 0; top <= 64; top += 32) {
        context("top", top);
        tor_above(PMP_OFF, TOP(page + 64), TOP(page + top));
        for (unsigned at = 0; at <= 128; at += 32)
            EXPECT_RIGHTS(MODE_HS, page + at, PMP_RWX);
    }
    tor_above(PMP_OFF, TOP(page), 0);
    EXPECT_RIGHTS(MODE_HS, page, PMP_RWX);
}

TEST("norm:pmp_a_field_tor the base counts whatever the entry before is for itself")
{
    need_pmp();
    u8 *page = last_page(0);
    static const u8 modes[] = {PMP_OFF, PMP_TOR, PMP_NA4, PMP_NAPOT};
    for (unsigned i = 0; i < 4; i++) {
        context("mode of the entry before", modes[i]);
        tor_above(modes[i] | PMP_RWX, TOP(page + 64), TOP(page + 128));
        EXPECT_RIGHTS(MODE_HS, page + 64, modes[i] & PMP_NA4 ? PMP_RWX : PMP_R);
        EXPECT_RIGHTS(MODE_HS, page + 124, PMP_R);
        EXPECT_RIGHTS(MODE_HS, page + 128, PMP_RWX);
    }
}

TEST("norm:pmp_a_field_tor entry 0: from address 0")
{
    need_pmp();
    u8 *page = last_page(0);
    pmp_set(0, PMP_TOR | PMP_R | PMP_X, TOP(page + 8));
    EXPECT_RIGHTS(MODE_HS, page, PMP_R | PMP_X);
    EXPECT_RIGHTS(MODE_HS, page + 4, PMP_R | PMP_X);
    EXPECT_RIGHTS(MODE_HS, page + 8, PMP_RWX);
    CHECK_EQ(probe_store(MODE_HS, 0).cause, EXC_STORE_ACCESS);
    pmp_set(0, PMP_TOR, 0);
    EXPECT_RIGHTS(MODE_HS, page, PMP_RWX);
}

TEST("norm:pmp_entry_priority the lowest entry that matches decides, whatever those after it say")
{
    need_pmp();
    u8 *page = last_page(0);
    pmp_set(3, PMP_NAPOT | PMP_RWX, NAPOT_ALL);
    pmp_set(2, PMP_NAPOT | PMP_X, NAPOT(page, 64));
    pmp_set(1, PMP_NAPOT | PMP_RWX, NAPOT(page, 32));
    pmp_set(0, PMP_NAPOT | PMP_R, NAPOT(page, 8));
    EXPECT_RIGHTS(MODE_HS, page, PMP_R);
    EXPECT_RIGHTS(MODE_HS, page + 4, PMP_R);
    EXPECT_RIGHTS(MODE_HS, page + 8, PMP_RWX);
    EXPECT_RIGHTS(MODE_HS, page + 32, PMP_X);
    EXPECT_RIGHTS(MODE_HS, page + 64, PMP_RWX);
    pmp_cfg_write(0, PMP_OFF);
    fence_all();
    EXPECT_RIGHTS(MODE_HS, page, PMP_RWX);
}

TEST("norm:pmp_full_match_required an access that the deciding entry matches in part fails, in "
     "M-mode "
     "too, whatever the entry allows")
{
    need_pmp();
    NEED(RV64, "no access of more than four bytes");
    ulong page = (ulong)last_page(0);
    pmp_set(0, PMP_NA4 | PMP_RWX, TOP(page + 12));
    FOR_EACH_PRIV(m)
    {
        context("mode", m);
        CHECK_EQ(exec(m, LD(A1, A0, 0), page + 8, 0).cause, EXC_LOAD_ACCESS);
        CHECK_EQ(exec(m, SD(A1, A0, 0), page + 8, 0).cause, EXC_STORE_ACCESS);
        EXPECT_DONE(exec(m, LD(A1, A0, 0), page, 0));
        EXPECT_DONE(exec(m, LD(A1, A0, 0), page + 16, 0));
        EXPECT_DONE(exec(m, LW(A1, A0, 0), page + 12, 0));
    }
    CHECK_EQ(*(volatile u32 *)(page + 8), RETURN);
    tor_above(PMP_OFF, TOP(page), TOP(page + 12));
    CHECK_EQ(exec(MODE_HS, LD(A1, A0, 0), page + 8, 0).cause, EXC_LOAD_ACCESS);
    EXPECT_DONE(exec(MODE_HS, LD(A1, A0, 0), page, 0));
}

TEST("norm:pmp_misaligned_access_behavior a misaligned access into a page without permission is an "
     "access fault there, or a misaligned one")
{
    need_pmp();
    ulong page = (ulong)last_page(1), next = (ulong)last_page(0);
    pmp_set(0, PMP_NAPOT, NAPOT(next, PAGE));
    struct trap t = exec(MODE_HS, LW(A1, A0, 0), next - 2, 0x77);
    NEED(t.cause != EXC_LOAD_MISALIGNED, "misaligned accesses trap");
    CHECK_EQ(t.cause, EXC_LOAD_ACCESS);
    CHECK_EQ(t.tval, next);
    CHECK_EQ(t.regs[A1], 0x77);
    t = exec(MODE_HS, SW(A1, A0, 0), next - 2, 0x77777777);
    CHECK_EQ(t.cause, EXC_STORE_ACCESS);
    CHECK_EQ(t.tval, next);
    CHECK_EQ(*(volatile u32 *)next, RETURN);
    /* The other way round the first part faults. */
    pmp_set(0, PMP_NAPOT, NAPOT(page, PAGE));
    CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), next - 2, 0).tval, next - 2);
}

TEST("norm:pmp_no_entry_match no entry matches: M-mode may, the others may not")
{
    need_pmp();
    u8 *page = last_page(0);
    pmp_set(0, PMP_OFF, 0);
    pmp_set(1, PMP_TOR | PMP_RWX, TOP(page));
    FOR_EACH_PRIV(m)
    {
        EXPECT_RIGHTS(m, page, m == MODE_M ? PMP_RWX : 0);
        EXPECT_RIGHTS(m, page - 64, PMP_RWX);
    }
}

TEST("norm:pmp_check_pagetable_access norm:pmp_with_paging page tables are read with the rights of "
     "S-mode, whoever accesses, and the page itself is checked as well")
{
    need_pmp();
    static const struct {
        enum mode mode;
        u64 user;
    } who[] = {{MODE_HS, 0}, {MODE_U, PTE_U}};
    for (unsigned i = 0; i < 2; i++) {
        one_stage(SV_MIN, who[i].user);
        *(volatile u32 *)ts.mem = RETURN;
        for (unsigned k = 0; k < 3; k++) {
            context("page", k);
            void *const pages[] = {ts.vs.root, (void *)((ulong)ts.vs_leaf & ~(PAGE - 1)), ts.mem};
            pmp_page(pages[k], 0);
            CHECK_EQ(exec(who[i].mode, LW(A1, A0, 0), ts.va, 0).cause,
                     k ? EXC_LOAD_ACCESS : EXC_INSN_ACCESS);
            if (!k)
                continue; /* the root is the code's, too */
            EXPECT_TRAP(exec(who[i].mode, SW(A1, A0, 0), ts.va, 0), .bank = BANK_M,
                        .cause = EXC_STORE_ACCESS, .tval = ts.va, TINST(SW(A1, ZERO, 0)));
            EXPECT_TRAP(RUN(who[i].mode, .pc = ts.va), .bank = BANK_M, .cause = EXC_INSN_ACCESS,
                        .tval = ts.va);
            pmp_page(pages[k], PMP_R); /* enough for the tables */
            CHECK_EQ(exec(who[i].mode, LW(A1, A0, 0), ts.va, 0).bank, BANK_NONE);
        }
        csr_write(CSR_SATP, 0);
        reset_state();
    }
}

TEST("norm:pmp_sfence_required after SFENCE.VMA with x0, x0 a changed entry counts, Bare and paged")
{
    need_pmp();
    for (unsigned paged = 0; paged < 2; paged++) {
        one_stage(paged ? SV_MIN : BARE, 0);
        for (unsigned i = 0; i < 4; i++) {
            static const u8 rights[] = {PMP_RWX, PMP_X, PMP_R | PMP_W, 0};
            csr_write(CSR_PMPADDR0, NAPOT(ts.mem, PAGE));
            pmp_cfg_write(0, PMP_NAPOT | rights[i]);
            asm volatile("sfence.vma" : : : "memory");
            CHECK_EQ(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0).bank,
                     rights[i] & PMP_R ? BANK_NONE : BANK_M);
            CHECK_EQ(exec(MODE_HS, SW(A1, A0, 0), ts.va, 0).bank,
                     rights[i] & PMP_W ? BANK_NONE : BANK_M);
        }
    }
}

TEST("norm:mstatus_mxr_sum_op_acc_fault MXR and SUM are nothing to PMP")
{
    need_pmp();
    one_stage(SV_MIN, PTE_U);
    csr_set(CSR_MSTATUS, STATUS_MXR | STATUS_SUM);
    EXPECT_DONE(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0));
    pmp_page(ts.mem, PMP_X);
    EXPECT_TRAP(exec(MODE_HS, LW(A1, A0, 0), ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_ACCESS,
                .tval = ts.va, TINST(LW(A1, ZERO, 0)));
}
