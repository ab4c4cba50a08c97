/* What --trace=CLASS,...:FILTER selects. */
#ifndef HEXTANT_TRACE_FILTER_H
#define HEXTANT_TRACE_FILTER_H

#include "common/error.h"
#include "trace/line.h"
#include "trace/symbols.h"

enum trace_class {
#define CLASS(e, name, plain, help) TRACE_##e,
#include "trace/classes.def"
#undef CLASS
    TRACE_CLASSES
};

struct trace_filter {
    u32 classes; /* a bit for each enum trace_class */
    u32 modes;   /* a bit for each enum mode; 0: all */
    u64 harts;   /* a bit each; 0: all */
    int vmid;    /* only VS and VU with this VMID; -1: any */
    bool has_pc;
    u64 pc_first, pc_last;
    u64 from, until; /* slots: from <= clock < until */
    u64 left;        /* lines that may still be written */
};

/* Name of a class; does it need the plain engine? */
const char *trace_class_name(enum trace_class c);
bool trace_class_plain(enum trace_class c);
/* Reads "CLASS[,CLASS...][:KEY=VALUE,...]" with keys mode=VS+VU, hart=0+2, vmid=N, pc=SYMBOL or
 * pc=FIRST..LAST (addresses or symbols), insns=FROM..UNTIL, first=N. 0, or -1 with *err. */
int trace_filter_parse(const char *text, const struct symbols *symbols, struct trace_filter *f,
                       struct error *err);
/* Does the filter want an event of class c at this place? `modes`: the modes it concerns. */
bool trace_filter_accepts(const struct trace_filter *f, enum trace_class c,
                          const struct line_place *at, u32 modes);

#endif
