/* Parses --sbi=KEY=VALUE,…: a table of keys, each with its function. */
#include "sbi/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sbi/firmware.h"

enum { SPEC_3_0 = 0x300, IMPL_ID = 0x687874 /* "hxt" */, IMPL_VERSION = 1, MAX_FILE = 65536 };

/* Where an error message goes. */
struct complaint {
    char *buf;
    size_t len;
};

static int PRINTF(2, 3) complain(const struct complaint *c, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(c->buf, c->len, format, ap);
    va_end(ap);
    return -1;
}

static int parse_number(const char *text, u64 *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 0);
    return errno || end == text || *end ? -1 : 0;
}

static int number(const char *key, const char *text, u64 *value, const struct complaint *c)
{
    if (parse_number(text, value))
        return complain(c, "--sbi: %s=%s: not a number", key, text);
    return 0;
}

/* ---- the keys ---- */

static int set_spec(struct sbi_options *o, const char *text, const struct complaint *c)
{
    unsigned major, minor;
    char rest;

    if (sscanf(text, "%u.%u%c", &major, &minor, &rest) != 2 || major > 127 || minor > 255)
        return complain(c, "--sbi: spec=%s: a version such as 2.0 is wanted", text);
    o->spec = major << 8 | minor;
    return 0;
}

static int set_impl_id(struct sbi_options *o, const char *text, const struct complaint *c)
{
    return number("impl-id", text, &o->impl_id, c);
}

static int set_impl_version(struct sbi_options *o, const char *text, const struct complaint *c)
{
    return number("impl-version", text, &o->impl_version, c);
}

static int set_mvendorid(struct sbi_options *o, const char *text, const struct complaint *c)
{
    o->mvendorid_given = true;
    return number("mvendorid", text, &o->mvendorid, c);
}

static int set_marchid(struct sbi_options *o, const char *text, const struct complaint *c)
{
    o->marchid_given = true;
    return number("marchid", text, &o->marchid, c);
}

static int set_mimpid(struct sbi_options *o, const char *text, const struct complaint *c)
{
    o->mimpid_given = true;
    return number("mimpid", text, &o->mimpid, c);
}

static int find_extension(const char *name, size_t len)
{
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++) {
        if (strlen(sbi_extensions[i]->name) == len && !strncmp(sbi_extensions[i]->name, name, len))
            return (int)i;
    }
    return -1;
}

static int find_function(unsigned ext, const char *name, size_t len)
{
    const struct sbi_extension *e = sbi_extensions[ext];

    for (unsigned i = 0; i < e->num_functions; i++) {
        if (strlen(e->function[i].name) == len && !strncmp(e->function[i].name, name, len))
            return (int)i;
    }
    return -1;
}

/* "rfence" or "rfence.remote_fence_i": the extension and a bit for each function meant. */
static int parse_functions(const char *text, size_t len, unsigned *ext, u32 *functions)
{
    const char *dot = memchr(text, '.', len);
    size_t name = dot ? (size_t)(dot - text) : len;
    int e = find_extension(text, name);

    if (e < 0)
        return -1;
    *ext = (unsigned)e;
    *functions = (u32)MASK(sbi_extensions[e]->num_functions);
    if (!dot)
        return 0;
    int f = find_function(*ext, dot + 1, len - name - 1);
    if (f < 0)
        return -1;
    *functions = (u32)BIT(f);
    return 0;
}

static int no_such_function(const char *key, const char *text, const struct complaint *c)
{
    char known[256] = "";
    size_t used = 0;

    for (unsigned i = 0; i < SBI_EXTENSIONS; i++)
        used +=
            (size_t)snprintf(known + used, sizeof(known) - used, " %s", sbi_extensions[i]->name);
    return complain(c, "--sbi: %s=%s: no such extension or function; extensions:%s", key, text,
                    known);
}

static int set_disable(struct sbi_options *o, const char *text, const struct complaint *c)
{
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, "+");
        unsigned ext;
        u32 functions;
        if (parse_functions(p, len, &ext, &functions))
            return no_such_function("disable", text, c);
        o->disabled[ext] |= functions;
        p += len + (p[len] == '+');
    }
    return 0;
}

static int set_enable(struct sbi_options *o, const char *text, const struct complaint *c)
{
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, "+");
        unsigned ext;
        u32 functions;
        if (parse_functions(p, len, &ext, &functions))
            return no_such_function("enable", text, c);
        o->disabled[ext] &= ~functions;
        o->requested |= (u32)BIT(ext);
        p += len + (p[len] == '+');
    }
    return 0;
}

/* Cause numbers separated by '+'. */
static int parse_causes(const char *key, const char *text, u64 *mask, const struct complaint *c)
{
    for (const char *p = text; *p;) {
        char *end;
        unsigned long cause = strtoul(p, &end, 0);
        if (end == p || cause > 63 || (*end && *end != '+'))
            return complain(c, "--sbi: %s=%s: cause numbers separated by '+' are wanted", key,
                            text);
        *mask |= BIT(cause);
        p = end + (*end == '+');
    }
    return 0;
}

static int set_delegate(struct sbi_options *o, const char *text, const struct complaint *c)
{
    return parse_causes("delegate", text, &o->delegate, c);
}

static int set_undelegate(struct sbi_options *o, const char *text, const struct complaint *c)
{
    return parse_causes("undelegate", text, &o->undelegate, c);
}

static int set_undelegate_irq(struct sbi_options *o, const char *text, const struct complaint *c)
{
    return parse_causes("undelegate-irq", text, &o->undelegate_irq, c);
}

static int set_reset_values(struct sbi_options *o, const char *text, const struct complaint *c)
{
    if (!strcmp(text, "usual"))
        o->reset_values = RESET_USUAL;
    else if (!strcmp(text, "zero"))
        o->reset_values = RESET_ZERO;
    else if (!strcmp(text, "poison"))
        o->reset_values = RESET_POISON;
    else if (!strncmp(text, "random:", 7) && !parse_number(text + 7, &o->seed))
        o->reset_values = RESET_RANDOM;
    else
        return complain(c, "--sbi: reset-values=%s: usual, zero, poison or random:SEED is wanted",
                        text);
    return 0;
}

/* Names of CSRs separated by '+', or none. */
static int set_reset_zero(struct sbi_options *o, const char *text, const struct complaint *c)
{
    o->num_reset_zero = 0;
    if (!strcmp(text, "none"))
        return 0;
    for (const char *p = text; *p;) {
        char name[32];
        size_t len = strcspn(p, "+");
        snprintf(name, sizeof name, "%.*s", (int)len, p);
        int num = csr_number(name);
        if (num < 0)
            return complain(
                c, "--sbi: reset-zero=%s: names of CSRs separated by '+', or none, are wanted",
                text);
        if (o->num_reset_zero == ARRAY_LEN(o->reset_zero))
            return complain(c, "--sbi: reset-zero=%s: at most 16 CSRs", text);
        o->reset_zero[o->num_reset_zero++] = (u16)num;
        p += len + (p[len] == '+');
    }
    return 0;
}

static int set_misaligned(struct sbi_options *o, const char *text, const struct complaint *c)
{
    if (!strcmp(text, "emulate"))
        o->misaligned = MISALIGNED_EMULATE;
    else if (!strcmp(text, "redirect"))
        o->misaligned = MISALIGNED_REDIRECT;
    else if (!strcmp(text, "delegate"))
        o->misaligned = MISALIGNED_DELEGATE;
    else
        return complain(c, "--sbi: misaligned=%s: emulate, redirect or delegate is wanted", text);
    return 0;
}

static int set_sse_global(struct sbi_options *o, const char *text, const struct complaint *c)
{
    if (!strcmp(text, "stay"))
        o->sse_global = SSE_GLOBAL_STAY;
    else if (!strcmp(text, "move"))
        o->sse_global = SSE_GLOBAL_MOVE;
    else
        return complain(c, "--sbi: sse-global=%s: stay or move is wanted", text);
    return 0;
}

/* An error by number (-5) or name (INVALID_ADDRESS). */
static int parse_error(const char *text, s64 *error)
{
    char *end;

    for (s64 e = 0; sbi_error_name(e); e--) {
        if (!strcmp(sbi_error_name(e), text)) {
            *error = e;
            return 0;
        }
    }
    *error = strtoll(text, &end, 0);
    return end == text || *end ? -1 : 0;
}

static int set_fail(struct sbi_options *o, const char *text, const struct complaint *c)
{
    char copy[128];
    struct sbi_failure f = {0};
    unsigned ext;
    u32 functions;

    if (o->num_failures == SBI_MAX_FAILURES)
        return complain(c, "--sbi: fail=%s: at most %u failures", text, SBI_MAX_FAILURES);
    snprintf(copy, sizeof(copy), "%s", text);
    char *colon = strchr(copy, ':');
    char *at = strchr(copy, '@');
    if (!colon)
        return complain(c, "--sbi: fail=%s: EXTENSION.FUNCTION:ERROR[@N] is wanted", text);
    *colon = '\0';
    if (at)
        *at = '\0';
    if (parse_functions(copy, strlen(copy), &ext, &functions) || (functions & (functions - 1)))
        return no_such_function("fail", text, c);
    if (parse_error(colon + 1, &f.error))
        return complain(c, "--sbi: fail=%s: no such error", text);
    if (at && (parse_number(at + 1, &f.nth) || f.nth == 0))
        return complain(c, "--sbi: fail=%s: a number from 1 is wanted after '@'", text);
    f.extension = ext;
    f.function = (u32)__builtin_ctz(functions);
    o->failure[o->num_failures++] = f;
    return 0;
}

static const struct key {
    const char *name;
    int (*set)(struct sbi_options *o, const char *text, const struct complaint *c);
} keys[] = {
    {"spec", set_spec},
    {"impl-id", set_impl_id},
    {"impl-version", set_impl_version},
    {"mvendorid", set_mvendorid},
    {"marchid", set_marchid},
    {"mimpid", set_mimpid},
    {"disable", set_disable},
    {"enable", set_enable},
    {"delegate", set_delegate},
    {"undelegate", set_undelegate},
    {"undelegate-irq", set_undelegate_irq},
    {"reset-values", set_reset_values},
    {"reset-zero", set_reset_zero},
    {"misaligned", set_misaligned},
    {"sse-global", set_sse_global},
    {"fail", set_fail},
};

static int unknown_key(const char *text, const struct complaint *c)
{
    char known[256] = "";
    size_t used = 0;

    for (unsigned i = 0; i < ARRAY_LEN(keys); i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, " %s", keys[i].name);
    return complain(c, "--sbi: unknown key '%s'; known:%s", text, known);
}

/* One KEY=VALUE; modifies the text. */
static int set_one(struct sbi_options *o, char *text, const struct complaint *c)
{
    char *equals = strchr(text, '=');

    if (!equals)
        return unknown_key(text, c);
    *equals = '\0';
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        if (!strcmp(keys[i].name, text))
            return keys[i].set(o, equals + 1, c);
    }
    return unknown_key(text, c);
}

/* Every item between `separators`; blank ones and '#' comments are skipped. Modifies the text. */
static int set_all(struct sbi_options *o, char *text, const char *separators,
                   const struct complaint *c)
{
    char *save = NULL;

    for (char *p = strtok_r(text, separators, &save); p; p = strtok_r(NULL, separators, &save)) {
        p += strspn(p, " \t");
        p[strcspn(p, " \t\r")] = '\0';
        if (*p && *p != '#' && set_one(o, p, c))
            return -1;
    }
    return 0;
}

static int read_file(struct sbi_options *o, const char *name, const struct complaint *c)
{
    FILE *f = fopen(name, "r");
    char *text = NULL;
    int result = -1;

    if (!f)
        return complain(c, "--sbi=%s: neither KEY=VALUE nor a file: %s", name, strerror(errno));
    text = calloc(1, MAX_FILE + 1);
    if (!text || fread(text, 1, MAX_FILE + 1, f) > MAX_FILE || ferror(f))
        complain(c, "--sbi=%s: cannot read it, or it is longer than %u bytes", name, MAX_FILE);
    else
        result = set_all(o, text, "\n", c);
    free(text);
    fclose(f);
    return result;
}

int sbi_options_parse(struct sbi_options *o, const char *text, char *err, size_t err_len)
{
    struct complaint c = {err, err_len};

    *o = (struct sbi_options){.spec = SPEC_3_0,
                              .impl_id = IMPL_ID,
                              .impl_version = IMPL_VERSION,
                              .reset_zero = {CSR_hie},
                              .num_reset_zero = 1};
    if (!text || !*text)
        return 0;
    if (!strchr(text, '='))
        return read_file(o, text, &c);
    char *copy = strdup(text);
    if (!copy)
        return complain(&c, "--sbi: out of memory");
    int result = set_all(o, copy, ",", &c);
    free(copy);
    return result;
}

int sbi_check_options(const char *options, char *err, size_t err_len)
{
    struct sbi_options o;

    return sbi_options_parse(&o, options, err, err_len);
}
