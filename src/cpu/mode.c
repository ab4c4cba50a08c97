/* The mode table. */
#include "cpu/mode.h"

#include <strings.h>

#include "cpu/trap.h"

const struct mode_info mode_table[MODE_COUNT] = {
#define MODE(e, name, nominal, v, bank, ecall) [MODE_##e] = {name, nominal, v, BANK_##bank, ecall},
#include "cpu/mode.def"
#undef MODE
};

enum mode mode_of(unsigned nominal, unsigned v)
{
    if (nominal == 3)
        return MODE_M;
    if (v)
        return nominal ? MODE_VS : MODE_VU;
    return nominal ? MODE_S : MODE_U;
}

int mode_named(const char *name)
{
    for (int m = 0; m < MODE_COUNT; m++)
        if (strcasecmp(name, mode_table[m].name) == 0)
            return m;
    return strcasecmp(name, "S") == 0 ? MODE_S : -1;
}
