/* Semihosting calls (Arm's "Semihosting for AArch32 and AArch64", which RISC-V Semihosting 1.0
 * takes over): console, files in one folder, time, the end of the run. */
#ifndef HEXTANT_DEVICES_SEMIHOST_H
#define HEXTANT_DEVICES_SEMIHOST_H

#include "bus/device.h"
#include "common/types.h"

/* A call, and how its memory is reached. */
struct semihost_call {
    u64 number, argument;    /* argument: the address of a block of words, for most */
    unsigned word;           /* bytes of each: 4 or 8 */
    u64 free_low, free_high; /* the memory that the guest's file leaves free */
    u64 result;
    bool waits;            /* for input; nothing else of it counts then */
    struct device *serial; /* that reads the same console; NULL: none */
    void *memory; /* argument of the functions: 0, or -1 if the guest may not reach all of it */
    int (*read)(void *memory, u64 address, void *to, size_t len);
    int (*write)(void *memory, u64 address, const void *from, size_t len);
};

/* Serves the call; false: it waits for input, ask again. */
bool semihost_serve(struct device *dev, struct semihost_call *c);

#endif
