/* A root port of PCI Express: a bridge of type 1 to a bus of its own, on which one device is. */
#include <stdlib.h>

#include "devices/pci_impl.h"

struct port {
    struct device dev;
    struct pci_function f;
};

/* Its configuration is the host bridge's to reset. */
static void port_reset(struct device *dev)
{
    (void)dev;
}

static const struct state_row port_rows[] = {PCI_ROWS(struct port, f)};

static const struct dev_class port_class = {
    .name = "pci-root-port",
    .reset = port_reset,
    .rows = port_rows,
    .num_rows = ARRAY_LEN(port_rows),
};

struct device *pci_port_new(const struct dev_env *env, const struct dev_args *args,
                            struct error *err)
{
    static const struct pci_identity id = {
        .vendor = 0x1b36, .device = 0x000c, .class_code = 0x060400};
    struct port *p = (struct port *)device_alloc(sizeof *p, &port_class, env, err);
    if (!p)
        return NULL;
    pci_move_below(args->pci_below, &p->f);
    if (pci_init(&p->f, &p->dev, args->pci_host, PCI_BRIDGE, &id, err)) {
        free(p);
        return NULL;
    }
    pci_add_express(&p->f);
    return &p->dev;
}
