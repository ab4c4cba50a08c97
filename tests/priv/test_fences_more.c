/* Fences of VS-stage translations: those of the current VMID, and global ones. */
#include "priv.h"

/* Reads the window's byte in the mode; faults read as their cause with bit 8. */
static ulong window_byte(enum mode mode)
{
    struct trap t = exec(mode, LBU(A0, A0, 0), ts.va, 0);
    return t.bank == BANK_NONE ? RESULT(t) : t.cause | 0x100;
}

#define OTHER_GPA 0x33333000ul

/* The window's page, and another at OTHER_GPA, differ. */
static u8 *two_gpas(void)
{
    two_stage(SV_MIN, SV_MIN, 0);
    u8 *other = page_alloc(1);
    memset(ts.mem, 0x11, PAGE);
    memset(other, 0x22, PAGE);
    table_map(&ts.g, OTHER_GPA, (ulong)other, PTE_RWX | PTE_U, 0);
    fence_all();
    return other;
}

TEST("norm:hfence-vvma_hfence-gvma_op norm:sfence_vma_v1 HFENCE.VVMA, and SFENCE.VMA in VS-mode, "
     "act "
     "on the current VMID, whichever it is")
{
    two_gpas();
    for (unsigned vmid = 0; vmid < 4; vmid++) {
        csr_write(CSR_HGATP, table_atp(&ts.g, vmid));
        NEED(csr_read(CSR_HGATP) == table_atp(&ts.g, vmid), "no VMID bits");
        for (unsigned form = 0; form < 8; form++) {
            context("VMID", vmid);
            context("form", form);
            u32 regs = (form & 1 ? A0 << 15 : 0) | (form & 2 ? A1 << 20 : 0);
            *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
            fence_all();
            CHECK_EQ(window_byte(MODE_VS), 0x11);
            *ts.vs_leaf = PTE_PPN(OTHER_GPA) | PTE_RWX;
            if (form & 4)
                EXPECT_DONE(exec(MODE_VS, SFENCE_VMA(0, 0) | regs, ts.va, 0));
            else
                EXPECT_DONE(exec(MODE_HS, HFENCE_VVMA(0, 0) | regs, ts.va, 0));
            CHECK_EQ(window_byte(MODE_VS), 0x22);
        }
    }
}

TEST("norm:sfence_vma_v1 norm:sfence_vma_v0 a fence without an ASID drops global mappings, too")
{
    for (unsigned form = 0; form < 2; form++) {
        u32 regs = form ? A0 << 15 : 0;
        pool_reset();
        two_gpas();
        *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX | PTE_G;
        fence_all();
        CHECK_EQ(window_byte(MODE_VS), 0x11);
        *ts.vs_leaf = PTE_PPN(OTHER_GPA) | PTE_RWX | PTE_G;
        EXPECT_DONE(exec(MODE_VS, SFENCE_VMA(0, 0) | regs, ts.va, 0));
        CHECK_EQ(window_byte(MODE_VS), 0x22);
        *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX;
        EXPECT_DONE(exec(MODE_HS, HFENCE_VVMA(0, 0) | regs, ts.va, 0));
        CHECK_EQ(window_byte(MODE_VS), 0x11);
        pool_reset();
        one_stage(SV_MIN, 0);
        u8 *other = page_alloc(1);
        memset(ts.mem, 0x11, PAGE);
        memset(other, 0x22, PAGE);
        *ts.vs_leaf = PTE_PPN((ulong)ts.mem) | PTE_RWX | PTE_G;
        fence_all();
        CHECK_EQ(window_byte(MODE_HS), 0x11);
        *ts.vs_leaf = PTE_PPN((ulong)other) | PTE_RWX | PTE_G;
        EXPECT_DONE(exec(MODE_HS, SFENCE_VMA(0, 0) | regs, ts.va, 0));
        CHECK_EQ(window_byte(MODE_HS), 0x22);
        csr_write(CSR_SATP, 0);
    }
}

TEST("norm:vsatp_sz_acc_op a global mapping is there for every ASID of its guest, and for no other "
     "guest")
{
    u8 *other = two_gpas();
    *ts.vs_leaf = PTE_PPN(ts.gpa) | PTE_RWX | PTE_G;
    fence_all();
    CHECK_EQ(window_byte(MODE_VS), 0x11);
    csr_write(CSR_VSATP, table_atp(&ts.vs, 1));
    CHECK_EQ(window_byte(MODE_VS), 0x11);
    struct table second;
    table_init(&second, STAGE_G, SV_MIN);
    table_map_image(&second);
    table_map(&second, ts.gpa, (ulong)other, PTE_RWX | PTE_U, 0);
    csr_write(CSR_HGATP, table_atp(&second, 1));
    NEED(csr_read(CSR_HGATP) == table_atp(&second, 1), "no VMID bits");
    CHECK_EQ(window_byte(MODE_VS), 0x22);
}
