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
#include "devices/aplic.h"

#include <assert.h>
#include <string.h>

#include "devices/devices.h"
#include "devices/dma.h"

enum {
    WORDS = (APLIC_MAX_SOURCES + 1) / 32,
    WINDOW = 0x8000,
    IDC = 0x4000,
    IDC_SIZE = 32,
    PRIORITY_MASK = 0xff,
};
enum source_mode { INACTIVE, DETACHED, EDGE1 = 4, EDGE0, LEVEL1, LEVEL0 };
enum {
    SOURCECFG_D = 1 << 10,
    DOMAINCFG_IE = 1 << 8,
    DOMAINCFG_DM = 1 << 2,
    TARGET_HART = 18, /* the shifts of fields of `target` */
    TARGET_GUEST = 12,
    TARGET_EIID = 0x7ff,
};
#define DOMAINCFG_FIXED  0x80000000u
#define MMSIADDRCFGH     0x9f77ffffu
#define MMSIADDRCFGH_L   0x80000000u
#define SMSIADDRCFGH     0x00700fffu
#define TARGET_HART_MASK 0xfffc0000u

/* Where messages go: the root's registers, as they are laid out. */
enum { MMSIADDR, MMSIADDR_H, SMSIADDR, SMSIADDR_H, MSIADDRS };

struct aplic {
    struct device dev;
    struct dev_regs regs;
    struct aplic *parent, *child;
    u32 sources, harts;
    bool msi;
    u32 guest_mask; /* what target.Guest Index can hold */
    u32 ie;         /* domaincfg.IE */
    u32 msiaddrcfg[MSIADDRS];
    u32 genmsi;
    u32 wire[WORDS]; /* the root's: levels of the incoming wires */
    u32 pending[WORDS], enabled[WORDS];
    u32 sourcecfg[APLIC_MAX_SOURCES + 1], target[APLIC_MAX_SOURCES + 1];
    u32 idelivery[ACLINT_MAX_HARTS], iforce[ACLINT_MAX_HARTS], ithreshold[ACLINT_MAX_HARTS];
};

static bool test_bit(const u32 *map, u32 n)
{
    return map[n / 32] >> n % 32 & 1;
}

static void assign_bit(u32 *map, u32 n, bool on)
{
    map[n / 32] = (map[n / 32] & ~(1u << n % 32)) | (u32)on << n % 32;
}

/* ---- sources ---- */

/* Does the source appear in this domain? */
static bool implemented(const struct aplic *d, u32 i)
{
    if (i == 0 || i > d->sources)
        return false;
    return !d->parent || (d->parent->sourcecfg[i] & SOURCECFG_D);
}

static enum source_mode mode_of(const struct aplic *d, u32 i)
{
    return d->sourcecfg[i] & SOURCECFG_D ? INACTIVE : (enum source_mode)d->sourcecfg[i];
}

static bool active(const struct aplic *d, u32 i)
{
    return implemented(d, i) && mode_of(d, i) != INACTIVE;
}

static bool by_level(const struct aplic *d, u32 i)
{
    return mode_of(d, i) >= LEVEL1;
}

static bool rectified(const struct aplic *d, u32 i)
{
    const struct aplic *root = d->parent ? d->parent : d;
    enum source_mode mode = mode_of(d, i);
    return implemented(d, i) && mode >= EDGE1 && test_bit(root->wire, i) != (mode & 1);
}

/* ---- delivery ---- */

/* Lower comes first. */
static u32 priority_of(const struct aplic *d, u32 i)
{
    return d->target[i] & PRIORITY_MASK;
}

/* What topi shows. */
static u32 top(const struct aplic *d, u32 hart)
{
    u32 best = 0, floor = d->ithreshold[hart] ? d->ithreshold[hart] : PRIORITY_MASK + 1;
    for (u32 w = 0; w <= d->sources / 32; w++)
        for (u32 m = d->pending[w] & d->enabled[w]; m; m &= m - 1) {
            u32 i = w * 32 + (u32)__builtin_ctz(m);
            if (d->target[i] >> TARGET_HART != hart || priority_of(d, i) >= floor)
                continue;
            best = i;
            floor = priority_of(d, i);
        }
    return best ? best << 16 | floor : 0;
}

static void drive_harts(struct aplic *d)
{
    for (u32 hart = 0; hart < d->harts; hart++) {
        bool on = d->ie && d->idelivery[hart] && (d->iforce[hart] || top(d, hart));
        device_set_pin(&d->dev, hart, on);
    }
}

/* "Addresses and data for outgoing MSIs" */
static u64 message_address(const struct aplic *d, u32 hart, u32 guest)
{
    const u32 *cfg = (d->parent ? d->parent : d)->msiaddrcfg;
    unsigned own = d->parent ? SMSIADDR : MMSIADDR;
    u32 widths = cfg[MMSIADDR_H], high = cfg[own + 1];
    unsigned lhxw = widths >> 12 & 15, hhxw = widths >> 16 & 7, hhxs = widths >> 24 & 31;
    u64 base = (u64)(high & 0xfff) << 32 | cfg[own];
    u64 g = hart >> lhxw & MASK(hhxw), h = hart & MASK(lhxw);
    return (base | g << (hhxs + 12) | h << (high >> 20 & 7) | guest) << 12;
}

static void send(struct aplic *d, u32 target)
{
    u32 guest = target >> TARGET_GUEST & d->guest_mask;
    dma_message(&d->dev, message_address(d, target >> TARGET_HART, guest), target & TARGET_EIID);
}

static void send_all(struct aplic *d)
{
    for (u32 w = 0; w <= d->sources / 32 && d->ie; w++)
        for (u32 m = d->pending[w] & d->enabled[w]; m; m &= m - 1) {
            u32 i = w * 32 + (u32)__builtin_ctz(m);
            assign_bit(d->pending, i, false);
            send(d, d->target[i]);
        }
}

/* After any change. */
static void update(struct aplic *d)
{
    if (d->msi)
        send_all(d);
    else
        drive_harts(d);
}

/* ---- pending bits ("Precise effects on interrupt-pending bits") ---- */

static void set_pending(struct aplic *d, u32 i)
{
    if (active(d, i) && (!by_level(d, i) || (d->msi && rectified(d, i))))
        assign_bit(d->pending, i, true);
}

static void clear_pending(struct aplic *d, u32 i)
{
    if (active(d, i) && (!by_level(d, i) || d->msi))
        assign_bit(d->pending, i, false);
}

/* The rectified input of a source has changed to `high`. */
static void input_changed(struct aplic *d, u32 i, bool high)
{
    if (by_level(d, i) || high)
        assign_bit(d->pending, i, high);
    update(d);
}

static void aplic_input(struct device *dev, unsigned i, unsigned level)
{
    struct aplic *root = (struct aplic *)dev;
    assert(i > 0);
    if (i > root->sources)
        return;
    struct aplic *d = root->sourcecfg[i] & SOURCECFG_D ? root->child : root;
    bool before = rectified(d, i);
    assign_bit(root->wire, i, level);
    bool after = rectified(d, i);
    if (before != after)
        input_changed(d, i, after);
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
    if (!implemented(d, i))
        return;
    bool was_active = active(d, i);
    d->sourcecfg[i] = legal_sourcecfg(d, v);
    if (d->child && !(d->sourcecfg[i] & SOURCECFG_D)) {
        d->child->sourcecfg[i] = 0;
        forget(d->child, i);
        update(d->child);
    }
    if (!active(d, i))
        forget(d, i);
    else if (!was_active)
        d->target[i] = d->msi ? 0 : 1;
    if (by_level(d, i))
        assign_bit(d->pending, i, rectified(d, i));
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
        v |= i * 32 + k <= d->sources && rectified(d, i * 32 + k) ? 1u << k : 0;
    return v;
}

static u32 r_enabled(struct aplic *d, u32 i)
{
    return d->enabled[i];
}

static void enable(struct aplic *d, u32 i)
{
    if (active(d, i))
        assign_bit(d->enabled, i, true);
}

static void disable(struct aplic *d, u32 i)
{
    if (active(d, i))
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
BITS_AND_NUMBER(setip, set_pending)
BITS_AND_NUMBER(clrip, clear_pending)
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
    send(d, d->genmsi);
}

static u32 r_target(struct aplic *d, u32 i)
{
    return d->target[i + 1];
}

static void w_target(struct aplic *d, u32 index, u32 v)
{
    u32 i = index + 1, low = v & PRIORITY_MASK ? v & PRIORITY_MASK : 1;
    if (!active(d, i))
        return;
    if (d->msi)
        low = v & (TARGET_EIID | d->guest_mask << TARGET_GUEST);
    d->target[i] = (v & TARGET_HART_MASK) | low;
}

/* ---- one hart's registers of delivery by wire ---- */

static u32 claim(struct aplic *d, u32 hart)
{
    u32 topi = top(d, hart);
    if (!topi)
        d->iforce[hart] = 0;
    else
        clear_pending(d, topi >> 16);
    update(d);
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
        return top(d, hart);
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
        update(d);
    }
    return 0;
}

/* ---- what the monitor asks ---- */

u32 aplic_num_sources(const struct device *root)
{
    return ((const struct aplic *)root)->sources;
}

struct aplic_view aplic_view(const struct device *dev, u32 i)
{
    const struct aplic *root = (const struct aplic *)dev;
    const struct aplic *d = root->sourcecfg[i] & SOURCECFG_D ? root->child : root;
    u32 target = d->target[i], hart = target >> TARGET_HART;
    struct aplic_view v = {.machine = d == root,
                           .mode = (u8)mode_of(d, i),
                           .wire = test_bit(root->wire, i),
                           .rectified = rectified(d, i),
                           .pending = test_bit(d->pending, i),
                           .enabled = test_bit(d->enabled, i),
                           .domain_on = d->ie,
                           .msi = d->msi,
                           .hart = hart};
    if (d->msi) {
        v.guest = target >> TARGET_GUEST & d->guest_mask;
        v.eiid = target & TARGET_EIID;
        v.address = message_address(d, hart, v.guest);
    } else {
        v.priority = priority_of(d, i);
        v.delivery = hart < d->harts && d->idelivery[hart];
        v.masked = hart < d->harts && d->ithreshold[hart] && v.priority >= d->ithreshold[hart];
    }
    return v;
}

/* ---- life ---- */

/* What drives pins drives them again; nothing is sent: what was to be sent has been. */
static int aplic_resume(struct device *dev, struct error *err)
{
    (void)err;
    struct aplic *d = (struct aplic *)dev;
    if (!d->msi)
        drive_harts(d);
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
    update(d);
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
