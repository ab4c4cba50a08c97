/* Putting the guest in place: program, firmware, initial RAM disk and device tree. */
#ifndef HEXTANT_MACHINE_BOOT_H
#define HEXTANT_MACHINE_BOOT_H

#include "common/error.h"
#include "machine/machine.h"

struct image_source;

/* Decides --firmware=auto once m->config.image is known. */
void boot_choose_firmware(struct machine *m);
/* Loads the program (from `src`, or from its file when that is NULL) into m->ram; fills in
 * m->config.image. 0, or -1 with *err. */
int boot_load_program(struct machine *m, struct image_source *src, struct error *err);
/* With devices and harts there: loads what else the options name, builds the device tree, and tells
 * the ROM where the harts go. 0, or -1 with *err. */
int boot_prepare(struct machine *m, struct error *err);

#endif
