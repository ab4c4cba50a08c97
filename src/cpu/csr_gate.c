/* The gates of CSR access that depend on other registers: counter enables, Sstc, TVM/VTVM, state
 * enables, FS, VTI, select registers. For each: would the access be refused in HS-mode too, only
 * because V=1, or only in (V)U-mode? That answer is all that decides between illegal and virtual
 * instruction
 * ("HS-qualified", hypervisor chapter, "Virtual instruction"). */
#include "cpu/csr_impl.h"
#include "cpu/exec.h"
#include "cpu/trap.h"

static const struct denial allowed = {DENY_NONE, NULL};

static struct denial deny(enum deny_level level, const char *why)
{
    return (struct denial){level, why};
}

/* The three levels in the manual's order, for a gate made of one bit in each. `u_bit`: nominal U
 * needs it as well. */
static struct denial three(const struct hart *h, unsigned v, u64 m_bit, u64 h_bit, u64 u_bit,
                           const char *const why[3])
{
    if (h->mode == MODE_M)
        return allowed;
    if (!m_bit)
        return deny(DENY_HS, why[0]);
    if (v && !h_bit)
        return deny(DENY_V, why[1]);
    if (mode_table[h->mode].nominal == 0 && has(h, EXT_S) && !u_bit)
        return deny(DENY_U, why[2]);
    return allowed;
}

static struct denial counter(const struct hart *h, const struct csr_row *row, unsigned v)
{
    static const char *const why[] = {"mcounteren has the counter's bit clear",
                                      "hcounteren has the counter's bit clear",
                                      "scounteren has the counter's bit clear"};
    u64 bit = row->index ? BIT(row->index) : row->bit;
    return three(h, v, h->mcounteren & bit, h->hcounteren & bit, h->scounteren & bit, why);
}

static struct denial stimecmp(const struct hart *h, unsigned v)
{
    static const char *const tm[] = {"mcounteren.TM=0", "hcounteren.TM=0", ""};
    static const char *const stce[] = {"menvcfg.STCE=0", "henvcfg.STCE=0", ""};
    struct denial d =
        three(h, v, h->mcounteren & COUNTEREN_TM, h->hcounteren & COUNTEREN_TM, 1, tm);
    struct denial e = three(h, v, h->menvcfg & ENVCFG_STCE, h->henvcfg & ENVCFG_STCE, 1, stce);
    /* Refused at the machine's level by either: illegal, before anything virtual. */
    if (d.level == DENY_HS || e.level == DENY_NONE)
        return d;
    return e;
}

/* State enables: sstateen counts only where user-level state is meant. */
static struct denial stateen(const struct hart *h, const struct csr_row *row, unsigned v,
                             unsigned user)
{
    static const char *const why[] = {"mstateen has the bit clear", "hstateen has the bit clear",
                                      "sstateen has the bit clear"};
    unsigned n = row->bit == STATEEN_SE0 ? row->index : 0;
    u64 bit = row->bit;
    u64 m = has(h, EXT_Smstateen) ? h->mstateen[n] & bit : bit;
    u64 hs = has(h, EXT_Ssstateen) ? h->hstateen[n] & m & bit : bit;
    u64 s = has(h, EXT_Ssstateen) && user ? h->sstateen[n] & (v ? hs : m) & bit : bit;
    return three(h, v, m, hs, s, why);
}

static struct denial ssp(const struct hart *h, unsigned v)
{
    static const char *const why[] = {"menvcfg.SSE=0", "henvcfg.SSE=0", "senvcfg.SSE=0"};
    return three(h, v, h->menvcfg & ENVCFG_SSE, h->henvcfg & ENVCFG_SSE, h->senvcfg & ENVCFG_SSE,
                 why);
}

static struct denial seed(const struct hart *h, enum csr_op op, unsigned v)
{
    if (op == CSR_READ)
        return deny(DENY_HS, "seed must be accessed with a write");
    if (h->mode == MODE_M)
        return allowed;
    if (v)
        return h->mseccfg & MSECCFG_SSEED ? deny(DENY_V, "seed is not accessible when V=1")
                                          : deny(DENY_HS, "mseccfg.SSEED=0");
    u64 bit = h->mode == MODE_S ? MSECCFG_SSEED : MSECCFG_USEED;
    return h->mseccfg & bit ? allowed : deny(DENY_HS, "mseccfg.SSEED or USEED is 0");
}

/* What a guest must not do on its own while the hypervisor makes its interrupts. */
static struct denial vti(const struct hart *h, unsigned v)
{
    return v && (h->hvictl & HVICTL_VTI) ? deny(DENY_V, "hvictl.VTI=1") : allowed;
}

/* Alias registers: by what the select register names. The AIA's ranges name nothing in a guest;
 * other values are not HS-mode's either, where the manual recommends an illegal instruction. */
static struct denial indirect(const struct hart *h, const struct csr_row *row, unsigned v)
{
    static const char *const aia[] = {"mstateen0.AIA=0", "", ""};
    struct denial d = row->bit ? stateen(h, row, v, 0) : allowed;
    if (d.level != DENY_NONE)
        return d;
    if (v && (h->mode == MODE_VU || !row->vs))
        return deny(DENY_V, "alias registers are not accessible here when V=1");
    if (v && iselect_of_aia(h, row, v))
        return deny(DENY_V, "the select register names a register that a guest does not have");
    if (v || !ireg_selected(h, row))
        return deny(DENY_HS, "the select register names no register");
    return has(h, EXT_Smstateen) ? three(h, v, h->mstateen[0] & STATEEN_AIA, 1, 1, aia) : allowed;
}

struct denial csr_gate_check(const struct hart *h, const struct csr_row *row, enum csr_op op,
                             unsigned v)
{
    struct denial d;
    switch (row->gate) {
    case GATE_FS:
        return fs_off(h) ? deny(DENY_HS, "FS is Off") : allowed;
    case GATE_COUNTER:
        return counter(h, row, v);
    case GATE_STIMECMP:
        d = stimecmp(h, v);
        return d.level == DENY_NONE && op != CSR_READ ? vti(h, v) : d;
    case GATE_VSTIMECMP:
        return h->mode != MODE_M && !(h->mcounteren & COUNTEREN_TM)
                   ? deny(DENY_HS, "mcounteren.TM=0")
                   : allowed;
    case GATE_SATP:
        if (v && h->mode == MODE_VS && (h->hstatus & HSTATUS_VTVM))
            return deny(DENY_V, "hstatus.VTVM=1");
        if (h->mode == MODE_S && (h->mstatus & MSTATUS_TVM))
            return deny(DENY_HS, "mstatus.TVM=1");
        return allowed;
    case GATE_HGATP:
        return h->mode == MODE_S && (h->mstatus & MSTATUS_TVM) ? deny(DENY_HS, "mstatus.TVM=1")
                                                               : allowed;
    case GATE_STATEEN:
        return stateen(h, row, v, 0);
    case GATE_STATEEN_U:
        return stateen(h, row, v, 1);
    case GATE_INDIRECT:
        return indirect(h, row, v);
    case GATE_VTI:
        d = row->bit ? stateen(h, row, v, 0) : allowed;
        return d.level == DENY_NONE ? vti(h, v) : d;
    case GATE_SSP:
        return ssp(h, v);
    case GATE_SEED:
        return seed(h, op, v);
    default:
        return allowed;
    }
}
