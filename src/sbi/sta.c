/* Steal time (STA), meant for hypervisors as the SBI implementation: nothing is ever stolen here.
 * Absent unless --sbi=enable= asks for it. */
#include "sbi/firmware.h"

enum { STA_ALIGN = 64, STA_SIZE = 64 };

static struct sbi_ret steal_time_set_shmem(struct sbi_call *c)
{
    u64 pa;

    if (c->arg[2] != 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_all_ones(c->h, c->arg[0], c->arg[1])) {
        c->s->sta_shmem = SHMEM_NONE;
        return ret_value(0);
    }
    if (c->arg[0] % STA_ALIGN)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        !sbi_shmem_ok(c->sbi, pa, STA_SIZE, SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    for (unsigned i = 0; i < STA_SIZE; i += 8)
        sbi_write_word(c->sbi, pa + i, 8, 0);
    c->s->sta_shmem = pa;
    return ret_value(0);
}

static const struct sbi_function sta_functions[] = {
    {"steal_time_set_shmem", "shmem_phys_lo:x shmem_phys_hi:x flags:x", 0x200,
     steal_time_set_shmem},
};
const struct sbi_extension sbi_ext_sta = {
    .name = "sta",
    .eid = 0x535441,
    .function = sta_functions,
    .num_functions = ARRAY_LEN(sta_functions),
    .on_request = true,
};
