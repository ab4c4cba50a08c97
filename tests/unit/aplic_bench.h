/* An APLIC with its two domains, for tests: registers by name, wires, and what is delivered. */
#ifndef HEXTANT_TESTS_APLIC_BENCH_H
#define HEXTANT_TESTS_APLIC_BENCH_H

#include "devices/aplic.h"
#include "devices_board.h"

#define M_DOMAIN 0xc000000ull
#define S_DOMAIN 0xd000000ull
#define M_FILES  0x24000000ull
#define S_FILES  0x28000000ull

enum {
    DOMAINCFG = 0,
    SETIPNUM = 0x1cdc,
    CLRIPNUM = 0x1ddc,
    SETIENUM = 0x1edc,
    CLRIENUM = 0x1fdc,
    SETIPNUM_LE = 0x2000,
    SETIPNUM_BE = 0x2004,
    GENMSI = 0x3000,
    MMSIADDRCFG = 0x1bc0,
    MMSIADDRCFGH = 0x1bc4,
    SMSIADDRCFG = 0x1bc8,
    SMSIADDRCFGH = 0x1bcc
};
enum { IE = 1 << 8, DELEGATE = 1 << 10 };
enum { INACTIVE, DETACHED, EDGE1 = 4, EDGE0, LEVEL1, LEVEL0 };
enum { IDELIVERY = 0, IFORCE = 4, ITHRESHOLD = 8, TOPI = 0x18, CLAIMI = 0x1c };

static struct board b;
static struct device *root, *child;

static inline u32 get(u64 domain, u64 reg)
{
    return (u32)rd(&b, domain + reg, 4);
}

static inline void put(u64 domain, u64 reg, u32 v)
{
    wr(&b, domain + reg, 4, v);
}

static inline u64 sourcecfg(u32 i)
{
    return 4 * (u64)i;
}

static inline u64 target(u32 i)
{
    return GENMSI + 4 * (u64)i;
}

static inline u64 idc(u32 hart, u32 reg)
{
    return 0x4000 + 32 * hart + reg;
}

/* A bit of one of the arrays setip, in_clrip, setie. */
static inline bool bit_of(u64 domain, u64 array, u32 i)
{
    return get(domain, array + i / 32 * 4) >> i % 32 & 1;
}

static inline bool pending(u64 domain, u32 i)
{
    return bit_of(domain, 0x1c00, i);
}

static inline bool input(u64 domain, u32 i)
{
    return bit_of(domain, 0x1d00, i);
}

static inline bool enabled(u64 domain, u32 i)
{
    return bit_of(domain, 0x1e00, i);
}

static inline void wire(u32 i, unsigned level)
{
    root->cls->input(root, i, level);
}

/* The source is in this mode, enabled, in the machine's domain or the supervisor's. */
static inline void configure(u64 domain, u32 i, u32 mode)
{
    if (domain == S_DOMAIN)
        put(M_DOMAIN, sourcecfg(i), DELEGATE);
    put(domain, sourcecfg(i), mode);
    put(domain, SETIENUM, i);
}

/* Two harts; with `ids` messages to interrupt files and 7 guests. */
static inline void aplic_setup(u32 sources, u32 ids)
{
    board_init(&b);
    b.args.harts = 2;
    b.args.aplic = sources;
    b.args.imsic_ids = b.args.imsic_guest_ids = ids;
    b.args.geilen = ids ? 7 : 0;
    if (ids) {
        board_make(&b, imsic_m_new, M_FILES);
        board_make(&b, imsic_s_new, S_FILES);
    }
    b.args.aplic_root = root = board_make(&b, aplic_m_new, M_DOMAIN);
    child = board_make(&b, aplic_s_new, S_DOMAIN);
}

#endif
