/* Nested acceleration: its shared memory. */
#include "nacl.h"

volatile uint8_t nacl_memory[NACL_SIZE] __attribute__((aligned(4096)));

struct ret nacl(long fn, ulong arg)
{
    return sbi(EXT_NACL, fn, arg, 0, 0, 0);
}

ulong nacl_place(ulong csr)
{
    return (csr & 0xc00) >> 2 | (csr & 0xff);
}

/* The word of a CSR. */
volatile ulong *word(ulong csr)
{
    return (volatile ulong *)(ulong)(nacl_memory + 0x1000) + nacl_place(csr);
}

bool marked(ulong csr)
{
    return nacl_memory[0xf80 + nacl_place(csr) / 8] >> nacl_place(csr) % 8 & 1;
}

void mark(ulong csr)
{
    nacl_memory[0xf80 + nacl_place(csr) / 8] |= (uint8_t)(1u << nacl_place(csr) % 8);
}

void put(ulong csr, ulong value)
{
    *word(csr) = value;
    mark(csr);
}

struct ret nacl_set_shmem(ulong lo, ulong hi, ulong flags)
{
    return sbi(EXT_NACL, SET_SHMEM, lo, hi, flags, 0);
}

void nacl_begin(void)
{
    for (ulong i = 0; i < NACL_SIZE; i++)
        nacl_memory[i] = 0;
    EXPECT(nacl_set_shmem((ulong)nacl_memory, 0, 0), SUCCESS);
}

#define SAME(csr) CHECK(*word(csr) == rd_csr(csr))
void all_the_same(void)
{
    SAME(HSTATUS);
    SAME(HEDELEG);
    SAME(HIDELEG);
    SAME(HIE);
    SAME(HTIMEDELTA);
    SAME(HCOUNTEREN);
    SAME(HGEIE);
    SAME(HTVAL);
    SAME(HIP);
    SAME(HVIP);
    SAME(HTINST);
    SAME(HENVCFG);
    SAME(HGATP);
    SAME(HGEIP);
    SAME(VSSTATUS);
    SAME(VSIE);
    SAME(VSTVEC);
    SAME(VSSCRATCH);
    SAME(VSEPC);
    SAME(VSCAUSE);
    SAME(VSTVAL);
    SAME(VSIP);
    SAME(VSATP);
#if __riscv_xlen == 32
    SAME(HTIMEDELTAH);
    SAME(HENVCFGH);
#endif
}
