/* Runs a guest to its end, and says what the machine says. */
#include <hextant.h>
#include <stdio.h>

static void say(void *ctx, const char *text)
{
    (void)ctx;
    printf("machine: %s\n", text);
}

int main(int argc, char **argv)
{
    struct hx_owner owner = {.size = sizeof owner, .message = say};
    struct hx_error err;
    if (argc < 2)
        return 2;
    struct hx_machine *m = hx_open((const char *const *)argv + 1, (size_t)argc - 1, &owner, &err);
    if (!m) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    int status = hx_run(m);
    printf("status %d after %llu instructions\n", status, (unsigned long long)hx_executed(m));
    hx_close(m);
    return status;
}
