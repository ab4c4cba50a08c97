/* Control transfer records (Smctr), the youngest first. */
#include <inttypes.h>

#include "cpu/ctr.h"
#include "cpu/fields.h"
#include "monitor/monitor.h"

static void put_place(struct monitor *mon, const struct hart *h, u64 pc)
{
    char symbol[128];
    if (!pc) {
        fprintf(mon->out, "a mode that is not recorded");
        return;
    }
    mon_symbol(mon, h, (enum mode)h->mode, pc, symbol, sizeof symbol);
    fprintf(mon->out, "0x%0*" PRIx64 "%s%s", addr_digits(h), pc, *symbol ? " " : "", symbol);
}

static int cmd_records(struct monitor *mon, struct args *a)
{
    struct hart *h = args_hart(mon, a);
    struct ctr_record r;
    unsigned shown = 0;
    if (!h || args_end(mon, a))
        return -1;
    if (!has(h, EXT_Ssctr))
        return mon_error(mon, "the hart has no control transfer records (--isa=..._smctr)");
    for (unsigned i = 0; i < ARRAY_LEN(h->ctrsource); i++) {
        if (!ctr_get(h, i, &r))
            continue;
        fprintf(mon->out, "%3u  ", i);
        put_place(mon, h, r.source);
        fprintf(mon->out, " -> ");
        put_place(mon, h, r.target);
        fprintf(mon->out, "  %s\n", r.type);
        shown++;
    }
    if (!shown)
        fprintf(mon->out, "no records\n");
    fprintf(mon->out,
            "%s; 'csr mctrctl', 'csr vsctrctl' and 'csr sctrstatus' say what is recorded\n",
            h->sctrstatus & SCTRSTATUS_FROZEN ? "frozen"
            : h->d.ctr                        ? "on"
                                              : "off");
    return 0;
}

const struct command commands_ctr[] = {
    {"records", NULL, "", "hart", "control transfer records (Smctr), the youngest first", NULL,
     cmd_records, TOPIC_WHY, REPEAT_SAME, WORDS_NONE, NULL},
    {0},
};
