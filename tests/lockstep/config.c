/* The snippets: prepared changes of configuration, made by the M-mode handler between two launches.
 */
#include <assert.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "guest.h"

enum { SFENCE_VMA = 0x12000073, HFENCE_VVMA = 0x22000073, HFENCE_GVMA = 0x62000073 };

static void write_csr(struct guest *g, unsigned csr, u64 value)
{
    emit_li(g, T0, value);
    emit_csr(g, CSRRW, T1, csr, T0);
    emit_csr_read(g, T2, csr);
}

static void fence_all(struct guest *g)
{
    put32(g, SFENCE_VMA);
    put32(g, HFENCE_GVMA);
    put32(g, HFENCE_VVMA);
}

/* ---- what the snippets do ---- */

/* All or some. Traps that might repeat themselves for ever are delegated seldom. */
static void set_delegation(struct guest *g)
{
    static const u64 fetch = BIT(0) | BIT(1) | BIT(2) | BIT(12) | BIT(20) | BIT(22) | BIT(18);
    u64 keep = chance(g, 92) ? ~fetch : ~0ull;
    write_csr(g, CSR_medeleg, (chance(g, 60) ? ~0ull : sparse(g)) & keep);
    write_csr(g, CSR_hedeleg, (chance(g, 60) ? ~0ull : sparse(g)) & keep);
    write_csr(g, CSR_mideleg, sparse(g));
    write_csr(g, CSR_hideleg, sparse(g));
}

/* Virtual interrupts, priority numbers, and what hvictl injects. */
static void set_aia(struct guest *g)
{
    static const u16 csrs[] = {CSR_mvien,    CSR_mvip,      CSR_hvien,   CSR_hvip,
                               CSR_hviprio1, CSR_hviprio2,  CSR_hvictl,  CSR_vsie,
                               CSR_sie,      CSR_vsiselect, CSR_hideleg, CSR_vsip};
    static const u16 high[] = {CSR_mvienh,    CSR_mviph,     CSR_hvienh,  CSR_hviph,
                               CSR_hviprio1h, CSR_vsieh,     CSR_sieh,    CSR_siph,
                               CSR_vsiph,     CSR_hviprio2h, CSR_hidelegh};
    u32 n = 1 + below(g, 4);
    for (u32 i = 0; i < n; i++) {
        unsigned csr = csrs[below(g, ARRAY_LEN(csrs))];
        if (g->xlen == 32 && chance(g, 40))
            csr = high[below(g, ARRAY_LEN(high))];
        emit_li(g, T0, chance(g, 70) ? sparse(g) : pick(g));
        emit_csr(g, CSRRW + below(g, 3), T1, csr, T0);
        emit_csr_read(g, T2, csr);
    }
    unsigned select = chance(g, 50) ? CSR_miselect : CSR_siselect;
    write_csr(g, select, 0x30 + (g->xlen == 32 ? below(g, 16) : below(g, 8) * 2));
    write_csr(g, select + 1, chance(g, 80) ? pick(g) : 0);
    emit_csr_read(g, T2, CSR_mtopi);
    emit_csr_read(g, T2, CSR_stopi);
    emit_csr_read(g, T2, CSR_vstopi);
}

/* A guest has either VS-level interrupts or LCOFI: Spike orders them wrongly. */
static void set_interrupts(struct guest *g)
{
    static const u64 vs = BIT(2) | BIT(6) | BIT(10), lcofi = BIT(13);
    static const u16 csrs[] = {CSR_mie, CSR_mip,  CSR_hvip, CSR_hie,   CSR_hip, CSR_sie,
                               CSR_sip, CSR_vsie, CSR_vsip, CSR_hgeie, CSR_mip, CSR_hvip};
    if (extset_has(&g->decoder->ext, EXT_Smaia) && chance(g, 60)) {
        set_aia(g);
        return;
    }
    u32 n = 1 + below(g, 3);
    for (u32 i = 0; i < n; i++) {
        unsigned csr = csrs[below(g, ARRAY_LEN(csrs))];
        u64 value = chance(g, 60) ? sparse(g) : 0;
        emit_li(g, T0, value & ~(g->lcofi ? vs | vs >> 1 : lcofi));
        emit_csr(g, CSRRW + below(g, 3), T1, csr, T0);
        emit_csr_read(g, T2, csr);
    }
}

/* Without the value of a pointer-masking field that is reserved. */
static u64 legal_masking(u64 value, u64 field)
{
    return get_field(value, field) == 1 ? value & ~field : value;
}

/* Without values that are reserved: what a field holds then is not defined. */
static u64 legal_environment(u64 value)
{
    if ((value & ENVCFG_CBIE) == BIT(5))
        value |= BIT(4);
    return legal_masking(value, ENVCFG_PMM);
}

static void set_status(struct guest *g)
{
    static const u64 m_bits = MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_MPIE | MSTATUS_SPP | MSTATUS_VS |
                              MSTATUS_FS | MSTATUS_VS | MSTATUS_SUM | MSTATUS_MXR | MSTATUS_TVM |
                              MSTATUS_TW | MSTATUS_TSR | MSTATUS_SPELP | MSTATUS_SDT | MSTATUS_UXL |
                              MSTATUS_SXL | MSTATUS_UBE | MSTATUS_SBE | MSTATUS_MBE | MSTATUS_GVA |
                              MSTATUS_MPELP | MSTATUS_XS;
    switch (below(g, 4)) {
    case 0:
        emit_li(g, T0, sparse(g) & m_bits);
        emit_csr(g, CSRRS + below(g, 2), T1, CSR_mstatus, T0);
        break;
    case 1:
        write_csr(g, CSR_hstatus, legal_masking(sparse(g), HSTATUS_HUPMM));
        break;
    case 2:
        write_csr(g, CSR_vsstatus, sparse(g) | (chance(g, 80) ? MSTATUS_FS | MSTATUS_VS : 0));
        break;
    default: /* nothing traps that need not */
        emit_li(g, T0, MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR | MSTATUS_SDT);
        emit_csr(g, CSRRC, T1, CSR_mstatus, T0);
        emit_li(g, T0, MSTATUS_FS | MSTATUS_VS | MSTATUS_SUM);
        emit_csr(g, CSRRS, T1, CSR_mstatus, T0);
        write_csr(g, CSR_vsstatus, MSTATUS_FS | MSTATUS_SUM);
        write_csr(g, CSR_hstatus, chance(g, 50) ? HSTATUS_HU : 0);
    }
    emit_csr_read(g, T2, CSR_mstatus);
}

/* The comparators are left out: time is not the same on two simulators. With STCE software has no
 * say in STIP; what it wrote before is not to come back later. */
static void never_fire(struct guest *g)
{
    emit_li(g, T0, ~0ull);
    emit_csr(g, CSRRW, ZERO, CSR_stimecmp, T0);
    emit_csr(g, CSRRW, ZERO, CSR_vstimecmp, T0);
    if (g->xlen == 32) {
        emit_csr(g, CSRRW, ZERO, CSR_stimecmph, T0);
        emit_csr(g, CSRRW, ZERO, CSR_vstimecmph, T0);
    }
}

static void write_environment(struct guest *g, unsigned csr, unsigned high, u64 value)
{
    write_csr(g, csr, legal_environment(value));
    if (g->xlen == 32 && high)
        write_csr(g, high, value >> 32);
}

/* henvcfg, senvcfg and what depends on them are emptied while menvcfg allows all: what a bit that
 * was read-only zero holds when it can be seen again is not defined. */
static void set_environment(struct guest *g)
{
    emit_li(g, T0, BIT(5));
    emit_csr(g, CSRRC, ZERO, CSR_mip, T0);
    write_environment(g, CSR_menvcfg, CSR_menvcfgh, ~0ull);
    write_environment(g, CSR_henvcfg, CSR_henvcfgh, ~0ull);
    emit_li(g, T0, MSTATUS_SDT);
    emit_csr(g, CSRRC, ZERO, CSR_mstatus, T0);
    emit_csr(g, CSRRC, ZERO, CSR_vsstatus, T0);
    write_environment(g, CSR_henvcfg, CSR_henvcfgh, 0);
    write_environment(g, CSR_senvcfg, 0, 0);
    write_environment(g, CSR_menvcfg, CSR_menvcfgh, chance(g, 50) ? pick(g) : ~0ull);
    write_environment(g, CSR_henvcfg, CSR_henvcfgh, chance(g, 70) ? pick(g) : ~0ull);
    write_environment(g, CSR_senvcfg, 0, chance(g, 60) ? pick(g) : sparse(g));
    never_fire(g);
    fence_all(g);
    if (chance(g, 30)) /* machine: pointer masking, landing pads */
        write_csr(g, CSR_mseccfg, legal_environment(pick(g) & (MSECCFG_PMM | MSECCFG_MLPE)));
}

/* Mostly all ones, or little would be left to see. */
static void set_state_enable(struct guest *g)
{
    static const u16 csrs[] = {CSR_mstateen0, CSR_mstateen1, CSR_hstateen0, CSR_hstateen1,
                               CSR_sstateen0, CSR_sstateen1, CSR_mstateen3, CSR_hstateen3};
    u64 value = chance(g, 60) ? ~0ull : sparse(g);
    unsigned csr = csrs[below(g, ARRAY_LEN(csrs))];
    if (csr ==
        CSR_mstateen0) /* CSRIND, which Spike gets wrong, and P1P13, which it does not know */
        value |= BIT(60) | BIT(56);
    write_csr(g, csr, value);
    if (g->xlen == 32 && csr == CSR_mstateen0)
        write_csr(g, CSR_mstateen0h, value >> 32);
    if (g->xlen == 32 && csr == CSR_hstateen0)
        write_csr(g, CSR_hstateen0h, value >> 32);
}

static u64 pick_atp(struct guest *g, unsigned kind)
{
    u32 set = below(g, SETS);
    if (chance(g, 25))
        return 0;
    u32 id = set; /* so that a fence by ASID or VMID can be about one set */
    if (g->xlen == 32)
        return (u64)g->table39[kind][set] >> 12 | SATP32_MODE | (u64)id << 22;
    u64 low = (u64)id << 44;
    switch (below(g, 4)) {
    case 0:
        return (u64)g->table57[kind][set] >> 12 | (u64)ATP_SV57 << 60 | low;
    case 1:
        return (u64)g->table48[kind][set] >> 12 | (u64)ATP_SV48 << 60 | low;
    default:
        return (u64)g->table39[kind][set] >> 12 | (u64)ATP_SV39 << 60 | low;
    }
}

static void set_translation(struct guest *g)
{
    static const u16 csrs[] = {CSR_satp, CSR_vsatp, CSR_hgatp};
    for (unsigned kind = 0; kind < 3; kind++)
        if (g->at < SNIPPETS || chance(g, 50)) /* all at the start */
            write_csr(g, csrs[kind], pick_atp(g, kind));
    if (chance(g, 5) && g->xlen == 64) /* a mode that does not exist: the write has no effect */
        write_csr(g, CSR_satp, pick(g) | BIT(62));
    fence_all(g);
}

/* A fence by the ASID or VMID of the leaf's set, or, where the leaf's address is known, by that.
 * Global mappings are not an ASID's. */
static void fence_leaf(struct guest *g, const struct leaf_place *l, u32 insn)
{
    /* The tables of Sv39 stand at both ends of those of Sv48, these at both ends of Sv57's. */
    static const u64 places[] = {0, 0xff8000000000, 0xffff000000000000, 0xffffff8000000000};
    enum { RS1 = 15, RS2 = 20 };
    u32 asid = l->value & PTE_G ? 0 : T1 << RS2;
    if (!l->va) {
        put32(g, insn | asid);
        return;
    }
    for (u32 i = 0; i < (g->xlen == 64 ? ARRAY_LEN(places) : 1); i++) {
        emit_li(g, T3, g->xlen == 64 ? places[i] + l->va : l->va);
        put32(g, insn | asid | T3 << RS1);
    }
}

/* No more than what a leaf of that table needs. */
static void fence_exactly(struct guest *g, const struct leaf_place *l)
{
    enum { RS2 = 20, VMID64 = 44, VMID32 = 22 };
    emit_li(g, T1, l->set);
    if (l->kind == TABLES_SATP)
        fence_leaf(g, l, SFENCE_VMA);
    if (l->kind == TABLES_HGATP)
        put32(g, HFENCE_GVMA | T1 << RS2);
    if (l->kind != TABLES_VSATP)
        return;
    emit_csr_read(g, T2, CSR_hgatp); /* HFENCE.VVMA is about one VMID: all in turn */
    for (u32 vmid = 0; vmid < SETS; vmid++) {
        emit_li(g, T0, (u64)vmid << (g->xlen == 64 ? VMID64 : VMID32));
        emit_csr(g, CSRRW, ZERO, CSR_hgatp, T0);
        fence_leaf(g, l, HFENCE_VVMA);
    }
    emit_csr(g, CSRRW, ZERO, CSR_hgatp, T2);
}

static void change_page_table(struct guest *g)
{
    bool exact = chance(g, 50);
    u32 n = 1 + below(g, exact ? 2 : 6);
    for (u32 i = 0; i < n; i++) {
        const struct leaf_place *l = &g->leaf[below(g, g->num_leaves)];
        emit_li(g, T0, l->pa);
        emit_li(g, T1, (mutate_leaf(g, l->value) & ~(u64)PTE_G) | (l->value & PTE_G));
        emit_store(g, T1, T0, 0);
        if (exact)
            fence_exactly(g, l);
    }
    if (!exact)
        fence_all(g);
}

/* The first four entries are for this; those behind them are locked. */
static void set_protection(struct guest *g)
{
    u64 addr = ((chance(g, 70) ? DATA : TABLES) + below(g, 0x20000)) >> 2;
    u32 ones = below(g, 12);
    u8 cfg[4];
    if (chance(g, 70))
        addr |= MASK(ones);
    write_csr(g, CSR_pmpaddr0 + below(g, 4), addr);
    for (u32 i = 0; i < 4; i++) /* W without R is reserved */
        cfg[i] = chance(g, 50) ? 0 : (u8)(below(g, 4) << 3 | (chance(g, 80) ? 3 : below(g, 2)));
    if (cfg[0] >> 3 == PMP_TOR) /* would begin at address 0 */
        cfg[0] = 0;
    u32 word = cfg[0] | (u32)cfg[1] << 8 | (u32)cfg[2] << 16 | (u32)cfg[3] << 24;
    if (g->xlen == 32) {
        write_csr(g, CSR_pmpcfg0, word);
    } else {
        emit_li(g, T0, MASK(32)); /* the others are locked, but a legal write is one that agrees */
        emit_csr(g, CSRRC, T1, CSR_pmpcfg0, T0);
        emit_li(g, T0, word);
        emit_csr(g, CSRRS, T1, CSR_pmpcfg0, T0);
        emit_csr_read(g, T2, CSR_pmpcfg0);
    }
    fence_all(g);
}

static void set_vectors(struct guest *g)
{
    static const u32 bases[] = {CODE, CODE, WINDOW_S};
    u32 base = bases[below(g, 3)];
    write_csr(g, CSR_stvec, base | below(g, 2));
    base = bases[below(g, 3)] + (chance(g, 80) ? VS_HANDLER : 0);
    write_csr(g, CSR_vstvec, base | below(g, 2));
    write_csr(g, CSR_mtvec, (RAM + 0x100) | below(g, 2));
}

static void set_counters(struct guest *g)
{
    static const u16 csrs[] = {CSR_mcounteren, CSR_hcounteren, CSR_scounteren};
    write_csr(g, csrs[below(g, 3)], chance(g, 40) ? ~0ull : sparse(g));
}

/* Registers that hold anything, and those that trap handlers read. */
static void set_any(struct guest *g)
{
    static const u16 csrs[] = {
        CSR_mepc,     CSR_mcause,     CSR_mtval,  CSR_mtval2,  CSR_mtinst,
        CSR_sscratch, CSR_sepc,       CSR_scause, CSR_stval,   CSR_htval,
        CSR_htinst,   CSR_vsscratch,  CSR_vsepc,  CSR_vscause, CSR_vstval,
        CSR_ssp,      CSR_htimedelta, CSR_hgeie,  CSR_fcsr,
    };
    u32 n = 1 + below(g, 4);
    for (u32 i = 0; i < n; i++) {
        unsigned csr = csrs[below(g, ARRAY_LEN(csrs))];
        u64 value = csr == CSR_ssp ? pick_pointer(g, WORLD_SUPERVISOR) : pick_value(g);
        if (csr == CSR_htimedelta) /* so that vstimecmp is never reached */
            value &= MASK(62);
        write_csr(g, csr, value);
    }
}

static void (*const snippets[])(struct guest *g) = {
    set_delegation,  set_interrupts,    set_interrupts,    set_status,       set_status,
    set_status,      set_environment,   set_environment,   set_state_enable, set_translation,
    set_translation, change_page_table, change_page_table, set_protection,   set_vectors,
    set_counters,    set_any,
};

void make_snippets(struct guest *g)
{
    g->at = SNIPPETS;
    for (u32 i = 0; i < SNIPPET_COUNT; i++) {
        put_word(g, SNIPPET_LIST + i * 8, g->at, 8);
        snippets[below(g, ARRAY_LEN(snippets))](g);
        emit_jump(g, g->choose);
        assert(g->at < CODE);
    }
}

/* ---- the start ---- */

static u64 napot(u64 base, u64 size)
{
    return base >> 2 | (size / 8 - 1);
}

/* What is always so: code cannot be written, data not executed, nothing else reached. */
static void protect_layout(struct guest *g)
{
    enum { RX = PMP_R | PMP_X, RW = PMP_R | PMP_W, ENTRY = PMP_NAPOT << 3 | PMP_L };
    emit_csr(g, CSRRW, ZERO, CSR_pmpcfg0, ZERO); /* reset values are not defined */
    emit_li(g, T0, DATA >> 2);
    for (unsigned i = 0; i < 4; i++)
        emit_csr(g, CSRRW, ZERO, CSR_pmpaddr0 + i, T0);
    write_csr(g, CSR_pmpaddr4, napot(RAM, PRIVATE - RAM));
    write_csr(g, CSR_pmpaddr5, napot(PRIVATE, TABLES - PRIVATE));
    write_csr(g, CSR_pmpaddr6, napot(TABLES, IMAGE_END - TABLES));
    write_csr(g, CSR_pmpaddr7, napot(BIG, RAM_SIZE / 2));
    write_csr(g, CSR_pmpaddr8, napot(0, RAM));
    u64 cfg = (u64)(ENTRY | RX) | (u64)(ENTRY | RW) << 8 | (u64)(ENTRY | RW) << 16 |
              (u64)(ENTRY | RW) << 24;
    if (g->xlen == 64)
        write_csr(g, CSR_pmpcfg0, cfg << 32);
    else
        write_csr(g, CSR_pmpcfg1, cfg);
    write_csr(g, CSR_pmpcfg2, ENTRY);
}

void emit_boot_config(struct guest *g)
{
    static const u16 ones[] = {CSR_mstateen0, CSR_mstateen1,  CSR_mstateen2,  CSR_mstateen3,
                               CSR_hstateen0, CSR_hstateen1,  CSR_hstateen2,  CSR_hstateen3,
                               CSR_sstateen0, CSR_mcounteren, CSR_hcounteren, CSR_scounteren};
    for (u32 i = 0; i < ARRAY_LEN(ones); i++)
        write_csr(g, ones[i], ~0ull);
    if (g->xlen == 32) {
        write_csr(g, CSR_mstateen0h, ~0ull);
        write_csr(g, CSR_hstateen0h, ~0ull);
    }
    protect_layout(g);
    write_csr(g, CSR_stvec, CODE);
    write_csr(g, CSR_vstvec, CODE + VS_HANDLER);
    write_csr(g, CSR_sscratch, pick(g) | 1);
    write_csr(g, CSR_vsscratch, pick(g) | 1);
    set_delegation(g);
    set_environment(g);
    write_csr(g, CSR_vsstatus, MSTATUS_FS | MSTATUS_VS);
    set_status(g);
    set_translation(g);
}
