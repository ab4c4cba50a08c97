/* HLV, HLVX and HSV: values, permissions, the privilege they act with, and misaligned accesses. */
#include "priv.h"

static void write_mem(unsigned at, u64 value)
{
    for (unsigned i = 0; i < 8; i++)
        ts.mem[at + i] = (u8)(value >> (8 * i));
}

static u64 read_mem(unsigned at)
{
    u64 value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (u64)ts.mem[at + i] << (8 * i);
    return value;
}

TEST("norm:hlsv_op norm:hlsv_u_op every load extends as its base instruction does")
{
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    write_mem(0, 0x81828384f5f6f7f8ull);
    static const struct {
        u32 insn;
        u64 want;
    } rows[] = {
        {HLV_B(A0, A0), 0xfffffffffffffff8ull},
        {HLV_BU(A0, A0), 0xf8},
        {HLV_H(A0, A0), 0xfffffffffffff7f8ull},
        {HLV_HU(A0, A0), 0xf7f8},
        {HLVX_HU(A0, A0), 0xf7f8},
        {HLV_W(A0, A0), 0xfffffffff5f6f7f8ull},
        {HLVX_WU(A0, A0), 0xf5f6f7f8},
        {HLV_WU(A0, A0), 0xf5f6f7f8},
        {HLV_D(A0, A0), 0x81828384f5f6f7f8ull},
    };
    for (unsigned i = 0; i < (RV64 ? 9 : 7); i++)
        for (enum mode m = MODE_HS; m <= MODE_M; m++) {
            context("instruction", rows[i].insn);
            struct trap t = exec(m, rows[i].insn, ts.va, 0);
            EXPECT_DONE(t);
            CHECK_EQ(RESULT(t), (ulong)rows[i].want);
        }
}

TEST("norm:hlsv_op every store writes its width and no more")
{
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    static const u32 stores[] = {HSV_B(A1, A0), HSV_H(A1, A0), HSV_W(A1, A0), HSV_D(A1, A0)};
    for (unsigned i = 0; i < (RV64 ? 4 : 3); i++) {
        write_mem(0, 0x1111111111111111ull);
        EXPECT_DONE(exec(MODE_HS, stores[i], ts.va, (ulong)0xa1a2a3a4a5a6a7a8ull));
        u64 mask = i == 3 ? ~0ull : (1ull << (8 << i)) - 1;
        u64 value = RV64 ? 0xa1a2a3a4a5a6a7a8ull : 0xa5a6a7a8ull;
        CHECK_EQ(read_mem(0), (0x1111111111111111ull & ~mask) | (value & mask));
    }
}

TEST("norm:hlsv_op rd=x0 and rs1=rd")
{
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    EXPECT_DONE(exec(MODE_HS, HLV_W(ZERO, A0), ts.va, 0));
    *ts.g_leaf = 0;
    fence_all();
    CHECK_EQ(exec(MODE_HS, HLV_W(ZERO, A0), ts.va, 0).cause, EXC_LOAD_GUEST_PAGE);
    struct trap t = exec(MODE_HS, HLV_W(A0, A0), ts.va, 0);
    CHECK_EQ(RESULT(t), ts.va);
}

TEST("norm:hlsv_priv norm:hstatus_spvp_op VU or VS by SPVP, from U, HS and M")
{
    for (unsigned user = 0; user < 2; user++) {
        pool_reset();
        two_stage(SV_MIN, SV_MIN, user ? PTE_U : 0);
        for (enum mode m = MODE_U; m <= MODE_M; m++)
            for (unsigned spvp = 0; spvp < 2; spvp++) {
                context("U page", user);
                context("mode", m);
                context("SPVP", spvp);
                csr_write(CSR_HSTATUS, HSTATUS_HU | (spvp ? HSTATUS_SPVP : 0));
                csr_write(CSR_VSSTATUS, 0);
                struct trap t = exec(m, HLV_W(A1, A0), ts.va, 0);
                if (user != spvp) {
                    EXPECT_DONE(t);
                    EXPECT_DONE(exec(m, HSV_B(A1, A0), ts.va + 16, 0));
                    continue;
                }
                EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_PAGE, .tval = ts.va,
                            TINST(HLV_W(A1, ZERO)), .gva = 1);
            }
    }
}

TEST("norm:hlsv_trans the HS SUM is ignored, vsstatus.SUM applies when SPVP=1")
{
    two_stage(SV_MIN, SV_MIN, PTE_U);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    csr_set(CSR_MSTATUS, STATUS_SUM);
    CHECK_EQ(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0).cause, EXC_LOAD_PAGE);
    CHECK_EQ(exec(MODE_M, HSV_W(A1, A0), ts.va, 0).cause, EXC_STORE_PAGE);
    csr_clear(CSR_MSTATUS, STATUS_SUM);
    csr_write(CSR_VSSTATUS, STATUS_SUM);
    EXPECT_DONE(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0));
    EXPECT_DONE(exec(MODE_HS, HSV_W(A1, A0), ts.va, 0));
}

/* The cause of the instruction on a window with these XWR bits, 0 when it works. */
static ulong outcome(u32 insn, unsigned v, unsigned g)
{
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_V | PTE_A | PTE_D | v << 1;
    *ts.g_leaf = PTE_PPN((ulong)ts.mem) | PTE_V | PTE_A | PTE_D | PTE_U | g << 1;
    fence_all();
    struct trap t = exec(MODE_HS, insn, ts.va, 0);
    return t.bank == BANK_NONE ? 0 : t.cause;
}

static ulong load_outcome(unsigned v_allows, unsigned g_allows)
{
    return !v_allows ? EXC_LOAD_PAGE : !g_allows ? EXC_LOAD_GUEST_PAGE : 0;
}

TEST("norm:hlsv_sstatus_mxr norm:hlsv_vsstatus_mxr norm:hlsv_u_op permissions of HLV, HLVX and HSV")
{
    static const u32 loads[] = {HLV_B(A1, A0), HLV_BU(A1, A0), HLV_H(A1, A0), HLV_HU(A1, A0),
                                HLV_W(A1, A0), HLV_WU(A1, A0), HLV_D(A1, A0)};
    static const u32 stores[] = {HSV_B(A1, A0), HSV_H(A1, A0), HSV_W(A1, A0), HSV_D(A1, A0)};
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned mxr = 0; mxr < 4; mxr++) {
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        csr_write(CSR_MSTATUS, (mxr & 1 ? STATUS_MXR : 0) | STATUS_FS);
        csr_write(CSR_VSSTATUS, mxr & 2 ? STATUS_MXR : 0);
        context("MXR (1 sstatus, 2 vsstatus)", mxr);
        static const unsigned sets[] = {1, 3, 4, 5, 7};
        for (unsigned i = 0; i < 25; i++) {
            unsigned v = sets[i / 5], g = sets[i % 5];
            context("VS XWR", v);
            context("G XWR", g);
            for (unsigned n = 0; n < (RV64 ? 7 : 5); n++)
                CHECK_EQ(outcome(loads[n], v, g), load_outcome(v & 1 || mxr, g & 1 || mxr & 1));
            CHECK_EQ(outcome(HLVX_HU(A1, A0), v, g), load_outcome(v & 4, g & 4));
            CHECK_EQ(outcome(HLVX_WU(A1, A0), v, g), load_outcome(v & 4, g & 4));
            for (unsigned n = 0; n < (RV64 ? 4 : 3); n++)
                CHECK_EQ(outcome(stores[n], v, g),
                         v & 2 ? (g & 2 ? 0 : EXC_STORE_GUEST_PAGE) : EXC_STORE_PAGE);
        }
    }
}

TEST("norm:hlsv_u_op HLVX takes X only at the leaf; the implicit reads still need R")
{
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    pte_t *table = table_slot(&ts.g, (ulong)ts.vs_leaf & ~(PAGE - 1), 0);
    pte_t full = *table;
    *table = full & ~(pte_t)PTE_X;
    fence_all();
    EXPECT_DONE(exec(MODE_HS, HLVX_WU(A1, A0), ts.va, 0));
    *table = full & ~(pte_t)(PTE_R | PTE_W);
    fence_all();
    EXPECT_TRAP(exec(MODE_HS, HLVX_WU(A1, A0), ts.va, 0), .bank = BANK_M,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va,
                .tval2 = gpa_value(SLOT_GPA(ts.vs_leaf)), .tinst = PSEUDO_READ, .gva = 1);
}

TEST("norm:hlsv_u_op norm:H_pmp HLVX needs both X and R of the physical page, HLV only R")
{
    NEED(pmp_available(), "no PMP");
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned rwx = 0; rwx < 8; rwx++) {
        if ((rwx & 3) == 2)
            continue;
        context("PMP XWR", rwx);
        pmp_page(ts.mem, rwx);
        CHECK_EQ(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0).bank == BANK_NONE, rwx & 1);
        struct trap t = exec(MODE_HS, HLVX_WU(A1, A0), ts.va, 0);
        if ((rwx & 5) == 5)
            EXPECT_DONE(t);
        else
            EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_ACCESS, .tval = ts.va,
                        TINST(HLVX_WU(A1, ZERO)), .gva = 1);
    }
}

TEST("norm:hlsv_u_op HLVX is a load as far as U pages go: by SPVP and vsstatus.SUM")
{
    two_stage(SV_MIN, SV_MIN, PTE_U);
    csr_write(CSR_HSTATUS, 0);
    EXPECT_DONE(exec(MODE_HS, HLVX_WU(A1, A0), ts.va, 0));
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    CHECK_EQ(exec(MODE_HS, HLVX_WU(A1, A0), ts.va, 0).cause, EXC_LOAD_PAGE);
    csr_write(CSR_VSSTATUS, STATUS_SUM);
    EXPECT_DONE(exec(MODE_HS, HLVX_WU(A1, A0), ts.va, 0));
}

TEST("norm:hlsv_trans HLV translates from M-mode, with every pair of modes, both Bare included")
{
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    FOR_EACH_PAIR(v, g)
    {
        context("vsatp", (u64)v);
        context("hgatp", (u64)g);
        pool_reset();
        two_stage((unsigned)v, (unsigned)g, 0);
        struct trap t = exec(MODE_M, HLV_BU(A0, A0), ts.va + 7, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[7]);
        EXPECT_DONE(exec(MODE_M, HSV_B(A1, A0), ts.va + 7, ts.mem[7] ^ 0xff));
    }
}

TEST("norm:hlsv_trans HLV does not go through satp")
{
    struct table hs;
    two_stage(SV_MIN, SV_MIN, 0);
    table_init(&hs, STAGE_HS, SV_MIN);
    table_map_image(&hs);
    table_use(&hs, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    struct trap t = exec(MODE_HS, HLV_BU(A0, A0), ts.va + 9, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[9]);
    CHECK_EQ(exec(MODE_HS, LBU(A0, A0, 0), ts.va, 0).cause, EXC_LOAD_PAGE);
}

TEST("norm:hlsv_op misaligned HLV, HLVX and HSV inside and across pages")
{
    two_stage(SV_MIN, SV_MIN, 0);
    NEED(exec(MODE_VS, LW(A2, A0, 0), ts.va + 2, 0).cause != EXC_LOAD_MISALIGNED,
         "misaligned accesses trap");
    u8 *second = page_alloc(1);
    table_map(&ts.vs, ts.va + PAGE, 0x5432f000, PTE_RWX, 0);
    table_map(&ts.g, 0x5432f000, (ulong)second, PTE_RWX | PTE_U, 0);
    fence_all();
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    for (unsigned at = PAGE - 4; at < PAGE; at++) {
        for (unsigned i = 0; i < 4; i++)
            *(at + i < PAGE ? ts.mem + at + i : second + at + i - PAGE) = (u8)(0x10 + i);
        struct trap t = exec(MODE_HS, HLV_W(A0, A0), ts.va + at, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), 0x13121110);
        t = exec(MODE_HS, HLVX_WU(A0, A0), ts.va + at, 0);
        CHECK_EQ(RESULT(t), 0x13121110);
        EXPECT_DONE(exec(MODE_HS, HSV_W(A1, A0), ts.va + at, 0x44332211));
        for (unsigned i = 0; i < 4; i++)
            CHECK_EQ(*(at + i < PAGE ? ts.mem + at + i : second + at + i - PAGE), 0x11 * (i + 1));
    }
}

TEST("norm:hstatus_hu_op HU=1: U-mode may use HLV and HSV as HS-mode does")
{
    two_stage(SV_MIN, SV_MIN, 0);
    csr_write(CSR_HSTATUS, HSTATUS_HU | HSTATUS_SPVP);
    struct trap t = exec(MODE_U, HLV_BU(A0, A0), ts.va + 3, 0);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[3]);
    EXPECT_DONE(exec(MODE_U, HSV_B(A1, A0), ts.va + 3, 0x99));
    CHECK_EQ(ts.mem[3], 0x99);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    EXPECT_OUTCOME(MODE_U, HLV_BU(A0, A0), EXC_ILLEGAL);
}

TEST("norm:hstatus_spvp_op SPVP is used as written, SPP and MPP do not matter")
{
    two_stage(SV_MIN, SV_MIN, 0);
    for (unsigned i = 0; i < 2; i++) {
        csr_write(CSR_HSTATUS, HSTATUS_SPVP);
        csr_write(CSR_MSTATUS, i ? STATUS_SPP : 0);
        EXPECT_DONE(exec(MODE_HS, HLV_W(A0, A0), ts.va, 0));
    }
}
