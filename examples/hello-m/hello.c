/* Prints a line in M-mode: nothing is between this program and the devices. */
#define UART     ((volatile unsigned char *)0x10000000) /* a 16550A: its first register sends a byte */
#define FINISHER ((volatile unsigned *)0x100000)        /* ends the run */
#define PASS     0x5555u                                /* with status 0; 0x3333 | status << 16 fails */

void hello(void)
{
    for (const char *s = "hello from M-mode\n"; *s; s++)
        *UART = (unsigned char)*s;
    *FINISHER = PASS;
    for (;;)
        ;
}
