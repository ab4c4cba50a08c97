/* What software finds at each CSR number, against csr_map.txt: which bits a write changes and what
 * else it changes, which modes may access it, what each enable bit takes away, and what each
 * extension. The file was printed and read through in parts: it shows what a change of a table
 * changes; that a rule is right, other tests show. `test_csr_map print` prints it as it is now. */
#include "csr_lines.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/ext.h"
#include "cpu/irq.h"
#include "mmu/tlb.h"

#include <string.h>

static void expect(bool right, unsigned csr, const char *what)
{
    if (right)
        return;
    if (!printing)
        ck_abort_msg("%s: %s", csr_name(csr), what);
    fprintf(stderr, "%s: %s\n", csr_name(csr), what);
}

/* ---- what is derived is derived again after each write ---- */

static void check_derived(unsigned csr)
{
    struct hart_derived d = h->d;
    static struct reg_rules rules;
    struct extset ext = h->ext;
    struct pmp pmp = h->tlb->pmp;
    u64 next = h->next_event, lines = h->mip_lines;
    u8 filtered = h->filtered_counters;
    rules = h->rules;
    struct regime before[MODE_COUNT], after;
    expect(h->tlb->data == &h->tlb->mode_regime[data_mode(h)], csr, "mode of data accesses");
    for (unsigned mode = 0; mode < MODE_COUNT; mode++)
        before[mode] = *mmu_regime(h, mode);
    hart_derive(h);
    for (unsigned mode = 0; mode < MODE_COUNT; mode++) {
        regime_of_mode(h, mode, &after);
        after.space = before[mode].space, after.global = before[mode].global;
        after.guest = before[mode].guest;
        expect(!memcmp(&after, &before[mode], sizeof after), csr, "regime");
    }
    expect(h->d.key == d.key && h->d.jump_modes == d.jump_modes && h->d.ctr == d.ctr &&
               h->d.triggers == d.triggers && h->filtered_counters == filtered,
           csr, "decoded code, counters or triggers");
    expect(!memcmp(&h->rules, &rules, sizeof rules) && !memcmp(&h->ext, &ext, sizeof ext), csr,
           "extensions");
    expect(h->tlb->pmp.count == pmp.count && h->tlb->pmp.mseccfg == pmp.mseccfg &&
               !memcmp(h->tlb->pmp.range, pmp.range, pmp.count * sizeof *pmp.range),
           csr, "PMP");
    expect(h->mip_lines == lines && h->next_event >= next, csr, "timers");
}

static u64 first_interrupt(void)
{
    struct delegation d = {0};
    int irq = pending_interrupt(h, &d);
    return irq < 0 ? 0 : BIT(63) | (u64)irq | (u64)d.bank << 8 | d.cause << 16;
}

static void poke(unsigned csr, u64 value)
{
    u64 before = first_interrupt();
    h->d.irq_check = 0;
    csr_poke(h, csr, value);
    expect(first_interrupt() == before || h->d.irq_check, csr, "an interrupt goes unnoticed");
    check_derived(csr);
}

/* ---- which bits a write changes ---- */

static u64 written_ones(unsigned csr)
{
    static const u64 patterns[] = {0xaaaaaaaaaaaaaaaaull, 0x5555555555555555ull};
    u64 set = 0;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        restore();
        poke(csr, 0);
        poke(csr, patterns[i]);
        set |= peek(csr) & patterns[i];
    }
    for (u64 bit = 1; bit; bit <<= 1) {
        restore();
        csr_poke(h, csr, 0);
        csr_poke(h, csr, bit);
        set |= peek(csr) & bit;
    }
    return set;
}

static void print_written(void *ctx, unsigned csr, const char *name)
{
    (void)name;
    if (csr == CSR_seed || csr == CSR_time || csr == CSR_timeh)
        return;
    u64 reset = peek(csr), set = written_ones(csr);
    restore();
    poke(csr, ~0ull);
    u64 ones = peek(csr);
    poke(csr, 0);
    char text[120];
    snprintf(text, sizeof text, "is %llx, ones %llx, can be set %llx, zero %llx",
             (unsigned long long)reset, (unsigned long long)ones, (unsigned long long)set,
             (unsigned long long)peek(csr));
    put_line(ctx, csr, text);
    restore();
}

/* ---- what else shows it ---- */

struct seen {
    u64 value[4096];
};
static void look(void *ctx, unsigned csr, const char *name)
{
    (void)name;
    ((struct seen *)ctx)->value[csr] = peek(csr);
}

/* The other CSRs that ones and zeros written to this one change. */
static void put_views(const char *where, unsigned csr, enum mode mode)
{
    static struct seen usual, now[2];
    char text[900] = "shows in";
    csr_for_each(h, look, &usual);
    for (u64 ones = 0; ones < 2; ones++) {
        h->mode = mode;
        if (mode == MODE_M)
            csr_poke(h, csr, 0 - ones);
        else
            csr_access(h, csr, CSR_WRITE, 0 - ones, NULL);
        h->mode = MODE_M;
        csr_for_each(h, look, &now[ones]);
        restore();
    }
    for (unsigned other = 0; other < 4096; other++) {
        bool changed =
            now[0].value[other] != usual.value[other] || now[1].value[other] != usual.value[other];
        if ((other != csr || mode != MODE_M) && csr_name(other) && changed)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %s", csr_name(other));
    }
    put_line(where, csr, text);
}

static void print_views(void *ctx, unsigned csr, const char *name)
{
    (void)name;
    if ((csr >> 10 & 3) != 3 && csr != CSR_misa)
        put_views(ctx, csr, MODE_M);
}

/* Written in VS-mode: what stands in for it. */
static void print_substitute(void *ctx, unsigned csr, const char *name)
{
    char where[64];
    (void)name;
    h->mode = MODE_VS;
    bool refused = csr_check(h, csr, CSR_WRITE, NULL) != 0;
    h->mode = MODE_M;
    snprintf(where, sizeof where, "%s by VS", (const char *)ctx);
    if (!refused && csr != CSR_seed)
        put_views(where, csr, MODE_VS);
}

/* ---- who may access it ---- */

static const enum mode modes[] = {MODE_M, MODE_S, MODE_U, MODE_VS, MODE_VU};

/* Two letters, read and write, for each mode: - allowed, i illegal, v virtual instruction. */
static void outcomes(unsigned csr, char text[16])
{
    char *p = text;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        h->mode = modes[i];
        for (enum csr_op op = CSR_READ; op <= CSR_WRITE; op++) {
            int cause = csr_check(h, csr, op, NULL);
            *p++ = cause == CAUSE_ILLEGAL ? 'i' : cause ? 'v' : '-';
        }
        *p++ = ' ';
    }
    p[-1] = 0;
    h->mode = MODE_M;
}

struct table {
    char text[4096][16];
};
static void note_outcomes(struct table *t)
{
    for (unsigned csr = 0; csr < 4096; csr++) {
        t->text[csr][0] = 0;
        if (csr_name(csr))
            outcomes(csr, t->text[csr]);
    }
}

static void print_outcomes(const char *what, const struct table *now, const struct table *usual)
{
    for (unsigned csr = 0; csr < 4096; csr++)
        if (csr_name(csr) && (!usual || strcmp(now->text[csr], usual->text[csr]) != 0))
            put_line(what, csr, now->text[csr]);
}

/* With everything open; then each bit that may take something away, turned alone. */
static void print_enables(const char *where)
{
    static const u16 enables[] = {CSR_mstatus,    CSR_hstatus,    CSR_vsstatus,   CSR_menvcfg,
                                  CSR_menvcfgh,   CSR_henvcfg,    CSR_henvcfgh,   CSR_senvcfg,
                                  CSR_mstateen0,  CSR_mstateen0h, CSR_hstateen0,  CSR_hstateen0h,
                                  CSR_sstateen0,  CSR_mstateen1h, CSR_hstateen1h, CSR_mcounteren,
                                  CSR_hcounteren, CSR_scounteren, CSR_mseccfg,    CSR_hvictl,
                                  CSR_mvien,      CSR_mcontext};
    static struct table usual, now;
    note_outcomes(&usual);
    print_outcomes(where, &usual, NULL);
    for (size_t i = 0; i < ARRAY_LEN(enables); i++)
        for (unsigned bit = 0; bit < 64 && csr_name(enables[i]); bit++) {
            char what[64];
            u64 value = peek(enables[i]);
            csr_poke(h, enables[i], value ^ BIT(bit));
            if (peek(enables[i]) == value)
                continue;
            snprintf(what, sizeof what, "%s %s.%u", where, csr_name(enables[i]), bit);
            note_outcomes(&now);
            print_outcomes(what, &now, &usual);
            restore();
        }
}

/* ---- without an extension ---- */

struct shape {
    char text[4096][400];
};
/* What changes by itself is left out. */
static bool is_moving(unsigned csr)
{
    return csr == CSR_seed || csr == CSR_time || csr == CSR_timeh || csr == CSR_mcycle ||
           csr == CSR_minstret;
}

/* Which values each small field holds, as a mask, with zero in the other fields. */
static void note_held(char *text, size_t size, unsigned csr)
{
    for (struct field_part p = {0}; csr_next_field(h, csr, &p);) {
        u64 mask = FIELD_MASK(p.high, p.low), most = mask >> p.low, held = 0;
        if (most < 2 || most > 15)
            continue;
        for (u64 value = 0; value <= most; value++) {
            csr_poke(h, csr, value << p.low);
            if (get_field(peek(csr), mask) == value)
                held |= BIT(value);
        }
        snprintf(text + strlen(text), size - strlen(text), " %s %llx", p.f->name,
                 (unsigned long long)held);
    }
}

static void note_shape(void *ctx, unsigned csr, const char *name)
{
    (void)name;
    if (is_moving(csr))
        return;
    csr_poke(h, csr, ~0ull);
    u64 ones = peek(csr);
    csr_poke(h, csr, 0);
    u64 zero = peek(csr);
    csr_poke(h, csr, 0xaaaaaaaaaaaaaaaaull);
    u64 odd = peek(csr);
    char *text = ((struct shape *)ctx)->text[csr];
    size_t size = sizeof((struct shape *)ctx)->text[csr];
    snprintf(text, size, "ones %llx zero %llx odd %llx", (unsigned long long)ones,
             (unsigned long long)zero, (unsigned long long)odd);
    for (u64 type = 0; csr == CSR_tdata1 && type < 16; type++)
        if (choose_trigger(type, ~0ull))
            snprintf(text + strlen(text), size - strlen(text), " type %llx",
                     (unsigned long long)peek(csr));
    if (csr != CSR_tdata1)
        note_held(text, size, csr);
    restore();
}

/* Nothing is said of what is an illegal instruction for everybody. */
static void note_absent(char *text, unsigned csr)
{
    char who[16];
    outcomes(csr, who);
    if (strcmp(who, "ii ii ii ii ii") != 0)
        snprintf(text, 400, "absent, %s", who);
}

static void note_shapes(struct shape *s)
{
    memset(s, 0, sizeof *s);
    set_up(ALL_OPEN);
    save();
    csr_for_each(h, note_shape, s);
    for (unsigned csr = 0; csr < 4096; csr++)
        if (csr_name(csr) && !s->text[csr][0] && !is_moving(csr))
            note_absent(s->text[csr], csr);
}

static void put_without(const char *what, const struct shape *usual, unsigned xlen, const char *all)
{
    static struct shape now;
    char isa[160], where[64];
    snprintf(isa, sizeof isa, "%s-%s", all, what);
    start(isa);
    if (!m)
        return;
    note_shapes(&now);
    snprintf(where, sizeof where, "rv%u without %s", xlen, what);
    for (unsigned csr = 0; csr < 4096; csr++)
        if (strcmp(now.text[csr], usual->text[csr]) != 0)
            put_line(where, csr, now.text[csr][0] ? now.text[csr] : "absent");
    machine_free(m);
}

static void print_without(unsigned xlen, const char *all)
{
    /* Where one of two suffices. */
    static const char *const pairs[] = {"Smcsrind-smaia", "Sscsrind-ssaia", "Zicfilp-zicfiss",
                                        "H-ssdbltrp-smdbltrp", "Smepmp-zkr-smmpm-zicfilp"};
    static struct shape usual;
    start(all);
    note_shapes(&usual);
    machine_free(m);
    for (unsigned e = 0; e < EXT_COUNT; e++)
        put_without(ext_table[e].name, &usual, xlen, all);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        put_without(pairs[i], &usual, xlen, all);
}

/* ---- all of it ---- */

static void print_map(unsigned xlen)
{
    char all[80], where[32];
    snprintf(all, sizeof all, "rv%umax-d_zcmt_smrnmi_smdbltrp_smcdeleg_smctr_ssqosid_zve64x", xlen);
    start(all);
    for (enum setting s = AT_RESET; s < SETTINGS; s++) {
        hart_reset(h);
        set_up(s);
        save();
        snprintf(where, sizeof where, "rv%u %s", xlen, setting_names[s]);
        csr_for_each(h, print_written, where);
        if (s != AT_RESET)
            csr_for_each(h, print_views, where);
        if (s == ALL_OPEN)
            csr_for_each(h, print_substitute, where);
        if (s == ALL_OPEN)
            print_enables(where);
    }
    machine_free(m);
    print_without(xlen, all);
    end_line();
}

START_TEST(every_csr)
{
    char *text = NULL;
    size_t size;
    out = printing ? stdout : open_memstream(&text, &size);
    print_map(_i ? 32 : 64);
    if (printing)
        return;
    fclose(out);
    expect_printed("csr_map.txt", _i ? "rv32 " : "rv64 ", text);
    free(text);
}
END_TEST

int main(int argc, char *argv[])
{
    printing = argc > 1 && !strcmp(argv[1], "print");
    Suite *suite = suite_create("CSR map");
    TCase *tc = tcase_create("every CSR");
    tcase_add_loop_test(tc, every_csr, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
