/* The parts of the tracer that need no machine: filters, lines, histograms, stacks, output files.
 */
#include "run_suite.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "trace/filter.h"
#include "trace/histogram.h"
#include "trace/line.h"
#include "trace/out.h"
#include "trace/stacks.h"

/* ---- filters ---- */

static struct trace_filter parse(const char *text)
{
    struct trace_filter f;
    struct error err = {""};
    ck_assert_msg(trace_filter_parse(text, NULL, &f, &err) == 0, "%s", err.text);
    return f;
}

static void refuse(const char *text, const char *why)
{
    struct trace_filter f;
    struct error err = {""};
    ck_assert_int_eq(trace_filter_parse(text, NULL, &f, &err), -1);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
}

START_TEST(test_filter_parse)
{
    struct trace_filter f = parse("insn,trap");
    ck_assert_uint_eq(f.classes, 1u << TRACE_INSN | 1u << TRACE_TRAP);
    ck_assert_uint_eq(f.left, UINT64_MAX);
    f = parse("mmio:mode=VS+VU,hart=0+3,vmid=7,pc=0x80000000..0x800000ff,insns=10..0x20,first=5");
    ck_assert_uint_eq(f.modes, 1u << MODE_VS | 1u << MODE_VU);
    ck_assert_uint_eq(f.harts, 9);
    ck_assert_int_eq(f.vmid, 7);
    ck_assert_uint_eq(f.pc_first, 0x80000000);
    ck_assert_uint_eq(f.pc_last, 0x800000ff);
    ck_assert_uint_eq(f.from, 10);
    ck_assert_uint_eq(f.until, 32);
    ck_assert_uint_eq(f.left, 5);
    f = parse("sbi:insns=100..");
    ck_assert_uint_eq(f.until, UINT64_MAX);
}
END_TEST

START_TEST(test_filter_refuse)
{
    refuse("", "unknown key ''");
    refuse("trap,", "unknown key ''");
    refuse("traps", "unknown key 'traps'; can be insn, trap");
    refuse("trap:", "--trace: unknown key ''; can be mode=VS+VU, hart=0+1");
    refuse("trap:mode=X", "mode=X: must be M, HS");
    refuse("trap:mode=", "mode needs a value: mode=VS+VU");
    refuse("trap:first=0", "first=0: must be between 1");
    refuse("trap:first=-1", "first=-1: not a number");
    refuse("trap:insns=5..5", "insns=5..5: must be FROM..UNTIL");
    refuse("trap:insns=5", "insns=5: must be");
    refuse("trap:vmid=99999", "vmid=99999: must be between 0 and 16383");
    refuse("trap:hart=64", "hart=64: must be");
    refuse("trap:pc=main", "pc=main: must be SYMBOL");
    refuse("trap:first=1,,first=2", "unknown key ''");
}
END_TEST

START_TEST(test_filter_accepts)
{
    struct trace_filter f = parse("trap:mode=VS,hart=1,vmid=2,pc=16..31,insns=5..9");
    struct line_place at = {.clock = 5, .pc = 16, .hart = 1, .vmid = 2, .mode = MODE_VS};
    struct line_place other;
    u32 vs = 1u << MODE_VS;
    ck_assert(trace_filter_accepts(&f, TRACE_TRAP, &at, vs));
    ck_assert(!trace_filter_accepts(&f, TRACE_INSN, &at, vs));
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &at, 1u << MODE_M));
    ck_assert(trace_filter_accepts(&f, TRACE_TRAP, &at, vs | 1u << MODE_M));
    other = at, other.clock = 9;
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &other, vs));
    other = at, other.clock = 4;
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &other, vs));
    other = at, other.pc = 32;
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &other, vs));
    other = at, other.hart = 0;
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &other, vs));
    other = at, other.vmid = 3;
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &other, vs));
    other = at, other.mode = MODE_S; /* a VMID means a guest */
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &other, vs));
    f.left = 0;
    ck_assert(!trace_filter_accepts(&f, TRACE_TRAP, &at, vs));
}
END_TEST

/* ---- lines ---- */

static const struct line_place place = {
    .clock = 12, .pc = 0x80000000, .hart = 1, .vmid = 3, .mode = MODE_VS};

static char *finish(struct line *l)
{
    line_end(l);
    l->text[l->len] = 0;
    return l->text;
}

START_TEST(test_line_forms)
{
    static struct line l;
    for (unsigned format = LINE_TEXT; format <= LINE_JSON; format++) {
        l.format = (enum line_format)format;
        line_begin(&l, &place, "trap");
        line_word(&l, "cause", "a \"b\"\\\n\xff");
        line_hex(&l, "tval", 0x1f);
        line_number(&l, "count", 10);
        if (format == LINE_TEXT)
            ck_assert_str_eq(finish(&l),
                             "          12 h1  VS:3 0000000080000000 trap   a \"b\"\\\n\xff"
                             " tval=0x1f count=10\n");
        else
            ck_assert_str_eq(finish(&l),
                             "{\"clock\":12,\"hart\":1,\"mode\":\"VS\",\"vmid\":3,\"pc\":"
                             "\"0x80000000\",\"class\":\"trap\",\"cause\":\"a \\\"b\\\"\\\\\\u000a"
                             "\\u00ff\",\"tval\":\"0x1f\",\"count\":10}\n");
    }
}
END_TEST

/* However much is put into a line, it stays inside its buffer and ends with a newline. */
START_TEST(test_line_bounds)
{
    static struct line l;
    char word[600];
    memset(word, 1, sizeof word - 1);
    word[sizeof word - 1] = 0;
    l.format = LINE_JSON;
    line_begin(&l, &place, "sbi");
    for (unsigned i = 0; i < 100; i++)
        line_column(&l, "text", word, 700);
    line_end(&l);
    ck_assert_uint_le(l.len, sizeof l.text);
    ck_assert_int_eq(l.text[l.len - 1], '\n');
}
END_TEST

/* ---- histograms ---- */

START_TEST(test_histogram_slots)
{
    for (u64 v = 0; v < 64; v++)
        ck_assert_uint_eq(histogram_slot_start(histogram_slot(v)), v);
    for (unsigned shift = 6; shift < 64; shift++) {
        for (u64 k = 0; k < 64; k++) {
            u64 v = BIT(shift) + k * (BIT(shift) / 64);
            unsigned i = histogram_slot(v);
            ck_assert_uint_lt(i, HISTOGRAM_SLOTS);
            ck_assert_uint_le(histogram_slot_start(i), v);
            if (i + 1 < HISTOGRAM_SLOTS)
                ck_assert_uint_gt(histogram_slot_start(i + 1), v);
            ck_assert_uint_le(v - histogram_slot_start(i), v / 32);
        }
    }
    ck_assert_uint_eq(histogram_slot(UINT64_MAX), HISTOGRAM_SLOTS - 1);
}
END_TEST

START_TEST(test_histogram_quantiles)
{
    struct histogram h = {0};
    ck_assert_uint_eq(histogram_quantile(&h, 500), 0);
    for (u64 v = 1; v <= 50; v++)
        histogram_add(&h, v);
    ck_assert_uint_eq(histogram_quantile(&h, 500), 25);
    ck_assert_uint_eq(histogram_quantile(&h, 990), 50);
    ck_assert_uint_eq(histogram_quantile(&h, 0), 1);
    histogram_add(&h, 1000000);
    ck_assert_uint_eq(h.min, 1);
    ck_assert_uint_eq(h.max, 1000000);
    ck_assert_uint_eq(histogram_quantile(&h, 1000), 1000000);
    histogram_free(&h);
}
END_TEST

START_TEST(test_histogram_merge)
{
    struct histogram a = {0}, b = {0}, none = {0};
    for (u64 v = 1; v <= 50; v++)
        histogram_add(v % 2 ? &a : &b, v);
    histogram_merge(&a, &none);
    histogram_merge(&a, &b);
    ck_assert_uint_eq(a.count, 50);
    ck_assert_uint_eq(a.sum, 1275);
    ck_assert_uint_eq(a.min, 1);
    ck_assert_uint_eq(a.max, 50);
    ck_assert_uint_eq(histogram_quantile(&a, 500), 25);
    histogram_merge(&none, &b);
    ck_assert_uint_eq(none.min, 2);
    ck_assert_uint_eq(histogram_quantile(&none, 1000), 50);
    histogram_free(&a);
    histogram_free(&b);
    histogram_free(&none);
}
END_TEST

/* ---- stacks ---- */

START_TEST(test_stacks)
{
    struct stacks *s = stacks_new();
    struct error err;
    const char *const a[] = {"HS", "main", "f"}, *const b[] = {"HS", "main", "a;b\n"};
    char path[] = "/tmp/stacks-XXXXXX", text[128] = "";
    close(mkstemp(path));
    stacks_add(s, a, 3);
    stacks_add(s, b, 3);
    stacks_add(s, a, 3);
    stacks_add(s, a, 1);
    struct out *o = out_open(path, NULL, &err);
    stacks_write_folded(s, o);
    ck_assert_int_eq(out_close(o, &err), 0);
    FILE *f = fopen(path, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, f), 0);
    fclose(f);
    unlink(path);
    ck_assert_str_eq(text, "HS 1\nHS;main;f 2\nHS;main;a:b: 1\n");
    stacks_free(s);
}
END_TEST

/* More names than there is room for: the samples stay, at the frame above. */
START_TEST(test_stacks_full)
{
    struct stacks *s = stacks_new();
    const struct stack_node *node;
    char name[32];
    u64 total = 0;
    for (unsigned i = 0; i < 100000; i++) {
        const char *const stack[] = {"U", name};
        snprintf(name, sizeof name, "function_%u", i);
        stacks_add(s, stack, 2);
    }
    u32 n = stacks_nodes(s, &node);
    for (u32 i = 0; i < n; i++)
        total += node[i].self;
    ck_assert_uint_lt(n, 100000);
    ck_assert_uint_eq(total, 100000);
    stacks_free(s);
}
END_TEST

/* ---- output files ---- */

enum { BIG = 300000 };

/* Writes BIG bytes to a file with that suffix; returns the file's bytes (static). */
static size_t written(const char *suffix, u8 *file, size_t room)
{
    char path[64];
    struct error err;
    snprintf(path, sizeof path, "/tmp/out-%d%s", (int)getpid(), suffix);
    struct out *o = out_open(path, NULL, &err);
    ck_assert_ptr_nonnull(o);
    for (unsigned i = 0; i < BIG / 10; i++) {
        out_printf(o, "%09u\n", i);
    }
    ck_assert_int_eq(out_close(o, &err), 0);
    FILE *f = fopen(path, "r");
    size_t n = fread(file, 1, room, f);
    fclose(f);
    unlink(path);
    return n;
}

START_TEST(test_out_formats)
{
    static u8 plain[BIG + 1], packed[BIG + 1], unpacked[BIG + 1];
    ck_assert_uint_eq(written(".txt", plain, sizeof plain), BIG);
    size_t n = written(".zst", packed, sizeof packed), got = 0;
    ck_assert_uint_lt(n, BIG);
    ZSTD_DStream *d = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed, n, 0};
    ZSTD_outBuffer out = {unpacked, sizeof unpacked, 0};
    ck_assert_uint_eq(ZSTD_decompressStream(d, &out, &in), 0); /* the frame is complete */
    ZSTD_freeDStream(d);
    ck_assert_uint_eq(out.pos, BIG);
    ck_assert_int_eq(memcmp(plain, unpacked, BIG), 0);
    n = written(".gz", packed, sizeof packed);
    z_stream z = {
        .next_in = packed, .avail_in = (unsigned)n, .next_out = unpacked, .avail_out = BIG};
    ck_assert_int_eq(inflateInit2(&z, 31), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    got = z.total_out;
    inflateEnd(&z);
    ck_assert_uint_eq(got, BIG);
    ck_assert_int_eq(memcmp(plain, unpacked, BIG), 0);
}
END_TEST

START_TEST(test_out_errors)
{
    struct error err;
    static const char *const full[] = {"/dev/full"};
    ck_assert_ptr_null(out_open("/nonexistent/file", NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/file"));
    struct out *o = out_open(full[0], NULL, &err);
    out_text(o, "some text");
    ck_assert_int_eq(out_close(o, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "No space"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tc = tcase_create("parts");
    tcase_add_test(tc, test_filter_parse);
    tcase_add_test(tc, test_filter_refuse);
    tcase_add_test(tc, test_filter_accepts);
    tcase_add_test(tc, test_line_forms);
    tcase_add_test(tc, test_line_bounds);
    tcase_add_test(tc, test_histogram_slots);
    tcase_add_test(tc, test_histogram_quantiles);
    tcase_add_test(tc, test_histogram_merge);
    tcase_add_test(tc, test_stacks);
    tcase_add_test(tc, test_stacks_full);
    tcase_add_test(tc, test_out_formats);
    tcase_add_test(tc, test_out_errors);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
