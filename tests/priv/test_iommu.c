/* A function of PCI that belongs to a guest: the IOMMU translates its DMA by the tables of hgatp,
 * and its messages by an MSI page table into the guest's interrupt file, so that the guest drives
 * it without an exit (IOMMU specification; AIA 8). The function is virtio's source of randomness,
 * 00:01.0 (hextant run --irqchip=aplic-imsic --virtio=bus=pci --iommu=mmio). */
#include "imsic.h"

#define IOMMU 0x3010000ul
#define ECAM  0x30008000ul
#define BAR   0x40000000ul /* of the registers; MSI-X follows */
#define MSIX  0x40100000ul
#define BELL  0x50000000ul /* where the guest sees the notifications */
#define FILES 0x28000000ul /* where it sees its interrupt file */
enum { DDTP = 16, FQB = 40, FQT = 52, FQCSR = 76, LVL1 = 2, DID = 8, GUEST = 1, IDENTITY = 7 };
enum { DC_WORDS = 8, GSCID = 3, BYTES = 16 };
enum { NEEDS_RESET = 64, WRITE_GUEST_PAGE_FAULT = 23 };
/* In the page that the guest and the device share. */
enum { DESC = 0, AVAIL = 0x100, USED = 0x200, BUFFER = 0x400 };

static u64 *queue; /* of faults */

static void put(ulong at, unsigned size, u64 value)
{
    if (size == 1)
        *(volatile u8 *)at = (u8)value;
    else if (size == 2)
        *(volatile u16 *)at = (u16)value;
    else if (size == 4)
        *(volatile u32 *)at = (u32)value;
    else
        *(volatile u64 *)at = value;
}

static u32 get(ulong at)
{
    return *(volatile u32 *)at;
}

/* The machine has both, or the test is not for it. */
static void need_iommu(void)
{
    NEED(boot_argument("iommu"), "no IOMMU with a function behind it");
    need_imsic();
    NEED(guests(), "no guest interrupt file");
}

/* The context of the function: hgatp's tables, and one page of interrupt files. */
static void assign(void)
{
    u64 *ddt = page_alloc(1), *msi = page_alloc(1), *dc = ddt + DID * DC_WORDS;
    queue = page_alloc(1);
    dc[1] = (u64)ts.g.mode << 60 | (u64)GSCID << 44 | (ulong)ts.g.root >> 12;
    dc[4] = 1ull << 60 | (ulong)msi >> 12;
    dc[6] = FILES >> 12;
    dc[0] = 1;
    msi[0] = s_page(GUEST) >> 12 << 10 | 7;
    put(IOMMU + DDTP, 8, 1);
    put(IOMMU + FQCSR, 4, 0);
    put(IOMMU + FQB, 8, (ulong)queue >> 12 << 10 | 3);
    put(IOMMU + FQCSR, 4, 1);
    put(IOMMU + 36, 4, 0); /* nothing is left of an earlier test: */
    u64 *commands = page_alloc(1);
    commands[0] = 3, commands[2] = 1 | 1 << 7; /* IODIR.INVAL_DDT, IOTINVAL.GVMA */
    put(IOMMU + 72, 4, 0);
    put(IOMMU + 24, 8, (ulong)commands >> 12 << 10 | 3);
    put(IOMMU + 72, 4, 1);
    put(IOMMU + 36, 4, 2);
    CHECK_EQ(get(IOMMU + 32), 2);
    put(IOMMU + DDTP, 8, (ulong)ddt >> 12 << 10 | LVL1);
}

/* One queue of eight entries, with one buffer at this guest-physical address. */
static void start(u64 buffer)
{
    put(ECAM + 0x14, 4, MSIX);
    put(ECAM + 0x20, 4, BAR);
    put(ECAM + 0x24, 4, 0);
    put(ECAM + 4, 2, 6);
    put(BAR + 0x14, 1, 0);
    put(MSIX, 8, FILES);
    put(MSIX + 8, 8, IDENTITY);
    put(ECAM + 0x40 + 2, 2, 1 << 15);
    put(BAR + 0x14, 1, 3);
    put(BAR + 8, 4, 1);
    put(BAR + 12, 4, 3); /* VERSION_1, ACCESS_PLATFORM */
    put(BAR + 0x14, 1, 11);
    put(BAR + 0x18, 2, 8);
    put(BAR + 0x1a, 2, 0);
    put(BAR + 0x20, 8, ts.gpa + DESC);
    put(BAR + 0x28, 8, ts.gpa + AVAIL);
    put(BAR + 0x30, 8, ts.gpa + USED);
    put(BAR + 0x1c, 2, 1);
    put(BAR + 0x14, 1, 15);
    put((ulong)ts.mem + DESC, 8, buffer);
    put((ulong)ts.mem + DESC + 8, 8, (u64)2 << 32 | BYTES); /* to be written */
    put((ulong)ts.mem + AVAIL, 8, 1ull << 16);
}

static void set_up(u64 buffer)
{
    need_iommu();
    two_stage(SV39, SV39, 0);
    table_map(&ts.g, BELL, BAR + 0x3000, PTE_RWX | PTE_U, 0);
    table_map(&ts.vs, BELL, BELL, PTE_RWX, 0);
    fence_all();
    assign();
    start(buffer ? buffer : ts.gpa + BUFFER);
    set_vgein(GUEST);
    file_put(CSR_VSISELECT, EIDELIVERY, 1);
    file_set(CSR_VSISELECT, EIE0, IDENTITY, 1);
    csr_write(CSR_HIDELEG, BIT(IRQ_VSEI));
    csr_write(CSR_VSIE, BIT(IRQ_SEI));
}

TEST("AIA 8: a guest rings its device; data and interrupt arrive without an exit")
{
    set_up(0);
    EXPECT_DONE(exec(MODE_VS, SH(A1, A0, 0), BELL, 0));
    CHECK_EQ(get((ulong)ts.mem + USED) >> 16, 1);
    CHECK_EQ(get((ulong)ts.mem + USED + 8), BYTES);
    CHECK(*(u64 *)(ts.mem + BUFFER) != 0);
    CHECK_EQ(csr_read(CSR_HGEIP), BIT(GUEST));
    csr_set(CSR_VSSTATUS, STATUS_SIE);
    struct trap t = RUN(MODE_VS, CODE(NOP));
    CHECK_EQ(t.bank, BANK_VS);
    CHECK_EQ(t.cause, INTERRUPT | IRQ_SEI);
    CHECK_EQ(csr_get(CSR_VSTOPEI), EID(IDENTITY));
    CHECK_EQ(get(IOMMU + FQT), 0);
}

TEST("IOMMU 3.3: a buffer that the guest does not have is a fault record, and the device stops")
{
    u64 elsewhere = 0x60000000;
    set_up(elsewhere);
    EXPECT_DONE(exec(MODE_VS, SH(A1, A0, 0), BELL, 0));
    CHECK_EQ(*(volatile u8 *)(BAR + 0x14) & NEEDS_RESET, NEEDS_RESET);
    CHECK_EQ(get(IOMMU + FQT), 1);
    CHECK_EQ(queue[0], WRITE_GUEST_PAGE_FAULT | 3ull << 34 | (u64)DID << 40);
    CHECK_EQ(queue[2], elsewhere);
    CHECK_EQ(queue[3], elsewhere);
}

TEST("IOMMU 3.1: without a device context the function reaches nothing")
{
    set_up(0);
    u64 *none = page_alloc(1);
    put(IOMMU + DDTP, 8, 1);
    put(IOMMU + 36, 4, 3); /* the third command, of zeros, is illegal and stops the queue */
    put(IOMMU + 72, 4, 0);
    u64 *commands = page_alloc(1);
    commands[0] = 3;
    put(IOMMU + 24, 8, (ulong)commands >> 12 << 10 | 3);
    put(IOMMU + 36, 4, 0);
    put(IOMMU + 72, 4, 1);
    put(IOMMU + 36, 4, 1);
    put(IOMMU + DDTP, 8, (ulong)none >> 12 << 10 | LVL1);
    EXPECT_DONE(exec(MODE_VS, SH(A1, A0, 0), BELL, 0));
    CHECK_EQ(get(IOMMU + FQT) >= 1, 1);
    CHECK_EQ(queue[0] & 0xfff, 258);
    CHECK_EQ(csr_read(CSR_HGEIP), 0);
}
