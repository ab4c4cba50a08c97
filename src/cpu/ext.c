/* ISA strings: parsing. */
#include "cpu/ext.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu/ext_rules.h"

static const struct {
    const char *name, *text;
} absent[] = {
#define PROFILE(name, base, adds, text)
#define ABSENT(name, text) {name, text},
#include "cpu/profile.def"
#undef ABSENT
#undef PROFILE
};

static const struct {
    const char *name, *base, *adds;
} profiles[] = {
#define PROFILE(name, base, adds, text) {name, base, adds},
#define ABSENT(name, text)
#include "cpu/profile.def"
#undef ABSENT
#undef PROFILE
};

struct parser {
    unsigned xlen;
    struct extset set;
    bool named_modes; /* S, U or something privileged was said */
    bool named_paging;
    bool everything; /* "max": what a name excludes was not asked for by name */
    char *err;
    size_t err_len;
};

PRINTF(2, 3) static int refuse(struct parser *p, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->err, p->err_len, format, ap);
    va_end(ap);
    return -1;
}

/* Length of `text` without a version at its end ("2", "2p1"); *major gets the version or -1. */
static size_t strip_version(const char *text, size_t len, long *major)
{
    size_t i = len;
    *major = -1;
    while (i > 0 && isdigit((unsigned char)text[i - 1]))
        i--;
    if (i == len)
        return len;
    size_t last = i;
    if (i > 1 && tolower((unsigned char)text[i - 1]) == 'p' &&
        isdigit((unsigned char)text[i - 2])) {
        i--;
        while (i > 0 && isdigit((unsigned char)text[i - 1]))
            i--;
        last = i;
    }
    *major = strtol(text + last, NULL, 10);
    return last;
}

/* As ext_find, with an optional version; *major gets it or -1. */
static int find_versioned(const char *text, size_t len, long *major)
{
    *major = -1;
    int e = ext_find(text, len);
    if (e >= 0)
        return e;
    size_t bare = strip_version(text, len, major);
    return bare == 0 || bare == len ? -1 : ext_find(text, bare);
}

static const char *absent_text(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        if (ext_same_name(absent[i].name, text, len))
            return absent[i].text;
    if (len > 2 && strncasecmp(text, "zv", 2) == 0)
        return "vectors";
    return NULL;
}

static int refuse_name(struct parser *p, const char *text, size_t len)
{
    const char *what = absent_text(text, len);
    if (what)
        return refuse(p, "extension '%.*s' (%s) is not implemented", (int)len, text, what);
    return refuse(p, "unknown extension '%.*s'; --isa=help lists all", (int)len, text);
}

static bool is_paging(int e)
{
    return e == EXT_Svbare || e == EXT_Sv32 || e == EXT_Sv39 || e == EXT_Sv48 || e == EXT_Sv57;
}

/* Sm1p13 and the like: privileged-architecture versions. 1: taken; 0: not one; -1: refused. */
static int add_priv_version(struct parser *p, const char *text, size_t len)
{
    if (len < 4 || (strncasecmp(text, "sm1p", 4) != 0 && strncasecmp(text, "ss1p", 4) != 0))
        return 0;
    for (size_t i = 4; i < len; i++)
        if (!isdigit((unsigned char)text[i]))
            return 0;
    if (len == 4 || len > 6 || atoi(text + 4) > 13)
        return refuse(p, "'%.*s' is not implemented: 1p13 is", (int)len, text);
    if (tolower((unsigned char)text[1]) == 's') {
        extset_add(&p->set, EXT_S);
        p->named_modes = true;
    }
    return 1;
}

/* The set a name or letter stands for: one extension, or G. -1 when refused. */
static int named_set(struct parser *p, const char *text, size_t len, struct extset *out)
{
    long major;
    *out = (struct extset){{0}};
    int e = find_versioned(text, len, &major);
    if (e >= 0) {
        if (major > ext_table[e].major)
            return refuse(p, "'%.*s': version %u.%u of %s is implemented", (int)len, text,
                          ext_table[e].major, ext_table[e].minor, ext_table[e].name);
        extset_add(out, (enum ext)e);
        return 0;
    }
    if (strip_version(text, len, &major) == 1 && tolower((unsigned char)*text) == 'g') {
        static const u8 g[] = {EXT_I, EXT_M, EXT_A, EXT_F, EXT_D, EXT_Zicsr, EXT_Zifencei};
        for (size_t i = 0; i < sizeof g; i++)
            extset_add(out, (enum ext)g[i]);
        return 0;
    }
    return refuse_name(p, text, len);
}

static int add_name(struct parser *p, const char *text, size_t len)
{
    struct extset named;
    int version = add_priv_version(p, text, len);
    if (version)
        return version < 0 ? -1 : 0;
    if (named_set(p, text, len, &named))
        return -1;
    for (int e = 0; e < EXT_COUNT; e++)
        if (extset_has(&named, (enum ext)e))
            p->named_paging |= is_paging(e);
    extset_add_all(&p->set, &named);
    ext_close_needs(&named);
    p->named_modes |= extset_has(&named, EXT_U);
    return 0;
}

/* Takes out what is named, and what needs that. */
static int remove_name(struct parser *p, const char *text, size_t len)
{
    struct extset named;
    if (named_set(p, text, len, &named))
        return -1;
    if (extset_has(&named, EXT_I) || extset_has(&named, EXT_Zicsr))
        return refuse(p, "'%.*s' cannot be taken out", (int)len, text);
    for (int e = 0; e < EXT_COUNT; e++)
        if (extset_has(&named, (enum ext)e))
            ext_remove(&p->set, e);
    return 0;
}

/* The run of letters after "rv64": letters with versions, then perhaps one long name. */
static int parse_letters(struct parser *p, const char *s, size_t len)
{
    size_t i = 0;
    while (i < len) {
        char c = (char)tolower((unsigned char)s[i]);
        long major;
        bool long_name = c == 'z' || c == 'x' ||
                         (c == 's' && len - i > 1 && find_versioned(s + i, len - i, &major) >= 0) ||
                         (c == 's' && len - i > 4 && strncasecmp(s + i + 2, "1p", 2) == 0);
        if (long_name)
            return add_name(p, s + i, len - i);
        size_t end = i + 1;
        while (end < len && isdigit((unsigned char)s[end]))
            end++;
        if (end > i + 1 && end + 1 < len && tolower((unsigned char)s[end]) == 'p' &&
            isdigit((unsigned char)s[end + 1])) {
            end++;
            while (end < len && isdigit((unsigned char)s[end]))
                end++;
        }
        if (!isalpha((unsigned char)s[i]))
            return refuse(p, "'%c' is not a letter of an extension", s[i]);
        if (add_name(p, s + i, end - i))
            return -1;
        i = end;
    }
    return 0;
}

/* The names after the first token that are led by `which`, '_' or '-'. */
static int parse_names(struct parser *p, const char *s, char which)
{
    while (*s) {
        char sign = *s++;
        size_t len = strcspn(s, "_-");
        if (len == 0 && *s == '\0' && sign == '_')
            return 0;
        if (len == 0)
            return refuse(p, "an empty extension name");
        if (sign == which && (sign == '_' ? add_name : remove_name)(p, s, len))
            return -1;
        s += len;
    }
    return 0;
}

/* Adds a profile's extensions, those of its base first. */
static int add_profile(struct parser *p, size_t row)
{
    for (size_t i = 0; profiles[row].base && i < ARRAY_LEN(profiles); i++)
        if (strcmp(profiles[i].name, profiles[row].base) == 0 && add_profile(p, i))
            return -1;
    const char *adds = profiles[row].adds;
    size_t len = strcspn(adds, "_");
    if (strncmp(adds, "rv64", 4) == 0)
        return parse_letters(p, adds + 4, len - 4) ? -1 : parse_names(p, adds + len, '_');
    return add_name(p, adds, len) ? -1 : parse_names(p, adds + len, '_');
}

/* The first token: a profile, or rv32/rv64 with letters or "max". */
static int parse_base(struct parser *p, const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        if (ext_same_name(profiles[i].name, text, len)) {
            p->xlen = 64;
            return add_profile(p, i);
        }
    }
    if (len >= 4 && strncasecmp(text, "rv32", 4) == 0)
        p->xlen = 32;
    else if (len >= 4 && strncasecmp(text, "rv64", 4) == 0)
        p->xlen = 64;
    else
        return refuse(p, "'%.*s' is neither a profile nor begins with rv32 or rv64", (int)len,
                      text);
    if (ext_same_name("max", text + 4, len - 4)) {
        p->set = isa_default(p->xlen);
        p->named_modes = p->named_paging = p->everything = true;
        return 0;
    }
    char first = (char)tolower((unsigned char)text[4]);
    if (len == 4 || (first != 'i' && first != 'e' && first != 'g'))
        return refuse(p, "after rv%u comes i, e or g (or max, everything implemented)", p->xlen);
    return parse_letters(p, text + 4, len - 4);
}

/* A string that says nothing of privileged modes means a machine with all of them, and one that
 * says nothing of paging means every mode of the XLEN. */
static void add_unsaid(struct parser *p)
{
    if (!p->named_modes) {
        extset_add(&p->set, EXT_S);
        extset_add(&p->set, EXT_U);
    }
    ext_close(&p->set, p->xlen);
    if (!extset_has(&p->set, EXT_S) || p->named_paging)
        return;
    extset_add(&p->set, EXT_Svbare);
    extset_add(&p->set, p->xlen == 32 ? EXT_Sv32 : EXT_Sv57);
    ext_close(&p->set, p->xlen);
}

int isa_parse(const char *text, unsigned *xlen, struct extset *out, char *err, size_t err_len)
{
    struct parser p = {.err = err, .err_len = err_len};
    size_t len = strcspn(text, "_-");
    *err = 0;
    if (parse_base(&p, text, len) || parse_names(&p, text + len, '_'))
        return -1;
    add_unsaid(&p);
    if (p.everything) /* what was not asked for by name makes room for what was */
        ext_drop_excluded(&p.set, err, err_len);
    if (parse_names(&p, text + len, '-'))
        return -1;
    ext_close(&p.set, p.xlen);
    if (ext_contradiction(&p.set, p.xlen, err, err_len))
        return -1;
    *xlen = p.xlen;
    *out = p.set;
    return 0;
}
