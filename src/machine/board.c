/* The board: devices at the addresses of the widely used "virt" machine, their pins wired to harts
 * and interrupt controller, and their deadlines. */
#include "machine/board.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "devices/aplic.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "devices/iommu.h"
#include "devices/pci.h"
#include "devices/virtio.h"
#include "machine/clock.h"

enum {
    VIRTIO_BASE = 0x10001000,
    VIRTIO_STRIDE = 0x1000,
    VIRTIO_SLOTS = 8,
    VIRTIO_SOURCE = 1, /* of the first slot */
};

struct board {
    struct machine *m;
    struct dev_args args;
    struct virtio_dialect dialect;
    struct pci_windows pci_windows;
    struct dt_device dt[BUS_MAX_DEVICES]; /* the devices with registers, in order */
    u32 num_dt, num_virtio;
    u64 deadline[BUS_MAX_DEVICES]; /* of each device id, in machine_ticks() */
    u64 earliest;                  /* of all deadlines */
    struct dev_answers answers;
    struct {
        struct wire wire[MAX_WIRES];
        u32 count;
    } wiring[BUS_MAX_DEVICES]; /* of each device id */
    struct device *controller; /* whose inputs WIRE_SOURCE means */
    struct device *iommu;      /* or NULL */
};

/* ---- what devices call ---- */

/* A hart that signals another usually waits for an answer: the other gets its turn now. */
static void let_other_run(struct board *b, const struct hart *target)
{
    if (b->m->running && b->m->running != target)
        machine_yield(b->m);
}

static void drive_line(struct board *b, u32 hart, unsigned irq, unsigned level)
{
    if (hart >= b->m->num_harts)
        return;
    machine_post(b->m, hart, &(struct post){POST_LINE, {irq, level}});
    if (level)
        let_other_run(b, b->m->hart[hart]);
}

/* The software interrupt of (H)S-mode is a bit of mip that software may clear, not a line. */
static void pend_ssip(struct board *b, u32 hart)
{
    machine_post(b->m, hart, &(struct post){.kind = POST_SSIP});
    let_other_run(b, b->m->hart[hart]);
}

/* A message to an interrupt file. */
static void message(void *board, u32 hart, u32 file, u32 identity)
{
    struct board *b = board;
    machine_post(b->m, hart, &(struct post){POST_MSI, {file, identity}});
    let_other_run(b, b->m->hart[hart]);
}

/* ---- wires ---- */

typedef void drive_fn(struct board *b, u32 hart, unsigned number, unsigned level);

static void drive_source(struct board *b, u32 hart, unsigned number, unsigned level)
{
    (void)hart;
    b->controller->cls->input(b->controller, number, level);
}

static void drive_bit(struct board *b, u32 hart, unsigned number, unsigned level)
{
    assert(number == IRQ_SSI);
    if (level && hart < b->m->num_harts)
        pend_ssip(b, hart);
}

static drive_fn *const drive[] = {
    [WIRE_SOURCE] = drive_source, [WIRE_HART_LINE] = drive_line, [WIRE_HART_BIT] = drive_bit};

static void set_pin(void *board, struct device *dev, unsigned pin, unsigned level)
{
    struct board *b = board;
    u32 count = b->wiring[dev->id].count;
    if (count == 0)
        return;
    struct wire w = b->wiring[dev->id].wire[pin % count];
    drive[w.kind](b, pin / count, w.number, level);
}

int board_drive(struct machine *m, u32 source, unsigned level)
{
    u32 last =
        m->config.opt.irqchip == IRQCHIP_PLIC ? PLIC_SOURCES - 1 : m->config.opt.aplic_sources;
    if (source == 0 || source > last)
        return -1;
    drive_source(m->board, 0, source, level);
    return 0;
}

/* ---- memory ---- */

/* Functions of PCI are behind the IOMMU, but itself. */
static int translate(void *board, const struct device *dev, struct dma_access *a)
{
    struct board *b = board;
    return dev->pci && dev != b->iommu ? iommu_dma(b->iommu, dev, a) : 0;
}

/* ---- time and the end ---- */

static u64 now(void *board)
{
    return machine_see_ticks(((struct board *)board)->m);
}

static void find_earliest(struct board *b)
{
    b->earliest = UINT64_MAX;
    for (u32 i = 0; i < b->m->bus.num_devices; i++)
        if (b->deadline[i] < b->earliest)
            b->earliest = b->deadline[i];
}

static void set_deadline(void *board, struct device *dev, u64 deadline)
{
    struct board *b = board;
    b->deadline[dev->id] = deadline;
    find_earliest(b);
    machine_note_deadline(b->m, b->earliest);
}

static void stop(void *board, unsigned reason, unsigned status)
{
    machine_stop(((struct board *)board)->m, reason, status);
}

static void set_time(void *board, u64 offset)
{
    machine_set_time_offset(((struct board *)board)->m, offset);
}

/* ---- the rows ---- */

enum presence_kind { ONE, ONE_IF_ROOM, ONE_WITH, ONE_FOR_EACH };

/* When there is such a device. The offsets are into struct options, and for ONE_WITH into struct
 * dev_args. */
struct presence {
    enum presence_kind kind;
    const char *option;         /* its name, for messages */
    size_t field;               /* the word, or the first text */
    size_t count;               /* how many texts, a u32; 0: the one text, if it is not NULL */
    const char *only, *without; /* texts that have this in them; that do not; NULL: all */
};

struct row {
    device_make *make;
    virtio_make *make_virtio; /* instead */
    bool on_pci;              /* `make` has put it there */
    struct presence when;
    u64 base; /* NOWHERE: it has no registers */
    struct wire wire[MAX_WIRES];
};

#define NOWHERE     UINT64_MAX
#define TEXT(field) offsetof(struct options, field)
#define ALWAYS      .kind = ONE
#define IF_ROOM     .kind = ONE_IF_ROOM
#define WITH(word)  .kind = ONE_WITH, .field = offsetof(struct dev_args, word)
#define EACH(name, texts, number)                                                                  \
    .kind = ONE_FOR_EACH, .option = name, .field = TEXT(texts), .count = TEXT(number)
#define ONLY(word)        , .only = word
#define WITHOUT(word)     , .without = word
#define GIVEN(name, text) .kind = ONE_FOR_EACH, .option = name, .field = TEXT(text)
/* clang-format off */
#define NO_WIRE                   {WIRE_NONE, 0}
#define SOURCE(n)                 {WIRE_SOURCE, n}
#define HART_LINE(irq)            {WIRE_HART_LINE, IRQ_##irq}
#define HART_BIT(irq)             {WIRE_HART_BIT, IRQ_##irq}
/* clang-format on */

static const struct row rows[] = {
#define DEVICE(constructor, presence, address, ...)                                                \
    {.make = constructor, .when = {presence}, .base = address, .wire = {__VA_ARGS__}},
#define VIRTIO(constructor, presence) {.make_virtio = constructor, .when = {presence}},
#define PCI(constructor, presence)    {.make = constructor, .on_pci = true, .when = {presence}},
#include "devices/board.def"
#undef DEVICE
#undef VIRTIO
#undef PCI
};

/* ---- construction ---- */

/* Can the device stand beside all earlier ones of its class? */
static int check_beside(const struct bus *bus, const struct device *dev, struct error *err)
{
    for (u32 i = 0; dev->cls->beside && i < dev->id; i++)
        if (bus->device[i]->cls == dev->cls && dev->cls->beside(dev, bus->device[i], err))
            return -1;
    return 0;
}

/* Gives a device to the bus and connects it. */
static int own(struct board *b, struct device *dev, const struct dt_device *place,
               struct error *err)
{
    struct bus *bus = &b->m->bus;
    if (bus_add_device(bus, dev)) {
        free(dev);
        return error_set(err, "there are too many devices");
    }
    b->deadline[dev->id] = UINT64_MAX;
    memcpy(b->wiring[dev->id].wire, place->wire, sizeof place->wire);
    b->wiring[dev->id].count = place->num_wires;
    if (dev->cls->input)
        b->controller = dev;
    if (check_beside(bus, dev, err))
        return -1;
    if (place->base == NOWHERE)
        return 0;
    if (bus_map_window(bus, dev, dev->regs, place->base))
        return error_set(err, "device '%s' does not fit: its addresses are taken", dev->cls->name);
    b->dt[b->num_dt] = *place;
    b->dt[b->num_dt++].dev = dev;
    return 0;
}

/* What the device that comes next takes over from an earlier machine. */
static void take_host(struct board *b)
{
    void **host = &b->m->host.device[b->m->bus.num_devices];
    b->args.host = *host;
    *host = NULL;
}

/* A device without addresses of its own. */
static int own_nowhere(struct board *b, struct device *dev, struct error *err)
{
    return own(b, dev, &(struct dt_device){.base = NOWHERE}, err);
}

/* A device that is on PCI, and its root port if it is to have one. */
static int own_on_pci(struct board *b, struct device *dev, struct error *err)
{
    if (!dev || own_nowhere(b, dev, err))
        return -1;
    if (!dev->pci->wants_port)
        return 0;
    b->args.pci_below = dev->pci;
    struct device *port = pci_port_new(&b->m->env, &b->args, err);
    return port ? own_nowhere(b, port, err) : -1;
}

static int add_device(struct board *b, const struct row *r, struct error *err)
{
    struct dt_device place = {.base = r->base};
    memcpy(place.wire, r->wire, sizeof place.wire);
    while (place.num_wires < MAX_WIRES && place.wire[place.num_wires].kind != WIRE_NONE)
        place.num_wires++;
    take_host(b);
    struct device *dev = r->make(&b->m->env, &b->args, err);
    if (dev && dev->cls == &uart_class)
        b->args.serial = dev;
    if (dev && dev->cls == &aplic_m_class)
        b->args.aplic_root = dev;
    if (dev && dev->cls == &pci_host_class)
        b->args.pci_host = dev;
    if (dev && dev->cls == &iommu_class) {
        b->iommu = dev;
        b->m->env.translate = translate;
    }
    if (r->on_pci)
        return own_on_pci(b, dev, err);
    return dev ? own(b, dev, &place, err) : -1;
}

static int add_on_mmio(struct board *b, struct virtio *v, struct error *err)
{
    u32 slot = b->num_virtio++;
    struct dt_device place = {.base = VIRTIO_BASE + slot * VIRTIO_STRIDE,
                              .wire = {{WIRE_SOURCE, (u8)(VIRTIO_SOURCE + slot)}},
                              .num_wires = 1};
    return own(b, virtio_mmio(v, &b->dialect), &place, err);
}

/* There is no place for it: the bus frees it with the others. Returns -1. */
static int own_refused(struct board *b, struct virtio *v)
{
    struct error unheard;
    own_nowhere(b, &v->dev, &unheard);
    return -1;
}

static int add_virtio(struct board *b, const struct row *r, struct error *err)
{
    take_host(b);
    struct virtio *v = r->make_virtio(&b->m->env, &b->args, err);
    if (!v)
        return -1;
    if (v->bus != BUS_MMIO) {
        struct device *dev = virtio_pci(v, &b->dialect, b->args.pci_host, err);
        return dev ? own_on_pci(b, dev, err) : own_refused(b, v);
    }
    if (b->num_virtio < VIRTIO_SLOTS)
        return add_on_mmio(b, v, err);
    error_set(err, "--%s=%s: all %d virtio slots are taken; bus=pci has more", r->when.option,
              b->args.spec, VIRTIO_SLOTS);
    return own_refused(b, v);
}

/* The texts of the options that ask for devices of this row, `*count` of them. */
static const char *const *texts_of(const struct options *o, const struct presence *p, u32 *count)
{
    const char *const *texts = (const void *)((const u8 *)o + p->field);
    if (p->count)
        memcpy(count, (const u8 *)o + p->count, sizeof *count);
    else
        *count = *texts != NULL;
    return texts;
}

/* How many devices a row stands for; *texts: what options say of each, or NULL. */
static u32 count_of(const struct board *b, const struct row *r, const char *const **texts)
{
    u64 word;
    u32 count;
    *texts = NULL;
    switch (r->when.kind) {
    case ONE_IF_ROOM:
        return b->args.bus != BUS_MMIO || b->num_virtio < VIRTIO_SLOTS;
    case ONE_WITH:
        memcpy(&word, (const u8 *)&b->args + r->when.field, sizeof word);
        return word != 0;
    case ONE_FOR_EACH:
        *texts = texts_of(&b->m->config.opt, &r->when, &count);
        return count;
    default:
        return 1;
    }
}

/* Is a text one for this row? */
static bool chosen(const struct presence *p, const char *text)
{
    return (!p->only || strstr(text, p->only)) && (!p->without || !strstr(text, p->without));
}

static int add_row(struct board *b, const struct row *r, struct error *err)
{
    const char *const *texts;
    u32 count = count_of(b, r, &texts);
    for (u32 i = 0; i < count; i++) {
        b->args.spec = texts ? texts[i] : NULL;
        if (!chosen(&r->when, b->args.spec))
            continue;
        if ((r->make ? add_device : add_virtio)(b, r, err))
            return -1;
    }
    return 0;
}

int board_new(struct machine *m, struct error *err)
{
    struct board *b = calloc(1, sizeof *b);
    if (!b)
        return error_set(err, "no memory for the board");
    b->m = m;
    b->earliest = UINT64_MAX;
    m->board = b;
    m->env = (struct dev_env){.bus = &m->bus,
                              .owner = m->host.owner,
                              .answers = &b->answers,
                              .tape = m->tape,
                              .board = b,
                              .set_pin = set_pin,
                              .now = now,
                              .set_deadline = set_deadline,
                              .stop = stop,
                              .hz = TIMEBASE_HZ,
                              .message = message,
                              .set_time = set_time};
    b->args = board_arguments(m);
    b->pci_windows = board_pci_windows(&m->config.opt);
    b->args.pci_windows = &b->pci_windows;
    b->dialect = (struct virtio_dialect){m->config.opt.virtio_vendor, m->config.opt.virtio_version,
                                         m->config.opt.virtio_drivers};
    for (u32 i = 0; i < ARRAY_LEN(rows); i++)
        if (add_row(b, &rows[i], err))
            return -1;
    return 0;
}

struct state_part board_part(const struct machine *m)
{
    static const struct state_row state[] = {STATE_ARRAY(struct board, deadline),
                                             STATE_BLOB(struct board, answers.bytes),
                                             STATE_FIELD(struct board, answers.at)};
    return state_part(m->board, state, ARRAY_LEN(state), "board");
}

void board_resume(struct machine *m)
{
    find_earliest(m->board);
}

void board_free(struct machine *m)
{
    if (m->board)
        free(m->board->answers.bytes.data);
    free(m->board);
    m->board = NULL;
}

/* ---- what the machine calls ---- */

u64 board_deadline(const struct machine *m)
{
    return m->board->earliest;
}

void board_tick(struct machine *m)
{
    struct board *b = m->board;
    clock_look(m);
    if (b->earliest == UINT64_MAX)
        return;
    u64 t = machine_ticks(m);
    for (u32 i = 0; i < m->bus.num_devices && b->earliest <= t; i++) {
        struct device *dev = m->bus.device[i];
        if (b->deadline[i] > t)
            continue;
        b->deadline[i] = UINT64_MAX;
        find_earliest(b);
        if (dev->cls->tick)
            dev->cls->tick(dev);
    }
}

void board_poll(struct machine *m)
{
    bus_poll(&m->bus);
}

bool board_awaits_input(const struct machine *m, struct board_inputs *in)
{
    const struct chardev *source[] = {m->host.console, m->host.terminal};
    in->count = 0;
    for (u32 i = 0; i < ARRAY_LEN(source); i++) {
        int fd = source[i] && (i == 0 || source[i] != source[0]) ? chardev_input_fd(source[i]) : -1;
        if (fd >= 0)
            in->fd[in->count++] = fd;
    }
    return in->count || m->config.opt.num_nets;
}

u32 board_devices(const struct machine *m, const struct dt_device **list)
{
    *list = m->board->dt;
    return m->board->num_dt;
}
