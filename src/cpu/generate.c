/* Copies stencils and fills their holes. */
#include "cpu/generate.h"
#include "cpu/generate_host.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpu/block.h"
#include "cpu/exec.h"
#include "cpu/fp_fast.h"
#include "cpu/hart.h"
#include "cpu/stencil/stencil.h"

#ifdef HX_DEBUG
#define CODE_SIZE  (64u << 10)
#define CODE_LEAST CODE_SIZE
#else
#define CODE_SIZE  (16u << 20) /* of all harts together, */
#define CODE_LEAST (1u << 20)  /* but no hart gets less */
#endif

typedef const struct stencil stencil_table[STENCIL_ROWS][STENCIL_FORMS];

/* A jump to any address: what a relative one cannot reach goes through it. */
enum { VENEER_SIZE = 16 };

static u8 *veneer(const struct code_area *a, unsigned index)
{
    return a->base + ((stencil_pool_size + 15) & ~15u) + (size_t)index * VENEER_SIZE;
}

/* The same bytes, where they can be written. */
static u8 *writable(const struct code_area *a, u8 *code)
{
    return code + a->write;
}

static void write_veneers(struct code_area *a)
{
    static const u8 jump_indirect[6] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
    memcpy(writable(a, a->base), stencil_pool, stencil_pool_size);
    for (u32 i = 0; i < stencil_num_externs; i++) {
        u8 *v = writable(a, veneer(a, i));
        memcpy(v, jump_indirect, sizeof jump_indirect);
        memcpy(v + sizeof jump_indirect, &stencil_externs[i], sizeof stencil_externs[i]);
    }
    a->used = a->shared = (size_t)(veneer(a, stencil_num_externs) - a->base);
}

enum { OURS_SIZE = 4096 };

/* A file of `size` bytes in memory that may be executed, or -1. */
static int memory_file(size_t size)
{
    struct rlimit most;
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < size)
        return -1; /* making it longer would be a signal */
    int fd = -1;
#ifdef MFD_EXEC
    fd = memfd_create("hextant", MFD_CLOEXEC | MFD_EXEC);
#endif
    if (fd < 0)
        fd = memfd_create("hextant", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, (off_t)size)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The file at an address of its own, of which children know nothing; NULL if that cannot be. */
static u8 *map_file(int fd, size_t size, int protection)
{
    u8 *p = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (madvise(p, size, MADV_DONTFORK) == 0)
        return p;
    munmap(p, size);
    return NULL;
}

/* A page that is all zeros in a child; NULL if that cannot be. */
static u8 *map_ours(void)
{
    u8 *p = mmap(NULL, OURS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (madvise(p, OURS_SIZE, MADV_WIPEONFORK)) {
        munmap(p, OURS_SIZE);
        return NULL;
    }
    *p = 1;
    return p;
}

static void unmap(u8 *p, size_t size)
{
    if (p)
        munmap(p, size);
}

/* Fills in base, write and ours. 0 or -1. */
static int map_area(struct code_area *a)
{
    int fd = memory_file(a->size);
    if (fd < 0)
        return -1;
    u8 *run = map_file(fd, a->size, PROT_READ | PROT_EXEC);
    u8 *write = map_file(fd, a->size, PROT_READ | PROT_WRITE);
    close(fd);
    a->ours = map_ours();
    if (run && write && a->ours) {
        a->base = run;
        a->write = (ptrdiff_t)((uintptr_t)write - (uintptr_t)run);
        return 0;
    }
    unmap(run, a->size);
    unmap(write, a->size);
    unmap(a->ours, OURS_SIZE);
    return -1;
}

bool code_for_host(void)
{
    return stencil_num_externs != 0;
}

void code_area_setup(struct code_area *a, unsigned xlen, u32 harts)
{
    *a = (struct code_area){0};
    if (!code_for_host())
        return;
    a->size = CODE_SIZE / harts > CODE_LEAST ? CODE_SIZE / harts : CODE_LEAST;
    a->stencils = xlen == 32 ? stencils_rv32 : stencils_rv64;
    if (map_area(a) == 0)
        write_veneers(a);
}

void code_area_free(struct code_area *a)
{
    if (!a->base)
        return;
    if (!code_area_lost(a)) { /* else something else may be there by now */
        munmap(writable(a, a->base), a->size);
        munmap(a->base, a->size);
    }
    munmap(a->ours, OURS_SIZE);
    a->base = NULL;
}

void code_area_clear(struct code_area *a)
{
    a->used = a->shared;
}

/* One stencil, placed. */
struct place {
    const struct stencil *stencil;
    u8 *hot, *cold;
    u8 x1; /* the number of rs1 */
};

/* A block on its way into code. */
struct generation {
    struct hart *h;
    struct block *b;
    struct place at[BLOCK_MAX + 1]; /* of each record, and of the end */
    struct place resume[BLOCK_MAX]; /* where op_slow goes on */
    u8 last[BLOCK_MAX + 1];         /* the x register whose value the instruction before has left */
    u8 *next;
};
enum { NO_REGISTER = DUMP_SLOT };

/* Wrong guesses of a block's loads before they stop guessing. */
enum { GUESSES = 16 };

static s64 hole_value(const struct generation *g, unsigned i, const struct place *p, unsigned kind)
{
    const struct block *b = g->b;
    const union block_tail_record *tail = (const union block_tail_record *)(b->ops + b->n);
    const struct op *op = &b->ops[i < b->n ? i : 0];
    enum { X = offsetof(struct hart, x), F = offsetof(struct hart, f) };
    switch (kind) {
    case FIX_X1:
        return X + 8 * p->x1;
    case FIX_X2:
        return X + 8 * op->rs2;
    case FIX_XD:
        return X + 8 * op->rd;
    case FIX_F1:
        return F + 8 * op->rs1;
    case FIX_F2:
        return F + 8 * op->rs2;
    case FIX_F3:
        return F + 8 * (op->imm & 31);
    case FIX_FD:
        return F + 8 * op->rd;
    case FIX_IMM:
        return op->imm;
    case FIX_OP:
        return (s64)(i * sizeof *op);
    case FIX_TAIL:
        return (s64)(b->n * sizeof *op);
    case FIX_PC: /* a record's imm is relative to the block's end (see finish()) */
        return (s64)(tail[TAIL_END].end.end_pc + (u64)(s64)op->imm);
    default:
        return (s64)tail[TAIL_END].end.end_pc;
    }
}

/* Where a relative hole leads. */
static const u8 *hole_target(const struct generation *g, const struct place *p, const u8 *next,
                             const struct stencil_fix *f)
{
    const struct code_area *a = &g->h->blocks->code;
    switch (f->kind) {
    case FIX_HOT:
        return p->hot + f->addend;
    case FIX_COLD:
        return p->cold + f->addend;
    case FIX_POOL:
        return a->base + f->addend;
    case FIX_NEXT:
        return next + f->addend;
    default:
        return veneer(a, f->index) + f->addend;
    }
}

/* Copies a placed stencil for record i; `next` is the code it goes on with. */
static void emit(const struct generation *g, unsigned i, const struct place *p, const u8 *next)
{
    const struct stencil *s = p->stencil;
    const struct code_area *a = &g->h->blocks->code;
    memcpy(writable(a, p->hot), stencil_code + s->code, s->hot);
    memcpy(writable(a, p->cold), stencil_code + s->code + s->hot, (size_t)(s->size - s->hot));
    for (const struct stencil_fix *f = stencil_fixes + s->fix, *e = f + s->fixes; f < e; f++) {
        u8 *hole = f->at < s->hot ? p->hot + f->at : p->cold + (f->at - s->hot);
        s64 value;
        if (f->kind >= FIX_NEXT)
            value = hole_target(g, p, next, f) - hole;
        else
            value = hole_value(g, i, p, f->kind) + f->addend;
        memcpy(writable(a, hole), &value, f->kind == FIX_PC || f->kind == FIX_END ? 8 : 4);
    }
}

static bool needs_fma(unsigned row)
{
    return (row >= INSN_fmadd_s && row <= INSN_fnmadd_s) ||
           (row >= INSN_fmadd_d && row <= INSN_fnmadd_d);
}

/* Is the address of load i what a load has read: earlier in the block or, if the block is a loop,
 * in the round before? Or made of what load i itself has read then? */
static bool follows_pointer(struct block *b, unsigned i)
{
    const union block_tail_record *tail = (const union block_tail_record *)(b->ops + b->n);
    bool loop = tail[TAIL_LINK].link.taken == b->ops, made = false;
    unsigned x = b->ops[i].rs1;
    for (unsigned k = 1; k <= (loop ? b->n : i); k++) {
        unsigned j = (i + b->n - k) % b->n, row = block_info(b)[j].row;
        if (b->ops[j].rd != x || row >= INSN_COUNT)
            continue;
        switch (insn_row(row)->kind) {
        case KIND_LOAD:
            return !made || j == i;
        case KIND_ALU:
            x = b->ops[j].rs1;
            made = true;
            break;
        case KIND_FLOAD:
        case KIND_FP:
        case KIND_FPN:
            break; /* f[rd] */
        default:
            return false;
        }
    }
    return false;
}

/* The stencil for record i; that of the C handler if its row has none or must not use it. */
static const struct stencil *choose(struct generation *g, unsigned i)
{
    struct op *op = &g->b->ops[i];
    stencil_table *table = g->h->blocks->code.stencils;
    unsigned row = block_info(g->b)[i].row, last = g->last[i];
    const struct stencil *handler = &(*table)[STENCIL_handler][0];
    if (row >= INSN_COUNT || op->fn == op_slow || op->fn == op_break)
        return handler;
    if (!(*table)[row][0].exists || (needs_fma(row) && !fp_host_has_fma())) {
        op->fn = (is_rv32(g->h) ? fast_rv32 : fast_rv64)[row]; /* not that of a pair */
        return handler;
    }
    unsigned form = (op->rs1 == last ? 1 : 0) | (op->rs2 == last ? 2 : 0);
    if (insn_row(row)->kind == KIND_LOAD && follows_pointer(g->b, i))
        form = (form & 1) | STENCIL_GUESS;
    if (!(*table)[row][form].exists)
        form = 0;
    return &(*table)[row][form];
}

/* Which x register's value is left for the next instruction. */
static unsigned leaves(struct generation *g, unsigned i, const struct stencil *s)
{
    stencil_table *table = g->h->blocks->code.stencils;
    if (s == &(*table)[STENCIL_handler][0])
        return NO_REGISTER;
    const struct op *op = &g->b->ops[i];
    switch (insn_row(block_info(g->b)[i].row)->kind) {
    case KIND_ALU:
    case KIND_LOAD:
    case KIND_AUIPC:
        return op->rd ? op->rd : NO_REGISTER; /* 0: the row has no rd */
    case KIND_STORE:
    case KIND_FLOAD:
    case KIND_FSTORE:
        return g->last[i];
    default:
        return NO_REGISTER;
    }
}

static bool is_handler(const struct generation *g, unsigned i)
{
    stencil_table *table = g->h->blocks->code.stencils;
    return g->at[i].stencil == &(*table)[STENCIL_handler][0];
}

/* May op_slow or a C handler be what executes record i, and go on with the next one? */
static bool may_leave(const struct generation *g, unsigned i)
{
    if (is_handler(g, i))
        return true;
    unsigned kind = insn_row(block_info(g->b)[i].row)->kind;
    return kind == KIND_LOAD || kind == KIND_STORE || kind == KIND_FLOAD || kind == KIND_FSTORE;
}

/* Chooses stencils and gives each its place: all code in line, then what is out of line. Returns
 * the end. */
static u8 *place_all(struct generation *g)
{
    stencil_table *table = g->h->blocks->code.stencils;
    u32 n = g->b->n;
    u8 *at = g->next;
    g->last[0] = NO_REGISTER;
    for (u32 i = 0; i <= n; i++) {
        const struct stencil *s = i < n ? choose(g, i) : &(*table)[STENCIL_end][0];
        g->at[i] = (struct place){.stencil = s, .hot = at, .x1 = i < n ? g->b->ops[i].rs1 : 0};
        at += s->hot;
        if (i < n)
            g->last[i + 1] = (u8)leaves(g, i, s);
    }
    for (u32 i = 0; i <= n; i++) {
        g->at[i].cold = at;
        at += g->at[i].stencil->size - g->at[i].stencil->hot;
        if (i == 0 || i == n || !may_leave(g, i - 1) || is_handler(g, i))
            continue; /* a C handler is found by its record */
        const struct stencil *s = &(*table)[STENCIL_resume][0];
        g->resume[i] =
            (struct place){.stencil = s, .hot = at, .cold = at + s->hot, .x1 = g->last[i]};
        at += s->size;
    }
    return at;
}

int generate_block(struct hart *h, struct block *b)
{
    struct code_area *a = &h->blocks->code;
    struct generation g = {.h = h, .b = b, .next = a->base + a->used};
    b->ops[0].fn = b->first;
    b->guesses = GUESSES;
    u8 *end = place_all(&g);
    if (end > a->base + a->size)
        return -1;
    for (u32 i = 0; i <= b->n; i++)
        emit(&g, i, &g.at[i], i < b->n ? g.at[i + 1].hot : NULL);
    for (u32 i = 1; i < b->n; i++) {
        if (!g.resume[i].stencil)
            continue;
        emit(&g, i, &g.resume[i], g.at[i].hot);
        b->ops[i].fn = (fast_fn)(uintptr_t)g.resume[i].hot;
    }
    if (!is_handler(&g, 0))
        b->ops[0].fn = (fast_fn)(uintptr_t)g.at[0].hot;
    a->used = (size_t)(end - a->base);
    return 0;
}
