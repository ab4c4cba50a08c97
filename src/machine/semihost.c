/* Semihosting as harts meet it: an EBREAK between two instructions that do nothing is a call, with
 * its number in a0 and an argument in a1. Memory is reached as the hart's mode does; what it may
 * not reach fails the call, and traps nobody. */
#include "machine/semihost.h"

#include <string.h>

#include "cpu/mode.h"
#include "devices/devices.h"
#include "devices/semihost.h"
#include "mmu/mem.h"

enum {
    MARK_BEFORE = 0x01f01013, /* slli x0, x0, 0x1f */
    MARK_EBREAK = 0x00100073,
    MARK_AFTER = 0x40705013, /* srai x0, x0, 7 */
    A0 = 10,
    A1 = 11,
};

/* Every access of a call is by the hart in the mode that it is in. 0 or -1. */
static int reach(struct hart *h, u64 va, unsigned size, enum access access, u64 *value)
{
    struct trap fault;
    return mem_access_as(h, h->mode, is_rv32(h) ? (u32)va : va, size, access, value, &fault);
}

/* Is the word at va this instruction? Two halves: words of code are aligned to two bytes. */
static bool is_insn(struct hart *h, u64 va, u32 insn)
{
    u64 low, high;
    return reach(h, va, 2, ACCESS_FETCH, &low) == 0 && low == (insn & 0xffff) &&
           reach(h, va + 2, 2, ACCESS_FETCH, &high) == 0 && high == insn >> 16;
}

/* All three stand in one page: nothing is fetched from a page where nothing is executed. */
static bool is_call(struct hart *h)
{
    u64 pc = h->pc;
    return ((pc - 4) ^ (pc + 7)) >> 12 == 0 && is_insn(h, pc, MARK_EBREAK) &&
           is_insn(h, pc - 4, MARK_BEFORE) && is_insn(h, pc + 4, MARK_AFTER);
}

/* Moves up to eight bytes at a time. */
static int move(struct hart *h, u64 va, u8 *bytes, size_t len, enum access access)
{
    for (size_t i = 0; i < len;) {
        unsigned size = len - i < 8 ? (unsigned)(len - i) : 8;
        u64 word = 0;
        if (access == ACCESS_STORE)
            memcpy(&word, bytes + i, size);
        if (reach(h, va + i, size, access, &word))
            return -1;
        if (access == ACCESS_LOAD)
            memcpy(bytes + i, &word, size);
        i += size;
    }
    return 0;
}

static int read_guest(void *ctx, u64 va, void *to, size_t len)
{
    return move(ctx, va, to, len, ACCESS_LOAD);
}

static int write_guest(void *ctx, u64 va, const void *from, size_t len)
{
    return move(ctx, va, (u8 *)(uintptr_t)from, len, ACCESS_STORE);
}

/* Where the memory that nothing occupies at the start ends: at the device tree, if there is one. */
static u64 end_of_free(const struct machine *m)
{
    u64 dtb = m->config.dtb_address;
    return dtb ? dtb : m->ram->base + m->ram->size;
}

/* The call is made again when the others have had their turns and the host has been asked. */
static void wait_for_input(struct hart *h)
{
    h->npc = h->pc;
    h->wait = WAIT_HOST;
    h->d.exit_block = 1;
}

int semihost_call(struct machine *m, struct hart *h)
{
    if (!is_call(h))
        return 0;
    u64 number = h->x[A0], argument = h->x[A1];
    struct semihost_call call = {.number = is_rv32(h) ? (u32)number : number,
                                 .argument = is_rv32(h) ? (u32)argument : argument,
                                 .word = is_rv32(h) ? 4 : 8,
                                 .free_low = (m->config.image.high + 4095) & ~4095ull,
                                 .free_high = end_of_free(m),
                                 .serial = bus_device_of(&m->bus, &uart_class),
                                 .memory = h,
                                 .read = read_guest,
                                 .write = write_guest};
    if (semihost_serve(bus_device_of(&m->bus, &semihost_class), &call))
        h->x[A0] = is_rv32(h) ? (u64)(s32)call.result : call.result;
    else
        wait_for_input(h);
    return 1;
}
