/* Compressed files with a checksum that are there as a whole or not at all. */
#include "common/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* The first line: "hextant-snapshot 1\n". */
enum { LINE_MAX_LEN = 64, BUFFER = 1 << 17, PAGE = 4096, LEVEL = 1 };

struct packed_out {
    struct state_sink sink;
    ZSTD_CCtx *zstd;
    int fd;
    int error; /* errno of the first failure */
    char *path, *unfinished;
    u8 buffer[BUFFER];
};

struct packed_in {
    struct state_source source;
    ZSTD_DCtx *zstd;
    int fd;
    bool broken; /* by what the decompressor says */
    bool ended;  /* the frame, whose checksum fits */
    char *path;
    ZSTD_inBuffer in;
    u8 buffer[BUFFER];
};

static void first_line(const struct packed_kind *kind, char line[LINE_MAX_LEN])
{
    snprintf(line, LINE_MAX_LEN, "hextant-%s %u\n", kind->name, kind->version);
}

/* ---- writing ---- */

static int write_all(struct packed_out *p, const void *data, size_t len)
{
    const u8 *at = data;
    while (len && !p->error) {
        ssize_t n = write(p->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            p->error = n < 0 ? errno : EIO;
            break;
        }
        at += n;
        len -= (size_t)n;
    }
    return p->error ? -1 : 0;
}

/* Compresses `len` bytes; ZSTD_e_end: the last ones. */
static int compress(struct packed_out *p, const void *data, size_t len, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {data, len, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {p->buffer, sizeof p->buffer, 0};
        left = ZSTD_compressStream2(p->zstd, &out, &in, how);
        if (ZSTD_isError(left) && !p->error)
            p->error = ENOMEM;
        if (p->error || write_all(p, p->buffer, out.pos))
            return -1;
    } while (how == ZSTD_e_continue ? in.pos < in.size : left != 0);
    return 0;
}

static int sink_write(struct state_sink *s, const void *data, size_t len)
{
    return compress((struct packed_out *)s, data, len, ZSTD_e_continue);
}

struct state_sink *packed_sink(struct packed_out *p)
{
    return &p->sink;
}

bool packed_failed(const struct packed_out *p)
{
    return p->error != 0;
}

static void free_out(struct packed_out *p)
{
    if (p->fd >= 0)
        close(p->fd);
    ZSTD_freeCCtx(p->zstd);
    free(p->path);
    free(p->unfinished);
    free(p);
}

void packed_abandon(struct packed_out *p)
{
    if (!p)
        return;
    if (p->fd >= 0)
        unlink(p->unfinished);
    free_out(p);
}

int packed_check_place(const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) || S_ISREG(st.st_mode))
        return 0;
    return error_set(err, "cannot write '%s': that is no ordinary file", path);
}

struct packed_out *packed_create(const char *path, const struct packed_kind *kind,
                                 struct error *err)
{
    struct packed_out *p = calloc(1, sizeof *p);
    char line[LINE_MAX_LEN];
    if (!p) {
        error_set(err, "cannot write '%s': out of memory", path);
        return NULL;
    }
    p->sink.write = sink_write;
    p->fd = -1;
    p->path = strdup(path);
    p->zstd = ZSTD_createCCtx();
    if (!p->path || !p->zstd ||
        asprintf(&p->unfinished, "%s" PACKED_UNFINISHED "%ld", path, (long)getpid()) < 0) {
        p->unfinished = NULL;
        error_set(err, "cannot write '%s': out of memory", path);
        packed_abandon(p);
        return NULL;
    }
    ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1);
    p->fd = open(p->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (p->fd < 0) {
        error_set(err, "cannot write '%s': %s", path, strerror(errno));
        packed_abandon(p);
        return NULL;
    }
    first_line(kind, line);
    write_all(p, line, strlen(line));
    return p;
}

void packed_sync_folder(const char *path)
{
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
    if (!folder)
        return;
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

int packed_commit(struct packed_out *p, struct error *err)
{
    compress(p, NULL, 0, ZSTD_e_end);
    if (!p->error && fsync(p->fd))
        p->error = errno;
    if (close(p->fd) && !p->error)
        p->error = errno;
    p->fd = -1;
    if (!p->error && rename(p->unfinished, p->path))
        p->error = errno;
    int rc = p->error ? error_set(err, "cannot write '%s': %s", p->path, strerror(p->error)) : 0;
    if (rc)
        unlink(p->unfinished);
    else
        packed_sync_folder(p->path);
    free_out(p);
    return rc;
}

/* ---- reading ---- */

/* Makes something to decompress available: false at the end of the file. */
static bool refill(struct packed_in *p)
{
    ssize_t n;
    if (p->in.pos < p->in.size)
        return true;
    do
        n = read(p->fd, p->buffer, sizeof p->buffer);
    while (n < 0 && errno == EINTR);
    p->in = (ZSTD_inBuffer){p->buffer, n > 0 ? (size_t)n : 0, 0};
    return n > 0;
}

static int source_read(struct state_source *s, void *data, size_t len)
{
    struct packed_in *p = (struct packed_in *)s;
    ZSTD_outBuffer out = {data, len, 0};
    while (out.pos < out.size) {
        size_t before = out.pos;
        bool more = refill(p);
        if (p->broken || p->ended)
            return -1;
        size_t left = ZSTD_decompressStream(p->zstd, &out, &p->in);
        p->broken = ZSTD_isError(left);
        p->ended = left == 0;
        if (!more && out.pos == before) /* it ends too early */
            p->broken = true;
    }
    return p->broken || out.pos < out.size ? -1 : 0;
}

struct state_source *packed_source(struct packed_in *p)
{
    return &p->source;
}

void packed_skip(struct packed_in *p)
{
    u8 rest[PAGE];
    while (!p->ended && source_read(&p->source, rest, sizeof rest) == 0)
        continue;
}

void packed_close(struct packed_in *p)
{
    if (!p)
        return;
    if (p->fd >= 0)
        close(p->fd);
    ZSTD_freeDCtx(p->zstd);
    free(p->path);
    free(p);
}

/* Reads the first line: is it one of that kind and version? 0, or -1 with *err. */
static int check_line(struct packed_in *p, const struct packed_kind *kind, struct error *err)
{
    char line[LINE_MAX_LEN], found[LINE_MAX_LEN] = "";
    const char *what = kind->name;
    u32 n = 0;
    first_line(kind, line);
    do { /* a byte at a time: what follows is for the decompressor */
        if (n == LINE_MAX_LEN - 1 || !refill(p))
            return error_set(err, "'%s' is no %s of hextant", p->path, what);
        found[n] = (char)((const u8 *)p->in.src)[p->in.pos++];
    } while (found[n++] != '\n');
    if (strcmp(line, found) == 0)
        return 0;
    if (strncmp(found, line, strcspn(line, " ") + 1) != 0)
        return error_set(err, "'%s' is no %s of hextant", p->path, what);
    found[n - 1] = '\0';
    return error_set(err, "'%s' is a %s of version%s, this program reads version %u", p->path, what,
                     found + strcspn(found, " "), kind->version);
}

struct packed_in *packed_open(const char *path, const struct packed_kind *kind, struct error *err)
{
    struct packed_in *p = calloc(1, sizeof *p);
    if (!p) {
        error_set(err, "cannot read '%s': out of memory", path);
        return NULL;
    }
    p->source.read = source_read;
    p->path = strdup(path);
    p->zstd = ZSTD_createDCtx();
    p->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (p->fd < 0 || !p->zstd || !p->path)
        error_set(err, "cannot read '%s': %s", path, strerror(p->fd < 0 ? errno : ENOMEM));
    else if (check_line(p, kind, err) == 0)
        return p;
    packed_close(p);
    return NULL;
}

int packed_finish(struct packed_in *p, struct error *err)
{
    u8 more;
    bool whole = false;
    if (!p->broken && !p->ended) {
        /* The checksum comes behind the last byte of the content. */
        ZSTD_outBuffer out = {&more, 1, 0};
        while (!p->broken && !p->ended && out.pos == 0) {
            bool some = refill(p);
            size_t left = ZSTD_decompressStream(p->zstd, &out, &p->in);
            p->broken = ZSTD_isError(left) || !some;
            p->ended = left == 0;
        }
        p->broken |= out.pos != 0;
    }
    whole = p->ended && !p->broken && !refill(p);
    int rc =
        whole ? 0
              : error_set(err, "'%s' is damaged: its content does not fit its checksum", p->path);
    packed_close(p);
    return rc;
}
