/* Vectors and the privileged architecture: who may use them, and what becomes of a load or store
 * that stops between two elements, by either stage of translation, by PMP, by a trigger, by an
 * access to a device. Encodings are those of riscv-opcodes: no assembler here need know them. */
#include "pmp.h"

#define CSR_VSTART 0x008
#define CSR_VCSR   0x00f
#define CSR_VL     0xc20
#define CSR_VTYPE  0xc21
#define CSR_VLENB  0xc22

#define VS_INITIAL (1ul << 9)
#define VS_CLEAN   (2ul << 9)

/* Loads and stores of v8 with the address in a0 and, with mop 2, a stride in a1; with mop 1 the
 * offsets are in v16. width: 0, 5, 6 and 7 for elements of 8, 16, 32 and 64 bits. */
#define V_MEM(op, nf, mop, vm, rs2, width)                                                         \
    ((u32)(nf) << 29 | (mop) << 26 | (vm) << 25 | (u32)(rs2) << 20 | A0 << 15 | (width) << 12 |    \
     8 << 7 | (op))
#define V_LOAD(nf, mop, vm, rs2, width)  V_MEM(0x07, nf, mop, vm, rs2, width)
#define V_STORE(nf, mop, vm, rs2, width) V_MEM(0x27, nf, mop, vm, rs2, width)
#define VLE8                             V_LOAD(0, 0, 1, 0, 0)
#define VSE8                             V_STORE(0, 0, 1, 0, 0)
#define VLE32                            V_LOAD(0, 0, 1, 0, 6)
#define VSE32                            V_STORE(0, 0, 1, 0, 6)
#define VLE8FF                           V_LOAD(0, 0, 1, 16, 0)
#define VL1RE8                           V_LOAD(0, 0, 1, 8, 0)
#define VSETVLI                          0x0c0572d7u /* vsetvli t0, a0, e8, m1, ta, ma */
#define VADD                             0x028c0457u /* vadd.vv v8, v8, v24 */
#define VMV_X_S                          0x42802557u /* vmv.x.s a0, v8 */
enum { E8 = 0, E32 = 2 << 3 };

static u8 bytes[8192] __attribute__((aligned(64)));

static void set_type(ulong vl, ulong vtype)
{
    register ulong a0 asm("a0") = vl;
    register ulong a1 asm("a1") = vtype;
    asm volatile(".4byte 0x80b57557" : "+r"(a0) : "r"(a1)); /* vsetvl a0, a0, a1 */
}

/* Whole registers go by no vtype, but by vstart. */
static u8 *v8_bytes(void)
{
    ulong vstart = csr_get(CSR_VSTART);
    csr_put(CSR_VSTART, 0);
    register u8 *a0 asm("a0") = bytes;
    asm volatile(".4byte 0x02850427" : : "r"(a0) : "memory"); /* vs1r.v v8, (a0) */
    csr_put(CSR_VSTART, vstart);
    return bytes;
}

/* The instruction, with the address of `bytes` in a0. */
#define LOAD_BYTES(word)                                                                           \
    ({                                                                                             \
        register u8 *a0_ asm("a0") = bytes;                                                        \
        asm volatile(".4byte " word : : "r"(a0_) : "memory");                                      \
    })

/* Vectors are on for everybody, vl is 16 (or what there is room for) and elements have 8 bits.
 * v0, v8, v16 and v24 hold 1, 3, 5 and so on. */
static void vectors(void)
{
    csr_set(CSR_MSTATUS, STATUS_VS);
    NEED(csr_read(CSR_MSTATUS) & STATUS_VS, "no vectors");
    csr_set(CSR_VSSTATUS, STATUS_VS);
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (u8)(2 * i + 1);
    set_type(16, E8);
    csr_put(CSR_VSTART, 0);
    LOAD_BYTES("0x02850007"); /* vl1r.v v0, (a0), and the others */
    LOAD_BYTES("0x02850407");
    LOAD_BYTES("0x02850807");
    LOAD_BYTES("0x02850c07");
}

TEST("norm:mstatus_vs_op norm:mstatus_vs_op_off with VS Off vector instructions and CSRs are "
     "illegal")
{
    vectors();
    static const u32 insns[] = {VSETVLI, VADD, VLE8, VL1RE8, PEEK(CSR_VSTART), PEEK(CSR_VLENB)};
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++)
        for (enum mode m = MODE_U; m <= MODE_M; m++) {
            csr_clear(CSR_MSTATUS, STATUS_VS);
            EXPECT_ILLEGAL(exec(m, insns[i], (ulong)bytes, 0), insns[i]);
        }
}

TEST("norm:vsstatus_vs_mstatus_vs_op_off with V=1 either VS that is Off makes them illegal, never "
     "virtual instructions")
{
    vectors();
    two_stage(SV_MIN, SV_MIN, 0);
    static const u32 insns[] = {VSETVLI, VADD, VLE8, VL1RE8, PEEK(CSR_VSTART), PEEK(CSR_VLENB)};
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++)
        for (enum mode m = MODE_VU; m <= MODE_VS; m++)
            for (unsigned off = 1; off < 4; off++) {
                csr_write(CSR_MSTATUS, off & 1 ? 0 : STATUS_VS);
                csr_write(CSR_VSSTATUS, off & 2 ? 0 : STATUS_VS);
                EXPECT_ILLEGAL(exec(m, insns[i], ts.va, 0), insns[i]);
            }
}

TEST("norm:vsstatus_vs_op norm:vsstatus_vs_mstatus_vs_op_active norm:vsstatus_sd_op_vs "
     "norm:mstatus_sd_op_vs with V=1 what changes vector state makes both VS Dirty, and each SD")
{
    vectors();
    two_stage(SV_MIN, SV_MIN, 0);
    static const u32 insns[] = {
        VSETVLI, VADD, VLE8, VL1RE8, CSRW(CSR_VSTART, ZERO), CSRW(CSR_VCSR, ZERO)};
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++)
        for (unsigned clean = 0; clean < 2; clean++) {
            csr_write(CSR_MSTATUS, clean ? VS_CLEAN : VS_INITIAL);
            csr_write(CSR_VSSTATUS, clean ? VS_CLEAN : VS_INITIAL);
            CHECK_EQ(csr_read(CSR_VSSTATUS) & STATUS_SD, 0);
            context("instruction", insns[i]);
            EXPECT_DONE(exec(MODE_VS, insns[i], ts.va, 0));
            CHECK_EQ(csr_read(CSR_SSTATUS) & (STATUS_VS | STATUS_SD), STATUS_VS | STATUS_SD);
            CHECK_EQ(csr_read(CSR_VSSTATUS) & (STATUS_VS | STATUS_SD), STATUS_VS | STATUS_SD);
        }
}

TEST("norm:vsstatus_vs_op norm:hw_mstatus_vs_dirty_update with V=0 only sstatus.VS becomes Dirty; "
     "what is refused dirties nothing")
{
    vectors();
    csr_write(CSR_VSSTATUS, VS_INITIAL);
    for (enum mode m = MODE_U; m <= MODE_M; m++) {
        csr_write(CSR_MSTATUS, VS_INITIAL);
        EXPECT_DONE(exec(m, VSETVLI, 4, 0));
        CHECK_EQ(csr_read(CSR_SSTATUS) & (STATUS_VS | STATUS_SD), STATUS_VS | STATUS_SD);
        CHECK_EQ(csr_read(CSR_VSSTATUS) & (STATUS_VS | STATUS_SD), VS_INITIAL);
    }
    csr_write(CSR_MSTATUS, VS_INITIAL);
    EXPECT_ILLEGAL(exec(MODE_HS, CSRW(CSR_VL, ZERO), 0, 0), CSRW(CSR_VL, ZERO));
    CHECK_EQ(csr_read(CSR_SSTATUS) & STATUS_VS, VS_INITIAL);
}

/* vfmul.vv v8, v16, v24, and vfmv.v.f v8, fa0, which raises nothing */
#define VFMUL    0x930c1457u
#define VFMV_V_F 0x5e055457u

TEST("norm:mstatus_FS_off_V_fp_ill norm:vsstatus_mstatus_FS_off_hypervisor_V_fp_ill "
     "norm:V_inv_frm_rsv vector floating point with FS Off, in either status with V=1, or with an "
     "invalid frm is illegal")
{
    vectors();
    set_type(2, E32);
    static const u32 insns[] = {VFMUL, VFMV_V_F};
    for (unsigned i = 0; i < 2; i++)
        for (enum mode m = MODE_U; m <= MODE_VS; m++) {
            context("mode", m);
            csr_set(CSR_VSSTATUS, STATUS_FS);
            csr_set(CSR_MSTATUS, STATUS_FS);
            EXPECT_DONE(exec(m, insns[i], 0, 0));
            csr_write(CSR_FCSR, 5 << 5);
            EXPECT_ILLEGAL(exec(m, insns[i], 0, 0), insns[i]);
            csr_write(CSR_FCSR, 0);
            csr_clear(CSR_MSTATUS, STATUS_FS);
            EXPECT_ILLEGAL(exec(m, insns[i], 0, 0), insns[i]);
            if (!IS_V(m))
                continue;
            csr_set(CSR_MSTATUS, STATUS_FS);
            csr_clear(CSR_VSSTATUS, STATUS_FS);
            EXPECT_ILLEGAL(exec(m, insns[i], 0, 0), insns[i]);
        }
}

TEST("norm:mstatus_FS_dirty_V_fp norm:vsstatus_mstatus_FS_dirty_hypervisor_V_fp flags that are "
     "raised make FS Dirty, both with V=1")
{
    vectors();
    set_type(2, E32);
    ulong clean = 2ul << 13 | VS_CLEAN;
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        csr_write(CSR_FCSR, 0);
        csr_write(CSR_MSTATUS, clean);
        csr_write(CSR_VSSTATUS, clean);
        EXPECT_DONE(exec(m, VFMUL, 0, 0)); /* inexact */
        CHECK_EQ(csr_read(CSR_SSTATUS) & (STATUS_FS | STATUS_VS), STATUS_FS | STATUS_VS);
        CHECK_EQ(csr_read(CSR_VSSTATUS) & (STATUS_FS | STATUS_VS),
                 IS_V(m) ? STATUS_FS | STATUS_VS : clean);
        csr_set(CSR_MSTATUS, STATUS_FS);
        CHECK(csr_read(CSR_FCSR) & 1);
    }
}

/* ---- accesses that stop between two elements ---- */

/* An access of 16 elements, one every `step` bytes, and what element 8 begins. */
static const struct access {
    const char *name;
    u32 load, store;
    ulong step;
} accesses[] = {
    {"unit stride", VLE8, VSE8, 1},
    {"strided", V_LOAD(0, 2, 1, A1, 0), V_STORE(0, 2, 1, A1, 0), 3},
    {"indexed", V_LOAD(0, 1, 1, 16, 0), V_STORE(0, 1, 1, 16, 0), 2},
    {"segments", V_LOAD(1, 0, 1, 0, 0), V_STORE(1, 0, 1, 0, 0), 2},
    {"masked", V_LOAD(0, 0, 0, 0, 0), V_STORE(0, 0, 0, 0, 0), 1},
};
#define NUM_ACCESSES (sizeof(accesses) / sizeof(accesses[0]))

/* Registers for it: offsets in v16, all elements from 8 on active in v0. */
static void operands_of(const struct access *a)
{
    vectors();
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (u8)(i * a->step);
    LOAD_BYTES("0x02850807"); /* vl1r.v v16, (a0) */
    memset(bytes, 0xff, 16);
    LOAD_BYTES("0x02850007"); /* v0 */
    memset(bytes, 0x11, 16);
    LOAD_BYTES("0x02850407"); /* v8 */
}

/* What the 16 elements at `begin` are, the page from element 8 on being another. */
static void expect_stopped(int line, const struct access *a, const u8 *begin, int store)
{
    check_equal(line, a->name, csr_get(CSR_VSTART), 8);
    check_equal(line, "vl", csr_get(CSR_VL), 16);
    if (store)
        for (unsigned i = 0; i < 8; i++)
            check_equal(line, "stored", begin[i * a->step], 0x11);
    else
        for (unsigned i = 0; i < 8; i++)
            check_equal(line, "loaded", v8_bytes()[i], begin[i * a->step]);
}

/* The page behind the window, by the VS stage at another guest-physical page: its memory, or
 * nothing at all. */
#define NEXT_GPA 0x5a5a5000ul
static u8 *next_page(const u8 *memory)
{
    u8 *page = memory ? (u8 *)memory : page_alloc(1);
    table_map(&ts.vs, ts.va + PAGE, NEXT_GPA, PTE_RWX, 0);
    fence_all();
    return page;
}

TEST("norm:epc_vstart_op_V_trap norm:vstart_op norm:vector_ls_vstart a guest-page fault between "
     "two elements: vstart, xtval and xtval2 are the element's, xtinst is 0; repeated, the "
     "instruction goes on there")
{
    vectors();
    NEED(csr_get(CSR_VL) == 16, "few elements");
    for (unsigned i = 0; i < 2 * NUM_ACCESSES; i++) {
        const struct access *a = &accesses[i / 2];
        int store = i & 1;
        u32 insn = store ? a->store : a->load;
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        operands_of(a);
        u8 *next = next_page(0);
        ulong begin = ts.va + PAGE - 8 * a->step;
        for (unsigned k = 0; k < 64; k++)
            ts.mem[PAGE - 64 + k] = (u8)(0x40 + k);
        memset(next, 0x77, 64);
        context("access", i);
        delegate_all(BANK_HS);
        EXPECT_TRAP(exec(MODE_VS, insn, begin, a->step), .bank = BANK_HS,
                    .cause = store ? EXC_STORE_GUEST_PAGE : EXC_LOAD_GUEST_PAGE,
                    .tval = ts.va + PAGE, .tval2 = gpa_value(NEXT_GPA), .tinst = 0, .gva = 1);
        expect_stopped(__LINE__, a, ts.mem + PAGE - 8 * a->step, store);
        CHECK_EQ(next[0], 0x77);
        table_map(&ts.g, NEXT_GPA, (ulong)next, PTE_RWX | PTE_U, 0);
        fence_all();
        EXPECT_DONE(exec(MODE_VS, insn, begin, a->step));
        CHECK_EQ(csr_get(CSR_VSTART), 0);
        CHECK_EQ(store ? next[7 * a->step] : v8_bytes()[15], store ? 0x11 : 0x77);
    }
}

TEST("norm:epc_vstart_op_V_trap a page fault of the guest's own, between two elements")
{
    vectors();
    NEED(csr_get(CSR_VL) == 16, "few elements");
    for (unsigned i = 0; i < 2 * NUM_ACCESSES; i++) {
        const struct access *a = &accesses[i / 2];
        int store = i & 1;
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        operands_of(a);
        context("access", i);
        delegate_all(BANK_VS);
        EXPECT_TRAP(exec(MODE_VS, store ? a->store : a->load, ts.va + PAGE - 8 * a->step, a->step),
                    .bank = BANK_VS, .cause = store ? EXC_STORE_PAGE : EXC_LOAD_PAGE,
                    .tval = ts.va + PAGE);
        expect_stopped(__LINE__, a, ts.mem + PAGE - 8 * a->step, store);
    }
}

TEST("norm:H_trap_xtinst_val a vector access whose page table has no page in the G stage is "
     "described as every other: by a pseudoinstruction")
{
    vectors();
    two_stage(SV_MIN, SV_MIN, 0);
    ulong slot = (ulong)table_slot(&ts.vs, ts.va, 0) & ~(PAGE - 1);
    pte_t *g = table_slot(&ts.g, slot, 0);
    *g = 0;
    fence_all();
    EXPECT_TRAP(exec(MODE_VS, VLE8, ts.va, 0), .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE,
                .tval = ts.va, .tval2 = gpa_value((ulong)table_slot(&ts.vs, ts.va, 0)),
                TINST(RV64 ? 0x3000 : 0x2000), .gva = 1);
    CHECK_EQ(csr_get(CSR_VSTART), 0);
}

TEST("norm:vector_ff_op norm:vector_ff_no_exception a fault-only-first load: guest-page faults "
     "make vl smaller and leave the trap's CSRs alone, but for element 0")
{
    vectors();
    NEED(csr_get(CSR_VL) == 16, "few elements");
    two_stage(SV_MIN, SV_MIN, 0);
    next_page(0);
    delegate_all(BANK_HS);
    csr_write(CSR_HTVAL, 0x123);
    csr_write(CSR_STVAL, 0x456);
    EXPECT_DONE(exec(MODE_VS, VLE8FF, ts.va + PAGE - 5, 0));
    CHECK_EQ(csr_get(CSR_VL), 5);
    CHECK_EQ(csr_get(CSR_VSTART), 0);
    CHECK_EQ(csr_read(CSR_HTVAL), 0x123);
    CHECK_EQ(csr_read(CSR_STVAL), 0x456);
    set_type(16, E8);
    EXPECT_TRAP(exec(MODE_VS, VLE8FF, ts.va + PAGE, 0), .bank = BANK_HS,
                .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + PAGE, .tval2 = gpa_value(NEXT_GPA),
                .tinst = 0, .gva = 1);
    CHECK_EQ(csr_get(CSR_VL), 16);
    CHECK_EQ(csr_get(CSR_VSTART), 0);
}

TEST("norm:vector_masked_inactive_behavior elements that are masked off, or beyond vl, do not "
     "fault")
{
    vectors();
    NEED(csr_get(CSR_VL) == 16, "few elements");
    two_stage(SV_MIN, SV_MIN, 0);
    operands_of(&accesses[0]);
    memset(bytes, 0, 16);
    bytes[0] = 0x0f;
    LOAD_BYTES("0x02850007"); /* v0: elements 0 to 3 */
    EXPECT_DONE(exec(MODE_VS, V_LOAD(0, 0, 0, 0, 0), ts.va + PAGE - 4, 0));
    EXPECT_DONE(exec(MODE_VS, V_STORE(0, 0, 0, 0, 0), ts.va + PAGE - 4, 0));
    set_type(4, E8);
    EXPECT_DONE(exec(MODE_VS, VLE8, ts.va + PAGE - 4, 0));
    set_type(0, E8);
    EXPECT_DONE(exec(MODE_VS, VLE8, ts.va + PAGE, 0));
}

TEST("norm:pm_misaligned_equivalence pointer masking transforms the address of each element; "
     "xtval holds it")
{
    vectors();
    NEED(RV64 && csr_get(CSR_VL) == 16, "RV32");
    for (unsigned i = 0; i < NUM_ACCESSES; i++) {
        const struct access *a = &accesses[i];
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        operands_of(a);
        csr_put(CSR_HENVCFG, (ulong)ENVCFG_PMM(3));
        NEED((u64)csr_get(CSR_HENVCFG) >> 32 == 3, "no pointer masking");
        context("access", i);
        ulong begin = ts.va + PAGE - 8 * a->step;
        EXPECT_TRAP(exec(MODE_VS, a->load, begin | (ulong)(0xa5c3ull << 48), a->step),
                    .bank = BANK_M, .cause = EXC_LOAD_PAGE, .tval = ts.va + PAGE, .gva = 1);
        expect_stopped(__LINE__, a, ts.mem + PAGE - 8 * a->step, 0);
    }
}

TEST("norm:epc_vstart_op_V_trap PMP refuses an element, not the instruction")
{
    vectors();
    NEED(pmp_available() && csr_get(CSR_VL) == 16, "no PMP");
    u8 *page = last_page(0);
    for (unsigned i = 0; i < 2 * NUM_ACCESSES; i++) {
        const struct access *a = &accesses[i / 2];
        int store = i & 1;
        operands_of(a);
        pmp_set(0, PMP_NAPOT, NAPOT(page + 64, 64));
        context("access", i);
        u8 *begin = page + 64 - 8 * a->step;
        EXPECT_TRAP(exec(MODE_HS, store ? a->store : a->load, (ulong)begin, a->step),
                    .bank = BANK_M, .cause = store ? EXC_STORE_ACCESS : EXC_LOAD_ACCESS,
                    .tval = (ulong)page + 64);
        expect_stopped(__LINE__, a, begin, store);
    }
}

/* A trigger on loads and stores of VS-mode at the address. */
static void watch(ulong address)
{
    ulong tdata1 = 6ul << (__riscv_xlen - 4) | 1ul << 24 | 3;
    NEED(csr_exists(CSR_TSELECT), "no Sdtrig");
    csr_put(CSR_TSELECT, 0);
    csr_put(CSR_TDATA1, 0);
    csr_put(CSR_TDATA2, address);
    csr_put(CSR_TDATA1, tdata1);
    NEED(csr_get(CSR_TDATA1) == tdata1, "no such trigger");
}

TEST("norm:vector_ff_interrupt_behavior Sdtrig: each element is compared as an access of its own; "
     "a fault-only-first load is stopped as others are")
{
    vectors();
    NEED(csr_get(CSR_VL) == 16, "few elements");
    for (unsigned i = 0; i <= 2 * NUM_ACCESSES; i++) {
        const struct access *a = &accesses[i / 2 % NUM_ACCESSES];
        int store = i & 1;
        pool_reset();
        two_stage(SV_MIN, SV_MIN, 0);
        operands_of(a);
        watch(ts.va + 64);
        context("access", i);
        u32 insn = i == 2 * NUM_ACCESSES ? VLE8FF : store ? a->store : a->load;
        struct trap t = exec(MODE_VS, insn, ts.va + 64 - 8 * a->step, a->step);
        CHECK_EQ(t.cause, EXC_BREAKPOINT);
        CHECK_EQ(t.tval, breakpoint_tval(&t, ts.va + 64));
        CHECK_EQ(t.epc, t.start);
        expect_stopped(__LINE__, a, ts.mem + 64 - 8 * a->step, store);
        csr_put(CSR_TDATA1, 0);
    }
}

TEST("norm:mstatus_mprv_hypervisor with MPRV and MPV M-mode's vector accesses are the guest's")
{
    vectors();
    NEED(csr_get(CSR_VL) == 16, "few elements");
    two_stage(SV_MIN, SV_MIN, 0);
    next_page(0);
    u64 status = (csr_read64(CSR_MSTATUS) & ~STATUS_MPP) | MPP(1) | MSTATUS_MPV | STATUS_MPRV;
    u32 high = RV64 ? NOP : CSRW(CSR_MSTATUSH, A2);
    struct trap t =
        RUN(MODE_M, CODE(high, CSRW(CSR_MSTATUS, A1), VLE8, CSRRC(ZERO, CSR_MSTATUS, A3)),
            .a0 = ts.va + PAGE - 8, .a1 = (ulong)status, .a2 = (ulong)(status >> 32),
            .a3 = STATUS_MPRV);
    EXPECT_TRAP(t, .bank = BANK_M, .cause = EXC_LOAD_GUEST_PAGE, .tval = ts.va + PAGE,
                .tval2 = gpa_value(NEXT_GPA), .tinst = 0, .gva = 1, .at = 8);
    expect_stopped(__LINE__, &accesses[0], ts.mem + PAGE - 8, 0);
}

TEST("a device: each element is an access; a vector of words is a device's register")
{
    vectors();
    two_stage(SV_MIN, SV_MIN, 0);
    volatile u32 *timer = (volatile u32 *)0x2004000; /* mtimecmp of hart 0, in the ACLINT */
    u32 before[2] = {timer[0], timer[1]};
    table_map(&ts.g, NEXT_GPA, 0x2004000, PTE_RWX | PTE_U, 0);
    next_page(bytes);
    set_type(2, E32);
    for (unsigned i = 0; i < 8; i++)
        ts.mem[i] = (u8)(0xf0 + i);
    EXPECT_DONE(exec(MODE_VS, VLE32, ts.va, 0));
    EXPECT_DONE(exec(MODE_VS, VSE32, ts.va + PAGE, 0));
    CHECK_EQ(timer[0], 0xf3f2f1f0);
    CHECK_EQ(timer[1], 0xf7f6f5f4);
    memset(ts.mem, 0, 8);
    EXPECT_DONE(exec(MODE_VS, VLE32, ts.va, 0));
    EXPECT_DONE(exec(MODE_VS, VLE32, ts.va + PAGE, 0));
    EXPECT_DONE(exec(MODE_VS, VSE32, ts.va, 0));
    CHECK_EQ(*(u32 *)ts.mem, 0xf3f2f1f0);
    CHECK_EQ(*(u32 *)(ts.mem + 4), 0xf7f6f5f4);
    timer[0] = before[0];
    timer[1] = before[1];
}

TEST("norm:vector_ls_misaligned_exception elements that are misaligned, and one that crosses two "
     "pages: done, or a trap that names the element")
{
    vectors();
    two_stage(SV_MIN, SV_MIN, 0);
    u8 *next = next_page(0);
    table_map(&ts.g, NEXT_GPA, (ulong)next, PTE_RWX | PTE_U, 0);
    fence_all();
    for (unsigned i = 0; i < 8; i++)
        ts.mem[PAGE - 8 + i] = next[i] = (u8)(0x10 * i);
    set_type(2, E32);
    struct trap t = exec(MODE_VS, VLE32, ts.va + PAGE - 6, 0);
    if (t.bank == BANK_NONE) {
        CHECK_EQ(((u32 *)v8_bytes())[0], 0x50403020);
        CHECK_EQ(((u32 *)v8_bytes())[1], 0x10007060);
    } else {
        CHECK_EQ(t.cause, EXC_LOAD_MISALIGNED);
        CHECK_EQ(t.tval, ts.va + PAGE - 6);
        CHECK_EQ(csr_get(CSR_VSTART), 0);
    }
}
