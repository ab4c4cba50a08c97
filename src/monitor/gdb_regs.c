/* Registers for gdb: numbers, values, and the target description that names them. The numbers are
 * those that gdb itself uses for RISC-V. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/vec.h"
#include "machine/history.h"
#include "cpu/insn.h"
#include "monitor/gdb_stub.h"

enum { REG_PC = 32, REG_F0 = 33, REG_CSR0 = 65, REG_PRIV = 65 + 4096, REG_V, REG_V0 };

static unsigned x_bytes(const struct hart *h)
{
    return h->config.xlen / 8u;
}

static unsigned f_bytes(const struct hart *h)
{
    return has(h, EXT_D) ? 8 : 4;
}

/* fflags, frm and fcsr belong to gdb's floating-point feature where there are f registers. */
static bool is_fp_csr(unsigned num)
{
    return num >= 1 && num <= 3;
}

static int csr_value(struct hart *h, unsigned num, u64 *value)
{
    return csr_peek(h, num, value);
}

/* Vector register `number` of gdb's, or NULL. */
static u8 *vector(struct hart *h, unsigned number)
{
    return h->config.vlen && number - REG_V0 < 32 ? vec_reg(h, number - REG_V0) : NULL;
}

int gdb_read_register(struct gdb *g, unsigned number)
{
    struct hart *h = g->hart;
    if (vector(h, number)) {
        gdb_out_hex(&g->out, vector(h, number), vec_bytes(h));
        return 0;
    }
    u64 value;
    unsigned size = x_bytes(h);
    if (number < REG_PC) {
        value = number ? h->x[number] : 0;
    } else if (number == REG_PC) {
        value = h->pc;
    } else if (number < REG_CSR0) {
        value = h->f[number - REG_F0];
        size = f_bytes(h);
    } else if (number < REG_PRIV) {
        if (csr_value(h, number - REG_CSR0, &value))
            return -1;
        if (is_fp_csr(number - REG_CSR0))
            size = 4;
    } else if (number == REG_PRIV || number == REG_V) {
        value = number == REG_V ? mode_table[h->mode].v : mode_table[h->mode].nominal;
    } else {
        return -1;
    }
    gdb_out_hex(&g->out, &value, size);
    return 0;
}

static int write_mode(struct hart *h, unsigned nominal, unsigned v)
{
    if (nominal > 3 || nominal == 2 || v > 1 || (v && nominal == 3))
        return -1;
    return view_enter_mode(h, mode_of(nominal, v));
}

int gdb_write_register(struct gdb *g, unsigned number, const u8 *bytes, size_t len)
{
    struct hart *h = g->hart;
    const struct mode_info *m = &mode_table[h->mode];
    u64 value = 0;
    history_cut(g->m);
    if (vector(h, number)) {
        if (len != vec_bytes(h))
            return -1;
        memcpy(vector(h, number), bytes, len);
        return 0;
    }
    if (!len || len > sizeof value)
        return -1;
    memcpy(&value, bytes, len);
    if (number < REG_PC) {
        if (number)
            h->x[number] = is_rv32(h) ? (u64)sext(value, 32) : value;
    } else if (number == REG_PC) {
        hart_set_pc(h, value);
    } else if (number < REG_CSR0) {
        h->f[number - REG_F0] = len < 8 ? value | ~0ull << 32 : value;
    } else if (number < REG_PRIV) {
        hart_set_pc(h, h->pc); /* misa.C asks where the next instruction is */
        return csr_poke(h, number - REG_CSR0, value);
    } else if (number == REG_PRIV) {
        return write_mode(h, (unsigned)(value & 0xff), m->v && value != 3);
    } else if (number == REG_V) {
        return write_mode(h, m->nominal, (unsigned)(value & 0xff));
    } else {
        return -1;
    }
    return 0;
}

void gdb_read_all(struct gdb *g)
{
    for (unsigned i = 0; i < num_x(g->hart); i++)
        gdb_read_register(g, i);
    gdb_read_register(g, REG_PC);
}

int gdb_write_all(struct gdb *g, const char *hex)
{
    u8 bytes[33 * 8];
    unsigned size = x_bytes(g->hart), count = num_x(g->hart);
    int n = gdb_bytes(hex, bytes, sizeof bytes);
    if (n < 0 || (unsigned)n < (count + 1) * size)
        return -1;
    for (unsigned i = 0; i < count; i++)
        gdb_write_register(g, i, bytes + i * size, size);
    gdb_write_register(g, REG_PC, bytes + count * size, size);
    return 0;
}

/* ---- description ---- */

struct description {
    FILE *f;
    const struct hart *h;
};

static void describe_csr(void *ctx, unsigned num, const char *name)
{
    const struct description *d = ctx;
    size_t n = strlen(name);
    bool code = n >= 4 && (strcmp(name + n - 3, "epc") == 0 || strcmp(name + n - 4, "tvec") == 0);
    unsigned size = is_fp_csr(num) ? 32 : d->h->config.xlen;
    if (is_fp_csr(num) && has(d->h, EXT_F))
        return;
    fprintf(d->f, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" group=\"csr\" type=\"", name, size,
            REG_CSR0 + num);
    fprintf(d->f, code ? "code_ptr\"/>\n" : "uint%u\"/>\n", size);
}

static void describe_cpu(const struct description *d)
{
    unsigned xlen = d->h->config.xlen;
    fprintf(d->f, "<feature name=\"org.gnu.gdb.riscv.cpu\">\n");
    for (unsigned i = 0; i < num_x(d->h); i++)
        fprintf(d->f, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"/>\n",
                i == 8 ? "fp" : insn_x_name[i], xlen, i,
                i == 1                                 ? "code_ptr"
                : i == 2 || i == 3 || i == 4 || i == 8 ? "data_ptr"
                                                       : "int");
    fprintf(d->f, "<reg name=\"pc\" bitsize=\"%u\" regnum=\"32\" type=\"code_ptr\"/>\n</feature>\n",
            xlen);
}

static void describe_fpu(const struct description *d)
{
    static const char *const names[] = {"fflags", "frm", "fcsr"};
    bool wide = has(d->h, EXT_D);
    if (!has(d->h, EXT_F))
        return;
    fprintf(d->f, "<feature name=\"org.gnu.gdb.riscv.fpu\">\n");
    if (wide)
        fprintf(d->f, "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/>"
                      "<field name=\"double\" type=\"ieee_double\"/></union>\n");
    for (unsigned i = 0; i < 32; i++)
        fprintf(d->f, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"/>\n",
                insn_f_name[i], wide ? 64 : 32, REG_F0 + i, wide ? "riscv_double" : "ieee_single");
    for (unsigned i = 0; i < 3; i++)
        fprintf(d->f, "<reg name=\"%s\" bitsize=\"32\" regnum=\"%u\" type=\"int\"/>\n", names[i],
                REG_CSR0 + 1 + i);
    fprintf(d->f, "</feature>\n");
}

/* gdb asks for these names; the union shows a register as elements of every width. */
static void describe_vectors(const struct description *d)
{
    static const struct {
        const char *id, *type;
        unsigned bits;
    } views[] = {{"longs", "uint64", 64},
                 {"words", "uint32", 32},
                 {"shorts", "uint16", 16},
                 {"bytes", "uint8", 8}};
    unsigned vlen = d->h->config.vlen;
    if (!vlen)
        return;
    fprintf(d->f, "<feature name=\"org.gnu.gdb.riscv.vector\">\n");
    for (unsigned i = 0; i < ARRAY_LEN(views); i++)
        if (views[i].bits <= vlen)
            fprintf(d->f, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>\n", views[i].id,
                    views[i].type, vlen / views[i].bits);
    fprintf(d->f, "<union id=\"riscv_vector\">");
    for (unsigned i = 0; i < ARRAY_LEN(views); i++)
        if (views[i].bits <= vlen)
            fprintf(d->f, "<field name=\"%c\" type=\"%s\"/>", "lwsb"[i], views[i].id);
    fprintf(d->f, "</union>\n");
    for (unsigned i = 0; i < 32; i++)
        fprintf(d->f,
                "<reg name=\"v%u\" bitsize=\"%u\" regnum=\"%u\" group=\"vector\" "
                "type=\"riscv_vector\"/>\n",
                i, vlen, REG_V0 + i);
    fprintf(d->f, "</feature>\n");
}

int gdb_describe(struct gdb *g)
{
    struct description d = {.h = g->m->hart[0]};
    if (g->xml)
        return 0;
    d.f = open_memstream(&g->xml, &g->xml_len);
    if (!d.f)
        return -1;
    fprintf(
        d.f,
        "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
        "<target version=\"1.0\">\n<architecture>riscv:rv%u</architecture>\n<osabi>none</osabi>\n",
        d.h->config.xlen);
    describe_cpu(&d);
    describe_fpu(&d);
    describe_vectors(&d);
    fprintf(d.f, "<feature name=\"org.gnu.gdb.riscv.csr\">\n");
    csr_for_each(d.h, describe_csr, &d);
    fprintf(d.f,
            "</feature>\n<feature name=\"org.gnu.gdb.riscv.virtual\">\n"
            "<reg name=\"priv\" bitsize=\"%u\" regnum=\"%u\" type=\"int\"/>\n</feature>\n",
            d.h->config.xlen, REG_PRIV);
    if (has(d.h, EXT_H))
        fprintf(d.f,
                "<feature name=\"hextant.riscv.virtualization\">\n"
                "<reg name=\"V\" bitsize=\"%u\" regnum=\"%u\" type=\"int\"/>\n</feature>\n",
                d.h->config.xlen, REG_V);
    fprintf(d.f, "</target>\n");
    return fclose(d.f) ? -1 : 0;
}
