/* Decoded code: blocks of records, found by (virtual pc, physical page, key) and linked to each
 * other.
 *
 * A block is an array of records, one for each instruction, then its tail:
 *     ops[n]  next  link  end  stub taken  target taken  stub fall  target fall  info[n]
 * `next` is reached when the last instruction is not a jump, and goes on with link.fall.
 * `link` holds the records that execution goes on with; at first these are the stubs, which find
 * the next block. A link inside a page is then patched to that block itself. A link to another page
 * stays at its stub, which remembers the block it found and the fetch generation it was found
 * under: the generation changes with the address space and with every fence, so the stub knows when
 * to look again. Every record's n counts instructions to the end of the block; stubs have n = 0 and
 * so cost nothing on the way through. */
#ifndef HEXTANT_CPU_BLOCK_H
#define HEXTANT_CPU_BLOCK_H

#include "common/types.h"
#include "cpu/generate.h"
#include "cpu/hart.h"
#include "cpu/insn.h"

#define BLOCK_MAX 64 /* instructions */

/* What decoded code depends on besides its bytes (h->d.key): the level of each lazy state in two
 * bits, from bit 0 on, and these. Blocks without vector instructions have none of KEY_VECTORS in
 * their key. */
enum { KEY_LPE = 64, KEY_SEE_JUMPS = 128 };
#define KEY_FRM_SHIFT   8
#define KEY_VTYPE_SHIFT 11
enum {
    KEY_VILL = 1 << 19,
    KEY_VSTART = 1 << 20, /* vstart != 0 */
    KEY_HAS_VECTORS = 1 << 21,
    KEY_VECTORS = 0x1ff << KEY_VTYPE_SHIFT | KEY_VSTART | KEY_HAS_VECTORS
};

struct block_link {
    const struct op *taken, *fall;
};
struct block_end {
    u64 end_pc; /* address after the last instruction */
    struct block *block;
};
/* What a stub found last: valid while gen is the fetch generation. */
struct block_target {
    const struct op *op;
    u64 gen;
};
/* An instruction's bits and place, for executing it plainly. */
struct block_info {
    u32 raw;
    u16 row;
    u8 offset; /* from the block's pc, in units of 2 bytes */
    u8 len;
};

struct block {
    u64 pc, pa;
    struct block *hash_next, *page_next;
    u32 key;
    u8 n;
    u8 heat;       /* how often it was entered before it became code; see op_warm, op_cover */
    u8 guesses;    /* how many of its loads may still guess wrong */
    fast_fn first; /* the first record's handler meanwhile */
    u64 addend;    /* what its loads guess; 0: nothing */
    struct op ops[];
};

union block_tail_record {
    struct op op;
    struct block_link link;
    struct block_end end;
    struct block_target target;
};
enum {
    TAIL_NEXT,
    TAIL_LINK,
    TAIL_END,
    TAIL_STUB_TAKEN,
    TAIL_TARGET_TAKEN,
    TAIL_STUB_FALL,
    TAIL_TARGET_FALL,
    TAIL_RECORDS
};

/* The tail of the block that op belongs to. */
static inline union block_tail_record *block_tail(const struct op *op)
{
    return (union block_tail_record *)(uintptr_t)(op + op->n);
}

static inline struct block_info *block_info(struct block *b)
{
    return (struct block_info *)(b->ops + b->n + TAIL_RECORDS);
}

/* The block whose first record is op. */
static inline struct block *block_of_first(const struct op *op)
{
    return (struct block *)((uintptr_t)op - offsetof(struct block, ops));
}

/* Targets of indirect jumps. */
struct jump_entry {
    u64 pc, gen;
    const struct op *op;
    u64 key;
};
#ifdef HX_DEBUG
#define JUMP_CACHE  16
#define BLOCK_HASH  64
#define ARENA_SIZE  (64u << 10)
#define ARENA_LEAST ARENA_SIZE
#else
#define JUMP_CACHE  2048
#define BLOCK_HASH  65536
#define ARENA_SIZE  (36u << 20) /* of all harts together, */
#define ARENA_LEAST (1u << 20)  /* but no hart gets less */
#endif

struct code_page {
    u64 pa;
    struct block *first;
    struct code_page *next;
};

struct block_cache {
    struct jump_entry jump[JUMP_CACHE];
    struct block *hash[BLOCK_HASH];
    struct code_page *page[BLOCK_HASH / 8];
    u8 *arena;
    size_t used, size; /* of the arena */
    u64 epoch;         /* changes when the arena is emptied: pointers into it are gone */
    struct code_area code;
    u16 pair_start[INSN_COUNT + 1]; /* where a row's pairs begin in the table, plus one; 0: none */
    u64 built, flushes, dropped, generated; /* for --stats */
};

static inline struct jump_entry *jump_slot(struct block_cache *c, u64 pc)
{
    return &c->jump[(pc >> 1 ^ pc >> 12) & (JUMP_CACHE - 1)];
}

/* May a block with key `own` run where code is looked for under `key`? */
static inline bool block_serves(u32 own, u32 key)
{
    return own == key || own == (key & ~(u32)KEY_VECTORS);
}

/* Does somebody look at branches and jumps in the present mode? */
static inline bool sees_jumps(const struct hart *h)
{
    return h->d.jump_modes && (h->d.jump_modes >> h->mode & 1);
}

/* Bytes of a cache with its arena, and an empty one in that many bytes that are zero. */
size_t block_cache_size(void);
struct block_cache *block_cache_init(void *pages);
/* Once, when the hart's XLEN is known. Room for generated code is mapped, unless it
 * is there: code_area_free(). */
void block_cache_setup(struct hart *h);
/* The first record of the block at h->pc for the present mapping and key; decodes it if needed.
 * NULL when the instruction there must be executed plainly (it cannot be fetched, crosses a page,
 * or lies in a page that is only partly executable). */
const struct op *block_find(struct hart *h);
/* Drops every block decoded from the physical page at pa / every block. */
void block_drop_page(struct hart *h, u64 pa);
void block_drop_all(struct hart *h);
/* In a child of fork(), which has lost its generated code: none, and room for new. */
void block_code_anew(struct hart *h);
/* Recomputes h->d.key from mstatus, vsstatus, frm, landing pads, who looks at jumps. */
void block_key_changed(struct hart *h);

#endif
