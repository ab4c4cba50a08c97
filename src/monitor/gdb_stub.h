/* Inside of the gdb stub: one connection's state, shared by the packets' handlers. */
#ifndef HEXTANT_MONITOR_GDB_STUB_H
#define HEXTANT_MONITOR_GDB_STUB_H

#include "monitor/gdb_packet.h"
#include "monitor/monitor.h"

struct gdb {
    struct machine *m;
    struct monitor *mon;
    int listener, fd; /* -1: none */
    const char *unlink_path;
    struct gdb_in in;
    struct gdb_out out;
    struct hart *hart; /* that register and memory packets mean */
    bool no_ack, told_no_ack;
    bool killed, detached;
    bool interrupted; /* Ctrl-C came while the machine ran */
    bool lost;        /* the other side is gone */
    char *xml;        /* the target description, made once */
    size_t xml_len;
};

/* Answers the packet in g->in: fills g->out, or sends by itself and leaves g->out.len 0. */
void gdb_packet(struct gdb *g);
/* Sends g->out. */
void gdb_send(struct gdb *g);
/* Text for gdb's console. */
void gdb_console(struct gdb *g, const char *text, size_t len);

/* ---- registers (gdb_regs.c) ---- */

/* Appends a register by gdb's number, or x's for one that cannot be read; -1 if there is none. */
int gdb_read_register(struct gdb *g, unsigned number);
int gdb_write_register(struct gdb *g, unsigned number, const u8 *bytes, size_t len);
/* x0 .. x31 and pc. */
void gdb_read_all(struct gdb *g);
int gdb_write_all(struct gdb *g, const char *hex);
/* The target description in *xml; -1 without memory. */
int gdb_describe(struct gdb *g);

/* ---- running (gdb_run.c) ---- */

/* "vCont..." and the older c, s, C, S. Runs the machine and makes the stop reply. */
void gdb_resume(struct gdb *g, const char *text);
void gdb_stop_reply(struct gdb *g);
/* Z and z. */
void gdb_set_point(struct gdb *g, const char *text);
void gdb_clear_point(struct gdb *g, const char *text);

#endif
