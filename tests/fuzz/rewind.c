/* A machine that is put back to its start: memory is a private mapping of a file that holds what
 * the start found there, so the host copies a page when it is first written, can tell which were,
 * and gives the old ones back when told to forget them. */
#include "rewind.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine/options.h"
#include "machine/state.h"

void fatal(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static bool is_zero(const u8 *page)
{
    return page[0] == 0 && memcmp(page, page + 1, 4095) == 0;
}

/* Puts a private mapping of a file with the same contents in the place of memory. */
static void keep_memory(struct rewind *r)
{
    struct mem_region *ram = r->m->ram;
    r->pages = (u32)(ram->size / 4096);
    if (r->pages > REWIND_PAGES)
        fatal("too much memory");
    int fd = memfd_create("start", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)ram->size))
        fatal("no memory for the start");
    for (u32 i = 0; i < r->pages; i++)
        if (!is_zero(ram->host + i * 4096) &&
            pwrite(fd, ram->host + i * 4096, 4096, (off_t)i * 4096) != 4096)
            fatal("no memory for the start");
    if (mmap(ram->host, ram->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
        MAP_FAILED)
        fatal("no memory for the start");
    close(fd);
}

void rewind_new(struct rewind *r, int argc, char **argv)
{
    struct options opt;
    struct error err;
    if (argc > REWIND_WORDS)
        fatal("too many options");
    for (int i = 0; i < argc; i++)
        r->word[i] = strdup(argv[i]);
    if (options_parse(argc, r->word, &opt, &err) != OPTIONS_RUN)
        fatal(err.text);
    opt.renew = 0; /* a run is over before */
    r->m = machine_new(&opt, &err);
    if (!r->m)
        fatal(err.text);
    machine_start(r->m);
    machine_deliver(r->m);
    state_memory_init(&r->start);
    if (machine_save(r->m, &r->start.sink, STATE_HERE, &err))
        fatal(err.text);
    keep_memory(r);
}

void rewind_free(struct rewind *r)
{
    machine_free(r->m);
    for (u32 i = 0; i < REWIND_WORDS; i++)
        free(r->word[i]);
    free(r->start.data);
}

void rewind_start(struct rewind *r)
{
    struct machine *m = r->m;
    struct error err;
    bus_note_write(&m->bus, m->ram, m->ram->base, m->ram->size);
    machine_deliver(m);
    madvise(m->ram->host, m->ram->size, MADV_DONTNEED);
    r->start.at = 0;
    if (machine_load(m, &r->start.source, &err))
        fatal(err.text);
    for (u32 i = 0; i < m->num_harts; i++)
        hart_derive(m->hart[i]);
}

/* Which pages have been written: those that no longer belong to the file. */
static void find_written(const struct rewind *r, bool written[REWIND_PAGES])
{
    static const u64 FILE_PAGE = 1ull << 61, SWAPPED = 1ull << 62, PRESENT = 1ull << 63;
    static int fd = -1;
    u64 entry[REWIND_PAGES];
    size_t size = r->pages * sizeof entry[0];
    if (fd < 0)
        fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    u64 first = (u64)(uintptr_t)r->m->ram->host / 4096;
    if (pread(fd, entry, size, (off_t)(first * sizeof entry[0])) != (ssize_t)size)
        fatal("/proc/self/pagemap cannot be read");
    for (u32 i = 0; i < r->pages; i++)
        written[i] |= entry[i] & SWAPPED || (entry[i] & (PRESENT | FILE_PAGE)) == PRESENT;
}

bool rewind_same_memory(const struct rewind *a, const struct rewind *b)
{
    bool written[REWIND_PAGES] = {false};
    find_written(a, written);
    find_written(b, written);
    for (u32 i = 0; i < a->pages; i++)
        if (written[i] && memcmp(a->m->ram->host + i * 4096, b->m->ram->host + i * 4096, 4096))
            return false;
    return true;
}
