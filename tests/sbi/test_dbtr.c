/* Debug triggers, as far as the hart has any. */
#include "sbi.h"

enum { NUM, SET_SHMEM, READ, INSTALL, UPDATE, UNINSTALL, ENABLE, DISABLE };
enum { TYPE_MCONTROL6 = 6 };

static ulong shm[64] __attribute__((aligned(4096)));
static ulong max;

static struct ret dbtr(long fn, ulong a, ulong b, ulong c)
{
    return sbi(EXT_DBTR, fn, a, b, c, 0);
}

static void errors(void)
{
    EXPECT(dbtr(READ, 0, 1, 0), NO_SHMEM);
    EXPECT(dbtr(INSTALL, 1, 0, 0), NO_SHMEM);
    EXPECT(dbtr(UPDATE, 1, 0, 0), NO_SHMEM);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 0, 1), INVALID_PARAM);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm + 1, 0, 0), INVALID_PARAM);
    EXPECT(dbtr(SET_SHMEM, 0x40000000, 0, 0), INVALID_ADDRESS);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 1, 0), INVALID_ADDRESS);
    EXPECT(dbtr(SET_SHMEM, (ulong)shm, 0, 0), SUCCESS);
    EXPECT(dbtr(READ, max, 1, 0), BAD_RANGE);
    EXPECT(dbtr(READ, 0, max + 1, 0), BAD_RANGE);
    EXPECT(dbtr(INSTALL, max + 1, 0, 0), BAD_RANGE);
    EXPECT(dbtr(UPDATE, max + 1, 0, 0), BAD_RANGE);
    EXPECT(dbtr(UNINSTALL, max, 1, 0), INVALID_PARAM);
    EXPECT(dbtr(ENABLE, 0, 1, 0), INVALID_PARAM); /* not installed */
    EXPECT(dbtr(DISABLE, 0, 1, 0), INVALID_PARAM);
    EXPECT(dbtr(8, 0, 0, 0), NOT_SUPPORTED);
}

static volatile uint32_t watched;

/* An address-match trigger for loads in S-mode: installed, disabled, enabled, gone. */
static void watchpoint(void)
{
    ulong tdata1 = (ulong)TYPE_MCONTROL6 << (XLEN - 4) | BIT(4) | BIT(0);

    if (VALUE(dbtr(NUM, tdata1, 0, 0)) == 0)
        return;
    shm[0] = -1ul;
    shm[1] = tdata1 | BIT(6); /* m must be zero */
    shm[2] = (ulong)&watched;
    shm[3] = 0;
    EXPECT(dbtr(INSTALL, 1, 0, 0), INVALID_PARAM);
    shm[1] = tdata1;
    EXPECT(dbtr(INSTALL, 1, 0, 0), SUCCESS);
    ulong index = shm[0];
    CHECK(index < max);
    trap_clear();
    (void)watched;
    CHECK(last_trap()->count == 1 && last_trap()->cause == 3);
    EXPECT(dbtr(DISABLE, index, 1, 0), SUCCESS);
    trap_clear();
    (void)watched;
    CHECK(last_trap()->count == 0);
    EXPECT(dbtr(ENABLE, index, 1, 0), SUCCESS);
    (void)watched;
    CHECK(last_trap()->count == 1);
    EXPECT(dbtr(READ, index, 1, 0), SUCCESS);
    CHECK((shm[0] & 0x3f) == (BIT(0) | BIT(2) | BIT(5)));
    CHECK((shm[1] & ~BIT(22)) == tdata1); /* hit0 may say that it has fired */
    EXPECT(dbtr(UNINSTALL, index, 1, 0), SUCCESS);
    EXPECT(dbtr(UNINSTALL, index, 1, 0), INVALID_PARAM);
    trap_clear();
    (void)watched;
    CHECK(last_trap()->count == 0);
}

void test(void)
{
    if (!has_ext(EXT_DBTR))
        skip("no DBTR");
    max = VALUE(dbtr(NUM, 0, 0, 0));
    /* Where breakpoints come to S-mode itself, none is raised while SIE is 0 (Sdtrig). */
    csr_write(sie, 0);
    csr_set(sstatus, BIT(1));
    errors();
    watchpoint();
    EXPECT(dbtr(SET_SHMEM, -1ul, -1ul, 0), SUCCESS);
    EXPECT(dbtr(READ, 0, 1, 0), NO_SHMEM);
}
