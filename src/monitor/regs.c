/* Names of the general and floating-point registers. */
#include <stdlib.h>
#include <string.h>

#include "cpu/insn.h"
#include "monitor/expr.h"

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
        if (strcmp(name, insn_x_name[i]) == 0)
            return i;
    return numbered(name, 'x');
}

int freg_number(const char *name)
{
    for (int i = 0; i < 32; i++)
        if (strcmp(name, insn_f_name[i]) == 0)
            return i;
    return numbered(name, 'f');
}

int vreg_number(const struct hart *h, const char *name)
{
    return h->config.vlen ? numbered(name, 'v') : -1;
}
