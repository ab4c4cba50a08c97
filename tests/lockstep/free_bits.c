/* What two simulators may have differently in their CSRs. */
#include "free_bits.h"

#include "cpu/csr.h"
#include "cpu/fields.h"

/* CSRs, or bits of them, that need not be the same. */
static const struct {
    u16 first, last;
    u64 mask;
} free_bits[] = {
    {CSR_mvendorid, CSR_mvendorid + 4, ~0ull}, /* identity */
    {CSR_cycle, CSR_cycle + 31, ~0ull},        /* time and counters */
    {CSR_cycleh, CSR_cycleh + 31, ~0ull},
    {CSR_mcycle, CSR_mcycle + 31, ~0ull},
    {CSR_mcycleh, CSR_mcycleh + 31, ~0ull},
    {CSR_mhpmevent3, CSR_mhpmevent31, 0xff}, /* which events there are */
    {CSR_mstateen0, CSR_mstateen0, 1},       /* C: Spike has custom state, it seems */
    {CSR_hstateen0, CSR_hstateen0, 1},
    {CSR_sstateen0, CSR_sstateen0, 1},
    {CSR_mstateen0h, CSR_mstateen0h, BIT(24)}, /* P1P13 */
    {CSR_menvcfg, CSR_menvcfg, ENVCFG_FIOM},
    {CSR_henvcfg, CSR_henvcfg, ENVCFG_FIOM},
    {CSR_senvcfg, CSR_senvcfg, ENVCFG_FIOM},
    {CSR_medeleg, CSR_medeleg, 1}, /* misaligned fetch, which C makes impossible */
    {CSR_hedeleg, CSR_hedeleg, 1},
    {CSR_mideleg, CSR_mideleg, BIT(12)}, /* SGEI, although GEILEN is 0 */
    {CSR_mie, CSR_mie, BIT(12)},
    {CSR_hie, CSR_hie, BIT(12)},
    {CSR_mip, CSR_mip, BIT(12)},
    {CSR_hip, CSR_hip, BIT(12)},
};

u64 free_mask(unsigned csr)
{
    for (u32 i = 0; i < ARRAY_LEN(free_bits); i++)
        if (csr >= free_bits[i].first && csr <= free_bits[i].last)
            return free_bits[i].mask;
    return 0;
}
