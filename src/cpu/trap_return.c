/* MRET, SRET and MNRET: entry in reverse, and what each clears on the way. One of the files that
 * own the question about V. */
#include "cpu/ctr.h"
#include "cpu/fields.h"
#include "cpu/hart.h"
#include "cpu/mode.h"
#include "cpu/trap_impl.h"
#include "cpu/trigger.h"
#include "mmu/tlb.h"

/* Is the landing-pad mechanism on in that mode (xLPE)? */
bool landing_pads_on(const struct hart *h, enum mode mode)
{
    if (!has(h, EXT_Zicfilp))
        return false;
    switch (mode) {
    case MODE_M:
        return h->mseccfg & MSECCFG_MLPE;
    case MODE_S:
        return h->menvcfg & ENVCFG_LPE;
    case MODE_VS:
        return h->henvcfg & ENVCFG_LPE;
    default:
        return has(h, EXT_S) ? h->senvcfg & ENVCFG_LPE : h->menvcfg & ENVCFG_LPE;
    }
}

/* Undoes enter_status and gives the mode that xPP names, with virtualization v. */
static enum mode leave_status(struct hart *h, enum bank bank, unsigned v)
{
    const struct status_fields *f = &status_fields[bank];
    u64 *status = bank_status(h, bank), s = *status;
    unsigned pp = get_field(s, f->pp);
    enum mode to = mode_of(pp, v);
    s = set_field(s, f->ie, (s & f->pie) != 0);
    s |= f->pie;
    s = set_field(s, f->pp, bank == BANK_M && !has(h, EXT_U) ? 3 : 0);
    if (has(h, EXT_Zicfilp)) {
        h->elp = landing_pads_on(h, to) && (s & f->pelp);
        s &= ~f->pelp;
    }
    s &= ~f->dt;
    *status = s;
    return to;
}

static void leave(struct hart *h, enum mode to, u64 epc)
{
    enum mode from = h->mode;
    move_on(h, 1);
    h->mode = to;
    h->npc = epc & ~(has(h, EXT_Zca) ? 1ull : 3ull);
    h->d.irq_check = 1;
    if (UNLIKELY(h->d.ctr))
        ctr_return(h, from);
    mode_entered(h, from);
}

/* Ssdbltrp: M-mode returns to below a mode that SDT guards (machine chapter, "Double trap"). */
static void clear_sdt_below(struct hart *h, enum mode to)
{
    if (mode_table[to].nominal == 0 || mode_table[to].v)
        h->mstatus &= ~MSTATUS_SDT;
    if (to == MODE_VU)
        h->vsstatus &= ~MSTATUS_SDT;
}

int do_mret(struct hart *h)
{
    unsigned mpv = has(h, EXT_H) && (h->mstatus & MSTATUS_MPV);
    enum mode to = leave_status(h, BANK_M, mpv);
    h->mstatus &= ~MSTATUS_MPV;
    if (UNLIKELY(h->tcontrol))
        trigger_leave_machine(h);
    if (to != MODE_M) {
        h->mstatus &= ~MSTATUS_MPRV;
        clear_sdt_below(h, to);
    }
    leave(h, to, h->mepc);
    return 0;
}

int do_sret(struct hart *h)
{
    if (mode_table[h->mode].v) {
        enum mode to = leave_status(h, BANK_VS, 1);
        leave(h, to, h->vsepc);
        return 0;
    }
    unsigned spv = has(h, EXT_H) && (h->hstatus & HSTATUS_SPV);
    if (h->mode == MODE_M)
        h->mstatus &= ~MSTATUS_MDT;
    enum mode to = leave_status(h, BANK_S, spv);
    h->hstatus &= ~HSTATUS_SPV;
    h->mstatus &= ~MSTATUS_MPRV;
    if (to == MODE_VU)
        h->vsstatus &= ~MSTATUS_SDT;
    leave(h, to, h->sepc);
    return 0;
}

int do_mnret(struct hart *h)
{
    unsigned pp = get_field(h->mnstatus, MNSTATUS_MNPP);
    unsigned v = has(h, EXT_H) && (h->mnstatus & MNSTATUS_MNPV);
    enum mode to = mode_of(pp, v);
    if (to != MODE_M) {
        h->mstatus &= ~(MSTATUS_MPRV | MSTATUS_MDT);
        clear_sdt_below(h, to);
    }
    if (has(h, EXT_Zicfilp)) {
        h->elp = landing_pads_on(h, to) && (h->mnstatus & MNSTATUS_MNPELP);
        h->mnstatus &= ~MNSTATUS_MNPELP;
    }
    h->mnstatus |= MNSTATUS_NMIE;
    leave(h, to, h->mnepc);
    return 0;
}
