/* The words of hextant diff: two command lines, made of what both have and what only one has; or
 * two recordings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lockstep/diff.h"
#include "machine/options.h"
#include "machine/recording.h"
#include "terminal/terminal.h"

/* Where the words of a side are: common ones, then its own. */
struct words {
    char **word;
    int num;
};

static int user_error(const struct error *err)
{
    warn_line("%s", err->text);
    return EXIT_USER_ERROR;
}

static int find_dashes(char **word, int num)
{
    for (int i = 0; i < num; i++)
        if (strcmp(word[i], "--") == 0)
            return i;
    return -1;
}

/* "diff", then both. NULL without memory. */
static struct words join(char **common, int num_common, char **own, int num_own)
{
    struct words w = {calloc((size_t)(num_common + num_own) + 2, sizeof(char *)), 0};
    if (!w.word)
        return w;
    w.word[w.num++] = "diff";
    for (int i = 0; i < num_common; i++)
        w.word[w.num++] = common[i];
    for (int i = 0; i < num_own; i++)
        w.word[w.num++] = own[i];
    return w;
}

/* A recording as the option that replays it; NULL without memory. */
static char *replay(const char *path)
{
    size_t len = strlen(path) + sizeof "--replay=";
    char *word = malloc(len);
    if (word)
        snprintf(word, len, "--replay=%s", path);
    return word;
}

/* The options of one side, and the words they point into. -1 to go on, or the exit status. */
static int parse(const struct words *w, struct options *opt)
{
    struct error err;
    if (!w->word) {
        error_set(&err, "out of memory");
        return user_error(&err);
    }
    enum options_result r = options_parse_for(COMMAND_DIFF, w->num, w->word, opt, &err);
    opt->owner = &terminal_owner;
    if (r == OPTIONS_ASKED)
        options_answer(opt, COMMAND_DIFF, stdout);
    return r == OPTIONS_ERROR ? user_error(&err) : r == OPTIONS_ASKED ? 0 : -1;
}

static int run(const struct words *a, const struct words *b)
{
    struct error err;
    struct options opt[2];
    int status = parse(a, &opt[0]);
    if (status >= 0)
        return status;
    status = parse(b, &opt[1]);
    if (status < 0) {
        terminal_catch_signals();
        status = diff_run(&opt[0], &opt[1], stdout, &err);
        status = status < 0 ? user_error(&err) : status;
        options_release(&opt[1]);
    }
    options_release(&opt[0]);
    return status;
}

static int run_recordings(char **path)
{
    char *word[2] = {replay(path[0]), replay(path[1])};
    struct words a = join(&word[0], 1, NULL, 0), b = join(&word[1], 1, NULL, 0);
    int status = run(&a, &b);
    free(a.word);
    free(b.word);
    free(word[0]);
    free(word[1]);
    return status;
}

/* There are not two runs: an answer to a question, or what is wrong. */
static int no_runs(const struct words *w)
{
    struct error err;
    struct options opt;
    if (w->word && options_parse_for(COMMAND_DIFF, w->num, w->word, &opt, &err) == OPTIONS_ASKED) {
        options_answer(&opt, COMMAND_DIFF, stdout);
        return 0;
    }
    error_set(&err,
              "diff compares two runs: hextant diff [what both have] -- [only A] -- [only B], "
              "or two recordings (hextant diff --help says more)");
    return user_error(&err);
}

int command_diff(int argc, char **argv)
{
    char **word = argv + 1;
    int num = argc - 1, status, first = find_dashes(word, num);
    int second = first < 0 ? -1 : find_dashes(word + first + 1, num - first - 1);
    if (num == 2 && word[0][0] != '-' && word[1][0] != '-')
        return run_recordings(word);
    struct words a =
        join(word, second < 0 ? num : first, word + first + 1, second < 0 ? 0 : second);
    if (second < 0) {
        status = no_runs(&a);
    } else {
        char **own = word + first + second + 2;
        struct words b = join(word, first, own, num - first - second - 2);
        status = run(&a, &b);
        free(b.word);
    }
    free(a.word);
    return status;
}
