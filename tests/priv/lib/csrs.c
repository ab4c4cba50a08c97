/* CSR access by a number known at run time, with absence caught, and the state in which every test
 * starts. */
#include "priv.h"

int csr_exists(unsigned number)
{
    return exec(MODE_M, CSRR(A0, number), 0, 0).bank == BANK_NONE;
}

ulong csr_get(unsigned number)
{
    struct trap t = exec(MODE_M, CSRR(A0, number), 0, 0);
    return t.bank == BANK_NONE ? RESULT(t) : 0;
}

void csr_put(unsigned number, ulong value)
{
    exec(MODE_M, CSRW(number, A0), value, 0);
}

ulong csr_probe(unsigned number, ulong value)
{
    csr_put(number, value);
    return csr_get(number);
}

u64 csr_get64(unsigned number)
{
    return RV64 ? csr_get(number) : (u64)csr_get(HIGH_HALF(number)) << 32 | csr_get(number);
}

void csr_put64(unsigned number, u64 value)
{
    csr_put(number, (ulong)value);
    if (!RV64)
        csr_put(HIGH_HALF(number), (ulong)(value >> 32));
}

u64 csr_probe64(unsigned number, u64 value)
{
    csr_put64(number, value);
    return csr_get64(number);
}

#define ALL_ONES (~0ul)

/* In this order. Numbers that do not exist on this hart are passed over. */
static const struct {
    u16 number;
    ulong value;
} clean[] = {
    {CSR_MIE, 0},
    {CSR_MSTATEEN0, ALL_ONES},
    {CSR_MSTATEEN0H, ALL_ONES},
    {CSR_HSTATEEN0, ALL_ONES},
    {CSR_HSTATEEN0H, ALL_ONES},
    {CSR_SSTATEEN0, ALL_ONES},
    {CSR_SATP, 0},
    {CSR_VSATP, 0},
    {CSR_HGATP, 0},
    {CSR_MVIEN, 0},
    {CSR_MVIENH, 0},
    {CSR_MVIP, 0},
    {CSR_MVIPH, 0},
    {CSR_HVIEN, 0},
    {CSR_HVIENH, 0},
    {CSR_HVICTL, 0},
    {CSR_HVIP, 0},
    {CSR_HVIPH, 0},
    {CSR_HVIPRIO1, 0},
    {CSR_HVIPRIO1H, 0},
    {CSR_HVIPRIO2, 0},
    {CSR_HVIPRIO2H, 0},
    {CSR_HIE, 0},
    {CSR_HIDELEG, 0},
    {CSR_HEDELEG, 0},
    {CSR_HEDELEGH, 0},
    {CSR_MEDELEG, 0},
    {CSR_MEDELEGH, 0},
    {CSR_STIMECMP, ALL_ONES},
    {CSR_STIMECMPH, ALL_ONES},
    {CSR_VSTIMECMP, ALL_ONES},
    {CSR_VSTIMECMPH, ALL_ONES},
    {CSR_HTIMEDELTA, 0},
    {CSR_HTIMEDELTAH, 0},
    {CSR_HENVCFG, 0},
    {CSR_HENVCFGH, 0},
    {CSR_SENVCFG, 0},
    {CSR_MENVCFG, 0},
    {CSR_MENVCFGH, 0},
    {CSR_MSECCFG, 0},
    {CSR_MSECCFGH, 0},
    {CSR_MIP, 0},
    {CSR_MIDELEG, 0},
    {CSR_MCOUNTEREN, 0xffffffff},
    {CSR_HCOUNTEREN, 0xffffffff},
    {CSR_SCOUNTEREN, 0xffffffff},
    {CSR_MCOUNTINHIBIT, 0},
    {CSR_HGEIE, 0},
    {CSR_HSTATUS, 0},
    {CSR_VSSTATUS, 1ul << 13},
    {CSR_STVEC, (ulong)s_vector},
    {CSR_VSTVEC, (ulong)s_vector},
    {CSR_SEPC, 0},
    {CSR_SCAUSE, 0},
    {CSR_STVAL, 0},
    {CSR_HTVAL, 0},
    {CSR_HTINST, 0},
    {CSR_VSEPC, 0},
    {CSR_VSCAUSE, 0},
    {CSR_VSTVAL, 0},
    {CSR_SSCRATCH, 0},
    {CSR_VSSCRATCH, 0},
    {CSR_MTVAL2, 0},
    {CSR_MTINST, 0},
};

static void clear_triggers(void)
{
    if (!csr_exists(CSR_TSELECT))
        return;
    for (ulong i = 0; i < 8; i++)
        if (csr_probe(CSR_TSELECT, i) == i)
            csr_put(CSR_TDATA1, 0);
    csr_put(CSR_TSELECT, 0);
}

/* The priority arrays, while every byte that can be written is. */
static void clear_priorities(void)
{
    static int aia = -1;
    if (aia < 0)
        aia = csr_exists(CSR_MTOPI);
    if (!aia)
        return;
    csr_put(CSR_MIDELEG, ALL_ONES);
    csr_put64(CSR_MVIEN, ~0ull);
    for (unsigned select = 0x30; select < 0x40; select += RV64 ? 2 : 1) {
        csr_put(CSR_MISELECT, select);
        csr_put(CSR_MIREG, 0);
        csr_put(CSR_SISELECT, select);
        csr_put(CSR_SIREG, 0);
    }
    csr_put(CSR_MISELECT, 0);
    csr_put(CSR_SISELECT, 0);
    csr_put(CSR_VSISELECT, 0);
    csr_put64(CSR_MVIEN, 0);
    csr_put(CSR_MIDELEG, 0);
}

u64 mstateen0_at_reset;
int locked_down;

void reset_state(void)
{
    static int first = 1;
    static u8 absent[sizeof(clean) / sizeof(clean[0])];
    if (locked_down)
        return;
    if (first)
        mstateen0_at_reset = csr_get64(CSR_MSTATEEN0);
    first = 0;
    csr_set(CSR_MISA, MISA_H);
    csr_write64(CSR_MSTATUS, 1ul << 13);
    for (unsigned i = 0; i < sizeof(clean) / sizeof(clean[0]); i++) {
        if (absent[i])
            continue;
        struct trap t = exec(MODE_M, CSRW(clean[i].number, A0), clean[i].value, 0);
        absent[i] = t.bank != BANK_NONE;
    }
    clear_triggers();
    clear_priorities();
    if (pmp_available()) {
        csr_write(CSR_PMPADDR0 + 1, ALL_ONES);
        csr_write(CSR_PMPCFG0, 0x1f00);
    }
    pool_reset();
    fence_all();
    csr_write64(CSR_MSTATUS, 1ul << 13);
}

void delegate_all(enum bank to)
{
    ulong exceptions = 0x00fcb1fful;
    csr_write(CSR_MEDELEG, to == BANK_M ? 0 : exceptions);
    csr_write(CSR_HEDELEG, to == BANK_VS ? exceptions : 0);
}
