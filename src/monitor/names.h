/* Names of addresses, as the hart's mode and VMID see them. */
#ifndef HEXTANT_MONITOR_NAMES_H
#define HEXTANT_MONITOR_NAMES_H

#include "cpu/hart.h"
#include "trace/symbols.h"

/* The symbol that holds addr in that mode; false if there is none. symbols may be NULL. */
bool name_at(const struct symbols *s, const struct hart *h, enum mode mode, u64 addr,
             struct symbol_place *out);
/* "<name+0x12>" or "". Returns buf. */
char *name_text(const struct symbols *s, const struct hart *h, enum mode mode, u64 addr, char *buf,
                size_t len);
/* The address of the symbol called `name`: of that mode and VMID if several have one. 0 or -1. */
int name_lookup(const struct symbols *s, enum mode mode, unsigned vmid, const char *name,
                u64 *addr);
/* The exception or interrupt that the text names: "illegal instruction", "VIRTUAL_INSN", "vsti", or
 * a part of a name that no other has ("load guest"). Case does not matter, and '-', '_' and '/' are
 * blanks. 0 or -1. */
int name_cause(const char *text, unsigned interrupt, s32 *cause);
/* The names that the text is a part of, with commas; "" if there are none. Returns buf. */
char *cause_names(const char *text, unsigned interrupt, char *buf, size_t len);
/* "VSTI" for interrupt 6, "VIRTUAL_INSN" for exception 22; "" if there is none. */
const char *cause_short_name(unsigned code, unsigned interrupt);

#endif
