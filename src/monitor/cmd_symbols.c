/* Commands about symbols. */
#include <inttypes.h>
#include <string.h>

#include "monitor/monitor.h"

static int add_file(struct monitor *mon, struct args *a)
{
    const char *path = args_word(a), *offset = args_option(a, "offset");
    struct symbols *s = mon->m->symbols;
    struct filter f;
    struct error err;
    u64 by = 0;
    if (!path)
        return mon_error(mon, "usage: symbols add FILE [--mode=...] [--vmid=N] [--offset=N]");
    if (args_end(mon, a) || args_filter(mon, a, &f) || (offset && mon_eval(mon, offset, &by)))
        return -1;
    struct symbols_file file = {.path = path, .modes = f.modes, .vmid = f.vmid, .bias = by};
    if (symbols_add(s, &file, &err))
        return mon_fail(mon, &err);
    size_t count = symbols_count(s, symbols_num_files(s) - 1);
    if (!count)
        return mon_error(mon, "'%s' has no symbols", path);
    fprintf(mon->out, "%zu symbols\n", count);
    return 0;
}

static int list_files(struct monitor *mon)
{
    const struct symbols *s = mon->m->symbols;
    char where[64];
    if (!symbols_num_files(s))
        fprintf(mon->out, "no symbols; 'symbols add FILE' reads an ELF or a System.map\n");
    for (u32 i = 0; i < symbols_num_files(s); i++) {
        const struct symbols_file *file = symbols_file(s, i);
        struct filter f = {.modes = (u8)file->modes, .vmid = file->vmid, .asid = -1, .hart = -1};
        fprintf(mon->out, "%7zu  %s%s", symbols_count(s, i), file->path,
                filter_text(mon->c->focus, &f, where, sizeof where));
        if (file->bias)
            fprintf(mon->out, " offset=0x%" PRIx64, file->bias);
        fputc('\n', mon->out);
    }
    return 0;
}

struct search {
    struct monitor *mon;
    const char *text;
    unsigned shown;
};

static int show_found(void *ctx, const struct symbol_place *p)
{
    struct search *s = ctx;
    if (!strstr(p->name, s->text))
        return 0;
    fprintf(s->mon->out, "0x%0*" PRIx64 " %8" PRIu64 " %s %s\n", addr_digits(s->mon->c->focus),
            p->start, p->end - p->start, p->is_code ? "code" : "data", p->name);
    return ++s->shown >= 200;
}

static int find(struct monitor *mon, struct args *a)
{
    struct search s = {mon, a->text, 0};
    symbols_each(mon->m->symbols, "", show_found, &s);
    return s.shown ? 0 : mon_error(mon, "no symbol with '%s' in it", a->text);
}

static int remove_file(struct monitor *mon, const char *path)
{
    struct symbols *s = mon->m->symbols;
    for (u32 i = 0; path && i < symbols_num_files(s); i++) {
        const char *have = symbols_file(s, i)->path, *base = strrchr(have, '/');
        if (strcmp(have, path) == 0 || (base && strcmp(base + 1, path) == 0)) {
            symbols_remove(s, i);
            return 0;
        }
    }
    return mon_error(mon, "no such file; 'symbols' lists them");
}

static int cmd_symbols(struct monitor *mon, struct args *a)
{
    const char *word = args_word(a);
    if (!mon->m->symbols)
        return mon_error(mon, "no memory for symbols");
    if (!word || strcmp(word, "list") == 0)
        return list_files(mon);
    if (strcmp(word, "add") == 0)
        return mon_may_reach_host(mon, "symbols add") ? -1 : add_file(mon, a);
    if (strcmp(word, "find") == 0 && *a->text)
        return find(mon, a);
    if (strcmp(word, "remove") == 0)
        return remove_file(mon, args_word(a));
    return mon_error(mon, "symbols add FILE, remove FILE, find TEXT, or list");
}

const struct command commands_symbols[] = {
    {"symbols", "sym", "add FILE | remove FILE | find TEXT | list", "mode vmid offset",
     "symbol files, each for some modes and a VMID",
     "symbols add vmlinux --mode=HS,U        the host kernel\n"
     "symbols add guest.elf --mode=VS --vmid=3\n"
     "FILE is an ELF with a symbol table, or text as in System.map. --offset=N is added to every\n"
     "address. The guest's own ELF, and --symbols= files, are read at the start.",
     cmd_symbols, TOPIC_MEMORY, REPEAT_NOT, WORDS_FILE, "add find list remove"},
    {0},
};
