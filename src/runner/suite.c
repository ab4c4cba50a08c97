/* The list of programs to run: files, folders, and the lists of those expected to fail. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/runner.h"

/* Is `name` on the list in file `path`? One name a line; # begins a comment. */
static bool listed(const char *path, const char *name)
{
    FILE *f = fopen(path, "r");
    char line[512];
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "#\r\n \t")] = 0;
        found = strcmp(line, name) == 0;
    }
    if (f)
        fclose(f);
    return found;
}

/* `prefix`: how many bytes of the path belong to a folder that was given. */
static int add(struct suite *s, char *path, size_t prefix, const char *expected)
{
    if (s->num == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct test *t = realloc(s->test, cap * sizeof *t);
        if (!t)
            return -1;
        s->test = t;
        s->cap = cap;
    }
    char *slash = strrchr(path, '/');
    struct test *t = &s->test[s->num++];
    const char *last = slash ? slash + 1 : path;
    *t = (struct test){.path = path, .name = prefix ? path + prefix : last};
    char *list = NULL;
    if (asprintf(&list, "%.*s/expected-fail", slash ? (int)(slash - path) : 1, slash ? path : ".") <
        0)
        return -1;
    t->expect_fail =
        listed(list, last) || (expected && (listed(expected, last) || listed(expected, t->name)));
    free(list);
    return 0;
}

static bool is_elf(const char *path)
{
    char magic[4] = {0};
    FILE *f = fopen(path, "rb");
    bool yes = f && fread(magic, 1, 4, f) == 4 && memcmp(magic, "\177ELF", 4) == 0;
    if (f)
        fclose(f);
    return yes;
}

/* What a walk through a folder carries along. */
struct walk {
    struct suite *s;
    size_t prefix;
    const char *expected;
    struct error *err;
};

static int add_folder(const struct walk *w, const char *folder);

/* Takes the path. Links to folders are not followed: they may lead round. */
static int add_entry(const struct walk *w, char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        int rc = add_folder(w, path);
        free(path);
        return rc;
    }
    if (stat(path, &st) || !S_ISREG(st.st_mode) || !is_elf(path)) {
        free(path);
        return 0;
    }
    return add(w->s, path, w->prefix, w->expected) ? error_set(w->err, "no memory") : 0;
}

static int is_entry(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int add_folder(const struct walk *w, const char *folder)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, is_entry, alphasort), rc = 0;
    if (n < 0)
        return error_set(w->err, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        char *path;
        if (!rc && asprintf(&path, "%s/%s", folder, entry[i]->d_name) < 0)
            rc = error_set(w->err, "no memory");
        else if (!rc)
            rc = add_entry(w, path);
        free(entry[i]);
    }
    free(entry);
    return rc;
}

static int add_tree(struct suite *s, const char *folder, const char *expected, struct error *err)
{
    struct walk w = {s, strlen(folder) + 1, expected, err};
    size_t before = s->num;
    if (add_folder(&w, folder))
        return -1;
    return s->num == before ? error_set(err, "%s: no ELF file in this folder", folder) : 0;
}

int suite_add(struct suite *s, const char *path, const char *expected, struct error *err)
{
    struct stat st;
    if (stat(path, &st))
        return error_set(err, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return add_tree(s, path, expected, err);
    char *copy = strdup(path);
    return copy && !add(s, copy, 0, expected) ? 0 : error_set(err, "no memory");
}

const char *test_file_name(const struct test *t)
{
    const char *slash = strrchr(t->path, '/');
    return slash ? slash + 1 : t->path;
}

int suite_check_names(const struct suite *s, struct error *err)
{
    for (size_t i = 0; i < s->num; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(test_file_name(&s->test[i]), test_file_name(&s->test[k])))
                return error_set(err, "--signature-dir: '%s' and '%s' would have the same file",
                                 s->test[k].path, s->test[i].path);
    return 0;
}

void suite_free(struct suite *s)
{
    for (size_t i = 0; i < s->num; i++) {
        free(s->test[i].path);
        free(s->test[i].output.s);
        free(s->test[i].said.s);
        free(s->test[i].ended.s);
    }
    free(s->test);
}

bool test_good(const struct test *t)
{
    return t->verdict == PASS ? !t->expect_fail : t->expect_fail && t->verdict == FAIL;
}
