/* A hart's life: allocation, reset, derived state. */
#include "cpu/hart.h"

#include <string.h>
#include <sys/mman.h>

#include "cpu/block.h"
#include "cpu/counter.h"
#include "cpu/csr.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "cpu/imsic.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/platform.h"
#include "cpu/post.h"
#include "cpu/trigger.h"
#include "cpu/vec.h"
#include "mmu/tlb.h"

const struct state_row hart_rows[] = {
#define F(name, reset)       STATE_FIELD(struct hart, name),
#define A(name, count)       STATE_ARRAY(struct hart, name),
#define T(type, name, count) STATE_ARRAY(struct hart, name),
#include "cpu/state.def"
#undef F
#undef A
#undef T
};
const u32 hart_num_rows = ARRAY_LEN(hart_rows);

static const struct state_row micro_rows[] = {
#define F(name)        STATE_FIELD(struct hart, name),
#define A(name, count) STATE_ARRAY(struct hart, name),
#include "cpu/micro.def"
#undef F
#undef A
};

struct state_part hart_part(const struct hart *h)
{
    return state_part(h, hart_rows, hart_num_rows, "hart %u", h->id);
}

struct state_part hart_micro_part(const struct hart *h)
{
    return state_part(h, micro_rows, ARRAY_LEN(micro_rows), "hart %u, besides", h->id);
}

#define ROW(vlen)                                                                                  \
    {                                                                                              \
        "v", offsetof(struct hart, v), (vlen) / 8, 32, (vlen) / 8                                  \
    }
struct state_part hart_vector_part(const struct hart *h)
{
    static const struct state_row rows[] = {ROW(32),   ROW(64),    ROW(128),   ROW(256),
                                            ROW(512),  ROW(1024),  ROW(2048),  ROW(4096),
                                            ROW(8192), ROW(16384), ROW(32768), ROW(65536)};
    u32 vlen = h->config.vlen;
    unsigned i = vlen ? (unsigned)__builtin_ctz(vlen / 32) : 0;
    return state_part(h, &rows[i], vlen != 0, "hart %u, vectors", h->id);
}
#undef ROW

/* Pages that cost the host nothing until they are touched; NULL without memory. */
static void *map_pages(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t whole_pages(size_t size)
{
    return (size + 4095) & ~(size_t)4095;
}

static size_t tlb_at(void)
{
    return whole_pages(sizeof(struct hart));
}

static size_t blocks_at(void)
{
    return tlb_at() + whole_pages(sizeof(struct tlb));
}

static size_t imsic_at(void)
{
    return blocks_at() + block_cache_size();
}

static size_t all_pages(const struct hart_config *config)
{
    return imsic_at() + (config->imsic_ids ? whole_pages(sizeof(struct imsic)) : 0);
}

/* Makes a hart with its caches on pages that are zero. code: its room for code, or none yet. */
static void make(struct hart *h, const struct hart_config *config, u32 id,
                 const struct platform *platform, const struct code_area *code)
{
    u8 *pages = (u8 *)h;
    insn_init();
    h->pages = all_pages(config);
    h->config = *config;
    h->id = id;
    h->platform = platform;
    h->bus = platform->bus;
    h->tlb = tlb_init(pages + tlb_at());
    h->blocks = block_cache_init(pages + blocks_at());
    h->blocks->code = *code;
    h->loops = vec_host_loops();
    h->imsic = config->imsic_ids ? (struct imsic *)(void *)(pages + imsic_at()) : NULL;
    block_cache_setup(h);
    exec_setup(h);
}

struct hart *hart_new(const struct hart_config *config, u32 id, const struct platform *platform)
{
    struct hart *h = map_pages(all_pages(config));
    if (!h)
        return NULL;
    make(h, config, id, platform, &(struct code_area){0});
    h->box = map_pages(sizeof *h->box);
    if (h->box)
        return h;
    hart_free(h);
    return NULL;
}

void hart_free(struct hart *h)
{
    if (!h)
        return;
    code_area_free(&h->blocks->code);
    if (h->box)
        munmap(h->box, sizeof *h->box);
    munmap(h, h->pages);
}

int hart_renew(struct hart *h)
{
    struct hart_config config = h->config;
    struct hart_trace trace = h->trace;
    struct hart_debug debug = h->debug;
    struct cover_place cover = h->cover;
    struct post_box *box = h->box;
    const struct platform *platform = h->platform;
    struct code_area code = h->blocks->code; /* the sandbox lets nobody make another */
    u32 id = h->id;
    if (mmap(h, h->pages, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return -1;
    memset(box, 0, sizeof *box);
    make(h, &config, id, platform, &code);
    h->box = box;
    h->trace = trace;
    h->debug = debug;
    h->cover = cover;
    return 0;
}

void hart_reset(struct hart *h)
{
    u64 lines = h->mip_lines, clock = h->clock;
#define F(name, reset)       h->name = (reset);
#define A(name, count)       memset(h->name, 0, sizeof h->name);
#define T(type, name, count) memset(h->name, 0, sizeof h->name);
#include "cpu/state.def"
#undef F
#undef A
#undef T
    memset(h->v, 0, 32u * h->config.vlen / 8);
    h->mip_lines = lines & ~(BIT(IRQ_STI) | BIT(IRQ_VSTI));
    imsic_reset(h);
    h->clock = h->unretired = clock;
    h->pc = h->config.reset_pc;
    h->storm_moved = ~0ull; /* no count of before goes on */
    csr_reset(h);
    hart_derive(h);
}

void hart_derive(struct hart *h)
{
    csr_derive(h);
    trigger_derive(h);
    counters_derive(h);
    h->fetch_miss_page = 1; /* no page: nothing has failed */
    mmu_flush_all(h);
    block_drop_all(h);
    block_key_changed(h);
    h->counted_clock = h->clock;
    h->counted_unretired = h->unretired;
    update_timers(h);
    hart_attention(h);
}

void hart_resume(struct hart *h)
{
    csr_derive(h);
    trigger_derive(h);
    counters_derive(h);
    tlb_resume(h);
    hart_attention(h);
}

void hart_set_pc(struct hart *h, u64 pc)
{
    pc &= ~(has(h, EXT_Zca) ? 1ull : 3ull);
    h->pc = h->npc = is_rv32(h) ? (u32)pc : pc;
}

void mode_entered(struct hart *h, enum mode from)
{
    mmu_mode_changed(h);
    if (UNLIKELY(h->trace.mode != NULL) && from != h->mode)
        h->trace.mode(h->trace.ctx, h, from);
    if (UNLIKELY(h->debug.mode != NULL) && from != h->mode)
        h->debug.mode(h->debug.ctx, h, from);
}

u64 hart_clock(const struct hart *h)
{
    return h->clock;
}

void hart_critical_error(struct hart *h)
{
    if (!h->debug.dry)
        h->platform->critical_error(h->platform->ctx, h);
    h->wait = WAIT_STOPPED;
    h->d.exit_block = 1;
}
