/* What devices see of the IOMMU: DMA that it moves and refuses, messages by MSI page tables and
 * into interrupt files in memory (AIA, "IOMMU support for MSIs to virtual machines"), and what it
 * remembers until a command says otherwise (specification, "Caching in-memory data structures"). */
#include "iommu_bench.h"

enum { PTE_BASIC = 7, PTE_MRIF = 3 };
enum { VMA = 1, GVMA = 1 | 1 << 7, DDT = 3, PDT = 3 | 1 << 7, AV = 1 << 10 };
#define PSCV     BIT(32)
#define GV       BIT(33)
#define PSCID(n) ((u64)(n) << 12)
#define GSCID(n) ((u64)(n) << 44)
#define MRIF     (BOARD_RAM + 0x18000)
#define NOTICE   (BOARD_RAM + 0x19000)
#define OTHER    (DATA + 0x10000)

/* ---- DMA ---- */

START_TEST(dma_goes_where_tables_say)
{
    u8 out[0x3000], in[0x3000];
    for (u32 i = 0; i < sizeof out; i++)
        out[i] = (u8)(i * 5 + 1);
    u64 at = IOVA + (DATA - BOARD_RAM) + 0x800;
    ck_assert_int_eq(dma_write(&outside, at, out, sizeof out), 0);
    ck_assert_int_eq(bus_copy_from(&b.bus, DATA + 0x800, in, sizeof in), 0);
    ck_assert_mem_eq(in, out, sizeof in);
    memset(in, 0, sizeof in);
    ck_assert_int_eq(dma_read(&outside, at, in, sizeof in), 0);
    ck_assert_mem_eq(in, out, sizeof in);
    ck_assert_uint_eq(records(), 0);
}
END_TEST

START_TEST(what_is_refused_is_a_record_and_copies_nothing)
{
    u64 value = 0x1122334455667788;
    put64(s_root + 8, leaf_entry(BOARD_RAM) & ~(u64)PTE_W);
    ck_assert_int_eq(dma_write(&outside, IOVA, &value, sizeof value), -1);
    ck_assert_uint_eq(records(), 1);
    ck_assert_uint_eq(record(0), 15 | 3ull << 34 | (u64)DID << 40);
    ck_assert_uint_eq(record(2), IOVA);
    ck_assert_uint_eq(get64(BOARD_RAM), 0);
    u64 len = 8;
    ck_assert_ptr_nonnull(dma_map(&outside, IOVA, &len, DMA_FROM_MEMORY));
}
END_TEST

START_TEST(a_device_that_gives_physical_addresses)
{
    u64 value = 7;
    outside.dma_physical = true;
    ck_assert_int_eq(dma_write(&outside, DATA, &value, sizeof value), 0);
    ck_assert_uint_eq(get64(DATA), 7);
    ck_assert_int_eq(dma_message(&outside, DATA, 9), -1); /* its messages are translated */
    ck_assert_uint_eq(records(), 1);
}
END_TEST

/* ---- messages ---- */

/* Pages A in which bits 12 and 14 count are interrupt files: 0 to 3. */
static void use_files(u64 first, u64 second)
{
    dc[FSC] = 0;
    dc[MSIPTP] = MODE(1) | PPN(msi_table);
    dc[MASK_WORD] = 5;
    dc[PATTERN] = PPN(OTHER);
    put_dc();
    put64(msi_table + 2 * 16, first);
    put64(msi_table + 2 * 16 + 8, second);
}
#define FILE2 (OTHER + 0x4000)

START_TEST(a_message_goes_to_the_file_that_its_address_counts)
{
    use_files(PPN(DATA) << 10 | PTE_BASIC, 0);
    ck_assert_int_eq(dma_message(&outside, FILE2 + 0x10, 1234), 0);
    ck_assert_uint_eq(get64(DATA + 0x10), 1234);
    ck_assert_int_eq(dma_message(&outside, OTHER + 0x2000, 55), 0); /* no file's page */
    ck_assert_uint_eq(get64(OTHER + 0x2000), 55);
    ck_assert_int_eq(translate(ACCESS_LOAD, DATA), 0);
    ck_assert_uint_eq(answer.bits, 12); /* the leaf is larger, but files lie in it */
    ck_assert_int_eq(dma_message(&outside, OTHER + 0x1000, 55), -1); /* file 1 */
    ck_assert_uint_eq(record(0) & 0xfff, 262);
}
END_TEST

START_TEST(a_message_into_a_file_in_memory)
{
    use_files(MRIF >> 9 << 7 | PTE_MRIF, PPN(NOTICE) << 10 | BIT(60) | 0x155);
    ck_assert_int_eq(dma_message(&outside, FILE2, 2047), 0);
    ck_assert_uint_eq(get64(MRIF + 31 * 16), BIT(63));
    ck_assert_uint_eq(get64(MRIF + 31 * 16 + 8), 0);
    ck_assert_uint_eq(get64(NOTICE), 0x555);
    ck_assert_int_eq(dma_message(&outside, FILE2 + 4, 0x41000000), 0); /* big-endian: 65 */
    ck_assert_uint_eq(get64(MRIF + 16), 2);
    ck_assert_int_eq(dma_message(&outside, FILE2, 0), 0);
    ck_assert_uint_eq(get64(MRIF), 1);
    put64(NOTICE, 0);
    ck_assert_int_eq(dma_message(&outside, FILE2, 2048), 0); /* accepted, and dropped */
    ck_assert_int_eq(dma_message(&outside, FILE2 + 8, 3), 0);
    ck_assert_uint_eq(get64(MRIF), 1);
    ck_assert_uint_eq(get64(NOTICE), 0);
    ck_assert_uint_eq(records(), 0);
}
END_TEST

START_TEST(a_file_that_is_no_memory)
{
    use_files(FAR >> 9 << 7 | PTE_MRIF, PPN(NOTICE) << 10);
    ck_assert_int_eq(dma_message(&outside, FILE2, 3), -1);
    ck_assert_uint_eq(record(0) & 0xfff, 264);
    ck_assert_uint_eq(get64(NOTICE), 0);
}
END_TEST

START_TEST(a_file_in_memory_takes_messages_only)
{
    u64 value = 0;
    use_files(MRIF >> 9 << 7 | PTE_MRIF, PPN(NOTICE) << 10);
    ck_assert_int_eq(dma_read(&outside, FILE2, &value, 8), -1);
    ck_assert_int_eq(dma_write(&outside, FILE2, &value, 8), -1);
}
END_TEST

/* ---- caches ---- */

static u64 lead(u64 va)
{
    return translate(ACCESS_LOAD, va) ? 0 : answer.pa;
}

/* A page of IOVA in a table of its own, so that it can be led elsewhere. */
static u64 small_page(u64 va, u64 flags)
{
    u64 mid = BOARD_RAM + 0x30000, low = BOARD_RAM + 0x31000;
    put64(s_root + 8, table_entry(mid));
    put64(mid + (va >> 21 & 511) * 8, table_entry(low));
    u64 at = low + (va >> 12 & 511) * 8;
    put64(at, leaf_entry(DATA) | flags);
    return at;
}

static const struct {
    u64 low, high;
    bool global, forgets;
} commands[] = {
    {VMA | GV | GSCID(7), 0, false, true},
    {VMA | GV | GSCID(7), 0, true, true},
    {VMA | GV | GSCID(8), 0, false, false},
    {VMA, 0, false, false}, /* of the host */
    {VMA | GV | GSCID(7) | PSCV | PSCID(5), 0, false, true},
    {VMA | GV | GSCID(7) | PSCV | PSCID(5), 0, true, false},
    {VMA | GV | GSCID(7) | PSCV | PSCID(6), 0, false, false},
    {VMA | GV | GSCID(7) | AV, IOVA >> 2, false, true},
    {VMA | GV | GSCID(7) | AV, (IOVA + 0x1000) >> 2, false, false},
    {VMA | GV | GSCID(7) | AV, (IOVA + 0x2000) >> 2 | BIT(9), false, false}, /* 8 KiB */
    {VMA | GV | GSCID(7) | AV, (IOVA | 0x1000) >> 2 | BIT(9), false, true},  /* 16 KiB */
    {VMA | GV | GSCID(7) | AV, (IOVA | 0x9000) >> 2 | BIT(9), false, false},
    {GVMA, 0, false, true},
    {GVMA | GV | GSCID(7), 0, false, true},
    {GVMA | GV | GSCID(8), 0, false, false},
    {GVMA | GV | GSCID(7) | AV, DATA >> 2, false, true},
    {GVMA | GV | GSCID(7) | AV, BOARD_RAM >> 2, false, true}, /* the same leaf */
    {GVMA | GV | GSCID(7) | AV, IOVA >> 2, false, false},
    {DDT, 0, false, false},
};

START_TEST(a_page_is_remembered_until_a_command_names_it)
{
    u64 at = small_page(IOVA, commands[_i].global ? PTE_G : 0);
    ck_assert_uint_eq(lead(IOVA), DATA);
    ck_assert(!answer.cached);
    put64(at, leaf_entry(OTHER));
    ck_assert_uint_eq(lead(IOVA), DATA);
    ck_assert(answer.cached);
    command(commands[_i].low, commands[_i].high);
    ck_assert_uint_eq(lead(IOVA), commands[_i].forgets ? OTHER : DATA);
}
END_TEST

START_TEST(nothing_invalid_is_remembered)
{
    u64 at = small_page(IOVA, 0);
    put64(at, 0);
    ck_assert_uint_eq(lead(IOVA), 0);
    put64(at, leaf_entry(OTHER));
    ck_assert_uint_eq(lead(IOVA), OTHER);
    dc[TC] = 0;
    put_dc();
    command(DDT, 0);
    ck_assert_uint_eq(lead(IOVA), 0);
    dc[TC] = V;
    put_dc();
    ck_assert_uint_eq(lead(IOVA), OTHER);
}
END_TEST

/* A permission that the cached page lacks is looked for in the tables. */
START_TEST(a_page_without_the_permission_is_walked_again)
{
    u64 at = small_page(IOVA, 0);
    put64(at, leaf_entry(DATA) & ~(u64)PTE_W);
    ck_assert_uint_eq(lead(IOVA), DATA);
    put64(at, leaf_entry(OTHER));
    ck_assert_uint_eq(lead(IOVA), DATA);
    ck_assert_int_eq(translate(ACCESS_STORE, IOVA), 0);
    ck_assert_uint_eq(answer.pa, OTHER);
}
END_TEST

START_TEST(a_context_is_remembered_until_a_command_names_it)
{
    static const struct {
        u64 low;
        bool forgets;
    } rows[] = {{DDT, true},
                {DDT | BIT(33) | (u64)DID << 40, true},
                {DDT | BIT(33) | (u64)(DID ^ 1) << 40, false},
                {VMA, false}};
    ck_assert_uint_eq(lead(IOVA), BOARD_RAM);
    dc[TC] |= 1 << 12; /* reserved */
    put_dc();
    ck_assert_uint_eq(lead(IOVA), BOARD_RAM);
    command(rows[_i].low, 0);
    ck_assert_uint_eq(lead(IOVA), rows[_i].forgets ? 0 : BOARD_RAM);
}
END_TEST

START_TEST(a_process_is_remembered_until_a_command_names_it)
{
    static const struct {
        u64 low;
        bool forgets;
    } rows[] = {{PDT | BIT(33) | (u64)DID << 40 | PSCID(9), true},
                {PDT | BIT(33) | (u64)DID << 40 | PSCID(8), false},
                {PDT | BIT(33) | (u64)(DID ^ 1) << 40 | PSCID(9), false},
                {DDT | BIT(33) | (u64)DID << 40, true}};
    dc[TC] |= PDTV;
    dc[FSC] = MODE(1) | PPN(pdt);
    put_dc();
    put64(pdt + 9 * 16, V | 5 << 12);
    put64(pdt + 9 * 16 + 8, MODE(8) | PPN(s_root));
    ck_assert_int_eq(translate_for(9, false, ACCESS_LOAD, IOVA), 0);
    put64(pdt + 9 * 16, 0);
    ck_assert_int_eq(translate_for(9, false, ACCESS_LOAD, IOVA), 0);
    command(rows[_i].low, 0);
    ck_assert_int_eq(translate_for(9, false, ACCESS_LOAD, IOVA), rows[_i].forgets ? -1 : 0);
}
END_TEST

START_TEST(without_caches_nothing_is_remembered)
{
    teardown();
    setup_uncached();
    u64 at = small_page(IOVA, 0);
    ck_assert_uint_eq(lead(IOVA), DATA);
    put64(at, leaf_entry(OTHER));
    ck_assert_uint_eq(lead(IOVA), OTHER);
}
END_TEST

START_TEST(reset_forgets)
{
    u64 at = small_page(IOVA, 0);
    ck_assert_uint_eq(lead(IOVA), DATA);
    put64(at, leaf_entry(OTHER));
    bus_reset(&b.bus);
    set(DDTP, PPN(ddt) << 10 | LVL3);
    ck_assert_uint_eq(lead(IOVA), OTHER);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("IOMMU DMA");
    TCase *t = tcase_create("dma");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, dma_goes_where_tables_say);
    tcase_add_test(t, what_is_refused_is_a_record_and_copies_nothing);
    tcase_add_test(t, a_device_that_gives_physical_addresses);
    tcase_add_test(t, a_message_goes_to_the_file_that_its_address_counts);
    tcase_add_test(t, a_message_into_a_file_in_memory);
    tcase_add_test(t, a_file_that_is_no_memory);
    tcase_add_test(t, a_file_in_memory_takes_messages_only);
    tcase_add_loop_test(t, a_page_is_remembered_until_a_command_names_it, 0, ARRAY_LEN(commands));
    tcase_add_test(t, nothing_invalid_is_remembered);
    tcase_add_test(t, a_page_without_the_permission_is_walked_again);
    tcase_add_loop_test(t, a_context_is_remembered_until_a_command_names_it, 0, 4);
    tcase_add_loop_test(t, a_process_is_remembered_until_a_command_names_it, 0, 4);
    tcase_add_test(t, without_caches_nothing_is_remembered);
    tcase_add_test(t, reset_forgets);
    suite_add_tcase(s, t);
    return run_suite(s);
}
