/* CSR fields that are not compared. */
#ifndef LOCKSTEP_FREE_BITS_H
#define LOCKSTEP_FREE_BITS_H

#include "common/types.h"

/* The bits of that CSR that hextant and Spike need not have the same. */
u64 free_mask(unsigned csr);

#endif
