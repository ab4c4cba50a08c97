/* Atomics: LR/SC, AMOs of every width, compare-and-swap, and the shadow-stack swap. All are C11
 * atomics on the host's memory, sequentially consistent, so aq and rl need no attention. */
#include <string.h>

#include "bus/bus.h"
#include "cpu/sem_fns.h"
#include "cpu/trigger.h"

/* One function for each width: does the operation, returns the old value sign-extended. */
#define DEFINE_AMO(bits)                                                                           \
    static u##bits extreme##bits(enum amo what, u##bits old, u##bits v)                            \
    {                                                                                              \
        switch (what) {                                                                            \
        case AMO_MIN:                                                                              \
            return (s##bits)old < (s##bits)v ? old : v;                                            \
        case AMO_MAX:                                                                              \
            return (s##bits)old > (s##bits)v ? old : v;                                            \
        case AMO_MINU:                                                                             \
            return old < v ? old : v;                                                              \
        default:                                                                                   \
            return old > v ? old : v;                                                              \
        }                                                                                          \
    }                                                                                              \
    static u64 amo##bits(enum amo what, u##bits *p, u##bits v)                                     \
    {                                                                                              \
        switch (what) {                                                                            \
        case AMO_SWAP:                                                                             \
            return (u64)(s##bits)__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                      \
        case AMO_ADD:                                                                              \
            return (u64)(s##bits)__atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                       \
        case AMO_XOR:                                                                              \
            return (u64)(s##bits)__atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);                       \
        case AMO_OR:                                                                               \
            return (u64)(s##bits)__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);                        \
        case AMO_AND:                                                                              \
            return (u64)(s##bits)__atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);                       \
        default:                                                                                   \
            break;                                                                                 \
        }                                                                                          \
        u##bits old = __atomic_load_n(p, __ATOMIC_SEQ_CST);                                        \
        while (!__atomic_compare_exchange_n(p, &old, extreme##bits(what, old, v), false,           \
                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))                   \
            ;                                                                                      \
        return (u64)(s##bits)old;                                                                  \
    }                                                                                              \
    static u64 swap_if##bits(u##bits *p, u##bits expected, u##bits v)                              \
    {                                                                                              \
        __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
        return (u64)(s##bits)expected;                                                             \
    }

DEFINE_AMO(8)
DEFINE_AMO(16)
DEFINE_AMO(32)
DEFINE_AMO(64)

static u64 do_amo(enum amo what, void *p, unsigned bytes, u64 v);

/* Misaligned within a granule (Zama16b), where C knows no atomics. Harts take turns: nobody sees
 * the parts. */
static COLD u64 misaligned_amo(enum amo what, void *p, unsigned bytes, u64 v)
{
    u64 copy = 0;
    memcpy(&copy, p, bytes);
    u64 old = do_amo(what, &copy, bytes, v);
    memcpy(p, &copy, bytes);
    return old;
}

static bool is_misaligned(const void *p, unsigned bytes)
{
    return ((uintptr_t)p & (bytes - 1)) != 0;
}

static u64 do_amo(enum amo what, void *p, unsigned bytes, u64 v)
{
    if (UNLIKELY(is_misaligned(p, bytes)))
        return misaligned_amo(what, p, bytes, v);
    switch (bytes) {
    case 1:
        return amo8(what, p, (u8)v);
    case 2:
        return amo16(what, p, (u16)v);
    case 4:
        return amo32(what, p, (u32)v);
    default:
        return amo64(what, p, v);
    }
}

static u64 do_cas(void *p, unsigned bytes, u64 expected, u64 v);

static COLD u64 misaligned_cas(void *p, unsigned bytes, u64 expected, u64 v)
{
    u64 copy = 0;
    memcpy(&copy, p, bytes);
    u64 old = do_cas(&copy, bytes, expected, v);
    memcpy(p, &copy, bytes);
    return old;
}

/* Compare and swap; returns the old value sign-extended. */
static u64 do_cas(void *p, unsigned bytes, u64 expected, u64 v)
{
    if (UNLIKELY(is_misaligned(p, bytes)))
        return misaligned_cas(p, bytes, expected, v);
    switch (bytes) {
    case 1:
        return swap_if8(p, (u8)expected, (u8)v);
    case 2:
        return swap_if16(p, (u16)expected, (u16)v);
    case 4:
        return swap_if32(p, (u32)expected, (u32)v);
    default:
        return swap_if64(p, expected, v);
    }
}

/* Does a trigger look at what is about to be stored, and does one fire? */
static bool looks_at_stores(const struct hart *h)
{
    return UNLIKELY(h->d.triggers & TRIGGER_STORE);
}

static COLD bool stops(struct hart *h, const struct op *op, const struct insn_access *a, u64 value)
{
    return mem_check_stored(h, address(h, op->rs1, 0), a->bytes, a->flags, value) != 0;
}

/* What the AMO would store at p. */
static COLD u64 amo_stores(enum amo what, const void *p, unsigned bytes, u64 v)
{
    u64 copy = 0;
    memcpy(&copy, p, bytes);
    do_amo(what, &copy, bytes, v);
    return copy;
}

/* It has stored at pa. Where the page has flags, mem_amo() has asked for a look (exit_block). */
static void note_store(struct hart *h, u64 pa, unsigned bytes)
{
    if (UNLIKELY(h->d.exit_block))
        mem_stored(h, pa, bytes);
}

int sem_amo(struct hart *h, const struct op *op, const struct insn_access *a, enum amo what)
{
    u64 pa;
    void *p = mem_amo(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p)
        return TRAPPED;
    if (looks_at_stores(h) && stops(h, op, a, amo_stores(what, p, a->bytes, h->x[op->rs2])))
        return TRAPPED;
    set_rd(h, op, do_amo(what, p, a->bytes, h->x[op->rs2]));
    note_store(h, pa, a->bytes);
    return 0;
}

/* The reservation is the bytes that were loaded: res_valid holds their number, res_value what they
 * were. It ends (POST_RESERVATION) with the hart's turn, before another hart can store anything,
 * and with the next write by a device: so SC fails whatever was stored meanwhile, the same value
 * too. */
int sem_lr(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 pa, value;
    void *p = mem_lr(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p)
        return TRAPPED;
    if (a->bytes == 4)
        value = (u64)(s32)__atomic_load_n((u32 *)p, __ATOMIC_SEQ_CST);
    else
        value = __atomic_load_n((u64 *)p, __ATOMIC_SEQ_CST);
    h->res_valid = a->bytes;
    h->res_addr = pa;
    h->res_value = value;
    set_rd(h, op, value);
    return 0;
}

int sem_sc(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 pa;
    void *p = mem_amo(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p)
        return TRAPPED;
    bool held = h->res_valid == a->bytes && h->res_addr == pa;
    if (held && looks_at_stores(h) && stops(h, op, a, h->x[op->rs2]))
        return TRAPPED;
    bool ok = held && do_cas(p, a->bytes, h->res_value, h->x[op->rs2]) == h->res_value;
    h->res_valid = 0;
    set_rd(h, op, !ok);
    if (ok)
        note_store(h, pa, a->bytes);
    return 0;
}

/* A source register as AMOCAS sees rd: x0, which decode has mapped to the dump slot, reads zero. */
static u64 compare_value(const struct hart *h, const struct op *op)
{
    return op->rd == DUMP_SLOT ? 0 : h->x[op->rd];
}

int sem_amocas(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 pa, expected = compare_value(h, op);
    void *p = mem_amo(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p)
        return TRAPPED;
    if (looks_at_stores(h) && memcmp(p, &expected, a->bytes) == 0 && stops(h, op, a, h->x[op->rs2]))
        return TRAPPED;
    u64 mask = MASK(a->bytes * 8u), old = do_cas(p, a->bytes, expected, h->x[op->rs2]);
    set_rd(h, op, old);
    if (((old ^ expected) & mask) == 0)
        note_store(h, pa, a->bytes);
    return 0;
}

/* The odd register of a pair; beside x0 it is x0 as well. */
static u64 pair_high(const struct hart *h, unsigned even)
{
    return even == 0 || even == DUMP_SLOT ? 0 : h->x[even + 1];
}

int sem_amocas_d(struct hart *h, const struct op *op, const struct insn_access *a)
{
    if (!is_rv32(h))
        return sem_amocas(h, op, a);
    u64 pa;
    void *p = mem_amo(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p)
        return TRAPPED;
    u64 expected = x_pair(h, op->rd), old = do_cas(p, 8, expected, x_pair(h, op->rs2));
    set_x_pair(h, op->rd, old);
    if (old == expected)
        note_store(h, pa, 8);
    return 0;
}

/* Sixteen bytes at once. On x86-64 compilers call a library for it unless the whole program may
 * only run on newer processors; the instruction itself is there on every one that matters. */
static u128 swap_if128(u128 *p, u128 expected, u128 v)
{
#ifdef __x86_64__
    u64 low = (u64)expected, high = (u64)(expected >> 64);
    __asm__ volatile("lock cmpxchg16b %[mem]"
                     : [mem] "+m"(*p), "+a"(low), "+d"(high)
                     : "b"((u64)v), "c"((u64)(v >> 64))
                     : "cc", "memory");
    return (u128)high << 64 | low;
#else
    return __sync_val_compare_and_swap(p, expected, v);
#endif
}

int sem_amocas_q(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 pa;
    void *p = mem_amo(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p)
        return TRAPPED;
    u128 expected = (u128)pair_high(h, op->rd) << 64 | compare_value(h, op);
    u128 old = swap_if128(p, expected, (u128)pair_high(h, op->rs2) << 64 | h->x[op->rs2]);
    if (op->rd != DUMP_SLOT) {
        h->x[op->rd] = (u64)old;
        h->x[op->rd + 1] = (u64)(old >> 64);
    }
    if (old == expected)
        note_store(h, pa, 16);
    return 0;
}

/* CFI chapter, "Atomic Swap from a Shadow Stack Location". */
int sem_ssamoswap(struct hart *h, const struct op *op, const struct insn_access *a)
{
    u64 pa;
    if (ss_amo_check(h))
        return TRAPPED;
    void *p = mem_amo(h, address(h, op->rs1, 0), a->bytes, a->flags, &pa);
    if (!p || (looks_at_stores(h) && stops(h, op, a, h->x[op->rs2])))
        return TRAPPED;
    set_rd(h, op, do_amo(AMO_SWAP, p, a->bytes, h->x[op->rs2]));
    note_store(h, pa, a->bytes);
    return 0;
}
