/* Extensions meant for hypervisors as the SBI implementation, absent unless --sbi=enable= asks for
 * them: steal time (STA), where nothing is ever stolen, and nested acceleration (NACL), whose only
 * feature here is SYNC_HFENCE: the others need a firmware that sees every trap out of a guest. */
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

enum { NACL_SYNC_HFENCE = 1, NACL_ALIGN = 4096, NACL_HFENCES = 0x800 };

static struct sbi_ret nacl_probe_feature(struct sbi_call *c)
{
    return ret_value((u32)c->arg[0] == NACL_SYNC_HFENCE);
}

static struct sbi_ret nacl_set_shmem(struct sbi_call *c)
{
    u64 pa, size = 4096 + 128 * c->h->config.xlen;

    if (c->arg[2] != 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_all_ones(c->h, c->arg[0], c->arg[1])) {
        c->s->nacl_shmem = SHMEM_NONE;
        return ret_value(0);
    }
    if (c->arg[0] % NACL_ALIGN)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        !sbi_shmem_ok(c->sbi, pa, size, SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    c->s->nacl_shmem = pa;
    return ret_value(0);
}

static struct sbi_ret not_available(struct sbi_call *c)
{
    (void)c;
    return ret_error(SBI_ERR_NOT_SUPPORTED);
}

/* The fence of a pending entry (table_nacl_hfence_entry_format). */
static void hfence_entry(struct sbi_call *c, u64 pa)
{
    unsigned xlen = c->h->config.xlen, word = xlen / 8;
    u64 config = sbi_read_word(c->sbi, pa, word);
    u64 page = sbi_read_word(c->sbi, pa + word, word);
    u64 count = sbi_read_word(c->sbi, pa + 3 * (u64)word, word);
    unsigned type = (unsigned)bits(config, xlen - 5, xlen - 8);
    unsigned shift = (unsigned)bits(config, xlen - 10, xlen - 16) + 12;
    u64 vmid = is_rv32(c->h) ? bits(config, 15, 9) : bits(config, 29, 16);
    u64 asid = config & MASK(is_rv32(c->h) ? 9 : 16);
    u64 mode = csr_get(c->h, CSR_hgatp);
    struct fence f = {.kind = type < 4 ? FENCE_G : FENCE_VS, .size = MASK(xlen)};

    if (!(config >> (xlen - 1) & 1))
        return;
    if (!(type & 1) && shift < xlen) { /* odd types are "all" */
        f.start = page << shift;
        f.size = count << shift >> shift == count ? count << shift : MASK(xlen);
    }
    f.tagged = type >= 4 ? type >= 6 : type >= 2;
    f.tag = type >= 4 ? asid : vmid;
    f.hgatp = set_field(mode, is_rv32(c->h) ? HGATP32_VMID : HGATP_VMID, vmid);
    if (type < 8)
        sbi_remote_fence(c->sbi, c->h, BIT(c->h->id), &f);
    sbi_write_word(c->sbi, pa, word, config & MASK(xlen - 1));
}

static struct sbi_ret nacl_sync_hfence(struct sbi_call *c)
{
    unsigned xlen = c->h->config.xlen;
    u64 entries = 3840 / xlen, entry_size = xlen / 2, index = c->arg[0];
    u64 base = c->s->nacl_shmem + NACL_HFENCES;
    bool all = index == MASK(xlen);

    if (!all && index >= entries)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (c->s->nacl_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    for (u64 i = all ? 0 : index; i < (all ? entries : index + 1); i++)
        hfence_entry(c, base + i * entry_size);
    return ret_value(0);
}

static bool has_hypervisor(const struct sbi *sbi, const struct hart *h)
{
    (void)sbi;
    return has(h, EXT_H);
}

static const struct sbi_function nacl_functions[] = {
    {"nacl_probe_feature", "feature_id:w", 0x200, nacl_probe_feature},
    {"nacl_set_shmem", "shmem_phys_lo:x shmem_phys_hi:x flags:x", 0x200, nacl_set_shmem},
    {"nacl_sync_csr", "csr_num:x", 0x200, not_available},
    {"nacl_sync_hfence", "entry_index:d", 0x200, nacl_sync_hfence},
    {"nacl_sync_sret", "", 0x200, not_available},
};
const struct sbi_extension sbi_ext_nacl = {
    .name = "nacl",
    .eid = 0x4e41434c,
    .function = nacl_functions,
    .num_functions = ARRAY_LEN(nacl_functions),
    .on_request = true,
    .available = has_hypervisor,
};
