/* Console and exit through HTIF. A command is one 64-bit store to `tohost`; on RV32 that takes FSD,
 * as two word stores could be seen half done. */
#include "priv.h"

extern volatile u64 tohost, fromhost;

static void htif_store(u64 command)
{
#if __riscv_xlen == 64
    tohost = command;
#else
    ulong status = csr_read(CSR_MSTATUS);
    csr_set(CSR_MSTATUS, STATUS_FS);
    asm volatile(".option push\n"
                 ".option arch, +d\n"
                 "fld ft0, 0(%0)\n"
                 "fsd ft0, 0(%1)\n"
                 ".option pop\n"
                 :
                 : "r"(&command), "r"(&tohost)
                 : "memory");
    csr_write(CSR_MSTATUS, status);
#endif
}

static void put_char(char c)
{
    while (tohost)
        ;
    fromhost = 0;
    htif_store(1ull << 56 | 1ull << 48 | (u8)c);
}

void put_string(const char *s)
{
    while (*s)
        put_char(*s++);
}

void put_hex(u64 value)
{
    char text[19] = "0x";
    unsigned digits = 1;
    while (digits < 16 && value >> (4 * digits))
        digits++;
    for (unsigned i = 0; i < digits; i++)
        text[2 + i] = "0123456789abcdef"[value >> (4 * (digits - 1 - i)) & 15];
    text[2 + digits] = 0;
    put_string(text);
}

void put_decimal(ulong value)
{
    char text[24];
    unsigned at = sizeof(text) - 1;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    put_string(text + at);
}

void htif_exit(ulong code)
{
    while (tohost)
        ;
    for (;;)
        tohost = (u64)code << 1 | 1;
}
