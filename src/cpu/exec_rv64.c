/* The engines for XLEN = 64. */
#include "common/types.h"

#define XLEN 64
typedef u64 ux;
typedef s64 sx;
#define PLAIN_NAME(name)         plain64_##name
#define FAST_NAME(name)          fast64_##name
#define PLAIN_TABLE              plain_rv64
#define FAST_TABLE               fast_rv64
#define BODY_NAME(name)          body64_##name
#define PAIR_NAME(a, b, forward) pair64_##a##_##b##_##forward
#define PAIR_TABLE               pairs_rv64
#include "cpu/exec_impl.h"
