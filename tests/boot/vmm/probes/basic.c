/* What every guest relies on: the state a vCPU starts in, SBI's base, time, exceptions that stay in
 * the guest, and MMIO in every width, which the hypervisor decodes from htinst or from memory. */
#include "probe.h"

#define MMIO_WORD 0x0c002000ul /* an enable register of the VMM's PLIC: bit 0 is read-only 0 */
#define UART_SCR  0x10000007ul /* the UART's scratch byte */

static void entry_state(void)
{
    const struct hart *h = this_hart();
    CHECK_EQ(h->a0, 0);
    CHECK_EQ(h->satp, 0);
    CHECK_EQ(h->sie, 0);
    CHECK_EQ(h->stvec, 0);
    CHECK_EQ(h->sscratch, 0);
    CHECK_EQ(h->sstatus & SSTATUS_SIE, 0);
}

static void base(void)
{
    struct sbiret ret = sbi(SBI_EXT_BASE, 1, 0, 0, 0);
    CHECK_EQ(ret.error, 0);
    CHECK_EQ(ret.value, 3); /* the implementation id of KVM */
    print_value("SBI version", sbi(SBI_EXT_BASE, 0, 0, 0, 0).value);
    CHECK_EQ(sbi(0x12345678, 0, 0, 0, 0).error, SBI_NOT_SUPPORTED);
}

static void illegal(ulong argument UNUSED)
{
    __asm__ volatile(".word 0xffffffff");
}

static void breakpoint(ulong argument UNUSED)
{
    __asm__ volatile(".balign 4; .word 0x00100073"); /* ebreak, uncompressed */
}

static void hypervisor_csr(ulong argument UNUSED)
{
    (void)csr_read(hgatp);
}

static void machine_csr(ulong argument UNUSED)
{
    (void)csr_read(mstatus);
}

static void exceptions(void)
{
    const struct hart *h = this_hart();
    CHECK_EQ(try(illegal, 0), 1);
    CHECK_EQ(h->cause, 2);
    CHECK(h->tval == 0xffffffff || h->tval == 0);
    CHECK_EQ(try(breakpoint, 0), 1);
    CHECK_EQ(h->cause, 3);
    CHECK_EQ(try(hypervisor_csr, 0), 1); /* a virtual instruction that KVM makes illegal */
    CHECK_EQ(h->cause, 2);
    CHECK_EQ(try(machine_csr, 0), 1);
    CHECK_EQ(h->cause, 2);
}

static void time_runs(void)
{
    ulong before = csr_read(time), after;
    for (after = before; after == before;)
        after = csr_read(time);
    CHECK(after > before);
}

#define LOAD(instruction, address)                                                                 \
    ({                                                                                             \
        ulong loaded;                                                                              \
        __asm__ volatile(instruction " %0, 0(%1)" : "=r"(loaded) : "r"(address) : "memory");       \
        loaded;                                                                                    \
    })
#define STORE(instruction, address, value)                                                         \
    __asm__ volatile(instruction " %0, 0(%1)" ::"r"((ulong)(value)), "r"(address) : "memory")

/* The register pair of a compressed access must be among x8 to x15. */
static ulong compressed_load(ulong address)
{
    register ulong base __asm__("a0") = address;
    register ulong loaded __asm__("a5");
    __asm__ volatile(".option push; .option rvc; c.lw %0, 0(%1); .option pop"
                     : "=r"(loaded)
                     : "r"(base)
                     : "memory");
    return loaded;
}

static void compressed_store(ulong address, ulong value)
{
    register ulong base __asm__("a0") = address;
    register ulong stored __asm__("a5") = value;
    __asm__ volatile(".option push; .option rvc; c.sw %0, 0(%1); .option pop" ::"r"(stored),
                     "r"(base)
                     : "memory");
}

static void mmio(void)
{
    STORE("sw", MMIO_WORD, 0x8234fe9c);
    CHECK_EQ(LOAD("lw", MMIO_WORD), (long)(s32)0x8234fe9c);
    CHECK_EQ(LOAD("lh", MMIO_WORD), (long)(s16)0xfe9c);
    CHECK_EQ(LOAD("lhu", MMIO_WORD), 0xfe9c);
    CHECK_EQ(LOAD("lb", MMIO_WORD), (long)(s8)0x9c);
    CHECK_EQ(LOAD("lbu", MMIO_WORD), 0x9c);
    CHECK_EQ(compressed_load(MMIO_WORD), (long)(s32)0x8234fe9c);
#if __riscv_xlen == 64
    CHECK_EQ(LOAD("lwu", MMIO_WORD), 0x8234fe9cul);
    CHECK_EQ(LOAD("ld", MMIO_WORD), 0x8234fe9cul);
    STORE("sd", MMIO_WORD, 0x1122334455667788ul);
    CHECK_EQ(LOAD("lw", MMIO_WORD), 0x55667788);
#endif
    compressed_store(MMIO_WORD, 0x7a5b3c2e);
    CHECK_EQ(LOAD("lw", MMIO_WORD), 0x7a5b3c2e);
    STORE("sb", UART_SCR, 0x1c5);
    CHECK_EQ(LOAD("lbu", UART_SCR), 0xc5);
    STORE("sw", MMIO_WORD, 0);
}

void probe(void)
{
    entry_state();
    base();
    exceptions();
    time_runs();
    mmio();
}
