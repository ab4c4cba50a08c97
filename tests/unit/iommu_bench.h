/* An IOMMU on a test board, with directories and page tables for one device: both stages map the
 * gigabyte of RAM, the first from IOVA on, the second onto itself. */
#ifndef HEXTANT_TESTS_IOMMU_BENCH_H
#define HEXTANT_TESTS_IOMMU_BENCH_H

#include "devices/dma.h"
#include "devices/iommu.h"
#include "devices_board.h"

#define IOMMU 0x3010000ull
#define IOVA  0x40000000ull
#define CQ    (BOARD_RAM + 0x10000)
#define FQ    (BOARD_RAM + 0x11000)
#define DATA  (BOARD_RAM + 0x80000)
#define FAR   0x7000000000ull /* no memory is there */

enum { CAPS = 0, FCTL = 8, DDTP = 16, CQB = 24, CQH = 32, CQT = 36, FQB = 40, FQH = 48, FQT = 52 };
enum { CQCSR = 72, FQCSR = 76, IPSR = 84, OVERFLOWS = 88, INHIBIT = 92, CYCLES = 96 };
enum { COUNTER = 104, SELECTOR = 352, TR_IOVA = 600, TR_CTL = 608, TR_RESPONSE = 616 };
enum { ICVEC = 760, MSI_TABLE = 768 };
enum { OFF, BARE, LVL1, LVL2, LVL3 };
enum { TC = 0, IOHGATP, TA, FSC, MSIPTP, MASK_WORD, PATTERN, RESERVED };
enum { V = 1, EN_ATS = 2, EN_PRI = 4, T2GPA = 8, DTF = 16, PDTV = 32, PRPR = 64, GADE = 128 };
enum { SADE = 256, DPE = 512, SBE = 1024, SXL = 2048 };
enum { PTE_ALL = 0xdf }; /* V R W X U A D */
enum { DID = 0x12345 };
#define MODE(m) ((u64)(m) << 60)
#define PPN(pa) ((pa) >> 12)

static struct board b;
static struct device *iommu;
static struct device outside; /* a device behind it */
static struct iommu_config config;
static u64 dc[8];
static u64 ddt, ddt_mid, ddt_leaf, s_root, g_root, pdt, msi_table;
static struct iommu_fault fault;
static struct iommu_answer answer;

static inline int through_iommu(void *board, const struct device *dev, struct dma_access *a)
{
    (void)board;
    return dev == iommu ? 0 : iommu_dma(iommu, dev, a);
}

static inline void put64(u64 pa, u64 value)
{
    ck_assert_int_eq(bus_copy_to(&b.bus, pa, &value, 8), 0);
}

static inline u64 get64(u64 pa)
{
    u64 value;
    ck_assert_int_eq(bus_copy_from(&b.bus, pa, &value, 8), 0);
    return value;
}

static inline u64 reg(u32 offset)
{
    bool wide = offset <= 600 ? offset == CAPS || offset == DDTP || offset == CQB ||
                                    offset == FQB || offset >= CYCLES
                              : true;
    return rd(&b, IOMMU + offset, wide ? 8 : 4);
}

static inline void set(u32 offset, u64 value)
{
    wr(&b, IOMMU + offset,
       offset == DDTP || offset == CQB || offset == FQB ||
               (offset >= CYCLES && offset != MSI_TABLE + 8 && offset != MSI_TABLE + 12)
           ? 8
           : 4,
       value);
}

/* The device's context into memory, as the format of capabilities has it. */
static inline u64 dc_at(void)
{
    bool extended = reg(CAPS) & IOMMU_CAP_MSI_FLAT;
    return ddt_leaf + (extended ? (DID & 0x3f) * 64 : (DID & 0x7f) * 32);
}

static inline void put_dc(void)
{
    for (u32 i = 0; i < (reg(CAPS) & IOMMU_CAP_MSI_FLAT ? 8u : 4u); i++)
        put64(dc_at() + 8 * i, dc[i]);
}

/* Where entries of the device's directory are, by level. */
static inline u64 ddt_entry(unsigned level)
{
    unsigned leaf = reg(CAPS) & IOMMU_CAP_MSI_FLAT ? 6 : 7;
    u64 index = DID >> (leaf + 9 * (level - 1)) & 511;
    return (level == 2 ? ddt : ddt_mid) + index * 8;
}

static inline u64 table_entry(u64 pa)
{
    return PPN(pa) << 10 | 1;
}

static inline u64 leaf_entry(u64 pa)
{
    return PPN(pa) << 10 | PTE_ALL;
}

static inline void queues_on(void)
{
    set(CQB, PPN(CQ) << 10 | 5);
    set(FQB, PPN(FQ) << 10 | 4);
    set(CQCSR, 1);
    set(FQCSR, 1);
}

static inline void make_tables(void)
{
    u64 at = BOARD_RAM + 0x20000;
    ddt = at, ddt_mid = at + 0x1000, ddt_leaf = at + 0x2000, s_root = at + 0x3000;
    g_root = at + 0x4000, pdt = at + 0x8000, msi_table = at + 0x9000;
    put64(ddt_entry(2), table_entry(ddt_mid));
    put64(ddt_entry(1), table_entry(ddt_leaf));
    put64(s_root + 8, leaf_entry(BOARD_RAM));
    put64(g_root + 16, leaf_entry(BOARD_RAM));
    memset(dc, 0, sizeof dc);
    dc[TC] = V;
    dc[IOHGATP] = MODE(8) | 7ull << 44 | PPN(g_root);
    dc[TA] = 5 << 12;
    dc[FSC] = MODE(8) | PPN(s_root);
    put_dc();
}

static inline void iommu_setup(void)
{
    board_init(&b);
    config.place = IOMMU_MMIO;
    b.args.iommu_config = &config;
    iommu = board_make(&b, iommu_mmio_new, IOMMU);
    b.env.translate = through_iommu;
    outside = (struct device){.env = &b.env, .requester = DID};
    make_tables();
    queues_on();
    set(DDTP, PPN(ddt) << 10 | LVL3);
}

static inline void setup(void)
{
    config = (struct iommu_config){.cache = IOMMU_CACHED};
    iommu_setup();
}

static inline void setup_uncached(void)
{
    config = (struct iommu_config){.cache = IOMMU_UNCACHED};
    iommu_setup();
}

static inline void teardown(void)
{
    board_free(&b);
}

/* With other capabilities. */
static inline void without(u64 caps)
{
    board_free(&b);
    config.without = caps;
    iommu_setup();
}

static inline int ask(const struct iommu_request *q)
{
    return iommu_translate(iommu, q, &answer, &fault);
}

static inline int translate(enum access access, u64 iova)
{
    return ask(&(struct iommu_request){.did = DID, .access = (u8)access, .iova = iova});
}

static inline int translate_for(u32 pid, bool priv, enum access access, u64 iova)
{
    return ask(&(struct iommu_request){
        .did = DID, .pid = pid, .pv = true, .priv = priv, .access = (u8)access, .iova = iova});
}

/* A command at the tail of the queue. */
static inline void command(u64 low, u64 high)
{
    u32 tail = (u32)reg(CQT);
    put64(CQ + 16 * tail, low);
    put64(CQ + 16 * tail + 8, high);
    set(CQT, (tail + 1) & 63);
}

/* The last record of the fault queue. */
static inline u64 record(u32 word)
{
    u32 tail = (u32)reg(FQT);
    ck_assert_uint_ne(tail, reg(FQH));
    return get64(FQ + 32 * ((tail - 1) & 31) + 8 * word);
}

static inline u32 records(void)
{
    return ((u32)reg(FQT) - (u32)reg(FQH)) & 31;
}

#endif
