/* 9P messages as bytes: little-endian numbers, strings with a 16-bit length. A cursor goes bad
 * instead of leaving its buffer, and stays bad; its user looks once, at the end. */
#ifndef HEXTANT_DEVICES_P9_WIRE_H
#define HEXTANT_DEVICES_P9_WIRE_H

#include <string.h>
#include <sys/stat.h>

#include "common/types.h"

enum { P9_HEADER = 7, P9_NAME_MAX = 255, P9_PATH_MAX = 4095, P9_QID = 13 };

/* The host is little-endian wherever it runs (the simulator requires it), so numbers are copied. */
struct p9_cursor {
    u8 *data;
    u32 at, len;
    bool bad;
};

static inline u8 *p9_take(struct p9_cursor *c, u32 n)
{
    if (c->bad || n > c->len - c->at) {
        c->bad = true;
        return NULL;
    }
    c->at += n;
    return c->data + c->at - n;
}

/* A number of `size` bytes; 0 when there is none. */
static inline u64 p9_get(struct p9_cursor *c, u32 size)
{
    u64 v = 0;
    u8 *p = p9_take(c, size);
    if (p)
        memcpy(&v, p, size);
    return v;
}

static inline void p9_put(struct p9_cursor *c, u32 size, u64 v)
{
    u8 *p = p9_take(c, size);
    if (p)
        memcpy(p, &v, size);
}

/* A string into buf[max + 1]. Longer ones and those with a zero byte make the cursor bad. */
static inline void p9_get_text(struct p9_cursor *c, char *buf, u32 max)
{
    u32 n = (u32)p9_get(c, 2);
    u8 *p = p9_take(c, n);
    buf[0] = 0;
    if (!p || n > max || memchr(p, 0, n)) {
        c->bad = true;
        return;
    }
    memcpy(buf, p, n);
    buf[n] = 0;
}

static inline void p9_put_text(struct p9_cursor *c, const char *text)
{
    u32 n = (u32)strlen(text);
    p9_put(c, 2, n);
    u8 *p = p9_take(c, n);
    if (p)
        memcpy(p, text, n);
}

/* What 9P knows a file by: its type, a number that changes with it, and its identity. */
static inline void p9_put_qid(struct p9_cursor *c, const struct stat *st)
{
    u8 type = S_ISDIR(st->st_mode) ? 0x80 : S_ISLNK(st->st_mode) ? 0x02 : 0;
    u64 version = (u64)st->st_mtim.tv_nsec ^ (u64)st->st_mtim.tv_sec ^ (u64)st->st_size << 8;
    p9_put(c, 1, type);
    p9_put(c, 4, (u32)version);
    p9_put(c, 8, (u64)st->st_ino ^ (u64)st->st_dev << 48);
}

#endif
