/* PMP entries by number, and what a mode may do at an address. The probes are code of the image,
 * not of the slot pages, so they work where M-mode may not write what it executes (Smepmp). */
#ifndef PRIV_PMP_H
#define PRIV_PMP_H

#include "priv.h"

enum {
    PMP_R = 1,
    PMP_W = 2,
    PMP_X = 4,
    PMP_RWX = 7,
    PMP_OFF = 0,
    PMP_TOR = 8,
    PMP_NA4 = 16,
    PMP_NAPOT = 24,
    PMP_L = 128,
};
#define SECCFG_MML  (1ul << 0)
#define SECCFG_MMWP (1ul << 1)
#define SECCFG_RLB  (1ul << 2)

/* Entries 0 to 15: the byte of pmpcfg and pmpaddr, read and written from M-mode, without a fence.
 */
unsigned pmp_cfg(unsigned entry);
void pmp_cfg_write(unsigned entry, unsigned cfg);
ulong pmp_addr(unsigned entry);
void pmp_addr_write(unsigned entry, ulong address);
/* Sets an entry (cfg last) and executes every fence there is. */
void pmp_set(unsigned entry, unsigned cfg, ulong address);
/* pmpaddr for a NAPOT region of `size` bytes, 8 or more. */
#define NAPOT(address, size) ((ulong)(address) >> 2 | ((ulong)(size) / 8 - 1))
#define TOP(address)         ((ulong)(address) >> 2)
#define NAPOT_ALL            (~0ul)

/* What pages that are probed hold: instructions that return. */
#define RETURN 0x00008067u
/* A page of the end of the pool, from the last (0) down, full of RETURN. */
u8 *last_page(unsigned number);

/* Loads, stores (RETURN) and fetches the word at the address in the mode, Bare: each must succeed
 * if its bit of PMP_RWX is in `rights`, else be an access fault taken by M. */
void expect_rights(int line, enum mode mode, ulong address, unsigned rights);
#define EXPECT_RIGHTS(mode, address, rights) expect_rights(__LINE__, mode, (ulong)(address), rights)
/* The single probes; load_word is the code of the first: lw a1, 0(a0). */
extern u8 load_word[];
struct trap probe_load(enum mode mode, ulong address);
struct trap probe_store(enum mode mode, ulong address);
struct trap probe_fetch(enum mode mode, ulong address);

#define FOR_EACH_PRIV(m) for (enum mode m = MODE_U; m <= MODE_VS; m++)

#endif
