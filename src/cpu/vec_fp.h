/* Vector floating point: the loops of the rows of isa_vf.def, and the shapes that call them. */
#ifndef HEXTANT_CPU_VEC_FP_H
#define HEXTANT_CPU_VEC_FP_H

#include "cpu/fp.h"
#include "cpu/vec_impl.h"

/* For n elements: d[i] = the row's expression of a[i], b[i] and d[i], all of them patterns. d may
 * be a or b where the widths are the same. Compares write bytes that are 0 or
 * 1. Returns exceptions for fflags; others may be among the host's sticky ones. */
typedef u8 vec_fp_loop(void *d, const void *a, const void *b, size_t n, unsigned rm);

/* By row and SEW, log2 of its bytes. */
struct vec_fp_loops {
    vec_fp_loop *row[INSN_COUNT][4];
};
/* Those for any rounding mode; and for RM_RNE where the host is in its default environment
 * (fp_fast.h), compiled for any host and for one with AVX2 and FMA. */
extern const struct vec_fp_loops vec_fp_any, vec_fp_nearest, vec_fp_nearest_v3;

#define SHAPE(name) vec_run vec_run_##name
SHAPE(FSAME_V);
SHAPE(FSAME_F);
SHAPE(FSAME_1);
SHAPE(FWIDE_V);
SHAPE(FWIDE_F);
SHAPE(FWIDE_1);
SHAPE(IWIDE_1);
SHAPE(FWIDEW_V);
SHAPE(FWIDEW_F);
SHAPE(BFWIDE_V);
SHAPE(BFWIDE_F);
SHAPE(BFWIDE_1);
SHAPE(FNARROW_1);
SHAPE(INARROW_1);
SHAPE(BFNARROW_1);
SHAPE(FCOMPARE_V);
SHAPE(FCOMPARE_F);
SHAPE(FREDUCE);
SHAPE(FWREDUCE);
SHAPE(vfmerge);
SHAPE(vfmv_v_f);
SHAPE(vfmv_f_s);
SHAPE(vfmv_s_f);
SHAPE(vfslide1up);
SHAPE(vfslide1down);
#undef SHAPE

#endif
