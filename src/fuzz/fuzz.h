/* hextant fuzz: a machine that stands at one place is given an input, runs until something happens,
 * and is put back. docs/fuzzing.md says what an input is and what counts as what. */
#ifndef HEXTANT_FUZZ_FUZZ_H
#define HEXTANT_FUZZ_FUZZ_H

#include <sys/types.h>

#include "common/error.h"
#include "common/keys.h"
#include "cpu/cover.h"
#include "machine/machine.h"
#include "monitor/monitor.h"

enum { INPUT_MOST = 1 << 20 }; /* bytes */

/* Where the bytes of an input go. */
struct input {
    int (*give)(struct monitor *mon, const struct input *in, const u8 *data, size_t len,
                struct error *err);
    struct view view; /* memory of the machine: */
    u64 addr, room;   /* bytes from there on; what an input does not fill becomes 0 */
    int length;       /* the x register that gets the input's length; -1: none */
};

/* What has come of a run. */
enum fate { FATE_END, FATE_CRASH, FATE_HANG, FATE_STOPPED /* by a signal */ };

struct fuzz {
    struct machine *m;
    struct monitor *mon;
    struct input input;
    struct cover cover;
    u8 edges[COVER_SIZE], nowhere[COVER_SIZE]; /* its maps, unless a fuzzer has one */
    u32 last_end;   /* points up to this number end a run, those behind it are crashes */
    u64 start;      /* instructions executed when a run begins */
    char text[400]; /* what has happened, for the user */
};

/* ---- input.c ---- */

/* Reads what --input says, for the machine where it stands; may change it. 0 or -1 with *err. */
int input_parse(struct fuzz *f, const char *spec, struct error *err);

/* ---- points.c ---- */

/* What the monitor prints between these goes into memory. printed_end() returns 0, or -1 with *err
 * if it was an error: the option's name and the monitor's words. */
struct printed {
    char *text, *wrong;
    size_t text_len, wrong_len;
};
void printed_begin(struct monitor *mon, struct printed *p);
int printed_end(struct monitor *mon, struct printed *p, const char *option, struct error *err);
/* Sets a point that the user has named, in the monitor's language; a place alone is a breakpoint.
 * 0, or -1 with *err, which names the option. */
int point_set(struct monitor *mon, const char *option, const char *text, struct error *err);
/* Sets all that end a run, and those that are crashes. 0 or -1 with *err. */
int points_set(struct fuzz *f, struct error *err);
/* Runs to the place that --start names. 0 or -1 with *err. */
int points_start(struct monitor *mon, const char *place, struct error *err);

/* ---- fate.c ---- */

/* Gives the input to the machine, which stands at its start. 0 or -1 with *err. */
int fuzz_give(struct fuzz *f, const u8 *data, size_t len, struct error *err);
/* Runs it to its end; f->text says what has happened. */
enum fate fuzz_go(struct fuzz *f);
/* Puts the machine back (after rewind_keep()). 0 or -1 with *err. */
int fuzz_back(struct fuzz *f, struct error *err);

/* ---- server.c ---- */

/* Has a fuzzer started us, which speaks AFL++'s fork server protocol? */
bool server_wanted(void);
/* The map of edges that a fuzzer shares with us, or NULL: it may look on without speaking. */
u8 *server_map(void);
/* Serves it until it goes away: the exit status of the process, or -1 with *err. */
int server_run(struct fuzz *f, struct error *err);

/* ---- command.c ---- */

/* Reads an input: the file, or standard input from its start if `path` is NULL, at most INPUT_MOST
 * bytes. How many, or -1 with *err. */
ssize_t fuzz_read(const char *path, u8 *data, struct error *err);
/* The command. Returns the exit status. */
int command_fuzz(int argc, char **argv);

#endif
