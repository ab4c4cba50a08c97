/* The command line of the lockstep programs, and the files of their guests. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/host.h"
#include "cpu/insn.h"
#include "machine/options.h"

#define ISA_64                                                                                     \
    "rv64gch_zicntr_zihpm_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_zicond_zicbom_" \
    "zicboz_zicbop_zfa_zfh_zfbfmin_zawrs_zacas_zabha_zcb_zimop_zcmop_zihintpause_zihintntl_sstc_"  \
    "svade_svadu_svinval_svnapot_svpbmt_smepmp_smstateen_smnpm_ssnpm_smmpm_zicfilp_zicfiss_"       \
    "smdbltrp_ssdbltrp_smcntrpmf_sscofpmf_smcsrind_sscsrind"
#define ISA_32                                                                                     \
    "rv32gch_zicntr_zihpm_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_zicond_zicbom_" \
    "zicboz_zicbop_zfa_zfh_zfbfmin_zawrs_zacas_zabha_zcb_zimop_zcmop_zihintpause_zihintntl_sstc_"  \
    "svade_svadu_svinval_smepmp_smstateen_zicfilp_zicfiss_smdbltrp_ssdbltrp_smcntrpmf_sscofpmf_"   \
    "smcsrind_sscsrind"

/* With and without misaligned loads and stores. */
static const char *const isa_names[][2] = {{"rv64", ISA_64 "_zicclsm"},
                                           {"rv32", ISA_32 "_zicclsm"},
                                           {"rv64_aia", ISA_64 "_zicclsm_smaia_shlcofideleg"},
                                           {"rv32_aia", ISA_32 "_zicclsm_smaia_shlcofideleg"},
                                           {"rv64_aligned", ISA_64},
                                           {"rv32_aligned", ISA_32}};

static u64 start_ns;

static __attribute__((noreturn)) void refuse(const char *what)
{
    fprintf(stderr, "lockstep: cannot use '%s'\n", what);
    exit(EXIT_USER_ERROR);
}

void driver_add_option(struct driver *d, char *option)
{
    if (d->num_extra == ARRAY_LEN(d->extra))
        refuse(option);
    d->extra[d->num_extra++] = option;
}

static void take_argument(struct driver *d, char *arg)
{
    static const char *const names[] = {"seed", "count", "steps", "seconds"};
    u64 *const numbers[] = {&d->seed, &d->count, &d->steps, &d->seconds};
    static const char *const texts[] = {"isa", "spike"};
    const char **const strings[] = {&d->isa, &d->spike};
    static const char *const flags[] = {"garbage", "keep", "go_on"};
    bool *const switches[] = {&d->garbage, &d->keep, &d->go_on};
    char *value = strchr(arg, '=');
    size_t len = value ? (size_t)(value++ - arg) : strlen(arg);
    for (u32 i = 0; value && i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == len && strncmp(names[i], arg, len) == 0) {
            *numbers[i] = strtoull(value, NULL, 0);
            return;
        }
    for (u32 i = 0; value && i < ARRAY_LEN(texts); i++)
        if (strlen(texts[i]) == len && strncmp(texts[i], arg, len) == 0) {
            *strings[i] = value;
            return;
        }
    if (value && len == 5 && strncmp(arg, "extra", 5) == 0) {
        driver_add_option(d, value);
        return;
    }
    for (u32 i = 0; !value && i < ARRAY_LEN(flags); i++)
        if (strcmp(flags[i], arg) == 0) {
            *switches[i] = true;
            return;
        }
    refuse(arg);
}

void driver_init(struct driver *d, int argc, char **argv)
{
    *d = (struct driver){.seed = 1, .count = 10, .steps = 50000, .isa = "rv64", .spike = "spike"};
    start_ns = host_ns();
    for (int i = 1; i < argc; i++)
        take_argument(d, argv[i]);
    for (u32 i = 0; i < ARRAY_LEN(isa_names); i++)
        if (strcmp(d->isa, isa_names[i][0]) == 0)
            d->isa = isa_names[i][1];
    struct hart_config config = {.pmp_entries = 16, .hpm_counters = 29};
    unsigned xlen = 64;
    char why[256];
    if (isa_parse(d->isa, &xlen, &config.isa, why, sizeof why)) {
        fprintf(stderr, "lockstep: isa=%s: %s\n", d->isa, why);
        exit(EXIT_USER_ERROR);
    }
    config.xlen = (u8)xlen;
    d->guest.xlen = xlen;
    d->guest.garbage = d->garbage;
    d->guest.image = malloc(IMAGE_END - RAM);
    d->guest.decoder = aligned_alloc(_Alignof(struct hart), sizeof *d->guest.decoder);
    if (!d->guest.image || !d->guest.decoder)
        refuse("so little memory");
    memset(d->guest.decoder, 0, sizeof *d->guest.decoder);
    insn_init();
    d->guest.decoder->config = config;
    d->guest.decoder->ext = config.isa;
    const char *dir = getenv("TMPDIR");
    snprintf(d->path, sizeof d->path, "%s/lockstep-%d.elf", dir ? dir : "/tmp", (int)getpid());
}

void driver_make(struct driver *d, u64 seed)
{
    d->guest.episodes = 1 + (u32)(d->steps / 400);
    guest_make(&d->guest, seed);
    if (guest_write_elf(&d->guest, d->path))
        refuse(d->path);
}

void driver_drop(struct driver *d)
{
    if (!d->keep)
        unlink(d->path);
}

struct options driver_options(struct driver *d, const char *engine)
{
    static char isa[1024], how[64];
    char *argv[7 + ARRAY_LEN(d->extra)] = {
        "run", isa, how, "--memory=4M", "--serial=null", "--firmware=none", d->path};
    struct options opt;
    struct error err;
    snprintf(isa, sizeof isa, "--isa=%s", d->isa);
    snprintf(how, sizeof how, "--engine=%s", engine);
    memcpy(argv + 7, d->extra, sizeof d->extra);
    if (options_parse(7 + (int)d->num_extra, argv, &opt, &err) != OPTIONS_RUN)
        refuse(err.text);
    opt.max_insns = d->steps;
    return opt;
}

bool driver_expired(const struct driver *d)
{
    return d->seconds && host_ns() - start_ns > d->seconds * 1000000000ull;
}
