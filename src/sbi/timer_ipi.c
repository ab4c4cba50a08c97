/* Timer (TIME) and inter-processor interrupts (sPI). */
#include "sbi/firmware.h"

#include "sbi/pmu.h"

void sbi_set_timer(struct sbi *sbi, struct hart *h, u64 when)
{
    sbi_pmu_count(sbi, h, FW_SET_TIMER);
    if (has(h, EXT_Sstc)) {
        csr_put64(h, CSR_stimecmp, CSR_stimecmph, when);
        return;
    }
    csr_clear_bits(h, CSR_mip, BIT(IRQ_STI));
    sbi_set_mtimecmp(sbi, h->id, when);
    csr_set_bits(h, CSR_mie, BIT(IRQ_MTI));
}

static struct sbi_ret set_timer(struct sbi_call *c)
{
    sbi_set_timer(c->sbi, c->h, arg64(c, 0));
    return ret_value(0);
}

static const struct sbi_function time_functions[] = {
    {"set_timer", "stime_value:q", 0x002, set_timer},
};
const struct sbi_extension sbi_ext_time = {
    .name = "time",
    .eid = 0x54494d45,
    .function = time_functions,
    .num_functions = ARRAY_LEN(time_functions),
};

/* Can the hart take an interrupt: started, or suspended? */
static bool interruptible(const struct sbi_hart *s)
{
    return s->hsm == HSM_STARTED || s->hsm == HSM_SUSPENDED;
}

void sbi_send_ipi(struct sbi *sbi, struct hart *h, u64 harts)
{
    for (u64 rest = harts; rest; rest &= rest - 1) {
        u32 hartid = (u32)__builtin_ctzll(rest);
        if (hartid == h->id) {
            csr_set_bits(h, CSR_mip, BIT(IRQ_SSI));
            continue;
        }
        if (!interruptible(&sbi->state.hart[hartid]))
            continue;
        sbi_pmu_count(sbi, h, FW_IPI_SENT);
        sbi_post(sbi, hartid, &(struct post){.kind = POST_IPI});
    }
}

static struct sbi_ret send_ipi(struct sbi_call *c)
{
    u64 harts;
    s64 error = sbi_hart_mask(c->sbi, c->h, c->arg[0], c->arg[1], &harts);

    if (error)
        return ret_error(error);
    sbi_send_ipi(c->sbi, c->h, harts);
    return ret_value(0);
}

static const struct sbi_function ipi_functions[] = {
    {"send_ipi", "hart_mask:x hart_mask_base:h", 0x002, send_ipi},
};
const struct sbi_extension sbi_ext_ipi = {
    .name = "ipi",
    .eid = 0x735049,
    .function = ipi_functions,
    .num_functions = ARRAY_LEN(ipi_functions),
};
