/* The guest's trap handlers, and the code it starts with. */
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "guest.h"

enum {
    ADDI = 0x0013,
    ANDI = 0x7013,
    ORI = 0x6013,
    SLLI = 0x1013,
    SRLI = 0x5013,
    ADD = 0x0033,
    AND = 0x7033,
    OR = 0x6033,
    BEQ = 0,
    BNE = 1,
    BLT = 4,
    BGE = 5,
    ECALL = 0x73,
    SRET = 0x10200073,
    MRET = 0x30200073,
    JALR = 0x67,
};

/* Places in the handler's private page. */
enum { AT_RANDOM = 0, AT_EPISODES = 8, AT_COUNT = 16 };

static void emit_vector(struct guest *g, u32 start, unsigned entries, u32 handler)
{
    u32 saved = g->at;
    for (g->at = start; g->at < start + 4 * entries;)
        emit_jump(g, handler);
    g->at = saved;
}

/* Draws a number into t5; t6 becomes the address of the private page, t4 is used. */
static void emit_draw(struct guest *g)
{
    emit_csr_read(g, T6, CSR_mscratch);
    emit_load(g, T5, T6, AT_RANDOM);
    emit_xorshift(g, T5, T4);
    emit_store(g, T5, T6, AT_RANDOM);
}

/* t4 = the drawn number's bits from `shift` on, modulo count (a power of two), times size. */
static void emit_index(struct guest *g, unsigned shift, u32 count, u32 size)
{
    emit_i(g, SRLI, T4, T5, (s32)shift);
    emit_i(g, ANDI, T4, T4, (s32)count - 1);
    emit_i(g, SLLI, T4, T4, __builtin_ctz(size));
}

/* What the trap has left, into x registers; now and then all that traps can leave. */
static void emit_read_all(struct guest *g)
{
    static const u16 csrs[] = {
        CSR_mcause, CSR_mepc,   CSR_mtval,  CSR_mtval2,  CSR_mtinst,   CSR_hstatus,
        CSR_htval,  CSR_htinst, CSR_scause, CSR_sepc,    CSR_stval,    CSR_vscause,
        CSR_vsepc,  CSR_vstval, CSR_mip,    CSR_sstatus, CSR_vsstatus, CSR_hvip,
    };
    u32 few = 0;
    for (u32 i = 0; i < ARRAY_LEN(csrs); i++) {
        if (i == 5) {
            emit_i(g, SRLI, T4, T5, 24);
            emit_i(g, ANDI, T4, T4, 7);
            few = emit_skip(g, BNE, T4, ZERO);
        }
        emit_csr_read(g, RA + i, csrs[i]);
    }
    if (g->xlen == 32)
        emit_csr_read(g, 20, CSR_mstatush);
    emit_land(g, few);
}

/* An interrupt would come again at once: half the time software's bits are taken back. */
static void emit_calm(struct guest *g, bool machine)
{
    emit_i(g, ANDI, T4, machine ? T5 : T1, 0x100);
    u32 keep = emit_skip(g, BNE, T4, ZERO);
    if (machine)
        emit_csr(g, CSRRW, ZERO, CSR_mip, ZERO);
    emit_csr(g, CSRRW, ZERO, CSR_hvip, ZERO);
    emit_csr(g, CSRRW, ZERO, CSR_sip, ZERO);
    emit_land(g, keep);
}

/* Mostly goes on 64 bytes further in the same mode, unless the fetch itself has failed. ra, sp, gp
 * hold mcause, mepc, mtval. */
static void emit_resume(struct guest *g)
{
    emit_i(g, ANDI, T4, T5, 0xf0);
    u32 launch = emit_skip(g, BEQ, T4, ZERO);
    u32 fetch = emit_skip(g, BEQ, SP, GP);
    u32 exception = emit_skip(g, BGE, RA, ZERO);
    emit_calm(g, true);
    emit_land(g, exception);
    emit_i(g, ORI, SP, SP, 63);
    emit_i(g, ADDI, SP, SP, 1);
    emit_csr(g, CSRRW, ZERO, CSR_mepc, SP);
    emit_li(g, T0, g->xlen == 64 ? MSTATUS_MPELP : MSTATUS_MPELP >> 32); /* no landing pad there */
    emit_csr(g, CSRRC, ZERO, g->xlen == 64 ? CSR_mstatus : CSR_mstatush, T0);
    put32(g, MRET);
    emit_land(g, launch);
    emit_land(g, fetch);
}

static void emit_finish(struct guest *g)
{
    emit_li(g, T0, 1);
    emit_li(g, T1, TOHOST);
    emit_store(g, T0, T1, 0);
    if (g->xlen == 32)
        emit_store(g, ZERO, T1, 4);
    emit_jump(g, g->at);
}

/* Goes to one of the snippets, which come back to g->choose, or launches. */
static void emit_choose(struct guest *g)
{
    g->choose = g->at;
    emit_csr_read(g, T6, CSR_mscratch);
    emit_load(g, T4, T6, AT_COUNT);
    emit_i(g, ADDI, T4, T4, -1);
    emit_store(g, T4, T6, AT_COUNT);
    u32 launch = emit_skip(g, BLT, T4, ZERO);
    emit_draw(g);
    emit_index(g, 10, SNIPPET_COUNT, 8);
    emit_li(g, T3, SNIPPET_LIST);
    emit_r(g, ADD, T3, T3, T4);
    emit_load(g, T2, T3, 0);
    emit_i(g, JALR, ZERO, T2, 0); /* t2: no landing pad needed */
    emit_land(g, launch);
}

/* Loads mstatus, mepc and the registers from a random launch record, and goes. */
static void emit_launch(struct guest *g)
{
    emit_draw(g);
    emit_index(g, 9, LAUNCH_COUNT, LAUNCH_SIZE);
    emit_li(g, T3, LAUNCHES);
    emit_r(g, ADD, T3, T3, T4);
    emit_load(g, T0, T3, 0);
    emit_csr(g, CSRRC, ZERO, CSR_mstatus, T0);
    emit_load(g, T0, T3, 8);
    emit_csr(g, CSRRS, ZERO, CSR_mstatus, T0);
    if (g->xlen == 32) {
        emit_load(g, T0, T3, 32);
        emit_csr(g, CSRRC, ZERO, CSR_mstatush, T0);
        emit_load(g, T0, T3, 40);
        emit_csr(g, CSRRS, ZERO, CSR_mstatush, T0);
    }
    emit_load(g, T0, T3, 16);
    emit_csr(g, CSRRW, ZERO, CSR_mepc, T0);
    emit_load(g, T3, T3, 24);
    for (unsigned i = 1; i < 32; i++)
        if (i != T3)
            emit_load(g, i, T3, (s32)i * 8);
    emit_load(g, T3, T3, T3 * 8);
    put32(g, MRET);
}

/* Without MDT the snippets may trap, too. */
static void emit_allow_traps(struct guest *g)
{
    emit_li(g, T0, g->xlen == 64 ? MSTATUS_MDT : MSTATUS_MDT >> 32);
    emit_csr(g, CSRRC, T1, g->xlen == 64 ? CSR_mstatus : CSR_mstatush, T0);
}

static void make_machine_handler(struct guest *g)
{
    g->handler = g->at;
    emit_li(g, T0, MSTATUS_MPRV);
    emit_csr(g, CSRRC, T1, CSR_mstatus, T0);
    emit_draw(g);
    emit_read_all(g);
    emit_resume(g);
    emit_load(g, T4, T6, AT_EPISODES);
    emit_i(g, ADDI, T4, T4, -1);
    emit_store(g, T4, T6, AT_EPISODES);
    u32 more = emit_skip(g, BNE, T4, ZERO);
    emit_finish(g);
    emit_land(g, more);
    emit_allow_traps(g);
    emit_i(g, ANDI, T4, T5, 1); /* snippets to come */
    emit_store(g, T4, T6, AT_COUNT);
    emit_choose(g);
    emit_launch(g);
}

/* xepc = some 64 bytes of code near xepc or anywhere, by the number in t1. */
static void emit_new_epc(struct guest *g)
{
    emit_csr_read(g, T2, CSR_sepc);
    emit_i(g, ANDI, T0, T1, 0x80);
    u32 far = emit_skip(g, BNE, T0, ZERO);
    emit_i(g, ORI, T2, T2, 63);
    emit_i(g, ADDI, T2, T2, 1);
    u32 done = emit_skip(g, BEQ, ZERO, ZERO);
    emit_land(g, far);
    emit_li(g, T0, CODE_PAGES * 4096 - 1);
    emit_i(g, SRLI, T3, T1, 9);
    emit_r(g, AND, T3, T3, T0);
    emit_i(g, ORI, T3, T3, 0x7f);
    emit_i(g, ADDI, T3, T3, -63);
    if (chance(g, 75)) { /* a page of code for guests */
        emit_li(g, T0, 4096);
        emit_r(g, OR, T3, T3, T0);
    }
    emit_li(g, T0, ~(u64)(CODE_PAGES * 4096 - 1));
    emit_r(g, AND, T2, T2, T0);
    emit_r(g, OR, T2, T2, T3);
    emit_land(g, done);
    emit_csr(g, CSRRW, ZERO, CSR_sepc, T2);
}

/* A handler in HS or VS: looks at the trap, then calls up, or returns to somewhere. */
static void make_supervisor_handler(struct guest *g, bool guest)
{
    static const u16 csrs[] = {CSR_scause, CSR_sepc,   CSR_stval,  CSR_sstatus,
                               CSR_htval,  CSR_htinst, CSR_hstatus};
    for (unsigned i = 0; i < (guest ? 4 : 7); i++)
        emit_csr_read(g, 10 + i, csrs[i]);
    emit_csr_read(g, T1, CSR_sscratch);
    emit_i(g, ORI, T1, T1, 1);
    emit_xorshift(g, T1, T2);
    emit_csr(g, CSRRW, ZERO, CSR_sscratch, T1);
    emit_i(g, ANDI, T0, T1, 0x30);
    u32 no_call = emit_skip(g, BNE, T0, ZERO);
    put32(g, ECALL);
    emit_land(g, no_call);
    if (!guest) {
        u32 exception = emit_skip(g, BGE, 10, ZERO);
        emit_calm(g, false);
        emit_land(g, exception);
    }
    emit_new_epc(g);
    emit_i(g, ANDI, T0, T1, 0x8);
    u32 same = emit_skip(g, BNE, T0, ZERO);
    emit_li(g, T0, MSTATUS_SPP);
    emit_csr(g, chance(g, 50) ? CSRRS : CSRRC, ZERO, CSR_sstatus, T0);
    if (!guest) {
        emit_li(g, T0, HSTATUS_SPV);
        emit_csr(g, chance(g, 70) ? CSRRS : CSRRC, ZERO, CSR_hstatus, T0);
    }
    emit_land(g, same);
    put32(g, SRET);
}

static void make_handler_at(struct guest *g, u32 vector, bool guest)
{
    g->at = vector + 0x80;
    emit_vector(g, vector, 16, g->at);
    make_supervisor_handler(g, guest);
}

static void make_boot(struct guest *g)
{
    enum { MTIMECMP = 0x2004000 };
    g->at = RAM;
    emit_jump(g, RAM + 0x200);
    g->at = RAM + 0x200;
    emit_li(g, T0, MSTATUS_FS | MSTATUS_VS | MSTATUS_MPP);
    emit_csr(g, CSRRW, ZERO, CSR_mstatus, T0);
    emit_li(g, T0, MTIMECMP);
    emit_li(g, T1, ~0ull);
    emit_store(g, T1, T0, 0);
    if (g->xlen == 32)
        emit_store(g, T1, T0, 4);
    emit_li(g, T0, RAM + 0x100);
    emit_csr(g, CSRRW, ZERO, CSR_mtvec, T0);
    emit_li(g, T0, PRIVATE);
    emit_csr(g, CSRRW, ZERO, CSR_mscratch, T0);
    emit_li(g, T0, FREGS);
    for (unsigned i = 0; i < 32; i++)
        emit_i(g, 0x3007, i, T0, (s32)i * 8);
    emit_boot_config(g);
    emit_jump(g, g->handler);
}

void make_handlers(struct guest *g)
{
    g->at = RAM + 0x800;
    make_machine_handler(g);
    emit_vector(g, RAM + 0x100, 64, g->handler);
    make_boot(g);
    make_handler_at(g, CODE, false);
    make_handler_at(g, CODE + VS_HANDLER, true);
    put_word(g, PRIVATE + AT_RANDOM, pick(g) | 1, 8);
    put_word(g, PRIVATE + AT_EPISODES, g->episodes, 8);
}
