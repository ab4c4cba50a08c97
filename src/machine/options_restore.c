/* The command line of a run that goes on where a snapshot was saved: the machine's options are the
 * snapshot's, everything else is the user's. */
#include <stdlib.h>
#include <string.h>

#include "machine/options_impl.h"
#include "machine/recording.h"
#include "machine/snapshot.h"

bool option_makes_machine(const struct key *row)
{
    return row->topic <= FIRMWARE && row->file != KEY_WRITES;
}

/* Where a console leads is the host's business. */
static bool is_the_hosts(const struct key *row)
{
    return row->file == KEY_WRITES_SPEC;
}

/* The option that names the file. */
struct origin {
    const char *option, *path;
    const struct packed_kind *kind;
};

static struct origin origin_of(const struct command_line *line)
{
    const struct options *o = &line->opt;
    if (o->replay)
        return (struct origin){"--replay", o->replay, &recording_kind};
    return (struct origin){line->command == COMMAND_FUZZ ? "--from" : "--restore", o->restore,
                           &snapshot_kind};
}

/* May the user say this? */
static int check_words(const struct command_line *line, const struct origin *from,
                       struct error *err)
{
    const struct options *o = &line->opt;
    if (line->num_files)
        return error_set(err, "%s=%s: the %s has its program; leave out '%s'", from->option,
                         from->path, from->kind->name, line->word[0]);
    if (o->replay && (o->restore || o->record))
        return error_set(err, "--replay=%s: leave out %s", o->replay,
                         o->restore ? "--restore" : "--record");
    for (u32 i = 0; i < options_table.num; i++) {
        const struct key *r = &options_table.row[i];
        if (line->opt.given[i] && option_makes_machine(r) && !is_the_hosts(r))
            return error_set(err, "%s=%s: the machine is as it was saved; leave out %s",
                             from->option, from->path, r->name);
    }
    return 0;
}

/* The snapshot's words and the user's, for who tells where a run comes from. 0, or -1. */
static int join(struct options *opt, const struct snapshot_words *saved,
                const struct command_line *line)
{
    u32 n = saved->count + (u32)line->num_words;
    char **all = calloc(n, sizeof *all);
    if (!all)
        return -1;
    memcpy(all, saved->word, saved->count * sizeof *all);
    memcpy(all + saved->count, line->word, (size_t)line->num_words * sizeof *all);
    opt->words = opt->own_words = all;
    opt->num_words = n;
    return 0;
}

/* The options that `words` leave: their strings point there. */
static enum options_result merge(struct command_line *line, const struct snapshot_words *words,
                                 struct error *err)
{
    char **copy = calloc(words->count, sizeof *copy); /* files are gathered at its start */
    if (!copy) {
        error_set(err, "out of memory");
        return OPTIONS_ERROR;
    }
    memcpy(copy, words->word, words->count * sizeof *copy);
    struct command_line saved = {
        .command = COMMAND_RUN, .word = copy, .num_words = (int)words->count, .saved = true};
    enum options_result r = command_line_parse(&saved, err);
    if (r == OPTIONS_RUN)
        r = command_line_settle(&saved, err);
    free(copy);
    if (r != OPTIONS_RUN)
        return r;
    if (line->opt.console && !saved.opt.console) {
        error_set(err, "%s: its machine has no virtio console; leave out --console",
                  origin_of(line).path);
        return OPTIONS_ERROR;
    }
    line->opt = saved.opt;
    return command_line_take(line, err);
}

enum options_result command_line_restore(struct command_line *line, struct error *err)
{
    struct snapshot_words words;
    const struct origin from = origin_of(line);
    if (check_words(line, &from, err) || snapshot_words(from.path, from.kind, &words, err))
        return OPTIONS_ERROR;
    enum options_result r = merge(line, &words, err);
    if (r == OPTIONS_RUN && join(&line->opt, &words, line)) {
        error_set(err, "out of memory");
        r = OPTIONS_ERROR;
    }
    if (r != OPTIONS_RUN)
        free(words.word[0]);
    free(words.word);
    return r;
}

void options_release(struct options *opt)
{
    if (!opt->own_words)
        return;
    free(opt->own_words[0]); /* all of the snapshot's lie together */
    free(opt->own_words);
    opt->own_words = NULL;
}
