/* The texts that --help and --version ask for. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/version.h"
#include "machine/options_impl.h"

static const char *const topics[] = {
    [GUEST] = "Guest",     [MACHINE] = "Machine",     [HART] = "Hart",  [FIRMWARE] = "Firmware",
    [RUNNING] = "Running", [OBSERVING] = "Observing", [OTHER] = "Other"};

static const char *const usage[] = {
    [COMMAND_RUN] =
        "Usage: hextant run [options] FILE\n"
        "Runs a RISC-V program, kernel or firmware: an ELF, a Linux Image, or a flat binary.\n"
        "The exit status is the guest's; 2: wrong use, 124: instruction limit, 125: hung.\n"
        "On the console Ctrl-A x leaves.\n",
    [COMMAND_DEBUG] =
        "Usage: hextant debug [options] FILE\n"
        "As hextant run, from the monitor, stopped at the first instruction; `help` there lists\n"
        "what it can do. When it continues, Ctrl-A c on the console comes back to it.\n",
    [COMMAND_TEST] =
        "Usage: hextant test [options] FILE|FOLDER... [-- OPTIONS FOR EACH RUN]\n"
        "Runs each ELF (of a folder: every ELF in it) and reports which pass.\n"
        "What follows -- goes to each hextant run, such as --isa=rv64gc or --engine=plain.\n"
        "The exit status is 0 if all ended as expected, 1 if not, 2: wrong use.\n",
    [COMMAND_DIFF] =
        "Usage: hextant diff [options] [FILE] -- [options] [FILE] -- [options] [FILE]\n"
        "       hextant diff RECORDING RECORDING\n"
        "Runs two machines beside each other and finds the instruction where they part. What "
        "comes\n"
        "before the first -- is said of both, what follows of one: the first, the second. Two\n"
        "recordings of hextant run --record=FILE are replayed. What differs before the first\n"
        "instruction is not compared. The exit status is 0 without a difference, 123 with one,\n"
        "2: wrong use.\n",
    [COMMAND_FUZZ] =
        "Usage: afl-fuzz -i SEEDS -o FOLDER -- hextant fuzz --input=WHERE [options] FILE\n"
        "       hextant fuzz --input=WHERE [options] --from=SNAPSHOT [--run=INPUT | <INPUT]\n"
        "Gives inputs to a machine that stands at one place, runs it, and puts it back, as the\n"
        "fuzzer of AFL++ asks for; without a fuzzer one input is run and said what came of it.\n"
        "See docs/fuzzing.md. The exit status is 0: the run ended, 1: crash, 124: hang, 2: wrong "
        "use.\n"};

const char *options_topic(unsigned topic)
{
    return topic < ARRAY_LEN(topics) ? topics[topic] : NULL;
}

const char *options_usage(enum options_command command)
{
    return usage[command];
}

enum { TEXT_COLUMN = 32 };

/* How many columns an option's text may take: on a terminal what is left of a line, else any. */
static int text_columns(FILE *out)
{
    enum { LEAST = 40 };
    struct winsize size = {0};
    if (!isatty(fileno(out)))
        return INT_MAX;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
        size.ws_col = 80;
    return size.ws_col > TEXT_COLUMN + LEAST ? size.ws_col - TEXT_COLUMN : LEAST;
}

static void help_row(const struct key *r, int columns, FILE *out)
{
    const char *text = r->help;
    int left = fprintf(out, "  %s%s%s", r->name, r->arg ? "=" : "", r->arg ? r->arg : "");
    if (left >= TEXT_COLUMN)
        left = fprintf(out, "\n") - 1;
    do {
        int n = (int)strlen(text);
        if (n > columns)
            for (n = columns; n > 1 && text[n] != ' ';)
                n--;
        fprintf(out, "%*s%.*s\n", TEXT_COLUMN - left, "", n, text);
        text += n + (text[n] == ' ');
        left = 0;
    } while (*text);
}

static void help(enum options_command command, FILE *out)
{
    bool colour = isatty(fileno(out)) && !getenv("NO_COLOR");
    const char *bold = colour ? "\033[1m" : "", *plain = colour ? "\033[0m" : "";
    int columns = text_columns(out);
    fputs(usage[command], out);
    for (size_t t = 0; t < ARRAY_LEN(topics); t++) {
        bool begun = false;
        for (u32 i = 0; i < options_table.num; i++) {
            const struct key *r = &options_table.row[i];
            if (r->topic != t || !options_has(r, command))
                continue;
            if (!begun)
                fprintf(out, "\n%s%s%s\n", bold, topics[t], plain);
            begun = true;
            help_row(r, columns, out);
        }
    }
}

void options_answer(const struct options *opt, enum options_command command, FILE *out)
{
    switch (opt->question) {
    case QUESTION_HELP:
        help(command, out);
        break;
    case QUESTION_VERSION:
        fprintf(out, "hextant %s\n", build_version);
        break;
    case QUESTION_ISA:
        isa_help(out);
        break;
    }
}
