/* The advanced platform-level interrupt controller (AIA, "Advanced Platform-Level Interrupt
 * Controller"): two domains, the machine's, which is the root, and the supervisor's, its child.
 * Each is a device with its control region. A domain delivers by a wire to each hart (the output
 * pin has the hart's number), or by messages where the harts have interrupt files; which of the two
 * is fixed. Wires come in at the root; a source that it delegates is the child's.
 *
 * Left to the implementation: registers are little-endian (BE is read-only zero); a reserved source
 * mode makes the source inactive; a level-sensitive source is pending as soon as it is configured
 * while its input is asserted, an edge-sensitive one is not; a source that becomes active has
 * priority 1 at hart 0; a message is sent at once, so that genmsi is never busy. Accesses of other
 * sizes than four bytes are refused. */
#include "devices/aplic_impl.h"

#include <assert.h>
#include <string.h>

static void aplic_input(struct device *dev, unsigned i, unsigned level)
{
    struct aplic *root = (struct aplic *)dev;
    assert(i > 0);
    if (i > root->sources)
        return;
    struct aplic *d = root->sourcecfg[i] & SOURCECFG_D ? root->child : root;
    bool before = aplic_rectified(d, i);
    assign_bit(root->wire, i, level);
    bool after = aplic_rectified(d, i);
    if (before != after)
        aplic_input_changed(d, i, after);
}

/* ---- registers: what each row below reads and writes; `i` is its place in the row ---- */

static u32 r_domaincfg(struct aplic *d, u32 i)
{
    (void)i;
    return DOMAINCFG_FIXED | d->ie | (d->msi ? DOMAINCFG_DM : 0);
}

static void w_domaincfg(struct aplic *d, u32 i, u32 v)
{
    (void)i;
    d->ie = v & DOMAINCFG_IE;
}

static u32 r_sourcecfg(struct aplic *d, u32 i)
{
    return d->sourcecfg[i + 1];
}

/* What a source leaves behind when it becomes inactive. */
static void forget(struct aplic *d, u32 i)
{
    assign_bit(d->pending, i, false);
    assign_bit(d->enabled, i, false);
    d->target[i] = 0;
}

static u32 legal_sourcecfg(const struct aplic *d, u32 v)
{
    u32 mode = v & 7;
    if (v & SOURCECFG_D)
        return d->child ? SOURCECFG_D : 0; /* a leaf: the whole register is zero */
    return mode == 2 || mode == 3 ? INACTIVE : mode;
}

static void w_sourcecfg(struct aplic *d, u32 index, u32 v)
{
    u32 i = index + 1;
    if (!aplic_implemented(d, i))
        return;
    bool was_active = aplic_active(d, i);
    d->sourcecfg[i] = legal_sourcecfg(d, v);
    if (d->child && !(d->sourcecfg[i] & SOURCECFG_D)) {
        d->child->sourcecfg[i] = 0;
        forget(d->child, i);
        aplic_update(d->child);
    }
    if (!aplic_active(d, i))
        forget(d, i);
    else if (!was_active)
        d->target[i] = d->msi ? 0 : 1;
    if (aplic_by_level(d, i))
        assign_bit(d->pending, i, aplic_rectified(d, i));
}

static u32 r_msiaddrcfg(struct aplic *d, u32 i)
{
    return d->msiaddrcfg[i];
}

static void w_msiaddrcfg(struct aplic *d, u32 i, u32 v)
{
    static const u32 mask[MSIADDRS] = {~0u, MMSIADDRCFGH, ~0u, SMSIADDRCFGH};
    if (d->msi && !d->parent && !(d->msiaddrcfg[MMSIADDR_H] & MMSIADDRCFGH_L))
        d->msiaddrcfg[i] = v & mask[i];
}

static u32 r_zero(struct aplic *d, u32 i)
{
    (void)d, (void)i;
    return 0;
}

static u32 r_pending(struct aplic *d, u32 i)
{
    return d->pending[i];
}

static u32 r_input(struct aplic *d, u32 i)
{
    u32 v = 0;
    for (u32 k = 0; k < 32; k++)
        v |= i * 32 + k <= d->sources && aplic_rectified(d, i * 32 + k) ? 1u << k : 0;
    return v;
}

static u32 r_enabled(struct aplic *d, u32 i)
{
    return d->enabled[i];
}

static void enable(struct aplic *d, u32 i)
{
    if (aplic_active(d, i))
        assign_bit(d->enabled, i, true);
}

static void disable(struct aplic *d, u32 i)
{
    if (aplic_active(d, i))
        assign_bit(d->enabled, i, false);
}

/* A row that does `one` to each source whose bit is set, and a row that does it to one by number.
 */
#define BITS_AND_NUMBER(name, one)                                                                 \
    static void w_##name(struct aplic *d, u32 i, u32 v)                                            \
    {                                                                                              \
        for (; v; v &= v - 1)                                                                      \
            one(d, i * 32 + (u32)__builtin_ctz(v));                                                \
    }                                                                                              \
    static void w_##name##num(struct aplic *d, u32 i, u32 v)                                       \
    {                                                                                              \
        (void)i;                                                                                   \
        one(d, v);                                                                                 \
    }
BITS_AND_NUMBER(setip, aplic_set_pending)
BITS_AND_NUMBER(clrip, aplic_clear_pending)
BITS_AND_NUMBER(setie, enable)
BITS_AND_NUMBER(clrie, disable)

static void w_setipnum_be(struct aplic *d, u32 i, u32 v)
{
    w_setipnum(d, i, __builtin_bswap32(v));
}

static u32 r_genmsi(struct aplic *d, u32 i)
{
    (void)i;
    return d->genmsi;
}

/* Whatever waited has been sent before. */
static void w_genmsi(struct aplic *d, u32 i, u32 v)
{
    (void)i;
    if (!d->msi)
        return;
    d->genmsi = v & (TARGET_HART_MASK | TARGET_EIID);
    aplic_send(d, d->genmsi);
}

static u32 r_target(struct aplic *d, u32 i)
{
    return d->target[i + 1];
}

static void w_target(struct aplic *d, u32 index, u32 v)
{
    u32 i = index + 1, low = v & PRIORITY_MASK ? v & PRIORITY_MASK : 1;
    if (!aplic_active(d, i))
        return;
    if (d->msi)
        low = v & (TARGET_EIID | d->guest_mask << TARGET_GUEST);
    d->target[i] = (v & TARGET_HART_MASK) | low;
}

/* ---- one hart's registers of delivery by wire ---- */

static u32 claim(struct aplic *d, u32 hart)
{
    u32 topi = aplic_top(d, hart);
    if (!topi)
        d->iforce[hart] = 0;
    else
        aplic_clear_pending(d, topi >> 16);
    aplic_update(d);
    return topi;
}

static u32 r_idc(struct aplic *d, u32 i)
{
    u32 hart = i / (IDC_SIZE / 4);
    if (d->msi || hart >= d->harts)
        return 0;
    switch (i % (IDC_SIZE / 4)) {
    case 0:
        return d->idelivery[hart];
    case 1:
        return d->iforce[hart];
    case 2:
        return d->ithreshold[hart];
    case 6:
        return aplic_top(d, hart);
    case 7:
        return claim(d, hart);
    default:
        return 0;
    }
}

static void w_idc(struct aplic *d, u32 i, u32 v)
{
    u32 hart = i / (IDC_SIZE / 4);
    if (d->msi || hart >= d->harts)
        return;
    switch (i % (IDC_SIZE / 4)) {
    case 0:
        d->idelivery[hart] = v & 1;
        break;
    case 1:
        d->iforce[hart] = v & 1;
        break;
    case 2:
        d->ithreshold[hart] = v & PRIORITY_MASK;
    }
}

static const struct reg {
    u16 first, last; /* offsets of the first and the last of them */
    u32 (*read)(struct aplic *d, u32 i);
    void (*write)(struct aplic *d, u32 i, u32 v);
} regs[] = {
    {0x0000, 0x0000, r_domaincfg, w_domaincfg},
    {0x0004, 0x0ffc, r_sourcecfg, w_sourcecfg},
    {0x1bc0, 0x1bcc, r_msiaddrcfg, w_msiaddrcfg},
    {0x1c00, 0x1c7c, r_pending, w_setip},
    {0x1cdc, 0x1cdc, r_zero, w_setipnum},
    {0x1d00, 0x1d7c, r_input, w_clrip},
    {0x1ddc, 0x1ddc, r_zero, w_clripnum},
    {0x1e00, 0x1e7c, r_enabled, w_setie},
    {0x1edc, 0x1edc, r_zero, w_setienum},
    {0x1f00, 0x1f7c, r_zero, w_clrie},
    {0x1fdc, 0x1fdc, r_zero, w_clrienum},
    {0x2000, 0x2000, r_zero, w_setipnum}, /* setipnum_le */
    {0x2004, 0x2004, r_zero, w_setipnum_be},
    {0x3000, 0x3000, r_genmsi, w_genmsi},
    {0x3004, 0x3ffc, r_target, w_target},
    {IDC, WINDOW - 4, r_idc, w_idc},
};

static const struct reg *find_reg(u64 offset)
{
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        if (offset >= regs[i].first && offset <= regs[i].last)
            return &regs[i];
    return NULL; /* reserved: read-only zero */
}

static int aplic_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    const struct reg *r = find_reg(offset);
    if (size != 4)
        return -1;
    *value = r ? r->read((struct aplic *)dev, (u32)(offset - r->first) / 4) : 0;
    return 0;
}

static int aplic_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct aplic *d = (struct aplic *)dev;
    const struct reg *r = find_reg(offset);
    if (size != 4)
        return -1;
    if (r) {
        r->write(d, (u32)(offset - r->first) / 4, (u32)value);
        aplic_update(d);
    }
    return 0;
}

/* ---- life ---- */

/* What drives pins drives them again; nothing is sent: what was to be sent has been. */
static int aplic_resume(struct device *dev, struct error *err)
{
    (void)err;
    struct aplic *d = (struct aplic *)dev;
    if (!d->msi)
        aplic_update(d);
    return 0;
}

/* All is zero, but the wires keep their levels. */
static void aplic_reset(struct device *dev)
{
    struct aplic *d = (struct aplic *)dev;
    d->ie = d->genmsi = 0;
    memset(d->msiaddrcfg, 0, sizeof d->msiaddrcfg);
    memset(d->pending, 0, sizeof d->pending);
    memset(d->enabled, 0, sizeof d->enabled);
    memset(d->sourcecfg, 0, sizeof d->sourcecfg);
    memset(d->target, 0, sizeof d->target);
    memset(d->idelivery, 0, sizeof d->idelivery);
    memset(d->iforce, 0, sizeof d->iforce);
    memset(d->ithreshold, 0, sizeof d->ithreshold);
    aplic_update(d);
}

static const struct state_row aplic_rows[] = {
    STATE_FIELD(struct aplic, ie),         STATE_ARRAY(struct aplic, msiaddrcfg),
    STATE_FIELD(struct aplic, genmsi),     STATE_ARRAY(struct aplic, wire),
    STATE_ARRAY(struct aplic, pending),    STATE_ARRAY(struct aplic, enabled),
    STATE_ARRAY(struct aplic, sourcecfg),  STATE_ARRAY(struct aplic, target),
    STATE_ARRAY(struct aplic, idelivery),  STATE_ARRAY(struct aplic, iforce),
    STATE_ARRAY(struct aplic, ithreshold),
};

const struct dev_class aplic_m_class = {
    .name = "aplic-m",
    .reset = aplic_reset,
    .input = aplic_input,
    .resume = aplic_resume,
    .rows = aplic_rows,
    .num_rows = ARRAY_LEN(aplic_rows),
};
const struct dev_class aplic_s_class = {
    .name = "aplic-s",
    .reset = aplic_reset,
    .resume = aplic_resume,
    .rows = aplic_rows,
    .num_rows = ARRAY_LEN(aplic_rows),
};

static struct aplic *make(const struct dev_env *env, const struct dev_args *args,
                          const struct dev_class *cls, struct error *err)
{
    assert(args->aplic <= APLIC_MAX_SOURCES && args->harts <= ACLINT_MAX_HARTS);
    struct aplic *d = (struct aplic *)device_alloc(sizeof *d, cls, env, err);
    if (!d)
        return NULL;
    d->sources = (u32)args->aplic;
    d->harts = args->harts;
    d->msi = args->imsic_ids != 0;
    d->regs = (struct dev_regs){.size = WINDOW,
                                .read = aplic_read,
                                .write = aplic_write,
                                .dt = {.name = "aplic",
                                       .compatible = {"riscv,aplic"},
                                       .binding = DT_APLIC,
                                       .prop = {{"riscv,num-sources", 1, d->sources}}}};
    d->dev.regs = &d->regs;
    return d;
}

struct device *aplic_m_new(const struct dev_env *env, const struct dev_args *args,
                           struct error *err)
{
    struct aplic *d = make(env, args, &aplic_m_class, err);
    return d ? &d->dev : NULL;
}

/* The child of the root that was made before. */
struct device *aplic_s_new(const struct dev_env *env, const struct dev_args *args,
                           struct error *err)
{
    assert(args->aplic_root);
    struct aplic *d = make(env, args, &aplic_s_class, err);
    if (!d)
        return NULL;
    d->guest_mask = args->geilen ? 63 : 0;
    d->parent = (struct aplic *)args->aplic_root;
    d->parent->child = d;
    return &d->dev;
}
