/* Fuzzes what comes over gdb's connection: packets, and the monitor's commands in them. Packets
 * that let the machine run are left out; everything else is answered by a small machine that is put
 * back for every input. The input, in order:
 * - form, modulo 3: the connection's bytes; lines that are packets; lines that are commands
 * - these, to the end */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor/gdb_stub.h"
#include "rewind.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum form { FORM_BYTES, FORM_PACKETS, FORM_COMMANDS, FORMS };

static void make_machine(struct rewind *r)
{
    char path[64], load[] = "--load-address=0x80001000", firmware[] = "--firmware=none",
                   serial[] = "--serial=null", memory[] = "--memory=1M", name[] = "run";
    char *argv[] = {name, load, firmware, serial, memory, path};
    int fd = memfd_create("guest", 0); /* it stays, for a reset */
    if (fd < 0 || write(fd, "\x01\x00\x01\x00", 4) != 4)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    rewind_new(r, ARRAY_LEN(argv), argv);
}

static bool runs(const u8 *packet)
{
    return !packet[0] || strchr("cCsSRD", packet[0]) ||
           strncmp((const char *)packet, "vCont;", 6) == 0;
}

static void take_bytes(struct gdb *g, const u8 *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (gdb_in_byte(&g->in, data[i]) == GDB_PACKET && !runs(g->in.data))
            gdb_packet(g);
    g->in.state = 0;
}

/* No checksum stands in the way of a line. */
static void take_line(struct gdb *g, enum form form, const u8 *line, size_t len)
{
    g->in.len = (u32)(len < GDB_PACKET_MAX ? len : GDB_PACKET_MAX);
    memcpy(g->in.data, line, g->in.len);
    g->in.data[g->in.len] = 0;
    if (form == FORM_COMMANDS)
        monitor_line(g->mon, (const char *)g->in.data);
    else if (!runs(g->in.data))
        gdb_packet(g);
}

static struct gdb *make_gdb(struct machine *m)
{
    static FILE *nowhere;
    struct gdb *g = calloc(1, sizeof *g);
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    if (!g || !nowhere)
        abort();
    *g = (struct gdb){.m = m, .mon = monitor_new(m, nowhere, nowhere), .listener = -1, .fd = -1};
    g->mon->confined = g->mon->passive = true; /* as gdb_run() has it */
    gdb_stopped_at(g, m->hart[0]);
    return g;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static struct rewind machine;
    if (!machine.m)
        make_machine(&machine);
    if (!size)
        return 0;
    rewind_start(&machine);
    struct gdb *g = make_gdb(machine.m);
    enum form form = data[0] % FORMS;
    if (form == FORM_BYTES)
        take_bytes(g, data + 1, size - 1);
    for (size_t i = 1, n; form != FORM_BYTES && i < size; i += n + 1) {
        const u8 *end = memchr(data + i, '\n', size - i);
        n = end ? (size_t)(end - data) - i : size - i;
        take_line(g, form, data + i, n);
    }
    monitor_free(g->mon);
    free(g->xml);
    free(g);
    return 0;
}
