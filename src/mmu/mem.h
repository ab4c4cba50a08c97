/* Memory as instructions see it: the inline hit, and the cold functions behind it. */
#ifndef HEXTANT_MMU_MEM_H
#define HEXTANT_MMU_MEM_H

#include "common/types.h"
#include "cpu/hart.h"

/* Bytes of a cache block (Zic64b). */
#define CACHE_BLOCK 64ull

/* What an access is for. HLVX reads with execute permission. SSTACK: a shadow-stack access. */
enum access { ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH };

/* Modifiers of an explicit access. */
enum {
    MEM_HV = 1,        /* HLV/HSV/HLVX: as if in VS or VU by hstatus.SPVP */
    MEM_HLVX = 2,      /* needs execute instead of read permission */
    MEM_AMO = 4,       /* load part of an AMO or SC: faults are store/AMO faults */
    MEM_SSTACK = 8,    /* shadow stack: only SS pages may be written */
    MEM_LR = 16,       /* LR or SC */
    MEM_CBO = 32,      /* cache-block operation: byte address, no alignment */
    MEM_PROBE = 64,    /* do not raise, do not set A/D: for debuggers */
    MEM_AGAIN = 128,   /* the same instruction has tried before: counters have seen it */
    MEM_ALIGNED = 256, /* misaligned: the misaligned exception */
    MEM_ATOMIC = 512,  /* misaligned: as --misaligned=amo says */
};
/* Accesses that only memory takes: atomics, cache blocks, the shadow stack (idempotent memory). */
enum { MEMORY_ONLY = MEM_AMO | MEM_LR | MEM_CBO | MEM_SSTACK };

/* The explicit accesses of an instruction, size 1, 2, 4, 8 or 16 bytes. Return 0, or TRAPPED after
 * raise_exception(). Loads zero-extend into *value (16-byte accesses: two words). Misaligned
 * accesses are done, or trap, as `flags` and the configuration say. Implements pointer masking,
 * translation, PMP, PMA. */
int mem_load(struct hart *h, u64 va, unsigned size, unsigned flags, u64 *value);
int mem_store(struct hart *h, u64 va, unsigned size, unsigned flags, u64 value);
/* Host address for an atomic read-modify-write of `size` bytes at va (flags have MEM_ATOMIC), with
 * store/AMO permission; *pa gets the physical address. NULL after raise_exception(). Memory only:
 * an AMO to a device raises a store/AMO access fault. The page's code is marked as written. Who
 * then stores says so (mem_stored). */
void *mem_amo(struct hart *h, u64 va, unsigned size, unsigned flags, u64 *pa);
/* The hart has stored `size` bytes at pa, at a place that mem_amo() or mem_cbo() has found. */
void mem_stored(struct hart *h, u64 pa, unsigned size);
/* Does a trigger fire on what the AMO or SC at va is about to store? 0, or TRAPPED. To be asked if
 * h->d.triggers has TRIGGER_STORE, after mem_amo(). */
int mem_check_stored(struct hart *h, u64 va, unsigned size, unsigned flags, u64 value);
/* As mem_amo with load permission and load faults, for LR. */
void *mem_lr(struct hart *h, u64 va, unsigned size, unsigned flags, u64 *pa);
/* Checks that the cache block that holds va may be managed (CBO): `access` says which permission.
 * *host gets the block's host address, *pa its physical one. 0 or TRAPPED: also where there is no
 * memory. */
int mem_cbo(struct hart *h, u64 va, enum access access, void **host, u64 *pa);
/* Reads the instruction at h->pc into *bits (2 or 4 bytes; length in *len). 0 or TRAPPED. */
int mem_fetch(struct hart *h, u32 *bits, unsigned *len);

/* One access as if by an instruction of `mode` (firmware emulating for its caller; monitor).
 * Returns 0, or -1 with *fault describing the exception that the access would raise; nothing is
 * raised, the hart's mode is not changed. Loads zero-extend into *value; stores take it. size 1..8.
 */
int mem_access_as(struct hart *h, enum mode mode, u64 va, unsigned size, enum access access,
                  u64 *value, struct trap *fault);

#endif
