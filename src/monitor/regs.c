/* Names of the general and floating-point registers. */
#include <stdlib.h>
#include <string.h>

#include "monitor/expr.h"

const char *const reg_names[32] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                   "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                   "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                   "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
const char *const freg_names[32] = {"ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",
                                    "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
                                    "fa6", "fa7", "fs2",  "fs3",  "fs4", "fs5", "fs6",  "fs7",
                                    "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

static int numbered(const char *name, char letter)
{
    if (name[0] != letter || name[1] < '0' || name[1] > '9' || strlen(name) > 3)
        return -1;
    char *end;
    long n = strtol(name + 1, &end, 10);
    return *end || n > 31 ? -1 : (int)n;
}

int reg_number(const char *name)
{
    if (strcmp(name, "fp") == 0)
        return 8;
    for (int i = 0; i < 32; i++)
        if (strcmp(name, reg_names[i]) == 0)
            return i;
    return numbered(name, 'x');
}

int freg_number(const char *name)
{
    for (int i = 0; i < 32; i++)
        if (strcmp(name, freg_names[i]) == 0)
            return i;
    return numbered(name, 'f');
}
