/* Which interrupt is taken, and what mtopi, stopi and vstopi say, on random registers: compared
 * with the rules of the AIA (chapters "Machine- and supervisor-level interrupts" and "VS-level
 * interrupts") and of the hypervisor chapter, written down here one bit at a time. */
#include "bare_machine.h"
#include "common/random.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/irq.h"

enum { SSI = 1, VSSI = 2, STI = 5, VSTI = 6, SEI = 9, VSEI = 10, MEI = 11, SGEI = 12 };
enum { FIRST = 0, LAST = 257, NOTHING = 999 }; /* places before and after all priority numbers */

static struct machine *m;
static struct hart *h;
static struct random source;

static bool is(u64 word, unsigned i)
{
    return word >> i & 1;
}

static bool of_hs(unsigned i) /* the four that hip has */
{
    return i == VSSI || i == VSTI || i == VSEI || i == SGEI;
}

/* The default order of major interrupts (AIA, table "default priority order"); then what has none.
 */
static unsigned place(unsigned code)
{
    static const u8 order[] = {47, 23, 46, 45, 22, 44, 43, 21, 42, 41, 20, 40, 11, 3,  7,  9,
                               1,  5,  12, 10, 2,  6,  13, 15, 14, 39, 19, 38, 37, 18, 36, 35,
                               17, 34, 33, 16, 32, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53,
                               52, 51, 50, 49, 48, 31, 30, 29, 28, 27, 26, 25, 24, 8,  4,  0};
    unsigned n = 0;
    while (order[n] != code)
        n++;
    return n;
}

/* ---- pending and enabled, bit by bit ---- */

static bool mip(unsigned i)
{
    bool software = is(h->mip, i), line = is(h->mip_lines, i), hvip = is(h->hvip, i);
    unsigned vgein = (unsigned)(h->hstatus >> 12 & 63);
    switch (i) {
    case STI:
        return line || (software && !(h->menvcfg & ENVCFG_STCE));
    case SEI:
        return line || (software && !is(h->mvien, SEI));
    case VSEI:
        return line || software || hvip || (vgein && is(h->hgeip, vgein));
    case VSSI:
    case VSTI:
        return line || software || hvip;
    case SGEI:
        return line || software || (h->hgeip & h->hgeie) != 0;
    default:
        return line || software;
    }
}

static bool mvip(unsigned i)
{
    if (i == SEI)
        return is(h->mip, i);
    if (i == STI && !(h->menvcfg & ENVCFG_STCE))
        return is(h->mip, i);
    if (i == SSI && !is(h->mvien, SSI))
        return is(h->mip, i);
    return is(h->mvip, i);
}

static bool sip(unsigned i)
{
    if (of_hs(i))
        return false;
    return is(h->mideleg, i) ? mip(i) : is(h->mvien, i) && mvip(i);
}

static bool sie(unsigned i)
{
    if (of_hs(i))
        return false;
    return is(h->mideleg, i) ? is(h->mie, i) : is(h->mvien, i) && is(h->sie, i);
}

static bool hideleg(unsigned i)
{
    return is(h->hideleg, i) && (is(h->mideleg, i) || (i >= 13 && is(h->mvien, i)));
}

static bool vs_both(unsigned i) /* by VS-mode's own number */
{
    if (i == SSI || i == STI || i == SEI)
        return hideleg(i + 1) && mip(i + 1) && is(h->mie, i + 1);
    if (i < 13)
        return false;
    if (hideleg(i))
        return sip(i) && sie(i);
    return is(h->hvien, i) && is(h->hvip, i) && is(h->vsie, i);
}

static bool both(enum bank bank, unsigned i)
{
    if (bank == BANK_M)
        return mip(i) && is(h->mie, i) && !is(h->mideleg, i);
    if (bank == BANK_VS)
        return vs_both(i);
    bool pending = of_hs(i) ? mip(i) && is(h->mie, i) && is(h->mideleg, i) : sip(i) && sie(i);
    return pending && !hideleg(i);
}

/* ---- priority ---- */

static unsigned guest_number(unsigned i)
{
    switch (i) {
    case SSI:
        return h->hviprio[0] >> 8 & 0xff;
    case STI:
        return h->hviprio[0] >> 24 & 0xff;
    case 13:
    case 14:
    case 15:
        return h->hviprio[0] >> (i * 8 - 64) & 0xff;
    default:
        return i >= 16 && i < 24 ? h->hviprio[1] >> (i * 8 - 128) & 0xff : 0;
    }
}

static unsigned number(enum bank bank, unsigned i)
{
    unsigned external = bank == BANK_M ? MEI : SEI, own;
    if (i == external) {
        bool given =
            bank == BANK_VS && (h->hvictl >> 16 & 0xfff) == SEI && !(h->hstatus >> 12 & 63);
        return given && (h->hvictl & 0xff) ? h->hvictl & 0xff : 256;
    }
    own = bank == BANK_VS ? guest_number(i) : bank == BANK_M ? h->miprio[i] : h->siprio[i];
    if (own)
        return own;
    return place(i) < place(external) ? FIRST : LAST;
}

/* Where the interrupt has been made pending. */
static u8 model_source(enum bank bank, unsigned i)
{
    bool local = i >= 13;
    if (bank == BANK_VS && local && !hideleg(i))
        return IRQ_FROM_HVIP;
    if (bank == BANK_M || (bank == BANK_VS && !local) || is(h->mideleg, i))
        return IRQ_FROM_MIP;
    return IRQ_FROM_MVIP;
}

/* Value of the bank's topi. */
static u32 model_topi(enum bank bank, u8 *from)
{
    bool vti = bank == BANK_VS && is(h->hvictl, 30);
    unsigned best = NOTHING, code = 0;
    for (unsigned i = 0; i < 64; i++) {
        if (!both(bank, i) || (vti && i != SEI))
            continue;
        unsigned n = number(bank, i);
        if (n < best || (n == best && place(i) < place(code)))
            best = n, code = i;
    }
    *from = best == NOTHING ? 0 : model_source(bank, code);
    unsigned iid = h->hvictl >> 16 & 0xfff;
    if (vti && iid != SEI) {
        unsigned n = h->hvictl & 0xff;
        if (!n)
            n = is(h->hvictl, 9) ? LAST : FIRST;
        if (n < best)
            best = n, code = iid, *from = IRQ_FROM_HVICTL;
    }
    if (best == NOTHING)
        return 0;
    bool shown = bank != BANK_VS || is(h->hvictl, 8);
    return code << 16 | (shown ? (best > 255 ? 255 : best) : 1);
}

static bool level_takes(enum bank bank)
{
    bool v = h->mode == MODE_VS || h->mode == MODE_VU;
    if (bank == BANK_M)
        return h->mode != MODE_M || is(h->mstatus, 3);
    if (bank == BANK_S)
        return v || h->mode == MODE_U || (h->mode == MODE_S && is(h->mstatus, 1));
    return h->mode == MODE_VU || (h->mode == MODE_VS && is(h->vsstatus, 1));
}

/* ---- random registers ---- */

static u64 word(void)
{
    return random_next(&source);
}

/* Few bits, mostly, so that each decides something. */
static u64 few(u64 mask)
{
    u64 a = word(), b = word(), c = word();
    switch (word() % 4) {
    case 0:
        return a & b & c & mask;
    case 1:
        return a & b & mask;
    case 2:
        return a & mask;
    default:
        return word() & 1 ? mask : 0;
    }
}

static u64 one_byte_of_few(void)
{
    static const u8 values[] = {0, 1, 2, 255};
    return values[word() % 4];
}

/* On RV32 with its upper half. */
static void poke_both(unsigned csr, u64 value)
{
    csr_poke(h, csr, value);
    if (is_rv32(h) && csr_name(csr + 0x10))
        csr_poke(h, csr + 0x10, value >> 32);
}

static void choose(void)
{
    static const u16 csrs[] = {CSR_mideleg, CSR_mvien, CSR_hideleg, CSR_hvien, CSR_mie,
                               CSR_mip,     CSR_mvip,  CSR_hvip,    CSR_sie,   CSR_vsie};
    static const u16 again[] = {CSR_menvcfg, CSR_hgeie, CSR_mstatus, CSR_vsstatus};
    u64 focus = word() & 1 ? ~0ull : few(~0ull) | BIT(MEI) | BIT(SEI) | BIT(VSEI);
    for (size_t i = 0; i < ARRAY_LEN(again); i++)
        poke_both(again[i], few(~0ull));
    csr_poke(h, CSR_hstatus, word() & 1 ? 0 : (word() % 6) << 12);
    for (size_t i = 0; i < ARRAY_LEN(csrs); i++)
        poke_both(csrs[i], few(focus));
    h->mip_lines = few(focus) & (BIT(MEI) | BIT(3) | BIT(7) | BIT(SEI) | BIT(STI) | BIT(VSTI));
    h->hgeip = few(0x3e);
    u64 iid = word() & 1 ? SEI : word() % 4 ? word() % 64 : word() & 0xfff;
    u64 low = (word() & 0x300) | one_byte_of_few();
    csr_poke(h, CSR_hvictl, (word() & 1) << 30 | iid << 16 | low);
    for (unsigned i = 0; i < 64; i++) {
        h->miprio[i] = i == MEI ? 0 : (u8)one_byte_of_few();
        h->siprio[i] = i == SEI ? 0 : (u8)one_byte_of_few();
    }
    u64 priorities[2] = {0, 0};
    for (unsigned i = 0; i < 16; i++)
        priorities[i / 8] |= one_byte_of_few() << i % 8 * 8;
    poke_both(CSR_hviprio1, priorities[0]);
    poke_both(CSR_hviprio2, priorities[1]);
    h->mode = (u64)(enum mode)(word() % MODE_COUNT);
    h->mnstatus = word() % 8 ? MNSTATUS_NMIE : 0;
}

static void check_taken(const u32 topi[BANK_COUNT], const u8 from[BANK_COUNT])
{
    struct delegation d;
    int got = pending_interrupt(h, &d);
    for (enum bank bank = BANK_M; bank <= BANK_VS; bank++) {
        if (!(h->mnstatus & MNSTATUS_NMIE) || !level_takes(bank) || !topi[bank])
            continue;
        ck_assert_msg(got >= 0, "nothing is taken");
        ck_assert_uint_eq(d.bank, bank);
        ck_assert_uint_eq(d.cause, topi[bank] >> 16);
        ck_assert_uint_eq(d.source, from[bank]);
        ck_assert_uint_eq(d.medeleg, is(h->mideleg, (unsigned)got & 63) && got < 64);
        ck_assert_uint_eq(d.hedeleg, hideleg((unsigned)got & 63) && got < 64);
        return;
    }
    ck_assert_msg(got < 0, "an interrupt is taken");
}

static void start(unsigned seed)
{
    static const u32 nop = 0x13;
    source.state = seed + 1;
    m = bare_machine(seed & 1 ? "--isa=rv32max_smrnmi" : "--isa=rv64max_smrnmi", "--geilen=5", &nop,
                     1);
    h = m->hart[0];
}

START_TEST(random_registers)
{
    start((unsigned)_i);
    for (unsigned n = 0; n < 20000; n++) {
        choose();
        u32 topi[BANK_COUNT];
        u8 from[BANK_COUNT];
        for (enum bank bank = BANK_M; bank <= BANK_VS; bank++) {
            topi[bank] = model_topi(bank, &from[bank]);
            u32 got = top_interrupt(h, bank).topi;
            ck_assert_msg(got == topi[bank], "seed %d, %u: bank %u has %x, not %x", _i, n, bank,
                          got, topi[bank]);
        }
        ck_assert_int_eq(hart_wakes(h), topi[BANK_M] || topi[BANK_S] || topi[BANK_VS]);
        check_taken(topi, from);
    }
    for (enum bank bank = BANK_M; bank <= BANK_VS; bank++)
        for (unsigned code = 64; code < 80; code++)
            ck_assert_uint_eq(irq_priority(h, bank, code), 0);
    machine_free(m);
}
END_TEST

/* ---- when it is looked for ---- */

static u16 numbers[4096];
static unsigned count;

static void note(void *ctx, unsigned csr, const char *name)
{
    (void)ctx, (void)name;
    if (csr != CSR_misa) /* takes modes away */
        numbers[count++] = (u16)csr;
}

static bool something_is_taken(void)
{
    struct delegation d;
    return pending_interrupt(h, &d) >= 0;
}

/* norm:intr_mip_mie_bounded_time: whether an interrupt is taken is looked at after a write of
 * whatever decides it; a debugger's write, in any mode, counts as well. */
START_TEST(a_write_that_enables_an_interrupt_is_noticed)
{
    static const u16 often[] = {CSR_vsip,    CSR_sip,    CSR_hip,    CSR_vsie, CSR_vsieh,
                                CSR_hideleg, CSR_hvictl, CSR_hvienh, CSR_hviph};
    start((unsigned)_i);
    csr_for_each(h, note, NULL);
    for (unsigned n = 0; n < 60000; n++) {
        if (n % 4 == 0)
            choose();
        unsigned csr = word() & 1 ? numbers[word() % count] : often[word() % ARRAY_LEN(often)];
        enum mode mode = (enum mode)h->mode;
        bool before = something_is_taken();
        h->d.irq_check = 0;
        csr_poke(h, csr, few(~0ull));
        h->mode = (u64)mode;
        ck_assert_msg(before || h->d.irq_check || !something_is_taken(),
                      "seed %d, %u: %s enables an interrupt, unnoticed", _i, n, csr_name(csr));
    }
    machine_free(m);
}
END_TEST

/* stimecmp and vstimecmp: pending from the tick on at which the time has reached them. */
START_TEST(comparators)
{
    static const u32 nop = 0x13;
    m = bare_machine("--isa=rv64max", "", &nop, 1);
    h = m->hart[0];
    csr_poke(h, CSR_menvcfg, ENVCFG_STCE);
    csr_poke(h, CSR_henvcfg, ENVCFG_STCE);
    csr_poke(h, CSR_htimedelta, 1000);
    u64 now = time_value(h, 0);
    for (u64 late = 0; late < 2; late++) {
        csr_poke(h, CSR_stimecmp, now + late);
        csr_poke(h, CSR_vstimecmp, now + 1000 + late);
        ck_assert_int_eq(mip(STI), !late);
        ck_assert_int_eq(mip(VSTI), !late);
    }
    machine_free(m);
}
END_TEST

/* norm:mip_stip_stimecmp_acc: a hart that executes nothing but a jump to itself is interrupted when
 * its time has come. */
START_TEST(a_comparator_interrupts_a_busy_hart)
{
    static const u32 self = 0x6f;
    m = bare_machine("--isa=rv64max", _i ? "--engine=plain" : "--engine=fast", &self, 1);
    h = m->hart[0];
    h->mode = MODE_S;
    h->stvec = RAM_BASE + 0x1000;
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    csr_poke(h, CSR_menvcfg, ENVCFG_STCE);
    csr_poke(h, CSR_mideleg, BIT(IRQ_STI));
    csr_poke(h, CSR_mie, BIT(IRQ_STI));
    csr_poke(h, CSR_sstatus, MSTATUS_SIE);
    csr_poke(h, CSR_stimecmp, time_value(h, 0) + 20);
    hart_derive(h);
    m->running = h; /* its clock is the machine's */
    hart_run(h, 10);
    ck_assert_uint_eq(h->pc, RAM_BASE);
    hart_run(h, 100000);
    ck_assert_uint_eq(h->scause, BIT(63) | IRQ_STI);
    m->running = NULL;
    machine_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interrupts against a model");
    TCase *tc = tcase_create("random registers");
    tcase_add_loop_test(tc, random_registers, 0, 3);
    tcase_add_loop_test(tc, a_write_that_enables_an_interrupt_is_noticed, 0, 4);
    tcase_add_test(tc, comparators);
    tcase_add_loop_test(tc, a_comparator_interrupts_a_busy_hart, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
