/* Firmware features (FWFT): features of the hart that only M-mode can switch, by feature number.
 * All that exist are local to the hart and live in medeleg or menvcfg. */
#include "sbi/show.h"

enum { FLAG_LOCK = 1 };

struct feature {
    bool (*supported)(const struct hart *h);
    bool (*set)(struct hart *h, u64 value); /* false: the value is not valid */
    u64 (*get)(struct hart *h);
};

static bool always(const struct hart *h)
{
    (void)h;
    return true;
}

static bool set_misaligned(struct hart *h, u64 value)
{
    u64 mask = BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_STORE_MISALIGNED);

    if (value > 1)
        return false;
    csr_clear_bits(h, CSR_medeleg, mask);
    csr_set_bits(h, CSR_medeleg, value ? mask : 0);
    return true;
}

static u64 get_misaligned(struct hart *h)
{
    return csr_get(h, CSR_medeleg) >> CAUSE_LOAD_MISALIGNED & 1;
}

/* A feature that is one bit of menvcfg. */
static bool set_menvcfg(struct hart *h, u64 mask, u64 value)
{
    u64 menvcfg = csr_get64(h, CSR_menvcfg, CSR_menvcfgh);

    if (value > 1)
        return false;
    csr_put64(h, CSR_menvcfg, CSR_menvcfgh, set_field(menvcfg, mask, value));
    return true;
}

static u64 get_menvcfg(struct hart *h, u64 mask)
{
    return get_field(csr_get64(h, CSR_menvcfg, CSR_menvcfgh), mask);
}

static bool has_landing_pad(const struct hart *h)
{
    return has(h, EXT_Zicfilp);
}

static bool set_landing_pad(struct hart *h, u64 value)
{
    return set_menvcfg(h, ENVCFG_LPE, value);
}

static u64 get_landing_pad(struct hart *h)
{
    return get_menvcfg(h, ENVCFG_LPE);
}

static bool has_shadow_stack(const struct hart *h)
{
    return has(h, EXT_Zicfiss);
}

static bool set_shadow_stack(struct hart *h, u64 value)
{
    return set_menvcfg(h, ENVCFG_SSE, value);
}

static u64 get_shadow_stack(struct hart *h)
{
    return get_menvcfg(h, ENVCFG_SSE);
}

static bool has_double_trap(const struct hart *h)
{
    return has(h, EXT_Ssdbltrp);
}

static bool set_double_trap(struct hart *h, u64 value)
{
    return set_menvcfg(h, ENVCFG_DTE, value);
}

static u64 get_double_trap(struct hart *h)
{
    return get_menvcfg(h, ENVCFG_DTE);
}

/* On a hart without Svade the value at reset is 1, not the 0 of the specification's table: it is
 * what the hart does. */
static bool has_ad_updating(const struct hart *h)
{
    return has(h, EXT_Svadu);
}

static bool set_ad_updating(struct hart *h, u64 value)
{
    return set_menvcfg(h, ENVCFG_ADUE, value);
}

static u64 get_ad_updating(struct hart *h)
{
    return get_menvcfg(h, ENVCFG_ADUE);
}

static bool has_pointer_masking(const struct hart *h)
{
    return has(h, EXT_Smnpm) && !is_rv32(h);
}

/* PMLEN by menvcfg.PMM; 1 is reserved. */
static const u8 pmlen[4] = {0, 0xff, 7, 16};

static bool set_pmlen(struct hart *h, u64 value)
{
    u64 before = csr_get(h, CSR_menvcfg);

    for (unsigned pmm = 0; pmm < ARRAY_LEN(pmlen); pmm++) {
        if (value != pmlen[pmm] || value == 0xff)
            continue;
        csr_put(h, CSR_menvcfg, set_field(before, ENVCFG_PMM, pmm));
        if (get_menvcfg(h, ENVCFG_PMM) == pmm)
            return true;
        csr_put(h, CSR_menvcfg, before);
    }
    return false;
}

static u64 get_pmlen(struct hart *h)
{
    return pmlen[get_menvcfg(h, ENVCFG_PMM)];
}

static const struct feature features[] = {
    {always, set_misaligned, get_misaligned},
    {has_landing_pad, set_landing_pad, get_landing_pad},
    {has_shadow_stack, set_shadow_stack, get_shadow_stack},
    {has_double_trap, set_double_trap, get_double_trap},
    {has_ad_updating, set_ad_updating, get_ad_updating},
    {has_pointer_masking, set_pmlen, get_pmlen},
};

/* SUCCESS when the feature is defined and the hart has it. */
static s64 check_feature(const struct hart *h, u32 id)
{
    if (id >= ARRAY_LEN(features))
        return SBI_ERR_DENIED; /* reserved, or platform-specific */
    return features[id].supported(h) ? SBI_SUCCESS : SBI_ERR_NOT_SUPPORTED;
}

static struct sbi_ret fwft_set(struct sbi_call *c)
{
    u32 id = (u32)c->arg[0];
    u64 value = c->arg[1], flags = c->arg[2];
    s64 error = check_feature(c->h, id);

    if (error)
        return ret_error(error);
    if (flags & ~(u64)FLAG_LOCK)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (c->s->fwft_locked >> id & 1)
        return ret_error(SBI_ERR_DENIED_LOCKED);
    if (!features[id].set(c->h, value))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (flags & FLAG_LOCK)
        c->s->fwft_locked |= BIT(id);
    return ret_value(0);
}

static struct sbi_ret fwft_get(struct sbi_call *c)
{
    u32 id = (u32)c->arg[0];
    s64 error = check_feature(c->h, id);

    return error ? ret_error(error) : ret_value(features[id].get(c->h));
}

bool sbi_feature(struct sbi *sbi, struct hart *h, u32 n, struct sbi_feature *f)
{
    if (n >= ARRAY_LEN(features))
        return false;
    *f = (struct sbi_feature){.name = sbi_feature_name(n),
                              .supported = features[n].supported(h),
                              .locked = sbi->state.hart[h->id].fwft_locked >> n & 1};
    if (f->supported)
        f->value = features[n].get(h);
    return true;
}

static const struct sbi_function functions[] = {
    {"fwft_set", "feature:F value:x flags:x", 0x300, fwft_set},
    {"fwft_get", "feature:F", 0x300, fwft_get},
};
const struct sbi_extension sbi_ext_fwft = {
    .name = "fwft",
    .eid = 0x46574654,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
