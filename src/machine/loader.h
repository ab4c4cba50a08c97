/* The loader: guest programs, kernels and initial RAM disks from files into guest memory. */
#ifndef HEXTANT_MACHINE_LOADER_H
#define HEXTANT_MACHINE_LOADER_H

#include "common/error.h"
#include "machine/machine.h"

struct image_source;

/* Where things may go. */
struct image_target {
    struct mem_region *ram;
    u64 pie_address;  /* a position-independent program linked at 0 */
    u64 flat_address; /* a flat binary; or a kernel, instead of its own wish ... */
    bool flat_given;  /* ... if this is set */
};

/* Reads a file (uncompressed, gzip, or an EFI image that carries gzip) and finds out what it is:
 * ELF (32/64 bit, little-endian, RISC-V, executable or static PIE), Linux Image, or else flat.
 * Compressed content may become at most `most` bytes (the guest's memory). NULL with *err filled in
 * when it cannot be read or is an ELF that cannot be run here. */
struct image_source *loader_open(const char *path, u64 most, struct error *err);
/* As loader_open on bytes in memory, which the source then owns (malloc). `path` is for messages.
 */
struct image_source *image_from_bytes(const char *path, u8 *data, size_t size, u64 most,
                                      struct error *err);
void loader_close(struct image_source *src);
/* 32 or 64, or 0 when the file does not say. */
unsigned image_xlen(const struct image_source *src);
/* Copies the image to guest memory, applies relocations, fills in *out. 0, or -1 with *err. */
int image_load(struct image_source *src, const struct image_target *target, struct image *out,
               struct error *err);

/* Reads a file to the highest place that ends at or below `top`, is aligned to 4096 bytes and does
 * not reach below `floor` (physical addresses in `ram`). 0 with *start and *end, or -1 with *err.
 */
int load_initrd(const char *path, struct mem_region *ram, u64 floor, u64 top, u64 *start, u64 *end,
                struct error *err);

#endif
