/* For an encoding of every instruction, those of insn_expected.def: on which XLEN it exists, which
 * of its bits are fixed, without which extensions it is gone, and which of them alone suffice.
 * Compared with insn_map.txt, which was printed: it shows what a change of a table changes. Its
 * fixed bits agree with riscv-opcodes but where a single bit makes a register x0, or a pair odd, or
 * another instruction. `test_insn_map print | grep RV` prints it as it is now. */
#include "bare_machine.h"
#include "cpu/ext.h"
#include "cpu/insn.h"
#include "printed_map.h"

#include <string.h>

static const struct {
    u8 xlen;
    u32 bits;
    const char *text;
} expected[] = {
#define EXPECT(xlen, bits, text) {xlen, bits, text},
#include "insn_expected.def"
};

static bool printing;

static struct machine *everything(unsigned xlen)
{
    static const u32 nop = 0x13;
    return bare_machine(xlen == 32 ? "--isa=rv32max" : "--isa=rv64max", "", &nop, 1);
}

/* All that there is but what takes the place of something else; Zcmp and Zcmt take that of Zcd:
 * they are there for those whom nothing else decodes. */
static void all_extensions(struct hart *h, bool zcmp)
{
    static const u8 instead[] = {EXT_Zcmp,  EXT_Zcmt,  EXT_Zce,      EXT_Zclsd, EXT_Zfinx,
                                 EXT_Zdinx, EXT_Zhinx, EXT_Zhinxmin, EXT_E};
    h->ext = h->config.isa;
    for (enum ext e = 0; e < EXT_COUNT; e++)
        if (isa_optional(e) && !memchr(instead, e, sizeof instead))
            extset_add(&h->ext, e);
    if (!zcmp)
        return;
    extset_add(&h->ext, EXT_Zcmp);
    extset_add(&h->ext, EXT_Zcmt);
    extset_remove(&h->ext, EXT_Zcd);
}

static unsigned fixed_bits(struct hart *h, u32 bits, unsigned row)
{
    u32 mask = 0;
    for (unsigned i = 0; i < ((bits & 3) == 3 ? 32 : 16); i++)
        if (insn_lookup(h, bits ^ 1u << i) != row)
            mask |= 1u << i;
    return mask;
}

static void put_extensions(FILE *out, struct hart *h, u32 bits, unsigned row)
{
    struct extset all = h->ext;
    fprintf(out, "; gone without");
    for (enum ext e = EXT_I + 1; e < EXT_COUNT; e++) {
        h->ext = all;
        extset_remove(&h->ext, e);
        if (extset_has(&all, e) && insn_lookup(h, bits) != row)
            fprintf(out, " %s", ext_table[e].name);
    }
    fprintf(out, "; there with");
    for (enum ext e = EXT_I + 1; e < EXT_COUNT; e++) {
        h->ext = (struct extset){0};
        extset_add(&h->ext, EXT_I);
        if (insn_lookup(h, bits) == row)
            continue;
        extset_add(&h->ext, e);
        if (insn_lookup(h, bits) == row)
            fprintf(out, " %s", ext_table[e].name);
    }
    h->ext = all;
}

static void put_line(FILE *out, u32 bits, const char *text, struct hart *h, struct hart *other)
{
    all_extensions(h, false);
    unsigned row = insn_lookup(h, bits);
    all_extensions(other, row == INSN_NONE);
    if (row == INSN_NONE) {
        all_extensions(h, true);
        row = insn_lookup(h, bits);
    }
    if (row == INSN_NONE)
        return;
    fprintf(out, "%.*s: RV%u%s, fixed %x of %x", (int)strcspn(text, "\t"), text, h->config.xlen,
            insn_lookup(other, bits) == row ? " and the other" : "", fixed_bits(h, bits, row),
            bits);
    const struct insn_access *a = &insn_row(row)->access;
    if (a->bytes || a->flags)
        fprintf(out, "; accesses %u bytes%s, flags %x", a->bytes, a->is_signed ? " with sign" : "",
                a->flags);
    put_extensions(out, h, bits, row);
    fprintf(out, "\n");
}

static void put_all(FILE *out)
{
    struct machine *m32 = everything(32), *m64 = everything(64);
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        bool is32 = expected[i].xlen == 32;
        struct hart *own = (is32 ? m32 : m64)->hart[0], *other = (is32 ? m64 : m32)->hart[0];
        put_line(out, expected[i].bits, expected[i].text, own, other);
    }
    machine_free(m32);
    machine_free(m64);
}

START_TEST(every_instruction)
{
    char *text = NULL;
    size_t size;
    FILE *out = printing ? stdout : open_memstream(&text, &size);
    put_all(out);
    if (printing)
        return;
    fclose(out);
    expect_printed("insn_map.txt", "", text);
    free(text);
}
END_TEST

int main(int argc, char *argv[])
{
    printing = argc > 1 && !strcmp(argv[1], "print");
    Suite *suite = suite_create("instruction map");
    TCase *tc = tcase_create("every instruction");
    tcase_add_test(tc, every_instruction);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
