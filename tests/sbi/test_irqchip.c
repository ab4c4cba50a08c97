/* What the firmware leaves the supervisor of APLIC and IMSIC: all sources, where messages go, and
 * files by which harts call each other. Without them there is nothing to look at.
 * run: --irqchip=aplic-imsic
 * run: --irqchip=aplic-imsic --geilen=31 --aia=ids=2047,guest-ids=63,sources=1023
 * run: --irqchip=aplic-imsic --isa=rvXLENimacsu_zicsr_zifencei_smaia_ssaia
 * run: --irqchip=aplic */
#include "sbi.h"

#define APLIC_S 0xd000000ul
#define PAGES   0x28000000ul
enum { IPI = 9, SOURCE = 10, DEVICE = 21 };
enum { DOMAINCFG = 0, SOURCECFG = 4 * SOURCE, SETIPNUM = 0x1cdc, SETIENUM = 0x1edc };
enum { TARGET = 0x3000 + 4 * SOURCE, IDC = 0x4000 };
enum { IDELIVERY = IDC, CLAIMI = IDC + 0x1c };

static volatile ulong ready, claimed[64];

static volatile uint32_t *aplic(ulong at)
{
    return (volatile uint32_t *)(APLIC_S + at);
}

/* siselect is 0x150, sireg 0x151, stopei 0x15c. */
static void put_file(ulong reg, ulong value)
{
    wr_csr(0x150, reg);
    wr_csr(0x151, value);
}

static ulong claim(void)
{
    ulong v;
    __asm__ volatile("csrrw %0, 0x15c, zero" : "=r"(v) : : "memory");
    return v >> 16;
}

static void open_file(void)
{
    put_file(0x72, 0);
    put_file(0xc0, BIT(IPI) | BIT(DEVICE));
    put_file(0x70, 1);
}

/* Pages of one hart: the supervisor's, and the guests', 2^n in all. hgeie has a bit for each. */
static ulong stride(void)
{
    ulong n = 0;
    if (has_h()) {
        wr_csr(0x607, ~0ul);
        for (ulong m = rd_csr(0x607) >> 1; m; m >>= 1)
            n++;
        wr_csr(0x607, 0);
    }
    ulong pages = 1;
    while (pages < n + 1)
        pages *= 2;
    return pages * 4096;
}

static void listen(ulong hartid, ulong arg)
{
    (void)arg;
    open_file();
    ready = 1;
    while (!(csr_read(sip) & BIT(9)))
        ;
    claimed[hartid] = claim();
}

/* A store to another hart's page is an IPI. */
static void call_others(void)
{
    for (ulong other = 0; other < num_harts(); other++) {
        if (other == hart_id())
            continue;
        struct start s = {listen, 0};
        ready = claimed[other] = 0;
        CHECK(start_hart(other, &s));
        CHECK(wait_for(&ready, 1));
        *(volatile uint32_t *)(PAGES + stride() * other) = IPI;
        CHECK(wait_for(&claimed[other], IPI));
        CHECK(wait_status(other, 1));
    }
}

/* A source that the firmware has delegated, as software makes it pending. */
static void make_pending(ulong target)
{
    CHECK(*aplic(DOMAINCFG) >> 24 == 0x80);
    *aplic(SOURCECFG) = 1;
    CHECK(*aplic(SOURCECFG) == 1);
    *aplic(SETIENUM) = SOURCE;
    *aplic(TARGET) = (uint32_t)target;
    *aplic(DOMAINCFG) = 0x100;
    *aplic(SETIPNUM) = SOURCE;
}

void test(void)
{
    ulong me = hart_id();
    CHECK(!(csr_read(sip) & BIT(9)));
    if (*aplic(DOMAINCFG) & 4) {
        open_file();
        make_pending(me << 18 | DEVICE);
        CHECK(csr_read(sip) & BIT(9));
        CHECK(claim() == DEVICE);
        call_others();
    } else {
        *aplic(IDELIVERY + 32 * me) = 1;
        make_pending(me << 18 | 1);
        CHECK(csr_read(sip) & BIT(9));
        CHECK(*aplic(CLAIMI + 32 * me) == (SOURCE << 16 | 1));
    }
    CHECK(!(csr_read(sip) & BIT(9)));
}
