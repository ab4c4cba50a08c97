/* An NVMe controller with one namespace, a drive (NVM Express Base Specification 1.4): registers,
 * doorbells, the way of a command through the queues, interrupts. */
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "devices/dma.h"
#include "devices/nvme_impl.h"

enum { WINDOW = 0x4000, DOORBELLS = 0x1000, COMMAND = 64, COMPLETION = 16 };
enum { BAR_WINDOW = 0, BAR_MSIX = 4 };
/* A piece, in bytes; what each command costs besides its data; how long until the next piece. */
enum { PIECE = 256 << 10, COMMAND_COST = 512, PIECES_HZ = 100000 };

static void run(struct nvme *n);

static u32 *reg_of(struct nvme *n, u32 offset)
{
    return &n->reg[offset / 4];
}

static bool ready(const struct nvme *n)
{
    return (n->reg[NVME_CSTS / 4] & (CSTS_RDY | CSTS_CFS)) == CSTS_RDY;
}

/* The controller has met what it cannot go on from: the driver resets it. */
static void fail(struct nvme *n)
{
    *reg_of(n, NVME_CSTS) |= CSTS_CFS;
    n->busy = 0;
}

/* ---- interrupts ---- */

/* With a line: is any completion queue not empty that interrupts? */
static void update_line(struct nvme *n)
{
    bool level = false;
    for (u32 i = 0; i < NVME_QUEUES; i++)
        level |= n->cq[i].entries && n->cq[i].interrupts && n->cq[i].head != n->cq[i].tail;
    pci_set_line(&n->pci, level && !(*reg_of(n, NVME_INTMS) & 1));
}

/* Tells the driver of what was posted in this piece. */
static void signal_posted(struct nvme *n)
{
    for (u32 i = 0; i < NVME_QUEUES; i++)
        if ((n->posted >> i & 1) && n->cq[i].interrupts && pci_msix_on(&n->pci))
            pci_send(&n->pci, n->cq[i].vector);
    n->posted = 0;
    update_line(n);
}

/* ---- commands ---- */

static bool cq_full(const struct nvme_cq *c)
{
    return (c->tail + 1u) % c->entries == c->head;
}

static void complete(struct nvme *n, enum nvme_status status, u32 result)
{
    const struct nvme_sq *s = &n->sq[n->turn];
    struct nvme_cq *c = &n->cq[s->cq];
    u32 entry[4] = {result, 0, (u32)n->turn << 16 | s->head,
                    (u32)status << 17 | (u32)c->phase << 16 | n->now.id};
    if (!s->entries || !c->entries) /* the command has deleted its own way back */
        return;
    if (dma_write(&n->dev, c->base + (u64)COMPLETION * c->tail, entry, sizeof entry)) {
        fail(n);
        return;
    }
    n->posted |= 1u << s->cq;
    c->tail = (u16)((c->tail + 1u) % c->entries);
    c->phase ^= c->tail == 0;
}

/* Carries on with n->now. */
static void carry_on(struct nvme *n)
{
    u32 result = 0;
    enum nvme_status status = n->turn == 0 ? nvme_admin(n, &result) : nvme_io(n);
    n->busy = status == NVME_NOT_YET;
    if (status != NVME_NOT_YET && status != NVME_HELD)
        complete(n, status, result);
}

static bool has_work(const struct nvme *n, u32 i)
{
    const struct nvme_sq *s = &n->sq[i];
    return s->entries && s->head != s->tail && !cq_full(&n->cq[s->cq]);
}

/* Takes the next command, one queue after the other. False: there is none. */
static bool fetch(struct nvme *n)
{
    u32 i = 1;
    while (i <= NVME_QUEUES && !has_work(n, (n->turn + i) % NVME_QUEUES))
        i++;
    if (i > NVME_QUEUES)
        return false;
    n->turn = (u16)((n->turn + i) % NVME_QUEUES);
    struct nvme_sq *s = &n->sq[n->turn];
    if (dma_read(&n->dev, s->base + (u64)COMMAND * s->head, &n->now, sizeof n->now)) {
        fail(n);
        return false;
    }
    s->head = (u16)((s->head + 1u) % s->entries);
    n->done = 0;
    return true;
}

/* One piece of work, and an appointment if there is more. */
static void run(struct nvme *n)
{
    n->left = PIECE;
    while (n->left && ready(n) && (n->busy || fetch(n))) {
        carry_on(n);
        n->left -= n->left < COMMAND_COST ? n->left : COMMAND_COST;
        if (n->busy)
            break;
    }
    bool more = n->busy || n->left == 0;
    signal_posted(n);
    if (more && ready(n))
        device_set_deadline(&n->dev, device_now(&n->dev) + n->dev.env->hz / PIECES_HZ);
}

static void nvme_tick(struct device *dev)
{
    run((struct nvme *)dev);
}

/* ---- registers ---- */

/* The administrator's queues are where the registers say. */
static void enable(struct nvme *n)
{
    u32 aqa = *reg_of(n, NVME_AQA), cc = *reg_of(n, NVME_CC);
    u32 submissions = (aqa & 0xfff) + 1, completions = (aqa >> 16 & 0xfff) + 1;
    *reg_of(n, NVME_CSTS) = CSTS_RDY;
    /* pages up to 64 KiB, the NVM command set, entries of the only sizes that there are */
    bool good = submissions > 1 && completions > 1 && (cc >> 7 & 15) <= 4 && !(cc >> 4 & 7);
    if (!good)
        *reg_of(n, NVME_CSTS) = CSTS_CFS;
    memcpy(&n->sq[0].base, reg_of(n, NVME_ASQ), 8);
    memcpy(&n->cq[0].base, reg_of(n, NVME_ACQ), 8);
    n->sq[0].entries = submissions;
    n->cq[0].entries = completions;
    n->cq[0].phase = n->cq[0].interrupts = 1;
}

/* What a controller reset takes away; the registers of the administrator's queues stay. */
static void disable(struct nvme *n)
{
    memset(n->sq, 0, sizeof n->sq);
    memset(n->cq, 0, sizeof n->cq);
    nvme_reset_features(n);
    n->num_events = n->busy = n->turn = 0;
    *reg_of(n, NVME_CSTS) = 0;
    *reg_of(n, NVME_INTMS) = *reg_of(n, NVME_INTMC) = 0;
    update_line(n);
}

static void w_cc(struct nvme *n, u32 old)
{
    u32 now = *reg_of(n, NVME_CC), *status = reg_of(n, NVME_CSTS);
    if ((old ^ now) & CC_EN) {
        if (now & CC_EN)
            enable(n);
        else
            disable(n);
    }
    *status &= ~(u32)CSTS_SHST;
    if (now >> 14 & 3) { /* a shutdown: what was written is made durable */
        image_flush(n->drive.image);
        *status |= CSTS_SHUT_DOWN;
    }
}

/* Both registers of the mask show it; one sets what is written, the other clears it. */
static void set_mask(struct nvme *n, u32 mask)
{
    *reg_of(n, NVME_INTMS) = *reg_of(n, NVME_INTMC) = mask;
    update_line(n);
}

static void w_intms(struct nvme *n, u32 old)
{
    set_mask(n, old | *reg_of(n, NVME_INTMS));
}

static void w_intmc(struct nvme *n, u32 old)
{
    set_mask(n, old & ~*reg_of(n, NVME_INTMC));
}

static const struct reg {
    u8 offset;
    u32 value, writable;
    void (*written)(struct nvme *n, u32 old);
} regs[] = {
    /* 1024 entries that lie together, 2 s to become ready; the NVM command set, pages 4K to 64K */
    {NVME_CAP, 0x04010000 | (NVME_ENTRIES - 1), 0, NULL},
    {NVME_CAP + 4, 0x00400020, 0, NULL},
    {NVME_VS, 0x00010400, 0, NULL},
    {NVME_INTMS, 0, 0xffffffff, w_intms},
    {NVME_INTMC, 0, 0xffffffff, w_intmc},
    {NVME_CC, 0, 0x00fffff1, w_cc},
    {NVME_CSTS, 0, 0, NULL},
    {NVME_AQA, 0, 0x0fff0fff, NULL},
    {NVME_ASQ, 0, 0xfffff000, NULL},
    {NVME_ASQ + 4, 0, 0xffffffff, NULL},
    {NVME_ACQ, 0, 0xfffff000, NULL},
    {NVME_ACQ + 4, 0, 0xffffffff, NULL},
};

static u32 read_word(const struct nvme *n, u64 offset)
{
    return offset < 4 * NVME_REGISTERS ? n->reg[offset / 4] : 0;
}

/* Registers are words, or two; what is smaller is part of a word. */
static int nvme_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    const struct nvme *n = (const struct nvme *)dev;
    u64 at = offset & ~3ull;
    *value = (read_word(n, at) | (u64)read_word(n, at + 4) << 32) >> (8 * (offset & 3));
    if (size < 8)
        *value &= MASK(8 * size);
    return 0;
}

static void write_register(struct nvme *n, u64 offset, u32 value)
{
    for (size_t i = 0; i < ARRAY_LEN(regs); i++) {
        if (regs[i].offset != offset)
            continue;
        u32 *r = reg_of(n, (u32)offset), old = *r;
        *r = (old & ~regs[i].writable) | (value & regs[i].writable);
        if (regs[i].written)
            regs[i].written(n, old);
    }
}

/* A number that a queue has not is ignored, and so is a queue that there is not. */
static void ring(struct nvme *n, u32 doorbell, u32 value)
{
    u32 id = doorbell / 2;
    if (id >= NVME_QUEUES || !ready(n))
        return;
    if (doorbell % 2 == 0 && value < n->sq[id].entries)
        n->sq[id].tail = (u16)value;
    if (doorbell % 2 == 1 && value < n->cq[id].entries)
        n->cq[id].head = (u16)value;
    run(n);
}

static int nvme_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct nvme *n = (struct nvme *)dev;
    if (offset >= DOORBELLS && size <= 4 && offset % 4 == 0) {
        ring(n, (u32)(offset - DOORBELLS) / 4, (u32)value);
        return 0;
    }
    if (size >= 4)
        write_register(n, offset, (u32)value);
    if (size == 8)
        write_register(n, offset + 4, (u32)(value >> 32));
    return 0;
}

/* ---- life ---- */

static void nvme_reset(struct device *dev)
{
    struct nvme *n = (struct nvme *)dev;
    memset(n->reg, 0, sizeof n->reg);
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        *reg_of(n, regs[i].offset) = regs[i].value;
    disable(n);
}

static void nvme_destroy(struct device *dev)
{
    drive_close(&((struct nvme *)dev)->drive, dev->env->owner);
}

static void *nvme_give_host(struct device *dev)
{
    return drive_give(&((struct nvme *)dev)->drive);
}

static const struct dev_media nvme_media = DRIVE_MEDIA(struct nvme, drive);

static const struct state_row nvme_rows[] = {
    STATE_ARRAY(struct nvme, reg),        STATE_ARRAY(struct nvme, feature),
    STATE_EACH(struct nvme, sq, base),    STATE_EACH(struct nvme, sq, entries),
    STATE_EACH(struct nvme, sq, head),    STATE_EACH(struct nvme, sq, tail),
    STATE_EACH(struct nvme, sq, cq),      STATE_EACH(struct nvme, cq, base),
    STATE_EACH(struct nvme, cq, entries), STATE_EACH(struct nvme, cq, head),
    STATE_EACH(struct nvme, cq, tail),    STATE_EACH(struct nvme, cq, vector),
    STATE_EACH(struct nvme, cq, phase),   STATE_EACH(struct nvme, cq, interrupts),
    STATE_ARRAY(struct nvme, event),      STATE_FIELD(struct nvme, num_events),
    STATE_FIELD(struct nvme, turn),       STATE_FIELD(struct nvme, busy),
    STATE_FIELD(struct nvme, done),       STATE_FIELD(struct nvme, now),
    PCI_ROWS(struct nvme, pci),
};

static const struct dev_class nvme_class = {
    .name = "nvme",
    .reset = nvme_reset,
    .tick = nvme_tick,
    .destroy = nvme_destroy,
    .give_host = nvme_give_host,
    .media = &nvme_media,
    .rows = nvme_rows,
    .num_rows = ARRAY_LEN(nvme_rows),
};

/* On PCI, as it must be. */
static int join_pci(struct nvme *n, const struct dev_args *args, struct error *err)
{
    static const struct pci_identity id = {.vendor = 0x1b36,
                                           .device = 0x0010,
                                           .subvendor = 0x1af4,
                                           .subdevice = 0x1100,
                                           .class_code = 0x010802,
                                           .revision = 2};
    static const struct dev_regs window = {.size = WINDOW, .read = nvme_read, .write = nvme_write};
    n->pci.wants_port = n->drive.bus == BUS_PORT;
    if (pci_init(&n->pci, &n->dev, args->pci_host, PCI_ENDPOINT, &id, err))
        return -1;
    pci_add_bar(&n->pci, BAR_WINDOW, PCI_BAR_MEM64, &window);
    pci_add_msix(&n->pci, BAR_MSIX, NVME_QUEUES);
    pci_add_express(&n->pci);
    return 0;
}

struct device *nvme_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct nvme *n = (struct nvme *)device_alloc(sizeof *n, &nvme_class, env, err);
    if (!n || drive_open(&n->drive, env, args, err)) {
        free(n);
        return NULL;
    }
    if (join_pci(n, args, err)) {
        nvme_destroy(&n->dev);
        free(n);
        return NULL;
    }
    return &n->dev;
}
