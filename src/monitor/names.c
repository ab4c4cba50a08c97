/* Symbols for a hart in a mode. */
#include "monitor/names.h"

#include <stdio.h>

#include "monitor/filter.h"

bool name_at(const struct symbols *s, const struct hart *h, enum mode mode, u64 addr,
             struct symbol_place *out)
{
    return s && symbols_find(s, mode, hart_vmid(h), addr, out);
}

char *name_text(const struct symbols *s, const struct hart *h, enum mode mode, u64 addr, char *buf,
                size_t len)
{
    char name[256] = "";
    if (s)
        symbols_format(s, mode, hart_vmid(h), addr, name, sizeof name);
    snprintf(buf, len, *name ? "<%s>" : "%s", name);
    return buf;
}

int name_lookup(const struct symbols *s, enum mode mode, unsigned vmid, const char *name, u64 *addr)
{
    struct symbol_place place;
    if (!s || (!symbols_lookup(s, name, 1u << mode, (int)vmid, &place) &&
               !symbols_lookup(s, name, 1u << mode, -1, &place) &&
               !symbols_lookup(s, name, 0, -1, &place)))
        return -1;
    *addr = place.start;
    return 0;
}
