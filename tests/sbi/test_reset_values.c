/* Registers and CSRs that HSM start and resume leave undefined hold what reset-values says: every
 * one of them, after a start and after a non-retentive suspend. impl-version is the kind, or
 * 8 + kind if hie is zero all the same.
 * run: --sbi=impl-version=1,reset-values=zero
 * run: --sbi=impl-version=2,reset-values=poison,reset-zero=none
 * run: --sbi=impl-version=3,reset-values=random:42,reset-zero=none
 * run: --sbi=impl-version=10 --reset-values=poison
 * run: --sbi=impl-version=11 --reset-values=random:7 */
#include "sbi.h"

enum { ZERO = 1, POISON, RANDOM, SPARED = 8 };
#define POISONED ((ulong)0xdeadbeefdeadbeefull)

/* CSRs that exist on every hart, read before anything changes them. The bits are those that can be
 * seen: 0 means that the CSR is defined. */
/* clang-format off */
#define EARLY(X) \
    X(sstatus, 0xc0120) X(sie, 0x222) X(stvec, -4ul) X(scounteren, 7) X(senvcfg, 0) \
    X(sscratch, -1ul) X(sepc, -2ul) X(scause, -1ul) X(stval, -1ul) X(satp, 0)
/* Those of the hypervisor extension and others, by number, read from C. */
#define LATE(X) \
    X(0x14d, -1ul) X(0x600, 0x700000) X(0x602, 0xb1fe) X(0x603, 0x444) X(0x604, 0x444) \
    X(0x606, 7) X(0x60a, 0) X(0x605, -1ul) X(0x643, -1ul) X(0x64a, -1ul) X(0x645, 0x444) \
    X(0x680, 0xffc) X(0x200, 0xc0120) X(0x204, 0) X(0x205, -4ul) X(0x240, -1ul) X(0x241, -2ul) \
    X(0x242, -1ul) X(0x243, -1ul) X(0x280, 0xfff) X(0x24d, -1ul) X(0x250, -1ul) X(0x150, -1ul) \
    X(0x011, -8ul) X(0x003, 0x1f) X(0x608, -0x2000ul) X(0x609, 0x4fff03ff) \
    X(0x646, (ulong)0xffffff00ff00ff00ull) X(0x647, -1ul)
/* clang-format on */

enum { GPRS = 32, FPRS = 32, MAX_CSRS = 64 };
static struct seen {
    ulong gpr[GPRS], early[16], late[MAX_CSRS];
    uint64_t fpr[FPRS];
} seen[4];
/* The entry stub stores here. */
ulong stub_area[GPRS + 16];
static volatile ulong turn;

#if __riscv_xlen == 64
#define SX "sd "
#define RB "8"
#else
#define SX "sw "
#define RB "4"
#endif
void stub(void);
#define STORE_CSR(name, bits) " csrr t1, " #name "\n " SX "t1, 0(t2)\n addi t2, t2, " RB "\n"
__asm__(".text\n .balign 4\n .globl stub\nstub:\n lla t0, stub_area\n"
        ".irp r, 1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
        "\n " SX "x\\r, \\r*" RB "(t0)\n.endr\n"
        " addi t2, t0, 32*" RB "\n" EARLY(STORE_CSR) " j secondary\n");

#define READ_LATE(number, bits)                                                                    \
    trap_clear();                                                                                  \
    s->late[i] = rd_csr(number);                                                                   \
    if (last_trap()->count)                                                                        \
        s->late[i] = 0x5a5a; /* not there */                                                       \
    i++;

static void read_floats(struct seen *s)
{
    csr_set(sstatus, 1ul << 13);
    if ((csr_read(sstatus) >> 13 & 3) == 0)
        return;
    __asm__ volatile(".option push\n .option arch, +d\n"
                     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
                     "26,27,28,29,30,31\n fsd f\\r, \\r*8(%0)\n .endr\n .option pop"
                     :
                     : "r"(s->fpr)
                     : "memory");
}

static void look(ulong hartid, ulong arg)
{
    struct seen *s = &seen[turn];
    unsigned i = 0;

    (void)arg;
    for (unsigned r = 0; r < GPRS; r++)
        s->gpr[r] = stub_area[r];
    for (unsigned c = 0; c < ARRAY_LEN(s->early); c++)
        s->early[c] = stub_area[GPRS + c];
    LATE(READ_LATE)
    read_floats(s);
    CHECK(s->gpr[10] == hartid);
    turn++;
    if (turn & 1) { /* started: now suspend, woken at once, and look again */
        extern struct start *resume_arg;
        csr_write(sie, 2);
        csr_set(sip, 2);
        sbi(EXT_HSM, 3, 0x80000000u, (ulong)stub, (ulong)resume_arg, 0);
    }
}
static struct start again = {look, 0};
struct start *resume_arg = &again;

static bool is_timer(const char *name)
{
    return name[0] == '0' && name[3] == '4' && name[4] == 'd';
}

static bool is_hie(const char *name)
{
    return name[0] == '0' && name[2] == '6' && name[3] == '0' && name[4] == '4';
}

static unsigned count_bits(ulong bits)
{
    unsigned n = 0;
    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

static void check_value(ulong kind, ulong a, ulong b, ulong bits, const char *what)
{
    if (bits == 0)
        return;
    if (kind == ZERO && is_timer(what))
        return; /* stimecmp and vstimecmp are kept: zero would be an interrupt */
    if ((kind & SPARED) && is_hie(what))
        kind = ZERO;
    kind &= ~(ulong)SPARED;
    if (kind == ZERO)
        check((a & bits) == 0 && (b & bits) == 0, what, "", 0);
    else if (kind == POISON)
        check((a & bits) == (POISONED & bits) && a == b, what, "", 0);
    else /* sixteen bits may be equal by chance, more are not */
        check((a & bits) != (b & bits) || count_bits(bits) <= 16, what, "", 0);
}

#define NAME(name, bits) {#name, bits},
static const struct {
    const char *name;
    ulong bits;
} early[] = {EARLY(NAME)}, late[] = {LATE(NAME)};

static void compare(ulong kind, const struct seen *a, const struct seen *b)
{
    for (unsigned r = 1; r < GPRS; r++) {
        if (r != 5 && r != 10 && r != 11) /* t0 was the stub's */
            check_value(kind, a->gpr[r], b->gpr[r], -1ul, "a general register");
    }
    for (unsigned r = 0; r < FPRS; r++)
        check_value(kind, (ulong)a->fpr[r], (ulong)b->fpr[r], -1ul, "a floating-point register");
    for (unsigned i = 0; i < ARRAY_LEN(early); i++)
        check_value(kind, a->early[i], b->early[i], early[i].bits, early[i].name);
    for (unsigned i = 0; i < ARRAY_LEN(late); i++) {
        if (a->late[i] != 0x5a5a)
            check_value(kind, a->late[i], b->late[i], late[i].bits, late[i].name);
    }
    for (unsigned i = 0; i < 2; i++) { /* what is defined */
        const struct seen *s = i ? b : a;
        CHECK((s->early[0] & 2) == 0 && s->early[9] == 0);
        CHECK(s->gpr[11] == (ulong)&again);
    }
}

void test(void)
{
    ulong kind = VALUE(sbi(EXT_BASE, 2, 0, 0, 0, 0));
    long other = other_hart();

    if (on_opensbi())
        skip("--sbi= is for the embedded firmware");
    if (other < 0)
        return;
    for (int i = 0; i < 2; i++) {
        EXPECT(sbi(EXT_HSM, 0, (ulong)other, (ulong)stub, (ulong)&again, 0), SUCCESS);
        CHECK(wait_for(&turn, 2 * (ulong)i + 2));
        CHECK(wait_status((ulong)other, 1));
    }
    compare(kind, &seen[0], &seen[2]); /* after two starts */
    compare(kind, &seen[1], &seen[3]); /* after two suspends */
    if ((kind & ~(ulong)SPARED) == RANDOM)
        compare(kind, &seen[0], &seen[1]);
}
