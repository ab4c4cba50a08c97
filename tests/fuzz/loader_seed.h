/* Programs that the loader accepts, small ones, to be spoilt: the fuzzer would not come by them
 * alone. */
#ifndef FUZZ_LOADER_SEED_H
#define FUZZ_LOADER_SEED_H

#include "common/types.h"

enum seed_kind { SEED_NONE, SEED_ELF64, SEED_ELF32, SEED_PIE, SEED_IMAGE, SEED_KINDS };
enum { SEED_MAX = 2048 };

/* Writes the program, for RAM at 0x80000000; returns its length: of SEED_NONE 0. */
u32 loader_seed(enum seed_kind kind, u8 to[SEED_MAX]);

#endif
