/* The gates of CSR access that depend on other registers: counter enables, Sstc, TVM/VTVM, state
 * enables, FS, VTI, select registers. For each: would the access be refused in HS-mode too, only
 * because V=1, or only in (V)U-mode? That answer is all that decides between illegal and virtual
 * instruction
 * ("HS-qualified", hypervisor chapter, "Virtual instruction"). */
#include "cpu/csr_impl.h"
#include "cpu/imsic.h"
#include "cpu/lazy.h"
#include "cpu/trap.h"

static const struct denial allowed = {.level = DENY_NONE};

static struct denial deny(enum deny_level level, enum reason reason)
{
    return (struct denial){.level = (u16)level, .reason = (u16)reason};
}

/* A gate made of one bit in each of three registers, in the manual's order. */
struct three {
    u64 m, h, u;          /* is the bit set? nominal U needs the last as well */
    u16 no_m, no_h, no_u; /* the rules: enum reason */
};

static struct denial three(const struct hart *h, unsigned v, const struct three *t)
{
    if (h->mode == MODE_M)
        return allowed;
    if (!t->m)
        return deny(DENY_HS, t->no_m);
    if (v && !t->h)
        return deny(DENY_V, t->no_h);
    if (mode_table[h->mode].nominal == 0 && has(h, EXT_S) && !t->u)
        return deny(DENY_U, t->no_u);
    return allowed;
}

/* A refusal by one of three registers of a kind: which one, and which of its bits. */
static COLD struct denial by_register(struct denial d, const u16 registers[], unsigned n, u64 field)
{
    d.csr = (u16)(registers[d.level] + n);
    d.field = field;
    return d;
}

static struct denial lazy(const struct hart *h, enum lazy l)
{
    return lazy_level(h, l) == LAZY_OFF ? deny(DENY_HS, lazy_reason(h, l)) : allowed;
}

static struct denial counter(const struct hart *h, const struct csr_row *row, unsigned v)
{
    static const u16 registers[] = {
        [DENY_HS] = CSR_mcounteren, [DENY_V] = CSR_hcounteren, [DENY_U] = CSR_scounteren};
    u64 bit = row->index ? BIT(row->index) : row->bit;
    const struct three t = {h->mcounteren & bit, h->hcounteren & bit, h->scounteren & bit,
                            REASON_MCOUNTEREN,   REASON_HCOUNTEREN,   REASON_SCOUNTEREN};
    struct denial d = three(h, v, &t);
    return LIKELY(d.level == DENY_NONE) ? d : by_register(d, registers, 0, bit);
}

static struct denial stimecmp(const struct hart *h, unsigned v)
{
    const struct three tm = {
        h->mcounteren & COUNTEREN_TM, h->hcounteren & COUNTEREN_TM, 1,
        REASON_MCOUNTEREN_TM,         REASON_HCOUNTEREN_TM,         REASON_NONE};
    const struct three stce = {h->menvcfg & ENVCFG_STCE, h->henvcfg & ENVCFG_STCE, 1,
                               REASON_MENVCFG_STCE,      REASON_HENVCFG_STCE,      REASON_NONE};
    struct denial d = three(h, v, &tm);
    struct denial e = three(h, v, &stce);
    /* Refused at the machine's level by either: illegal, before anything virtual. */
    if (d.level == DENY_HS || e.level == DENY_NONE)
        return d;
    return e;
}

/* State enables: sstateen counts only where user-level state is meant. */
static struct denial stateen(const struct hart *h, const struct csr_row *row, unsigned v,
                             unsigned user)
{
    static const u16 registers[] = {
        [DENY_HS] = CSR_mstateen0, [DENY_V] = CSR_hstateen0, [DENY_U] = CSR_sstateen0};
    unsigned n = row->bit == STATEEN_SE0 ? row->index : 0;
    u64 bit = row->bit;
    u64 m = has(h, EXT_Smstateen) ? h->mstateen[n] & bit : bit;
    u64 hs = has(h, EXT_Ssstateen) ? h->hstateen[n] & m & bit : bit;
    u64 s = has(h, EXT_Ssstateen) && user ? h->sstateen[n] & (v ? hs : m) & bit : bit;
    const struct three t = {m, hs, s, REASON_MSTATEEN, REASON_HSTATEEN, REASON_SSTATEEN};
    struct denial d = three(h, v, &t);
    return LIKELY(d.level == DENY_NONE) ? d : by_register(d, registers, n, bit);
}

static struct denial ssp(const struct hart *h, unsigned v)
{
    const struct three t = {h->menvcfg & ENVCFG_SSE, h->henvcfg & ENVCFG_SSE,
                            h->senvcfg & ENVCFG_SSE, REASON_MENVCFG_SSE,
                            REASON_HENVCFG_SSE,      REASON_SENVCFG_SSE};
    return three(h, v, &t);
}

static struct denial seed(const struct hart *h, enum csr_op op, unsigned v)
{
    if (op == CSR_READ)
        return deny(DENY_HS, REASON_SEED_READ);
    if (h->mode == MODE_M)
        return allowed;
    if (v)
        return h->mseccfg & MSECCFG_SSEED ? deny(DENY_V, REASON_SEED_V)
                                          : deny(DENY_HS, REASON_SSEED_V);
    if (h->mode == MODE_S)
        return h->mseccfg & MSECCFG_SSEED ? allowed : deny(DENY_HS, REASON_SSEED);
    return h->mseccfg & MSECCFG_USEED ? allowed : deny(DENY_HS, REASON_USEED);
}

/* What a guest must not do on its own while the hypervisor makes its interrupts. */
static struct denial vti(const struct hart *h, unsigned v)
{
    return v && (h->hvictl & HVICTL_VTI) ? deny(DENY_V, REASON_HVICTL_VTI) : allowed;
}

/* The interrupt file of the level. The supervisor's is M-mode's alone where that filters its
 * interrupts; a guest has the one that hstatus.VGEIN names. */
static struct denial imsic(const struct hart *h, const struct csr_row *row, unsigned v)
{
    struct denial d = stateen(h, row, v, 0);
    if (d.level != DENY_NONE)
        return d;
    if (v || (row->num >> 8 & 3) == 2)
        return imsic_of_guest(h) >= 0 ? allowed : deny(v ? DENY_V : DENY_HS, REASON_VGEIN);
    bool filtered = h->mode == MODE_S && (h->mvien & BIT(IRQ_SEI));
    return filtered ? deny(DENY_HS, REASON_MVIEN_SEI) : allowed;
}

static struct denial aia(const struct hart *h)
{
    bool closed = has(h, EXT_Smstateen) && !(h->mstateen[0] & STATEEN_AIA);
    return closed && h->mode != MODE_M ? deny(DENY_HS, REASON_MSTATEEN_AIA) : allowed;
}

/* A guest never: the hypervisor may make up the register's values. */
static struct denial no_guest(const struct hart *h, const struct csr_row *row, unsigned v)
{
    struct denial d = stateen(h, row, 0, 0);
    enum reason reason = row->bit == STATEEN_CTR ? REASON_SCTRDEPTH_V : REASON_SRMCFG_V;
    return d.level == DENY_NONE && v ? deny(DENY_V, reason) : d;
}

/* State of counters that M-mode delegates (Smcdeleg): nobody has it before, and guests never. */
static struct denial delegation(const struct hart *h, unsigned v)
{
    if (!(h->menvcfg & ENVCFG_CDE))
        return deny(DENY_HS, REASON_MENVCFG_CDE);
    return v ? deny(DENY_V, REASON_DELEGATION_V) : allowed;
}

static struct denial delegated(const struct hart *h, const struct csr_row *row, unsigned v)
{
    struct denial d = delegation(h, v);
    u64 bit = row->index ? BIT(row->index) : row->bit;
    if (d.level != DENY_NONE || (h->mcounteren & bit))
        return d;
    d = deny(DENY_HS, REASON_NOT_DELEGATED);
    d.csr = CSR_mcounteren;
    d.field = bit;
    return d;
}

/* Alias registers: by what the select register names (ireg.def). Ranges that are set aside name
 * nothing in a guest; other values are not HS-mode's either, where the manual recommends an illegal
 * instruction. What is there has a gate of its own. */
static struct denial indirect(const struct hart *h, const struct csr_row *row, enum csr_op op,
                              unsigned v)
{
    struct csr_row reg;
    struct denial d = row->bit ? stateen(h, row, v, 0) : allowed;
    if (d.level != DENY_NONE)
        return d;
    if (v && (h->mode == MODE_VU || !row->vs))
        return deny(DENY_V, REASON_CSR_V);
    enum ireg_kind kind = ireg_select(h, row->num, v, &reg);
    if (v && kind == IREG_SET_ASIDE) {
        d = csr_gate_check(h, &reg, op, v);
        return d.level == DENY_NONE ? deny(DENY_V, REASON_SELECT_V) : d;
    }
    if (kind != IREG_THERE)
        return deny(DENY_HS, REASON_SELECT_NOTHING);
    return csr_gate_check(h, &reg, op, v);
}

struct denial csr_gate_check(const struct hart *h, const struct csr_row *row, enum csr_op op,
                             unsigned v)
{
    struct denial d;
    switch (row->gate) {
#define LAZY(name, ...)                                                                            \
    case GATE_##name:                                                                              \
        return lazy(h, LAZY_##name);
#include "cpu/lazy.def"
#undef LAZY
    case GATE_FCSR:
        return has(h, EXT_Zfinx) ? stateen(h, row, v, 1) : lazy(h, LAZY_FS);
    case GATE_COUNTER:
        return counter(h, row, v);
    case GATE_STIMECMP:
        d = stimecmp(h, v);
        return d.level == DENY_NONE && op != CSR_READ ? vti(h, v) : d;
    case GATE_VSTIMECMP:
        return h->mode != MODE_M && !(h->mcounteren & COUNTEREN_TM)
                   ? deny(DENY_HS, REASON_MCOUNTEREN_TM)
                   : allowed;
    case GATE_SATP:
        if (v && h->mode == MODE_VS && (h->hstatus & HSTATUS_VTVM))
            return deny(DENY_V, REASON_HSTATUS_VTVM);
        if (h->mode == MODE_S && (h->mstatus & MSTATUS_TVM))
            return deny(DENY_HS, REASON_MSTATUS_TVM);
        return allowed;
    case GATE_HGATP:
        return h->mode == MODE_S && (h->mstatus & MSTATUS_TVM) ? deny(DENY_HS, REASON_MSTATUS_TVM)
                                                               : allowed;
    case GATE_STATEEN:
    case GATE_CONTEXT:
        return stateen(h, row, v, 0);
    case GATE_STATEEN_U:
        return stateen(h, row, v, 1);
    case GATE_INDIRECT:
        return indirect(h, row, op, v);
    case GATE_VTI:
        d = row->bit ? stateen(h, row, v, 0) : allowed;
        return d.level == DENY_NONE ? vti(h, v) : d;
    case GATE_SSP:
        return ssp(h, v);
    case GATE_SEED:
        return seed(h, op, v);
    case GATE_AIA:
        return aia(h);
    case GATE_NO_GUEST:
        return no_guest(h, row, v);
    case GATE_DELEGATION:
        return delegation(h, v);
    case GATE_DELEGATED:
        return delegated(h, row, v);
    case GATE_OVERFLOW:
        return v && (h->menvcfg & ENVCFG_CDE) ? deny(DENY_V, REASON_DELEGATION_V) : allowed;
    case GATE_IMSIC:
        return imsic(h, row, v);
    default:
        return allowed;
    }
}
