/* For tests/cli/fuzz: a driver of virtio-rng that asks for
 * eight bytes and goes where no code is if the first of them is 255. */
typedef unsigned int u32;
typedef unsigned long u64;

static volatile u32 *const dev = (volatile u32 *)0x10001000;
static volatile struct {
    u64 addr;
    u32 len;
    unsigned short flags, next;
} desc[8] __attribute__((aligned(4096)));
static volatile unsigned short avail[16] __attribute__((aligned(64))),
    used[64] __attribute__((aligned(64)));
volatile unsigned char answer[8];

enum {
    ID = 2,
    FEATURES = 8,
    SELECT_FEATURES = 9,
    SELECT_QUEUE = 12,
    QUEUE_NUM = 14,
    READY = 17,
    NOTIFY = 20,
    STATUS = 28,
    DESC = 32,
    DRIVER = 36,
    DEVICE = 40
}; /* words */

__asm__(".globl _start\n_start: la sp, stack + 4096\n j start\n .bss\n .balign 16\nstack: .space "
        "4096\n.text\n");

static void pointer(u32 at, volatile void *to)
{
    dev[at] = (u32)(u64)to;
    dev[at + 1] = (u32)((u64)to >> 32);
}

static void set_up(void)
{
    dev[STATUS] = 1;
    dev[STATUS] = 3;
    dev[SELECT_FEATURES] = 1;
    dev[FEATURES] = 1; /* VIRTIO_F_VERSION_1 */
    dev[STATUS] = 11;
    dev[SELECT_QUEUE] = 0;
    dev[QUEUE_NUM] = 8;
    pointer(DESC, desc);
    pointer(DRIVER, avail);
    pointer(DEVICE, used);
    dev[READY] = 1;
    dev[STATUS] = 15;
    desc[0].addr = (u64)answer;
    desc[0].len = sizeof answer;
    desc[0].flags = 2;
}

__attribute__((noinline)) void ask(void)
{
    avail[2] = 0;
    avail[1] = 1;
    __asm__ volatile("fence" ::: "memory");
    dev[NOTIFY] = 0;
    while (used[1] == 0)
        ;
    register u64 a0 __asm__("a0") = answer[0];
    if (a0 == 255)
        __asm__ volatile("jr zero" : : "r"(a0));
}

void start(void)
{
    set_up();
    ask();
    for (;;)
        __asm__ volatile("wfi");
}
