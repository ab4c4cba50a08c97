/* A domain of the APLIC: its sources, their pending bits, and delivery by wire or message. */
#include "devices/aplic_impl.h"
#include "devices/dma.h"

/* ---- sources ---- */

/* Does the source appear in this domain? */
bool aplic_implemented(const struct aplic *d, u32 i)
{
    if (i == 0 || i > d->sources)
        return false;
    return !d->parent || (d->parent->sourcecfg[i] & SOURCECFG_D);
}

enum source_mode aplic_mode_of(const struct aplic *d, u32 i)
{
    return d->sourcecfg[i] & SOURCECFG_D ? INACTIVE : (enum source_mode)d->sourcecfg[i];
}

bool aplic_active(const struct aplic *d, u32 i)
{
    return aplic_implemented(d, i) && aplic_mode_of(d, i) != INACTIVE;
}

bool aplic_by_level(const struct aplic *d, u32 i)
{
    return aplic_mode_of(d, i) >= LEVEL1;
}

bool aplic_rectified(const struct aplic *d, u32 i)
{
    const struct aplic *root = d->parent ? d->parent : d;
    enum source_mode mode = aplic_mode_of(d, i);
    return aplic_implemented(d, i) && mode >= EDGE1 && test_bit(root->wire, i) != (mode & 1);
}

/* ---- delivery ---- */

/* Lower comes first. */
static u32 priority_of(const struct aplic *d, u32 i)
{
    return d->target[i] & PRIORITY_MASK;
}

/* What topi shows. */
u32 aplic_top(const struct aplic *d, u32 hart)
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
        bool on = d->ie && d->idelivery[hart] && (d->iforce[hart] || aplic_top(d, hart));
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

void aplic_send(struct aplic *d, u32 target)
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
            aplic_send(d, d->target[i]);
        }
}

/* After any change. */
void aplic_update(struct aplic *d)
{
    if (d->msi)
        send_all(d);
    else
        drive_harts(d);
}

/* ---- pending bits ("Precise effects on interrupt-pending bits") ---- */

void aplic_set_pending(struct aplic *d, u32 i)
{
    if (aplic_active(d, i) && (!aplic_by_level(d, i) || (d->msi && aplic_rectified(d, i))))
        assign_bit(d->pending, i, true);
}

void aplic_clear_pending(struct aplic *d, u32 i)
{
    if (aplic_active(d, i) && (!aplic_by_level(d, i) || d->msi))
        assign_bit(d->pending, i, false);
}

/* The rectified input of a source has changed to `high`. */
void aplic_input_changed(struct aplic *d, u32 i, bool high)
{
    if (aplic_by_level(d, i) || high)
        assign_bit(d->pending, i, high);
    aplic_update(d);
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
                           .mode = (u8)aplic_mode_of(d, i),
                           .wire = test_bit(root->wire, i),
                           .rectified = aplic_rectified(d, i),
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
