/* libhextant: RISC-V machines in a program of your own.
 *
 * A machine is what `hextant run` would make of the same words: harts, memory, devices, firmware,
 * with the guest loaded. It runs to its end (hx_run), or in steps with a debugger's look at it
 * between them: registers, memory, translations, traps and their reasons.
 *
 * What holds for every function:
 *  - Threads: any number of machines can live in a process. One machine is used by one thread at a
 *    time; two threads may use two machines at the same time. Nothing else is shared.
 *  - Failing: functions that can fail take a `struct hx_error *err` as their last argument (NULL:
 *    the text is not wanted). They return 0, or -1 with one line in err->text, and then nothing has
 *    changed unless the function says so. Nothing prints, exits, or touches signals.
 *  - Memory: the machine belongs to its user until hx_close(). Texts in structures are constant and
 *    live as long as the library. A machine must not be used after hx_close().
 *  - Numbers: harts count from 0. Values of a 32-bit hart's registers are in the low half, the high
 *    half is 0. Addresses are bytes.
 *
 * Link with `pkg-config --cflags --libs hextant`, or find_package(hextant) and hextant::hextant in
 * CMake. */
#ifndef HEXTANT_H
#define HEXTANT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HX_API __attribute__((visibility("default")))

struct hx_machine;

/* Where a call says what was wrong: one line, without newline. */
struct hx_error {
    char text[512];
};

/* What a machine asks of the program around it. Every function may be NULL. They are called by the
 * thread that uses the machine, and must not use the machine themselves. */
struct hx_owner {
    size_t size; /* sizeof(struct hx_owner), as the program was compiled */
    void *ctx;   /* the functions' first argument */
    /* One line for the user, without newline. */
    void (*message)(void *ctx, const char *text);
    /* Asked about once in a million instructions: not 0 ends the run, as a signal of that number
     * would: hx_run() returns 128 and the number. */
    int (*stop)(void *ctx);
};

/* ---- making and running ---- */

/* The version, such as "0.1.0 (commit 0123456789ab)". Never fails. */
HX_API const char *hx_version(void);
/* A machine as `hextant run` makes it of these `count` words: options and the guest's file. The
 * words and the owner (NULL: none) are copied. NULL with *err when the words are wrong, a file
 * cannot be read, or there is no memory; also for what is the program's alone: --help, --monitor,
 * --gdb, --sandbox=on, --engine=lockstep. */
HX_API struct hx_machine *hx_open(const char *const *words, size_t count,
                                  const struct hx_owner *owner, struct hx_error *err);
/* Frees it; NULL is allowed. Never fails. */
HX_API void hx_close(struct hx_machine *m);
/* Runs it to its end, from where it stands, breakpoints or not; then writes the files that the
 * words ask for (signature, traces, reports), what would be printed goes to the owner. Returns the
 * exit status that `hextant run` would have, 0 to 255; 2 if a file could not be written. Called
 * again it returns the same. */
HX_API int hx_run(struct hx_machine *m);

/* Why a machine stands still. */
enum hx_why {
    HX_STOP_COUNT = 1, /* the steps are done */
    HX_STOP_POINT = 2, /* a breakpoint, watchpoint or catchpoint: `point` is its number */
    HX_STOP_ASKED = 3, /* its trap storm is to be looked at, or a key of the user's asked for it */
    HX_STOP_ENDED = 4  /* the run is over: `status` */
};
struct hx_stop {
    uint32_t why;    /* enum hx_why */
    uint32_t hart;   /* on which it happened */
    uint32_t point;  /* the number that the command told; 0: none */
    uint32_t status; /* HX_STOP_ENDED: what hx_run() would return */
    char text[200];  /* the same in words; may be "" */
};
/* Executes `count` instructions of that hart, those included that trap, whatever the other harts do
 * meanwhile, or fewer if something stops it. A machine that has ended stays as it is. 0 with *stop,
 * or -1: there is no such hart, or no memory. */
HX_API int hx_step(struct hx_machine *m, uint32_t hart, uint64_t count, struct hx_stop *stop,
                   struct hx_error *err);
/* Runs until something stops it: a point set by hx_command(), or its end. 0 with *stop, or -1:
 * there is no memory. */
HX_API int hx_continue(struct hx_machine *m, struct hx_stop *stop, struct hx_error *err);
/* How many harts there are, how wide their registers are (32 or 64), and how many instructions they
 * have executed together. Never fail. */
HX_API uint32_t hx_harts(const struct hx_machine *m);
HX_API uint32_t hx_xlen(const struct hx_machine *m);
HX_API uint64_t hx_executed(const struct hx_machine *m);

/* ---- registers ---- */

/* A register's number: one of these, HX_REG_X + 10 for a0, HX_REG_CSR + 0x300 for mstatus. */
enum hx_register {
    HX_REG_X = 0,
    HX_REG_F = 32, /* floating point; NaN-boxed */
    HX_REG_PC = 64,
    HX_REG_MODE = 65, /* enum hx_mode */
    HX_REG_CSR = 0x1000
};
enum hx_mode { HX_MODE_U = 0, HX_MODE_S = 1, HX_MODE_M = 2, HX_MODE_VU = 3, HX_MODE_VS = 4 };

/* The number of the register called `name`: "a0", "x10", "fa0", "pc", "mode", or a CSR's name. -1:
 * there is none. */
HX_API int hx_register_number(const char *name);
/* Reads a register as a debugger does: no privilege is asked, V has no effect, nothing changes. 0,
 * or -1: there is no such hart, or it has no such register. */
HX_API int hx_read_register(struct hx_machine *m, uint32_t hart, uint32_t number, uint64_t *value,
                            struct hx_error *err);
/* Writes it likewise. A CSR takes what it can hold (the value is legalised) and has the effects
 * that an instruction's write has; a mode is entered as if the hart had always been in it. 0, or
 * -1: there is no such hart, register or mode, or it cannot be written (x0). */
HX_API int hx_write_register(struct hx_machine *m, uint32_t hart, uint32_t number, uint64_t value,
                             struct hx_error *err);

/* ---- memory ---- */

enum hx_space {
    HX_PHYSICAL = 0,
    HX_GUEST_PHYSICAL = 1, /* the hart's G-stage translates it, as hgatp says now */
    HX_VIRTUAL = 2         /* both stages translate it, as for that mode */
};
enum { HX_MODE_PRESENT = 0xff }; /* the mode that the hart is in */
/* A place in memory. */
struct hx_place {
    uint32_t hart;   /* whose registers translate */
    uint32_t space;  /* enum hx_space */
    uint32_t mode;   /* HX_VIRTUAL: enum hx_mode or HX_MODE_PRESENT; else ignored */
    uint32_t unused; /* 0 */
    uint64_t address;
};

/* Copies `len` bytes from there, as a debugger does: permissions are not asked, PTEs keep their A
 * and D bits, caches of translations are not asked either. 0, or -1: there is no such hart, an
 * address is not mapped, or no memory is there (device registers are not read). On failure `buf`
 * may be filled in part. */
HX_API int hx_read_memory(struct hx_machine *m, const struct hx_place *from, void *buf, size_t len,
                          struct hx_error *err);
/* The other way; decoded code that is overwritten is decoded anew. 0, or -1 as above, or it is ROM.
 * On failure a part may have been written. */
HX_API int hx_write_memory(struct hx_machine *m, const struct hx_place *to, const void *buf,
                           size_t len, struct hx_error *err);

/* ---- translation ---- */

enum hx_access { HX_LOAD = 0, HX_STORE = 1, HX_FETCH = 2 };
enum { HX_STEPS = 64 };
/* One page-table entry that a translation reads, or the address that it refuses before. */
struct hx_walk_step {
    uint32_t g_stage;    /* 1: the G-stage's table, 0: the other */
    uint32_t level;      /* of the table; 0 is the last */
    uint32_t leaf;       /* 1: it maps memory, 0: it leads on, or refuses */
    uint32_t leaf_bits;  /* of a leaf: log2 of the bytes that it maps */
    uint64_t address;    /* what this stage translates */
    uint64_t entry;      /* where the entry is, as this stage names it: under a G-stage,
                            guest-physical */
    uint64_t entry_pa;   /* where it is, physical */
    uint64_t pte;        /* its value */
    uint64_t target;     /* where it leads: the next table, or the memory of a leaf */
    const char *refused; /* why it ends here, in few words; "" if it does not */
};
struct hx_translation {
    uint32_t allowed;     /* 1: the access would be made; else: */
    uint32_t cause;       /* the exception that it would raise, */
    const char *rule;     /* the rule that refuses, */
    const char *citation; /* and its place in the manual; all "" or 0 if it is allowed */
    uint32_t translated;  /* 1: there are addresses, though PMP or PMA may refuse the access: */
    uint32_t steps;       /* how many of `step` are filled in */
    uint64_t pa, gpa;     /* gpa: between the stages; without a G-stage the same as pa */
    struct hx_walk_step step[HX_STEPS];
};
/* What would come of an access of one byte (fetch: two) to that place with the rights of its mode,
 * by both stages, PMP and PMA; nothing changes. 0 with *out, also if the access would be refused.
 * -1: there is no such hart, space, mode or access, or no memory. */
HX_API int hx_translate(struct hx_machine *m, const struct hx_place *place, uint32_t access,
                        struct hx_translation *out, struct hx_error *err);

/* ---- traps and explanations ---- */

struct hx_trap {
    uint32_t interrupt;    /* 1: an interrupt, 0: an exception */
    uint32_t from, to;     /* enum hx_mode; `to` is M, S (HS) or VS */
    uint32_t insn;         /* that was executed, 2 or 4 bytes; 0: none was fetched */
    uint64_t cause;        /* without the interrupt bit, */
    uint64_t epc, tval;    /* as the target sees them; */
    uint64_t tval2, tinst; /* mtval2 or htval, mtinst or htinst */
    const char *name;      /* of the cause */
    const char *rule;      /* of an exception: the rule that made it, */
    const char *citation;  /* and its place in the manual; "" */
};
/* The n-th last trap of that hart (0: the last). Traps are remembered, the last 16 of them, from
 * the first call on that looks at the machine or steps it. 0 with *out, or -1: there is no such
 * hart, or not so many traps. */
HX_API int hx_last_trap(struct hx_machine *m, uint32_t hart, uint32_t n, struct hx_trap *out,
                        struct hx_error *err);
/* What decided that a trap came. */
enum hx_decider {
    HX_BY_RULE = 0,     /* nothing but the rule */
    HX_BY_REGISTER = 1, /* `number`, the bits `field` */
    HX_BY_ENTRY = 2,    /* the page-table entry */
    HX_BY_MEMORY = 3,   /* PMP entry `number` (-1: none matches), or what lies at `pa` (PMA) */
    HX_BY_TRIGGER = 4,  /* trigger `number` */
    HX_BY_CACHE = 5     /* a translation that the hart has kept, not memory */
};
/* One change after which it would have come out differently. */
enum hx_change_kind { HX_CHANGE_REGISTER = 0, HX_CHANGE_PMP = 1, HX_CHANGE_ENTRY = 2 };
struct hx_change {
    uint32_t kind;      /* enum hx_change_kind */
    uint32_t number;    /* HX_REG_CSR and the CSR's, or the PMP entry whose configuration it is */
    uint64_t address;   /* of the page-table entry, physical */
    uint64_t mask;      /* the bits that are changed, */
    uint64_t value;     /* and what they are then */
    uint32_t trapped;   /* 1: there is a trap all the same: */
    uint32_t interrupt; /* 1: an interrupt */
    uint32_t to;        /* enum hx_mode, of the handler */
    uint32_t unused;    /* 0 */
    uint64_t cause;
    char text[128]; /* the change in words: "medeleg[23] = 0" */
};
enum { HX_CHANGES = 32 };
struct hx_explanation {
    struct hx_trap trap;
    uint32_t by;        /* enum hx_decider */
    int32_t number;     /* its register (HX_REG_CSR + ...), PMP entry or trigger */
    uint64_t field;     /* the bits of the register; 0: no one of them */
    uint32_t csr;       /* HX_REG_CSR and the CSR that was to be accessed; 0: none */
    uint32_t is_access; /* 1: an access to memory was refused: */
    uint32_t access;    /* enum hx_access, */
    uint32_t mode;      /* with the rights of that mode */
    uint32_t g_stage;   /* of the page-table entry: 1: the G-stage's, */
    uint32_t level;     /* of its table, */
    uint64_t pa;        /* where it is, or where the access went, physical */
    uint64_t pte;       /* and its value */
    uint32_t tried;     /* 0: it cannot be tried again: memory is not what it was, or a device
                           would be asked */
    uint32_t changes;   /* how many there are; no more than HX_CHANGES are filled in */
    struct hx_change change[HX_CHANGES];
};
/* Explains the n-th last trap of that hart (0: the last), as `why` does in words, and tries which
 * single change of a register's field, of a PMP entry or of the page-table entry would have made a
 * difference. An interrupt has no rule that refuses: `by` is HX_BY_RULE. The machine does not
 * change. 0 with *out, or -1 as hx_last_trap(). */
HX_API int hx_explain(struct hx_machine *m, uint32_t hart, uint32_t n, struct hx_explanation *out,
                      struct hx_error *err);
/* Executes a line of the monitor's language (docs/monitor.md): "why" explains the last fault, "walk
 * 0x1000 VS" a translation, "catch trap 23" and "break main if a0 == 3" set points that
 * hx_continue() stops at. *text (NULL: not wanted) gets what it prints, "" if nothing, for
 * hx_free(); also on failure, then what was printed before. 0, or -1: the command has failed, as
 * *err says. */
HX_API int hx_command(struct hx_machine *m, const char *line, char **text, struct hx_error *err);
/* Frees a text of hx_command(); NULL is allowed. */
HX_API void hx_free(char *text);

/* ---- being told while it runs ---- */

/* An instruction that has retired. */
struct hx_insn {
    uint64_t pc;
    uint32_t bits; /* 2 or 4 bytes, as fetched */
    uint32_t mode; /* enum hx_mode, in which it was executed */
};
/* An access of an instruction to memory or a device, finished. */
struct hx_memory_access {
    uint32_t kind;   /* HX_LOAD, HX_STORE, or HX_AMO: an atomic that reads, and may write */
    uint32_t size;   /* bytes */
    uint32_t mode;   /* enum hx_mode, whose rights counted */
    uint32_t device; /* 1: no memory */
    uint64_t va, pa;
    uint64_t value; /* loaded or stored; HX_AMO: what was there before */
};
enum { HX_AMO = 3 };
/* A call of the embedded firmware that has returned. */
struct hx_sbi_call {
    uint64_t pc;        /* of the ECALL */
    uint64_t extension; /* its number, a7; */
    uint64_t function;  /* a6 */
    int64_t error;      /* a0, as the caller finds it; */
    uint64_t value;     /* a1 */
    uint32_t mode;      /* enum hx_mode, of the caller */
    uint32_t unused;    /* 0 */
    const char *text;   /* "set_timer(stime_value=0x123) = SUCCESS"; valid during the call */
};
/* What a program wants to be told; each function may be NULL. They are called by the thread that
 * runs the machine, with the hart's number. They may call the functions that read (registers,
 * memory, hx_translate), and nothing else of that machine. With `insn` or `memory` the machine runs
 * ten times slower or more: every instruction is looked at; without, at full speed. */
struct hx_hooks {
    size_t size; /* sizeof(struct hx_hooks), as the program was compiled */
    void *ctx;   /* the functions' first argument */
    /* A trap is about to be taken: the registers are as before. Of `insn` only exceptions of
     * instructions that were fetched are told, and only where instructions are looked at; else 0.
     */
    void (*trap)(void *ctx, uint32_t hart, const struct hx_trap *trap);
    /* The hart has changed its mode. */
    void (*mode)(void *ctx, uint32_t hart, uint32_t from, uint32_t to);
    void (*insn)(void *ctx, uint32_t hart, const struct hx_insn *insn);
    void (*memory)(void *ctx, uint32_t hart, const struct hx_memory_access *access);
    /* The embedded firmware has served a call of that hart. */
    void (*sbi)(void *ctx, uint32_t hart, const struct hx_sbi_call *call);
    /* A wire to the hart has changed: interrupt `number`, as mip counts them, is now at `level` 0
     * or
     * 1. Interrupts that are taken are traps. */
    void (*interrupt)(void *ctx, uint32_t hart, uint32_t number, uint32_t level);
    /* The guest has written to a console (enum hx_console), wherever --serial or --console lead. */
    void (*console)(void *ctx, uint32_t console, const void *bytes, size_t len);
};
/* The serial port, which is the firmware's console as well; and that of --console. */
enum hx_console { HX_SERIAL = 0, HX_CONSOLE = 1 };
/* From now on, until hx_close(), these are called; the structure is copied. 0, or -1: no memory, or
 * eight sets of them (traces and reports that the words ask for count) are there already. */
HX_API int hx_hook(struct hx_machine *m, const struct hx_hooks *hooks, struct hx_error *err);

/* ---- what comes from outside ---- */

/* Drives an input of the machine's interrupt controller (PLIC or APLIC; numbers as in the device
 * tree, from 1) to `level` 0 or 1, as the wire of a device does: it stays there until it is driven
 * again. Devices of the machine drive theirs; the others are free. 0, or -1: there is no such
 * input, or the run is recorded or replayed. */
HX_API int hx_drive(struct hx_machine *m, uint32_t source, uint32_t level, struct hx_error *err);
/* Types into a console (enum hx_console): the guest finds the bytes a moment later, when the
 * machine runs. *taken (NULL: not wanted) is how many there was room for, before the guest has read
 * some. 0, or -1: there is no such console. */
HX_API int hx_type(struct hx_machine *m, uint32_t console, const void *bytes, size_t len,
                   size_t *taken, struct hx_error *err);

/* ---- snapshots ---- */

/* Saves the machine, which stands still, to a file that `--restore=FILE` makes it from, here with
 * hx_open() or by hextant run. 0, or -1: the file cannot be written (then there is none), or
 * something that the machine has on the host cannot be had again. */
HX_API int hx_save(struct hx_machine *m, const char *path, struct hx_error *err);
/* Keeps the machine as it is, in memory, under a name that is not taken: a millisecond, and as much
 * memory as the guest writes afterwards. Kept until hx_close(). 0, or -1: the name is taken, there
 * is no memory, or something on the host cannot be had again. */
HX_API int hx_keep(struct hx_machine *m, const char *name, struct hx_error *err);
/* The machine is again as it was then: forwards or backwards, any number of times, after its end
 * too, but not after hx_run(). Traps that were remembered are forgotten. 0, or -1: there is no such
 * name, hx_run() is over, or the words ask for what goes forwards only (--record, --timeline ...).
 */
HX_API int hx_go_back(struct hx_machine *m, const char *name, struct hx_error *err);

#ifdef __cplusplus
}
#endif

#endif
