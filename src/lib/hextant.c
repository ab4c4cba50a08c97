/* Making a machine, running it to its end, and what the other files of the library share. */
#include "lib/lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"
#include "machine/options.h"
#include "trace/trace.h"

const char *hx_version(void)
{
    return build_version;
}

int hx_fail(struct hx_error *err, const struct error *why)
{
    if (err)
        snprintf(err->text, sizeof err->text, "%s", why->text);
    return -1;
}

/* ---- the owner ---- */

static void user_message(void *ctx, const char *text)
{
    const struct hx_machine *x = ctx;
    x->user.message(x->user.ctx, text);
}

static int user_stop(void *ctx)
{
    const struct hx_machine *x = ctx;
    return x->user.stop(x->user.ctx);
}

static bool user_leaves(void *ctx)
{
    return user_stop(ctx) != 0;
}

/* Those that the program knows: it may be older than the library. */
static void take_owner(struct hx_machine *x, const struct hx_owner *owner)
{
    if (owner)
        memcpy(&x->user, owner, owner->size < sizeof x->user ? owner->size : sizeof x->user);
    x->owner = (struct owner){.ctx = x,
                              .message = x->user.message ? user_message : NULL,
                              .signal = x->user.stop ? user_stop : NULL,
                              .leaving = x->user.stop ? user_leaves : NULL};
}

/* ---- opening and closing ---- */

/* argv[0] is the command's. */
static int take_words(struct hx_machine *x, const char *const *words, size_t count)
{
    x->words = calloc(count + 2, sizeof *x->words);
    if (!x->words)
        return -1;
    for (; x->num_words < count + 1; x->num_words++) {
        char *word = strdup(x->num_words ? words[x->num_words - 1] : "run");
        if (!word)
            return -1;
        x->words[x->num_words] = word;
    }
    return 0;
}

static int settle_options(struct hx_machine *x, struct error *why)
{
    switch (options_parse((int)x->num_words, x->words, &x->opt, why)) {
    case OPTIONS_ASKED:
        return error_set(why, "--help, --version and --isa=help are the program's");
    case OPTIONS_ERROR:
        return -1;
    case OPTIONS_RUN:
        break;
    }
    if (x->opt.monitor || x->opt.monitor_script || x->opt.gdb || x->opt.lockstep ||
        x->opt.sandbox == SANDBOX_ON)
        return error_set(
            why, "the monitor, --gdb, --engine=lockstep and --sandbox=on are the program's");
    x->opt.owner = &x->owner;
    return 0;
}

struct hx_machine *hx_open(const char *const *words, size_t count, const struct hx_owner *owner,
                           struct hx_error *err)
{
    struct error why;
    struct hx_machine *x = calloc(1, sizeof *x);
    error_set(&why, "no memory for a machine");
    if (x && take_words(x, words, count) == 0) {
        take_owner(x, owner);
        if (settle_options(x, &why) == 0)
            x->m = machine_new(&x->opt, &why);
        if (x->m && trace_start(x->m, &why) == 0)
            return x;
    }
    hx_close(x);
    hx_fail(err, &why);
    return NULL;
}

void hx_close(struct hx_machine *x)
{
    if (!x)
        return;
    monitor_free(x->mon);
    machine_free(x->m);
    hx_free_hooks(x);
    options_release(&x->opt);
    for (size_t i = 0; i < x->num_words; i++)
        free(x->words[i]);
    free(x->words);
    free(x);
}

/* ---- to the end ---- */

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
    if (x->finished)
        return x->status;
    if (!x->mon || !x->mon->c->started)
        machine_start(m);
    monitor_free(x->mon); /* nobody looks on any more */
    x->mon = NULL;
    do {
        if (m->state.stop_reason == STOP_DEBUG) /* the monitor's key, or where it was looked at */
            m->state.stop_reason = STOP_NONE;
        machine_go(m);
    } while (m->state.stop_reason == STOP_DEBUG && m->state.stop_status != HOLD_STORM);
    x->finished = true;
    x->status = machine_finish(m);
    if (report(m))
        x->status = EXIT_USER_ERROR;
    return x->status;
}

/* ---- for the other files ---- */

struct monitor *hx_look(struct hx_machine *x, struct hx_error *err)
{
    struct error why;
    if (x->mon)
        return x->mon;
    x->mon = monitor_new(x->m, NULL, NULL);
    if (x->mon)
        return x->mon;
    error_set(&why, "no memory to look at the machine");
    hx_fail(err, &why);
    return NULL;
}

struct hart *hx_hart(struct hx_machine *x, u32 number, struct hx_error *err)
{
    struct error why;
    if (number < x->m->num_harts)
        return x->m->hart[number];
    error_set(&why, "there is no hart %u: the machine has %u", number, x->m->num_harts);
    hx_fail(err, &why);
    return NULL;
}

/* The user's numbers are ours. */
_Static_assert((int)HX_MODE_U == MODE_U && (int)HX_MODE_S == MODE_S && (int)HX_MODE_M == MODE_M &&
                   (int)HX_MODE_VU == MODE_VU && (int)HX_MODE_VS == MODE_VS,
               "enum hx_mode is enum mode");

int hx_mode_of(const struct hart *h, u32 number, enum mode *mode, struct hx_error *err)
{
    struct error why;
    *mode = number == HX_MODE_PRESENT ? (enum mode)h->mode : (enum mode)number;
    if (number == HX_MODE_PRESENT || number < MODE_COUNT)
        return 0;
    error_set(&why, "%u is no mode", number);
    return hx_fail(err, &why);
}
