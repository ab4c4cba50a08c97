/* What lies where in a guest's physical address space, as far as it can be known from outside: from
 * the device tree that the guest was started with. */
#ifndef HEXTANT_TRACE_GUEST_MAP_H
#define HEXTANT_TRACE_GUEST_MAP_H

#include "cpu/hart.h"

struct guest_maps;

/* NULL without memory. */
struct guest_maps *guest_maps_new(void);
void guest_maps_free(struct guest_maps *g);
/* h has returned to a guest. The first time, a1 may hold the address of its device tree. */
void guest_maps_entered(struct guest_maps *g, struct hart *h);
/* The node at guest-physical address gpa of the guest whose hgatp is set: "serial@10000000",
 * "memory@80000000"; else the device that the machine itself has at that address; else NULL. The
 * name lives as long as the maps. */
const char *guest_maps_device(struct guest_maps *g, struct hart *h, u64 gpa);

#endif
