/* Running code in a mode and recording how it ended. */
#include "priv.h"

#define DONE 0x444f4e45ul

static struct context context_of_guest;
extern u8 guest_stack_top[];

static int has_h(void)
{
    return (csr_read(CSR_MISA) & MISA_H) != 0;
}

static void read_csr_set(struct csr_set *set)
{
    memset(set, 0, sizeof(*set));
    set->sstatus = csr_read(CSR_SSTATUS);
    set->sepc = csr_read(CSR_SEPC);
    set->scause = csr_read(CSR_SCAUSE);
    set->stval = csr_read(CSR_STVAL);
    if (!has_h())
        return;
    set->hstatus = csr_read(CSR_HSTATUS);
    set->htval = csr_read(CSR_HTVAL);
    set->htinst = csr_read(CSR_HTINST);
    set->vsstatus = csr_read(CSR_VSSTATUS);
    set->vsepc = csr_read(CSR_VSEPC);
    set->vscause = csr_read(CSR_VSCAUSE);
    set->vstval = csr_read(CSR_VSTVAL);
}

/* How far from its link address code runs: U and VU see the image at an alias when translated. */
static ulong alias_offset(enum mode mode)
{
    ulong atp = 0;
    if (mode == MODE_U)
        atp = csr_read(CSR_SATP);
    else if (mode == MODE_VU)
        atp = csr_read(CSR_VSATP);
    return atp >> (RV64 ? 60 : 31) ? USER_ALIAS : 0;
}

/* Copies the instructions to the slot, followed by the call that says "done". */
static void place(const struct program *program)
{
    static const u32 done[] = {
        0x444f58b7u,         /* lui a7, 0x444f5 */
        ADDI(A7, A7, 0xe45), /* the low 12 bits of DONE, sign-extended */
        ECALL,
    };
    u16 *to = (u16 *)(slot_pages + program->at);
    for (unsigned i = 0; i < program->count + 3; i++) {
        u32 insn = i < program->count ? program->insns[i] : done[i - program->count];
        *to++ = (u16)insn;
        if ((insn & 3) == 3)
            *to++ = (u16)(insn >> 16);
    }
}

/* The S vectors hand over by ECALL, unless the test delegates ECALLs from S or VS. */
static void choose_escape(void)
{
    u32 insn = csr_read(CSR_MEDELEG) & (BIT(EXC_ECALL_HS) | BIT(EXC_ECALL_VS)) ? UNIMP : ECALL;
    if (*(volatile u32 *)s_escape == insn)
        return;
    *(volatile u32 *)s_escape = insn;
    asm volatile("fence.i" : : : "memory");
}

static void set_previous_mode(enum mode mode, u64 more)
{
    u64 clear = STATUS_MPP | STATUS_MPIE | MSTATUS_MPV | MSTATUS_MPELP | MSTATUS_MDT;
    u64 status = csr_read64(CSR_MSTATUS) & ~clear;
    status |= NOMINAL(mode) << 11 | (IS_V(mode) ? MSTATUS_MPV : 0) | more;
    csr_write64(CSR_MSTATUS, status);
}

static void record_m(struct trap *trap)
{
    trap->bank = BANK_M;
    trap->cause = csr_read(CSR_MCAUSE);
    trap->epc = csr_read(CSR_MEPC);
    trap->tval = csr_read(CSR_MTVAL);
    if (has_h()) {
        trap->tval2 = csr_read(CSR_MTVAL2);
        trap->tinst = csr_read(CSR_MTINST);
    }
    trap->gva = (trap->mstatus & MSTATUS_GVA) != 0;
    trap->pv = (trap->mstatus & MSTATUS_MPV) != 0;
    trap->pp = (int)(trap->mstatus >> 11 & 3);
}

static void record_hs(struct trap *trap)
{
    const struct csr_set *after = &trap->after;
    trap->bank = BANK_HS;
    trap->cause = after->scause;
    trap->epc = after->sepc;
    trap->tval = after->stval;
    trap->tval2 = after->htval;
    trap->tinst = after->htinst;
    trap->gva = (after->hstatus & HSTATUS_GVA) != 0;
    trap->pv = (after->hstatus & HSTATUS_SPV) != 0;
    trap->pp = (after->sstatus & STATUS_SPP) != 0;
    trap->vector = trap->regs[A7];
    trap->regs[A7] = csr_read(CSR_SSCRATCH);
}

static void record_vs(struct trap *trap)
{
    const struct csr_set *after = &trap->after;
    trap->bank = BANK_VS;
    trap->cause = after->vscause;
    trap->epc = after->vsepc;
    trap->tval = after->vstval;
    trap->pv = 1;
    trap->pp = (after->vsstatus & STATUS_SPP) != 0;
    trap->vector = trap->regs[A7];
    trap->regs[A7] = csr_read(CSR_VSSCRATCH);
}

static void record(struct trap *trap)
{
    trap->mstatus = csr_read64(CSR_MSTATUS);
    csr_write64(CSR_MSTATUS, trap->mstatus & ~(MSTATUS_MDT | STATUS_MPRV));
    read_csr_set(&trap->after);
    trap->vector = 64;
    memcpy(trap->regs, context_of_guest.regs, sizeof(trap->regs));
    if (csr_read(CSR_MEPC) != (ulong)s_escape)
        record_m(trap);
    else if (trap->mstatus & MSTATUS_MPV)
        record_vs(trap);
    else
        record_hs(trap);
    if (trap->cause >= EXC_ECALL_U && trap->cause <= EXC_ECALL_M && trap->regs[A7] == DONE)
        trap->bank = BANK_NONE;
}

struct trap run(const struct program *program)
{
    struct trap trap;
    ulong offset = alias_offset(program->mode);
    memset(&trap, 0, sizeof(trap));
    trap.mode = program->mode;
    if (program->insns)
        place(program);
    choose_escape();
    trap.start = program->pc ? program->pc : (ulong)slot_pages + program->at + offset;
    ulong *regs = context_of_guest.regs;
    memset(regs, 0, sizeof(context_of_guest.regs));
    regs[RA] = (ulong)guest_done + offset;
    regs[SP] = program->sp ? program->sp : (ulong)guest_stack_top + offset;
    regs[A0] = program->a0;
    regs[A1] = program->a1;
    regs[A2] = program->a2;
    regs[A3] = program->a3;
    read_csr_set(&trap.before);
    set_previous_mode(program->mode, program->mstatus);
    csr_write(CSR_MEPC, trap.start);
    enter_mode(&context_of_guest);
    record(&trap);
    return trap;
}

struct trap exec(enum mode mode, u32 insn, ulong a0, ulong a1)
{
    return RUN(mode, CODE(insn), .a0 = a0, .a1 = a1, .at = 0x40);
}

struct trap run_in(enum mode mode, ulong (*fn)(ulong), ulong arg)
{
    return RUN(mode, .pc = (ulong)fn + alias_offset(mode), .a0 = arg);
}
