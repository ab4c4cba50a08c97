/* Helpers of the tests of interrupt files: registers behind select registers, the pages by which
 * messages arrive (those of the `virt` board), a clean start. */
#ifndef PRIV_IMSIC_H
#define PRIV_IMSIC_H

#include "aia.h"

enum { EIDELIVERY = 0x70, EITHRESHOLD = 0x72, EIP0 = 0x80, EIE0 = 0xc0 };
#define M_PAGE 0x24000000ul
#define S_PAGE 0x28000000ul
#define EID(n) ((ulong)(n) << 16 | (n))

/* Registers that exist, of the file behind miselect, siselect or vsiselect. */
static inline ulong file_get(unsigned select, unsigned reg)
{
    if (select == CSR_MISELECT) {
        csr_write(CSR_MISELECT, reg);
        return csr_read(CSR_MIREG);
    }
    if (select == CSR_SISELECT) {
        csr_write(CSR_SISELECT, reg);
        return csr_read(CSR_SIREG);
    }
    csr_write(CSR_VSISELECT, reg);
    return csr_read(CSR_VSIREG);
}

static inline void file_put(unsigned select, unsigned reg, ulong value)
{
    file_get(select, reg);
    if (select == CSR_MISELECT)
        csr_write(CSR_MIREG, value);
    else if (select == CSR_SISELECT)
        csr_write(CSR_SIREG, value);
    else
        csr_write(CSR_VSIREG, value);
}

static inline ulong file_probe(unsigned select, unsigned reg, ulong value)
{
    file_put(select, reg, value);
    return file_get(select, reg);
}

/* The select value of the register that has identity n's bit, and the bit. */
static inline unsigned word_of(unsigned array, unsigned n)
{
    return array + n / __riscv_xlen * (RV64 ? 2 : 1);
}

static inline ulong bit_of(unsigned n)
{
    return 1ul << n % __riscv_xlen;
}

static inline int file_bit(unsigned select, unsigned array, unsigned n)
{
    return (file_get(select, word_of(array, n)) & bit_of(n)) != 0;
}

static inline void file_set(unsigned select, unsigned array, unsigned n, int on)
{
    ulong old = file_get(select, word_of(array, n));
    file_put(select, word_of(array, n), on ? old | bit_of(n) : old & ~bit_of(n));
}

/* The largest identity of the file. */
static inline unsigned last_identity(unsigned select)
{
    unsigned n = 0;
    for (unsigned i = __riscv_xlen - 1; i < 2048; i += __riscv_xlen) {
        file_set(select, EIE0, i, 1);
        if (file_bit(select, EIE0, i))
            n = i;
        file_set(select, EIE0, i, 0);
    }
    return n;
}

static inline void clear_file(unsigned select)
{
    file_put(select, EIDELIVERY, 0);
    file_put(select, EITHRESHOLD, 0);
    for (unsigned r = 0; r < 64; r += RV64 ? 2 : 1) {
        file_put(select, EIP0 + r, 0);
        file_put(select, EIE0 + r, 0);
    }
}

static inline unsigned guests(void)
{
    ulong mask = csr_probe(CSR_HGEIE, ~0ul) >> 1;
    unsigned n = 0;
    csr_put(CSR_HGEIE, 0);
    for (; mask & 1; mask >>= 1)
        n++;
    return n;
}

static inline void set_vgein(unsigned guest)
{
    csr_write(CSR_HSTATUS, (ulong)guest << 12);
}

/* Skips without an IMSIC; all files are empty, VGEIN is 0, S-mode may use what it has. */
static inline void need_imsic(void)
{
    NEED(csr_exists(CSR_MTOPEI), "no IMSIC");
    csr_put64(CSR_MSTATEEN0, ~0ull);
    csr_put64(CSR_HSTATEEN0, ~0ull);
    clear_file(CSR_MISELECT);
    clear_file(CSR_SISELECT);
    for (unsigned guest = guests(); guest; guest--) {
        set_vgein(guest);
        clear_file(CSR_VSISELECT);
    }
    set_vgein(0);
}

/* The page of the supervisor's file (0) or a guest's; this is hart 0. */
static inline ulong s_page(unsigned guest)
{
    return S_PAGE + PAGE * guest;
}

/* A message: an aligned store of 32 bits. */
static inline void message(ulong page, u32 identity)
{
    *(volatile u32 *)page = identity;
    __asm__ volatile("fence o,r" ::: "memory");
}

#endif
