/* For tests that print what software finds at each CSR: a hart with every extension in a few
 * states, and lines of text. */
#ifndef HEXTANT_TESTS_CSR_LINES_H
#define HEXTANT_TESTS_CSR_LINES_H

#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "monitor/record.h"
#include "printed_map.h"

#include <ctype.h>
#include <string.h>

static struct machine *m;
static struct hart *h;
static FILE *out;
static bool printing;

/* With interrupt files, if the hart can have them. */
static inline void start(const char *isa)
{
    char option[160];
    static const u32 nop = 0x13;
    snprintf(option, sizeof option, "--isa=%.150s", isa);
    for (char *p = option + 6; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    struct error err;
    const char *options[3] = {option, "--pmp-entries=64", "--irqchip=aplic-imsic"};
    m = bare_machine_try(options, &nop, 1, &err);
    options[2] = "";
    if (!m)
        m = bare_machine_try(options, &nop, 1, &err);
    h = m ? m->hart[0] : NULL;
}

/* ---- lines: "WHERE CSR TEXT", consecutive CSRs with one text on one line ---- */

static struct {
    char where[64], text[2400];
    unsigned first, last;
} line;

static inline void end_line(void)
{
    if (*line.text && line.first == line.last)
        fprintf(out, "%s %s %s\n", line.where, csr_name(line.first), line.text);
    else if (*line.text)
        fprintf(out, "%s %s..%s %s\n", line.where, csr_name(line.first), csr_name(line.last),
                line.text);
    *line.text = 0;
}

static inline void put_line(const char *where, unsigned csr, const char *text)
{
    if (csr != line.last + 1 || strcmp(where, line.where) != 0 || strcmp(text, line.text) != 0) {
        end_line();
        snprintf(line.where, sizeof line.where, "%s", where);
        snprintf(line.text, sizeof line.text, "%s", text);
        line.first = csr;
    }
    line.last = csr;
}

static inline u64 peek(unsigned csr)
{
    u64 value = 0;
    csr_peek(h, csr, &value);
    return value;
}

/* ---- states to start from ---- */

enum setting { AT_RESET, ALL_OPEN, BY_MVIEN, SETTINGS };
static const char *const setting_names[] = {"reset", "open", "mvien"};

/* Registers that others depend on, the highest first. */
static const u16 above[] = {CSR_menvcfg,    CSR_menvcfgh,  CSR_henvcfg,    CSR_henvcfgh,
                            CSR_senvcfg,    CSR_mstateen0, CSR_mstateen0h, CSR_mstateen1,
                            CSR_mstateen1h, CSR_hstateen0, CSR_hstateen0h, CSR_hstateen1,
                            CSR_hstateen1h, CSR_sstateen0, CSR_mcounteren, CSR_hcounteren,
                            CSR_scounteren, CSR_mseccfg,   CSR_hstatus,    CSR_mcontext};
static const u16 delegation[] = {CSR_mideleg, CSR_midelegh, CSR_medeleg, CSR_hideleg, CSR_hidelegh};
static const u16 by_mvien[] = {CSR_mvien, CSR_mvienh, CSR_hvien, CSR_hvienh};

static inline void poke_all(const u16 *csrs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        csr_poke(h, csrs[i], ~0ull);
}

/* hvictl and traps on satp stay out of the way; floating point and vectors may be
 * used. */
static inline void set_up(enum setting s)
{
    u64 initial = set_field(0, MSTATUS_FS, 1) | set_field(0, MSTATUS_VS, 1);
    if (s == AT_RESET)
        return;
    poke_all(above, ARRAY_LEN(above));
    csr_poke(h, CSR_hstatus, HSTATUS_HU);
    csr_poke(h, CSR_mstatus, initial | MSTATUS_MPRV | set_field(0, MSTATUS_MPP, 1));
    csr_poke(h, CSR_vsstatus, initial);
    for (unsigned i = 0; i < 16; i++)
        csr_poke(h, CSR_pmpcfg0 + i, 0x1f1f1f1f1f1f1f1full);
    if (s == BY_MVIEN)
        poke_all(by_mvien, ARRAY_LEN(by_mvien));
    else
        poke_all(delegation, ARRAY_LEN(delegation));
}

static u64 saved[HART_STATE_BYTES / 8];

static inline void save(void)
{
    memcpy(saved, h, sizeof saved);
}

static inline void restore(void)
{
    memcpy(h, saved, sizeof saved);
    hart_derive(h);
}

/* tdata1 as one type of trigger: its highest four bits. */
static inline bool choose_trigger(u64 type, u64 rest)
{
    unsigned low = h->config.xlen - 4u;
    csr_poke(h, CSR_tdata1, type << low | (rest & MASK(low)));
    return peek(CSR_tdata1) >> low == type;
}

#endif
