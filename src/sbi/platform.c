/* The firmware's view of the board: the CLINT, the clock, and memory shared with the supervisor. */
#include "sbi/firmware.h"

#include <assert.h>
#include <string.h>

#include "cpu/platform.h"
#include "devices/devices.h"
#include "sbi/rom.h"

enum { CLINT_MTIMECMP = 0x2004000 };

void sbi_ask(struct sbi *sbi, u32 hartid, const struct post *p)
{
    const struct platform *to = sbi->m->hart[hartid]->platform;

    to->post(to->ctx, hartid, p);
}

void sbi_post(struct sbi *sbi, u32 hartid, const struct post *p)
{
    sbi_ask(sbi, hartid, p);
    sbi_wake(sbi, hartid);
}

void sbi_set_mtimecmp(struct sbi *sbi, u32 hartid, u64 value)
{
    bus_write(sbi->m->bus, CLINT_MTIMECMP + 8 * (u64)hartid, 8, value);
}

size_t sbi_console_read(struct sbi *sbi, u8 *buf, size_t len)
{
    return uart_read_past(bus_device_of(sbi->m->bus, &uart_class), sbi->console, buf, len);
}

u64 sbi_now(const struct hart *h)
{
    return h->platform->now(h->platform->ctx);
}

bool sbi_shmem_ok(struct sbi *sbi, u64 pa, u64 len, enum shmem_access access)
{
    if (pa + len < pa)
        return false;
    struct mem_region *r = bus_find_memory(sbi->m->bus, pa, len);

    return r && r->base != ROM_BASE && (access == SHMEM_READ || r->writable);
}

int sbi_address(const struct hart *h, u64 lo, u64 hi, u64 *pa)
{
    *pa = is_rv32(h) ? lo | hi << 32 : lo;
    return is_rv32(h) || hi == 0 ? 0 : -1;
}

bool sbi_all_ones(const struct hart *h, u64 lo, u64 hi)
{
    u64 ones = MASK(h->config.xlen);

    return lo == ones && hi == ones;
}

u64 sbi_read_word(struct sbi *sbi, u64 pa, unsigned size)
{
    u64 value = 0;

    bus_copy_from(sbi->m->bus, pa, &value, size);
    return value;
}

void sbi_write_word(struct sbi *sbi, u64 pa, unsigned size, u64 value)
{
    bus_copy_to(sbi->m->bus, pa, &value, size);
}

s64 sbi_hart_mask(struct sbi *sbi, const struct hart *h, u64 mask, u64 base, u64 *harts)
{
    u32 n = sbi->m->num_harts;

    *harts = 0;
    if (base == MASK(h->config.xlen)) {
        *harts = MASK(n);
        return SBI_SUCCESS;
    }
    for (u64 rest = mask; rest; rest &= rest - 1) {
        u64 hartid = base + (u64)__builtin_ctzll(rest);
        if (base >= n || hartid >= n)
            return SBI_ERR_INVALID_PARAM;
        *harts |= BIT(hartid);
    }
    return SBI_SUCCESS;
}
