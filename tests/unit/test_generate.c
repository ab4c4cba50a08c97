/* Generated code: which rows have stencils, and whether their holes make sense. */
#include "run_suite.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu/insn.h"
#include "cpu/stencil/stencil.h"

static bool has_body(unsigned row)
{
    switch (insn_row(row)->kind) {
    case KIND_PLAIN:
    case KIND_PLAINF:
    case KIND_SYSTEM:
        return false;
    default:
        return insn_row(row)->base == row;
    }
}

static unsigned missing(const struct stencil table[STENCIL_ROWS][STENCIL_FORMS], unsigned xlen)
{
    unsigned n = 0;
    for (unsigned row = 0; row < INSN_COUNT; row++) {
        bool exists = xlen == 32 ? insn_row(row)->gate.rv32 : insn_row(row)->gate.rv64;
        for (unsigned form = 0; form < STENCIL_FORMS && exists && has_body(row); form++) {
            bool guesses = form >= STENCIL_GUESS;
            if (table[row][form].exists || (guesses && insn_row(row)->kind != KIND_LOAD))
                continue;
            n++;
            fprintf(stderr, "no stencil for %s, form %u\n", insn_row(row)->name, form);
        }
    }
    return n;
}

/* A row that the compiler made into something that cannot be copied would silently be slow. */
START_TEST(every_row_with_a_fast_body_has_stencils)
{
    insn_init();
    if (!stencil_num_externs)
        return; /* not on this host */
    ck_assert_uint_eq(missing(stencils_rv32, 32), 0);
    ck_assert_uint_eq(missing(stencils_rv64, 64), 0);
}
END_TEST

/* The code between blocks needs these; a host that has any stencil has them. */
START_TEST(handler_resume_and_end_have_stencils)
{
    if (!stencil_num_externs)
        return;
    for (unsigned row = STENCIL_handler; row < STENCIL_ROWS; row++) {
        ck_assert_uint_ne(stencils_rv32[row][0].exists, 0);
        ck_assert_uint_ne(stencils_rv64[row][0].exists, 0);
    }
}
END_TEST

/* Holes lie inside their stencils, and what is in line comes first. */
START_TEST(holes_lie_inside_their_stencils)
{
    for (unsigned row = 0; row < STENCIL_ROWS; row++)
        for (unsigned form = 0; form < STENCIL_FORMS; form++) {
            const struct stencil *s = &stencils_rv64[row][form];
            ck_assert_uint_le(s->hot, s->size);
            for (unsigned i = 0; i < s->fixes; i++) {
                const struct stencil_fix *f = &stencil_fixes[s->fix + i];
                unsigned bytes = f->kind == FIX_PC || f->kind == FIX_END ? 8 : 4;
                ck_assert_uint_lt(f->kind, FIX_KINDS);
                ck_assert(f->at + bytes <= s->hot || (f->at >= s->hot && f->at + bytes <= s->size));
            }
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("generate");
    TCase *tests = tcase_create("stencils");
    tcase_add_test(tests, every_row_with_a_fast_body_has_stencils);
    tcase_add_test(tests, handler_resume_and_end_have_stencils);
    tcase_add_test(tests, holes_lie_inside_their_stencils);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
