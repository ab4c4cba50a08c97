/* Debug triggers (DBTR): the hart's triggers (tselect, tdata1-3) lent to the supervisor. The
 * logical index of a trigger is its hardware index. A hart without triggers has trig_max = 0. */
#include "sbi/firmware.h"

enum {
    STATE_MAPPED = 1 << 0,
    STATE_U = 1 << 1,
    STATE_S = 1 << 2,
    STATE_VU = 1 << 3,
    STATE_VS = 1 << 4,
    STATE_HAVE_HW = 1 << 5,
    STATE_HW_SHIFT = 8,
};
enum { WORDS = 4 };

/* Where each type keeps its mode bits and chain; 0: it has none. No hart has mcontrol (2). */
static const struct trigger_type {
    u32 u, s, vu, vs, m, chain;
} types[16] = {
    [TRIGGER_ICOUNT] = {ICOUNT_U, ICOUNT_S, ICOUNT_VU, ICOUNT_VS, ICOUNT_M, 0},
    [TRIGGER_ITRIGGER] = {XTRIGGER_U, XTRIGGER_S, XTRIGGER_VU, XTRIGGER_VS, XTRIGGER_M, 0},
    [TRIGGER_ETRIGGER] = {XTRIGGER_U, XTRIGGER_S, XTRIGGER_VU, XTRIGGER_VS, XTRIGGER_M, 0},
    [TRIGGER_MCONTROL6] = {TDATA1_U, TDATA1_S, TDATA1_VU, TDATA1_VS, TDATA1_M, TDATA1_CHAIN},
};

static unsigned type_of(const struct hart *h, u64 tdata1)
{
    return (unsigned)get_field(tdata1, is_rv32(h) ? TDATA132_TYPE : TDATA1_TYPE);
}

static u64 mode_bits(const struct trigger_type *t)
{
    return t->u | t->s | t->vu | t->vs;
}

/* The trig_state for a configuration, and back. */
static u64 saved_modes(const struct trigger_type *t, u64 tdata1)
{
    return (tdata1 & t->u ? STATE_U : 0) | (tdata1 & t->s ? STATE_S : 0) |
           (tdata1 & t->vu ? STATE_VU : 0) | (tdata1 & t->vs ? STATE_VS : 0);
}

static u64 restored_modes(const struct trigger_type *t, u64 state)
{
    return (state & STATE_U ? t->u : 0) | (state & STATE_S ? t->s : 0) |
           (state & STATE_VU ? t->vu : 0) | (state & STATE_VS ? t->vs : 0);
}

/* ---- the hart's triggers ---- */

static bool select_trigger(struct hart *h, u64 index)
{
    csr_put(h, CSR_tselect, index);
    return csr_get(h, CSR_tselect) == index;
}

/* Types that trigger `index` can have, a bit each; 0: there is no such trigger. */
static u64 supported_types(struct hart *h, u64 index)
{
    if (!csr_exists(h, CSR_tselect) || !select_trigger(h, index))
        return 0;
    u64 some = TINFO_INFO & ~(u64)BIT(TRIGGER_NONE), info = csr_get(h, CSR_tinfo) & some;

    return info ? info : BIT(type_of(h, csr_get(h, CSR_tdata1))) & some;
}

static u32 trig_max(struct hart *h)
{
    u32 n = 0;

    while (n < SBI_TRIGGERS && supported_types(h, n))
        n++;
    return n;
}

static void clear_trigger(struct hart *h, u64 index)
{
    select_trigger(h, index);
    csr_put(h, CSR_tdata1, 0);
    csr_put(h, CSR_tdata2, 0);
    csr_put(h, CSR_tdata3, 0);
}

/* A configuration in shared memory: trig_idx (or trig_state), tdata1, tdata2, tdata3. */
struct config {
    u64 word[WORDS];
};

static u64 entry_address(const struct sbi_call *c, u64 i)
{
    return c->s->dbtr_shmem + i * WORDS * xlen_bytes(c->h);
}

static struct config read_config(struct sbi_call *c, u64 i)
{
    struct config config;

    for (unsigned w = 0; w < WORDS; w++)
        config.word[w] =
            sbi_read_word(c->sbi, entry_address(c, i) + w * xlen_bytes(c->h), xlen_bytes(c->h));
    return config;
}

/* dmode and m must be zero, the type one that the firmware knows. */
static bool config_valid(const struct hart *h, const struct config *config)
{
    u64 tdata1 = config->word[1];
    const struct trigger_type *t = &types[type_of(h, tdata1)];

    return mode_bits(t) && !(tdata1 & t->m) &&
           !(tdata1 & (is_rv32(h) ? TDATA132_DMODE : TDATA1_DMODE));
}

/* Programs the trigger; false when it does not hold what was written. */
static bool program(struct hart *h, u64 index, const struct config *config)
{
    clear_trigger(h, index);
    csr_put(h, CSR_tdata2, config->word[2]);
    csr_put(h, CSR_tdata3, config->word[3]);
    csr_put(h, CSR_tdata1, config->word[1]);
    return csr_get(h, CSR_tdata1) == config->word[1] && csr_get(h, CSR_tdata2) == config->word[2] &&
           csr_get(h, CSR_tdata3) == config->word[3];
}

/* What the trigger holds. */
static struct config present(struct hart *h, u64 index)
{
    select_trigger(h, index);
    return (struct config){
        {index, csr_get(h, CSR_tdata1), csr_get(h, CSR_tdata2), csr_get(h, CSR_tdata3)}};
}

static void remember(struct sbi_call *c, u64 index, const struct config *config)
{
    const struct trigger_type *t = &types[type_of(c->h, config->word[1])];

    c->s->trigger[index] = (struct sbi_trigger){
        .state = STATE_MAPPED | STATE_HAVE_HW | index << STATE_HW_SHIFT |
                 saved_modes(t, config->word[1]),
        .tdata1 = config->word[1],
    };
}

static void forget(struct sbi_call *c, u64 index)
{
    clear_trigger(c->h, index);
    c->s->trigger[index] = (struct sbi_trigger){0, 0};
}

/* ---- the calls ---- */

static struct sbi_ret debug_num_triggers(struct sbi_call *c)
{
    u32 max = trig_max(c->h);
    u64 n = 0;

    if (c->arg[0] == 0)
        return ret_value(max);
    for (u32 i = 0; i < max; i++)
        n += supported_types(c->h, i) >> type_of(c->h, c->arg[0]) & 1;
    return ret_value(n);
}

static struct sbi_ret debug_set_shmem(struct sbi_call *c)
{
    u64 pa, size = (u64)trig_max(c->h) * WORDS * xlen_bytes(c->h);

    if (c->arg[2] != 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_all_ones(c->h, c->arg[0], c->arg[1])) {
        c->s->dbtr_shmem = SHMEM_NONE;
        return ret_value(0);
    }
    if (c->arg[0] % xlen_bytes(c->h))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        !sbi_shmem_ok(c->sbi, pa, size ? size : xlen_bytes(c->h), SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    c->s->dbtr_shmem = pa;
    return ret_value(0);
}

static struct sbi_ret debug_read_triggers(struct sbi_call *c)
{
    u64 base = c->arg[0], count = c->arg[1], max = trig_max(c->h);
    unsigned word = xlen_bytes(c->h);

    if (c->s->dbtr_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    if (base >= max || count > max - base)
        return ret_error(SBI_ERR_BAD_RANGE);
    for (u64 i = 0; i < count; i++) {
        struct config config = present(c->h, base + i);
        config.word[0] = c->s->trigger[base + i].state;
        for (unsigned w = 0; w < WORDS; w++)
            sbi_write_word(c->sbi, entry_address(c, i) + w * word, word, config.word[w]);
    }
    return ret_value(0);
}

static struct sbi_ret fail_at(s64 error, u64 i)
{
    return (struct sbi_ret){error, i};
}

/* How many configurations from i on belong to one chain. */
static u64 chain_length(struct sbi_call *c, u64 i, u64 count)
{
    u64 n = 1;

    for (; i + n <= count; n++) {
        u64 tdata1 = read_config(c, i + n - 1).word[1];
        if (!(tdata1 & types[type_of(c->h, tdata1)].chain))
            return n;
    }
    return n;
}

/* The first of `n` contiguous free triggers that can have the type, or -1. */
static s64 find_free(struct sbi_call *c, u64 n, u64 tdata1)
{
    u64 max = trig_max(c->h), run = 0;

    for (u64 i = 0; i < max; i++) {
        bool usable =
            !c->s->trigger[i].state && supported_types(c->h, i) >> type_of(c->h, tdata1) & 1;
        run = usable ? run + 1 : 0;
        if (run == n)
            return (s64)(i + 1 - n);
    }
    return -1;
}

/* Installs configuration i at `index`. */
static s64 install(struct sbi_call *c, u64 i, u64 index)
{
    struct config config = read_config(c, i);

    if (!program(c->h, index, &config)) {
        clear_trigger(c->h, index);
        return SBI_ERR_NOT_SUPPORTED;
    }
    remember(c, index, &config);
    sbi_write_word(c->sbi, entry_address(c, i), xlen_bytes(c->h), index);
    return SBI_SUCCESS;
}

static struct sbi_ret debug_install_triggers(struct sbi_call *c)
{
    u64 count = c->arg[0], max = trig_max(c->h), installed = 0, last;

    if (c->s->dbtr_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    if (count > max)
        return ret_error(SBI_ERR_BAD_RANGE);
    for (u64 i = 0; i < count; i++) {
        struct config config = read_config(c, i);
        if (!config_valid(c->h, &config))
            return fail_at(SBI_ERR_INVALID_PARAM, i);
    }
    last = count ? read_config(c, count - 1).word[1] : 0;
    if (last & types[type_of(c->h, last)].chain)
        return fail_at(SBI_ERR_INVALID_PARAM, count - 1);
    for (u64 i = 0; i < count;) {
        u64 n = chain_length(c, i, count);
        s64 index = find_free(c, n, read_config(c, i).word[1]);
        s64 error = index < 0 ? SBI_ERR_FAILED : SBI_SUCCESS;
        u64 done = 0;
        for (; done < n && !error; done++) {
            error = install(c, i + done, (u64)index + done);
            if (!error)
                installed |= BIT((u64)index + done);
        }
        if (error) { /* all or none */
            for (u64 rest = installed; rest; rest &= rest - 1)
                forget(c, (u64)__builtin_ctzll(rest));
            return fail_at(error, i + (done ? done - 1 : 0));
        }
        i += n;
    }
    return ret_value(0);
}

static struct sbi_ret debug_update_triggers(struct sbi_call *c)
{
    u64 count = c->arg[0], max = trig_max(c->h);

    if (c->s->dbtr_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    if (count > max)
        return ret_error(SBI_ERR_BAD_RANGE);
    for (u64 i = 0; i < count; i++) {
        struct config config = read_config(c, i);
        u64 index = config.word[0], tdata1 = config.word[1];
        if (index >= max || !config_valid(c->h, &config))
            return fail_at(SBI_ERR_INVALID_PARAM, i);
        struct sbi_trigger *t = &c->s->trigger[index];
        if (!t->state)
            return fail_at(SBI_ERR_FAILED, i);
        u64 chain = types[type_of(c->h, tdata1)].chain;
        if (type_of(c->h, t->tdata1) != type_of(c->h, tdata1) || (t->tdata1 ^ tdata1) & chain)
            return fail_at(SBI_ERR_INVALID_PARAM, i);
        struct config before = present(c->h, index);
        if (!program(c->h, index, &config)) {
            program(c->h, index, &before);
            return fail_at(SBI_ERR_NOT_SUPPORTED, i);
        }
        remember(c, index, &config);
    }
    return ret_value(0);
}

/* Calls `apply` for the set base, mask once every member is known to be mapped. */
static struct sbi_ret for_set(struct sbi_call *c, void (*apply)(struct sbi_call *c, u64 index))
{
    u64 base = c->arg[0], max = trig_max(c->h);

    for (u64 rest = c->arg[1]; rest; rest &= rest - 1) {
        u64 index = base + (u64)__builtin_ctzll(rest);
        if (base >= max || index >= max || !c->s->trigger[index].state)
            return ret_error(SBI_ERR_INVALID_PARAM);
    }
    for (u64 rest = c->arg[1]; rest; rest &= rest - 1)
        apply(c, base + (u64)__builtin_ctzll(rest));
    return ret_value(0);
}

/* Sets the mode bits of a trigger to those in `state`. */
static void set_modes(struct sbi_call *c, u64 index, u64 state)
{
    const struct trigger_type *t = &types[type_of(c->h, c->s->trigger[index].tdata1)];

    select_trigger(c->h, index);
    csr_put(c->h, CSR_tdata1,
            (csr_get(c->h, CSR_tdata1) & ~mode_bits(t)) | restored_modes(t, state));
}

static void enable(struct sbi_call *c, u64 index)
{
    set_modes(c, index, c->s->trigger[index].state);
}

static void disable(struct sbi_call *c, u64 index)
{
    set_modes(c, index, 0);
}

static struct sbi_ret debug_uninstall_triggers(struct sbi_call *c)
{
    return for_set(c, forget);
}

static struct sbi_ret debug_enable_triggers(struct sbi_call *c)
{
    return for_set(c, enable);
}

static struct sbi_ret debug_disable_triggers(struct sbi_call *c)
{
    return for_set(c, disable);
}

#define SET "trig_idx_base:d trig_idx_mask:x"
static const struct sbi_function functions[] = {
    {"debug_num_triggers", "trig_tdata1:x", 0x300, debug_num_triggers},
    {"debug_set_shmem", "shmem_phys_lo:x shmem_phys_hi:x flags:x", 0x300, debug_set_shmem},
    {"debug_read_triggers", "trig_idx_base:d trig_count:d", 0x300, debug_read_triggers},
    {"debug_install_triggers", "trig_count:d", 0x300, debug_install_triggers},
    {"debug_update_triggers", "trig_count:d", 0x300, debug_update_triggers},
    {"debug_uninstall_triggers", SET, 0x300, debug_uninstall_triggers},
    {"debug_enable_triggers", SET, 0x300, debug_enable_triggers},
    {"debug_disable_triggers", SET, 0x300, debug_disable_triggers},
};
const struct sbi_extension sbi_ext_dbtr = {
    .name = "dbtr",
    .eid = 0x44425452,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};

void sbi_dbtr_reset_hart(struct sbi *sbi, struct hart *h)
{
    struct sbi_hart *s = &sbi->state.hart[h->id];

    for (u32 i = 0; i < trig_max(h); i++)
        clear_trigger(h, i);
    for (u32 i = 0; i < SBI_TRIGGERS; i++)
        s->trigger[i] = (struct sbi_trigger){0, 0};
    s->dbtr_shmem = SHMEM_NONE;
}
