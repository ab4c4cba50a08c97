/* The stencils for XLEN = 32. */
#include "common/types.h"

#define XLEN 32
typedef u32 ux;
typedef s32 sx;
#define BODY_NAME(name)             body_##name
#define STENCIL_NAME(name, forward) stencil32_##name##_##forward
#include "cpu/stencil/stencils_impl.h"
