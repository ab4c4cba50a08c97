/* Nested acceleration (NACL) for tests: the shared memory, and worlds entered by its call. */
#ifndef TESTS_NACL_H
#define TESTS_NACL_H

#include "guest.h"

enum { PROBE, SET_SHMEM, SYNC_CSR, SYNC_HFENCE, SYNC_SRET };
enum { HAS_CSR = 1, HAS_HFENCE = 2, HAS_SRET = 4, HAS_AUTOSWAP = 8 };
#define NACL_SIZE   (4096 + 1024 * sizeof(ulong))
#define VSIE        0x204
#define VSSCRATCH   0x240
#define VSIP        0x244
#define HTIMEDELTA  0x605
#define HTIMEDELTAH 0x615
#define HGEIE       0x607
#define HENVCFGH    0x61a
#define HIP         0x644
#define HVIP        0x645
#define HGEIP       0xe12
#define VTW         BIT(21)
#define SPV         BIT(7)
#define SPVP        BIT(8)

/* This hart's. */
extern volatile uint8_t nacl_memory[NACL_SIZE];

/* Function `fn` with one argument; SET_SHMEM with its three. */
struct ret nacl(long fn, ulong arg);
struct ret nacl_set_shmem(ulong lo, ulong hi, ulong flags);
/* Index of a CSR, and its word in nacl_memory. */
ulong nacl_place(ulong csr);
volatile ulong *word(ulong csr);
/* Is the CSR marked as written? Marks it; writes and marks it. */
bool marked(ulong csr);
void mark(ulong csr);
void put(ulong csr, ulong value);
/* Clears the memory and gives it to the firmware. */
void nacl_begin(void);
/* Checks that the memory shows what the CSRs hold. */
void all_the_same(void);
/* nacl.S: SYNC_SRET to `entry` as run_below() goes there; what leave_below() was given, or the
 * error. */
long nacl_enter(void *entry);
/* SYNC_SRET back to S-mode; x10 of the context, or the error. */
long nacl_land(volatile ulong *context);
/* An entry in VS-mode, where sscratch is the address of 32 words: writes all registers there, x5
 * to stval, and leaves with 0x55. */
void nacl_registers(void);

#endif
