/* The loops of vector instructions, for hosts of the level x86-64-v3 (AVX2): the build compiles
 * this file for them. */
#ifdef __AVX2__
#define VEC_LOOPS   vec_loops_v3
#define VEC_NEAREST vec_fp_nearest_v3
#include "cpu/vec_loops.h"
#else
typedef int nothing_here;
#endif
