/* Debugger access to memory through the same walker that execution uses, with permissions taken
 * out of the regime. */
#include "monitor/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/insn.h"
#include "machine/history.h"
#include "machine/machine.h"
#include "mmu/tlb.h"

struct view view_of_hart(struct hart *h)
{
    return (struct view){.h = h, .kind = VIEW_VA, .mode = (u8)h->mode};
}

const char *view_name(const struct view *v, char *buf, size_t len)
{
    if (v->kind == VIEW_VA)
        snprintf(buf, len, "%s va", mode_name(v->h, v->mode));
    else
        snprintf(buf, len, "%s", v->kind == VIEW_GPA ? "gpa" : "pa");
    return buf;
}

/* A regime that lets a reader see whatever is mapped. */
static void open_regime(const struct view *v, struct regime *r)
{
    if (v->kind == VIEW_GPA) {
        regime_of_mode(v->h, MODE_VS, r);
        r->s.levels = 0;
    } else {
        regime_of_mode(v->h, (enum mode)v->mode, r);
    }
    r->user = 0;
    r->sum = 1;
    r->s.mxr = r->g.mxr = 1;
}

int view_translate(const struct view *v, u64 addr, u64 *pa, struct error *err)
{
    struct regime r;
    struct xlate x;
    char name[16];
    if (is_rv32(v->h) && v->kind == VIEW_VA)
        addr = (u32)addr;
    if (v->kind == VIEW_PA) {
        *pa = addr;
        return 0;
    }
    open_regime(v, &r);
    struct walk w = {.h = v->h, .r = &r, .access = ACCESS_LOAD, .flags = MEM_PROBE};
    u64 masked = v->kind == VIEW_VA ? mask_pointer(&r, addr) : addr;
    if (walk(&w, masked, &x))
        return error_set(err, "%s 0x%" PRIx64 " is not mapped: %s-stage, %s",
                         view_name(v, name, sizeof name), addr,
                         w.fault.kind == FAULT_GUEST_PAGE ? "G"
                         : r.virt                         ? "VS"
                                                          : "S",
                         reason_row(w.fault.refusal.reason)->words);
    *pa = x.pa;
    return 0;
}

/* The part of [addr, addr+len) that lies in one page, and where it is in the host. */
static int piece(const struct view *v, u64 addr, size_t *len, u64 *pa, struct error *err)
{
    size_t left = 0x1000 - (size_t)(addr & 0xfff);
    if (*len > left)
        *len = left;
    if (view_translate(v, addr, pa, err))
        return -1;
    if (bus_find_memory(v->h->bus, *pa, *len))
        return 0;
    struct bus_window *w = bus_find_device(v->h->bus, *pa, 1);
    if (w)
        return error_set(err, "pa 0x%" PRIx64 " belongs to the device %s; see 'devices'", *pa,
                         w->dev->cls->name);
    return error_set(err, "there is nothing at pa 0x%" PRIx64, *pa);
}

int view_read(const struct view *v, u64 addr, void *buf, size_t len, struct error *err)
{
    for (u8 *p = buf; len;) {
        size_t n = len;
        u64 pa;
        if (piece(v, addr, &n, &pa, err))
            return -1;
        struct mem_region *m = bus_find_memory(v->h->bus, pa, n);
        memcpy(p, m->host + (pa - m->base), n);
        p += n, addr += n, len -= n;
    }
    return 0;
}

int view_write(const struct view *v, u64 addr, const void *buf, size_t len, struct error *err)
{
    struct machine *machine = machine_of(v->h);
    for (const u8 *p = buf; len;) {
        size_t n = len;
        u64 pa;
        if (piece(v, addr, &n, &pa, err))
            return -1;
        struct mem_region *m = bus_find_memory(v->h->bus, pa, n);
        if (!m->writable)
            return error_set(err, "pa 0x%" PRIx64 " is in ROM", pa);
        history_cut(machine);
        bus_copy_to(v->h->bus, pa, p, n);
        for (u32 i = 0; i < machine->num_harts; i++)
            block_drop_page(machine->hart[i], pa);
        p += n, addr += n, len -= n;
    }
    return 0;
}

int view_read_word(const struct view *v, u64 addr, unsigned size, u64 *value, struct error *err)
{
    *value = 0;
    return view_read(v, addr, value, size, err);
}

int view_read_insn(const struct view *v, u64 pc, u32 *insn, struct error *err)
{
    u64 low, high = 0;
    if (view_read_word(v, pc, 2, &low, err) ||
        (insn_length((u32)low) == 4 && view_read_word(v, pc + 2, 2, &high, err)))
        return -1;
    *insn = (u32)(low | high << 16);
    return 0;
}

int view_enter_mode(struct hart *h, unsigned mode)
{
    enum mode from = (enum mode)h->mode;
    if (mode >= MODE_COUNT)
        return -1;
    const struct mode_info *to = &mode_table[mode];
    if ((to->v && !has(h, EXT_H)) || (to->nominal == 1 && !has(h, EXT_S)) ||
        (to->nominal == 0 && !has(h, EXT_U)))
        return -1;
    h->mode = mode;
    mode_entered(h, from);
    hart_attention(h);
    return 0;
}

unsigned view_insn_at_pc(struct hart *h, struct op *op, u64 *next)
{
    struct view v = view_of_hart(h);
    struct error err;
    u32 insn;
    *op = (struct op){0};
    *next = h->pc;
    if (view_read_insn(&v, h->pc, &insn, &err))
        return INSN_NONE;
    unsigned row = insn_decode(h, insn, op);
    *next = h->pc + insn_length(insn);
    return row == INSN_NONE ? INSN_NONE : insn_row(row)->base;
}
