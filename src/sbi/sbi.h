/* The embedded SBI firmware (SBI specification 3.0). M-mode is real: the ROM (rom.h) traps into the
 * C code here with the `firmware` instruction and leaves with MRET. */
#ifndef HEXTANT_SBI_SBI_H
#define HEXTANT_SBI_SBI_H

#include <stdio.h>

#include "common/error.h"
#include "common/state.h"
#include "common/types.h"
#include "cpu/mode.h"

struct bus;
struct chardev;
struct hart;
struct owner;
struct sbi;

/* The machine as the firmware sees it. */
struct sbi_machine {
    struct bus *bus;
    struct hart **hart;
    u32 num_harts;
    bool timed;                /* measure how long calls take */
    const struct owner *owner; /* for messages; NULL: none */
    void *ctx;                 /* argument of stop() */
    /* Ends the run: enum stop_reason, and the exit status that the guest asks for. */
    void (*stop)(void *ctx, u32 reason, u32 status);
};

/* The firmware of machine `m`, which outlives it and whose harts, bus and ROM (rom_install) exist;
 * installs itself as every hart's `firmware` hook. `options` is the text of --sbi= (KEY=VALUE,… or
 * the name of a file with one KEY=VALUE a line), `reset_values` that of --reset-values=; NULL: not
 * given. NULL on failure, with *err.
 */
struct sbi *sbi_new(const struct sbi_machine *m, const char *options, const char *reset_values,
                    struct error *err);
void sbi_free(struct sbi *sbi);
/* The console of DBCN and of the legacy calls; NULL: none. */
void sbi_set_console(struct sbi *sbi, struct chardev *console);
/* Machine reset: forgets everything the guest has asked for. The harts are reset by the machine. */
void sbi_reset(struct sbi *sbi);
/* What the harts do after the next reset: `boot_hart` enters (H)S-mode at `entry` with a0 = hartid
 * and a1 = fdt, the others are stopped (HSM). Fills in the ROM. Survives sbi_reset(). */
void sbi_boot(struct sbi *sbi, u64 entry, u64 fdt, unsigned boot_hart);
/* What the firmware has done with the traps of one cause that reached it. */
struct sbi_settled {
    u64 emulated, to_hs, to_vs;
};
struct sbi_settled sbi_settled(const struct sbi *sbi, unsigned cause);
/* What it does with an exception, or with an interrupt, that reaches it; in a few words. */
const char *sbi_exception_policy(const struct sbi *sbi, unsigned cause);
const char *sbi_interrupt_policy(const struct hart *h, unsigned code);
/* A firmware feature (FWFT) on one hart. */
struct sbi_feature {
    const char *name;
    bool supported, locked;
    u64 value;
};
/* Feature number n; false: there are not so many. */
bool sbi_feature(struct sbi *sbi, struct hart *h, u32 n, struct sbi_feature *f);
/* Calls and host time per function (--stats). */
void sbi_stats_print(const struct sbi *sbi, FILE *out);

/* The rows of the firmware: `fn` is told of what it keeps for all harts, then of each hart's. 0, or
 * what fn returned. */
int sbi_each_part(struct sbi *sbi, state_fn fn, void *ctx);
/* A new one with the same options, for whoever looks on as well, in the state of reset; frees the
 * old one. NULL without memory: then the old one is left. */
struct sbi *sbi_renew(struct sbi *sbi);

/* One finished call, or one trap that the firmware handled, as the tracer sees it. */
enum sbi_event_kind { SBI_EVENT_CALL, SBI_EVENT_TRAP };
struct sbi_event {
    enum sbi_event_kind kind;
    const struct hart *hart;
    u64 pc;         /* of the ECALL, or of the instruction that trapped */
    enum mode to;   /* of a trap: who gets it from the firmware; MODE_M: nobody, it is settled */
    enum mode mode; /* of the caller, or of the code that trapped */
    const char *extension; /* "rfence"; NULL when unknown */
    const char *function;  /* "remote_fence_i"; NULL when unknown */
    const char *text;      /* "set_timer(stime_value=0x123) = SUCCESS" */
    s64 error;             /* of a call that returned */
    u64 value;
};
typedef void (*sbi_trace_fn)(void *ctx, const struct sbi_event *event);
/* Adds a function that is told of every call and trap from now on. At most SBI_TRACERS. */
enum { SBI_TRACERS = 8 };
void sbi_add_tracer(struct sbi *sbi, sbi_trace_fn fn, void *ctx);
/* "time.set_timer" for the numbers in a7 and a6, or the numbers if there is no such call. Returns
 * buf. */
char *sbi_call_name(u64 eid, u64 fid, char *buf, size_t len);
/* Name of an error code ("SUCCESS", "INVALID_PARAM"), or NULL. */
const char *sbi_error_name(s64 error);

#endif
