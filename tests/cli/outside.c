/* A guest for tests/cli/recording that takes something from everywhere outside: the network, a
 * shared folder, a folder of semihosting, the console to its end, and the time of day. It prints
 * all of it, so two runs that were told different things say different things. It has --net and
 * --share. Its start is semihosting.S. */
typedef __UINTPTR_TYPE__ word;
typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;

enum { OPEN = 1, WRITEC = 3, WRITE0, READ = 6, READC, FLEN = 12, TIME = 17, GET_CMDLINE = 21 };
enum { EXIT_EXTENDED = 32, APPLICATION_EXIT = 0x20026 };
enum { NET = 1, SHARE = 9, SLOTS = 8 };
enum {
    STATUS = 0x70,
    READY = 0x44,
    FEATURES = 0x20,
    FEATURES_SEL = 0x24,
    NOTIFY = 0x50,
    DEVICE_ID = 8
};

word call(word number, const void *block); /* semihosting.S */

static void copy(void *to, const void *from, word len)
{
    for (word i = 0; i < len; i++)
        ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
}

static word length(const char *s)
{
    word n = 0;
    while (s[n])
        n++;
    return n;
}

static void say_bytes(const char *what, const u8 *p, word len)
{
    call(WRITE0, what);
    for (word i = 0; i < len; i++) {
        char text[] = {"0123456789abcdef"[p[i] >> 4], "0123456789abcdef"[p[i] & 15], 0};
        call(WRITE0, text);
    }
    call(WRITEC, "\n");
}

static void say(const char *what, u64 value)
{
    u8 bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (u8)(value >> (56 - 8 * i));
    say_bytes(what, bytes, 8);
}

/* ---- virtio over MMIO, one request at a time ---- */

struct desc {
    u64 addr;
    u32 len;
    u16 flags, next;
};
struct queue {
    struct desc desc[4];
    struct {
        u16 flags, idx, ring[4], event;
    } avail;
    struct {
        u16 flags, idx;
        struct {
            u32 id, len;
        } ring[4];
        u16 event;
    } used __attribute__((aligned(8)));
    u16 seen;
} __attribute__((aligned(64)));

static volatile u32 *device(u32 id)
{
    for (word i = 0; i < SLOTS; i++) {
        volatile u32 *r = (volatile u32 *)(0x10001000 + i * 0x1000);
        if (r[DEVICE_ID / 4] == id)
            return r;
    }
    return 0;
}

static void set_address(volatile u32 *r, word at, const void *p)
{
    r[at / 4] = (u32)(word)p;
    r[at / 4 + 1] = 0;
}

static void begin(volatile u32 *r)
{
    r[STATUS / 4] = 0, r[STATUS / 4] = 3;
    r[FEATURES_SEL / 4] = 1, r[FEATURES / 4] = 1;
    r[FEATURES_SEL / 4] = 0, r[FEATURES / 4] = 0;
    r[STATUS / 4] = 11;
}

static void set_queue(volatile u32 *r, u32 q, struct queue *at)
{
    r[0x30 / 4] = q, r[0x38 / 4] = 4;
    set_address(r, 0x80, &at->desc), set_address(r, 0x90, &at->avail),
        set_address(r, 0xa0, &at->used);
    r[READY / 4] = 1;
}

/* Offers a chain that begins at descriptor `first`. */
static void offer(volatile u32 *r, u32 q, struct queue *at, u16 first)
{
    at->avail.ring[at->avail.idx % 4] = first;
    __sync_synchronize();
    at->avail.idx++;
    __sync_synchronize();
    r[NOTIFY / 4] = q;
}

/* Waits, not for ever; the length that was written. */
static u32 await(struct queue *at)
{
    for (word i = 0; i < 50000000 && *(volatile u16 *)&at->used.idx == at->seen; i++)
        ;
    __sync_synchronize();
    return *(volatile u32 *)&at->used.ring[at->seen++ % 4].len;
}

/* ---- the network ---- */

static struct queue rx, tx;
static u8 in[2048], out[2048];
static const u8 mac[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

static u32 exchange(volatile u32 *r, word len)
{
    tx.desc[0] = (struct desc){(word)out, (u32)(12 + len), 0, 0};
    rx.desc[0] = (struct desc){(word)in, sizeof in, 2, 0};
    offer(r, 0, &rx, 0);
    offer(r, 1, &tx, 0);
    return await(&rx);
}

static void ask_who_has(volatile u32 *r)
{
    static const u8 arp[] = {0, 1, 8, 0, 6, 4, 0, 1};
    u8 *frame = out + 12;
    for (int i = 0; i < 6; i++)
        frame[i] = 0xff;
    copy(frame + 6, mac, 6), copy(frame + 12, "\x08\x06", 2), copy(frame + 14, arp, 8);
    copy(frame + 22, mac, 6), copy(frame + 28, "\x0a\0\x02\x0f", 4);
    copy(frame + 38, "\x0a\0\x02\x02", 4);
    u32 len = exchange(r, 42);
    say_bytes("arp ", in + 12, len > 12 ? len - 12 : 0);
}

static void ask_server(volatile u32 *r, word port)
{
    u8 *ip = out + 26;
    static const u8 header[] = {0x45, 0, 0, 32, 0,    1,    0, 0, 64, 17, 0, 0, 10,  0,   2,   15,
                                10,   0, 2, 2,  0x30, 0x39, 0, 0, 0,  12, 0, 0, 'p', 'i', 'n', 'g'};
    copy(out + 12, in + 12 + 6, 6), copy(out + 18, mac, 6), copy(out + 24, "\x08\0", 2);
    copy(ip, header, sizeof header);
    ip[22] = (u8)(port >> 8), ip[23] = (u8)port;
    u32 sum = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (u32)(ip[i] << 8 | ip[i + 1]);
    sum = ~((sum & 0xffff) + (sum >> 16));
    ip[10] = (u8)(sum >> 8), ip[11] = (u8)sum;
    u32 len = exchange(r, 14 + sizeof header);
    say_bytes("server ", in + 12 + 42, len > 54 ? len - 54 : 0);
}

static void network(word port)
{
    volatile u32 *r = device(NET);
    begin(r);
    set_queue(r, 0, &rx), set_queue(r, 1, &tx);
    r[STATUS / 4] = 15;
    ask_who_has(r);
    ask_server(r, port);
    ask_server(r, port);
}

/* ---- a shared folder ---- */

static struct queue requests;
static u32 at;

static void put(u64 value, word size)
{
    copy(out + at, &value, size);
    at += (u32)size;
}

static void put_text(const char *s)
{
    put(length(s), 2);
    copy(out + at, s, length(s));
    at += (u32)length(s);
}

static void message(u8 type)
{
    at = 4;
    put(type, 1), put(0, 2);
}

static void ask(volatile u32 *r, const char *what)
{
    u32 len = at;
    at = 0, put(len, 4);
    requests.desc[0] = (struct desc){(word)out, len, 1, 1};
    requests.desc[1] = (struct desc){(word)in, sizeof in, 2, 0};
    offer(r, 0, &requests, 0);
    say_bytes(what, in, await(&requests));
}

static void folder(void)
{
    volatile u32 *r = device(SHARE);
    begin(r);
    set_queue(r, 0, &requests);
    r[STATUS / 4] = 15;
    message(100), put(8192, 4), put_text("9P2000.L"), ask(r, "version ");
    message(104), put(1, 4), put(~0u, 4), put_text("x"), put_text(""), put(0, 4), ask(r, "attach ");
    message(110), put(1, 4), put(2, 4), put(1, 2), put_text("text"), ask(r, "walk ");
    message(24), put(2, 4), put(0x7ff, 8), ask(r, "attributes ");
    message(12), put(2, 4), put(0, 4), ask(r, "open ");
    message(116), put(2, 4), put(0, 8), put(100, 4), ask(r, "read ");
    message(110), put(1, 4), put(3, 4), put(1, 2), put_text("none"), ask(r, "no file ");
}

/* ---- the rest ---- */

static void host_file(void)
{
    static u8 text[64];
    word name[] = {(word) "words", 0, 5}, f = call(OPEN, name), none[] = {(word) "none", 0, 4};
    word read[] = {f, (word)text, sizeof text};
    say("opened ", f), say("length ", call(FLEN, &f));
    say("left ", call(READ, read));
    say_bytes("words ", text, sizeof text);
    say("none ", call(OPEN, none));
}

static void typed(void)
{
    static volatile u8 kept[16];
    word c, n = 0;
    while ((c = call(READC, 0)) != (word)-1) {
        kept[n++ % sizeof kept] = (u8)c;
        say("typed ", c);
    }
    call(WRITE0, "the end of the input\n");
}

void guest(void)
{
    static char line[128];
    word cmdline[2] = {(word)line, sizeof line}, port = 0, len = 0;
    call(GET_CMDLINE, cmdline);
    for (char *p = line; *p; p++)
        port = *p >= '0' && *p <= '9' ? port * 10 + (word)(*p - '0') : 0;
    say("time ", call(TIME, 0));
    network(port);
    folder();
    host_file();
    typed();
    for (word i = 0; i < 300000; i++) /* a hash or two come after all this */
        len += (word)((volatile u8 *)in)[i % sizeof in];
    say("sum ", len);
    word end[] = {APPLICATION_EXIT, 0};
    call(EXIT_EXTENDED, end);
}
