/* The IOMMU: its registers in words, directories, queues and caches. */
#include <inttypes.h>
#include <string.h>

#include "bus/bus.h"
#include "devices/iommu.h"
#include "monitor/iommu_text.h"
#include "monitor/monitor.h"

enum {
    REG_CAPABILITIES = 0,
    REG_FCTL = 8,
    REG_DDTP = 16,
    REG_CQB = 24,
    REG_CQH = 32,
    REG_FQB = 40,
    REG_FQH = 48,
    REG_CSRS = 72,
    REG_IPSR = 80,
};
enum { CSR_ENABLED = 1, CSR_MF = 1 << 8, CSR_2 = 1 << 9, CSR_3 = 1 << 10, DC_WORDS = 8 };

static u64 ppn_address(u64 entry)
{
    return bits(entry, 53, 10) << 12;
}

/* ---- registers ---- */

/* A queue: its base, head and tail, and what has stopped it. */
static void show_queue(struct monitor *mon, const struct device *io, const char *name, u32 base)
{
    bool commands = base == REG_CQB;
    u64 reg = iommu_register(io, base), ends = iommu_register(io, base + 8),
        csrs = iommu_register(io, REG_CSRS);
    u32 csr = (u32)(commands ? csrs : csrs >> 32);
    fprintf(mon->out, "  %-11s ", name);
    if (!(csr & CSR_ENABLED)) {
        fprintf(mon->out, "off\n");
        return;
    }
    fprintf(mon->out, "on, %" PRIu64 " entries at 0x%" PRIx64 ", head %" PRIu64 ", tail %" PRIu64,
            (u64)BIT(bits(reg, 4, 0) + 1), ppn_address(reg), (u64)(ends & MASK(32)), ends >> 32);
    const char *why = csr & CSR_MF               ? "it is not in memory"
                      : !commands && csr & CSR_2 ? "it is full"
                      : commands && csr & CSR_3  ? "the command at the head is illegal"
                                                 : NULL;
    if (why)
        fprintf(mon->out, "; %sstopped: %s%s", tint(mon, TINT_BAD), why, tint(mon, TINT_NONE));
    fputc('\n', mon->out);
}

static void show_registers(struct monitor *mon, const struct device *io)
{
    static const char *const modes[] = {"Off", "Bare", "1LVL", "2LVL", "3LVL"};
    static const char *const pending[] = {"commands", "faults", "counters"};
    u64 ddtp = iommu_register(io, REG_DDTP), ipsr = iommu_register(io, REG_IPSR) >> 32;
    unsigned mode = ddtp & 15;
    fprintf(mon->out, "  mode        %s", modes[mode]);
    if (mode > 1)
        fprintf(mon->out, ", directory at 0x%" PRIx64 ", contexts of %u bytes", ppn_address(ddtp),
                iommu_register(io, REG_CAPABILITIES) & IOMMU_CAP_MSI_FLAT ? 64u : 32u);
    fputc('\n', mon->out);
    show_queue(mon, io, "commands", REG_CQB);
    show_queue(mon, io, "faults", REG_FQB);
    fprintf(mon->out,
            "  interrupts  by %s, pending:", iommu_register(io, REG_FCTL) & 2 ? "wire" : "message");
    for (u32 i = 0; i < ARRAY_LEN(pending); i++)
        if (ipsr >> i & 1)
            fprintf(mon->out, " %s", pending[i]);
    fprintf(mon->out, "%s\n", ipsr & 7 ? "" : " none");
}

/* ---- directories ---- */

struct listing {
    struct monitor *mon;
    const struct device *io;
    u32 shown;
};
enum { MOST = 64 };

static void show_context(struct listing *l, u32 did, const u64 *word)
{
    char name[16], text[160];
    if (l->shown++ >= MOST)
        return;
    fprintf(l->mon->out, "  %-8s %s\n", iommu_device_name(did, name, sizeof name),
            iommu_context_text(word, text, sizeof text));
}

/* The contexts below a table; what is in no memory has none. */
static void list_table(struct listing *l, u64 table, unsigned level, u32 first)
{
    bool wide = iommu_register(l->io, REG_CAPABILITIES) & IOMMU_CAP_MSI_FLAT;
    unsigned leaf_bits = wide ? 6 : 7, size = level ? 8 : wide ? 64 : 32;
    for (u32 i = 0; i < 4096 / size; i++) {
        u64 word[DC_WORDS] = {0};
        u32 did = level ? first + (i << (leaf_bits + 9 * (level - 1))) : first + i;
        if (bus_copy_from(&l->mon->m->bus, table + i * size, word, size) || !(word[0] & 1))
            continue;
        if (level)
            list_table(l, ppn_address(word[0]), level - 1, did);
        else
            show_context(l, did, word);
    }
}

static void show_directory(struct monitor *mon, const struct device *io)
{
    struct listing l = {.mon = mon, .io = io};
    u64 ddtp = iommu_register(io, REG_DDTP);
    unsigned mode = ddtp & 15;
    if (mode > 1)
        list_table(&l, ppn_address(ddtp), mode - 2, 0);
    if (!l.shown)
        fprintf(mon->out, "  there is no valid device context\n");
    else if (l.shown > MOST)
        fprintf(mon->out, "  and %u more\n", l.shown - MOST);
}

/* ---- caches ---- */

static void show_contexts(struct monitor *mon, const struct device *io)
{
    const struct iommu_context *c;
    for (u32 i = 0; (c = iommu_context(io, i)) != NULL; i++) {
        char name[16], text[160];
        if (!c->valid)
            continue;
        fprintf(mon->out, "  %-8s ", iommu_device_name(c->did, name, sizeof name));
        if (c->process)
            fprintf(mon->out, "process %u: ta 0x%" PRIx64 ", fsc 0x%" PRIx64 "\n", c->pid,
                    c->word[0], c->word[1]);
        else
            fprintf(mon->out, "%s\n", iommu_context_text(c->word, text, sizeof text));
    }
}

static void show_cache(struct monitor *mon, const struct device *io)
{
    const struct iommu_cached *c;
    show_contexts(mon, io);
    for (u32 i = 0; (c = iommu_cached(io, i)) != NULL; i++) {
        if (!c->valid)
            continue;
        fprintf(mon->out, "  0x%012" PRIx64 " ->", c->iova);
        if (c->two_stage)
            fprintf(mon->out, " gpa 0x%" PRIx64 " ->", c->gpa);
        fprintf(mon->out, " pa 0x%" PRIx64 "  %c%c%c", c->pa, c->perm & PERM_R ? 'r' : '-',
                c->perm & PERM_W ? 'w' : '-', c->perm & PERM_X ? 'x' : '-');
        if (c->two_stage)
            fprintf(mon->out, "  GSCID %u", c->gscid);
        if (c->has_pscid)
            fprintf(mon->out, "  PSCID %u%s", c->pscid, c->global ? ", global" : "");
        fputc('\n', mon->out);
    }
}

/* ---- queues ---- */

static void show_commands(struct monitor *mon, const struct device *io)
{
    static const char *const names[] = {"?", "IOTINVAL", "IOFENCE", "IODIR", "ATS"};
    u64 base = iommu_register(io, REG_CQB), ends = iommu_register(io, REG_CQH), c[2],
        mask = MASK(bits(base, 4, 0) + 1);
    u32 shown = 0;
    for (u64 i = ends & MASK(32); i != ends >> 32 && shown++ < MOST; i = (i + 1) & mask) {
        u64 at = ppn_address(base) + 16 * i;
        if (bus_copy_from(&mon->m->bus, at, c, sizeof c))
            break;
        unsigned opcode = c[0] & 0x7f;
        fprintf(mon->out, "  command %" PRIu64 "  0x%016" PRIx64 " 0x%016" PRIx64 "  %s\n", i, c[0],
                c[1], names[opcode < ARRAY_LEN(names) ? opcode : 0]);
    }
}

static void show_faults(struct monitor *mon, const struct device *io)
{
    const struct iommu_fault *f;
    char text[200];
    for (u32 i = 0; (f = iommu_last_fault(io, i)) != NULL; i++)
        fprintf(mon->out, "  fault %-2u   %s\n", i, iommu_fault_text(f, text, sizeof text));
    if (!iommu_last_fault(io, 0))
        fprintf(mon->out, "  no fault was reported since reset\n");
}

static void show_queues(struct monitor *mon, const struct device *io)
{
    show_queue(mon, io, "commands", REG_CQB);
    show_commands(mon, io);
    show_queue(mon, io, "faults", REG_FQB);
    show_faults(mon, io);
}

static int cmd_iommu(struct monitor *mon, struct args *a)
{
    static const struct {
        const char *name;
        void (*show)(struct monitor *mon, const struct device *io);
    } views[] = {{"directory", show_directory}, {"cache", show_cache}, {"queues", show_queues}};
    struct device *io = iommu_of(mon);
    char *word = args_word(a);
    if (!io || args_end(mon, a))
        return -1;
    if (!word) {
        show_registers(mon, io);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        if (strcmp(word, views[i].name) == 0) {
            views[i].show(mon, io);
            return 0;
        }
    return mon_error(mon, "iommu '%s': directory, cache or queues", word);
}

const struct command commands_iommu[] = {
    {"iommu", NULL, "[directory|cache|queues]", NULL,
     "the IOMMU: mode, queues, interrupts; contexts; what it remembers; commands and faults",
     "A translation is shown by walk ADDRESS --device=BUS:DEVICE.FUNCTION, a fault by why iommu.",
     cmd_iommu, TOPIC_MACHINE, REPEAT_SAME, WORDS_NONE, "directory cache queues"},
    {0},
};
