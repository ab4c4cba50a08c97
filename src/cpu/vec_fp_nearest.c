/* The loops of vector floating point for round to nearest, for any host. */
#define VEC_FP_LOOPS vec_fp_nearest
#include "cpu/vec_fp_nearest.h"
