/* Access to PMP entries by number, and probes of what a mode may do. */
#include "pmp.h"

/* f(n) for the CSR base + n, n from 0 to 15. */
#define FOR_16(f)                                                                                  \
    f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)

ulong pmp_addr(unsigned entry)
{
#define READ(n)                                                                                    \
    case n:                                                                                        \
        return csr_read(CSR_PMPADDR0 + n);
    switch (entry) {
        FOR_16(READ)
    }
#undef READ
    return 0;
}

void pmp_addr_write(unsigned entry, ulong address)
{
#define WRITE(n)                                                                                   \
    case n:                                                                                        \
        csr_write(CSR_PMPADDR0 + n, address);                                                      \
        break;
    switch (entry) {
        FOR_16(WRITE)
    }
#undef WRITE
}

/* Entries in one pmpcfg register. */
#define PER_CSR (sizeof(ulong))

static ulong cfg_csr(unsigned entry)
{
    switch (entry / 4) {
    case 0:
        return csr_read(CSR_PMPCFG0);
#if __riscv_xlen == 32
    case 1:
        return csr_read(CSR_PMPCFG0 + 1);
    case 3:
        return csr_read(CSR_PMPCFG0 + 3);
#else
    case 1:
        return csr_read(CSR_PMPCFG0);
#endif
    default:
        return csr_read(CSR_PMPCFG0 + 2);
    }
}

static void cfg_csr_write(unsigned entry, ulong value)
{
    switch (entry / 4) {
    case 0:
        csr_write(CSR_PMPCFG0, value);
        break;
#if __riscv_xlen == 32
    case 1:
        csr_write(CSR_PMPCFG0 + 1, value);
        break;
    case 3:
        csr_write(CSR_PMPCFG0 + 3, value);
        break;
#else
    case 1:
        csr_write(CSR_PMPCFG0, value);
        break;
#endif
    default:
        csr_write(CSR_PMPCFG0 + 2, value);
    }
}

unsigned pmp_cfg(unsigned entry)
{
    return cfg_csr(entry) >> (entry % PER_CSR * 8) & 0xff;
}

void pmp_cfg_write(unsigned entry, unsigned cfg)
{
    unsigned shift = entry % PER_CSR * 8;
    cfg_csr_write(entry, (cfg_csr(entry) & ~(0xfful << shift)) | (ulong)cfg << shift);
}

void pmp_set(unsigned entry, unsigned cfg, ulong address)
{
    pmp_addr_write(entry, address);
    pmp_cfg_write(entry, cfg);
    fence_all();
}

u8 *last_page(unsigned number)
{
    u8 *page = pool_end - (number + 1) * PAGE;
    for (unsigned i = 0; i < PAGE / 4; i++)
        ((volatile u32 *)page)[i] = RETURN;
    asm volatile("fence.i" : : : "memory");
    return page;
}

asm(".text\n"
    ".option push\n"
    ".option norvc\n"
    ".balign 4\n"
    ".globl load_word\n"
    "load_word: lw a1, 0(a0)\n"
    "ret\n"
    "store_word: sw a1, 0(a0)\n"
    "ret\n"
    ".option pop\n");
extern u8 store_word[];

struct trap probe_load(enum mode mode, ulong address)
{
    return RUN(mode, .pc = (ulong)load_word, .a0 = address);
}

struct trap probe_store(enum mode mode, ulong address)
{
    return RUN(mode, .pc = (ulong)store_word, .a0 = address, .a1 = RETURN);
}

struct trap probe_fetch(enum mode mode, ulong address)
{
    return RUN(mode, .pc = address);
}

static void expect_one(int line, const struct trap *t, int allowed, const struct want *fault)
{
    if (allowed)
        expect_done(line, t);
    else
        expect_trap(line, t, fault);
}

void expect_rights(int line, enum mode mode, ulong address, unsigned rights)
{
    context("mode", mode);
    struct want fault = {.bank = BANK_M, .tval = address, .gva = IS_V(mode), .standard_tinst = 1};
    struct trap t = probe_load(mode, address);
    fault.cause = EXC_LOAD_ACCESS;
    fault.tinst = TRANSFORMED_LOAD(LW(A1, A0, 0), 0);
    expect_one(line, &t, rights & PMP_R, &fault);
    t = probe_store(mode, address);
    fault.cause = EXC_STORE_ACCESS;
    fault.tinst = TRANSFORMED_STORE(SW(A1, A0, 0), 0);
    expect_one(line, &t, rights & PMP_W, &fault);
    t = probe_fetch(mode, address);
    fault.cause = EXC_INSN_ACCESS;
    fault.tinst = 0;
    expect_one(line, &t, rights & PMP_X, &fault);
}
