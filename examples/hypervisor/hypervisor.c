/* A hypervisor: gives its guest two megabytes of memory, runs it, serves its calls, and ends it when it
 * touches what it was not given. */
typedef unsigned long u64;

/* clang-format off */
#define READ(csr)         ({ u64 v; __asm__ volatile("csrr %0, " #csr : "=r"(v)); v; })
#define WRITE(csr, value) __asm__ volatile("csrw " #csr ", %0" : : "r"((u64)(value)) : "memory")
/* clang-format on */

enum {
    GUEST_BASE = 0x80000000u >> 12, /* its pages as it numbers them (guest-physical) */
    HOST_BASE = 0x80400000u >> 12,  /* and where they are */
    V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, /* bits of a page table entry */
    A0 = 10, A7 = 17, /* registers of a call */
    CALL_FROM_VS = 10, STORE_GUEST_PAGE_FAULT = 23, /* causes of traps */
};
#define SPP       (1ul << 8) /* sstatus: SRET goes to S */
#define SPV       (1ul << 7) /* hstatus: or rather to VS */
#define SV39X4    (8ul << 60)
#define SBI_RESET 0x53525354ul /* "SRST" */

extern const char guest_start[], guest_end[];
void enter_guest(u64 *regs);

/* The guest's memory: two levels of tables. The first is four pages, as guests have two address bits more. */
static u64 root[2048] __attribute__((aligned(16384)));
static u64 middle[512] __attribute__((aligned(4096)));

static void sbi_call(u64 extension, u64 arg)
{
    register u64 a0 __asm__("a0") = arg, a1 __asm__("a1") = 0, a6 __asm__("a6") = 0;
    register u64 a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

static void print(const char *s)
{
    for (; *s; s++)
        sbi_call(1, (u64)*s);
}

static void print_hex(u64 value)
{
    print("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        if (value >> shift || shift == 0)
            sbi_call(1, (u64)"0123456789abcdef"[value >> shift & 15]);
}

static void shut_down(void)
{
    sbi_call(SBI_RESET, 0);
    for (;;)
        ;
}

/* Everything that ends the guest's turn comes here; on return the guest goes on. */
void guest_trap(u64 *regs)
{
    u64 cause = READ(scause);
    if (cause == CALL_FROM_VS && regs[A7] == 1) {
        sbi_call(1, regs[A0]);
        regs[A0] = 0;
        WRITE(sepc, READ(sepc) + 4); /* behind its ECALL */
        return;
    }
    print(cause == STORE_GUEST_PAGE_FAULT ? "the guest stores to " : "the guest stops at ");
    print_hex(cause == STORE_GUEST_PAGE_FAULT ? READ(htval) << 2 : READ(sepc));
    print(", which it was not given\n");
    shut_down();
}

void hypervisor(void)
{
    static u64 regs[32];
    char *memory = (char *)((u64)HOST_BASE << 12);
    for (long i = 0; i < guest_end - guest_start; i++)
        memory[i] = guest_start[i];
    root[GUEST_BASE >> 18] = ((u64)middle >> 12) << 10 | V;
    middle[GUEST_BASE >> 9 & 511] = (u64)HOST_BASE << 10 | V | R | W | X | U | A | D;
    WRITE(hgatp, SV39X4 | (u64)root >> 12);
    WRITE(hedeleg, 0); /* every trap of the guest is ours */
    WRITE(hstatus, READ(hstatus) | SPV);
    WRITE(sstatus, READ(sstatus) | SPP);
    WRITE(sepc, (u64)GUEST_BASE << 12);
    print("hello from HS-mode\n");
    enter_guest(regs);
}
