/* State as rows. A row names a member of a struct; a part is a struct with its rows. From these,
 * state is saved, put back, compared and printed: there is no other list of what there is. */
#ifndef HEXTANT_COMMON_STATE_H
#define HEXTANT_COMMON_STATE_H

#include "common/error.h"
#include "common/types.h"

/* `count` elements of `size` bytes, the first at `offset`, `stride` bytes from one to the next.
 * Size 0: one struct state_blob. */
struct state_row {
    const char *name;
    u32 offset, size, count, stride;
};

#define STATE_SIZE(type, member) ((u32)sizeof(((type *)0)->member))
/* A member that is one number, one that is an array, and a member of every element of an array. */
#define STATE_FIELD(type, member)                                                                  \
    {                                                                                              \
#member, offsetof(type, member), STATE_SIZE(type, member), 1, STATE_SIZE(type, member)     \
    }
#define STATE_ARRAY(type, member)                                                                  \
    {                                                                                              \
#member, offsetof(type, member), STATE_SIZE(type, member[0]),                              \
            STATE_SIZE(type, member) / STATE_SIZE(type, member[0]), STATE_SIZE(type, member[0])    \
    }
#define STATE_EACH(type, array, member)                                                            \
    {                                                                                              \
#array "." #member, offsetof(type, array[0].member), STATE_SIZE(type, array[0].member),    \
            STATE_SIZE(type, array) / STATE_SIZE(type, array[0]), STATE_SIZE(type, array[0])       \
    }

/* What has no fixed size: `len` bytes that malloc() gave, NULL if there are none. */
struct state_blob {
    u8 *data;
    u32 len;
};
#define STATE_BLOB(type, member)                                                                   \
    {                                                                                              \
#member, offsetof(type, member), 0, 1, 0                                                   \
    }

/* A struct and its rows. The name is unique in a machine: "hart 0", "clint", "disk 1". */
struct state_part {
    char name[32];
    void *base;
    const struct state_row *row;
    u32 num_rows;
};

/* One with the name that the format makes. */
struct state_part state_part(const void *base, const struct state_row *row, u32 num_rows,
                             const char *format, ...) PRINTF(4, 5);

/* Where the parts of something are told, one after the other. 0, or -1 to give up. */
typedef int (*state_fn)(void *ctx, const struct state_part *part);

/* Where a saved state goes, and where it comes from. Each function moves `len` bytes, all of them,
 * and returns 0, or -1 when that is impossible. */
struct state_sink {
    int (*write)(struct state_sink *s, const void *data, size_t len);
};
struct state_source {
    int (*read)(struct state_source *s, void *data, size_t len);
};

/* The stream: a header with a version, then for each part its name and its rows, each as name, size
 * and count of the elements, and their bytes; see docs/architecture.md. All return 0, or -1 with
 * *err: the sink is full, or the source ends, or holds another part or row than this one. */
int state_save_header(struct state_sink *s, struct error *err);
int state_load_header(struct state_source *s, struct error *err);
int state_save(struct state_sink *s, const struct state_part *part, struct error *err);
int state_load(struct state_source *s, const struct state_part *part, struct error *err);

/* The address of element `i` of a row. */
static inline void *state_element(const struct state_part *part, const struct state_row *row, u32 i)
{
    return (char *)part->base + row->offset + (size_t)i * row->stride;
}
/* Is every byte of the element zero? */
bool state_is_zero(const struct state_part *part, const struct state_row *row, u32 i);
/* The element as one hexadecimal number with 0x, its first byte the least significant: two digits
 * for each byte, but no leading zeros beyond the eighth. Of elements larger than STATE_TEXT_BYTES,
 * the first bytes. Returns buf. */
#define STATE_TEXT_BYTES 1024
#define STATE_TEXT       (2 + 2 * STATE_TEXT_BYTES + 1)
char *state_text(const struct state_part *part, const struct state_row *row, u32 i,
                 char buf[STATE_TEXT]);
/* Tells every element in which two parts with the same rows differ; returns how many. `fn` may be
 * NULL. */
typedef void (*state_differ_fn)(void *ctx, const struct state_part *a, const struct state_part *b,
                                const struct state_row *row, u32 i);
u32 state_compare(const struct state_part *a, const struct state_part *b, state_differ_fn fn,
                  void *ctx);
/* Fills every element with a pattern that nobody takes for a value. */
void state_poison(const struct state_part *part);

/* A stream in memory. As a sink it grows; as a source it is read from `at` on. free() its data. */
struct state_memory {
    struct state_sink sink;
    struct state_source source;
    u8 *data;
    size_t len, room, at;
};
void state_memory_init(struct state_memory *m);

#endif
