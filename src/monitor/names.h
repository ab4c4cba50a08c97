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

#endif
