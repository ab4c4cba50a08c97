/* Interrupts on their way to a hart: the sources of an APLIC, and the hart's interrupt files. For
 * each that has something to deliver, the first stop that holds it. */
#include <inttypes.h>

#include "bus/bus.h"
#include "cpu/fields.h"
#include "cpu/imsic.h"
#include "devices/aplic.h"
#include "devices/imsic.h"
#include "machine/board.h"
#include "machine/machine.h"
#include "monitor/why.h"

enum { TEXT = 160 };

/* ---- interrupt files ---- */

/* The lowest identity with its bit in `array`; 0: none. */
static unsigned lowest(const u64 array[IMSIC_WORDS])
{
    for (unsigned w = 0; w < IMSIC_WORDS; w++)
        if (array[w])
            return w * 64 + (unsigned)__builtin_ctzll(array[w]);
    return 0;
}

static unsigned lowest_enabled(const struct imsic *f, unsigned file)
{
    u64 both[IMSIC_WORDS];
    for (unsigned w = 0; w < IMSIC_WORDS; w++)
        both[w] = f->eip[file][w] & f->eie[file][w];
    return lowest(both);
}

/* Who is told of a guest's file that signals. */
static void guest_signal_text(const struct hart *h, unsigned guest, char text[TEXT])
{
    unsigned vgein = (unsigned)get_field(h->hstatus, HSTATUS_VGEIN);
    bool selected = vgein == guest, watched = h->hgeie >> guest & 1;
    if (selected || watched)
        snprintf(text, TEXT, "signals hgeip[%u]:%s%s%s", guest,
                 selected ? " VSEI, by hstatus.VGEIN" : "", selected && watched ? ", and" : "",
                 watched ? " SGEI, by hgeie" : "");
    else
        snprintf(text, TEXT,
                 "signals hgeip[%u], but hstatus.VGEIN=%u and hgeie[%u]=0: nobody hears", guest,
                 vgein, guest);
}

/* What becomes of the file's pending interrupts: the first stop that holds them. */
static void file_text(const struct hart *h, unsigned file, char text[TEXT])
{
    const struct imsic *f = h->imsic;
    unsigned pending = lowest(f->eip[file]), both = lowest_enabled(f, file);
    if (!pending)
        snprintf(text, TEXT, "nothing is pending");
    else if (!both)
        snprintf(text, TEXT, "identity %u is pending, but not enabled in eie", pending);
    else if (!imsic_top(h, file))
        snprintf(text, TEXT,
                 "identity %u is pending and enabled, but masked by eithreshold=%" PRIu64, both,
                 f->eithreshold[file]);
    else if (!imsic_signals(h, file))
        snprintf(text, TEXT, "identity %u is held back by eidelivery=0", both);
    else if (file >= FILE_GUEST)
        guest_signal_text(h, file - FILE_GUEST + 1, text);
    else
        snprintf(text, TEXT, "signals %s", file == FILE_M ? "MEI" : "SEI");
}

static void file_name(unsigned file, char name[24])
{
    if (file < FILE_GUEST)
        snprintf(name, 24, "%s", file == FILE_M ? "M" : "S");
    else
        snprintf(name, 24, "guest %u", file - FILE_GUEST + 1);
}

static void show_files(struct monitor *mon, const struct hart *h)
{
    const struct imsic *f = h->imsic;
    bool begun = false;
    for (unsigned file = 0; file < imsic_num_files(h); file++) {
        char name[24], text[TEXT];
        if (!f->eidelivery[file] && !lowest(f->eip[file]))
            continue;
        if (!begun)
            fprintf(mon->out, "%-9s %-10s %-11s %-5s %s\n", "file", "eidelivery", "eithreshold",
                    "topei", "");
        begun = true;
        file_name(file, name);
        file_text(h, file, text);
        fprintf(mon->out, "%-9s %-10" PRIu64 " %-11" PRIu64 " %-5u %s\n", name, f->eidelivery[file],
                f->eithreshold[file], imsic_top(h, file), text);
    }
}

/* ---- the APLIC ---- */

static const char *const modes[] = {"inactive", "detached",    "",          "", "rising",
                                    "falling",  "active high", "active low"};

static bool by_level(const struct aplic_view *v)
{
    return v->mode >= 6;
}

/* Where a source's messages end. */
static void message_text(struct machine *m, const struct aplic_view *v, char text[TEXT])
{
    struct imsic_place at;
    char name[24];
    const struct bus_window *w = bus_find_device(&m->bus, v->address, 4);
    if (!w || !imsic_find(w->dev, v->address - w->base, &at)) {
        snprintf(text, TEXT, "its messages go to 0x%" PRIx64 ", where no interrupt file is",
                 v->address);
        return;
    }
    file_name(at.file, name);
    snprintf(text, TEXT, "%s as identity %u to file %s of hart %u%s",
             v->pending ? "is sent" : "was sent", v->eiid, name, at.hart,
             v->eiid == 0 || v->eiid > imsic_last(m->hart[at.hart], at.file)
                 ? ", which has no such identity"
             : by_level(v) ? "; not again before the wire has fallen, or setipnum"
                           : "");
}

static void wire_text(struct machine *m, const struct aplic_view *v, char text[TEXT])
{
    if (v->hart >= m->num_harts)
        snprintf(text, TEXT, "target names hart %u, which does not exist", v->hart);
    else if (!v->delivery)
        snprintf(text, TEXT, "held back by idelivery=0 of hart %u", v->hart);
    else if (v->masked)
        snprintf(text, TEXT, "priority number %u is masked by ithreshold of hart %u", v->priority,
                 v->hart);
    else
        snprintf(text, TEXT, "signals %s of hart %u, priority number %u",
                 v->machine ? "MEI" : "SEI", v->hart, v->priority);
}

/* The first stop that holds a source. */
static void source_text(struct machine *m, const struct aplic_view *v, char text[TEXT])
{
    if (v->mode == 0)
        snprintf(text, TEXT, "sourcecfg makes it inactive");
    else if (!v->pending && v->mode == 1)
        snprintf(text, TEXT, "detached: the wire does not count");
    else if (!v->pending && !v->rectified)
        snprintf(text, TEXT, "the wire is %s, which is not asserted", v->wire ? "high" : "low");
    else if (!v->enabled)
        snprintf(text, TEXT, "not enabled (setie)");
    else if (!v->domain_on)
        snprintf(text, TEXT, "domaincfg.IE=0");
    else if (v->msi)
        message_text(m, v, text);
    else if (!v->pending)
        snprintf(text, TEXT, "not pending: no edge since it was claimed or cleared");
    else
        wire_text(m, v, text);
}

/* Whose wire it is. */
static const char *device_of(const struct machine *m, u32 source)
{
    const struct dt_device *list;
    u32 n = board_devices(m, &list);
    for (u32 i = 0; i < n; i++)
        for (u32 w = 0; w < list[i].num_wires; w++)
            if (list[i].wire[w].kind == WIRE_SOURCE && list[i].wire[w].number == source)
                return list[i].dev->cls->name;
    return "";
}

static const struct device *root_of(const struct machine *m)
{
    for (u32 i = 0; i < m->bus.num_devices; i++)
        if (m->bus.device[i]->cls == &aplic_m_class)
            return m->bus.device[i];
    return NULL;
}

/* The sources whose wire is high, or that are pending. */
static void show_sources(struct monitor *mon, struct machine *m, const struct device *root)
{
    bool begun = false;
    for (u32 i = 1; i <= aplic_num_sources(root); i++) {
        struct aplic_view v = aplic_view(root, i);
        char text[TEXT];
        if (!v.wire && !v.pending)
            continue;
        if (!begun)
            fprintf(mon->out, "%-6s %-14s %-4s %-6s %-11s %s\n", "source", "of", "wire", "domain",
                    "mode", "");
        begun = true;
        source_text(m, &v, text);
        fprintf(mon->out, "%-6u %-14s %-4s %-6s %-11s %s\n", i, device_of(m, i),
                v.wire ? "high" : "low", v.machine ? "M" : "S", modes[v.mode], text);
    }
}

void irq_explain_chips(struct monitor *mon, const struct hart *h)
{
    struct machine *m = machine_of(h);
    const struct device *root = root_of(m);
    irq_explain_pci(mon, m);
    if (root)
        show_sources(mon, m, root);
    if (h->imsic)
        show_files(mon, h);
}
