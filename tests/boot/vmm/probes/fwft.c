/* Firmware features in a guest, seen from both sides: what the guest sets through SBI FWFT, the VMM
 * reads through ONE_REG, and the hart obeys. */
#include "probe.h"

enum { MISALIGNED_DELEG = 0, LANDING_PAD = 1, PTE_AD = 4, PMLEN = 5, RESERVED = 0x3f, LOCK = 1 };
enum { REG_PM_ENABLE = 3, REG_PM_FLAGS = 4, REG_PM_VALUE = 5 };
enum { SET = 0, GET = 1 };

static volatile ulong word = 0x1234567, loaded;

static void load_tagged(ulong address)
{
    loaded = *(volatile ulong *)address;
}

static ulong tagged(ulong tag_bits)
{
    return (ulong)&word | 0x5aul << (__riscv_xlen - tag_bits);
}

/* Without masking a tagged address is one where the guest has nothing: the VMM's bus, which reads
 * as 0. */
static bool tag_is_ignored(void)
{
    loaded = 0;
    return try(load_tagged, tagged(7)) == 0 && loaded == word;
}

/* In Bare mode an address is zero-extended from below the mask, so a tagged one reaches `word`. */
static void pointer_masking(void)
{
    CHECK(!tag_is_ignored());
    CHECK_EQ(sbi(SBI_EXT_FWFT, SET, PMLEN, 3, 0).error, SBI_INVALID_PARAM);
    CHECK_EQ(sbi(SBI_EXT_FWFT, SET, PMLEN, 7, 2).error, SBI_INVALID_PARAM);
    CHECK_EQ(sbi(SBI_EXT_FWFT, SET, PMLEN, 7, LOCK).error, 0);
    CHECK_EQ(sbi(SBI_EXT_FWFT, GET, PMLEN, 0, 0).value, 7);
    CHECK_EQ(one_reg(REG_FWFT(REG_PM_VALUE)).value, 7);
    CHECK_EQ(one_reg(REG_FWFT(REG_PM_FLAGS)).value, LOCK);
    CHECK_EQ(one_reg(REG_FWFT(REG_PM_ENABLE)).value, 1);
    CHECK(tag_is_ignored());
    CHECK_EQ(sbi(SBI_EXT_FWFT, SET, PMLEN, 0, 0).error, SBI_DENIED_LOCKED);
    CHECK_EQ(sbi(SBI_EXT_FWFT, GET, PMLEN, 0, 0).value, 7);
}

static void after_reset(ulong hartid UNUSED)
{
    CHECK_EQ(one_reg(REG_FWFT(REG_PM_VALUE)).value, 0);
    CHECK_EQ(one_reg(REG_FWFT(REG_PM_FLAGS)).value, 0);
    CHECK(!tag_is_ignored());
    print("FWFT pointer masking cleared by reset\n");
    end_probe();
}

/* Entered by the VMM after the reset, with no registers at all: it makes what _start expects. */
__attribute__((naked)) static void reset_entry(void)
{
    __asm__ volatile("li a0, 0\n la a1, after_reset_function\n" LOAD_LONG " a1, 0(a1)\n j _start");
}
void (*const after_reset_function)(ulong) __attribute__((used)) = after_reset;

void probe(void)
{
    bool smnpm = one_reg(REG_ISA(ISA_SMNPM)).value == 1;
    CHECK_EQ(sbi(SBI_EXT_FWFT, GET, LANDING_PAD, 0, 0).error, SBI_NOT_SUPPORTED);
    CHECK_EQ(sbi(SBI_EXT_FWFT, GET, PTE_AD, 0, 0).error, SBI_NOT_SUPPORTED);
    CHECK_EQ(sbi(SBI_EXT_FWFT, GET, RESERVED, 0, 0).error, SBI_DENIED);
    print_value("FWFT guest has Smnpm", smnpm);
    if (smnpm) {
        pointer_masking();
        sbi(SBI_EXT_VMM, VMM_RESET_VCPU, (ulong)reset_entry, 0, 0);
        CHECK(false);
    } else {
        CHECK_EQ(sbi(SBI_EXT_FWFT, SET, PMLEN, 7, 0).error, SBI_NOT_SUPPORTED);
        CHECK(one_reg(REG_FWFT(REG_PM_VALUE)).error != 0);
    }
}
