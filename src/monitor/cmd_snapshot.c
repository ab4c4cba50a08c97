/* Commands about snapshots: in memory, to go back to, and in files. */
#include <inttypes.h>
#include <string.h>

#include "common/packed.h"
#include "machine/moments.h"
#include "machine/snapshot.h"
#include "monitor/monitor.h"

static int show_all(struct monitor *mon)
{
    const struct moment *mo = moment_next(mon->m, NULL);
    if (!mo)
        fprintf(mon->out, "no snapshots; 'snapshot NAME' makes one\n");
    for (; mo; mo = moment_next(mon->m, mo)) {
        struct moment_facts f = moment_facts(mon->m, mo);
        if (!*f.name) /* the history's */
            continue;
        fprintf(mon->out, "%s %-16s %16" PRIu64 " instructions  %8.1f MiB\n", f.here ? "*" : " ",
                f.name, f.executed, (double)f.bytes / (1 << 20));
    }
    return 0;
}

static int keep(struct monitor *mon, const char *name)
{
    struct error err;
    char number[16];
    unsigned n = 1;
    if (!name) {
        do
            snprintf(number, sizeof number, "%u", n++);
        while (moment_find(mon->m, number));
        name = number;
    }
    if (control_keep(mon->c, name, &err))
        return mon_fail(mon, &err);
    fprintf(mon->out, "snapshot %s, after %" PRIu64 " instructions\n", name,
            mon->m->state.executed);
    return 0;
}

static int back(struct monitor *mon, const char *name)
{
    struct error err;
    if (!name)
        return mon_error(mon, "usage: snapshot back NAME");
    if (control_go_back(mon->c, name, &err))
        return mon_fail(mon, &err);
    monitor_show_stop(mon);
    if (mon->passive)
        fprintf(mon->out, "gdb remembers old registers: 'maintenance flush register-cache'\n");
    return 0;
}

static int save(struct monitor *mon, const char *path)
{
    struct error err;
    if (!path)
        return mon_error(mon, "usage: snapshot save FILE");
    if (mon_may_reach_host(mon, "snapshot save"))
        return -1;
    if (packed_check_place(path, &err) || snapshot_save(mon->m, path, &err))
        return mon_fail(mon, &err);
    fprintf(mon->out, "saved; hextant run --restore=%s goes on here\n", path);
    return 0;
}

static int cmd_snapshot(struct monitor *mon, struct args *a)
{
    const char *verb = args_word(a), *name = verb ? args_word(a) : NULL;
    if (args_end(mon, a))
        return -1;
    if (verb && strcmp(verb, "save") == 0)
        return save(mon, name);
    if (verb && strcmp(verb, "back") == 0)
        return back(mon, name);
    if (name)
        return mon_error(mon, "snapshot [NAME], list, back NAME or save FILE");
    return verb && strcmp(verb, "list") == 0 ? show_all(mon) : keep(mon, verb);
}

const struct command commands_snapshot[] = {
    {"snapshot", "snap", "[NAME] | list | back NAME | save FILE", NULL,
     "keep the machine as it is, go back there, or save it to a file",
     "In memory a snapshot takes as much as the guest writes afterwards; 'back' works in both "
     "directions and\n"
     "any number of times. hextant run --restore=FILE makes the machine anew from a file.",
     cmd_snapshot, TOPIC_RUN, REPEAT_NOT, WORDS_FILE, "list back save"},
    {0},
};
