/* Guests' device trees, read from their memory once they have touched them. */
#include "trace/guest_map.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "trace/peek.h"

enum { GUESTS = 16, RANGES = 128, NAME = 48, TREE_MAX = 2 << 20, TRIES = 100000 };

struct range {
    u64 base, size;
    char name[NAME];
};

struct guest_map {
    u64 hgatp; /* 0: unused */
    u64 tree;  /* guest-physical address of the device tree */
    u32 tries; /* left, to read it */
    u32 num;
    struct range range[RANGES];
};

struct guest_maps {
    struct guest_map guest[GUESTS];
    u32 next; /* which is replaced next */
};

struct guest_maps *guest_maps_new(void)
{
    return calloc(1, sizeof(struct guest_maps));
}

void guest_maps_free(struct guest_maps *g)
{
    free(g);
}

static struct guest_map *find(struct guest_maps *g, u64 hgatp)
{
    for (u32 i = 0; i < GUESTS; i++)
        if (g->guest[i].hgatp == hgatp)
            return &g->guest[i];
    return NULL;
}

void guest_maps_entered(struct guest_maps *g, struct hart *h)
{
    if (!h->hgatp || find(g, h->hgatp))
        return;
    struct guest_map *m = &g->guest[g->next++ % GUESTS];
    *m = (struct guest_map){.hgatp = h->hgatp, .tree = h->x[11], .tries = TRIES};
    if (h->mode != MODE_VS || h->vsatp || (m->tree & 7))
        m->tries = 0; /* not the first instruction of a kernel */
}

static u64 cells(const fdt32_t *p, int n)
{
    u64 v = 0;
    for (int i = 0; i < n; i++)
        v = v << 32 | fdt32_to_cpu(p[i]);
    return v;
}

/* The guest chose the name; only what is harmless on a terminal stays. */
static void copy_name(char to[NAME], const char *name)
{
    size_t n = 0;
    for (; *name && n + 1 < NAME; name++)
        to[n++] = *name > ' ' && *name < 0x7f ? *name : '?';
    to[n] = 0;
}

/* Every range of one node's `reg`. */
static void add_node(struct guest_map *m, const void *fdt, int node)
{
    int len, parent = fdt_parent_offset(fdt, node);
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);
    int ac = parent < 0 ? 0 : fdt_address_cells(fdt, parent);
    int sc = parent < 0 ? 0 : fdt_size_cells(fdt, parent);
    if (!reg || ac < 1 || sc < 1 || ac > 2 || sc > 2)
        return;
    int entry = (ac + sc) * 4;
    for (int at = 0; at + entry <= len && m->num < RANGES; at += entry) {
        struct range *r = &m->range[m->num++];
        const char *name = fdt_get_name(fdt, node, NULL);
        r->base = cells(reg + at / 4, ac);
        r->size = cells(reg + at / 4 + ac, sc);
        copy_name(r->name, name ? name : "?");
    }
}

/* Reads the tree if the guest has its pages by now. */
static void read_tree(struct guest_map *m, struct hart *h)
{
    struct fdt_header header;
    m->tries--;
    if (peek_guest(h, m->tree, &header, sizeof header))
        return;
    u32 size = fdt32_to_cpu(header.totalsize);
    if (fdt32_to_cpu(header.magic) != FDT_MAGIC || size < sizeof header || size > TREE_MAX) {
        m->tries = 0;
        return;
    }
    void *fdt = malloc(size);
    if (fdt && peek_guest(h, m->tree, fdt, size) == 0) {
        m->tries = 0;
        int node = fdt_check_full(fdt, size) ? -1 : fdt_next_node(fdt, -1, NULL);
        for (; node >= 0; node = fdt_next_node(fdt, node, NULL))
            add_node(m, fdt, node);
    }
    free(fdt);
}

const char *guest_maps_device(struct guest_maps *g, struct hart *h, u64 gpa)
{
    struct guest_map *m = find(g, h->hgatp);
    if (m && m->tries)
        read_tree(m, h);
    for (u32 i = 0; m && i < m->num; i++)
        if (gpa - m->range[i].base < m->range[i].size)
            return m->range[i].name;
    if (m && m->num)
        return NULL;
    const struct bus_window *w = bus_find_device(h->bus, gpa, 1);
    return w ? w->dev->cls->name : NULL;
}
