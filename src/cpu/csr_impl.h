/* The inside of the CSR files: what a row of csr.def is, and the functions that rows name. */
#ifndef HEXTANT_CPU_CSR_IMPL_H
#define HEXTANT_CPU_CSR_IMPL_H

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/hart.h"

enum csr_size { XL, LO, HI };

/* What else may forbid an access (csr_gate.c). */
enum csr_gate {
    GATE_NONE,
#define LAZY(name, ...) GATE_##name,
#include "cpu/lazy.def"
#undef LAZY
    GATE_FCSR, /* FS, or with Zfinx GATE_STATEEN_U */
    GATE_COUNTER,
    GATE_STIMECMP,
    GATE_VSTIMECMP,
    GATE_SATP,
    GATE_HGATP,
    GATE_STATEEN,
    GATE_STATEEN_U,
    GATE_INDIRECT,
    GATE_VTI,
    GATE_SSP,
    GATE_SEED,
    GATE_AIA,
    GATE_NO_GUEST,   /* GATE_STATEEN, and never when V=1 */
    GATE_DELEGATION, /* menvcfg.CDE */
    GATE_DELEGATED,  /* and of the counter */
    GATE_OVERFLOW,
    GATE_IMSIC, /* and existence: of an interrupt file */
    /* existence */
    GATE_PMPCFG,
    GATE_PMPADDR,
    GATE_MSECCFG,
    GATE_MTVAL2,
    GATE_TRIGGERS,
    GATE_TCONTROL,
    GATE_CONTEXT /* and GATE_STATEEN */
};

struct csr_row {
    u16 num, vs;
    const char *name;
    u32 at; /* offset in struct hart; 0: no field of its own */
    u8 size, gate, index;
    u8 reg; /* enum reg: its fields; REG_NONE: a write changes nothing */
    u8 ext, alt, ext2;
    u64 bit; /* operand of the gate */
    u64 (*read)(const struct hart *h, const struct csr_row *row);
    u64 (*rmw)(const struct hart *h, const struct csr_row *row); /* what CSRRS/CSRRC modify, if not
                                                                    what they read */
    u64 (*write)(struct hart *h, const struct csr_row *row, u64 old, u64 value);
    void (*store)(struct hart *h, const struct csr_row *row, u64 value); /* no single field */
    void (*before)(struct hart *h);
    void (*after)(struct hart *h, u64 old);
};

/* Row of a CSR number, or NULL; whether it exists on this hart now is csr_row_exists(). */
const struct csr_row *csr_row(unsigned num);
bool csr_row_exists(const struct hart *h, const struct csr_row *row);

static inline u64 *csr_field(const struct hart *h, const struct csr_row *row)
{
    return (u64 *)((uintptr_t)h + row->at) + row->index;
}

/* What the rows of fields.def make of a write of `value` to a register. */
static inline u64 reg_legalise(const struct hart *h, enum reg reg, u64 old, u64 value)
{
    const struct reg_rule *rule = &h->rules.reg[reg];
    u64 mask = rule->writable;
    if (UNLIKELY((old ^ value) & rule->chosen))
        mask &= ~fields_refused(h, reg, old, value);
    return (old & ~mask) | (value & mask);
}

/* Does a value of a field of that kind exist on this hart? */
static inline bool value_legal(const struct hart *h, enum field_kind kind, u64 value)
{
    return value < 32 && (h->rules.legal[kind] & BIT(value));
}

/* Bits of XLEN. */
static inline u64 xlen_mask(const struct hart *h)
{
    return is_rv32(h) ? MASK(32) : ~0ull;
}

/* Reads the row's register; writes it: legalised, with its after-effects. No gates. */
u64 csr_row_read(const struct hart *h, const struct csr_row *row);
void csr_row_write(struct hart *h, const struct csr_row *row, u64 value);

/* Why a gate refuses an access: at which level, by which rule, and where the row of reason.def does
 * not say it, which bits of which register decide. 16 bytes: comes back in registers. */
enum deny_level { DENY_NONE, DENY_HS, DENY_V, DENY_U };
struct denial {
    u16 level;  /* HS: would be refused in HS-mode too; V: only because V=1; U: in U or VU */
    u16 reason; /* enum reason */
    u16 csr;
    u64 field;
};
struct denial csr_gate_check(const struct hart *h, const struct csr_row *row, enum csr_op op,
                             unsigned v);

typedef u64 csr_read_fn(const struct hart *h, const struct csr_row *row);
typedef u64 csr_write_fn(struct hart *h, const struct csr_row *row, u64 old, u64 value);
typedef void csr_store_fn(struct hart *h, const struct csr_row *row, u64 value);
typedef void csr_before_fn(struct hart *h);
typedef void csr_after_fn(struct hart *h, u64 old);

/* csr_status.c */
csr_read_fn r_mstatus, r_sstatus, r_vsstatus, r_hstatus, r_misa;
csr_write_fn w_mstatus, w_sstatus, w_vsstatus, w_hstatus, w_misa;
csr_after_fn a_status, a_misa;
/* csr_irq.c */
csr_read_fn r_mip, r_mip_sw, r_sip, r_sie, r_hip, r_hie, r_vsip, r_vsie, r_hideleg;
csr_write_fn w_mie, w_hie, w_mideleg, w_hideleg, w_hvip, w_hgeie, w_medeleg, w_hedeleg;
csr_store_fn s_mip, s_sip, s_sie, s_hip, s_vsip, s_vsie;
csr_after_fn a_irq, a_timer;
/* The interrupts that can exist: mie's writable bits, and hie's. */
u64 mie_bits(const struct hart *h);
u64 hie_bits(const struct hart *h);
/* csr_aia.c */
csr_read_fn r_mvip, r_topi, r_iprio;
csr_store_fn s_mvip, s_iprio;
/* csr_imsic.c */
csr_read_fn r_topei, r_eidelivery, r_eithreshold, r_eip, r_eie;
csr_store_fn s_topei, s_eidelivery, s_eithreshold, s_eip, s_eie;
/* csr_ireg.c */
csr_read_fn r_ireg;
csr_store_fn s_ireg;
/* What the select register names behind the alias `num` (mireg, sireg2, ...): nothing, a range that
 * an extension has set aside, or a register, which *out then is as a row of csr.def; .index is its
 * place in its range. v: as seen with V=1. */
enum ireg_kind { IREG_NONE, IREG_SET_ASIDE, IREG_THERE };
enum ireg_kind ireg_select(const struct hart *h, unsigned num, unsigned v, struct csr_row *out);
/* csr_ctr.c */
csr_read_fn r_sctrctl, r_ctr_record;
csr_write_fn w_sctrstatus;
csr_store_fn s_ctr_record;
csr_after_fn a_ctr;
/* csr_env.c */
csr_read_fn r_senvcfg, r_henvcfg, r_sstateen, r_hstateen;
csr_write_fn w_senvcfg, w_mseccfg, w_mstateen, w_hstateen, w_sstateen;
csr_after_fn a_envcfg;
/* csr_mmu.c */
csr_read_fn r_pmpcfg;
csr_write_fn w_satp, w_vsatp, w_hgatp, w_pmpaddr;
csr_store_fn s_pmpcfg;
csr_after_fn a_regime, a_regime_irq, a_pmp;
/* csr_counter.c */
csr_read_fn r_cycle, r_time, r_instret, r_hpm, r_scountovf, r_scountinhibit, r_counter_config;
csr_write_fn w_counteren, w_hpmevent, w_hpmcounter;
csr_store_fn s_scountinhibit;
csr_before_fn b_counters;
csr_after_fn a_counters, a_instret;
/* Undoes what a_instret does for the instruction that writes: nobody executes one. */
void instret_not_executed(struct hart *h);
/* trigger.c */
csr_read_fn r_tdata1, r_tdata2, r_tdata3, r_tinfo;
csr_write_fn w_tselect;
csr_store_fn s_tdata1, s_tdata2, s_tdata3;
csr_after_fn a_trigger;
/* vec_config.c */
csr_read_fn r_vcsr, r_vlenb;
csr_write_fn w_vstart;
csr_store_fn s_vcsr;
csr_after_fn a_vector;
/* csr_misc.c */
csr_read_fn r_fflags, r_fcsr, r_seed, r_sepc, r_zero, r_mvendorid, r_marchid, r_mimpid, r_mhartid;
csr_store_fn s_fcsr, s_nothing;
csr_before_fn b_fflags;
csr_after_fn a_fp;

#endif
