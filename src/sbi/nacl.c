/* Nested acceleration (NACL), meant for hypervisors as the SBI implementation: a hypervisor leaves
 * the values that it wants the CSRs of the hypervisor extension to have, fences and the registers
 * of its guest in memory, and one call does it all. The memory also shows these CSRs: each word
 * follows its register wherever HS-mode can have changed it or is about to look (its own writes,
 * traps into HS-mode, every return from the firmware). Only a word whose register has changed is
 * written, so that a value which the hypervisor has written and not yet marked is not lost.
 *
 * Absent unless --sbi=enable= asks for it. */
#include "sbi/firmware.h"

enum { NACL_ALIGN = 4096, NACL_AUTOSWAP = 0x200, NACL_HFENCES = 0x800, NACL_DIRTY = 0xf80 };
enum { NACL_CSR_SPACE = 0x1000, AUTOSWAP_HSTATUS = 1 };

/* The features, in the order of their IDs; the last has no function. */
enum { FN_SYNC_CSR = 2, FN_SYNC_HFENCE, FN_SYNC_SRET, FN_AUTOSWAP_CSR, FN_END };

/* One hart and its shared memory. */
struct shared {
    struct sbi *sbi;
    struct hart *h;
    struct sbi_hart *s;
    unsigned word; /* bytes */
};

static struct shared shared_of(struct sbi *sbi, struct hart *h)
{
    return (struct shared){sbi, h, &sbi->state.hart[h->id], xlen_bytes(h)};
}

static bool has_feature(const struct sbi *sbi, unsigned fn)
{
    return sbi_function_offered(sbi, EXTENSION_nacl, fn);
}

static u64 read_at(const struct shared *m, u64 offset)
{
    return sbi_read_word(m->sbi, m->s->nacl_shmem + offset, m->word);
}

static void write_at(const struct shared *m, u64 offset, u64 value)
{
    sbi_write_word(m->sbi, m->s->nacl_shmem + offset, m->word, value);
}

/* ---- CSRs ---- */

/* A CSR of the hypervisor extension. */
struct entry {
    unsigned num, index; /* index: in the CSR space and the dirty bitmap */
    u64 value, *seen;
};

static const u16 numbers[] = {
#define CSR(n, ...) n,
#include "cpu/csr.def"
#undef CSR
};

typedef void (*entry_fn)(const struct shared *m, const struct entry *e);

/* Calls fn for CSR number `which`, or for all if that is all ones, in the order of csr.def: of
 * those that this hart has. */
static void each_csr(const struct shared *m, u64 which, entry_fn fn)
{
    u64 *seen = m->s->nacl_seen;

    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        unsigned num = numbers[i];
        if ((num >> 8 & 3) != 2)
            continue;
        struct entry e = {.num = num, .index = (num & 0xc00) >> 2 | (num & 0xff), .seen = seen++};
        if ((which == num || which == MASK(m->h->config.xlen)) && !csr_peek(m->h, num, &e.value))
            fn(m, &e);
    }
}

static u64 dirty_byte(const struct shared *m, const struct entry *e)
{
    return m->s->nacl_shmem + NACL_DIRTY + e->index / 8;
}

/* Does the memory have a value that is still to be written to the CSR? */
static bool is_dirty(const struct shared *m, const struct entry *e)
{
    return has_feature(m->sbi, FN_SYNC_CSR) &&
           sbi_read_word(m->sbi, dirty_byte(m, e), 1) >> e->index % 8 & 1;
}

static void show(const struct shared *m, const struct entry *e)
{
    write_at(m, NACL_CSR_SPACE + e->index * (u64)m->word, e->value);
    *e->seen = e->value;
}

static void show_if_changed(const struct shared *m, const struct entry *e)
{
    if (e->value != *e->seen && !is_dirty(m, e))
        show(m, e);
}

static void write_if_dirty(const struct shared *m, const struct entry *e)
{
    if (!is_dirty(m, e))
        return;
    csr_put(m->h, e->num, read_at(m, NACL_CSR_SPACE + e->index * (u64)m->word));
    u64 byte = sbi_read_word(m->sbi, dirty_byte(m, e), 1);
    sbi_write_word(m->sbi, dirty_byte(m, e), 1, byte & ~BIT(e->index % 8));
}

/* All that are to be written come before the first that is shown: what is shown of one may depend
 * on another. */
static void sync_csrs(const struct shared *m, u64 which)
{
    each_csr(m, which, write_if_dirty);
    each_csr(m, which, show);
}

static struct sbi_ret nacl_sync_csr(struct sbi_call *c)
{
    struct shared m = shared_of(c->sbi, c->h);
    u64 which = c->arg[0];
    bool number = (which & ~0xcffull) == 0x200;

    if (!number && which != MASK(c->h->config.xlen))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (number && !csr_exists(c->h, (unsigned)which))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (c->s->nacl_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    sync_csrs(&m, which);
    return ret_value(0);
}

/* Exchanges hstatus and the value in the autoswap context, if that is wanted. */
static void autoswap(const struct shared *m)
{
    u64 hstatus = csr_get(m->h, CSR_hstatus);

    if (!has_feature(m->sbi, FN_AUTOSWAP_CSR) || !(read_at(m, NACL_AUTOSWAP) & AUTOSWAP_HSTATUS))
        return;
    csr_put(m->h, CSR_hstatus, read_at(m, NACL_AUTOSWAP + m->word));
    write_at(m, NACL_AUTOSWAP + m->word, hstatus);
}

void sbi_nacl_changed(void *ctx, struct hart *h, unsigned left)
{
    struct shared m = shared_of(ctx, h);

    if (m.s->nacl_shmem == SHMEM_NONE)
        return;
    if (left)
        autoswap(&m);
    each_csr(&m, MASK(h->config.xlen), show_if_changed);
}

/* ---- fences ---- */

/* What an entry with that first word asks for (table_nacl_hfence_entry_format). */
static void execute_hfence(const struct shared *m, u64 offset, u64 config)
{
    unsigned xlen = m->h->config.xlen;
    u64 page = read_at(m, offset + m->word), count = read_at(m, offset + 3 * (u64)m->word);
    unsigned type = (unsigned)bits(config, xlen - 5, xlen - 8);
    unsigned shift = (unsigned)bits(config, xlen - 10, xlen - 16) + 12;
    u64 vmid = is_rv32(m->h) ? bits(config, 15, 9) : bits(config, 29, 16);
    u64 asid = config & MASK(is_rv32(m->h) ? 9 : 16);
    u64 mode = csr_get(m->h, CSR_hgatp);
    struct fence f = {.kind = type < 4 ? FENCE_G : FENCE_VS, .size = MASK(xlen)};

    if (type >= 8)
        return;                        /* reserved */
    if (!(type & 1) && shift < xlen) { /* odd types are "all" */
        f.start = page << shift;
        f.size = count << shift >> shift == count ? count << shift : MASK(xlen);
    }
    f.tagged = type >= 4 ? type >= 6 : type >= 2;
    f.tag = type >= 4 ? asid : vmid;
    f.hgatp = set_field(mode, is_rv32(m->h) ? HGATP32_VMID : HGATP_VMID, vmid);
    sbi_remote_fence(m->sbi, m->h, BIT(m->h->id), &f);
}

/* Does the pending ones of entries [first, end), of four words each. */
static void sync_hfences(const struct shared *m, u64 first, u64 end)
{
    u64 pending = BIT(m->h->config.xlen - 1);

    for (u64 i = first; i < end; i++) {
        u64 offset = NACL_HFENCES + i * 4 * m->word, config = read_at(m, offset);
        if (!(config & pending))
            continue;
        execute_hfence(m, offset, config);
        write_at(m, offset, config & ~pending);
    }
}

static u64 num_hfences(const struct hart *h)
{
    return 3840 / h->config.xlen;
}

static struct sbi_ret nacl_sync_hfence(struct sbi_call *c)
{
    struct shared m = shared_of(c->sbi, c->h);
    u64 index = c->arg[0];
    bool all = index == MASK(c->h->config.xlen);

    if (!all && index >= num_hfences(c->h))
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (c->s->nacl_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    sync_hfences(&m, all ? 0 : index, all ? num_hfences(c->h) : index + 1);
    return ret_value(0);
}

/* ---- SRET ---- */

/* Makes MRET do what SRET would have done in HS-mode. */
static void emulate_sret(struct hart *h)
{
    u64 sstatus = csr_get(h, CSR_sstatus), hstatus = csr_get(h, CSR_hstatus), mstatus;
    u64 left = sstatus & ~(MSTATUS_SPP | MSTATUS_SPELP | MSTATUS_SDT);

    csr_put(h, CSR_mepc, csr_get(h, CSR_sepc));
    left = set_field(left, MSTATUS_SIE, get_field(sstatus, MSTATUS_SPIE)) | MSTATUS_SPIE;
    csr_put(h, CSR_sstatus, left);
    csr_put(h, CSR_hstatus, hstatus & ~HSTATUS_SPV);
    mstatus = mstatus_get(h); /* writing sstatus has changed it */
    mstatus = set_field(mstatus, MSTATUS_MPP, get_field(sstatus, MSTATUS_SPP));
    mstatus = set_field(mstatus, MSTATUS_MPV, get_field(hstatus, HSTATUS_SPV));
    if (has(h, EXT_Zicfilp))
        mstatus = set_field(mstatus, MSTATUS_MPELP, get_field(sstatus, MSTATUS_SPELP));
    mstatus_put(h, mstatus);
}

static struct sbi_ret nacl_sync_sret(struct sbi_call *c)
{
    struct shared m = shared_of(c->sbi, c->h);

    if (c->s->nacl_shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    if (has_feature(c->sbi, FN_SYNC_CSR))
        sync_csrs(&m, MASK(c->h->config.xlen));
    if (has_feature(c->sbi, FN_SYNC_HFENCE))
        sync_hfences(&m, 0, num_hfences(c->h));
    autoswap(&m);
    for (unsigned i = 1; i < 32; i++) {
        u64 v = read_at(&m, i * (u64)m.word);
        c->h->x[i] = is_rv32(c->h) ? (u64)(s64)(s32)v : v;
    }
    emulate_sret(c->h);
    c->flow = FLOW_NO_RETURN;
    return ret_value(0);
}

/* ---- the rest ---- */

static struct sbi_ret nacl_probe_feature(struct sbi_call *c)
{
    u32 fn = (u32)c->arg[0] + FN_SYNC_CSR;

    return ret_value(fn >= FN_SYNC_CSR && fn < FN_END && has_feature(c->sbi, fn));
}

static struct sbi_ret nacl_set_shmem(struct sbi_call *c)
{
    struct shared m = shared_of(c->sbi, c->h);
    u64 pa, ones = MASK(c->h->config.xlen), size = NACL_CSR_SPACE + 1024 * (u64)m.word;

    if (c->arg[2] != 0)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_all_ones(c->h, c->arg[0], c->arg[1])) {
        c->s->nacl_shmem = SHMEM_NONE;
        return ret_value(0);
    }
    if (c->arg[0] % NACL_ALIGN)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        !sbi_shmem_ok(c->sbi, pa, size, SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    c->s->nacl_shmem = pa;
    each_csr(&m, ones, show);
    return ret_value(0);
}

static bool has_hypervisor(const struct sbi *sbi, const struct hart *h)
{
    (void)sbi;
    return has(h, EXT_H);
}

static const struct sbi_function functions[FN_END] = {
    {"nacl_probe_feature", "feature_id:w", 0x200, nacl_probe_feature},
    {"nacl_set_shmem", "shmem_phys_lo:x shmem_phys_hi:x flags:x", 0x200, nacl_set_shmem},
    [FN_SYNC_CSR] = {"nacl_sync_csr", "csr_num:x", 0x200, nacl_sync_csr},
    [FN_SYNC_HFENCE] = {"nacl_sync_hfence", "entry_index:d", 0x200, nacl_sync_hfence},
    [FN_SYNC_SRET] = {"nacl_sync_sret", "", 0x200, nacl_sync_sret},
    [FN_AUTOSWAP_CSR] = {"nacl_autoswap_csr", "", 0x200, NULL},
};
const struct sbi_extension sbi_ext_nacl = {
    .name = "nacl",
    .eid = 0x4e41434c,
    .function = functions,
    .num_functions = FN_END,
    .on_request = true,
    .functions_on_request =
        BIT(FN_SYNC_CSR) | BIT(FN_SYNC_HFENCE) | BIT(FN_SYNC_SRET) | BIT(FN_AUTOSWAP_CSR),
    .available = has_hypervisor,
};
