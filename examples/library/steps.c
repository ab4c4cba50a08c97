/* Steps a guest and shows what each instruction has written to the registers. */
#include <hextant.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 12, REGISTERS = 32 };

/* Ends the program if a call has failed. */
static void check(int result, const struct hx_error *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

static void read_all(struct hx_machine *m, uint64_t x[REGISTERS])
{
    struct hx_error err;
    for (uint32_t i = 0; i < REGISTERS; i++)
        check(hx_read_register(m, 0, HX_REG_X + i, &x[i], &err), &err);
}

int main(int argc, char **argv)
{
    struct hx_error err;
    struct hx_stop stop = {0};
    uint64_t before[REGISTERS], after[REGISTERS], pc;
    if (argc < 2)
        return 2;
    struct hx_machine *m = hx_open((const char *const *)argv + 1, (size_t)argc - 1, NULL, &err);
    check(m ? 0 : -1, &err);
    for (int step = 0; step < STEPS && stop.why != HX_STOP_ENDED; step++) {
        check(hx_read_register(m, 0, HX_REG_PC, &pc, &err), &err);
        read_all(m, before);
        check(hx_step(m, 0, 1, &stop, &err), &err);
        read_all(m, after);
        printf("0x%llx", (unsigned long long)pc);
        for (int i = 0; i < REGISTERS; i++)
            if (after[i] != before[i])
                printf("  x%d = 0x%llx", i, (unsigned long long)after[i]);
        printf("\n");
    }
    hx_close(m);
    return 0;
}
