/* Decoding blocks, finding them, dropping them. */
#include "cpu/block.h"

#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "cpu/exec.h"
#include "cpu/lazy.h"
#include "cpu/fields.h"
#include "cpu/platform.h"
#include "cpu/post.h"
#include "cpu/trigger.h"
#include "cpu/vec.h"
#include "mmu/fence.h"
#include "mmu/tlb.h"

/* Where the arena begins. */
static size_t arena_at(void)
{
    return (sizeof(struct block_cache) + 63) & ~(size_t)63;
}

size_t block_cache_size(void)
{
    return arena_at() + ARENA_SIZE;
}

struct block_cache *block_cache_init(void *pages)
{
    struct block_cache *c = pages;
    c->arena = (u8 *)pages + arena_at();
    return c;
}

void block_key_changed(struct hart *h)
{
    _Static_assert(2 * LAZY_COUNT <= 6, "KEY_LPE comes next");
    u32 key = 0;
    for (enum lazy l = 0; l < LAZY_COUNT; l++)
        key |= (u32)lazy_level(h, l) << 2 * l;
    key |= (u32)h->frm << KEY_FRM_SHIFT;
    if (landing_pads_on(h, h->mode))
        key |= KEY_LPE;
    if (UNLIKELY(sees_jumps(h)))
        key |= KEY_SEE_JUMPS;
    h->d.key = key | vec_key(h);
}

static unsigned block_hash(u64 pc, u64 pa, u32 key)
{
    u64 v = (pc >> 1) ^ (pa >> 12) * 0x9e3779b97f4a7c15ull ^ (u64)(key & ~(u32)KEY_VECTORS) << 20;
    return (unsigned)((v * 0xff51afd7ed558ccdull) >> 32) & (BLOCK_HASH - 1);
}

static unsigned page_hash(u64 pa)
{
    return (unsigned)(pa >> 12) & (BLOCK_HASH / 8 - 1);
}

/* New fetch generations: every remembered target is looked up again. */
static void forget_targets(struct hart *h)
{
    struct tlb *t = h->tlb;
    FOR_EACH (struct tlb_context, c, t->ctx)
        c->gen = ++t->next_gen;
    h->d.fetch_gen = t->fetch_ctx->gen;
}

void block_drop_all(struct hart *h)
{
    struct block_cache *c = h->blocks;
    if (c->used) { /* otherwise there is nothing, and memory that was never touched stays so */
        memset(c->hash, 0, sizeof c->hash);
        memset(c->page, 0, sizeof c->page);
    }
    c->used = 0;
    code_area_clear(&c->code);
    c->epoch++;
    c->flushes++;
    forget_targets(h);
    h->d.exit_block = 1;
}

static void unhash(struct block_cache *c, struct block *b)
{
    struct block **at = &c->hash[block_hash(b->pc, b->pa, b->key)];
    while (*at && *at != b)
        at = &(*at)->hash_next;
    if (*at)
        *at = b->hash_next;
}

void block_drop_page(struct hart *h, u64 pa)
{
    struct block_cache *c = h->blocks;
    pa &= ~0xfffull;
    for (struct code_page *p = c->page[page_hash(pa)]; p; p = p->next) {
        if (p->pa != pa || !p->first)
            continue;
        for (struct block *b = p->first; b; b = b->page_next) {
            unhash(c, b);
            c->dropped++;
        }
        p->first = NULL;
        forget_targets(h);
        h->d.exit_block = 1;
        return;
    }
}

/* What was stored so far has been posted: it is done before the next instruction. */
void hart_fence_i(struct hart *h)
{
    h->d.exit_block = 1;
}

/* ---- decoding ---- */

static void *arena_take(struct hart *h, size_t size)
{
    struct block_cache *c = h->blocks;
    size = (size + 15) & ~(size_t)15;
    if (c->used + size > c->size)
        return NULL;
    void *p = c->arena + c->used;
    c->used += size;
    return p;
}

static struct code_page *page_of(struct hart *h, u64 pa)
{
    struct block_cache *c = h->blocks;
    struct code_page **head = &c->page[page_hash(pa)];
    for (struct code_page *p = *head; p; p = p->next)
        if (p->pa == pa)
            return p;
    struct code_page *p = arena_take(h, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct code_page){.pa = pa, .next = *head};
    *head = p;
    return p;
}

/* Is some of the registers that instructions of that kind use not Dirty? What fast handlers change
 * they do not tell. */
static bool lazy_not_dirty(unsigned kind, u32 key)
{
    for (enum lazy l = 0; l < LAZY_COUNT; l++)
        if (lazy_used_by(l, kind) && (key >> 2 * l & 3) != LAZY_DIRTY)
            return true;
    return false;
}

/* The handler for a decoded row in blocks with this key. */
static fast_fn handler(const struct hart *h, unsigned row, const struct op *op, u32 key)
{
    bool ialign32 = !has(h, EXT_Zca);
    if (row >= INSN_COUNT || lazy_not_dirty(insn_row(row)->kind, key))
        return op_slow;
    if (has(h, EXT_Zfinx) && lazy_used_by(LAZY_FS, insn_row(row)->kind))
        return op_slow; /* the fast handlers know f registers */
    switch (insn_row(row)->kind) {
    case KIND_FP:
        if (rounding_mode(h, op) != 0)
            return op_slow;
        break;
    case KIND_JALR:
        if (ialign32 || (key & (KEY_LPE | KEY_SEE_JUMPS)))
            return op_slow;
        break;
    case KIND_VECTORF:
    case KIND_VECTOR:
        if (vec_refuses(h, row, op) != REASON_NONE || h->vstart)
            return op_slow;
        break;
    case KIND_BRANCH:
    case KIND_JAL:
        if ((ialign32 && (op->imm & 2)) || (key & KEY_SEE_JUMPS))
            return op_slow;
        break;
    default:
        break;
    }
    return (is_rv32(h) ? fast_rv32 : fast_rv64)[row];
}

static bool ends_block(unsigned row)
{
    if (row >= INSN_COUNT)
        return true;
    switch (insn_row(row)->kind) {
    case KIND_BRANCH:
    case KIND_JAL:
    case KIND_JALR:
    case KIND_SYSTEM:
    case KIND_VSET:
        return true;
    default:
        return false;
    }
}

/* The key of a block: that of the hart, without what concerns only vector instructions if it has
 * none. One that sets vtype counts: what comes next is then found under the same key again. */
static u32 own_key(const struct hart *h, const struct block_info *info, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned kind = info[i].row < INSN_COUNT ? insn_row(info[i].row)->kind : KIND_SYSTEM;
        if (kind == KIND_VECTOR || kind == KIND_VECTORF || kind == KIND_VSET)
            return h->d.key;
    }
    return h->d.key & ~(u32)KEY_VECTORS;
}

/* Must the instruction at pc execute plainly, because a debugger or a trigger looks at it? */
static bool is_marked(const struct hart *h, u64 pc)
{
    if (UNLIKELY(h->debug.marked != NULL) && h->debug.marked(h->debug.ctx, h, pc))
        return true;
    struct trigger_access a = {.va = pc, .span = 1, .kinds = TRIGGER_EXECUTE};
    return UNLIKELY(h->d.triggers & TRIGGER_EXECUTE) && trigger_watches(h, &a);
}

/* Decodes instructions from `code` (the rest of the page) into ops and info; returns how many. */
static unsigned decode(struct hart *h, const u8 *code, unsigned left, struct op *ops,
                       struct block_info *info)
{
    unsigned n = 0, at = 0;
    while (n < BLOCK_MAX && left - at >= 2) {
        u32 raw = 0;
        memcpy(&raw, code + at, 2);
        unsigned len = insn_length(raw);
        if (len > left - at)
            break;
        memcpy(&raw, code + at, len);
        ops[n] = (struct op){0};
        unsigned row = insn_decode(h, raw, &ops[n]);
        if (row != INSN_NONE)
            row = insn_row(row)->base;
        info[n] = (struct block_info){
            .raw = raw, .row = (u16)row, .offset = (u8)(at / 2), .len = (u8)len};
        ops[n].fn = handler(h, row, &ops[n], h->d.key);
        bool marked = is_marked(h, h->pc + at);
        if (marked)
            ops[n].fn = op_break;
        n++;
        at += len;
        if (marked || ends_block(row))
            break;
    }
    return n;
}

static const struct pair *pair_table(const struct hart *h)
{
    return is_rv32(h) ? pairs_rv32 : pairs_rv64;
}

static void set_up_code(struct hart *h)
{
    code_area_setup(&h->blocks->code, h->config.xlen, h->platform->num_harts);
}

void block_code_anew(struct hart *h)
{
    code_area_free(&h->blocks->code);
    set_up_code(h);
    block_drop_all(h);
}

void block_cache_setup(struct hart *h)
{
    const struct pair *table = pair_table(h);
    size_t share = ARENA_SIZE / h->platform->num_harts;
    h->blocks->size = share > ARENA_LEAST ? share : ARENA_LEAST;
    for (unsigned i = 0; table[i].first != INSN_NONE; i++)
        if (!h->blocks->pair_start[table[i].first])
            h->blocks->pair_start[table[i].first] = (u16)(i + 1);
    if (h->blocks->code.base)
        code_area_clear(&h->blocks->code);
    else if (h->config.code == CODE_GENERATED)
        set_up_code(h);
}

/* Is rd an x register? */
static bool writes_x(unsigned row)
{
    unsigned kind = insn_row(row)->kind;
    return kind == KIND_ALU || kind == KIND_LOAD || kind == KIND_AUIPC;
}

/* Gives the first record of a pair the pair's handler; the second stays whole, so that a slow path
 * can go on with it. Returns how many records are settled. */
static unsigned fuse(struct hart *h, struct op *op, const struct block_info *info)
{
    fast_fn *single = (fast_fn *)(is_rv32(h) ? fast_rv32 : fast_rv64);
    unsigned start = h->blocks->pair_start[info[0].row];
    if (!start || op[0].fn != single[info[0].row] || info[1].row >= INSN_COUNT ||
        op[1].fn != single[info[1].row])
        return 1;
    for (const struct pair *p = pair_table(h) + start - 1; p->first == info[0].row; p++) {
        if (p->second != info[1].row)
            continue;
        bool x = writes_x(info[0].row);
        bool to1 = x && op[1].rs1 == op[0].rd, to2 = x && op[1].rs2 == op[0].rd;
        op[0].fn = p->fn[to1 && !to2 ? 1 : to2 && !to1 ? 2 : 0];
        return 2;
    }
    return 1;
}

/* Counts, and what depends on where the block ends. */
static void finish(struct hart *h, struct block *b, const struct block_info *info)
{
    union block_tail_record *tail = (union block_tail_record *)(b->ops + b->n);
    u64 end = b->pc + info[b->n - 1].offset * 2u + info[b->n - 1].len;
    for (u32 i = 0; i < b->n; i++) {
        struct op *op = &b->ops[i];
        op->n = (u8)(b->n - i);
        if (info[i].row == INSN_auipc && op->fn != op_slow && op->fn != op_break) {
            s64 imm = op->imm - (s64)(end - (b->pc + info[i].offset * 2u));
            if (imm == (s32)imm)
                op->imm = (s32)imm;
            else
                op->fn = op_slow;
        }
    }
    for (u32 i = 0; i + 1 < b->n;)
        i += fuse(h, &b->ops[i], &info[i]);
    memset(tail, 0, sizeof *tail * TAIL_RECORDS);
    tail[TAIL_LINK].link =
        (struct block_link){.taken = &tail[TAIL_STUB_TAKEN].op, .fall = &tail[TAIL_STUB_FALL].op};
    tail[TAIL_END].end = (struct block_end){.end_pc = end, .block = b};
    tail[TAIL_NEXT].op.fn = op_next;
    tail[TAIL_STUB_TAKEN].op.fn = op_stub_taken;
    tail[TAIL_STUB_FALL].op.fn = op_stub_fall;
    memcpy(block_info(b), info, b->n * sizeof *info);
    if ((h->blocks->code.base || h->cover.map) && b->ops[0].fn != op_break) {
        b->first = b->ops[0].fn;
        b->ops[0].fn = h->cover.map ? op_cover : op_warm;
    }
}

static struct block *build(struct hart *h, const u8 *page, u64 pa_page)
{
    struct block_info info[BLOCK_MAX];
    struct op ops[BLOCK_MAX];
    unsigned at = (unsigned)(h->pc & 0xfff);
    unsigned n = decode(h, page + at, 0x1000 - at, ops, info);
    if (!n)
        return NULL;
    size_t size = sizeof(struct block) + (n + TAIL_RECORDS) * sizeof(struct op) + n * sizeof *info;
    if (h->blocks->used + size + 64 > h->blocks->size)
        block_drop_all(h);
    struct code_page *p = page_of(h, pa_page);
    struct block *b = arena_take(h, size);
    if (!p || !b)
        return NULL;
    unsigned hash = block_hash(h->pc, pa_page | at, h->d.key);
    *b = (struct block){.pc = h->pc,
                        .pa = pa_page | at,
                        .key = own_key(h, info, n),
                        .n = (u8)n,
                        .hash_next = h->blocks->hash[hash],
                        .page_next = p->first};
    memcpy(b->ops, ops, n * sizeof *ops);
    finish(h, b, info);
    h->blocks->hash[hash] = p->first = b;
    h->blocks->built++;
    return b;
}

/* No hart may store to the page unseen any more: neither h, in this very block, nor the others. */
static void protect_page(struct hart *h, const u8 *host)
{
    tlb_protect_page(h->tlb, host);
    for (u32 i = 0; i < h->platform->num_harts; i++)
        if (i != h->id)
            h->platform->post(h->platform->ctx, i, &(struct post){POST_PROTECT, {(uintptr_t)host}});
}

/* From now on stores to the block's bytes must be noticed. */
static void protect(struct hart *h, const struct block *b)
{
    const union block_tail_record *tail = (const union block_tail_record *)(b->ops + b->n);
    struct mem_region *m = bus_find_memory(h->bus, b->pa, 1);
    if (bus_note_code(m, b->pa, tail[TAIL_END].end.end_pc - b->pc))
        protect_page(h, m->host + ((b->pa & ~0xfffull) - m->base));
}

const struct op *block_find(struct hart *h)
{
    struct block_cache *c = h->blocks;
    struct jump_entry *j = jump_slot(c, h->pc);
    if (j->pc == h->pc && j->gen == h->d.fetch_gen && j->key == h->d.key)
        return j->op;
    if (UNLIKELY(h->d.triggers & TRIGGER_EXECUTE) && is_marked(h, h->pc))
        return NULL; /* a trigger comes before the fetch */
    u64 pa_page;
    const u8 *page = mmu_fetch_page(h, h->pc, &pa_page);
    if (!page)
        return NULL;
    u64 pa = pa_page | (h->pc & 0xfff);
    struct block *b = c->hash[block_hash(h->pc, pa, h->d.key)];
    while (b && !(b->pc == h->pc && b->pa == pa && block_serves(b->key, h->d.key)))
        b = b->hash_next;
    if (!b) {
        b = build(h, page, pa_page);
        if (!b)
            return NULL;
        protect(h, b);
    }
    *j = (struct jump_entry){.pc = h->pc, .gen = h->d.fetch_gen, .op = b->ops, .key = h->d.key};
    return b->ops;
}
