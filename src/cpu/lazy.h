/* Registers that software saves lazily (lazy.def): may they be used, and have they changed? One of
 * the files that own the question about V: when V=1 both mstatus and vsstatus count. */
#ifndef HEXTANT_CPU_LAZY_H
#define HEXTANT_CPU_LAZY_H

#include "cpu/fields.h"
#include "cpu/hart.h"
#include "cpu/insn.h"

enum lazy {
#define LAZY(name, ...) LAZY_##name,
#include "cpu/lazy.def"
#undef LAZY
    LAZY_COUNT
};
enum lazy_level { LAZY_OFF, LAZY_CLEAN, LAZY_DIRTY };

struct lazy_info {
    u64 field;          /* in mstatus and vsstatus */
    u16 off, guest_off; /* enum reason */
    u32 kinds;          /* a bit for each enum insn_kind */
};
_Static_assert(KIND_SYSTEM < 31, "kinds are bits");
/* A bit for each of one to eight kinds; bit 31 fills up. */
#define KIND_BITS(...) (KIND_BITS_8(__VA_ARGS__, 31, 31, 31, 31, 31, 31, 31, 31) & ~(1u << 31))
#define KIND_BITS_8(a, b, c, d, e, f, g, h, ...)                                                   \
    (1u << (a) | 1u << (b) | 1u << (c) | 1u << (d) | 1u << (e) | 1u << (f) | 1u << (g) | 1u << (h))
static const struct lazy_info lazy_table[LAZY_COUNT] = {
#define LAZY(name, off_, guest_off_, ...)                                                          \
    {.field = MSTATUS_##name,                                                                      \
     .off = (off_),                                                                                \
     .guest_off = (guest_off_),                                                                    \
     .kinds = KIND_BITS(__VA_ARGS__)},
#include "cpu/lazy.def"
#undef LAZY
};

/* Off, neither Off nor Dirty, or Dirty: at this moment, in the present mode. Where the field does
 * not exist (FS with Zfinx) nothing is saved lazily, and the registers count as Dirty. */
static inline enum lazy_level lazy_level(const struct hart *h, enum lazy l)
{
    u64 field = lazy_table[l].field;
    u64 own = h->mstatus & field, guest = mode_table[h->mode].v ? h->vsstatus & field : field;
    if (!own || !guest)
        return h->rules.reg[REG_mstatus].writable & field ? LAZY_OFF : LAZY_DIRTY;
    return own == field && guest == field ? LAZY_DIRTY : LAZY_CLEAN;
}

/* Do instructions of that kind use the registers? */
static inline bool lazy_used_by(enum lazy l, unsigned kind)
{
    return lazy_table[l].kinds >> kind & 1;
}

/* Which registers that are Off forbids an instruction of that kind? LAZY_COUNT: none. */
static inline enum lazy lazy_refuses(const struct hart *h, unsigned kind)
{
    enum lazy l = 0;
    while (l < LAZY_COUNT && !(lazy_used_by(l, kind) && lazy_level(h, l) == LAZY_OFF))
        l++;
    return l;
}

/* The rule that refuses while they are Off: which of the two registers says so. */
static inline enum reason lazy_reason(const struct hart *h, enum lazy l)
{
    const struct lazy_info *info = &lazy_table[l];
    return (enum reason)(h->mstatus & info->field ? info->guest_off : info->off);
}

/* All fields together. */
static inline u64 lazy_fields(void)
{
    u64 fields = 0;
    for (enum lazy l = 0; l < LAZY_COUNT; l++)
        fields |= lazy_table[l].field;
    return fields;
}

/* Is some field of this status register Dirty, as SD says? */
static inline bool lazy_summary(u64 status)
{
    for (enum lazy l = 0; l < LAZY_COUNT; l++)
        if ((status & lazy_table[l].field) == lazy_table[l].field)
            return true;
    return false;
}

/* The registers have been changed. */
void lazy_dirty(struct hart *h, enum lazy l);

#endif
