/* What --sbi=KEY=VALUE,… can say. */
#ifndef HEXTANT_SBI_OPTIONS_H
#define HEXTANT_SBI_OPTIONS_H

#include "common/error.h"
#include "common/types.h"
#include "sbi/state.h"

/* Registers and CSRs that the specification leaves undefined when a hart starts or resumes: as
 * OpenSBI leaves them, all zero, a recognisable pattern, pseudo-random. */
enum reset_values { RESET_USUAL, RESET_ZERO, RESET_POISON, RESET_RANDOM };

/* Misaligned accesses that trap: the firmware does them, passes them on, or never sees them. */
enum misaligned_policy { MISALIGNED_EMULATE, MISALIGNED_REDIRECT, MISALIGNED_DELEGATE };

/* A global software event whose preferred hart takes none: stays pending there, or goes to another
 * hart (SSE chapter: "preferred hart" is a hint). */
enum sse_global_policy { SSE_GLOBAL_STAY, SSE_GLOBAL_MOVE };

/* fail=EXT.FUNCTION:ERROR[@N]: the N-th call (0: every call) does nothing and returns ERROR. */
struct sbi_failure {
    u32 extension, function;
    s64 error;
    u64 nth;
};

struct sbi_options {
    u32 spec; /* major << 8 | minor */
    u64 impl_id, impl_version;
    u64 mvendorid, marchid, mimpid;
    bool mvendorid_given, marchid_given, mimpid_given;
    u32 disabled[32]; /* functions of each extension, a bit each */
    u32 requested;    /* extensions named by enable= */
    u64 delegate, undelegate, undelegate_irq;
    enum reset_values reset_values;
    u64 seed;
    u16 reset_zero[16]; /* CSRs that are zero all the same; by default hie */
    u32 num_reset_zero;
    bool reset_zero_given;
    enum misaligned_policy misaligned;
    enum sse_global_policy sse_global;
    struct sbi_failure failure[SBI_MAX_FAILURES];
    u32 num_failures;
};

/* Parses `text` (NULL: defaults): KEY=VALUE,… or, if it has no '=', the name of a file with one a
 * line. 0, or -1 with *err. */
int sbi_options_parse(struct sbi_options *o, const char *text, struct error *err);
/* Takes usual, zero, poison or random:SEED into a struct sbi_options. 0, or -1 with *err, which
 * says what is wrong with the value. */
int sbi_options_reset_values(void *into, const char *text, struct error *err);

#endif
