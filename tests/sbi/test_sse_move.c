/* A global event whose preferred hart is masked or stopped goes to another hart.
 * run: --sbi=sse-global=move
 * run: --sbi=sse-global=move --irqchip=aplic-imsic */
#include "lib/sse.h"

static struct sse_handler global;
static volatile ulong ready, stop;

static void count_event(struct sse_handler *h, ulong hartid)
{
    h->hartid = hartid;
    h->count++;
}

static void masked(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    ready = 1;
    wait_for(&stop, 1);
}

static void comes_here(ulong preferred)
{
    EXPECT(sse_set(SOFT_GLOBAL, A_PREFERRED, preferred), SUCCESS);
    sse_setup(&global, SOFT_GLOBAL, count_event, ST_ENABLED);
    EXPECT(sse_call(SSE_INJECT, SOFT_GLOBAL, 0, 0), SUCCESS);
    CHECK(wait_for(&global.count, 1));
    CHECK(global.hartid == hart_id());
    EXPECT(sse_call(SSE_DISABLE, SOFT_GLOBAL, 0, 0), SUCCESS);
    EXPECT(sse_call(SSE_UNREGISTER, SOFT_GLOBAL, 0, 0), SUCCESS);
}

void test(void)
{
    long other = other_hart();
    struct start s = {masked, 0};

    if (on_opensbi())
        skip("its global events stay");
    if (other < 0)
        return;
    EXPECT(sse_call(SSE_UNMASK, 0, 0, 0), SUCCESS);
    comes_here((ulong)other); /* stopped */
    CHECK(start_hart((ulong)other, &s));
    CHECK(wait_for(&ready, 1));
    comes_here((ulong)other);
    stop = 1;
    CHECK(wait_status((ulong)other, 1));
}
