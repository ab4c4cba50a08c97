/* The rows of isa_v.def as the vector files see them, and the two ways into them. */
#include "cpu/lazy.h"
#include "cpu/vec_crypto.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_impl.h"

#define INSN(...)
#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...)                           \
    [INSN_##id] = {.run = vec_run_##shape,                                                         \
                   .fast = vec_run_##shape,                                                        \
                   .insn = INSN_##id,                                                              \
                   .vclass = VEC_##class},
#define VMEM(id, mnemonic, pattern, fmt, gate, class, mode_, width_)                               \
    [INSN_##id] = {.run = vec_run_memory,                                                          \
                   .fast = vec_fast_memory,                                                        \
                   .insn = INSN_##id,                                                              \
                   .vclass = VEC_##class,                                                          \
                   .mode = MODE_##mode_,                                                           \
                   .width = (width_)},
const struct vec_row vec_rows[INSN_COUNT] = {
#include "cpu/isa_v.def"
#include "cpu/isa_vf.def"
#undef VINSN
#define VINSN(id, mnemonic, pattern, fmt, gate, kind, class, shape, ...)                           \
    [INSN_##id] = {.run = vec_run_##shape,                                                         \
                   .fast = vec_fast_##shape,                                                       \
                   .insn = INSN_##id,                                                              \
                   .vclass = VEC_##class},
#include "cpu/isa_vk.def"
};

const struct vec_loops *vec_host_loops(void)
{
#ifdef HX_VECTORS_V3
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("fma"))
        return &vec_loops_v3;
#endif
    return &vec_loops_baseline;
}

int vec_execute(struct hart *h, const struct op *op, enum insn row)
{
    enum reason why = vec_refuses(h, row, op);
    if (why != REASON_NONE)
        return raise_illegal(h, why);
    if (vec_rows[row].run(h, op, &vec_rows[row]))
        return TRAPPED;
    lazy_dirty(h, LAZY_VS);
    if (insn_row(row)->kind == KIND_VECTORF)
        lazy_dirty(h, LAZY_FS);
    return 0;
}

NOINLINE int vec_fast(struct hart *h, const struct op *op, enum insn row)
{
    return vec_rows[row].fast(h, op, &vec_rows[row]);
}
