/* What the user is told of a run that goes on: the keys, at the start, and where it is, on SIGUSR1.
 */
#include "terminal/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/host.h"
#include "monitor/names.h"
#include "terminal/terminal.h"
#include "trace/trace.h"

static void tell_hart(const struct machine *m, const struct hart *h)
{
    char name[128];
    warn_line("hart %u in %s-mode at 0x%0*" PRIx64 " %s%s", h->id, mode_name(h, h->mode),
              is_rv32(h) ? 8 : 16, is_rv32(h) ? (u32)h->pc : h->pc,
              name_text(m->symbols, h, h->mode, h->pc, name, sizeof name),
              h->wait == WAIT_NONE ? "" : ", waiting");
}

void progress_tell(struct machine *m)
{
    struct error err;
    double seconds = (double)(host_ns() - m->host.start) / 1e9;
    double guest = (double)machine_ticks(m) / TIMEBASE_HZ, executed = (double)m->state.executed;
    trace_load_symbols(m, &err); /* without them there are no names */
    warn_line("%" PRIu64 " instructions in %.1f s (%.0f MIPS), guest time %.3f s",
              m->state.executed, seconds, seconds > 0 ? executed / seconds / 1e6 : 0, guest);
    for (u32 i = 0; i < m->num_harts; i++)
        tell_hart(m, m->hart[i]);
}

void progress_hint(void)
{
    bool dim = !getenv("NO_COLOR");
    if (!terminal_is_raw() || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "%sCtrl-A x leaves, Ctrl-A c opens the monitor, Ctrl-A h lists the keys%s\n",
            dim ? "\033[2m" : "", dim ? "\033[0m" : "");
}
