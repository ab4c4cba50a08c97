/* The VMM's command line. Everything is an option of the form --name or --name=value. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm.h"

static const char usage[] =
    "Usage: vmm --kernel=IMAGE [--initrd=FILE] [--append=TEXT] | --probe=FILE\n"
    "  --vcpus=N --memory=SIZE[KMG]   (1, 256M)\n"
    "  --dtb=FILE --dump-dtb=FILE     use another device tree; write the one used\n"
    "  --set=REG=VALUE --get=REG      ONE_REG requests on every vCPU before it runs, in order\n"
    "  --list                         print every ONE_REG register\n"
    "  --suspend-ms=N --reboots=N     length of a system suspend (100); guest resets to carry out "
    "(0)\n"
    "  --map=GUEST:HOST               one more page of the guest, at any physical address of the "
    "host\n"
    "  --hugepages --dirty-log --guest-debug --stats\n"
    "Exit status: 0 the guest powered off, 1 it failed or KVM did, 2 wrong usage.\n";

static void print_line(const char *format, va_list args)
{
    char line[256];
    int used = snprintf(line, sizeof(line), "vmm: ");
    vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
    fprintf(stderr, "%s\n", line);
}

void die(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(format, args);
    va_end(args);
    exit(status);
}

void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(format, args);
    va_end(args);
}

void finish(struct vm *vm, int status)
{
    if (vm->opt.stats)
        vm_print_stats(vm);
    fflush(stdout);
    _exit(status); /* other vCPUs still run; the kernel takes the VM down */
}

/* A number, decimal or 0x, with an optional K, M or G. */
static u64 number(const char *option, const char *text)
{
    char *end;
    u64 value = strtoull(text, &end, 0);
    static const char suffixes[] = "KMG";
    const char *suffix = *end ? strchr(suffixes, *end) : NULL;
    if (suffix) {
        value <<= 10 * (suffix - suffixes + 1);
        end++;
    }
    if (end == text || *end)
        die(2, "%s: '%s' is not a number", option, text);
    return value;
}

/* If `arg` is `name` followed by '=', points *value at what follows. */
static bool option(const char *arg, const char *name, const char **value)
{
    size_t len = strlen(name);
    if (strncmp(arg, name, len) != 0 || arg[len] != '=')
        return false;
    *value = arg + len + 1;
    return true;
}

static void add_request(struct options *opt, const char *request)
{
    if (opt->nregs == ARRAY_LEN(opt->regs))
        die(2, "more than %zu register requests", ARRAY_LEN(opt->regs));
    opt->regs[opt->nregs++] = request;
}

/* "GUEST:HOST", two physical addresses. */
static void parse_map(struct options *opt, const char *value)
{
    const char *colon = strchr(value, ':');
    char guest[24];
    if (!colon || colon - value >= (long)sizeof(guest))
        die(2, "--map: '%s' is not GUEST:HOST", value);
    memcpy(guest, value, (size_t)(colon - value));
    guest[colon - value] = 0;
    opt->map = true;
    opt->map_guest = number("--map", guest);
    opt->map_physical = number("--map", colon + 1);
    if ((opt->map_guest | opt->map_physical) % 4096 != 0)
        die(2, "--map: '%s' are not addresses of pages", value);
}

static bool parse_flag(struct options *opt, const char *arg)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--hugepages", &opt->huge_pages},
                 {"--dirty-log", &opt->dirty_log},
                 {"--guest-debug", &opt->guest_debug},
                 {"--stats", &opt->stats}};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (strcmp(arg, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool parse_path(struct options *opt, const char *arg)
{
    return option(arg, "--kernel", &opt->kernel) || option(arg, "--initrd", &opt->initrd) ||
           option(arg, "--probe", &opt->probe) || option(arg, "--dtb", &opt->dtb) ||
           option(arg, "--append", &opt->append) || option(arg, "--dump-dtb", &opt->dump_dtb);
}

static void parse(struct options *opt, const char *arg)
{
    const char *value;
    if (parse_flag(opt, arg) || parse_path(opt, arg))
        return;
    if (option(arg, "--vcpus", &value))
        opt->vcpus = (unsigned)number("--vcpus", value);
    else if (option(arg, "--memory", &value))
        opt->memory = number("--memory", value);
    else if (option(arg, "--suspend-ms", &value))
        opt->suspend_ms = (unsigned)number("--suspend-ms", value);
    else if (option(arg, "--reboots", &value))
        opt->reboots = (unsigned)number("--reboots", value);
    else if (option(arg, "--map", &value))
        parse_map(opt, value);
    else if (option(arg, "--set", &value) || option(arg, "--get", &value))
        add_request(opt, value);
    else if (strcmp(arg, "--list") == 0)
        add_request(opt, "*");
    else
        die(2, "unknown argument '%s'; see --help", arg);
}

static void check(const struct options *opt)
{
    if (!opt->kernel == !opt->probe)
        die(2, "give one of --kernel and --probe; see --help");
    if (opt->vcpus < 1 || opt->vcpus > MAX_VCPUS)
        die(2, "--vcpus must be 1 to %d", MAX_VCPUS);
    if (opt->memory < 1 << 20 || opt->memory % (2 << 20) != 0)
        die(2, "--memory must be a multiple of 2M");
}

int main(int argc, char **argv)
{
    static struct vm vm = {.opt = {.memory = 256 << 20, .vcpus = 1, .suspend_ms = 100}};
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    for (int i = 1; i < argc; i++)
        parse(&vm.opt, argv[i]);
    check(&vm.opt);
    vm_create(&vm);
    for (unsigned v = 0; v < vm.opt.vcpus; v++)
        for (unsigned i = 0; i < vm.opt.nregs; i++)
            reg_request(&vm.vcpu[v], vm.opt.regs[i]);
    load_guest(&vm);
    uart_start_input(&vm);
    vm_run(&vm);
}
