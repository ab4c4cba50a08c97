/* What comes from outside, in the order in which the machine takes it: input, the host's clock, how
 * long an idle machine has slept. Whoever takes something asks the tape first. While it records,
 * what the host gives is written down; where it has something already, that is taken and the host
 * is not asked. So a run that goes back to a moment, or is replayed from a file, is the same run.
 */
#ifndef HEXTANT_COMMON_TAPE_H
#define HEXTANT_COMMON_TAPE_H

#include "common/error.h"
#include "common/state.h"

enum tape_kind {
    TAPE_IDLE,   /* u64: how many slots an idle machine let pass */
    TAPE_TICKS,  /* u64: the host's clock */
    TAPE_INPUT,  /* bytes for a console; channel 0: serial port, 1: virtio console. None: from here
                    on nobody types any more, or somebody does again */
    TAPE_WINDOW, /* two u16: columns and rows of the virtio console's terminal */
    TAPE_RANDOM, /* bytes from the host's generator */
    TAPE_DISK,   /* bytes of a disk's image */
    TAPE_FRAME,  /* a frame of the network; channel: the device's number */
    TAPE_SHARE, /* a reply of a shared folder's server, the same; no bytes: it was not waited for */
    TAPE_FILE,  /* what has come of a semihosting call on a file: devices/semihost_files.c */
    TAPE_HASH,  /* what the machine was there, see machine/recording.c */
    TAPE_END,   /* struct tape_end: there is no more */
    TAPE_KINDS
};

struct tape_end {
    u64 executed;
    u32 stop_reason, stop_status;
};

/* A place in time, by which events are compared: the slot of whoever takes something. */
typedef u64 (*tape_clock)(void *ctx);

struct tape {
    struct state_memory events;
    tape_clock clock;
    void *ctx;
    struct state_sink *file; /* everything is written there as well; NULL: nowhere */
    bool closed;             /* there is no host behind it: it is replayed from a file */
    bool media;              /* disks are read from it, and written to it */
    bool file_failed;
    struct error diverged; /* what was expected and what came; "": nothing has gone wrong */
};

/* Each function takes NULL: nothing is recorded, and nothing comes from there. */

/* Does the next thing come from the tape, or is it past its end, with no host behind it? */
bool tape_replays(const struct tape *t);
/* Is the next event one of that kind and channel, for now? Then it is taken: *data (valid until the
 * next call) and its length. -1: it is not. For what need not come at all. */
int tape_look(struct tape *t, enum tape_kind kind, u32 channel, const void **data);
/* The same for what must come: while the tape replays, the next event must be this one with `len`
 * bytes. 0; -1 if it failed then (and has none); or -1, which says in t->diverged that the run is
 * another, and fills with zeros. */
int tape_take(struct tape *t, enum tape_kind kind, void *data, u32 len);
/* The same for what may have any length: its content, valid until the next call, and *len; NULL if
 * the run is another. */
const void *tape_need(struct tape *t, enum tape_kind kind, u32 channel, u32 *len);
/* Writes down what the host has given. */
void tape_put(struct tape *t, enum tape_kind kind, u32 channel, const void *data, u32 len);
/* Has the run gone past an event that was not taken? Says so in t->diverged. */
bool tape_passed(struct tape *t, u64 now);
/* The next event, without taking it: its kind, or TAPE_KINDS at the end. */
enum tape_kind tape_next(const struct tape *t);
/* Is the next event one of that kind, for now? */
bool tape_is_now(const struct tape *t, enum tape_kind kind);
/* Goes past the next event, whatever it is: its content and length. Not at the end. */
const void *tape_pass(struct tape *t, u32 *len);
/* Appends an event of a file. 0, or -1: there is no more, or no memory. */
int tape_read_event(struct tape *t, struct state_source *source);

#endif
