/* The engines for XLEN = 32. */
#include "common/types.h"

#define XLEN 32
typedef u32 ux;
typedef s32 sx;
#define PLAIN_NAME(name)         plain32_##name
#define FAST_NAME(name)          fast32_##name
#define PLAIN_TABLE              plain_rv32
#define FAST_TABLE               fast_rv32
#define BODY_NAME(name)          body32_##name
#define PAIR_NAME(a, b, forward) pair32_##a##_##b##_##forward
#define PAIR_TABLE               pairs_rv32
#include "cpu/exec_impl.h"
