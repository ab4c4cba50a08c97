/* The command line: one table of options, each a name, a kind, and the field of struct options that
 * it fills. */
#include "machine/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum kind { FLAG, TEXT, LIST, NUMBER, SIZE, CHOICE, SPECIAL, HELP };

struct row;
typedef int (*special_fn)(struct options *opt, const char *value, struct error *err);

/* How a value is read. For NUMBER and SIZE: the field's width and the range. For CHOICE: the words,
 * separated by '|', the first being 0. For LIST: the counter's offset and the room. */
struct row {
    const char *name, *arg;
    u8 topic, kind, width; /* bytes of the field */
    u16 offset, count_offset;
    u64 min, max;
    special_fn special;
    const char *bare; /* the value of an option given without "="; NULL: it needs one */
    const char *help;
};

static const char *const topics[] = {"Guest",   "Machine", "Hart", "Firmware",
                                     "Running", "Looking", "Other"};
enum topic { GUEST, MACHINE, HART, FIRMWARE, RUNNING, LOOKING, OTHER };

static int set_misaligned(struct options *opt, const char *value, struct error *err);
static int set_firmware(struct options *opt, const char *value, struct error *err);
static int set_load_address(struct options *opt, const char *value, struct error *err);
static int set_pmp(struct options *opt, const char *value, struct error *err);
static int set_nmi_vector(struct options *opt, const char *value, struct error *err);
static int set_engine(struct options *opt, const char *value, struct error *err);

#define AT(member)                                                                                 \
    .offset = offsetof(struct options, member), .width = sizeof(((struct options *)0)->member)
#define ARRAY(member, counter)                                                                     \
    .offset = offsetof(struct options, member), .count_offset = offsetof(struct options, counter), \
    .max = ARRAY_LEN(((struct options *)0)->member)

static const struct row rows[] = {
#include "machine/options.def"
};

static void store(struct options *opt, const struct row *r, u64 value)
{
    void *field = (char *)opt + r->offset;
    memcpy(field, &value, r->width); /* little-endian hosts only */
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hextant needs a little-endian host");

/* A number, decimal or 0x...; with `suffixes` one of K M G T (powers of 1024) may follow. */
static int parse_number(const char *text, bool suffixes, u64 *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    *value = strtoull(text, &end, hex ? 16 : 10);
    if (errno || end == text)
        return -1;
    if (suffixes && *end) {
        static const char letters[] = "KMGT";
        char up = *end & ~0x20;
        const char *l = strchr(letters, up);
        if (!l || !up)
            return -1;
        unsigned shift = 10 * (unsigned)(l - letters + 1);
        if (*value > UINT64_MAX >> shift)
            return -1;
        *value <<= shift;
        end++;
        if (strcasecmp(end, "B") == 0 || strcasecmp(end, "iB") == 0)
            return 0;
    }
    return *end ? -1 : 0;
}

static int set_load_address(struct options *opt, const char *value, struct error *err)
{
    if (parse_number(value, false, &opt->load_address))
        return error_set(err, "--load-address=%s: not an address; write it as 0x80000000", value);
    opt->load_address_given = true;
    return 0;
}

static int set_pmp(struct options *opt, const char *value, struct error *err)
{
    u64 n;
    if (parse_number(value, false, &n) || (n != 0 && n != 16 && n != 64))
        return error_set(err, "--pmp-entries=%s: can be 0, 16 or 64", value);
    opt->hart.pmp_entries = (u8)n;
    return 0;
}

static int set_nmi_vector(struct options *opt, const char *value, struct error *err)
{
    u64 *at = &opt->hart.nmi_vector;
    if (parse_number(value, false, at) || (*at & 3))
        return error_set(err, "--nmi-vector=%s: not an address that is a multiple of 4", value);
    return 0;
}

static int set_engine(struct options *opt, const char *value, struct error *err)
{
    opt->engine = value;
    opt->lockstep = strcmp(value, "lockstep") == 0;
    if (strcmp(value, "fast") != 0 && strcmp(value, "plain") != 0 && !opt->lockstep)
        return error_set(err, "--engine=%s: can be fast, plain or lockstep", value);
    return 0;
}

static int set_firmware(struct options *opt, const char *value, struct error *err)
{
    static const char *const words[] = {"auto", "none", "sbi"};
    static const u8 kinds[] = {FIRMWARE_AUTO, FIRMWARE_NONE, FIRMWARE_SBI};
    if (!*value)
        return error_set(err, "--firmware needs auto, none, sbi or a file");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(value, words[i]) == 0) {
            opt->firmware = (enum firmware_kind)kinds[i];
            return 0;
        }
    }
    opt->firmware = FIRMWARE_FILE;
    opt->firmware_file = value;
    return 0;
}

/* One of "ok", "trap", or kind=ok|trap, amo=trap|fault; `len` bytes of text. Atomics are never done
 * misaligned. */
static int set_misaligned_item(struct options *opt, const char *text, size_t len)
{
    static const char *const kinds[] = {"load=", "store=", "amo="};
    u8 *const fields[] = {&opt->hart.misaligned_load, &opt->hart.misaligned_store,
                          &opt->hart.misaligned_amo};
    unsigned mask = 0;
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = strlen(kinds[i]);
        if (len > n && strncmp(text, kinds[i], n) == 0) {
            mask = 1u << i;
            text += n;
            len -= n;
            break;
        }
    }
    u8 how;
    if (len == 2 && strncmp(text, "ok", 2) == 0)
        how = MISALIGNED_OK;
    else if (len == 4 && strncmp(text, "trap", 4) == 0)
        how = MISALIGNED_TRAP;
    else if (len == 5 && strncmp(text, "fault", 5) == 0)
        how = MISALIGNED_FAULT;
    else
        return -1;
    if (how == (mask == 4 ? MISALIGNED_OK : MISALIGNED_FAULT))
        return -1;
    if (!mask)
        mask = how == MISALIGNED_TRAP ? 7 : 3;
    for (unsigned i = 0; i < ARRAY_LEN(fields); i++)
        if (mask >> i & 1)
            *fields[i] = how;
    return 0;
}

static int set_misaligned(struct options *opt, const char *value, struct error *err)
{
    for (const char *s = value;; s++) {
        size_t len = strcspn(s, ",");
        if (set_misaligned_item(opt, s, len))
            return error_set(err,
                             "--misaligned=%s: write ok, trap, or a list such as "
                             "load=ok,store=trap,amo=fault",
                             value);
        s += len;
        if (!*s)
            return 0;
    }
}

static int set_choice(struct options *opt, const struct row *r, const char *value,
                      struct error *err)
{
    unsigned n = 0;
    for (const char *s = r->arg;; n++) {
        size_t len = strcspn(s, "|");
        if (strlen(value) == len && strncmp(s, value, len) == 0) {
            store(opt, r, n);
            return 0;
        }
        s += len;
        if (!*s++)
            return error_set(err, "%s=%s: can be %s", r->name, value, r->arg);
    }
}

static int set_number(struct options *opt, const struct row *r, const char *value,
                      struct error *err)
{
    u64 n;
    if (parse_number(value, r->kind == SIZE, &n)) {
        if (r->kind == SIZE)
            return error_set(err, "%s=%s: not a size; write it as 512M or 2G", r->name, value);
        return error_set(err, "%s=%s: not a number", r->name, value);
    }
    if (r->kind == SIZE && n % 4096)
        return error_set(err, "%s=%s: must be a multiple of 4096 bytes", r->name, value);
    if (n < r->min && r->kind == SIZE)
        return error_set(err, "%s=%s: the guest needs memory; give at least 4K", r->name, value);
    if (n < r->min || n > r->max)
        return error_set(err, "%s=%s: must be between %" PRIu64 " and %" PRIu64, r->name, value,
                         r->min, r->max);
    store(opt, r, n);
    return 0;
}

static int append_list(struct options *opt, const struct row *r, const char *value,
                       struct error *err)
{
    u32 *count = (u32 *)(void *)((char *)opt + r->count_offset);
    const char **list = (const char **)(void *)((char *)opt + r->offset);
    if (!*value)
        return error_set(err, "%s needs a value: %s=%s", r->name, r->name, r->arg);
    if (*count >= r->max)
        return error_set(err, "%s=%s: at most %" PRIu64 " of them", r->name, value, r->max);
    list[(*count)++] = value;
    return 0;
}

static int set_value(struct options *opt, const struct row *r, const char *value, struct error *err)
{
    switch ((enum kind)r->kind) {
    case TEXT:
        if (!*value && r->offset != offsetof(struct options, append))
            return error_set(err, "%s needs a value: %s=%s", r->name, r->name, r->arg);
        memcpy((char *)opt + r->offset, &value, sizeof value);
        return 0;
    case LIST:
        return append_list(opt, r, value, err);
    case NUMBER:
    case SIZE:
        return set_number(opt, r, value, err);
    case CHOICE:
        return set_choice(opt, r, value, err);
    case SPECIAL:
        return r->special(opt, value, err);
    case FLAG:
    case HELP:
        break;
    }
    return 0;
}

/* Edit distance of two short words, for "did you mean". */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[64];
    size_t lb = strlen(b);
    if (lb >= ARRAY_LEN(row))
        return ~0u;
    for (size_t j = 0; j <= lb; j++)
        row[j] = (unsigned)j;
    for (; *a; a++) {
        unsigned diagonal = row[0]++;
        for (size_t j = 1; j <= lb; j++) {
            unsigned best = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb];
}

static int refuse_option(const char *name, struct error *err)
{
    const char *nearest = NULL;
    unsigned least = 3;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned d = distance(name, rows[i].name);
        if (d < least) {
            least = d;
            nearest = rows[i].name;
        }
    }
    if (nearest)
        return error_set(err, "unknown option '%s'; did you mean '%s'?", name, nearest);
    return error_set(err, "unknown option '%s'; hextant run --help lists all", name);
}

static const struct row *find_row(const char *name, size_t len)
{
    if (len == 2 && strncmp(name, "-v", 2) == 0)
        return find_row("--verbose", 9);
    if (len == 2 && strncmp(name, "-h", 2) == 0)
        return find_row("--help", 6);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return NULL;
}

static void set_defaults(struct options *opt)
{
    *opt = (struct options){
        .harts = 1,
        .memory = 128ull << 20,
        .max_insns = UINT64_MAX,
        .signature_granularity = 4,
        .profile_period = 100000,
        .engine = "fast",
        .serial = "stdio",
        .hart = {.pmp_entries = 16,
                 .asid_bits = 16,
                 .vmid_bits = 14,
                 .hpm_counters = 29,
                 .triggers = 4,
                 .misaligned_amo = MISALIGNED_TRAP,
                 .insns_per_tick = 100},
    };
}

/* One option; *i is the index of argv that holds it and advances over a separate value. */
static enum options_result take_option(int argc, char **argv, int *i, struct options *opt,
                                       struct error *err)
{
    const char *arg = argv[*i];
    size_t len = strcspn(arg, "=");
    const struct row *r = find_row(arg, len);
    const char *value = arg[len] ? arg + len + 1 : NULL;
    if (!r) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)len, arg);
        refuse_option(name, err);
        return OPTIONS_ERROR;
    }
    if (!r->arg && value) {
        error_set(err, "%s takes no value", r->name);
        return OPTIONS_ERROR;
    }
    if (r->kind == HELP) {
        opt->question = strcmp(r->name, "--help") == 0 ? QUESTION_HELP : QUESTION_VERSION;
        return OPTIONS_ASKED;
    }
    if (r->kind == FLAG) {
        store(opt, r, 1);
        return OPTIONS_RUN;
    }
    if (!value && r->bare)
        value = r->bare;
    if (!value && *i + 1 >= argc) {
        error_set(err, "%s needs a value: %s=%s", r->name, r->name, r->arg);
        return OPTIONS_ERROR;
    }
    if (!value)
        value = argv[++*i];
    return set_value(opt, r, value, err) ? OPTIONS_ERROR : OPTIONS_RUN;
}

enum options_result options_parse(int argc, char **argv, struct options *opt, struct error *err)
{
    bool only_files = false;
    set_defaults(opt);
    for (int i = 1; i < argc; i++) {
        if (!only_files && strcmp(argv[i], "--") == 0) {
            only_files = true;
        } else if (!only_files && argv[i][0] == '-' && argv[i][1]) {
            enum options_result r = take_option(argc, argv, &i, opt, err);
            if (r != OPTIONS_RUN)
                return r;
        } else if (opt->file) {
            error_set(err, "two files given, '%s' and '%s'; there can be one", opt->file, argv[i]);
            return OPTIONS_ERROR;
        } else {
            opt->file = argv[i];
        }
    }
    if (opt->isa && strcasecmp(opt->isa, "help") == 0) {
        opt->question = QUESTION_ISA;
        return OPTIONS_ASKED;
    }
    if (!opt->file && opt->firmware == FIRMWARE_FILE) {
        opt->file = opt->firmware_file;
        opt->firmware_file = NULL;
    }
    if (opt->file)
        return OPTIONS_RUN;
    error_set(err, "no file to run; usage: hextant run [options] FILE (--help lists the options)");
    return OPTIONS_ERROR;
}

int options_settle(struct options *opt, unsigned xlen, struct error *err)
{
    struct hart_config *c = &opt->hart;
    u32 g = opt->signature_granularity;
    if (g & (g - 1))
        return error_set(err, "--signature-granularity=%u: can be 1, 2, 4, 8 or 16", g);
    unsigned named = xlen ? xlen : 64;
    if (opt->isa) {
        char why[256];
        if (isa_parse(opt->isa, &named, &c->isa, why, sizeof why))
            return error_set(err, "--isa=%s: %s", opt->isa, why);
        if (xlen && named != xlen)
            return error_set(err, "--isa=%s is RV%u but '%s' is a %u-bit program", opt->isa, named,
                             opt->file, xlen);
    } else {
        c->isa = isa_default(named);
    }
    c->xlen = (u8)named;
    if (c->misaligned_load == MISALIGNED_TRAP || c->misaligned_store == MISALIGNED_TRAP)
        extset_remove(&c->isa, EXT_Zicclsm);
    if (named == 32) {
        if (c->asid_bits > 9)
            c->asid_bits = 9;
        if (c->vmid_bits > 7)
            c->vmid_bits = 7;
        if (c->geilen > 31)
            return error_set(err, "--geilen=%u: RV32 has at most 31", c->geilen);
        if (opt->memory > BIT(34) - 0x80000000ull) /* physical addresses of Sv32 have 34 bits */
            return error_set(err, "--memory: an RV32 machine has room for 14G from 0x80000000");
    }
    return 0;
}

static void help(FILE *out)
{
    bool colour = isatty(fileno(out)) && !getenv("NO_COLOR");
    fprintf(out,
            "Usage: hextant run [options] FILE\n"
            "Runs a RISC-V program, kernel or firmware: an ELF, a Linux Image, or a flat binary.\n"
            "The exit status is the guest's; 2: wrong use, 124: instruction limit, 125: hung.\n"
            "On the console Ctrl-A x leaves.\n");
    for (size_t t = 0; t < ARRAY_LEN(topics); t++) {
        fprintf(out, "\n%s%s%s\n", colour ? "\033[1m" : "", topics[t], colour ? "\033[0m" : "");
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            char left[64];
            if (rows[i].topic != t)
                continue;
            snprintf(left, sizeof left, "%s%s%s", rows[i].name, rows[i].arg ? "=" : "",
                     rows[i].arg ? rows[i].arg : "");
            if (strlen(left) > 29)
                fprintf(out, "  %s\n  %-29s %s\n", left, "", rows[i].help);
            else
                fprintf(out, "  %-29s %s\n", left, rows[i].help);
        }
    }
}

void options_answer(const struct options *opt, FILE *out)
{
    switch (opt->question) {
    case QUESTION_HELP:
        help(out);
        break;
    case QUESTION_VERSION:
        fprintf(out, "hextant %s\n", HX_VERSION);
        break;
    case QUESTION_ISA:
        isa_help(out);
        break;
    }
}
