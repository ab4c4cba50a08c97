/* The gdb stub without gdb: framing, damaged packets, what each packet answers, and a few hundred
 * thousand packets of noise. */
#include <inttypes.h>

#include "run_suite.h"
#include "gdb_bench.h"

/* ---- framing ---- */

/* What a run of bytes leads to: one letter for each event. */
static const char *events(struct gdb_in *in, const char *bytes, size_t len)
{
    static const char letters[] = ".PB+-I";
    static char out[256];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        enum gdb_event e = gdb_in_byte(in, (u8)bytes[i]);
        if (e != GDB_NOTHING && n < sizeof out - 1)
            out[n++] = letters[e];
    }
    out[n] = '\0';
    return out;
}

START_TEST(test_framing)
{
    struct gdb_in *in = calloc(1, sizeof *in);
    ck_assert_str_eq(events(in, "$g#67", 5), "P");
    ck_assert_str_eq((const char *)in->data, "g");
    ck_assert_str_eq(events(in, "+-\003$g#68$g#67", 13), "+-IBP");
    ck_assert_str_eq(events(in, "noise$m12,4#30", 14), "P");
    ck_assert_str_eq(events(in, "$cut$?#3f", 9), "P"); /* a new $ begins again */
    ck_assert_str_eq((const char *)in->data, "?");
    ck_assert_str_eq(events(in, "$a}\003#e1", 7), "P"); /* escaped: 3 ^ 0x20 = # */
    ck_assert_str_eq((const char *)in->data, "a#");
    ck_assert_str_eq(events(in, "$g#zz$g#6", 9), "B");
    free(in);
}
END_TEST

START_TEST(test_too_long)
{
    struct gdb_in *in = calloc(1, sizeof *in);
    u8 sum = 0;
    char tail[8];
    gdb_in_byte(in, '$');
    for (unsigned i = 0; i < GDB_PACKET_MAX + 100; i++) {
        gdb_in_byte(in, 'a');
        sum = (u8)(sum + 'a');
    }
    snprintf(tail, sizeof tail, "#%02x", sum);
    ck_assert_str_eq(events(in, tail, 3), "B");
    ck_assert_str_eq(events(in, "$g#67", 5), "P");
    free(in);
}
END_TEST

/* ---- packets ---- */

static const struct {
    const char *packet, *answer;
} refused[] = {
    {"m", "E01"},
    {"m80001000", "E01"},
    {"m80001000,", "E01"},
    {"mzz,1", "E01"},
    {"m0,4", "E0e"},
    {"M80001000,4:12", "E01"},
    {"M80001000,1:zz", "E01"},
    {"X80001000,5:ab", "E01"},
    {"p", "E01"},
    {"pffff", "E01"},
    {"p10000000000000000", "E01"},
    {"P0", "E01"},
    {"P1=", "E01"},
    {"P1=zz", "E01"},
    {"G00", "E01"},
    {"Z0", "E01"},
    {"Z9,0,4", "E01"},
    {"Z2,80001000,0", "E01"},
    {"z1,,", "E01"},
    {"Hx1", "E01"},
    {"Hg9", "E01"},
    {"T9", "E01"},
    {"vCont;", "E01"},
    {"vCont;q", "E01"},
    {"vCont;s:9", "E01"},
    {"vCont;r1", "E01"},
    {"vCont;c:", "E01"},
    {"qXfer:features:read:other.xml:0,10", "E00"},
    {"qXfer:features:read:target.xml:x", "E00"},
    {"qRcmd,1", "E01"},
    {"qThreadExtraInfo,99", "E01"},
    {"vMustReplyEmpty", ""},
    {"qUnknown", ""},
    {"jThreadsInfo", ""},
    {"", ""},
};

START_TEST(test_refused)
{
    ck_assert_str_eq(ask(refused[_i].packet), refused[_i].answer);
}
END_TEST

START_TEST(test_registers)
{
    b.h->x[10] = 0x1122334455667788;
    ck_assert_str_eq(ask("pa"), "8877665544332211");
    ck_assert_str_eq(ask("Pa=0100000000000000"), "OK");
    ck_assert_uint_eq(b.h->x[10], 1);
    ck_assert_str_eq(ask("p20"), "0010008000000000"); /* pc */
    ck_assert_uint_eq(strlen(ask("g")), 33 * 16);
    ck_assert_str_eq(ask("p1041"), "0300000000000000"); /* priv */
    ck_assert_str_eq(ask("p1042"), "0000000000000000"); /* V */
    csr_poke(b.h, CSR_vsatp, 8ull << 60 | 0x12345);
    ck_assert_str_eq(ask("p2c1"), "4523010000000080"); /* 65 + 0x280 */
    ck_assert_str_eq(ask("P2c1=0000000000000000"), "OK");
    ck_assert_uint_eq(b.h->vsatp, 0);
    ck_assert_str_eq(ask("P1041=0100000000000000"), "OK");
    ck_assert_uint_eq(b.h->mode, MODE_S);
    ck_assert_str_eq(ask("P1042=0100000000000000"), "OK");
    ck_assert_uint_eq(b.h->mode, MODE_VS);
    ck_assert_str_eq(ask("P1041=0200000000000000"), "E01");
}
END_TEST

START_TEST(test_memory)
{
    put64(&b, DATA, 0x1122334455667788);
    ck_assert_str_eq(ask("m80030000,8"), "8877665544332211");
    ck_assert_str_eq(ask("M80030000,2:abcd"), "OK");
    ck_assert_uint_eq(get64(&b, DATA), 0x112233445566cdab);
    ck_assert_str_eq(ask("m803ffffc,8"), "00000000"); /* as far as there is memory */
    /* By the mode's translation: VS-mode sees page 0x1000 at DATA. */
    bench_tables(&b, pte(0x2000, PTE_RWX), pte(DATA, PTE_RWX | PTE_U));
    csr_poke(b.h, CSR_vsatp, 8ull << 60 | S_ROOT >> 12);
    csr_poke(b.h, CSR_hgatp, 8ull << 60 | G_ROOT >> 12);
    bench_mode(&b, MODE_VS);
    ck_assert_str_eq(ask("m1000,8"), "abcd665544332211");
    ck_assert_str_eq(ask("m3000,8"), "E0e");
}
END_TEST

START_TEST(test_description)
{
    ck_assert_ptr_nonnull(strstr(ask("qSupported:xmlRegisters=i386"), "qXfer:features:read+"));
    const char *part = ask("qXfer:features:read:target.xml:0,1000");
    ck_assert_int_eq(part[0], 'm');
    ck_assert_ptr_nonnull(strstr(part, "riscv:rv64"));
    ck_assert_ptr_nonnull(strstr(g->xml, "name=\"hgatp\""));
    ck_assert_ptr_nonnull(strstr(g->xml, "name=\"vsstatus\""));
    ck_assert_ptr_nonnull(strstr(g->xml, "name=\"priv\""));
    ck_assert_str_eq(ask("qXfer:features:read:target.xml:ffffff,100"), "l");
}
END_TEST

/* Sixteen registers, and floating point without registers of its own. */
START_TEST(test_small_hart)
{
    teardown();
    setup_with("--isa=rv32em_zfinx");
    ck_assert_int_eq(ask("qXfer:features:read:target.xml:0,1000")[0], 'm');
    ck_assert_ptr_nonnull(strstr(g->xml, "name=\"a5\""));
    ck_assert_ptr_null(strstr(g->xml, "name=\"a6\""));
    ck_assert_ptr_null(strstr(g->xml, "riscv.fpu"));
    ck_assert_ptr_nonnull(strstr(g->xml, "name=\"fcsr\" bitsize=\"32\""));
    ck_assert_uint_eq(strlen(ask("g")), 17 * 8);
    char all[17 * 8 + 2] = "G";
    for (unsigned i = 0; i < 17; i++)
        snprintf(all + 1 + 8 * i, 9, "%02x000080", i == 16 ? 0x10 : i);
    ck_assert_str_eq(ask(all), "OK");
    ck_assert_uint_eq(b.h->x[15], 0xffffffff8000000f);
    ck_assert_uint_eq(b.h->pc, 0x80000010);
}
END_TEST

START_TEST(test_threads)
{
    ck_assert_str_eq(ask("qfThreadInfo"), "m1,2");
    ck_assert_str_eq(ask("qsThreadInfo"), "l");
    ck_assert_str_eq(ask("?"), "T05thread:1;");
    ck_assert_str_eq(ask("Hg2"), "OK");
    ck_assert_str_eq(ask("qC"), "QC2");
    ck_assert_ptr_eq(g->hart, b.m->hart[1]);
}
END_TEST

START_TEST(test_noise)
{
    static const char alphabet[] = "mMgGpPXzZqvkDHT?csCSR!,;:=#0123456789abcdef-+QContrsFxf.eadI";
    static const char *const starts[] = {"m",
                                         "M",
                                         "X",
                                         "p",
                                         "P",
                                         "G",
                                         "Z",
                                         "z",
                                         "H",
                                         "T",
                                         "q",
                                         "vCont?",
                                         "qXfer:features:read:target.xml:",
                                         "qRcmd,"};
    u64 seed = 1;
    for (unsigned n = 0; n < 20000; n++) {
        u32 len = (u32)snprintf((char *)g->in.data, 64, "%s", starts[n % ARRAY_LEN(starts)]);
        for (unsigned i = n % 40; i; i--) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            g->in.data[len++] =
                seed >> 60 ? (u8)alphabet[(seed >> 33) % (sizeof alphabet - 1)] : (u8)(seed >> 40);
        }
        g->in.data[len] = 0;
        g->in.len = len;
        gdb_packet(g);
        ck_assert_uint_le(g->out.len, sizeof g->out.data);
        points_delete_owner(&b.mon->c->points, OWNER_GDB);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gdb");
    TCase *t = tcase_create("gdb");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_framing);
    tcase_add_test(t, test_too_long);
    tcase_add_loop_test(t, test_refused, 0, ARRAY_LEN(refused));
    tcase_add_test(t, test_registers);
    tcase_add_test(t, test_memory);
    tcase_add_test(t, test_description);
    tcase_add_test(t, test_small_hart);
    tcase_add_test(t, test_threads);
    tcase_add_test(t, test_noise);
    suite_add_tcase(s, t);
    return run_suite(s);
}
