/* The table of fields, and values in words. */
#include "monitor/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/insn.h"

const struct field fields[] = {
#define FIELD(csr, name, high, low, kind, xlen, flip)                                              \
    {CSR_##csr, name, high, low, FIELD_##kind, xlen, FIELD_##flip},
#include "monitor/fields.def"
#undef FIELD
};
const u32 num_fields = ARRAY_LEN(fields);

bool field_applies(const struct field *f, const struct hart *h)
{
    return !f->xlen || f->xlen == h->config.xlen;
}

/* The n-th word of a list separated by '|'. */
static void word(const char *list, u64 n, char *buf, size_t len)
{
    while (n-- && (list = strchr(list, '|')))
        list++;
    if (list)
        snprintf(buf, len, "%.*s", (int)strcspn(list, "|"), list);
}

/* The names of the bits that are set. */
static void bit_names(u64 value, const char *(*name)(unsigned n, char *buf, size_t len), char *buf,
                      size_t len)
{
    char one[16];
    size_t n = 0;
    buf[0] = '\0';
    for (unsigned i = 0; i < 64; i++)
        if ((value >> i & 1) && n < len)
            n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? " " : "", name(i, one, sizeof one));
    if (!n)
        snprintf(buf, len, "none");
}

static const char *irq_name(unsigned n, char *buf, size_t len)
{
    static const char *const names[64] = {
#define EXC(code, e, name, tval, guest, deleg)
#define IRQ(code, e, name) [code] = #e,
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    };
    if (names[n])
        snprintf(buf, len, "%s", names[n]);
    else
        snprintf(buf, len, "%u", n);
    return buf;
}

static const char *counter_name(unsigned n, char *buf, size_t len)
{
    static const char *const names[] = {"CY", "TM", "IR"};
    if (n < 3)
        snprintf(buf, len, "%s", names[n]);
    else
        snprintf(buf, len, "HPM%u", n);
    return buf;
}

static const char *number_name(unsigned n, char *buf, size_t len)
{
    snprintf(buf, len, "%u", n);
    return buf;
}

static const char *letter_name(unsigned n, char *buf, size_t len)
{
    snprintf(buf, len, "%c", 'A' + n % 26);
    return buf;
}

char *tinst_text(const struct hart *h, u64 tinst, char *buf, size_t len)
{
    char text[96];
    u32 insn = (u32)tinst | 2;
    unsigned offset = (unsigned)(tinst >> 15 & 31);
    if (!tinst)
        snprintf(buf, len, "zero: nothing is said");
    else if (!(tinst & 1))
        snprintf(buf, len, "pseudoinstruction: implicit %s of a VS-stage page-table entry",
                 tinst & 0x20 ? "write" : "read");
    else if (offset)
        snprintf(buf, len, "%s; the fault is %u bytes behind the address; %u-byte instruction",
                 insn_disassemble(h->config.xlen, 0, insn & ~(31u << 15), text, sizeof text),
                 offset, tinst & 2 ? 4 : 2);
    else
        snprintf(buf, len, "%s; %u-byte instruction",
                 insn_disassemble(h->config.xlen, 0, insn, text, sizeof text), tinst & 2 ? 4 : 2);
    for (char *s = buf; *s; s++)
        if (*s == '\t')
            *s = ' ';
    return buf;
}

/* Kinds whose values have names. */
static const char *const value_names[] = {
    [FIELD_PRIV] = "U|S|reserved|M",
    [FIELD_SPRIV] = "U|S",
    [FIELD_STATE] = "Off|Initial|Clean|Dirty",
    [FIELD_XL] = "0|32|64|128",
    [FIELD_PMM] = "no masking|reserved|PMLEN 7|PMLEN 16",
    [FIELD_CBIE] = "trap|flush|reserved|inval",
    [FIELD_ATP] = "Bare|1|2|3|4|5|6|7|Sv39|Sv48|Sv57|11|12|13|14|15",
    [FIELD_GATP] = "Bare|1|2|3|4|5|6|7|Sv39x4|Sv48x4|Sv57x4|11|12|13|14|15",
    [FIELD_TVEC] = "Direct|Vectored|2|3",
    [FIELD_FRM] = "RNE|RTZ|RDN|RUP|RMM|5|6|DYN",
};

char *field_text(const struct field *f, const struct hart *h, u64 value, char *buf, size_t len)
{
    buf[0] = '\0';
    if (f->xlen == 32 && (f->kind == FIELD_ATP || f->kind == FIELD_GATP)) {
        word(f->kind == FIELD_ATP ? "Bare|Sv32" : "Bare|Sv32x4", value, buf, len);
        return buf;
    }
    if (f->kind < ARRAY_LEN(value_names) && value_names[f->kind]) {
        word(value_names[f->kind], value, buf, len);
        return buf;
    }
    switch ((enum field_kind)f->kind) {
    case FIELD_PAGE:
        snprintf(buf, len, "0x%" PRIx64 " (0x%" PRIx64 ")", value, value << 12);
        break;
    case FIELD_BASE:
        snprintf(buf, len, "0x%" PRIx64, value << 2);
        break;
    case FIELD_IRQS:
        bit_names(value, irq_name, buf, len);
        break;
    case FIELD_IRQS_HIGH:
        bit_names(value << 32, irq_name, buf, len);
        break;
    case FIELD_IRQ:
        if (value < 64)
            irq_name((unsigned)value, buf, len);
        else
            snprintf(buf, len, "%" PRIu64, value);
        break;
    case FIELD_EXCS:
    case FIELD_SET:
        bit_names(value, number_name, buf, len);
        break;
    case FIELD_COUNTERS:
        bit_names(value, counter_name, buf, len);
        break;
    case FIELD_GPA:
        snprintf(buf, len, "gpa 0x%" PRIx64, value << 2);
        break;
    case FIELD_TINST:
        tinst_text(h, value, buf, len);
        break;
    case FIELD_LETTERS:
        bit_names(value, letter_name, buf, len);
        break;
    default:
        snprintf(buf, len, "%" PRIu64, value);
    }
    return buf;
}

char *fields_of(const struct hart *h, unsigned csr, u64 value, char *buf, size_t len)
{
    char text[256];
    size_t n = 0;
    bool interrupt = value >> (h->config.xlen - 1) & 1;
    buf[0] = '\0';
    for (u32 i = 0; i < num_fields && n < len; i++) {
        const struct field *f = &fields[i];
        if (f->csr != csr || !field_applies(f, h))
            continue;
        u64 v = field_value(f, value);
        if (f->kind == FIELD_BOOL && !v)
            continue;
        field_text(f, h, v, text, sizeof text);
        if (f->kind == FIELD_BOOL)
            n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? " " : "", f->name);
        else if (f->kind == FIELD_CAUSE)
            n += (size_t)snprintf(buf + n, len - n, "%s%s (%s)", n ? " " : "", text,
                                  interrupt ? interrupt_name((unsigned)v)
                                            : exception_name((unsigned)v));
        else
            n += (size_t)snprintf(buf + n, len - n, "%s%s%s%s", n ? " " : "", f->name,
                                  *f->name ? "=" : "", text);
    }
    return buf;
}
