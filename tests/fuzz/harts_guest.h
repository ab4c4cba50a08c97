/* The guest of fuzz_harts: up to three harts in HS-mode under the embedded firmware, each with a
 * program of its own, that share code, page tables, data and locks. What never changes (entry, trap
 * handler, tables as they begin) is made once; a program is made from the steps of an input. */
#ifndef FUZZ_HARTS_GUEST_H
#define FUZZ_HARTS_GUEST_H

#include "cpu/fields.h"
#include "guest.h"

/* The layout, in physical addresses; programs see it at the same ones. */
#define ENTRY            0x80000000u
#define PROGRAM          0x80010000u /* of hart 0 */
#define PRIVATE_OF(hart) (0x80020000u + (hart)*0x1000u)
#define LOCKS            0x80030000u
#define SHARED           0x80080000u /* SHARED_PAGES; the first CODE of them hold functions */
#define WINDOW           0x40000000u /* WINDOW_PAGES of virtual addresses that lead to SHARED */

/* Its page tables: of satp, and of hgatp, whose root has four pages. */
#define ROOT     0x80050000u
#define MIDDLE   0x80051000u
#define LEAVES   0x80052000u /* of the window */
#define G_ROOT   0x80054000u
#define G_MIDDLE 0x80058000u
#define G_WINDOW 0x80059000u
#define G_LEAVES 0x8005a000u /* of the window */
#define G_MEMORY 0x8005b000u /* of the first megabytes of memory, page by page */

enum {
    MAX_HARTS = 3,
    PROGRAM_SIZE = 0x4000,
    SHARED_PAGES = 8,
    WINDOW_PAGES = 16,
    STEP = 4,       /* bytes of the input for each */
    MAX_STEPS = 100 /* of a hart: they fit into PROGRAM_SIZE */
};

/* Registers of a program: rounds left, a digest of all it has seen, where it goes on when it finds
 * itself outside of its code. t0 to t3 and the argument registers are a step's. */
enum { ROUNDS = 20, DIGEST = 21, BACK = 27 };
enum { A0 = 10, A1, A2, A3, A4, A6 = 16, A7 };
enum { SBI_HSM = 0x48534d };

/* Offsets: in LOCKS, of 32-bit words that nothing else writes, and what each hart counts of its own
 * changes to them, in its private page. */
enum { LOCK = 0, LOCKED_COUNT = 64, RESERVED_COUNT = 128 };
enum { OWN_LOCKED = 0x100, OWN_RESERVED = 0x104 };

/* Makes what never changes into g->image, for g->xlen. */
void harts_guest_make(struct guest *g, u32 harts);
/* Makes the program of a hart in g->image from its steps, `count` of them. Returns its end. */
u32 harts_program_make(struct guest *g, u32 hart, u32 harts, const u8 (*step)[STEP], u32 count);

static inline u32 program_of(u32 hart)
{
    return PROGRAM + hart * PROGRAM_SIZE;
}
/* satp, vsatp or hgatp with those tables. */
static inline u64 atp_of(const struct guest *g, u32 root, u32 id)
{
    u64 mode = g->xlen == 64 ? (u64)ATP_SV39 << 60 | (u64)id << 44 : SATP32_MODE | (u64)id << 22;
    return root >> 12 | mode;
}

#endif
