/* CSRs field by field, in words. */
#ifndef HEXTANT_MONITOR_FIELDS_H
#define HEXTANT_MONITOR_FIELDS_H

#include "cpu/fields.h"
#include "cpu/hart.h"

/* Is the field shown by its members alone, without its own name? */
static inline bool field_is_nameless(const struct field *f)
{
    return f->shown >= SHOW_IRQS;
}
/* Does the value consist of bits that each mean something of their own? */
static inline bool field_is_set(const struct field *f)
{
    return f->shown >= SHOW_IRQS && f->shown <= SHOW_SET;
}
/* A field's value in words: "Dirty", "Sv39x4", "8". Returns buf. */
char *field_text(const struct field *f, const struct hart *h, u64 value, char *buf, size_t len);
/* The whole register in words: "MODE=Sv39x4 VMID=1 PPN=0x80a00". Flags that are 0 are left out.
 * Returns buf; "" for a CSR without fields. */
char *fields_of(const struct hart *h, unsigned csr, u64 value, char *buf, size_t len);
/* xtinst back in words: "sd a5,0(x0), address offset 0". Returns buf. */
char *tinst_text(const struct hart *h, u64 tinst, char *buf, size_t len);

#endif
