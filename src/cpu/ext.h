/* Extensions as data: the enum made from ext.def, sets of them, and the ISA string. */
#ifndef HEXTANT_CPU_EXT_H
#define HEXTANT_CPU_EXT_H

#include <stdio.h>

#include "common/types.h"

enum ext {
#define EXT(name, major, minor, kind, needs, text) EXT_##name,
#include "cpu/ext.def"
#undef EXT
    EXT_COUNT
};

struct extset {
    u64 w[4];
};
_Static_assert(EXT_COUNT <= 8 * sizeof(struct extset), "extset is four words");

static inline bool extset_has(const struct extset *s, enum ext e)
{
    return s->w[e >> 6] >> (e & 63) & 1;
}

static inline void extset_add(struct extset *s, enum ext e)
{
    s->w[e >> 6] |= BIT(e & 63);
}

static inline void extset_remove(struct extset *s, enum ext e)
{
    s->w[e >> 6] &= ~BIT(e & 63);
}

/* Name, version and description of an extension. */
struct ext_info {
    const char *name;
    u8 major, minor;
    const char *needs, *text;
};
extern const struct ext_info ext_table[EXT_COUNT];

/* Parses an ISA string ("rv64gch_sstc_svadu", profile names, upper or lower case). On success
 * returns 0, sets *xlen (32 or 64) and the closed set; err holds a remark on what was left out, or
 * nothing. Names led by '-' are taken out at the end, with what needs them; the modes and paging of
 * a string that names none stay. On failure returns -1 and writes one line that names the offending
 * part into err. */
int isa_parse(const char *text, unsigned *xlen, struct extset *out, char *err, size_t err_len);
/* Everything implemented for that XLEN (the default), without the extensions that exclude others
 * (Zcmp and Zcmt exclude Zcd). */
struct extset isa_default(unsigned xlen);
/* Is it left out of the default? */
bool isa_optional(enum ext e);
/* The set as a canonical ISA string (device tree `riscv,isa`). Returns buf. */
char *isa_string(const struct extset *set, unsigned xlen, char *buf, size_t len);
/* Prints every name with its line of description (--isa=help). */
void isa_help(FILE *out);

#endif
