/* Address triggers (Sdtrig, mcontrol6) on guest accesses: which mode they see, which address they
 * compare, and what the breakpoint trap reports. */
#include "priv.h"

#define TYPE6     (6ul << (__riscv_xlen - 4))
#define TYPE_MASK (15ul << (__riscv_xlen - 4))
#define T_LOAD    1ul
#define T_STORE   2ul
#define T_EXECUTE 4ul
#define T_U       (1ul << 3)
#define T_S       (1ul << 4)
#define T_M       (1ul << 6)
#define T_VU      (1ul << 23)
#define T_VS      (1ul << 24)

/* Trigger 0: breakpoint exception on these accesses in these modes at the address. */
static void trigger(ulong bits, ulong address)
{
    NEED(csr_exists(CSR_TSELECT), "no Sdtrig");
    csr_put(CSR_TSELECT, 0);
    csr_put(CSR_TDATA1, 0);
    csr_put(CSR_TDATA2, address);
    csr_put(CSR_TDATA1, TYPE6 | bits);
    ulong got = csr_get(CSR_TDATA1);
    NEED((got & TYPE_MASK) == TYPE6 && (got & bits) == bits, "no such trigger");
}

static void expect_breakpoint(int line, const struct trap *t, ulong address)
{
    check_equal(line, "xcause", t->cause, EXC_BREAKPOINT);
    check_equal(line, "xtval", t->tval, breakpoint_tval(t, address));
    check_equal(line, "xtval2", t->tval2, 0);
    check_equal(line, "xtinst", t->tinst, 0);
}
#define EXPECT_BREAKPOINT(trap_, address)                                                          \
    ({                                                                                             \
        struct trap fired_ = (trap_);                                                              \
        expect_breakpoint(__LINE__, &fired_, address);                                             \
        CHECK_EQ(fired_.gva, fired_.tval != 0);                                                    \
    })

TEST("norm:mstatus_gva_op Sdtrig: a load or store trigger in VS and VU; xtval is the VA, GVA=1")
{
    for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
        pool_reset();
        two_stage(SV_MIN, SV_MIN, m == MODE_VU ? PTE_U : 0);
        ulong mode_bit = m == MODE_VS ? T_VS : T_VU, other = m == MODE_VS ? T_VU : T_VS;
        trigger(T_LOAD | T_STORE | mode_bit, ts.va + 16);
        for (enum bank b = BANK_M; b <= BANK_HS; b++) {
            delegate_all(b);
            EXPECT_BREAKPOINT(exec(m, LW(A1, A0, 0), ts.va + 16, 0), ts.va + 16);
            EXPECT_BREAKPOINT(exec(m, SW(A1, A0, 0), ts.va + 16, 0), ts.va + 16);
        }
        EXPECT_DONE(exec(m, LW(A1, A0, 0), ts.va + 32, 0));
        trigger(T_LOAD | T_STORE | other | T_S | T_U | T_M, ts.va + 16);
        EXPECT_DONE(exec(m, LW(A1, A0, 0), ts.va + 16, 0));
    }
}

TEST("Sdtrig: an execute trigger in VS by its guest virtual address")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *(volatile u32 *)ts.mem = ECALL;
    asm volatile("fence.i");
    trigger(T_EXECUTE | T_VS, ts.va);
    struct trap t = RUN(MODE_VS, .pc = ts.va);
    CHECK_EQ(t.cause, EXC_BREAKPOINT);
    CHECK_EQ(t.epc, ts.va);
    CHECK_EQ(t.tval, breakpoint_tval(&t, ts.va));
    trigger(T_EXECUTE | T_S | T_U | T_VU, ts.va);
    CHECK_EQ(RUN(MODE_VS, .pc = ts.va).cause, EXC_ECALL_VS);
}

TEST("Sdtrig: HLV and HSV are seen with the mode they act in, VS or VU by SPVP")
{
    for (unsigned spvp = 0; spvp < 2; spvp++) {
        pool_reset();
        two_stage(SV_MIN, SV_MIN, spvp ? 0 : PTE_U);
        csr_write(CSR_HSTATUS, spvp ? HSTATUS_SPVP : 0);
        context("SPVP", spvp);
        trigger(T_LOAD | T_STORE | (spvp ? T_VS : T_VU), ts.va);
        EXPECT_BREAKPOINT(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0), ts.va);
        EXPECT_BREAKPOINT(exec(MODE_HS, HSV_W(A1, A0), ts.va, 0), ts.va);
        trigger(T_LOAD | T_STORE | T_S | T_U | (spvp ? T_VU : T_VS), ts.va);
        EXPECT_DONE(exec(MODE_HS, HLV_W(A1, A0), ts.va, 0));
    }
}

TEST("norm:pm_debug_trigger Sdtrig: the address compared is the transformed one")
{
    NEED(RV64, "pointer masking is for RV64");
    two_stage(SV_MIN, SV_MIN, 0);
    csr_put64(CSR_HENVCFG, ENVCFG_PMM(3));
    NEED(csr_get64(CSR_HENVCFG) == ENVCFG_PMM(3), "no Ssnpm");
    ulong tagged = ts.va | (ulong)(0xa5c3ull << (__riscv_xlen - 16));
    trigger(T_LOAD | T_STORE | T_VS, ts.va);
    EXPECT_BREAKPOINT(exec(MODE_VS, LW(A1, A0, 0), tagged, 0), ts.va);
    EXPECT_BREAKPOINT(exec(MODE_VS, SW(A1, A0, 0), tagged, 0), ts.va);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    EXPECT_BREAKPOINT(exec(MODE_HS, HLV_W(A1, A0), tagged, 0), ts.va);
    trigger(T_LOAD | T_STORE | T_VS, tagged);
    EXPECT_DONE(exec(MODE_VS, LW(A1, A0, 0), tagged, 0));
}

TEST("norm:H_exception_priority Sdtrig: the breakpoint comes before the guest-page fault")
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = 0;
    fence_all();
    trigger(T_LOAD | T_VS, ts.va);
    EXPECT_BREAKPOINT(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0), ts.va);
    trigger(T_LOAD | T_VU, ts.va);
    CHECK_EQ(exec(MODE_VS, LW(A1, A0, 0), ts.va, 0).cause, EXC_LOAD_GUEST_PAGE);
}

TEST("norm:H_cause Sdtrig: tselect and the tdata registers are M-mode's, from VS and HS illegal")
{
    for (unsigned n = CSR_TSELECT; n <= CSR_TDATA3; n++) {
        EXPECT_OUTCOME(MODE_VS, PEEK(n), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_VU, PEEK(n), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(n), EXC_ILLEGAL);
    }
}

TEST("norm:misa_h_op Sdtrig: without H the vs and vu bits of a trigger are zero")
{
    trigger(T_LOAD | T_VS | T_VU, 0x1000);
    csr_clear(CSR_MISA, MISA_H);
    NEED(!(csr_read(CSR_MISA) & MISA_H), "misa.H is not writable");
    csr_put(CSR_TDATA1, TYPE6 | T_LOAD | T_VS | T_VU);
    CHECK_EQ(csr_get(CSR_TDATA1) & (T_VS | T_VU), 0);
}
