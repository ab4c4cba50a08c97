/* The values of fields in words (the fields are those of cpu/fields.def). */
#include "monitor/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/insn.h"
#include "monitor/names.h"

/* The names of the bits that are set. */
static void bit_names(u64 value, const char *(*name)(unsigned n, char *buf, size_t len), char *buf,
                      size_t len)
{
    char one[32];
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
    if (*cause_short_name(n, 1))
        snprintf(buf, len, "%s", cause_short_name(n, 1));
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

static const char *value_name(unsigned kind, u64 value)
{
    for (u32 i = 0; i < num_field_names; i++)
        if (field_names[i].kind == kind && field_names[i].value == value)
            return field_names[i].text;
    return NULL;
}

char *field_text(const struct field *f, const struct hart *h, u64 value, char *buf, size_t len)
{
    const char *name = value_name(f->shown, value);
    buf[0] = '\0';
    if (name) {
        snprintf(buf, len, "%s", name);
        return buf;
    }
    switch ((enum field_kind)f->shown) {
    case SHOW_PAGE:
        snprintf(buf, len, "0x%" PRIx64 " (0x%" PRIx64 ")", value, value << 12);
        break;
    case SHOW_BASE:
        snprintf(buf, len, "0x%" PRIx64, value << f->low);
        break;
    case SHOW_IRQS:
        bit_names(value, irq_name, buf, len);
        break;
    case SHOW_IRQ:
        if (value < 64)
            irq_name((unsigned)value, buf, len);
        else
            snprintf(buf, len, "%" PRIu64, value);
        break;
    case SHOW_EXCS:
    case SHOW_SET:
        bit_names(value, number_name, buf, len);
        break;
    case SHOW_COUNTERS:
        bit_names(value, counter_name, buf, len);
        break;
    case SHOW_GPA:
        snprintf(buf, len, "gpa 0x%" PRIx64, value << 2);
        break;
    case SHOW_TINST:
        tinst_text(h, value, buf, len);
        break;
    case SHOW_LETTERS:
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
    for (struct field_part p = {0}; n < len && csr_next_field(h, csr, &p);) {
        const struct field *f = p.f;
        const char *between = n ? " " : "";
        u64 v = part_value(&p, value);
        if (f->shown == SHOW_FLAG && !v)
            continue;
        field_text(f, h, v, text, sizeof text);
        if (f->shown == SHOW_FLAG)
            n += (size_t)snprintf(buf + n, len - n, "%s%s", between, f->name);
        else if (f->shown == SHOW_CAUSE)
            n += (size_t)snprintf(buf + n, len - n, "%s%s (%s)", between, text,
                                  interrupt ? interrupt_name((unsigned)v)
                                            : exception_name((unsigned)v));
        else if (field_is_nameless(f))
            n += (size_t)snprintf(buf + n, len - n, "%s%s", between, text);
        else
            n += (size_t)snprintf(buf + n, len - n, "%s%s=%s", between, f->name, text);
    }
    return buf;
}
