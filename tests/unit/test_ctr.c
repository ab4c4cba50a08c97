/* Control transfer records (Smctr, Ssctr): what is recorded, in which modes, and who may read it.
 * Registers and bits are by the manual's numbers. */
#include "norm_hart.h"

#define CODE(...) (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32)
static const char ISA[] = "rv64max_smctr";
enum { SCTRCTL = 0x14e, SCTRSTATUS = 0x14f, SCTRDEPTH = 0x15f, VSCTRCTL = 0x24e, MCTRCTL = 0x34e };
enum { SISELECT = 0x150, VSISELECT = 0x250, SIREG = 0x151, SIREG2 = 0x152, SIREG3 = 0x153 };
enum { IN_U = 1, IN_S = 2, IN_M = 4, RASEMU = 1 << 7, STE = 1 << 8, MTE = 1 << 9, BPFRZ = 1 << 11 };
enum { LCOFIFRZ = 1 << 12 };
#define EXCINH  B(33)
#define INTRINH B(34)
#define TRETINH B(35)
#define NTBREN  B(36)
#define FROZEN  B(31)
#define V       1u
enum { SCTRCLR = 0x10400073 };

static u64 entry(unsigned logical, unsigned sireg)
{
    csr_poke(h, SISELECT, 0x200 + logical);
    return peek(sireg);
}

static unsigned written(void)
{
    return (unsigned)(peek(SCTRSTATUS) & 0xff);
}

static void open_state(void)
{
    csr_poke(h, CSR_mstateen0, ~0ull);
    csr_poke(h, CSR_hstateen0, ~0ull);
}

static void expect_entry(unsigned logical, u64 source, u64 target, unsigned type)
{
    ck_assert_uint_eq(entry(logical, SIREG), source | V);
    ck_assert_uint_eq(entry(logical, SIREG2), target);
    ck_assert_uint_eq(entry(logical, SIREG3) & 0xf, type);
}

/* ---- branches and jumps ---- */

/* a0 and t0 hold RAM_BASE + 0x100, ra RAM_BASE + 0x200. */
static const struct transfer {
    const char *name, *isa;
    u32 insn;
    u8 type, inhibit; /* the bit that filters it: inhibits, of 4 enables */
    u16 to;
} transfers[] = {
    {"beq x0,x0,16", ISA, 0x00000863, 5, 37, 16},
    {"beq x0,x0,4", ISA, 0x00000263, 5, 37, 4},
    {"bne x0,x0,16", ISA, 0x00001863, 4, 36, 4},
    {"bne x0,x0,4", ISA, 0x00001263, 4, 36, 4},
    {"c.beqz a5", ISA, 0xc781, 5, 37, 8},
    {"jal ra", ISA, 0x010000ef, 9, 41, 16},
    {"jal t0", ISA, 0x010002ef, 9, 41, 16},
    {"jal x0", ISA, 0x0100006f, 11, 43, 16},
    {"jal a1", ISA, 0x010005ef, 15, 47, 16},
    {"c.j", ISA, 0xa801, 11, 43, 16},
    {"jalr ra,(a0)", ISA, 0x000500e7, 8, 40, 0x100},
    {"jalr t0,(a0)", ISA, 0x000502e7, 8, 40, 0x100},
    {"jalr ra,(ra)", ISA, 0x000080e7, 8, 40, 0x200},
    {"jalr t0,(t0)", ISA, 0x000282e7, 8, 40, 0x100},
    {"jalr ra,(t0)", ISA, 0x000280e7, 12, 44, 0x100},
    {"jalr t0,(ra)", ISA, 0x000082e7, 12, 44, 0x200},
    {"jalr x0,(ra)", ISA, 0x00008067, 13, 45, 0x200},
    {"jalr x0,(t0)", ISA, 0x00028067, 13, 45, 0x100},
    {"jalr a1,(ra)", ISA, 0x000085e7, 13, 45, 0x200},
    {"jalr x0,(a0)", ISA, 0x00050067, 10, 42, 0x100},
    {"jalr a1,(a0)", ISA, 0x000505e7, 14, 46, 0x100},
    {"c.jr ra", ISA, 0x8082, 13, 45, 0x200},
    {"c.jr a0", ISA, 0x8502, 10, 42, 0x100},
    {"c.jalr a0", ISA, 0x9502, 8, 40, 0x100},
    {"c.jalr t0", ISA, 0x9282, 12, 44, 0x100},
    {"cm.popret {ra}", "rv64max_smctr_zcmp", 0xbe42, 13, 45, 0x300},
    {"cm.popretz {ra}", "rv64max_smctr_zcmp", 0xbc42, 13, 45, 0x300},
    {"cm.jt 0", "rv64max_smctr_zcmt", 0xa002, 11, 43, 0x300},
    {"cm.jalt 32", "rv64max_smctr_zcmt", 0xa082, 9, 41, 0x300},
    {"nop", ISA, NOP, 0, 0, 4},
    {"fence", ISA, 0x0ff0000f, 0, 0, 4},
};

static void run_transfer(const struct transfer *t, int engine, u64 control)
{
    enum { STACK = 0x4000, TABLE = 0x5000 };
    u64 to = RAM_BASE + 0x300;
    start_one(t->isa, MODE_M, t->insn);
    m->platform.plain = engine != 0;
    h->x[1] = RAM_BASE + 0x200;
    h->x[5] = h->x[10] = RAM_BASE + 0x100;
    h->x[2] = RAM_BASE + STACK;
    memcpy(m->ram->host + STACK + 8, &to, 8); /* ra of cm.popret */
    for (unsigned i = 0; i < 256; i++)
        memcpy(m->ram->host + TABLE + 8 * i, &to, 8);
    csr_poke(h, CSR_jvt, RAM_BASE + TABLE);
    csr_poke(h, MCTRCTL, control);
    hart_run(h, 1);
    ck_assert_msg(h->pc == RAM_BASE + t->to || (t->to == 4 && h->pc == RAM_BASE + 2), "%s: pc",
                  t->name);
}

/* norm:ctr_ttype4 norm:ctr_ttype5 norm:ctr_ttype8 norm:ctr_ttype9 norm:ctr_ttype10 norm:ctr_ttype11
 * norm:ctr_ttype12 norm:ctr_ttype13 norm:ctr_ttype14 norm:ctr_ttype15 norm:ctr_various_jump_enc
 * norm:ctr_ttf_default norm:ctrsource_op norm:ctrtarget_op norm:ctrtarget_pc_next_br
 * norm:ctr_validbit */
START_TEST(types)
{
    for (size_t i = 0; i < ARRAY_LEN(transfers); i++) {
        const struct transfer *t = &transfers[i];
        run_transfer(t, _i, IN_M | NTBREN);
        ck_assert_msg(written() == (t->type != 0), "%s", t->name);
        if (t->type)
            expect_entry(0, RAM_BASE, RAM_BASE + t->to, t->type);
        machine_free(m);
    }
}
END_TEST

/* Each filter bit is about its own type (norm:mctrctl_tkbrinh_op and so on, to
 * norm:mctrctl_dirljmpinh_op; norm:mctrctl_ntbren_op), and nothing is recorded in a mode that is
 * not enabled (norm:mctrctl_mode_op norm:ctr_behavior_criteria0). */
START_TEST(filters)
{
    for (size_t i = 0; i < ARRAY_LEN(transfers); i++)
        for (unsigned bit = 33; bit < 48; bit++) {
            const struct transfer *t = &transfers[i];
            bool own = bit == t->inhibit, recorded = t->type == 4 ? own : t->type && !own;
            if (bit % 5 && !own) /* a few of the others */
                continue;
            run_transfer(t, _i, IN_M | B(bit));
            ck_assert_msg(written() == recorded, "%s, bit %u", t->name, bit);
            machine_free(m);
            run_transfer(t, _i, IN_S | IN_U | NTBREN);
            ck_assert_uint_eq(written(), 0);
            machine_free(m);
        }
}
END_TEST

/* norm:Ssctr_vsctrctl_sz_acc_op norm:vsctr-s_op norm:vsctrctl-u_op norm:mctrctl_mode_op: whose bits
 * count in which mode. */
START_TEST(modes)
{
    static const enum mode all[] = {MODE_M, MODE_S, MODE_U, MODE_VS, MODE_VU};
    for (unsigned i = 0; i < ARRAY_LEN(all) * 32; i++) {
        enum mode mode = all[i / 32];
        unsigned mctl = i & 7, vctl = i >> 3 & 3;
        bool want = mode == MODE_M    ? mctl & IN_M
                    : mode == MODE_S  ? mctl & IN_S
                    : mode == MODE_U  ? mctl & IN_U
                    : mode == MODE_VS ? vctl & IN_S
                                      : vctl & IN_U;
        start_one(ISA, mode, 0x0100006f);
        m->platform.plain = _i != 0;
        csr_poke(h, MCTRCTL, mctl);
        csr_poke(h, VSCTRCTL, vctl);
        hart_run(h, 1);
        ck_assert_uint_eq(written(), want);
        machine_free(m);
    }
}
END_TEST

/* ---- traps and returns ---- */

static unsigned enabled(enum mode mode, unsigned mctl, unsigned vctl)
{
    switch (mode) {
    case MODE_M:
        return mctl & IN_M;
    case MODE_S:
        return mctl & IN_S;
    case MODE_U:
        return mctl & IN_U;
    case MODE_VS:
        return vctl & IN_S;
    default:
        return vctl & IN_U;
    }
}

/* Table "External Trap Enable Requirements". */
static const struct {
    u8 from, to;
    u16 mctl, vctl;
} external[] = {
    {MODE_U, MODE_S, STE, 0},   {MODE_U, MODE_M, MTE | STE, 0},  {MODE_S, MODE_M, MTE, 0},
    {MODE_VU, MODE_VS, 0, STE}, {MODE_VU, MODE_S, STE, STE},     {MODE_VU, MODE_M, MTE | STE, STE},
    {MODE_VS, MODE_S, STE, 0},  {MODE_VS, MODE_M, MTE | STE, 0}, {MODE_M, MODE_M, 0, 0},
    {MODE_S, MODE_S, 0, 0},     {MODE_VS, MODE_VS, 0, 0},
};

/* An ebreak in mode `from` goes to `to`. */
static void delegate_to(enum mode to)
{
    csr_poke(h, CSR_medeleg, to == MODE_M ? 0 : B(3));
    csr_poke(h, CSR_hedeleg, to == MODE_VS ? B(3) : 0);
    csr_poke(h, CSR_vstvec, VECTOR + 0x100);
}

static u64 handler_of(enum mode mode)
{
    return mode == MODE_M ? VECTOR : mode == MODE_S ? SVECTOR : VECTOR + 0x100;
}

/* norm:ctr_trap_ee norm:ctr_trap_ed norm:ctr_trap_de norm:ctr_trap_dd norm:exttrap_def
 * norm:exttrap_requirements norm:exttrap_ctrtarget0 norm:exttrap_us norm:exttrap_um norm:exttrap_sm
 * norm:exttrap_vuvs norm:exttrap_vuhs norm:exttrap_vum norm:exttrap_vshs norm:exttrap_vsm
 * norm:mctrctl_mte_op norm:mctrctl_ste_op norm:vsctrctl-ste_op norm:ctr_ttype1 */
START_TEST(traps)
{
    enum mode from = external[_i].from, to = external[_i].to;
    for (unsigned i = 0; i < 256; i++) {
        unsigned mctl = (i & 7) | (i & 8 ? MTE : 0) | (i & 16 ? STE : 0);
        unsigned vctl = (i >> 5 & 3) | (i & 128 ? STE : 0);
        bool source = enabled(from, mctl, vctl), target = enabled(to, mctl, vctl);
        bool allowed = source && (mctl & external[_i].mctl) == external[_i].mctl &&
                       (vctl & external[_i].vctl) == external[_i].vctl;
        start_one(ISA, from, EBREAK);
        delegate_to(to);
        csr_poke(h, MCTRCTL, mctl);
        csr_poke(h, VSCTRCTL, vctl);
        hart_run(h, 1);
        ck_assert_uint_eq(h->mode, to);
        ck_assert_msg(written() == (target || allowed), "%x %x", mctl, vctl);
        if (target)
            expect_entry(0, source ? RAM_BASE : 0, handler_of(to), 1);
        else if (allowed)
            expect_entry(0, RAM_BASE, 0, 1);
        machine_free(m);
    }
}
END_TEST

/* norm:ctr_trapret_ee norm:ctr_trapret_ed norm:ctr_trapret_de norm:ctr_trapret_dd norm:ctr_ttype3
 * norm:mctrctl_tretinh_op: also between virtual and other modes, where the guest's filters count.
 */
START_TEST(returns)
{
    static const struct {
        u8 from, to;
        u32 insn;
    } cases[] = {{MODE_M, MODE_S, MRET},  {MODE_M, MODE_U, MRET},   {MODE_M, MODE_VS, MRET},
                 {MODE_M, MODE_VU, MRET}, {MODE_S, MODE_U, SRET},   {MODE_S, MODE_VS, SRET},
                 {MODE_S, MODE_VU, SRET}, {MODE_VS, MODE_VU, SRET}, {MODE_M, MODE_M, MRET},
                 {MODE_S, MODE_S, SRET},  {MODE_VS, MODE_VS, SRET}};
    enum mode from = cases[_i].from, to = cases[_i].to;
    u64 target = RAM_BASE + 0x100;
    for (unsigned i = 0; i < 128; i++) {
        unsigned mctl = i & 7, vctl = i >> 3 & 3;
        u64 m_inhibits = i & 32 ? TRETINH : 0, v_inhibits = i & 64 ? TRETINH : 0;
        bool v = mode_table[from].v || mode_table[to].v;
        bool recorded = enabled(from, mctl, vctl) && !(v ? v_inhibits : m_inhibits);
        start_one(ISA, from, cases[_i].insn);
        csr_poke(h, CSR_mepc, target);
        csr_poke(h, CSR_sepc, target);
        csr_poke(h, CSR_vsepc, target);
        csr_poke(h, CSR_mstatus,
                 (u64)mode_table[to].nominal << 11 | (u64)mode_table[to].v << 39 |
                     (u64)(mode_table[to].nominal & 1) << 8);
        csr_poke(h, CSR_vsstatus, (u64)(mode_table[to].nominal & 1) << 8);
        csr_poke(h, CSR_hstatus, (u64)mode_table[to].v << 7);
        csr_poke(h, MCTRCTL, mctl | m_inhibits);
        csr_poke(h, VSCTRCTL, vctl | v_inhibits);
        hart_run(h, 1);
        ck_assert_uint_eq(h->mode, to);
        ck_assert_uint_eq(written(), recorded);
        if (recorded)
            expect_entry(0, RAM_BASE, enabled(to, mctl, vctl) ? target : 0, 3);
        machine_free(m);
    }
}
END_TEST

/* norm:ctr_ttype2 norm:mctrctl_intrinh_op norm:mctrctl_excinh_op: interrupts and exceptions by
 * their own bits, but external traps whatever these are. */
START_TEST(trap_filters)
{
    for (unsigned i = 0; i < 16; i++) {
        bool interrupt = i & 1, outside = i & 8;
        u64 inhibits = (i & 2 ? EXCINH : 0) | (i & 4 ? INTRINH : 0);
        start_one(ISA, outside ? MODE_S : MODE_M, interrupt ? NOP : EBREAK);
        csr_poke(h, MCTRCTL, inhibits | (outside ? IN_S | MTE : IN_M));
        if (interrupt) { /* and then the handler's first instruction */
            memcpy(m->ram->host + (VECTOR - RAM_BASE), &(u32){NOP}, 4);
            csr_poke(h, CSR_mie, B(MSI));
            csr_poke(h, CSR_mstatus, B(3));
            hart_set_line(h, MSI, 1);
        }
        hart_run(h, 1);
        bool recorded = outside || !(inhibits & (interrupt ? INTRINH : EXCINH));
        ck_assert_uint_eq(written(), recorded);
        if (recorded)
            ck_assert_uint_eq(entry(0, SIREG3), interrupt ? 2 : 1);
        machine_free(m);
    }
}
END_TEST

/* ---- freezing ---- */

/* norm:sctrstatus_frozen_set norm:ctr_freeze_bp norm:ctr_freeze_vs norm:mctrctl_bpfrz_op
 * norm:mctrctl_lcofifrz_op norm:vsctrctl-bpfrz_op norm:vsctrctl-lcofifrz_op
 * norm:sctrstatus_frozen_op: the trap that freezes is not recorded, and nothing after it. */
START_TEST(freeze)
{
    for (unsigned i = 0; i < 8; i++) {
        bool guest = i & 1, lcofi = i & 2, other = i & 4; /* the other register's bits, in vain */
        u64 freezes = BPFRZ | LCOFIFRZ;
        start_one(ISA, guest ? MODE_VS : MODE_S, lcofi ? NOP : EBREAK);
        delegate_to(guest ? MODE_VS : MODE_S);
        csr_poke(h, CSR_mideleg, ~0ull);
        csr_poke(h, CSR_hideleg, guest ? ~0ull : 0);
        csr_poke(h, CSR_sie, B(LCOFI));
        csr_poke(h, CSR_vsie, guest ? B(LCOFI) : 0);
        csr_poke(h, CSR_sstatus, B(1));
        csr_poke(h, CSR_vsstatus, B(1));
        csr_poke(h, MCTRCTL, IN_S | (guest == other ? freezes : 0));
        csr_poke(h, VSCTRCTL, IN_S | (guest != other ? freezes : 0));
        if (lcofi)
            csr_poke(h, CSR_mip, B(LCOFI));
        hart_run(h, 1);
        ck_assert_msg(h->pc == handler_of(guest ? MODE_VS : MODE_S), "case %u", i);
        bool frozen = peek(SCTRSTATUS) & FROZEN;
        ck_assert_msg(frozen == !other, "case %u", i);
        unsigned before = written();
        ck_assert_uint_eq(before, other ? 1 + lcofi : 0); /* the handler has begun */
        hart_run(h, 3);                                   /* a jump to itself */
        ck_assert_uint_eq(written(), frozen ? before : before + 3);
        csr_poke(h, SCTRSTATUS, 0);
        hart_run(h, 2);
        ck_assert_uint_eq(written(), 2);
        machine_free(m);
    }
}
END_TEST

/* ---- the buffer ---- */

/* norm:ctr_stack norm:sctrstatus_wrptr norm:sctrdepth_depth_op0 norm:sctrdepth_depth_op1
 * norm:sctrdepth_depth: a ring of as many as the depth says; beyond it zeros that cannot be
 * written. norm:ctrdata_undef norm:Ssctr_sctrstatus_acc */
START_TEST(buffer)
{
    for (unsigned d = 0; d < 3; d++) {
        unsigned depth = 16u << d;
        start(ISA, MODE_M, CODE(0x0040006f, 0xffdff06f)); /* j +4; j -4 */
        m->platform.plain = _i != 0;
        csr_poke(h, SCTRDEPTH, d);
        ck_assert_uint_eq(peek(SCTRDEPTH), d);
        csr_poke(h, SCTRDEPTH, 5);
        ck_assert_uint_eq(peek(SCTRDEPTH), d);
        csr_poke(h, MCTRCTL, IN_M);
        hart_run(h, depth + 3);
        ck_assert_uint_eq(written(), 3);
        for (unsigned i = 0; i < depth; i++)
            expect_entry(i, RAM_BASE + (i % 2 ? 4 : 0), RAM_BASE + (i % 2 ? 0 : 4), 11);
        csr_poke(h, MCTRCTL, 0);
        csr_poke(h, SISELECT, 0x200 + depth);
        csr_poke(h, SIREG, ~0ull);
        ck_assert_uint_eq(peek(SIREG), 0);
        csr_poke(h, SISELECT, 0x201);
        for (unsigned w = 0; w < 3; w++)
            csr_poke(h, SIREG + w, ~0ull);
        ck_assert_uint_eq(peek(SIREG), ~0ull);
        ck_assert_uint_eq(peek(SIREG2), ~1ull); /* no MISP */
        ck_assert_uint_eq(peek(SIREG3), 0xf);
        expect_entry(0, RAM_BASE, RAM_BASE + 4, 11);
        csr_poke(h, SCTRSTATUS, ~0ull);
        ck_assert_uint_eq(peek(SCTRSTATUS), FROZEN | (depth - 1));
        csr_poke(h, SCTRDEPTH, 0);
        ck_assert_uint_le(written(), 15);
        machine_free(m);
    }
}
END_TEST

/* norm:ctrctl_rasemu_op norm:mctrctl_rasemu_op: calls are pushed, returns pop, a swap replaces; the
 * rest, traps too, leaves no record. */
START_TEST(stack)
{
    start(ISA, MODE_M,
          CODE(0x004000ef,   /* jal ra,4 */
               0x004002ef,   /* jal t0,4 */
               0x0040006f,   /* j 4 */
               0x00c280e7,   /* jalr ra,12(t0): a swap, to 0x80000014 */
               NOP,          /* */
               0xffc08067)); /* ret, to 0x8000000c */
    m->platform.plain = _i != 0;
    csr_poke(h, MCTRCTL, IN_M | RASEMU | B(41) | B(45) | MTE); /* filters do not count */
    hart_run(h, 2);
    ck_assert_uint_eq(written(), 2);
    expect_entry(0, RAM_BASE + 4, RAM_BASE + 8, 9);
    expect_entry(1, RAM_BASE, RAM_BASE + 4, 9);
    hart_run(h, 1);
    ck_assert_uint_eq(written(), 2);
    hart_run(h, 1);
    ck_assert_uint_eq(h->pc, RAM_BASE + 0x14);
    ck_assert_uint_eq(written(), 2);
    expect_entry(0, RAM_BASE + 12, RAM_BASE + 0x14, 12);
    hart_run(h, 1);
    ck_assert_uint_eq(written(), 1);
    expect_entry(0, RAM_BASE, RAM_BASE + 4, 9);
    ck_assert_uint_eq(entry(15, SIREG) & V, 0);
    machine_free(m);
    start_one(ISA, MODE_M, EBREAK);
    csr_poke(h, MCTRCTL, IN_M | RASEMU);
    hart_run(h, 1);
    ck_assert_uint_eq(written(), 0);
    machine_free(m);
}
END_TEST

/* ---- who may access it ---- */

/* norm:sctrclr_op1 norm:sctrclr_acc norm:sctrclr_exceptions norm:mstateen_ctr0_except3
 * norm:hstateen_vs */
START_TEST(clear)
{
    static const struct {
        u8 mode;
        u64 want, no_h, no_m;
    } cases[] = {{MODE_M, NO_CAUSE, NO_CAUSE, NO_CAUSE},
                 {MODE_S, NO_CAUSE, NO_CAUSE, BY_ILLEGAL},
                 {MODE_U, BY_ILLEGAL, BY_ILLEGAL, BY_ILLEGAL},
                 {MODE_VS, NO_CAUSE, BY_VIRTUAL, BY_ILLEGAL},
                 {MODE_VU, BY_VIRTUAL, BY_VIRTUAL, BY_ILLEGAL}};
    for (unsigned i = 0; i < 3 * ARRAY_LEN(cases); i++) {
        start_one(ISA, (enum mode)cases[i / 3].mode, SCTRCLR);
        open_state();
        csr_poke(h, SISELECT, 0x205);
        csr_poke(h, SIREG, 0x123);
        if (i % 3 == 1)
            csr_poke(h, CSR_hstateen0, ~B(54));
        if (i % 3 == 2)
            csr_poke(h, CSR_mstateen0, ~B(54));
        u64 want = i % 3 == 2   ? cases[i / 3].no_m
                   : i % 3 == 1 ? cases[i / 3].no_h
                                : cases[i / 3].want;
        ck_assert_uint_eq(cause_of_one(), want);
        ck_assert_uint_eq(entry(5, SIREG), want == NO_CAUSE ? 0 : 0x123);
        machine_free(m);
    }
    start_one("rv64max", MODE_M, SCTRCLR);
    ck_assert_uint_eq(cause_of_one(), BY_ILLEGAL);
    machine_free(m);
}
END_TEST

/* norm:siselect_acc_op norm:vsiselect_op norm:mstateen_ctr0_except2 norm:hstateen_ctr
 * norm:mstateen_ctr0 norm:mstateen_ctr1 norm:Ssctr_sctrctl_acc: the records are the same for HS and
 * VS; what gates them. */
START_TEST(gates)
{
    static const u16 aliases[] = {0x151, 0x152, 0x153, 0x155, 0x156, 0x157};
    for (unsigned i = 0; i < 6 * ARRAY_LEN(aliases); i++) {
        u16 csr = aliases[i / 6];
        bool guest = i & 1, by_vsireg = !guest && i % 6 == 4;
        unsigned shut = i % 6 / 2; /* nothing, hstateen0 or mstateen0 */
        if (by_vsireg)
            csr += 0x100;
        start_one(ISA, guest ? MODE_VS : MODE_S, CSRRS(10, csr, 0));
        open_state();
        csr_poke(h, SISELECT, 0x200);
        for (unsigned w = 0; w < 3; w++)
            csr_poke(h, SIREG + w, 0xb);
        csr_poke(h, VSISELECT, 0x200);
        if (shut == 1)
            csr_poke(h, CSR_hstateen0, ~B(54));
        if (shut == 2)
            csr_poke(h, CSR_mstateen0, ~B(54));
        u64 want = shut == 2 ? BY_ILLEGAL : shut == 1 && guest ? BY_VIRTUAL : NO_CAUSE;
        ck_assert_msg(cause_of_one() == want, "%x in %s, %u", csr, guest ? "VS" : "HS", shut);
        if (want == NO_CAUSE)
            ck_assert_uint_eq(h->x[10], i / 6 < 3 ? (i / 6 == 1 ? 0xa : 0xb) : 0);
        machine_free(m);
    }
    start_one(ISA, MODE_S, CSRRW(10, SCTRCTL, 11));
    open_state();
    csr_poke(h, MCTRCTL, IN_M | MTE | IN_U);
    h->x[11] = IN_S;
    ck_assert_uint_eq(cause_of_one(), NO_CAUSE);
    ck_assert_uint_eq(h->x[10], IN_U);
    ck_assert_uint_eq(peek(MCTRCTL), IN_M | MTE | IN_S);
    machine_free(m);
}
END_TEST

/* norm:mstateen_ctr0_qualified_transfer norm:hstateen0_CTR0-V1_op: what is shut is recorded all the
 * same. */
START_TEST(shut_but_recorded)
{
    for (unsigned guest = 0; guest < 2; guest++) {
        start_one(ISA, guest ? MODE_VS : MODE_S, 0x0100006f);
        csr_poke(h, CSR_mstateen0, 0);
        csr_poke(h, MCTRCTL, IN_S);
        csr_poke(h, VSCTRCTL, IN_S);
        hart_run(h, 1);
        ck_assert_uint_eq(written(), 1);
        machine_free(m);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control transfer records");
    TCase *tc = tcase_create("Smctr");
    tcase_add_loop_test(tc, types, 0, 2);
    tcase_add_loop_test(tc, filters, 0, 2);
    tcase_add_loop_test(tc, modes, 0, 2);
    tcase_add_loop_test(tc, traps, 0, ARRAY_LEN(external));
    tcase_add_loop_test(tc, returns, 0, 11);
    tcase_add_test(tc, trap_filters);
    tcase_add_test(tc, freeze);
    tcase_add_loop_test(tc, buffer, 0, 2);
    tcase_add_loop_test(tc, stack, 0, 2);
    tcase_add_test(tc, clear);
    tcase_add_test(tc, gates);
    tcase_add_test(tc, shut_but_recorded);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
