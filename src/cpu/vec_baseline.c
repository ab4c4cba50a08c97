/* The loops of vector instructions, for any host. */
#define VEC_LOOPS vec_loops_baseline
#include "cpu/vec_loops.h"
