/* Stack frames: s0 points behind a frame's two highest words, the caller's s0 and the return
 * address. A function that calls nothing may have stored only s0. */
#include "trace/unwind.h"

#include "trace/peek.h"

enum { FRAME_MAX = 1 << 20, TEXT_REACH_BITS = 31 };

struct unwinder {
    struct hart *h;
    unsigned word; /* bytes of a register */
    u64 limit;     /* of an address */
};

static int read_word(const struct unwinder *u, u64 va, u64 *value)
{
    *value = 0;
    return peek(u->h, va & u->limit, value, u->word);
}

/* Could this be an address in the same program as pc? */
static bool is_near(const struct unwinder *u, u64 addr)
{
    u64 pc = u->h->pc, gap = addr > pc ? addr - pc : pc - addr;
    return addr && !(addr & 1) && (u->word == 4 || gap >> TEXT_REACH_BITS == 0);
}

static bool is_frame(const struct unwinder *u, u64 fp)
{
    return fp >= 0x100 && !(fp & (2 * u->word - 1));
}

u32 unwind(struct hart *h, u64 *frame, u32 max)
{
    const struct unwinder u = {.h = h, .word = h->config.xlen / 8u, .limit = MASK(h->config.xlen)};
    u64 fp = h->x[8] & u.limit, upper, lower;
    u32 n = 0;
    frame[n++] = h->pc;
    while (n < max && is_frame(&u, fp) && !read_word(&u, fp - u.word, &upper) &&
           !read_word(&u, fp - 2 * u.word, &lower)) {
        u64 ret = upper, next = lower;
        if (n == 1 && !is_near(&u, ret) && is_frame(&u, upper)) {
            ret = h->x[1] & u.limit;
            next = upper;
        }
        if (!is_near(&u, ret))
            break;
        frame[n++] = ret;
        if (next <= fp || next - fp > FRAME_MAX)
            break;
        fp = next;
    }
    return n;
}
