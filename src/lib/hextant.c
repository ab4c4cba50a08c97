/* The exported functions: thin, on the machine below. */
#include "lib/hextant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"
#include "machine/machine.h"
#include "machine/options.h"
#include "monitor/monitor.h"
#include "trace/trace.h"

struct hx_machine {
    struct options opt;
    struct machine *m;
};

const char *hx_version(void)
{
    return build_version;
}

static struct hx_machine *fail(struct hx_machine *x, const char *why, struct hx_error *err)
{
    snprintf(err->text, sizeof err->text, "%s", why);
    free(x);
    return NULL;
}

struct hx_machine *hx_open(int argc, char **argv, const struct owner *owner, struct hx_error *err)
{
    struct error why;
    struct hx_machine *x = calloc(1, sizeof *x);
    if (!x)
        return fail(x, "no memory for a machine", err);
    switch (options_parse(argc, argv, &x->opt, &why)) {
    case OPTIONS_ASKED:
        return fail(x, "--help, --version and --isa=help are the program's", err);
    case OPTIONS_ERROR:
        return fail(x, why.text, err);
    case OPTIONS_RUN:
        break;
    }
    if (x->opt.monitor || x->opt.monitor_script || x->opt.gdb || x->opt.lockstep ||
        x->opt.sandbox == SANDBOX_ON)
        return fail(x, "the monitor, --gdb, --engine=lockstep and --sandbox=on are the program's",
                    err);
    x->opt.owner = owner;
    x->m = machine_new(&x->opt, &why);
    if (x->m && trace_start(x->m, &why) == 0)
        return x;
    machine_free(x->m);
    return fail(x, why.text, err);
}

/* Hands the owner what a program would print, line by line. */
static void tell_lines(const struct owner *o, char *text)
{
    for (char *line = text; *line;) {
        char *end = strchrnul(line, '\n'), *next = *end ? end + 1 : end;
        *end = '\0';
        owner_message(o, "%s", line);
        line = next;
    }
}

/* Tables, files and signature. 0, or -1 if something could not be written. */
static int report(struct machine *m)
{
    struct error err;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return -1;
    if (m->config.opt.dump_state)
        csr_print_all(m, out);
    int rc = machine_report(m, out, &err);
    if (rc)
        fprintf(out, "%s\n", err.text);
    if (trace_finish(m, out, &err)) {
        fprintf(out, "%s\n", err.text);
        rc = -1;
    }
    if (fclose(out) == 0)
        tell_lines(m->host.owner, text);
    free(text);
    return rc;
}

int hx_run(struct hx_machine *x)
{
    struct machine *m = x->m;
    machine_start(m);
    machine_go(m);
    while (m->state.stop_reason == STOP_DEBUG) { /* the monitor's key: there is none here */
        m->state.stop_reason = STOP_NONE;
        machine_go(m);
    }
    int status = machine_finish(m);
    return report(m) ? EXIT_USER_ERROR : status;
}

void hx_close(struct hx_machine *x)
{
    if (x)
        machine_free(x->m);
    free(x);
}
