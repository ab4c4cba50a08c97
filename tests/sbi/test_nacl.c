/* Nested acceleration (NACL): the shared memory and SYNC_CSR, by feature. impl-version says which
 * features must be there, a bit for each ID.
 * run: --sbi=impl-version=15,enable=nacl
 * run: --engine=plain --tlb=strict --isa=rvXLENmax-svvptc --sbi=impl-version=15,enable=nacl
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr --sbi=impl-version=15,enable=nacl
 * run: --geilen=5 --sbi=impl-version=15,enable=nacl,undelegate=10
 * run: --sbi=impl-version=0,enable=nacl.nacl_probe_feature
 * run: --sbi=impl-version=1,enable=nacl.nacl_sync_csr
 * run: --sbi=impl-version=2,enable=nacl.nacl_sync_hfence
 * run: --sbi=impl-version=4,enable=nacl.nacl_sync_sret
 * run: --sbi=impl-version=12,enable=nacl.nacl_sync_sret+nacl.nacl_autoswap_csr
 * run: --sbi=impl-version=14,enable=nacl,disable=nacl.nacl_sync_csr
 * run: --isa=rvXLENimac_zicsr_zifencei --sbi=impl-version=0,enable=nacl */
#include "lib/nacl.h"

#define RAM_END 0x88000000ul

static volatile uint8_t other_memory[NACL_SIZE] __attribute__((aligned(4096)));
static ulong features;

/* ---- without memory ---- */

static void probe(void)
{
    static const ulong none[] = {4, 5, 0x80000000ul, 0xfffffffeul, 0xfffffffful};

    for (ulong id = 0; id < 4; id++)
        CHECK(VALUE(nacl(PROBE, id)) == (features >> id & 1));
    for (ulong i = 0; i < ARRAY_LEN(none); i++)
        CHECK(VALUE(nacl(PROBE, none[i])) == 0);
    EXPECT(nacl(5, 0), NOT_SUPPORTED); /* autoswap has no function */
}

/* Every function says the same of memory that is not there. */
static void no_memory(void)
{
    for (long fn = SYNC_CSR; fn <= SYNC_SRET; fn++)
        EXPECT(nacl(fn, fn == SYNC_CSR ? VSSCRATCH : 0),
               features >> (fn - SYNC_CSR) & 1 ? NO_SHMEM : NOT_SUPPORTED);
}

static void wrong_arguments(void)
{
    static const ulong csrs[] = {0x100, 0x300, 0x5a8, 0x2ff, 0x6ff, 0xa00, 0x1200, 0x1602, -2ul};

    for (ulong i = 0; i < ARRAY_LEN(csrs) && features & HAS_CSR; i++)
        EXPECT(nacl(SYNC_CSR, csrs[i]), INVALID_PARAM);
    if (features & HAS_HFENCE) {
        EXPECT(nacl(SYNC_HFENCE, 3840 / XLEN), INVALID_PARAM);
        EXPECT(nacl(SYNC_HFENCE, -2ul), INVALID_PARAM);
    }
}

static void bad_memory(void)
{
    EXPECT(nacl_set_shmem((ulong)nacl_memory, 0, 1), INVALID_PARAM);
    EXPECT(nacl_set_shmem(-1ul, -1ul, 1), INVALID_PARAM);
    EXPECT(nacl_set_shmem((ulong)nacl_memory + 64, 0, 0), INVALID_PARAM);
    EXPECT(nacl_set_shmem(-1ul, 0, 0), INVALID_PARAM);
    EXPECT(nacl_set_shmem((ulong)nacl_memory, 1, 0), INVALID_ADDRESS);
    EXPECT(nacl_set_shmem(0x40000000, 0, 0), INVALID_ADDRESS);
    EXPECT(nacl_set_shmem(0x10000000, 0, 0), INVALID_ADDRESS); /* a device */
    EXPECT(nacl_set_shmem(0x1000, 0, 0), INVALID_ADDRESS);     /* the firmware's: PMP closes it */
    EXPECT(nacl_set_shmem(RAM_END - 0x1000, 0, 0), INVALID_ADDRESS);
    EXPECT(nacl_set_shmem(-0x1000ul, 0, 0), INVALID_ADDRESS);
    no_memory();
    EXPECT(nacl_set_shmem(RAM_END - NACL_SIZE, 0, 0), SUCCESS);
    EXPECT(nacl_set_shmem(-1ul, -1ul, 0), SUCCESS);
    no_memory();
}

/* ---- what the memory shows ---- */

static void shown_when_set(void)
{
    for (ulong i = 0x1000; i < NACL_SIZE; i++)
        nacl_memory[i] = 0xee;
    wr_csr(VSSCRATCH, 0x1234);
    wr_csr(HIE, 0);
    EXPECT(nacl_set_shmem((ulong)nacl_memory, 0, 0), SUCCESS);
    CHECK(*word(VSSCRATCH) == 0x1234);
    all_the_same();
    CHECK(nacl_memory[0x1000] == (uint8_t)rd_csr(VSSTATUS) && nacl_memory[0] == 0 &&
          nacl_memory[0xf80] == 0);
    CHECK(nacl_memory[NACL_SIZE - 1] == 0xee); /* 0xeff is no CSR */
}

/* What HS-mode writes itself; a register that another shows. */
static void shown_when_written(void)
{
    wr_csr(VSSCRATCH, 0xabc);
    CHECK(*word(VSSCRATCH) == 0xabc);
    __asm__ volatile("csrsi 0x240, 3");
    CHECK(*word(VSSCRATCH) == 0xabf);
    __asm__ volatile("csrci 0x240, 1");
    CHECK(*word(VSSCRATCH) == 0xabe);
    wr_csr(HEDELEG, -1ul);
    CHECK(*word(HEDELEG) == rd_csr(HEDELEG) && *word(HEDELEG) != -1ul);
    wr_csr(HIDELEG, 0x444);
    wr_csr(HVIP, 0x44);
    CHECK(*word(HVIP) == 0x44 && (*word(HIP) & 0x444) == 0x44 && (*word(VSIP) & 0x222) == 0x22);
    all_the_same();
    wr_csr(HTIMEDELTA, -5ul);
    wr_csr(HENVCFG, -1ul);
    all_the_same();
    wr_csr(HTIMEDELTA, 0);
    wr_csr(HENVCFG, 0);
    wr_csr(HVIP, 0);
    wr_csr(HEDELEG, 0);
    all_the_same();
}

static void guest_writes(ulong arg)
{
    csr_write(sscratch, arg);
    csr_write(stval, arg + 1);
    csr_write(scause, 13);
    if (arg & 1) /* refused there: it takes the firmware to tell HS-mode */
        __asm__ volatile(".word 0xc0001073");
    leave_below(arg + 2);
}

static void shown_after_traps(void)
{
    ulong value;

    build_guest();
    use_guest(false);
    for (ulong arg = 0x70; arg < 0x72; arg++) {
        trap_clear();
        CHECK(run_below(WORLD_VS, guest_writes, arg) == (long)arg + 2);
        CHECK(*word(VSSCRATCH) == arg && *word(VSTVAL) == arg + 1 && *word(VSCAUSE) == 13);
        CHECK((*word(HSTATUS) & (SPV | SPVP)) == (SPV | SPVP));
        all_the_same();
        CHECK(last_trap()->count == (arg & 1));
    }
    trap_clear(); /* HLV.B of a page that is not there: a trap from HS-mode */
    __asm__ volatile(".insn r 0x73, 4, 0x30, %0, %1, x0" : "=r"(value) : "r"(GPA + 0x1000));
    CHECK(last_trap()->count == 1 && last_trap()->cause == 21);
    CHECK(*word(HTVAL) == (GPA + 0x1000) >> 2);
    all_the_same();
    leave_guest();
}

/* A value that HS-mode has written and not yet marked is not overwritten, whatever traps meanwhile;
 * what is marked waits even if the register changes. */
static void not_overwritten(void)
{
    wr_csr(VSSCRATCH, 1);
    wr_csr(VSTVAL, 2);
    *word(VSSCRATCH) = 0x5555;
    delay(time_now()); /* so long that a debug build makes the machine anew */
    __asm__ volatile("ebreak");
    wr_csr(VSTVAL, 3);
    CHECK(*word(VSSCRATCH) == 0x5555 && *word(VSTVAL) == 3);
    CHECK(rd_csr(VSSCRATCH) == 1);
    put(VSSCRATCH, 0x6666);
    wr_csr(VSSCRATCH, 4);
    CHECK(*word(VSSCRATCH) == (features & HAS_CSR ? 0x6666 : 4));
    CHECK(rd_csr(VSSCRATCH) == 4 && marked(VSSCRATCH));
    nacl_begin();
}

/* ---- SYNC_CSR ---- */

static void sync_one(void)
{
    wr_csr(VSSCRATCH, 1);
    wr_csr(VSTVAL, 2);
    put(VSSCRATCH, 0x111);
    put(VSTVAL, 0x222);
    EXPECT(nacl(SYNC_CSR, VSSCRATCH), SUCCESS);
    CHECK(rd_csr(VSSCRATCH) == 0x111 && *word(VSSCRATCH) == 0x111 && !marked(VSSCRATCH));
    CHECK(rd_csr(VSTVAL) == 2 && *word(VSTVAL) == 0x222 && marked(VSTVAL));
    *word(VSSCRATCH) = 0x333; /* not marked: the register wins */
    EXPECT(nacl(SYNC_CSR, VSSCRATCH), SUCCESS);
    CHECK(rd_csr(VSSCRATCH) == 0x111 && *word(VSSCRATCH) == 0x111);
    EXPECT(nacl(SYNC_CSR, VSTVAL), SUCCESS);
    CHECK(rd_csr(VSTVAL) == 0x222 && !marked(VSTVAL));
    put(HEDELEG, -1ul); /* what comes back is what the register holds */
    EXPECT(nacl(SYNC_CSR, HEDELEG), SUCCESS);
    CHECK(*word(HEDELEG) == rd_csr(HEDELEG) && *word(HEDELEG) != -1ul);
    wr_csr(HEDELEG, 0);
    put(HGEIP, -1ul); /* read-only */
    EXPECT(nacl(SYNC_CSR, HGEIP), SUCCESS);
    CHECK(*word(HGEIP) == 0 && !marked(HGEIP));
    put(HVIP, 0x44); /* changes another */
    EXPECT(nacl(SYNC_CSR, HVIP), SUCCESS);
    CHECK((*word(HIP) & 0x44) == 0x44);
    all_the_same();
    wr_csr(HVIP, 0);
}

/* Registers that decide what others hold are written first, whatever their numbers. */
static void sync_all(void)
{
    wr_csr(HIDELEG, 0);
    wr_csr(HIE, 0);
    put(VSIE, 0x222);
    put(HIDELEG, 0x444);
    put(HIE, 0);
    put(HIP, 4);
    put(HVIP, 0x40);
    put(VSTVEC, 0x80000004);
    put(VSEPC, 0x80000006);
    put(HGEIP, 4);
    mark(0x2ff); /* no CSR: nothing happens */
    EXPECT(nacl(SYNC_CSR, -1ul), SUCCESS);
    CHECK(rd_csr(VSIE) == 0x222 && rd_csr(HIE) == 0x444);
    CHECK(rd_csr(HVIP) == 0x44);
    CHECK(rd_csr(VSTVEC) == 0x80000004 && rd_csr(VSEPC) == 0x80000006);
    CHECK(marked(0x2ff));
    nacl_memory[0xf80 + nacl_place(0x2ff) / 8] = 0;
    for (ulong i = 0xf80; i < 0x1000; i++)
        CHECK(nacl_memory[i] == 0);
    all_the_same();
    wr_csr(HIE, 0);
    wr_csr(HVIP, 0);
}

/* ---- per hart ---- */

static void on_other(ulong hartid, ulong arg)
{
    (void)hartid;
    no_memory();
    EXPECT(nacl_set_shmem((ulong)other_memory, 0, 0), SUCCESS);
    wr_csr(VSSCRATCH, arg);
    CHECK(((volatile ulong *)(ulong)(other_memory + 0x1000))[nacl_place(VSSCRATCH)] == arg);
}

static void harts(void)
{
    long other = other_hart();

    if (other < 0)
        return;
    for (ulong i = 0; i < 2; i++) { /* a start begins without memory */
        struct start s = {on_other, 0x900 + i};
        wr_csr(VSSCRATCH, i);
        CHECK(start_hart((ulong)other, &s));
        CHECK(wait_status((ulong)other, 1));
        CHECK(*word(VSSCRATCH) == i);
    }
}

static void disabled(void)
{
    wr_csr(VSSCRATCH, 7);
    EXPECT(nacl_set_shmem(-1ul, -1ul, 0), SUCCESS);
    wr_csr(VSSCRATCH, 8);
    CHECK(*word(VSSCRATCH) == 7);
    no_memory();
}

void test(void)
{
    features = VALUE(sbi(EXT_BASE, 2, 0, 0, 0, 0));
    if (!has_h() || on_opensbi()) {
        CHECK(!has_ext(EXT_NACL));
        EXPECT(nacl(PROBE, 0), NOT_SUPPORTED);
        return;
    }
    probe();
    no_memory();
    wrong_arguments();
    bad_memory();
    shown_when_set();
    wrong_arguments();
    shown_when_written();
    shown_after_traps();
    not_overwritten();
    if (features & HAS_CSR) {
        sync_one();
        sync_all();
    }
    harts();
    disabled();
}
