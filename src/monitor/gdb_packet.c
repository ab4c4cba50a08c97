/* Framing: $data#checksum, escapes, acknowledgements. Whatever bytes come, the parser stays inside
 * its buffer and finds the start of the next packet. */
#include "monitor/gdb_packet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WAITING, DATA, SUM_HIGH, SUM_LOW };

static int digit(u8 c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void begin(struct gdb_in *in)
{
    in->state = DATA;
    in->len = 0;
    in->sum = 0;
    in->escaped = in->too_long = false;
}

static enum gdb_event between(struct gdb_in *in, u8 byte)
{
    switch (byte) {
    case '$':
        begin(in);
        return GDB_NOTHING;
    case '+':
        return GDB_ACK;
    case '-':
        return GDB_NACK;
    case 3:
        return GDB_INTERRUPT;
    default:
        return GDB_NOTHING;
    }
}

bool gdb_in_begins(u8 byte)
{
    return byte == '$' || byte == '+' || byte == '-' || byte == 3;
}

static void take(struct gdb_in *in, u8 byte)
{
    in->sum = (u8)(in->sum + byte);
    if (!in->escaped && byte == '}') {
        in->escaped = true;
        return;
    }
    if (in->escaped)
        byte ^= 0x20;
    in->escaped = false;
    if (in->len < GDB_PACKET_MAX)
        in->data[in->len++] = byte;
    else
        in->too_long = true;
}

enum gdb_event gdb_in_byte(struct gdb_in *in, u8 byte)
{
    int d = digit(byte);
    switch (in->state) {
    case DATA:
        if (byte == '#')
            in->state = SUM_HIGH;
        else if (byte == '$')
            begin(in); /* the last one was cut off */
        else
            take(in, byte);
        return GDB_NOTHING;
    case SUM_HIGH:
        in->want = (u8)((unsigned)d << 4);
        in->state = d < 0 ? WAITING : SUM_LOW;
        return d < 0 ? GDB_BAD : GDB_NOTHING;
    case SUM_LOW:
        in->state = WAITING;
        in->data[in->len] = 0;
        return d < 0 || (in->want | d) != in->sum || in->too_long ? GDB_BAD : GDB_PACKET;
    default:
        return between(in, byte);
    }
}

/* ---- making a packet ---- */

static const char digits[] = "0123456789abcdef";

static void put(struct gdb_out *out, u8 byte)
{
    if (out->len + 3 < sizeof out->data) /* room for the checksum stays */
        out->data[out->len++] = byte;
    else
        out->full = true;
}

void gdb_out_start(struct gdb_out *out)
{
    out->data[0] = '$';
    out->len = 1;
    out->full = false;
}

void gdb_out_text(struct gdb_out *out, const char *text)
{
    gdb_out_binary(out, text, strlen(text));
}

void gdb_out_printf(struct gdb_out *out, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    gdb_out_text(out, text);
}

void gdb_out_hex(struct gdb_out *out, const void *bytes, size_t len)
{
    for (const u8 *p = bytes; len--; p++) {
        put(out, (u8)digits[*p >> 4]);
        put(out, (u8)digits[*p & 15]);
    }
}

void gdb_out_binary(struct gdb_out *out, const void *bytes, size_t len)
{
    for (const u8 *p = bytes; len--; p++) {
        if (*p == '$' || *p == '#' || *p == '}' || *p == '*') {
            put(out, '}');
            put(out, *p ^ 0x20);
        } else {
            put(out, *p);
        }
    }
}

void gdb_out_finish(struct gdb_out *out)
{
    u8 sum = 0;
    for (u32 i = 1; i < out->len; i++)
        sum = (u8)(sum + out->data[i]);
    out->data[out->len++] = '#';
    out->data[out->len++] = (u8)digits[sum >> 4];
    out->data[out->len++] = (u8)digits[sum & 15];
}

/* ---- reading ---- */

int gdb_number(const char **at, u64 *value)
{
    const char *s = *at;
    unsigned n = 0;
    int d;
    *value = 0;
    while ((d = digit((u8)*s)) >= 0) {
        if (++n > 16)
            return -1;
        *value = *value << 4 | (unsigned)d;
        s++;
    }
    *at = s;
    return n ? 0 : -1;
}

int gdb_bytes(const char *text, u8 *bytes, size_t max)
{
    int n = 0;
    for (; text[0]; text += 2) {
        int high = digit((u8)text[0]), low = high < 0 ? -1 : digit((u8)text[1]);
        if (low < 0 || (size_t)n == max)
            return -1;
        bytes[n++] = (u8)(high << 4 | low);
    }
    return n;
}

bool gdb_skip(const char **at, const char *expected)
{
    size_t n = strlen(expected);
    if (strncmp(*at, expected, n) != 0)
        return false;
    *at += n;
    return true;
}
