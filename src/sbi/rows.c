/* The firmware's state as rows. */
#include "sbi/firmware.h"

#define HART(member)       STATE_FIELD(struct sbi_hart, member)
#define HART_ARRAY(member) STATE_ARRAY(struct sbi_hart, member)
#define HART_SSE(member)   STATE_EACH(struct sbi_hart, sse, member)
#define ALL(member)        STATE_FIELD(struct sbi, member)
#define ALL_ARRAY(member)  STATE_ARRAY(struct sbi, member)
#define ALL_SSE(member)    STATE_EACH(struct sbi, state.global, member)

/* What it keeps for each hart. */
static const struct state_row hart_rows_of_sbi[] = {
    HART(hsm),
    HART(rest),
    HART(start_pc),
    HART(start_arg),
    HART(saved_mepc),
    HART(saved_mstatus),
    HART(ipi),
    HART(fwft_locked),
    HART(sse_unmasked),
    HART_SSE(state),
    HART_SSE(pending),
    HART_SSE(priority),
    HART_SSE(config),
    HART_SSE(preferred_hart),
    HART_SSE(entry_pc),
    HART_SSE(entry_arg),
    HART_SSE(sepc),
    HART_SSE(flags),
    HART_SSE(a6),
    HART_SSE(a7),
    HART_SSE(hart),
    HART_ARRAY(pmu.event),
    HART_ARRAY(pmu.fw_value),
    HART(pmu.fw_started),
    HART(pmu.snapshot),
    HART_ARRAY(cppc),
    STATE_EACH(struct sbi_hart, trigger, state),
    STATE_EACH(struct sbi_hart, trigger, tdata1),
    HART(dbtr_shmem),
    HART(mpxy_shmem),
    HART(sta_shmem),
    HART(nacl_shmem),
    HART_ARRAY(nacl_seen),
};

/* The rest; the end is for the user: statistics, what was said. */
static const struct state_row rows[] = {
    ALL(entry),
    ALL(fdt),
    ALL(boot_hart),
    ALL_SSE(state),
    ALL_SSE(pending),
    ALL_SSE(priority),
    ALL_SSE(config),
    ALL_SSE(preferred_hart),
    ALL_SSE(entry_pc),
    ALL_SSE(entry_arg),
    ALL_SSE(sepc),
    ALL_SSE(flags),
    ALL_SSE(a6),
    ALL_SSE(a7),
    ALL_SSE(hart),
    ALL_ARRAY(state.channel.attribute),
    ALL_ARRAY(state.channel.events),
    ALL(state.channel.num_events),
    ALL(state.channel.lost),
    ALL_ARRAY(state.failure_calls),
    ALL(state.random.state),
    ALL_ARRAY(stat),
    ALL(unknown_calls),
    ALL(told_htimedelta),
    ALL_ARRAY(settled),
};

int sbi_each_part(struct sbi *sbi, state_fn fn, void *ctx)
{
    struct state_part part = state_part(sbi, rows, ARRAY_LEN(rows), "firmware");
    int rc = fn(ctx, &part);

    for (u32 i = 0; !rc && i < sbi->m->num_harts; i++) {
        part = state_part(&sbi->state.hart[i], hart_rows_of_sbi, ARRAY_LEN(hart_rows_of_sbi),
                          "firmware, hart %u", i);
        rc = fn(ctx, &part);
    }
    return rc;
}
