/* System reset (SRST). */
#include "sbi/firmware.h"

enum { RESET_SHUTDOWN, RESET_COLD, RESET_WARM };
enum { NO_REASON, SYSTEM_FAILURE };

void sbi_system_stop(struct sbi *sbi, struct hart *h, u32 reason, u32 status)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];

    /* Nothing of the guest runs on this hart any more, even if the machine takes a moment to stop.
     */
    s->hsm = HSM_STOPPED;
    s->rest = REST_OFF;
    csr_put(h, CSR_mie, 0);
    sbi_enter_idle(h);
    sbi->m->stop(sbi->m->ctx, reason, status);
}

static struct sbi_ret system_reset(struct sbi_call *c)
{
    u32 type = (u32)c->arg[0], reason = (u32)c->arg[1];

    if (type > RESET_WARM || reason > SYSTEM_FAILURE)
        return ret_error(SBI_ERR_INVALID_PARAM);
    c->flow = FLOW_NO_RETURN;
    if (type == RESET_SHUTDOWN)
        sbi_system_stop(c->sbi, c->h, STOP_GUEST_EXIT, reason == SYSTEM_FAILURE);
    else
        sbi_system_stop(c->sbi, c->h, type == RESET_COLD ? STOP_RESET_COLD : STOP_RESET_WARM, 0);
    return ret_value(0);
}

static const struct sbi_function functions[] = {
    {"system_reset", "reset_type:R reset_reason:Y", 0x003, system_reset},
};
const struct sbi_extension sbi_ext_srst = {
    .name = "srst",
    .eid = 0x53525354,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
