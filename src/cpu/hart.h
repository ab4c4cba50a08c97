/* The hart: its architectural state (state.def), what is derived from it, and the functions that
 * the rest of the simulator calls. */
#ifndef HEXTANT_CPU_HART_H
#define HEXTANT_CPU_HART_H

#include "common/state.h"
#include "common/types.h"
#include "cpu/cover.h"
#include "cpu/ext.h"
#include "cpu/fields.h"
#include "cpu/mode.h"
#include "cpu/trap.h"

struct bus;
struct hart;
struct op;
struct block_cache;
struct tlb;
struct platform;
struct post;
struct post_box;

/* How misaligned accesses to main memory behave, for each kind of access. */
/* Never done misaligned are atomics: they trap, or are access faults. */
enum misaligned { MISALIGNED_OK, MISALIGNED_TRAP, MISALIGNED_FAULT };

/* What xtval, htval and htinst hold where the manual allows zero. */
enum trap_detail { DETAIL_FULL, DETAIL_ZERO };

/* How long translations are kept without a fence: strict, as long as the manual allows; eager,
 * until a root changes. */
enum tlb_policy { TLB_EAGER, TLB_STRICT };

/* What the fast engine makes of blocks that are executed often: machine code, or nothing more. */
enum code { CODE_GENERATED, CODE_HANDLERS };

/* Choices made before reset; constant while the machine runs. */
struct hart_config {
    struct extset isa;
    u8 xlen; /* 32 or 64 */
    u8 pmp_entries;
    u8 asid_bits, vmid_bits;
    u8 geilen;
    u16 imsic_ids, imsic_guest_ids; /* largest identities, 64 * n - 1; 0: no IMSIC */
    u8 hpm_counters;                /* mhpmcounter3 .. 3+n-1 exist */
    u8 triggers;                    /* with Sdtrig; at most 8 */
    u8 trigger_reentrancy;          /* enum trigger_reentrancy */
    u8 misaligned_load, misaligned_store, misaligned_amo; /* enum misaligned */
    u8 tval, htval, htinst;                               /* enum trap_detail */
    u8 tlb;                                               /* enum tlb_policy */
    u8 code;                                              /* enum code */
    u32 vlen;           /* bits of a vector register: 32 .. 65536; without vectors 0 */
    u8 v_agnostic;      /* enum vec_agnostic */
    u8 v_reserved;      /* enum vec_reserved */
    u8 v_vstart;        /* the same, of arithmetic that does not start at element 0 */
    u32 v_seed;         /* of VEC_MIXED */
    u32 insns_per_tick; /* --clock=virtual: slots in one tick of `time` */
    u64 storm_traps;    /* exceptions in a row that make a storm; see cpu/storm.h */
    u64 mvendorid, marchid, mimpid;
    u64 reset_pc, nmi_vector;
};

/* What becomes of elements that are agnostic: each may keep its value or become all ones. */
enum vec_agnostic { VEC_UNDISTURBED, VEC_ONES, VEC_MIXED };
/* What reserved vector encodings do, as far as it makes sense to run them. */
enum vec_reserved { VEC_TRAP, VEC_RUN };
/* The widest vector register, in bytes. */
enum { VLENB_MAX = 8192 };

/* WAIT_HOST: an instruction waits for the user's input, and is tried again in the next turn. */
enum hart_wait { WAIT_NONE, WAIT_WFI, WAIT_WRS, WAIT_STOPPED, WAIT_HOST };

/* Does such a wait end with the hart's turn, whatever happens? */
static inline bool wait_is_turn(enum hart_wait wait)
{
    return wait == WAIT_WRS || wait == WAIT_HOST;
}

/* Why hart_run came back before its slots were used up. */
enum hart_exit { HART_SLOTS_USED, HART_WAITING, HART_STOP_REQUEST };

/* The trap being raised. tval, gpa and tinst are filled in by whoever finds the fault. */
struct trap {
    u32 cause; /* exception code */
    u8 gva;    /* tval is a guest virtual address */
    u8 offset; /* tval - address of the whole access, for page-crossing accesses */
    u8 held;   /* no exception: a debugger wants to look before the instruction has any effect */
    u64 tval;
    u64 gpa;   /* guest physical address; xtval2 gets gpa >> 2 */
    u64 tinst; /* pseudo-instruction of an implicit access; 0: transform the instruction */
    struct refusal refusal;
};

/* Entry of the first-level TLB: one page of one context. `tag` is the page's virtual address; the
 * low twelve bits are zero, so that an access hits only if its alignment bits are zero as well. An
 * address whose page is not cached compares unequal to TLB_INVALID. addend + va = host address. */
struct tlb_entry {
    u64 tag;
    u64 addend;
};
#define TLB_INVALID 0xfffull

/* State that hart_derive() can rebuild, and the engines' working state. */
struct hart_derived {
    struct tlb_entry *rtlb, *wtlb; /* first-level tables of the current context */
    u64 fetch_gen;                 /* names the current fetch mapping; see cpu/block.h */
    u32 key;                       /* what decoded code depends on; see cpu/block.h */
    u8 exit_block;                 /* something changed: leave the block after this instruction */
    u8 irq_check;                  /* mip, mie, ... may have changed */
    u8 trapped;                    /* the fast engine stopped at an instruction that raised */
    u8 jump_modes; /* in which modes branches and jumps are counted or recorded, a bit for each */
    u8 ctr;        /* transfers may be recorded: cpu/ctr.h */
    u8 triggers;   /* what triggers look for; see cpu/trigger.h */
    u8 trigger_matched; /* those that match the address of the instruction, while it executes */
    u8 trigger_written; /* those that it has written */
    u32 hpm_selected;   /* counters mhpmcounter<n> that have an event selected, a bit for each */
};

/* A trap that is about to be taken: what its target will see. */
struct trap_event {
    u64 cause, epc, tval, tval2, tinst;
    u8 interrupt, gva;
    u8 bank;                 /* enum bank */
    u8 from;                 /* enum mode */
    struct delegation deleg; /* what sent it there */
    u16 code;                /* the exception or interrupt code that was delegated */
    u16 reason;              /* of an exception: enum reason */
    u8 doubled;              /* it became a double trap on the way */
};

/* One use of a CSR by an instruction. */
struct csr_event {
    u16 num, row;            /* as the instruction says; what stood in for it when V=1 */
    u8 op;                   /* enum csr_op */
    u8 cause;                /* 0, or the exception that refused the access */
    u16 reason;              /* and why: enum reason */
    u8 has_old;              /* the CSR was read */
    u64 old, operand, value; /* value: after a write */
};

/* An access to memory or to a device, finished. */
enum mem_event_kind { MEM_EVENT_LOAD, MEM_EVENT_STORE, MEM_EVENT_AMO, MEM_EVENT_LR };
struct mem_event {
    u64 va, pa, value;   /* value: loaded or stored; of an AMO and LR, before it */
    u8 kind, size, mode; /* mode: the effective one */
    u8 device;           /* not memory */
    u8 failed;           /* the device does not answer */
};

struct walk;
struct walk_step;
struct xlate;
/* A page-table walk, finished. */
struct walk_event {
    const struct walk *walk;      /* what was asked; its fault if xlate is NULL */
    const struct xlate *xlate;    /* the result */
    const struct walk_step *step; /* what it did */
    u32 num_steps;
    u64 va;
};

/* A fence, with its operands; given: not x0. */
enum fence_event_kind { FENCE_EVENT_S, FENCE_EVENT_VS, FENCE_EVENT_G, FENCE_EVENT_I };
struct fence_event {
    u64 va, id;
    u8 kind, va_given, id_given;
};

struct space;
/* A change of the translation cache. */
enum tlb_event_kind { TLB_EVENT_FILL, TLB_EVENT_FILL_GUEST, TLB_EVENT_DROP_PAGE, TLB_EVENT_DROP };
struct tlb_event {
    u64 va;                    /* guest-physical with FILL_GUEST */
    const struct xlate *xlate; /* what was filled in */
    const struct space *space; /* what was dropped; NULL: everything */
    u8 kind;
};

/* Points where somebody may look on; each may be NULL. They sit in cold code only. */
struct hart_trace {
    void *ctx;
    void (*trap)(void *ctx, struct hart *h, const struct trap_event *ev);
    void (*mode)(void *ctx, struct hart *h, enum mode from);
    void (*irq)(void *ctx, struct hart *h, unsigned irq, unsigned level); /* a line has changed */
    void (*csr)(void *ctx, struct hart *h, const struct csr_event *ev);
    void (*mmio)(void *ctx, struct hart *h, const struct mem_event *ev);
    void (*fence)(void *ctx, struct hart *h, const struct fence_event *ev);
    /* Called once `clock` has reached alarm_at, on exactly that slot unless the hart waits. */
    void (*alarm)(void *ctx, struct hart *h);
    u64 alarm_at;
    /* Those below see everything only in the plain engine, which `plain` chooses. */
    bool plain;
    void (*insn_start)(void *ctx, struct hart *h); /* the instruction at h->pc is next */
    void (*insn)(void *ctx, struct hart *h);       /* after each instruction */
    void (*mem)(void *ctx, struct hart *h, const struct mem_event *ev);
    void (*walk)(void *ctx, struct hart *h, const struct walk_event *ev);
    void (*tlb)(void *ctx, struct hart *h, const struct tlb_event *ev);
};

/* An explicit data access that is about to be made, its checks passed. */
struct hart_access {
    u64 va, pa;  /* of its first byte; va before pointer masking */
    u64 pa_next; /* of the bytes on the next page, if it crosses into one */
    u8 size;     /* all of it, 1 .. 64 bytes */
    u8 first;    /* how many of them lie on the first page */
    u8 kinds;    /* TRIGGER_LOAD, TRIGGER_STORE; an AMO is both */
    u8 mode;     /* enum mode: the effective one */
};

/* A debugger's hold on the hart. Each function may be NULL; they sit in cold code only. */
struct hart_debug {
    void *ctx;
    /* Does somebody want to stop at pc? Asked when code is decoded; blocks must be dropped when the
     * answer changes. */
    bool (*marked)(void *ctx, const struct hart *h, u64 pc);
    /* Asked before the instruction at h->pc executes, if it is marked or executes plainly. False:
     * not now; the run is to stop. */
    bool (*before)(void *ctx, struct hart *h);
    /* A trap is about to be taken, and has been; `trapped` only with `trap`. */
    void (*trap)(void *ctx, struct hart *h, const struct trap_event *ev);
    void (*trapped)(void *ctx, struct hart *h, const struct trap_event *ev);
    /* The firmware passes a trap on: the target's registers are written, its MRET comes next. */
    void (*redirected)(void *ctx, struct hart *h, const struct trap_event *ev);
    void (*mode)(void *ctx, struct hart *h, enum mode from);
    /* A CSR instruction has accessed `num` (the CSR that stood in for it if V=1). */
    void (*csr)(void *ctx, struct hart *h, unsigned num);
    /* The functions below are asked only about pages whose number modulo 64 is in one of these: */
    u64 va_pages, pa_pages;
    /* Must accesses to the page at va be seen, none skipped? */
    bool (*watched)(void *ctx, const struct hart *h, u64 va, u64 pa);
    /* 0, or TRAPPED to give the access up: h->trap says why, or that the instruction is `held`. */
    int (*access)(void *ctx, struct hart *h, const struct hart_access *a);
    bool dry; /* a copy made for trying things out: leaves page tables alone */
};

/* The embedded firmware, as the hart sees it: the one custom instruction (custom-0, all other
 * fields zero), legal only in M-mode inside [rom_base, rom_base + rom_size), calls it. */
struct firmware_hook {
    void (*call)(void *ctx, struct hart *h);
    /* Does a request that post.def says is the firmware's. */
    void (*post)(void *ctx, struct hart *h, const struct post *p);
    /* HS-mode has written a CSR of the hypervisor extension (number with 2 in bits 9:8), or a trap
     * has entered HS-mode, from V=1 if `left`. NULL: the firmware does not ask. */
    void (*hypervisor_csrs)(void *ctx, struct hart *h, unsigned left);
    void *ctx;
    u64 rom_base, rom_size;
};

/* Who has asked for something: hart `id` - 1 at its slot `clock`; 0: no hart. */
struct poster {
    u32 id;
    u64 clock;
};

/* One hart. It, its translation caches and its decoded code lie on pages of their own. */
struct hart {
    /* The registers come first: the engines address them from the hart's base. */
#define F(name, reset)       u64 name;
#define A(name, count)       u64 name[count];
#define T(type, name, count) type name[count];
#include "cpu/state.def"
#undef F
#undef A
#undef T
    /* ---- derived ---- */
    s64 budget; /* slots left before the engine must stop; see cpu/exec.h */
    struct hart_derived d;
    u64 npc;           /* pc of the next instruction, while one executes plainly */
    u32 insn;          /* bits of the instruction that executes plainly */
    u8 insn_len;       /* 2 or 4 */
    struct trap trap;  /* set by raise_exception() */
    struct extset ext; /* what exists now: config.isa less what misa has switched off */
    struct hart_config config;
    u32 id; /* mhartid */
    const struct platform *platform;
    struct firmware_hook firmware;
    struct hart_trace trace;
    struct hart_debug debug;
    struct cover_place cover; /* map is NULL: nobody counts edges */
    struct bus *bus;          /* the platform's */
    struct tlb *tlb;
    const struct vec_loops *loops; /* of vector instructions, for this host */
    struct imsic *imsic;           /* its interrupt files; NULL: none */
    struct block_cache *blocks;
    int (*const *plain)(struct hart *h, const struct op *op); /* by row; cpu/exec.h */
    struct post_box *box;   /* what others have asked for: cpu/post.h */
    struct poster asked_by; /* of the line that is changing */
    size_t pages;           /* bytes, of the hart with its caches */
    u64 slice_end;          /* `clock` at which the present slice ends */
    u64 run_end;            /* while the fast engine runs: `clock` at which budget is 0 */
    u8 filtered_counters;   /* some counter stops in some modes */
    struct reg_rules rules; /* what writes to registers may change, with the extensions of `ext` */
    /* ---- what counts besides the registers ---- */
#define F(name)        u64 name;
#define A(name, count) u64 name[count];
#include "cpu/micro.def"
#undef F
#undef A
    /* The vector registers, each config.vlen bits behind the one before, so that a group lies
     * together. What is not used is not touched. */
    _Alignas(4096) u8 v[32 * VLENB_MAX];
    /* For whoever executes a vector instruction: three groups, and a byte for each element. */
    u8 v_scratch[4][8 * VLENB_MAX];
};

/* Things worth counting (event.def); mhpmevent selects one. */
enum hart_event {
    EVENT_NONE,
#define EVENT(name, sbi, text) EVENT_##name,
#include "cpu/event.def"
#undef EVENT
    EVENT_COUNT
};

/* Exists extension `e` on this hart at this moment (config and misa)? */
static inline bool has(const struct hart *h, enum ext e)
{
    return extset_has(&h->ext, e);
}

/* A mode's name on this hart, and that of the mode whose registers a bank is: without the
 * hypervisor extension supervisor mode is S, not HS. */
static inline const char *mode_name(const struct hart *h, unsigned mode)
{
    return mode == MODE_S && !has(h, EXT_H) ? "S" : mode_table[mode].name;
}

static inline const char *bank_name(const struct hart *h, unsigned bank)
{
    return bank == BANK_VS ? mode_table[MODE_VS].name
                           : mode_name(h, bank == BANK_M ? MODE_M : MODE_S);
}

static inline bool is_rv32(const struct hart *h)
{
    return h->config.xlen == 32;
}

/* How many x registers there are. */
static inline unsigned num_x(const struct hart *h)
{
    return has(h, EXT_E) ? 16 : 32;
}

/* A pair of x registers of RV32 as one value, the even one first; r is even. x0 beside x1 is the
 * zero of 64 bits, and nothing is written to either; x[32] stands for x0 as destination. */
static inline u64 x_pair(const struct hart *h, unsigned r)
{
    return r % 32 == 0 ? 0 : (u32)h->x[r] | h->x[r + 1] << 32;
}

static inline void set_x_pair(struct hart *h, unsigned r, u64 value)
{
    if (r % 32 == 0)
        return;
    h->x[r] = (u64)(s32)value;
    h->x[r + 1] = (u64)((s64)value >> 32);
}

/* Allocates a hart with its caches, in one mapping of h->pages bytes that begins with it; the
 * platform outlives it. NULL without memory. */
struct hart *hart_new(const struct hart_config *config, u32 id, const struct platform *platform);
void hart_free(struct hart *h);
/* As hart_free() and hart_new() for the same configuration, in the same place, so that whoever
 * looks on goes on doing so: nothing else is kept. 0, or -1 without memory. */
int hart_renew(struct hart *h);
/* The rows of state.def. */
extern const struct state_row hart_rows[];
extern const u32 hart_num_rows;
/* All of them as a part, for saving and comparing; those of micro.def likewise. */
struct state_part hart_part(const struct hart *h);
struct state_part hart_micro_part(const struct hart *h);
/* The vector registers: one row of 32 elements as wide as --vlen says, or none. */
struct state_part hart_vector_part(const struct hart *h);
/* Puts every architectural field in its reset state (machine chapter, "Reset"). */
void hart_reset(struct hart *h);
/* Rebuilds all derived state from the architectural fields (after a snapshot or a poke). */
void hart_derive(struct hart *h);
/* The same after its rows were put back: what they hold is left as it is. */
void hart_resume(struct hart *h);
/* For who looks on while the hart stands between two instructions: it goes on at pc, without the
 * bits that no jump leaves set (IALIGN; XLEN). */
void hart_set_pc(struct hart *h, u64 pc);
/* Runs until `slots` are used up, the hart waits, or a stop is requested. `fast` engine. */
enum hart_exit hart_run(struct hart *h, u64 slots);
/* Instruction slots used so far, exact at any point inside a slice. */
u64 hart_clock(const struct hart *h);
/* Drives one line of mip (an interrupt code) to `level` (0 or 1): the hart itself; others post
 * (cpu/post.h). */
void hart_set_line(struct hart *h, unsigned irq, unsigned level);
/* The hart must notice a change (interrupt, stop) before its next instruction. */
void hart_attention(struct hart *h);
/* The slot (hart_clock) at which a comparator of this hart next fires, or UINT64_MAX. */
u64 hart_next_event(const struct hart *h);
/* Is an enabled interrupt pending, so that a WFI ends? */
bool hart_wakes(const struct hart *h);
/* After h->mode has changed: translation contexts, counters, trace. */
void mode_entered(struct hart *h, enum mode from);
/* An error that the manual leaves no handler for (double trap without RNMI): stops the machine. */
void hart_critical_error(struct hart *h);

#endif
