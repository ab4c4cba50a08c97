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

static int add(struct suite *s, char *path, const char *expected)
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
    *t = (struct test){.path = path, .name = slash ? slash + 1 : path};
    char *list = NULL;
    if (asprintf(&list, "%.*s/expected-fail", slash ? (int)(slash - path) : 1, slash ? path : ".") <
        0)
        return -1;
    t->expect_fail = listed(list, t->name) || (expected && listed(expected, t->name));
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

static int add_folder(struct suite *s, const char *folder, const char *expected, struct error *err)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, NULL, alphasort), rc = 0;
    size_t before = s->num;
    if (n < 0)
        return error_set(err, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        struct stat st;
        char *path;
        if (asprintf(&path, "%s/%s", folder, entry[i]->d_name) < 0)
            rc = error_set(err, "no memory");
        else if (stat(path, &st) || !S_ISREG(st.st_mode) || !is_elf(path))
            free(path);
        else if (add(s, path, expected))
            rc = error_set(err, "no memory");
        free(entry[i]);
    }
    free(entry);
    if (!rc && s->num == before)
        return error_set(err, "%s: no ELF file in this folder", folder);
    return rc;
}

int suite_add(struct suite *s, const char *path, const char *expected, struct error *err)
{
    struct stat st;
    if (stat(path, &st))
        return error_set(err, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return add_folder(s, path, expected, err);
    char *copy = strdup(path);
    return copy && !add(s, copy, expected) ? 0 : error_set(err, "no memory");
}

int suite_check_names(const struct suite *s, struct error *err)
{
    for (size_t i = 0; i < s->num; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(s->test[i].name, s->test[k].name))
                return error_set(err, "--signature-dir: '%s' and '%s' would have the same file",
                                 s->test[k].path, s->test[i].path);
    return 0;
}

void suite_free(struct suite *s)
{
    for (size_t i = 0; i < s->num; i++) {
        free(s->test[i].path);
        free(s->test[i].output);
    }
    free(s->test);
}

bool test_good(const struct test *t)
{
    return t->verdict == PASS ? !t->expect_fail : t->expect_fail && t->verdict == FAIL;
}
