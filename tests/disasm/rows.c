/* Random encodings of every instruction row that a hart with that ISA string has, and their text:
 *     rows ISA SEED COUNT
 * prints lines "ROW ADDRESS WORD LENGTH<tab>TEXT", the addresses one after the other from 0 on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/random.h"
#include "cpu/hart.h"
#include "cpu/insn.h"

enum { TRIES = 2000 }; /* of encodings that are this row and no more specific one */
static struct hart hart;

static bool exists_on(const struct insn_row *r, unsigned xlen)
{
    return xlen == 32 ? r->gate.rv32 : r->gate.rv64;
}

/* An encoding with random operands; false if none is found. */
static bool random_encoding(unsigned row, struct random *random, u32 *bits)
{
    const struct insn_row *r = insn_row(row);
    const struct insn_encoding *e = hart.config.xlen == 32 ? &r->enc32 : &r->enc64;
    u32 all = r->len == 2 ? 0xffff : ~0u;
    for (unsigned i = 0; i < TRIES; i++) {
        struct op op = {0};
        *bits = (e->match | ((u32)random_next(random) & ~e->mask)) & all;
        if (insn_decode(&hart, *bits, &op) == row)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    char err[256], text[160];
    unsigned xlen;
    if (argc != 4 || isa_parse(argv[1], &xlen, &hart.ext, err, sizeof err)) {
        fprintf(stderr, "rows: %s\n", argc == 4 ? err : "usage: rows ISA SEED COUNT");
        return 2;
    }
    insn_init();
    hart.config.xlen = (u8)xlen;
    hart.config.isa = hart.ext;
    struct random random = {strtoull(argv[2], NULL, 0)};
    u64 at = 0, count = strtoull(argv[3], NULL, 0);
    for (unsigned row = 0; row < INSN_COUNT; row++) {
        const struct insn_row *r = insn_row(row);
        u32 bits = 0;
        if (!exists_on(r, xlen) || !random_encoding(row, &random, &bits))
            continue;
        for (u64 i = 0; i < count && random_encoding(row, &random, &bits); i++, at += r->len)
            printf("%s %" PRIx64 " %x %u\t%s\n", r->name, at, bits, r->len,
                   insn_disassemble_on(&hart, at, bits, text, sizeof text));
    }
    return 0;
}
