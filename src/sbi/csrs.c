/* CSRs as the firmware uses them: by number, with the RV32 halves put together. */
#include "sbi/firmware.h"

u64 csr_get(struct hart *h, unsigned num)
{
    u64 value = 0;

    return csr_peek(h, num, &value) ? 0 : value;
}

void csr_put(struct hart *h, unsigned num, u64 value)
{
    csr_poke(h, num, value); /* fails only when there is no such CSR: nothing to do then */
}

void csr_set_bits(struct hart *h, unsigned num, u64 mask)
{
    csr_poke_bits(h, num, CSR_SET, mask);
}

void csr_clear_bits(struct hart *h, unsigned num, u64 mask)
{
    csr_poke_bits(h, num, CSR_CLEAR, mask);
}

u64 csr_get64(struct hart *h, unsigned num, unsigned high)
{
    u64 value = csr_get(h, num);

    return is_rv32(h) ? (value & MASK(32)) | csr_get(h, high) << 32 : value;
}

void csr_put64(struct hart *h, unsigned num, unsigned high, u64 value)
{
    if (!is_rv32(h)) {
        csr_put(h, num, value);
        return;
    }
    csr_put(h, num, value & MASK(32));
    csr_put(h, high, value >> 32);
}

bool csr_exists(struct hart *h, unsigned num)
{
    u64 value;

    return csr_peek(h, num, &value) == 0;
}

u64 mstatus_get(struct hart *h)
{
    return csr_get64(h, CSR_mstatus, CSR_mstatush);
}

void mstatus_put(struct hart *h, u64 value)
{
    csr_put64(h, CSR_mstatus, CSR_mstatush, value);
}

enum mode previous_mode(u64 mstatus)
{
    unsigned mpp = (unsigned)get_field(mstatus, MSTATUS_MPP);
    unsigned mpv = mpp != 3 && (mstatus & MSTATUS_MPV);

    return mode_of(mpp, mpv);
}
