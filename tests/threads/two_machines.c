/* Two machines in two threads of one process, each with its own console, disk and interrupts: both
 * must say what one alone says, and the thread sanitizer must find nothing that they share. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hextant.h"

enum { MACHINES = 2, SECTOR = 512, OUTPUT_MAX = 1 << 16 };

/* One machine, its files, and what came of it. */
struct run {
    const char *guest, *engine;
    char disk[300], serial[300]; /* their paths */
    char message[1024];          /* what the machine told its owner */
    char output[OUTPUT_MAX];
    size_t len;
    int status;
};

static void fail(const char *what)
{
    fprintf(stderr, "two_machines: %s\n", what);
    exit(1);
}

static void take_message(void *ctx, const char *text)
{
    struct run *r = ctx;
    size_t used = strlen(r->message);
    snprintf(r->message + used, sizeof r->message - used, "%s\n", text);
}

static void write_disk(const char *path)
{
    char sectors[2 * SECTOR] = "a sector of a disk of my own\n";
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(sectors, sizeof sectors, 1, f) != 1 || fclose(f))
        fail("cannot write a disk");
}

static size_t read_file(const char *path, char *buf, size_t len)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(buf, 1, len, f) : 0;
    if (!f || fclose(f))
        fail("cannot read back a file");
    return n;
}

/* The second sector is a copy of the first now. */
static void check_disk(const char *path)
{
    char sectors[2 * SECTOR];
    if (read_file(path, sectors, sizeof sectors) != sizeof sectors ||
        memcmp(sectors, sectors + SECTOR, SECTOR) != 0)
        fail("the disk was not written");
}

static void *run_machine(void *arg)
{
    struct run *r = arg;
    char serial[320], drive[320], engine[32];
    const char *words[] = {serial, drive, engine, "-v", "--memory=64M", r->guest};
    struct hx_owner owner = {.size = sizeof owner, .ctx = r, .message = take_message};
    struct hx_error err;
    snprintf(serial, sizeof serial, "--serial=file:%s", r->serial);
    snprintf(drive, sizeof drive, "--drive=%s", r->disk);
    snprintf(engine, sizeof engine, "--engine=%s", r->engine);
    struct hx_machine *m = hx_open(words, sizeof words / sizeof *words, &owner, &err);
    if (!m)
        fail(err.text);
    r->status = hx_run(m);
    hx_close(m);
    return NULL;
}

static void set_up(struct run *r, const char *folder, const char *engine, int n)
{
    r->engine = engine;
    snprintf(r->disk, sizeof r->disk, "%s/disk%d", folder, n);
    snprintf(r->serial, sizeof r->serial, "%s/serial%d", folder, n);
    write_disk(r->disk);
}

static void take_down(struct run *r)
{
    check_disk(r->disk);
    r->len = read_file(r->serial, r->output, sizeof r->output - 1);
    unlink(r->disk);
    unlink(r->serial);
}

/* What the guest must have said: the disk, its interrupts, both guests under the hypervisor's
 * timer. */
static void check_output(const struct run *r)
{
    static const char *const words[] = {"[disk] interrupt\n",
                                        "says: a sector of a disk of my own\n", "[disk] copied\n",
                                        "guest 2: shuts down\n", "both are done\n"};
    if (r->status)
        fail("the guest failed");
    if (!strstr(r->message, "S-mode"))
        fail("the owner was told nothing");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(r->output, words[i])) {
            fputs(r->output, stderr);
            fail(words[i]);
        }
}

static void run_pair(const char *guest, const char *folder, const char *engine)
{
    static struct run run[MACHINES];
    pthread_t thread[MACHINES];
    memset(run, 0, sizeof run);
    for (int i = 0; i < MACHINES; i++) {
        run[i].guest = guest;
        set_up(&run[i], folder, engine, i);
    }
    for (int i = 0; i < MACHINES; i++)
        if (pthread_create(&thread[i], NULL, run_machine, &run[i]))
            fail("no thread");
    for (int i = 0; i < MACHINES; i++) {
        pthread_join(thread[i], NULL);
        take_down(&run[i]);
        check_output(&run[i]);
    }
    if (run[0].len != run[1].len || memcmp(run[0].output, run[1].output, run[0].len) != 0)
        fail("the two machines did not say the same");
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/two-machines-XXXXXX";
    if (argc != 2)
        fail("usage: two_machines GUEST");
    if (!mkdtemp(folder))
        fail("no folder for files");
    run_pair(argv[1], folder, "fast");
    run_pair(argv[1], folder, "plain");
    rmdir(folder);
    return 0;
}
