/* What the two engines share: executing one instruction plainly, from memory or from a record of a
 * block, and the stubs through which blocks find each other. */
#include "cpu/exec.h"

#include "cpu/cover.h"
#include "cpu/ctr.h"
#include "cpu/fields.h"
#include "cpu/lazy.h"
#include "cpu/sem_sys.h"
#include "cpu/trap.h"
#include "cpu/trigger.h"
#include "mmu/mem.h"
#include "mmu/tlb.h"

NOINLINE int raise_rounding(struct hart *h, const struct op *op)
{
    return raise_illegal(h, bits(op->imm, 10, 8) == 7 ? REASON_FRM : REASON_ROUNDING);
}

/* No row of isa.def executes these bits on this hart. */
static COLD int raise_unknown(struct hart *h)
{
    if (insn_lookup(h, h->insn) != INSN_NONE)
        return raise_illegal(h, REASON_BEYOND_X15);
    bool known = insn_lookup_any(h->config.xlen, h->insn) != INSN_NONE;
    return raise_illegal(h, known ? REASON_NO_EXTENSION : REASON_NO_INSTRUCTION);
}

void lazy_dirty(struct hart *h, enum lazy l)
{
    if (lazy_level(h, l) == LAZY_DIRTY)
        return;
    h->mstatus |= lazy_table[l].field;
    if (mode_table[h->mode].v)
        h->vsstatus |= lazy_table[l].field;
    h->d.exit_block = 1;
    block_key_changed(h);
}

/* Zicfilp: a jump through a register other than the link registers and x7 must land on a pad. */
static void expect_landing_pad(struct hart *h, const struct op *op)
{
    if (op->rs1 == 1 || op->rs1 == 5 || op->rs1 == 7)
        return;
    h->elp = 1;
    h->d.exit_block = 1;
}

/* A branch to the next instruction is taken, too: only with another target it shows. */
bool branch_taken(struct hart *h, unsigned row, const struct op *op)
{
    u64 next = h->npc, fall = h->pc + h->insn_len;
    struct op elsewhere = *op;
    fall = is_rv32(h) ? (u32)fall : fall;
    if (next != fall)
        return true;
    elsewhere.imm += 4;
    h->plain[row](h, &elsewhere);
    bool taken = h->npc != fall;
    h->npc = next;
    return taken;
}

/* Conditional branches and jumps, and which of them led elsewhere. */
static COLD void see_jump(struct hart *h, unsigned row, const struct op *op)
{
    unsigned kind = insn_row(row)->kind;
    bool jumps = kind == KIND_BRANCH || kind == KIND_JAL || kind == KIND_JALR;
    u64 fall = h->pc + h->insn_len;
    h->event[EVENT_BRANCH] += jumps;
    h->event[EVENT_BRANCH_TAKEN] += jumps && h->npc != (is_rv32(h) ? (u32)fall : fall);
    if (h->d.ctr)
        ctr_jump(h, row, op);
}

void exec_setup(struct hart *h)
{
    bool finx = extset_has(&h->config.isa, EXT_Zfinx);
    if (is_rv32(h))
        h->plain = finx ? finx_rv32 : plain_rv32;
    else
        h->plain = finx ? finx_rv64 : plain_rv64;
}

int execute_plain(struct hart *h, unsigned row, const struct op *op)
{
    if (row >= INSN_COUNT)
        return raise_unknown(h);
    unsigned kind = insn_row(row)->kind;
    enum lazy off = lazy_refuses(h, kind);
    if (off != LAZY_COUNT)
        return raise_illegal(h, lazy_reason(h, off));
    int rc = h->plain[row](h, op);
    if (UNLIKELY(sees_jumps(h)) && !rc)
        see_jump(h, row, op);
    if (row == INSN_jalr && !rc && landing_pads_on(h, h->mode))
        expect_landing_pad(h, op);
    return rc;
}

/* Zicfilp: after an indirect jump only a landing pad may follow, which is AUIPC to x0. */
static int landing_pad(struct hart *h, unsigned row, const struct op *op)
{
    enum { SOFTWARE_CHECK_LANDING_PAD = 2 };
    h->elp = 0;
    bool lpad = row == INSN_auipc && op->rd == DUMP_SLOT && !(h->pc & 3);
    u32 label = (u32)op->imm >> 12;
    if (lpad && (label == 0 || label == bits(h->x[7], 31, 12)))
        return 0;
    h->elp = 1;
    return raise_exception(h, CAUSE_SOFTWARE_CHECK, SOFTWARE_CHECK_LANDING_PAD, REASON_LANDING_PAD);
}

static void execute_next(struct hart *h)
{
    u32 insn;
    unsigned len;
    h->insn = 0;
    if (mem_fetch(h, &insn, &len)) {
        take_exception(h);
        return;
    }
    h->insn = insn;
    h->insn_len = (u8)len;
    h->npc = is_rv32(h) ? (u32)(h->pc + len) : h->pc + len;
    struct op op = {0};
    unsigned row = insn_decode(h, insn, &op);
    if (row != INSN_NONE)
        row = insn_row(row)->base;
    if ((UNLIKELY(h->elp) && landing_pad(h, row, &op)) || execute_plain(h, row, &op)) {
        take_exception(h);
        return;
    }
    h->pc = h->npc;
    h->clock++;
}

/* Tells *a the instruction at h->pc, if it can be fetched. */
static void fetch_for_trigger(struct hart *h, struct trigger_access *a)
{
    struct trap saved = h->trap;
    u32 insn;
    unsigned len;
    if (mem_fetch(h, &insn, &len)) {
        h->trap = saved;
        return;
    }
    a->size = (u8)len;
    a->data = insn;
    a->known = 1;
}

/* A trigger before the next instruction? It comes before every other exception. */
static int check_trigger(struct hart *h)
{
    int n = trigger_pending(h);
    if (n >= 0) {
        raise_trigger(h, 0, n);
        h->trap.gva = 0;
        return TRAPPED;
    }
    if (!(h->d.triggers & TRIGGER_EXECUTE))
        return 0;
    struct trigger_access a = {
        .va = h->pc, .span = 1, .kinds = TRIGGER_EXECUTE, .mode = (u8)h->mode};
    if (trigger_asks_insn(h))
        fetch_for_trigger(h, &a);
    n = trigger_fires(h, &a);
    return n >= 0 ? raise_trigger(h, h->pc, n) : 0;
}

static COLD void step_with_triggers(struct hart *h)
{
    u8 counting = trigger_counting(h);
    h->insn = 0;
    if (check_trigger(h))
        take_exception(h);
    else
        execute_next(h);
    h->d.trigger_matched = 0;
    trigger_counted(h, counting);
}

void plain_step(struct hart *h)
{
    if (UNLIKELY(h->d.triggers & (TRIGGER_EXECUTE | TRIGGER_STEP)))
        step_with_triggers(h);
    else
        execute_next(h);
}

/* ---- the fast engine's cold handlers ---- */

void fast_run(struct hart *h, const struct op *op)
{
#ifdef HX_TRAMPOLINE
    while (op)
        op = op->fn(h, op);
#else
    op->fn(h, op);
#endif
}

/* Executes the record's instruction through its row's plain function. */
NOINLINE const struct op *op_slow(struct hart *h, const struct op *op)
{
    union block_tail_record *tail = block_tail(op);
    struct block *b = tail[TAIL_END].end.block;
    const struct block_info *info = &block_info(b)[b->n - op->n];
    h->pc = b->pc + info->offset * 2u;
    h->insn = info->raw;
    h->insn_len = info->len;
    h->npc = h->pc + info->len;
    if (is_rv32(h))
        h->npc = (u32)h->npc;
    h->clock = h->run_end - (u64)(h->budget + op->n);
    u64 fall = h->npc;
    if (execute_plain(h, info->row, op)) {
        h->budget += op->n;
        h->d.trapped = 1;
        return NULL;
    }
    OBSERVE(h, op);
    if (UNLIKELY(h->d.exit_block) || (op->n == 1 && h->npc != fall)) {
        h->budget += op->n - 1;
        h->pc = h->npc;
        return NULL;
    }
    if (op->n == 1)
        ENTER(h, tail[TAIL_LINK].link.fall);
    DISPATCH(h, op + 1);
}

NOINLINE const struct op *op_break(struct hart *h, const struct op *op)
{
    struct block *b = block_tail(op)[TAIL_END].end.block;
    h->pc = b->pc + block_info(b)[b->n - op->n].offset * 2u;
    h->budget += op->n;
    return NULL;
}

#ifdef HX_DEBUG /* all of it, so that tests meet it */
#define HOT 1
#else
#define HOT 16
#endif

/* There is no room for the block's code: everything starts anew. */
static const struct op *no_room(struct hart *h, const struct op *op)
{
    h->pc = block_of_first(op)->pc;
    h->budget += op->n;
    block_drop_all(h);
    return NULL;
}

NOINLINE const struct op *op_warm(struct hart *h, const struct op *op)
{
    struct block *b = block_of_first(op);
    if (++b->heat < HOT)
        return b->first(h, op);
    if (generate_block(h, b) == 0) {
        h->blocks->generated++;
        DISPATCH(h, op);
    }
    return no_room(h, op);
}

NOINLINE const struct op *op_cover(struct hart *h, const struct op *op)
{
    struct block *b = block_of_first(op);
    cover_block(&h->cover, b->pc);
    if (LIKELY(b->heat >= HOT) || !h->blocks->code.base || ++b->heat < HOT)
        return b->first(h, op);
    if (generate_block(h, b))
        return no_room(h, op);
    h->blocks->generated++;
    b->first = b->ops[0].fn;
    b->ops[0].fn = op_cover;
    return b->first(h, op);
}

const struct op *op_next(struct hart *h, const struct op *op)
{
    ENTER(h, block_tail(op)[TAIL_LINK].link.fall);
}

NOINLINE const struct op *op_no_budget(struct hart *h, const struct op *next)
{
    h->pc = block_of_first(next)->pc;
    return NULL;
}

/* The block at h->pc. What comes first when the budget is used up may change the translation: then
 * nothing is looked up yet. */
static const struct op *find_next(struct hart *h)
{
    h->clock = h->run_end - (u64)h->budget;
    return h->budget > 0 ? block_find(h) : NULL;
}

NOINLINE const struct op *op_indirect(struct hart *h)
{
    const struct op *next = find_next(h);
    if (!next)
        return NULL;
    ENTER(h, next);
}

NOINLINE const struct op *op_other_vtype(struct hart *h, const struct op *op)
{
    h->d.exit_block = 0;
    h->pc = block_tail(op)[TAIL_END].end.end_pc;
    return op_indirect(h);
}

/* A stub record of block b at tail position `stub`; execution wants to go to pc. */
static const struct op *follow(struct hart *h, struct block *b, unsigned stub, u64 pc)
{
    union block_tail_record *tail = (union block_tail_record *)(b->ops + b->n);
    struct block_target *t = &tail[stub + 1].target;
    if (LIKELY(t->gen == h->d.fetch_gen))
        ENTER(h, t->op);
    u64 epoch = h->blocks->epoch;
    h->pc = pc;
    const struct op *next = find_next(h);
    if (!next)
        return NULL;
    /* From code without vector instructions to code with them it depends on vtype. */
    if (epoch == h->blocks->epoch && block_serves(block_of_first(next)->key, b->key)) {
        if ((pc ^ b->pc) >> 12 == 0 && (block_of_first(next)->pa ^ b->pa) >> 12 == 0) {
            if (stub == TAIL_STUB_TAKEN)
                tail[TAIL_LINK].link.taken = next;
            else
                tail[TAIL_LINK].link.fall = next;
        } else {
            *t = (struct block_target){.op = next, .gen = h->d.fetch_gen};
        }
    }
    ENTER(h, next);
}

NOINLINE const struct op *op_stub_taken(struct hart *h, const struct op *op)
{
    const union block_tail_record *stub = (const union block_tail_record *)op;
    struct block *b = stub[TAIL_END - TAIL_STUB_TAKEN].end.block;
    const struct op *last = &b->ops[b->n - 1];
    /* JAL's record keeps its displacement from the end of the block, as AUIPC's does. */
    u64 base = b->pc + block_info(b)[b->n - 1].offset * 2u;
    u64 pc = base + (u64)(s64)last->imm;
    return follow(h, b, TAIL_STUB_TAKEN, is_rv32(h) ? (u32)pc : pc);
}

NOINLINE const struct op *op_stub_fall(struct hart *h, const struct op *op)
{
    const union block_tail_record *stub = (const union block_tail_record *)op;
    const struct block_end *end = &stub[TAIL_END - TAIL_STUB_FALL].end;
    return follow(h, end->block, TAIL_STUB_FALL, end->end_pc);
}
