/* Interrupt files: which identity comes first, claiming it, and the signals to the hart. */
#include "cpu/imsic.h"

#include <string.h>

#include "cpu/hart.h"
#include "cpu/trap.h"

static const struct state_row rows[] = {
    STATE_ARRAY(struct imsic, eidelivery),
    STATE_ARRAY(struct imsic, eithreshold),
    STATE_ARRAY(struct imsic, eip),
    STATE_ARRAY(struct imsic, eie),
};

struct state_part imsic_part(const struct hart *h)
{
    return state_part(h->imsic, rows, ARRAY_LEN(rows), "hart %u, interrupt files", h->id);
}

unsigned imsic_num_files(const struct hart *h)
{
    return h->imsic ? FILE_GUEST + h->config.geilen : 0;
}

unsigned imsic_last(const struct hart *h, unsigned file)
{
    if (file >= imsic_num_files(h))
        return 0;
    return file < FILE_GUEST ? h->config.imsic_ids : h->config.imsic_guest_ids;
}

int imsic_of_guest(const struct hart *h)
{
    unsigned guest = (unsigned)get_field(h->hstatus, HSTATUS_VGEIN);
    return h->imsic && guest && guest <= h->config.geilen ? (int)imsic_guest_file(guest) : -1;
}

unsigned imsic_top(const struct hart *h, unsigned file)
{
    unsigned last = imsic_last(h, file);
    for (unsigned w = 0; w <= last / 64 && last; w++) {
        u64 both = h->imsic->eip[file][w] & h->imsic->eie[file][w];
        if (!both)
            continue;
        unsigned identity = w * 64 + (unsigned)__builtin_ctzll(both);
        u64 threshold = h->imsic->eithreshold[file];
        return !threshold || identity < threshold ? identity : 0;
    }
    return 0;
}

bool imsic_signals(const struct hart *h, unsigned file)
{
    return h->imsic->eidelivery[file] == EIDELIVERY_ON && imsic_top(h, file);
}

void imsic_update(struct hart *h, unsigned file)
{
    bool on = imsic_signals(h, file);
    if (file < FILE_GUEST) {
        hart_set_line(h, file == FILE_M ? IRQ_MEI : IRQ_SEI, on);
        return;
    }
    h->hgeip = set_field(h->hgeip, BIT(file - FILE_GUEST + 1), on);
    hart_attention(h);
}

void imsic_receive(struct hart *h, unsigned file, u64 identity)
{
    if (!identity || identity > imsic_last(h, file))
        return;
    h->imsic->eip[file][identity / 64] |= BIT(identity % 64);
    imsic_update(h, file);
}

void imsic_claim(struct hart *h, unsigned file)
{
    unsigned identity = imsic_top(h, file);
    if (!identity)
        return;
    h->imsic->eip[file][identity / 64] &= ~BIT(identity % 64);
    imsic_update(h, file);
}

void imsic_reset(struct hart *h)
{
    if (!h->imsic)
        return;
    memset(h->imsic, 0, sizeof *h->imsic);
    for (unsigned file = 0; file < imsic_num_files(h); file++)
        imsic_update(h, file);
}
