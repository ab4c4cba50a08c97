/* Interrupts on their way from functions of PCI: vectors of MSI-X whose message does not leave, or
 * would not arrive, and lines. For each the first stop that holds it. */
#include <inttypes.h>

#include "bus/bus.h"
#include "cpu/imsic.h"
#include "devices/imsic.h"
#include "devices/pci.h"
#include "machine/machine.h"
#include "monitor/iommu_text.h"
#include "monitor/why.h"

enum { TEXT = 160 };

/* What keeps a message at this address from an interrupt file that has the identity. True: nothing
 * does. */
static bool arrives(struct machine *m, u64 address, u32 identity, char text[TEXT])
{
    struct imsic_place at;
    const struct bus_window *w = bus_find_device(&m->bus, address, 4);
    if (bus_find_memory(&m->bus, address, 4))
        snprintf(text, TEXT, "its message is a write to memory at 0x%" PRIx64, address);
    else if (!w || !imsic_find(w->dev, address - w->base, &at))
        snprintf(text, TEXT, "its message goes to 0x%" PRIx64 ", where no interrupt file is",
                 address);
    else if (identity == 0 || identity > imsic_last(m->hart[at.hart], at.file))
        snprintf(text, TEXT, "its message has identity %u, which the file of hart %u has not",
                 identity, at.hart);
    else
        return true;
    return false;
}

/* Does the IOMMU let the function's message pass? Then *address is where to. */
static bool passes(struct machine *m, const struct pci_function *f, u64 *address, char text[TEXT])
{
    struct device *io = bus_device_of(&m->bus, &iommu_class);
    const struct iommu_request q = {
        .did = f->dev->requester, .access = ACCESS_STORE, .probe = true, .iova = *address};
    struct iommu_answer a = {.pa = *address};
    struct iommu_fault fault;
    if (io && f->dev != io && iommu_translate(io, &q, &a, &fault))
        snprintf(text, TEXT, "the IOMMU refuses its message (cause %u): %s", fault.cause,
                 iommu_rule_text(&fault));
    else if (a.mrif)
        snprintf(text, TEXT, "its message goes into the interrupt file in memory at 0x%" PRIx64,
                 a.pa);
    else {
        *address = a.pa;
        return true;
    }
    return false;
}

/* The first stop of a vector; false if there is none. */
static bool vector_text(struct machine *m, const struct pci_function *f, u32 vector,
                        char text[TEXT])
{
    struct pci_vector v = pci_vector(f, vector);
    if (v.pending && !v.on)
        snprintf(text, TEXT, "pending, but MSI-X has been turned off");
    else if (v.pending && v.all_masked)
        snprintf(text, TEXT, "pending, but the function's mask (MSI-X control) holds all vectors");
    else if (v.pending)
        snprintf(text, TEXT, "pending, but masked in its table entry (vector control)");
    else if (!v.on || v.all_masked || v.masked)
        return false;
    else if (f->dev->dma_off)
        snprintf(text, TEXT,
                 "its messages do not leave: bus master is off in the function's command "
                 "register, or in a port above it");
    else
        return !passes(m, f, &v.address, text) || !arrives(m, v.address, v.data, text);
    return true;
}

static void line_text(const struct pci_function *f, char text[TEXT])
{
    struct pci_line l = pci_line(f);
    if (pci_msix_on(f))
        snprintf(text, TEXT, "its line does not count: MSI-X is on");
    else if (l.disabled)
        snprintf(text, TEXT, "its line is asserted, but the command register disables INTx");
    else
        snprintf(text, TEXT, "its line is asserted, and drives the bridge's INT%c",
                 'A' + l.bridge_line);
}

static void show(struct monitor *mon, const struct pci_function *f, const char *vector,
                 const char *text, bool *begun)
{
    if (!*begun)
        fprintf(mon->out, "%-8s %-14s %-7s %s\n", "function", "of", "vector", "");
    *begun = true;
    fprintf(mon->out, "%02x:%02x.%u  %-14s %-7s %s\n", f->bus, f->devfn >> 3, f->devfn & 7,
            f->dev->cls->name, vector, text);
}

void irq_explain_pci(struct monitor *mon, struct machine *m)
{
    const struct device *host = bus_device_of(&m->bus, &pci_host_class);
    bool begun = false;
    for (u32 i = 0; host && i < pci_num_functions(host); i++) {
        const struct pci_function *f = pci_function(host, i);
        char text[TEXT], number[12];
        for (u32 v = 0; v < f->vectors; v++) {
            snprintf(number, sizeof number, "%u", v);
            if (vector_text(m, f, v, text))
                show(mon, f, number, text, &begun);
        }
        if (!f->line)
            continue;
        line_text(f, text);
        show(mon, f, "line", text, &begun);
    }
}
