/* The inside of the symbol tables, shared by the lookup (symbols.c) and the readers of files
 * (symbols_read.c). */
#ifndef HEXTANT_TRACE_SYMBOLS_IMPL_H
#define HEXTANT_TRACE_SYMBOLS_IMPL_H

#include "trace/symbols.h"

enum symbol_kind { SYMBOL_LABEL, SYMBOL_OBJECT, SYMBOL_FUNCTION };

struct symbol {
    u64 start, end; /* end 0 while reading: not known */
    u32 name;       /* offset in the table's names */
    u8 kind;        /* enum symbol_kind */
    u8 global;
    u8 inner; /* does not name addresses: a label inside a function, or a mere number */
};

/* The symbols of one file. */
struct symbol_table {
    struct symbols_file file;
    char *path;
    unsigned xlen;      /* of the machine: other ELFs are refused */
    struct symbol *sym; /* sorted by address */
    size_t count, cap;
    u32 *by_addr; /* those that name addresses, sorted by start */
    size_t num_addr;
    u32 *by_name; /* all, sorted by name */
    char *names;
    size_t names_len, names_cap;
    u64 limit; /* where the last symbol ends at the latest */
};

/* Adds one symbol; the name is copied. 0, or -1 without memory. */
int symbol_table_put(struct symbol_table *t, const char *name, size_t len, struct symbol sym);
/* Reads t->file.path into t->sym, unsorted. 0, or -1 with *err. */
int symbol_table_read(struct symbol_table *t, struct error *err);

#endif
