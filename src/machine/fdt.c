/* Generates the device tree with libfdt. The bindings are Linux's. libfdt puts a new node before
 * its older siblings, so everything here is added last first, and comes out in the expected order.
 */
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/device.h"
#include "cpu/counter.h"
#include "cpu/hart.h"
#include "machine/fdt_impl.h"

enum { FIRST_ROOM = 1 << 14, ROOM = 1 << 20, PHANDLE_CPU = 1 };

void dt_note(struct tree *t, int result)
{
    if (result < 0 && !t->err)
        t->err = result;
}

int dt_add_node(struct tree *t, int parent, const char *name)
{
    int node = t->err ? t->err : fdt_add_subnode(t->fdt, parent, name);
    dt_note(t, node);
    return node;
}

void dt_set_bytes(struct tree *t, int node, const char *name, const void *data, size_t len)
{
    if (!t->err)
        dt_note(t, fdt_setprop(t->fdt, node, name, data, (int)len));
}

void dt_set_string(struct tree *t, int node, const char *name, const char *value)
{
    dt_set_bytes(t, node, name, value, strlen(value) + 1);
}

void dt_set_empty(struct tree *t, int node, const char *name)
{
    dt_set_bytes(t, node, name, "", 0);
}

void dt_set_u32(struct tree *t, int node, const char *name, u32 value)
{
    fdt32_t cell = cpu_to_fdt32(value);
    dt_set_bytes(t, node, name, &cell, sizeof(cell));
}

static void set_u64(struct tree *t, int node, const char *name, u64 value)
{
    fdt64_t cell = cpu_to_fdt64(value);
    dt_set_bytes(t, node, name, &cell, sizeof(cell));
}

static void set_range(struct tree *t, int node, u64 base, u64 size)
{
    fdt64_t reg[2] = {cpu_to_fdt64(base), cpu_to_fdt64(size)};
    dt_set_bytes(t, node, "reg", reg, sizeof(reg));
}

static void set_cells(struct tree *t, int node, u32 address_cells, u32 size_cells)
{
    dt_set_u32(t, node, "#size-cells", size_cells);
    dt_set_u32(t, node, "#address-cells", address_cells);
}

static u32 cpu_phandle(u32 hart)
{
    return PHANDLE_CPU + hart;
}

static u32 intc_phandle(const struct tree *t, u32 hart)
{
    return PHANDLE_CPU + t->d->harts + hart;
}

static void add_chosen(struct tree *t)
{
    const struct dt_desc *d = t->d;
    int node = fdt_path_offset(t->fdt, "/chosen");
    if (node < 0)
        node = dt_add_node(t, 0, "chosen");
    if (d->rng_seed)
        dt_set_bytes(t, node, "rng-seed", d->rng_seed, d->rng_seed_len);
    if (d->initrd_start != d->initrd_end) {
        set_u64(t, node, "linux,initrd-end", d->initrd_end);
        set_u64(t, node, "linux,initrd-start", d->initrd_start);
    }
    if (d->bootargs)
        dt_set_string(t, node, "bootargs", d->bootargs);
}

static void add_memory(struct tree *t)
{
    char name[40];
    snprintf(name, sizeof(name), "memory@%" PRIx64, t->d->ram_base);
    int node = dt_add_node(t, 0, name);
    set_range(t, node, t->d->ram_base, t->d->ram_size);
    dt_set_string(t, node, "device_type", "memory");
}

static void add_reserved(struct tree *t)
{
    char name[40];
    if (t->d->reserved_size == 0)
        return;
    int parent = dt_add_node(t, 0, "reserved-memory");
    dt_set_empty(t, parent, "ranges");
    set_cells(t, parent, 2, 2);
    snprintf(name, sizeof(name), "firmware@%" PRIx64, t->d->reserved_base);
    int node = dt_add_node(t, parent, name);
    dt_set_empty(t, node, "no-map");
    set_range(t, node, t->d->reserved_base, t->d->reserved_size);
}

/* riscv,isa-extensions is a list of strings. */
static void set_extensions(struct tree *t, int node)
{
    char list[4096];
    size_t len = 0;
    for (u32 i = 0; i < t->d->num_extensions; i++) {
        size_t n = strlen(t->d->extensions[i]) + 1;
        if (len + n > sizeof(list)) {
            dt_note(t, -FDT_ERR_NOSPACE);
            return;
        }
        memcpy(list + len, t->d->extensions[i], n);
        len += n;
    }
    dt_set_bytes(t, node, "riscv,isa-extensions", list, len);
}

static void set_block_sizes(struct tree *t, int node)
{
    if (t->d->cbop_block)
        dt_set_u32(t, node, "riscv,cbop-block-size", t->d->cbop_block);
    if (t->d->cboz_block)
        dt_set_u32(t, node, "riscv,cboz-block-size", t->d->cboz_block);
    if (t->d->cbom_block)
        dt_set_u32(t, node, "riscv,cbom-block-size", t->d->cbom_block);
}

static void add_cpu(struct tree *t, int cpus, u32 hart)
{
    const struct dt_desc *d = t->d;
    char name[24];
    snprintf(name, sizeof(name), "cpu@%x", hart);
    int cpu = dt_add_node(t, cpus, name);
    dt_set_u32(t, cpu, "phandle", cpu_phandle(hart));
    set_block_sizes(t, cpu);
    if (d->mmu_type)
        dt_set_string(t, cpu, "mmu-type", d->mmu_type);
    set_extensions(t, cpu);
    char base[] = "rv64i"; /* or another beginning of the ISA string */
    memcpy(base, d->isa, sizeof base - 1);
    dt_set_string(t, cpu, "riscv,isa-base", base);
    dt_set_string(t, cpu, "riscv,isa", d->isa);
    dt_set_string(t, cpu, "compatible", "riscv");
    dt_set_string(t, cpu, "status", "okay");
    dt_set_u32(t, cpu, "reg", hart);
    dt_set_string(t, cpu, "device_type", "cpu");
    int intc = dt_add_node(t, cpu, "interrupt-controller");
    dt_set_u32(t, intc, "phandle", intc_phandle(t, hart));
    dt_set_string(t, intc, "compatible", "riscv,cpu-intc");
    dt_set_empty(t, intc, "interrupt-controller");
    dt_set_u32(t, intc, "#interrupt-cells", 1);
    dt_set_u32(t, intc, "#address-cells", 0);
}

static void add_cpu_map(struct tree *t, int cpus)
{
    int map = dt_add_node(t, cpus, "cpu-map");
    int cluster = dt_add_node(t, map, "cluster0");
    for (u32 i = t->d->harts; i-- > 0;) {
        char name[24];
        snprintf(name, sizeof(name), "core%u", i);
        int core = dt_add_node(t, cluster, name);
        dt_set_u32(t, core, "cpu", cpu_phandle(i));
    }
}

static void add_cpus(struct tree *t)
{
    int cpus = dt_add_node(t, 0, "cpus");
    dt_set_u32(t, cpus, "timebase-frequency", t->d->timebase_frequency);
    set_cells(t, cpus, 1, 0);
    add_cpu_map(t, cpus);
    for (u32 i = t->d->harts; i-- > 0;)
        add_cpu(t, cpus, i);
}

/* The fixed counter that counts an event, too, as a bit. */
static u32 fixed_counter(unsigned event)
{
    return event == EVENT_CYCLES ? COUNTEREN_CY : event == EVENT_INSTRET ? COUNTEREN_IR : 0;
}

/* For firmware of M-mode, which has to know which selector of mhpmevent stands for an event of SBI,
 * and which counters count it. A raw event is the selector itself. */
static void add_pmu(struct tree *t)
{
    fdt32_t selector[EVENT_COUNT][3], counters[EVENT_COUNT][3], raw[EVENT_COUNT][5];
    u32 n = 0, hpm = t->d->counters;
    if (hpm == 0)
        return;
    for (u32 e = 1; e < EVENT_COUNT; e++) {
        u32 sbi = event_table[e].sbi;
        fdt32_t every = cpu_to_fdt32(0xffffffff), event = cpu_to_fdt32(sbi),
                number = cpu_to_fdt32(e);
        memcpy(raw[e], (fdt32_t[]){0, number, every, every, cpu_to_fdt32(hpm)}, sizeof raw[e]);
        if (sbi == 0)
            continue;
        memcpy(selector[n], (fdt32_t[]){event, 0, number}, sizeof selector[n]);
        memcpy(counters[n], (fdt32_t[]){event, event, cpu_to_fdt32(hpm | fixed_counter(e))},
               sizeof counters[n]);
        n++;
    }
    int node = dt_add_node(t, 0, "pmu");
    dt_set_bytes(t, node, "riscv,raw-event-to-mhpmcounters", raw[1], sizeof raw - sizeof raw[0]);
    dt_set_bytes(t, node, "riscv,event-to-mhpmcounters", counters, n * sizeof counters[0]);
    dt_set_bytes(t, node, "riscv,event-to-mhpmevent", selector, n * sizeof selector[0]);
    dt_set_string(t, node, "compatible", "riscv,pmu");
}

/* interrupts-extended: {interrupt controller of hart, interrupt}, hart by hart. */
static void wire_to_harts(struct tree *t, int node, const struct dt_device *dev)
{
    u32 count = 0, total = t->d->harts * dev->num_wires;
    fdt32_t *cells = malloc(total * 2 * sizeof(*cells));
    if (!cells) {
        dt_note(t, -FDT_ERR_NOSPACE);
        return;
    }
    for (u32 h = 0; h < t->d->harts; h++) {
        for (u32 i = 0; i < dev->num_wires; i++) {
            cells[count++] = cpu_to_fdt32(intc_phandle(t, h));
            cells[count++] = cpu_to_fdt32(dev->wire[i].number);
        }
    }
    dt_set_bytes(t, node, "interrupts-extended", cells, count * sizeof(*cells));
    free(cells);
}

/* Each interrupt as the controller counts cells: its number, and with two that it is active high.
 */
static void wire_to_controller(struct tree *t, int node, const struct dt_device *dev)
{
    enum { LEVEL_HIGH = 4 };
    fdt32_t cells[2 * MAX_WIRES];
    u32 count = 0;
    for (u32 i = 0; i < dev->num_wires; i++) {
        cells[count++] = cpu_to_fdt32(dev->wire[i].number);
        if (t->cells == 2)
            cells[count++] = cpu_to_fdt32(LEVEL_HIGH);
    }
    dt_set_u32(t, node, "interrupt-parent", t->controller);
    dt_set_bytes(t, node, "interrupts", cells, count * sizeof(*cells));
}

/* The node of a window of registers, without its wiring. */
static int add_window(struct tree *t, int soc, const struct dev_regs *regs, u64 base)
{
    const struct dt_node *n = &regs->dt;
    char text[128];
    size_t len = 0;
    snprintf(text, sizeof(text), "%s@%" PRIx64, n->name, base);
    int node = dt_add_node(t, soc, text);
    set_range(t, node, base, regs->size);
    for (u32 i = 0; i < ARRAY_LEN(n->compatible) && n->compatible[i]; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", n->compatible[i]) + 1;
    dt_set_bytes(t, node, "compatible", text, len);
    for (u32 i = 0; i < ARRAY_LEN(n->prop) && n->prop[i].name; i++) {
        fdt32_t cell = cpu_to_fdt32(n->prop[i].value);
        dt_set_bytes(t, node, n->prop[i].name, &cell, n->prop[i].cells * sizeof(cell));
    }
    return node;
}

static void add_device(struct tree *t, int soc, const struct dt_device *dev)
{
    int node = add_window(t, soc, dev->dev->regs, dev->base);
    bool to_harts = dev->wire[0].kind == WIRE_HART_LINE || dev->wire[0].kind == WIRE_HART_BIT;
    if (to_harts && !dt_by_message(t, dev))
        wire_to_harts(t, node, dev);
    dt_describe_controller(t, node, dev);
    if (dev->dev->regs->dt.binding == DT_PCI)
        dt_describe_pci(t, node, dev);
    else if (dev->wire[0].kind == WIRE_SOURCE && t->controller)
        wire_to_controller(t, node, dev);
}

static void add_devices(struct tree *t)
{
    const struct dt_desc *d = t->d;
    int soc = dt_add_node(t, 0, "soc");
    dt_set_empty(t, soc, "ranges");
    dt_set_string(t, soc, "compatible", "simple-bus");
    set_cells(t, soc, 2, 2);
    dt_find_controller(t);
    for (u32 i = d->num_devices; i-- > 0;)
        add_device(t, soc, &d->devices[i]);
}

static void add_syscon_node(struct tree *t, const char *name, const char *compatible, u32 value)
{
    int node = dt_add_node(t, 0, name);
    dt_set_u32(t, node, "value", value);
    dt_set_u32(t, node, "offset", 0);
    dt_set_u32(t, node, "regmap", t->next_phandle);
    dt_set_string(t, node, "compatible", compatible);
}

/* poweroff and reboot, if the board has a test finisher. */
static void add_power(struct tree *t)
{
    int syscon = t->err ? t->err : fdt_node_offset_by_compatible(t->fdt, -1, "syscon");
    if (syscon < 0)
        return;
    dt_set_u32(t, syscon, "phandle", t->next_phandle);
    add_syscon_node(t, "reboot", "syscon-reboot", 0x7777);
    add_syscon_node(t, "poweroff", "syscon-poweroff", 0x5555);
    t->next_phandle++;
}

/* The first UART is where the kernel talks. */
static void set_stdout(struct tree *t)
{
    char path[128];
    int node = t->err ? t->err : fdt_node_offset_by_compatible(t->fdt, -1, "ns16550a");
    if (node < 0 || fdt_get_path(t->fdt, node, path, sizeof(path)) != 0)
        return;
    dt_set_string(t, fdt_path_offset(t->fdt, "/chosen"), "stdout-path", path);
}

/* Packs the tree and gives back the memory it does not need. */
static void *finish(struct tree *t, u32 *len)
{
    dt_note(t, t->err ? t->err : fdt_pack(t->fdt));
    if (t->err) {
        free(t->fdt);
        return NULL;
    }
    *len = fdt_totalsize(t->fdt);
    void *smaller = realloc(t->fdt, *len);
    return smaller ? smaller : t->fdt;
}

/* In that many bytes; NULL with *err. */
static void *build_in(const struct dt_desc *d, u32 room, u32 *len, int *err)
{
    static const char compatible[] = "hextant,virt\0riscv-virtio";
    struct tree t = {.d = d, .next_phandle = PHANDLE_CPU + 2 * d->harts};
    t.fdt = malloc(room);
    if (!t.fdt)
        return NULL;
    dt_note(&t, fdt_create_empty_tree(t.fdt, (int)room));
    dt_set_string(&t, 0, "model", "hextant,virt");
    dt_set_bytes(&t, 0, "compatible", compatible, sizeof(compatible));
    set_cells(&t, 0, 2, 2);
    add_devices(&t);
    add_power(&t);
    add_pmu(&t);
    add_cpus(&t);
    add_reserved(&t);
    add_memory(&t);
    add_chosen(&t);
    set_stdout(&t);
    void *packed = finish(&t, len);
    *err = t.err;
    return packed;
}

void *dt_build(const struct dt_desc *d, u32 *len)
{
    void *fdt = NULL;
    int err = -FDT_ERR_NOSPACE;
    for (u32 room = FIRST_ROOM; err == -FDT_ERR_NOSPACE && room <= ROOM; room *= 2)
        fdt = build_in(d, room, len, &err);
    return fdt;
}

int dt_set_chosen(void **blob, u32 *len, const struct dt_desc *d)
{
    u32 extra = 4096 + d->rng_seed_len + (d->bootargs ? (u32)strlen(d->bootargs) : 0);
    struct tree t = {.d = d};
    t.fdt = malloc(*len + extra);
    if (!t.fdt)
        return -1;
    dt_note(&t, fdt_open_into(*blob, t.fdt, (int)(*len + extra)));
    if (!t.err)
        add_chosen(&t);
    void *packed = finish(&t, len);
    if (!packed)
        return -1;
    free(*blob);
    *blob = packed;
    return 0;
}

void *dt_load(const char *path, u32 *len, char *err, size_t err_len)
{
    FILE *f = fopen(path, "rb");
    u8 *blob = f ? malloc(ROOM) : NULL;
    if (!blob) {
        snprintf(err, err_len, "device tree '%s': %s", path, strerror(errno));
        if (f)
            fclose(f);
        return NULL;
    }
    size_t n = fread(blob, 1, ROOM, f);
    bool unread = ferror(f) || !feof(f);
    fclose(f);
    int bad = n < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_full(blob, n);
    if (unread || bad) {
        snprintf(err, err_len, "device tree '%s': %s%s", path,
                 unread ? "cannot be read, or is longer than 1 MiB"
                        : "not a compiled device tree; dtc makes one: ",
                 unread ? "" : fdt_strerror(bad));
        free(blob);
        return NULL;
    }
    *len = fdt_totalsize(blob);
    return blob;
}

int dt_save(const char *path, const void *blob, u32 len)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return -1;
    size_t n = fwrite(blob, 1, len, f);
    int closed = fclose(f);
    return n == len && closed == 0 ? 0 : -1;
}
