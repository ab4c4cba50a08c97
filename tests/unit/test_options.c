/* The command line: values, limits, and what a wrong one is answered with. */
#include "run_suite.h"
#include "cpu/generate_host.h"
#include "machine/options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct options opt;
static struct error err;

/* Parses "run" followed by the given words. */
#define PARSE(...) parse((char *[]){"run", __VA_ARGS__, NULL})

static enum options_result parse(char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    err.text[0] = '\0';
    return options_parse(argc, argv, &opt, &err);
}

#define ALPHABET "abcdefghijklmnopqrstuvwxyz"

START_TEST(defaults)
{
    ck_assert_int_eq(PARSE("a.elf"), OPTIONS_RUN);
    ck_assert_str_eq(opt.file, "a.elf");
    ck_assert_uint_eq(opt.harts, 1);
    ck_assert_uint_eq(opt.memory, 128u << 20);
    ck_assert_uint_eq(opt.max_insns, UINT64_MAX);
    ck_assert_int_eq(opt.clock, CLOCK_VIRTUAL);
    ck_assert_int_eq(opt.firmware, FIRMWARE_AUTO);
    ck_assert_uint_eq(opt.signature_granularity, 4);
    ck_assert(!opt.stats && !opt.verbose && !opt.dump_state);
    ck_assert_int_eq(options_settle(&opt, 0, &err), 0);
    ck_assert_uint_eq(opt.hart.xlen, 64);
    ck_assert(extset_has(&opt.hart.isa, EXT_H));
}
END_TEST

START_TEST(values_with_and_without_equals)
{
    ck_assert_int_eq(PARSE("--harts=4", "--memory", "2G", "-v", "--stats", "--max-insns", "0x100",
                           "--clock=real", "Image", "--append=console=ttyS0 quiet"),
                     OPTIONS_RUN);
    ck_assert_uint_eq(opt.harts, 4);
    ck_assert_uint_eq(opt.memory, 2ull << 30);
    ck_assert_uint_eq(opt.max_insns, 256);
    ck_assert_int_eq(opt.clock, CLOCK_REAL);
    ck_assert(opt.verbose && opt.stats);
    ck_assert_str_eq(opt.append, "console=ttyS0 quiet");
    ck_assert_str_eq(opt.file, "Image");
}
END_TEST

START_TEST(sizes)
{
    ck_assert_int_eq(PARSE("f", "--memory=64M"), OPTIONS_RUN);
    ck_assert_uint_eq(opt.memory, 64u << 20);
    ck_assert_int_eq(PARSE("f", "--memory=1gib"), OPTIONS_RUN);
    ck_assert_uint_eq(opt.memory, 1u << 30);
    ck_assert_int_eq(PARSE("f", "--memory=8192"), OPTIONS_RUN);
    ck_assert_uint_eq(opt.memory, 8192);
}
END_TEST

START_TEST(lists_and_dashes)
{
    ck_assert_int_eq(PARSE("--drive=a", "--drive", "b,ro", "--share=/tmp", "--", "-odd-name"),
                     OPTIONS_RUN);
    ck_assert_uint_eq(opt.num_drives, 2);
    ck_assert_str_eq(opt.drives[1], "b,ro");
    ck_assert_uint_eq(opt.num_shares, 1);
    ck_assert_str_eq(opt.file, "-odd-name");
}
END_TEST

START_TEST(widths_of_vector_registers)
{
    static const struct {
        char *isa, *vlen, *error;
        u32 bits;
    } cases[] = {
        {"rv64gcv", "256", NULL, 256},
        {"rv64gcv", "128", NULL, 128},
        {"rv32gcv", "65536", NULL, 65536},
        {"rv64gc_zve32x", "32", NULL, 32},
        {"rv64gcv", "64", "--isa asks for at least 128", 0},
        {"rv64gcv_zvl512b", "256", "at least 512", 0},
        {"rv64gcv", "384", "a power of two", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_int_eq(PARSE("f", "--isa", cases[i].isa, "--vlen", cases[i].vlen), OPTIONS_RUN);
        int rc = options_settle(&opt, 0, &err);
        ck_assert_int_eq(rc, cases[i].error ? -1 : 0);
        if (cases[i].error)
            ck_assert_ptr_nonnull(strstr(err.text, cases[i].error));
        else
            ck_assert_uint_eq(opt.hart.vlen, cases[i].bits);
    }
    ck_assert_int_eq(PARSE("f", "--isa=rv64gcv"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 0, &err), 0);
    ck_assert_uint_eq(opt.hart.vlen, 256);
    ck_assert(extset_has(&opt.hart.isa, EXT_Zvl256b) && !extset_has(&opt.hart.isa, EXT_Zvl512b));
}
END_TEST

START_TEST(misaligned_by_kind)
{
    ck_assert_int_eq(PARSE("f"), OPTIONS_RUN);
    ck_assert_uint_eq(opt.hart.misaligned_load, MISALIGNED_OK);
    ck_assert_uint_eq(opt.hart.misaligned_amo, MISALIGNED_TRAP);
    ck_assert_int_eq(PARSE("f", "--misaligned=trap"), OPTIONS_RUN);
    ck_assert_uint_eq(opt.hart.misaligned_load, MISALIGNED_TRAP);
    ck_assert_uint_eq(opt.hart.misaligned_store, MISALIGNED_TRAP);
    ck_assert_int_eq(PARSE("f", "--misaligned=store=trap,amo=fault"), OPTIONS_RUN);
    ck_assert_uint_eq(opt.hart.misaligned_load, MISALIGNED_OK);
    ck_assert_uint_eq(opt.hart.misaligned_store, MISALIGNED_TRAP);
    ck_assert_uint_eq(opt.hart.misaligned_amo, MISALIGNED_FAULT);
    ck_assert_int_eq(options_settle(&opt, 64, &err), 0);
    ck_assert(!extset_has(&opt.hart.isa, EXT_Zicclsm));
}
END_TEST

START_TEST(firmware_kinds)
{
    ck_assert_int_eq(PARSE("f", "--firmware=none"), OPTIONS_RUN);
    ck_assert_int_eq(opt.firmware, FIRMWARE_NONE);
    ck_assert_int_eq(PARSE("f", "--firmware=sbi"), OPTIONS_RUN);
    ck_assert_int_eq(opt.firmware, FIRMWARE_SBI);
    ck_assert_int_eq(PARSE("f", "--firmware=fw_jump.bin"), OPTIONS_RUN);
    ck_assert_int_eq(opt.firmware, FIRMWARE_FILE);
    ck_assert_str_eq(opt.firmware_file, "fw_jump.bin");
    ck_assert_int_eq(PARSE("--firmware=fw_payload.bin"), OPTIONS_RUN);
    ck_assert_int_eq(opt.firmware, FIRMWARE_FILE);
    ck_assert_str_eq(opt.file, "fw_payload.bin");
    ck_assert_ptr_null(opt.firmware_file);
}
END_TEST

START_TEST(xlen_of_file_and_isa)
{
    ck_assert_int_eq(PARSE("f", "--isa=rv32gc"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 0, &err), 0);
    ck_assert_uint_eq(opt.hart.xlen, 32);
    ck_assert_uint_eq(opt.hart.asid_bits, 9);
    ck_assert_int_eq(options_settle(&opt, 64, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "64-bit program"));
    ck_assert_int_eq(PARSE("f"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 32, &err), 0);
    ck_assert(extset_has(&opt.hart.isa, EXT_Sv32));
}
END_TEST

/* One wrong argument each, and a part of the answer. */
static const struct {
    char *arg, *part;
} bad[] = {
    {"-smp", "'-smp' is an option of QEMU; here: write --harts=N"},
    {"-m512M", "write --memory=SIZE"},
    {"--log-commits", "an option of Spike; here: write --trace=insn"},
    {"+signature=file", "write --signature=FILE"},
    {"--memmory=1G", "did you mean '--memory'"},
    {"--nonsense-at-all", "unknown option"},
    {"--memory=0", "needs memory"},
    {"--memory=4097", "multiple of 4096"},
    {"--memory=big", "not a size"},
    {"--memory=12X", "not a size"},
    {"--memory=99999999T", "not a size"},
    {"--memory=1000T", "between"},
    {"--memory=", "needs a value"},
    {"--harts=0", "between 1 and 64"},
    {"--harts=65", "between 1 and 64"},
    {"--harts=-1", "not a number"},
    {"--harts=1x", "not a number"},
    {"--max-insns=99999999999999999999999", "not a number"},
    {"--clock=fast", "virtual|real"},
    {"--pmp-entries=3", "0, 16 or 64"},
    {"--engine=turbo", "lockstep"},
    {"--misaligned=amo=ok", "amo=ok: can be trap|fault"},
    {"--misaligned=fault", "ok, trap"},
    {"--misaligned=maybe", "ok, trap"},
    {"--misaligned=load=ok,", "unknown key ''; can be ok, trap"},
    {"--firmware=", "needs"},
    {"--trace=", "needs a value"},
    {"--stats=1", "takes no value"},
    {"--load-address=here", "not an address"},
    {"other-file", "two files"},
    {"--max-insns", "needs a value"},
};

START_TEST(refused)
{
    ck_assert_int_eq(PARSE("file", bad[_i].arg), OPTIONS_ERROR);
    ck_assert_msg(strstr(err.text, bad[_i].part) != NULL, "'%s' gave: %s", bad[_i].arg, err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

START_TEST(refused_when_settled)
{
    ck_assert_int_eq(PARSE("f", "--isa=rv64gc_zcmp"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 64, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "Zcd"));
    ck_assert_int_eq(PARSE("f", "--signature-granularity=3"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 64, &err), -1);
    ck_assert_int_eq(PARSE("f", "--memory=14G"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 32, &err), 0);
    ck_assert_int_eq(PARSE("f", "--memory=15G"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 32, &err), -1);
}
END_TEST

/* One option each that changes nothing beside the other, and one that it goes with. */
static const struct {
    char *option, *beside, *works;
} idle[] = {
    {"--code=handlers", "--engine=plain", "--engine=fast"},
    {"--insns-per-tick=7", "--clock=real", "--clock=virtual"},
    {"--geilen=4", "--isa=rv64max-h", "--isa=rv64max"},
    {"--vmid-bits=4", "--isa=rv64gc", "--isa=rv64gch"},
    {"--htval=zero", "--isa=rv64gc", "--isa=rv64gch"},
    {"--htinst=zero", "--isa=rv64gc", "--isa=rv64gch"},
    {"--asid-bits=4", "--isa=rv64imu", "--isa=rv64im"},
    {"--tlb=strict", "--isa=rv64imu", "--isa=rv64im"},
    {"--triggers=2", "--isa=rv64gc", "--isa=rv64gc_sdtrig"},
    {"--nmi-vector=0x100", "--isa=rv64max", "--isa=rv64max_smrnmi"},
    {"--vlen=128", "--isa=rv64gc", "--isa=rv64gc_zve32x"},
    {"--v-agnostic=ones", "--isa=rv64gc", "--isa=rv64gc_zve64x"},
    {"--v-reserved=run", "--isa=rv64gc", "--isa=rv64gc_zve32x"},
    {"--v-vstart=run", "--isa=rv64gc", "--isa=rv64gc_zve64x"},
    {"--signature-granularity=8", "-v", "--signature=s"},
    {"--trace-file=t", "-v", "--trace=trap"},
    {"--trace-format=json", "-v", "--trace=trap"},
    {"--profile-period=200", "-v", "--profile=p"},
};

START_TEST(options_without_effect_are_refused)
{
    ck_assert_int_eq(PARSE("f", idle[_i].option, idle[_i].beside), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 64, &err), -1);
    size_t name = strcspn(idle[_i].option, "=");
    ck_assert_msg(strncmp(err.text, idle[_i].option, name) == 0 &&
                      strncmp(err.text + name, " has no effect ", 15) == 0,
                  "%s", err.text);
    ck_assert_int_eq(PARSE("f", idle[_i].option, idle[_i].works), OPTIONS_RUN);
    ck_assert_msg(options_settle(&opt, 64, &err) == 0, "%s", err.text);
}
END_TEST

/* Code that is asked for on a host for which none is made. */
START_TEST(generated_code_is_for_some_hosts)
{
#ifdef __x86_64__
    ck_assert(code_for_host());
#else
    ck_assert(!code_for_host());
#endif
    ck_assert_int_eq(PARSE("f", "--code=generated"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 64, &err), code_for_host() ? 0 : -1);
    if (!code_for_host())
        ck_assert_ptr_nonnull(strstr(err.text, "--code has no effect on this host"));
    ck_assert_int_eq(PARSE("f"), OPTIONS_RUN);
    ck_assert_int_eq(options_settle(&opt, 64, &err), 0);
}
END_TEST

/* Outputs that would take the place of a file of the user's, or of each other. */
START_TEST(outputs_overwrite_nothing)
{
    static const struct {
        char *a, *b;
    } same[] = {
        {"--trace-file=x", "--timeline=x"},
        {"--signature=x", "--report=x"},
        {"--profile=x", "--dump-dtb=x"},
        {"--serial=file:x", "--console=file:x"},
        {"--serial=file:x", "--console=file:./x"},
        {"--report=/tmp/../tmp/x", "--timeline=/tmp/x"},
        {"--report=/x", "--timeline=/./x"},
        {"--initrd=/etc/passwd", "--report=/etc/passwd"},
        {"--drive=/etc/passwd,ro", "--serial=file:/etc/../etc/passwd"},
        {"--symbols=/etc/passwd,mode=HS", "--timeline=/etc/passwd"},
        {"--sbi=/etc/passwd", "--profile=/etc/passwd"},
        {"--firmware=/etc/passwd", "--signature=/etc/passwd"},
        {"--monitor-script=/etc/passwd", "--dump-dtb=/etc/passwd"},
        {"--dtb=/etc/passwd", "--dump-dtb=/etc/passwd"},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(same); i++) {
        char *a = i & 1 ? same[i / 2].b : same[i / 2].a, *b = i & 1 ? same[i / 2].a : same[i / 2].b;
        ck_assert_int_eq(PARSE("f", a, b), OPTIONS_RUN);
        ck_assert_msg(options_check_files(&opt, &err) == -1, "%s %s", a, b);
        ck_assert_ptr_nonnull(strstr(err.text, "would overwrite"));
    }
    ck_assert_int_eq(PARSE("/etc/passwd", "--trace-file=/etc/passwd"), OPTIONS_RUN);
    ck_assert_int_eq(options_check_files(&opt, &err), -1);
    ck_assert_int_eq(PARSE("f", "--trace-file=/dev/null", "--timeline=/dev/null", "--report=r",
                           "--drive=/etc/passwd,ro", "--drive=/etc/passwd,ro", "--profile=p"),
                     OPTIONS_RUN);
    ck_assert_msg(options_check_files(&opt, &err) == 0, "%s", err.text);
    static char *const flash[] = {"--pflash=/etc/passwd", "--pflash=x,/etc/passwd",
                                  "--pflash=x,/etc/passwd,ro"};
    for (size_t i = 0; i < ARRAY_LEN(flash); i++) {
        ck_assert_int_eq(PARSE(flash[i], "--report=/etc/passwd"), OPTIONS_RUN);
        ck_assert_msg(options_check_files(&opt, &err) == -1, "%s", flash[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "would overwrite '/etc/passwd', which is also "));
    }
    ck_assert_int_eq(PARSE("--pflash=x,y,ro", "--report=ro"), OPTIONS_RUN);
    ck_assert_msg(options_check_files(&opt, &err) == 0, "%s", err.text);
}
END_TEST

/* An option that names a file says where the name is kept. */
START_TEST(names_of_files_have_a_place)
{
    for (u32 i = 0; i < options_table.num; i++) {
        const struct key *r = &options_table.row[i];
        ck_assert_msg(!r->file || r->offset >= offsetof(struct command_line, opt), "%s", r->name);
    }
}
END_TEST

/* An answer names options that exist, and the documentation has the row. */
START_TEST(options_of_other_tools_are_answered)
{
    static char text[1 << 16];
    FILE *f = fopen(TEST_DIR "/../docs/other-tools.md", "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (const struct foreign_option *o = foreign_options; o->name; o++) {
        char word[64];
        snprintf(word, sizeof word, "`%s", o->name);
        ck_assert_msg(strstr(text, word) != NULL, "docs/other-tools.md has no %s", o->name);
        ck_assert_ptr_null(key_find(&options_table, o->name, strlen(o->name)));
        ck_assert_ptr_eq(foreign_option_find(o->name), o);
        for (const char *at = strstr(o->answer, "--"); at; at = strstr(at + 2, "--"))
            ck_assert_msg(key_find(&options_table, at, 2 + strspn(at + 2, ALPHABET "-")) != NULL,
                          "%s: no option %s", o->name, at);
    }
}
END_TEST

START_TEST(nothing_to_run)
{
    ck_assert_int_eq(parse((char *[]){"run", NULL}), OPTIONS_ERROR);
    ck_assert_ptr_nonnull(strstr(err.text, "no file"));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("options");
    tcase_add_test(tc, defaults);
    tcase_add_test(tc, values_with_and_without_equals);
    tcase_add_test(tc, sizes);
    tcase_add_test(tc, lists_and_dashes);
    tcase_add_test(tc, widths_of_vector_registers);
    tcase_add_test(tc, misaligned_by_kind);
    tcase_add_test(tc, firmware_kinds);
    tcase_add_test(tc, xlen_of_file_and_isa);
    tcase_add_loop_test(tc, refused, 0, ARRAY_LEN(bad));
    tcase_add_test(tc, refused_when_settled);
    tcase_add_test(tc, options_of_other_tools_are_answered);
    tcase_add_test(tc, nothing_to_run);
    tcase_add_loop_test(tc, options_without_effect_are_refused, 0, (int)ARRAY_LEN(idle));
    tcase_add_test(tc, generated_code_is_for_some_hosts);
    tcase_add_test(tc, outputs_overwrite_nothing);
    tcase_add_test(tc, names_of_files_have_a_place);
    Suite *s = suite_create("options");
    suite_add_tcase(s, tc);
    return run_suite(s);
}
