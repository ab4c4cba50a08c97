/* The loops of vector instructions, for any host. */
#define VEC_LOOPS   vec_loops_baseline
#define VEC_NEAREST vec_fp_nearest
#include "cpu/vec_loops.h"
