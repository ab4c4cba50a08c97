/* The probes' run-time: output through the debug console, checks, the end of a run. */
#include "probe.h"

#define ASSERT_OFFSET(field, offset)                                                               \
    _Static_assert(offsetof(struct hart, field) == (offset), #field " is elsewhere")
ASSERT_OFFSET(recover, RECOVER);
ASSERT_OFFSET(cause, TRAP_CAUSE);
ASSERT_OFFSET(a0, ENTRY_A0);
ASSERT_OFFSET(scounteren, ENTRY_SCOUNTEREN);
_Static_assert(sizeof(struct hart) == HART_SIZE, "HART_SIZE is wrong");

struct hart harts[MAX_HARTS];
u8 stacks[MAX_HARTS << STACK_SHIFT] __attribute__((aligned(16)));
static ulong failures;

void hart_main(ulong hartid, ulong opaque); /* called from start.S */
void unexpected_trap(ulong cause, ulong tval, ulong epc);

struct sbiret sbi(ulong extension, ulong function, ulong arg0, ulong arg1, ulong arg2)
{
    register ulong a0 __asm__("a0") = arg0;
    register ulong a1 __asm__("a1") = arg1;
    register ulong a2 __asm__("a2") = arg2;
    register ulong a6 __asm__("a6") = function;
    register ulong a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbiret){(long)a0, a1};
}

struct sbiret one_reg(u64 id)
{
    return sbi(SBI_EXT_VMM, VMM_GET_REG, (u32)id, (ulong)(id >> 32), 0);
}

void print(const char *text)
{
    ulong length = 0;
    while (text[length])
        length++;
    sbi(SBI_EXT_DBCN, 0, length, (ulong)text, 0);
}

void print_hex(ulong value)
{
    char text[2 + 2 * sizeof(value) + 1], *p = text + sizeof(text);
    *--p = 0;
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    *--p = 'x';
    *--p = '0';
    print(p);
}

void print_value(const char *name, ulong value)
{
    print(name);
    print(" ");
    print_hex(value);
    print("\n");
}

void check_equal(ulong got, ulong want, const char *what, int line)
{
    if (got == want)
        return;
    failures++;
    print("PROBE-FAIL line ");
    print_hex((ulong)line);
    print(": ");
    print(what);
    print(" is ");
    print_hex(got);
    print_value(", not", want);
}

void end_probe(void)
{
    print_value("PROBE-END failures", failures);
    sbi(SBI_EXT_SRST, 0, 0, failures != 0, 0);
    for (;;)
        continue;
}

__attribute__((weak)) void on_interrupt(ulong cause)
{
    print_value("PROBE-FAIL unexpected interrupt", cause);
    failures++;
    end_probe();
}

void unexpected_trap(ulong cause, ulong tval, ulong epc)
{
    print_value("PROBE-FAIL unexpected exception", cause);
    print_value("  stval", tval);
    print_value("  sepc", epc);
    failures++;
    end_probe();
}

void hart_main(ulong hartid, ulong opaque)
{
    if (opaque) {
        ((void (*)(ulong))opaque)(hartid);
    } else {
        probe();
        end_probe();
    }
    sbi(SBI_EXT_HSM, 1, 0, 0, 0); /* a secondary hart that is done stops */
    unexpected_trap(0, 0, 0);
}
