/* System instructions: who may execute them, and what they start. The decision between illegal and
 * virtual instruction follows one rule (hypervisor chapter, "Virtual instruction"): what HS-mode
 * may not do is illegal; what only V=1 forbids is virtual. */
#include "cpu/sem_sys.h"

#include <string.h>

#include "bus/bus.h"
#include "cpu/csr.h"
#include "cpu/ctr.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "cpu/platform.h"
#include "cpu/sem.h"
#include "cpu/trap.h"
#include "mmu/fence.h"
#include "mmu/tlb.h"

/* An instruction that needs supervisor privilege: the bits that trap it in HS and in VS, and the
 * rules there and in U. */
struct supervisor_insn {
    u64 s_bit, vs_bit; /* of mstatus, of hstatus */
    u16 s, vs, u;      /* enum reason */
};
static const struct supervisor_insn insn_sret = {MSTATUS_TSR, HSTATUS_VTSR, REASON_MSTATUS_TSR,
                                                 REASON_HSTATUS_VTSR, REASON_SRET_U};
static const struct supervisor_insn insn_fence = {MSTATUS_TVM, HSTATUS_VTVM, REASON_MSTATUS_TVM,
                                                  REASON_HSTATUS_VTVM, REASON_FENCE_U};
static const struct supervisor_insn insn_order = {.u = REASON_FENCE_U};

static inline int check_supervisor(struct hart *h, const struct supervisor_insn *i)
{
    switch (h->mode) {
    case MODE_M:
        return 0;
    case MODE_S:
        return h->mstatus & i->s_bit ? raise_illegal(h, i->s) : 0;
    case MODE_U:
        return raise_illegal(h, i->u);
    case MODE_VS:
        return h->hstatus & i->vs_bit ? raise_virtual(h, i->vs) : 0;
    default:
        return raise_virtual(h, REASON_SUPERVISOR_VU);
    }
}

/* Fences of the hypervisor: HS or M. */
static int check_hfence(struct hart *h)
{
    if (mode_table[h->mode].v)
        return raise_virtual(h, REASON_HFENCE_V);
    return h->mode == MODE_U ? raise_illegal(h, REASON_HFENCE_U) : 0;
}

/* HLV, HLVX, HSV: HS or M; U if hstatus.HU allows it. */
static int check_hlsv(struct hart *h)
{
    if (mode_table[h->mode].v)
        return raise_virtual(h, REASON_HLSV_V);
    bool refused = h->mode == MODE_U && !(h->hstatus & HSTATUS_HU);
    return refused ? raise_illegal(h, REASON_HSTATUS_HU) : 0;
}

int sem_ecall(struct hart *h, const struct op *op)
{
    unsigned cause = mode_table[h->mode].ecall;
    (void)op;
    _Static_assert(REASON_ECALL_M - REASON_ECALL_U == CAUSE_ECALL_M - CAUSE_ECALL_U,
                   "the reasons stand in the order of the causes");
    return raise_exception(h, cause, 0, cause - CAUSE_ECALL_U + REASON_ECALL_U);
}

int sem_ebreak(struct hart *h, const struct op *op)
{
    const struct platform *p = h->platform;
    (void)op;
    if (UNLIKELY(p->host_call) && mode_table[h->mode].nominal && p->host_call(p->ctx, h))
        return 0;
    return raise_exception(h, CAUSE_BREAKPOINT, h->pc, REASON_EBREAK);
}

int sem_mret(struct hart *h, const struct op *op)
{
    (void)op;
    return h->mode == MODE_M ? do_mret(h) : raise_illegal(h, REASON_RETURN);
}

int sem_mnret(struct hart *h, const struct op *op)
{
    (void)op;
    return h->mode == MODE_M ? do_mnret(h) : raise_illegal(h, REASON_RETURN);
}

int sem_sret(struct hart *h, const struct op *op)
{
    (void)op;
    if (check_supervisor(h, &insn_sret))
        return TRAPPED;
    return do_sret(h);
}

/* Who may read sctrstatus may clear the records (Ssctr, "Supervisor CTR Clear Instruction"). */
int sem_sctrclr(struct hart *h, const struct op *op)
{
    (void)op;
    if (csr_use(h, CSR_sctrstatus))
        return TRAPPED;
    ctr_clear(h);
    return 0;
}

/* ---- waiting ---- */

/* tw: the rule of this instruction about mstatus.TW. */
static int check_wait(struct hart *h, enum reason tw)
{
    if (h->mode != MODE_M && (h->mstatus & MSTATUS_TW))
        return raise_illegal(h, tw);
    if (mode_table[h->mode].v && (h->hstatus & HSTATUS_VTW))
        return raise_virtual(h, REASON_HSTATUS_VTW);
    return 0;
}

static int wait_for(struct hart *h, enum hart_wait what)
{
    h->wait = what;
    h->d.exit_block = 1;
    return 0;
}

int sem_wfi(struct hart *h, const struct op *op)
{
    (void)op;
    if (check_wait(h, REASON_MSTATUS_TW))
        return TRAPPED;
    if (h->mode == MODE_VU)
        return raise_virtual(h, REASON_WFI_VU);
    if (h->mode == MODE_U && has(h, EXT_S))
        return raise_illegal(h, REASON_WFI_U);
    return wait_for(h, WAIT_WFI);
}

int sem_wrs_nto(struct hart *h, const struct op *op)
{
    (void)op;
    if (check_wait(h, REASON_WRS_TW))
        return TRAPPED;
    return h->res_valid ? wait_for(h, WAIT_WRS) : 0;
}

int sem_wrs_sto(struct hart *h, const struct op *op)
{
    (void)op;
    return h->res_valid ? wait_for(h, WAIT_WRS) : 0;
}

/* ---- fences ---- */

int sem_fence_i(struct hart *h, const struct op *op)
{
    (void)op;
    if (UNLIKELY(h->trace.fence != NULL))
        h->trace.fence(h->trace.ctx, h, &(struct fence_event){.kind = FENCE_EVENT_I});
    hart_fence_i(h);
    return 0;
}

/* The address and ASID/VMID operands, where x0 means all. */
static struct fence_arg operand(const struct hart *h, unsigned r)
{
    return (struct fence_arg){.given = r != 0, .value = get_x(h, r)};
}

int sem_sfence_vma(struct hart *h, const struct op *op)
{
    if (check_supervisor(h, &insn_fence))
        return TRAPPED;
    if (mode_table[h->mode].v)
        mmu_fence_vs(h, operand(h, op->rs1), operand(h, op->rs2));
    else
        mmu_fence_s(h, operand(h, op->rs1), operand(h, op->rs2));
    return 0;
}

int sem_sinval_vma(struct hart *h, const struct op *op)
{
    return sem_sfence_vma(h, op);
}

int sem_sfence_w_inval(struct hart *h, const struct op *op)
{
    (void)op;
    return check_supervisor(h, &insn_order);
}

int sem_sfence_inval_ir(struct hart *h, const struct op *op)
{
    (void)op;
    return check_supervisor(h, &insn_order);
}

int sem_hfence_vvma(struct hart *h, const struct op *op)
{
    if (check_hfence(h))
        return TRAPPED;
    mmu_fence_vs(h, operand(h, op->rs1), operand(h, op->rs2));
    return 0;
}

int sem_hfence_gvma(struct hart *h, const struct op *op)
{
    if (check_hfence(h))
        return TRAPPED;
    if (h->mode == MODE_S && (h->mstatus & MSTATUS_TVM))
        return raise_illegal(h, REASON_MSTATUS_TVM);
    struct fence_arg gpa = operand(h, op->rs1);
    gpa.value <<= 2;
    mmu_fence_g(h, gpa, operand(h, op->rs2));
    return 0;
}

int sem_hinval_vvma(struct hart *h, const struct op *op)
{
    return sem_hfence_vvma(h, op);
}

int sem_hinval_gvma(struct hart *h, const struct op *op)
{
    return sem_hfence_gvma(h, op);
}

/* ---- hypervisor loads and stores ---- */

int sem_hlv(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 value;
    if (check_hlsv(h) || mem_load(h, get_x(h, op->rs1), a->bytes, a->flags, &value))
        return TRAPPED;
    set_rd(h, op, a->is_signed ? (u64)sext(value, 8u * a->bytes) : value);
    return 0;
}

int sem_hsv(struct hart *h, const struct op *op, const struct insn_access *a)
{
    if (check_hlsv(h))
        return TRAPPED;
    return mem_store(h, get_x(h, op->rs1), a->bytes, a->flags, h->x[op->rs2]);
}

/* ---- firmware ---- */

int sem_firmware(struct hart *h, const struct op *op)
{
    (void)op;
    const struct firmware_hook *f = &h->firmware;
    if (h->mode != MODE_M || h->pc - f->rom_base >= f->rom_size)
        return raise_illegal(h, REASON_FIRMWARE);
    f->call(f->ctx, h);
    h->d.exit_block = 1;
    return 0;
}

/* ---- envcfg ---- */

/* The chain menvcfg, henvcfg, senvcfg for a field that must be nonzero at every level above, and
 * the rule of each level (of senvcfg: in U, in VU). */
struct envcfg_chain {
    u64 field;
    u16 m, h, u, vu; /* enum reason */
};

static int check_envcfg(struct hart *h, const struct envcfg_chain *c)
{
    const struct mode_info *m = &mode_table[h->mode];
    if (h->mode == MODE_M)
        return 0;
    if (!(h->menvcfg & c->field))
        return raise_illegal(h, c->m);
    if (m->v && !(h->henvcfg & c->field))
        return raise_virtual(h, c->h);
    if (m->nominal == 0 && has(h, EXT_S) && !(h->senvcfg & c->field))
        return m->v ? raise_virtual(h, c->vu) : raise_illegal(h, c->u);
    return 0;
}

#define CHAIN(f)                                                                                   \
    {                                                                                              \
        ENVCFG_##f, REASON_MENVCFG_##f, REASON_HENVCFG_##f, REASON_SENVCFG_##f, REASON_SENVCFG_##f \
    }
int cbo_check(struct hart *h, unsigned which)
{
    static const struct envcfg_chain chains[] = {[CBO_INVAL] = CHAIN(CBIE),
                                                 [CBO_CLEAN] = CHAIN(CBCFE),
                                                 [CBO_FLUSH] = CHAIN(CBCFE),
                                                 [CBO_ZERO] = CHAIN(CBZE)};
    return check_envcfg(h, &chains[which]);
}
#undef CHAIN

bool ss_active(const struct hart *h)
{
    const struct mode_info *m = &mode_table[h->mode];
    if (h->mode == MODE_M || !(h->menvcfg & ENVCFG_SSE))
        return false;
    if (m->v && !(h->henvcfg & ENVCFG_SSE))
        return false;
    return m->nominal != 0 || !has(h, EXT_S) || (h->senvcfg & ENVCFG_SSE);
}

int ss_amo_check(struct hart *h)
{
    static const struct envcfg_chain sse = {ENVCFG_SSE, REASON_MENVCFG_SSE, REASON_HENVCFG_SSE,
                                            REASON_SENVCFG_SSE, REASON_SENVCFG_SSE_VU};
    return has(h, EXT_S) ? check_envcfg(h, &sse) : raise_illegal(h, REASON_SSAMO_NO_S);
}

int mem_jump_table(struct hart *h, u64 va, u64 *target)
{
    unsigned size = h->config.xlen / 8;
    struct walk w = {.h = h, .r = h->tlb->fetch, .access = ACCESS_FETCH};
    struct xlate x;
    if (mmu_translate(&w, va, size, &x))
        return mmu_raise(&w, va, va);
    struct mem_region *m = bus_find_memory(h->bus, x.pa, size);
    if (!m) {
        mmu_refuse(&w, x.pa, mmu_attributes_forbid(&w, x.pa));
        return mmu_raise(&w, va, va);
    }
    *target = 0;
    memcpy(target, m->host + (x.pa - m->base), size);
    return 0;
}
