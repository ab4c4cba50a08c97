/* Symbols for a hart in a mode. */
#include "monitor/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* ---- causes ---- */

static const char *const short_names[2][64] = {
    {
#define EXC(code, e, name, tval, guest, deleg) [code] = #e,
#define IRQ(code, e, name)
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    },
    {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) [code] = #e,
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    },
};

const char *cause_short_name(unsigned code, unsigned interrupt)
{
    return code < 64 && short_names[interrupt][code] ? short_names[interrupt][code] : "";
}

/* Small letters, blanks for what separates words. */
static char plain(char c)
{
    return strchr("-_/ ", c) && c ? ' ' : (char)tolower((unsigned char)c);
}

/* Behind what the name begins with, if that is the text, in which "/AMO" may be left out; else
 * NULL. */
static const char *behind(const char *name, const char *text)
{
    while (*text && plain(*name) == plain(*text)) {
        name++, text++;
        if (strncmp(name, "/AMO", 4) == 0 && strncasecmp(text, "/amo", 4) != 0 &&
            strncasecmp(text, "-amo", 4) != 0 && strncasecmp(text, " amo", 4) != 0)
            name += 4;
    }
    return *text ? NULL : name;
}

static bool part(const char *name, const char *text)
{
    for (; *name; name++)
        if (behind(name, text))
            return true;
    return false;
}

static bool whole(const char *name, const char *text)
{
    const char *end = behind(name, text);
    return end && !*end;
}

static const char *long_name(unsigned code, unsigned interrupt)
{
    return !*cause_short_name(code, interrupt) ? ""
           : interrupt                         ? interrupt_name(code)
                                               : exception_name(code);
}

int name_cause(const char *text, unsigned interrupt, s32 *cause)
{
    unsigned parts = 0;
    for (unsigned i = 0; i < 64; i++)
        if (whole(cause_short_name(i, interrupt), text) || whole(long_name(i, interrupt), text)) {
            *cause = (s32)i;
            return 0;
        }
    for (unsigned i = 0; i < 64; i++)
        if (part(cause_short_name(i, interrupt), text) || part(long_name(i, interrupt), text)) {
            *cause = (s32)i;
            parts++;
        }
    return parts == 1 ? 0 : -1;
}

char *cause_names(const char *text, unsigned interrupt, char *buf, size_t len)
{
    size_t n = 0;
    *buf = '\0';
    for (unsigned i = 0; i < 64 && n < len; i++)
        if (part(cause_short_name(i, interrupt), text) || part(long_name(i, interrupt), text))
            n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? ", " : "", long_name(i, interrupt));
    return buf;
}
