/* Runs a hypervisor up to its guest's first stray store, and explains it: as values, and in words.
 */
#include <hextant.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int result, const struct hx_error *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

static void show_walk(struct hx_machine *m, uint64_t address)
{
    struct hx_place place = {.space = HX_VIRTUAL, .mode = HX_MODE_VS, .address = address};
    struct hx_translation t;
    struct hx_error err;
    check(hx_translate(m, &place, HX_STORE, &t, &err), &err);
    for (uint32_t i = 0; i < t.steps; i++)
        printf("%s level %u: entry at 0x%llx = 0x%llx %s\n",
               t.step[i].g_stage ? "G-stage" : "stage 1", t.step[i].level,
               (unsigned long long)t.step[i].entry_pa, (unsigned long long)t.step[i].pte,
               t.step[i].refused);
    printf("a store is %s: cause %u, %s\n", t.allowed ? "allowed" : "refused", t.cause, t.rule);
}

int main(int argc, char **argv)
{
    struct hx_error err;
    struct hx_stop stop;
    struct hx_trap trap;
    char *text;
    if (argc < 2)
        return 2;
    struct hx_machine *m = hx_open((const char *const *)argv + 1, (size_t)argc - 1, NULL, &err);
    check(m ? 0 : -1, &err);
    check(hx_command(m, "catch trap 23", NULL, &err), &err);
    check(hx_continue(m, &stop, &err), &err);
    check(hx_last_trap(m, stop.hart, 0, &trap, &err), &err);
    printf("%s: %s [%s]\n", trap.name, trap.rule, trap.citation);
    show_walk(m, trap.tval);
    check(hx_command(m, "why", &text, &err), &err);
    printf("%s", text);
    hx_free(text);
    hx_close(m);
    return 0;
}
