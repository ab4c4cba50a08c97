/* Inside of the firmware: its state, the shape of an extension, and the helpers that the extensions
 * share. */
#ifndef HEXTANT_SBI_FIRMWARE_H
#define HEXTANT_SBI_FIRMWARE_H

#include "bus/bus.h"
#include "common/types.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/hart.h"
#include "cpu/platform.h"
#include "cpu/post.h"
#include "sbi/options.h"
#include "sbi/sbi.h"
#include "sbi/state.h"

/* Standard errors (binary encoding chapter, table_standard_sbi_errors). */
enum sbi_error {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3,
    SBI_ERR_DENIED = -4,
    SBI_ERR_INVALID_ADDRESS = -5,
    SBI_ERR_ALREADY_AVAILABLE = -6,
    SBI_ERR_ALREADY_STARTED = -7,
    SBI_ERR_ALREADY_STOPPED = -8,
    SBI_ERR_NO_SHMEM = -9,
    SBI_ERR_INVALID_STATE = -10,
    SBI_ERR_BAD_RANGE = -11,
    SBI_ERR_TIMEOUT = -12,
    SBI_ERR_IO = -13,
    SBI_ERR_DENIED_LOCKED = -14,
};

struct sbi_ret {
    s64 error;
    u64 value;
};

/* What happens to the caller's registers after a call. */
enum sbi_flow {
    FLOW_RETURN,    /* a0 = error, a1 = value, past the ECALL */
    FLOW_LEGACY,    /* a0 = value, past the ECALL */
    FLOW_RETRY,     /* the call faulted: the trap has been set up, nothing else is touched */
    FLOW_NO_RETURN, /* the call has set up where the hart goes on */
};

struct sbi_call {
    struct sbi *sbi;
    struct hart *h;
    struct sbi_hart *s;
    u64 arg[6]; /* a0 .. a5, zero-extended from XLEN */
    u64 id[2];  /* a7, a6; for the trace */
    enum sbi_flow flow;
};

/* One function. `args` says how to show the arguments: "name:kind" separated by blanks, kind one of
 * x (hexadecimal), d (decimal), w (32 bits, hexadecimal), q (64 bits: two registers on RV32),
 * h (hart mask base), a capital letter (32 bits, by name: see show.c). "=:kind" at the end: so is
 * the value returned. */
struct sbi_function {
    const char *name;
    const char *args;
    u32 since; /* specification version that defines it, major << 8 | minor */
    /* NULL: a feature that has no function of its own, but can be chosen like one */
    struct sbi_ret (*call)(struct sbi_call *c);
};

/* One extension. For the legacy calls the extension ID is the function number. */
struct sbi_extension {
    const char *name;
    u32 eid;
    const struct sbi_function *function;
    u32 num_functions;
    bool on_request;          /* absent unless --sbi=enable=NAME */
    u32 functions_on_request; /* a bit each: absent unless --sbi=enable=NAME.FUNCTION, or NAME */
    /* Does this hart have what the extension needs? NULL: always. */
    bool (*available)(const struct sbi *sbi, const struct hart *h);
};

#define EXTENSION(name) extern const struct sbi_extension sbi_ext_##name;
#include "sbi/extensions.def"
#undef EXTENSION
enum {
#define EXTENSION(name) EXTENSION_##name,
#include "sbi/extensions.def"
#undef EXTENSION
    SBI_EXTENSIONS,
    SBI_MAX_FUNCTIONS = 16
};
extern const struct sbi_extension *const sbi_extensions[SBI_EXTENSIONS];

struct sbi_stat {
    u64 calls, errors, ns;
};

struct sbi_tracer {
    sbi_trace_fn fn;
    void *ctx;
};

struct sbi {
    const struct sbi_machine *m;
    struct chardev *console;
    struct sbi_options opt;
    u64 entry, fdt;
    u32 boot_hart;
    struct sbi_tracer tracer[SBI_TRACERS];
    u32 num_tracers;
    struct sbi_stat stat[SBI_EXTENSIONS][SBI_MAX_FUNCTIONS];
    u64 unknown_calls;
    u64 told_htimedelta;            /* the user has been told that there is none */
    struct sbi_settled settled[64]; /* by cause: traps that reached the firmware */
    struct sbi_state state;
};

/* ---- csrs.c: CSRs by number, XLEN independent ---- */

/* An XLEN-wide CSR; 0 when the hart has none of that number. */
u64 csr_get(struct hart *h, unsigned num);
/* Writes it; ignored when the hart has none. */
void csr_put(struct hart *h, unsigned num, u64 value);
void csr_set_bits(struct hart *h, unsigned num, u64 mask);
void csr_clear_bits(struct hart *h, unsigned num, u64 mask);
/* A 64-bit CSR that is split in two on RV32 (num, high). */
u64 csr_get64(struct hart *h, unsigned num, unsigned high);
void csr_put64(struct hart *h, unsigned num, unsigned high, u64 value);
bool csr_exists(struct hart *h, unsigned num);
/* mstatus in the RV64 layout on both XLENs. */
u64 mstatus_get(struct hart *h);
void mstatus_put(struct hart *h, u64 value);
/* The mode that trapped: mstatus.MPP and MPV. */
enum mode previous_mode(u64 mstatus);

/* ---- dispatch.c ---- */

/* Where a trap came from, and where it goes; MODE_M: it is settled here. */
struct sbi_route {
    enum mode from, to;
};

/* Serves the ECALL of this hart. */
void sbi_ecall(struct sbi *sbi, struct hart *h);
/* Is extension number `ext` (of sbi_extensions) offered to this hart? */
bool sbi_offered(const struct sbi *sbi, const struct hart *h, unsigned ext);
/* Is its function number `fn` (--sbi=disable, enable, spec)? */
bool sbi_function_offered(const struct sbi *sbi, unsigned ext, unsigned fn);
/* Tells the tracers of a trap that the firmware handled; printf-like. */
void sbi_trace_trap(struct sbi *sbi, struct hart *h, const struct sbi_route *r, const char *format,
                    ...) PRINTF(4, 5);

/* ---- trap.c, emulate.c ---- */

/* The trap that goes to (H)S- or VS-mode. */
struct redirect {
    u64 cause, tval, tval2, tinst;
    bool gva;
};
/* The hook behind the `firmware` instruction, and what is done for other harts' firmware. */
void sbi_firmware(void *ctx, struct hart *h);
void sbi_posted(void *ctx, struct hart *h, const struct post *p);
/* Makes MRET enter the supervisor's (HS or VS) trap handler as if the trap had been delegated. */
void sbi_redirect(struct sbi *sbi, struct hart *h, const struct redirect *t);
/* The trap that brought the hart here, from the M-mode CSRs. */
struct redirect trap_from_csrs(struct hart *h);
/* A fault met while accessing memory for the trapped code, as a trap of its instruction. */
struct redirect trap_from_fault(const struct trap *fault, const struct redirect *original);
void sbi_emulate_illegal(struct sbi *sbi, struct hart *h);
void sbi_emulate_misaligned(struct sbi *sbi, struct hart *h);
/* Reads memory with the permissions of the trapped code; 0, or -1 and *fault. */
int read_as_previous(struct hart *h, u64 va, unsigned size, u64 *value, struct trap *fault);

/* ---- boot.c ---- */

struct sbi_entry {
    u64 pc, arg;
};
/* Programs every M-mode CSR of a hart that comes out of reset. */
void sbi_setup_hart(struct sbi *sbi, struct hart *h);
/* Gives (H)S-mode the register values of "hart start" and makes MRET enter it. */
void sbi_enter_supervisor(struct sbi *sbi, struct hart *h, const struct sbi_entry *entry);
/* Makes MRET go to the idle loop of the ROM; wakes for the interrupts of mie. */
void sbi_enter_idle(struct hart *h);

/* ---- hsm.c ---- */

/* The idle loop has woken up (or the hart has just been initialised). */
void sbi_idle(struct sbi *sbi, struct hart *h);
/* Is `addr` something S-mode may execute? */
bool sbi_valid_start(struct sbi *sbi, struct hart *h, u64 addr);
/* Suspends the hart until an enabled interrupt is pending, then enters `resume`; see enum
 * hart_rest. */
void sbi_suspend(struct sbi_call *c, enum hart_rest rest, const struct sbi_entry *resume);

/* ---- irqchip.c: interrupt controllers ---- */

/* Out of reset, once: every source is the supervisor's. h is any hart. */
void sbi_setup_irqchip(struct sbi *sbi, const struct hart *h);
/* Prepares a hart for calls. */
void sbi_setup_calls(struct sbi *sbi, struct hart *h);
/* Calls `hartid`: a machine-level interrupt, by which its firmware looks what there is to do. */
void sbi_wake(struct sbi *sbi, u32 hartid);
/* Which interrupt that is: IRQ_MEI by the hart's interrupt file, IRQ_MSI without one. */
unsigned sbi_call_irq(const struct hart *h);
/* The hart has been called: the interrupt ends. */
void sbi_answer(struct sbi *sbi, struct hart *h);

/* ---- platform.c: devices and memory ---- */

/* Posts a request to another hart (cpu/post.def); what it may not notice by itself needs a wake. */
void sbi_ask(struct sbi *sbi, u32 hartid, const struct post *p);
/* Both. */
void sbi_post(struct sbi *sbi, u32 hartid, const struct post *p);
void sbi_set_mtimecmp(struct sbi *sbi, u32 hartid, u64 value);
/* Reads what has been typed, at most `len` bytes; how many there were. */
size_t sbi_console_read(struct sbi *sbi, u8 *buf, size_t len);
/* `time` at the present instruction of h. */
u64 sbi_now(const struct hart *h);
/* May the supervisor use [pa, pa + len) for this access? RAM it can reach, and not the firmware's.
 */
enum shmem_access { SHMEM_READ, SHMEM_WRITE };
bool sbi_shmem_ok(struct sbi *sbi, u64 pa, u64 len, enum shmem_access access);
/* A physical address in two registers. -1: it has bits that no memory of this machine can have. */
int sbi_address(const struct hart *h, u64 lo, u64 hi, u64 *pa);
/* Both registers are all ones ("disable"). */
bool sbi_all_ones(const struct hart *h, u64 lo, u64 hi);
/* Little-endian words of shared memory that has been checked. */
u64 sbi_read_word(struct sbi *sbi, u64 pa, unsigned size);
void sbi_write_word(struct sbi *sbi, u64 pa, unsigned size, u64 value);

/* The harts named by hart_mask and hart_mask_base, a bit each; 0 or SBI_ERR_INVALID_PARAM. */
s64 sbi_hart_mask(struct sbi *sbi, const struct hart *h, u64 mask, u64 base, u64 *harts);

/* ---- extensions that the rest calls ---- */

void sbi_set_timer(struct sbi *sbi, struct hart *h, u64 when);
void sbi_send_ipi(struct sbi *sbi, struct hart *h, u64 harts);
enum fence_kind { FENCE_I, FENCE_S, FENCE_G, FENCE_VS };
struct fence {
    enum fence_kind kind;
    u64 start, size;
    bool tagged; /* one ASID or VMID only */
    u64 tag;
    u64 hgatp; /* FENCE_VS: the caller's */
};
void sbi_remote_fence(struct sbi *sbi, struct hart *h, u64 harts, const struct fence *f);
/* Another hart has asked for it. */
void sbi_fence_received(struct sbi *sbi, struct hart *h, const struct fence *f);
/* Shuts down or resets the machine; the hart goes idle. */
void sbi_system_stop(struct sbi *sbi, struct hart *h, u32 reason, u32 status);
/* Firmware events of the PMU (codes of table_pmu_firmware_events). */
void sbi_pmu_count(struct sbi *sbi, const struct hart *h, u32 event);
void sbi_pmu_reset_hart(struct sbi *sbi, struct hart *h);
/* Machine reset, hart reset: no event is registered. */
void sbi_sse_reset(struct sbi *sbi);
void sbi_sse_reset_hart(struct sbi *sbi, struct hart *h);
/* Delivers the most urgent event that is ready; called before every return to the supervisor. */
void sbi_sse_deliver(struct sbi *sbi, struct hart *h);
/* The event source signals a local event. 0, or -1 when no handler is registered and enabled. */
int sbi_sse_signal(struct sbi *sbi, struct hart *h, u32 event_id);
/* The counter-overflow interrupt has reached M-mode. */
void sbi_sse_overflow(struct sbi *sbi, struct hart *h);
void sbi_dbtr_reset_hart(struct sbi *sbi, struct hart *h);
void sbi_cppc_reset_hart(struct sbi *sbi, struct hart *h);
/* NACL: CSRs of the hypervisor extension may have changed; `left`: virtualization has gone from on
 * to off. `ctx` is the struct sbi, so that it can be a hart's hook. Nothing without shared memory.
 */
void sbi_nacl_changed(void *ctx, struct hart *h, unsigned left);

static inline struct sbi_ret ret_error(s64 error)
{
    return (struct sbi_ret){error, 0};
}

static inline struct sbi_ret ret_value(u64 value)
{
    return (struct sbi_ret){SBI_SUCCESS, value};
}

static inline unsigned xlen_bytes(const struct hart *h)
{
    return is_rv32(h) ? 4 : 8;
}

/* The 64-bit argument that starts in register a<n>. */
static inline u64 arg64(const struct sbi_call *c, unsigned n)
{
    return is_rv32(c->h) ? c->arg[n] | c->arg[n + 1] << 32 : c->arg[n];
}

#endif
