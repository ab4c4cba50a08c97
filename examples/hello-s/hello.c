/* Prints a line in S-mode, by calls to the firmware: the number of the extension in a7, of the function
 * in a6, arguments in a0, a1 and so on; an error comes back in a0, a value in a1. */
#define SBI_CONSOLE 0x4442434el /* "DBCN", the debug console */
#define SBI_RESET   0x53525354l /* "SRST", system reset */

static long sbi_call(long extension, long function, long arg0, long arg1, long arg2)
{
    register long a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a2 __asm__("a2") = arg2;
    register long a6 __asm__("a6") = function, a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return a0;
}

void hello(void)
{
    static const char text[] = "hello from S-mode\n";
    sbi_call(SBI_CONSOLE, 0, sizeof text - 1, (long)text, 0); /* write: length, address (low, high) */
    sbi_call(SBI_RESET, 0, 0, 0, 0);                          /* shut down, for no special reason */
    for (;;)
        ;
}
