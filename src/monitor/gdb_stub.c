/* The packets of gdb, one handler each. */
#include "machine/history.h"
#include "monitor/gdb_stub.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

static void read_memory(struct gdb *g, const char *text)
{
    struct view v = view_of_hart(g->hart);
    struct error err;
    u64 addr, len;
    u8 byte;
    u32 before = g->out.len;
    if (gdb_number(&text, &addr) || !gdb_skip(&text, ",") || gdb_number(&text, &len)) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    for (u64 i = 0; i < len && i < GDB_PACKET_MAX / 2 - 16; i++) {
        if (view_read(&v, addr + i, &byte, 1, &err))
            break;
        gdb_out_hex(&g->out, &byte, 1);
    }
    if (g->out.len == before && len)
        gdb_out_text(&g->out, "E0e");
}

static void put_memory(struct gdb *g, u64 addr, const u8 *bytes, size_t len)
{
    struct view v = view_of_hart(g->hart);
    struct error err;
    gdb_out_text(&g->out, view_write(&v, addr, bytes, len, &err) ? "E0e" : "OK");
}

/* "ADDR,LEN:" */
static int memory_range(const char **text, u64 *addr, u64 *len)
{
    return gdb_number(text, addr) || !gdb_skip(text, ",") || gdb_number(text, len) ||
                   !gdb_skip(text, ":")
               ? -1
               : 0;
}

static void write_memory(struct gdb *g, const char *text)
{
    u8 bytes[GDB_PACKET_MAX / 2];
    u64 addr, len;
    int n = memory_range(&text, &addr, &len) ? -1 : gdb_bytes(text, bytes, sizeof bytes);
    if (n < 0 || (u64)n != len)
        gdb_out_text(&g->out, "E01");
    else
        put_memory(g, addr, bytes, (size_t)n);
}

static void write_binary(struct gdb *g, const char *text)
{
    u64 addr, len;
    if (memory_range(&text, &addr, &len) ||
        len != g->in.len - (u64)(text - (const char *)g->in.data))
        gdb_out_text(&g->out, "E01");
    else
        put_memory(g, addr, (const u8 *)text, (size_t)len);
}

/* ---- registers ---- */

static void read_all(struct gdb *g, const char *text)
{
    (void)text;
    gdb_read_all(g);
}

static void write_all(struct gdb *g, const char *text)
{
    gdb_out_text(&g->out, gdb_write_all(g, text) ? "E01" : "OK");
}

static void read_register(struct gdb *g, const char *text)
{
    u64 n;
    if (gdb_number(&text, &n) || n > 0xffff || gdb_read_register(g, (unsigned)n))
        gdb_out_text(&g->out, "E01");
}

static void write_register(struct gdb *g, const char *text)
{
    u64 n;
    u8 bytes[VLENB_MAX];
    int len = -1;
    if (gdb_number(&text, &n) == 0 && n <= 0xffff && gdb_skip(&text, "="))
        len = gdb_bytes(text, bytes, sizeof bytes);
    gdb_out_text(&g->out,
                 len <= 0 || gdb_write_register(g, (unsigned)n, bytes, (size_t)len) ? "E01" : "OK");
}

/* ---- the rest ---- */

static void supported(struct gdb *g, const char *text)
{
    (void)text;
    gdb_out_printf(&g->out,
                   "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;vContSupported+;"
                   "hwbreak+;swbreak+%s",
                   GDB_PACKET_MAX, history_is_kept(g->m) ? ";ReverseStep+;ReverseContinue+" : "");
}

static void start_no_ack(struct gdb *g, const char *text)
{
    (void)text;
    g->told_no_ack = true; /* this answer is still acknowledged */
    gdb_out_text(&g->out, "OK");
}

/* "target.xml:OFFSET,LENGTH" */
static void read_features(struct gdb *g, const char *text)
{
    u64 offset, len;
    if (!gdb_skip(&text, "target.xml:") || gdb_number(&text, &offset) || !gdb_skip(&text, ",") ||
        gdb_number(&text, &len) || gdb_describe(g)) {
        gdb_out_text(&g->out, "E00");
        return;
    }
    if (offset > g->xml_len)
        offset = g->xml_len;
    if (len > GDB_PACKET_MAX / 2)
        len = GDB_PACKET_MAX / 2;
    bool last = g->xml_len - offset <= len;
    if (last)
        len = g->xml_len - offset;
    gdb_out_text(&g->out, last ? "l" : "m");
    gdb_out_binary(&g->out, g->xml + offset, (size_t)len);
}

/* `monitor COMMAND`: its output goes to gdb's console. */
static void command(struct gdb *g, const char *text)
{
    char line[2048];
    char *output = NULL;
    size_t len = 0;
    int n = gdb_bytes(text, (u8 *)line, sizeof line - 1);
    FILE *f = n < 0 ? NULL : open_memstream(&output, &len);
    if (!f) {
        gdb_out_text(&g->out, "E01");
        return;
    }
    line[n] = '\0';
    FILE *out = g->mon->out, *err = g->mon->err;
    struct hart *current = gdb_commanded(g);
    g->mon->out = g->mon->err = f;
    g->mon->c->focus = current;
    monitor_line(g->mon, line);
    fclose(f);
    g->mon->out = out;
    g->mon->err = err;
    if (g->mon->c->focus != current) /* by the command `hart` */
        gdb_select(g, g->mon->c->focus);
    gdb_console(g, output, len);
    free(output);
    gdb_out_start(&g->out);
    gdb_out_text(&g->out, "OK");
}

static void stop_why(struct gdb *g, const char *text)
{
    (void)text;
    gdb_stop_reply(g);
}

static void detach(struct gdb *g, const char *text)
{
    (void)text;
    g->detached = true;
    gdb_out_text(&g->out, "OK");
}

static void kill_machine(struct gdb *g, const char *text)
{
    (void)text;
    g->killed = true;
    g->out.len = 0; /* there is no answer */
}

static void kill_politely(struct gdb *g, const char *text)
{
    (void)text;
    g->killed = true;
    gdb_out_text(&g->out, "OK");
}

static void restart(struct gdb *g, const char *text)
{
    struct error err;
    (void)text;
    g->m->state.stop_reason = STOP_NONE;
    history_cut(g->m);
    if (machine_reset(g->m, &err))
        gdb_console(g, err.text, strlen(err.text));
    g->mon->c->stop = (struct stop_info){.why = STOPPED_START, .hart = g->m->hart[0]};
    gdb_stopped_at(g, g->m->hart[0]);
    g->out.len = 0;
}

static void say(struct gdb *g, const char *text)
{
    gdb_out_text(&g->out, text);
}

static void attached(struct gdb *g, const char *text)
{
    (void)text;
    say(g, "1");
}

static void yes(struct gdb *g, const char *text)
{
    (void)text;
    say(g, "OK");
}

static void actions(struct gdb *g, const char *text)
{
    (void)text;
    say(g, "vCont;c;C;s;S;r");
}

/* Longer names first where one begins like another. `whole`: the handler wants the name too. */
static const struct {
    const char *name;
    void (*handle)(struct gdb *g, const char *text);
    bool whole;
} packets[] = {
    {"qSupported", supported, false},
    {"qXfer:features:read:", read_features, false},
    {"qRcmd,", command, false},
    {"qfThreadInfo", gdb_first_threads, false},
    {"qsThreadInfo", gdb_last_threads, false},
    {"qThreadExtraInfo,", gdb_thread_words, false},
    {"qAttached", attached, false},
    {"qSymbol", yes, false},
    {"qC", gdb_current_thread, false},
    {"QStartNoAckMode", start_no_ack, false},
    {"vCont?", actions, false},
    {"vCont;", gdb_resume, true},
    {"vKill", kill_politely, false},
    {"Z", gdb_set_point, false},
    {"z", gdb_clear_point, false},
    {"H", gdb_select_thread, false},
    {"T", gdb_thread_alive, false},
    {"g", read_all, false},
    {"G", write_all, false},
    {"p", read_register, false},
    {"P", write_register, false},
    {"m", read_memory, false},
    {"M", write_memory, false},
    {"X", write_binary, false},
    {"?", stop_why, false},
    {"bs", gdb_reverse, true},
    {"bc", gdb_reverse, true},
    {"c", gdb_resume, true},
    {"C", gdb_resume, true},
    {"s", gdb_resume, true},
    {"S", gdb_resume, true},
    {"D", detach, false},
    {"k", kill_machine, false},
    {"R", restart, false},
    {"!", yes, false},
};

void gdb_packet(struct gdb *g)
{
    const char *text = (const char *)g->in.data;
    gdb_out_start(&g->out);
    g->selected.before = g->selected.now;
    g->selected.now = SAID_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
        const char *rest = text;
        if (!gdb_skip(&rest, packets[i].name))
            continue;
        packets[i].handle(g, packets[i].whole ? text : rest);
        break;
    }
    if (g->out.len)
        gdb_out_finish(&g->out); /* empty: gdb learns that the packet is unknown */
}

void gdb_console(struct gdb *g, const char *text, size_t len)
{
    struct gdb_out saved = g->out;
    while (len) {
        size_t n = len < GDB_PACKET_MAX / 4 ? len : GDB_PACKET_MAX / 4;
        gdb_out_start(&g->out);
        gdb_out_text(&g->out, "O");
        gdb_out_hex(&g->out, text, n);
        gdb_out_finish(&g->out);
        gdb_send(g);
        text += n;
        len -= n;
    }
    g->out = saved;
}
