/* What the monitor says of the IOMMU: its registers, contexts, caches and queues, a translation
 * step by step, what is stale, and why there was a fault. */
#include "run_suite.h"
#include "devices/iommu.h"
#include "monitor_bench.h"

#define IOMMU 0x3010000ull
#define DDT   0x80040000ull
#define TABLE 0x80041000ull
#define QUEUE 0x80042000ull
enum { DDTP = 16, CQB = 24, CQT = 36, FQB = 40, CQCSR = 72, FQCSR = 76, ALL = 0xdf };

static struct bench b;
static struct device *io;

static void put(u32 reg, unsigned size, u64 value)
{
    ck_assert_int_eq(bus_write(&b.m->bus, IOMMU + reg, size, value), 0);
}

static void put_word(u64 pa, u64 value)
{
    ck_assert_int_eq(bus_copy_to(&b.m->bus, pa, &value, 8), 0);
}

/* The device 00:01.0 has the gigabyte at 0x40000000 led to that of RAM. */
static void setup(void)
{
    static const char *const args[] = {"--iommu=mmio", "--virtio=bus=pci"};
    bench_open(&b, 2, args);
    io = bus_device_of(&b.m->bus, &iommu_class);
    put_word(DDT + 8 * 64, 1);
    put_word(DDT + 8 * 64 + 24, 8ull << 60 | TABLE >> 12);
    put_word(TABLE + 8, 0x80000000 >> 12 << 10 | ALL);
    put(CQB, 8, QUEUE >> 12 << 10 | 3);
    put(FQB, 8, (QUEUE + 0x1000) >> 12 << 10 | 3);
    put(CQCSR, 4, 1);
    put(FQCSR, 4, 1);
    put(DDTP, 8, DDT >> 12 << 10 | 2);
}

static void teardown(void)
{
    bench_close(&b);
}

static int ask(u64 iova)
{
    struct iommu_answer a;
    struct iommu_fault f;
    return iommu_translate(io, &(struct iommu_request){.did = 8, .iova = iova}, &a, &f);
}

static void say(const char *line, int rc)
{
    ck_assert_int_eq(bench_run(&b, line), rc);
}

START_TEST(its_registers)
{
    put_word(QUEUE, 0);
    put(CQT, 4, 1);
    say("iommu", 0);
    expect(&b, "1LVL, directory at 0x80040000, contexts of 64 bytes");
    expect(&b, "on, 16 entries at 0x80042000, head 0, tail 1; stopped: the command at the head is "
               "illegal");
    say("iommu queues", 0);
    expect(&b, "command 0");
    say("iommu nothing", -1);
}
END_TEST

START_TEST(contexts_and_caches)
{
    say("iommu directory", 0);
    expect(&b, "00:01.0  Sv39 at 0x80041000, then Bare");
    ck_assert_int_eq(ask(0x40000123), 0);
    say("iommu cache", 0);
    expect(&b, "00:01.0  Sv39 at 0x80041000, then Bare");
    expect(&b, "0x000040000000 -> pa 0x80000000  rwx  PSCID 0");
}
END_TEST

START_TEST(a_translation_and_what_is_stale)
{
    say("walk 0x40000123 --device=00:01.0", 0);
    expect(&b, "read at 0x40000123 by 00:01.0");
    expect(&b, "DC  0  0x000080040200");
    expect(&b, "S   2  0x000080041008");
    expect(&b, "result    pa 0x80000123");
    ck_assert_int_eq(ask(0x40000123), 0);
    put_word(TABLE + 8, 0x80000000 >> 12 << 10 | (ALL & ~4u));
    say("walk 0x40000123 w --device=8", 0);
    expect(&b, "cause 15 (write page fault)");
    expect(&b, "the IOMMU does not look there: it remembers pa 0x80000123");
    ck_assert_ptr_null(iommu_last_fault(io, 0)); /* looking on has reported nothing */
    say("walk 0 --device=00:99.0", -1);
    say("walk 0 --device=8 y", -1);
}
END_TEST

START_TEST(why_there_was_a_fault)
{
    say("why iommu", -1);
    ck_assert_int_eq(ask(0x80000000), -1);
    say("why iommu", 0);
    expect(&b, "cause 13 (read page fault): read at 0x80000000 by 00:01.0");
    expect(&b, "first-stage entry of level 2 at 0x80041010: 0x0");
    expect(&b, "in the fault queue");
    put_word(DDT + 8 * 64, 1 | 1 << 12);
    put(DDTP, 8, 1);
    put(FQCSR, 4, 0);
    put(DDTP, 8, DDT >> 12 << 10 | 2);
    struct iommu_answer a;
    struct iommu_fault f;
    iommu_translate(io, &(struct iommu_request){.did = 9}, &a, &f);
    say("why iommu", 0);
    expect(&b, "cause 258 (DDT entry not valid)");
    expect(&b, "the device context has V=0");
    expect(&b, "dropped: the queue takes none");
    say("why iommu 1", 0);
    expect(&b, "cause 13");
    say("why iommu 2", -1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("monitor_iommu");
    TCase *t = tcase_create("monitor_iommu");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, its_registers);
    tcase_add_test(t, contexts_and_caches);
    tcase_add_test(t, a_translation_and_what_is_stale);
    tcase_add_test(t, why_there_was_a_fault);
    suite_add_tcase(s, t);
    return run_suite(s);
}
