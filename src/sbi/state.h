/* Everything the firmware remembers between calls: plain data without pointers, so that a snapshot
 * is a copy of it. */
#ifndef HEXTANT_SBI_STATE_H
#define HEXTANT_SBI_STATE_H

#include "common/random.h"
#include "common/types.h"

enum {
    SBI_MAX_HARTS = 64,
    SBI_HW_COUNTERS = 32,
    SBI_FW_COUNTERS = 16,
    SBI_COUNTERS = SBI_HW_COUNTERS + SBI_FW_COUNTERS,
    SBI_TRIGGERS = 8,
    SBI_MAX_FAILURES = 128,
    SSE_LOCAL_EVENTS = 3,
    SSE_GLOBAL_EVENTS = 1,
    CPPC_REGISTERS = 22,
    MPXY_EVENTS = 8,
    MPXY_ATTRIBUTES = 14,
};

/* The CSRs of the hypervisor extension: those of csr.def with 2 in bits 9:8 of their number. */
enum {
#define CSR(n, ...) +(((n) >> 8 & 3) == 2)
    NACL_CSRS = 0
#include "cpu/csr.def"
#undef CSR
};

/* HSM states (table_hsm_states). */
enum hsm_state {
    HSM_STARTED,
    HSM_STOPPED,
    HSM_START_PENDING,
    HSM_STOP_PENDING,
    HSM_SUSPENDED,
    HSM_SUSPEND_PENDING,
    HSM_RESUME_PENDING,
};

/* Why a hart is in the idle loop. */
enum hart_rest { REST_NONE, REST_STOPPED, REST_RETENTIVE, REST_NON_RETENTIVE, REST_OFF };

#define SHMEM_NONE (~0ull)

struct sbi_pmu {
    u32 event[SBI_COUNTERS]; /* event_idx, or PMU_NO_EVENT */
    u64 fw_value[SBI_FW_COUNTERS];
    u64 fw_started; /* a bit each */
    u64 snapshot;   /* shared memory, or SHMEM_NONE */
};

enum sse_state { SSE_UNUSED, SSE_REGISTERED, SSE_ENABLED, SSE_RUNNING };

struct sse_event {
    u64 state, pending;
    u64 priority, config, preferred_hart;
    u64 entry_pc, entry_arg;
    u64 sepc, flags, a6, a7; /* INTERRUPTED_* */
    u64 hart;                /* that runs the handler */
};

struct sbi_trigger {
    u64 state; /* trig_state; 0: free */
    u64 tdata1;
};

struct sbi_hart {
    u64 hsm;  /* enum hsm_state */
    u64 rest; /* enum hart_rest */
    u64 start_pc, start_arg;
    u64 saved_mepc, saved_mstatus; /* of the caller of a retentive suspend */
    u64 ipi;                       /* the supervisor is to get a software interrupt */
    u64 fwft_locked;               /* a bit per feature */
    u64 sse_unmasked;
    struct sse_event sse[SSE_LOCAL_EVENTS];
    struct sbi_pmu pmu;
    u64 cppc[CPPC_REGISTERS];
    struct sbi_trigger trigger[SBI_TRIGGERS];
    u64 dbtr_shmem, mpxy_shmem, sta_shmem, nacl_shmem;
    u64 nacl_seen[NACL_CSRS]; /* what the shared memory was last told of each CSR */
};

struct sbi_mpxy_channel {
    u64 attribute[MPXY_ATTRIBUTES];
    u64 events[MPXY_EVENTS], num_events, lost;
};

struct sbi_state {
    struct sbi_hart hart[SBI_MAX_HARTS];
    struct sse_event global[SSE_GLOBAL_EVENTS];
    struct sbi_mpxy_channel channel;
    u64 failure_calls[SBI_MAX_FAILURES]; /* calls seen by each fail= so far */
    struct random random;                /* generator of --sbi=reset-values=random */
};

#endif
