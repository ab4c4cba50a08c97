/* Instructions that the firmware does for the supervisor: reads of counters the hart has not got,
 * and misaligned loads and stores, through the translation of the code that trapped. */
#include "sbi/firmware.h"

#include <inttypes.h>

#include "common/owner.h"
#include "cpu/insn.h"
#include "mmu/mem.h"

enum { COUNTER_CYCLE = 0, COUNTER_TIME = 1, COUNTER_INSTRET = 2 };

int read_as_previous(struct hart *h, u64 va, unsigned size, u64 *value, struct trap *fault)
{
    return mem_access_as(h, previous_mode(mstatus_get(h)), va, size, ACCESS_LOAD, value, fault);
}

/* Fetches the instruction at mepc with the permissions of the trapped code. 0, or -1 and *fault. */
static int fetch(struct hart *h, u32 *insn, struct trap *fault)
{
    enum mode mode = previous_mode(mstatus_get(h));
    u64 pc = csr_get(h, CSR_mepc), low = 0, high = 0;

    if (mem_access_as(h, mode, pc, 2, ACCESS_FETCH, &low, fault))
        return -1;
    if (insn_length((u32)low) == 4 && mem_access_as(h, mode, pc + 2, 2, ACCESS_FETCH, &high, fault))
        return -1;
    *insn = (u32)(low | high << 16);
    return 0;
}

/* ---- counters ---- */

/* The cause of the exception with which a hart that has the counters would refuse counter n to the
 * trapped code (mcounteren, hcounteren, scounteren), or 0. */
static u32 counter_refusal(struct hart *h, unsigned n)
{
    const struct mode_info *mode = &mode_table[previous_mode(mstatus_get(h))];

    if (!(csr_get(h, CSR_mcounteren) >> n & 1))
        return CAUSE_ILLEGAL;
    if (mode->v && !(csr_get(h, CSR_hcounteren) >> n & 1))
        return CAUSE_VIRTUAL_INSN;
    if (mode->nominal == 0 && !(csr_get(h, CSR_scounteren) >> n & 1))
        return mode->v ? CAUSE_VIRTUAL_INSN : CAUSE_ILLEGAL;
    return 0;
}

static u64 counter_value(struct hart *h, unsigned n)
{
    u64 time;

    switch (n) {
    case COUNTER_CYCLE:
        return csr_get64(h, CSR_mcycle, CSR_mcycleh);
    case COUNTER_INSTRET:
        return csr_get64(h, CSR_minstret, CSR_minstreth);
    default:
        time = sbi_now(h);
        if (mode_table[previous_mode(mstatus_get(h))].v)
            time += csr_get64(h, CSR_htimedelta, CSR_htimedeltah);
        return time;
    }
}

/* Is this a CSR instruction that only reads cycle, time, instret or an upper half? */
static bool is_counter_read(const struct hart *h, u32 insn, unsigned *num)
{
    unsigned funct3 = insn >> 12 & 7, rs1 = insn >> 15 & 31;

    *num = insn >> 20;
    if ((insn & 0x7f) != 0x73 || (funct3 & 3) < 2 || rs1 != 0)
        return false;
    if (*num >= CSR_cycleh && *num <= CSR_cycleh + COUNTER_INSTRET)
        return is_rv32(h);
    return *num >= CSR_cycle && *num <= CSR_cycle + COUNTER_INSTRET;
}

/* Hypervisors take htimedelta for granted, which a hart has only with the CSR `time`, and few
 * survive the exception: says so, once in a run. */
static void tell_htimedelta(struct sbi *sbi, struct hart *h, u32 insn)
{
    unsigned num = insn >> 20;

    if ((insn & 0x7f) != 0x73 || !(insn >> 12 & 3) ||
        (num != CSR_htimedelta && num != CSR_htimedeltah) || sbi->told_htimedelta ||
        !has(h, EXT_H) || has(h, EXT_Zicntr) || previous_mode(mstatus_get(h)) != MODE_S)
        return;
    sbi->told_htimedelta = 1;
    owner_message(sbi->m->owner,
                  "hart %u: HS-mode uses htimedelta at 0x%" PRIx64
                  ", which a hart without Zicntr does not have: an illegal instruction; a "
                  "hypervisor that needs it needs Zicntr in --isa",
                  h->id, csr_get(h, CSR_mepc));
}

void sbi_emulate_illegal(struct sbi *sbi, struct hart *h)
{
    struct redirect t = trap_from_csrs(h);
    struct trap fault;
    u32 insn = (u32)t.tval;
    unsigned num;

    if (insn == 0 && fetch(h, &insn, &fault)) {
        t = trap_from_fault(&fault, &t);
        sbi_redirect(sbi, h, &t);
        return;
    }
    if (!is_counter_read(h, insn, &num)) {
        tell_htimedelta(sbi, h, insn);
        sbi_redirect(sbi, h, &t);
        return;
    }
    u32 refusal = counter_refusal(h, num & 3);
    if (refusal) {
        t.cause = refusal;
        sbi_redirect(sbi, h, &t);
        return;
    }
    u64 value = counter_value(h, num & 3);
    unsigned rd = insn >> 7 & 31;
    if (num >= CSR_cycleh)
        value >>= 32;
    if (rd)
        h->x[rd] = is_rv32(h) ? (u64)(s64)(s32)value : value;
    sbi->settled[CAUSE_ILLEGAL].emulated++;
    sbi_trace_trap(sbi, h, &(struct sbi_route){previous_mode(mstatus_get(h)), MODE_M},
                   "%s at 0x%" PRIx64 ": read of CSR 0x%x emulated", exception_name(CAUSE_ILLEGAL),
                   csr_get(h, CSR_mepc), num);
    csr_put(h, CSR_mepc, csr_get(h, CSR_mepc) + 4);
}

/* ---- misaligned loads and stores ---- */

/* Atomics and the shadow stack cannot be put together from bytes; Zcmp is not one access. */
static bool is_emulated(const struct insn_row *row)
{
    unsigned kind = row->access.kind;
    return row->access.bytes > 1 &&
           (kind == INSN_ACCESS_M || kind == INSN_ACCESS_HV || kind == INSN_ACCESS_HVX);
}

static bool is_store(const struct insn_row *row)
{
    return !row->dest;
}

/* The mode whose translation the instruction uses. */
static enum mode access_mode(struct hart *h, const struct insn_row *row)
{
    if (row->access.flags & MEM_HV)
        return csr_get(h, CSR_hstatus) & HSTATUS_SPVP ? MODE_VS : MODE_VU;
    return previous_mode(mstatus_get(h));
}

/* HLVX asks for execute permission, but its faults are load faults. */
static u32 as_load_fault(u32 cause)
{
    switch (cause) {
    case CAUSE_INSN_ACCESS:
        return CAUSE_LOAD_ACCESS;
    case CAUSE_INSN_PAGE:
        return CAUSE_LOAD_PAGE;
    case CAUSE_INSN_GUEST_PAGE:
        return CAUSE_LOAD_GUEST_PAGE;
    default:
        return cause;
    }
}

/* Copies the access between memory and *value. 0, or -1 and *fault; then nothing is stored. */
static int transfer(struct hart *h, const struct insn_row *row, u64 va, u64 *value,
                    struct trap *fault)
{
    bool execute = row->access.flags & MEM_HLVX;
    enum access access = is_store(row) ? ACCESS_STORE : execute ? ACCESS_FETCH : ACCESS_LOAD;

    if (!mem_access_as(h, access_mode(h, row), va, row->access.bytes, access, value, fault))
        return 0;
    if (execute)
        fault->cause = as_load_fault(fault->cause);
    return -1;
}

/* f registers have become dirty, for the trapped code and its hypervisor. */
static void mark_fs_dirty(struct hart *h)
{
    u64 mstatus = mstatus_get(h);

    mstatus_put(h, mstatus | MSTATUS_FS);
    if (mstatus & MSTATUS_MPV)
        csr_set_bits(h, CSR_vsstatus, MSTATUS_FS);
}

static void write_result(struct hart *h, const struct insn_row *row, unsigned rd, u64 value)
{
    unsigned width = 8u * row->access.bytes;
    if (row->dest == 'D') {
        h->f[rd & 31] = value | ~MASK(width);
        mark_fs_dirty(h);
        return;
    }
    if (width > h->config.xlen) { /* a pair */
        set_x_pair(h, rd, value);
        return;
    }
    if (row->access.is_signed)
        value = (u64)sext(value, width);
    h->x[rd] = is_rv32(h) ? (u64)(s64)(s32)value : value;
}

void sbi_emulate_misaligned(struct sbi *sbi, struct hart *h)
{
    struct redirect t = trap_from_csrs(h);
    struct trap fault;
    struct op op;
    u32 insn;

    if (sbi->opt.misaligned == MISALIGNED_REDIRECT) {
        sbi_redirect(sbi, h, &t);
        return;
    }
    if (fetch(h, &insn, &fault)) {
        t = trap_from_fault(&fault, &t);
        sbi_redirect(sbi, h, &t);
        return;
    }
    unsigned number = insn_lookup(h, insn);
    const struct insn_row *row = number == INSN_NONE ? NULL : insn_row(number);
    if (!row || !is_emulated(row)) {
        sbi_redirect(sbi, h, &t);
        return;
    }
    insn_operands(number, h->config.xlen, insn, &op);
    u64 value = 0;
    if (is_store(row))
        value = row->kind == KIND_FSTORE            ? h->f[op.rs2 & 31]
                : row->access.bytes > xlen_bytes(h) ? x_pair(h, op.rs2)
                                                    : h->x[op.rs2];
    if (transfer(h, row, t.tval, &value, &fault)) {
        t = trap_from_fault(&fault, &t);
        sbi_redirect(sbi, h, &t);
        return;
    }
    if (!is_store(row))
        write_result(h, row, op.rd, value);
    sbi->settled[t.cause & 63].emulated++;
    sbi_trace_trap(sbi, h, &(struct sbi_route){previous_mode(mstatus_get(h)), MODE_M},
                   "%s at 0x%" PRIx64 ": %s of 0x%" PRIx64 " emulated",
                   exception_name((unsigned)t.cause), csr_get(h, CSR_mepc), row->name, t.tval);
    csr_put(h, CSR_mepc, csr_get(h, CSR_mepc) + insn_length(insn));
}
