/* A hart out of reset: the M-mode CSRs as a firmware programs them, and the register values with
 * which the supervisor starts. Defaults are OpenSBI's, so that a hypervisor meets what it knows. */
#include "sbi/firmware.h"

#include <assert.h>

#include "sbi/pmu.h"
#include "sbi/rom.h"

#define EXCEPTION(name) BIT(CAUSE_##name)

/* Delegated exceptions; the supervisor's own business. Illegal instructions, misaligned accesses
 * and access faults stay in M-mode and are emulated or redirected. */
static u64 default_medeleg(const struct hart *h)
{
    u64 mask = EXCEPTION(INSN_MISALIGNED) | EXCEPTION(BREAKPOINT) | EXCEPTION(ECALL_U) |
               EXCEPTION(INSN_PAGE) | EXCEPTION(LOAD_PAGE) | EXCEPTION(STORE_PAGE) |
               EXCEPTION(SOFTWARE_CHECK);

    if (has(h, EXT_H))
        mask |= EXCEPTION(ECALL_VS) | EXCEPTION(INSN_GUEST_PAGE) | EXCEPTION(LOAD_GUEST_PAGE) |
                EXCEPTION(VIRTUAL_INSN) | EXCEPTION(STORE_GUEST_PAGE);
    return mask;
}

static void delegate_traps(struct sbi *sbi, struct hart *h)
{
    u64 medeleg = (default_medeleg(h) | sbi->opt.delegate) & ~sbi->opt.undelegate;
    u64 mideleg = BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI);

    if (sbi->opt.misaligned == MISALIGNED_DELEGATE)
        medeleg |= EXCEPTION(LOAD_MISALIGNED) | EXCEPTION(STORE_MISALIGNED);
    if (has(h, EXT_Sscofpmf))
        mideleg |= BIT(IRQ_LCOFI);
    csr_put64(h, CSR_medeleg, CSR_medelegh, medeleg);
    csr_put(h, CSR_mideleg, mideleg & ~sbi->opt.undelegate_irq);
    csr_put(h, CSR_mie, BIT(sbi_call_irq(h)));
}

/* What the supervisor may use: everything the hart has, but for features that FWFT switches on. */
static void open_features(struct hart *h)
{
    u64 menvcfg = 0;

    if (has(h, EXT_Zicboz))
        menvcfg |= ENVCFG_CBZE;
    if (has(h, EXT_Zicbom))
        menvcfg |= ENVCFG_CBCFE | ENVCFG_CBIE;
    if (has(h, EXT_Svpbmt) && !is_rv32(h))
        menvcfg |= ENVCFG_PBMTE;
    if (has(h, EXT_Sstc))
        menvcfg |= ENVCFG_STCE;
    if (has(h, EXT_Svadu) && !has(h, EXT_Svade))
        menvcfg |= ENVCFG_ADUE;
    if (has(h, EXT_Smcdeleg))
        menvcfg |= ENVCFG_CDE;
    csr_put64(h, CSR_menvcfg, CSR_menvcfgh, menvcfg);
    if (has(h, EXT_Zkr))
        csr_put(h, CSR_mseccfg, csr_get(h, CSR_mseccfg) | MSECCFG_SSEED);
    csr_put(h, CSR_mcounteren, MASK(32));
    csr_put(h, CSR_mcountinhibit, MASK(32) & ~7ull); /* cycle and instret run */
    for (unsigned i = 0; i < 4; i++)
        csr_put64(h, CSR_mstateen0 + i, CSR_mstateen0h + i, ~STATEEN_C);
}

/* Entry 0 keeps the ROM to M-mode; entry 1 opens everything else. Harts without PMP need neither.
 */
static void protect_rom(struct hart *h)
{
    u64 napot = set_field(0, PMP_A, PMP_NAPOT);
    u64 cfg = napot | (napot | PMP_R | PMP_W | PMP_X) << 8;

    csr_put(h, CSR_pmpaddr0, (ROM_BASE >> 2) | ((ROM_SIZE >> 3) - 1));
    csr_put(h, CSR_pmpaddr0 + 1, ~0ull);
    csr_put(h, CSR_pmpcfg0, cfg);
}

void sbi_setup_hart(struct sbi *sbi, struct hart *h)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];

    /* Resumable NMIs: until NMIE is set every trap goes astray (Smrnmi). */
    if (has(h, EXT_Smrnmi))
        csr_put(h, CSR_mnstatus, MNSTATUS_NMIE);
    csr_put(h, CSR_mtvec, ROM_BASE + ROM_TRAP);
    csr_put(h, CSR_mscratch, 0);
    delegate_traps(sbi, h);
    open_features(h);
    protect_rom(h);
    sbi_setup_calls(sbi, h);
    sbi_set_mtimecmp(sbi, h->id, ~0ull);
    csr_put64(h, CSR_stimecmp, CSR_stimecmph, ~0ull);
    csr_put64(h, CSR_vstimecmp, CSR_vstimecmph, ~0ull);
    csr_clear_bits(h, CSR_mip, BIT(IRQ_SSI) | BIT(IRQ_STI));
    s->ipi = 0;
    s->fwft_locked = 0;
    sbi_pmu_reset_hart(sbi, h);
    sbi_sse_reset_hart(sbi, h);
    sbi_dbtr_reset_hart(sbi, h);
    sbi_cppc_reset_hart(sbi, h);
    s->mpxy_shmem = s->sta_shmem = s->nacl_shmem = SHMEM_NONE;
}

void sbi_enter_idle(struct hart *h)
{
    u64 mstatus = mstatus_get(h);

    csr_put(h, CSR_mepc, ROM_BASE + ROM_IDLE);
    mstatus = set_field(mstatus, MSTATUS_MPP, 3);
    mstatus_put(h, mstatus & ~(MSTATUS_MPIE | MSTATUS_MPV | MSTATUS_MPELP));
}

/* ---- what the specification leaves undefined ---- */

/* CSRs that S-mode can see and that "hart start" does not define; low and (RV32) high number. */
static const struct supervisor_csr {
    u16 num, high;
} supervisor_csrs[] = {
    {CSR_stvec, 0},
    {CSR_sscratch, 0},
    {CSR_sepc, 0},
    {CSR_scause, 0},
    {CSR_stval, 0},
    {CSR_sie, CSR_sieh},
    {CSR_scounteren, 0},
    {CSR_senvcfg, 0},
    {CSR_sstateen0, 0},
    {CSR_sstateen0 + 1, 0},
    {CSR_sstateen0 + 2, 0},
    {CSR_sstateen0 + 3, 0},
    {CSR_siselect, 0},
    {CSR_ssp, 0},
    {CSR_jvt, 0},
    {CSR_fcsr, 0},
    {CSR_stimecmp, CSR_stimecmph},
    {CSR_hstatus, 0},
    {CSR_hedeleg, CSR_hedelegh},
    {CSR_hideleg, CSR_hidelegh},
    {CSR_hie, 0},
    {CSR_hvip, CSR_hviph},
    {CSR_hvien, CSR_hvienh},
    {CSR_hvictl, 0},
    {CSR_hviprio1, CSR_hviprio1h},
    {CSR_hviprio2, CSR_hviprio2h},
    {CSR_hgeie, 0},
    {CSR_henvcfg, CSR_henvcfgh},
    {CSR_hcounteren, 0},
    {CSR_htimedelta, CSR_htimedeltah},
    {CSR_htval, 0},
    {CSR_htinst, 0},
    {CSR_hgatp, 0},
    {CSR_hstateen0, CSR_hstateen0h},
    {CSR_hstateen0 + 1, CSR_hstateen0h + 1},
    {CSR_hstateen0 + 2, CSR_hstateen0h + 2},
    {CSR_hstateen0 + 3, CSR_hstateen0h + 3},
    {CSR_vsstatus, 0},
    {CSR_vsie, CSR_vsieh},
    {CSR_vstvec, 0},
    {CSR_vsscratch, 0},
    {CSR_vsepc, 0},
    {CSR_vscause, 0},
    {CSR_vstval, 0},
    {CSR_vsatp, 0},
    {CSR_vstimecmp, CSR_vstimecmph},
    {CSR_vsiselect, 0},
};

/* The next value for something undefined. */
static u64 undefined_value(struct sbi *sbi)
{
    switch (sbi->opt.reset_values) {
    case RESET_POISON:
        return 0xdeadbeefdeadbeefull;
    case RESET_RANDOM:
        return random_next(&sbi->state.random);
    default:
        return 0;
    }
}

static void fill_registers(struct sbi *sbi, struct hart *h)
{
    for (unsigned i = 1; i < 32; i++) {
        u64 v = undefined_value(sbi);
        h->x[i] = is_rv32(h) ? (u64)(s64)(s32)v : v;
    }
    for (unsigned i = 0; i < 32; i++)
        h->f[i] = undefined_value(sbi);
}

/* A write of a page-table root with a MODE that does not exist has no effect: let it be Sv39. */
static u64 with_valid_mode(const struct hart *h, unsigned num, u64 v)
{
    if (is_rv32(h) || v == 0 || (num != CSR_hgatp && num != CSR_vsatp))
        return v;
    return set_field(v, SATP_MODE, 8);
}

static void put_supervisor_csr(struct hart *h, const struct supervisor_csr *c, u64 v)
{
    if (c->high)
        csr_put64(h, c->num, c->high, v);
    else
        csr_put(h, c->num, is_rv32(h) ? v & MASK(32) : v);
}

static bool stays_zero(const struct sbi *sbi, unsigned num)
{
    for (u32 i = 0; i < sbi->opt.num_reset_zero; i++)
        if (sbi->opt.reset_zero[i] == num)
            return true;
    return false;
}

static void fill_csrs(struct sbi *sbi, struct hart *h)
{
    u64 keep = MSTATUS_SIE;
    u64 sstatus = undefined_value(sbi) & ~keep;

    csr_put(h, CSR_sstatus, sstatus);
    /* What is pending stays so: it may be what ends a suspension. */
    csr_set_bits(h, CSR_sip, undefined_value(sbi) & (BIT(IRQ_SSI) | BIT(IRQ_LCOFI)));
    for (unsigned i = 0; i < ARRAY_LEN(supervisor_csrs); i++) {
        const struct supervisor_csr *c = &supervisor_csrs[i];
        put_supervisor_csr(h, c, with_valid_mode(h, c->num, undefined_value(sbi)));
    }
    for (unsigned i = 0; i < ARRAY_LEN(supervisor_csrs);
         i++) /* last: a CSR may show another's bits */
        if (stays_zero(sbi, supervisor_csrs[i].num))
            put_supervisor_csr(h, &supervisor_csrs[i], 0);
}

/* Where OpenSBI leaves something else than zero. */
static void fill_usual(struct hart *h, const struct sbi_entry *entry)
{
    csr_put(h, CSR_sstatus, MSTATUS_FS);
    csr_put(h, CSR_scounteren, COUNTEREN_TM);
    csr_put(h, CSR_stvec, entry->pc & ~3ull);
}

void sbi_enter_supervisor(struct sbi *sbi, struct hart *h, const struct sbi_entry *entry)
{
    u64 mstatus, stimecmp = csr_get64(h, CSR_stimecmp, CSR_stimecmph);
    u64 vstimecmp = csr_get64(h, CSR_vstimecmp, CSR_vstimecmph);

    fill_registers(sbi, h);
    fill_csrs(sbi, h);
    if (sbi->opt.reset_values == RESET_USUAL)
        fill_usual(h, entry);
    if (sbi->opt.reset_values == RESET_USUAL || sbi->opt.reset_values == RESET_ZERO) {
        /* Zero would be a timer interrupt; over a suspend the timers go on. */
        csr_put64(h, CSR_stimecmp, CSR_stimecmph, stimecmp);
        csr_put64(h, CSR_vstimecmp, CSR_vstimecmph, vstimecmp);
    }
    csr_put(h, CSR_satp, 0);
    h->x[10] = h->id;
    h->x[11] = is_rv32(h) ? (u64)(s64)(s32)entry->arg : entry->arg;
    csr_put(h, CSR_mepc, entry->pc);
    mstatus = mstatus_get(h) & ~(MSTATUS_MPV | MSTATUS_MPELP | MSTATUS_SIE);
    mstatus = set_field(mstatus, MSTATUS_MPP, 1);
    mstatus_put(h, mstatus);
}
