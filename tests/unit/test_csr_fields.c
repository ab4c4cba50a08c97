/* Every field of every CSR, and of every type of trigger, and every register behind a select
 * register: where it is, which values of a small field
 * are held, and how the monitor calls them, against csr_fields.txt, which was printed and read
 * against the manual. `test_csr_fields print` prints it as it is now. */
#include "csr_lines.h"
#include "monitor/fields.h"

/* ---- its fields: where they are, which values of a small one are held, and their names ---- */

/* Adds a field to `text`: its bits, what all ones of it mean, and which values it holds if it has
 * at most four bits, all of them for a read-only register. `old` is what the register has
 * otherwise. */
static void add_field(char *text, size_t size, unsigned csr, const struct field_part *p, u64 old)
{
    char name[300];
    u64 mask = FIELD_MASK(p->high, p->low), most = mask >> p->low;
    field_text(p->f, h, part_value(p, mask), name, sizeof name);
    snprintf(text + strlen(text), size - strlen(text), "%s%s %u:%u (%s)", *text ? "; " : "",
             p->f->name, p->high, p->low, name);
    if (csr == CSR_seed) /* reads otherwise each time */
        return;
    for (u64 value = 0; most <= 15 && value <= most; value++) {
        csr_poke(h, csr, set_field(old, mask, value));
        if ((csr >> 10 & 3) != 3 && get_field(peek(csr), mask) != value)
            continue;
        field_text(p->f, h, value, name, sizeof name);
        snprintf(text + strlen(text), size - strlen(text), ", %llu %s", (unsigned long long)value,
                 name);
    }
    csr_poke(h, csr, old);
}

static void print_fields(void *ctx, unsigned csr, const char *name)
{
    char text[2400] = "";
    (void)name;
    u64 old = peek(csr);
    if (csr == CSR_tdata1)
        return;
    for (struct field_part p = {0}; csr_next_field(h, csr, &p);)
        add_field(text, sizeof text, csr, &p, old);
    put_line(ctx, csr, text);
    restore();
}

static void print_triggers(const char *xlen)
{
    for (u64 type = 0; type < 16; type++) {
        char where[64], text[2400] = "";
        if (!choose_trigger(type, ~0ull))
            continue;
        u64 ones = peek(CSR_tdata1);
        choose_trigger(type, 0);
        u64 old = peek(CSR_tdata1);
        for (struct field_part p = {0}; csr_next_field(h, CSR_tdata1, &p); choose_trigger(type, 0))
            add_field(text, sizeof text, CSR_tdata1, &p, old);
        snprintf(text + strlen(text), sizeof text - strlen(text), "; ones %llx",
                 (unsigned long long)ones);
        snprintf(where, sizeof where, "%s type %u", xlen, (unsigned)type);
        put_line(where, CSR_tdata1, text);
        end_line();
    }
    restore();
}

/* ---- behind the select registers ---- */

/* Who may read and write the alias (- allowed, i illegal, v virtual instruction; M, HS, VS), and
 * what it then is. */
static void alias_text(unsigned alias, char *text, size_t size)
{
    static const enum mode modes[] = {MODE_M, MODE_S, MODE_VS};
    char name[40] = "", *p = text;
    for (unsigned i = 0; i < 2 * ARRAY_LEN(modes); i++) {
        h->mode = modes[i / 2];
        int cause = csr_check(h, alias, i % 2 ? CSR_WRITE : CSR_READ, NULL);
        *p++ = cause == CAUSE_ILLEGAL ? 'i' : cause ? 'v' : '-';
    }
    h->mode = MODE_M;
    *p = 0;
    if (!ireg_name(h, alias, name, sizeof name))
        return;
    csr_poke(h, alias, ~0ull);
    name[strcspn(name, "0123456789")] = 0;
    snprintf(p, size - (size_t)(p - text), " %s ones %llx", name, (unsigned long long)peek(alias));
}

static void put_selected(FILE *into, unsigned select, unsigned alias, unsigned first, unsigned last,
                         const char *text)
{
    fprintf(into, "%s=%x..%x %s %s\n", csr_name(select), first, last, csr_name(alias), text);
}

/* For each range of even, or of odd, select values that show the same. */
static void print_selected_by_two(FILE *into, unsigned select, unsigned alias, unsigned start_at)
{
    enum { END = 0x200 };
    char before[120] = "", text[120];
    unsigned first = start_at, value = first;
    for (; value < END; value += 2) {
        csr_poke(h, select, value);
        alias_text(alias, text, sizeof text);
        restore();
        if (strcmp(text, before) == 0)
            continue;
        if (value > start_at)
            put_selected(into, select, alias, first, value - 2, before);
        first = value;
        strcpy(before, text);
    }
    put_selected(into, select, alias, first, value - 2, before);
}

static void print_selected(FILE *into, unsigned select, unsigned alias)
{
    print_selected_by_two(into, select, alias, 0);
    print_selected_by_two(into, select, alias, 1);
}

static char *selected(void)
{
    static const u16 selects[] = {CSR_miselect, CSR_siselect, CSR_vsiselect};
    static const u16 aliases[] = {CSR_mireg, CSR_sireg, CSR_vsireg};
    char *text = NULL;
    size_t size;
    FILE *into = open_memstream(&text, &size);
    for (unsigned i = 0; i < 3; i++)
        for (unsigned window = 0; csr_name(selects[i]) && window < 7; window++)
            if (window != 3) /* the fourth number is no alias */
                print_selected(into, selects[i], aliases[i] + window);
    print_selected(into, CSR_vsiselect, CSR_sireg);
    print_selected(into, CSR_vsiselect, CSR_sireg2);
    fclose(into);
    return text;
}

/* The lines of `text` that `usual` does not have. */
static void put_lines(const char *where, const char *text, const char *usual)
{
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        char row[200];
        snprintf(row, sizeof row, "%.*s", (int)(end + 1 - text), text);
        if (!strstr(usual, row))
            fprintf(out, "%s %s", where, row);
    }
}

static void open_all(const char *isa)
{
    start(isa);
    ck_assert_msg(m != NULL, "%s is refused", isa);
    set_up(ALL_OPEN);
    save();
}

/* What is different on a hart without one of the extensions that such registers belong to. */
static void print_indirect(const char *xlen, const char *all)
{
    static const char *const without[] = {
        "smaia", "ssaia",       "smaia-ssaia", "smcdeleg", "zicntr", "zihpm",    "smcntrpmf",
        "ssctr", "smctr-ssctr", "sscofpmf",    "smcsrind", "h",      "smstateen"};
    char *usual = selected();
    put_lines(xlen, usual, "");
    for (unsigned i = 0; i < ARRAY_LEN(without); i++) {
        char isa[160], where[64];
        machine_free(m);
        snprintf(isa, sizeof isa, "%s-%s", all, without[i]);
        snprintf(where, sizeof where, "%s without %s", xlen, without[i]);
        open_all(isa);
        char *text = selected();
        put_lines(where, text, usual);
        free(text);
    }
    free(usual);
}

START_TEST(every_field)
{
    char *text = NULL, all[64], where[32];
    size_t size;
    unsigned xlen = _i ? 32 : 64;
    out = printing ? stdout : open_memstream(&text, &size);
    snprintf(all, sizeof all, "rv%umax-d_zcmt_smrnmi_smdbltrp_smcdeleg_smctr_ssqosid_zve64x", xlen);
    snprintf(where, sizeof where, "rv%u", xlen);
    open_all(all);
    csr_for_each(h, print_fields, where);
    print_triggers(where);
    end_line();
    print_indirect(where, all);
    machine_free(m);
    if (printing)
        return;
    fclose(out);
    expect_printed("csr_fields.txt", _i ? "rv32 " : "rv64 ", text);
    free(text);
}
END_TEST

int main(int argc, char *argv[])
{
    printing = argc > 1 && !strcmp(argv[1], "print");
    Suite *suite = suite_create("CSR fields");
    TCase *tc = tcase_create("every field");
    tcase_add_loop_test(tc, every_field, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
