/* An NVMe controller on PCI with a driver for tests: three queues of eight entries. Numbers are
 * those of the NVM Express Base Specification 1.4. */
#ifndef HEXTANT_TESTS_NVME_BENCH_H
#define HEXTANT_TESTS_NVME_BENCH_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "pci_bench.h"

enum { CAP = 0, VS = 8, INTMS = 0xc, INTMC = 0x10, CC = 0x14, CSTS = 0x1c, AQA = 0x24 };
enum { ASQ = 0x28, ACQ = 0x30, DOORBELL = 0x1000, RING_SIZE = 8, SECTORS = 2048 };
enum { READY = 1, FATAL = 2, ENABLE = 0x00460001, PAGE = 4096 };
enum { O_FLUSH = 0, O_WRITE = 1, O_READ = 2, O_ZEROES = 8 };
enum { DELETE_SQ = 0, CREATE_SQ = 1, GET_LOG = 2, DELETE_CQ = 4, CREATE_CQ = 5, IDENTIFY = 6 };
enum { ABORT = 8, SET_FEATURES = 9, GET_FEATURES = 10, EVENT = 12 };
enum { NVME_PIN = 1 };

#define BARS    MEM64
#define TABLE   MEM32
#define SQ(i)   (BOARD_RAM + 0x2000 * (u64)(i))
#define CQ(i)   (BOARD_RAM + 0x2000 * (u64)(i) + 0x1000)
#define LIST    (BOARD_RAM + 0x10000)
#define DATA    (BOARD_RAM + 0x20000)
#define MAILBOX (BOARD_RAM + 0x18000)

struct command {
    u32 dw[16];
};

static struct device *nvme;
static char path[64];
static int fd;
static u16 tail[3], head[3], phase[3];

static inline void put(u32 reg, u32 value)
{
    wr(&b, BARS + reg, 4, value);
}

static inline u32 get(u32 reg)
{
    return (u32)rd(&b, BARS + reg, 4);
}

static inline void mem_put(u64 pa, const void *buf, u64 len)
{
    ck_assert_int_eq(bus_copy_to(&b.bus, pa, buf, len), 0);
}

static inline void mem_get(u64 pa, void *buf, u64 len)
{
    ck_assert_int_eq(bus_copy_from(&b.bus, pa, buf, len), 0);
}

static inline u8 byte_at(u64 pa)
{
    u8 v;
    mem_get(pa, &v, 1);
    return v;
}

static inline void place(void)
{
    wr(&b, cfg(0, 1) + BAR, 4, 0);
    wr(&b, cfg(0, 1) + BAR + 4, 4, BARS >> 32);
    wr(&b, cfg(0, 1) + BAR + 16, 4, TABLE);
    wr(&b, cfg(0, 1) + COMMAND, 2, CMD_MEM | CMD_MASTER);
}

static inline void enable(void)
{
    u8 zero[0x2000] = {0};
    for (u32 i = 0; i < 3; i++) {
        mem_put(SQ(i), zero, sizeof zero);
        tail[i] = head[i] = 0;
        phase[i] = 1;
    }
    put(AQA, (RING_SIZE - 1) << 16 | (RING_SIZE - 1));
    put(ASQ, (u32)SQ(0)), put(ASQ + 4, 0);
    put(ACQ, (u32)CQ(0)), put(ACQ + 4, 0);
    put(CC, ENABLE);
}

static inline void open_with(const char *options)
{
    char spec[128];
    snprintf(spec, sizeof spec, "%s,if=nvme%s", path, options);
    b.args.spec = spec;
    b.args.pci_host = host;
    nvme = board_add(&b, nvme_new(&b.env, &b.args, &b.err), 0);
    pci_board_reset();
    place();
    enable();
    ck_assert_uint_eq(get(CSTS), READY);
}

static inline void setup(void)
{
    pci_board_init();
    strcpy(path, "/tmp/hextant-nvme-XXXXXX");
    fd = mkstemp(path);
    for (u32 i = 0; i < SECTORS; i++) {
        u8 sector[512];
        memset(sector, (int)i, sizeof sector);
        ck_assert_int_eq(write(fd, sector, sizeof sector), 512);
    }
    open_with("");
}

static inline void teardown(void)
{
    board_free(&b);
    close(fd);
    unlink(path);
}

/* Puts a command into queue q, without telling. */
static inline void offer(u32 q, struct command c)
{
    mem_put(SQ(q) + 64 * tail[q], &c, sizeof c);
    tail[q] = (u16)((tail[q] + 1) % RING_SIZE);
}

static inline void ring(u32 q)
{
    put(DOORBELL + 8 * q, tail[q]);
}

/* Lets the controller work until no deadline is left. */
static inline void work(void)
{
    while (b.deadline[nvme->id] != UINT64_MAX)
        board_run_to(&b, b.deadline[nvme->id]);
}

/* The next completion of queue q: 0xffff if there is none, else its status; *result is dword 0. */
static inline u32 reap(u32 q, u32 *result)
{
    u32 e[4];
    mem_get(CQ(q) + 16 * head[q], e, sizeof e);
    if ((e[3] >> 16 & 1) != phase[q])
        return 0xffff;
    ck_assert_uint_eq(e[2] >> 16, q);
    head[q] = (u16)((head[q] + 1) % RING_SIZE);
    phase[q] ^= head[q] == 0;
    put(DOORBELL + 8 * q + 4, head[q]);
    if (result)
        *result = e[0];
    return e[3] >> 17;
}

static inline u32 submit(u32 q, struct command c, u32 *result)
{
    offer(q, c);
    ring(q);
    work();
    return reap(q, result);
}

static inline u32 admin(u32 opcode, u32 id, u64 prp1, u32 dw10, u32 dw11)
{
    struct command c = {{opcode | 0x1234u << 16, id}};
    memcpy(&c.dw[6], &prp1, 8);
    c.dw[10] = dw10;
    c.dw[11] = dw11;
    return submit(0, c, NULL);
}

static inline u32 feature(u32 opcode, u32 dw10, u32 dw11, u32 *result)
{
    return submit(0, (struct command){.dw = {[0] = opcode, [10] = dw10, [11] = dw11}}, result);
}

static inline void create_queue(u32 q)
{
    ck_assert_uint_eq(admin(CREATE_CQ, 0, CQ(q), (RING_SIZE - 1) << 16 | q, q << 16 | 3), 0);
    ck_assert_uint_eq(admin(CREATE_SQ, 0, SQ(q), (RING_SIZE - 1) << 16 | q, q << 16 | 1), 0);
}

static inline struct command io(u32 opcode, u64 first, u32 count, u64 prp1, u64 prp2)
{
    struct command c = {{opcode | 7 << 16, 1}};
    memcpy(&c.dw[6], &prp1, 8);
    memcpy(&c.dw[8], &prp2, 8);
    memcpy(&c.dw[10], &first, 8);
    c.dw[12] = count - 1;
    return c;
}

static inline u8 file_byte(off_t at)
{
    u8 v = 0;
    ck_assert_int_eq(pread(fd, &v, 1, at), 1);
    return v;
}

#endif
