/* What of the translation caches is state: the second level, the names of address spaces, and the
 * order in which names and contexts go. The rest is derived (tlb_resume). */
#include "mmu/tlb.h"

/* Where the tables are is the host's business: tlb_resume() says it. */
_Static_assert(offsetof(struct regime, bus) + sizeof(struct bus *) == sizeof(struct regime),
               "what is saved comes before");
#define REGIMES                                                                                    \
    {                                                                                              \
        "mode_regime", offsetof(struct tlb, mode_regime), offsetof(struct regime, bus),            \
            MODE_COUNT, sizeof(struct regime)                                                      \
    }

struct state_part tlb_part(const struct tlb *t, u32 hart)
{
    static const struct state_row rows[] = {
        STATE_EACH(struct tlb, l2, vpn),
        STATE_EACH(struct tlb, l2, pa),
        STATE_EACH(struct tlb, l2, space),
        STATE_EACH(struct tlb, l2, perm),
        STATE_EACH(struct tlb, space, name.key_s),
        STATE_EACH(struct tlb, space, name.key_g),
        STATE_EACH(struct tlb, space, name.atp),
        STATE_EACH(struct tlb, space, name.hgatp),
        STATE_EACH(struct tlb, space, id),
        STATE_EACH(struct tlb, space, name.kind),
        STATE_EACH(struct tlb, space, name.asid),
        STATE_EACH(struct tlb, space, name.vmid),
        STATE_EACH(struct tlb, space, sizes),
        STATE_EACH(struct tlb, space, bloom),
        STATE_EACH(struct tlb, space, used),
        STATE_EACH(struct tlb, ctx, bits),
        STATE_EACH(struct tlb, ctx, space),
        STATE_EACH(struct tlb, ctx, global),
        STATE_EACH(struct tlb, ctx, used),
        REGIMES,
        STATE_FIELD(struct tlb, mode_valid),
        STATE_FIELD(struct tlb, next_space),
        STATE_FIELD(struct tlb, stamp),
    };
    return state_part(t, rows, ARRAY_LEN(rows), "hart %u, TLB", hart);
}
