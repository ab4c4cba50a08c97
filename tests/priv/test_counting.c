/* What the counters count: the modes that mcyclecfg, minstretcfg and mhpmevent filter, traps and
 * trap returns between a filtered mode and another, overflow. */
#include "priv.h"

#define CSR_MCYCLECFG   0x321
#define CSR_MINSTRETCFG 0x322
#define MINH            (1ull << 62)
#define SINH            (1ull << 61)
#define UINH            (1ull << 60)
#define VSINH           (1ull << 59)
#define VUINH           (1ull << 58)
#define CSR_CFGH(n)     ((n) + 0x400)

static void filter(unsigned number, u64 value)
{
    csr_put(number, (ulong)value);
    if (!RV64)
        csr_put(CSR_CFGH(number), (ulong)(value >> 32));
}

static u64 inhibit_of(enum mode m)
{
    static const u64 bits[] = {UINH, SINH, MINH, VUINH, VSINH};
    return bits[m];
}

TEST("norm:instret_non_inhibited norm:instret_xret norm:instret_exception instret counts what "
     "retires in the modes that are not inhibited: no ECALL, and no MRET of M-mode")
{
    NEED(csr_exists(CSR_MINSTRETCFG), "no Smcntrpmf");
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        if (m == MODE_M)
            continue;
        context("mode", m);
        filter(CSR_MINSTRETCFG, (MINH | SINH | UINH | VSINH | VUINH) & ~inhibit_of(m));
        ulong before = csr_read(CSR_MINSTRET);
        EXPECT_TRAP(RUN(m, CODE(NOP, NOP, NOP, UNIMP)), .bank = BANK_M, .cause = EXC_ILLEGAL,
                    INSN(UNIMP), .at = 12);
        CHECK_EQ(csr_read(CSR_MINSTRET) - before, 3);
    }
    filter(CSR_MINSTRETCFG, 0);
}

TEST("norm:instret_xret SRET of HS-mode counts by HS-mode's bit")
{
    NEED(csr_exists(CSR_MINSTRETCFG), "no Smcntrpmf");
    for (unsigned counted = 0; counted < 2; counted++) {
        context("HS counted", counted);
        filter(CSR_MINSTRETCFG, counted ? MINH | UINH : MINH | SINH);
        csr_write(CSR_SEPC, (ulong)slot_pages + 8);
        csr_clear(CSR_MSTATUS, STATUS_SPP);
        ulong before = csr_read(CSR_MINSTRET);
        /* NOP and SRET in HS; NOP in U */
        struct trap t = RUN(MODE_HS, CODE(NOP, SRET, NOP, UNIMP));
        CHECK_EQ(t.cause, EXC_ILLEGAL);
        CHECK_EQ(csr_read(CSR_MINSTRET) - before, counted ? 2 : 1);
    }
    filter(CSR_MINSTRETCFG, 0);
}

TEST("norm:unimplemented_mode_bits without H the VSINH and VUINH bits are zero")
{
    NEED(csr_exists(CSR_MINSTRETCFG), "no Smcntrpmf");
    filter(CSR_MINSTRETCFG, VSINH | VUINH | SINH);
    filter(CSR_MHPMEVENT3, VSINH | VUINH);
    csr_clear(CSR_MISA, MISA_H);
    NEED(!(csr_read(CSR_MISA) & MISA_H), "misa.H is not writable");
    u64 cfg = RV64 ? csr_get(CSR_MINSTRETCFG) : (u64)csr_get(CSR_CFGH(CSR_MINSTRETCFG)) << 32;
    u64 event = RV64 ? csr_get(CSR_MHPMEVENT3) : (u64)csr_get(CSR_CFGH(CSR_MHPMEVENT3)) << 32;
    csr_set(CSR_MISA, MISA_H);
    filter(CSR_MINSTRETCFG, 0);
    filter(CSR_MHPMEVENT3, 0);
    CHECK_EQ(cfg, SINH);
    CHECK_EQ(event & (VSINH | VUINH), 0);
}
