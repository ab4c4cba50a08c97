/* System instructions: who may execute them, and what they start. The decision between illegal and
 * virtual instruction follows one rule (hypervisor chapter, "Virtual instruction"): what HS-mode
 * may not do is illegal; what only V=1 forbids is virtual. */
#include "cpu/sem_sys.h"

#include <string.h>

#include "bus/bus.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "cpu/sem.h"
#include "cpu/trap.h"
#include "mmu/fence.h"
#include "mmu/tlb.h"

/* What a mode needs for an instruction: supervisor privilege, and the bits that trap it. */
static int check_supervisor(struct hart *h, u64 tvm, u64 vtvm)
{
    switch (h->mode) {
    case MODE_M:
        return 0;
    case MODE_S:
        return h->mstatus & tvm ? raise_illegal(h) : 0;
    case MODE_U:
        return raise_illegal(h);
    case MODE_VS:
        return h->hstatus & vtvm ? raise_virtual(h) : 0;
    default:
        return raise_virtual(h);
    }
}

/* Hypervisor instructions: HS or M; U only if `user` bits of hstatus allow it. */
static int check_hypervisor(struct hart *h, u64 tvm, u64 user)
{
    if (mode_table[h->mode].v)
        return raise_virtual(h);
    if (h->mode == MODE_U && !(h->hstatus & user))
        return raise_illegal(h);
    if (h->mode == MODE_S && (h->mstatus & tvm))
        return raise_illegal(h);
    return 0;
}

int sem_ecall(struct hart *h, const struct op *op)
{
    (void)op;
    return raise_exception(h, mode_table[h->mode].ecall, 0);
}

int sem_ebreak(struct hart *h, const struct op *op)
{
    (void)op;
    return raise_exception(h, CAUSE_BREAKPOINT, h->pc);
}

int sem_mret(struct hart *h, const struct op *op)
{
    (void)op;
    return h->mode == MODE_M ? do_mret(h) : raise_illegal(h);
}

int sem_mnret(struct hart *h, const struct op *op)
{
    (void)op;
    return h->mode == MODE_M ? do_mnret(h) : raise_illegal(h);
}

int sem_sret(struct hart *h, const struct op *op)
{
    (void)op;
    if (check_supervisor(h, MSTATUS_TSR, HSTATUS_VTSR))
        return TRAPPED;
    return do_sret(h);
}

/* ---- waiting ---- */

static int check_wait(struct hart *h)
{
    if (h->mode != MODE_M && (h->mstatus & MSTATUS_TW))
        return raise_illegal(h);
    if (mode_table[h->mode].v && (h->hstatus & HSTATUS_VTW))
        return raise_virtual(h);
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
    if (check_wait(h))
        return TRAPPED;
    if (h->mode == MODE_VU)
        return raise_virtual(h);
    if (h->mode == MODE_U && has(h, EXT_S))
        return raise_illegal(h);
    return wait_for(h, WAIT_WFI);
}

int sem_wrs_nto(struct hart *h, const struct op *op)
{
    (void)op;
    if (check_wait(h))
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
    if (check_supervisor(h, MSTATUS_TVM, HSTATUS_VTVM))
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
    return check_supervisor(h, 0, 0);
}

int sem_sfence_inval_ir(struct hart *h, const struct op *op)
{
    (void)op;
    return check_supervisor(h, 0, 0);
}

int sem_hfence_vvma(struct hart *h, const struct op *op)
{
    if (check_hypervisor(h, 0, 0))
        return TRAPPED;
    mmu_fence_vs(h, operand(h, op->rs1), operand(h, op->rs2));
    return 0;
}

int sem_hfence_gvma(struct hart *h, const struct op *op)
{
    if (check_hypervisor(h, MSTATUS_TVM, 0))
        return TRAPPED;
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

static unsigned hv_size(const struct hart *h)
{
    return 1u << bits(h->insn, 27, 26);
}

int sem_hlv(struct hart *h, const struct op *op)
{
    enum { HLV_SIGNED = 0, HLV_EXECUTE = 3 };
    unsigned form = (unsigned)bits(h->insn, 24, 20), size = hv_size(h);
    u64 value;
    if (check_hypervisor(h, 0, HSTATUS_HU) ||
        mem_load(h, get_x(h, op->rs1), size, MEM_HV | (form == HLV_EXECUTE ? MEM_HLVX : 0), &value))
        return TRAPPED;
    set_rd(h, op, form == HLV_SIGNED ? (u64)sext(value, 8 * size) : value);
    return 0;
}

int sem_hsv(struct hart *h, const struct op *op)
{
    if (check_hypervisor(h, 0, HSTATUS_HU))
        return TRAPPED;
    return mem_store(h, get_x(h, op->rs1), hv_size(h), MEM_HV, h->x[op->rs2]);
}

/* ---- firmware ---- */

int sem_firmware(struct hart *h, const struct op *op)
{
    (void)op;
    const struct firmware_hook *f = &h->firmware;
    if (h->mode != MODE_M || !f->call || h->pc - f->rom_base >= f->rom_size)
        return raise_illegal(h);
    f->call(f->ctx, h);
    h->d.exit_block = 1;
    return 0;
}

/* ---- envcfg ---- */

/* The chain menvcfg, henvcfg, senvcfg for a field that must be nonzero at every level above. */
static int check_envcfg(struct hart *h, u64 field)
{
    const struct mode_info *m = &mode_table[h->mode];
    if (h->mode == MODE_M)
        return 0;
    if (!(h->menvcfg & field))
        return raise_illegal(h);
    if (m->v && !(h->henvcfg & field))
        return raise_virtual(h);
    if (m->nominal == 0 && has(h, EXT_S) && !(h->senvcfg & field))
        return m->v ? raise_virtual(h) : raise_illegal(h);
    return 0;
}

int cbo_check(struct hart *h, unsigned which)
{
    static const u64 fields[] = {[CBO_INVAL] = ENVCFG_CBIE,
                                 [CBO_CLEAN] = ENVCFG_CBCFE,
                                 [CBO_FLUSH] = ENVCFG_CBCFE,
                                 [CBO_ZERO] = ENVCFG_CBZE};
    return check_envcfg(h, fields[which]);
}

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
    return has(h, EXT_S) ? check_envcfg(h, ENVCFG_SSE) : raise_illegal(h);
}

int mem_jump_table(struct hart *h, u64 va, u64 *target)
{
    unsigned size = h->config.xlen / 8;
    struct walk w = {.h = h, .r = h->tlb->fetch, .access = ACCESS_FETCH};
    struct xlate x;
    struct mem_region *m = NULL;
    if (!mmu_translate(&w, va, size, &x)) {
        m = bus_find_memory(h->bus, x.pa, size);
        w.fault = (struct fault){.kind = FAULT_ACCESS, .rule = RULE_FINAL_ACCESS};
    }
    if (!m)
        return mmu_raise(&w, va, va);
    *target = 0;
    memcpy(target, m->host + (x.pa - m->base), size);
    return 0;
}
