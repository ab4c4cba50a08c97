/* What the boot hart finds (HSM chapter, table_hsm_hart_start_regs), and a hart started by HSM: a0
 * = hartid, a1 = opaque, satp = 0, SIE = 0; counters are open; the firmware's memory is closed.
 * run: none
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "sbi.h"

/* Started directly, without the library's entry: stores what it finds and stops. */
void probe_entry(void);
__asm__(".text\n .balign 4\n probe_entry:\n"
        " lla t0, probe_area\n"
#if __riscv_xlen == 64
        " sd a0, 0(t0)\n sd a1, 8(t0)\n csrr t1, satp\n sd t1, 16(t0)\n csrr t1, sstatus\n sd t1, "
        "24(t0)\n"
        " csrr t1, cycle\n csrr t1, time\n csrr t1, instret\n li t1, 1\n sd t1, 32(t0)\n"
#else
        " sw a0, 0(t0)\n sw a1, 4(t0)\n csrr t1, satp\n sw t1, 8(t0)\n csrr t1, sstatus\n sw t1, "
        "12(t0)\n"
        " csrr t1, cycle\n csrr t1, time\n csrr t1, instret\n li t1, 1\n sw t1, 16(t0)\n"
#endif
        " li a7, 0x48534d\n li a6, 1\n ecall\n 1: j 1b\n"
        ".data\n .balign 8\n .globl probe_area\nprobe_area: .skip 64\n .text\n");
extern volatile ulong probe_area[5];

void test(void)
{
    long other = other_hart();

    CHECK(boot_registers[0] == hart_id());
    CHECK(*(volatile uint32_t *)boot_registers[1] == 0xedfe0dd0); /* a device tree */
    CHECK(boot_registers[2] == 0);
    CHECK((boot_registers[3] & 2) == 0);
    trap_clear();
    csr_read(cycle);
    csr_read(instret);
    CHECK(last_trap()->count == 0);
    if (!on_opensbi()) { /* its memory is elsewhere */
        trap_clear();
        (void)*(volatile uint32_t *)0x1000;
        CHECK(last_trap()->count == 1 && last_trap()->cause == 5 && last_trap()->tval == 0x1000);
        trap_clear();
        *(volatile uint32_t *)0x1000 = 0;
        CHECK(last_trap()->count == 1 && last_trap()->cause == 7);
        trap_clear();
        ((void (*)(void))0x1000)();
        CHECK(last_trap()->count == 1 && last_trap()->cause == 1 && last_trap()->tval == 0x1000);
    }
    if (other < 0)
        return;
    CHECK(wait_status((ulong)other, 1));
    EXPECT(sbi(EXT_HSM, 0, (ulong)other, (ulong)probe_entry, 0x1234567, 0), SUCCESS);
    CHECK(wait_for(&probe_area[4], 1));
    CHECK(probe_area[0] == (ulong)other && probe_area[1] == 0x1234567);
    CHECK(probe_area[2] == 0 && (probe_area[3] & 2) == 0);
    CHECK(wait_status((ulong)other, 1));
}
