/* The files that options name, as the rows of options.def say: which are read, which written, and
 * that none is lost. */
#include "machine/options.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/packed.h"

void move_to_front(char **word, int to, int from)
{
    char *moved = word[from];
    memmove(&word[to + 1], &word[to], (size_t)(from - to) * sizeof *word);
    word[to] = moved;
}

/* A file that an option names, cut off its value. */
struct named_file {
    const char *option;
    char path[PATH_MAX];
    bool written;
    bool unfinished; /* at first it has another name, see common/packed.h */
};

/* The name in a value, as its row says. False: there is none. */
static bool file_in(const struct key *row, const char *value, struct named_file *f)
{
    static const char spec[] = "file:";
    bool is_spec = row->file == KEY_WRITES_SPEC;
    const char *colon = value && row->file == KEY_WRITES_AT ? strrchr(value, ':') : NULL;
    if (!value || (is_spec && strncmp(value, spec, strlen(spec)) != 0) ||
        (row->file == KEY_READS_LIST && strchr(value, '=')))
        return false;
    if (is_spec)
        value += strlen(spec);
    if (colon)
        value = colon + 1;
    size_t len = row->count_offset ? strcspn(value, ",") : strlen(value);
    snprintf(f->path, sizeof f->path, "%.*s", (int)len, value);
    f->option = row->name;
    f->written = row->file != KEY_READS && row->file != KEY_READS_LIST;
    f->unfinished = row->file == KEY_WRITES_PACKED || row->file == KEY_WRITES_AT;
    return true;
}

/* Calls `fn` for every file that the options name; stops when it returns non-zero. */
static int each_file(const struct command_line *line,
                     int (*fn)(void *ctx, const struct named_file *f), void *ctx)
{
    struct named_file f = {.option = "the program"};
    int rc = 0;
    if (line->opt.file) {
        snprintf(f.path, sizeof f.path, "%s", line->opt.file);
        rc = fn(ctx, &f);
    }
    for (size_t i = 0; !rc && i < options_table.num; i++) {
        const struct key *r = &options_table.row[i];
        const char *const *value = (const void *)((const char *)line + r->offset);
        u32 n = r->file ? 1 : 0;
        if (r->file && r->count_offset)
            n = *(const u32 *)(const void *)((const char *)line + r->count_offset);
        for (u32 k = 0; !rc && k < n; k++)
            if (file_in(r, value[k], &f))
                rc = fn(ctx, &f);
    }
    return rc;
}

static bool stat_folder(const char *path, struct stat *st)
{
    char folder[PATH_MAX];
    int len = (int)(basename(path) - path);
    snprintf(folder, sizeof folder, "%.*s", len ? len : 1, len ? path : ".");
    return stat(folder, st) == 0;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The same file: by device and inode where both exist (devices, pipes and terminals may well be
 * written by several), else by name, in the same folder. */
static bool same_file(const char *a, const char *b)
{
    struct stat sa, sb;
    bool there_a = stat(a, &sa) == 0, there_b = stat(b, &sb) == 0;
    if (there_a && there_b)
        return S_ISREG(sa.st_mode) && same_inode(&sa, &sb);
    return !there_a && !there_b && strcmp(basename(a), basename(b)) == 0 && stat_folder(a, &sa) &&
           stat_folder(b, &sb) && same_inode(&sa, &sb);
}

struct file_check {
    const struct command_line *line;
    const struct named_file *first;
    bool passed; /* `first` itself has been met */
    struct error *err;
};

static int check_pair(void *ctx, const struct named_file *second)
{
    struct file_check *c = ctx;
    const struct named_file *first = c->first;
    bool itself =
        !c->passed && first->option == second->option && strcmp(first->path, second->path) == 0;
    c->passed |= itself;
    if (itself || (second->written && !c->passed) || !same_file(first->path, second->path))
        return 0;
    return error_set(c->err, "%s would overwrite '%s', which is also %s's; name another file",
                     first->option, first->path, second->option);
}

static int check_file(void *ctx, const struct named_file *f)
{
    struct file_check c = *(struct file_check *)ctx;
    c.first = f;
    if (f->unfinished && packed_check_place(f->path, c.err))
        return -1;
    return f->written ? each_file(c.line, check_pair, &c) : 0;
}

int options_check_files(const struct options *opt, struct error *err)
{
    struct command_line line = {.opt = *opt};
    return each_file(&line, check_file, &(struct file_check){.line = &line, .err = err});
}

struct file_question {
    const char *path;
    bool written;
};

/* Is `path` the name of the file while it is written? */
static bool is_unfinished(const struct named_file *f, const char *path)
{
    static const char mark[] = PACKED_UNFINISHED;
    size_t len = strlen(f->path);
    if (!f->unfinished || strncmp(path, f->path, len) != 0 ||
        strncmp(path + len, mark, strlen(mark)) != 0)
        return false;
    path += len + strlen(mark);
    return *path && path[strspn(path, "0123456789")] == '\0';
}

static int is_that_file(void *ctx, const struct named_file *f)
{
    const struct file_question *q = ctx;
    return f->written == q->written &&
           (strcmp(f->path, q->path) == 0 || (f->written && is_unfinished(f, q->path)));
}

bool options_name_file(const struct options *opt, const char *path, enum file_use use)
{
    struct command_line line = {.opt = *opt};
    return each_file(&line, is_that_file, &(struct file_question){path, use == FILE_IS_WRITTEN});
}

static int note_written(void *ctx, const struct named_file *f)
{
    const char **option = ctx;
    if (f->written)
        *option = f->option;
    return 0;
}

const char *options_written(const struct options *opt)
{
    struct command_line line = {.opt = *opt};
    const char *option = NULL;
    each_file(&line, note_written, &option);
    return option;
}
