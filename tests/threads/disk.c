/* Before the demonstration hypervisor begins, its kernel reads a sector of the first disk and
 * writes it to the next one: requests through a virtqueue, completion by an interrupt of the PLIC
 * that ends a WFI. Linked with --wrap=main. */
#include "demo.h"

enum {
    SLOTS = 8,
    SLOT_BYTES = 0x1000,
    /* virtio-mmio registers */
    DEVICE_ID = 0x008,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    QUEUE_NUM = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080,
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    ID_BLOCK = 2,
    QUEUE_SIZE = 4,
    SECTOR = 512,
    DESC_NEXT = 1,
    DESC_WRITE = 2,
    READ = 0,
    WRITE = 1,
};
#define VIRTIO      0x10001000ul
#define PLIC        0x0c000000ul
#define PLIC_ENABLE (PLIC + 0x2000 + 0x80) /* of hart 0's S-mode */
#define PLIC_CLAIM  (PLIC + 0x200000 + 0x1004)
#define SIE_SEIE    (1ul << 9)

static struct desc {
    unsigned long addr;
    unsigned len;
    unsigned short flags, next;
} desc[QUEUE_SIZE] __attribute__((aligned(16)));
static struct {
    unsigned short flags, idx, ring[QUEUE_SIZE];
} driver __attribute__((aligned(2)));
static volatile struct {
    unsigned short flags, idx;
    struct {
        unsigned id, len;
    } ring[QUEUE_SIZE];
} device __attribute__((aligned(4)));
static struct {
    unsigned type, reserved;
    unsigned long sector;
} request;
static char sector[SECTOR];
static volatile unsigned char result;

extern int __real_main(void);
int __wrap_main(void);

static volatile unsigned *reg(ulong address)
{
    return (volatile unsigned *)address;
}

static void put(const char *text)
{
    while (*text)
        sbi(EID_DBCN, 2, (unsigned char)*text++);
}

static void set_address(ulong at, const volatile void *p)
{
    *reg(at) = (unsigned)(ulong)p;
    *reg(at + 4) = (unsigned)((ulong)p >> 32);
}

/* The base of the disk's registers, or 0. */
static ulong find_disk(unsigned *irq)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (*reg(VIRTIO + i * SLOT_BYTES + DEVICE_ID) == ID_BLOCK) {
            *irq = i + 1;
            return VIRTIO + i * SLOT_BYTES;
        }
    return 0;
}

static void start(ulong disk, unsigned irq)
{
    *reg(disk + STATUS) = 3; /* acknowledged, there is a driver */
    *reg(disk + DRIVER_FEATURES_SEL) = 1;
    *reg(disk + DRIVER_FEATURES) = 1; /* VIRTIO_F_VERSION_1 */
    *reg(disk + STATUS) = 3 | 8;
    *reg(disk + QUEUE_NUM) = QUEUE_SIZE;
    set_address(disk + QUEUE_DESC, desc);
    set_address(disk + QUEUE_DRIVER, &driver);
    set_address(disk + QUEUE_DEVICE, &device);
    *reg(disk + QUEUE_READY) = 1;
    *reg(disk + STATUS) = 3 | 8 | 4;
    *reg(PLIC + 4 * irq) = 1; /* priority */
    *reg(PLIC_ENABLE) = 1u << irq;
    csr_set("sie", SIE_SEIE);
}

/* One request, and the wait for its interrupt. 0 when the disk says so. */
static int transfer(ulong disk, unsigned type, ulong number)
{
    request.type = type;
    request.sector = number;
    result = 0xff;
    desc[0] = (struct desc){(ulong)&request, 16, DESC_NEXT, 1};
    desc[1] = (struct desc){(ulong)sector, SECTOR, DESC_NEXT | (type == READ ? DESC_WRITE : 0), 2};
    desc[2] = (struct desc){(ulong)&result, 1, DESC_WRITE, 0};
    driver.ring[driver.idx % QUEUE_SIZE] = 0;
    __asm__ volatile("fence" ::: "memory");
    driver.idx++;
    __asm__ volatile("fence" ::: "memory");
    *reg(disk + QUEUE_NOTIFY) = 0;
    while (device.idx != driver.idx)
        __asm__ volatile("wfi" ::: "memory");
    unsigned irq = *reg(PLIC_CLAIM);
    put(irq ? "[disk] interrupt\n" : "[disk] no interrupt\n");
    *reg(disk + INTERRUPT_ACK) = *reg(disk + INTERRUPT_STATUS);
    *reg(PLIC_CLAIM) = irq;
    return result;
}

int __wrap_main(void)
{
    unsigned irq = 0;
    ulong disk = find_disk(&irq);
    if (!disk) {
        put("[disk] there is none\n");
        return __real_main();
    }
    start(disk, irq);
    int rc = transfer(disk, READ, 0);
    sector[SECTOR - 1] = 0;
    put("[disk] says: ");
    put(sector);
    rc |= transfer(disk, WRITE, 1);
    put(rc ? "[disk] failed\n" : "[disk] copied\n");
    *reg(disk + STATUS) = 0;
    *reg(PLIC_ENABLE) = 0;
    return __real_main();
}
