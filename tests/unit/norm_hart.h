/* A hart about to execute a few instructions in a mode, for the tests of rules that are about one
 * hart and seen best from outside. */
#ifndef HEXTANT_TESTS_NORM_HART_H
#define HEXTANT_TESTS_NORM_HART_H

#include "bare_machine.h"
#include "cpu/csr.h"
#include "cpu/fields.h"

#include <string.h>

#define VECTOR  (RAM_BASE + 0x8000)
#define SVECTOR (RAM_BASE + 0xa000)
/* Bits and causes by the manual's numbers, not the simulator's. */
#define B(n)      (1ull << (n))
#define INTERRUPT B(63)
enum { SSI = 1, MSI = 3, STI = 5, MTI = 7, SEI = 9, MEI = 11, LCOFI = 13 };
enum {
    BY_MISALIGNED_JUMP = 0,
    BY_FETCH = 1,
    BY_ILLEGAL = 2,
    BY_BREAKPOINT = 3,
    BY_MISALIGNED_LOAD = 4,
    BY_LOAD = 5,
    BY_MISALIGNED_STORE = 6,
    BY_STORE = 7,
    BY_ECALL_U = 8,
    BY_ECALL_S = 9,
    BY_ECALL_M = 11,
    BY_VIRTUAL = 22,
    NO_CAUSE = 99,
};
enum {
    NOP = 0x13,
    ECALL = 0x73,
    EBREAK = 0x00100073,
    SRET = 0x10200073,
    MRET = 0x30200073,
    WFI = 0x10500073,
    SELF = 0x6f, /* jal x0, 0 */
};
/* Registers are a0 to a5 (10 to 15). */
#define CSRRW(rd, csr, rs1)                                                                        \
    ((u32)(csr) << 20 | (u32)(rs1) << 15 | 1u << 12 | (u32)(rd) << 7 | 0x73u)
#define CSRRS(rd, csr, rs1)                                                                        \
    ((u32)(csr) << 20 | (u32)(rs1) << 15 | 2u << 12 | (u32)(rd) << 7 | 0x73u)
#define CSRRC(rd, csr, rs1)                                                                        \
    ((u32)(csr) << 20 | (u32)(rs1) << 15 | 3u << 12 | (u32)(rd) << 7 | 0x73u)

static struct machine *m;
static struct hart *h;

/* A hart at the first of `count` instructions in that mode, with all memory open to S and U, and
 * handlers that stay where they are. `other` is one more option, or "". */
static inline void start_with(const char *isa, const char *other, enum mode mode, const u32 *code,
                              size_t count)
{
    char option[96];
    snprintf(option, sizeof option, "--isa=%s", isa);
    m = bare_machine(option, other, code, count);
    h = m->hart[0];
    h->mode = mode;
    csr_poke(h, CSR_pmpaddr0, ~0ull);
    csr_poke(h, CSR_pmpcfg0, 0x1f);
    h->mtvec = VECTOR;
    h->stvec = SVECTOR;
    for (u64 at = VECTOR; at < SVECTOR + 0x1000; at += 4)
        memcpy(m->ram->host + (at - RAM_BASE), &(u32){SELF}, 4);
    hart_derive(h);
}

static inline void start(const char *isa, enum mode mode, const u32 *code, size_t count)
{
    start_with(isa, "", mode, code, count);
}

/* The instruction, followed by NOPs. */
static inline void start_one(const char *isa, enum mode mode, u32 insn)
{
    const u32 code[] = {insn, NOP, NOP};
    start(isa, mode, code, ARRAY_LEN(code));
}

static inline u64 peek(unsigned csr)
{
    u64 value = 0;
    csr_peek(h, csr, &value);
    return value;
}

/* The cause with which one instruction trapped into M-mode, or NO_CAUSE. */
static inline u64 cause_of_one(void)
{
    u64 pc = h->pc;
    hart_run(h, 1);
    return h->pc == VECTOR && pc != VECTOR ? h->mcause : NO_CAUSE;
}

#endif
