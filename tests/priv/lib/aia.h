/* Helpers of the tests of the Advanced Interrupt Architecture. */
#ifndef PRIV_AIA_H
#define PRIV_AIA_H

#include "priv.h"

#define IID(n)          ((ulong)(n) << 16)
#define HVICTL_VTI      (1ul << 30)
#define HVICTL_IID(n)   IID(n)
#define HVICTL_DPR      (1ul << 9)
#define HVICTL_IPRIOM   (1ul << 8)
#define HVICTL_IPRIO(n) ((ulong)(n))
#define BIT64(n)        (1ull << (n))
/* Some machines start with a timer interrupt of M-mode pending. */
#define MACHINE_IRQS (BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI))

static inline void need_smaia(void)
{
    NEED(csr_exists(CSR_MTOPI), "no Smaia");
}

static inline void need_ssaia(void)
{
    NEED(csr_exists(CSR_HVICTL), "no Ssaia");
}

/* Sets the priority number of an interrupt in the array behind miselect or siselect; returns what
 * the byte then holds. */
static inline unsigned set_priority(unsigned iselect, unsigned irq, unsigned number)
{
    unsigned per_register = RV64 ? 8 : 4, shift = irq % per_register * 8;
    csr_put(iselect, 0x30 + irq / per_register * (RV64 ? 2 : 1));
    ulong old = csr_get(iselect + 1) & ~(0xfful << shift);
    csr_put(iselect + 1, old | (ulong)number << shift);
    return csr_get(iselect + 1) >> shift & 0xff;
}

static inline unsigned get_priority(unsigned iselect, unsigned irq)
{
    unsigned per_register = RV64 ? 8 : 4;
    csr_put(iselect, 0x30 + irq / per_register * (RV64 ? 2 : 1));
    return csr_get(iselect + 1) >> irq % per_register * 8 & 0xff;
}

/* topi's two fields. */
static inline void check_topi(int line, unsigned csr, unsigned irq, unsigned iprio)
{
    ulong topi = csr_get(csr);
    check_equal(line, "topi.IID", topi >> 16, irq);
    check_equal(line, "topi.IPRIO", topi & 0xffff, iprio);
}
#define CHECK_TOPI(csr, irq, iprio) check_topi(__LINE__, csr, irq, iprio)

/* U-mode is interrupted: the trap must be what topi has said. */
static inline void check_taken(int line, enum bank bank, unsigned irq)
{
    struct trap t = RUN(MODE_U, CODE(NOP));
    check_equal(line, "bank that takes it", t.bank, bank);
    check_equal(line, "its cause", t.cause, INTERRUPT | irq);
}

static inline struct trap poll_vs(enum mode mode)
{
    csr_set(CSR_VSSTATUS, STATUS_SIE);
    return RUN(mode, CODE(NOP));
}

/* Both guest modes take it, VS-mode with SIE; with V=0 nobody does. */
static inline void check_guest_takes(int line, unsigned irq)
{
    for (enum mode m = MODE_VU; m <= MODE_VS; m++) {
        struct trap t = poll_vs(m);
        check_equal(line, "bank that takes it", t.bank, BANK_VS);
        check_equal(line, "its cause", t.cause, INTERRUPT | irq);
        csr_clear(CSR_VSSTATUS, STATUS_SIE);
    }
    EXPECT_DONE(RUN(MODE_VS, CODE(NOP)));
    EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
}

#endif
