/* Configuration space of PCI: the headers and capabilities as tables of rows, and the one way in
 * which they are read and written. */
#include "devices/pci_impl.h"

#include <string.h>

/* ---- the headers (PCI Express Base Specification, "Type 0/1 Configuration Space Header") ---- */

static const struct pci_row header[] = {
    {PCI_COMMAND, 2, .writable = 0x0547},
    {PCI_STATUS, 2, .clears = 0xf900},
    {0x0c, 1, .writable = 0xff}, /* cache line size */
    {0x3c, 1, .writable = 0xff}, /* interrupt line */
    {PCI_PIN, 1, .value = 1},
};

static const struct pci_row bridge_header[] = {
    {PCI_HEADER, 1, .value = PCI_BRIDGE},
    {0x18, 1, .writable = 0xff}, /* primary bus */
    {PCI_SECONDARY, 1, .writable = 0xff},
    {PCI_SUBORDINATE, 1, .writable = 0xff},
    {PCI_IO_BASE, 1, .writable = 0xf0},
    {PCI_IO_LIMIT, 1, .writable = 0xf0},
    {0x1e, 2, .clears = 0xf900}, /* secondary status */
    {PCI_MEM_BASE, 2, .writable = 0xfff0},
    {PCI_MEM_LIMIT, 2, .writable = 0xfff0},
    {PCI_PREF_BASE, 2, .value = 1, .writable = 0xfff0},
    {PCI_PREF_LIMIT, 2, .value = 1, .writable = 0xfff0},
    {PCI_PREF_BASE_HIGH, 4, .writable = 0xffffffff},
    {PCI_PREF_LIMIT_HIGH, 4, .writable = 0xffffffff},
    {PCI_BRIDGE_CONTROL, 2, .writable = 0x0043},
};

/* ---- capabilities ---- */

enum { CAP_POWER = 0x01, CAP_EXPRESS = 0x10, CAP_MSIX = 0x11 };

/* D0 and D3hot, which keeps its registers. */
static const struct pci_row power[] = {
    {2, 2, .value = 0x0003},
    {POWER_CONTROL, 2, .value = 0x0008, .writable = POWER_STATE},
};

/* "PCI Express Capability Structure", version 2: what all have, what has a link, what a root port
 * has. */
enum {
    EXPRESS_SIZE = 0x3c,
    EXPRESS_ENDPOINT = 0x02,
    EXPRESS_ROOT = 0x42,
    EXPRESS_ROOT_PART = 0x92
};

static const struct pci_row express[] = {
    {4, 4, .value = 0x00008000},   {EXPRESS_CONTROL, 2, .value = 0x2810, .writable = 0x781f},
    {0x0a, 2, .clears = 0x000f},   {0x24, 4, .value = 0x00000010},
    {0x28, 2, .writable = 0x0010},
};

/* Only what has no function below it can be reset alone. */
static const struct pci_row express_endpoint[] = {
    {4, 4, .value = 0x10008000},
    {EXPRESS_CONTROL, 2, .value = 0x2810, .writable = 0x781f | EXPRESS_FLR},
};

static const struct pci_row express_link[] = {
    {0x0c, 4, .value = 0x00400011}, {0x10, 2, .writable = 0x00c3}, {0x12, 2, .value = 0x0011},
    {0x2c, 4, .value = 0x00000002}, {0x30, 2, .value = 0x0001},
};

static const struct pci_row express_root[] = {
    {0x1c, 2, .writable = 0x000f},
    {0x20, 4, .clears = 0x00010000},
};

static const struct pci_row msix[] = {
    {MSIX_CONTROL, 2, .writable = MSIX_ENABLE | MSIX_MASK},
};

/* ---- making ---- */

static void put_bytes(u8 *at, u32 size, u32 value)
{
    for (u32 i = 0; i < size; i++)
        at[i] = (u8)(value >> (8 * i));
}

static void lay(struct pci_function *f, u32 base, const struct pci_row *row, size_t num_rows)
{
    for (size_t i = 0; i < num_rows; i++) {
        u32 at = base + row[i].offset;
        put_bytes(f->initial + at, row[i].size, row[i].value);
        put_bytes(f->writable + at, row[i].size, row[i].writable);
        put_bytes(f->clears + at, row[i].size, row[i].clears);
    }
}

void pci_make_header(struct pci_function *f, enum pci_type type, const struct pci_identity *id)
{
    const struct pci_row ids[] = {
        {PCI_VENDOR, 2, .value = id->vendor},
        {PCI_DEVICE, 2, .value = id->device},
        {PCI_REVISION, 1, .value = id->revision},
        {PCI_CLASS, 1, .value = id->class_code},
        {PCI_CLASS + 1, 2, .value = id->class_code >> 8},
    };
    const struct pci_row sub_ids[] = {
        {PCI_SUBVENDOR, 2, .value = id->subvendor},
        {PCI_SUBDEVICE, 2, .value = id->subdevice},
    };
    lay(f, 0, header, ARRAY_LEN(header));
    lay(f, 0, ids, ARRAY_LEN(ids));
    if (type == PCI_BRIDGE)
        lay(f, 0, bridge_header, ARRAY_LEN(bridge_header));
    else
        lay(f, 0, sub_ids, ARRAY_LEN(sub_ids));
    f->room = PCI_HEADER_END;
    f->last = PCI_CAPABILITIES;
}

u8 pci_add_capability(struct pci_function *f, u8 id, u8 size, const struct pci_row *row,
                      size_t num_rows)
{
    u8 at = f->room;
    f->initial[PCI_STATUS] |= STATUS_CAPABILITIES;
    f->initial[at] = id;
    f->initial[f->last] = at;
    f->last = at + 1;
    f->room = (u8)(at + ((size + 3) & ~3));
    lay(f, at, row, num_rows);
    return at;
}

static bool is_bridge(const struct pci_function *f)
{
    return f->initial[PCI_HEADER] == PCI_BRIDGE;
}

static void lay_express(struct pci_function *f)
{
    u8 at = f->express;
    bool bridge = is_bridge(f);
    f->initial[at + 2] = bridge ? EXPRESS_ROOT : f->port ? EXPRESS_ENDPOINT : EXPRESS_ROOT_PART;
    if (bridge)
        lay(f, at, express_root, ARRAY_LEN(express_root));
    else
        lay(f, at, express_endpoint, ARRAY_LEN(express_endpoint));
    if (bridge || f->port)
        lay(f, at, express_link, ARRAY_LEN(express_link));
}

void pci_add_express(struct pci_function *f)
{
    f->express = pci_add_capability(f, CAP_EXPRESS, EXPRESS_SIZE, express, ARRAY_LEN(express));
    f->power = pci_add_capability(f, CAP_POWER, 8, power, ARRAY_LEN(power));
    lay_express(f);
}

void pci_move_below(struct pci_function *f, struct pci_function *port)
{
    f->port = port;
    f->devfn = 0;
    if (f->express)
        lay_express(f);
}

/* The register is as wide as the window is large: that is how software sizes it. */
void pci_add_bar(struct pci_function *f, u32 n, enum pci_bar_kind kind, const struct dev_regs *regs)
{
    static const u8 flags[] = {[PCI_BAR_IO] = 1, [PCI_BAR_MEM64] = 0xc};
    u64 mask = ~(regs->size - 1);
    const struct pci_row rows[] = {
        {0, 4, .value = flags[kind], .writable = (u32)mask},
        {4, 4, .writable = (u32)(mask >> 32)},
    };
    f->bar[n] = (struct pci_bar){(u8)kind, regs};
    lay(f, PCI_BAR0 + 4 * n, rows, kind == PCI_BAR_MEM64 ? 2 : 1);
}

u8 pci_make_msix(struct pci_function *f, const struct pci_msix_place *where, u32 vectors)
{
    u8 at = pci_add_capability(f, CAP_MSIX, 12, msix, ARRAY_LEN(msix));
    put_bytes(f->initial + at + MSIX_CONTROL, 2, vectors - 1);
    put_bytes(f->initial + at + 4, 4, where->table | where->bar);
    put_bytes(f->initial + at + 8, 4, where->pending | where->bar);
    return at;
}

/* ---- reading and writing ---- */

u32 pci_get(const struct pci_function *f, u32 offset, u32 size)
{
    u32 value = 0;
    for (u32 i = 0; i < size; i++)
        value |= (u32)f->config[offset + i] << (8 * i);
    return value;
}

void pci_put(struct pci_function *f, u32 offset, u32 size, u32 value)
{
    put_bytes(f->config + offset, size, value);
}

u32 pci_config_read(struct pci_function *f, u32 offset, u32 size)
{
    if (f->before_read)
        f->before_read(f, offset, size);
    return pci_get(f, offset, size);
}

void pci_reset_config(struct pci_function *f)
{
    memcpy(f->config, f->initial, sizeof f->config);
    f->pending = 0;
    f->line = 0;
    for (u32 i = 0; i < f->vectors; i++) {
        memset(f->table[i], 0, sizeof f->table[i]);
        f->table[i][3] = VECTOR_MASKED;
    }
}

void pci_reset_function(struct pci_function *f)
{
    pci_reset_config(f);
    f->dev->cls->reset(f->dev);
}

static void reset_below(struct pci_function *port)
{
    for (u32 i = 0; i < port->host->num_functions; i++) {
        struct pci_function *f = port->host->function[i];
        if (f != port && pci_is_below(f, port))
            pci_reset_function(f);
    }
}

/* What rows cannot say. */
static void act(struct pci_function *f, u8 old_power)
{
    u8 *state = &f->config[f->power + POWER_CONTROL];
    if (f->power && (*state & POWER_STATE) % 3 != 0) /* D1, D2: there are none */
        *state = old_power;
    if (f->express && (pci_get(f, f->express + EXPRESS_CONTROL, 2) & EXPRESS_FLR))
        pci_reset_function(f);
    if (is_bridge(f) && (pci_get(f, PCI_BRIDGE_CONTROL, 2) & BRIDGE_RESET))
        reset_below(f);
}

void pci_config_write(struct pci_function *f, u32 offset, u32 size, u32 value)
{
    u8 old_power = f->config[f->power + POWER_CONTROL];
    for (u32 i = 0; i < size; i++) {
        u8 byte = (u8)(value >> (8 * i)), *at = &f->config[offset + i];
        u8 writable = f->writable[offset + i], clears = f->clears[offset + i];
        *at = (u8)(((*at & ~writable) | (byte & writable)) & ~(byte & clears));
    }
    act(f, old_power);
    if (f->after_write)
        f->after_write(f, offset, size);
    pci_derive(f->host);
    pci_send_pending(f);
}
