/* A random guest: a bare-metal program made from a seed. Its M-mode trap handler is a lottery: it
 * reads every trap register into x registers (so that a comparison of register writes sees them),
 * performs some of the prepared changes of configuration ("snippets": CSRs, page tables, PMP,
 * pending interrupts), loads all registers from a prepared set and returns into a random mode at a
 * random place of the code. The code is random instructions from the rows of isa.def. What is drawn
 * while it runs comes from a generator in the guest itself, so a run depends on the seed alone. */
#ifndef LOCKSTEP_GUEST_H
#define LOCKSTEP_GUEST_H

#include <stdio.h>

#include "common/random.h"
#include "common/types.h"
#include "cpu/hart.h"

/* The layout, in physical addresses. */
#define RAM          0x80000000u
#define RAM_SIZE     0x400000u
#define SNIPPETS     0x80002000u /* 56 KiB */
#define CODE         0x80010000u /* CODE_PAGES; the first holds the handlers of HS and VS */
#define VS_HANDLER   0x400u      /* where in the first page */
#define LAUNCHES     0x80020000u
#define REGSETS      0x80021000u
#define FREGS        0x80022000u
#define SNIPPET_LIST 0x80023000u
#define CONSTANTS    0x80024000u /* read-only data, to the end of the part that PMP makes R-X */
#define PRIVATE      0x80040000u /* of the M-mode handler */
#define TOHOST       0x80040100u
#define DATA         0x80050000u /* DATA_PAGES */
#define SHADOW_STACK 0x80053000u /* a page of it */
#define TABLES       0x80080000u /* page tables, 512 KiB */
#define IMAGE_END    0x80100000u
#define BIG          0x80200000u /* 2 MiB, reached through superpages too */

/* Windows of the (guest) virtual address spaces: code pages, then data pages. */
#define WINDOW_S     0x10000000u /* U=0 mostly */
#define WINDOW_U     0x20000000u /* U=1 */
#define WINDOW_NAPOT 0x30000000u
#define WINDOW_HUGE  0x40000000u
#define BIG_OFFSET   0x200000u /* of a superpage, from a window's start */

enum {
    CODE_PAGES = 16,
    DATA_PAGES = 32,
    LAUNCH_COUNT = 128,
    LAUNCH_SIZE = 64,
    REGSET_COUNT = 16,
    REGSET_SIZE = 256,
    SNIPPET_COUNT = 128,
    SETS = 3, /* of page tables, for each of satp, vsatp, hgatp; also the ASID or VMID */
};
enum table_kind { TABLES_SATP, TABLES_VSATP, TABLES_HGATP };

/* Code for hypervisors is on the even pages: hypervisor instructions, any CSR. Code for guests and
 * users, on the odd ones, has few instructions that these may not execute. */
enum flavour { FLAVOUR_HYPERVISOR, FLAVOUR_GUEST };

struct leaf_place {
    u32 pa;
    u64 value; /* of the entry when it was made */
    u8 kind, set;
    u32 va; /* where it is found, if at one address only in the lowest 2^39 bytes; or 0 */
};

struct guest {
    struct random random;
    struct hart *decoder; /* knows which rows exist; nothing runs on it */
    unsigned xlen;
    bool garbage; /* code is random bits, not instructions */
    bool lcofi;   /* counter-overflow interrupts instead of VS-level ones */
    u32 episodes; /* times the M-mode handler launches something */
    u8 *image;    /* RAM .. IMAGE_END */
    u32 at;       /* where the next instruction is emitted */
    u32 next_table;
    u32 table57[3][SETS], table48[3][SETS], table39[3][SETS]; /* roots: satp, vsatp, hgatp */
    struct leaf_place leaf[8192];
    u32 num_leaves;
    u32 handler, choose; /* labels of the M-mode code */
};

/* Makes the whole image. `decoder` belongs to the caller. */
void guest_make(struct guest *g, u64 seed);
/* Writes it as an ELF file with the symbols tohost, fromhost, begin_signature, end_signature. */
int guest_write_elf(const struct guest *g, const char *path);

/* ---- random numbers ---- */

u64 pick(struct guest *g);             /* all 64 bits */
u32 below(struct guest *g, u32 limit); /* 0 .. limit-1 */
bool chance(struct guest *g, u32 percent);
u64 sparse(struct guest *g); /* few bits set, or many, or half */
/* An address that somebody might map, more often one that such code can use. */
enum world { WORLD_MACHINE, WORLD_SUPERVISOR, WORLD_USER, WORLD_COUNT };
u64 pick_pointer(struct guest *g, enum world world);
u64 pick_value(struct guest *g); /* what a register may hold */
/* Start of some 64 bytes of code of that flavour, below a window's base. */
u32 pick_code(struct guest *g, u32 base, enum flavour flavour);

/* ---- emit.c: the assembler ---- */

enum { ZERO, RA, SP, GP, TP, T0, T1, T2, T3 = 28, T4, T5, T6 };
void put16(struct guest *g, u16 bits);
void put32(struct guest *g, u32 bits);
void put_word(struct guest *g, u32 pa, u64 value, unsigned size);
void emit_i(struct guest *g, u32 opcode, unsigned rd, unsigned rs1,
            s32 imm); /* opcode | funct3 << 12 */
void emit_r(struct guest *g, u32 opcode, unsigned rd, unsigned rs1, unsigned rs2);
void emit_li(struct guest *g, unsigned rd, u64 value);
void emit_jump(struct guest *g, u32 target);
void emit_load(struct guest *g, unsigned rd, unsigned rs1, s32 offset); /* XLEN bits */
void emit_store(struct guest *g, unsigned rs2, unsigned rs1, s32 offset);
void emit_csr_read(struct guest *g, unsigned rd, unsigned csr);
void emit_csr(struct guest *g, unsigned funct3, unsigned rd, unsigned csr, unsigned rs1);
enum { CSRRW = 1, CSRRS, CSRRC, CSRRWI = 5, CSRRSI, CSRRCI };
void emit_xorshift(struct guest *g, unsigned reg, unsigned scratch);
/* A branch over what is emitted next: emit_skip() ... emit_land(). */
u32 emit_skip(struct guest *g, u32 funct3, unsigned rs1, unsigned rs2);
void emit_land(struct guest *g, u32 skip);

/* ---- the parts ---- */

void make_handlers(struct guest *g); /* handler.c: M, HS, VS */
void make_tables(struct guest *g);   /* tables.c */
u64 mutate_leaf(struct guest *g, u64 pte);
void make_snippets(struct guest *g); /* config.c */
void emit_boot_config(struct guest *g);
void make_code(struct guest *g); /* stream.c */

#endif
