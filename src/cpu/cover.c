/* Which map, and which part of it, the present mode's edges are counted in. */
#include "cpu/cover.h"

#include "cpu/block.h"
#include "cpu/fields.h"
#include "cpu/hart.h"

void cover_moved(struct hart *h)
{
    const struct cover *c = h->cover.of;
    u32 world = h->mode;
    if (mode_table[h->mode].v)
        world |= (u32)get_field(h->hgatp, is_rv32(h) ? HGATP32_VMID : HGATP_VMID) << 3;
    h->cover = (struct cover_place){.of = c,
                                    .map = c->modes >> h->mode & 1 ? c->map : c->nowhere,
                                    .world = (u32)(world * 0x9e3779b97f4a7c15ull >> 40)};
}

void cover_start(struct hart *h, const struct cover *c)
{
    h->cover.of = c;
    cover_moved(h);
    block_drop_all(h);
}
