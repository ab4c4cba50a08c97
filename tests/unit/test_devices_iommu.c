/* Registers, queues, interrupts, counters and the debug interface of the IOMMU (specification,
 * "Memory-mapped register interface", "In-memory queue interface", "Debug support"). */
#include "iommu_bench.h"

enum { IPSR_CIP = 1, IPSR_FIP = 2, IPSR_PMIP = 4 };
enum { CQMF = 1 << 8, CMD_ILL = 1 << 10, FENCE_W_IP = 1 << 11, ON = 1 << 16 };
enum { FQMF = 1 << 8, FQOF = 1 << 9 };
enum { IOTINVAL_VMA = 1, IOTINVAL_GVMA = 1 | 1 << 7, IOFENCE = 2, IODIR_DDT = 3 };
enum { IODIR_PDT = 3 | 1 << 7, ATS_INVAL = 4, AV = 1 << 10, WSI = 1 << 11 };
#define MAILBOX (BOARD_RAM + 0x18000)

/* Every bit of every register that software can change, by what a write of ones leaves. */
START_TEST(what_ones_leave_in_each_register)
{
    static const struct {
        u32 offset, size;
        u64 left;
    } regs[] = {
        {FCTL, 4, 6},
        {DDTP, 8, 0x003ffffffffffc04}, /* mode 15 is none: it stays */
        {CQB, 8, 0x003ffffffffffc1f},
        {CQH, 4, 0},
        {FQB, 8, 0x003ffffffffffc1f},
        {FQT, 4, 0},
        {56, 8, 0}, /* of page requests, which need ATS */
        {80, 4, 0},
        {OVERFLOWS, 4, 0},
        {INHIBIT, 4, 0xff},
        {COUNTER + 8 * 6, 8, ~0ull},
        {COUNTER + 8 * 7, 8, 0},
        {SELECTOR, 8, 0xffffffffffff8000}, /* no such event */
        {SELECTOR + 8 * 7, 8, 0},
        {TR_IOVA, 8, ~0xfffull},
        {624, 8, 0}, /* of QoS identifiers */
        {ICVEC, 8, 0x333},
        {MSI_TABLE, 8, 0x00fffffffffffffc},
        {MSI_TABLE + 8, 4, 0xffffffff},
        {MSI_TABLE + 12, 4, 1},
        {MSI_TABLE + 64, 8, 0}, /* the fifth vector */
        {1024, 8, 0},
        {4088, 8, 0},
    };
    u64 caps = reg(CAPS);
    ck_assert_uint_eq(caps, 0x00000df8e1efcf10ull);
    wr(&b, IOMMU + CAPS, 8, ~0ull);
    ck_assert_uint_eq(reg(CAPS), caps);
    set(CQCSR, 0);
    set(FQCSR, 0);
    for (u32 i = 0; i < ARRAY_LEN(regs); i++) {
        wr(&b, IOMMU + regs[i].offset, regs[i].size, ~0ull);
        ck_assert_msg(rd(&b, IOMMU + regs[i].offset, regs[i].size) == regs[i].left,
                      "register %u: 0x%llx", regs[i].offset,
                      (unsigned long long)rd(&b, IOMMU + regs[i].offset, regs[i].size));
    }
    ck_assert(refuses(&b, IOMMU + DDTP, 2));
    ck_assert(refuses(&b, IOMMU + DDTP, 1));
}
END_TEST

START_TEST(halves_are_written_one_by_one)
{
    wr(&b, IOMMU + FQB + 4, 4, 0x12);
    wr(&b, IOMMU + FQB, 4, 0x1000);
    ck_assert_uint_eq(reg(FQB), 0x1200001000);
    ck_assert_uint_eq(rd(&b, IOMMU + FQB + 4, 4), 0x12);
}
END_TEST

START_TEST(indices_have_no_bits_beyond_the_queue)
{
    set(CQCSR, 0);
    set(CQB, PPN(CQ) << 10 | 2);
    set(CQT, 0xffffffff);
    ck_assert_uint_eq(reg(CQT), 7);
    set(CQB, PPN(CQ) << 10 | 1);
    ck_assert_uint_eq(reg(CQT), 3);
    set(FQH, 0xffffffff);
    ck_assert_uint_eq(reg(FQH), 31);
}
END_TEST

START_TEST(what_is_absent_reads_zero_and_ignores_writes)
{
    enum { HPM = 30, DBG = 31 };
    without(BIT(HPM) | BIT(DBG));
    for (u32 offset = INHIBIT; offset < 624; offset += 4) {
        wr(&b, IOMMU + offset, 4, ~0u);
        ck_assert_uint_eq(rd(&b, IOMMU + offset, 4), 0);
    }
}
END_TEST

START_TEST(reset_is_bare_or_off)
{
    bus_reset(&b.bus);
    ck_assert_uint_eq(reg(DDTP), BARE);
    ck_assert_uint_eq(reg(CQCSR) | reg(FQCSR) | reg(IPSR), 0);
    ck_assert_int_eq(translate(ACCESS_STORE, 0x1234567), 0);
    ck_assert_uint_eq(answer.pa, 0x1234567);
    board_free(&b);
    config.reset = IOMMU_RESET_OFF;
    iommu_setup();
    bus_reset(&b.bus);
    ck_assert_uint_eq(reg(DDTP), OFF);
    ck_assert_int_eq(translate(ACCESS_STORE, 0x1234567), -1);
    ck_assert_uint_eq(fault.cause, 256);
}
END_TEST

/* ---- commands ---- */

START_TEST(legal_commands_are_done)
{
    static const u64 legal[][2] = {
        {IOTINVAL_VMA, 0},
        {IOTINVAL_VMA | AV | BIT(32) | BIT(33) | BIT(34) | 0xfffffull << 12 | 0xffffull << 44,
         0x3ffffffffffffe00},
        {IOTINVAL_GVMA | AV | BIT(33) | 0xfffffull << 12, 0x3ffffffffffffc00},
        {IOFENCE | 3 << 12, 0},
        {IODIR_DDT, 0},
        {IODIR_DDT | BIT(33) | 0xffffffull << 40, 0},
        {IODIR_PDT | BIT(33) | 0xfffffull << 12, 0},
    };
    command(legal[_i][0], legal[_i][1]);
    ck_assert_uint_eq(reg(CQCSR), ON | 1);
    ck_assert_uint_eq(reg(CQH), 1);
}
END_TEST

static const u64 illegal[][2] = {
    {0, 0},
    {5, 0},
    {64, 0},
    {IOTINVAL_VMA | 2 << 7, 0},
    {IOTINVAL_VMA | BIT(11), 0},
    {IOTINVAL_VMA | BIT(35), 0},
    {IOTINVAL_VMA | BIT(60), 0},
    {IOTINVAL_VMA, 1},
    {IOTINVAL_VMA, BIT(62)},
    {IOTINVAL_GVMA | BIT(32), 0}, /* PSCV */
    {IOFENCE | 1 << 7, 0},
    {IOFENCE | BIT(14), 0},
    {IOFENCE | WSI, 0}, /* while interrupts are messages */
    {IOFENCE | AV, BIT(62)},
    {IODIR_DDT | BIT(10), 0},
    {IODIR_DDT | BIT(12), 0}, /* PID */
    {IODIR_DDT, 1},
    {IODIR_PDT, 0}, /* DV=0 */
    {IODIR_PDT | BIT(32), 0},
    {IODIR_PDT | 2 << 7, 0},
    {ATS_INVAL, 0},
    {ATS_INVAL | 1 << 7, 0},
};

START_TEST(illegal_commands_stop_the_queue)
{
    set(CQCSR, 3);
    command(illegal[_i][0], illegal[_i][1]);
    ck_assert_uint_eq(reg(CQCSR), ON | 3 | CMD_ILL);
    ck_assert_uint_eq(reg(CQH), 0);
    ck_assert_uint_eq(reg(IPSR), IPSR_CIP);
    set(IPSR, IPSR_CIP); /* its cause stands */
    ck_assert_uint_eq(reg(IPSR), IPSR_CIP);
    put64(CQ, IOFENCE);
    put64(CQ + 8, 0);
    set(CQCSR, 3 | CMD_ILL);
    ck_assert_uint_eq(reg(CQCSR), ON | 3);
    ck_assert_uint_eq(reg(CQH), 1);
    set(IPSR, IPSR_CIP);
    ck_assert_uint_eq(reg(IPSR), 0);
}
END_TEST

START_TEST(wide_ids_are_illegal)
{
    without(BIT(40) | BIT(39)); /* PD20, PD17 */
    command(IODIR_PDT | BIT(33) | 0x100ull << 12, 0);
    ck_assert_uint_eq(reg(CQCSR) & CMD_ILL, CMD_ILL);
    set(DDTP, BARE);
    set(DDTP, PPN(ddt) << 10 | LVL2);
    put64(CQ, IODIR_DDT | BIT(33) | BIT(40 + 15));
    set(CQCSR, 1 | CMD_ILL);
    ck_assert_uint_eq(reg(CQCSR) & CMD_ILL, CMD_ILL);
    put64(CQ, IODIR_DDT | BIT(33) | BIT(40 + 14));
    set(CQCSR, 1 | CMD_ILL);
    ck_assert_uint_eq(reg(CQH), 1);
}
END_TEST

START_TEST(without_the_extensions_nl_and_s_are_reserved)
{
    without(BIT(42) | BIT(43));
    command(IOTINVAL_VMA | BIT(34), 0);
    ck_assert_uint_eq(reg(CQCSR) & CMD_ILL, CMD_ILL);
    put64(CQ, IOTINVAL_VMA);
    put64(CQ + 8, BIT(9));
    set(CQCSR, 1 | CMD_ILL);
    ck_assert_uint_eq(reg(CQH), 0);
}
END_TEST

START_TEST(a_fence_writes_its_data)
{
    command(IOFENCE | AV | 0x12345678ull << 32, MAILBOX >> 2);
    ck_assert_uint_eq(get64(MAILBOX), 0x12345678);
    ck_assert_uint_eq(reg(CQH), 1);
    command(IOFENCE | AV, FAR >> 2);
    ck_assert_uint_eq(reg(CQCSR), ON | 1 | CQMF);
    ck_assert_uint_eq(reg(CQH), 1); /* the fence has not completed */
}
END_TEST

START_TEST(a_fence_interrupts_by_wire)
{
    set(FCTL, 2);
    set(CQCSR, 3);
    set(ICVEC, 2);
    command(IOFENCE | WSI, 0);
    ck_assert_uint_eq(reg(CQCSR), ON | 3 | FENCE_W_IP);
    ck_assert_uint_eq(b.pin[iommu->id][2], 1);
    command(IOFENCE, 0); /* it is no error: the queue goes on */
    ck_assert_uint_eq(reg(CQH), 2);
    set(CQCSR, 3 | FENCE_W_IP);
    ck_assert_uint_eq(b.pin[iommu->id][2], 1);
    set(IPSR, IPSR_CIP);
    ck_assert_uint_eq(b.pin[iommu->id][2], 0);
}
END_TEST

START_TEST(commands_that_are_not_in_memory)
{
    set(CQCSR, 0);
    set(CQB, PPN(FAR) << 10 | 5);
    set(CQT, 1);
    set(CQCSR, 1);
    ck_assert_uint_eq(reg(CQCSR), ON | 1 | CQMF);
    ck_assert_uint_eq(reg(CQH), 0);
    set(CQCSR, 0);
    ck_assert_uint_eq(reg(CQCSR) & ON, 0);
}
END_TEST

/* A piece at a time, so that no queue holds up the machine. */
START_TEST(a_long_queue_is_done_in_pieces)
{
    set(CQCSR, 0);
    set(CQB, PPN(BOARD_RAM + 0x40000) << 10 | 11);
    for (u32 i = 0; i < 4096; i++)
        put64(BOARD_RAM + 0x40000 + 16 * i, IOFENCE);
    set(CQT, 4095);
    set(CQCSR, 1);
    ck_assert_uint_lt(reg(CQH), 4095);
    u32 turns = 0;
    while (reg(CQH) != 4095 && turns++ < 100)
        board_run_to(&b, b.deadline[iommu->id]);
    ck_assert_uint_eq(reg(CQH), 4095);
    ck_assert_uint_gt(turns, 1);
}
END_TEST

/* ---- the fault queue ---- */

static void make_fault(void)
{
    ck_assert_int_eq(translate(ACCESS_STORE, FAR), -1);
}

START_TEST(a_full_queue_overflows)
{
    set(FQCSR, 0);
    set(FQB, PPN(FQ) << 10); /* two entries: room for one */
    set(FQCSR, 3);
    make_fault();
    ck_assert_uint_eq(reg(FQT), 1);
    ck_assert_uint_eq(reg(IPSR), IPSR_FIP);
    set(IPSR, IPSR_FIP);
    ck_assert_uint_eq(reg(IPSR), 0);
    make_fault();
    ck_assert_uint_eq(reg(FQCSR), ON | 3 | FQOF);
    ck_assert_uint_eq(reg(IPSR), IPSR_FIP);
    set(FQH, 1);
    make_fault(); /* dropped while the bit stands */
    ck_assert_uint_eq(reg(FQT), 1);
    set(FQCSR, 3 | FQOF);
    make_fault();
    ck_assert_uint_eq(reg(FQT), 0);
}
END_TEST

START_TEST(records_that_go_nowhere)
{
    set(FQCSR, 0);
    make_fault();
    ck_assert_uint_eq(reg(FQT), 0);
    set(FQB, PPN(FAR) << 10 | 4);
    set(FQCSR, 3);
    make_fault();
    ck_assert_uint_eq(reg(FQCSR), ON | 3 | FQMF);
    ck_assert_uint_eq(reg(FQT), 0);
    ck_assert_uint_eq(reg(IPSR), IPSR_FIP);
}
END_TEST

/* ---- messages ---- */

static void aim(u32 vector, u64 address, u32 data, u32 mask)
{
    set(MSI_TABLE + 16 * vector, address);
    wr(&b, IOMMU + MSI_TABLE + 16 * vector + 8, 4, data);
    wr(&b, IOMMU + MSI_TABLE + 16 * vector + 12, 4, mask);
}

START_TEST(a_message_waits_for_its_mask)
{
    set(FQCSR, 3);
    set(ICVEC, 3 << 4);
    aim(3, MAILBOX, 77, 1);
    make_fault();
    ck_assert_uint_eq(get64(MAILBOX), 0);
    wr(&b, IOMMU + MSI_TABLE + 16 * 3 + 12, 4, 0);
    ck_assert_uint_eq(get64(MAILBOX), 77);
    put64(MAILBOX, 0);
    make_fault(); /* it is pending already: no edge */
    ck_assert_uint_eq(get64(MAILBOX), 0);
    set(IPSR, IPSR_FIP);
    make_fault();
    ck_assert_uint_eq(get64(MAILBOX), 77);
}
END_TEST

START_TEST(a_message_that_goes_nowhere_is_a_record)
{
    set(CQCSR, 3);
    aim(0, FAR, 1, 0);
    command(0, 0);
    ck_assert_uint_eq(records(), 1);
    ck_assert_uint_eq(record(0), 273); /* no transaction: all else is 0 */
    ck_assert_uint_eq(record(2), FAR);
}
END_TEST

/* ---- counters ---- */

START_TEST(cycles_overflow)
{
    set(INHIBIT, 1);
    set(CYCLES, MASK(63) - 9);
    board_run_to(&b, 100);
    ck_assert_uint_eq(reg(CYCLES), MASK(63) - 9);
    set(INHIBIT, 0);
    ck_assert_uint_eq(b.deadline[iommu->id], 110);
    board_run_to(&b, 110);
    ck_assert_uint_eq(reg(IPSR), IPSR_PMIP);
    ck_assert_uint_eq(reg(CYCLES), BIT(63));
    ck_assert_uint_eq(reg(OVERFLOWS), 1);
    ck_assert_uint_eq(b.deadline[iommu->id], UINT64_MAX);
}
END_TEST

enum { EV_REQUEST = 1, EV_MISS = 4, EV_DDT, EV_PDT, EV_FIRST, EV_SECOND };
#define DV      BIT(61)
#define IDT     BIT(62)
#define PVF     BIT(60)
#define IDS(id) ((u64)(id) << 36)

START_TEST(events_are_counted_by_who_caused_them)
{
    static const struct {
        u64 selector;
        u64 first, second; /* after the first and a second, cached access */
    } rows[] = {
        {EV_REQUEST, 1, 2},
        {EV_MISS, 1, 1},
        {EV_DDT, 1, 1},
        {EV_PDT, 0, 0},
        {EV_FIRST, 1, 1},
        {EV_SECOND, 2, 2}, /* of the table and of the data */
        {EV_REQUEST | DV | IDS(DID), 1, 2},
        {EV_REQUEST | DV | IDS(DID + 1), 0, 0},
        {EV_REQUEST | DV | BIT(15) | IDS(DID | 7), 1, 2}, /* DID & ~15, any of the low 4 bits */
        {EV_REQUEST | DV | BIT(15) | IDS((DID | 7) ^ 64), 0, 0},
        {EV_REQUEST | IDT | DV | IDS(7), 0, 0}, /* this event knows no GSCID */
        {EV_MISS | IDT | DV | IDS(7), 1, 1},
        {EV_MISS | IDT | DV | IDS(8), 0, 0},
        {EV_FIRST | IDT | PVF | 5ull << 16, 1, 1},
        {EV_FIRST | IDT | PVF | 6ull << 16, 0, 0},
        {EV_REQUEST | PVF | 0ull << 16, 0, 0}, /* there is no process_id */
    };
    set(SELECTOR + 8, rows[_i].selector);
    translate(ACCESS_LOAD, IOVA);
    ck_assert_uint_eq(reg(COUNTER + 8), rows[_i].first);
    translate(ACCESS_LOAD, IOVA);
    ck_assert_uint_eq(reg(COUNTER + 8), rows[_i].second);
    set(INHIBIT, 4);
    translate(ACCESS_LOAD, IOVA + 0x5000);
    ck_assert_uint_eq(reg(COUNTER + 8), rows[_i].second);
}
END_TEST

START_TEST(a_counter_overflows_once)
{
    set(SELECTOR, EV_REQUEST);
    set(COUNTER, ~0ull);
    translate(ACCESS_LOAD, IOVA);
    ck_assert_uint_eq(reg(COUNTER), 0);
    ck_assert_uint_eq(reg(IPSR), IPSR_PMIP);
    ck_assert_uint_eq(reg(OVERFLOWS), 2);
    ck_assert_uint_eq(reg(SELECTOR), BIT(63) | EV_REQUEST);
    set(IPSR, IPSR_PMIP);
    set(COUNTER, ~0ull);
    translate(ACCESS_LOAD, IOVA);
    ck_assert_uint_eq(reg(IPSR), 0);
}
END_TEST

/* ---- debug ---- */

enum { GO = 1, EXE = 4, NW = 8 };

START_TEST(a_translation_on_request)
{
    set(TR_IOVA, IOVA + 0x5000);
    set(TR_CTL, (u64)DID << 40 | GO | NW);
    ck_assert_uint_eq(reg(TR_CTL), (u64)DID << 40 | NW);
    u64 gigabyte = (PPN(BOARD_RAM) & ~MASK(18)) | MASK(17);
    ck_assert_uint_eq(reg(TR_RESPONSE), gigabyte << 10 | BIT(9));
    put64(s_root + 8, (leaf_entry(BOARD_RAM) & ~(u64)0x84) | 1ull << 61); /* W, D clear; NC */
    command(IOTINVAL_VMA | BIT(33) | 7ull << 44, 0);
    set(TR_CTL, (u64)DID << 40 | GO | NW);
    ck_assert_uint_eq(reg(TR_RESPONSE), gigabyte << 10 | BIT(9) | BIT(7));
    set(TR_CTL, (u64)DID << 40 | GO);
    ck_assert_uint_eq(reg(TR_RESPONSE) & 1, 1);
    ck_assert_uint_eq(record(0) & 0xfff, 15);
    ck_assert_uint_eq(record(0) >> 34 & 63, 3);
    set(TR_CTL, (u64)DID << 40 | GO | NW | EXE);
    ck_assert_uint_eq(reg(TR_RESPONSE) & 1, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("IOMMU registers");
    TCase *t = tcase_create("registers");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_ones_leave_in_each_register);
    tcase_add_test(t, halves_are_written_one_by_one);
    tcase_add_test(t, indices_have_no_bits_beyond_the_queue);
    tcase_add_test(t, what_is_absent_reads_zero_and_ignores_writes);
    tcase_add_test(t, reset_is_bare_or_off);
    tcase_add_loop_test(t, legal_commands_are_done, 0, 7);
    tcase_add_loop_test(t, illegal_commands_stop_the_queue, 0, ARRAY_LEN(illegal));
    tcase_add_test(t, wide_ids_are_illegal);
    tcase_add_test(t, without_the_extensions_nl_and_s_are_reserved);
    tcase_add_test(t, a_fence_writes_its_data);
    tcase_add_test(t, a_fence_interrupts_by_wire);
    tcase_add_test(t, commands_that_are_not_in_memory);
    tcase_add_test(t, a_long_queue_is_done_in_pieces);
    tcase_add_test(t, a_full_queue_overflows);
    tcase_add_test(t, records_that_go_nowhere);
    tcase_add_test(t, a_message_waits_for_its_mask);
    tcase_add_test(t, a_message_that_goes_nowhere_is_a_record);
    tcase_add_test(t, cycles_overflow);
    tcase_add_loop_test(t, events_are_counted_by_who_caused_them, 0, 16);
    tcase_add_test(t, a_counter_overflows_once);
    tcase_add_test(t, a_translation_on_request);
    suite_add_tcase(s, t);
    return run_suite(s);
}
