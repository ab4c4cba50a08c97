/* Debug console, system reset and suspend errors, legacy console. */
#include "sbi.h"

static char text[] = "written in one call\n";

static void console(void)
{
    ulong n = sizeof(text) - 1;
    char buf[16];

    CHECK(VALUE(sbi(EXT_DBCN, 0, n, (ulong)text, 0, 0)) == n);
    CHECK(VALUE(sbi(EXT_DBCN, 2, 'b', 0, 0, 0)) == 0);
    CHECK(VALUE(sbi(EXT_DBCN, 2, 0xffffff00 + '\n', 0, 0, 0)) == 0);
    CHECK(VALUE(sbi(EXT_DBCN, 1, sizeof(buf), (ulong)buf, 0, 0)) <= sizeof(buf));
    EXPECT(sbi(EXT_DBCN, 3, 0, 0, 0, 0), NOT_SUPPORTED);
    if (on_opensbi())
        return; /* it lets S-mode name any address but its own */
    EXPECT(sbi(EXT_DBCN, 0, 4, 0x1000, 0, 0), INVALID_PARAM);     /* the firmware's ROM */
    EXPECT(sbi(EXT_DBCN, 0, 4, 0x40000000, 0, 0), INVALID_PARAM); /* nothing there */
    EXPECT(sbi(EXT_DBCN, 1, 4, 0x40000000, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_DBCN, 0, 4, (ulong)text, 1, 0), INVALID_PARAM); /* above all RAM */
    EXPECT(sbi(EXT_DBCN, 0, -1ul, (ulong)text, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_DBCN, 1, -1ul, (ulong)buf, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_DBCN, 0, 4, 0x7ffffffe, 0, 0), INVALID_PARAM); /* begins before RAM */
    CHECK(VALUE(sbi(EXT_DBCN, 0, 0, (ulong)text, 0, 0)) == 0);
}

/* No call holds up the machine: of more than 64 KiB the rest is for another call. */
static void a_long_text(void)
{
    static char blanks[(64 << 10) + 4096] __attribute__((aligned(4096)));
    for (unsigned i = 0; i < sizeof blanks; i++)
        blanks[i] = ' ';
    CHECK(VALUE(sbi(EXT_DBCN, 0, sizeof blanks, (ulong)blanks, 0, 0)) == 64 << 10);
    CHECK(VALUE(sbi(EXT_DBCN, 2, '\n', 0, 0, 0)) == 0);
}

static void legacy(void)
{
    CHECK(sbi_raw((ulong[8]){'l', 77, 0, 0, 0, 0, 0, 1}).error == 0);
    struct ret r = sbi_raw((ulong[8]){'\n', 0x5a5a, 0, 0, 0, 0, 0, 1});
    CHECK(r.error == 0 && r.value == 0x5a5a); /* a1 is preserved */
    CHECK(sbi_raw((ulong[8]){0, 0, 0, 0, 0, 0, 0, 2}).error == -1);
}

static void reset_errors(void)
{
    EXPECT(sbi(EXT_SRST, 0, 3, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SRST, 0, 0xefffffff, 0, 0, 0), INVALID_PARAM);
    if (on_opensbi())
        return; /* platform and vendor numbers */
    EXPECT(sbi(EXT_SRST, 0, 0xf0000000, 0, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SRST, 0, 0, 2, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SRST, 0, 0, 0xe0000000, 0, 0), INVALID_PARAM);
    EXPECT(sbi(EXT_SRST, 0, 0, 0xf0000000, 0, 0), INVALID_PARAM);
}

void test(void)
{
    console();
    if (!on_opensbi())
        a_long_text();
    legacy();
    reset_errors();
}
