/* Files that a run writes as it goes: plain, or compressed when the name ends in .gz or .zst. */
#ifndef HEXTANT_TRACE_OUT_H
#define HEXTANT_TRACE_OUT_H

#include "common/error.h"
#include "common/types.h"

struct out;
struct owner;

/* Creates the file; NULL or "-": standard error. The owner (NULL: none) can end the wait for a slow
 * reader. NULL with *err filled in on failure. */
struct out *out_open(const char *path, const struct owner *owner, struct error *err);
/* For a file that is written at the end of a run: can it be? 0, or -1 with *err. */
int out_try(const char *path, struct error *err);
/* Appends. Errors are remembered for out_close. */
void out_write(struct out *o, const char *data, size_t len);
void out_text(struct out *o, const char *text);
void out_printf(struct out *o, const char *format, ...) PRINTF(2, 3);
/* Hands on what has been appended so far (gzip keeps some back). */
void out_flush(struct out *o);
/* A string in quotes as JSON has it, harmless inside HTML too. */
void out_json_string(struct out *o, const char *text);
/* Finishes and frees. 0, or -1 with *err if anything could not be written. */
int out_close(struct out *o, struct error *err);

#endif
