/* Fuzzes the registers of the APLIC's two domains and the pages of interrupt files: the input is a
 * program of accesses, wires and resets, with delivery by wire or by message. Nothing breaks,
 * messages name files that there are, and an inactive source shows nothing.
 * What harts do with their files is fuzzed by fuzz_insn. */
#include "devices/aplic.h"
#include "fuzz_board.h"

#define M_DOMAIN 0xc000000ull
#define S_DOMAIN 0xd000000ull
#define M_FILES  0x24000000ull
#define S_FILES  0x28000000ull
enum { HARTS = 3, GEILEN = 2, SOURCES = 70, SIZE = 0x8000 };

static void message(void *board, u32 hart, u32 file, u32 identity)
{
    (void)board, (void)identity;
    if (hart >= HARTS || file > 1 + GEILEN)
        abort();
}

static struct device *make_board(struct fuzz_board *b, u64 ids)
{
    struct error err;
    fuzz_board_init(b, HARTS, 0);
    b->env.message = message;
    b->args = (struct dev_args){.harts = HARTS,
                                .geilen = GEILEN,
                                .aplic = SOURCES,
                                .imsic_ids = ids,
                                .imsic_guest_ids = ids};
    if (ids) {
        fuzz_own(b, imsic_m_new(&b->env, &b->args, &err), M_FILES);
        fuzz_own(b, imsic_s_new(&b->env, &b->args, &err), S_FILES);
    }
    b->args.aplic_root = fuzz_own(b, aplic_m_new(&b->env, &b->args, &err), M_DOMAIN);
    fuzz_own(b, aplic_s_new(&b->env, &b->args, &err), S_DOMAIN);
    bus_reset(&b->bus);
    return b->args.aplic_root;
}

static u32 get(struct bus *bus, u64 pa)
{
    u64 value = 0;
    if (bus_read(bus, pa, 4, &value))
        abort();
    return (u32)value;
}

/* A source that is inactive, or another domain's, has nothing. */
static void check(struct bus *bus)
{
    for (u32 i = 1; i <= SOURCES; i++) {
        u32 root = get(bus, M_DOMAIN + 4 * i), child = get(bus, S_DOMAIN + 4 * i);
        bool root_active = root && !(root & 1 << 10), delegated = root & 1 << 10;
        if (!delegated && (child || get(bus, S_DOMAIN + 0x3000 + 4 * i)))
            abort();
        for (u32 array = 0x1c00; array <= 0x1e00; array += 0x100) {
            u64 word = array + i / 32 * 4;
            if (!root_active && (get(bus, M_DOMAIN + word) >> i % 32 & 1))
                abort();
            if (!(delegated && child) && (get(bus, S_DOMAIN + word) >> i % 32 & 1))
                abort();
        }
    }
}

/* Registers at which something happens, more often than others. */
static u64 place(u8 kind, u16 at)
{
    static const u16 busy[] = {0,      4 * 1,  4 * 33, 0x1bc0, 0x1bc4, 0x1bc8, 0x1bcc, 0x1c00,
                               0x1cdc, 0x1d00, 0x1ddc, 0x1e00, 0x1edc, 0x1fdc, 0x2004, 0x3000,
                               0x3004, 0x3084, 0x4000, 0x4004, 0x4008, 0x4018, 0x401c, 0x4060};
    u64 domain = kind & 1 ? S_DOMAIN : M_DOMAIN;
    switch (kind >> 1 & 3) {
    case 0:
        return domain + (at & (SIZE - 1));
    case 1:
        return (kind & 1 ? S_FILES : M_FILES) + ((u64)(at & 0xf00) << 4) + (at & 0xff);
    default:
        return domain + busy[at % ARRAY_LEN(busy)];
    }
}

/* One step; returns how many bytes it took, 0 at the end. */
static size_t step(struct bus *bus, struct device *root, const u8 *data, size_t len)
{
    u32 value;
    u16 at;
    u64 got;
    if (len < 8)
        return 0;
    memcpy(&at, data + 2, 2);
    memcpy(&value, data + 4, 4);
    unsigned size = 4;
    if ((data[0] & 0x70) == 0x70)
        size = 1u << (data[0] & 3);
    u64 pa = place(data[1], at) & ~(u64)(size - 1);
    switch (data[0] & 7) {
    case 0:
        bus_read(bus, pa, size, &got);
        break;
    case 1:
    case 2:
        root->cls->input(root, 1 + at % SOURCES, value & 1);
        break;
    case 3:
        if (value == 0)
            bus_reset(bus);
        break;
    default:
        bus_write(bus, pa, size, data[1] & 0x80 ? value & 0x7ff : value);
    }
    return 8;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct fuzz_board b;
    if (size == 0)
        return 0;
    struct device *root = make_board(&b, data[0] & 1 ? 191 : 0);
    for (size_t at = 1, n; (n = step(&b.bus, root, data + at, size - at)) > 0;)
        at += n;
    check(&b.bus);
    bus_free(&b.bus);
    return 0;
}
