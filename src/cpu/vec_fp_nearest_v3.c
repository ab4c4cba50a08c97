/* The loops of vector floating point for round to nearest, for hosts of the level x86-64-v3 (AVX2,
 * FMA): the build compiles this file for them. */
#ifdef __AVX2__
#define VEC_FP_LOOPS vec_fp_nearest_v3
#include "cpu/vec_fp_nearest.h"
#else
typedef int nothing_here;
#endif
