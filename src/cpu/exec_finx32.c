/* Floating point in x registers for XLEN = 32. */
#include "common/types.h"

#define XLEN 32
typedef u32 ux;
typedef s32 sx;
#define FINX_NAME(name)  finx32_##name
#define PLAIN_NAME(name) plain32_##name
#define FINX_TABLE       finx_rv32
#include "cpu/exec_finx_impl.h"
