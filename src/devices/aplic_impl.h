/* The inside of the APLIC's files: a domain, and what happens to its sources. */
#ifndef HEXTANT_DEVICES_APLIC_IMPL_H
#define HEXTANT_DEVICES_APLIC_IMPL_H

#include "devices/aplic.h"
#include "devices/devices.h"

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

static inline bool test_bit(const u32 *map, u32 n)
{
    return map[n / 32] >> n % 32 & 1;
}

static inline void assign_bit(u32 *map, u32 n, bool on)
{
    map[n / 32] = (map[n / 32] & ~(1u << n % 32)) | (u32)on << n % 32;
}

/* Does the source appear in this domain? Is it active there? */
bool aplic_implemented(const struct aplic *d, u32 i);
bool aplic_active(const struct aplic *d, u32 i);
/* Its mode: inactive, too, if it is delegated. Is it level-sensitive? The input as the mode takes
 * it.
 */
enum source_mode aplic_mode_of(const struct aplic *d, u32 i);
bool aplic_by_level(const struct aplic *d, u32 i);
bool aplic_rectified(const struct aplic *d, u32 i);
/* What topi shows of a hart. */
u32 aplic_top(const struct aplic *d, u32 hart);
/* Sends the message of a `target`. */
void aplic_send(struct aplic *d, u32 target);
/* After any change: delivers what there is. */
void aplic_update(struct aplic *d);
/* Software sets or clears a pending bit, where the mode lets it. */
void aplic_set_pending(struct aplic *d, u32 i);
void aplic_clear_pending(struct aplic *d, u32 i);
/* The rectified input of a source has changed to `high`. */
void aplic_input_changed(struct aplic *d, u32 i, bool high);

#endif
