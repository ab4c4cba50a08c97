/* The stencils for XLEN = 64. */
#include "common/types.h"

#define XLEN 64
typedef u64 ux;
typedef s64 sx;
#define BODY_NAME(name)             body_##name
#define STENCIL_NAME(name, forward) stencil64_##name##_##forward
#include "cpu/stencil/stencils_impl.h"
