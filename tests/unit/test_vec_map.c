/* Which encodings of vector instructions are legal with which vtype: for every instruction, with
 * registers that are aligned and that are not, that overlap, are the mask, and with vstart.
 * Compared with vec_map.txt, which was printed: it shows what a change of vec_class.def changes.
 * `test_vec_map print | grep legal` prints it as it is now.
 *
 * A line is "legal USUAL VARIANT=..: INSTRUCTIONS". Each word has a part for SEW = 8, 16, 32 and
 * 64, of a letter for LMUL = 1/8 to 8: '-' where it is reserved or there is no such vtype. Variants
 * that are as the usual one are left out. */
#include "printed_map.h"
#include "vec_hart.h"

static const char *const expected[] = {
#define EXPECT(xlen, bits, text) text,
#include "insn_expected.def"
};
static const u32 words[] = {
#undef EXPECT
#define EXPECT(xlen, bits, text) bits,
#include "insn_expected.def"
};

enum { VSTART = 1, MASKED = 2, RUN = 4 }; /* RUN: what is reserved runs if it makes sense */
/* Registers, 0 as the mask too; nf is of those that have one. */
static const struct variant {
    const char *name;
    u8 vd, vs2, vs1, flags, nf;
} variants[] = {
    {"usual", 24, 8, 16, 0, 0},
    {"vd+1", 25, 8, 16, 0, 0},
    {"vd+2", 26, 8, 16, 0, 0},
    {"vd+4", 28, 8, 16, 0, 0},
    {"vs2+1", 24, 9, 16, 0, 0},
    {"vs2+2", 24, 10, 16, 0, 0},
    {"vs2+4", 24, 12, 16, 0, 0},
    {"vs1+1", 24, 8, 17, 0, 0},
    {"vs1+2", 24, 8, 18, 0, 0},
    {"vs1+4", 24, 8, 20, 0, 0},
    {"vs2=vd", 24, 24, 16, 0, 0},
    {"vs2=vd+1", 24, 25, 16, 0, 0},
    {"vs2=vd+2", 24, 26, 16, 0, 0},
    {"vs2=vd+4", 24, 28, 16, 0, 0},
    {"vd=vs2+1", 25, 24, 16, 0, 0},
    {"vd=vs2+2", 26, 24, 16, 0, 0},
    {"vd=vs2+4", 28, 24, 16, 0, 0},
    {"vs1=vd", 24, 8, 24, 0, 0},
    {"vs1=vd+1", 24, 8, 25, 0, 0},
    {"vs1=vd+2", 24, 8, 26, 0, 0},
    {"vs1=vd+4", 24, 8, 28, 0, 0},
    {"vd=vs1+1", 25, 8, 24, 0, 0},
    {"vd=vs1+2", 26, 8, 24, 0, 0},
    {"vd=vs1+4", 28, 8, 24, 0, 0},
    {"vs1=vs2", 24, 8, 8, 0, 0},
    {"vs1=vs2+1", 24, 8, 9, 0, 0},
    {"masked", 24, 8, 16, MASKED, 0},
    {"vd=v0", 0, 8, 16, MASKED, 0},
    {"vs2=v0", 24, 0, 16, MASKED, 0},
    {"vs1=v0", 24, 8, 0, MASKED, 0},
    {"vstart", 24, 8, 16, VSTART, 0},
    {"run", 24, 24, 16, RUN, 0},
    {"run,vstart", 24, 8, 16, RUN | VSTART, 0},
    {"nf=2", 16, 8, 16, 0, 1},
    {"nf=4", 16, 8, 24, 0, 3},
    {"nf=8", 16, 8, 24, 0, 7},
    {"nf=2,overlap", 16, 17, 24, 0, 1},
};

static struct machine *m;
static struct hart *h;

/* The bits that make it this instruction. */
static u32 fixed_bits(u32 bits, unsigned row)
{
    u32 mask = 0;
    for (unsigned i = 0; i < 32; i++)
        if (insn_lookup(h, bits ^ 1u << i) != row)
            mask |= 1u << i;
    return mask;
}

static u32 with_registers(u32 bits, u32 fixed, const struct variant *v)
{
    u32 free = (u32)v->vd << 7 | (u32)v->vs1 << 15 | (u32)v->vs2 << 20 |
               (v->flags & MASKED ? 0 : 1u << 25) | (u32)v->nf << 29;
    return (bits & fixed) | (free & ~fixed);
}

/* 4 parts of 7 letters. */
static void legal_with(u32 word, const struct variant *v, char text[32])
{
    unsigned row;
    struct op op = decode(h, word, &row);
    char *p = text;
    h->config.v_reserved = h->config.v_vstart = v->flags & RUN ? VEC_RUN : VEC_TRAP;
    for (unsigned sew = 0; sew < 4; sew++) {
        for (int lmul = -3; lmul < 4; lmul++) {
            configure(h, sew, (unsigned)lmul & 7, 1);
            h->vstart = v->flags & VSTART ? 1 : 0;
            bool exists = (int)sew <= 3 + (lmul < 0 ? lmul : 0);
            *p++ = exists && vec_refuses(h, row, &op) == REASON_NONE ? "842m248"[lmul + 3] : '-';
        }
        *p++ = sew < 3 ? ' ' : 0;
    }
}

static void describe(u32 bits, char *text, size_t size)
{
    char usual[32], now[32];
    u32 fixed = fixed_bits(bits, insn_lookup(h, bits));
    snprintf(text, size, "legal");
    for (unsigned i = 0; i < ARRAY_LEN(variants); i++) {
        legal_with(with_registers(bits, fixed, &variants[i]), &variants[i], now);
        if (i == 0)
            strcpy(usual, now);
        if (i == 0 || strcmp(now, usual) != 0)
            snprintf(text + strlen(text), size - strlen(text), " %s=%s", variants[i].name, now);
    }
}

static bool is_vector(u32 bits)
{
    u32 opcode = bits & 0x7f, funct3 = bits >> 12 & 7;
    if (insn_lookup(h, bits) == INSN_NONE)
        return false;
    if (opcode == 0x07 || opcode == 0x27)
        return funct3 == 0 || funct3 > 4; /* the others are of f registers */
    return (opcode == 0x57 && funct3 != 7) || opcode == 0x77;
}

/* Those that are legal alike share a line. */
static void print_map(FILE *out)
{
    static char texts[ARRAY_LEN(words)][2400];
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        *texts[i] = 0;
        if (is_vector(words[i]))
            describe(words[i], texts[i], sizeof texts[i]);
    }
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        if (!*texts[i])
            continue;
        fprintf(out, "%s:", texts[i]);
        for (unsigned k = i + 1; k <= ARRAY_LEN(words); k++) {
            unsigned n = k - 1;
            if (n != i && strcmp(texts[n], texts[i]) != 0)
                continue;
            fprintf(out, " %.*s", (int)strcspn(expected[n], " \t"), expected[n]);
            if (n != i)
                *texts[n] = 0;
        }
        fprintf(out, "\n");
    }
}

static bool printing;

START_TEST(every_instruction)
{
    char *text = NULL;
    size_t size;
    FILE *out = printing ? stdout : open_memstream(&text, &size);
    m = vector_machine("--isa=rv64i_zve64d_zvfh_zvfbfwma_zvbb_zvbc_zvkng_zvksg", "");
    h = m->hart[0];
    print_map(out);
    machine_free(m);
    if (printing)
        return;
    fclose(out);
    expect_printed("vec_map.txt", "legal", text);
    free(text);
}
END_TEST

int main(int argc, char *argv[])
{
    printing = argc > 1 && !strcmp(argv[1], "print");
    Suite *suite = suite_create("vector map");
    TCase *tc = tcase_create("map");
    tcase_add_test(tc, every_instruction);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
