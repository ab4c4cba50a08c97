/* How an input gets into the machine: bytes in memory, keys on a console, what devices answer,
 * calls that a guest makes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "devices/chardev.h"
#include "fuzz/fuzz.h"
#include "machine/wait.h"

/* ---- ADDRESS,LENGTH[,REGISTER] ---- */

static int give_memory(struct monitor *mon, const struct input *in, const u8 *data, size_t len,
                       struct error *err)
{
    static const u8 zeros[4096];
    (void)mon;
    len = len < in->room ? len : in->room;
    if (len && view_write(&in->view, in->addr, data, len, err))
        return -1;
    for (u64 at = len, n; at < in->room; at += n) {
        n = in->room - at < sizeof zeros ? in->room - at : sizeof zeros;
        if (view_write(&in->view, in->addr + at, zeros, n, err))
            return -1;
    }
    if (in->length > 0)
        in->view.h->x[in->length] = len;
    return 0;
}

static int parse_memory(struct fuzz *f, const char *spec, struct error *err)
{
    char text[256];
    struct input *in = &f->input;
    snprintf(text, sizeof text, "%s", spec);
    char *length = strchr(text, ','), *reg = length ? strchr(length + 1, ',') : NULL;
    if (!length)
        return error_set(err, "--input=%.100s: can be ADDR,LEN[,REGISTER], console, virtio or sbi",
                         spec);
    *length++ = '\0';
    if (reg)
        *reg++ = '\0';
    if (number_parse(length, NUMBER_SUFFIXES, &in->room) || !in->room || in->room > INPUT_MOST)
        return error_set(err, "--input=%.100s: the length can be 1 to %d", spec, INPUT_MOST);
    in->length = reg ? reg_number(reg) : -1;
    if (reg && in->length <= 0)
        return error_set(err, "--input=%.100s: '%s' is no general register", spec, reg);
    const struct args none = {0};
    struct printed p;
    char option[128];
    snprintf(option, sizeof option, "--input=%.100s", spec);
    printed_begin(f->mon, &p);
    if (f->mon->out && f->mon->err)
        args_address(f->mon, &none, text, &in->view, &in->addr);
    if (printed_end(f->mon, &p, option, err))
        return -1;
    in->give = give_memory;
    struct error why;
    u8 byte;
    for (u64 at = 0; at < in->room; at += 4096)
        if (view_read(&in->view, in->addr + at, &byte, 1, &why))
            return error_set(err, "--input=%.100s: %.200s", spec, why.text);
    return 0;
}

/* ---- console ---- */

static int give_console(struct monitor *mon, const struct input *in, const u8 *data, size_t len,
                        struct error *err)
{
    struct machine *m = mon->m;
    (void)in, (void)err;
    chardev_type(m->host.terminal ? m->host.terminal : m->host.console, data, len);
    wait_poll_host(m); /* it is there now, not a millisecond later */
    return 0;
}

/* ---- virtio: what devices answer ---- */

static int give_answers(struct monitor *mon, const struct input *in, const u8 *data, size_t len,
                        struct error *err)
{
    struct dev_answers *a = mon->m->env.answers;
    u8 *copy = len ? malloc(len) : NULL;
    (void)in;
    if (len && !copy)
        return error_set(err, "out of memory");
    if (copy)
        memcpy(copy, data, len);
    free(a->bytes.data);
    *a = (struct dev_answers){.bytes = {copy, (u32)len}};
    return 0;
}

/* ---- sbi: the hart, in the mode that it is in, makes calls ---- */

/* What it executes at its pc: for each record the registers a0 to a7, and an ECALL. */
enum {
    CALL_SIZE = 64, /* of a record: eight numbers of 64 bits, of which RV32 takes the low half */
    CODE_END = 64,  /* bytes of the code; there it comes after the last call, and stays, */
    CODE_SIZE = 68, /* with that instruction */
    TABLE_AT = 128, /* where the table is, behind the pc, if that is a multiple of 8 */
    CALLS_MOST = 256
};

static u32 table_at(u64 pc)
{
    return TABLE_AT - (u32)(pc & 7);
}

/* A load of one register's width: rd = [rs1 + offset]. */
static u32 load(const struct hart *h, u32 rd, u32 rs1, u32 offset)
{
    return offset << 20 | rs1 << 15 | (is_rv32(h) ? 2u : 3u) << 12 | rd << 7 | 0x03;
}

static u32 add_immediate(u32 rd, u32 rs1, u32 value)
{
    return value << 20 | rs1 << 15 | rd << 7 | 0x13;
}

/* The code as words; the table begins with the number of records. */
static void make_code(const struct hart *h, u32 code[CODE_SIZE / 4])
{
    enum { S0 = 8, S1 = 9, A0 = 10 };
    u32 n = 0, table = table_at(h->pc);
    code[n++] = 0x17 | S0 << 7; /* auipc s0, 0 */
    code[n++] = load(h, S1, S0, table);
    code[n++] = add_immediate(S0, S0, table + 8);
    u32 loop = n, out = CODE_END - 4 * loop;
    code[n++] =
        (out >> 5 & 0x3f) << 25 | S1 << 15 | (out >> 1 & 0xf) << 8 | 0x63; /* beqz s1, the end */
    for (u32 i = 0; i < 8; i++)
        code[n++] = load(h, A0 + i, S0, 8 * i);
    code[n++] = add_immediate(S0, S0, CALL_SIZE);
    code[n++] = add_immediate(S1, S1, 0xfff);
    code[n++] = 0x73; /* ecall */
    u32 back = (loop - n) * 4;
    code[n++] = (back >> 20 & 1) << 31 | (back >> 1 & 0x3ff) << 21 | (back >> 11 & 1) << 20 |
                (back >> 12 & 0xff) << 12 | 0x6f; /* j loop */
    code[n] = 0x6f;                               /* j here */
}

static int give_calls(struct monitor *mon, const struct input *in, const u8 *data, size_t len,
                      struct error *err)
{
    u64 most = in->room / CALL_SIZE, calls = len / CALL_SIZE;
    (void)mon;
    calls = calls < most ? calls : most;
    if (view_write(&in->view, in->addr, &calls, sizeof calls, err))
        return -1;
    return calls ? view_write(&in->view, in->addr + sizeof calls, data, calls * CALL_SIZE, err) : 0;
}

static int parse_calls(struct fuzz *f, struct error *err)
{
    struct hart *h = f->m->hart[0];
    struct input *in = &f->input;
    struct view v = view_of_hart(h);
    u32 code[CODE_SIZE / 4];
    char end[64];
    u64 pa, from = h->pc + table_at(h->pc) + 8;
    make_code(h, code);
    if (h->mode == MODE_M || h->mode == MODE_U || h->mode == MODE_VU)
        return error_set(err,
                         "--input=sbi: the hart is in %s-mode, which makes no SBI calls; "
                         "--start=PLACE goes to where it is in another",
                         mode_name(h, h->mode));
    while (in->room < CALLS_MOST * CALL_SIZE &&
           view_translate(&v, from + in->room + CALL_SIZE - 1, &pa, err) == 0)
        in->room += CALL_SIZE;
    if (!in->room || view_write(&v, h->pc, code, sizeof code, err))
        return error_set(err, "--input=sbi: there is no room for calls behind the hart's pc");
    in->view = v;
    in->addr = from - 8;
    in->give = give_calls;
    snprintf(end, sizeof end, "break 0x%" PRIx64 " --mode=%s", h->pc + CODE_END,
             mode_name(h, h->mode));
    return point_set(f->mon, "--input=sbi", end, err);
}

int input_parse(struct fuzz *f, const char *spec, struct error *err)
{
    if (strcmp(spec, "console") == 0) {
        f->input.give = give_console;
        return 0;
    }
    if (strcmp(spec, "virtio") == 0) {
        f->input.give = give_answers;
        return 0;
    }
    if (strcmp(spec, "sbi") == 0)
        return parse_calls(f, err);
    return parse_memory(f, spec, err);
}
