/* Remote fences (RFENCE): a request to each target, which executes the fence before its next
 * instruction. The call returns when no target can execute anything more without the fence: see
 * cpu/post.h for why that is at once. */
#include "sbi/firmware.h"

#include "mmu/fence.h"
#include "sbi/pmu.h"

enum { PAGE = 4096, MAX_PAGES = 64 /* beyond, the whole space is fenced */ };

static const struct fence_arg everything = {0, 0};

/* One fence instruction on hart h, for one address or all. */
static void fence_one(struct hart *h, const struct fence *f, struct fence_arg addr)
{
    struct fence_arg tag = {f->tagged, f->tag};
    u64 own = csr_get(h, CSR_hgatp);

    switch (f->kind) {
    case FENCE_I:
        hart_fence_i(h);
        break;
    case FENCE_S:
        mmu_fence_s(h, addr, tag);
        break;
    case FENCE_G:
        mmu_fence_g(h, addr, tag);
        break;
    case FENCE_VS:
        /* HFENCE.VVMA works on the VMID in hgatp, and the caller's is meant. */
        if (own != f->hgatp)
            csr_put(h, CSR_hgatp, f->hgatp);
        mmu_fence_vs(h, addr, tag);
        if (own != f->hgatp)
            csr_put(h, CSR_hgatp, own);
        break;
    }
}

static bool whole_space(const struct hart *h, const struct fence *f)
{
    return (f->start == 0 && f->size == 0) || f->size == MASK(h->config.xlen);
}

static void fence_hart(struct hart *h, const struct fence *f)
{
    u64 pages = (f->start % PAGE + f->size + PAGE - 1) / PAGE;

    if (f->kind == FENCE_I || whole_space(h, f) || f->size / PAGE > MAX_PAGES) {
        fence_one(h, f, everything);
        return;
    }
    for (u64 i = 0; f->size && i < pages; i++)
        fence_one(h, f, (struct fence_arg){1, f->start + i * PAGE});
}

/* The PMU's event codes come in pairs: sent, received. */
static u32 sent_event(const struct fence *f)
{
    switch (f->kind) {
    case FENCE_I:
        return FW_FENCE_I_SENT;
    case FENCE_S:
        return f->tagged ? FW_SFENCE_VMA_ASID_SENT : FW_SFENCE_VMA_SENT;
    case FENCE_G:
        return f->tagged ? FW_HFENCE_GVMA_VMID_SENT : FW_HFENCE_GVMA_SENT;
    default:
        return f->tagged ? FW_HFENCE_VVMA_ASID_SENT : FW_HFENCE_VVMA_SENT;
    }
}

void sbi_fence_received(struct sbi *sbi, struct hart *h, const struct fence *f)
{
    fence_hart(h, f);
    sbi_pmu_count(sbi, h, sent_event(f) + 1);
}

void sbi_remote_fence(struct sbi *sbi, struct hart *h, u64 harts, const struct fence *f)
{
    const struct post p = {POST_FENCE, {f->kind, f->start, f->size, f->tagged, f->tag, f->hgatp}};
    for (u64 rest = harts; rest; rest &= rest - 1) {
        u32 hartid = (u32)__builtin_ctzll(rest);
        if (hartid == h->id) {
            fence_hart(h, f);
            continue;
        }
        sbi_pmu_count(sbi, h, sent_event(f));
        sbi_ask(sbi, hartid, &p);
    }
}

static bool hypervisors(const struct sbi *sbi, u64 harts)
{
    for (u64 rest = harts; rest; rest &= rest - 1) {
        if (!has(sbi->m->hart[__builtin_ctzll(rest)], EXT_H))
            return false;
    }
    return true;
}

/* A range that runs over the end of the address space is not valid. */
static bool range_valid(const struct hart *h, const struct fence *f)
{
    return whole_space(h, f) || f->size == 0 || f->size - 1 <= MASK(h->config.xlen) - f->start;
}

/* Largest ASID and VMID of the architecture (satp and hgatp). */
static bool tag_valid(const struct hart *h, const struct fence *f)
{
    unsigned width = f->kind == FENCE_G ? (is_rv32(h) ? 7 : 14) : (is_rv32(h) ? 9 : 16);

    return !f->tagged || f->tag <= MASK(width);
}

static struct sbi_ret do_fence(struct sbi_call *c, enum fence_kind kind, unsigned tagged)
{
    struct fence f = {.kind = kind, .tagged = tagged, .hgatp = csr_get(c->h, CSR_hgatp)};
    bool for_guests = kind == FENCE_G || kind == FENCE_VS;
    u64 harts;
    s64 error = sbi_hart_mask(c->sbi, c->h, c->arg[0], c->arg[1], &harts);

    if (kind != FENCE_I) {
        f.start = c->arg[2];
        f.size = c->arg[3];
        f.tag = c->arg[4];
    }
    if (for_guests && (!has(c->h, EXT_H) || !hypervisors(c->sbi, harts)))
        return ret_error(SBI_ERR_NOT_SUPPORTED);
    if (error)
        return ret_error(error);
    if (!tag_valid(c->h, &f))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (kind != FENCE_I && !range_valid(c->h, &f))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    sbi_remote_fence(c->sbi, c->h, harts, &f);
    return ret_value(0);
}

static struct sbi_ret remote_fence_i(struct sbi_call *c)
{
    return do_fence(c, FENCE_I, 0);
}

static struct sbi_ret remote_sfence_vma(struct sbi_call *c)
{
    return do_fence(c, FENCE_S, 0);
}

static struct sbi_ret remote_sfence_vma_asid(struct sbi_call *c)
{
    return do_fence(c, FENCE_S, 1);
}

static struct sbi_ret remote_hfence_gvma_vmid(struct sbi_call *c)
{
    return do_fence(c, FENCE_G, 1);
}

static struct sbi_ret remote_hfence_gvma(struct sbi_call *c)
{
    return do_fence(c, FENCE_G, 0);
}

static struct sbi_ret remote_hfence_vvma_asid(struct sbi_call *c)
{
    return do_fence(c, FENCE_VS, 1);
}

static struct sbi_ret remote_hfence_vvma(struct sbi_call *c)
{
    return do_fence(c, FENCE_VS, 0);
}

#define HARTS "hart_mask:x hart_mask_base:h"
#define RANGE HARTS " start_addr:x size:x"
static const struct sbi_function functions[] = {
    {"remote_fence_i", HARTS, 0x002, remote_fence_i},
    {"remote_sfence_vma", RANGE, 0x002, remote_sfence_vma},
    {"remote_sfence_vma_asid", RANGE " asid:d", 0x002, remote_sfence_vma_asid},
    {"remote_hfence_gvma_vmid", RANGE " vmid:d", 0x002, remote_hfence_gvma_vmid},
    {"remote_hfence_gvma", RANGE, 0x002, remote_hfence_gvma},
    {"remote_hfence_vvma_asid", RANGE " asid:d", 0x002, remote_hfence_vvma_asid},
    {"remote_hfence_vvma", RANGE, 0x002, remote_hfence_vvma},
};
const struct sbi_extension sbi_ext_rfence = {
    .name = "rfence",
    .eid = 0x52464e43,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
