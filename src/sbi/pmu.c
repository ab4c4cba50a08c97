/* Performance monitoring (PMU): the hart's counters through mhpmevent and mcountinhibit, and
 * sixteen counters of the firmware's own events. Logical index: 0 cycle, 2 instret, 3..
 * mhpmcounter3.., then the firmware counters; index 1 (time) is not a counter. */
#include "sbi/firmware.h"

#include "cpu/counter.h"
#include "sbi/pmu.h"

enum { INDEX_CYCLE = 0, INDEX_TIME = 1, INDEX_INSTRET = 2, INDEX_HPM = 3 };
enum { TYPE_GENERAL = 0, TYPE_CACHE = 1, TYPE_RAW = 2, TYPE_RAW_V2 = 3, TYPE_FIRMWARE = 15 };
enum { GENERAL_CYCLES = 1, GENERAL_INSTRUCTIONS = 2, GENERAL_REF_CYCLES = 10 };
enum { CACHE_IDS = 7, CACHE_OPS = 3 };
enum { CFG_SKIP_MATCH = 1, CFG_CLEAR_VALUE = 2, CFG_AUTO_START = 4, CFG_DEFINED = 0xff };
enum { START_SET_VALUE = 1, START_SNAPSHOT = 2, STOP_RESET = 1, STOP_SNAPSHOT = 2 };
enum { FN_SNAPSHOT_SET_SHMEM = 7 };
enum { SNAPSHOT_SIZE = 4096, SNAPSHOT_VALUES = 8, MAX_INFO_ENTRIES = 65536 };

static u32 num_hardware(const struct hart *h)
{
    return INDEX_HPM + (has(h, EXT_Zihpm) ? h->config.hpm_counters : 0);
}

static u32 num_counters(const struct hart *h)
{
    return num_hardware(h) + SBI_FW_COUNTERS;
}

static bool valid_counter(const struct hart *h, u64 index)
{
    return index < num_counters(h) && index != INDEX_TIME;
}

static bool is_firmware(const struct hart *h, u64 index)
{
    return index >= num_hardware(h);
}

/* The counters base + i for the bits i of mask; 0 bits allowed. INVALID_PARAM if one is no counter.
 */
static s64 check_set(const struct sbi_call *c)
{
    for (u64 rest = c->arg[1]; rest; rest &= rest - 1) {
        u64 index = c->arg[0] + (u64)__builtin_ctzll(rest);
        if (c->arg[0] >= SBI_COUNTERS || !valid_counter(c->h, index))
            return SBI_ERR_INVALID_PARAM;
    }
    return SBI_SUCCESS;
}

/* ---- hardware counters ---- */

static u64 read_hw(struct hart *h, unsigned index)
{
    return csr_get64(h, CSR_mcycle + index, CSR_mcycleh + index);
}

static void write_hw(struct hart *h, unsigned index, u64 value)
{
    csr_put64(h, CSR_mcycle + index, CSR_mcycleh + index, value);
}

static u64 read_event(struct hart *h, unsigned index)
{
    return csr_get64(h, CSR_mhpmevent3 + index - INDEX_HPM, CSR_mhpmevent3h + index - INDEX_HPM);
}

static void write_event(struct hart *h, unsigned index, u64 value)
{
    csr_put64(h, CSR_mhpmevent3 + index - INDEX_HPM, CSR_mhpmevent3h + index - INDEX_HPM, value);
}

static bool hw_running(struct hart *h, unsigned index)
{
    return !(csr_get(h, CSR_mcountinhibit) >> index & 1);
}

/* The hart's event number (enum hart_event) for an event of the specification; 0: it has none. */
static u64 hart_event(u32 event, u64 data)
{
    if (event >> 16 == TYPE_RAW || event >> 16 == TYPE_RAW_V2) /* the number itself */
        return data < EVENT_COUNT ? data : EVENT_NONE;
    if (event == GENERAL_REF_CYCLES) /* the clock has but one frequency */
        event = GENERAL_CYCLES;
    for (unsigned e = 1; e < EVENT_COUNT; e++)
        if (event_table[e].sbi && event_table[e].sbi == event)
            return e;
    return EVENT_NONE;
}

/* Is event_idx well formed, and event_data allowed with it? */
static bool event_valid(u32 event, u64 data)
{
    u32 code = event & 0xffff;

    switch (event >> 16) {
    case TYPE_GENERAL:
        return code <= GENERAL_REF_CYCLES && data == 0;
    case TYPE_CACHE:
        return code >> 3 < CACHE_IDS && (code >> 1 & 3) < CACHE_OPS && data == 0;
    case TYPE_RAW:
        return code == 0 && data <= MASK(48);
    case TYPE_RAW_V2:
        return code == 0 && data <= MASK(56);
    case TYPE_FIRMWARE:
        return (code < FW_EVENTS || code >= 256) && (data == 0 || code == 0xffff);
    default:
        return false;
    }
}

/* Can the counter count it? Firmware events of this implementation or the platform: there are none.
 */
static bool can_count(const struct hart *h, unsigned index, u32 event, u64 data)
{
    if (is_firmware(h, index))
        return event >> 16 == TYPE_FIRMWARE && (event & 0xffff) < FW_EVENTS;
    if (event >> 16 == TYPE_FIRMWARE)
        return false;
    u64 number = hart_event(event, data);
    if (index == INDEX_CYCLE)
        return event == GENERAL_CYCLES;
    if (index == INDEX_INSTRET)
        return event == GENERAL_INSTRUCTIONS;
    return number != 0;
}

/* Does any counter of this hart count it? */
static bool countable(const struct hart *h, u32 event, u64 data)
{
    for (unsigned i = 0; i < num_counters(h); i++) {
        if (valid_counter(h, i) && can_count(h, i, event, data))
            return true;
    }
    return false;
}

/* ---- starting and stopping one counter: true if it was not so already ---- */

static bool start(struct sbi_call *c, unsigned index)
{
    u64 bit = BIT(index);

    if (is_firmware(c->h, index)) {
        bit = BIT(index - num_hardware(c->h));
        bool fresh = !(c->s->pmu.fw_started & bit);
        c->s->pmu.fw_started |= bit;
        return fresh;
    }
    if (hw_running(c->h, index))
        return false;
    if (index >= INDEX_HPM)
        write_event(c->h, index, read_event(c->h, index) & ~HPMEVENT_OF);
    csr_clear_bits(c->h, CSR_mcountinhibit, bit);
    return true;
}

static bool stop(struct sbi_call *c, unsigned index)
{
    u64 bit = BIT(index);

    if (is_firmware(c->h, index)) {
        bit = BIT(index - num_hardware(c->h));
        bool fresh = c->s->pmu.fw_started & bit;
        c->s->pmu.fw_started &= ~bit;
        return fresh;
    }
    if (!hw_running(c->h, index))
        return false;
    csr_set_bits(c->h, CSR_mcountinhibit, bit);
    return true;
}

static u64 get_value(struct sbi_call *c, unsigned index)
{
    return is_firmware(c->h, index) ? c->s->pmu.fw_value[index - num_hardware(c->h)]
                                    : read_hw(c->h, index);
}

static void set_value(struct sbi_call *c, unsigned index, u64 value)
{
    if (is_firmware(c->h, index))
        c->s->pmu.fw_value[index - num_hardware(c->h)] = value;
    else
        write_hw(c->h, index, value);
}

/* ---- the calls ---- */

static struct sbi_ret pmu_num_counters(struct sbi_call *c)
{
    return ret_value(num_counters(c->h));
}

static struct sbi_ret pmu_counter_get_info(struct sbi_call *c)
{
    u64 index = c->arg[0];

    if (!valid_counter(c->h, index))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (is_firmware(c->h, index))
        return ret_value(BIT(c->h->config.xlen - 1) | 63 << 12);
    return ret_value((CSR_cycle + index) | 63 << 12);
}

/* Filter bits of mhpmevent from config_flags, where VUINH VSINH UINH SINH MINH are bits 3 to 7.
 * M-mode is always left out: it is the firmware. */
static u64 filter_bits(u64 flags)
{
    return set_field(0, HPMEVENT_INHIBIT, flags >> 3) | HPMEVENT_MINH;
}

static void configure(struct sbi_call *c, unsigned index, u64 data)
{
    u32 event = (u32)c->arg[3];
    u64 flags = c->arg[2];

    c->s->pmu.event[index] = event;
    if (!is_firmware(c->h, index) && index >= INDEX_HPM)
        write_event(c->h, index,
                    hart_event(event, data) |
                        (has(c->h, EXT_Sscofpmf) ? filter_bits(flags) | HPMEVENT_OF : 0));
    else if (index == INDEX_CYCLE && has(c->h, EXT_Smcntrpmf))
        csr_put64(c->h, CSR_mcyclecfg, CSR_mcyclecfgh, filter_bits(flags) & ~HPMEVENT_MINH);
    else if (index == INDEX_INSTRET && has(c->h, EXT_Smcntrpmf))
        csr_put64(c->h, CSR_minstretcfg, CSR_minstretcfgh, filter_bits(flags) & ~HPMEVENT_MINH);
    if (flags & CFG_CLEAR_VALUE)
        set_value(c, index, 0);
    if (flags & CFG_AUTO_START)
        start(c, index);
}

/* Is the counter free: not taken by an event, and not started? The fixed ones run from the start.
 */
static bool is_free(struct sbi_call *c, unsigned index)
{
    if (c->s->pmu.event[index] != PMU_NO_EVENT)
        return false;
    if (is_firmware(c->h, index))
        return !(c->s->pmu.fw_started >> (index - num_hardware(c->h)) & 1);
    return index < INDEX_HPM || !hw_running(c->h, index);
}

/* The first free counter of those in `set`, bits above counter_idx_base, that can count the event;
 * -1: there is none. */
static int find_counter(struct sbi_call *c, u64 set)
{
    for (u64 rest = set; rest; rest &= rest - 1) {
        unsigned index = (unsigned)(c->arg[0] + (u64)__builtin_ctzll(rest));
        if (can_count(c->h, index, (u32)c->arg[3], arg64(c, 4)) && is_free(c, index))
            return (int)index;
    }
    return -1;
}

/* The counter that an event gets. With Sscofpmf that is a programmable one as long as there is one:
 * the caller does not say whether it will sample, and the fixed ones never raise LCOFI. */
static int choose_counter(struct sbi_call *c)
{
    u64 base = c->arg[0], set = c->arg[1];
    u64 fixed = base < INDEX_HPM ? set & MASK(INDEX_HPM - base) : 0;
    u64 first = has(c->h, EXT_Sscofpmf) ? set & ~fixed : set;
    int index = find_counter(c, first);

    return index >= 0 ? index : find_counter(c, set & ~first);
}

static struct sbi_ret pmu_counter_config_matching(struct sbi_call *c)
{
    u64 set = c->arg[1], flags = c->arg[2], data = arg64(c, 4);
    u32 event = (u32)c->arg[3];
    s64 error = check_set(c);
    int index;

    if (error || flags & ~(u64)CFG_DEFINED || c->arg[3] > MASK(20) || !event_valid(event, data))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (!(flags & CFG_SKIP_MATCH)) {
        index = choose_counter(c);
    } else { /* the first of the set, taken or not */
        index = set ? (int)(c->arg[0] + (u64)__builtin_ctzll(set)) : -1;
        if (index >= 0 && !can_count(c->h, (unsigned)index, event, data))
            index = -1;
    }
    if (index < 0)
        return ret_error(SBI_ERR_NOT_SUPPORTED);
    configure(c, (unsigned)index, data);
    return ret_value((u64)index);
}

static struct sbi_ret pmu_counter_start(struct sbi_call *c)
{
    u64 flags = c->arg[2], shmem = c->s->pmu.snapshot;
    s64 error = check_set(c);

    if (error || flags > (START_SET_VALUE | START_SNAPSHOT) ||
        flags == (START_SET_VALUE | START_SNAPSHOT))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (flags & START_SNAPSHOT && shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    for (u64 rest = c->arg[1]; rest; rest &= rest - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(rest), index = (unsigned)c->arg[0] + bit;
        if (!start(c, index)) {
            error = SBI_ERR_ALREADY_STARTED;
            continue;
        }
        if (flags & START_SET_VALUE)
            set_value(c, index, arg64(c, 3));
        if (flags & START_SNAPSHOT)
            set_value(c, index, sbi_read_word(c->sbi, shmem + SNAPSHOT_VALUES + 8 * bit, 8));
    }
    return ret_error(error);
}

/* Has the counter's overflow bit been set (Sscofpmf)? */
static bool overflown(struct sbi_call *c, unsigned index)
{
    return has(c->h, EXT_Sscofpmf) && !is_firmware(c->h, index) && index >= INDEX_HPM &&
           read_event(c->h, index) & HPMEVENT_OF;
}

static void forget_event(struct sbi_call *c, unsigned index)
{
    c->s->pmu.event[index] = PMU_NO_EVENT;
    if (!is_firmware(c->h, index) && index >= INDEX_HPM)
        write_event(c->h, index, has(c->h, EXT_Sscofpmf) ? HPMEVENT_OF | HPMEVENT_MINH : 0);
}

static struct sbi_ret pmu_counter_stop(struct sbi_call *c)
{
    u64 flags = c->arg[2], shmem = c->s->pmu.snapshot, overflows = 0;
    s64 error = check_set(c);

    if (error || flags > (STOP_RESET | STOP_SNAPSHOT))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (flags & STOP_SNAPSHOT && shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    for (u64 rest = c->arg[1]; rest; rest &= rest - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(rest), index = (unsigned)c->arg[0] + bit;
        if (!stop(c, index))
            error = SBI_ERR_ALREADY_STOPPED;
        if (overflown(c, index))
            overflows |= BIT(bit);
        if (flags & STOP_SNAPSHOT)
            sbi_write_word(c->sbi, shmem + SNAPSHOT_VALUES + 8 * bit, 8, get_value(c, index));
        if (flags & STOP_RESET)
            forget_event(c, index);
    }
    if (flags & STOP_SNAPSHOT)
        sbi_write_word(c->sbi, shmem, 8, overflows);
    return ret_error(error);
}

/* A firmware counter's value through reading functions; the upper half on request. */
static struct sbi_ret fw_read(struct sbi_call *c, unsigned shift)
{
    u64 index = c->arg[0];

    if (!valid_counter(c->h, index) || !is_firmware(c->h, index))
        return ret_error(SBI_ERR_INVALID_PARAM);
    u64 value = c->s->pmu.fw_value[index - num_hardware(c->h)];
    return ret_value(is_rv32(c->h) ? (value >> shift) & MASK(32) : shift ? 0 : value);
}

static struct sbi_ret pmu_counter_fw_read(struct sbi_call *c)
{
    return fw_read(c, 0);
}

static struct sbi_ret pmu_counter_fw_read_hi(struct sbi_call *c)
{
    return fw_read(c, 32);
}

static struct sbi_ret pmu_snapshot_set_shmem(struct sbi_call *c)
{
    u64 pa;

    if (c->arg[2] != 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_all_ones(c->h, c->arg[0], c->arg[1])) {
        c->s->pmu.snapshot = SHMEM_NONE;
        return ret_value(0);
    }
    if (c->arg[0] % SNAPSHOT_SIZE)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        !sbi_shmem_ok(c->sbi, pa, SNAPSHOT_SIZE, SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    c->s->pmu.snapshot = pa;
    return ret_value(0);
}

/* One entry: event_idx, output, event_data. */
static s64 event_info(struct sbi_call *c, u64 pa)
{
    u32 event = (u32)sbi_read_word(c->sbi, pa, 4);
    u64 data = sbi_read_word(c->sbi, pa + 8, 8);
    u32 type = event >> 16;

    if (event > MASK(20))
        return SBI_ERR_INVALID_PARAM;
    if (type == TYPE_GENERAL || type == TYPE_CACHE)
        data = 0; /* not valid there */
    sbi_write_word(c->sbi, pa + 4, 4, event_valid(event, data) && countable(c->h, event, data));
    return SBI_SUCCESS;
}

static struct sbi_ret pmu_event_get_info(struct sbi_call *c)
{
    u64 pa, entries = c->arg[2];
    s64 error = SBI_SUCCESS;

    if (c->arg[3] != 0 || c->arg[0] % 16)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (entries > MAX_INFO_ENTRIES || sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        (entries && !sbi_shmem_ok(c->sbi, pa, 16 * entries, SHMEM_WRITE)))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    for (u64 i = 0; i < entries && !error; i++)
        error = event_info(c, pa + 16 * i);
    return ret_error(error);
}

#define SET "counter_idx_base:d counter_idx_mask:x"
static const struct sbi_function functions[] = {
    {"pmu_num_counters", "", 0x003, pmu_num_counters},
    {"pmu_counter_get_info", "counter_idx:d", 0x003, pmu_counter_get_info},
    {"pmu_counter_config_matching", SET " config_flags:x event_idx:x event_data:q", 0x003,
     pmu_counter_config_matching},
    {"pmu_counter_start", SET " start_flags:x initial_value:q", 0x003, pmu_counter_start},
    {"pmu_counter_stop", SET " stop_flags:x", 0x003, pmu_counter_stop},
    {"pmu_counter_fw_read", "counter_idx:d", 0x003, pmu_counter_fw_read},
    {"pmu_counter_fw_read_hi", "counter_idx:d", 0x200, pmu_counter_fw_read_hi},
    [FN_SNAPSHOT_SET_SHMEM] = {"pmu_snapshot_set_shmem", "shmem_phys_lo:x shmem_phys_hi:x flags:x",
                               0x200, pmu_snapshot_set_shmem},
    {"pmu_event_get_info", "shmem_phys_lo:x shmem_phys_hi:x num_entries:d flags:x", 0x300,
     pmu_event_get_info},
};
/* A supervisor that is offered snapshots uses them, and Linux (up to 7.2) samples badly then: after
 * an overflow it starts its counters at index 4096, so the first sample of a time slice is its
 * last. */
const struct sbi_extension sbi_ext_pmu = {
    .name = "pmu",
    .eid = 0x504d55,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
    .functions_on_request = BIT(FN_SNAPSHOT_SET_SHMEM),
};

void sbi_pmu_count(struct sbi *sbi, const struct hart *h, u32 event)
{
    struct sbi_pmu *pmu = &sbi->state.hart[h->id].pmu;
    u32 first = num_hardware(h);

    for (u64 rest = pmu->fw_started; rest; rest &= rest - 1) {
        unsigned i = (unsigned)__builtin_ctzll(rest);
        if (pmu->event[first + i] == (TYPE_FIRMWARE << 16 | event))
            pmu->fw_value[i]++;
    }
}

void sbi_pmu_reset_hart(struct sbi *sbi, struct hart *h)
{
    struct sbi_pmu *pmu = &sbi->state.hart[h->id].pmu;
    bool filter = has(h, EXT_Sscofpmf);

    *pmu = (struct sbi_pmu){.snapshot = SHMEM_NONE};
    for (unsigned i = 0; i < SBI_COUNTERS; i++)
        pmu->event[i] = PMU_NO_EVENT;
    for (unsigned i = INDEX_HPM; i < num_hardware(h); i++)
        write_event(h, i, filter ? HPMEVENT_OF | HPMEVENT_MINH : 0);
}
