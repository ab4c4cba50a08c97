/* Inside of the gdb stub: one connection's state, shared by the packets' handlers. */
#ifndef HEXTANT_MONITOR_GDB_STUB_H
#define HEXTANT_MONITOR_GDB_STUB_H

#include "monitor/gdb_packet.h"
#include "monitor/monitor.h"

/* What the packets tell of the thread that the person at gdb has selected (gdb_threads.c). */
enum gdb_said { SAID_OTHER, SAID_ALIVE, SAID_APPLY };
struct gdb_selected {
    struct hart *hart;  /* that `monitor` commands mean */
    struct hart *other; /* SAID_ALIVE: the one before; SAID_APPLY: the one of this command only */
    u8 before, now;     /* enum gdb_said: the last packet, the present one */
    bool listing;       /* registers are read to show all threads */
};

struct gdb {
    struct machine *m;
    struct monitor *mon;
    int listener, fd; /* -1: none */
    char *where;      /* as the user wrote it */
    const char *unlink_path;
    struct gdb_in in;
    struct gdb_out out;
    struct hart *hart;    /* that register and memory packets mean */
    struct hart *resumed; /* that packets without a thread step; NULL: the same */
    struct gdb_selected selected;
    bool no_ack, told_no_ack;
    bool killed, detached;
    bool interrupted; /* Ctrl-C came while the machine ran */
    bool lost;        /* the other side is gone */
    bool greeted;     /* its first byte was one of gdb's */
    u64 accepted_ns;
    char *xml; /* the target description, made once */
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

/* ---- threads (gdb_threads.c) ---- */

/* The person means that hart from now on. */
void gdb_select(struct gdb *g, struct hart *h);
/* The machine has stopped at that hart: gdb will show it. */
void gdb_stopped_at(struct gdb *g, struct hart *h);
/* The hart that the `monitor` command which has come is about. */
struct hart *gdb_commanded(struct gdb *g);
/* Packets. */
void gdb_select_thread(struct gdb *g, const char *text);
void gdb_thread_alive(struct gdb *g, const char *text);
void gdb_first_threads(struct gdb *g, const char *text);
void gdb_last_threads(struct gdb *g, const char *text);
void gdb_thread_words(struct gdb *g, const char *text);
void gdb_current_thread(struct gdb *g, const char *text);

/* ---- running (gdb_run.c) ---- */

/* "vCont..." and the older c, s, C, S. Runs the machine and makes the stop reply. */
void gdb_resume(struct gdb *g, const char *text);
/* "bs" and "bc": one instruction, or to the last point, backwards. */
void gdb_reverse(struct gdb *g, const char *text);
void gdb_stop_reply(struct gdb *g);
/* Z and z. */
void gdb_set_point(struct gdb *g, const char *text);
void gdb_clear_point(struct gdb *g, const char *text);

#endif
