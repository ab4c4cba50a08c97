/* The stream that is made from rows, and what else rows are good for. */
#include "common/state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_VERSION = 1, NAME_MAX_LEN = 63 };
static const char magic[8] = "hextant";

struct state_part state_part(const void *base, const struct state_row *row, u32 num_rows,
                             const char *format, ...)
{
    struct state_part part = {.base = (void *)(uintptr_t)base, .row = row, .num_rows = num_rows};
    va_list args;
    va_start(args, format);
    vsnprintf(part.name, sizeof part.name, format, args);
    va_end(args);
    return part;
}

/* ---- saving ---- */

static int put(struct state_sink *s, const void *data, size_t len)
{
    return s->write(s, data, len);
}

static int put_number(struct state_sink *s, u32 value)
{
    return put(s, &value, sizeof value);
}

static int put_name(struct state_sink *s, const char *name)
{
    size_t len = strlen(name);
    return put_number(s, (u32)len) || put(s, name, len);
}

int state_save_header(struct state_sink *s, struct error *err)
{
    if (put(s, magic, sizeof magic) || put_number(s, STATE_VERSION))
        return error_set(err, "the state cannot be written");
    return 0;
}

static int save_blob(struct state_sink *s, const char *name, const struct state_blob *b)
{
    if (put_name(s, name) || put_number(s, 0) || put_number(s, b->len))
        return -1;
    return b->len ? put(s, b->data, b->len) : 0;
}

static int save_row(struct state_sink *s, const struct state_part *part,
                    const struct state_row *row)
{
    if (row->size == 0)
        return save_blob(s, row->name, state_element(part, row, 0));
    if (put_name(s, row->name) || put_number(s, row->size) || put_number(s, row->count))
        return -1;
    if (row->stride == row->size)
        return put(s, state_element(part, row, 0), (size_t)row->size * row->count);
    for (u32 i = 0; i < row->count; i++)
        if (put(s, state_element(part, row, i), row->size))
            return -1;
    return 0;
}

int state_save(struct state_sink *s, const struct state_part *part, struct error *err)
{
    int rc = put_name(s, part->name) || put_number(s, part->num_rows);
    for (u32 i = 0; !rc && i < part->num_rows; i++)
        rc = save_row(s, part, &part->row[i]);
    return rc ? error_set(err, "the state of '%s' cannot be written", part->name) : 0;
}

/* ---- putting back ---- */

static int get(struct state_source *s, void *data, size_t len)
{
    return s->read(s, data, len);
}

static int get_number(struct state_source *s, u32 *value)
{
    return get(s, value, sizeof *value);
}

static int get_name(struct state_source *s, char name[NAME_MAX_LEN + 1])
{
    u32 len;
    if (get_number(s, &len) || len > NAME_MAX_LEN || get(s, name, len))
        return -1;
    name[len] = 0;
    return 0;
}

int state_load_header(struct state_source *s, struct error *err)
{
    char text[sizeof magic];
    u32 version;
    if (get(s, text, sizeof text) || memcmp(text, magic, sizeof magic) || get_number(s, &version))
        return error_set(err, "this is not a saved state");
    if (version != STATE_VERSION)
        return error_set(err, "the saved state has version %u, this program reads version %d",
                         version, STATE_VERSION);
    return 0;
}

/* The next thing in the stream must be called so. */
static int expect_name(struct state_source *s, const struct state_part *part, const char *name,
                       struct error *err)
{
    char found[NAME_MAX_LEN + 1];
    if (get_name(s, found))
        return error_set(err, "the saved state ends in '%s', before '%s'", part->name, name);
    if (strcmp(found, name) != 0)
        return error_set(err, "the saved state has '%s' in '%s' where this machine has '%s'", found,
                         part->name, name);
    return 0;
}

static int load_blob(struct state_source *s, struct state_blob *b, u32 len)
{
    free(b->data);
    *b = (struct state_blob){len ? malloc(len) : NULL, len};
    if (!len)
        return 0;
    return b->data ? get(s, b->data, len) : -1;
}

static int load_elements(struct state_source *s, const struct state_part *part,
                         const struct state_row *row)
{
    if (row->stride == row->size)
        return get(s, state_element(part, row, 0), (size_t)row->size * row->count);
    for (u32 i = 0; i < row->count; i++)
        if (get(s, state_element(part, row, i), row->size))
            return -1;
    return 0;
}

static int load_row(struct state_source *s, const struct state_part *part,
                    const struct state_row *row, struct error *err)
{
    u32 size, count;
    if (expect_name(s, part, row->name, err))
        return -1;
    if (get_number(s, &size) || get_number(s, &count) || size != row->size ||
        (size && count != row->count))
        return error_set(err, "the saved state has '%s' of '%s' in another size", row->name,
                         part->name);
    int rc = size ? load_elements(s, part, row) : load_blob(s, state_element(part, row, 0), count);
    return rc ? error_set(err, "the saved state ends in '%s' of '%s'", row->name, part->name) : 0;
}

int state_load(struct state_source *s, const struct state_part *part, struct error *err)
{
    u32 rows;
    if (expect_name(s, part, part->name, err))
        return -1;
    if (get_number(s, &rows) || rows != part->num_rows)
        return error_set(err, "the saved state has another number of rows in '%s'", part->name);
    for (u32 i = 0; i < rows; i++)
        if (load_row(s, part, &part->row[i], err))
            return -1;
    return 0;
}

/* ---- looking ---- */

bool state_is_zero(const struct state_part *part, const struct state_row *row, u32 i)
{
    const u8 *byte = state_element(part, row, i);
    for (u32 k = 0; k < row->size; k++)
        if (byte[k])
            return false;
    return true;
}

char *state_text(const struct state_part *part, const struct state_row *row, u32 i,
                 char buf[STATE_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    const u8 *byte = state_element(part, row, i);
    u32 n = row->size < STATE_TEXT_BYTES ? row->size : STATE_TEXT_BYTES;
    while (n > 8 && !byte[n - 1])
        n--;
    char *to = buf;
    *to++ = '0';
    *to++ = 'x';
    while (n-- > 0) {
        *to++ = digits[byte[n] >> 4];
        *to++ = digits[byte[n] & 15];
    }
    *to = 0;
    return buf;
}

u32 state_compare(const struct state_part *a, const struct state_part *b, state_differ_fn fn,
                  void *ctx)
{
    u32 n = 0;
    for (u32 k = 0; k < a->num_rows; k++) {
        const struct state_row *row = &a->row[k];
        if (row->stride == row->size && memcmp(state_element(a, row, 0), state_element(b, row, 0),
                                               (size_t)row->size * row->count) == 0)
            continue;
        for (u32 i = 0; i < row->count; i++) {
            if (memcmp(state_element(a, row, i), state_element(b, row, i), row->size) == 0)
                continue;
            n++;
            if (fn)
                fn(ctx, a, b, row, i);
        }
    }
    return n;
}

void state_poison(const struct state_part *part)
{
    for (u32 k = 0; k < part->num_rows; k++)
        for (u32 i = 0; i < part->row[k].count; i++)
            memset(state_element(part, &part->row[k], i), 0xa5, part->row[k].size);
}

/* ---- streams in memory ---- */

static int memory_write(struct state_sink *s, const void *data, size_t len)
{
    struct state_memory *m =
        (struct state_memory *)((char *)s - offsetof(struct state_memory, sink));
    if (m->room - m->len < len) {
        size_t room = (m->len + len) * 2;
        u8 *bigger = realloc(m->data, room);
        if (!bigger)
            return -1;
        m->data = bigger;
        m->room = room;
    }
    memcpy(m->data + m->len, data, len);
    m->len += len;
    return 0;
}

static int memory_read(struct state_source *s, void *data, size_t len)
{
    struct state_memory *m =
        (struct state_memory *)((char *)s - offsetof(struct state_memory, source));
    if (m->len - m->at < len)
        return -1;
    memcpy(data, m->data + m->at, len);
    m->at += len;
    return 0;
}

void state_memory_init(struct state_memory *m)
{
    *m = (struct state_memory){.sink = {memory_write}, .source = {memory_read}};
}
