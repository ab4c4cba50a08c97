/* The host-target interface: commands that a guest stores to `tohost` (exit, the system-call proxy,
 * console), answered in `fromhost`. A command is {device 63:56, command 55:48, payload 47:0}.
 * Device 0 is the proxy, device 1 the console; command 255 asks a device for its name. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "devices/dma.h"

enum {
    DEV_PROXY = 0,
    DEV_CONSOLE = 1,
    CMD_READ = 0,
    CMD_WRITE = 1,
    CMD_IDENTIFY = 255,
    SYS_WRITE = 64,
    SYS_EXIT = 93,
    GUEST_EBADF = 9,
    GUEST_EFAULT = 14,
    GUEST_ENOSYS = 38,
    SETTLE_TICKS = 100,
};

struct htif {
    struct device dev;
    struct chardev *console;
    struct device *serial; /* reads the same console; may be NULL */
    u64 tohost, fromhost;
    u8 halves;  /* 32-bit halves stored since the last command: bit 0 low, bit 1 high */
    u8 reading; /* the guest waits for a console character */
};

static void respond(struct htif *h, unsigned device, unsigned command, u64 payload)
{
    u64 word = (u64)device << 56 | (u64)command << 48 | (payload & MASK(48));
    if (h->fromhost)
        dma_write(&h->dev, h->fromhost, &word, sizeof(word));
}

static void exit_guest(struct htif *h, u64 status)
{
    h->dev.env->stop(h->dev.env->board, STOP_GUEST_EXIT, (unsigned)status);
}

/* write(fd, address, length); standard output and error both are the console. Fewer bytes than
 * asked for are allowed, and no call shall hold up the machine. */
enum { WRITE_MOST = 64 << 10 };
static s64 proxy_write(struct htif *h, u64 fd, u64 address, u64 len)
{
    if (fd != 1 && fd != 2)
        return -GUEST_EBADF;
    u8 buf[4096];
    len = len < WRITE_MOST ? len : WRITE_MOST;
    for (u64 done = 0; done < len;) {
        u64 part = len - done < sizeof(buf) ? len - done : sizeof(buf);
        if (dma_read(&h->dev, address + done, buf, part) != 0)
            return done ? (s64)done : -GUEST_EFAULT;
        if (h->console)
            chardev_write(h->console, buf, part);
        done += part;
    }
    return (s64)len;
}

/* The eight words at `block`: system call number, arguments; the result replaces the number. */
static void proxy_call(struct htif *h, u64 block)
{
    u64 word[8];
    if (dma_read(&h->dev, block, word, sizeof(word)) != 0) {
        owner_message(h->dev.env->owner,
                      "HTIF: system call block at 0x%" PRIx64 " is outside memory", block);
        return;
    }
    s64 result = -GUEST_ENOSYS;
    if (word[0] == SYS_WRITE)
        result = proxy_write(h, word[1], word[2], word[3]);
    else if (word[0] == SYS_EXIT)
        exit_guest(h, word[1]);
    dma_write(&h->dev, block, &result, sizeof(result));
    respond(h, DEV_PROXY, 0, 1);
}

static void identify(struct htif *h, unsigned device, u64 payload)
{
    static const char *const names[] = {"syscall_proxy", "bcd"};
    char text[64] = "";
    if (device < ARRAY_LEN(names))
        strncpy(text, names[device], sizeof(text) - 1);
    dma_write(&h->dev, payload >> 8, text, sizeof(text));
    respond(h, device, CMD_IDENTIFY, 1);
}

/* Answers a waiting console read once there is a character. */
static void answer_read(struct htif *h)
{
    u8 c;
    if (!h->reading || uart_read_past(h->serial, h->console, &c, 1) == 0)
        return;
    h->reading = 0;
    respond(h, DEV_CONSOLE, CMD_READ, 0x100 | c);
}

static void console_command(struct htif *h, unsigned command, u64 payload)
{
    u8 c = (u8)payload;
    if (command == CMD_WRITE && h->console) {
        chardev_write(h->console, &c, 1);
    } else if (command == CMD_READ) {
        h->reading = 1;
        answer_read(h);
    }
}

/* Takes the command in tohost, if there is one, and clears it. */
static void serve(struct htif *h)
{
    u64 word, zero = 0;
    h->halves = 0;
    device_set_deadline(&h->dev, UINT64_MAX);
    if (dma_read(&h->dev, h->tohost, &word, sizeof(word)) != 0 || word == 0)
        return;
    dma_write(&h->dev, h->tohost, &zero, sizeof(zero));
    unsigned device = (unsigned)(word >> 56), command = (word >> 48) & 0xff;
    u64 payload = word & MASK(48);
    if (command == CMD_IDENTIFY)
        identify(h, device, payload);
    else if (device == DEV_CONSOLE)
        console_command(h, command, payload);
    else if (device == DEV_PROXY && (payload & 1))
        exit_guest(h, payload >> 1);
    else if (device == DEV_PROXY)
        proxy_call(h, payload);
}

/* RV32 stores the word in two halves, in either order, or only the low one: the command counts when
 * both were stored, or a little later when the second does not come. */
static void htif_stored(struct device *dev, u64 pa, unsigned size)
{
    struct htif *h = (struct htif *)dev;
    if (size < 8) {
        h->halves |= pa - h->tohost < 4 ? 1 : 2;
        if (h->halves != 3) {
            device_set_deadline(dev, device_now(dev) + SETTLE_TICKS);
            return;
        }
    }
    serve(h);
}

static void htif_tick(struct device *dev)
{
    serve((struct htif *)dev);
}

static void htif_poll(struct device *dev)
{
    answer_read((struct htif *)dev);
}

static void htif_reset(struct device *dev)
{
    struct htif *h = (struct htif *)dev;
    h->halves = h->reading = 0;
}

static const struct state_row htif_rows[] = {
    STATE_FIELD(struct htif, halves),
    STATE_FIELD(struct htif, reading),
};

static const struct dev_class htif_class = {
    .name = "htif",
    .reset = htif_reset,
    .tick = htif_tick,
    .stored = htif_stored,
    .poll = htif_poll,
    .rows = htif_rows,
    .num_rows = ARRAY_LEN(htif_rows),
};

struct device *htif_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct htif *h = (struct htif *)device_alloc(sizeof(*h), &htif_class, env, err);
    if (!h)
        return NULL;
    h->console = args->console;
    h->serial = args->serial;
    h->tohost = args->tohost;
    h->fromhost = args->fromhost;
    h->dev.watched = args->tohost;
    h->dev.watched_len = sizeof(u64);
    return &h->dev;
}
