/* The indirect CSRs: which register an alias (mireg, sireg2, ...) stands for is looked up in
 * ireg.def; that register is then read and written as a row of csr.def is. One of the files that
 * own the question about V. */
#include <stdio.h>

#include "cpu/csr_impl.h"

struct ireg_row {
    struct csr_row row; /* its number is that of the select register */
    u16 first, last;
    u8 window, step;
};

#define AT(field) offsetof(struct hart, field)
static const struct ireg_row rows[] = {
#define IREG(...) IREG_ROW(__VA_ARGS__) /* what is a macro in the rows is replaced first */
#define IREG_ROW(select, window_, first_, last_, step_, name_, ...)                                \
    {.row = {.num = CSR_##select, .name = #name_, __VA_ARGS__},                                    \
     .first = (first_),                                                                            \
     .last = (last_),                                                                              \
     .window = (window_),                                                                          \
     .step = (step_)},
#include "cpu/ireg.def"
#undef IREG
#undef IREG_ROW
};

/* An alias: its select register, and which window it is; the numbers leave out that of xiph. */
struct alias {
    u16 select;
    u8 window; /* 0: no alias */
};

static struct alias alias_of(unsigned num)
{
    static const u8 windows[16] = {[1] = 1, [2] = 2, [3] = 3, [5] = 4, [6] = 5, [7] = 6};
    unsigned select = num & ~0xfu;
    bool is = select == CSR_miselect || select == CSR_siselect || select == CSR_vsiselect;
    return (struct alias){.select = (u16)select, .window = is ? windows[num & 0xf] : 0};
}

static bool matches(const struct hart *h, const struct ireg_row *r, struct alias a, u64 value)
{
    return r->row.num == a.select && (!r->window || r->window == a.window) && value >= r->first &&
           value <= r->last && csr_row_exists(h, &r->row) &&
           (is_rv32(h) || (value - r->first) % r->step == 0);
}

static const struct ireg_row *find(const struct hart *h, struct alias a, u64 value)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (matches(h, &rows[i], a, value))
            return &rows[i];
    return NULL;
}

enum ireg_kind ireg_select(const struct hart *h, unsigned num, unsigned v, struct csr_row *out)
{
    struct alias a = alias_of(num);
    if (v && a.select == CSR_siselect)
        a.select = CSR_vsiselect;
    u64 value = a.window ? *csr_field(h, csr_row(a.select)) : 0;
    const struct ireg_row *r = a.window ? find(h, a, value) : NULL;
    if (!r)
        return IREG_NONE;
    *out = r->row;
    out->index = (u8)(r->row.index + value - r->first);
    return out->at || out->read ? IREG_THERE : IREG_SET_ASIDE;
}

const char *ireg_name(const struct hart *h, unsigned num, char *buf, size_t len)
{
    struct alias a = alias_of(num);
    u64 value = a.window ? *csr_field(h, csr_row(a.select)) : 0;
    const struct ireg_row *r = a.window ? find(h, a, value) : NULL;
    if (!r)
        return NULL;
    if (r->first == r->last)
        snprintf(buf, len, "%s", r->row.name);
    else
        snprintf(buf, len, "%s%u", r->row.name, (unsigned)(r->row.index + value - r->first));
    return buf;
}

u64 r_ireg(const struct hart *h, const struct csr_row *row)
{
    struct csr_row reg;
    if (ireg_select(h, row->num, 0, &reg) != IREG_THERE)
        return 0; /* asked without the gate */
    return csr_row_read(h, &reg);
}

void s_ireg(struct hart *h, const struct csr_row *row, u64 v)
{
    struct csr_row reg;
    if (ireg_select(h, row->num, 0, &reg) != IREG_THERE)
        return;
    if (reg.before)
        reg.before(h);
    csr_row_write(h, &reg, v);
}
