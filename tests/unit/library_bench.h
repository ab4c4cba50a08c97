/* What the tests of libhextant share: a machine with a small program, and short names for looking
 * at it. */
#ifndef LIBRARY_BENCH_H
#define LIBRARY_BENCH_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hextant.h"
#include "run_suite.h"

#define START  0x80000000ull
#define OTHER  0x80000100ull
#define ROOT   0x80010000ull /* of page tables */
#define SYSCON 0x100000ull

enum { CAUSE_LOAD_ACCESS = 5, CAUSE_STORE_ACCESS = 7, CAUSE_LOAD_PAGE = 13, CAUSE_LOAD_GUEST = 21 };
enum { A0 = 10, A1 = 11 };

/* a0 = 5, a1 = 12, and it ends with status 0. */
static const uint32_t program[] = {
    0x00500513, /* addi a0,x0,5 */
    0x00750593, /* addi a1,a0,7 */
    0x001002b7, /* lui t0,0x100 */
    0x00005337, /* lui t1,5 */
    0x55530313, /* addi t1,t1,0x555 */
    0x0062a023, /* sw t1,0(t0) */
    0x0000006f  /* j . */
};
enum { INSNS = 6, STORE_TO_0 = 0x00b02023 /* sw a1,0(x0) */ };

static struct hx_error err;
static struct hx_machine *m;

/* The program in a machine with one more word. */
static inline struct hx_machine *open_with(const char *word, const struct hx_owner *owner)
{
    char path[] = "/tmp/library-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, program, sizeof program), sizeof program);
    close(fd);
    const char *words[] = {
        "--load-address=0x80000000", "--firmware=none", "--serial=null", "--memory=4M", word, path};
    struct hx_machine *made = hx_open(words, sizeof words / sizeof *words, owner, &err);
    unlink(path);
    return made;
}

static inline void setup(void)
{
    m = open_with("--harts=1", NULL);
    ck_assert_msg(m != NULL, "%s", err.text);
}

static inline void teardown(void)
{
    hx_close(m);
    m = NULL;
}

static inline uint64_t get(const char *name)
{
    uint64_t value = 0;
    int number = hx_register_number(name);
    ck_assert_int_ge(number, 0);
    ck_assert_msg(hx_read_register(m, 0, (uint32_t)number, &value, &err) == 0, "%s", err.text);
    return value;
}

static inline void set(const char *name, uint64_t value)
{
    int number = hx_register_number(name);
    ck_assert_int_ge(number, 0);
    ck_assert_msg(hx_write_register(m, 0, (uint32_t)number, value, &err) == 0, "%s", err.text);
}

static inline void put(uint64_t address, const void *data, size_t len)
{
    struct hx_place to = {.space = HX_PHYSICAL, .address = address};
    ck_assert_msg(hx_write_memory(m, &to, data, len, &err) == 0, "%s", err.text);
}

static inline void put64(uint64_t address, uint64_t value)
{
    put(address, &value, sizeof value);
}

static inline struct hx_stop stepped(uint64_t count)
{
    struct hx_stop stop;
    ck_assert_msg(hx_step(m, 0, count, &stop, &err) == 0, "%s", err.text);
    return stop;
}

static inline struct hx_stop continued(void)
{
    struct hx_stop stop;
    ck_assert_msg(hx_continue(m, &stop, &err) == 0, "%s", err.text);
    return stop;
}

/* PMP lets everybody reach everything. */
static inline void open_up(void)
{
    set("pmpaddr0", ~0ull);
    set("pmpcfg0", 0x1f);
}

static inline uint64_t entry(uint64_t pa, uint64_t flags)
{
    return pa >> 12 << 10 | flags;
}

/* Sv39 at ROOT, Sv39x4 at ROOT + 0x4000: a leaf of a gigabyte for RAM. */
static inline void map_ram(void)
{
    put64(ROOT + 8 * 2, entry(START, 0xcf));
    put64(ROOT + 0x4000 + 8 * 2, entry(START, 0xdf));
    set("satp", 8ull << 60 | ROOT >> 12);
    set("hgatp", 8ull << 60 | (ROOT + 0x4000) >> 12);
}

#endif
