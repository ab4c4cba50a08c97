/* A small assembler into the guest's image. */
#include <string.h>

#include "cpu/csr.h"
#include "guest.h"

static u8 *place(struct guest *g, u32 pa)
{
    return g->image + (pa - RAM);
}

void put16(struct guest *g, u16 bits)
{
    memcpy(place(g, g->at), &bits, 2);
    g->at += 2;
}

void put32(struct guest *g, u32 bits)
{
    memcpy(place(g, g->at), &bits, 4);
    g->at += 4;
}

void put_word(struct guest *g, u32 pa, u64 value, unsigned size)
{
    memcpy(place(g, pa), &value, size);
}

void emit_i(struct guest *g, u32 opcode, unsigned rd, unsigned rs1, s32 imm)
{
    put32(g, opcode | rd << 7 | rs1 << 15 | (u32)imm << 20);
}

void emit_r(struct guest *g, u32 opcode, unsigned rd, unsigned rs1, unsigned rs2)
{
    put32(g, opcode | rd << 7 | rs1 << 15 | rs2 << 20);
}

enum {
    ADDI = 0x0013,
    ADDIW = 0x001b,
    SLLI = 0x1013,
    SRLI = 0x5013,
    XOR = 0x4033,
    LUI = 0x37,
};

static void li32(struct guest *g, unsigned rd, s32 value)
{
    s32 low = (s32)((u32)value << 20) >> 20;
    u32 high = (u32)value - (u32)low;
    if (high)
        put32(g, LUI | rd << 7 | high);
    if (low || !high)
        emit_i(g, high ? (g->xlen == 64 ? ADDIW : ADDI) : ADDI, rd, high ? rd : ZERO, low);
}

void emit_li(struct guest *g, unsigned rd, u64 value)
{
    if (g->xlen == 32 || (u64)(s64)(s32)value == value) {
        li32(g, rd, (s32)value);
        return;
    }
    s64 low = (s64)(value << 52) >> 52;
    u64 high = value - (u64)low;
    unsigned shift = (unsigned)__builtin_ctzll(high);
    emit_li(g, rd, (u64)((s64)high >> shift));
    emit_i(g, SLLI, rd, rd, (s32)shift);
    if (low)
        emit_i(g, ADDI, rd, rd, (s32)low);
}

void emit_jump(struct guest *g, u32 target)
{
    u32 d = target - g->at;
    put32(g, 0x6f | (d >> 20 & 1) << 31 | (d >> 1 & 0x3ff) << 21 | (d >> 11 & 1) << 20 |
                 (d >> 12 & 0xff) << 12);
}

void emit_load(struct guest *g, unsigned rd, unsigned rs1, s32 offset)
{
    emit_i(g, g->xlen == 64 ? 0x3003 : 0x2003, rd, rs1, offset);
}

void emit_store(struct guest *g, unsigned rs2, unsigned rs1, s32 offset)
{
    u32 o = (u32)offset;
    put32(g, (g->xlen == 64 ? 0x3023u : 0x2023u) | (o & 31) << 7 | rs1 << 15 | rs2 << 20 |
                 (o >> 5 & 127) << 25);
}

void emit_csr(struct guest *g, unsigned funct3, unsigned rd, unsigned csr, unsigned rs1)
{
    put32(g, 0x73 | rd << 7 | funct3 << 12 | rs1 << 15 | csr << 20);
}

void emit_csr_read(struct guest *g, unsigned rd, unsigned csr)
{
    emit_csr(g, CSRRS, rd, csr, ZERO);
}

void emit_xorshift(struct guest *g, unsigned reg, unsigned scratch)
{
    static const u8 shifts[2][3] = {{13, 17, 5}, {13, 7, 17}};
    const u8 *s = shifts[g->xlen == 64];
    emit_i(g, SLLI, scratch, reg, s[0]);
    emit_r(g, XOR, reg, reg, scratch);
    emit_i(g, SRLI, scratch, reg, s[1]);
    emit_r(g, XOR, reg, reg, scratch);
    emit_i(g, SLLI, scratch, reg, s[2]);
    emit_r(g, XOR, reg, reg, scratch);
}

u32 emit_skip(struct guest *g, u32 funct3, unsigned rs1, unsigned rs2)
{
    put32(g, 0x63 | funct3 << 12 | rs1 << 15 | rs2 << 20);
    return g->at - 4;
}

void emit_land(struct guest *g, u32 skip)
{
    u32 d = g->at - skip, bits;
    memcpy(&bits, place(g, skip), 4);
    bits |= (d >> 12 & 1) << 31 | (d >> 5 & 63) << 25 | (d >> 1 & 15) << 8 | (d >> 11 & 1) << 7;
    memcpy(place(g, skip), &bits, 4);
}
