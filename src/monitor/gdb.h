/* The gdb remote protocol. */
#ifndef HEXTANT_MONITOR_GDB_H
#define HEXTANT_MONITOR_GDB_H

#include "common/error.h"
#include "monitor/monitor.h"

struct gdb;

/* Listens on "PORT", "HOST:PORT" or "unix:PATH" for who commands the monitor's machine. NULL with
 * *err if it cannot. */
struct gdb *gdb_new(struct monitor *mon, const char *where, struct error *err);
/* Runs the machine at the command of the gdb that connects. The exit status of the process. */
int gdb_run(struct gdb *g);
void gdb_free(struct gdb *g);

#endif
