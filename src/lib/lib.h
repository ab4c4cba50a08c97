/* What the files of the library share: the machine as its user has it. */
#ifndef HEXTANT_LIB_LIB_H
#define HEXTANT_LIB_LIB_H

#include "hextant.h"

#include "common/error.h"
#include "common/owner.h"
#include "machine/machine.h"
#include "monitor/monitor.h"

struct told;

struct hx_machine {
    struct options opt;
    struct hx_owner user;
    struct owner owner;
    char **words; /* the options point into them */
    size_t num_words;
    struct machine *m;
    struct monitor *mon; /* NULL until somebody looks */
    struct told *told;   /* for each set of hooks and hart, linked */
    bool hears_sbi;      /* the firmware tells us of its calls */
    bool finished;       /* its files are written; the run's */
    int status;
};

/* Takes the text over (err may be NULL) and returns -1. */
int hx_fail(struct hx_error *err, const struct error *why);
/* The monitor that looks at the machine, made when it is first asked for. NULL with *err. */
struct monitor *hx_look(struct hx_machine *x, struct hx_error *err);
/* A hart of the machine. NULL with *err. */
struct hart *hx_hart(struct hx_machine *x, u32 number, struct hx_error *err);
/* The mode that a number of the user's means on that hart. 0 or -1 with *err. */
int hx_mode_of(const struct hart *h, u32 number, enum mode *mode, struct hx_error *err);
/* A trap as the user is told of it, but for the instruction. */
struct hx_trap hx_trap_of(const struct trap_event *ev);
void hx_free_hooks(struct hx_machine *x);

#endif
