/* A guest for tests/cli/semihosting: its calls, each line of output what one of them said. It runs
 * in M-mode, or in S-mode when it is linked where kernels go. */
typedef __UINTPTR_TYPE__ word;

enum {
    OPEN = 1,
    CLOSE,
    WRITEC,
    WRITE0,
    WRITE,
    READ,
    READC,
    ISERROR,
    ISTTY,
    SEEK,
    FLEN = 12,
    REMOVE = 14,
    RENAME,
    CLOCK,
    TIME,
    ERRNO = 19,
    GET_CMDLINE = 21,
    HEAPINFO,
    EXIT = 24,
    EXIT_EXTENDED = 32,
    ELAPSED = 48,
    TICKFREQ
};
enum { APPLICATION_EXIT = 0x20026 };

word call(word number, const void *block); /* semihosting.S */

static word call3(word number, word a, word b, word c)
{
    word block[] = {a, b, c};
    return call(number, block);
}

static word length(const char *s)
{
    word n = 0;
    while (s[n])
        n++;
    return n;
}

static word open(const char *name, word mode)
{
    return call3(OPEN, (word)name, mode, length(name));
}

static word rename(const char *from, const char *to)
{
    word block[] = {(word)from, length(from), (word)to, length(to)};
    return call(RENAME, block);
}

/* "what=value", signed. */
static void say(const char *what, word value)
{
    char text[24], *p = text + sizeof text;
    int negative = (__INTPTR_TYPE__)value < 0;
    word rest = negative ? -value : value;
    *--p = 0, *--p = '\n';
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (negative)
        *--p = '-';
    *--p = '=';
    call(WRITE0, what);
    call(WRITE0, p);
}

static void files(void)
{
    static char buf[32];
    word f = open("sub/../out.txt", 4);
    say("dotdot", f), say("errno", call(ERRNO, 0));
    f = open("/etc/passwd", 0);
    say("absolute", f), say("errno", call(ERRNO, 0));
    f = open("link", 0);
    say("link", f), say("errno", call(ERRNO, 0));
    f = open("out.txt", 6);
    say("open", f);
    say("write", call3(WRITE, f, (word) "0123456789", 10));
    say("length", call3(FLEN, f, 0, 0));
    say("seek", call3(SEEK, f, 7, 0));
    say("read", call3(READ, f, (word)buf, sizeof buf));
    call(WRITE0, buf), call3(WRITE, f, 0, 4); /* the last is from nowhere */
    say("\nerrno", call(ERRNO, 0));
    say("tty", call3(ISTTY, f, 0, 0));
    say("close", call3(CLOSE, f, 0, 0));
    say("again", call3(CLOSE, f, 0, 0));
    say("rename", rename("out.txt", "sub/kept.txt"));
    f = open("sub/kept.txt", 8);
    call3(WRITE, f, (word) "+", 1), call3(CLOSE, f, 0, 0);
    say("remove", call3(REMOVE, (word) "unwanted", 8, 0));
    say("gone", call3(REMOVE, (word) "unwanted", 8, 0));
    f = open(":semihosting-features", 0);
    say("features", call3(READ, f, (word)buf, 5));
    call3(WRITE, open(":tt", 4), (word)buf, 4);
    say("\nbits", (word)buf[4]);
}

static void others(void)
{
    static char line[64];
    word bounds[4], at = (word)bounds, cmdline[2] = {(word)line, sizeof line};
    unsigned long long before, after;
    call(WRITEC, "W"), call(WRITEC, "\n");
    say("readc", call(READC, 0)), say("readc", call(READC, 0)), say("end", call(READC, 0));
    say("cmdline", call(GET_CMDLINE, cmdline));
    call(WRITE0, line);
    say("\nheapinfo", call(HEAPINFO, &at));
    say("heap", bounds[0] < bounds[1] && bounds[0] > (word)line);
    say("tickfreq", call(TICKFREQ, 0));
    call(ELAPSED, &before), call(WRITE0, ""), call(ELAPSED, &after);
    say("elapsed", after >= before && after < 10000000);
    say("clock", call(CLOCK, 0)), say("time", call(TIME, 0));
    say("unknown", call(99, 0)), say("errno", call(ERRNO, 0));
    say("iserror", call3(ISERROR, (word)-1, 0, 0));
    say("block", call(OPEN, (void *)16)), say("errno", call(ERRNO, 0));
    say("huge", call3(WRITE, open(":tt", 4), 16, ~(word)0) == ~(word)0);
}

void guest(void)
{
    files();
    others();
    call3(EXIT_EXTENDED, APPLICATION_EXIT, 7, 0);
}
