/* What the manual says a register holds: after reset, when it is written, and whether there is such
 * a register, on harts with and without what it belongs to. One row for one case: norm_m.def
 * (machine chapter), norm_s.def (supervisor chapter). */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"

#include <string.h>

enum kind { RESETS, WRITTEN, EXISTS, ABSENT, FIXED, EXECUTES, REFUSED };

struct row {
    enum kind kind;
    const char *rules, *isa;
    unsigned csr; /* of EXECUTES and REFUSED the instruction */
    unsigned writes;
    u64 written[2];
    u64 mask, value; /* of EXECUTES and REFUSED what is cleared in misa */
};

#define B(n)                         (1ull << (n))
#define F(high, low, v)              (((u64)(v) & (~0ull >> (63 - (high) + (low)))) << (low))
#define L(letter)                    B((letter) - 'A')
#define RESET(r, i, c, m, v)         {RESETS, r, i, c, 0, {0}, m, v},
#define RESET_FROM(r, i, c, w, m, v) {RESETS, r, i, c, 1, {w}, m, v},
#define WRITE(r, i, c, w, m, v)      {WRITTEN, r, i, c, 1, {w}, m, v},
#define TWICE(r, i, c, w, x, m, v)   {WRITTEN, r, i, c, 2, {w, x}, m, v},
#define HERE(r, i, c)                {EXISTS, r, i, c, 0, {0}, 0, 0},
#define GONE(r, i, c)                {ABSENT, r, i, c, 0, {0}, 0, 0},
#define READ_ONLY(r, i, c)           {FIXED, r, i, c, 0, {0}, 0, 0},
#define RUNS(r, i, clear, insn)      {EXECUTES, r, i, insn, 0, {0}, 0, clear},
#define ILLEGAL(r, i, clear, insn)   {REFUSED, r, i, insn, 0, {0}, 0, clear},

enum {
    MUL = 0x02b50533,
    DIV = 0x02b54533,
    AMOADD = 0x00b5252f,
    FADD_S = 0x00007053,
    FADD_D = 0x02007053,
    C_NOPS = 0x00010001,
    SH1ADD = 0x20b52533,
    ANDN = 0x40b57533,
    BSET = 0x28b51533,
};

static const struct row rows[] = {
#include "norm_m.def"
#include "norm_s.def"
};

static struct machine *m;
static struct hart *h;

static void start(const char *isa, u32 insn)
{
    char option[96];
    snprintf(option, sizeof option, "--isa=%s", isa);
    m = bare_machine(option, "", &insn, 1);
    h = m->hart[0];
}

static u64 peek(const struct row *r)
{
    u64 value = 0;
    ck_assert_msg(csr_peek(h, r->csr, &value) == 0, "%s: no %s (%s)", r->isa, csr_name(r->csr),
                  r->rules);
    return value;
}

static void check_value(const struct row *r)
{
    u64 got = peek(r) & r->mask;
    ck_assert_msg(got == r->value, "%s: %s is 0x%llx under 0x%llx, not 0x%llx (%s)", r->isa,
                  csr_name(r->csr), (unsigned long long)got, (unsigned long long)r->mask,
                  (unsigned long long)r->value, r->rules);
}

static void check_access(const struct row *r, enum csr_op op, int cause)
{
    int got = csr_check(h, r->csr, op, NULL);
    ck_assert_msg(got == cause, "%s: access to %s gives %d, not %d (%s)", r->isa, csr_name(r->csr),
                  got, cause, r->rules);
}

/* Whatever can be set is set before the reset (of misa, cleared), or what the row says is written.
 */
static void check_reset(const struct row *r)
{
    if (!r->writes)
        csr_poke(h, r->csr, r->csr == CSR_misa ? 0 : ~0ull);
    hart_reset(h);
    check_value(r);
}

static void check_execution(const struct row *r)
{
    u64 misa = 0;
    csr_peek(h, CSR_misa, &misa);
    csr_poke(h, CSR_misa, misa & ~r->value);
    csr_poke(h, CSR_mstatus, F(14, 13, 3));
    h->x[10] = RAM_BASE + 0x100;
    h->mtvec = RAM_BASE + 0x800;
    hart_run(h, 1);
    bool trapped = h->pc == RAM_BASE + 0x800;
    ck_assert_msg(trapped == (r->kind == REFUSED) && (!trapped || h->mcause == CAUSE_ILLEGAL),
                  "%s: instruction 0x%x, pc 0x%llx, mcause %llu (%s)", r->isa, r->csr,
                  (unsigned long long)h->pc, (unsigned long long)h->mcause, r->rules);
}

START_TEST(row)
{
    const struct row *r = &rows[_i];
    bool executes = r->kind == EXECUTES || r->kind == REFUSED;
    start(r->isa, executes ? r->csr : 0x13);
    for (unsigned i = 0; i < r->writes; i++)
        csr_poke(h, r->csr, r->written[i]);
    switch (r->kind) {
    case RESETS:
        check_reset(r);
        break;
    case WRITTEN:
        check_value(r);
        break;
    case EXISTS:
        check_access(r, CSR_READ, 0);
        break;
    case ABSENT:
        check_access(r, CSR_READ, CAUSE_ILLEGAL);
        break;
    case FIXED:
        check_access(r, CSR_READ, 0);
        check_access(r, CSR_SET, CAUSE_ILLEGAL);
        break;
    case EXECUTES:
    case REFUSED:
        check_execution(r);
        break;
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("what registers hold");
    TCase *tc = tcase_create("rows");
    tcase_add_loop_test(tc, row, 0, (int)ARRAY_LEN(rows));
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
