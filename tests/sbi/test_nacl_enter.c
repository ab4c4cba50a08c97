/* Nested acceleration (NACL): SYNC_HFENCE, SYNC_SRET and AUTOSWAP_CSR, by feature; a supervisor
 * software event meanwhile.
 * run: --sbi=enable=nacl
 * run: --engine=plain --tlb=strict --isa=rvXLENmax-svvptc --sbi=enable=nacl
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr --sbi=enable=nacl
 * run: --geilen=5 --sbi=enable=nacl,undelegate=10
 * run: --sbi=enable=nacl.nacl_sync_hfence
 * run: --sbi=enable=nacl.nacl_sync_sret
 * run: --sbi=enable=nacl.nacl_sync_sret+nacl.nacl_autoswap_csr
 * run: --sbi=enable=nacl,disable=nacl.nacl_sync_csr */
#include "lib/nacl.h"
#include "lib/sse.h"

static ulong features;

/* ---- SYNC_HFENCE ---- */

enum { GVMA, GVMA_ALL, GVMA_VMID, GVMA_VMID_ALL, VVMA, VVMA_ALL, VVMA_ASID, VVMA_ASID_ALL };
#define PENDING (1ul << (XLEN - 1))
#define VMID    5ul
#define ASID    3ul
#if __riscv_xlen == 64
#define TAGS(vmid, asid) ((vmid) << 16 | (asid))
#define ID_SHIFT         44
#else
#define TAGS(vmid, asid) ((vmid) << 9 | (asid))
#define ID_SHIFT         22
#endif

static volatile ulong *fence_entry(ulong i)
{
    return (volatile ulong *)(ulong)(nacl_memory + 0x800) + 4 * i;
}

/* A fence of `count` pages of 4 KiB << order from `address` on. */
struct fence {
    ulong type, order, tags, address, count;
};

static void put_fence(ulong i, const struct fence *f)
{
    volatile ulong *e = fence_entry(i);

    e[1] = f->order + 12 < (ulong)XLEN ? f->address >> (f->order + 12) : 0;
    e[2] = 0;
    e[3] = f->count;
    e[0] = PENDING | f->type << (XLEN - 8) | f->order << (XLEN - 16) | f->tags;
}

static bool is_pending(ulong i)
{
    return fence_entry(i)[0] & PENDING;
}

static void read_page(ulong arg)
{
    leave_below(*(volatile unsigned char *)(GVA_BASE + arg));
}

static void fences_work(void)
{
    static const struct {
        struct fence f;
        void (*remap)(unsigned page);
    } rounds[] = {
        {{GVMA, 0, 0, GPA, 1}, remap_gstage},
        {{GVMA_ALL, 0, 0, 0, 0}, remap_gstage},
        {{GVMA_VMID, 0, TAGS(VMID, 0), GPA, 2}, remap_gstage},
        {{GVMA_VMID, 1, TAGS(VMID, 0), GPA, 1000}, remap_gstage},
        {{GVMA_VMID_ALL, 0, TAGS(VMID, 0), 0, 0}, remap_gstage},
        {{VVMA, 0, TAGS(VMID, 0), GVA_BASE, 1}, remap_vsstage},
        {{VVMA, 9, TAGS(VMID, 0), GVA_BASE, 1}, remap_vsstage},
        {{VVMA, 64, TAGS(VMID, 0), 0, 1}, remap_vsstage}, /* a page that is everything */
        {{VVMA_ALL, 0, TAGS(VMID, 0), 0, 0}, remap_vsstage},
        {{VVMA_ASID, 0, TAGS(VMID, ASID), GVA_BASE, 1}, remap_vsstage},
        {{VVMA_ASID_ALL, 0, TAGS(VMID, ASID), 0, 0}, remap_vsstage},
    };

    build_guest();
    guest_page[0][0] = 0xa0;
    guest_page[1][0] = 0xa1;
    for (ulong i = 0; i < ARRAY_LEN(rounds); i++) {
        ulong at = i * 5 % (3840 / XLEN), hgatp;
        remap_gstage(0);
        remap_vsstage(0);
        use_guest(true);
        hgatp = rd_csr(HGATP) | VMID << ID_SHIFT;
        wr_csr(HGATP, hgatp);
        wr_csr(VSATP, rd_csr(VSATP) | ASID << ID_SHIFT);
        CHECK(run_below(WORLD_VS, read_page, 0) == 0xa0);
        rounds[i].remap(1);
        put_fence(at, &rounds[i].f);
        wr_csr(HGATP, 0); /* the entry has the VMID, not the register */
        EXPECT(nacl(SYNC_HFENCE, at), SUCCESS);
        CHECK(!is_pending(at) && rd_csr(HGATP) == 0);
        wr_csr(HGATP, hgatp);
        CHECK(run_below(WORLD_VS, read_page, 0) == 0xa1);
    }
    remap_gstage(0);
    remap_vsstage(0);
    leave_guest();
}

static void fence_entries(void)
{
    ulong last = 3840 / XLEN - 1, config;

    put_fence(0, &(struct fence){.type = GVMA_ALL});
    put_fence(1, &(struct fence){.type = VVMA, .address = GVA_BASE, .count = 1});
    put_fence(last, &(struct fence){.type = VVMA_ASID_ALL});
    fence_entry(2)[0] = 0x12; /* not pending: left as it is */
    EXPECT(nacl(SYNC_HFENCE, 1), SUCCESS);
    CHECK(is_pending(0) && !is_pending(1) && is_pending(last));
    EXPECT(nacl(SYNC_HFENCE, last), SUCCESS);
    CHECK(is_pending(0) && !is_pending(last));
    put_fence(last, &(struct fence){.type = GVMA, .address = -0x1000ul, .count = -1ul});
    config = fence_entry(last)[0];
    for (ulong type = 8; type < 16; type++) /* reserved */
        put_fence(2 + type, &(struct fence){.type = type, .order = 0x7f, .count = 1});
    EXPECT(nacl(SYNC_HFENCE, -1ul), SUCCESS);
    for (ulong i = 0; i <= last; i++)
        CHECK(!is_pending(i));
    CHECK(fence_entry(2)[0] == 0x12 && fence_entry(last)[0] == (config & ~PENDING));
    CHECK(nacl_memory[0xf80] == 0);
}

/* ---- SYNC_SRET, AUTOSWAP_CSR ---- */

static volatile ulong seen[32];
static char stack[4096] __attribute__((aligned(16)));
static volatile ulong *const context = (volatile ulong *)(ulong)nacl_memory;

static void fill_context(void)
{
    for (ulong i = 1; i < 32; i++)
        context[i] = i * (ulong)0x8123456789abcdefull;
}

/* A guest sees the registers of the context and the CSRs and fences that were left for it. */
static void enter_guest(void)
{
    fill_context();
    wr_csr(HSTATUS, rd_csr(HSTATUS) | SPV | SPVP);
    csr_set(sstatus, BIT(8));
    wr_csr(VSSCRATCH, (ulong)seen);
    put(VSTVEC, 0x1000);
    wr_csr(VSTVEC, 0x2000);
    put_fence(3, &(struct fence){.type = GVMA_ALL});
    CHECK(nacl_enter(nacl_registers) == 0x55);
    for (ulong i = 1; i < 32; i++)
        CHECK(seen[i] == context[i]);
    CHECK(rd_csr(VSTVAL) == context[5] && *word(VSTVAL) == context[5]);
    CHECK(rd_csr(VSTVEC) == (features & HAS_CSR ? 0x1000 : 0x2000));
    CHECK(marked(VSTVEC) == !(features & HAS_CSR) && *word(VSTVEC) == rd_csr(VSTVEC));
    CHECK(is_pending(3) == !(features & HAS_HFENCE));
    CHECK((rd_csr(HSTATUS) & (SPV | SPVP)) == (SPV | SPVP));
    all_the_same();
    nacl_begin();
}

/* The memory shows what SRET has left of hstatus. */
static void look(ulong arg)
{
    leave_below((*word(HSTATUS) & SPV ? BIT(8) : 0) | arg);
}

/* The fields of SRET: back to S-mode, and to U- and VU-mode. */
static void enter_others(void)
{
    for (ulong interrupts_on = 0; interrupts_on < 2; interrupts_on++) {
        csr_write(sie, 0);
        csr_set(sstatus, BIT(8));
        csr_clear(sstatus, BIT(5));
        if (interrupts_on)
            csr_set(sstatus, BIT(5));
        wr_csr(HSTATUS, rd_csr(HSTATUS) & ~SPV);
        context[10] = 0x77;
        CHECK(nacl_land(context) == 0x77);
        CHECK((csr_read(sstatus) & (BIT(8) | BIT(5) | BIT(1))) == (BIT(5) | interrupts_on << 1));
        csr_clear(sstatus, BIT(1));
    }
    for (ulong v = 0; v < 2; v++) {
        wr_csr(HSTATUS, v ? rd_csr(HSTATUS) | SPV : rd_csr(HSTATUS) & ~SPV);
        csr_clear(sstatus, BIT(8));
        context[2] = (ulong)(stack + sizeof(stack));
        context[10] = 0x88 + v;
        CHECK(nacl_enter(look) == 0x88 + (long)v);
        CHECK(!(csr_read(sstatus) & BIT(8)) && !(rd_csr(HSTATUS) & SPV) == !v);
        all_the_same();
    }
}

/* hstatus of the guest is in force while it runs, and only then. */
static void autoswap(ulong flags)
{
    volatile ulong *swap = (volatile ulong *)(ulong)(nacl_memory + 0x200);
    bool swaps = features & HAS_AUTOSWAP && flags & 1;
    ulong own, guest;

    fill_context();
    wr_csr(HSTATUS, rd_csr(HSTATUS) & ~(SPV | SPVP | VTW));
    own = rd_csr(HSTATUS);
    guest = own | SPV | SPVP | VTW;
    csr_set(sstatus, BIT(8));
    wr_csr(VSSCRATCH, (ulong)seen);
    swap[0] = flags;
    swap[1] = swaps ? guest : 0x9999;
    if (!swaps)
        wr_csr(HSTATUS, guest);
    CHECK(nacl_enter(nacl_registers) == 0x55);
    CHECK(rd_csr(HSTATUS) == (swaps ? own : guest) && *word(HSTATUS) == rd_csr(HSTATUS));
    CHECK(swap[0] == flags && swap[1] == (swaps ? guest : 0x9999));
    swap[0] = 0;
    wr_csr(HSTATUS, own);
    all_the_same();
}

/* SRET itself exchanges nothing; leaving does. */
static void autoswap_without_call(void)
{
    volatile ulong *swap = (volatile ulong *)(ulong)(nacl_memory + 0x200);
    ulong own = rd_csr(HSTATUS);

    swap[0] = 1;
    swap[1] = own;
    wr_csr(HSTATUS, own | VTW);
    CHECK(run_below(WORLD_VS, (void (*)(ulong))(void *)leave_below, 0x44) == 0x44);
    CHECK(rd_csr(HSTATUS) == own && swap[1] == (own | SPV | SPVP | VTW));
    trap_clear(); /* a trap that does not leave a guest */
    __asm__ volatile("ebreak");
    CHECK(last_trap()->count == 1 && swap[1] == (own | SPV | SPVP | VTW));
    swap[0] = 0;
}

/* ---- a supervisor software event while a guest runs ---- */

static struct sse_handler handler;
static volatile ulong running, go_on, hstatus_in_handler;

static void on_event(struct sse_handler *self, ulong hartid)
{
    (void)hartid;
    self->count++;
    hstatus_in_handler = rd_csr(HSTATUS);
    CHECK(*word(HSTATUS) == hstatus_in_handler);
    go_on = 1;
}

static void injector(ulong hartid, ulong target)
{
    (void)hartid;
    wait_for(&running, 1);
    EXPECT(sse_call(SSE_INJECT, SOFT_LOCAL, target, 0), SUCCESS);
}

static void wait_there(ulong arg)
{
    running = 1;
    while (!go_on)
        ;
    leave_below(arg);
}

/* It comes and goes: hstatus is not exchanged for its handler, but when the guest is left. */
static void event_in_guest(ulong other)
{
    volatile ulong *swap = (volatile ulong *)(ulong)(nacl_memory + 0x200);
    struct start s = {injector, hart_id()};
    ulong own;

    sse_setup(&handler, SOFT_LOCAL, on_event, ST_ENABLED);
    EXPECT(sse_call(SSE_UNMASK, 0, 0, 0), SUCCESS);
    CHECK(start_hart(other, &s));
    wr_csr(HSTATUS, rd_csr(HSTATUS) & ~(SPV | SPVP | VTW));
    own = rd_csr(HSTATUS);
    context[2] = (ulong)(stack + sizeof(stack));
    context[10] = 0x99;
    swap[0] = 1;
    swap[1] = own | SPV | SPVP | VTW;
    csr_set(sstatus, BIT(8));
    CHECK(nacl_enter(wait_there) == 0x99);
    CHECK(handler.count == 1 && hstatus_in_handler == (own | SPV | SPVP | VTW));
    CHECK(rd_csr(HSTATUS) == own && swap[1] == (own | SPV | SPVP | VTW));
    swap[0] = 0;
    CHECK(wait_status(other, 1));
}

void test(void)
{
    if (!has_h() || !has_ext(EXT_NACL))
        skip("NACL is missing");
    for (ulong id = 0; id < 4; id++)
        features |= VALUE(nacl(PROBE, id)) << id;
    nacl_begin();
    if (features & HAS_HFENCE) {
        fences_work();
        fence_entries();
    }
    if (features & HAS_SRET) {
        enter_guest();
        enter_others();
        autoswap(0);
        autoswap(1);
        autoswap(-2ul); /* reserved flags */
    }
    if (features & HAS_AUTOSWAP) {
        autoswap_without_call();
        if (other_hart() >= 0)
            event_in_guest((ulong)other_hart());
    }
}
