/* The guest of fuzz_harts: its entry, trap handler and page tables. */
#include "harts_guest.h"

#include <string.h>

#include "cpu/csr.h"
#include "cpu/fields.h"

enum { ADDI = 0x13, SLLI = 0x1013, ADD = 0x33, SUB = 0x40000033, JALR = 0x67 };
enum { BEQ = 0, BNE = 1, BGE = 5, BGEU = 7 }; /* funct3 */
enum { ECALL = 0x73, SRET = 0x10200073, RET = 0x8067 };
enum { LEAF = 0xcf, LEAF_U = 0xdf }; /* V R W X A D, with U */

static void pte(struct guest *g, u32 table, u32 index, u64 value)
{
    u32 size = g->xlen / 8;
    put_word(g, table + index * size, value, size);
}

static u64 leaf(u64 pa, u64 flags)
{
    return pa >> 2 | flags;
}

/* Sv39 and Sv39x4: gigabytes of devices and memory, the window in pages. */
static void make_tables64(struct guest *g)
{
    pte(g, ROOT, 0, leaf(0, LEAF));
    pte(g, ROOT, 1, leaf(MIDDLE, PTE_V));
    pte(g, ROOT, 2, leaf(RAM, LEAF));
    pte(g, MIDDLE, 0, leaf(LEAVES, PTE_V));
    pte(g, MIDDLE, 1, leaf(RAM, LEAF));
    pte(g, G_ROOT, 0, leaf(0, LEAF_U));
    pte(g, G_ROOT, 1, leaf(G_WINDOW, PTE_V));
    pte(g, G_ROOT, 2, leaf(G_MIDDLE, PTE_V));
    pte(g, G_WINDOW, 0, leaf(G_LEAVES, PTE_V));
    pte(g, G_MIDDLE, 0, leaf(G_MEMORY, PTE_V));
    pte(g, G_MIDDLE, 1, leaf(RAM + 0x200000, LEAF_U));
    for (u32 i = 0; i < 512; i++)
        pte(g, G_MEMORY, i, leaf(RAM + i * 4096, LEAF_U));
}

/* Sv32 and Sv32x4: the same in pieces of 4 MiB. */
static void make_tables32(struct guest *g)
{
    static const u32 places[] = {0x2000000, 0x2c00000, RAM};
    for (u32 i = 0; i < ARRAY_LEN(places); i++) {
        pte(g, ROOT, places[i] >> 22, leaf(places[i], LEAF));
        pte(g, G_ROOT, places[i] >> 22, leaf(places[i], LEAF_U));
    }
    pte(g, ROOT, WINDOW >> 22, leaf(LEAVES, PTE_V));
    pte(g, G_ROOT, WINDOW >> 22, leaf(G_LEAVES, PTE_V));
    pte(g, G_ROOT, RAM >> 22, leaf(G_MEMORY, PTE_V));
    for (u32 i = 0; i < 1024; i++)
        pte(g, G_MEMORY, i, leaf(RAM + i * 4096, LEAF_U));
}

static void make_shared_tables(struct guest *g)
{
    if (g->xlen == 64)
        make_tables64(g);
    else
        make_tables32(g);
    for (u32 i = 0; i < WINDOW_PAGES; i++) {
        pte(g, LEAVES, i, leaf(SHARED + i % SHARED_PAGES * 4096, LEAF));
        pte(g, G_LEAVES, i, leaf(SHARED + i % SHARED_PAGES * 4096, LEAF_U));
    }
}

/* Functions that add to the digest, one in each 64 bytes; the last of the first page runs on into
 * the second. */
static void make_functions(struct guest *g)
{
    for (g->at = SHARED; g->at < SHARED + 2 * 4096;) {
        bool last = g->at % 64 == 60 && g->at != SHARED + 4096 - 4;
        if (last)
            put32(g, RET);
        else
            emit_i(g, ADDI, DIGEST, DIGEST, 1);
    }
}

static void call(struct guest *g, u32 extension, u32 function)
{
    emit_li(g, A7, extension);
    emit_li(g, A6, function);
    put32(g, ECALL);
}

static void write_csr(struct guest *g, unsigned csr, u64 value)
{
    emit_li(g, T0, value);
    emit_csr(g, CSRRW, ZERO, csr, T0);
}

/* No timer interrupt until somebody asks for one. */
static void stop_timer(struct guest *g)
{
    write_csr(g, CSR_stimecmp, ~0ull);
    if (g->xlen == 32)
        write_csr(g, CSR_stimecmph, ~0ull);
}

/* Where a program goes on after an exception: behind the instruction if that is its own, else where
 * BACK says. An environment call of VS-mode returns to HS-mode. */
static void emit_go_on(struct guest *g)
{
    emit_csr_read(g, T1, CSR_sepc);
    emit_li(g, T2, PROGRAM);
    emit_r(g, SUB, T1, T1, T2);
    emit_li(g, T2, MAX_HARTS * PROGRAM_SIZE);
    u32 outside = emit_skip(g, BGEU, T1, T2);
    emit_csr_read(g, T1, CSR_sepc);
    emit_i(g, ADDI, T1, T1, 4);
    emit_csr(g, CSRRW, ZERO, CSR_sepc, T1);
    u32 done = emit_skip(g, BEQ, ZERO, ZERO);
    emit_land(g, outside);
    emit_csr(g, CSRRW, ZERO, CSR_sepc, BACK);
    emit_land(g, done);
    emit_li(g, T1, 10);
    u32 no_call = emit_skip(g, BNE, T0, T1);
    emit_li(g, T1, HSTATUS_SPV);
    emit_csr(g, CSRRC, ZERO, CSR_hstatus, T1);
    emit_land(g, no_call);
}

/* The HS-mode handler; sscratch is the hart's private page. */
static void make_handler(struct guest *g)
{
    emit_csr(g, CSRRW, TP, CSR_sscratch, TP);
    for (u32 i = 0; i < 3; i++)
        emit_store(g, T0 + i, TP, (s32)(8 * i));
    emit_csr_read(g, T0, CSR_scause);
    u32 exception = emit_skip(g, BGE, T0, ZERO);
    emit_csr(g, CSRRCI, ZERO, CSR_sip, 2);
    stop_timer(g);
    u32 done = emit_skip(g, BEQ, ZERO, ZERO);
    emit_land(g, exception);
    emit_go_on(g);
    emit_land(g, done);
    emit_load(g, T0, TP, 24); /* how many traps */
    emit_i(g, ADDI, T0, T0, 1);
    emit_store(g, T0, TP, 24);
    for (u32 i = 0; i < 3; i++)
        emit_load(g, T0 + i, TP, (s32)(8 * i));
    emit_csr(g, CSRRW, TP, CSR_sscratch, TP);
    put32(g, SRET);
}

/* Every hart begins here, hart 0 first, which starts the others; so does one that is started again.
 */
static void make_entry(struct guest *g, u32 harts, u32 handler)
{
    g->at = ENTRY;
    emit_i(g, SLLI, T0, A0, 12);
    emit_li(g, TP, PRIVATE_OF(0));
    emit_r(g, ADD, TP, TP, T0);
    emit_csr(g, CSRRW, ZERO, CSR_sscratch, TP);
    write_csr(g, CSR_stvec, handler);
    write_csr(g, CSR_satp, atp_of(g, ROOT, 1));
    write_csr(g, CSR_hgatp, atp_of(g, G_ROOT, 1));
    write_csr(g, CSR_hcounteren, ~0ull);
    emit_i(g, ADDI, T3, A0, 0);
    emit_i(g, SLLI, T2, A0, 14);
    emit_li(g, BACK, PROGRAM);
    emit_r(g, ADD, BACK, BACK, T2);
    emit_li(g, ROUNDS, 3);
    stop_timer(g);
    write_csr(g, CSR_sie, BIT(IRQ_SSI) | BIT(IRQ_STI));
    emit_li(g, T0, MSTATUS_SUM | MSTATUS_SIE);
    emit_csr(g, CSRRS, ZERO, CSR_sstatus, T0);
    u32 other = emit_skip(g, BNE, T3, ZERO);
    for (u32 i = 1; i < harts; i++) {
        emit_li(g, A0, i);
        emit_li(g, A1, ENTRY);
        call(g, SBI_HSM, 0);
    }
    emit_land(g, other);
    emit_i(g, JALR, ZERO, BACK, 0);
}

void harts_guest_make(struct guest *g, u32 harts)
{
    memset(g->image, 0, IMAGE_END - RAM);
    make_shared_tables(g);
    make_functions(g);
    g->at = ENTRY + 0x800;
    make_handler(g);
    make_entry(g, harts, ENTRY + 0x800);
}
