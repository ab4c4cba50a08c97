/* The machine: harts, bus, clock and firmware put together, and the loop that runs them. */
#ifndef HEXTANT_MACHINE_MACHINE_H
#define HEXTANT_MACHINE_MACHINE_H

#include <stdio.h>

#include "bus/bus.h"
#include "common/types.h"
#include "cpu/hart.h"
#include "cpu/platform.h"
#include "cpu/post.h"
#include "devices/iommu_config.h"
#include "sbi/sbi.h"

/* Exit statuses of the process. A guest that fails keeps its code (1..255), except that these are
 * shown as they are; see docs/exit-status.md. */
enum {
    EXIT_GUEST_PASS = 0,
    EXIT_USER_ERROR = 2,
    EXIT_SCRIPT = 121,
    EXIT_STORM = 122,
    EXIT_DIFFERENCE = 123,
    EXIT_INSN_LIMIT = 124,
    EXIT_HUNG = 125,
    EXIT_CRITICAL = 126
};

enum firmware_kind { FIRMWARE_AUTO, FIRMWARE_NONE, FIRMWARE_SBI, FIRMWARE_FILE };
enum clock_kind { CLOCK_VIRTUAL, CLOCK_REAL };
/* Who delivers devices' interrupts. */
enum irqchip { IRQCHIP_PLIC, IRQCHIP_APLIC, IRQCHIP_APLIC_IMSIC };
/* What a trap storm does to the run; each is one line to the user as well. */
enum on_storm { STORM_STOP, STORM_MONITOR, STORM_GO };
enum sandbox_choice { SANDBOX_AUTO, SANDBOX_ON, SANDBOX_OFF };

/* What the command line asks for instead of a run. */
enum options_question { QUESTION_NONE, QUESTION_HELP, QUESTION_VERSION, QUESTION_ISA };

enum { OPTIONS_MAX = 128 }; /* rows of options.def */

/* What only `hextant fuzz` can be told; see docs/fuzzing.md. */
struct fuzz_options {
    const char *start, *input, *run, *cover; /* NULL: not given */
    const char *until[8], *crash[8];
    u32 num_until, num_crash;
    u32 own_faults; /* 0: they are crashes */
    u64 max_insns;  /* of one run */
};

/* Everything the command line can say. Strings belong to argv. */
struct options {
    const char *file;
    struct hart_config hart;
    bool xlen_given;         /* --isa named an XLEN; else the ELF's class decides */
    const char *isa;         /* NULL: everything implemented */
    char isa_remark[256];    /* what it left out, when settled; "": nothing */
    bool given[OPTIONS_MAX]; /* does the command line name this row of options.def? */
    u32 harts;
    u64 memory;  /* bytes */
    u32 irqchip; /* enum irqchip */
    struct iommu_config iommu;
    u32 aplic_sources;
    u64 max_insns;
    u64 renew; /* debug build: instructions until the machine is made anew; 0: never */
    enum clock_kind clock;
    u32 on_storm; /* enum on_storm */
    enum firmware_kind firmware;
    const char *firmware_file; /* NULL: `file` is the firmware, with its payload inside */
    const char *sbi;           /* --sbi=... */
    const char *reset_values;  /* --reset-values=... */
    u64 load_address;
    bool load_address_given;
    const char *initrd, *append, *dtb, *dump_dtb;
    char pflash_code[256]; /* the file of the first bank of flash memory; "": there is none */
    /* The option's whole value, and what follows CODE in it: the second bank, as a drive is told.
     */
    const char *pflash[2];
    u32 num_pflash;
    const char *serial;
    const char *console; /* NULL: no virtio console */
    const char *drives[8], *shares[4], *nets[2];
    u32 num_drives, num_shares, num_nets;
    const char *semihosting; /* NULL: none; "": without files; else the folder they are in */
    const char *restore;     /* the snapshot that the machine is made from; NULL: none */
    const char *snapshot_at; /* INSN|TEXT:FILE, see machine/snapshot.h */
    const char *record, *replay;
    bool record_later;        /* the owner begins the recording: recording_start() */
    u64 history, history_gap; /* bytes (0: none); instructions between two moments */
    u64 look_back;            /* hextant diff: instructions compared one by one */
    u64 record_hash;          /* instructions from one hash of a recording to the next */
    const char *signature;
    u32 signature_granularity;
    u32 virtio_vendor, virtio_version, virtio_drivers; /* as in struct virtio_dialect */
    u32 virtio_bus;                                    /* enum dev_bus */
    bool pci;                                          /* a host bridge with nothing on it, too */
    bool dump_state, stats, verbose, monitor, lockstep;
    u32 verdict_fd;     /* open descriptor that is told who ended the run; 0: none */
    const char *engine; /* "fast" or "plain" */
    const char *gdb;
    const char *traces[8], *symbols[8];
    u32 num_traces, num_symbols;
    const char *trace_file;
    u32 trace_format; /* enum line_format */
    const char *timeline, *profile, *report;
    u64 profile_period; /* instructions between two samples */
    bool exits;
    const char *monitor_script;
    struct fuzz_options fuzz;
    u32 sandbox;        /* enum sandbox_choice; the executable's */
    char *const *words; /* the command line behind the command, as reports tell it */
    u32 num_words;
    char **own_words;          /* the same, if they are not argv's; else NULL */
    u8 question;               /* enum options_question */
    const struct owner *owner; /* NULL: none; not from the command line */
};

/* What the loader learned of the guest's file. */
struct image {
    u64 entry;
    u64 low, high; /* physical range it occupies */
    unsigned xlen; /* 0 when the file does not say */
    bool is_elf;
    u64 tohost, fromhost; /* 0: none */
    u64 sig_begin, sig_end;
};

/* Why the run ended, beyond enum stop_reason of bus/device.h. */
enum machine_stop {
    STOP_INSN_LIMIT = 16,
    STOP_HUNG,      /* every hart waits and nothing can come */
    STOP_SIGNAL,    /* SIGINT, SIGTERM or SIGHUP; stop_status is its number */
    STOP_QUIT,      /* Ctrl-A x, or the terminal was closed */
    STOP_CRITICAL,  /* a hart has met an error that the architecture leaves no handler for */
    STOP_STORM,     /* a hart traps for ever (cpu/storm.h) */
    STOP_APPOINTED, /* not an end: what was appointed is to be done, then it goes on */
    STOP_DEBUG,     /* not an end: a debugger wants to look; stop_status is an enum hold_reason */
};

/* Why the run is held up. */
enum hold_reason {
    HOLD_ASKED, /* Ctrl-A c, Ctrl-C, or machine_hold.poll */
    HOLD_COUNT, /* machine_hold.left is used up */
    HOLD_POINT, /* something a debugger waits for has happened */
    HOLD_ASIDE, /* the user wants to know where it is: it is said, and the run goes on */
    HOLD_STORM  /* a trap storm, and --on-storm or a debugger wants it looked at */
};

/* What is done between two instructions, when so many have been executed. */
enum appointment {
    APPOINTED_RENEW,    /* the machine is made anew (debug build) */
    APPOINTED_SNAPSHOT, /* it is saved to a file (--snapshot-at) */
    APPOINTED_HASH,     /* what it is goes onto the tape, or is compared (--record, --replay) */
    APPOINTED_MOMENT,   /* it is kept as it is (--history) */
    APPOINTED_STOP,     /* it stops, as for a debugger's count */
    APPOINTED_END,      /* the recording ends here (--replay) */
    APPOINTED_COUNT
};

struct board;
struct owner;
struct history;
struct recording;
struct rewind;
struct snapshots;
struct symbols;
struct tape;
struct trace;
struct chardev;

/* A debugger's hold on the run. */
struct machine_hold {
    struct hart *hart; /* hold when this one has executed for `left` more slots; NULL: never */
    u64 left;
    struct hart *only;       /* the others do nothing meanwhile; NULL: all run */
    bool ends_at_reset;      /* a reset that the guest asks for ends the run */
    void (*poll)(void *ctx); /* called when the host is asked for input; NULL: nobody debugs */
    void *ctx;
};

/* Who is told of what bus_tell_writes() was asked for. */
struct machine_told {
    void (*written)(void *ctx, const struct bus_write *w);
    void *ctx;
};

/* Constant once machine_new() has returned; a reset finds the same again. */
struct machine_config {
    struct options opt; /* what the command line says, settled */
    struct image image; /* what the guest's file says */
    void *dtb;          /* malloc()ed, or NULL */
    u32 dtb_len;
    u64 dtb_address;
};

/* What changes while the machine runs, besides what harts, devices and the firmware hold. */
struct machine_state {
#define F(type, name, reset) type name;
#include "machine/machine.def"
#undef F
};

/* What belongs to the host: it is never saved. */
struct machine_host {
    const struct owner *owner;     /* the program around it; NULL: none */
    struct chardev *console;       /* of the serial port and the firmware */
    struct chardev *terminal;      /* of the virtio console; may be the same; NULL: none */
    u64 real_start;                /* --clock=real: nanoseconds when time was 0 */
    u64 start, start_executed;     /* nanoseconds, instructions at the start of the run */
    u64 pace_ns, pace_slot;        /* an idle machine keeps pace since then: both clocks */
    bool snapshot_waits;           /* --snapshot-at: it has not been saved yet */
    void *device[BUS_MAX_DEVICES]; /* what a device's next instance takes over, by id */
};

struct machine {
    struct machine_config config;
    struct machine_state state;
    struct machine_host host;
    /* Made from the configuration; each part has rows of its own. */
    struct bus bus;
    struct platform platform;       /* the machine as its harts see it */
    struct sbi_machine sbi_machine; /* as the firmware sees it */
    struct mem_region *ram;
    struct hart **hart;
    u32 num_harts;
    struct dev_env env;
    struct board *board;
    struct sbi *sbi;      /* NULL without the embedded firmware */
    struct hart *running; /* the hart inside hart_run, or NULL; set by machine_set_running() */
    /* Who looks on; the machine only calls forget(), when it is freed. */
    u64 appointed[APPOINTED_COUNT]; /* `executed` when each is due; UINT64_MAX: never */
    u64 next_appointment;           /* the earliest */
    struct history *history;        /* --history; or NULL */
    struct rewind *rewind;          /* where the run goes back again and again; or NULL */
    struct snapshots *snapshots;    /* kept in memory; NULL: none */
    struct tape *tape;              /* of what comes from outside; NULL: nobody needs it */
    struct recording *recording;    /* --record, --replay; or NULL */
    struct machine_hold hold;
    struct machine_told told;
    u64 turn_began;          /* the running hart's clock then */
    struct symbols *symbols; /* NULL until trace_load_symbols() */
    struct trace *trace;     /* NULL unless an option asks for one */
    void (*forget)(struct machine *m);
};

enum { TIMEBASE_HZ = 10000000 };
#define RAM_BASE 0x80000000ull
/* The first bank of flash memory, which holds the program and is read-only. */
#define FLASH_BASE 0x20000000ull
#define FLASH_SIZE 0x2000000ull

struct error;

/* Builds the machine that the options describe, with the guest loaded and every hart in reset. NULL
 * with *err filled in when the options or files are wrong. */
struct machine *machine_new(const struct options *opt, struct error *err);
void machine_free(struct machine *m);
/* The run in parts. machine_go() runs until it ends or is held up (stop_reason is STOP_DEBUG);
 * called again it goes on from there, exactly as if nothing had happened. machine_finish() returns
 * the exit status of the process (docs/exit-status.md). */
void machine_start(struct machine *m);
void machine_go(struct machine *m);
int machine_finish(struct machine *m);
/* Writes `who` has ended the run, as a line, where --verdict-fd says. */
void machine_verdict(const struct options *opt, const char *who);
/* Writes out what the guest's consoles have been given. */
void machine_flush(struct machine *m);
/* Executes one instruction of this hart, or takes one trap, while the others stand still. */
void machine_step_alone(struct machine *m, struct hart *h);
/* Ends the run after the present instruction. The first reason counts. */
void machine_stop(struct machine *m, u32 reason, u32 status);
/* Appoints something for when `executed` is `at`, instead of what was appointed before; UINT64_MAX:
 * never; a number that has passed: after the present instruction. */
void machine_appoint(struct machine *m, enum appointment what, u64 at);
/* Instructions executed so far by all harts, up to the present one of the hart that runs. */
u64 machine_executed(const struct machine *m);
/* Puts everything in its reset state and the guest's files in place again. 0, or -1 with *err. */
int machine_reset(struct machine *m, struct error *err);
/* Can the signature that the options ask for be written, as far as the guest's file says? 0, or -1
 * with *err. */
int machine_check_signature(struct machine *m, struct error *err);
/* What the options ask for at the end: state (without the CSRs, which csr_print_all() of the
 * monitor shows) and statistics, printed to `out`, and the signature. Has all of the guest's output
 * arrived? 0, or -1 with *err. */
int machine_report(struct machine *m, FILE *out, struct error *err);

/* ---- time (clock.c) ---- */

/* `mtime` as the running hart sees it at its present instruction, in ticks of 1 / TIMEBASE_HZ s. */
u64 machine_now(struct machine *m);
/* The slot (hart_clock) at which machine_now() first reaches `time` for hart h, never before the
 * present one; UINT64_MAX if that is out of reach. With --clock=real, when to look again. */
u64 machine_slot_of_time(const struct machine *m, const struct hart *h, u64 time);
/* Ticks since the start, without what was added to `mtime`. */
u64 machine_ticks(const struct machine *m);
/* The same, for the running hart: from here on no hart is told an earlier time. */
u64 machine_see_ticks(struct machine *m);
/* `mtime` is now machine_ticks() + offset. */
void machine_set_time_offset(struct machine *m, u64 offset);
/* The running hart gives up the rest of its turn to the other harts: it has signalled one of them
 * or spins. Its clock goes on with theirs. */
void machine_yield(struct machine *m);
/* A device asks for attention at `deadline` (machine_ticks): the present slice must not go past. */
void machine_note_deadline(struct machine *m, u64 deadline);

/* The machine that the hart belongs to. */
static inline struct machine *machine_of(const struct hart *h)
{
    return h->platform->ctx;
}

/* ---- requests to harts (posts.c) ---- */

/* Posts a request to a hart, for the hart that runs or for nobody. The running hart's to itself is
 * done at once. */
void machine_post(struct machine *m, u32 hart, const struct post *p);
/* To every hart: the time was set. */
void machine_post_time(struct machine *m);
/* From here on the bus's stores into code and by devices are posted to every hart. */
void machine_listen(struct machine *m);
/* No hart runs: each does what it has been asked for. Afterwards nothing waits anywhere, so there
 * is nothing to save. */
void machine_deliver(struct machine *m);
/* Hart h runs from here on; NULL: none. In a debug build nobody can write to the others meanwhile.
 */
void machine_set_running(struct machine *m, struct hart *h);

#endif
