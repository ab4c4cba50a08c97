/* What the firmware does with the interrupt controllers: it gives every source to the supervisor,
 * tells the APLIC where the harts' interrupt files are, and uses the machine's file of a hart, or
 * without one the CLINT's msip, to call it. */
#include "sbi/firmware.h"

#include "devices/aplic.h"

enum {
    CLINT_MSIP = 0x2000000,
    APLIC = 0xc000000,
    IMSIC_M = 0x24000000,
    IMSIC_S = 0x28000000,
    PAGE_SHIFT = 12,
    IDENTITY_IPI = 1,
};
/* Registers of an APLIC's domain, and of an interrupt file. */
enum {
    DOMAINCFG = 0,
    SOURCECFG = 4,
    MMSIADDRCFG = 0x1bc0,
    MMSIADDRCFGH = 0x1bc4,
    SMSIADDRCFG = 0x1bc8,
    SMSIADDRCFGH = 0x1bcc,
    SOURCECFG_D = 1 << 10,
    LOCKED = 1u << 31,
    EIDELIVERY = 0x70,
    EITHRESHOLD = 0x72,
    EIE0 = 0xc0,
};

static void put(struct sbi *sbi, u64 offset, u64 value)
{
    bus_write(sbi->m->bus, APLIC + offset, 4, value);
}

/* The smallest n with 2^n >= count. */
static u64 bits_for(u64 count)
{
    u64 n = 0;

    while (BIT(n) < count)
        n++;
    return n;
}

/* Messages go to the harts' pages, which lie in one row for each level (AIA, "Machine MSI address
 * configuration"). */
static void set_addresses(struct sbi *sbi, const struct hart *h)
{
    u64 lhxw = bits_for(sbi->m->num_harts), lhxs = bits_for(1 + (u64)h->config.geilen);

    put(sbi, MMSIADDRCFG, IMSIC_M >> PAGE_SHIFT);
    put(sbi, SMSIADDRCFG, IMSIC_S >> PAGE_SHIFT);
    put(sbi, SMSIADDRCFGH, lhxs << 20);
    put(sbi, MMSIADDRCFGH, LOCKED | lhxw << 12);
}

void sbi_setup_irqchip(struct sbi *sbi, const struct hart *h)
{
    const struct bus_window *w = bus_find_device(sbi->m->bus, APLIC, 4);

    if (!w || w->dev->cls != &aplic_m_class)
        return;
    for (u32 i = 1; i <= aplic_num_sources(w->dev); i++)
        put(sbi, SOURCECFG + 4 * (i - 1), SOURCECFG_D);
    if (h->imsic)
        set_addresses(sbi, h);
}

static void put_file(struct hart *h, unsigned reg, u64 value)
{
    csr_put(h, CSR_miselect, reg);
    csr_put(h, CSR_mireg, value);
}

void sbi_setup_calls(struct sbi *sbi, struct hart *h)
{
    if (h->imsic) {
        put_file(h, EITHRESHOLD, 0);
        put_file(h, EIE0, BIT(IDENTITY_IPI));
        put_file(h, EIDELIVERY, 1);
    }
    sbi_answer(sbi, h);
}

unsigned sbi_call_irq(const struct hart *h)
{
    return h->imsic ? IRQ_MEI : IRQ_MSI;
}

void sbi_wake(struct sbi *sbi, u32 hartid)
{
    if (sbi->m->hart[hartid]->imsic)
        bus_write(sbi->m->bus, IMSIC_M + ((u64)hartid << PAGE_SHIFT), 4, IDENTITY_IPI);
    else
        bus_write(sbi->m->bus, CLINT_MSIP + 4 * (u64)hartid, 4, 1);
}

void sbi_answer(struct sbi *sbi, struct hart *h)
{
    if (h->imsic)
        csr_put(h, CSR_mtopei, 0); /* claims the only identity that is enabled */
    else
        bus_write(sbi->m->bus, CLINT_MSIP + 4 * (u64)h->id, 4, 0);
}
