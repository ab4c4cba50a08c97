/* What extensions imply, what they exclude, and what a default has: sets of extensions, without the
 * strings that users write (cpu/ext.c). */
#ifndef HEXTANT_CPU_EXT_RULES_H
#define HEXTANT_CPU_EXT_RULES_H

#include "cpu/ext.h"

/* Is `text`, of that length, this name in upper or lower case? */
bool ext_same_name(const char *name, const char *text, size_t len);
/* The extension of exactly that name, or -1. */
int ext_find(const char *text, size_t len);
/* Is it a name in ISA strings? The modes S and U are none, nor is I where E is the base. */
static inline bool extset_names(const struct extset *s, enum ext e)
{
    return extset_has(s, e) && e != EXT_S && e != EXT_U && !(e == EXT_I && extset_has(s, EXT_E));
}
/* Adds the members of `more`. */
void extset_add_all(struct extset *set, const struct extset *more);
/* Adds everything the members need, until nothing changes. */
void ext_close_needs(struct extset *set);
/* The same, with what every hart has, and with the letters and bundles that the members make up. */
void ext_close(struct extset *set, unsigned xlen);
/* Takes out `e`, whatever needs it, and what it stands for. */
void ext_remove(struct extset *set, int e);
/* What cannot be so in a set: 0, or -1 with one line of text. */
int ext_contradiction(const struct extset *s, unsigned xlen, char *text, size_t len);
/* Takes out what cannot be had with what else is there; says what in `text`, or nothing. */
void ext_drop_excluded(struct extset *s, char *text, size_t len);

#endif
