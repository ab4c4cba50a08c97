/* The guests: what runs in VS-mode. The code is copied into each guest's memory, so everything it
 * uses is in the section .guest and is reached relative to the pc. Both guests run the same code at
 * the same addresses; they differ in a0. */
#include "demo.h"

#define GUEST            __attribute__((section(".guest"), noinline))
#define TEXT(name, text) static const char name[] __attribute__((section(".guest.rodata"))) = text

TEXT(hello, "hello from VS-mode\n");
TEXT(paged, "my own page table is on\n");
TEXT(stored, "stored to a page I never had, and read it back\n");
TEXT(device, "the device says ");
TEXT(counted, "counted to ");
TEXT(newline, "\n");

static GUEST void put(const char *s)
{
    for (; *s; s++)
        sbi(EID_DBCN, 2, (unsigned char)*s);
}

static GUEST void put_number(ulong n)
{
    char digits[24];
    int i = sizeof digits;
    digits[--i] = 0;
    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    put(&digits[i]);
}

/* One gigabyte page from 0x80000000 to itself, and one for devices: Sv39 of the guest's own. */
static GUEST void turn_on_paging(void)
{
    ulong *root = (ulong *)(GUEST_DATA - 4096);
    root[0] = 0xcf; /* D A X W R V: device memory */
    root[GUEST_BASE >> 30] = GUEST_BASE >> 2 | 0xcf;
    ulong sv39 = 8;
    __asm__("" : "+r"(sv39)); /* no constant in a section that is not copied */
    csr_write("satp", sv39 << 60 | (ulong)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
}

GUEST void guest_main(ulong number)
{
    put(hello);
    turn_on_paging();
    put(paged);
    volatile ulong *data = (volatile ulong *)GUEST_DATA;
    *data = number + 41;
    if (*data == number + 41)
        put(stored);
    if (number == 1) {
        unsigned int answer = *(volatile unsigned int *)GUEST_MMIO;
        put(device);
        put_number(answer);
        put(newline);
    } else {
        (void)csr_read("hstatus"); /* there is no hypervisor for guests: a virtual instruction */
    }
    ulong sum = 0;
    for (ulong i = 1; i <= 400000; i++) /* long enough to lose the hart a few times */
        __asm__ volatile("add %0, %0, 1" : "+r"(sum));
    put(counted);
    put_number(sum);
    put(newline);
    sbi(EID_SRST, 0, 0);
    for (;;)
        ;
}
