/* CSRs field by field. */
#ifndef HEXTANT_MONITOR_FIELDS_H
#define HEXTANT_MONITOR_FIELDS_H

#include "cpu/hart.h"

enum field_kind {
    FIELD_BOOL,
    FIELD_NUM,
    FIELD_PRIV,
    FIELD_SPRIV,
    FIELD_STATE,
    FIELD_XL,
    FIELD_PMM,
    FIELD_CBIE,
    FIELD_ATP,
    FIELD_GATP,
    FIELD_PAGE,
    FIELD_BASE,
    FIELD_TVEC,
    FIELD_CAUSE,
    FIELD_IRQS,
    FIELD_IRQS_HIGH, /* bits 63:32 of such a register */
    FIELD_IRQ,
    FIELD_EXCS,
    FIELD_COUNTERS,
    FIELD_SET,
    FIELD_GPA,
    FIELD_TINST,
    FIELD_FRM,
    FIELD_LETTERS
};
/* What `why` tries: nothing, other values, or only its absence. */
enum { FIELD_FIXED, FIELD_FLIP, FIELD_CLEAR };

struct field {
    u16 csr;
    const char *name; /* "" for a register that is one field */
    u8 high, low, kind, xlen, flip;
};
extern const struct field fields[];
extern const u32 num_fields;

/* Does the row apply to this hart's XLEN? */
bool field_applies(const struct field *f, const struct hart *h);
static inline u64 field_value(const struct field *f, u64 csr)
{
    return bits(csr, f->high, f->low);
}
/* The value in words: "Dirty", "Sv39x4", "8". Returns buf. */
char *field_text(const struct field *f, const struct hart *h, u64 value, char *buf, size_t len);
/* The whole register in words: "MODE=Sv39x4 VMID=1 PPN=0x80a00". Flags that are 0 are left out.
 * Returns buf; "" for a CSR without fields. */
char *fields_of(const struct hart *h, unsigned csr, u64 value, char *buf, size_t len);
/* xtinst back in words: "sd a5,0(x0), address offset 0". Returns buf. */
char *tinst_text(const struct hart *h, u64 tinst, char *buf, size_t len);

#endif
