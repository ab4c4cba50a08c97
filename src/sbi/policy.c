/* What the firmware makes of traps that reach it, in words and numbers, for whoever looks on. */
#include "sbi/firmware.h"

struct sbi_settled sbi_settled(const struct sbi *sbi, unsigned cause)
{
    return sbi->settled[cause & 63];
}

const char *sbi_exception_policy(const struct sbi *sbi, unsigned cause)
{
    switch (cause) {
    case CAUSE_ECALL_S:
        return "SBI call";
    case CAUSE_ILLEGAL:
        return "counters emulated, else redirected";
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_STORE_MISALIGNED:
        return sbi->opt.misaligned == MISALIGNED_REDIRECT ? "redirected"
                                                          : "emulated, else redirected";
    case CAUSE_DOUBLE_TRAP:
        return "SSE event, else fatal";
    default:
        return "redirected";
    }
}

const char *sbi_interrupt_policy(const struct hart *h, unsigned code)
{
    if (code == sbi_call_irq(h))
        return "makes SSI pending, if it is an IPI";
    switch (code) {
    case IRQ_MTI:
        return "makes STI pending";
    case IRQ_LCOFI:
        return "SSE event";
    default:
        return "masked";
    }
}
