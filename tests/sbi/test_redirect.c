/* Traps that are not delegated reach the supervisor as if they had been: to HS-mode with SPP, SPV,
 * SPVP, GVA, htval, htinst, or straight to VS-mode when hedeleg says so.
 * run: none
 * run: --sbi=undelegate=8+12+13+15+20+21+23
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "sbi.h"

enum {
    ILLEGAL = 2,
    BREAKPOINT = 3,
    LOAD_ACCESS = 5,
    STORE_ACCESS = 7,
    ECALL_U = 8,
    ECALL_VS = 10,
    VIRTUAL = 22
};
enum { SPV = 1 << 7, SPVP = 1 << 8, GVA = 1 << 6, SPP = 1 << 8, SPIE = 1 << 5 };
#define FORBIDDEN 0x1000ul /* the firmware's ROM */

static ulong forbidden(void)
{
    return on_opensbi() ? 0x80000000ul : FORBIDDEN;
}

static void illegal(void)
{
    __asm__ volatile(".word 0xc0001073"); /* csrrw x0, cycle, x0: cycle is read-only */
}

static void illegal_below(ulong arg)
{
    (void)arg;
    illegal();
    leave_below(0);
}

static void load_below(ulong addr)
{
    (void)*(volatile uint32_t *)addr;
    leave_below(0);
}

static void store_below(ulong addr)
{
    *(volatile uint32_t *)addr = 0;
    leave_below(0);
}

static void fetch_below(ulong addr)
{
    ((void (*)(void))addr)();
    leave_below(0);
}

static void from_s(void)
{
    trap_clear();
    csr_set(sstatus, 2);
    illegal();
    CHECK(last_trap()->count == 1 && last_trap()->cause == ILLEGAL);
    CHECK(last_trap()->tval == 0xc0001073ul);
    CHECK((last_trap()->sstatus & SPP) && (last_trap()->sstatus & SPIE));
    CHECK((last_trap()->sstatus & 2) == 0);
    CHECK(csr_read(sstatus) & 2);
    csr_clear(sstatus, 2);
    trap_clear();
    illegal();
    CHECK((last_trap()->sstatus & SPIE) == 0);
    trap_clear();
    __asm__ volatile(".word 0x0c0572d7"); /* vsetvli t0, a0, e8, m1: the hart has no vectors */
    CHECK(last_trap()->count == 1 && last_trap()->cause == ILLEGAL);
    CHECK(last_trap()->tval == 0x0c0572d7ul);
    trap_clear();
    (void)*(volatile uint32_t *)forbidden();
    CHECK(last_trap()->count == 1 && last_trap()->cause == LOAD_ACCESS);
    CHECK(last_trap()->tval == forbidden());
}

static void from_u(void)
{
    trap_clear();
    run_below(WORLD_U, illegal_below, 0);
    CHECK(last_trap()->count == 1 && last_trap()->cause == ILLEGAL);
    CHECK((last_trap()->sstatus & SPP) == 0);
    trap_clear();
    run_below(WORLD_U, store_below, forbidden());
    CHECK(last_trap()->count == 1 && last_trap()->cause == STORE_ACCESS);
    CHECK(last_trap()->tval == forbidden());
}

/* hedeleg clear: the trap of a guest is the hypervisor's. */
static void guest_to_hs(void)
{
    struct trap *t = last_trap();

    wr_csr(HEDELEG, 0);
    wr_csr(HGATP, 0);
    wr_csr(VSATP, 0);
    trap_clear();
    run_below(WORLD_VS, illegal_below, 0);
    CHECK(t->count == 1 && t->cause == ILLEGAL && t->tval == 0xc0001073ul);
    CHECK((t->hstatus & (SPV | SPVP | GVA)) == (SPV | SPVP));
    CHECK(t->sstatus & SPP);
    CHECK(t->htval == 0);
    trap_clear();
    run_below(WORLD_VU, illegal_below, 0);
    CHECK(t->count == 1 && t->cause == ILLEGAL);
    CHECK((t->hstatus & (SPV | SPVP | GVA)) == SPV);
    CHECK((t->sstatus & SPP) == 0);
    trap_clear();
    run_below(WORLD_VS, load_below, forbidden());
    CHECK(t->count == 1 && t->cause == LOAD_ACCESS && t->tval == forbidden());
    CHECK((t->hstatus & (SPV | SPVP | GVA)) == (SPV | SPVP | GVA));
    CHECK(t->htval == 0);
    CHECK(t->htinst == 0 || (t->htinst & 0x707f) == 0x2003 || (t->htinst & 0x707f) == 0x2001);
    trap_clear();
    run_below(WORLD_VS, fetch_below, forbidden());
    CHECK(t->count == 1 && t->cause == 1 && t->tval == forbidden());
    CHECK(t->hstatus & GVA);
    /* from HS-mode itself: SPV and GVA are cleared again, SPVP is left */
    trap_clear();
    illegal();
    CHECK(t->count == 1 && (rd_csr(HSTATUS) & (SPV | GVA)) == 0 && (rd_csr(HSTATUS) & SPVP));
}

/* What the guest's own handler has seen. */
static volatile ulong guest_seen[4];
void guest_vector(void);
__asm__(".text\n .balign 4\nguest_vector:\n"
        " csrr t0, sepc\n addi t0, t0, 4\n csrw sepc, t0\n sret\n");

static void guest_illegal(ulong sie)
{
    csr_write(stvec, (ulong)guest_vector);
    csr_clear(sstatus, 2 | SPIE);
    if (sie)
        csr_set(sstatus, 2);
    illegal();
    guest_seen[0] = csr_read(scause);
    guest_seen[1] = csr_read(stval);
    guest_seen[2] = csr_read(sepc);
    guest_seen[3] = csr_read(sstatus);
    csr_clear(sstatus, 2);
    leave_below(0);
}

/* hedeleg set: straight to the guest, and HS-mode sees nothing. */
static void guest_to_vs(void)
{
    struct trap *t = last_trap();

    wr_csr(HEDELEG, BIT(ILLEGAL) | BIT(LOAD_ACCESS));
    ulong hstatus = rd_csr(HSTATUS);
    trap_clear();
    run_below(WORLD_VS, guest_illegal, 1);
    CHECK(t->count == 0);
    CHECK(guest_seen[0] == ILLEGAL && guest_seen[1] == 0xc0001073ul);
    CHECK(guest_seen[2] == (ulong)rd_csr(VSEPC));
    CHECK(guest_seen[3] & 2); /* SRET has given SIE back */
    CHECK(((rd_csr(HSTATUS) ^ hstatus) & GVA) == 0);
    run_below(WORLD_VS, guest_illegal, 0);
    CHECK((guest_seen[3] & 2) == 0);
    CHECK(t->count == 0);
    /* from VU-mode: SPP is clear in vsstatus. The handler ends in VU-mode, so look from here. */
    wr_csr(VSTVEC, (ulong)guest_vector);
    wr_csr(VSSTATUS, SPP);
    wr_csr(VSCAUSE, 0);
    run_below(WORLD_VU, illegal_below, 0);
    CHECK(t->count == 0);
    CHECK(rd_csr(VSCAUSE) == ILLEGAL && rd_csr(VSTVAL) == 0xc0001073ul);
    wr_csr(HEDELEG, 0);
}

/* With landing pads on, a fetch fault at the target of an indirect jump keeps what was expected. */
static void landing_pad(void)
{
    if (sbi(EXT_FWFT, 0, 1, 1, 0, 0).error)
        return;
    trap_clear();
    ((void (*)(void))forbidden())();
    CHECK(last_trap()->count == 1 && last_trap()->cause == 1 && (last_trap()->sstatus & BIT(23)));
    trap_clear();
    illegal();
    CHECK(last_trap()->count == 1 && !(last_trap()->sstatus & BIT(23)));
    EXPECT(sbi(EXT_FWFT, 0, 1, 0, 0, 0), SUCCESS);
}

/* A guest that traps while its SDT is set: a double trap, which is the hypervisor's. */
static void guest_sdt(ulong breakpoint)
{
    csr_set(sstatus, BIT(24));
    if (breakpoint)
        __asm__ volatile(".option push\n .option norvc\n ebreak\n .option pop");
    else
        illegal();
    csr_clear(sstatus, BIT(24));
    leave_below(0);
}

static void guest_double_trap(void)
{
    struct trap *t = last_trap();
    ulong dte_high = BIT(59 - 32);

    if (on_opensbi() || sbi(EXT_FWFT, 0, 3, 1, 0, 0).error)
        return;
#if __riscv_xlen == 64
    wr_csr(HENVCFG, rd_csr(HENVCFG) | dte_high << 32);
#else
    wr_csr(0x61a, rd_csr(0x61a) | dte_high);
#endif
    wr_csr(HEDELEG, BIT(ILLEGAL) | BIT(BREAKPOINT));
    for (ulong breakpoint = 0; breakpoint <= 1; breakpoint++) {
        trap_clear();
        wr_csr(VSCAUSE, 0x3f);
        run_below(WORLD_VS, guest_sdt, breakpoint);
        CHECK(t->count == 1 && t->cause == 16 && t->htval == (breakpoint ? BREAKPOINT : ILLEGAL));
        CHECK((t->hstatus & (SPV | SPVP)) == (SPV | SPVP));
        CHECK(rd_csr(VSCAUSE) == 0x3f);
    }
    wr_csr(HEDELEG, 0);
    wr_csr(VSSTATUS, 0);
#if __riscv_xlen == 64
    wr_csr(HENVCFG, rd_csr(HENVCFG) & ~(dte_high << 32));
#else
    wr_csr(0x61a, rd_csr(0x61a) & ~dte_high);
#endif
    EXPECT(sbi(EXT_FWFT, 0, 3, 0, 0, 0), SUCCESS);
}

void test(void)
{
    from_s();
    landing_pad();
    from_u();
    if (!has_h())
        return;
    guest_to_hs();
    guest_to_vs();
    guest_double_trap();
}
