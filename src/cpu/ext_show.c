/* ISA strings and extensions, printed. */
#include <ctype.h>
#include <stdio.h>

#include "cpu/ext_rules.h"

static const struct {
    const char *name, *text;
} profiles[] = {
#define PROFILE(name, base, adds, text) {name, text},
#define ABSENT(name, text)
#include "cpu/profile.def"
#undef ABSENT
#undef PROFILE
};

char *isa_string(const struct extset *set, unsigned xlen, char *buf, size_t len)
{
    size_t pos = (size_t)snprintf(buf, len, "rv%u", xlen);
    for (int e = 0; e < EXT_COUNT && pos < len; e++) {
        if (!extset_names(set, (enum ext)e))
            continue;
        const char *sep = ext_table[e].name[1] ? "_" : "";
        for (const char *c = sep; *c && pos + 1 < len; c++)
            buf[pos++] = *c;
        for (const char *c = ext_table[e].name; *c && pos + 1 < len; c++)
            buf[pos++] = (char)tolower((unsigned char)*c);
    }
    if (len)
        buf[pos < len ? pos : len - 1] = '\0';
    return buf;
}

void isa_help(FILE *out)
{
    fprintf(
        out,
        "--isa=BASE[_NAME...][-NAME...], upper or lower case\n\n"
        "BASE is rv32 or rv64 followed by letters (i, e or g first), or by max (everything\n"
        "implemented), or a profile. _NAME adds an extension and what it needs, -NAME takes one\n"
        "out with what needs it. A string that names neither S nor U has both; one that names no\n"
        "paging has every mode of that XLEN. A version such as 2p0 may follow a name.\n\n"
        "Extensions (* not in the default)\n");
    for (int e = 0; e < EXT_COUNT; e++) {
        char version[16];
        snprintf(version, sizeof version, "%u.%u", ext_table[e].major, ext_table[e].minor);
        fprintf(out, "  %-13s %-5s%c %s\n", ext_table[e].name, version,
                isa_optional((enum ext)e) ? '*' : ' ', ext_table[e].text);
    }
    fprintf(out, "\nProfiles\n");
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
        fprintf(out, "  %-13s %s\n", profiles[i].name, profiles[i].text);
}
