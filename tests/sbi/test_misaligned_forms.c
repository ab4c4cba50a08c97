/* Every load and store form that the firmware does when it is misaligned: integer, floating-point,
 * compressed, and HLV and HSV; in S-mode, and in VS-mode through two stages and across pages.
 * run: --misaligned=trap
 * run: --misaligned=trap --engine=plain
 * run: --misaligned=trap --isa=rvXLENimac_zicsr_zifencei
 * run: --misaligned=trap --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "lib/guest.h"

enum { SIGNED = 1, FP = 2, HYPERVISOR = 4, OPTIONAL = 8 };

struct form {
    const char *name;
    uint64_t (*load)(ulong p);
    void (*store)(ulong p, uint64_t v);
    unsigned size, flags;
};

#define L(name, insn)                                                                              \
    static uint64_t name(ulong p)                                                                  \
    {                                                                                              \
        register ulong a0 __asm__("a0") = p;                                                       \
        __asm__ volatile(insn : "+r"(a0) : : "memory", "t0");                                      \
        return a0;                                                                                 \
    }
#define S(name, insn)                                                                              \
    static void name(ulong p, uint64_t v)                                                          \
    {                                                                                              \
        register ulong a0 __asm__("a0") = p, a1 __asm__("a1") = (ulong)v;                          \
        __asm__ volatile(insn : : "r"(a0), "r"(a1) : "memory", "t0");                              \
    }
/* Through f registers: fa0, with the aligned double at a1. */
#define FL(name, insn)                                                                             \
    static uint64_t name(ulong p)                                                                  \
    {                                                                                              \
        uint64_t v = 0;                                                                            \
        register ulong a0 __asm__("a0") = p, a1 __asm__("a1") = (ulong)&v;                         \
        __asm__ volatile(".option push\n .option arch, +d\n" insn                                  \
                         "\n fsd fa0, 0(a1)\n .option pop"                                         \
                         :                                                                         \
                         : "r"(a0), "r"(a1)                                                        \
                         : "memory", "t0");                                                        \
        return v;                                                                                  \
    }
#define FS(name, insn)                                                                             \
    static void name(ulong p, uint64_t v)                                                          \
    {                                                                                              \
        register ulong a0 __asm__("a0") = p, a1 __asm__("a1") = (ulong)&v;                         \
        __asm__ volatile(".option push\n .option arch, +d\n fld fa0, 0(a1)\n" insn                 \
                         "\n .option pop"                                                          \
                         :                                                                         \
                         : "r"(a0), "r"(a1)                                                        \
                         : "memory", "t0");                                                        \
    }
#define ON_SP(insn)      "mv t0, sp\n mv sp, a0\n" insn "\n mv sp, t0"
#define HLV(funct7, rs2) ".insn r 0x73, 4, " #funct7 ", a0, a0, x" #rs2
#define HSV(funct7)      ".insn r 0x73, 4, " #funct7 ", x0, a0, a1"

L(l_lh, "lh a0, 0(a0)")
L(l_lhu, "lhu a0, 0(a0)")
L(l_lw, ".option push\n .option norvc\n lw a0, 0(a0)\n .option pop")
L(l_clw, "c.lw a0, 0(a0)")
L(l_clwsp, ON_SP("c.lwsp a0, 0(sp)"))
L(l_clh, ".half 0x8548")
L(l_clhu, ".half 0x8508")
S(s_sh, "sh a1, 0(a0)")
S(s_sw, ".option push\n .option norvc\n sw a1, 0(a0)\n .option pop")
S(s_csw, "c.sw a1, 0(a0)")
S(s_cswsp, ON_SP("c.swsp a1, 0(sp)"))
S(s_csh, ".half 0x8d0c")
FL(l_flw, "flw fa0, 0(a0)")
FL(l_fld, ".option norvc\n fld fa0, 0(a0)")
FL(l_cfld, "c.fld fa0, 0(a0)")
FL(l_cfldsp, ON_SP("c.fldsp fa0, 0(sp)"))
FL(l_flh, ".word 0x00051507")
FS(s_fsw, ".option norvc\n fsw fa0, 0(a0)")
FS(s_fsd, ".option norvc\n fsd fa0, 0(a0)")
FS(s_cfsd, "c.fsd fa0, 0(a0)")
FS(s_cfsdsp, ON_SP("c.fsdsp fa0, 0(sp)"))
FS(s_fsh, ".word 0x00a51027")
L(l_hlvh, HLV(0x32, 0))
L(l_hlvhu, HLV(0x32, 1))
L(l_hlvxhu, HLV(0x32, 3))
L(l_hlvw, HLV(0x34, 0))
L(l_hlvxwu, HLV(0x34, 3))
S(s_hsvh, HSV(0x33))
S(s_hsvw, HSV(0x35))
#if __riscv_xlen == 64
L(l_lwu, "lwu a0, 0(a0)")
L(l_ld, ".option push\n .option norvc\n ld a0, 0(a0)\n .option pop")
L(l_cld, "c.ld a0, 0(a0)")
L(l_cldsp, ON_SP("c.ldsp a0, 0(sp)"))
S(s_sd, ".option push\n .option norvc\n sd a1, 0(a0)\n .option pop")
S(s_csd, "c.sd a1, 0(a0)")
S(s_csdsp, ON_SP("c.sdsp a1, 0(sp)"))
L(l_hlvwu, HLV(0x34, 1))
L(l_hlvd, HLV(0x36, 0))
S(s_hsvd, HSV(0x37))
#else
FL(l_cflw, ".half 0x6108") /* c.flw fa0, 0(a0) */
FL(l_cflwsp, ON_SP(".half 0x6502"))
FS(s_cfsw, ".half 0xe108")
FS(s_cfswsp, ON_SP(".half 0xe02a"))
#endif

static const struct form forms[] = {
    {"lh", l_lh, 0, 2, SIGNED},
    {"lhu", l_lhu, 0, 2, 0},
    {"lw", l_lw, 0, 4, SIGNED},
    {"c.lw", l_clw, 0, 4, SIGNED},
    {"c.lwsp", l_clwsp, 0, 4, SIGNED},
    {"c.lh", l_clh, 0, 2, SIGNED | OPTIONAL},
    {"c.lhu", l_clhu, 0, 2, OPTIONAL},
    {"sh", 0, s_sh, 2, 0},
    {"sw", 0, s_sw, 4, 0},
    {"c.sw", 0, s_csw, 4, 0},
    {"c.swsp", 0, s_cswsp, 4, 0},
    {"c.sh", 0, s_csh, 2, OPTIONAL},
    {"flh", l_flh, 0, 2, FP | OPTIONAL},
    {"flw", l_flw, 0, 4, FP},
    {"fld", l_fld, 0, 8, FP},
    {"c.fld", l_cfld, 0, 8, FP},
    {"c.fldsp", l_cfldsp, 0, 8, FP},
    {"fsh", 0, s_fsh, 2, FP | OPTIONAL},
    {"fsw", 0, s_fsw, 4, FP},
    {"fsd", 0, s_fsd, 8, FP},
    {"c.fsd", 0, s_cfsd, 8, FP},
    {"c.fsdsp", 0, s_cfsdsp, 8, FP},
    {"hlv.h", l_hlvh, 0, 2, SIGNED | HYPERVISOR},
    {"hlv.hu", l_hlvhu, 0, 2, HYPERVISOR},
    {"hlvx.hu", l_hlvxhu, 0, 2, HYPERVISOR},
    {"hlv.w", l_hlvw, 0, 4, SIGNED | HYPERVISOR},
    {"hlvx.wu", l_hlvxwu, 0, 4, HYPERVISOR},
    {"hsv.h", 0, s_hsvh, 2, HYPERVISOR},
    {"hsv.w", 0, s_hsvw, 4, HYPERVISOR},
#if __riscv_xlen == 64
    {"lwu", l_lwu, 0, 4, 0},
    {"ld", l_ld, 0, 8, 0},
    {"c.ld", l_cld, 0, 8, 0},
    {"c.ldsp", l_cldsp, 0, 8, 0},
    {"sd", 0, s_sd, 8, 0},
    {"c.sd", 0, s_csd, 8, 0},
    {"c.sdsp", 0, s_csdsp, 8, 0},
    {"hlv.wu", l_hlvwu, 0, 4, HYPERVISOR},
    {"hlv.d", l_hlvd, 0, 8, HYPERVISOR},
    {"hsv.d", 0, s_hsvd, 8, HYPERVISOR},
#else
    {"c.flw", l_cflw, 0, 4, FP},
    {"c.flwsp", l_cflwsp, 0, 4, FP},
    {"c.fsw", 0, s_cfsw, 4, FP},
    {"c.fswsp", 0, s_cfswsp, 4, FP},
#endif
};

#define VALUE64 0x8192a3b4c5d6e7f8ull
static unsigned char own[32] __attribute__((aligned(16)));

/* Byte i behind the place where an access starts, which may be in two pages. */
struct place {
    unsigned char *first, *second; /* the second page's first byte */
    unsigned left;                 /* bytes in the first page */
    ulong address;                 /* for the access */
};

static unsigned char *byte(const struct place *p, unsigned i)
{
    return i < p->left ? p->first + i : p->second + (i - p->left);
}

static uint64_t expected(const struct form *f, uint64_t v)
{
    unsigned unused = 64 - 8 * f->size;

    if (f->flags & FP)
        return f->size == 8 ? v : v << unused >> unused | ~0ull << 8 * f->size;
    if (f->flags & SIGNED)
        return (ulong)((int64_t)(v << unused) >> unused);
    return v << unused >> unused;
}

static const struct form *now;
static ulong now_address;
static uint64_t now_value;

static void access(void)
{
    if (now->load)
        now_value = now->load(now_address);
    else
        now->store(now_address, VALUE64);
}

static void guest_access(ulong unused)
{
    (void)unused;
    access();
    leave_below(0);
}

/* One access at a place, from S-mode or from the guest. */
static void try(const struct form *f, const struct place *p, bool guest)
{
    bool ok = true;

    for (unsigned i = 0; i < 10; i++)
        *byte(p, i) = f->load ? (unsigned char)(VALUE64 >> 8 * (i & 7)) : 0x11;
    now = f;
    now_address = p->address;
    trap_clear();
    if (guest)
        run_below(WORLD_VS, guest_access, 0);
    else
        access();
    if (f->load)
        ok = now_value == expected(f, VALUE64);
    for (unsigned i = 0; i < 10 && !f->load; i++)
        ok &= *byte(p, i) == (i < f->size ? (unsigned char)(VALUE64 >> 8 * i) : 0x11);
    check(ok && last_trap()->count == 0, f->name, "", (int)(p->address & 0xffff));
}

/* Is there such an instruction? Tried where nothing is misaligned. */
static bool exists(const struct form *f)
{
    if (f->flags & HYPERVISOR) /* OpenSBI passes them on */
        return !on_opensbi();
    if (!(f->flags & OPTIONAL))
        return true;
    if (on_opensbi() && f->flags & FP) /* it takes FLH and FSH for vector accesses and stops */
        return false;
    now = f;
    now_address = (ulong)own;
    trap_clear();
    access();
    return last_trap()->count == 0;
}

static void in_supervisor(const struct form *f)
{
    struct place p = {own + 1, 0, 16, (ulong)own + 1};

    try(f, &p, false);
    p.first += 2, p.address += 2;
    try(f, &p, false);
}

/* In VS-mode, or from HS-mode by HLV and HSV: in a page, and over the end of one. */
static void in_guest(const struct form *f)
{
    struct place inside = {guest_page[0] + 0x101, 0, 16, GVA_BASE + 0x101};
    bool guest = !(f->flags & HYPERVISOR);

    try(f, &inside, guest);
    for (unsigned left = 1; left < f->size; left++) {
        struct place p = {guest_page[0] + 4096 - left, guest_page[1], left,
                          GVA_BASE + 0x4000 - left};
        if (p.address % f->size)
            try(f, &p, guest);
    }
}

void test(void)
{
    csr_set(sstatus, 1ul << 13);
    bool fp = csr_read(sstatus) >> 13 & 3;

    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        if ((forms[i].flags & FP && !fp) || !exists(&forms[i]) || forms[i].flags & HYPERVISOR)
            continue;
        in_supervisor(&forms[i]);
    }
    if (!has_h())
        return;
    build_guest();
    use_guest(true);
    wr_csr(HSTATUS, rd_csr(HSTATUS) | BIT(8)); /* SPVP */
    wr_csr(VSSTATUS, 1ul << 13);
    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        if ((forms[i].flags & FP && !fp) || !exists(&forms[i]))
            continue;
        wr_csr(HSTATUS, rd_csr(HSTATUS) | BIT(8));
        in_guest(&forms[i]);
    }
    leave_guest();
}
