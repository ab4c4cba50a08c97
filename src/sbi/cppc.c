/* Processor performance control (CPPC): a register file for each hart. The simulated hart has one
 * speed, so what is written is kept and read back, and the two counters count the same clock. */
#include "sbi/firmware.h"

enum { READ_ONLY, READ_WRITE, COUNTER };

/* The registers in the order of table_cppc_registers; TRANSITION_LATENCY follows the last. */
static const struct cppc_register {
    u8 width, kind;
    u32 reset;
} registers[CPPC_REGISTERS] = {
    {32, READ_ONLY, 100},   /* HighestPerformance */
    {32, READ_ONLY, 100},   /* NominalPerformance */
    {32, READ_ONLY, 10},    /* LowestNonlinearPerformance */
    {32, READ_ONLY, 1},     /* LowestPerformance */
    {32, READ_ONLY, 100},   /* GuaranteedPerformanceRegister */
    {32, READ_WRITE, 100},  /* DesiredPerformanceRegister */
    {32, READ_WRITE, 0},    /* MinimumPerformanceRegister */
    {32, READ_WRITE, 0},    /* MaximumPerformanceRegister */
    {32, READ_WRITE, 0},    /* PerformanceReductionToleranceRegister */
    {32, READ_WRITE, 0},    /* TimeWindowRegister */
    {64, READ_ONLY, ~0u},   /* CounterWraparoundTime */
    {64, COUNTER, 0},       /* ReferencePerformanceCounterRegister */
    {64, COUNTER, 0},       /* DeliveredPerformanceCounterRegister */
    {32, READ_WRITE, 0},    /* PerformanceLimitedRegister */
    {32, READ_WRITE, 1},    /* CPPCEnableRegister */
    {32, READ_WRITE, 0},    /* AutonomousSelectionEnable */
    {32, READ_WRITE, 0},    /* AutonomousActivityWindowRegister */
    {32, READ_WRITE, 0},    /* EnergyPerformancePreferenceRegister */
    {32, READ_ONLY, 100},   /* ReferencePerformance */
    {32, READ_ONLY, 100},   /* LowestFrequency, MHz */
    {32, READ_ONLY, 1000},  /* NominalFrequency, MHz */
    {32, READ_ONLY, 10000}, /* TransitionLatency, ns */
};
enum { TRANSITION_LATENCY = CPPC_REGISTERS - 1 };

/* The index of the register of the call, or -1 when it is reserved. */
static int find(const struct sbi_call *c)
{
    u32 id = (u32)c->arg[0];

    if (id == 0x80000000u)
        return TRANSITION_LATENCY;
    return id < TRANSITION_LATENCY ? (int)id : -1;
}

static u64 value_of(struct sbi_call *c, unsigned index)
{
    return registers[index].kind == COUNTER ? sbi_now(c->h) : c->s->cppc[index];
}

static struct sbi_ret cppc_probe(struct sbi_call *c)
{
    int index = find(c);

    return index < 0 ? ret_error(SBI_ERR_INVALID_PARAM) : ret_value(registers[index].width);
}

static struct sbi_ret cppc_read(struct sbi_call *c)
{
    int index = find(c);

    if (index < 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    return ret_value(value_of(c, (unsigned)index) & MASK(c->h->config.xlen));
}

static struct sbi_ret cppc_read_hi(struct sbi_call *c)
{
    int index = find(c);

    if (index < 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    return ret_value(is_rv32(c->h) ? value_of(c, (unsigned)index) >> 32 : 0);
}

static struct sbi_ret cppc_write(struct sbi_call *c)
{
    int index = find(c);

    if (index < 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (registers[index].kind != READ_WRITE)
        return ret_error(SBI_ERR_DENIED);
    c->s->cppc[index] = arg64(c, 1) & MASK(registers[index].width);
    return ret_value(0);
}

static const struct sbi_function functions[] = {
    {"cppc_probe", "cppc_reg_id:w", 0x200, cppc_probe},
    {"cppc_read", "cppc_reg_id:w", 0x200, cppc_read},
    {"cppc_read_hi", "cppc_reg_id:w", 0x200, cppc_read_hi},
    {"cppc_write", "cppc_reg_id:w val:q", 0x200, cppc_write},
};
const struct sbi_extension sbi_ext_cppc = {
    .name = "cppc",
    .eid = 0x43505043,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};

void sbi_cppc_reset_hart(struct sbi *sbi, struct hart *h)
{
    for (unsigned i = 0; i < CPPC_REGISTERS; i++)
        sbi->state.hart[h->id].cppc[i] = registers[i].reset;
}
