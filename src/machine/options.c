/* The command line: one table of options (options.def) for all commands, read by common/keys.c. */
#include "machine/options_impl.h"

#include <stdio.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu/generate_host.h"
#include "devices/virtio.h"
#include "machine/snapshot.h"

/* Who has an option. */
enum {
    RUN = COMMAND_RUN,
    TEST = COMMAND_TEST,
    DIFF = COMMAND_DIFF,
    FUZZ = COMMAND_FUZZ,
    RUNS = COMMAND_RUN | COMMAND_DEBUG,
    ALL = COMMAND_RUN | COMMAND_DEBUG | COMMAND_TEST | COMMAND_DIFF | COMMAND_FUZZ
};

static int set_misaligned(void *into, const char *value, struct error *err);
static int set_firmware(void *into, const char *value, struct error *err);
static int set_load_address(void *into, const char *value, struct error *err);
static int set_pmp(void *into, const char *value, struct error *err);
static int set_agnostic(void *into, const char *value, struct error *err);
static int set_nmi_vector(void *into, const char *value, struct error *err);
static int set_engine(void *into, const char *value, struct error *err);
static int set_snapshot_at(void *into, const char *value, struct error *err);

#define AT(member)             KEY_AT(struct command_line, opt.member)
#define SUITE_AT(member)       KEY_AT(struct command_line, suite.member)
#define ARRAY(member, counter) KEY_ARRAY(struct command_line, opt.member, opt.counter)
#define OPTION(topic_, commands_, name_, arg_, kind_, ...)                                         \
    {.topic = (topic_),                                                                            \
     .commands = (commands_),                                                                      \
     .name = (name_),                                                                              \
     .arg = (arg_),                                                                                \
     .kind = KEY_##kind_,                                                                          \
     __VA_ARGS__},

#ifdef HX_DEBUG
enum { RENEW_DEFAULT = 500 };
#else
enum { RENEW_DEFAULT = 0 };
#endif

static const struct key rows[] = {
#include "machine/options.def"
};
const struct key_table options_table = KEY_TABLE(NULL, rows, 0);
_Static_assert(ARRAY_LEN(rows) <= OPTIONS_MAX, "opt->given has a flag for each row");

static struct options *options_of(void *into)
{
    return &((struct command_line *)into)->opt;
}

static int set_load_address(void *into, const char *value, struct error *err)
{
    struct options *opt = options_of(into);
    if (number_parse(value, NUMBER_PLAIN, &opt->load_address))
        return error_set(err, "not an address; write it as 0x80000000");
    opt->load_address_given = true;
    return 0;
}

static int set_pmp(void *into, const char *value, struct error *err)
{
    u64 n;
    if (number_parse(value, NUMBER_PLAIN, &n) || (n != 0 && n != 16 && n != 64))
        return error_set(err, "can be 0, 16 or 64");
    options_of(into)->hart.pmp_entries = (u8)n;
    return 0;
}

static int set_nmi_vector(void *into, const char *value, struct error *err)
{
    u64 *at = &options_of(into)->hart.nmi_vector;
    if (number_parse(value, NUMBER_PLAIN, at) || (*at & 3))
        return error_set(err, "not an address that is a multiple of 4");
    return 0;
}

static int set_engine(void *into, const char *value, struct error *err)
{
    struct options *opt = options_of(into);
    opt->engine = value;
    opt->lockstep = strcmp(value, "lockstep") == 0;
    if (strcmp(value, "fast") != 0 && strcmp(value, "plain") != 0 && !opt->lockstep)
        return error_set(err, "can be fast, plain or lockstep");
    return 0;
}

static int set_snapshot_at(void *into, const char *value, struct error *err)
{
    struct snapshot_at at;
    options_of(into)->snapshot_at = value;
    return snapshot_at_parse(value, &at, err);
}

static int set_firmware(void *into, const char *value, struct error *err)
{
    static const char *const words[] = {"auto", "none", "sbi"};
    static const u8 kinds[] = {FIRMWARE_AUTO, FIRMWARE_NONE, FIRMWARE_SBI};
    struct options *opt = options_of(into);
    (void)err;
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

/* ---- --misaligned=LIST ---- */

static int misaligned_ok(void *into, const char *value, struct error *err)
{
    struct hart_config *c = into;
    (void)value, (void)err;
    c->misaligned_load = c->misaligned_store =
        MISALIGNED_OK; /* atomics are never done misaligned */
    return 0;
}

static int misaligned_trap(void *into, const char *value, struct error *err)
{
    struct hart_config *c = into;
    (void)value, (void)err;
    c->misaligned_load = c->misaligned_store = c->misaligned_amo = MISALIGNED_TRAP;
    return 0;
}

#define IN_HART(member) KEY_AT(struct hart_config, misaligned_##member)
static const struct key misaligned_keys[] = {
    {"ok", NULL, KEY_CALL, .call = misaligned_ok},
    {"trap", NULL, KEY_CALL, .call = misaligned_trap},
    {"load", "ok|trap", KEY_CHOICE, IN_HART(load), .min = MISALIGNED_OK},
    {"store", "ok|trap", KEY_CHOICE, IN_HART(store), .min = MISALIGNED_OK},
    {"amo", "trap|fault", KEY_CHOICE, IN_HART(amo), .min = MISALIGNED_TRAP},
};

static int set_misaligned(void *into, const char *value, struct error *err)
{
    static const struct key_table table = KEY_TABLE(NULL, misaligned_keys, ',');
    char *copy = strdup(value);
    int rc = copy ? keys_parse(&table, copy, &options_of(into)->hart, err) : -1;
    free(copy);
    return rc;
}

static int set_agnostic(void *into, const char *value, struct error *err)
{
    struct hart_config *c = &options_of(into)->hart;
    char *end;
    if (strncmp(value, "mixed:", 6) == 0) {
        unsigned long seed = strtoul(value + 6, &end, 0);
        if (!isdigit((unsigned char)value[6]) || *end || seed > UINT32_MAX)
            return error_set(err, "--v-agnostic=%s: the seed is a number below 4294967296", value);
        c->v_seed = (u32)seed;
        c->v_agnostic = VEC_MIXED;
        return 0;
    }
    static const char *const names[] = {"undisturbed", "ones", "mixed"};
    for (u8 i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            c->v_agnostic = i;
            return 0;
        }
    }
    return error_set(err, "--v-agnostic=%s: can be undisturbed, ones, mixed or mixed:SEED", value);
}

/* ---- the command line ---- */

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

static const char *const command_names[] = {[COMMAND_RUN] = "run",
                                            [COMMAND_DEBUG] = "debug",
                                            [COMMAND_TEST] = "test",
                                            [COMMAND_DIFF] = "diff",
                                            [COMMAND_FUZZ] = "fuzz"};

bool options_has(const struct key *row, enum options_command command)
{
    return (row->commands & command) ||
           ((command & (COMMAND_DIFF | COMMAND_FUZZ)) && (row->commands & COMMAND_RUN) &&
            option_makes_machine(row));
}

/* command: 0: any. */
static const struct key *find_option(const char *name, size_t len, enum options_command command)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct key *r = &rows[i];
        bool named = strlen(r->name) == len && strncmp(r->name, name, len) == 0;
        if ((!command || options_has(r, command)) &&
            (named || (len == 2 && r->letter && name[0] == '-' && name[1] == r->letter)))
            return r;
    }
    return NULL;
}

static const char *command_that_has(const struct key *row)
{
    unsigned c = COMMAND_RUN;
    while (!(row->commands & c))
        c <<= 1;
    return command_names[c];
}

static int refuse_option(const char *name, enum options_command command, struct error *err)
{
    const char *nearest = NULL;
    unsigned least = 3;
    const struct key *elsewhere = find_option(name, strlen(name), 0);
    const struct foreign_option *foreign = foreign_option_find(name);
    if (elsewhere)
        return error_set(err, "%s is an option of hextant %s, not of hextant %s", name,
                         command_that_has(elsewhere), command_names[command]);
    if (foreign)
        return error_set(err, "'%s' is an option of %s; here: %s", name, foreign->tool,
                         foreign->answer);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned d = options_has(&rows[i], command) ? distance(name, rows[i].name) : ~0u;
        if (d < least) {
            least = d;
            nearest = rows[i].name;
        }
    }
    if (nearest)
        return error_set(err, "unknown option '%s'; did you mean '%s'?", name, nearest);
    return error_set(err, "unknown option '%s'; hextant %s --help lists all", name,
                     command_names[command]);
}

static void set_defaults(struct options *opt)
{
    *opt = (struct options){
        .harts = 1,
        .memory = 128ull << 20,
        .max_insns = UINT64_MAX,
        .renew = RENEW_DEFAULT,
        .signature_granularity = 4,
        .profile_period = 100000,
        .record_hash = 1 << 24,
        .history_gap = 20000000,
        .look_back = 32 << 20,
        .fuzz = {.max_insns = 10000000},
        .engine = "fast",
        .serial = "stdio",
        .aplic_sources = APLIC_SOURCES,
        .virtio_vendor = VIRTIO_VENDOR,
        .virtio_version = VIRTIO_VERSION,
        .hart = {.pmp_entries = 16,
                 .asid_bits = 16,
                 .vmid_bits = 14,
                 .hpm_counters = 29,
                 .triggers = 4,
                 .misaligned_amo = MISALIGNED_TRAP,
                 .insns_per_tick = 100,
                 .storm_traps = 100000},
    };
}

/* One option; *i is the index of its word and advances over a separate value. */
static enum options_result take_option(struct command_line *line, int *i, struct error *err)
{
    const char *arg = line->word[*i];
    bool is_short = arg[1] != '-'; /* -v, -j8 or -j 8 */
    size_t len = is_short ? 2 : strcspn(arg, "=");
    unsigned who = line->command | (line->saved ? FUZZ : 0); /* it may have made a recording */
    const struct key *r = find_option(arg, len, (enum options_command)who);
    const char *value = !arg[len] ? NULL : is_short ? arg + 2 : arg + len + 1;
    if (!r || (is_short && value && !r->arg)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)len, arg);
        refuse_option(is_short ? arg : name, line->command, err);
        return OPTIONS_ERROR;
    }
    if (r->kind == KEY_HELP && !value) {
        line->opt.question = strcmp(r->name, "--help") == 0 ? QUESTION_HELP : QUESTION_VERSION;
        return OPTIONS_ASKED;
    }
    if (!value && r->arg && !r->bare && *i + 1 < line->num_words)
        value = line->word[++*i];
    if (line->saved && !option_makes_machine(r))
        return OPTIONS_RUN;
    line->opt.given[r - rows] = true;
    return key_store(&options_table, r, value, line, err) ? OPTIONS_ERROR : OPTIONS_RUN;
}

enum options_result command_line_take(struct command_line *line, struct error *err)
{
    bool only_files = false;
    for (int i = 0; i < line->num_words; i++) {
        char *word = line->word[i];
        if (!only_files && strcmp(word, "--") == 0) {
            line->rest = line->word + i + 1;
            line->num_rest = line->num_words - i - 1;
            if (line->command == COMMAND_TEST)
                break;
            only_files = true;
        } else if (!only_files && word[0] == '-' && word[1]) {
            enum options_result r = take_option(line, &i, err);
            if (r != OPTIONS_RUN)
                return r;
        } else if (!only_files && word[0] == '+' && strchr(word, '=')) {
            refuse_option(word, line->command, err);
            return OPTIONS_ERROR;
        } else {
            move_to_front(line->word, line->num_files++, i);
        }
    }
    return OPTIONS_RUN;
}

enum options_result command_line_parse(struct command_line *line, struct error *err)
{
    line->num_files = line->num_rest = 0;
    set_defaults(&line->opt);
    line->suite = (struct suite_options){.max_insns = 100000000, .seconds = 300};
    return command_line_take(line, err);
}

enum options_result command_line_settle(struct command_line *line, struct error *err)
{
    struct options *opt = &line->opt;
    if (opt->isa && strcasecmp(opt->isa, "help") == 0) {
        opt->question = QUESTION_ISA;
        return OPTIONS_ASKED;
    }
    if (opt->restore || opt->replay)
        return command_line_restore(line, err);
    if (line->num_files > 1) {
        error_set(err, "two files given, '%s' and '%s'; there can be one", line->word[0],
                  line->word[1]);
        return OPTIONS_ERROR;
    }
    if (line->num_files)
        opt->file = line->word[0];
    if (!opt->file && !opt->num_pflash && opt->firmware == FIRMWARE_FILE) {
        opt->file = opt->firmware_file;
        opt->firmware_file = NULL;
    }
    if (opt->num_pflash && opt->file) {
        error_set(err, "--pflash has the program; leave out '%s'", opt->file);
        return OPTIONS_ERROR;
    }
    if (!opt->file)
        opt->file = opt->pflash[0];
    if (opt->file)
        return OPTIONS_RUN;
    error_set(err, "no file to run; usage: hextant %s [options] FILE (--help lists the options)",
              command_names[line->command]);
    return OPTIONS_ERROR;
}

enum options_result options_parse_for(enum options_command command, int argc, char **argv,
                                      struct options *opt, struct error *err)
{
    struct command_line line = {.command = command, .word = argv + 1, .num_words = argc - 1};
    enum options_result r = command_line_parse(&line, err);
    line.opt.words = line.word;
    line.opt.num_words = (u32)line.num_words;
    if (r == OPTIONS_RUN)
        r = command_line_settle(&line, err);
    *opt = line.opt;
    return r;
}

enum options_result options_parse(int argc, char **argv, struct options *opt, struct error *err)
{
    return options_parse_for(COMMAND_RUN, argc, argv, opt, err);
}

/* ---- what an option needs ---- */

/* What keeps the option from having an effect, or NULL. */
static const char *missing_for(const struct options *o, const char *name)
{
#define HAS(ext) extset_has(&o->hart.isa, EXT_##ext)
#define NEED(option, condition, what)                                                              \
    if (strcmp(name, option) == 0 && !(condition))                                                 \
        return what;
#include "machine/needs.def"
#undef NEED
#undef HAS
    return NULL;
}

/* Options that were given but change nothing are mistakes. */
static int check_needs(const struct options *o, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *what = o->given[i] ? missing_for(o, rows[i].name) : NULL;
        if (what)
            return error_set(err, "%s has no effect %s", rows[i].name, what);
    }
    return 0;
}

/* Does the command line name this option? */
static bool is_given(const struct options *o, const char *name)
{
    return o->given[key_find(&options_table, name, strlen(name)) - rows];
}

/* ---- what depends on the guest's file ---- */

/* The width of vector registers, and the extensions that say how wide they are at least. */
static int settle_vectors(struct hart_config *c, struct error *err)
{
    enum { VLEN_DEFAULT = 256 };
    u32 least = 0;
    for (unsigned i = 0; i <= EXT_Zvl65536b - EXT_Zvl32b; i++)
        if (extset_has(&c->isa, (enum ext)(EXT_Zvl32b + i)))
            least = 32u << i;
    if (!extset_has(&c->isa, EXT_Zve32x)) {
        c->vlen = 0;
        return 0;
    }
    if (!c->vlen)
        c->vlen = least > VLEN_DEFAULT ? least : VLEN_DEFAULT;
    if (c->vlen & (c->vlen - 1))
        return error_set(err, "--vlen=%u: must be a power of two", c->vlen);
    if (c->vlen < least)
        return error_set(err, "--vlen=%u: --isa asks for at least %u", c->vlen, least);
    for (unsigned i = 0; 32u << i <= c->vlen; i++)
        extset_add(&c->isa, (enum ext)(EXT_Zvl32b + i));
    return 0;
}

int options_settle(struct options *opt, unsigned xlen, struct error *err)
{
    struct hart_config *c = &opt->hart;
    u32 g = opt->signature_granularity;
    if (g & (g - 1))
        return error_set(err, "--signature-granularity=%u: can be 1, 2, 4, 8 or 16", g);
    unsigned named = xlen ? xlen : 64;
    if (opt->isa) {
        char why[sizeof opt->isa_remark];
        if (isa_parse(opt->isa, &named, &c->isa, why, sizeof why))
            return error_set(err, "--isa=%s: %s", opt->isa, why);
        memcpy(opt->isa_remark, why, sizeof why);
        if (xlen && named != xlen)
            return error_set(err, "--isa=%s is RV%u but '%s' is a %u-bit program", opt->isa, named,
                             opt->file, xlen);
    } else {
        c->isa = isa_default(named);
    }
    if (check_needs(opt, err) || options_check_files(opt, err) ||
        options_settle_irqchip(opt, is_given(opt, "--geilen"), err))
        return -1;
    c->xlen = (u8)named;
    if (c->misaligned_load == MISALIGNED_TRAP || c->misaligned_store == MISALIGNED_TRAP)
        extset_remove(&c->isa, EXT_Zicclsm);
    if (settle_vectors(c, err))
        return -1;
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
