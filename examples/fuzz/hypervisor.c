/* A hypervisor with two bugs that its guest can reach: one in a call, one in a device. It gives its
 * guest two pages, serves its calls (a console that prints whole lines) and a device with eight
 * slots, and shuts down with it. docs/fuzzing.md shows how a fuzzer finds both. */
typedef unsigned long u64;
typedef unsigned int u32;

/* clang-format off */
#define READ(csr)         ({ u64 v; __asm__ volatile("csrr %0, " #csr : "=r"(v)); v; })
#define WRITE(csr, value) __asm__ volatile("csrw " #csr ", %0" : : "r"((u64)(value)) : "memory")
/* clang-format on */

enum {
    V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, /* bits of a page table entry */
    A0 = 10, A1 = 11, A6 = 16, A7 = 17, /* registers of a call */
    CALL_FROM_VS = 10, LOAD_GUEST_PAGE_FAULT = 21, STORE_GUEST_PAGE_FAULT = 23, /* causes of traps */
    PAGE = 4096, LINE = 64, SLOTS = 8,
};
#define SPP        (1ul << 8) /* sstatus: SRET goes to S */
#define SPV        (1ul << 7) /* hstatus: or rather to VS */
#define SV39X4     (8ul << 60)
#define GUEST_BASE 0x80000000ul
#define DEVICE     0x10000000ul
#define SBI_BASE   0x10ul
#define SBI_DBCN   0x4442434eul /* "DBCN" */
#define SBI_RESET  0x53525354ul /* "SRST" */
#define NOT_SUPPORTED (-2l)
#define INVALID       (-3l)

struct device {
    u32 selected, stores;
    u32 slot[SLOTS];
};

struct guest {
    u64 regs[32], sp_here; /* start.S knows these */
    char line[LINE];       /* what the guest has printed since its last newline */
    struct device *device;
    u64 used; /* of the line */
};

extern const char guest_start[], guest_end[];
void enter_guest(struct guest *g);

static struct device device;
static struct guest guest = {.device = &device};
static char memory[2 * PAGE] __attribute__((aligned(4096)));
/* The tables of guest-physical addresses: the first is four pages. */
static u64 root[2048] __attribute__((aligned(16384)));
static u64 middle[512] __attribute__((aligned(4096))), last[512] __attribute__((aligned(4096)));

static void sbi_call(u64 extension, u64 function, u64 arg, u64 arg1)
{
    register u64 a0 __asm__("a0") = arg, a1 __asm__("a1") = arg1, a6 __asm__("a6") = function;
    register u64 a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

static void put(char c)
{
    sbi_call(SBI_DBCN, 2, (unsigned char)c, 0);
}

static void shut_down(u64 failed)
{
    sbi_call(SBI_RESET, 0, 0, failed);
    for (;;)
        ;
}

/* The hypervisor itself has trapped. */
void panic(void)
{
    for (const char *s = "panic\n"; *s; s++)
        put(*s);
    shut_down(1);
}

/* ---- calls ---- */

static void flush_line(struct guest *g)
{
    for (u64 i = 0; i < g->used && i < LINE; i++)
        put(g->line[i]);
    g->used = 0;
}

static void print(struct guest *g, char c)
{
    if (g->used < LINE)
        g->line[g->used++] = c;
    if (c == '\n' || g->used == LINE)
        flush_line(g);
}

/* Puts text of the guest's into the line. A text that does not fit is refused. */
static long write_text(struct guest *g, u64 len, u64 gpa)
{
    if (len >= LINE || gpa - GUEST_BASE > sizeof memory - LINE)
        return INVALID;
    const char *text = memory + (gpa - GUEST_BASE);
    char *to = g->line + g->used; /* but what is in the line already? */
    for (u64 i = 0; i < len; i++)
        to[i] = text[i];
    g->used += len;
    return (long)len;
}

static void serve_call(struct guest *g)
{
    u64 *x = g->regs;
    WRITE(sepc, READ(sepc) + 4); /* behind its ECALL */
    if (x[A7] == SBI_RESET)
        shut_down(0);
    long error = 0, value = 0;
    if (x[A7] == SBI_BASE && x[A6] == 0)
        value = 2l << 24; /* the version */
    else if (x[A7] == SBI_DBCN && x[A6] == 0)
        value = write_text(g, x[A0], x[A1]);
    else if (x[A7] == SBI_DBCN && x[A6] == 2)
        print(g, (char)x[A0]);
    else
        error = NOT_SUPPORTED;
    x[A0] = (u64)(value < 0 ? value : error);
    x[A1] = (u64)(value < 0 ? 0 : value);
}

/* ---- the device ---- */

static void store(struct device *d, u64 offset, u32 value)
{
    d->stores++;
    if (offset == 0 && (int)value < SLOTS) /* and below 0? */
        d->selected = value;
    else if (offset == 4)
        d->slot[(int)d->selected] = value;
}

static u32 load(const struct device *d, u64 offset)
{
    return offset == 0 ? d->selected : offset == 4 ? d->slot[(int)d->selected] : d->stores;
}

/* htinst has the access: the register, and whether it took two bytes or four. */
static void serve_access(struct guest *g, u64 cause)
{
    u64 insn = READ(htinst), offset = (READ(htval) << 2 | (READ(stval) & 3)) - DEVICE;
    if (offset >= 16)
        shut_down(0);
    if (cause == STORE_GUEST_PAGE_FAULT)
        store(g->device, offset, (u32)g->regs[insn >> 20 & 31]);
    else
        g->regs[insn >> 7 & 31] = (u64)(int)load(g->device, offset);
    WRITE(sepc, READ(sepc) + (insn & 2 ? 4 : 2));
}

/* ---- the guest ---- */

static u64 leaf(const void *page)
{
    return ((u64)page >> 12) << 10 | V | R | W | X | U | A | D;
}

void hypervisor(void)
{
    for (long i = 0; i < guest_end - guest_start; i++)
        memory[i] = guest_start[i];
    for (int i = 0; i < PAGE; i++)
        memory[PAGE + i] = (char)('a' + i % 26); /* something to print */
    root[GUEST_BASE >> 30] = ((u64)middle >> 12) << 10 | V;
    middle[0] = ((u64)last >> 12) << 10 | V;
    last[0] = leaf(memory);
    last[1] = leaf(memory + PAGE);
    WRITE(hgatp, SV39X4 | 1ul << 44 | (u64)root >> 12);
    WRITE(hedeleg, 0); /* every trap of the guest is ours */
    WRITE(hstatus, READ(hstatus) | SPV);
    WRITE(sstatus, READ(sstatus) | SPP);
    WRITE(sepc, GUEST_BASE);
    for (;;) {
        WRITE(hstatus, READ(hstatus) | SPV);
        enter_guest(&guest);
        u64 cause = READ(scause);
        if (cause == CALL_FROM_VS)
            serve_call(&guest);
        else if (cause == LOAD_GUEST_PAGE_FAULT || cause == STORE_GUEST_PAGE_FAULT)
            serve_access(&guest, cause);
        else
            shut_down(0);
    }
}
