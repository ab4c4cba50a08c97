/* Makes a random guest: data, register sets, launch records; the parts with instructions are made
 * by their own files. */
#include "guest.h"

#include <string.h>

#include "cpu/fields.h"

u64 pick(struct guest *g)
{
    return random_next(&g->random);
}

u32 below(struct guest *g, u32 limit)
{
    return (u32)((pick(g) >> 32) * limit >> 32);
}

bool chance(struct guest *g, u32 percent)
{
    return below(g, 100) < percent;
}

u64 sparse(struct guest *g)
{
    u64 a = pick(g), b = pick(g);
    switch (below(g, 4)) {
    case 0:
        return a & b & pick(g);
    case 1:
        return a & b;
    case 2:
        return a;
    default:
        return a | b;
    }
}

u32 pick_code(struct guest *g, u32 base, enum flavour flavour)
{
    u32 page = 2 + below(g, CODE_PAGES / 2 - 1) * 2 + (flavour == FLAVOUR_GUEST ? 1 : 0);
    return base + page * 4096 + below(g, 64) * 64;
}

/* Below 10: in a window or the like; else physical. */
static u32 pick_place(struct guest *g, enum world world)
{
    if (chance(g, 30))
        return below(g, 12);
    return world == WORLD_MACHINE ? 8 + below(g, 4) : below(g, 6);
}

u64 pick_pointer(struct guest *g, enum world world)
{
    static const u32 windows[] = {WINDOW_S, WINDOW_U};
    u32 offset = chance(g, 85) ? below(g, 4096) & ~7u : 4096 - below(g, 10);
    u32 page = below(g, DATA_PAGES) * 4096;
    u32 window = windows[chance(g, 20) ? below(g, 2) : world == WORLD_USER];
    switch (pick_place(g, world)) {
    case 0:
    case 1:
    case 2:
    case 3:
        return window + CODE_PAGES * 4096 + page + offset;
    case 4:
        return window + below(g, CODE_PAGES) * 4096 + offset;
    case 5:
        return window + BIG_OFFSET + below(g, 256) * 4096 + offset;
    case 6:
        return WINDOW_NAPOT + page + offset;
    case 7:
        return WINDOW_HUGE + (DATA - RAM) + page + offset;
    case 8:
        return CONSTANTS + below(g, 8) * 4096 + offset;
    case 9:
        return BIG + below(g, 256) * 4096 + offset;
    default:
        return DATA + page + offset;
    }
}

u64 pick_value(struct guest *g)
{
    switch (below(g, 10)) {
    case 0:
        return pick(g);
    case 1:
        return sparse(g);
    case 2:
        return below(g, 64);
    case 3:
        return (u64) - (s64)below(g, 64);
    case 4:
        return pick_code(g, chance(g, 50) ? CODE : WINDOW_U, (enum flavour)below(g, 2));
    case 5:
        return BIT(below(g, 64)) - (chance(g, 50) ? 1 : 0);
    default:
        return pick_pointer(g, (enum world)below(g, WORLD_COUNT));
    }
}

/* Pointers, some of them tagged or in the upper half of the address space. */
static u64 pick_base_register(struct guest *g, enum world world)
{
    u64 p = pick_pointer(g, world);
    if (g->xlen == 32)
        return chance(g, 95) ? p : p + 0xc0000000u;
    switch (below(g, 12)) {
    case 0:
    case 4:
        return p | pick(g) << 48;
    case 1:
    case 5:
        return p | pick(g) << 57;
    case 2:
        return p < RAM ? p + 0xffffffffc0000000ull : p;
    case 3:
        return p ^ BIT(below(g, 64));
    default:
        return p;
    }
}

static void make_regsets(struct guest *g)
{
    for (u32 i = 0; i < REGSET_COUNT; i++)
        for (u32 r = 0; r < 32; r++)
            put_word(g, REGSETS + i * REGSET_SIZE + r * 8,
                     r == 2 || (r >= 8 && r < 16)
                         ? pick_base_register(g, (enum world)(i % WORLD_COUNT))
                         : pick_value(g),
                     8);
}

/* Values that floating point finds interesting, boxed and not. */
static void make_fregs(struct guest *g)
{
    static const u64 values[] = {
        0,
        BIT(63),
        0x3ff0000000000000,
        0x7ff0000000000000,
        0x7ff8000000000000,
        0x7ff0000000000001,
        1,
        0x000fffffffffffff,
        0xffffffff3f800000,
        0xffffffff7f800000,
        0xffffffff7fc00000,
        0xffffffff00000001,
        0xffffffff80000000,
        0xffffffffffff3c00,
        0xffffffffffff7c00,
        0xffffffffffff0001,
    };
    for (u32 i = 0; i < 32; i++)
        put_word(g, FREGS + i * 8, i < ARRAY_LEN(values) ? values[i] : pick(g), 8);
}

static u32 pick_regset(struct guest *g, enum world world)
{
    u32 n = below(g, REGSET_COUNT);
    if (chance(g, 85))
        n = n / WORLD_COUNT * WORLD_COUNT + world;
    return n < REGSET_COUNT ? n : world;
}

static void make_launches(struct guest *g)
{
    static const u64 clear = MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MPRV | MSTATUS_MPV | MSTATUS_TVM |
                             MSTATUS_TSR | MSTATUS_TW;
    static const u64 modes[] = {MSTATUS_MPP,
                                0,
                                MSTATUS_MPV,
                                BIT(11),
                                BIT(11) | MSTATUS_MPV,
                                BIT(11) | MSTATUS_MPV,
                                BIT(11),
                                BIT(11) | MSTATUS_MPV,
                                MSTATUS_MPV,
                                BIT(11),
                                0,
                                BIT(11) | MSTATUS_MPV};
    static const u32 bases[WORLD_COUNT][4] = {{CODE, CODE, CODE, CODE},
                                              {CODE, CODE, WINDOW_S, WINDOW_S},
                                              {CODE, WINDOW_U, WINDOW_U, WINDOW_U}};
    for (u32 i = 0; i < LAUNCH_COUNT; i++) {
        u32 mode = below(g, ARRAY_LEN(modes)), at = LAUNCHES + i * LAUNCH_SIZE;
        u64 set = modes[mode] | (chance(g, 50) ? MSTATUS_MPIE : 0) |
                  (chance(g, 85) ? MSTATUS_FS | MSTATUS_VS : 0);
        enum world world = mode == 0               ? WORLD_MACHINE
                           : modes[mode] & BIT(11) ? WORLD_SUPERVISOR
                                                   : WORLD_USER;
        if (chance(g, 15))
            set |= pick(g) & (MSTATUS_TVM | MSTATUS_TSR | MSTATUS_TW);
        u32 base = bases[world][below(g, ARRAY_LEN(bases[world]))];
        bool host = modes[mode] == MSTATUS_MPP || modes[mode] == BIT(11);
        enum flavour flavour = host == chance(g, 85) ? FLAVOUR_HYPERVISOR : FLAVOUR_GUEST;
        put_word(g, at, clear & MASK(g->xlen), 8);
        put_word(g, at + 8, set & MASK(g->xlen), 8);
        put_word(g, at + 16, pick_code(g, base, flavour), 8);
        put_word(g, at + 24, REGSETS + pick_regset(g, world) * REGSET_SIZE, 8);
        put_word(g, at + 32, clear >> 32, 8);
        put_word(g, at + 40, set >> 32, 8);
    }
}

static void make_data(struct guest *g)
{
    for (u32 pa = CONSTANTS; pa < PRIVATE; pa += 8)
        put_word(g, pa, pick_value(g), 8);
    for (u32 pa = DATA; pa < DATA + DATA_PAGES * 4096; pa += 8)
        put_word(g, pa, pick_value(g), 8);
}

void guest_make(struct guest *g, u64 seed)
{
    g->random = (struct random){seed};
    g->num_leaves = 0;
    g->lcofi = chance(g, 20);
    memset(g->image, 0, IMAGE_END - RAM);
    make_data(g);
    make_fregs(g);
    make_regsets(g);
    make_launches(g);
    make_tables(g);
    make_handlers(g);
    make_snippets(g);
    make_code(g);
}
