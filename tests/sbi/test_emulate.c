/* Counters that the hart lacks are the firmware's to read, and nobody can tell: what is refused
 * arrives as a hart with them refuses it, an illegal instruction, or a virtual instruction where
 * hcounteren, or a guest's scounteren, says no. The first run is such a hart.
 * run: none
 * run: --isa=rvXLENmax-zicntr
 * run: --isa=rvXLENmax-zicntr --tval=zero
 * run: --isa=rvXLENimac_zicsr_zifencei */
#include "sbi.h"

enum { S, U, VS, VU, WORLDS };
enum { ILLEGAL = 2, VIRTUAL = 22 };
enum { CYCLE = 0xc00, HIGH = 0x80 };

/* A place for one instruction with a0 as its destination, and what it has left there. */
static uint32_t code[2] __attribute__((aligned(8))) = {0, 0x00008067};
static volatile ulong result;

static void execute(ulong arg)
{
    (void)arg;
    result = ((ulong(*)(ulong))(ulong)code)(1);
}

static void below(ulong arg)
{
    execute(arg);
    leave_below(0);
}

/* The cause of the trap that the instruction takes to HS-mode from there, or 0. */
static ulong cause_of(int world, uint32_t insn)
{
    static const enum world worlds[WORLDS] = {[U] = WORLD_U, [VS] = WORLD_VS, [VU] = WORLD_VU};
    struct trap *t = last_trap();

    code[0] = insn;
    __asm__ volatile("fence.i" : : : "memory");
    trap_clear();
    if (world == S)
        execute(0);
    else
        run_below(worlds[world], below, 0);
    CHECK(t->count <= 1);
    if (t->count == 0)
        return 0;
    CHECK(t->tval == insn || t->tval == 0);
    CHECK(t->epc == (ulong)code && (world < VS || (t->hstatus & BIT(7))));
    return t->cause;
}

static uint32_t read_counter(unsigned number)
{
    return number << 20 | 0x2573; /* csrrs a0, number, x0 */
}

static ulong expected(int world, bool hcounteren, bool scounteren)
{
    if (world >= VS && !hcounteren)
        return VIRTUAL;
    if ((world == U || world == VU) && !scounteren)
        return world == VU ? VIRTUAL : ILLEGAL;
    return 0;
}

static void matrix(int world, unsigned n)
{
    for (int enables = 0; enables < 4; enables++) {
        ulong want = expected(world, enables & 1, enables & 2);
        csr_write(scounteren, enables & 2 ? BIT(n) : ~BIT(n));
        if (world >= VS)
            wr_csr(HCOUNTEREN, enables & 1 ? BIT(n) : ~BIT(n));
        CHECK(cause_of(world, read_counter(CYCLE + n)) == want);
        CHECK((result == 1) == (want != 0));
        CHECK(cause_of(world, read_counter(CYCLE + HIGH + n)) == (XLEN == 32 ? want : ILLEGAL));
        /* a write is refused first, and to everybody alike */
        CHECK(cause_of(world, read_counter(CYCLE + n) | 10 << 15) == ILLEGAL);
        CHECK(cause_of(world, 0x00001073 | (CYCLE + n) << 20) == ILLEGAL);
    }
}

void test(void)
{
    for (int world = S; world < (has_h() ? WORLDS : VS); world++)
        for (unsigned n = 0; n < 3; n++)
            matrix(world, n);
    csr_write(scounteren, -1ul);
    if (has_h()) { /* htimedelta goes with time; the second one is for check_board */
        ulong cause = cause_of(S, read_counter(0x605));
        CHECK(cause == 0 || cause == ILLEGAL);
        CHECK(cause_of(S, read_counter(0x605)) == cause);
        CHECK(cause_of(VS, read_counter(0x605)) == (cause ? ILLEGAL : VIRTUAL));
    }
}
