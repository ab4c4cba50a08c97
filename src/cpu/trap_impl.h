/* What entry (trap.c) and return (trap_return.c) share: the banks' status fields. */
#ifndef HEXTANT_CPU_TRAP_IMPL_H
#define HEXTANT_CPU_TRAP_IMPL_H

#include "cpu/counter.h"
#include "cpu/fields.h"
#include "cpu/hart.h"
#include "cpu/storm.h"
#include "cpu/trap.h"

/* xstatus fields of a bank: where the previous privilege and interrupt enable go. */
struct status_fields {
    u64 ie, pie, pp, dt, pelp;
};
static const struct status_fields status_fields[BANK_COUNT] = {
    [BANK_M] = {MSTATUS_MIE, MSTATUS_MPIE, MSTATUS_MPP, MSTATUS_MDT, MSTATUS_MPELP},
    [BANK_S] = {MSTATUS_SIE, MSTATUS_SPIE, MSTATUS_SPP, MSTATUS_SDT, MSTATUS_SPELP},
    [BANK_VS] = {MSTATUS_SIE, MSTATUS_SPIE, MSTATUS_SPP, MSTATUS_SDT, MSTATUS_SPELP},
};

static inline u64 *bank_status(struct hart *h, enum bank bank)
{
    return bank == BANK_VS ? &h->vsstatus : &h->mstatus;
}

/* The hart is about to go on somewhere else; retiring as for counters_leave_mode(). */
static inline void move_on(struct hart *h, unsigned retiring)
{
    counters_leave_mode(h, retiring);
    storm_moved(h, retiring);
}

#endif
