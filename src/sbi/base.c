/* The base extension. */
#include "sbi/firmware.h"

static struct sbi_ret get_spec_version(struct sbi_call *c)
{
    u32 spec = c->sbi->opt.spec;

    return ret_value((u64)(spec >> 8) << 24 | (spec & 0xff));
}

static struct sbi_ret get_impl_id(struct sbi_call *c)
{
    return ret_value(c->sbi->opt.impl_id);
}

static struct sbi_ret get_impl_version(struct sbi_call *c)
{
    return ret_value(c->sbi->opt.impl_version);
}

static struct sbi_ret probe_extension(struct sbi_call *c)
{
    u64 eid = is_rv32(c->h) ? (u64)(s64)(s32)c->arg[0] : c->arg[0];
    const struct sbi_extension *legacy = sbi_extensions[EXTENSION_legacy];

    if (eid < legacy->num_functions)
        return ret_value(sbi_offered(c->sbi, c->h, EXTENSION_legacy) &&
                         !(c->sbi->opt.disabled[EXTENSION_legacy] >> eid & 1));
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++) {
        if (i != EXTENSION_legacy && eid == (u64)(s64)(s32)sbi_extensions[i]->eid)
            return ret_value(sbi_offered(c->sbi, c->h, i));
    }
    return ret_value(0);
}

static struct sbi_ret get_mvendorid(struct sbi_call *c)
{
    const struct sbi_options *o = &c->sbi->opt;

    return ret_value(o->mvendorid_given ? o->mvendorid : csr_get(c->h, CSR_mvendorid));
}

static struct sbi_ret get_marchid(struct sbi_call *c)
{
    const struct sbi_options *o = &c->sbi->opt;

    return ret_value(o->marchid_given ? o->marchid : csr_get(c->h, CSR_marchid));
}

static struct sbi_ret get_mimpid(struct sbi_call *c)
{
    const struct sbi_options *o = &c->sbi->opt;

    return ret_value(o->mimpid_given ? o->mimpid : csr_get(c->h, CSR_mimpid));
}

static const struct sbi_function functions[] = {
    {"get_spec_version", "", 0x002, get_spec_version},
    {"get_impl_id", "", 0x002, get_impl_id},
    {"get_impl_version", "", 0x002, get_impl_version},
    {"probe_extension", "extension_id:E", 0x002, probe_extension},
    {"get_mvendorid", "", 0x002, get_mvendorid},
    {"get_marchid", "", 0x002, get_marchid},
    {"get_mimpid", "", 0x002, get_mimpid},
};
const struct sbi_extension sbi_ext_base = {
    .name = "base",
    .eid = 0x10,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
