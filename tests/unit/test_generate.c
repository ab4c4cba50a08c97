/* Generated code: which rows have stencils, whether their holes make sense, and the memory that it
 * lies in. */
#include "bare_machine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cpu/block.h"
#include "cpu/insn.h"
#include "cpu/stencil/stencil.h"

static bool has_body(unsigned row)
{
    switch (insn_row(row)->kind) {
    case KIND_PLAIN:
    case KIND_PLAINF:
    case KIND_VECTOR:
    case KIND_VECTORF:
    case KIND_VSET:
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

/* A loop that is hot soon: addi a0, a0, 1; add a1, a1, a0; j the first. */
static const u32 loop[] = {0x00150513, 0x00a585b3, 0xff9ff06f};

enum { ROUNDS = 10000 };

static struct machine *hot_loop(void)
{
    struct machine *m = bare_machine("--engine=fast", "", loop, ARRAY_LEN(loop));
    hart_run(m->hart[0], ROUNDS * ARRAY_LEN(loop));
    return m;
}

/* Runs the loop on; does it count on correctly? */
static bool counts_on(struct hart *h)
{
    u64 a0 = h->x[10], a1 = h->x[11];
    hart_run(h, ROUNDS * ARRAY_LEN(loop));
    return h->x[10] == a0 + ROUNDS && h->x[11] == a1 + ROUNDS * a0 + ROUNDS * (ROUNDS + 1ull) / 2;
}

static bool has_code(const struct hart *h)
{
    const struct code_area *a = &h->blocks->code;
    return !stencil_num_externs || (a->base && a->used > a->shared);
}

/* At no address can code be both written and executed. */
START_TEST(nothing_is_writable_and_executable)
{
    struct machine *m = hot_loop();
    char line[512];
    unsigned executable = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    ck_assert(has_code(m->hart[0]));
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps)) {
        char rights[8] = "";
        ck_assert_int_eq(sscanf(line, "%*s %7s", rights), 1);
        executable += strchr(rights, 'x') != NULL;
        ck_assert_msg(!strchr(rights, 'w') || !strchr(rights, 'x'), "%s", line);
    }
    fclose(maps);
    ck_assert_uint_gt(executable, 1);
    machine_free(m);
}
END_TEST

/* A child of fork() goes on with code of its own: what either of them generates or drops is not
 * seen by the other. */
START_TEST(a_child_has_code_of_its_own)
{
    struct machine *m = hot_loop();
    struct hart *h = m->hart[0];
    int status, ready[2];
    ck_assert(has_code(h));
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        bool right = read(ready[0], &byte, 1) == 1 && counts_on(h);
        block_drop_all(h);
        right = right && counts_on(h) && has_code(h);
        machine_free(m);
        _exit(right ? 0 : 1);
    }
    if (h->blocks->code.base) /* the parent's own code is no more */
        memset(h->blocks->code.base + h->blocks->code.write, 0xcc, h->blocks->code.used);
    ck_assert_int_eq(write(ready[1], "", 1), 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    machine_free(m);
}
END_TEST

/* A child that ends without having run its machine frees what it never had. */
START_TEST(a_child_may_just_free_its_machine)
{
    struct machine *m = hot_loop();
    int status;
    pid_t child = fork();
    if (child == 0) {
        machine_free(m);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(counts_on(m->hart[0]));
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("generate");
    TCase *tests = tcase_create("stencils");
    tcase_add_test(tests, every_row_with_a_fast_body_has_stencils);
    tcase_add_test(tests, handler_resume_and_end_have_stencils);
    tcase_add_test(tests, holes_lie_inside_their_stencils);
    tcase_add_test(tests, nothing_is_writable_and_executable);
    tcase_add_test(tests, a_child_has_code_of_its_own);
    tcase_add_test(tests, a_child_may_just_free_its_machine);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
