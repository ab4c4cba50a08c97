/* Events in words. */
#include "trace/words.h"

#include <stdio.h>
#include <string.h>

#include "cpu/fields.h"
#include "cpu/irq.h"
#include "mmu/walk.h"

/* Which of two modes can trap into which. */
static const u8 rank[MODE_COUNT] = {
    [MODE_U] = 0, [MODE_VU] = 0, [MODE_VS] = 1, [MODE_S] = 2, [MODE_M] = 3};

bool mode_is_entry(enum mode from, enum mode to)
{
    return rank[to] > rank[from];
}

u64 mode_begin(const struct hart *h, enum mode from)
{
    return h->clock + !mode_is_entry(from, (enum mode)h->mode);
}

enum mode mode_of_bank(enum bank bank)
{
    return bank == BANK_M ? MODE_M : bank == BANK_S ? MODE_S : MODE_VS;
}

const char *trap_name(const struct trap_event *ev)
{
    if (ev->doubled)
        return exception_name(CAUSE_DOUBLE_TRAP);
    return ev->interrupt ? interrupt_name(ev->code) : exception_name(ev->code);
}

/* Of an interrupt: the route, and the priority number that software gave it. */
static void interrupt_words(const struct trap_event *ev, char *buf, size_t len)
{
    unsigned number = ev->deleg.number;
    irq_route_text(&ev->deleg, ev->code, buf, len);
    if (number != IPRIO_BEFORE_ALL && number < IPRIO_EXTERNAL) {
        size_t n = strlen(buf);
        snprintf(buf + n, len - n, ", priority number %u", number);
    }
}

char *delegation_words(const struct hart *h, const struct trap_event *ev, char *buf, size_t len)
{
    const char *to = bank_name(h, ev->bank);
    const char *doubled = ev->doubled ? ", SDT=1" : "";
    const struct delegation *d = &ev->deleg;
    char route[96];
    if (ev->interrupt)
        interrupt_words(ev, route, sizeof route);
    else if (ev->from == MODE_M)
        snprintf(route, sizeof route, "in M-mode");
    else if (d->medeleg && mode_table[ev->from].v)
        snprintf(route, sizeof route, "medeleg[%u]=1, hedeleg[%u]=%u", ev->code, ev->code,
                 d->hedeleg);
    else
        snprintf(route, sizeof route, "medeleg[%u]=%u", ev->code, d->medeleg);
    snprintf(buf, len, "%s%s -> %s", route, ev->from == MODE_M && !ev->interrupt ? "" : doubled,
             ev->from == MODE_M && !ev->interrupt ? "M" : to);
    return buf;
}

const char *interrupt_short_name(unsigned code)
{
    static const char *const names[64] = {
#define EXC(c, e, name, tval, guest, deleg)
#define IRQ(c, e, name) [c] = #e,
#include "cpu/trap.def"
#undef EXC
#undef IRQ
    };
    return code < 64 && names[code] ? names[code] : "?";
}

char *interrupt_mask_words(u64 mask, char *buf, size_t len)
{
    size_t used = 0;
    buf[0] = 0;
    for (unsigned i = 0; i < 64 && used + 8 < len; i++)
        if (mask >> i & 1)
            used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? " " : "",
                                     interrupt_short_name(i));
    return buf;
}

unsigned hart_vmid(const struct hart *h)
{
    return (unsigned)get_field(h->hgatp, is_rv32(h) ? HGATP32_VMID : HGATP_VMID);
}
