/* The board: which devices there are, where, and how their pins are wired to the harts. */
#ifndef HEXTANT_MACHINE_BOARD_H
#define HEXTANT_MACHINE_BOARD_H

#include "common/error.h"
#include "devices/devices.h"
#include "devices/pci.h"
#include "machine/fdt.h"
#include "machine/machine.h"

/* Creates every device that the options ask for and puts it on m->bus; sets m->env and m->board. 0,
 * or -1 with *err. */
int board_new(struct machine *m, struct error *err);
/* The deadlines of the devices; after they were put back, board_resume(). */
struct state_part board_part(const struct machine *m);
void board_resume(struct machine *m);
/* What its devices are made of (board_args.c). */
struct dev_args board_arguments(struct machine *m);
/* Frees the wiring; the devices belong to the bus. */
void board_free(struct machine *m);
/* Calls the tick function of every device whose deadline has passed. */
void board_tick(struct machine *m);
/* The earliest deadline of a device, in machine_ticks(), or UINT64_MAX. */
u64 board_deadline(const struct machine *m);
/* Asks for a tick of every device that wants host input to be looked at. */
void board_poll(struct machine *m);
/* Drives input `source` of the interrupt controller, as the wire of a device does. 0, or -1: it has
 * no such input. */
int board_drive(struct machine *m, u32 source, unsigned level);
/* Descriptors that become readable with input. */
struct board_inputs {
    int fd[2];
    u32 count;
};

/* May input from outside still arrive? Those of the consoles are in *in; other input has to be
 * polled for. */
bool board_awaits_input(const struct machine *m, struct board_inputs *in);
/* Does anything on the command line ask for PCI? (board_pci.c) */
bool board_wants_pci(const struct options *o);
/* The addresses that a PCI host bridge forwards. */
struct pci_windows board_pci_windows(const struct options *o);
/* The devices and their wiring, for the device tree. Returns how many. */
u32 board_devices(const struct machine *m, const struct dt_device **list);

#endif
