/* The legacy calls of SBI 0.1: the extension ID is the function, a0 the result, and hart masks are
 * read from the caller's virtual memory. */
#include "sbi/firmware.h"

#include "devices/chardev.h"

static struct sbi_ret result(struct sbi_call *c, s64 value)
{
    c->flow = FLOW_LEGACY;
    return ret_value((u64)value);
}

/* Reads the mask at virtual address `va` (0: all harts), one unsigned long for every XLEN harts. A
 * fault is redirected to the caller with sepc at the ECALL; then false is returned. */
static bool read_mask(struct sbi_call *c, u64 va, u64 *harts)
{
    unsigned xlen = c->h->config.xlen, size = xlen / 8;
    struct redirect none = {0};
    struct trap fault;

    *harts = MASK(c->sbi->m->num_harts);
    if (va == 0)
        return true;
    *harts = 0;
    for (u32 i = 0; i * xlen < c->sbi->m->num_harts; i++) {
        u64 word;
        if (read_as_previous(c->h, va + i * size, size, &word, &fault)) {
            struct redirect t = trap_from_fault(&fault, &none);
            c->flow = FLOW_RETRY;
            sbi_redirect(c->sbi, c->h, &t);
            return false;
        }
        *harts |= word << (i * xlen);
    }
    return true;
}

static struct sbi_ret legacy_set_timer(struct sbi_call *c)
{
    sbi_set_timer(c->sbi, c->h, arg64(c, 0));
    return result(c, 0);
}

static struct sbi_ret console_putchar(struct sbi_call *c)
{
    u8 byte = (u8)c->arg[0];

    if (c->sbi->console)
        chardev_write(c->sbi->console, &byte, 1);
    return result(c, 0);
}

static struct sbi_ret console_getchar(struct sbi_call *c)
{
    u8 byte;

    return result(c, sbi_console_read(c->sbi, &byte, 1) == 1 ? byte : -1);
}

static struct sbi_ret clear_ipi(struct sbi_call *c)
{
    u64 pending = csr_get(c->h, CSR_mip) & BIT(IRQ_SSI);

    csr_clear_bits(c->h, CSR_mip, BIT(IRQ_SSI));
    return result(c, pending != 0);
}

static struct sbi_ret legacy_send_ipi(struct sbi_call *c)
{
    u64 harts;

    if (!read_mask(c, c->arg[0], &harts))
        return ret_value(0);
    if (harts & ~MASK(c->sbi->m->num_harts))
        return result(c, SBI_ERR_INVALID_PARAM);
    sbi_send_ipi(c->sbi, c->h, harts);
    return result(c, 0);
}

static struct sbi_ret legacy_fence(struct sbi_call *c, struct fence f)
{
    u64 harts;

    if (!read_mask(c, c->arg[0], &harts))
        return ret_value(0);
    if (harts & ~MASK(c->sbi->m->num_harts))
        return result(c, SBI_ERR_INVALID_PARAM);
    if (f.kind == FENCE_S) {
        f.start = c->arg[1];
        f.size = c->arg[2];
        f.tag = c->arg[3];
    }
    sbi_remote_fence(c->sbi, c->h, harts, &f);
    return result(c, 0);
}

static struct sbi_ret legacy_fence_i(struct sbi_call *c)
{
    return legacy_fence(c, (struct fence){.kind = FENCE_I});
}

static struct sbi_ret legacy_sfence_vma(struct sbi_call *c)
{
    return legacy_fence(c, (struct fence){.kind = FENCE_S});
}

static struct sbi_ret legacy_sfence_vma_asid(struct sbi_call *c)
{
    return legacy_fence(c, (struct fence){.kind = FENCE_S, .tagged = true});
}

static struct sbi_ret legacy_shutdown(struct sbi_call *c)
{
    c->flow = FLOW_NO_RETURN;
    sbi_system_stop(c->sbi, c->h, STOP_GUEST_EXIT, 0);
    return ret_value(0);
}

static const struct sbi_function functions[] = {
    {"set_timer", "stime_value:q", 0x001, legacy_set_timer},
    {"console_putchar", "ch:w", 0x001, console_putchar},
    {"console_getchar", "", 0x001, console_getchar},
    {"clear_ipi", "", 0x001, clear_ipi},
    {"send_ipi", "hart_mask:x", 0x001, legacy_send_ipi},
    {"remote_fence_i", "hart_mask:x", 0x001, legacy_fence_i},
    {"remote_sfence_vma", "hart_mask:x start:x size:x", 0x001, legacy_sfence_vma},
    {"remote_sfence_vma_asid", "hart_mask:x start:x size:x asid:d", 0x001, legacy_sfence_vma_asid},
    {"shutdown", "", 0x001, legacy_shutdown},
};
const struct sbi_extension sbi_ext_legacy = {
    .name = "legacy",
    .eid = 0,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
