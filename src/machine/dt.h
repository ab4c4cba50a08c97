/* What the device tree says of this machine. */
#ifndef HEXTANT_MACHINE_DT_H
#define HEXTANT_MACHINE_DT_H

#include "cpu/ext.h"
#include "machine/fdt.h"
#include "machine/machine.h"

/* Strings that a description points to. */
struct dt_text {
    char isa[16 * EXT_COUNT];
    char names[EXT_COUNT][16];
    const char *list[EXT_COUNT];
};

/* Fills in *d (all but what --append, --initrd and the seed say) from the machine; `text` must live
 * as long as *d is used. */
void dt_describe(const struct machine *m, struct dt_desc *d, struct dt_text *text);

#endif
