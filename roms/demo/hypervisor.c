/* A hypervisor of a few pages: HS-mode on SBI, two guests at the same guest-physical addresses
 * under Sv39x4, memory on demand, one emulated device, and a timer that takes turns between them.
 * It prints what happens. */
#include "demo.h"

enum { GUESTS = 2, PAGE = 4096, SLICE_TICKS = 1500 };
enum {
    PTE_V = 1,
    PTE_RWX = 0x0e,
    PTE_U = 0x10,
    PTE_A = 0x40,
    PTE_D = 0x80,
};
enum {
    ECALL_VS = 10,
    INSN_GUEST_PAGE_FAULT = 20,
    LOAD_GUEST_PAGE_FAULT = 21,
    VIRTUAL_INSTRUCTION = 22,
    STORE_GUEST_PAGE_FAULT = 23,
};
#define INTERRUPT   (1ul << 63)
#define TIMER       (INTERRUPT | 5)
#define HSTATUS_SPV (1ul << 7)
#define SSTATUS_SPP (1ul << 8)
#define SIE_STIE    (1ul << 5)

struct guest {
    struct vcpu cpu;
    ulong *root;
    ulong vsstatus, vstvec, vsscratch, vsepc, vscause, vstval, vsatp;
    ulong exits, pages;
    int done, at_line_start;
};

extern char guest_start[], guest_end[], free_memory[];
extern void guest_main(ulong number);

static struct guest guests[GUESTS];
static char *next_free = free_memory;

/* ---- console ---- */

static __attribute__((noinline, cold)) void put_char_legacy(char c)
{
    sbi(EID_LEGACY_PUTCHAR, 0, (unsigned char)c);
}

static void put_char(char c)
{
    if (sbi(EID_DBCN, 2, (unsigned char)c).error)
        put_char_legacy(c);
}

static void put(const char *s)
{
    while (*s)
        put_char(*s++);
}

static void put_number(ulong n, unsigned base)
{
    char digits[24];
    int i = sizeof digits;
    digits[--i] = 0;
    do {
        digits[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    put(base == 16 ? "0x" : "");
    put(&digits[i]);
}

static void say(const struct guest *g, const char *text)
{
    put("[hypervisor] guest ");
    put_number((ulong)(g - guests) + 1, 10);
    put(": ");
    put(text);
}

/* ---- memory ---- */

static void *take_pages(ulong count)
{
    char *p = next_free;
    next_free += count * PAGE;
    for (ulong i = 0; i < count * PAGE / sizeof(ulong); i++)
        ((ulong *)p)[i] = 0;
    return p;
}

/* Sv39x4: maps one page; the root has 2048 entries. */
static void map(struct guest *g, ulong gpa, const void *page)
{
    ulong *table = g->root;
    for (int level = 2; level > 0; level--) {
        ulong *pte = &table[gpa >> (12 + 9 * level) & (level == 2 ? 0x7ff : 0x1ff)];
        if (!*pte)
            *pte = (ulong)take_pages(1) >> 2 | PTE_V;
        table = (ulong *)(*pte >> 10 << 12);
    }
    table[gpa >> 12 & 0x1ff] = (ulong)page >> 2 | PTE_V | PTE_RWX | PTE_U | PTE_A | PTE_D;
    g->pages++;
}

/* ---- exits ---- */

/* The guest's SBI: console and shutdown. */
static void serve_call(struct guest *g)
{
    ulong *x = g->cpu.x;
    g->cpu.sepc += 4;
    if (x[17] == EID_DBCN && x[16] == 2) {
        if (g->at_line_start) {
            put("  (guest ");
            put_number((ulong)(g - guests) + 1, 10);
            put(") ");
        }
        put_char((char)x[10]);
        g->at_line_start = (char)x[10] == '\n';
        x[10] = 0;
    } else if (x[17] == EID_SRST) {
        say(g, "shuts down\n");
        g->done = 1;
    } else {
        x[10] = (ulong)-2; /* not supported */
    }
}

/* The device: a register that holds 42. htinst has the transformed load. */
static void serve_device(struct guest *g, ulong gpa)
{
    ulong insn = csr_read("htinst");
    say(g, "load from the device at ");
    put_number(gpa, 16);
    put(", htinst ");
    put_number(insn, 16);
    put("\n");
    g->cpu.x[insn >> 7 & 31] = 42;
    g->cpu.sepc += insn & 2 ? 4 : 2; /* bit 1 clear: the instruction was compressed */
}

static void serve_fault(struct guest *g, ulong cause)
{
    ulong gpa = csr_read("htval") << 2 | (csr_read("stval") & 3);
    if (gpa >> 12 == GUEST_MMIO >> 12 && cause == LOAD_GUEST_PAGE_FAULT) {
        serve_device(g, gpa);
        return;
    }
    say(g, "guest-page fault, gets a page at ");
    put_number(gpa & ~0xffful, 16);
    put("\n");
    map(g, gpa, take_pages(1));
}

static void serve_exit(struct guest *g, ulong cause)
{
    switch (cause) {
    case ECALL_VS:
        serve_call(g);
        break;
    case INSN_GUEST_PAGE_FAULT:
    case LOAD_GUEST_PAGE_FAULT:
    case STORE_GUEST_PAGE_FAULT:
        serve_fault(g, cause);
        break;
    case VIRTUAL_INSTRUCTION:
        say(g, "virtual instruction ");
        put_number(csr_read("stval"), 16);
        put(", skipped\n");
        g->cpu.sepc += 4;
        break;
    default:
        say(g, "unexpected scause ");
        put_number(cause, 16);
        put("\n");
        g->done = 1;
    }
}

/* ---- turns ---- */

static void load_context(const struct guest *g)
{
    csr_write("hgatp", 8ul << 60 | (ulong)(g - guests + 1) << 44 | (ulong)g->root >> 12);
    csr_write("vsstatus", g->vsstatus);
    csr_write("vstvec", g->vstvec);
    csr_write("vsscratch", g->vsscratch);
    csr_write("vsepc", g->vsepc);
    csr_write("vscause", g->vscause);
    csr_write("vstval", g->vstval);
    csr_write("vsatp", g->vsatp);
}

static void save_context(struct guest *g)
{
    g->vsstatus = csr_read("vsstatus");
    g->vstvec = csr_read("vstvec");
    g->vsscratch = csr_read("vsscratch");
    g->vsepc = csr_read("vsepc");
    g->vscause = csr_read("vscause");
    g->vstval = csr_read("vstval");
    g->vsatp = csr_read("vsatp");
}

/* Runs one guest until its time is over or it is done. */
static void run(struct guest *g)
{
    load_context(g);
    sbi(EID_TIME, 0, csr_read("time") + SLICE_TICKS);
    for (;;) {
        enter_guest(&g->cpu);
        ulong cause = csr_read("scause");
        g->exits++;
        if (cause == TIMER)
            break;
        serve_exit(g, cause);
        if (g->done)
            break;
    }
    save_context(g);
}

static void create(struct guest *g)
{
    ulong size = (ulong)(guest_end - guest_start);
    /* The root table is 16 KiB and aligned to that. */
    next_free = (char *)(((ulong)next_free + 4 * PAGE - 1) & ~(4ul * PAGE - 1));
    g->root = take_pages(4);
    for (ulong at = 0; at < size; at += PAGE) {
        char *page = take_pages(1);
        for (ulong i = 0; i < PAGE && at + i < size; i++)
            page[i] = guest_start[at + i];
        map(g, GUEST_BASE + at, page);
    }
    g->cpu.sepc = GUEST_BASE + ((ulong)guest_main - (ulong)guest_start);
    g->cpu.sstatus = SSTATUS_SPP;
    g->cpu.hstatus = HSTATUS_SPV;
    g->cpu.x[2] = GUEST_STACK;
    g->cpu.x[10] = (ulong)(g - guests);
    g->at_line_start = 1;
}

int main(void)
{
    put("[hypervisor] in HS-mode; two guests, each believes to own memory at ");
    put_number(GUEST_BASE, 16);
    put("\n");
    csr_write("hedeleg", 0);
    csr_write("hideleg", 0);
    csr_write("hcounteren", 7);
    csr_set("sie", SIE_STIE);
    for (int i = 0; i < GUESTS; i++)
        create(&guests[i]);
    ulong turns = 0;
    for (int left = GUESTS; left > 0;) {
        for (int i = 0; i < GUESTS; i++) {
            if (guests[i].done)
                continue;
            turns++;
            run(&guests[i]);
            left -= guests[i].done;
        }
    }
    for (int i = 0; i < GUESTS; i++) {
        say(&guests[i], "");
        put_number(guests[i].exits, 10);
        put(" exits, ");
        put_number(guests[i].pages, 10);
        put(" pages\n");
    }
    put("[hypervisor] ");
    put_number(turns, 10);
    put(" turns; both are done\n");
    sbi(EID_SRST, 0, 0);
    return 0;
}
