/* Debug triggers, as far as the hart has any.
 * run: none
 * run: --triggers=1 --sbi=impl-version=1
 * run: --isa=rvXLENimac_zicsr_zifencei */
#include "sbi.h"

enum { NUM, SET_SHMEM, READ, INSTALL, UPDATE, UNINSTALL, ENABLE, DISABLE };
enum { MCONTROL = 2, ICOUNT = 3, MCONTROL6 = 6 };
enum { MAPPED = 1 << 0, STATE_S = 1 << 2, HAVE_HW = 1 << 5 };
#define TYPE(t)  ((ulong)(t) << (XLEN - 4))
#define DMODE    BIT(XLEN - 5)
#define LOAD     BIT(0)
#define S_MODE   BIT(4)
#define M_MODE   BIT(6)
#define CHAIN    BIT(11)
#define HIT      (BIT(22) | BIT(25))
#define LOADS    (TYPE(MCONTROL6) | S_MODE | LOAD)
#define BAD_ADDR 0x40000000ul

static ulong shm[64] __attribute__((aligned(4096)));
static ulong max;

static struct ret dbtr(long fn, ulong a, ulong b, ulong c)
{
    return sbi(EXT_DBTR, fn, a, b, c, 0);
}

/* Entry i of the shared memory. */
static void put(ulong i, ulong index, ulong tdata1, volatile void *address)
{
    shm[4 * i] = index;
    shm[4 * i + 1] = tdata1;
    shm[4 * i + 2] = (ulong)address;
    shm[4 * i + 3] = 0;
}

static void shared_memory(void)
{
    EXPECT(dbtr(READ, 0, 1, 0), NO_SHMEM);
    EXPECT(dbtr(INSTALL, 1, 0, 0), NO_SHMEM);
    EXPECT(dbtr(UPDATE, 1, 0, 0), NO_SHMEM);
    if (!on_opensbi()) { /* it has no flags */
        EXPECT(dbtr(SET_SHMEM, (ulong)shm, 0, 1), INVALID_PARAM);
        EXPECT(dbtr(SET_SHMEM, -1ul, -1ul, 1), INVALID_PARAM);
        EXPECT(dbtr(SET_SHMEM, BAD_ADDR, 0, 0), INVALID_ADDRESS);
        EXPECT(dbtr(SET_SHMEM, 0x1000, 0, 0), INVALID_ADDRESS);
    }
    EXPECT(dbtr(SET_SHMEM, (ulong)shm + 1, 0, 0), INVALID_PARAM);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 1, 0), INVALID_ADDRESS);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 0, 0), SUCCESS);
    EXPECT(dbtr(8, 0, 0, 0), NOT_SUPPORTED);
    if (on_opensbi()) /* it wants the old one to be disabled first */
        return;
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 0, 0), SUCCESS);
}

/* What OpenSBI does not check. */
static void range_errors(void)
{
    EXPECT(dbtr(READ, max, 1, 0), BAD_RANGE);
    EXPECT(dbtr(READ, 0, max + 1, 0), BAD_RANGE);
    EXPECT(dbtr(INSTALL, max + 1, 0, 0), BAD_RANGE);
    EXPECT(dbtr(UPDATE, max + 1, 0, 0), BAD_RANGE);
    for (long fn = UNINSTALL; fn <= DISABLE; fn++) {
        EXPECT(dbtr(fn, max, 1, 0), INVALID_PARAM);
        EXPECT(dbtr(fn, -1ul, 1, 0), INVALID_PARAM);
        EXPECT(dbtr(fn, 0, 1, 0), INVALID_PARAM); /* not installed */
        EXPECT(dbtr(fn, 0, 0, 0), SUCCESS);       /* none */
    }
}

static volatile uint32_t watched, another;

/* The call fails with this error, and its value is the index of the entry at fault. */
static void expect_at(struct ret r, long error, long index, int line)
{
    check_ret(r, error, "debug trigger call", line);
    check(r.value == index, "index of the entry at fault", "", line);
}
#define EXPECT_AT(call, error, index) expect_at((call), (error), (index), __LINE__)

static void install_errors(void)
{
    put(0, 0, LOADS | M_MODE, &watched);
    EXPECT_AT(dbtr(INSTALL, 1, 0, 0), INVALID_PARAM, 0);
    put(0, 0, LOADS | DMODE, &watched);
    EXPECT_AT(dbtr(INSTALL, 1, 0, 0), INVALID_PARAM, 0);
    put(0, 0, TYPE(14) | S_MODE, &watched); /* no such type */
    EXPECT_AT(dbtr(INSTALL, 1, 0, 0), INVALID_PARAM, 0);
    if (!on_opensbi()) {
        put(0, 0, TYPE(MCONTROL) | S_MODE | LOAD, &watched); /* mcontrol6 is in its place */
        EXPECT_AT(dbtr(INSTALL, 1, 0, 0), INVALID_PARAM, 0);
    }
    put(0, 0, LOADS | CHAIN, &watched); /* a chain without its end */
    EXPECT_AT(dbtr(INSTALL, 1, 0, 0), INVALID_PARAM, 0);
    put(0, 0, TYPE(ICOUNT) | BIT(7), &watched); /* the hart has no such trigger */
    if (VALUE(dbtr(NUM, TYPE(ICOUNT), 0, 0)) == 0)
        EXPECT_AT(dbtr(INSTALL, 1, 0, 0), FAILED, 0);
    put(0, 0, LOADS, &watched);
    shm[3] = 3; /* textra: a reserved sselect */
    EXPECT_AT(dbtr(INSTALL, 1, 0, 0), NOT_SUPPORTED, 0);
    EXPECT(dbtr(DISABLE, 0, 1, 0), INVALID_PARAM); /* nothing was left behind */
    for (ulong i = 0; i < max; i++)
        put(i, -1ul, LOADS, &watched);
    EXPECT(dbtr(INSTALL, max, 0, 0), SUCCESS);
    for (ulong i = 0; i < max; i++)
        CHECK(shm[4 * i] == i);
    EXPECT_AT(dbtr(INSTALL, 1, 0, 0), FAILED, 0); /* all are taken */
    EXPECT(dbtr(UNINSTALL, 0, BIT(max) - 1, 0), SUCCESS);
    if (max < 2)
        return;
    put(0, 0, LOADS, &watched);
    put(1, 0, LOADS | M_MODE, &watched);
    EXPECT_AT(dbtr(INSTALL, 2, 0, 0), INVALID_PARAM, 1);
    put(1, 0, LOADS, &watched);
    shm[7] = 3;
    EXPECT_AT(dbtr(INSTALL, 2, 0, 0), NOT_SUPPORTED, 1);
    EXPECT(dbtr(DISABLE, 0, 1, 0), INVALID_PARAM); /* all or none */
}

static void update_errors(ulong index)
{
    put(0, max, LOADS, &another);
    EXPECT_AT(dbtr(UPDATE, 1, 0, 0), INVALID_PARAM, 0);
    put(0, index, LOADS | M_MODE, &another);
    EXPECT_AT(dbtr(UPDATE, 1, 0, 0), INVALID_PARAM, 0);
    put(0, index, TYPE(ICOUNT) | BIT(7), &another); /* another type */
    EXPECT_AT(dbtr(UPDATE, 1, 0, 0), INVALID_PARAM, 0);
    put(0, index, LOADS | CHAIN, &another);
    EXPECT_AT(dbtr(UPDATE, 1, 0, 0), INVALID_PARAM, 0);
    put(0, index, LOADS, &another);
    shm[3] = 3;
    EXPECT_AT(dbtr(UPDATE, 1, 0, 0), NOT_SUPPORTED, 0);
    put(0, index, LOADS, &watched);
    put(1, index + 1, LOADS, &another); /* not installed */
    if (index + 1 < max)
        EXPECT_AT(dbtr(UPDATE, 2, 0, 0), FAILED, 1);
    /* none of that has changed the trigger */
    EXPECT(dbtr(READ, index, 1, 0), SUCCESS);
    CHECK((shm[1] & ~HIT) == LOADS && shm[2] == (ulong)&watched);
}

static bool fires(volatile uint32_t *p)
{
    trap_clear();
    (void)*p;
    return last_trap()->count == 1 && last_trap()->cause == 3;
}

/* An address-match trigger for loads in S-mode: installed, disabled, enabled, moved, gone. */
static void watchpoint(void)
{
    put(0, -1ul, LOADS, &watched);
    EXPECT(dbtr(INSTALL, 1, 0, 0), SUCCESS);
    ulong index = shm[0];
    CHECK(index < max);
    CHECK(fires(&watched) && !fires(&another));
    EXPECT(dbtr(DISABLE, index, 1, 0), SUCCESS);
    CHECK(!fires(&watched));
    EXPECT(dbtr(ENABLE, index, 1, 0), SUCCESS);
    CHECK(fires(&watched));
    if (!on_opensbi()) { /* it does not fill in the saved mode bits, and reads one less */
        EXPECT(dbtr(READ, index, 1, 0), SUCCESS);
        CHECK((shm[0] & 0xff) == (MAPPED | STATE_S | HAVE_HW) && shm[0] >> 8 == index);
        CHECK((shm[1] & ~HIT) == LOADS); /* hit may say that it has fired */
        update_errors(index);
    }
    if (!on_opensbi() || index + 1 < max) {
        put(0, index, LOADS, &another);
        EXPECT(dbtr(UPDATE, 1, 0, 0), SUCCESS);
        CHECK(fires(&another) && !fires(&watched));
    }
    EXPECT(dbtr(UNINSTALL, index, 1, 0), SUCCESS);
    EXPECT(dbtr(UNINSTALL, index, 1, 0), INVALID_PARAM);
    CHECK(!fires(&watched) && !fires(&another));
}

/* Two triggers chained: the load fires only where both match. */
static void chain(void)
{
    if (max < 2)
        return;
    put(0, -1ul, LOADS | CHAIN, &watched);
    put(1, -1ul, LOADS, &watched);
    struct ret r = dbtr(INSTALL, 2, 0, 0);
    if (r.error == NOT_SUPPORTED) /* the hart has no chains */
        return;
    check_ret(r, SUCCESS, "install of a chain", __LINE__);
    CHECK(shm[4] == shm[0] + 1);
    CHECK(fires(&watched));
    ulong first = shm[0];
    put(0, first + 1, LOADS, &another);
    EXPECT(dbtr(UPDATE, 1, 0, 0), SUCCESS);
    CHECK(!fires(&watched) && !fires(&another));
    EXPECT(dbtr(UNINSTALL, first, 3, 0), SUCCESS);
}

/* A hart has its own triggers, and loses them when it stops. */
static volatile ulong step;

static void elsewhere(ulong hartid, ulong arg)
{
    (void)hartid;
    csr_write(sie, 0);
    csr_set(sstatus, BIT(1));
    CHECK(!fires(&watched));
    EXPECT(dbtr(INSTALL, 1, 0, 0), NO_SHMEM);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 0, 0), SUCCESS);
    put(0, -1ul, LOADS, &watched);
    EXPECT(dbtr(INSTALL, 1, 0, 0), SUCCESS);
    CHECK(fires(&watched));
    step = arg;
}

static void other_hart_triggers(ulong other)
{
    static struct start s = {elsewhere, 1};

    for (ulong turn = 1; turn <= 2; turn++) {
        s.arg = turn;
        CHECK(start_hart(other, &s));
        CHECK(wait_for(&step, turn));
        CHECK(wait_status(other, 1));
        CHECK(!fires(&watched));
    }
}

void test(void)
{
    long other = other_hart();

    if (!has_ext(EXT_DBTR))
        skip("no DBTR");
    max = VALUE(dbtr(NUM, 0, 0, 0));
    CHECK(VALUE(dbtr(NUM, TYPE(14), 0, 0)) == 0);
    /* Where breakpoints come to S-mode itself, none is raised while SIE is 0 (Sdtrig). */
    csr_write(sie, 0);
    csr_set(sstatus, BIT(1));
    shared_memory();
    if (!on_opensbi())
        range_errors();
    if (VALUE(dbtr(NUM, LOADS, 0, 0))) {
        if (!on_opensbi())
            install_errors();
        watchpoint();
        if (!on_opensbi())
            chain();
    }
    EXPECT(dbtr(SET_SHMEM, -1ul, -1ul, 0), SUCCESS);
    EXPECT(dbtr(INSTALL, 1, 0, 0), NO_SHMEM);
    if (other >= 0 && !on_opensbi() && VALUE(dbtr(NUM, LOADS, 0, 0)))
        other_hart_triggers((ulong)other);
}
