/* Breakpoints, watchpoints, catchpoints: what they are and how they are listed. When they hit is
 * the business of control.c. */
#ifndef HEXTANT_MONITOR_POINTS_H
#define HEXTANT_MONITOR_POINTS_H

#include <stdio.h>

#include "monitor/filter.h"
#include "monitor/view.h"

enum point_kind { POINT_BREAK, POINT_WATCH, POINT_WATCH_CSR, POINT_CATCH };
enum { WATCH_READ = 1, WATCH_WRITE = 2 };
enum catch_kind { CATCH_EXCEPTION, CATCH_INTERRUPT, CATCH_MODE, CATCH_WORLD, CATCH_SBI };
enum { CATCH_ANY = -1 };
/* Who a point belongs to: the person at the monitor, gdb, or one command while it runs. */
enum point_owner { OWNER_USER, OWNER_GDB, OWNER_COMMAND };

struct point {
    u32 id;
    u8 kind, owner;
    bool enabled, temporary;
    struct filter filter;
    char *condition; /* expression, or NULL */
    u64 hits, ignore;
    char *text; /* as the person wrote the place */
    /* POINT_BREAK, POINT_WATCH: address; length and direction of a watch */
    u64 addr, len;
    u8 space;  /* enum view_kind of a watch */
    u8 access; /* WATCH_READ | WATCH_WRITE */
    /* POINT_WATCH_CSR */
    u16 csr;
    u64 old; /* value seen last; of a watch in memory its first 8 bytes */
    /* POINT_CATCH */
    u8 catch_what; /* enum catch_kind */
    s32 cause; /* CATCH_EXCEPTION, CATCH_INTERRUPT: code; CATCH_SBI: extension ID; or CATCH_ANY */
    bool own_code; /* CATCH_INTERRUPT: `cause` is the bit in mip, though VS-mode sees another */
    s32 target;    /* enum bank, or CATCH_ANY */
    struct point *next;
};

struct points {
    struct point *first; /* in the order they were made */
    u32 next_id;
};

/* A new enabled point at the end of the list, to be filled in. NULL without memory. */
struct point *points_add(struct points *p, enum point_kind kind, enum point_owner owner);
struct point *points_find(const struct points *p, u32 id);
void points_delete(struct points *p, struct point *point);
/* Deletes every point of that owner. */
void points_delete_owner(struct points *p, enum point_owner owner);
/* One line: what the point waits for. Returns buf. */
char *point_text(const struct point *p, char *buf, size_t len);
/* What limits it: " mode=VS vmid=1 to=HS if CONDITION", or "", in the words of that hart. Returns
 * buf. */
char *point_limits(const struct hart *h, const struct point *p, char *buf, size_t len);
/* The table that `list` shows, in the words of that hart. */
void points_print(const struct hart *h, const struct points *p, FILE *out);

#endif
