/* Options of other tools (foreign.def). */
#include <ctype.h>
#include <string.h>

#include "machine/options.h"

const struct foreign_option foreign_options[] = {
#define FOREIGN(name_, tool_, answer_) {name_, tool_, answer_},
#include "machine/foreign.def"
#undef FOREIGN
    {0},
};

const struct foreign_option *foreign_option_find(const char *typed)
{
    size_t len = strcspn(typed, "=");
    if (typed[0] == '-' && typed[1] && isdigit((unsigned char)typed[2]))
        len = 2; /* -p4, -m512M, -m0x80000000:0x1000 */
    for (const struct foreign_option *f = foreign_options; f->name; f++)
        if (strlen(f->name) == len && strncmp(f->name, typed, len) == 0)
            return f;
    return NULL;
}
