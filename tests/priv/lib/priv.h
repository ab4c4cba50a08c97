/* The test library: registering tests, running code in any privilege mode and recording the trap
 * it ends with, building page tables, and checking. See ../README.md for how a test looks. */
#ifndef PRIV_H
#define PRIV_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;
typedef unsigned long ulong;
typedef ulong pte_t;

#include "csr.h"
#include "insn.h"

void *memset(void *to, int byte, __SIZE_TYPE__ n);
void *memcpy(void *to, const void *from, __SIZE_TYPE__ n);

#define RV64 (__riscv_xlen == 64)

/* ---- registration ---- */

struct test {
    const char *rule;
    const char *file;
    void (*run)(void);
};
#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)
/* TEST("norm:tag what is checked") { ... }: the text starts with the tags of the rules checked. */
#define TEST(rule_) TEST_(rule_, PASTE(test_line_, __LINE__))
#define TEST_(rule_, fn)                                                                           \
    static void fn(void);                                                                          \
    static const struct test PASTE(fn, _entry)                                                     \
        __attribute__((used, section(".tests"), aligned(sizeof(ulong)))) = {rule_, __FILE__, fn};  \
    static void fn(void)

/* ---- checks: a failing check prints itself and the test goes on ---- */

/* Compares two values; prints `what` with both when they differ. Returns 1 when equal. */
int check_equal(int line, const char *what, u64 got, u64 want);
#define CHECK_EQ(got, want) check_equal(__LINE__, #got, (u64)(got), (u64)(want))
#define CHECK(condition)    check_equal(__LINE__, #condition, !!(condition), 1)
/* Leaves the test: the hardware lacks what it is about. */
void skip(const char *why) __attribute__((noreturn));
#define NEED(condition, why)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            skip(why);                                                                             \
    } while (0)
/* Printed only before a failure, so that a check in a loop says where the loop was. */
void context(const char *what, u64 value);

/* Is the word in the boot arguments (--append)? What the hart's options make it do is told that way
 * where it cannot be found out. */
int boot_argument(const char *word);

/* ---- modes and traps ---- */

enum mode { MODE_U, MODE_HS, MODE_M, MODE_VU, MODE_VS };
enum bank { BANK_NONE, BANK_M, BANK_HS, BANK_VS };
#define IS_V(mode)    ((mode) == MODE_VU || (mode) == MODE_VS)
#define NOMINAL(mode) ((mode) == MODE_M ? 3ul : (mode) == MODE_HS || (mode) == MODE_VS ? 1ul : 0ul)

/* CSRs that a trap into another bank must leave alone. */
struct csr_set {
    ulong hstatus, htval, htinst;
    ulong sstatus, sepc, scause, stval;
    ulong vsstatus, vsepc, vscause, vstval;
};

/* How a run ended. bank is BANK_NONE when the code came to its end without a trap. */
struct trap {
    enum mode mode; /* the mode the code was started in */
    enum bank bank; /* who took the trap */
    ulong cause, epc, tval;
    ulong tval2, tinst; /* 0 for BANK_VS */
    int gva;            /* GVA of mstatus or hstatus */
    int pv, pp;         /* previous V and nominal privilege; pv = 1 for BANK_VS */
    ulong vector;       /* 64: at xtvec's base; else the vectored entry */
    ulong start;        /* address of the first instruction, in the mode's own space */
    u64 mstatus;        /* after the trap, mstatush included */
    ulong regs[32];
    struct csr_set before, after;
};
#define RESULT(trap) ((trap).regs[A0])

/* A program for run(): instructions and the values of a0..a3 at its start. */
struct program {
    enum mode mode;
    const u32 *insns;
    unsigned count;
    ulong a0, a1, a2, a3, sp;
    ulong at;    /* where in slot_pages the code is placed, byte offset */
    ulong pc;    /* start here instead (code already in place) */
    u64 mstatus; /* more bits of mstatus(h) to set while starting (MPELP, MPIE, ...) */
};
/* Runs the program until a trap, and says how it ended. Starts by MRET from M-mode. */
struct trap run(const struct program *program);
#define CODE(...)                                                                                  \
    .insns = (const u32[]){__VA_ARGS__}, .count = sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32)
#define RUN(mode_, ...) run(&(const struct program){.mode = (mode_), __VA_ARGS__})
/* One instruction with a0 (often an address) and a1 set. */
struct trap exec(enum mode mode, u32 insn, ulong a0, ulong a1);
/* Calls the C function fn(arg) in the mode; the value it returned is RESULT(trap). The function
 * must be free of absolute addresses (no pointers in tables), as U and VU run it at an alias. */
struct trap run_in(enum mode mode, ulong (*fn)(ulong), ulong arg);

/* What EXPECT_TRAP compares. Fields left out: epc is the program's start, the rest 0. */
struct want {
    enum bank bank;
    ulong cause, tval, tval2, tinst;
    int gva;
    ulong at;           /* epc is the start plus this many bytes */
    int standard_tinst; /* set by TINST(): tinst may be zero if the implementation writes zero */
    int insn_tval;      /* set by INSN(): tval may be zero likewise */
    int dirty;          /* the program changed trap CSRs itself: do not compare the other banks' */
};
void expect_trap(int line, const struct trap *trap, const struct want *want);
#define EXPECT_TRAP(trap_, ...)                                                                    \
    ({                                                                                             \
        struct trap taken_ = (trap_);                                                              \
        expect_trap(__LINE__, &taken_, &(const struct want){__VA_ARGS__});                         \
    })
/* The code must have come to its end. */
void expect_done(int line, const struct trap *trap);
#define EXPECT_DONE(trap_)                                                                         \
    ({                                                                                             \
        struct trap done_ = (trap_);                                                               \
        expect_done(__LINE__, &done_);                                                             \
    })
#define TINST(value) .tinst = (value), .standard_tinst = 1
#define INSN(value)  .tval = (value), .insn_tval = 1
/* Shorthands: the instruction ends in this trap, taken by M, with its bits in tval. */
#define EXPECT_ILLEGAL(trap_, insn_)                                                               \
    EXPECT_TRAP(trap_, .bank = BANK_M, .cause = EXC_ILLEGAL, INSN(insn_))
#define EXPECT_VIRTUAL(trap_, insn_)                                                               \
    EXPECT_TRAP(trap_, .bank = BANK_M, .cause = EXC_VIRTUAL, INSN(insn_))

/* Runs the instruction in the mode (a0 = 0) and expects `cause`, EXC_ILLEGAL or EXC_VIRTUAL, taken
 * by M with the instruction in tval; or NO_TRAP. */
void expect_outcome(int line, enum mode mode, u32 insn, ulong cause);
#define EXPECT_OUTCOME(mode_, insn_, cause_) expect_outcome(__LINE__, mode_, insn_, cause_)
#define NO_TRAP                              99ul
/* A CSR access that counts as a write but, with a0 = 0, changes nothing; and one that only reads.
 */
#define TOUCH(csr) CSRRS(A1, csr, A0)
#define PEEK(csr)  CSRR(A1, csr)

/* What the implementation chose where the manual allows zero; found out at start-up. */
extern int zero_tinst, zero_tval2, zero_insn_tval;
/* What xtval holds after that breakpoint: the address, or zero where the implementation gives no
 * xtval for instructions. */
static inline ulong breakpoint_tval(const struct trap *t, ulong address)
{
    return zero_insn_tval && !t->tval ? 0 : address;
}

/* ---- CSRs by number, at run time ---- */

/* From M-mode: is there such a CSR? */
int csr_exists(unsigned number);
/* From M-mode, reading 0 and ignoring the write where it does not exist. */
ulong csr_get(unsigned number);
void csr_put(unsigned number, ulong value);
/* Writes the value from M-mode and returns what the CSR then holds. */
ulong csr_probe(unsigned number, ulong value);
/* 64-bit CSRs with a high half on RV32. */
u64 csr_get64(unsigned number);
void csr_put64(unsigned number, u64 value);
u64 csr_probe64(unsigned number, u64 value);

/* ---- memory ---- */

#define PAGE       4096ul
#define IMAGE      0x80000000ul
#define IMAGE_SIZE 0x400000ul
#define USER_ALIAS 0x40000000ul /* what U and VU add to an image address, if translated */
extern u8 slot_pages[4 * 4096];
extern u8 pool_begin[], pool_end[];
/* Fresh zeroed pages, 1 or 4 (then 16 KiB aligned); all are given back between tests. */
void *page_alloc(unsigned count);

enum {
    PTE_V = 1,
    PTE_R = 2,
    PTE_W = 4,
    PTE_X = 8,
    PTE_U = 16,
    PTE_G = 32,
    PTE_A = 64,
    PTE_D = 128
};
#define PTE_RWX     (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)
#define PTE_N       (1ull << 63)
#define PTE_PBMT(n) ((u64)(n) << 61)
#define PTE_PPN(pa) ((pte_t)((u64)(pa) >> 12 << 10))

enum { BARE = 0, SV32 = 1, SV39 = 8, SV48 = 9, SV57 = 10 };
enum stage { STAGE_HS, STAGE_VS, STAGE_G };
struct table {
    enum stage stage;
    unsigned mode;   /* BARE, SV32, ... */
    unsigned levels; /* 0 when Bare */
    pte_t *root;
};
/* An empty table of that mode; the G stage gets its 16 KiB root. */
void table_init(struct table *table, enum stage stage, unsigned mode);
/* The slot for the address at the level (0: 4 KiB leaf); tables above it are created as needed. */
pte_t *table_slot(struct table *table, u64 address, unsigned level);
/* Maps one page of the level's size; `bits` are the PTE's bits but the PPN. Returns its slot. */
pte_t *table_map(struct table *table, u64 address, u64 to, u64 bits, unsigned level);
/* Adds what code in the modes needs: the image and its user alias, and the page pool. */
void table_map_image(struct table *table);
/* The page size of a level in bytes. */
u64 level_size(unsigned level);
/* The satp/vsatp/hgatp value of the table. */
ulong table_atp(const struct table *table, unsigned id);
/* Writes the register of the table's stage (id: ASID or VMID) and fences. */
void table_use(const struct table *table, unsigned id);
/* Is the mode supported by satp (STAGE_HS), vsatp or hgatp? */
int mode_supported(enum stage stage, unsigned mode);
/* Every fence there is, in full. */
void fence_all(void);

/* The usual arrangement: a window page at `va`, by the VS stage at `gpa`, in memory at `mem`; all
 * three differ unless a stage is Bare. leaf slots may be changed by the test (then fence_all()). */
struct two_stage {
    struct table vs, g;
    ulong va;
    u64 gpa;
    u8 *mem;
    pte_t *vs_leaf, *g_leaf; /* null when that stage is Bare */
};
extern struct two_stage ts;
/* Builds and activates both; the window is RWX, VS-stage with U=`user` (0 or PTE_U). */
void two_stage(unsigned vs_mode, unsigned g_mode, u64 user);
/* The same window under satp alone. */
void one_stage(unsigned mode, u64 user);
/* The smallest paged mode, which every hart with H has: Sv32 or Sv39. */
#define SV_MIN (RV64 ? SV39 : SV32)
/* The next mode after `mode` that is supported, or -1; start with -1. Bare is first. */
int next_mode(enum stage stage, int mode);
#define FOR_EACH_MODE(m, stage) for (int m = next_mode(stage, -1); m >= 0; m = next_mode(stage, m))
#define FOR_EACH_PAIR(v, g)     FOR_EACH_MODE(v, STAGE_VS) FOR_EACH_MODE(g, STAGE_G)
/* GPA >> 2 as xtval2 holds it; or what zero_tval2 makes of it. */
ulong gpa_value(u64 gpa);
/* The guest physical address of a slot of the VS table (its tables are mapped one to one). */
#define SLOT_GPA(slot) ((u64)(ulong)(slot))

/* PMP: entry 15 (lowest used) opens everything; these put one 4 KiB page before it. */
void pmp_page(const void *page, unsigned rwx);
int pmp_available(void);

/* ---- the environment of a test ---- */

/* Puts every CSR into the state a test starts from; the runner calls it before each test. */
void reset_state(void);
/* Set by a test after which that is impossible (Smepmp: M-mode may no longer write what it
 * executes): the tests that follow start from what the one before left. */
extern int locked_down;
/* What mstateen0 held before anything wrote it (0 without Smstateen). */
extern u64 mstateen0_at_reset;
/* Delegates all exceptions but environment calls from S and VS, and with `to` BANK_VS also by
 * hedeleg. Interrupt delegation is untouched. */
void delegate_all(enum bank to);
/* Where the assembly lives. */
extern u8 m_vector[], s_vector[], s_vector_table[], s_escape[], guest_done[];

/* ---- library internals shared between its files ---- */

struct context {
    ulong regs[32];
    ulong host[16];
};
void enter_mode(struct context *context);
int mark(ulong jump[14]);
void jump_to_mark(ulong jump[14]) __attribute__((noreturn));
void put_string(const char *s);
void put_hex(u64 value);
void put_decimal(ulong value);
void htif_exit(ulong code) __attribute__((noreturn));
void find_choices(void);
void pool_reset(void);

#endif
