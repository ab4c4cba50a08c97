/* Output files: a buffer, and behind it write(2), zlib or libzstd. */
#include "trace/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "common/host.h"
#include "common/owner.h"

enum { BUFFER = 1 << 16 };

struct out {
    char *path;
    const struct owner *owner; /* NULL: none */
    int fd;
    int error;      /* errno of the first failure */
    bool each_line; /* a person reads along */
    gzFile gz;
    ZSTD_CCtx *zstd;
    size_t used;
    char buffer[BUFFER];
    char packed[BUFFER];
};

static bool ends_with(const char *path, const char *suffix)
{
    size_t a = strlen(path), b = strlen(suffix);
    return a > b && strcmp(path + a - b, suffix) == 0;
}

static int start_compression(struct out *o)
{
    if (ends_with(o->path, ".gz")) {
        o->gz = gzdopen(o->fd, "wb6");
        return o->gz ? 0 : -1;
    }
    if (ends_with(o->path, ".zst")) {
        o->zstd = ZSTD_createCCtx();
        return o->zstd ? 0 : -1;
    }
    return 0;
}

static void destroy(struct out *o)
{
    if (o->gz)
        gzclose(o->gz); /* closes fd */
    else if (o->fd >= 0 && o->fd != STDERR_FILENO)
        close(o->fd);
    ZSTD_freeCCtx(o->zstd);
    free(o->path);
    free(o);
}

int out_try(const char *path, struct error *err)
{
    struct out *o = out_open(path, NULL, err);
    return o ? out_close(o, err) : -1;
}

struct out *out_open(const char *path, const struct owner *owner, struct error *err)
{
    bool to_stderr = !path || !strcmp(path, "-");
    struct out *o = calloc(1, sizeof *o);
    if (o)
        o->path = strdup(to_stderr ? "standard error" : path);
    if (!o || !o->path) {
        free(o);
        error_set(err, "no memory to write a file");
        return NULL;
    }
    o->owner = owner;
    o->fd = to_stderr ? host_own_output(STDERR_FILENO)
                      : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (o->fd < 0 || (!to_stderr && start_compression(o))) {
        error_set(err, "cannot write '%s': %s", path, strerror(errno));
        destroy(o);
        return NULL;
    }
    if (!to_stderr && !o->gz) /* a FIFO; zlib cannot wait */
        fcntl(o->fd, F_SETFL, fcntl(o->fd, F_GETFL) | O_NONBLOCK);
    o->each_line = to_stderr && isatty(o->fd);
    return o;
}

static void failed(struct out *o, int error)
{
    if (!o->error)
        o->error = error ? error : EIO;
}

static void write_all(struct out *o, const char *data, size_t len)
{
    int error = o->error ? 0 : owner_write(o->owner, o->fd, data, len);
    if (error)
        failed(o, error);
}

static void write_zstd(struct out *o, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {o->buffer, o->used, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {o->packed, sizeof o->packed, 0};
        left = ZSTD_compressStream2(o->zstd, &out, &in, how);
        if (ZSTD_isError(left)) {
            failed(o, EIO);
            return;
        }
        write_all(o, o->packed, out.pos);
    } while (!o->error && (how == ZSTD_e_continue ? in.pos < in.size : left != 0));
}

/* Hands the buffer on; `how` says how far a compressor must go. */
static void drain(struct out *o, ZSTD_EndDirective how)
{
    if (o->error) {
        o->used = 0;
        return;
    }
    if (o->gz) {
        if (o->used && gzwrite(o->gz, o->buffer, (unsigned)o->used) <= 0)
            failed(o, errno);
    } else if (o->zstd) {
        write_zstd(o, how);
    } else {
        write_all(o, o->buffer, o->used);
    }
    o->used = 0;
}

void out_write(struct out *o, const char *data, size_t len)
{
    bool line = len && data[len - 1] == '\n';
    while (len) {
        size_t n = BUFFER - o->used;
        if (n > len)
            n = len;
        memcpy(o->buffer + o->used, data, n);
        o->used += n;
        data += n;
        len -= n;
        if (o->used == BUFFER)
            drain(o, ZSTD_e_continue);
    }
    if (line && o->each_line)
        drain(o, ZSTD_e_continue);
}

void out_flush(struct out *o)
{
    drain(o, ZSTD_e_flush);
}

void out_text(struct out *o, const char *text)
{
    out_write(o, text, strlen(text));
}

void out_printf(struct out *o, const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (n > 0)
        out_write(o, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void out_json_string(struct out *o, const char *text)
{
    out_write(o, "\"", 1);
    for (; *text; text++) {
        u8 c = (u8)*text;
        if (c < 0x20 || c >= 0x7f || strchr("\"\\<>&", c))
            out_printf(o, "\\u00%02x", c);
        else
            out_write(o, text, 1);
    }
    out_write(o, "\"", 1);
}

int out_close(struct out *o, struct error *err)
{
    drain(o, ZSTD_e_end);
    if (o->gz) {
        int rc = gzclose(o->gz);
        o->gz = NULL;
        o->fd = -1;
        if (rc != Z_OK)
            failed(o, errno);
    } else if (o->fd != STDERR_FILENO) {
        if (close(o->fd))
            failed(o, errno);
        o->fd = -1;
    }
    int rc = o->error
                 ? error_set(err, "cannot write '%s': %s", o->path, owner_write_error(o->error))
                 : 0;
    destroy(o);
    return rc;
}
