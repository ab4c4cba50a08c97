/* Extensions can be switched off: for each of them a machine without it (--isa=rv64max-NAME), on
 * which every instruction that is gone with it raises an illegal-instruction exception in both
 * engines. */
#include "bare_machine.h"
#include "cpu/block.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HANDLER (RAM_BASE + 0x1000)

/* A machine with everything but `e`; NULL if it cannot be left out (the message says why). */
static struct machine *without(enum ext e, unsigned xlen, struct error *err)
{
    char isa[64];
    u32 zero = 0;
    /* Zcmp and Zcmt are not part of "max": they take the place of Zcd. */
    bool zc = e == EXT_Zcmp || e == EXT_Zcmt;
    snprintf(isa, sizeof isa, "--isa=rv%umax%s-%s", xlen, zc ? "-zcd_zcmp_zcmt" : "",
             ext_table[e].name);
    for (char *p = isa; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return bare_machine_try((const char *const[3]){isa, ""}, &zero, 1, err);
}

static u32 encoding(const struct insn_row *r, unsigned xlen)
{
    return (xlen == 32 ? r->enc32.match : r->enc64.match) | r->nonzero;
}

static bool exists_on(const struct insn_row *r, unsigned xlen)
{
    return xlen == 32 ? r->gate.rv32 : r->gate.rv64;
}

static void expect_illegal(struct machine *m, const struct insn_row *r, u32 bits)
{
    struct hart *h = m->hart[0];
    for (unsigned plain = 0; plain < 2; plain++) {
        memcpy(m->ram->host, &bits, sizeof bits);
        block_drop_all(h);
        m->platform.plain = plain;
        h->mode = MODE_M;
        h->mtvec = HANDLER;
        h->mcause = h->mepc = 0;
        h->pc = RAM_BASE;
        hart_derive(h);
        hart_run(h, 1);
        ck_assert_msg(h->mcause == CAUSE_ILLEGAL && h->mepc == RAM_BASE && h->pc == HANDLER,
                      "%s executes (%s)", r->name, plain ? "plain" : "fast");
    }
}

/* Rows that need `e` must be gone; returns how many there are. */
static unsigned check_rows(struct machine *m, enum ext e, unsigned xlen)
{
    unsigned gone = 0;
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i);
        u32 bits = encoding(r, xlen);
        if (!exists_on(r, xlen))
            continue;
        unsigned found = insn_lookup(m->hart[0], bits);
        bool needs = (r->gate.num_any == 1 && r->gate.any[0] == e) || r->gate.also == e;
        ck_assert_msg(!needs || found != i, "RV%u without %s has %s", xlen, ext_table[e].name,
                      r->name);
        if (found == INSN_NONE)
            expect_illegal(m, r, bits);
        gone += needs;
    }
    return gone;
}

START_TEST(each_extension_off)
{
    unsigned xlen = _i ? 64 : 32, extensions = 0, rows = 0;
    for (enum ext e = EXT_I + 1; e < EXT_COUNT; e++) {
        struct error err;
        struct machine *m = without(e, xlen, &err);
        if (!m) /* not on this XLEN, or nothing that could be missing */
            continue;
        if (!has(m->hart[0], e)) {
            unsigned gone = check_rows(m, e, xlen);
            extensions += gone > 0;
            rows += gone;
        }
        machine_free(m);
    }
    printf("RV%u: %u extensions with %u instructions\n", xlen, extensions, rows);
    ck_assert_uint_ge(extensions, 35);
}
END_TEST

/* ---- registers that are switched off ---- */

static bool is_of(const struct insn_row *r, const u8 *exts, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (r->gate.also == exts[i])
            return true;
        for (unsigned n = 0; n < r->gate.num_any; n++)
            if (r->gate.any[n] == exts[i])
                return true;
    }
    return false;
}

/* norm:mstatus_fs_op norm:mstatus_fs_vs_xs_off_op: while FS is Off every floating-point instruction
 * is illegal, whichever way it is executed; while VS is Off every vector instruction. */
START_TEST(instructions_of_a_unit_that_is_off)
{
    static const u8 floating[] = {EXT_F,   EXT_D,       EXT_Zfh, EXT_Zfhmin,
                                  EXT_Zfa, EXT_Zfbfmin, EXT_Zcf, EXT_Zcd};
    static const u8 vector[] = {EXT_Zve32x, EXT_Zve64x};
    unsigned xlen = _i & 1 ? 64 : 32, rows = 0;
    bool of_vectors = _i & 2;
    char isa[64];
    u32 zero = 0;
    struct error err;
    snprintf(isa, sizeof isa, "--isa=rv%umax%s", xlen, of_vectors ? "_zve64x" : "");
    struct machine *m = bare_machine_try((const char *const[3]){isa, ""}, &zero, 1, &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const struct insn_row *r = insn_row(i);
        u32 bits = encoding(r, xlen);
        bool concerned = of_vectors ? is_of(r, vector, ARRAY_LEN(vector))
                                    : is_of(r, floating, ARRAY_LEN(floating));
        if (!concerned || !exists_on(r, xlen) || insn_lookup(m->hart[0], bits) != i)
            continue;
        csr_poke(m->hart[0], CSR_mstatus, of_vectors ? MSTATUS_FS : MSTATUS_VS);
        expect_illegal(m, r, bits);
        rows++;
    }
    machine_free(m);
    printf("RV%u: %u %s instructions\n", xlen, rows, of_vectors ? "vector" : "floating-point");
    ck_assert_uint_ge(rows, 80);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("isa_off");
    TCase *t = tcase_create("isa_off");
    tcase_add_loop_test(t, each_extension_off, 0, 2);
    tcase_add_loop_test(t, instructions_of_a_unit_that_is_off, 0, 4);
    suite_add_tcase(s, t);
    return run_suite(s);
}
