/* Inside of the loader: the ELF part. */
#ifndef HEXTANT_MACHINE_LOADER_ELF_H
#define HEXTANT_MACHINE_LOADER_ELF_H

#include "machine/loader.h"

/* Checks that the bytes are an ELF this simulator can run; *xlen gets 32 or 64. 0, or -1 with *err.
 */
int elf_check(const char *path, const u8 *data, size_t size, unsigned *xlen, struct error *err);
/* Loads it; see image_load. */
int elf_load(const char *path, const u8 *data, size_t size, const struct image_target *target,
             struct image *out, struct error *err);

#endif
