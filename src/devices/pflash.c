/* A bank of flash memory with the common flash interface (CFI) and Intel's command set: two chips
 * of 16 bits beside each other, in blocks of 256 KiB, on a file. What is programmed is in the file
 * at once. Commands are what both chips are told, in each half of a word. */
#include <stdlib.h>
#include <string.h>

#include "devices/drive.h"

enum { BANK = 32 << 20, BLOCK = 256 << 10, BUFFER = 2048 };

enum pflash_mode { READ_ARRAY, READ_STATUS, READ_ID, READ_QUERY };
/* What the next write is. */
enum pflash_step { COMMAND, DATA, BUFFER_COUNT, BUFFER_DATA, BUFFER_CONFIRM, ERASE, LOCK };
enum { CONFIRM = 0xd0 };
#define UNKNOWN UINT64_MAX
enum { READY = 0x80, ERASE_ERROR = 0x20, PROGRAM_ERROR = 0x10, PROTECTED = 0x02 };

struct pflash {
    struct device dev;
    struct drive drive;
    u8 mode, step; /* enum pflash_mode, pflash_step */
    u8 status;
    u32 left;  /* words of the buffer that are still to come, */
    u64 start; /* which go there, */
    u64 block; /* in this block */
    u8 buffer[BUFFER];
    u8 given[BUFFER / 8]; /* bytes of the buffer that were written, a bit each */
};

/* ---- the file ---- */

/* Beyond its end everything is erased. */
static u64 inside(const struct pflash *p, u64 offset, u64 len)
{
    u64 size = p->drive.image->size;
    return offset >= size ? 0 : len < size - offset ? len : size - offset;
}

static u64 read_array(struct pflash *p, u64 offset, unsigned size)
{
    u64 value = ~0ull, n = inside(p, offset, size);
    if (n && image_read(p->drive.image, offset, &value, n))
        value = ~0ull;
    return value & MASK(8 * size);
}

/* Puts bytes into the file; what goes wrong is in the status, under this bit. */
static void store(struct pflash *p, u64 offset, const u8 *bytes, u64 len, u8 error)
{
    u64 n = inside(p, offset, len);
    if (p->drive.image->mode == IMAGE_RO)
        p->status |= error | PROTECTED;
    else if (n && image_write(p->drive.image, offset, bytes, n))
        p->status |= error;
}

/* Programming clears bits and sets none. */
static void program(struct pflash *p, u64 offset, unsigned size, u64 value)
{
    value &= read_array(p, offset, size);
    store(p, offset, (const u8 *)&value, size, PROGRAM_ERROR);
}

static void erase(struct pflash *p, u64 offset)
{
    u8 ones[4096];
    u64 first = offset & ~(u64)(BLOCK - 1);
    memset(ones, 0xff, sizeof ones);
    for (u64 at = 0; at < BLOCK; at += sizeof ones)
        store(p, first + at, ones, sizeof ones, ERASE_ERROR);
}

/* ---- the buffer ---- */

static void fill_buffer(struct pflash *p, u64 offset, unsigned size, u64 value)
{
    u64 at = offset - p->start; /* before the start it is huge */
    if (at > BUFFER - size || offset / BLOCK != p->block) {
        p->status |= PROGRAM_ERROR;
        return;
    }
    memcpy(p->buffer + at, &value, size);
    for (u64 i = at; i < at + size; i++)
        p->given[i / 8] |= (u8)(1 << i % 8);
}

static void program_buffer(struct pflash *p)
{
    for (u64 i = 0; i < BUFFER; i++)
        if (p->given[i / 8] >> i % 8 & 1)
            program(p, p->start + i, 1, p->buffer[i]);
    memset(p->given, 0, sizeof p->given);
}

/* ---- what chips say of themselves ---- */

/* The query table of one chip, from 0x10 on: command set 1; times; 16 MiB, by 16 bits, a buffer of
 * 1 KiB, 128 blocks of 128 KiB; the extension "PRI", version 1.0. */
static const u8 query[] = {
    'Q', 'R', 'Y', 1,  0, 0x31, 0,   0, 0, 0, 0,   0x45, 0x55, 0,   0,   7, 7, 10, 0, 4, 4, 4, 0,
    24,  1,   0,   10, 0, 1,    127, 0, 0, 2, 'P', 'R',  'I',  '1', '0', 0, 0, 0,  0, 0, 0, 0,
};
enum { QUERY_AT = 0x10 };

static u16 identity(u64 word)
{
    static const u16 id[] = {0x89, 0x18};
    return word < ARRAY_LEN(id) ? id[word] : 0;
}

/* What each chip answers at a word. */
static u16 answer(const struct pflash *p, u64 word)
{
    switch (p->mode) {
    case READ_STATUS:
        return p->status;
    case READ_ID:
        return identity(word & 0xff);
    default:
        return word >= QUERY_AT && word < QUERY_AT + sizeof query ? query[word - QUERY_AT] : 0;
    }
}

static int pflash_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct pflash *p = (struct pflash *)dev;
    if (p->mode == READ_ARRAY) {
        *value = read_array(p, offset, size);
        return 0;
    }
    u64 both = answer(p, offset / 4) * 0x10001ull;
    *value = (both | both << 32) >> (8 * (offset & 3));
    return 0;
}

/* ---- commands ---- */

static void command(struct pflash *p, u64 offset, u8 code)
{
    static const struct {
        u8 code, mode, step;
    } commands[] = {
        {0xff, READ_ARRAY, COMMAND},  {0x00, READ_ARRAY, COMMAND},
        {0x70, READ_STATUS, COMMAND}, {0x90, READ_ID, COMMAND},
        {0x98, READ_QUERY, COMMAND},  {0x10, READ_STATUS, DATA},
        {0x40, READ_STATUS, DATA},    {0x20, READ_STATUS, ERASE},
        {0x60, READ_STATUS, LOCK},    {0xe8, READ_STATUS, BUFFER_COUNT},
    };
    if (code == 0x50) /* clear status */
        p->status = READY;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (commands[i].code == code) {
            p->mode = commands[i].mode;
            p->step = commands[i].step;
        }
    p->block = offset / BLOCK;
}

/* A write that follows the command; 0xd0 confirms. */
static void go_on(struct pflash *p, u64 offset, unsigned size, u64 value)
{
    u8 next = COMMAND;
    switch (p->step) {
    case DATA:
        program(p, offset, size, value);
        break;
    case BUFFER_COUNT:
        p->left = (u32)(value & 0xffff) + 1;
        p->start = UNKNOWN;
        memset(p->given, 0, sizeof p->given);
        next = BUFFER_DATA;
        break;
    case BUFFER_DATA:
        if (p->start == UNKNOWN) /* the first datum says where */
            p->start = offset;
        fill_buffer(p, offset, size, value);
        next = --p->left ? BUFFER_DATA : BUFFER_CONFIRM;
        break;
    case BUFFER_CONFIRM:
        if ((value & 0xff) == CONFIRM && !(p->status & PROGRAM_ERROR))
            program_buffer(p);
        else
            p->status |= PROGRAM_ERROR;
        break;
    case ERASE:
        if ((value & 0xff) == CONFIRM)
            erase(p, offset);
        else
            p->status |= ERASE_ERROR | PROGRAM_ERROR;
        break;
    default: /* locks: there are none */
        break;
    }
    p->step = next;
}

static int pflash_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct pflash *p = (struct pflash *)dev;
    if (size == 8) { /* the chips see two */
        pflash_write(dev, offset, 4, value & MASK(32));
        return pflash_write(dev, offset + 4, 4, value >> 32);
    }
    if (p->step == COMMAND)
        command(p, offset, value & 0xff);
    else
        go_on(p, offset, size, value);
    return 0;
}

/* ---- life ---- */

static void pflash_reset(struct device *dev)
{
    struct pflash *p = (struct pflash *)dev;
    p->mode = READ_ARRAY;
    p->step = COMMAND;
    p->status = READY;
    p->left = 0;
    p->start = p->block = 0;
    memset(p->buffer, 0, sizeof p->buffer);
    memset(p->given, 0, sizeof p->given);
}

static void pflash_destroy(struct device *dev)
{
    drive_close(&((struct pflash *)dev)->drive, dev->env->owner);
}

static void *pflash_give_host(struct device *dev)
{
    return drive_give(&((struct pflash *)dev)->drive);
}

static const struct dev_media pflash_media = DRIVE_MEDIA(struct pflash, drive);

static const struct state_row pflash_rows[] = {
    STATE_FIELD(struct pflash, mode),   STATE_FIELD(struct pflash, step),
    STATE_FIELD(struct pflash, status), STATE_FIELD(struct pflash, left),
    STATE_FIELD(struct pflash, start),  STATE_FIELD(struct pflash, block),
    STATE_ARRAY(struct pflash, buffer), STATE_ARRAY(struct pflash, given),
};

static const struct dev_regs pflash_regs = {
    .size = BANK,
    .read = pflash_read,
    .write = pflash_write,
    .dt = {.name = "flash", .compatible = {"cfi-flash"}, .prop = {{"bank-width", 1, 4}}},
};

static const struct dev_class pflash_class = {
    .name = "pflash",
    .regs = &pflash_regs,
    .reset = pflash_reset,
    .destroy = pflash_destroy,
    .give_host = pflash_give_host,
    .media = &pflash_media,
    .rows = pflash_rows,
    .num_rows = ARRAY_LEN(pflash_rows),
};

struct device *pflash_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct pflash *p = (struct pflash *)device_alloc(sizeof *p, &pflash_class, env, err);
    if (!p || drive_open(&p->drive, env, args, err)) {
        free(p);
        return NULL;
    }
    return &p->dev;
}
