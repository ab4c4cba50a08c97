/* The programs of fuzz_harts: what each step of an input becomes. A step is a row of `steps` and
 * three bytes that choose its operands. */
#include "cpu/csr.h"
#include "harts_guest.h"

struct maker {
    struct guest *g;
    u32 hart, harts;
};

enum { ADDI = 0x13, SLLI = 0x1013, ADD = 0x33, XOR = 0x4033, AUIPC = 0x17, JALR = 0x67 };
enum { LOAD = 0x03, STORE = 0x23, AMO = 0x2f, LR = 0x2, SC = 0x3, BNE = 1, BEQ = 0 };
enum { ECALL = 0x73, SRET = 0x10200073, WFI = 0x10500073, FENCE_I = 0x100f, RET = 0x8067 };
enum { SBI_TIME = 0x54494d45, SBI_IPI = 0x735049, SBI_RFENCE = 0x52464e43, SBI_FWFT = 0x46574654 };
#define SSWI 0x2f00000u

/* ---- pieces ---- */

/* Takes the register's value into the digest; t1 is used. */
static void fold(struct guest *g, unsigned reg)
{
    emit_r(g, XOR, DIGEST, DIGEST, reg);
    emit_i(g, SLLI, T1, DIGEST, 3);
    emit_r(g, ADD, DIGEST, DIGEST, T1);
}

/* t2 = an address that others use too: bit 4 of `where` chooses memory itself or the window. */
static void address(struct guest *g, u8 where, u8 offset)
{
    const u32 offsets[] = {(offset >> 2) % 8 * 8u, 64 + (offset >> 2) % 4 * 4u,
                           4096 - 8 + (offset >> 2) % 8u, (offset >> 2) * 64u};
    u32 page =
        where & 16 ? SHARED + where % SHARED_PAGES * 4096u : WINDOW + where % WINDOW_PAGES * 4096u;
    emit_li(g, T2, page + offsets[offset & 3]);
}

static void amo(struct guest *g, u32 funct5, unsigned rd, unsigned rs2, u32 width)
{
    emit_r(g, AMO | funct5 << 27 | width << 12, rd, T2, rs2);
}

/* The width of LR, SC and AMO: words, on RV64 double words too. */
static u32 width(const struct guest *g, u8 choice)
{
    return g->xlen == 64 ? 2 + (choice & 1) : 2;
}

static void store_word(struct guest *g, unsigned rs2, unsigned rs1, u32 offset)
{
    put32(g, STORE | 2 << 12 | (offset & 31) << 7 | rs1 << 15 | rs2 << 20 | offset >> 5 << 25);
}

/* Adds 1 to a 32-bit word; t0 and t1 are used. */
static void count(struct guest *g, u32 pa)
{
    emit_li(g, T1, pa);
    emit_i(g, LOAD | 2 << 12, T0, T1, 0);
    emit_i(g, ADDI, T0, T0, 1);
    store_word(g, T0, T1, 0);
}

static void call(struct guest *g, u32 extension, u32 function)
{
    emit_li(g, A7, extension);
    emit_li(g, A6, function);
    put32(g, ECALL);
    fold(g, A0);
}

/* A timer interrupt soon; t3 is used. */
static void set_timer(struct guest *g, u8 ticks)
{
    emit_csr_read(g, T3, CSR_time);
    emit_i(g, ADDI, T3, T3, ticks);
    emit_csr(g, CSRRW, ZERO, CSR_stimecmp, T3);
    if (g->xlen == 32)
        emit_csr(g, CSRRW, ZERO, CSR_stimecmph, ZERO);
}

/* ---- data and locks ---- */

static void step_load(struct maker *k, const u8 *c)
{
    address(k->g, c[0], c[1]);
    emit_i(k->g, LOAD | (c[2] & 7u) << 12, T0, T2, 0);
    fold(k->g, T0);
}

static void step_store(struct maker *k, const u8 *c)
{
    address(k->g, c[0], c[1]);
    put32(k->g, STORE | (c[2] & 3u) << 12 | T2 << 15 | DIGEST << 20);
}

static void step_amo(struct maker *k, const u8 *c)
{
    static const u8 kinds[] = {0, 1, 4, 5, 8, 12, 16, 20, 24, 28};
    address(k->g, c[0], c[1]);
    amo(k->g, kinds[c[2] % ARRAY_LEN(kinds)], T0, DIGEST,
        c[2] & 0x80 ? c[2] >> 5 & 3 : width(k->g, c[2] >> 5));
    fold(k->g, T0);
}

static void step_reserve(struct maker *k, const u8 *c)
{
    static const u32 between[] = {0x13, FENCE_I, ECALL, WFI};
    u32 w = width(k->g, c[2]);
    address(k->g, c[0], c[1]);
    amo(k->g, LR, T0, ZERO, w);
    put32(k->g, between[c[2] >> 1 & 3]);
    if (c[2] & 8) /* a store to the same place */
        put32(k->g, STORE | w << 12 | T2 << 15 | DIGEST << 20);
    amo(k->g, SC, T0, DIGEST, c[2] & 16 ? 2 : w);
    fold(k->g, T0);
}

/* A counter that LR and SC keep right. */
static void step_count_reserved(struct maker *k, const u8 *c)
{
    emit_li(k->g, T2, LOCKS + RESERVED_COUNT);
    amo(k->g, LR, T0, ZERO, 2);
    emit_i(k->g, ADDI, T0, T0, 1);
    if (c[0] & 1)
        set_timer(k->g, c[1] & 3);
    amo(k->g, SC, T1, T0, 2);
    u32 failed = emit_skip(k->g, BNE, T1, ZERO);
    count(k->g, PRIVATE_OF(k->hart) + OWN_RESERVED);
    emit_land(k->g, failed);
}

/* A counter behind a lock. */
static void step_count_locked(struct maker *k, const u8 *c)
{
    struct guest *g = k->g;
    emit_li(g, T2, LOCKS + LOCK);
    emit_li(g, T0, 1);
    amo(g, 1, T0, T0, 2);
    u32 taken = emit_skip(g, BNE, T0, ZERO);
    count(g, LOCKS + LOCKED_COUNT);
    if (c[0] & 1)
        set_timer(g, c[1] & 3);
    count(g, PRIVATE_OF(k->hart) + OWN_LOCKED);
    emit_li(g, T2, LOCKS + LOCK);
    amo(g, 1, ZERO, ZERO, 2);
    emit_land(g, taken);
}

/* ---- code ---- */

/* One of a few functions: so that harts meet. The last runs on into the next page. */
static u32 function_at(const u8 *c)
{
    u32 which = c[1] & 3, slot = (c[1] >> 2 & 15) * 4u;
    return (which == 3 ? 4096 - 64 : which == 2 ? 4096 : which * 64) + slot;
}

/* Overwrites an instruction of a function, or half of one. */
static void step_patch(struct maker *k, const u8 *c)
{
    static const u32 words[] = {
        0x001a8a93, 0x003aca93, 0x0a950a95, 0x0153a023, 0x0003a283, 0x00100073, ECALL,
        FENCE_I,    0x00000463, 0xfe000ee3, 0x0000006f, 0,          RET,        0x8a930001,
        0x00010015, 0x0153a2af, 0xc01022f3, WFI,        0x000d8067, 0x1003a2af, 0x0000100f,
        0x80828082, 0x12000073, 0x015acab3, 0x10200073, 0x00040aef,
    };
    struct guest *g = k->g;
    u32 base = c[0] & 0x80 ? WINDOW : SHARED, half = c[2] & 0x80;
    emit_li(g, T2, base + function_at(c) + (half && c[2] & 0x40 ? 2 : 0));
    emit_li(g, T0, (u64)(s64)(s32)words[c[2] % ARRAY_LEN(words)]);
    put32(g, STORE | (half ? 1u : 2u) << 12 | T2 << 15 | T0 << 20);
    if (c[0] & 2)
        put32(g, FENCE_I);
}

static void step_call(struct maker *k, const u8 *c)
{
    struct guest *g = k->g;
    u32 page = c[0] & 0x80 ? WINDOW + (c[0] >> 1) % WINDOW_PAGES * 4096u : SHARED;
    emit_li(g, T2, page + function_at(c) + (c[2] & 0x80 ? 2 : 0));
    put32(g, AUIPC | BACK << 7);
    emit_i(g, ADDI, BACK, BACK, 12);
    emit_i(g, JALR, RA, T2, 0);
}

/* ---- translation ---- */

static void step_fence(struct maker *k, const u8 *c)
{
    static const u32 words[] = {FENCE_I,    0x0ff0000f, 0x12000073, 0x18000073,
                                0x18100073, 0x22000073, 0x62000073, 0x00d00073};
    put32(k->g, words[c[0] % ARRAY_LEN(words)]);
}

/* A fence or an invalidation of one page or one name. */
static void step_fence_some(struct maker *k, const u8 *c)
{
    static const u32 words[] = {0x12000073, 0x16000073, 0x22000073,
                                0x26000073, 0x62000073, 0x66000073};
    u32 which = c[0] % ARRAY_LEN(words), page = WINDOW + c[1] % WINDOW_PAGES * 4096u;
    if (c[1] & 0x40)
        page = SHARED + c[1] % SHARED_PAGES * 4096u;
    emit_li(k->g, T2, which >= 4 ? page >> 2 : page); /* a guest-physical address */
    emit_li(k->g, T3, c[2] & 3);
    emit_r(k->g, words[which], ZERO, c[2] & 0x40 ? ZERO : T2, c[2] & 0x80 ? ZERO : T3);
}

static void step_map(struct maker *k, const u8 *c)
{
    static const u8 flags[] = {0xcf, 0xcf, 0xdf, 0,    0xc7, 0xc3, 0xcb, 0xc9,
                               0x0f, 0x4f, 0xef, 0xff, 0xc5, 0xcd, 0xce, 0x01};
    struct guest *g = k->g;
    static const u32 tables[] = {LEAVES, LEAVES, G_LEAVES, G_MEMORY};
    u32 table = c[0] >> 4 & 3, i = c[0] % WINDOW_PAGES;
    if (table == 3)
        i = (SHARED - RAM) / 4096 + i % SHARED_PAGES;
    u64 value = (SHARED + c[1] % SHARED_PAGES * 4096u) >> 2 | flags[c[2] & 15];
    if (table >= 2 && value & 0xff)
        value |= PTE_U;
    if (g->xlen == 64 && c[2] & 0x80)
        value |= c[2] & 0x40 ? PTE_N : BIT(61);
    emit_li(g, T2, tables[table] + i * (g->xlen / 8));
    emit_li(g, T0, value);
    emit_store(g, T0, T2, 0);
    if (c[0] & 0x80)
        put32(g, table < 2 ? 0x12000073 : 0x62000073);
}

static void step_csr(struct maker *k, const u8 *c)
{
    struct guest *g = k->g;
    const struct {
        u16 csr, how;
        u64 value;
    } rows[] = {
        {CSR_satp, CSRRW, atp_of(g, ROOT, c[1] & 3)},
        {CSR_satp, CSRRW, 0},
        {CSR_vsatp, CSRRW, atp_of(g, ROOT, c[1] & 3)},
        {CSR_vsatp, CSRRW, 0},
        {CSR_hgatp, CSRRW, atp_of(g, G_ROOT, c[1] & 3)},
        {CSR_hgatp, CSRRW, 0},
        {CSR_sstatus, c[1] & 1 ? CSRRS : CSRRC, MSTATUS_SUM},
        {CSR_sstatus, c[1] & 1 ? CSRRS : CSRRC, MSTATUS_MXR},
        {CSR_sstatus, c[1] & 1 ? CSRRS : CSRRC, MSTATUS_SIE},
        {CSR_sie, CSRRW, c[1] & (BIT(IRQ_SSI) | BIT(IRQ_STI))},
        {CSR_sip, c[1] & 1 ? CSRRS : CSRRC, BIT(IRQ_SSI)},
        {CSR_hvip, c[1] & 1 ? CSRRS : CSRRC, BIT(IRQ_VSSI)},
        {CSR_hideleg, CSRRW, c[1] & 1 ? BIT(IRQ_VSSI) : 0},
        {CSR_henvcfg, c[1] & 1 ? CSRRS : CSRRC, ENVCFG_ADUE},
    };
    u32 i = c[0] % ARRAY_LEN(rows);
    emit_li(g, T0, rows[i].value);
    emit_csr(g, rows[i].how, T0, rows[i].csr, T0);
    fold(g, T0);
}

/* VS-mode from the next instruction on, if HS-mode does it. */
static void step_guest(struct maker *k, const u8 *c)
{
    struct guest *g = k->g;
    (void)c;
    emit_li(g, T0, HSTATUS_SPV | HSTATUS_SPVP);
    emit_csr(g, CSRRS, ZERO, CSR_hstatus, T0);
    emit_li(g, T0, MSTATUS_SPP | MSTATUS_SPIE);
    emit_csr(g, CSRRS, ZERO, CSR_sstatus, T0);
    put32(g, AUIPC | T0 << 7);
    emit_i(g, ADDI, T0, T0, 16);
    emit_csr(g, CSRRW, ZERO, CSR_sepc, T0);
    put32(g, SRET);
}

/* Out of VS-mode; of HS-mode, a call that does not exist. */
static void step_leave(struct maker *k, const u8 *c)
{
    (void)c;
    call(k->g, 0x1000000, 0);
}

/* A load or store of HS-mode with the guest's translation. */
static void step_as_guest(struct maker *k, const u8 *c)
{
    static const u32 words[] = {0x60000000, 0x64000000, 0x68000000, 0x68300000, 0x6c000000};
    u32 store = c[2] & 0x80;
    address(k->g, c[0], c[1]);
    if (store)
        put32(k->g, (c[2] & 1 ? 0x6a004073 : 0x62004073) | T2 << 15 | DIGEST << 20);
    else
        emit_i(k->g, words[c[2] % ARRAY_LEN(words)] | 0x4073, T0, T2, 0);
    fold(k->g, T0);
}

static void step_block(struct maker *k, const u8 *c)
{
    address(k->g, c[0], c[1]);
    if (c[2] & 4)
        put32(k->g, 0x00006013 | T2 << 15 | (c[2] & 3u) << 20); /* prefetches */
    else
        put32(k->g, 0x200f | T2 << 15 | (c[2] & 3u ? c[2] & 3u : 4u) << 20);
}

/* ---- other harts ---- */

static void step_ipi(struct maker *k, const u8 *c)
{
    if (c[0] & 0x80) {
        emit_li(k->g, T2, SSWI + c[0] % k->harts * 4);
        emit_li(k->g, T0, 1);
        store_word(k->g, T0, T2, 0);
        return;
    }
    emit_li(k->g, A0, c[0] & 7);
    emit_li(k->g, A1, 0);
    call(k->g, SBI_IPI, 0);
}

static void step_remote_fence(struct maker *k, const u8 *c)
{
    emit_li(k->g, A0, c[0] & 7);
    emit_li(k->g, A1, c[0] & 0x80 ? (u64)(s64)-1 : 0);
    emit_li(k->g, A2, c[1] & 0x80 ? 0 : WINDOW + c[1] % WINDOW_PAGES * 4096u);
    emit_li(k->g, A3, c[1] & 0x40 ? (u64)(s64)-1 : (c[1] >> 4 & 3) * 4096u);
    emit_li(k->g, A4, c[2] >> 4 & 3);
    call(k->g, SBI_RFENCE, c[2] % 7);
}

static void step_start(struct maker *k, const u8 *c)
{
    emit_li(k->g, A0, c[0] % k->harts);
    emit_li(k->g, A1, ENTRY);
    call(k->g, SBI_HSM, c[1] & 1 ? 2 : 0); /* or ask for its state */
}

/* Stops itself, or sleeps until the timer. */
static void step_rest(struct maker *k, const u8 *c)
{
    set_timer(k->g, c[1] & 31);
    emit_li(k->g, A0, c[2] & 1 ? 0x80000000u : 0);
    emit_li(k->g, A1, ENTRY);
    if (c[0] & 3)
        call(k->g, SBI_HSM, 3);
    else
        call(k->g, SBI_HSM, 1);
}

static void step_wait(struct maker *k, const u8 *c)
{
    if (c[0] & 1)
        set_timer(k->g, c[1] & 31);
    put32(k->g, c[0] & 2 ? 0x01d00073 : WFI);
}

static void step_timer(struct maker *k, const u8 *c)
{
    if (c[0] & 1) {
        set_timer(k->g, c[1] & 31);
        return;
    }
    emit_csr_read(k->g, A0, CSR_time);
    emit_i(k->g, ADDI, A0, A0, c[1] & 31);
    emit_li(k->g, A1, 0);
    call(k->g, SBI_TIME, 0);
}

/* A feature of the firmware that changes translation or delegation. */
static void step_feature(struct maker *k, const u8 *c)
{
    static const u8 features[] = {0, 2, 3, 4, 5};
    emit_li(k->g, A0, features[c[0] % ARRAY_LEN(features)]);
    emit_li(k->g, A1, c[1] & 1);
    emit_li(k->g, A2, 0);
    call(k->g, SBI_FWFT, 0);
}

/* ---- all ---- */

static void (*const steps[])(struct maker *k, const u8 *c) = {
    step_load,  step_store,        step_amo,          step_reserve,      step_count_reserved,
    step_patch, step_call,         step_fence,        step_fence_some,   step_map,
    step_csr,   step_guest,        step_leave,        step_as_guest,     step_block,
    step_ipi,   step_remote_fence, step_start,        step_rest,         step_wait,
    step_timer, step_feature,      step_count_locked, step_call,         step_patch,
    step_map,   step_load,         step_store,        step_remote_fence, step_amo,
};

u32 harts_program_make(struct guest *g, u32 hart, u32 harts, const u8 (*step)[STEP], u32 number)
{
    struct maker k = {g, hart, harts};
    u32 begin = program_of(hart);
    g->at = begin;
    for (u32 i = 0; i < number && i < MAX_STEPS; i++)
        steps[step[i][0] % ARRAY_LEN(steps)](&k, &step[i][1]);
    emit_i(g, ADDI, ROUNDS, ROUNDS, -1);
    u32 done = emit_skip(g, BEQ, ROUNDS, ZERO);
    emit_jump(g, begin);
    emit_land(g, done);
    emit_li(g, A0, 0); /* the end: stops, or waits for good when that is refused */
    if (hart)
        call(g, SBI_HSM, 1);
    put32(g, WFI);
    emit_jump(g, g->at - 4);
    return g->at;
}
