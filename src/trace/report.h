/* --report=: one page with everything that was counted. */
#ifndef HEXTANT_TRACE_REPORT_H
#define HEXTANT_TRACE_REPORT_H

#include "common/error.h"
#include "trace/exits.h"
#include "trace/profile.h"
#include "trace/residency.h"

/* What the page shows. */
struct report_parts {
    struct machine *m;
    struct exits *exits;
    struct profile *profile;
    struct residency *residency;
};

/* Writes report.html with the data in it: one file that needs nothing else. 0, or -1 with *err. */
int report_write(const struct report_parts *parts, const char *path, struct error *err);

/* Where a file comes from, as members of a JSON object: "version", and "options", the words of the
 * command line behind the command. */
void report_put_origin(const struct machine *m, struct out *o);

#endif
