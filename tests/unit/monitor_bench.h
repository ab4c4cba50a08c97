/* A machine with a monitor, for the tests of src/monitor: RAM from 0x80000000, hart 0 in M-mode at
 * CODE, everything that commands print kept in a buffer. */
#ifndef HEXTANT_TESTS_MONITOR_BENCH_H
#define HEXTANT_TESTS_MONITOR_BENCH_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/block.h"
#include "cpu/csr.h"
#include "cpu/fields.h"
#include "machine/machine.h"
#include "machine/options.h"
#include "mmu/tlb.h"
#include "monitor/monitor.h"

#define CODE    0x80001000ull
#define S_ROOT  0x80010000ull /* Sv39: 0x80010000, 0x80011000, 0x80012000 */
#define G_ROOT  0x80020000ull /* Sv39x4: 0x80020000, 0x80024000, 0x80025000 */
#define DATA    0x80030000ull
#define PTE_RWX (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

struct bench {
    struct machine *m;
    struct monitor *mon;
    struct hart *h;
    char *text;
    size_t len;
};

static inline void bench_open(struct bench *b, int argc, const char *const *args)
{
    char path[] = "/tmp/monitor-XXXXXX", *argv[16] = {"run"};
    struct options opt;
    struct error err;
    int fd = mkstemp(path), n = 1;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "\x01\x00\x01\x00\x01\x00\x01\x00", 8), 8); /* c.nop */
    close(fd);
    static const char *const always[] = {"--load-address=0x80001000", "--firmware=none",
                                         "--serial=null", "--memory=4M"};
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        argv[n++] = (char *)(uintptr_t)always[i];
    for (int i = 0; i < argc; i++)
        argv[n++] = (char *)(uintptr_t)args[i];
    argv[n++] = path;
    ck_assert_int_eq(options_parse(n, argv, &opt, &err), OPTIONS_RUN);
    b->m = machine_new(&opt, &err);
    ck_assert_msg(b->m != NULL, "%s", err.text);
    unlink(path);
    b->mon = monitor_new(b->m, stdout, stderr);
    ck_assert_ptr_nonnull(b->mon);
    b->mon->colour = b->mon->interactive = false;
    b->h = b->m->hart[0];
    b->h->pc = CODE;
    b->text = NULL;
}

static inline void bench_close(struct bench *b)
{
    monitor_free(b->mon);
    machine_free(b->m);
    free(b->text);
}

/* Executes a command; what it printed is in b->text. Its result. */
static inline int bench_run(struct bench *b, const char *line)
{
    free(b->text);
    b->text = NULL;
    FILE *f = open_memstream(&b->text, &b->len);
    b->mon->out = b->mon->err = f;
    int rc = monitor_line(b->mon, line);
    fclose(f);
    b->mon->out = stdout;
    b->mon->err = stderr;
    return rc;
}

static inline void put32(struct bench *b, u64 pa, u32 v)
{
    memcpy(b->m->ram->host + (pa - RAM_BASE), &v, 4);
    block_drop_all(b->h);
}

static inline void put64(struct bench *b, u64 pa, u64 v)
{
    memcpy(b->m->ram->host + (pa - RAM_BASE), &v, 8);
}

static inline u64 get64(struct bench *b, u64 pa)
{
    u64 v;
    memcpy(&v, b->m->ram->host + (pa - RAM_BASE), 8);
    return v;
}

/* A pointer or leaf entry. */
static inline u64 pte(u64 pa, u64 flags)
{
    return pa >> 12 << 10 | flags;
}

/* Sv39 at S_ROOT: the gigabyte of RAM is mapped to itself for the supervisor, and page 0x1000 by a
 * 4 KiB leaf `leaf`. The same for the G-stage at G_ROOT, with user leaves, and gpa page 0x2000. */
static inline void bench_tables(struct bench *b, u64 leaf, u64 g_leaf)
{
    put64(b, S_ROOT + 8 * 2, pte(0x80000000, PTE_RWX));
    put64(b, S_ROOT, pte(S_ROOT + 0x1000, PTE_V));
    put64(b, S_ROOT + 0x1000, pte(S_ROOT + 0x2000, PTE_V));
    put64(b, S_ROOT + 0x2000 + 8, leaf);
    put64(b, G_ROOT + 8 * 2, pte(0x80000000, PTE_RWX | PTE_U));
    put64(b, G_ROOT, pte(G_ROOT + 0x4000, PTE_V));
    put64(b, G_ROOT + 0x4000, pte(G_ROOT + 0x5000, PTE_V));
    put64(b, G_ROOT + 0x5000 + 8 * 2, g_leaf);
}

/* Everything is allowed to every mode by PMP; traps that can be delegated go to HS. */
static inline void bench_open_up(struct bench *b)
{
    csr_poke(b->h, CSR_pmpcfg0, 0x1f);
    csr_poke(b->h, CSR_pmpaddr0, ~0ull);
    csr_poke(b->h, CSR_medeleg, ~0ull);
    static const u64 handlers[] = {0x80002000, 0x80003000, 0x80004000};
    for (unsigned i = 0; i < 3; i++)
        put32(b, handlers[i], 0x00000013);
    csr_poke(b->h, CSR_stvec, 0x80002000);
    csr_poke(b->h, CSR_mtvec, 0x80003000);
    csr_poke(b->h, CSR_vstvec, 0x80004000);
}

/* The same hart in another mode; its translation caches stay. */
static inline void bench_mode_kept(struct bench *b, enum mode mode)
{
    enum mode from = (enum mode)b->h->mode;
    b->h->mode = mode;
    mode_entered(b->h, from);
}

static inline void bench_mode(struct bench *b, enum mode mode)
{
    bench_mode_kept(b, mode);
    mmu_flush_all(b->h);
}

/* Executes one instruction at CODE. */
static inline void bench_insn(struct bench *b, u32 insn)
{
    put32(b, CODE, insn);
    b->h->pc = CODE;
    control_step(b->mon->c, b->h, 1);
}

static inline void expect(const struct bench *b, const char *part)
{
    ck_assert_msg(strstr(b->text, part) != NULL, "no '%s' in\n%s", part, b->text);
}

#endif
