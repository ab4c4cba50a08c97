/* Floating point in x registers for XLEN = 64. */
#include "common/types.h"

#define XLEN 64
typedef u64 ux;
typedef s64 sx;
#define FINX_NAME(name)  finx64_##name
#define PLAIN_NAME(name) plain64_##name
#define FINX_TABLE       finx_rv64
#include "cpu/exec_finx_impl.h"
