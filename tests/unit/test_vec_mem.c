/* Loads and stores of vectors: every addressing mode, segment and width against the manual's
 * definition, masked or not, with what must stay as it was in registers and in memory. */
#include "common/random.h"
#include "vec_hart.h"

enum { VD = 8, VS2 = 16, RS1 = 11, RS2 = 12 };
enum { AREA = 0x10000, SIZE = 0x4000, MIDDLE = 0x2000 }; /* in RAM */
enum mop { UNIT, UNORDERED, STRIDED, ORDERED };
enum lumop { NORMAL = 0, WHOLE = 8, MASK_OF = 11, FIRST_FAULT = 16 };

static struct machine *m;
static struct hart *h;
static struct random dice;
static u8 before[32 * 32], memory[SIZE];

/* One instruction: EEW is that of the instruction's width, log2 of the bytes. */
struct access {
    unsigned eew, sew, mop, lumop, nf;
    bool store, masked;
};

static unsigned data_width(const struct access *x)
{
    return x->mop == UNORDERED || x->mop == ORDERED ? x->sew : x->eew;
}

static u64 elements(const struct access *x)
{
    if (x->lumop == MASK_OF && x->mop == UNIT)
        return (h->vl + 7) / 8;
    if (x->lumop == WHOLE && x->mop == UNIT)
        return (u64)x->nf * vec_bytes(h) >> x->eew;
    return h->vl;
}

/* Where field f of element i is, from the base address on. */
static s64 place(const struct access *x, u64 i, unsigned f)
{
    s64 size = 1 << data_width(x);
    switch (x->mop) {
    case UNIT:
        return x->lumop == WHOLE ? (s64)i * size : ((s64)(i * x->nf) + f) * size;
    case STRIDED:
        return (s64)i * (s64)h->x[RS2] + f * size;
    default:
        return (s64)get(h, before, VS2, x->eew, i) + f * size;
    }
}

/* The first register of field f: LMUL is 1. */
static unsigned register_of(const struct access *x, unsigned f)
{
    unsigned width = data_width(x);
    return VD + f * (width > x->sew ? 1u << (width - x->sew) : 1);
}

static u32 word_of(const struct access *x)
{
    static const u8 widths[] = {0, 5, 6, 7};
    unsigned second = x->mop == UNIT ? x->lumop : x->mop == STRIDED ? RS2 : VS2;
    return (x->store ? 0x27u : 0x07u) | VD << 7 | (u32)widths[x->eew] << 12 | RS1 << 15 |
           second << 20 | (u32)!x->masked << 25 | x->mop << 26 | (x->nf - 1) << 29;
}

static void prepare(const struct access *x, unsigned round)
{
    for (unsigned i = 0; i < SIZE / 8; i++)
        ((u64 *)(void *)memory)[i] = random_next(&dice);
    memcpy(m->ram->host + AREA, memory, SIZE);
    for (unsigned i = 0; i < 32 * vec_bytes(h) / 8; i++)
        set(h, 0, 3, i, random_next(&dice));
    configure(h, x->sew, 0, 0);
    u64 all = vec_vlmax(h);
    h->vl = round & 2 ? all : random_next(&dice) % (all + 1);
    for (u64 i = 0; i < all; i++)
        set(h, VS2, x->eew, i, (random_next(&dice) & 31) * 8);
    h->x[RS1] = RAM_BASE + AREA + MIDDLE;
    h->x[RS2] = ((random_next(&dice) & 15) - 8) * 8;
    memcpy(before, h->v, sizeof before);
}

/* What memory and registers become; `regs` and `memory` begin as they were. */
static void model(const struct access *x, u8 *regs)
{
    unsigned width = data_width(x);
    bool one = x->mop == UNIT && (x->lumop == WHOLE || x->lumop == MASK_OF);
    for (u64 i = 0; i < elements(x); i++)
        for (unsigned f = 0; f < (one ? 1 : x->nf); f++) {
            u8 *element = regs + register_of(x, f) * vec_bytes(h) + (i << width);
            u8 *there = memory + MIDDLE + place(x, i, f);
            if (x->masked && !mask_bit(before, i))
                continue;
            if (x->store)
                memcpy(there, element, 1u << width);
            else
                memcpy(element, there, 1u << width);
        }
}

/* Is there such an instruction, with those groups? */
static bool try(const struct access *x, unsigned round)
{
    static u8 regs[32 * 32];
    unsigned row;
    prepare(x, round);
    struct op op = decode(h, word_of(x), &row);
    if (vec_refuses(h, row, &op) != REASON_NONE)
        return false;
    memcpy(regs, before, sizeof regs);
    model(x, regs);
    ck_assert_int_eq(vec_execute(h, &op, row), 0);
    ck_assert_msg(!memcmp(h->v, regs, sizeof regs), "%08x, e%u: registers", word_of(x),
                  8 << x->sew);
    ck_assert_msg(!memcmp(m->ram->host + AREA, memory, SIZE), "%08x, e%u: memory", word_of(x),
                  8 << x->sew);
    return true;
}

static unsigned try_widths(struct access x)
{
    unsigned done = 0;
    for (x.sew = 0; x.sew < 4; x.sew++)
        for (x.eew = 0; x.eew < 4; x.eew++)
            for (unsigned round = 0; round < 12; round++) {
                bool whole = x.mop == UNIT && (x.lumop == WHOLE || x.lumop == MASK_OF);
                x.masked = round & 1 && !whole;
                bool bytes = x.mop == UNIT && (x.lumop == MASK_OF || (x.lumop == WHOLE && x.store));
                if (!(bytes && x.eew))
                    done += try(&x, round);
            }
    return done;
}

START_TEST(modes)
{
    static const struct access kinds[] = {
        {.mop = UNIT},    {.mop = UNIT, .lumop = FIRST_FAULT}, {.mop = STRIDED}, {.mop = UNORDERED},
        {.mop = ORDERED},
    };
    struct access x = kinds[_i / 2];
    x.store = _i & 1;
    if (x.store && x.lumop == FIRST_FAULT)
        return;
    m = vector_machine("--isa=rv64max_v", "");
    h = m->hart[0];
    for (x.nf = 1; x.nf <= 8; x.nf++)
        ck_assert_uint_gt(try_widths(x), 50);
    machine_free(m);
}
END_TEST

START_TEST(whole_registers_and_masks)
{
    m = vector_machine("--isa=rv64max_v", "");
    h = m->hart[0];
    for (unsigned store = 0; store < 2; store++) {
        for (unsigned nf = 1; nf <= 8; nf *= 2)
            ck_assert_uint_ge(try_widths((struct access){.lumop = WHOLE, .store = store, .nf = nf}),
                              48);
        ck_assert_uint_eq(try_widths((struct access){.lumop = MASK_OF, .store = store, .nf = 1}),
                          48);
    }
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vec_mem");
    TCase *tc = tcase_create("accesses");
    tcase_add_loop_test(tc, modes, 0, 10);
    tcase_add_test(tc, whole_registers_and_masks);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
