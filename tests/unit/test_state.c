/* State as rows: the stream says what it holds and refuses what does not fit; rows leave nothing
 * out; a machine that is put back is the machine. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "bare_machine.h"
#include "devices/p9_fs.h"
#include "machine/state.h"

/* ---- the stream ---- */

struct thing {
    u32 a;
    u16 list[3];
    struct {
        u8 x, y;
    } pair[2];
    struct state_blob blob;
};

static const struct state_row thing_rows[] = {
    STATE_FIELD(struct thing, a),
    STATE_ARRAY(struct thing, list),
    STATE_EACH(struct thing, pair, y),
    STATE_BLOB(struct thing, blob),
};

static struct state_part thing_part(const struct thing *t)
{
    return state_part(t, thing_rows, ARRAY_LEN(thing_rows), "thing");
}

static void save_thing(const struct thing *t, struct state_memory *out)
{
    struct error err;
    struct state_part part = thing_part(t);
    state_memory_init(out);
    ck_assert_int_eq(state_save_header(&out->sink, &err), 0);
    ck_assert_int_eq(state_save(&out->sink, &part, &err), 0);
}

START_TEST(rows_come_back)
{
    struct error err;
    struct state_memory m;
    u8 bytes[] = {9, 8, 7};
    struct thing t = {1, {2, 3, 4}, {{5, 6}, {7, 8}}, {bytes, 3}}, u = {.pair = {{50, 0}, {70, 0}}};
    save_thing(&t, &m);
    struct state_part part = thing_part(&u);
    ck_assert_int_eq(state_load_header(&m.source, &err), 0);
    ck_assert_int_eq(state_load(&m.source, &part, &err), 0);
    ck_assert_uint_eq(m.at, m.len);
    ck_assert_uint_eq(u.a, 1);
    ck_assert_mem_eq(u.list, t.list, sizeof t.list);
    ck_assert_uint_eq(u.pair[1].y, 8);
    ck_assert_uint_eq(u.pair[1].x, 70); /* in no row */
    ck_assert_uint_eq(u.blob.len, 3);
    ck_assert_mem_eq(u.blob.data, bytes, 3);
    struct state_part other = thing_part(&t);
    ck_assert_uint_eq(state_compare(&part, &other, NULL, NULL), 0);
    u.list[1]++;
    ck_assert_uint_eq(state_compare(&part, &other, NULL, NULL), 1);
    free(u.blob.data);
    free(m.data);
}
END_TEST

/* A stream that ends early, anywhere, is refused. */
START_TEST(a_short_stream_is_refused)
{
    struct error err;
    struct state_memory m;
    struct thing t = {.a = 1}, u = {0};
    save_thing(&t, &m);
    struct state_part part = thing_part(&u);
    for (size_t whole = m.len; m.len-- > 0;) {
        m.at = 0;
        ck_assert_uint_lt(m.len, whole);
        ck_assert(state_load_header(&m.source, &err) || state_load(&m.source, &part, &err));
    }
    free(m.data);
}
END_TEST

START_TEST(another_stream_is_refused)
{
    static const struct state_row renamed[] = {{"b", 0, 4, 1, 4}}, wider[] = {{"a", 0, 8, 1, 8}};
    const struct state_row *rows = _i ? wider : renamed;
    struct error err;
    struct state_memory m;
    struct thing t = {.a = 1};
    u64 room = 0;
    struct state_part part = state_part(&t, thing_rows, 1, "thing"),
                      other = state_part(&room, rows, 1, "thing");
    state_memory_init(&m);
    ck_assert_int_eq(state_save(&m.sink, &part, &err), 0);
    ck_assert_int_eq(state_load(&m.source, &other, &err), -1);
    ck_assert(strstr(err.text, _i ? "size" : "'b'") != NULL);
    ck_assert_int_eq(state_load_header(&m.source, &err), -1);
    free(m.data);
}
END_TEST

/* ---- the rows of a machine ---- */

static u64 row_bytes(const struct state_part *part)
{
    u64 sum = 0;
    for (u32 i = 0; i < part->num_rows; i++)
        sum += (u64)part->row[i].size * part->row[i].count;
    return sum;
}

struct bases {
    const char *base[2];
    u64 bytes;
};

static int note_firmware(void *ctx, const struct state_part *part)
{
    struct bases *b = ctx;
    unsigned hart;
    if (sscanf(part->name, "firmware, hart %u", &hart) == 1 && hart < 2) {
        b->base[hart] = part->base;
        b->bytes = row_bytes(part);
    }
    return 0;
}

/* Everything in the structs that hold nothing else is in some row. */
START_TEST(rows_leave_nothing_out)
{
    u32 code[] = {0x6f};
    struct machine *m = bare_machine("--harts=2", "--firmware=sbi", code, 1);
    struct state_part hart = hart_part(m->hart[0]);
    struct bases b = {0};
    ck_assert_uint_eq(row_bytes(&hart), offsetof(struct hart, budget));
    ck_assert_int_eq(machine_each_part(m, note_firmware, &b), 0);
    ck_assert_uint_eq(b.bytes, (u64)(b.base[1] - b.base[0]));
    machine_free(m);
}
END_TEST

static int count_name(void *ctx, const struct state_part *part)
{
    const char *(*names)[256] = ctx;
    for (u32 i = 0; i < 256; i++) {
        if (!(*names)[i]) {
            (*names)[i] = strdup(part->name);
            return 0;
        }
        ck_assert_str_ne((*names)[i], part->name);
    }
    return -1;
}

START_TEST(parts_have_names_of_their_own)
{
    const char *names[256] = {0};
    u32 code[] = {0x6f};
    struct machine *m = bare_machine("--harts=2", "--firmware=sbi", code, 1);
    ck_assert_int_eq(machine_each_part(m, count_name, &names), 0);
    for (u32 i = 0; i < 256; i++)
        free((void *)(uintptr_t)names[i]);
    machine_free(m);
}
END_TEST

/* Saved, changed, put back: the same bytes again, and the registers. */
START_TEST(a_machine_comes_back)
{
    struct error err;
    struct state_memory first, second;
    u32 code[] = {0x00150513, 0xffdff06f}; /* addi a0, a0, 1; j . - 4 */
    struct machine *m = bare_machine("", "", code, ARRAY_LEN(code));
    machine_start(m);
    machine_step_alone(m, m->hart[0]);
    state_memory_init(&first);
    state_memory_init(&second);
    ck_assert_int_eq(machine_save(m, &first.sink, STATE_ELSEWHERE, &err), 0);
    for (int i = 0; i < 9; i++)
        machine_step_alone(m, m->hart[0]);
    ck_assert_uint_eq(m->hart[0]->x[10], 5);
    ck_assert_msg(machine_load(m, &first.source, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(m->hart[0]->x[10], 1);
    ck_assert_int_eq(machine_save(m, &second.sink, STATE_ELSEWHERE, &err), 0);
    ck_assert_uint_eq(first.len, second.len);
    ck_assert_mem_eq(first.data, second.data, first.len);
    ck_assert_msg(machine_renew(m, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(m->hart[0]->x[10], 1);
    machine_step_alone(m, m->hart[0]);
    machine_step_alone(m, m->hart[0]);
    ck_assert_uint_eq(m->hart[0]->x[10], 2);
    free(first.data);
    free(second.data);
    machine_free(m);
}
END_TEST

START_TEST(a_network_cannot_be_saved)
{
    struct error err;
    u32 code[] = {0x6f};
    struct machine *m = bare_machine("--net=user", "", code, 1);
    struct state_memory saved;
    state_memory_init(&saved);
    ck_assert_int_eq(machine_save(m, &saved.sink, STATE_ELSEWHERE, &err), -1);
    ck_assert(strstr(err.text, "--net") != NULL);
    ck_assert_msg(machine_renew(m, &err) == 0, "%s", err.text); /* here it moves over */
    machine_free(m);
}
END_TEST

/* ---- a request under way ---- */

/* The driver's part, by hand, of a disk at the first virtio slot: rings and buffers in RAM. */
enum {
    LARGE = 0x80000,
    RAM_DESC = 0x10000,
    RAM_AVAIL = 0x11000,
    RAM_USED = 0x12000,
    RAM_HEADER = 0x13000,
    RAM_DATA = 0x20000,
    BLK_OUT = 1
};
static const u64 disk = 0x10001000;

static void disk_put(struct machine *m, u64 reg, u64 value)
{
    ck_assert_int_eq(bus_write(&m->bus, disk + reg, 4, value & UINT32_MAX), 0);
}

static void disk_start(struct machine *m)
{
    static const struct {
        u16 reg;
        u32 value;
    } steps[] = {{0x70, 0}, {0x70, 3},  {0x24, 0}, {0x20, 1 << 9}, {0x24, 1},
                 {0x20, 1}, {0x70, 11}, {0x30, 0}, {0x38, 8}};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        disk_put(m, steps[i].reg, steps[i].value);
    static const u64 rings[] = {RAM_BASE + RAM_DESC, RAM_BASE + RAM_AVAIL, RAM_BASE + RAM_USED};
    for (u64 i = 0; i < 3; i++) {
        disk_put(m, 0x80 + 0x10 * i, rings[i]);
        disk_put(m, 0x84 + 0x10 * i, rings[i] >> 32);
    }
    disk_put(m, 0x44, 1);
    disk_put(m, 0x70, 15);
}

/* A request to write the LARGE bytes at RAM_DATA. */
static void disk_request(struct machine *m)
{
    struct {
        u64 addr;
        u32 len;
        u16 flags, next;
    } desc[3] = {{RAM_BASE + RAM_HEADER, 16, 1, 1},
                 {RAM_BASE + RAM_DATA, LARGE, 1, 2},
                 {RAM_BASE + RAM_HEADER + 64, 1, 2, 0}};
    u64 header[2] = {BLK_OUT, 0};
    u16 avail[3] = {0, 1, 0};
    u8 *ram = m->ram->host;
    memcpy(ram + RAM_DESC, desc, sizeof desc);
    memcpy(ram + RAM_HEADER, header, sizeof header);
    memcpy(ram + RAM_AVAIL, avail, sizeof avail);
    memset(ram + RAM_DATA, 0x5a, LARGE);
    ram[RAM_HEADER + 64] = 0xff;
    disk_put(m, 0x50, 0);
}

static unsigned disk_used(const struct machine *m)
{
    return m->ram->host[RAM_USED + 2];
}

/* A request that is half done goes on in the machine made anew. */
START_TEST(a_request_goes_on)
{
    struct error err;
    struct stat st;
    char path[] = "/tmp/stateXXXXXX", option[64];
    u32 code[] = {0x6f}; /* j . */
    u8 byte = 0;
    int fd = mkstemp(path);
    ck_assert_int_eq(ftruncate(fd, LARGE), 0);
    snprintf(option, sizeof option, "--drive=%s", path);
    struct machine *m = bare_machine(option, "--max-insns=2000000", code, 1);
    machine_start(m);
    disk_start(m);
    disk_request(m);
    ck_assert_uint_eq(disk_used(m), 0);
    ck_assert_msg(machine_renew(m, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(disk_used(m), 0);
    machine_go(m);
    ck_assert_uint_eq(disk_used(m), 1);
    ck_assert_uint_eq(m->ram->host[RAM_HEADER + 64], 0); /* the status byte */
    machine_free(m);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(pread(fd, &byte, 1, LARGE - 1), 1);
    ck_assert_uint_eq(byte, 0x5a);
    close(fd);
    unlink(path);
}
END_TEST

/* ---- files of the host ---- */

static char folder[64];

/* A server of `folder` with fid 7 open on the file sub/file. */
static void open_share(struct p9_fs *fs)
{
    char path[128];
    snprintf(folder, sizeof folder, "/tmp/stateXXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sub", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/sub/file", folder);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "text", 4), 4);
    *fs = (struct p9_fs){.root = open(folder, O_PATH | O_DIRECTORY)};
    ck_assert_ptr_nonnull(p9_add_fid(fs, 7, open(path, O_PATH | O_NOFOLLOW)));
    p9_find(fs, 7)->fd = fd;
}

static void expect_text(struct p9_fs *fs)
{
    char text[5] = "";
    struct p9_fid *f = p9_find(fs, 7);
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(pread(f->fd, text, 4, 0), 4);
    ck_assert_str_eq(text, "text");
    ck_assert_int_eq(fcntl(f->fd, F_GETFL) & O_ACCMODE, O_RDWR);
}

static void close_share(struct p9_fs *fs)
{
    char command[128];
    p9_clunk_all(fs);
    close(fs->root);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(open_files_are_opened_again)
{
    struct error err;
    struct state_blob saved = {0};
    struct p9_fs fs, again;
    open_share(&fs);
    again = (struct p9_fs){.root = fs.root};
    ck_assert_int_eq(p9_portable(&fs, &err), 0);
    ck_assert_int_eq(p9_save(&fs, &saved), 0);
    p9_clunk_all(&fs);
    ck_assert_msg(p9_load(&again, &saved, NULL, &err) == 0, "%s", err.text);
    expect_text(&again);
    close_share(&again);
    free(saved.data);
}
END_TEST

START_TEST(deleted_files_only_move_over)
{
    struct error err;
    char path[128];
    struct state_blob saved = {0};
    struct p9_fs fs, again;
    open_share(&fs);
    again = (struct p9_fs){.root = fs.root};
    snprintf(path, sizeof path, "%s/sub/file", folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(p9_portable(&fs, &err), -1);
    ck_assert_int_eq(p9_save(&fs, &saved), 0);
    ck_assert_int_eq(p9_load(&again, &saved, NULL, &err), -1);
    ck_assert_msg(p9_load(&again, &saved, &fs, &err) == 0, "%s", err.text);
    expect_text(&again);
    ck_assert_ptr_null(p9_find(&fs, 7));
    close_share(&again);
    free(saved.data);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("state");
    TCase *t = tcase_create("state");
    tcase_add_test(t, rows_come_back);
    tcase_add_test(t, a_short_stream_is_refused);
    tcase_add_loop_test(t, another_stream_is_refused, 0, 2);
    tcase_add_test(t, rows_leave_nothing_out);
    tcase_add_test(t, parts_have_names_of_their_own);
    tcase_add_test(t, a_machine_comes_back);
    tcase_add_test(t, a_network_cannot_be_saved);
    tcase_add_test(t, a_request_goes_on);
    tcase_add_test(t, open_files_are_opened_again);
    tcase_add_test(t, deleted_files_only_move_over);
    suite_add_tcase(s, t);
    return run_suite(s);
}
