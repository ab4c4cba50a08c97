/* The device tree: what the board really has, as data, turned into a flattened tree. */
#ifndef HEXTANT_MACHINE_FDT_H
#define HEXTANT_MACHINE_FDT_H

#include "common/types.h"

struct device;

/* Where a pin leads: to the interrupt controller's input `number`, or to interrupt `number` of a
 * hart, as a level or as an edge that sets its bit in mip. */
enum wire_kind { WIRE_NONE, WIRE_SOURCE, WIRE_HART_LINE, WIRE_HART_BIT };

struct wire {
    u8 kind; /* enum wire_kind */
    u8 number;
};

enum { MAX_WIRES = 4 };

/* One device that is to be found in the tree, and how it is wired: `num_wires` wires, or for wires
 * to harts as many for each. */
struct dt_device {
    struct device *dev;
    u64 base;
    struct wire wire[MAX_WIRES];
    u32 num_wires;
};

struct dt_desc {
    u32 harts;
    u32 xlen;               /* 32 or 64 */
    u32 timebase_frequency; /* Hz */
    u64 ram_base, ram_size;
    u64 reserved_base, reserved_size; /* a part of RAM the kernel must leave alone; size 0: none */
    const char *isa;                  /* riscv,isa */
    const char *const *extensions;    /* riscv,isa-extensions, lower case */
    u32 num_extensions;
    const char *mmu_type;                   /* "riscv,sv57"; NULL: no translation */
    u32 cbom_block, cboz_block, cbop_block; /* bytes; 0: extension absent */
    u32 counters;                           /* mhpmcounters that exist, a bit each */
    const char *bootargs;                   /* NULL: none */
    u64 initrd_start, initrd_end;           /* equal: none */
    const u8 *rng_seed;                     /* NULL: none */
    u32 rng_seed_len;
    bool machine_level_taken; /* a firmware keeps the controllers of machine level to itself */
    const struct dt_device *devices; /* in the order they are to be found */
    u32 num_devices;
};

/* Builds the tree. Returns a blob to free() with its length, or NULL (no memory, or a device that
 * cannot be described). */
void *dt_build(const struct dt_desc *d, u32 *len);
/* Writes bootargs, initrd and rng-seed of `d`, as far as they are there, into /chosen of the tree
 * *blob, which was malloc()ed and may move. 0, or -1. */
int dt_set_chosen(void **blob, u32 *len, const struct dt_desc *d);
/* Reads a tree from a file. On failure returns NULL and writes one line that says why into err. */
void *dt_load(const char *path, u32 *len, char *err, size_t err_len);
/* Writes a tree to a file. 0, or -1 with the reason in errno. */
int dt_save(const char *path, const void *blob, u32 len);

#endif
