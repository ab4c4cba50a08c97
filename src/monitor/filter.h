/* Where a breakpoint, a watchpoint, a symbol file applies: modes, VMID, ASID, hart. */
#ifndef HEXTANT_MONITOR_FILTER_H
#define HEXTANT_MONITOR_FILTER_H

#include "common/error.h"
#include "cpu/hart.h"
#include "trace/words.h"

/* -1 and 0 modes: any. */
struct filter {
    u8 modes; /* bit for each enum mode */
    s32 vmid, asid, hart;
};

extern const struct filter filter_any;

/* Does the state of the hart, seen as if it were in `mode`, pass? VMID counts only when V=1. */
bool filter_matches(const struct filter *f, const struct hart *h, enum mode mode);
/* "M", "HS", "S", "U", "VS", "VU", and lists such as "VS,VU"; "V" is both guest modes, "host" M, HS
 * and U. 0 with a bit for each mode in *modes, or -1 with *err. */
int filter_parse_modes(const char *text, u8 *modes, struct error *err);
/* " mode=VS,VU vmid=3" or "", with the modes' names on that hart. Returns buf. */
char *filter_text(const struct hart *h, const struct filter *f, char *buf, size_t len);
/* The ASID that the mode translates with. */
unsigned hart_asid(const struct hart *h, enum mode mode);

#endif
