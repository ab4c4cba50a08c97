/* The runner: every test of the image from a clean state, one TAP line each. The exit code is 0 or
 * the number of the first test that failed. Also the checks, which print what they found. */
#include "priv.h"

extern const struct test tests_begin[], tests_end[];

static struct {
    const struct test *test;
    unsigned failures;
    const char *skip_reason;
    const char *context_what[4];
    u64 context_value[4];
    unsigned contexts;
    ulong jump[14];
} now;

void *memset(void *to, int byte, __SIZE_TYPE__ n)
{
    for (u8 *p = to; n; n--)
        *p++ = (u8)byte;
    return to;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ n)
{
    u8 *p = to;
    for (const u8 *q = from; n; n--)
        *p++ = *q++;
    return to;
}

void context(const char *what, u64 value)
{
    unsigned i = 0;
    while (i < now.contexts && now.context_what[i] != what)
        i++;
    if (i == 4)
        return;
    now.context_what[i] = what;
    now.context_value[i] = value;
    if (i == now.contexts)
        now.contexts++;
}

static void print_place(int line)
{
    put_string("# ");
    put_string(now.test ? now.test->file : "start");
    put_string(":");
    put_decimal((ulong)line);
    for (unsigned i = 0; i < now.contexts; i++) {
        put_string(i ? ", " : " (");
        put_string(now.context_what[i]);
        put_string(" ");
        put_hex(now.context_value[i]);
    }
    put_string(now.contexts ? "): " : ": ");
}

int check_equal(int line, const char *what, u64 got, u64 want)
{
    if (got == want)
        return 1;
    if (now.failures++ < 12) {
        print_place(line);
        put_string(what);
        put_string(": got ");
        put_hex(got);
        put_string(", expected ");
        put_hex(want);
        put_string("\n");
    }
    return 0;
}

ulong device_tree = 1; /* its address, from before the first instruction; not in .bss */

/* Nothing else in a device tree looks like a boot argument, so the blob is not taken apart. */
int boot_argument(const char *word)
{
    const u8 *blob = (const u8 *)device_tree;
    u32 size = (u32)blob[4] << 24 | (u32)blob[5] << 16 | (u32)blob[6] << 8 | blob[7];
    for (u32 at = 0; at < size; at++) {
        u32 n = 0;
        while (word[n] && at + n < size && blob[at + n] == (u8)word[n])
            n++;
        if (!word[n])
            return 1;
    }
    return 0;
}

void skip(const char *why)
{
    now.skip_reason = why;
    jump_to_mark(now.jump);
}

/* A trap while the test itself runs in M-mode: the test is over. */
void unexpected_trap(void)
{
    now.failures++;
    print_place(0);
    put_string("unexpected trap in the test itself: mcause ");
    put_hex(csr_read(CSR_MCAUSE));
    put_string(", mepc ");
    put_hex(csr_read(CSR_MEPC));
    put_string(", mtval ");
    put_hex(csr_read(CSR_MTVAL));
    put_string("\n");
    jump_to_mark(now.jump);
}

static int run_test(const struct test *test, ulong number)
{
    now.test = test;
    now.failures = 0;
    now.contexts = 0;
    now.skip_reason = 0;
    if (!mark(now.jump)) {
        reset_state();
        test->run();
    }
    put_string(now.failures ? "not ok " : "ok ");
    put_decimal(number);
    put_string(" - ");
    put_string(test->rule);
    if (now.skip_reason && !now.failures) {
        put_string(" # SKIP ");
        put_string(now.skip_reason);
    }
    put_string("\n");
    return now.failures != 0;
}

static void setup(void)
{
    if (!(csr_read(CSR_MISA) & MISA_H))
        csr_set(CSR_MISA, MISA_H);
    if (!(csr_read(CSR_MISA) & MISA_H)) {
        put_string("Bail out! the hart has no H extension\n");
        htif_exit(1000);
    }
    reset_state();
    find_choices();
}

void run_all_tests(void)
{
    ulong first_failure = 0, number = 0;
    if (mark(now.jump))
        htif_exit(1001);
    setup();
    put_string("1..");
    put_decimal((ulong)(tests_end - tests_begin));
    put_string("\n");
    for (const struct test *t = tests_begin; t < tests_end; t++) {
        number++;
        if (run_test(t, number) && !first_failure)
            first_failure = number;
    }
    htif_exit(first_failure);
}
