/* What reset leaves in menvcfg: ADUE is one exactly on harts that set A and D and do not say that
 * they fault instead (Svadu without Svade), so that software in M-mode that knows nothing of ADUE
 * runs. Svade is what a user asks for by name. */
#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"

static const struct {
    const char *isa;
    bool updates;
} harts[] = {
    {"--isa=rv64max", true},
    {"--isa=rv32max", true},
    {"--isa=rv64max_svade", false},
    {"--isa=rv32max_svade", false},
    {"--isa=rv64max-svadu", false},
    {"--isa=rv64gc_svadu", true},
    {"--isa=rv32imac_svadu", true},
    {"--isa=rv64gc_svade_svadu", false},
    {"--isa=rv64gc", false},
    {"--isa=rv64max-s", false},
    {"--isa=rva20s64", false},
    {"--isa=rva22s64_svadu", false},
    {"--isa=rva22s64-svade_svadu", true},
};

START_TEST(adue)
{
    u32 nop = 0x13;
    struct machine *m = bare_machine(harts[_i].isa, "", &nop, 1);
    struct hart *h = m->hart[0];
    for (unsigned again = 0; again < 2; again++) {
        ck_assert_msg(h->menvcfg == (harts[_i].updates ? ENVCFG_ADUE : 0), "%s", harts[_i].isa);
        ck_assert_uint_eq(h->henvcfg, 0);
        h->menvcfg ^= ENVCFG_ADUE;
        hart_reset(h);
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("A and D at reset");
    TCase *tc = tcase_create("menvcfg");
    tcase_add_loop_test(tc, adue, 0, (int)ARRAY_LEN(harts));
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
