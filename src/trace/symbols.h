/* Names of addresses: the symbol tables of several files, each of which may be bound to some modes
 * and to one VMID, so that a host, its guests and their programs can share virtual addresses. */
#ifndef HEXTANT_TRACE_SYMBOLS_H
#define HEXTANT_TRACE_SYMBOLS_H

#include "common/error.h"
#include "common/types.h"
#include "cpu/mode.h"

struct symbols;

/* A file and what it is for. */
struct symbols_file {
    const char *path;
    u32 modes;    /* a bit (1 << enum mode) for each mode it names addresses of; 0: all */
    int vmid;     /* in VS and VU: only while hgatp has this VMID; -1: any */
    u64 bias;     /* is added to every address */
    u64 load_low; /* if not 0: the bias is what moves the lowest segment here, instead */
};

/* A symbol that was found. */
struct symbol_place {
    const char *name; /* lives as long as the symbols */
    u64 start, end;   /* the bytes it stands for: start .. end - 1 */
    u64 offset;       /* of the address that was asked for, from start */
    u32 file;         /* number of the file */
    bool is_code;     /* a function, or a label without a type */
};

/* No files yet; for a machine with that XLEN, 32 or 64. NULL without memory. */
struct symbols *symbols_new(unsigned xlen);
void symbols_free(struct symbols *s);
/* Reads the symbols of an ELF, or of a text file with lines "ADDRESS TYPE NAME" as nm and
 * /proc/kallsyms write it. The path is copied. 0 (even if it has no symbols), or -1 with *err. */
int symbols_add(struct symbols *s, const struct symbols_file *file, struct error *err);
/* As symbols_add for "FILE[,mode=HS+U][,vmid=N][,bias=ADDR]", the value of --symbols=. */
int symbols_add_text(struct symbols *s, const char *text, struct error *err);
/* The files, in the order they were added. */
u32 symbols_num_files(const struct symbols *s);
const struct symbols_file *symbols_file(const struct symbols *s, u32 i);
/* How many symbols file i has. */
size_t symbols_count(const struct symbols *s, u32 i);
/* Forgets file i. Names found in it are gone. */
void symbols_remove(struct symbols *s, u32 i);

/* The symbol that holds address `addr` of `mode` (and VMID, in VS and VU). Files added later come
 * first. False if there is none. */
bool symbols_find(const struct symbols *s, enum mode mode, unsigned vmid, u64 addr,
                  struct symbol_place *out);
/* The symbol called `name` in any file bound to one of `modes` (0: any mode) and not to another
 * VMID
 * (-1: any). */
bool symbols_lookup(const struct symbols *s, const char *name, u32 modes, int vmid,
                    struct symbol_place *out);
/* "name+0x1c", or "name" at its start, or "" if no symbol holds the address. Returns buf. */
char *symbols_format(const struct symbols *s, enum mode mode, unsigned vmid, u64 addr, char *buf,
                     size_t len);
/* Calls fn for every symbol whose name begins with `prefix`, by name, file by file; stops when fn
 * returns nonzero. */
void symbols_each(const struct symbols *s, const char *prefix,
                  int (*fn)(void *ctx, const struct symbol_place *place), void *ctx);

#endif
