/* An NVMe controller behind the IOMMU: its queues, data and messages go where page tables say; data
 * that they refuse end the command with a transfer error, and are a fault record with the
 * function's identity. */
#include "devices/iommu.h"
#include "nvme_bench.h"

#define IOMMU 0x3010000ull
#define DDT   (BOARD_RAM + 0x30000)
#define ROOT  (BOARD_RAM + 0x31000) /* and the two tables below it */
#define FQ    (BOARD_RAM + 0x34000)
enum { DDTP = 16, FQB = 40, FQT = 52, FQCSR = 76, LVL1 = 2, DID = 1 << 3, TRANSFER_ERROR = 4 };
enum { ALL = 0xdf, READ_ONLY = ALL & ~4 };

static struct device *iommu;

static int translate(void *board, const struct device *dev, struct dma_access *a)
{
    (void)board;
    return dev == nvme ? iommu_dma(iommu, dev, a) : 0;
}

static void put_word(u64 pa, u64 value)
{
    mem_put(pa, &value, 8);
}

/* The entry of a page of RAM, which is mapped onto itself. */
static u64 entry(u64 page)
{
    return ROOT + 0x2000 + (page - BOARD_RAM) / PAGE * 8;
}

static void begin(void)
{
    static const struct iommu_config config = {.place = IOMMU_MMIO, .cache = IOMMU_UNCACHED};
    setup();
    b.args.iommu_config = &config;
    iommu = board_make(&b, iommu_mmio_new, IOMMU);
    b.env.translate = translate;
    put_word(DDT + 64 * DID, 1);
    put_word(DDT + 64 * DID + 24, 8ull << 60 | ROOT >> 12);
    put_word(ROOT + 16, (ROOT + 0x1000) >> 12 << 10 | 1);
    put_word(ROOT + 0x1000, (ROOT + 0x2000) >> 12 << 10 | 1);
    for (u64 page = BOARD_RAM; page < BOARD_RAM + BOARD_RAM_SIZE; page += PAGE)
        put_word(entry(page), page >> 12 << 10 | ALL);
    wr(&b, IOMMU + FQB, 8, FQ >> 12 << 10 | 4);
    wr(&b, IOMMU + FQCSR, 4, 1);
    wr(&b, IOMMU + DDTP, 8, DDT >> 12 << 10 | LVL1);
    create_queue(1);
}

START_TEST(data_go_where_tables_say)
{
    put_word(entry(DATA), (DATA + PAGE) >> 12 << 10 | ALL);
    ck_assert_uint_eq(submit(1, io(O_READ, 5, 1, DATA, 0), NULL), 0);
    ck_assert_uint_eq(byte_at(DATA + PAGE), 5);
    ck_assert_uint_eq(byte_at(DATA), 0);
}
END_TEST

START_TEST(refused_data_are_a_transfer_error_and_a_record)
{
    u64 record[4];
    put_word(entry(DATA), DATA >> 12 << 10 | READ_ONLY);
    ck_assert_uint_eq(submit(1, io(O_READ, 5, 1, DATA, 0), NULL) & 0xff, TRANSFER_ERROR);
    ck_assert_uint_eq(byte_at(DATA), 0);
    ck_assert_uint_ge(rd(&b, IOMMU + FQT, 4), 1);
    mem_get(FQ, record, sizeof record);
    ck_assert_uint_eq(record[0], 15 | 3ull << 34 | (u64)DID << 40);
    ck_assert_uint_eq(record[2], DATA);
    ck_assert_uint_eq(submit(1, io(O_WRITE, 9, 1, DATA, 0), NULL), 0); /* it may read */
    ck_assert_uint_eq(file_byte(9 * 512), 0);
}
END_TEST

START_TEST(its_messages_pass_too)
{
    wr(&b, TABLE, 4, MAILBOX);
    wr(&b, TABLE + 4, 4, 0);
    wr(&b, TABLE + 8, 4, 0x77);
    wr(&b, TABLE + 12, 4, 0);
    u32 cap = capability(cfg(0, 1), 0x11);
    wr(&b, cfg(0, 1) + cap + 2, 2, 1 << 15);
    put_word(entry(MAILBOX), (MAILBOX + PAGE) >> 12 << 10 | ALL);
    ck_assert_uint_eq(admin(IDENTIFY, 0, DATA, 1, 0), 0);
    ck_assert_uint_eq(byte_at(MAILBOX + PAGE), 0x77);
    ck_assert_uint_eq(byte_at(MAILBOX), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("NVMe behind an IOMMU");
    TCase *t = tcase_create("nvme");
    tcase_add_checked_fixture(t, begin, teardown);
    tcase_add_test(t, data_go_where_tables_say);
    tcase_add_test(t, refused_data_are_a_transfer_error_and_a_record);
    tcase_add_test(t, its_messages_pass_too);
    suite_add_tcase(s, t);
    return run_suite(s);
}
