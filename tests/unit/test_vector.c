/* Vectors: which vtypes there are, what vset* makes of vl, where instructions start and stop, what
 * they leave alone, and what traps in the middle of an access say, with two stages of translation
 * too. Words are those of riscv-opcodes. */
#include "insn_words.h"
#include "monitor/record.h"
#include "monitor_bench.h"
#include "run_suite.h"

static struct bench b;
static struct hart *h;

enum {
    VSETVL = (int)0x80c5f557,       /* vsetvl a0,a1,a2 */
    VSETVL_MAX = (int)0x80c07557,   /* vsetvl a0,zero,a2 */
    VSETVL_KEEP = (int)0x80c07057,  /* vsetvl zero,zero,a2 */
    VSETIVLI = (int)0xc00ff557,     /* vsetivli a0,31,e8,m1,tu,mu */
    VSETIVLI_E64 = (int)0xc18ff557, /* vsetivli a0,31,e64,m1,tu,mu */
    VSETVLI_BIT_8 = 0x1005f557,     /* vsetvli a0,a1 with a reserved bit of vtype */
    VMULHU = (int)0x930c2457,       /* vmulhu.vv v8,v16,v24 */
    VMULHSU = (int)0x9b0c2457,      /* vmulhsu.vv v8,v16,v24 */
    VSMUL = (int)0x9f0c0457,        /* vsmul.vv v8,v16,v24 */
    VMV_X_S = 0x42802557,           /* vmv.x.s a0,v8 */
    VCPOP = 0x42882557,             /* vcpop.m a0,v8 */
    VFIRST = 0x4288a557,            /* vfirst.m a0,v8 */
    VMV1R = (int)0x9f003457,        /* vmv1r.v v8,v16 */
    VMSEQ = 0x630c0457,             /* vmseq.vv v8,v16,v24 */
    VSE8 = 0x02058427,              /* vse8.v v8,(a1) */
    VLE8FF = 0x03058407,            /* vle8ff.v v8,(a1) */
    VL1R = 0x02858407,              /* vl1r.v v8,(a1) */
    CSRW_VL = (int)0xc2051073,
    CSRR_VSTART = 0x00802573,
};
enum { E8 = 0, E16 = 8, E32 = 16, E64 = 24, M8 = 3, MF8 = 5, MF4 = 6, MF2 = 7, TA = 64 };

static void open_with(const char *isa, const char *option)
{
    const char *args[] = {isa, option};
    bench_open(&b, option ? 2 : 1, args);
    bench_open_up(&b);
    h = b.h;
    csr_poke(h, CSR_mstatus, MSTATUS_VS);
}

static void open_default(void)
{
    open_with("--isa=rv64max_zve64x", NULL);
}

/* vl of that vtype, asked for as many elements as there can be; checks that vill says the same. */
static u64 vl_of(u64 vtype)
{
    h->x[11] = ~0ull;
    h->x[12] = vtype;
    bench_insn(&b, (u32)VSETVL);
    ck_assert_uint_eq(h->x[10], h->vl);
    ck_assert_uint_eq(h->vtype, h->vl ? vtype : VTYPE_VILL);
    return h->vl;
}

static const struct trap_record *trap(void)
{
    return record_last(&b.mon->c->hart[0].log, 0);
}

static void refused(u32 insn, unsigned cause)
{
    u64 traps = h->event[EVENT_TRAP];
    bench_insn(&b, insn);
    ck_assert_uint_eq(h->event[EVENT_TRAP], traps + 1);
    ck_assert_uint_eq(trap()->ev.cause, cause);
    bench_mode(&b, MODE_M);
}

/* Registers n .. n + 7: bytes counting up from `first`. */
static void fill(unsigned n, u8 first)
{
    for (unsigned i = 0; i < 8 * 32; i++)
        h->v[n * 32 + i] = (u8)(first + i);
}

/* norm:vtype_sew_val, norm:vtype_vill_val, norm:vtype_vill_all_bits */
START_TEST(vtypes_that_exist)
{
    open_default();
    ck_assert_uint_eq(vl_of(E8 | M8), 256);
    ck_assert_uint_eq(vl_of(E8 | MF8), 4);
    ck_assert_uint_eq(vl_of(E16 | MF8), 0);
    ck_assert_uint_eq(vl_of(E32 | MF2), 4);
    ck_assert_uint_eq(vl_of(E64 | MF2), 0);
    ck_assert_uint_eq(vl_of(E64), 4); /* vill goes again */
    ck_assert_uint_eq(vl_of(4), 0);
    ck_assert_uint_eq(vl_of(0x20), 0);
    ck_assert_uint_eq(vl_of(E64 | 0x100), 0);
    ck_assert_uint_eq(vl_of(E64 | VTYPE_VILL), 0);
    ck_assert_uint_eq(vl_of(E64 | 0xc0), 4);
    bench_close(&b);
}
END_TEST

START_TEST(vtypes_of_smaller_harts)
{
    open_with("--isa=rv64max_zve32x", "--vlen=32");
    ck_assert_uint_eq(vl_of(E8 | MF4), 1);
    ck_assert_uint_eq(vl_of(E8 | MF8), 0);
    ck_assert_uint_eq(vl_of(E64 | M8), 0);
    bench_close(&b);
    open_with("--isa=rv64max_zve64x", "--vlen=32"); /* wider elements than registers */
    ck_assert_uint_eq(vl_of(E64), 0);
    ck_assert_uint_eq(vl_of(E64 | 1), 1);
    ck_assert_uint_eq(vl_of(E8 | MF4), 1);
    ck_assert_uint_eq(vl_of(E8 | MF8), 0);
    bench_close(&b);
    open_with("--isa=rv64max_zve64x", "--vlen=65536");
    ck_assert_uint_eq(vl_of(E8 | M8), 65536);
    csr_poke(h, CSR_vstart, ~0ull); /* norm:vstart_sz_writable */
    ck_assert_uint_eq(h->vstart, 65535);
    bench_close(&b);
}
END_TEST

/* norm:Zve64_eew64_nsupport_vmulh: the high half of a product of 64 bits is V's. */
START_TEST(high_products_of_64_bits)
{
    open_with("--isa=rv64gc_zve64d_zvl128b", NULL);
    ck_assert_uint_eq(vl_of(E64), 4);
    refused((u32)VMULH, CAUSE_ILLEGAL);
    refused((u32)VSMUL, CAUSE_ILLEGAL);
    vl_of(E32);
    bench_insn(&b, (u32)VMULH);
    ck_assert_uint_eq(h->mode, MODE_M);
    bench_close(&b);
    open_with("--isa=rv64gcv", NULL);
    vl_of(E64);
    static const u64 a[] = {~0ull, 1ull << 63, 0x123456789abcdef0, 5},
                     c[] = {~0ull, 1ull << 63, 0x0fedcba987654321, ~0ull};
    memcpy(h->v + 16 * 32, a, sizeof a);
    memcpy(h->v + 24 * 32, c, sizeof c);
    static const u64 high[] = {0, 1ull << 62, 0x0121fa00ad77d742, ~0ull};
    static const u64 high_u[] = {~0ull - 1, 1ull << 62, 0x0121fa00ad77d742, 4};
    static const u64 high_su[] = {~0ull, 0xc000000000000000, 0x0121fa00ad77d742, 4};
    bench_insn(&b, (u32)VMULH);
    ck_assert_mem_eq(h->v + 8 * 32, high, sizeof high);
    bench_insn(&b, (u32)VMULHU);
    ck_assert_mem_eq(h->v + 8 * 32, high_u, sizeof high_u);
    bench_insn(&b, (u32)VMULHSU);
    ck_assert_mem_eq(h->v + 8 * 32, high_su, sizeof high_su);
    static const u64 fraction[] = {0, MASK(63), 0x0243f4015aefae84, 0};
    bench_insn(&b, (u32)VSMUL);
    ck_assert_mem_eq(h->v + 8 * 32, fraction, sizeof fraction);
    ck_assert_uint_eq(h->vxsat, 1);
    bench_close(&b);
}
END_TEST

/* V has D, and registers of 128 bits at least; misa has its letter while D is there. */
START_TEST(v_in_misa)
{
    u64 misa, v = BIT('V' - 'A'), d = BIT('D' - 'A');
    open_with("--isa=rv64gcv", NULL);
    ck_assert_uint_eq(h->config.vlen, 256);
    csr_peek(h, CSR_misa, &misa);
    ck_assert_uint_eq(misa & (v | d), v | d);
    csr_poke(h, CSR_misa, misa & ~v);
    csr_peek(h, CSR_misa, &misa);
    ck_assert_uint_eq(misa & v, v);
    csr_poke(h, CSR_misa, misa & ~d);
    csr_peek(h, CSR_misa, &misa);
    ck_assert_uint_eq(misa & (v | d), 0);
    vl_of(E64);
    refused((u32)VMULH, CAUSE_ILLEGAL);
    csr_poke(h, CSR_misa, misa | d);
    vl_of(E64);
    bench_insn(&b, (u32)VMULH);
    ck_assert_uint_eq(h->mode, MODE_M);
    csr_peek(h, CSR_misa, &misa);
    ck_assert_uint_eq(misa & (v | d), v | d);
    bench_close(&b);
    open_with("--isa=rv64gc_zve64d_zvl128b", NULL);
    csr_peek(h, CSR_misa, &misa);
    ck_assert_uint_eq(misa & v, 0);
    bench_close(&b);
    open_with("--isa=rv64gcv_zvl1024b", NULL);
    ck_assert_uint_eq(h->config.vlen, 1024);
    bench_close(&b);
}
END_TEST

/* norm:reserved_vill_set: x0, x0 keeps vl, if VLMAX stays. */
START_TEST(keeping_vl)
{
    open_default();
    h->x[11] = 5;
    h->x[12] = E8;
    bench_insn(&b, (u32)VSETVL);
    h->x[12] = E16 | 1;
    bench_insn(&b, (u32)VSETVL_KEEP);
    ck_assert_uint_eq(h->vl, 5);
    ck_assert_uint_eq(h->vtype, E16 | 1);
    h->x[12] = E16;
    bench_insn(&b, (u32)VSETVL_KEEP);
    ck_assert_uint_eq(h->vtype, VTYPE_VILL);
    bench_insn(&b, (u32)VSETVL_KEEP);
    ck_assert_uint_eq(h->vtype, VTYPE_VILL);
    bench_insn(&b, (u32)VSETVL_MAX);
    ck_assert_uint_eq(h->x[10], 16);
    bench_insn(&b, (u32)VSETIVLI);
    ck_assert_uint_eq(h->vl, 31);
    bench_insn(&b, (u32)VSETIVLI_E64); /* no more than VLMAX */
    ck_assert_uint_eq(h->vl, 4);
    bench_insn(&b, VSETVLI_BIT_8);
    ck_assert_uint_eq(h->vtype, VTYPE_VILL);
    ck_assert_uint_eq(h->x[10], 0);
    bench_close(&b);
}
END_TEST

START_TEST(read_only_and_off)
{
    open_default();
    refused((u32)CSRW_VL, CAUSE_ILLEGAL);
    csr_poke(h, CSR_vstart, 3);
    vl_of(E8);
    ck_assert_uint_eq(h->vstart, 0);
    csr_poke(h, CSR_mstatus, 0);
    refused((u32)VSETVL, CAUSE_ILLEGAL);
    refused(CSRR_VSTART, CAUSE_ILLEGAL);
    /* norm:vsstatus_vs_mstatus_vs_op_off: illegal, never virtual */
    csr_poke(h, CSR_mstatus, MSTATUS_VS);
    bench_mode(&b, MODE_VS);
    refused((u32)VSETVL, CAUSE_ILLEGAL);
    bench_mode(&b, MODE_VU);
    refused(CSRR_VSTART, CAUSE_ILLEGAL);
    bench_close(&b);
}
END_TEST

/* norm:mstatus_vs_wr: neither Off nor Initial does anything to the registers. */
START_TEST(status_is_not_state)
{
    open_default();
    vl_of(E16 | 1);
    fill(8, 0x31);
    csr_poke(h, CSR_vstart, 2);
    csr_poke(h, CSR_vcsr, 5);
    for (u64 vs = 0; vs < 4; vs++)
        csr_poke(h, CSR_mstatus, set_field(0, MSTATUS_VS, vs));
    u64 vcsr;
    csr_peek(h, CSR_vcsr, &vcsr);
    ck_assert_uint_eq(vcsr, 5);
    ck_assert_uint_eq(h->vstart, 2);
    ck_assert_uint_eq(h->vtype, E16 | 1);
    ck_assert_uint_eq(h->vl, 32);
    ck_assert_uint_eq(h->v[8 * 32 + 5], 0x36);
    bench_close(&b);
}
END_TEST

START_TEST(both_status_fields_become_dirty)
{
    u64 status;
    open_default();
    csr_poke(h, CSR_mstatus, set_field(0, MSTATUS_VS, STATE_INITIAL));
    csr_poke(h, CSR_vsstatus, set_field(0, MSTATUS_VS, STATE_CLEAN));
    bench_mode(&b, MODE_VS);
    bench_insn(&b, (u32)VSETIVLI);
    bench_mode(&b, MODE_M);
    csr_peek(h, CSR_mstatus, &status);
    ck_assert_uint_eq(status & (MSTATUS_VS | MSTATUS_SD), MSTATUS_VS | MSTATUS_SD);
    csr_peek(h, CSR_vsstatus, &status);
    ck_assert_uint_eq(status & (MSTATUS_VS | MSTATUS_SD), MSTATUS_VS | MSTATUS_SD);
    bench_close(&b);
}
END_TEST

/* norm:vstart_unmodified; and VS stays Initial */
START_TEST(what_is_illegal_changes_nothing)
{
    open_default();
    vl_of(E8);
    csr_poke(h, CSR_vstart, 1);
    csr_poke(h, CSR_mstatus, set_field(0, MSTATUS_VS, STATE_INITIAL));
    refused(VREDSUM, CAUSE_ILLEGAL); /* norm:vreduction_vstart_n0_ill */
    ck_assert_uint_eq(h->vstart, 1);
    ck_assert_uint_eq(get_field(h->mstatus, MSTATUS_VS), STATE_INITIAL);
    h->vl = 0;
    csr_poke(h, CSR_vstart, 0);
    refused(VADD_V0_T, CAUSE_ILLEGAL); /* legality comes first */
    bench_close(&b);
}
END_TEST

/* norm:vstart_vl_dep, norm:vstart_vl_scalar_indp, norm:vreduction_vl_0 */
START_TEST(no_elements)
{
    open_with("--isa=rv64max_zve64x", "--v-agnostic=ones");
    vl_of(E8 | TA);
    h->vl = 0;
    fill(8, 0x85);
    bench_insn(&b, VADD);
    bench_insn(&b, VREDSUM);
    bench_insn(&b, VMSEQ);
    ck_assert_uint_eq(h->v[8 * 32], 0x85);
    ck_assert_uint_eq(h->v[8 * 32 + 31], (u8)(0x85 + 31));
    bench_insn(&b, VMV_X_S);
    ck_assert_uint_eq(h->x[10], (u64)(s64)(s8)0x85);
    bench_insn(&b, VCPOP);
    ck_assert_uint_eq(h->x[10], 0);
    bench_insn(&b, VFIRST);
    ck_assert_uint_eq(h->x[10], ~0ull);
    bench_close(&b);
}
END_TEST

/* The tail of LMUL < 1 goes on to the end of the register; that of a mask to its end. */
START_TEST(tails_become_ones)
{
    open_with("--isa=rv64max_zve64x", "--v-agnostic=ones");
    vl_of(E8 | MF2 | TA);
    h->vl = 3;
    fill(8, 0);
    fill(16, 1);
    fill(24, 2);
    bench_insn(&b, VADD);
    static const u8 sums[] = {3, 5, 7, 0xff, 0xff};
    ck_assert_mem_eq(h->v + 8 * 32, sums, sizeof sums);
    ck_assert_uint_eq(h->v[8 * 32 + 31], 0xff);
    ck_assert_uint_eq(h->v[9 * 32], 32);
    bench_insn(&b, VREDSUM); /* elements 1 .. of one register are tail */
    ck_assert_uint_eq(h->v[8 * 32 + 1], 0xff);
    bench_insn(&b, VMSEQ); /* norm:vreg_mask_tail_agn */
    ck_assert_uint_eq(h->v[8 * 32], 0xf8);
    ck_assert_uint_eq(h->v[8 * 32 + 31], 0xff);
    ck_assert_uint_eq(h->v[9 * 32], 32);
    bench_close(&b);
}
END_TEST

START_TEST(mixed_tails_repeat)
{
    u8 first[32];
    unsigned ones = 0;
    for (unsigned round = 0; round < 2; round++) {
        open_with("--isa=rv64max_zve64x", "--v-agnostic=mixed:7");
        vl_of(E8 | TA);
        h->vl = 0;
        h->vl = 1;
        fill(8, 0);
        bench_insn(&b, VADD);
        if (round == 0)
            memcpy(first, h->v + 8 * 32, 32);
        ck_assert_mem_eq(first, h->v + 8 * 32, 32);
        bench_close(&b);
    }
    for (unsigned i = 1; i < 32; i++) {
        ck_assert(first[i] == i || first[i] == 0xff);
        ones += first[i] == 0xff;
    }
    ck_assert_uint_gt(ones, 3);
    ck_assert_uint_lt(ones, 28);
}
END_TEST

/* norm:vstart_update; with --v-vstart=run arithmetic starts where vstart says */
START_TEST(starting_later)
{
    open_with("--isa=rv64max_zve64x", "--v-vstart=run");
    vl_of(E8);
    fill(8, 0x40);
    fill(16, 0);
    csr_poke(h, CSR_vstart, 2);
    bench_insn(&b, (u32)VMV1R);
    ck_assert_uint_eq(h->vstart, 0);
    static const u8 moved[] = {0x40, 0x41, 2, 3};
    ck_assert_mem_eq(h->v + 8 * 32, moved, sizeof moved);
    csr_poke(h, CSR_vstart, 3);
    bench_insn(&b, VADD);
    ck_assert_uint_eq(h->v[8 * 32 + 2], 2);
    ck_assert_uint_eq(h->v[8 * 32 + 3], (u8)(3 + h->v[24 * 32 + 3]));
    ck_assert_uint_eq(h->vstart, 0);
    bench_close(&b);
}
END_TEST

/* ---- memory ---- */

/* V=1, two stages: va 0x1000 leads to DATA, va 0x2000 to a guest-physical address with no page. */
static void guest_pages(void)
{
    open_default();
    vl_of(E8);
    h->vl = 16;
    bench_tables(&b, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    put64(&b, S_ROOT + 0x2000 + 16, pte(0x5000, PTE_RWX));
    for (unsigned i = 0; i < 8; i++)
        b.m->ram->host[DATA + 0xff8 + i - RAM_BASE] = (u8)(0xa0 + i);
    csr_poke(h, CSR_vsatp, 8ull << 60 | S_ROOT >> 12);
    csr_poke(h, CSR_hgatp, 8ull << 60 | G_ROOT >> 12);
    csr_poke(h, CSR_vsstatus, set_field(0, MSTATUS_VS, STATE_CLEAN));
    fill(8, 0x10);
    bench_mode(&b, MODE_VS);
    h->x[11] = 0x1ff8;
}

/* The element is in vstart, the address in stval and htval; nothing describes the instruction. */
START_TEST(guest_page_fault_in_the_middle)
{
    guest_pages();
    bench_insn(&b, VLE8);
    const struct trap_record *r = trap();
    ck_assert_uint_eq(r->ev.cause, CAUSE_LOAD_GUEST_PAGE);
    ck_assert_uint_eq(r->ev.tval, 0x2000);
    ck_assert_uint_eq(r->ev.tval2, 0x5000 >> 2);
    ck_assert_uint_eq(r->ev.tinst, 0);
    ck_assert_uint_eq(r->ev.epc, CODE);
    ck_assert_uint_eq(h->vstart, 8);
    ck_assert_uint_eq(h->vl, 16);
    ck_assert_uint_eq(h->v[8 * 32 + 7], 0xa7);
    ck_assert_uint_eq(h->v[8 * 32 + 9], 0x19);
    ck_assert_uint_eq(get_field(h->vsstatus, MSTATUS_VS), STATE_DIRTY);
    /* the hypervisor gives the page, and the instruction goes on */
    put64(&b, G_ROOT + 0x5000 + 8 * 5, pte(DATA + 0x1000, PTE_RWX | PTE_U));
    b.m->ram->host[DATA + 0x1007 - RAM_BASE] = 0xc3;
    bench_mode(&b, MODE_VS);
    bench_insn(&b, VLE8);
    ck_assert_uint_eq(h->vstart, 0);
    ck_assert_uint_eq(h->v[8 * 32 + 15], 0xc3);
    ck_assert_uint_eq(h->v[8 * 32 + 16], 0x20);
    bench_close(&b);
}
END_TEST

START_TEST(store_fault_in_the_middle)
{
    guest_pages();
    bench_insn(&b, VSE8);
    ck_assert_uint_eq(trap()->ev.cause, CAUSE_STORE_GUEST_PAGE);
    ck_assert_uint_eq(trap()->ev.tinst, 0);
    ck_assert_uint_eq(h->vstart, 8);
    ck_assert_uint_eq(b.m->ram->host[DATA + 0xfff - RAM_BASE], 0x17);
    bench_close(&b);
}
END_TEST

/* Only element 0 of a fault-only-first load traps; else vl becomes shorter. */
START_TEST(fault_only_first)
{
    guest_pages();
    u64 traps = h->event[EVENT_TRAP];
    bench_insn(&b, VLE8FF);
    ck_assert_uint_eq(h->event[EVENT_TRAP], traps);
    ck_assert_uint_eq(h->vl, 8);
    ck_assert_uint_eq(h->vstart, 0);
    ck_assert_uint_eq(h->v[8 * 32 + 7], 0xa7);
    ck_assert_uint_eq(h->v[8 * 32 + 8], 0x18);
    h->x[11] = 0x2000;
    bench_insn(&b, VLE8FF);
    ck_assert_uint_eq(trap()->ev.cause, CAUSE_LOAD_GUEST_PAGE);
    ck_assert_uint_eq(trap()->ev.tval2, 0x5000 >> 2);
    ck_assert_uint_eq(h->vl, 8);
    ck_assert_uint_eq(h->vstart, 0);
    bench_close(&b);
}
END_TEST

/* Whole registers need no vtype; vstart at their end is reserved. */
START_TEST(whole_registers)
{
    open_default();
    ck_assert_uint_eq(vl_of(4), 0);
    h->x[11] = DATA;
    b.m->ram->host[DATA + 31 - RAM_BASE] = 0x77;
    bench_insn(&b, VL1R);
    ck_assert_uint_eq(h->v[8 * 32 + 31], 0x77);
    refused((u32)VMV1R, CAUSE_ILLEGAL);
    csr_poke(h, CSR_vstart, 32);
    refused(VL1R, CAUSE_ILLEGAL);
    bench_close(&b);
}
END_TEST

/* What the monitor shows. */
START_TEST(registers_are_shown)
{
    open_default();
    ck_assert_int_eq(bench_run(&b, "regs v"), 0);
    expect(&b, "vtype vill");
    vl_of(E16 | MF2 | TA);
    h->v[3 * 32] = 0x5a;
    bench_run(&b, "regs v");
    expect(&b, "vl 8  vtype e16,mf2,ta,mu  vstart 0  vcsr 0x0  vlenb 32");
    bench_run(&b, "regs v3");
    expect(&b, "v3 0x000000000000005a");
    bench_close(&b);
    open_with("--isa=rv64max", NULL);
    ck_assert_int_ne(bench_run(&b, "regs v"), 0);
    bench_close(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vectors");
    TCase *t = tcase_create("configuration");
    tcase_add_test(t, vtypes_that_exist);
    tcase_add_test(t, vtypes_of_smaller_harts);
    tcase_add_test(t, v_in_misa);
    tcase_add_test(t, keeping_vl);
    tcase_add_test(t, read_only_and_off);
    tcase_add_test(t, status_is_not_state);
    tcase_add_test(t, both_status_fields_become_dirty);
    tcase_add_test(t, registers_are_shown);
    suite_add_tcase(s, t);
    t = tcase_create("elements");
    tcase_add_test(t, what_is_illegal_changes_nothing);
    tcase_add_test(t, high_products_of_64_bits);
    tcase_add_test(t, no_elements);
    tcase_add_test(t, tails_become_ones);
    tcase_add_test(t, mixed_tails_repeat);
    tcase_add_test(t, starting_later);
    suite_add_tcase(s, t);
    t = tcase_create("memory");
    tcase_add_test(t, guest_page_fault_in_the_middle);
    tcase_add_test(t, store_fault_in_the_middle);
    tcase_add_test(t, fault_only_first);
    tcase_add_test(t, whole_registers);
    suite_add_tcase(s, t);
    return run_suite(s);
}
