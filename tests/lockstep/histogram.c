/* Counts what random guests do, and prints it. */
#include "histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/fields.h"
#include "cpu/sem_sys.h"
#include "cpu/trap.h"
#include "mmu/walk.h"

static bool is_on(const struct hart *h, u64 atp)
{
    return get_field(atp, is_rv32(h) ? SATP32_MODE : SATP_MODE) != 0;
}

static enum stages stages_of(const struct hart *h, enum mode mode)
{
    if (mode == MODE_M)
        return STAGES_NONE;
    if (!mode_table[mode].v)
        return is_on(h, h->satp) ? STAGES_VS : STAGES_NONE;
    return (enum stages)((is_on(h, h->vsatp) ? STAGES_VS : 0) |
                         (is_on(h, h->hgatp) ? STAGES_G : 0));
}

void histogram_insn(struct histogram *g, const struct hart *h, enum mode mode, u32 bits)
{
    g->insns[mode][stages_of(h, mode)]++;
    g->rows[insn_lookup(h, bits)]++;
    g->pads += landing_pads_on(h, h->mode);
    g->shadow += ss_active(h);
}

void histogram_trap(struct histogram *g, const struct trap_event *ev)
{
    if (ev->interrupt)
        g->interrupts[ev->cause & 63]++;
    else
        g->exceptions[ev->cause & 63]++;
    g->ways[ev->from][ev->bank]++;
    if ((ev->tinst & ~0x1020u) == 0x2000)
        g->implicit[ev->tinst >> 5 & 1]++;
}

void histogram_access(struct histogram *g, const struct hart *h, const struct mem_event *ev)
{
    g->accesses[ev->mode][stages_of(h, (enum mode)ev->mode)]++;
    if (!is_rv32(h) && (u64)sext(ev->va, 57) != ev->va) /* not an address without masking */
        g->tagged[ev->mode]++;
    if (ev->mode != h->mode)
        g->other_mode[ev->mode]++;
    g->crossing += (ev->va & 0xfff) + ev->size > 0x1000;
}

void histogram_fill(struct histogram *g, const struct hart *h, const struct tlb_event *ev)
{
    if (ev->kind == TLB_EVENT_FILL)
        g->fills[mode_table[h->mode].v][ev->xlate->leaf_bits & 63]++;
}

/* ---- printing ---- */

static void print_modes(const struct histogram *g)
{
    static const char *const names[2][STAGES_COUNT] = {{"Bare", "satp", "", ""},
                                                       {"none", "VS", "G", "two stages"}};
    for (unsigned m = 0; m < MODE_COUNT; m++) {
        printf("%-2s", mode_table[m].name);
        for (unsigned s = 0; s < STAGES_COUNT; s++)
            if (g->insns[m][s] || g->accesses[m][s])
                printf("  %s: %" PRIu64 " insns, %" PRIu64 " accesses;", names[mode_table[m].v][s],
                       g->insns[m][s], g->accesses[m][s]);
        printf(" tagged: %" PRIu64 ", by another mode: %" PRIu64 "\n", g->tagged[m],
               g->other_mode[m]);
    }
    printf("landing pads on: %" PRIu64 " insns; shadow stack on: %" PRIu64
           "; accesses over a page's end: %" PRIu64 "\n",
           g->pads, g->shadow, g->crossing);
}

static void print_traps(const struct histogram *g)
{
    for (unsigned i = 0; i < 64; i++)
        if (g->exceptions[i])
            printf("%10" PRIu64 "  %s\n", g->exceptions[i], exception_name(i));
    for (unsigned i = 0; i < 64; i++)
        if (g->interrupts[i])
            printf("%10" PRIu64 "  %s\n", g->interrupts[i], interrupt_name(i));
    printf("traps");
    for (unsigned m = 0; m < MODE_COUNT; m++)
        for (unsigned b = 0; b < BANK_COUNT; b++)
            if (g->ways[m][b])
                printf(" %s->%s %" PRIu64, mode_table[m].name,
                       b == BANK_M   ? "M"
                       : b == BANK_S ? "HS"
                                     : "VS",
                       g->ways[m][b]);
    printf("\nguest-page faults of VS-stage tables: read %" PRIu64 ", write %" PRIu64 "\n",
           g->implicit[0], g->implicit[1]);
}

/* Rows that are about privilege, by the start of their names. */
static void print_rows(const struct histogram *g)
{
    static const char *const of_interest[] = {
        "hlv", "hsv", "hfence", "hinval", "sfence", "sinval", "mret", "sret", "wfi", "wrs",
        "ss",  "mop", "c_ss",   "c_mop",  "cbo",    "lr_",    "sc_",  "amo",  "csr"};
    for (unsigned i = 0; i < ARRAY_LEN(of_interest); i++) {
        u64 n = 0;
        for (unsigned row = 0; row < INSN_COUNT; row++)
            if (!strncmp(insn_row(row)->name, of_interest[i], strlen(of_interest[i])))
                n += g->rows[row];
        printf("%s%s* %" PRIu64, i ? ", " : "retired: ", of_interest[i], n);
    }
    printf("\n");
}

void histogram_print(const struct histogram *g)
{
    print_modes(g);
    print_traps(g);
    print_rows(g);
    for (unsigned v = 0; v < 2; v++) {
        printf("TLB fills, V=%u:", v);
        for (unsigned i = 0; i < 64; i++)
            if (g->fills[v][i])
                printf(" 2^%u: %" PRIu64, i, g->fills[v][i]);
        printf("\n");
    }
}
