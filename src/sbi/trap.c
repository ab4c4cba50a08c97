/* Traps that reach M-mode: the hook behind the `firmware` instruction, interrupts, and the
 * redirection of what is not the firmware's to the supervisor, as if it had been delegated. */
#include "sbi/firmware.h"

#include <inttypes.h>

#include "common/owner.h"
#include "sbi/pmu.h"
#include "sbi/rom.h"
#include "sbi/sse.h"

struct redirect trap_from_csrs(struct hart *h)
{
    bool hyp = has(h, EXT_H);

    return (struct redirect){
        .cause = csr_get(h, CSR_mcause),
        .tval = csr_get(h, CSR_mtval),
        .tval2 = hyp ? csr_get(h, CSR_mtval2) : 0,
        .tinst = hyp ? csr_get(h, CSR_mtinst) : 0,
        .gva = mstatus_get(h) & MSTATUS_GVA,
    };
}

static bool is_guest_page_fault(u32 cause)
{
    return cause == CAUSE_INSN_GUEST_PAGE || cause == CAUSE_LOAD_GUEST_PAGE ||
           cause == CAUSE_STORE_GUEST_PAGE;
}

struct redirect trap_from_fault(const struct trap *fault, const struct redirect *original)
{
    struct redirect t = {
        .cause = fault->cause,
        .tval = fault->tval,
        .tval2 = is_guest_page_fault(fault->cause) ? fault->gpa >> 2 : 0,
        .tinst = fault->tinst,
        .gva = fault->gva,
    };

    /* Not a pseudo-instruction: the transformed instruction with the offset of the byte that failed
     * (hypervisor chapter, "Transformed Instruction or Pseudoinstruction": Addr. Offset). */
    if (!t.tinst && original->tinst && fault->cause != CAUSE_INSN_GUEST_PAGE)
        t.tinst = original->tinst | (fault->tval - original->tval) << 15;
    return t;
}

/* Where a redirected trap goes: the bank's registers, by number. */
struct bank_csrs {
    u16 status, epc, cause, tval, tvec;
};
static const struct bank_csrs s_bank = {CSR_sstatus, CSR_sepc, CSR_scause, CSR_stval, CSR_stvec};
static const struct bank_csrs vs_bank = {CSR_vsstatus, CSR_vsepc, CSR_vscause, CSR_vstval,
                                         CSR_vstvec};

/* Is the double-trap feature on for that bank? (menvcfg.DTE, henvcfg.DTE) */
static bool double_trap_enabled(struct hart *h, enum bank to)
{
    if (!has(h, EXT_Ssdbltrp))
        return false;
    return (to == BANK_VS ? csr_get64(h, CSR_henvcfg, CSR_henvcfgh)
                          : csr_get64(h, CSR_menvcfg, CSR_menvcfgh)) &
           ENVCFG_DTE;
}

/* A trap of S-mode while sstatus.SDT is set: the local double-trap event, if it has a handler.
 * There is nobody else to tell, so the machine stops otherwise. */
static void double_trap(struct sbi *sbi, struct hart *h, const struct redirect *t)
{
    if (sbi_sse_signal(sbi, h, SSE_LOCAL_DOUBLE_TRAP) == 0 && sbi_sse_ready(sbi, h))
        return;
    owner_message(sbi->m->owner,
                  "hart %u: double trap in %s-mode at 0x%" PRIx64 " (cause %" PRIu64
                  ") and no handler for the double-trap event; machine stopped",
                  h->id, mode_name(h, MODE_S), csr_get(h, CSR_mepc), t->tval2);
    sbi_system_stop(sbi, h, STOP_GUEST_EXIT, 1);
}

/* The sstatus (or vsstatus) that trap entry leaves. */
static u64 status_after_entry(struct hart *h, u64 status, u64 mstatus, enum bank to)
{
    status &= ~(MSTATUS_SPP | MSTATUS_SPIE);
    if (get_field(mstatus, MSTATUS_MPP) == 1)
        status |= MSTATUS_SPP;
    if (status & MSTATUS_SIE)
        status |= MSTATUS_SPIE;
    status &= ~MSTATUS_SIE;
    if (double_trap_enabled(h, to))
        status |= MSTATUS_SDT;
    if (has(h, EXT_Zicfilp))
        status = set_field(status, MSTATUS_SPELP, get_field(mstatus, MSTATUS_MPELP));
    return status;
}

/* The part of a trap into HS-mode that only hypervisors see. */
static void write_guest_fields(struct hart *h, const struct redirect *t, u64 mstatus)
{
    u64 hstatus = csr_get(h, CSR_hstatus);
    bool from_guest = mstatus & MSTATUS_MPV;

    if (from_guest)
        hstatus = set_field(hstatus, HSTATUS_SPVP, get_field(mstatus, MSTATUS_MPP) == 1);
    hstatus = set_field(hstatus, HSTATUS_SPV, from_guest);
    hstatus = set_field(hstatus, HSTATUS_GVA, t->gva);
    csr_put(h, CSR_hstatus, hstatus);
    csr_put(h, CSR_htval, t->tval2);
    csr_put(h, CSR_htinst, t->tinst);
}

/* Writes the bank's trap registers and makes MRET enter its handler. */
static void enter_bank(struct hart *h, const struct redirect *t, u64 mstatus, enum bank to)
{
    const struct bank_csrs *b = to == BANK_VS ? &vs_bank : &s_bank;
    u64 status = status_after_entry(h, csr_get(h, b->status), mstatus, to);

    csr_put(h, b->status, status);
    csr_put(h, b->epc, csr_get(h, CSR_mepc));
    csr_put(h, b->cause, t->cause);
    csr_put(h, b->tval, t->tval);
    if (has(h, EXT_H) && to == BANK_S)
        write_guest_fields(h, t, mstatus);
    csr_put(h, CSR_mepc, csr_get(h, b->tvec) & ~3ull);
    mstatus = mstatus_get(h); /* writing sstatus has changed it */
    mstatus = set_field(mstatus, MSTATUS_MPP, 1);
    mstatus = set_field(mstatus, MSTATUS_MPV, to == BANK_VS);
    mstatus &= ~MSTATUS_MPELP;
    mstatus_put(h, mstatus);
}

/* The handler's registers are written; MRET goes there. */
static void tell_debugger(struct hart *h, const struct redirect *t, enum mode from, enum bank to)
{
    struct trap_event ev = {.cause = t->cause,
                            .tval = t->tval,
                            .tval2 = t->tval2,
                            .tinst = t->tinst,
                            .gva = t->gva,
                            .bank = (u8)to,
                            .from = (u8)from,
                            .code = (u16)t->cause,
                            .epc = csr_get(h, to == BANK_VS ? CSR_vsepc : CSR_sepc)};
    if (h->debug.redirected)
        h->debug.redirected(h->debug.ctx, h, &ev);
}

/* As the hart tells of it itself; `left`: a guest has been left. */
static void csrs_changed(struct hart *h, unsigned left)
{
    if (h->firmware.hypervisor_csrs)
        h->firmware.hypervisor_csrs(h->firmware.ctx, h, left);
}

void sbi_redirect(struct sbi *sbi, struct hart *h, const struct redirect *t)
{
    u64 mstatus = mstatus_get(h);
    bool from_guest = has(h, EXT_H) && (mstatus & MSTATUS_MPV);
    bool hedeleg = from_guest && csr_get64(h, CSR_hedeleg, CSR_hedelegh) >> t->cause & 1;
    enum bank to = hedeleg ? BANK_VS : BANK_S;
    struct redirect twice = {.cause = CAUSE_DOUBLE_TRAP, .tval2 = t->cause};

    sbi_trace_trap(sbi, h, &(struct sbi_route){previous_mode(mstatus), hedeleg ? MODE_VS : MODE_S},
                   "%s at 0x%" PRIx64 ": redirected to %s-mode%s",
                   exception_name((unsigned)t->cause), csr_get(h, CSR_mepc), bank_name(h, to),
                   hedeleg ? " (hedeleg)" : "");
    if (double_trap_enabled(h, to) &&
        csr_get(h, to == BANK_VS ? CSR_vsstatus : CSR_sstatus) & MSTATUS_SDT) {
        if (!from_guest) {
            double_trap(sbi, h, &twice);
            return;
        }
        /* An unexpected trap in VS-mode is the hypervisor's to handle. */
        t = &twice;
        to = BANK_S;
    }
    *(to == BANK_VS ? &sbi->settled[t->cause & 63].to_vs : &sbi->settled[t->cause & 63].to_hs) += 1;
    enter_bank(h, t, mstatus, to);
    if (to == BANK_S)
        csrs_changed(h, from_guest);
    tell_debugger(h, t, previous_mode(mstatus), to);
}

/* With a hypervisor: a double trap of the guest goes to HS-mode; one of HS-mode is an SSE event. */
static void machine_double_trap(struct sbi *sbi, struct hart *h)
{
    struct redirect t = trap_from_csrs(h);
    u64 mstatus = mstatus_get(h);

    if (get_field(mstatus, MSTATUS_MPP) == 1 && !(mstatus & MSTATUS_MPV))
        double_trap(sbi, h, &t);
    else
        sbi_redirect(sbi, h, &t);
}

static void timer_interrupt(struct hart *h)
{
    csr_clear_bits(h, CSR_mie, BIT(IRQ_MTI));
    csr_set_bits(h, CSR_mip, BIT(IRQ_STI));
}

/* Another hart (or device) calls this one. */
static void called(struct sbi *sbi, struct hart *h)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];
    sbi_answer(sbi, h);
    if (s->ipi) {
        s->ipi = 0;
        csr_set_bits(h, CSR_mip, BIT(IRQ_SSI));
        sbi_pmu_count(sbi, h, FW_IPI_RECEIVED);
    }
}

static void interrupt(struct sbi *sbi, struct hart *h, u64 irq)
{
    if (irq == sbi_call_irq(h)) {
        called(sbi, h);
        return;
    }
    switch (irq) {
    case IRQ_MTI:
        timer_interrupt(h);
        break;
    case IRQ_LCOFI:
        sbi_sse_overflow(sbi, h);
        break;
    default:
        /* S-level interrupts that --sbi=undelegate-irq keeps here. A firmware has no use for them:
         * mask them, so that the supervisor goes on. */
        csr_clear_bits(h, CSR_mie, BIT(irq));
        sbi_trace_trap(sbi, h, &(struct sbi_route){previous_mode(mstatus_get(h)), MODE_M},
                       "%s in M-mode: masked", interrupt_name((unsigned)irq));
        break;
    }
}

static void exception(struct sbi *sbi, struct hart *h, u64 cause)
{
    struct redirect t;

    switch (cause) {
    case CAUSE_ECALL_S:
        sbi_ecall(sbi, h);
        return;
    case CAUSE_ILLEGAL:
        sbi_pmu_count(sbi, h, FW_ILLEGAL_INSN);
        sbi_emulate_illegal(sbi, h);
        return;
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_STORE_MISALIGNED:
        sbi_pmu_count(sbi, h,
                      cause == CAUSE_LOAD_MISALIGNED ? FW_MISALIGNED_LOAD : FW_MISALIGNED_STORE);
        sbi_emulate_misaligned(sbi, h);
        return;
    case CAUSE_DOUBLE_TRAP:
        machine_double_trap(sbi, h);
        return;
    case CAUSE_LOAD_ACCESS:
        sbi_pmu_count(sbi, h, FW_ACCESS_LOAD);
        break;
    case CAUSE_STORE_ACCESS:
        sbi_pmu_count(sbi, h, FW_ACCESS_STORE);
        break;
    default:
        break;
    }
    t = trap_from_csrs(h);
    sbi_redirect(sbi, h, &t);
}

static void trap(struct sbi *sbi, struct hart *h)
{
    u64 cause = csr_get(h, CSR_mcause);
    u64 interrupt_bit = BIT(h->config.xlen - 1);

    if (cause & interrupt_bit)
        interrupt(sbi, h, cause & ~interrupt_bit);
    else
        exception(sbi, h, cause);
}

void sbi_firmware(void *ctx, struct hart *h)
{
    struct sbi *sbi = ctx;

    switch (h->pc - ROM_BASE) {
    case ROM_INIT:
        if (h->id == sbi->boot_hart)
            sbi_setup_irqchip(sbi, h);
        sbi_setup_hart(sbi, h);
        sbi_idle(sbi, h);
        break;
    case ROM_TRAP:
        trap(sbi, h);
        break;
    case ROM_IDLE + 4:
        /* MIE is clear in the idle loop: what woke it has not trapped. */
        if (csr_get(h, CSR_mip) & BIT(sbi_call_irq(h)))
            called(sbi, h);
        sbi_idle(sbi, h);
        break;
    default:
        break; /* the instruction itself, found elsewhere in the ROM's data */
    }
    sbi_sse_deliver(sbi, h);
    csrs_changed(h, 0);
}

void sbi_posted(void *ctx, struct hart *h, const struct post *p)
{
    struct sbi *sbi = ctx;
    struct sbi_hart *s = &sbi->state.hart[h->id];
    const u64 *arg = p->arg;

    switch (p->kind) {
    case POST_IPI:
        s->ipi = 1;
        break;
    case POST_FENCE:
        sbi_fence_received(
            sbi, h,
            &(struct fence){(enum fence_kind)arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]});
        break;
    case POST_EVENT: /* nobody but the hart itself disables it */
        (void)sbi_sse_signal(sbi, h, (u32)arg[0]);
        break;
    case POST_START:
        s->start_pc = arg[0];
        s->start_arg = arg[1];
        break;
    default:
        break;
    }
}
