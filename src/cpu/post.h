/* The one way to reach a hart from outside: requests (post.def) wait in its box, on a page of their
 * own, and are done when the hart stands between two instructions. Nobody but the hart writes to
 * the rest of its state while any hart runs.
 *
 * When is a request done? Before the target executes anything more. Harts run in turns, so whoever
 * posts knows it as soon as the post is in the box, and remote fences return at once. For harts on
 * threads of their own, putting and draining take the box's lock, a poster that must not go on
 * before the request is done (FENCE, PROTECT) waits until the target has drained past it, and
 * empties its own box while it waits, so that no two wait for each other. A box that is full is
 * drained: by the machine on the target's behalf while harts take turns, by the target, for which
 * the poster waits in the same way, once they do not. */
#ifndef HEXTANT_CPU_POST_H
#define HEXTANT_CPU_POST_H

#include "common/types.h"
#include "cpu/hart.h"

enum post_kind {
#define POST(name, form, by) POST_##name,
#include "cpu/post.def"
#undef POST
    POST_KINDS
};

#ifdef HX_DEBUG /* so that tests meet the end of the box */
#define POST_QUEUE 3
#else
#define POST_QUEUE 64
#endif

struct post {
    u64 kind;   /* enum post_kind */
    u64 arg[6]; /* see post.def */
};

/* What waits for one hart. */
struct post_box {
    u64 pending; /* bit k: something of kind k waits */
    u64 raised, lowered;
    struct poster raiser[16]; /* of the lines in `raised` */
    u32 first, count;         /* in the queue */
    struct post queue[POST_QUEUE];
};

/* Puts a request into the box; `from` asks for it. False: the box is full, the hart has to drain
 * it. */
bool post_put(struct post_box *box, const struct post *p, struct poster from);
/* Does one request of the hart to itself, at once. */
void post_do(struct hart *h, const struct post *p);
/* Does all that waits. The hart stands between two instructions. */
void post_drain(struct hart *h);

static inline bool post_waits(const struct hart *h)
{
    return h->box->pending != 0;
}

#endif
