/* The machine as a whole: harts, devices, memory, device tree, time, statistics. */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/counter.h"
#include "cpu/irq.h"
#include "machine/board.h"
#include "monitor/monitor.h"
#include "sbi/sbi.h"

static int cmd_harts(struct monitor *mon, struct args *a)
{
    static const char *const waits[] = {"runs", "WFI", "WRS", "stopped"};
    if (args_end(mon, a))
        return -1;
    for (u32 i = 0; i < mon->m->num_harts; i++) {
        const struct hart *h = mon->m->hart[i];
        char symbol[128];
        mon_symbol(mon, h, (enum mode)h->mode, h->pc, symbol, sizeof symbol);
        fprintf(mon->out, "%s%u  %s%-3s%s %-7s pc 0x%0*" PRIx64 " %s  %" PRIu64 " instructions",
                h == mon->c->focus ? "* " : "  ", i, tint(mon, TINT_BOLD), mode_name(h, h->mode),
                tint(mon, TINT_NONE), waits[h->wait & 3], addr_digits(h), h->pc, symbol,
                h->clock - h->unretired);
        if (mode_table[h->mode].v)
            fprintf(mon->out, ", vmid %u", hart_vmid(h));
        fputc('\n', mon->out);
    }
    return 0;
}

/* ---- devices ---- */

enum { MOST_ELEMENTS = 64 };

/* Elements that are not zero, eight to a line; of those that are no number, the first bytes. */
static void show_array(struct monitor *mon, const struct state_part *part,
                       const struct state_row *row)
{
    unsigned shown = 0, used = 0;
    fprintf(mon->out, "%u numbers", row->count);
    for (u32 i = 0; i < row->count; i++) {
        char text[STATE_TEXT];
        if (state_is_zero(part, row, i) || used++ >= MOST_ELEMENTS)
            continue;
        fprintf(mon->out, "%s[%u] %.34s", shown++ % 8 ? "  " : "\n      ", i,
                state_text(part, row, i, text));
    }
    if (used > MOST_ELEMENTS)
        fprintf(mon->out, "\n      and %u more", used - MOST_ELEMENTS);
    fprintf(mon->out, "%s\n", used ? "; the rest is 0" : ", all 0");
}

static void show_row(struct monitor *mon, const struct state_part *part,
                     const struct state_row *row)
{
    char text[STATE_TEXT];
    fprintf(mon->out, "    %-22s ", row->name);
    if (row->size == 0)
        fprintf(mon->out, "kept on the host\n");
    else if (row->count == 1)
        fprintf(mon->out, "%.34s\n", state_text(part, row, 0, text));
    else
        show_array(mon, part, row);
}

static void show_device(struct monitor *mon, u64 base, u64 size, const struct device *dev)
{
    if (size)
        fprintf(mon->out, "0x%08" PRIx64 "-0x%08" PRIx64 "  %s\n", base, base + size - 1,
                dev->cls->name);
    else
        fprintf(mon->out, "no registers           %s\n", dev->cls->name);
}

/* Has it registers at some address? */
static bool answers(const struct bus *bus, const struct device *dev)
{
    for (u32 i = 0; i < bus->num_windows; i++)
        if (bus->window[i].dev == dev)
            return true;
    return false;
}

static int cmd_devices(struct monitor *mon, struct args *a)
{
    const struct bus *bus = &mon->m->bus;
    const char *name = args_word(a);
    unsigned shown = 0;
    for (u32 i = 0; !name && i < bus->num_regions; i++)
        fprintf(mon->out, "0x%08" PRIx64 "-0x%08" PRIx64 "  %s\n", bus->region[i].base,
                bus->region[i].base + bus->region[i].size - 1, bus->region[i].name);
    for (u32 i = 0; i < bus->num_windows + bus->num_devices; i++) {
        const struct bus_window *w = i < bus->num_windows ? &bus->window[i] : NULL;
        const struct device *dev = w ? w->dev : bus->device[i - bus->num_windows];
        if (!w && answers(bus, dev))
            continue; /* listed where it does */
        if (name && strcmp(name, dev->cls->name) != 0)
            continue;
        shown++;
        show_device(mon, w ? w->base : 0, w ? w->size : 0, dev);
        struct state_part part = device_part(dev);
        for (u32 k = 0; name && k < part.num_rows; k++)
            show_row(mon, &part, &part.row[k]);
    }
    if (name && !shown)
        return mon_error(mon, "no device '%s'; 'devices' lists them", name);
    if (!name)
        fprintf(mon->out, "'devices NAME' shows a device's state\n");
    return 0;
}

/* ---- device tree ---- */

/* Is a property text: printable, with NULs only at ends of strings? */
static bool is_text(const char *p, int len)
{
    if (len < 2 || p[len - 1] || !p[0])
        return false;
    for (int i = 0; i < len; i++)
        if ((p[i] < ' ' || p[i] > '~') && !(p[i] == 0 && i && p[i - 1]))
            return false;
    return true;
}

static void show_property(struct monitor *mon, const char *name, const char *p, int len)
{
    fprintf(mon->out, "%s", name);
    if (len == 0) {
        fprintf(mon->out, ";\n");
        return;
    }
    fprintf(mon->out, " = ");
    if (is_text(p, len)) {
        for (int i = 0; i < len; i += (int)strlen(p + i) + 1)
            fprintf(mon->out, "%s\"%s\"", i ? ", " : "", p + i);
    } else if (len % 4 == 0) {
        for (int i = 0; i < len; i += 4) {
            u32 cell;
            memcpy(&cell, p + i, 4);
            fprintf(mon->out, "%s0x%x", i ? " " : "<", fdt32_to_cpu(cell));
        }
        fputc('>', mon->out);
    } else {
        for (int i = 0; i < len; i++)
            fprintf(mon->out, "%s%02x", i ? " " : "[", (u8)p[i]);
        fputc(']', mon->out);
    }
    fprintf(mon->out, ";\n");
}

static void show_node(struct monitor *mon, const void *fdt, int node, int depth)
{
    int at, len, child;
    const char *name = fdt_get_name(fdt, node, NULL);
    fprintf(mon->out, "%*s%s {\n", depth * 4, "", name && *name ? name : "/");
    fdt_for_each_property_offset(at, fdt, node)
    {
        const char *key;
        const char *value = fdt_getprop_by_offset(fdt, at, &key, &len);
        fprintf(mon->out, "%*s", depth * 4 + 4, "");
        show_property(mon, key, value, len);
    }
    if (depth < 16)
        fdt_for_each_subnode(child, fdt, node) show_node(mon, fdt, child, depth + 1);
    fprintf(mon->out, "%*s};\n", depth * 4, "");
}

static int cmd_dtb(struct monitor *mon, struct args *a)
{
    const void *fdt = mon->m->config.dtb;
    const char *path = *a->text ? a->text : "/";
    if (!fdt || fdt_check_header(fdt))
        return mon_error(mon, "this machine has no device tree");
    int node = fdt_path_offset(fdt, path);
    if (node < 0)
        return mon_error(mon, "no node '%s' in the device tree", path);
    show_node(mon, fdt, node, 0);
    return 0;
}

/* ---- time and statistics ---- */

static int cmd_time(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    u64 deadline = board_deadline(mon->m), now = machine_ticks(mon->m), event;
    if (!h)
        return -1;
    fprintf(mon->out, "time   0x%" PRIx64 " ticks of 100 ns = %.7f s\n", time_value(h, 0),
            (double)time_value(h, 0) / TIMEBASE_HZ);
    if (has(h, EXT_H))
        fprintf(mon->out, "guest  0x%" PRIx64 " (htimedelta 0x%" PRIx64 ")\n", time_value(h, 1),
                h->htimedelta);
    fprintf(mon->out, "slots  %" PRIu64 ", instructions %" PRIu64 ", %u slots to a tick\n",
            h->clock, h->clock - h->unretired, mon->m->config.opt.hart.insns_per_tick);
    event = hart_next_event(h);
    if (event != UINT64_MAX)
        fprintf(mon->out, "the next comparator or counter event is in %" PRId64 " slots\n",
                (s64)(event - h->clock));
    if (deadline != UINT64_MAX)
        fprintf(mon->out, "the next device event is in %" PRId64 " ticks\n", (s64)(deadline - now));
    return 0;
}

static int cmd_stats(struct monitor *mon, struct args *a)
{
    if (args_end(mon, a))
        return -1;
    for (u32 i = 0; i < mon->m->num_harts; i++) {
        const struct hart *h = mon->m->hart[i];
        fprintf(mon->out, "hart %u: %" PRIu64 " instructions", i, h->clock - h->unretired);
        for (unsigned e = 0; e < EVENT_COUNT; e++)
            if (event_table[e].text && h->event[e])
                fprintf(mon->out, ", %" PRIu64 " %s", h->event[e], event_table[e].text);
        fprintf(mon->out,
                "\n        %" PRIu64 " blocks decoded, %" PRIu64 " made code, %" PRIu64
                " dropped, %" PRIu64 " times all of them\n",
                h->blocks->built, h->blocks->generated, h->blocks->dropped, h->blocks->flushes);
    }
    if (mon->m->sbi)
        sbi_stats_print(mon->m->sbi, mon->out);
    return 0;
}

const struct command commands_machine[] = {
    {"harts", "threads", "", NULL, "every hart: mode, pc, whether it waits", NULL, cmd_harts,
     TOPIC_MACHINE, REPEAT_SAME, WORDS_NONE, NULL},
    {"devices", "dev", "[NAME]", NULL, "the memory map, or one device's state", NULL, cmd_devices,
     TOPIC_MACHINE, REPEAT_SAME, WORDS_DEVICE, NULL},
    {"dtb", NULL, "[PATH]", NULL, "the device tree, or a node of it", NULL, cmd_dtb, TOPIC_MACHINE,
     REPEAT_SAME, WORDS_NONE, NULL},
    {"time", NULL, "", "hart", "clocks and what they will bring next", NULL, cmd_time,
     TOPIC_MACHINE, REPEAT_SAME, WORDS_NONE, NULL},
    {"stats", NULL, "", NULL, "counts of the run", NULL, cmd_stats, TOPIC_MACHINE, REPEAT_SAME,
     WORDS_NONE, NULL},
    {0},
};
