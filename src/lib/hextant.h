/* What libhextant exports: machines, built from a command line's words, run to their end. Any
 * number of them can live in one process, each used by one thread at a time. */
#ifndef HEXTANT_LIB_HEXTANT_H
#define HEXTANT_LIB_HEXTANT_H

#include "common/owner.h"

#define HX_EXPORT __attribute__((visibility("default")))

struct hx_machine;

/* Where a call says what was wrong: one line. */
struct hx_error {
    char text[512];
};

/* The version, as --version shows it. */
HX_EXPORT const char *hx_version(void);
/* A machine as `hextant run` makes it of these words, argv[1] to argv[argc - 1], with the guest
 * loaded; argv, its words and the owner (NULL: none) must outlive it. NULL with *err filled in when
 * they are wrong. */
HX_EXPORT struct hx_machine *hx_open(int argc, char **argv, const struct owner *owner,
                                     struct hx_error *err);
/* Runs it to its end. Returns the exit status that `hextant run` would have. */
HX_EXPORT int hx_run(struct hx_machine *m);
/* Frees it; NULL is allowed. */
HX_EXPORT void hx_close(struct hx_machine *m);

#endif
