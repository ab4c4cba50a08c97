/* Which interrupt file a page leads to. */
#ifndef HEXTANT_DEVICES_IMSIC_H
#define HEXTANT_DEVICES_IMSIC_H

#include "common/types.h"

struct device;

/* A hart, and the number of its file (cpu/imsic.h). */
struct imsic_place {
    u32 hart, file;
};

/* The file whose page is at this offset of the device's window. False: there is none, or it is
 * another device. */
bool imsic_find(const struct device *dev, u64 offset, struct imsic_place *at);

#endif
