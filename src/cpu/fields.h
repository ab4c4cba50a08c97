/* Bit fields of the registers: the constants made from fields.def, named REGISTER_FIELD as in the
 * manual; its rows as a table; and what a write may change on a given hart. */
#ifndef HEXTANT_CPU_FIELDS_H
#define HEXTANT_CPU_FIELDS_H

#include "common/types.h"

struct hart;

#define FIELD_MASK(high, low)    (MASK((high) - (low) + 1) << (low))
#define FIELD_RV64(layout, name) layout##_##name
#define FIELD_ANY(layout, name)  layout##_##name
#define FIELD_RV32(layout, name) layout##_##name
#define FIELD_AT32(layout, name) layout##32_##name
#define LAYOUT(layout)
#define REG(reg, layout, level, try)
#define AGAIN(...)
#define VALUE(kind, e, value, text, when)
/* The masks. */
enum {
#define FIELD(layout, name, xlen, high, low, in, when, holds, shown, try)                          \
    FIELD_##xlen(layout, name) = FIELD_MASK(high, low),
#include "cpu/fields.def"
#undef FIELD
};
#undef FIELD_RV64
#undef FIELD_ANY
#undef FIELD_RV32
#undef FIELD_AT32
#define FIELD(...)
/* Values of fields: KIND_NAME. */
#undef VALUE
#define VALUE(kind, e, value, text, when) kind##_##e = (value),
enum {
#include "cpu/fields.def"
};
#undef VALUE
#define VALUE(kind, e, value, text, when)
/* The registers that have fields: REG_mstatus ... */
#undef REG
#define REG(reg, layout, level, try) REG_##reg,
enum reg {
    REG_NONE,
#include "cpu/fields.def"
    REG_COUNT
};
#undef REG
#undef LAYOUT
#undef FIELD
#undef AGAIN
#undef VALUE

/* How a field is written (monitor/fields.c). */
enum field_kind {
    /* numbers and flags */
    SHOW_FLAG,
    SHOW_NUM,
    SHOW_PAGE,
    SHOW_BASE,
    SHOW_CAUSE,
    SHOW_IRQ,
    /* values with names: the kinds of VALUE rows */
    SHOW_PRIV,
    SHOW_SPRIV,
    SHOW_STATE,
    SHOW_XL,
    SHOW_PMM,
    SHOW_CBIE,
    SHOW_ATP,
    SHOW_GATP,
    SHOW_PBMT,
    SHOW_PMP,
    SHOW_TVEC,
    SHOW_FRM,
    SHOW_JVT,
    SHOW_VXRM,
    SHOW_VSEW,
    SHOW_VLMUL,
    SHOW_OPST,
    SHOW_TRIGGER,
    SHOW_TSIZE,
    SHOW_MATCH,
    SHOW_SSELECT,
    SHOW_MHSELECT,
    SHOW_DEPTH,
    /* without a name of their own: sets, whose members have names, and others */
    SHOW_IRQS,
    SHOW_EXCS,
    SHOW_COUNTERS,
    SHOW_SET,
    SHOW_LETTERS,
    SHOW_GPA,
    SHOW_TINST,
    /* not shown */
    SHOW_PART,
    SHOW_WHOLE,
    SHOW_COUNT
};
enum field_xlen { XLEN_ANY, XLEN_RV64, XLEN_RV32, XLEN_AT32 };
enum field_holds {
    HOLDS_WRITABLE,
    HOLDS_UNDER,
    HOLDS_LEGAL,
    HOLDS_SET_ONLY,
    HOLDS_ZERO,
    HOLDS_FIXED,
    HOLDS_RULE
};
enum field_try { TRY_KEEP, TRY_FLIP, TRY_CLEAR };

/* A row of fields.def. */
struct field {
    const char *name;
    u8 layout, in, xlen, high, low, holds, shown, try;
    u32 when;
};
extern const struct field field_rows[];
extern const u32 num_field_rows;
/* A named value of a field. */
struct field_name {
    u8 kind, value;
    const char *text;
    u32 when;
};
extern const struct field_name field_names[];
extern const u32 num_field_names;

/* What a write may change, as the hart is now. Bits outside `writable` stay what they are. */
struct reg_rule {
    u64 writable;
    u64 chosen; /* those of them where the new value decides whether it is taken */
    u64 under;  /* read-only zero while the register of the level above has them zero */
};
struct reg_rules {
    struct reg_rule reg[REG_COUNT];
    u32 legal[SHOW_COUNT]; /* by kind: the values that exist, a bit for each */
};
/* Works out h->rules for the extensions that the hart has now. */
void fields_derive(struct hart *h);
/* Bits of `chosen` that keep their old value in this write. */
u64 fields_refused(const struct hart *h, enum reg reg, u64 old, u64 value);
/* Does the field exist on the hart, with the XLEN and the extensions it has now? */
bool field_exists(const struct hart *h, const struct field *f);

/* The part of a field that a CSR shows: all of it, or a half on RV32. */
struct field_part {
    const struct field *f; /* NULL: none yet */
    u8 high, low;          /* in the CSR */
    u8 shift;              /* from the field's lowest bit to the part's */
};
/* Goes to the next field of a CSR of this hart, PART and WHOLE rows left out. False: no more. */
bool csr_next_field(const struct hart *h, unsigned csr, struct field_part *part);
/* The first CSR of a register that exists on the hart, from number `from` on; 4096: none. */
unsigned reg_csr(const struct hart *h, enum reg reg, unsigned from);
/* Are the register's fields tried by `why`? */
bool reg_tried(enum reg reg);
/* The part's value within the field, from the value of the CSR. */
static inline u64 part_value(const struct field_part *p, u64 csr)
{
    return bits(csr, p->high, p->low) << p->shift;
}

#endif
