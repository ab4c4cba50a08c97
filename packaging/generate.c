/* Makes man pages and completions of the rows of options.def:
 *     generate man hextant|run|debug|test|diff|fuzz     generate bash     generate zsh
 * prints one file. A tool of the build; it is not installed. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/version.h"
#include "machine/options.h"

static const struct {
    const char *name, *text;
    enum options_command command;
} commands[] = {
    {"run", "run a RISC-V program, kernel or firmware", COMMAND_RUN},
    {"debug", "run a RISC-V program from the monitor", COMMAND_DEBUG},
    {"test", "run many RISC-V programs and report which pass", COMMAND_TEST},
    {"diff", "run two machines and find where they part", COMMAND_DIFF},
    {"fuzz", "give a RISC-V machine inputs from a fuzzer", COMMAND_FUZZ},
};

/* ---- man pages ---- */

/* Text as roff has it: nothing in it is a request or an escape. */
static void roff(const char *text)
{
    bool begins = true;
    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        begins = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void head(const char *page, const char *text)
{
    printf(".TH \"%s\" 1 \"\" \"hextant " HX_VERSION "\" \"hextant\"\n.SH NAME\n", page);
    roff(page);
    fputs(" \\- ", stdout);
    roff(text);
    puts("");
}

static void option(const struct key *r)
{
    fputs(".TP\n.B ", stdout);
    if (r->letter)
        printf("\\-%c, ", r->letter);
    roff(r->name);
    if (r->arg) {
        fputs("\\fR=\\fI", stdout);
        roff(r->arg);
        fputs("\\fR", stdout);
    }
    puts("");
    roff(r->help);
    puts("");
}

static void options(enum options_command command)
{
    puts(".SH OPTIONS");
    for (unsigned t = 0; options_topic(t); t++) {
        bool begun = false;
        for (u32 i = 0; i < options_table.num; i++) {
            const struct key *r = &options_table.row[i];
            if (r->topic != t || !options_has(r, command))
                continue;
            if (!begun)
                printf(".SS %s\n", options_topic(t));
            begun = true;
            option(r);
        }
    }
}

/* The lines of --help before the options: how it is called, and what it does. */
static void usage(const char *text)
{
    const char *call = text + strlen("Usage: "), *end = strchr(call, '\n');
    printf(".SH SYNOPSIS\n.B ");
    for (; call < end; call++)
        fputs(*call == '-' ? "\\-" : (char[]){*call, '\0'}, stdout);
    puts("\n.SH DESCRIPTION");
    roff(end + 1);
}

static void more(void)
{
    puts(".SH EXIT STATUS\n"
         "0: the guest reported success; 1 to 255: its code; 2: wrong use or lost output; 121 to "
         "126: how the\n"
         "run ended otherwise, with a line on standard error. See\n"
         ".I /usr/share/doc/hextant/docs/exit\\-status.md .\n"
         ".SH FILES\n.I ~/.hextant_history\n: what was typed into the monitor.\n"
         ".SH SEE ALSO");
    fputs(".BR hextant (1)", stdout);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf(",\n.BR hextant\\-%s (1)", commands[i].name);
    puts("");
}

static void man_command(size_t c)
{
    char page[32];
    snprintf(page, sizeof page, "hextant-%s", commands[c].name);
    head(page, commands[c].text);
    usage(options_usage(commands[c].command));
    options(commands[c].command);
    more();
}

static void man_program(void)
{
    head("hextant", "RISC-V full-system simulator for hypervisors, firmware and kernels");
    puts(".SH SYNOPSIS\n.B hextant\n.I COMMAND\n[options] ...\n.SH DESCRIPTION\n"
         "A simulator of RISC\\-V systems, RV64 and RV32, with the hypervisor extension, an SBI "
         "firmware and a\n"
         "monitor that explains what happened. Its commands:");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        printf(".TP\n.BR hextant\\-%s (1)\n", commands[i].name);
        roff(commands[i].text);
        puts("");
    }
    more();
}

/* ---- completions ---- */

/* Is a value one of the words that `arg` names, with bars between, and nothing else? */
static bool has_choices(const struct key *r)
{
    static const char words[] = "abcdefghijklmnopqrstuvwxyz0123456789-|";
    return r->arg && strchr(r->arg, '|') && !r->arg[strspn(r->arg, words)];
}

/* These words with blanks between. */
static void choices(const struct key *r)
{
    for (const char *p = r->arg; *p; p++)
        putchar(*p == '|' ? ' ' : *p);
}

static bool takes_file(const struct key *r)
{
    return r->arg && (r->file || strstr(r->arg, "FILE") || strstr(r->arg, "DIR"));
}

static void bash(void)
{
    puts("# bash completion for hextant; made from its table of options\n_hextant()\n{\n"
         "    local cur prev words cword\n    _init_completion -n = || return\n"
         "    local commands='--help --version'");
    for (size_t c = 0; c < ARRAY_LEN(commands); c++)
        printf("    commands+=' %s'\n", commands[c].name);
    puts("    if ((cword == 1)); then\n"
         "        COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
         "        return\n"
         "    fi\n"
         "    local options=\n"
         "    case ${words[1]} in");
    for (size_t c = 0; c < ARRAY_LEN(commands); c++) {
        printf("    %s) options='", commands[c].name);
        for (u32 i = 0; i < options_table.num; i++)
            if (options_has(&options_table.row[i], commands[c].command))
                printf("%s%s ", options_table.row[i].name,
                       options_table.row[i].arg && !options_table.row[i].bare ? "=" : "");
        puts("' ;;");
    }
    puts("    esac\n    case $cur in");
    for (u32 i = 0; i < options_table.num; i++) {
        const struct key *r = &options_table.row[i];
        if (has_choices(r)) {
            printf("    %s=*) COMPREPLY=($(compgen -W '", r->name);
            choices(r);
            puts("' -- \"${cur#*=}\")) ;;");
        } else if (takes_file(r)) {
            printf("    %s=*) cur=${cur#*=}; _filedir ;;\n", r->name);
        }
    }
    puts("    --*=*) ;;\n"
         "    -*)\n        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
         "        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace\n        ;;\n"
         "    *) _filedir ;;\n    esac\n}\ncomplete -F _hextant hextant");
}

/* Text inside the brackets of an _arguments specification, itself in single quotes. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(const struct key *r)
{
    bool many = r->kind == KEY_LIST;
    printf("            '%s%s%s[", many ? "*" : "", r->name, !r->arg ? "" : r->bare ? "=-" : "=");
    zsh_text(r->help);
    fputs("]", stdout);
    if (r->arg) {
        printf(":%s", r->bare ? ":" : "");
        zsh_text(r->arg);
        fputs(":", stdout);
    }
    if (has_choices(r)) {
        fputs("(", stdout);
        choices(r);
        fputs(")", stdout);
    } else if (takes_file(r)) {
        fputs("_files", stdout);
    }
    puts("' \\");
}

static void zsh(void)
{
    puts("#compdef hextant\n# made from hextant's table of options\n_hextant() {\n"
         "    if ((CURRENT == 2)); then\n        local -a commands\n        commands=(");
    for (size_t c = 0; c < ARRAY_LEN(commands); c++)
        printf("            '%s:%s'\n", commands[c].name, commands[c].text);
    puts("        )\n        _describe command commands\n        return\n    fi\n"
         "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n    case $command in");
    for (size_t c = 0; c < ARRAY_LEN(commands); c++) {
        printf("    %s)\n        _arguments \\\n", commands[c].name);
        for (u32 i = 0; i < options_table.num; i++)
            if (options_has(&options_table.row[i], commands[c].command))
                zsh_option(&options_table.row[i]);
        puts("            '*:file:_files'\n        ;;");
    }
    puts("    esac\n}\n_hextant \"$@\"");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "bash") == 0) {
        bash();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "zsh") == 0) {
        zsh();
        return 0;
    }
    for (size_t c = 0; argc == 3 && c < ARRAY_LEN(commands); c++)
        if (strcmp(argv[2], commands[c].name) == 0) {
            man_command(c);
            return 0;
        }
    if (argc == 3 && strcmp(argv[2], "hextant") == 0) {
        man_program();
        return 0;
    }
    fputs("usage: generate man hextant|run|debug|test|diff|fuzz, generate bash, generate zsh\n",
          stderr);
    return 2;
}
