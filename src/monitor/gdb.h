/* The gdb remote protocol. */
#ifndef HEXTANT_MONITOR_GDB_H
#define HEXTANT_MONITOR_GDB_H

#include "common/error.h"
#include "monitor/monitor.h"

/* Listens on "PORT", "HOST:PORT" or "unix:PATH", and runs the monitor's machine at the command of
 * the gdb that connects. The exit status of the process; -1 with *err if it cannot listen. */
int gdb_run(struct monitor *mon, const char *where, struct error *err);

#endif
