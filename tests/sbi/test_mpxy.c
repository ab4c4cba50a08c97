/* Message proxy, with the test channel of the embedded firmware (src/sbi/mpxy.c). */
#include "sbi.h"

enum { SIZE, SET, IDS, READ, WRITE, SEND, POST, EVENTS };
enum { CHANNEL = 1 };
static uint32_t shm[2][1024] __attribute__((aligned(4096)));

static struct ret call(long fn, ulong a, ulong b, ulong c)
{
    return sbi(EXT_MPXY, fn, a, b, c, 0);
}

static void before_setup(void)
{
    EXPECT(call(IDS, 0, 0, 0), NO_SHMEM);
    EXPECT(call(READ, CHANNEL, 0, 1), NO_SHMEM);
    EXPECT(call(WRITE, CHANNEL, 11, 1), NO_SHMEM);
    EXPECT(call(SEND, CHANNEL, 0, 1), NO_SHMEM);
    EXPECT(call(POST, CHANNEL, 1, 1), NO_SHMEM);
    EXPECT(call(EVENTS, CHANNEL, 0, 0), NO_SHMEM);
}

static void setup(void)
{
    ulong *words = (ulong *)shm[1];

    CHECK(VALUE(call(SIZE, 0, 0, 0)) == 4096);
    EXPECT(call(SET, (ulong)shm[0] + 64, 0, 0), INVALID_PARAM);
    EXPECT(call(SET, (ulong)shm[0], 0, 2), INVALID_PARAM);
    EXPECT(call(SET, (ulong)shm[0], 0, 4), INVALID_PARAM);
    EXPECT(call(SET, 0x40000000, 0, 0), INVALID_ADDRESS);
    EXPECT(call(SET, 0x1000, 0, 0), INVALID_ADDRESS);
    EXPECT(call(SET, (ulong)shm[0], 1, 0), INVALID_ADDRESS);
    EXPECT(call(SET, (ulong)shm[0], 0, 0), SUCCESS);
    EXPECT(call(SET, (ulong)shm[1], 0, 1), SUCCESS); /* returns the old one */
    CHECK(words[0] == (ulong)shm[0] && words[1] == 0);
    EXPECT(call(SET, -1ul, -1ul, 0), SUCCESS);
    EXPECT(call(IDS, 0, 0, 0), NO_SHMEM);
    EXPECT(call(SET, (ulong)shm[1], 0, 1), SUCCESS);
    CHECK(words[0] == -1ul && words[1] == -1ul);
    EXPECT(call(SET, (ulong)shm[0], 0, 0), SUCCESS);
}

static void attributes(void)
{
    EXPECT(call(IDS, 0, 0, 0), SUCCESS);
    CHECK(shm[0][0] == 0 && shm[0][1] == 1 && shm[0][2] == CHANNEL);
    EXPECT(call(IDS, 1, 0, 0), INVALID_PARAM);
    EXPECT(call(READ, CHANNEL, 0, 12), SUCCESS);
    CHECK(shm[0][0] == 0x80000000u && shm[0][2] == 4096 && shm[0][5] == 0x3c && shm[0][7] == 0);
    EXPECT(call(READ, CHANNEL, 0x80000000u, 2), SUCCESS);
    EXPECT(call(READ, CHANNEL, 0, 0), INVALID_PARAM);
    EXPECT(call(READ, CHANNEL, 0, 1025), INVALID_PARAM);
    EXPECT(call(READ, CHANNEL, 12, 1), INVALID_PARAM);
    EXPECT(call(READ, CHANNEL, 0, 13), BAD_RANGE);
    EXPECT(call(READ, CHANNEL, 0x80000001u, 2), BAD_RANGE);
    EXPECT(call(READ, 2, 0, 1), NOT_SUPPORTED);
    shm[0][0] = 0xffffffff;
    EXPECT(call(WRITE, CHANNEL, 7, 1), SUCCESS); /* MSI_CONTROL: ignored */
    EXPECT(call(READ, CHANNEL, 7, 1), SUCCESS);
    CHECK(shm[0][0] == 0);
    EXPECT(call(WRITE, CHANNEL, 0, 1), BAD_RANGE); /* read only */
    EXPECT(call(WRITE, CHANNEL, 6, 2), BAD_RANGE);
    EXPECT(call(WRITE, CHANNEL, 0x80000000u, 1), BAD_RANGE);
    shm[0][0] = 0x1234;
    EXPECT(call(WRITE, CHANNEL, 0x80000001u, 1), SUCCESS);
    shm[0][0] = 0;
    EXPECT(call(READ, CHANNEL, 0x80000001u, 1), SUCCESS);
    CHECK(shm[0][0] == 0x1234);
    EXPECT(call(WRITE, 2, 11, 1), NOT_SUPPORTED);
    EXPECT(call(WRITE, CHANNEL, 11, 0), INVALID_PARAM);
    EXPECT(call(WRITE, CHANNEL, 100, 1), INVALID_PARAM);
}

static void messages(void)
{
    shm[0][0] = 0xcafe;
    CHECK(VALUE(call(SEND, CHANNEL, 0, 64)) == 64);
    CHECK(shm[0][0] == 0xcafe);
    EXPECT(call(SEND, CHANNEL, 0, 4097), INVALID_PARAM);
    EXPECT(call(SEND, 9, 0, 4), NOT_SUPPORTED);
    EXPECT(call(SEND, CHANNEL, 99, 4), NOT_SUPPORTED);
    EXPECT(call(SEND, CHANNEL, 1, 4), NOT_SUPPORTED); /* a posted message */
    EXPECT(call(SEND, CHANNEL, 2, 4), TIMEOUT);
    EXPECT(call(SEND, CHANNEL, 3, 4), IO);
    EXPECT(call(POST, CHANNEL, 0, 4), NOT_SUPPORTED);
    EXPECT(call(POST, CHANNEL, 1, 4097), INVALID_PARAM);
    EXPECT(call(POST, 9, 1, 4), NOT_SUPPORTED);
    EXPECT(call(POST, CHANNEL, 2, 4), TIMEOUT);
    EXPECT(call(POST, CHANNEL, 3, 4), IO);
}

static void notifications(void)
{
    CHECK(VALUE(call(EVENTS, CHANNEL, 0, 0)) == 0);
    shm[0][0] = 1;
    EXPECT(call(WRITE, CHANNEL, 11, 1), SUCCESS);
    for (uint32_t i = 0; i < 10; i++) {
        shm[0][0] = 0x100 + i;
        shm[0][1] = i;
        EXPECT(call(POST, CHANNEL, 1, 8), SUCCESS);
    }
    CHECK(VALUE(call(EVENTS, CHANNEL, 0, 0)) == 64);
    CHECK(shm[0][0] == 0 && shm[0][1] == 8 && shm[0][2] == 2); /* two were lost */
    CHECK(shm[0][4] == 0x100 && shm[0][5] == 0 && shm[0][18] == 0x107 && shm[0][19] == 7);
    EXPECT(call(EVENTS, 9, 0, 0), NOT_SUPPORTED);
    EXPECT(sbi(EXT_MPXY, 8, 0, 0, 0, 0), NOT_SUPPORTED);
}

void test(void)
{
    if (!has_ext(EXT_MPXY))
        skip("no MPXY");
    before_setup();
    setup();
    attributes();
    messages();
    notifications();
}
