/* Fuzzes the gdb stub: the input is what comes over the connection. Packets that let the machine
 * run are left out; everything else is answered by a small machine that lives through all inputs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/options.h"
#include "monitor/gdb_stub.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct machine *make_machine(void)
{
    char path[] = "/tmp/hextant-fuzz-XXXXXX", load[] = "--load-address=0x80001000",
         firmware[] = "--firmware=none", serial[] = "--serial=null", memory[] = "--memory=1M",
         name[] = "run";
    char *argv[] = {name, load, firmware, serial, memory, path};
    struct options opt;
    struct error err;
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, "\x01\x00\x01\x00", 4) != 4)
        abort();
    close(fd);
    if (options_parse(ARRAY_LEN(argv), argv, &opt, &err) != OPTIONS_RUN)
        abort();
    struct machine *m = machine_new(&opt, &err);
    unlink(path);
    return m;
}

static bool runs(const u8 *packet)
{
    return !packet[0] || strchr("cCsSRD", packet[0]) ||
           strncmp((const char *)packet, "vCont;", 6) == 0 ||
           strncmp((const char *)packet, "qRcmd", 5) == 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static struct gdb *g;
    if (!g) {
        g = calloc(1, sizeof *g);
        struct machine *m = make_machine();
        if (!g || !m)
            abort();
        *g = (struct gdb){.m = m, .mon = monitor_new(m, stdout, stderr), .listener = -1, .fd = -1};
        g->mon->confined = true;
        gdb_stopped_at(g, m->hart[0]);
    }
    bool framed = size && (*data & 1);
    for (size_t i = 1; framed && i < size; i++)
        if (gdb_in_byte(&g->in, data[i]) == GDB_PACKET && !runs(g->in.data))
            gdb_packet(g);
    /* Otherwise each line is a packet, so that no checksum stands in the way. */
    for (size_t i = 1, n; !framed && i < size; i += n + 1) {
        const u8 *end = memchr(data + i, '\n', size - i);
        n = end ? (size_t)(end - data) - i : size - i;
        g->in.len = (u32)(n < GDB_PACKET_MAX ? n : GDB_PACKET_MAX);
        memcpy(g->in.data, data + i, g->in.len);
        g->in.data[g->in.len] = 0;
        if (!runs(g->in.data))
            gdb_packet(g);
    }
    g->in.state = 0;
    points_delete_owner(&g->mon->c->points, OWNER_GDB);
    return 0;
}
