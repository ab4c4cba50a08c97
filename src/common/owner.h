/* What a machine asks of the program that it is part of. A machine never prints, and it touches
 * neither signals nor the user's terminal: its owner does, if it wants to. */
#ifndef HEXTANT_COMMON_OWNER_H
#define HEXTANT_COMMON_OWNER_H

#include <stdio.h>
#include <time.h>

#include "common/types.h"

/* Every function may be NULL. */
struct owner {
    void *ctx; /* their argument */
    /* One line for the user, without newline. */
    void (*message)(void *ctx, const char *text);
    /* The number of a signal that asks for the end of the run, or 0. */
    int (*signal)(void *ctx);
    /* Was it the user's wish to look at a machine that a debugger holds? Then it is forgotten. */
    bool (*interrupted)(void *ctx);
    /* Does the user want to know where the run is? Then it is forgotten. */
    bool (*asked)(void *ctx);
    /* Sleeps until one of `count` descriptors is readable, `timeout` (NULL: none) has passed or
     * signal() has an answer. */
    void (*wait)(void *ctx, const int *fd, u32 count, const struct timespec *timeout);
    /* Sleeps a moment, at most until `fd` takes more output. */
    void (*writable)(void *ctx, int fd);
    /* Does the user want the run to end, by a signal or a key? */
    bool (*leaving)(void *ctx);
    /* From now on (NULL: no longer) `keys` looks for the user's keys while somebody waits for a
     * slow reader; it is called with `typist` and returns whether the user wants the run to end. */
    void (*attend)(void *ctx, bool (*keys)(void *typist), void *typist);
    /* The guest gets every key of the user's terminal from now on; no longer. */
    void (*raw)(void *ctx);
    void (*restore)(void *ctx);
    /* Starts a shell command that reads what is written to the result (NULL: errno says why), and
     * ends that: as popen() and pclose() do. Either both are NULL or none. */
    FILE *(*program)(void *ctx, const char *command);
    int (*program_end)(void *ctx, FILE *to);
};
enum { OWNER_WAIT_MAX = 4 }; /* descriptors that wait() is given at most */

/* The same for an owner that may be NULL or leave functions out: nothing is said, nobody asks for
 * anything, and the sleep is an ordinary one. */
void owner_message(const struct owner *o, const char *format, ...) PRINTF(2, 3);
int owner_signal(const struct owner *o);
bool owner_interrupted(const struct owner *o);
bool owner_asked(const struct owner *o);
void owner_wait(const struct owner *o, const int *fd, u32 count, const struct timespec *timeout);
void owner_attend(const struct owner *o, bool (*keys)(void *typist), void *typist);
/* Writes all of `data`, however slow the reader, and whether or not the descriptor blocks. 0, or an
 * errno; EINTR: the user has ended the run, and the reader has not taken the rest in a second. */
int owner_write(const struct owner *o, int fd, const void *data, size_t len);
/* Waits until `fd` takes output. 0, or EINTR as owner_write(). */
int owner_await(const struct owner *o, int fd);
/* The errno in words. */
const char *owner_write_error(int error);
void owner_raw(const struct owner *o);
void owner_restore(const struct owner *o);
FILE *owner_program(const struct owner *o, const char *command);
int owner_program_end(const struct owner *o, FILE *to);

#endif
