/* Parses --sbi=KEY=VALUE,…: the rows of what it can say. */
#include "sbi/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keys.h"
#include "sbi/firmware.h"

enum { SPEC_3_0 = 0x300, IMPL_ID = 0x687874 /* "hxt" */, IMPL_VERSION = 1, MAX_FILE = 65536 };

/* ---- the keys ---- */

static int set_spec(void *into, const char *text, struct error *err)
{
    unsigned major, minor;
    char rest;

    if (sscanf(text, "%u.%u%c", &major, &minor, &rest) != 2 || major > 127 || minor > 255)
        return error_set(err, "not a version such as 2.0");
    ((struct sbi_options *)into)->spec = major << 8 | minor;
    return 0;
}

/* An identification register, which counts as given from then on. */
static int set_id(const char *text, u64 *value, bool *given, struct error *err)
{
    *given = true;
    return number_parse(text, NUMBER_PLAIN, value) ? error_set(err, "not a number") : 0;
}

static int set_mvendorid(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;
    return set_id(text, &o->mvendorid, &o->mvendorid_given, err);
}

static int set_marchid(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;
    return set_id(text, &o->marchid, &o->marchid_given, err);
}

static int set_mimpid(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;
    return set_id(text, &o->mimpid, &o->mimpid_given, err);
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

static int no_such_function(struct error *err)
{
    char known[256] = "";
    size_t used = 0;

    for (unsigned i = 0; i < SBI_EXTENSIONS; i++)
        used +=
            (size_t)snprintf(known + used, sizeof(known) - used, " %s", sbi_extensions[i]->name);
    return error_set(err, "no such extension or function; extensions:%s", known);
}

static int set_disable(void *into, const char *text, struct error *err)
{
    unsigned ext;
    u32 functions;

    if (parse_functions(text, strlen(text), &ext, &functions))
        return no_such_function(err);
    ((struct sbi_options *)into)->disabled[ext] |= functions;
    return 0;
}

static int set_enable(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;
    unsigned ext;
    u32 functions;

    if (parse_functions(text, strlen(text), &ext, &functions))
        return no_such_function(err);
    o->disabled[ext] &= ~functions;
    o->requested |= (u32)BIT(ext);
    return 0;
}

static int add_cause(const char *text, u64 *mask, struct error *err)
{
    u64 cause;

    if (number_parse(text, NUMBER_PLAIN, &cause) || cause > 63)
        return error_set(err, "cause numbers up to 63, separated by '+', are wanted");
    *mask |= BIT(cause);
    return 0;
}

/* Delegated, nothing could work: the exceptions that stay in M-mode, and why. */
static const struct {
    u8 cause;
    const char *why;
} machines_own[] = {
    {CAUSE_ECALL_S, "stays with the firmware: SBI is called by it"},
    {CAUSE_ECALL_M, "stays in M-mode; medeleg has no bit for it"},
    {CAUSE_DOUBLE_TRAP, "stays in M-mode; medeleg has no bit for it"},
};

static int check_cause(u64 cause, struct error *err)
{
    for (unsigned i = 0; i < ARRAY_LEN(machines_own); i++)
        if (machines_own[i].cause == cause)
            return error_set(err, "cause %u (%s) %s", (unsigned)cause,
                             exception_name((unsigned)cause), machines_own[i].why);
    if (!strcmp(exception_name((unsigned)cause), "reserved"))
        return error_set(err, "there is no exception %u", (unsigned)cause);
    return 0;
}

/* A list of exceptions, none of them M-mode's own. */
static int add_exception(const char *text, u64 *mask, struct error *err)
{
    u64 cause;

    if (add_cause(text, mask, err))
        return -1;
    return number_parse(text, NUMBER_PLAIN, &cause) ? -1 : check_cause(cause, err);
}

/* Undelegated, nothing could work or nothing would change: why. */
static const struct {
    u64 irqs;
    const char *why;
} undelegable[] = {
    {BIT(IRQ_SSI), "brings IPIs; in M-mode the firmware can only mask it, and none would arrive"},
    {BIT(IRQ_STI),
     "is the supervisor's timer; in M-mode the firmware can only mask it, and no timer "
     "would ever fire"},
    {BIT(IRQ_SEI), "comes from devices; in M-mode the firmware can only mask it, and none would be "
                   "heard"},
    {BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI), "is M-mode's; mideleg has no bit for it"},
    {BIT(IRQ_VSSI) | BIT(IRQ_VSTI) | BIT(IRQ_VSEI) | BIT(IRQ_SGEI),
     "is a guest's; its bit of mideleg is read-only one"},
};

static int check_irq(u64 irq, struct error *err)
{
    for (unsigned i = 0; i < ARRAY_LEN(undelegable); i++)
        if (undelegable[i].irqs >> irq & 1)
            return error_set(err, "interrupt %u (%s) %s", (unsigned)irq,
                             interrupt_name((unsigned)irq), undelegable[i].why);
    return 0;
}

/* What cannot be had together. */
static int check_delegation(const struct sbi_options *o, struct error *err)
{
    u64 misaligned = BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_STORE_MISALIGNED);
    u64 delegated = o->delegate | (o->misaligned == MISALIGNED_DELEGATE ? misaligned : 0);
    u64 both = delegated & o->undelegate;

    if (!both)
        return 0;
    return error_set(err, "--sbi: cause %d (%s) is to be delegated and to be undelegated",
                     __builtin_ctzll(both), exception_name((unsigned)__builtin_ctzll(both)));
}

static int set_delegate(void *into, const char *text, struct error *err)
{
    return add_exception(text, &((struct sbi_options *)into)->delegate, err);
}

static int set_undelegate(void *into, const char *text, struct error *err)
{
    return add_exception(text, &((struct sbi_options *)into)->undelegate, err);
}

static int set_undelegate_irq(void *into, const char *text, struct error *err)
{
    u64 irq;

    if (add_cause(text, &((struct sbi_options *)into)->undelegate_irq, err))
        return -1;
    return number_parse(text, NUMBER_PLAIN, &irq) ? -1 : check_irq(irq, err);
}

/* ---- reset-values=HOW, which is random:SEED or one word ---- */

static int set_random(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;

    o->reset_values = RESET_RANDOM;
    return number_parse(text, NUMBER_PLAIN, &o->seed)
               ? error_set(err, "must be random:SEED, where SEED is a number")
               : 0;
}

#define AT(member) KEY_AT(struct sbi_options, member)
static const struct key reset_keys[] = {
    {"usual", NULL, KEY_WORD, AT(reset_values), .min = RESET_USUAL},
    {"zero", NULL, KEY_WORD, AT(reset_values), .min = RESET_ZERO},
    {"poison", NULL, KEY_WORD, AT(reset_values), .min = RESET_POISON},
    {"random", "SEED", KEY_CALL, .call = set_random},
};

int sbi_options_reset_values(void *into, const char *text, struct error *err)
{
    static const struct key_table table = {
        .row = reset_keys, .num = ARRAY_LEN(reset_keys), .assign = ':'};
    return key_take(&table, text, into, err);
}

/* The first name replaces what is there by default. */
static int set_reset_zero(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;
    int num = csr_number(text);

    if (!o->reset_zero_given)
        o->num_reset_zero = 0;
    o->reset_zero_given = true;
    if (!strcmp(text, "none") && !o->num_reset_zero)
        return 0;
    if (num < 0)
        return error_set(err, "names of CSRs separated by '+', or none, are wanted");
    if (o->num_reset_zero == ARRAY_LEN(o->reset_zero))
        return error_set(err, "at most 16 CSRs");
    o->reset_zero[o->num_reset_zero++] = (u16)num;
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

static int set_fail(void *into, const char *text, struct error *err)
{
    struct sbi_options *o = into;
    struct sbi_failure f = {0};
    char copy[128];
    unsigned ext;
    u32 functions;

    if (o->num_failures == SBI_MAX_FAILURES)
        return error_set(err, "at most %u failures", SBI_MAX_FAILURES);
    snprintf(copy, sizeof(copy), "%s", text);
    char *at = keys_cut(copy, '@'), *error = keys_cut(copy, ':');
    if (!error)
        return error_set(err, "EXTENSION.FUNCTION:ERROR[@N] is wanted");
    if (parse_functions(copy, strlen(copy), &ext, &functions) || (functions & (functions - 1)))
        return no_such_function(err);
    if (parse_error(error, &f.error))
        return error_set(err, "no such error");
    if (at && (number_parse(at, NUMBER_PLAIN, &f.nth) || f.nth == 0))
        return error_set(err, "a number from 1 is wanted after '@'");
    f.extension = ext;
    f.function = (u32)__builtin_ctz(functions);
    if (!sbi_extensions[ext]->function[f.function].call)
        return no_such_function(err);
    o->failure[o->num_failures++] = f;
    return 0;
}

static const struct key keys[] = {
    {"spec", "MAJOR.MINOR", KEY_CALL, .call = set_spec},
    {"impl-id", "N", KEY_NUMBER, AT(impl_id)},
    {"impl-version", "N", KEY_NUMBER, AT(impl_version)},
    {"mvendorid", "N", KEY_CALL, .call = set_mvendorid},
    {"marchid", "N", KEY_CALL, .call = set_marchid},
    {"mimpid", "N", KEY_CALL, .call = set_mimpid},
    {"disable", "EXT+...", KEY_EACH, .call = set_disable},
    {"enable", "EXT+...", KEY_EACH, .call = set_enable},
    {"delegate", "CAUSE+...", KEY_EACH, .call = set_delegate},
    {"undelegate", "CAUSE+...", KEY_EACH, .call = set_undelegate},
    {"undelegate-irq", "CAUSE+...", KEY_EACH, .call = set_undelegate_irq},
    {"reset-values", "HOW", KEY_CALL, .call = sbi_options_reset_values},
    {"reset-zero", "CSR+...", KEY_EACH, .call = set_reset_zero},
    {"misaligned", "emulate|redirect|delegate", KEY_CHOICE, AT(misaligned)},
    {"sse-global", "stay|move", KEY_CHOICE, AT(sse_global)},
    {"fail", "EXT.FUNCTION:ERROR[@N]", KEY_CALL, .call = set_fail},
};
static const struct key_table table = KEY_TABLE("--sbi", keys, ',');

/* The lines of a file; blank ones and comments (#) are left out. Cuts the text. */
static int take_lines(struct sbi_options *o, char *text, struct error *err)
{
    for (char *line = text, *next; line; line = next) {
        next = keys_cut(line, '\n');
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r")] = '\0';
        if (*line && *line != '#' && key_take(&table, line, o, err))
            return -1;
    }
    return 0;
}

static int read_file(struct sbi_options *o, const char *name, struct error *err)
{
    FILE *f = fopen(name, "r");
    char *text = NULL;
    int result = -1;

    if (!f)
        return error_set(err, "--sbi=%s: neither KEY=VALUE nor a file: %s", name, strerror(errno));
    text = calloc(1, MAX_FILE + 1);
    if (!text || fread(text, 1, MAX_FILE + 1, f) > MAX_FILE || ferror(f))
        error_set(err, "--sbi=%s: cannot read it, or it is longer than %u bytes", name, MAX_FILE);
    else
        result = take_lines(o, text, err);
    free(text);
    fclose(f);
    return result;
}

int sbi_options_parse(struct sbi_options *o, const char *text, struct error *err)
{
    *o = (struct sbi_options){.spec = SPEC_3_0,
                              .impl_id = IMPL_ID,
                              .impl_version = IMPL_VERSION,
                              .reset_zero = {CSR_hie},
                              .num_reset_zero = 1};
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++)
        o->disabled[i] = sbi_extensions[i]->functions_on_request;
    if (!text || !*text)
        return 0;
    if (!strchr(text, '='))
        return read_file(o, text, err) ? -1 : check_delegation(o, err);
    char *copy = strdup(text);
    int result = copy ? keys_parse(&table, copy, o, err) : error_set(err, "--sbi: out of memory");
    free(copy);
    return result ? result : check_delegation(o, err);
}
