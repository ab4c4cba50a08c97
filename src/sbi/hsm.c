/* Hart state management (HSM) and system suspend (SUSP), and what a hart does in the idle loop. */
#include "sbi/firmware.h"

#include "sbi/rom.h"
#include "sbi/sse.h"

enum { SUSPEND_NON_RETENTIVE = 0x80000000u, SUSPEND_TO_RAM = 0 };

bool sbi_valid_start(struct sbi *sbi, struct hart *h, u64 addr)
{
    bool compressed = has(h, EXT_Zca);

    return addr % (compressed ? 2 : 4) == 0 && sbi_shmem_ok(sbi, addr, 2, SHMEM_READ);
}

/* Is there anything that ends a suspension? Calls have been answered by now. */
static bool woken(struct sbi *sbi, struct hart *h)
{
    return csr_get(h, CSR_mip) & csr_get(h, CSR_mie) & ~BIT(sbi_call_irq(h)) ||
           sbi_sse_ready(sbi, h);
}

static void start(struct sbi *sbi, struct hart *h, struct sbi_hart *s)
{
    struct sbi_entry entry = {s->start_pc, s->start_arg};

    s->hsm = HSM_STARTED;
    s->rest = REST_NONE;
    sbi_enter_supervisor(sbi, h, &entry);
}

static void resume_caller(struct hart *h, struct sbi_hart *s)
{
    s->hsm = HSM_STARTED;
    s->rest = REST_NONE;
    h->x[10] = SBI_SUCCESS;
    h->x[11] = 0;
    mstatus_put(h, s->saved_mstatus);
    csr_put(h, CSR_mepc, s->saved_mepc);
}

void sbi_idle(struct sbi *sbi, struct hart *h)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];

    if (s->rest == REST_STOPPED && s->hsm == HSM_START_PENDING) {
        sbi_setup_hart(sbi, h);
        start(sbi, h, s);
    } else if (s->rest == REST_RETENTIVE && woken(sbi, h)) {
        resume_caller(h, s);
    } else if (s->rest == REST_NON_RETENTIVE && woken(sbi, h)) {
        start(sbi, h, s);
    } else {
        sbi_enter_idle(h);
        return;
    }
    sbi_trace_trap(sbi, h, &(struct sbi_route){MODE_M, MODE_M}, "goes to 0x%llx",
                   (unsigned long long)csr_get(h, CSR_mepc));
}

void sbi_suspend(struct sbi_call *c, enum hart_rest rest, const struct sbi_entry *resume)
{
    struct sbi_hart *s = c->s;

    s->hsm = HSM_SUSPENDED;
    s->rest = rest;
    s->start_pc = resume->pc;
    s->start_arg = resume->arg;
    s->saved_mepc = csr_get(c->h, CSR_mepc) + 4;
    s->saved_mstatus = mstatus_get(c->h);
    c->flow = FLOW_NO_RETURN;
    sbi_enter_idle(c->h);
}

static struct sbi_ret hart_start(struct sbi_call *c)
{
    u64 hartid = c->arg[0];

    if (hartid >= c->sbi->m->num_harts)
        return ret_error(SBI_ERR_INVALID_PARAM);
    struct sbi_hart *target = &c->sbi->state.hart[hartid];
    if (target->hsm != HSM_STOPPED)
        return ret_error(SBI_ERR_ALREADY_AVAILABLE);
    if (!sbi_valid_start(c->sbi, c->h, c->arg[1]))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    target->hsm = HSM_START_PENDING;
    sbi_post(c->sbi, (u32)hartid, &(struct post){POST_START, {c->arg[1], c->arg[2]}});
    return ret_value(0);
}

static struct sbi_ret hart_stop(struct sbi_call *c)
{
    c->s->hsm = HSM_STOPPED;
    c->s->rest = REST_STOPPED;
    c->flow = FLOW_NO_RETURN;
    sbi_sse_reset_hart(c->sbi, c->h);
    csr_put(c->h, CSR_mie, BIT(sbi_call_irq(c->h))); /* only a start request wakes it */
    sbi_enter_idle(c->h);
    return ret_value(0);
}

static struct sbi_ret hart_get_status(struct sbi_call *c)
{
    if (c->arg[0] >= c->sbi->m->num_harts)
        return ret_error(SBI_ERR_INVALID_PARAM);
    return ret_value(c->sbi->state.hart[c->arg[0]].hsm);
}

static struct sbi_ret hart_suspend(struct sbi_call *c)
{
    u32 type = (u32)c->arg[0];
    struct sbi_entry resume = {c->arg[1], c->arg[2]};

    if (type != 0 && type != SUSPEND_NON_RETENTIVE)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (type == 0) {
        sbi_suspend(c, REST_RETENTIVE, &resume);
        return ret_value(0);
    }
    if (!sbi_valid_start(c->sbi, c->h, resume.pc))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    sbi_suspend(c, REST_NON_RETENTIVE, &resume);
    return ret_value(0);
}

static const struct sbi_function hsm_functions[] = {
    {"hart_start", "hartid:d start_addr:x opaque:x", 0x002, hart_start},
    {"hart_stop", "", 0x002, hart_stop},
    {"hart_get_status", "hartid:d =:T", 0x002, hart_get_status},
    {"hart_suspend", "suspend_type:H resume_addr:x opaque:x", 0x003, hart_suspend},
};
const struct sbi_extension sbi_ext_hsm = {
    .name = "hsm",
    .eid = 0x48534d,
    .function = hsm_functions,
    .num_functions = ARRAY_LEN(hsm_functions),
};

static bool others_stopped(const struct sbi_call *c)
{
    for (u32 i = 0; i < c->sbi->m->num_harts; i++) {
        if (i != c->h->id && c->sbi->state.hart[i].hsm != HSM_STOPPED)
            return false;
    }
    return true;
}

static struct sbi_ret system_suspend(struct sbi_call *c)
{
    struct sbi_entry resume = {c->arg[1], c->arg[2]};

    if ((u32)c->arg[0] != SUSPEND_TO_RAM)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (!sbi_valid_start(c->sbi, c->h, resume.pc))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    if (!others_stopped(c))
        return ret_error(SBI_ERR_DENIED);
    sbi_suspend(c, REST_NON_RETENTIVE, &resume);
    return ret_value(0);
}

static const struct sbi_function susp_functions[] = {
    {"system_suspend", "sleep_type:P resume_addr:x opaque:x", 0x200, system_suspend},
};
const struct sbi_extension sbi_ext_susp = {
    .name = "susp",
    .eid = 0x53555350,
    .function = susp_functions,
    .num_functions = ARRAY_LEN(susp_functions),
};
