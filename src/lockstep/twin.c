/* Machines that run beside each other. */
#include "lockstep/twin.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/chardev_impl.h"

int twin_check(const struct options *opt, const char *who, struct error *err)
{
    if (opt->num_nets || opt->num_shares || opt->console || opt->clock == CLOCK_REAL)
        return error_set(err,
                         "%s: both runs must be alike, so none of --net, --share, --console and "
                         "--clock=real can be used",
                         who);
    if (strcmp(opt->serial, "stdio") != 0 && strcmp(opt->serial, "null") != 0)
        return error_set(err, "%s: --serial can be stdio or null", who);
    for (u32 i = 0; i < opt->num_drives; i++)
        if (!strstr(opt->drives[i], ",ro") && !strstr(opt->drives[i], ",snapshot=on"))
            return error_set(err, "%s: two machines cannot share '%s'; add ,ro or ,snapshot=on",
                             who, opt->drives[i]);
    return 0;
}

struct options twin_quiet(const struct options *opt, struct owner *owner)
{
    struct options quiet = *opt;
    *owner = opt->owner ? *opt->owner : (struct owner){0};
    owner->message = NULL;
    quiet.owner = owner;
    quiet.verbose = false;
    quiet.dump_dtb = NULL;
    return quiet;
}

static int own_input(void)
{
    struct stat st;
    if (fstat(STDIN_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
        return -1;
    return open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC);
}

struct machine *twin_new(const struct options *opt, int out, struct error *err)
{
    struct options one = *opt;
    one.serial = "null";
    struct machine *m = machine_new(&one, err);
    if (!m)
        return NULL;
    m->host.console->kind = CHARDEV_FILE;
    if (strcmp(opt->serial, "stdio") == 0) {
        m->host.console->in = own_input();
        m->host.console->out = out;
    }
    machine_start(m);
    return m;
}

void twin_keep_input_apart(struct machine *m)
{
    int *in = &m->host.console->in;
    if (*in < 0)
        return;
    off_t at = lseek(*in, 0, SEEK_CUR);
    *in = own_input();
    lseek(*in, at, SEEK_SET);
}

void twin_each_page(const struct machine *a, const struct machine *b, bool (*fn)(void *ctx, u64 at),
                    void *ctx)
{
    enum { PART = 64 }; /* pages asked about together */
    unsigned char in_a[PART], in_b[PART];
    u64 size = a->ram->size < b->ram->size ? a->ram->size : b->ram->size;
    for (u64 at = 0; at < size; at += PART * (u64)TWIN_PAGE) {
        u64 len = size - at < PART * (u64)TWIN_PAGE ? size - at : PART * (u64)TWIN_PAGE;
        if (mincore(a->ram->host + at, len, in_a) || mincore(b->ram->host + at, len, in_b))
            memset(in_a, 1, sizeof in_a);
        for (u64 i = at; i < at + len; i += TWIN_PAGE)
            if ((in_a[(i - at) / TWIN_PAGE] | in_b[(i - at) / TWIN_PAGE]) & 1 &&
                memcmp(a->ram->host + i, b->ram->host + i, TWIN_PAGE) != 0 && !fn(ctx, i))
                return;
    }
}

u64 twin_first_word(const struct machine *a, const struct machine *b, u64 at, u64 word[2])
{
    while (a->ram->host[at] == b->ram->host[at])
        at++;
    at &= ~7ull;
    memcpy(&word[0], a->ram->host + at, 8);
    memcpy(&word[1], b->ram->host + at, 8);
    return a->ram->base + at;
}
