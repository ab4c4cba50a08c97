/* The bus: which physical address is memory, which is a device. It owns addresses; memory regions
 * carry one flag byte a page so that stores into decoded code are noticed (by harts through mmu/,
 * by others through bus_note_dma). */
#ifndef HEXTANT_BUS_BUS_H
#define HEXTANT_BUS_BUS_H

#include "bus/device.h"
#include "common/types.h"

enum { BUS_MAX_DEVICES = 64 };

/* Flags of a page: it holds decoded code, so that stores to it must be looked at; a device must be
 * told of every store to it; somebody wants what is in it before the next store; somebody wants to
 * know of everything that is written there, whoever does it. */
enum { PAGE_CODE = 1, PAGE_WATCH = 2, PAGE_KEPT = 4, PAGE_TOLD = 8 };
/* Those of which bus_note_write() must know before a store, and bus_stored() after one. */
enum { PAGE_NOTED = PAGE_CODE | PAGE_KEPT, PAGE_HEARD = PAGE_WATCH | PAGE_TOLD };

/* Who writes to memory: an instruction of the hart that runs, its page walk (A and D), a device or
 * the firmware by DMA, a reset of the machine. */
enum bus_writer { WRITER_INSN, WRITER_WALK, WRITER_DMA, WRITER_RESET };

/* RAM or ROM. base and size are multiples of 4096. */
struct mem_region {
    u64 base, size;
    u8 *host;
    u8 *page_flags;  /* size / 4096 bytes */
    u64 *code_lines; /* size / 4096 of them: which 64ths of a page hold decoded code */
    bool writable;
    bool kept; /* some page may have PAGE_KEPT */
    const char *name;
};

/* Registers of a device at an address. */
struct bus_window {
    u64 base, size;
    struct device *dev;
    const struct dev_regs *regs;
};

struct bus_write {
    u64 pa, len;
    enum bus_writer by;
    const struct device *dev; /* WRITER_DMA: whose it is; NULL: the firmware's */
};

/* Who must know of stores. Each function may be NULL. */
struct bus_listener {
    void *ctx;
    /* Decoded code of the physical page number `page` is about to be overwritten. */
    void (*overwritten)(void *ctx, u64 page);
    /* A device writes to memory. */
    void (*dma)(void *ctx);
    /* The page, counted in the region, is about to be written for the first time since
     * bus_keep_pages(). */
    void (*first_write)(void *ctx, struct mem_region *r, u64 page);
    /* [pa, pa+len) was written, or is about to be, some of it between bus_tell_writes() and
     * bus_tell_no_more(). `dev` has done it, or NULL. */
    void (*written)(void *ctx, const struct bus_write *w);
};

struct bus {
    struct mem_region region[8];
    u32 num_regions;
    struct bus_window window[128]; /* sorted by base */
    u32 num_windows;
    struct bus_window behind[4]; /* where no other window is */
    u32 num_behind;
    struct device *device[BUS_MAX_DEVICES]; /* by id */
    u32 num_devices;
    u32 largest;        /* the region looked at first */
    u64 told, told_len; /* what bus_tell_writes() was asked for; 0: nothing */
    struct bus_listener listener;
};

/* An empty bus. */
void bus_init(struct bus *bus);
/* Frees regions' memory, destroys every device. */
void bus_free(struct bus *bus);
/* Destroys every device and forgets what is derived from memory; its contents stay. */
void bus_strip(struct bus *bus);
/* Adds zeroed memory (lazily backed by the host); returns it, or NULL if the host has no memory or
 * the range overlaps something. */
struct mem_region *bus_add_memory(struct bus *bus, const char *name, u64 base, u64 size,
                                  bool writable);
/* Takes a device, which the bus owns from here on, gives it its id and marks the memory that it
 * watches; it answers nowhere yet. 0, or -1 if there are too many or what it watches is no memory.
 */
int bus_add_device(struct bus *bus, struct device *dev);
/* Lets `dev` answer at `base` with these registers, and no longer where it did with them before. 0,
 * or -1 when the range overlaps something or there are too many windows: then it answers nowhere.
 * At any time, from within an access to the very window too: no hart remembers a window, each
 * access asks the bus (translations that lead there stay what they are). */
int bus_map_window(struct bus *bus, struct device *dev, const struct dev_regs *regs, u64 base);
/* Lets `dev` answer with these registers nowhere; it may do so already. */
void bus_unmap_window(struct bus *bus, const struct device *dev, const struct dev_regs *regs);
/* Lets `dev` answer with these registers wherever in `size` bytes from `base` no memory and no
 * other window is, such as what a host bridge forwards to a bus. 0, or -1 if there are too many
 * such. */
int bus_map_behind(struct bus *bus, struct device *dev, const struct dev_regs *regs, u64 base,
                   u64 size);
/* The region that holds all of [pa, pa+len), or NULL. */
struct mem_region *bus_find_memory(struct bus *bus, u64 pa, u64 len);
/* The window that holds all of [pa, pa+len), or NULL. */
struct bus_window *bus_find_device(struct bus *bus, u64 pa, u64 len);
/* One device access of 1, 2, 4 or 8 bytes, naturally aligned. 0, or -1 for an access fault. */
int bus_read(struct bus *bus, u64 pa, unsigned size, u64 *value);
int bus_write(struct bus *bus, u64 pa, unsigned size, u64 value);
/* Copies between guest memory and a host buffer. 0, or -1 if any byte is outside memory (then
 * nothing is copied). Writes are noted as those of a device. */
int bus_copy_from(struct bus *bus, u64 pa, void *buf, u64 len);
int bus_copy_to(struct bus *bus, u64 pa, const void *buf, u64 len);
/* A device, or NULL for the firmware, is about to write [pa, pa+len): tells the listener. */
void bus_note_dma(struct bus *bus, struct mem_region *r, u64 pa, u64 len, const struct device *dev);
/* A hart has stored `size` bytes at pa, in a page with one of the flags PAGE_HEARD: tells who
 * listens. */
void bus_stored(struct bus *bus, u64 pa, unsigned size);
/* From here on listener.written is told of every write to [pa, pa+len) of that memory, one place at
 * a time. Translations that harts remember must be forgotten (tlb_forget_pages). */
void bus_tell_writes(struct bus *bus, struct mem_region *r, u64 pa, u64 len);
void bus_tell_no_more(struct bus *bus);
/* [pa, pa+len) was written: tells the listener if it was asked for. */
void bus_written(const struct bus *bus, const struct bus_write *w);
/* [pa, pa+len), within one page, now holds decoded code. True if its page did not before. */
bool bus_note_code(struct mem_region *r, u64 pa, u64 len);
/* Called before a store to a page that has one of the flags PAGE_NOTED. Tells the listener of every
 * page of [pa, pa+len) that is kept, and of every one where it hits decoded code, and clears those
 * flags. True if there was code. */
bool bus_note_write(struct bus *bus, struct mem_region *r, u64 pa, u64 len);
/* From here on the listener is told before each page of the region is next written. Translations
 * that harts remember must be forgotten (tlb_forget_pages). */
void bus_keep_pages(struct mem_region *r);
/* Nobody wants to be told any more. */
void bus_release_pages(struct mem_region *r);
/* Resets every device, the last one first: what a device drives was made before it. */
void bus_reset(struct bus *bus);
/* The first device of a class, or NULL. */
struct device *bus_device_of(const struct bus *bus, const struct dev_class *cls);
/* Lets every device look at its host input. */
void bus_poll(struct bus *bus);

#endif
