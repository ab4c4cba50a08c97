/* Semihosting calls. The device has no registers: a hart's EBREAK reaches it (machine/semihost.c).
 * A call that fails says so in its result, and SYS_ERRNO says why. */
#include "devices/semihost.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/tape.h"
#include "devices/chardev.h"
#include "devices/devices.h"
#include "devices/semihost_files.h"

enum {
    APPLICATION_EXIT = 0x20026, /* the reason that means: as the program wanted */
    MOST = 1 << 20,             /* bytes that one call moves: none shall hold up the machine */
    MAX_WORDS = 4,
};
#define FAILED UINT64_MAX

struct semihost {
    struct device dev;
    struct chardev *console;
    const char *program, *arguments; /* of the command line; may be NULL */
    u64 epoch_ns;
    struct semihost_files files;
    struct p9_fs *old;      /* what an earlier instance had open, until the state is put back */
    struct state_blob open; /* the open files, for p9_load() */
    u32 error;              /* errno of the last call that failed */
};

/* One call; `w`: the words of its block. Its result. */
typedef u64 serve_fn(struct semihost *s, struct semihost_call *c, const u64 *w);

static u64 fail(struct semihost *s, int error)
{
    s->error = (u32)error;
    return FAILED;
}

/* The result of what returns -1 with errno. */
static u64 result(struct semihost *s, s64 value)
{
    return value < 0 ? fail(s, errno) : (u64)value;
}

/* ---- console ---- */

/* Input, or 0 bytes at its end; c->waits if there may be some later. */
static size_t read_console(struct semihost *s, struct semihost_call *c, void *to, size_t len)
{
    if (!s->console)
        return 0;
    size_t n = uart_read_past(c->serial, s->console, to, len);
    c->waits = n == 0 && len && !chardev_ended(s->console);
    return n;
}

static void write_console(struct semihost *s, const void *from, size_t len)
{
    if (s->console)
        chardev_write(s->console, from, len);
}

static u64 sys_writec(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u8 byte;
    (void)w;
    if (c->read(c->memory, c->argument, &byte, 1))
        return fail(s, EFAULT);
    write_console(s, &byte, 1);
    return 0;
}

static u64 sys_write0(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u8 byte;
    (void)w;
    for (u64 i = 0; i < MOST; i++) {
        if (c->read(c->memory, c->argument + i, &byte, 1))
            return fail(s, EFAULT);
        if (!byte)
            break;
        write_console(s, &byte, 1);
    }
    return 0;
}

static u64 sys_readc(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u8 byte;
    (void)w;
    return read_console(s, c, &byte, 1) ? byte : FAILED;
}

/* ---- files ---- */

/* A name of `len` bytes into text[P9_PATH_MAX + 1]. 0, or -1 with errno. */
static int get_name(const struct semihost_call *c, u64 address, u64 len, char *text)
{
    errno = ENAMETOOLONG;
    if (len > P9_PATH_MAX)
        return -1;
    errno = EFAULT;
    if (c->read(c->memory, address, text, len))
        return -1;
    text[len] = 0;
    errno = EINVAL;
    return memchr(text, 0, len) ? -1 : 0;
}

static u64 sys_open(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    char name[P9_PATH_MAX + 1];
    bool named = get_name(c, w[0], w[2], name) == 0;
    return result(s, named ? semihost_open(&s->files, name, w[1]) : -1);
}

static u64 sys_close(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c;
    return result(s, semihost_close(&s->files, w[0]));
}

/* The result of SYS_READ and SYS_WRITE is how many bytes are missing. */
static u64 sys_write(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u8 part[SEMIHOST_PART];
    u64 done = 0, most = w[2] < MOST ? w[2] : MOST;
    while (done < most) {
        size_t len = most - done < sizeof part ? most - done : sizeof part;
        ssize_t n = (ssize_t)len;
        errno = EFAULT;
        if (c->read(c->memory, w[1] + done, part, len))
            n = -1;
        else if (semihost_kind(&s->files, w[0]) == SEMI_CONSOLE_OUT)
            write_console(s, part, len);
        else
            n = semihost_write(&s->files, w[0], part, len);
        if (n < 0)
            fail(s, errno);
        if (n <= 0)
            break;
        done += (u64)n;
    }
    return w[2] - done;
}

/* Up to `len` bytes: what is there of the console's input, or of a file. -1 with errno. */
static ssize_t read_some(struct semihost *s, struct semihost_call *c, u64 handle, void *to,
                         size_t len)
{
    if (semihost_kind(&s->files, handle) == SEMI_CONSOLE_IN)
        return (ssize_t)read_console(s, c, to, len);
    return semihost_read(&s->files, handle, to, len);
}

static u64 sys_read(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u8 part[SEMIHOST_PART];
    u64 done = 0, most = w[2] < MOST ? w[2] : MOST;
    while (done < most) {
        size_t len = most - done < sizeof part ? most - done : sizeof part;
        ssize_t n = read_some(s, c, w[0], part, len);
        if (n > 0 && c->write(c->memory, w[1] + done, part, (size_t)n)) {
            errno = EFAULT;
            n = -1;
        }
        if (n < 0)
            fail(s, errno);
        if (n <= 0)
            break;
        done += (u64)n;
    }
    c->waits &= done == 0; /* a part of a line is enough */
    return w[2] - done;
}

/* 0 and 1 are answers, so an error is another number. */
static u64 sys_istty(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    enum semihost_kind kind = semihost_kind(&s->files, w[0]);
    (void)c;
    if (kind == SEMI_FREE)
        return fail(s, EBADF);
    return kind == SEMI_CONSOLE_IN || kind == SEMI_CONSOLE_OUT;
}

static u64 sys_seek(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    enum semihost_kind kind = semihost_kind(&s->files, w[0]);
    (void)c;
    if (kind != SEMI_FILE && kind != SEMI_FEATURES)
        return fail(s, kind == SEMI_FREE ? EBADF : ESPIPE);
    if (w[1] > INT64_MAX)
        return fail(s, EINVAL);
    s->files.at[w[0]] = w[1];
    return 0;
}

static u64 sys_flen(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c;
    return result(s, semihost_length(&s->files, w[0]));
}

static u64 sys_remove(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    char name[P9_PATH_MAX + 1];
    bool named = get_name(c, w[0], w[1], name) == 0;
    return result(s, named ? semihost_remove(&s->files, name) : -1);
}

static u64 sys_rename(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    char from[P9_PATH_MAX + 1], to[P9_PATH_MAX + 1];
    bool named = get_name(c, w[0], w[1], from) == 0 && get_name(c, w[2], w[3], to) == 0;
    return result(s, named ? semihost_rename(&s->files, from, to) : -1);
}

/* ---- time and the program ---- */

static u64 sys_clock(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c, (void)w;
    return device_now(&s->dev) / (s->dev.env->hz / 100);
}

static u64 sys_time(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c, (void)w;
    return s->epoch_ns / 1000000000 + device_now(&s->dev) / s->dev.env->hz;
}

/* 64 bits in either width: one word, or the low one and the high one. */
static u64 sys_elapsed(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u64 ticks = device_now(&s->dev);
    (void)w;
    return c->write(c->memory, c->argument, &ticks, sizeof ticks) ? fail(s, EFAULT) : 0;
}

static u64 sys_tickfreq(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c, (void)w;
    return s->dev.env->hz;
}

static u64 sys_iserror(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)s;
    return c->word == 4 ? (s32)w[0] < 0 : (s64)w[0] < 0;
}

static u64 sys_errno(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c, (void)w;
    return s->error;
}

/* The program's name and its arguments, into the buffer {address, room}; the room becomes the
 * length. */
static u64 sys_get_cmdline(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "%s%s%s", s->program ? s->program : "",
                       s->arguments ? " " : "", s->arguments ? s->arguments : "");
    u64 length = (u64)len;
    if (len < 0 || len >= (int)sizeof text || length >= w[1])
        return fail(s, E2BIG);
    if (c->write(c->memory, w[0], text, length + 1) ||
        c->write(c->memory, c->argument + c->word, &length, c->word))
        return fail(s, EFAULT);
    return 0;
}

/* Heap and stack share what is free: from its start up, from its end down. */
static u64 sys_heapinfo(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    const u64 bound[] = {c->free_low, c->free_high, c->free_high, c->free_low};
    for (u32 i = 0; i < ARRAY_LEN(bound); i++)
        if (c->write(c->memory, w[0] + i * c->word, &bound[i], c->word))
            return fail(s, EFAULT);
    return 0;
}

static void exit_guest(struct semihost *s, u64 reason, u64 status)
{
    if (reason != APPLICATION_EXIT)
        status = 1;
    s->dev.env->stop(s->dev.env->board, STOP_GUEST_EXIT, status > 255 ? 255 : (unsigned)status);
}

static u64 sys_exit_extended(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    (void)c;
    exit_guest(s, w[0], w[1]);
    return 0;
}

/* With words of 32 bits, the argument itself is the reason. */
static u64 sys_exit(struct semihost *s, struct semihost_call *c, const u64 *w)
{
    u64 block[2];
    (void)w;
    if (c->word == 4)
        exit_guest(s, c->argument, 0);
    else if (c->read(c->memory, c->argument, block, sizeof block))
        return fail(s, EFAULT);
    else
        exit_guest(s, block[0], block[1]);
    return 0;
}

/* ---- the table ---- */

static const struct {
    u8 number, words; /* words: of its block */
    serve_fn *serve;
} calls[] = {
    {0x01, 3, sys_open},     {0x02, 1, sys_close},         {0x03, 0, sys_writec},
    {0x04, 0, sys_write0},   {0x05, 3, sys_write},         {0x06, 3, sys_read},
    {0x07, 0, sys_readc},    {0x08, 1, sys_iserror},       {0x09, 1, sys_istty},
    {0x0a, 2, sys_seek},     {0x0c, 1, sys_flen},          {0x0e, 2, sys_remove},
    {0x0f, 4, sys_rename},   {0x10, 0, sys_clock},         {0x11, 0, sys_time},
    {0x13, 0, sys_errno},    {0x15, 2, sys_get_cmdline},   {0x16, 1, sys_heapinfo},
    {0x18, 0, sys_exit},     {0x20, 2, sys_exit_extended}, {0x30, 0, sys_elapsed},
    {0x31, 0, sys_tickfreq},
};

/* The words of the block at the argument. 0 or -1. */
static int get_words(const struct semihost_call *c, u32 count, u64 *w)
{
    for (u32 i = 0; i < count; i++)
        if (c->read(c->memory, c->argument + i * c->word, &w[i], c->word))
            return -1;
    return 0;
}

bool semihost_serve(struct device *dev, struct semihost_call *c)
{
    struct semihost *s = (struct semihost *)dev;
    u64 w[MAX_WORDS] = {0};
    c->waits = false;
    for (u32 i = 0; i < ARRAY_LEN(calls); i++) {
        if (calls[i].number != c->number)
            continue;
        bool got = get_words(c, calls[i].words, w) == 0;
        c->result = got ? calls[i].serve(s, c, w) : fail(s, EFAULT);
        return !c->waits;
    }
    c->result = fail(s, ENOSYS);
    return true;
}

/* ---- the device ---- */

static void semihost_reset(struct device *dev)
{
    struct semihost *s = (struct semihost *)dev;
    p9_clunk_all(&s->files.fs);
    memset(s->files.kind, SEMI_FREE, sizeof s->files.kind);
    s->error = 0;
}

/* Does a tape have all that the folder would answer? Then it is not opened. */
static bool is_replayed(const struct semihost *s)
{
    const struct tape *t = s->dev.env->tape;
    return t && t->closed;
}

static void free_old(struct semihost *s)
{
    if (s->old)
        p9_clunk_all(s->old);
    free(s->old);
    s->old = NULL;
}

static void semihost_destroy(struct device *dev)
{
    struct semihost *s = (struct semihost *)dev;
    free_old(s);
    free(s->open.data);
    semihost_files_end(&s->files);
}

static void semihost_suspend(struct device *dev)
{
    struct semihost *s = (struct semihost *)dev;
    if (!is_replayed(s))
        p9_save(&s->files.fs, &s->open);
}

static int semihost_resume(struct device *dev, struct error *err)
{
    struct semihost *s = (struct semihost *)dev;
    int rc = is_replayed(s) ? 0 : p9_load(&s->files.fs, &s->open, s->old, err);
    free_old(s);
    return rc;
}

static int semihost_portable(const struct device *dev, struct error *err)
{
    const struct semihost *s = (const struct semihost *)dev;
    if (s->files.any && is_replayed(s))
        return error_set(err,
                         "semihosting's folder cannot be saved from a replay: it is not there");
    return p9_portable(&s->files.fs, err);
}

/* The folder and what is open in it. */
static void *semihost_give_host(struct device *dev)
{
    struct semihost *s = (struct semihost *)dev;
    struct p9_fs *given = malloc(sizeof *given);
    if (!given)
        return NULL;
    *given = s->files.fs;
    memset(s->files.fs.bucket, 0, sizeof s->files.fs.bucket);
    s->files.fs.root = -1;
    return given;
}

static const struct state_row semihost_rows[] = {
    STATE_ARRAY(struct semihost, files.kind), STATE_ARRAY(struct semihost, files.at),
    STATE_FIELD(struct semihost, error),      STATE_FIELD(struct semihost, epoch_ns),
    STATE_BLOB(struct semihost, open),
};

const struct dev_class semihost_class = {
    .name = "semihosting",
    .reset = semihost_reset,
    .destroy = semihost_destroy,
    .suspend = semihost_suspend,
    .resume = semihost_resume,
    .portable = semihost_portable,
    .give_host = semihost_give_host,
    .rows = semihost_rows,
    .num_rows = ARRAY_LEN(semihost_rows),
};

/* 0, or -1 with *err. */
static int open_folder(struct semihost *s, const char *path, struct error *err)
{
    s->files.fs.root = -1;
    s->files.any = *path;
    if (s->old)
        s->files.fs.root = s->old->root;
    else if (*path && !is_replayed(s) &&
             (s->files.fs.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return error_set(err, "--semihosting=%s: %s", path, strerror(errno));
    return 0;
}

struct device *semihost_new(const struct dev_env *env, const struct dev_args *args,
                            struct error *err)
{
    struct semihost *s = (struct semihost *)device_alloc(sizeof *s, &semihost_class, env, err);
    if (!s)
        return NULL;
    s->console = args->console;
    s->program = args->program;
    s->arguments = args->arguments;
    s->epoch_ns = args->epoch_ns;
    s->old = args->host;
    s->files.owner = env->owner;
    s->files.tape = env->tape;
    if (open_folder(s, args->spec, err)) {
        free(s);
        return NULL;
    }
    return &s->dev;
}
