/* Fuzzes the instruction stream: random bytes as code on random privileged state, in both engines,
 * which must agree on every architectural field and on memory. The rest of the machine is a random
 * guest of tests/lockstep: page tables, handlers that go on after any trap, data. The input, in
 * order:
 * - kind: bit 0: RV32; bits 1-3: a row of `choices`
 * - mode: enum mode, modulo their number
 * - place: through which mapping the code is entered
 * - registers: bits 0-3: the guest's set that x1..x31 start from; bit 7: the code begins with a
 *   vsetivli, bits 4-5: SEW, bit 6: LMUL 4 instead of 1
 * - pokes: how many follow; each is 10 bytes, a 16-bit selector and a 64-bit value
 * - code, to the end */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/csr.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "guest.h"
#include "lockstep/lockstep.h"
#include "rewind.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { HEADER = 5, POKE = 10, MAX_POKES = 24, SLOTS = 512, SLICE = 64, GUESTS = 2 };

/* What is the same for all inputs: a guest for each XLEN, its file, and the CSRs that exist. */
static struct fixture {
    struct guest guest;
    char path[64];
    u16 csr[4096];
    u32 num_csrs;
} fixtures[GUESTS];

struct input {
    const u8 *data;
    size_t size;
    const struct fixture *fix;
    u32 pokes;
};

/* ---- machines ---- */

/* Everything that a hart can have at once, and what excludes some of it. */
#define MORE "_zve64x_zalasr_zama16b_smcdeleg_smctr_ssqosid_smrnmi_smdbltrp"

static const struct choice {
    const char *isa; /* after the XLEN */
    const char *option[4];
} choices[] = {
    {"max" MORE, {"--tval=full", "--geilen=0", "--pmp-entries=16", "--triggers=8"}},
    {"max" MORE, {"--tval=zero", "--htinst=zero", "--htval=zero", "--vlen=1024"}},
    {"max" MORE, {"--misaligned=trap", "--pmp-entries=64", "--geilen=5", "--irqchip=aplic-imsic"}},
    {"max" MORE, {"--pmp-entries=0", "--asid-bits=0", "--vmid-bits=0", "--hpm-counters=3"}},
    {"max_svade", {"--hpm-counters=3"}},
    {"max-d_zce_zve32x", {"--misaligned=load=trap", "--triggers=0", "--vlen=64"}},
    {"max_zdinx_zhinx_zve64x", {"--hpm-counters=0", "--geilen=31"}},
    {"gc", {"--misaligned=store=trap", "--pmp-entries=64"}},
};

static void new_machine(struct rewind *r, const struct fixture *fix, u8 kind, const char *engine)
{
    char how[32], isa[160], *argv[16] = {"run",
                                         how,
                                         isa,
                                         "--memory=4M",
                                         "--serial=null",
                                         "--firmware=none",
                                         (char *)(uintptr_t)fix->path};
    int n = 7;
    const struct choice *choice = &choices[(kind >> 1) % ARRAY_LEN(choices)];
    snprintf(how, sizeof how, "--engine=%s", engine);
    snprintf(isa, sizeof isa, "--isa=rv%u%s", fix->guest.xlen, choice->isa);
    for (u32 i = 0; i < ARRAY_LEN(choice->option) && choice->option[i]; i++)
        argv[n++] = (char *)(uintptr_t)choice->option[i];
    rewind_new(r, n, argv);
}

/* The machine for a kind of input, kept from one to the next. */
static struct rewind *kept_machine(const struct fixture *fix, u8 kind, bool plain)
{
    static struct rewind kept[GUESTS][ARRAY_LEN(choices)][2];
    struct rewind *r = &kept[fix - fixtures][(kind >> 1) % ARRAY_LEN(choices)][plain];
    if (!r->m)
        new_machine(r, fix, kind, plain ? "plain" : "fast");
    return r;
}

/* ---- the state that the input describes ---- */

static u64 take(const u8 *p, unsigned bytes)
{
    u64 v = 0;
    memcpy(&v, p, bytes);
    return v;
}

/* What lets most things work, so that the pokes take away what they like. */
static void poke_base(struct hart *h)
{
    static const u16 ones[] = {CSR_mstateen0,  CSR_mstateen1, CSR_mstateen0h, CSR_hstateen0,
                               CSR_hstateen0h, CSR_sstateen0, CSR_mcounteren, CSR_hcounteren,
                               CSR_scounteren, CSR_pmpaddr0};
    for (u32 i = 0; i < ARRAY_LEN(ones); i++)
        csr_poke(h, ones[i], ~0ull);
    csr_poke(h, CSR_pmpcfg0, PMP_NAPOT << 3 | PMP_R | PMP_W | PMP_X);
    csr_poke(h, CSR_mtvec, RAM + 0x100);
    csr_poke(h, CSR_stvec, CODE);
    csr_poke(h, CSR_vstvec, CODE + VS_HANDLER);
    csr_poke(h, CSR_mstatus, MSTATUS_FS | MSTATUS_VS);
    csr_poke(h, CSR_vsstatus, MSTATUS_FS | MSTATUS_VS);
}

/* satp, vsatp or hgatp with one of the guest's page tables. */
static void poke_translation(struct hart *h, const struct guest *g, u64 value)
{
    static const u16 csrs[] = {CSR_satp, CSR_vsatp, CSR_hgatp};
    u32 kind = value % 3, set = (value >> 8) % SETS, id = value >> 16 & 3;
    if (g->xlen == 32) {
        csr_poke(h, csrs[kind], g->table39[kind][set] >> 12 | SATP32_MODE | id << 22);
        return;
    }
    const u32 roots[] = {g->table39[kind][set], g->table48[kind][set], g->table57[kind][set]};
    u64 level = (value >> 24) % 3;
    csr_poke(h, csrs[kind], roots[level] >> 12 | (ATP_SV39 + level) << 60 | (u64)id << 44);
}

/* The selector's upper bits say what is poked, the lower ones which. */
static void poke(struct hart *h, const struct input *in, const u8 *p)
{
    u32 selector = (u32)take(p, 2), kind = selector >> 13, which = selector & 0x1fff;
    u64 value = take(p + 2, 8);
    if (kind < 4)
        csr_poke(h, in->fix->csr[which % in->fix->num_csrs], value);
    else if (kind < 6)
        poke_translation(h, &in->fix->guest, value);
    else if (kind == 6 && which % 32)
        h->x[which % 32] = is_rv32(h) ? (u64)(s64)(s32)value : value;
    else if (has(h, EXT_D))
        h->f[which % 32] = value;
}

/* vsetivli zero, 31, with those fields of vtype. */
static void put_vsetivli(u8 *at, u32 vsew, u32 vlmul)
{
    u32 insn = 0xc0007057 | 31 << 15 | vsew << 23 | vlmul << 20;
    memcpy(at, &insn, sizeof insn);
}

static void set_state(struct machine *m, const struct input *in)
{
    static const u32 entries[] = {CODE, WINDOW_S, WINDOW_U};
    struct hart *h = m->hart[0];
    const u8 *ram = m->ram->host;
    u32 code = HEADER + in->pokes * POKE, offset = 4096 + (in->data[2] >> 4) % 8 * 2;
    u32 regset = REGSETS - RAM + (in->data[3] & 15) * REGSET_SIZE;
    size_t len = in->size - code < 8192 ? in->size - code : 8192;
    u8 *at = m->ram->host + (CODE - RAM) + offset;
    if (in->data[3] & 0x80) {
        put_vsetivli(at, in->data[3] >> 4 & 3, in->data[3] & 0x40 ? 2 : 0);
        at += 4;
    }
    memcpy(at, in->data + code, len);
    for (u32 i = 1; i < 32; i++) {
        u64 value = take(ram + regset + i * 8, 8);
        h->x[i] = is_rv32(h) ? (u64)(s64)(s32)value : value;
    }
    hart_set_pc(h, entries[(in->data[2] & 15) % ARRAY_LEN(entries)] + offset);
    poke_base(h);
    for (u32 i = 0; i < in->pokes; i++)
        poke(h, in, in->data + HEADER + i * POKE);
    u32 mode = in->data[1] % 5;
    h->mode = mode >= MODE_VS && !has(h, EXT_H) ? MODE_M : mode;
    hart_derive(h);
}

/* ---- running and comparing ---- */

static bool advance(struct machine *m, u64 slots)
{
    if (m->state.stop_reason && m->state.stop_reason != STOP_DEBUG)
        return false;
    m->state.stop_reason = STOP_NONE;
    m->hold = (struct machine_hold){.hart = m->hart[0], .left = slots};
    machine_go(m);
    m->hold.hart = NULL;
    return m->state.stop_reason == STOP_DEBUG;
}

static bool same(const struct machine *a, const struct machine *b, FILE *out)
{
    return a->state.stop_reason == b->state.stop_reason &&
           a->state.stop_status == b->state.stop_status && a->state.executed == b->state.executed &&
           lockstep_compare_harts(a->hart[0], b->hart[0], out) == 0;
}

static void show(const struct hart *h)
{
    char text[128];
    insn_disassemble_on(h, h->pc, h->insn, text, sizeof text);
    fprintf(stderr, "  then %s-mode, pc 0x%" PRIx64 "; was %08x %s\n", mode_table[h->mode].name,
            h->pc, h->insn, text);
}

/* Runs the input in slices of that many slots. Do the engines agree? Slice 1 shows what happens. */
static bool agree(struct rewind *fast, struct rewind *plain, const struct input *in, u64 slice)
{
    bool more = true, equal = true;
    rewind_start(fast);
    rewind_start(plain);
    set_state(fast->m, in);
    set_state(plain->m, in);
    for (u64 slots = 0; slots < SLOTS && more && equal; slots += slice) {
        more = advance(fast->m, slice);
        more &= advance(plain->m, slice);
        equal = same(fast->m, plain->m, slice == 1 ? stderr : NULL);
        if (slice == 1)
            show(plain->m->hart[0]);
    }
    if (!equal)
        same(fast->m, plain->m, stderr);
    return equal && rewind_same_memory(fast, plain);
}

/* On new machines: what shows in one run alone must show here. */
static void report(const struct input *in)
{
    static struct rewind fast, plain;
    new_machine(&fast, in->fix, in->data[0], "fast");
    new_machine(&plain, in->fix, in->data[0], "plain");
    bool alone = !agree(&fast, &plain, in, SLICE);
    fprintf(stderr, "fuzz_insn: the engines differ%s; one instruction at a time:\n",
            alone ? "" : ", but not on new machines");
    if (agree(&fast, &plain, in, 1))
        fprintf(stderr, "fuzz_insn: no difference in single steps\n");
}

/* ---- the fuzzer's calls ---- */

static void add_csr(void *ctx, unsigned num, const char *name)
{
    struct fixture *fix = ctx;
    (void)name;
    fix->csr[fix->num_csrs++] = (u16)num;
}

static void make_fixture(struct fixture *fix, unsigned xlen)
{
    struct guest *g = &fix->guest;
    char why[256];
    int fd = memfd_create("guest", 0);
    g->xlen = xlen;
    g->episodes = 1000;
    g->image = malloc(IMAGE_END - RAM);
    g->decoder = aligned_alloc(_Alignof(struct hart), sizeof *g->decoder);
    if (fd < 0 || !g->image || !g->decoder)
        fatal("no memory for the guests");
    memset(g->decoder, 0, sizeof *g->decoder);
    g->decoder->config = (struct hart_config){.pmp_entries = 16, .hpm_counters = 29};
    if (isa_parse(xlen == 32 ? "rv32max" : "rv64max", &xlen, &g->decoder->config.isa, why,
                  sizeof why))
        fatal(why);
    g->decoder->config.xlen = (u8)xlen;
    g->decoder->ext = g->decoder->config.isa;
    guest_make(g, 1);
    snprintf(fix->path, sizeof fix->path, "/proc/self/fd/%d", fd);
    if (guest_write_elf(g, fix->path))
        fatal("the guest cannot be written");
    csr_for_each(kept_machine(fix, 0, true)->m->hart[0], add_csr, fix);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    insn_init();
    make_fixture(&fixtures[0], 64);
    make_fixture(&fixtures[1], 32);
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (size <= HEADER)
        return 0;
    struct input in = {.data = data, .size = size, .fix = &fixtures[data[0] & 1]};
    u32 room = (u32)((size - HEADER) / POKE);
    in.pokes = data[4] % (MAX_POKES + 1);
    if (in.pokes > room)
        in.pokes = room;
    if (agree(kept_machine(in.fix, data[0], false), kept_machine(in.fix, data[0], true), &in,
              SLICE))
        return 0;
    report(&in);
    abort();
}
