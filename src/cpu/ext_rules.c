/* Sets of extensions: the closure of what they imply, what excludes what, and the defaults. */
#include "cpu/ext_rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct ext_info ext_table[EXT_COUNT] = {
#define EXT(name, major, minor, kind, needs, text) {#name, major, minor, needs, text},
#include "cpu/ext.def"
#undef EXT
};

bool ext_same_name(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && strncasecmp(name, text, len) == 0;
}

int ext_find(const char *text, size_t len)
{
    for (int e = 0; e < EXT_COUNT; e++)
        if (ext_same_name(ext_table[e].name, text, len))
            return e;
    return -1;
}

/* The extensions that `e` names as its needs. */
static struct extset needs_of(int e)
{
    struct extset out = {{0}};
    const char *s = ext_table[e].needs;
    while (*s) {
        size_t len = strcspn(s, " ");
        int n = ext_find(s, len);
        if (n >= 0)
            extset_add(&out, (enum ext)n);
        s += len + strspn(s + len, " ");
    }
    return out;
}

void extset_add_all(struct extset *set, const struct extset *more)
{
    for (size_t i = 0; i < ARRAY_LEN(set->w); i++)
        set->w[i] |= more->w[i];
}

static bool contains(const struct extset *set, const struct extset *part)
{
    for (size_t i = 0; i < ARRAY_LEN(set->w); i++)
        if (part->w[i] & ~set->w[i])
            return false;
    return true;
}

/* Machine-level extensions that comprise the supervisor-level one where there is S-mode. */
static const struct {
    u8 machine, supervisor;
} comprises[] = {{EXT_Smstateen, EXT_Ssstateen}, {EXT_Smaia, EXT_Ssaia}};

/* Letters and bundles that exist exactly when all their parts do. */
static const u8 bundles[] = {EXT_A,     EXT_B,     EXT_Zkn,  EXT_Zks,   EXT_Zk,   EXT_Zvkn,
                             EXT_Zvknc, EXT_Zvkng, EXT_Zvks, EXT_Zvksc, EXT_Zvksg};

/* C stands for Zca with Zcf and Zcd as far as F and D exist ("Zc*", section on C). */
static void close_compressed(struct extset *set, unsigned xlen)
{
    bool zcf = xlen == 32 && extset_has(set, EXT_F);
    bool zcd = extset_has(set, EXT_D);
    if (zcf && extset_has(set, EXT_Zce))
        extset_add(set, EXT_Zcf);
    if (extset_has(set, EXT_C)) {
        if (zcf)
            extset_add(set, EXT_Zcf);
        if (zcd)
            extset_add(set, EXT_Zcd);
    } else if (extset_has(set, EXT_Zca) && (!zcf || extset_has(set, EXT_Zcf)) &&
               (!zcd || extset_has(set, EXT_Zcd))) {
        extset_add(set, EXT_C);
    }
}

void ext_close_needs(struct extset *set)
{
    struct extset before;
    do {
        before = *set;
        for (int e = 0; e < EXT_COUNT; e++) {
            if (!extset_has(set, (enum ext)e))
                continue;
            struct extset n = needs_of(e);
            extset_add_all(set, &n);
        }
    } while (memcmp(&before, set, sizeof before) != 0);
}

void ext_close(struct extset *set, unsigned xlen)
{
    extset_add(set, EXT_I);
    extset_add(set, EXT_Zicsr); /* machine mode always exists */
    ext_close_needs(set);       /* whether there is S-mode, to begin with */
    if (extset_has(set, EXT_Sspm))
        extset_add(set, EXT_Smnpm);
    if (extset_has(set, EXT_Supm))
        extset_add(set, extset_has(set, EXT_S) ? EXT_Ssnpm : EXT_Smnpm);
    ext_close_needs(set);
    for (size_t i = 0; i < ARRAY_LEN(comprises); i++)
        if (extset_has(set, (enum ext)comprises[i].machine) && extset_has(set, EXT_S))
            extset_add(set, (enum ext)comprises[i].supervisor);
    for (size_t i = 0; i < sizeof bundles; i++) {
        struct extset n = needs_of(bundles[i]);
        if (contains(set, &n))
            extset_add(set, (enum ext)bundles[i]);
    }
    close_compressed(set, xlen);
}

/* What takes its parts with it when it is taken out. */
static bool is_bundle(int e)
{
    return e == EXT_C || e == EXT_M || memchr(bundles, e, sizeof bundles) != NULL;
}

/* Takes out `e` and whatever needs it. */
static void take_out(struct extset *set, int e)
{
    extset_remove(set, (enum ext)e);
    if (e == EXT_Zcd || e == EXT_Zcf)
        extset_remove(set, EXT_C);
    for (size_t i = 0; i < ARRAY_LEN(comprises); i++) /* it would bring the other one back */
        if (comprises[i].supervisor == e && extset_has(set, EXT_S))
            extset_remove(set, (enum ext)comprises[i].machine);
    /* Supm and Sspm promise what these give: without them they would bring them back. */
    if (e == EXT_Ssnpm || e == EXT_Smnpm)
        extset_remove(set, EXT_Supm);
    if (e == EXT_Smnpm)
        extset_remove(set, EXT_Sspm);
    for (int other = 0; other < EXT_COUNT; other++) {
        struct extset n = needs_of(other);
        if (extset_has(&n, (enum ext)e) && extset_has(set, (enum ext)other))
            take_out(set, other);
    }
}

void ext_remove(struct extset *set, int e)
{
    struct extset parts = needs_of(e);
    take_out(set, e);
    for (int part = 0; is_bundle(e) && part < EXT_COUNT; part++)
        if (extset_has(&parts, (enum ext)part) && extset_has(set, (enum ext)part))
            ext_remove(set, part);
}

/* Extensions that exist for one XLEN only. */
static const struct {
    u8 ext, xlen;
} xlen_only[] = {
    {EXT_Zcf, 32},     {EXT_Zilsd, 32},  {EXT_Zclsd, 32},       {EXT_Sv32, 32},
    {EXT_Sv39, 64},    {EXT_Sv48, 64},   {EXT_Sv57, 64},        {EXT_Smmpm, 64},
    {EXT_Smnpm, 64},   {EXT_Ssnpm, 64},  {EXT_Sspm, 64},        {EXT_Supm, 64},
    {EXT_Svnapot, 64}, {EXT_Svpbmt, 64}, {EXT_Svrsw60t59b, 64}, {EXT_Ssu64xl, 64},
};

/* What cannot be had with another: an extension (or a bundle), the other, how, and what to do. */
static const struct {
    u8 ext, other;
    const char *how, *leave;
} excludes[] = {
    {EXT_Zcmp, EXT_Zcd, "uses the encodings of", "C or D, or take -zcd"},
    {EXT_Zcmt, EXT_Zcd, "uses the encodings of", "C or D, or take -zcd"},
    {EXT_Zclsd, EXT_Zcf, "uses the encodings of", "C or F, or take -zcf"},
    {EXT_E, EXT_H, "has 16 registers, too few for", "H, or take -h"},
    {EXT_Zfinx, EXT_F, "computes in x registers, which excludes", "F, or take -f"},
};

static bool excluded(const struct extset *s, size_t row)
{
    return extset_has(s, (enum ext)excludes[row].ext) &&
           extset_has(s, (enum ext)excludes[row].other);
}

/* The letters that bring a compressed extension, for a message. */
static const char *brought_by(const struct extset *s, int e)
{
    if (!extset_has(s, EXT_C))
        return "";
    return e == EXT_Zcd   ? ", which C with D includes"
           : e == EXT_Zcf ? ", which C with F includes"
                          : "";
}

int ext_contradiction(const struct extset *s, unsigned xlen, char *text, size_t len)
{
    for (int e = EXT_COUNT - 1; e >= 0; e--)
        for (size_t i = 0; i < ARRAY_LEN(xlen_only); i++)
            if (xlen_only[i].ext == e && extset_has(s, (enum ext)e) && xlen_only[i].xlen != xlen) {
                snprintf(text, len, "'%s' exists on RV%u only", ext_table[e].name,
                         xlen_only[i].xlen);
                return -1;
            }
    for (size_t i = 0; i < ARRAY_LEN(excludes); i++) {
        if (!excluded(s, i))
            continue;
        snprintf(text, len, "'%s' %s %s%s; leave out %s", ext_table[excludes[i].ext].name,
                 excludes[i].how, ext_table[excludes[i].other].name,
                 brought_by(s, excludes[i].other), excludes[i].leave);
        return -1;
    }
    return 0;
}

void ext_drop_excluded(struct extset *s, char *text, size_t len)
{
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_LEN(excludes) && used < len; i++) {
        if (!excluded(s, i))
            continue;
        ext_remove(s, excludes[i].other);
        used += (size_t)snprintf(text + used, len - used, "%s%s %s %s, which is left out",
                                 used ? "; " : "", ext_table[excludes[i].ext].name, excludes[i].how,
                                 ext_table[excludes[i].other].name);
    }
}

/* Left out of the default: Zcmp and Zcmt exclude Zcd, Zfinx and what needs it F; with Smrnmi or
 * Smdbltrp a hart comes out of reset in a state (mnstatus.NMIE = 0, mstatus.MDT = 1) that software
 * must know how to leave; Svade next to Svadu makes Linux leave A and D to software; of vectors not
 * all is there yet. */
bool isa_optional(enum ext e)
{
    if (e == EXT_V || strncmp(ext_table[e].name, "Zv", 2) == 0)
        return true;
    static const u8 optional[] = {
        EXT_Zcmp,    EXT_Zcmt,     EXT_Zce,    EXT_Zclsd,    EXT_Zilsd,    EXT_Zalasr,
        EXT_Zama16b, EXT_Ziccamoc, EXT_Ziccid, EXT_Ztso,     EXT_Smcdeleg, EXT_Ssccfg,
        EXT_Ssqosid, EXT_Smctr,    EXT_E,      EXT_Ssctr,    EXT_Zfinx,    EXT_Zdinx,
        EXT_Zhinx,   EXT_Zhinxmin, EXT_Smrnmi, EXT_Smdbltrp, EXT_Svade};
    return memchr(optional, e, sizeof optional) != NULL;
}

struct extset isa_default(unsigned xlen)
{
    struct extset set = {{0}};
    for (int e = 0; e < EXT_COUNT; e++)
        if (!isa_optional((enum ext)e))
            extset_add(&set, (enum ext)e);
    for (size_t i = 0; i < ARRAY_LEN(xlen_only); i++)
        if (xlen_only[i].xlen != xlen)
            extset_remove(&set, (enum ext)xlen_only[i].ext);
    return set;
}
