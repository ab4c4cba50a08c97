/* Commands of the administrator: queues, features, what the controller and its one namespace are.
 */
#include <string.h>

#include "devices/nvme_impl.h"

enum {
    DELETE_SQ = 0x00,
    CREATE_SQ = 0x01,
    GET_LOG = 0x02,
    DELETE_CQ = 0x04,
    CREATE_CQ = 0x05,
    IDENTIFY = 0x06,
    ABORT = 0x08,
    SET_FEATURES = 0x09,
    GET_FEATURES = 0x0a,
    EVENT_REQUEST = 0x0c,
};
enum { DATA = 4096 };

static void put_bytes(u8 *at, u32 size, u64 value)
{
    for (u32 i = 0; i < size; i++)
        at[i] = (u8)(value >> (8 * i));
}

/* Text padded with blanks. */
static void put_text(u8 *at, u32 size, const char *text)
{
    size_t len = strnlen(text, size);
    memset(at, ' ', size);
    memcpy(at, text, len);
}

/* ---- identify ---- */

struct field {
    u16 offset, size;
    u32 value;
};

static void put_fields(u8 *data, const struct field *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_bytes(data + f[i].offset, f[i].size, f[i].value);
}

/* "Identify Controller Data Structure" */
static void describe_controller(const struct nvme *n, u8 *data)
{
    static const struct field fields[] = {
        {0, 2, 0x1b36},      /* VID */
        {2, 2, 0x1af4},      /* SSVID */
        {72, 1, 6},          /* RAB */
        {77, 1, NVME_MDTS},  /* MDTS */
        {80, 4, 0x00010400}, /* VER */
        {258, 1, 3},         /* ACL */
        {259, 1, NVME_EVENTS - 1},
        {260, 1, 0x03}, /* FRMW: one slot, read-only */
        {266, 2, 343},  /* WCTEMP, CCTEMP: in kelvin */
        {268, 2, 373},
        {512, 1, 0x66},  /* SQES: 64 bytes */
        {513, 1, 0x44},  /* CQES: 16 bytes */
        {516, 4, 1},     /* NN */
        {520, 2, 0x08},  /* ONCS: zeroes */
        {525, 1, 0x01},  /* VWC: there is a write cache */
        {2048, 2, 2500}, /* power state 0: 25 W at most */
    };
    char id[DRIVE_ID + 1] = "";
    memcpy(id, n->drive.id, DRIVE_ID);
    put_fields(data, fields, ARRAY_LEN(fields));
    put_text(data + 4, 20, id);
    put_text(data + 24, 40, "hextant NVMe");
    put_text(data + 64, 8, "1.0");
    strcpy((char *)data + 768, "nqn.2014-08.org.nvmexpress:hextant:");
    memcpy(data + 768 + 35, id, sizeof id);
}

/* "Identify Namespace": sizes in blocks of 512 bytes. */
static void describe_namespace(const struct nvme *n, u8 *data)
{
    for (u32 at = 0; at < 24; at += 8) /* NSZE, NCAP, NUSE */
        put_bytes(data + at, 8, drive_sectors(&n->drive));
    data[99] = n->drive.image->mode == IMAGE_RO; /* NSATTR */
    data[130] = 9;                               /* LBADS of format 0 */
}

/* A UUID that follows from the file's name (a hash, FNV-1a). */
static void describe_identifiers(const struct nvme *n, u8 *data)
{
    u64 hash = 0xcbf29ce484222325;
    for (u32 i = 0; i < DRIVE_ID; i++)
        hash = (hash ^ (u8)n->drive.id[i]) * 0x100000001b3;
    data[0] = 3; /* NIDT: UUID */
    data[1] = 16;
    put_bytes(data + 4, 8, hash);
    put_bytes(data + 12, 8, hash * 0x9e3779b97f4a7c15);
    data[10] = (u8)((data[10] & 0x0f) | 0x80); /* version 8, made up by its maker */
    data[12] = (u8)((data[12] & 0x3f) | 0x80);
}

static enum nvme_status identify(struct nvme *n)
{
    enum { NAMESPACE, CONTROLLER, ACTIVE, IDENTIFIERS };
    u8 data[DATA] = {0};
    u32 id = n->now.namespace_id, what = n->now.dword[0] & 0xff;
    if ((what == NAMESPACE || what == IDENTIFIERS) && id != 1)
        return NVME_INVALID_NAMESPACE;
    switch (what) {
    case NAMESPACE:
        describe_namespace(n, data);
        break;
    case CONTROLLER:
        describe_controller(n, data);
        break;
    case ACTIVE: /* those above the one that the command names */
        data[0] = id < 1;
        break;
    case IDENTIFIERS:
        describe_identifiers(n, data);
        break;
    default:
        return NVME_INVALID_FIELD;
    }
    return nvme_put(n, data, sizeof data);
}

/* ---- logs ---- */

static enum nvme_status get_log(struct nvme *n)
{
    enum { ERRORS = 1, HEALTH, FIRMWARE };
    u8 data[DATA] = {0};
    u64 len = 4 * (((u64)(n->now.dword[1] & 0xffff) << 16 | n->now.dword[0] >> 16) + 1),
        offset = (u64)n->now.dword[3] << 32 | n->now.dword[2];
    u32 log = n->now.dword[0] & 0xff;
    if (log < ERRORS || log > FIRMWARE)
        return NVME_INVALID_LOG;
    if (len > sizeof data || offset > sizeof data - len || offset % 4)
        return NVME_INVALID_FIELD;
    if (log == HEALTH) {
        put_bytes(data + 1, 2, 300); /* kelvin */
        data[3] = 100;               /* spare: all of it, which is wanted to be a tenth at least */
        data[4] = 10;
    } else if (log == FIRMWARE) {
        data[0] = 1; /* the slot in use */
        put_text(data + 8, 8, "1.0");
    }
    return nvme_put(n, data + offset, len);
}

/* ---- queues ---- */

/* Number and size of the queue that a command creates. */
static enum nvme_status check_new(const struct nvme *n, u32 entries_of_old)
{
    u32 id = n->now.dword[0] & 0xffff, entries = (n->now.dword[0] >> 16) + 1;
    if (id == 0 || id >= NVME_QUEUES || entries_of_old)
        return NVME_INVALID_QUEUE;
    if (entries < 2 || entries > NVME_ENTRIES)
        return NVME_INVALID_SIZE;
    if (!(n->now.dword[1] & 1)) /* not in one piece */
        return NVME_INVALID_FIELD;
    return n->now.prp1 & (nvme_page(n) - 1) ? NVME_INVALID_PRP_OFFSET : NVME_OK;
}

/* The number of a queue that a command names; 0 if there can be none. */
static u32 queue_of(const struct nvme *n)
{
    u32 id = n->now.dword[0] & 0xffff;
    return id < NVME_QUEUES ? id : 0;
}

static enum nvme_status create_cq(struct nvme *n)
{
    u32 id = queue_of(n), vector = n->now.dword[1] >> 16;
    enum nvme_status status = check_new(n, n->cq[id].entries);
    if (status != NVME_OK)
        return status;
    if (vector >= n->pci.vectors)
        return NVME_INVALID_VECTOR;
    n->cq[id] = (struct nvme_cq){.base = n->now.prp1,
                                 .entries = (n->now.dword[0] >> 16) + 1,
                                 .vector = (u16)vector,
                                 .phase = 1,
                                 .interrupts = n->now.dword[1] >> 1 & 1};
    return NVME_OK;
}

static enum nvme_status create_sq(struct nvme *n)
{
    u32 id = queue_of(n), cq = n->now.dword[1] >> 16;
    enum nvme_status status = check_new(n, n->sq[id].entries);
    if (status != NVME_OK)
        return status;
    if (cq == 0 || cq >= NVME_QUEUES || !n->cq[cq].entries)
        return NVME_INVALID_CQ;
    n->sq[id] = (struct nvme_sq){
        .base = n->now.prp1, .entries = (n->now.dword[0] >> 16) + 1, .cq = (u16)cq};
    return NVME_OK;
}

static enum nvme_status delete_sq(struct nvme *n)
{
    u32 id = queue_of(n);
    if (id == 0 || !n->sq[id].entries)
        return NVME_INVALID_QUEUE;
    n->sq[id] = (struct nvme_sq){0};
    return NVME_OK;
}

static enum nvme_status delete_cq(struct nvme *n)
{
    u32 id = queue_of(n);
    if (id == 0 || !n->cq[id].entries)
        return NVME_INVALID_QUEUE;
    for (u32 i = 1; i < NVME_QUEUES; i++)
        if (n->sq[i].entries && n->sq[i].cq == id)
            return NVME_INVALID_DELETION;
    n->cq[id] = (struct nvme_cq){0};
    return NVME_OK;
}

/* ---- features ---- */

enum { WRITE_CACHE = 6, NUMBER_OF_QUEUES = 7, VECTOR_CONFIGURATION = 9 };

/* What each holds after reset, and what of it can be set. */
static const struct feature {
    u32 value, writable;
    bool exists;
} features[NVME_FEATURES] = {
    [0x01] = {0x00000007, 0xffffff07, true}, /* arbitration */
    [0x02] = {0, 0x0000001f, true},          /* power state */
    [0x04] = {343, 0x003fffff, true},        /* temperature threshold */
    [0x05] = {0, 0x0000ffff, true},          /* error recovery */
    [WRITE_CACHE] = {1, 1, true},
    [NUMBER_OF_QUEUES] = {(NVME_IO_QUEUES - 1) << 16 | (NVME_IO_QUEUES - 1), 0, true},
    [0x08] = {0, 0x0000ffff, true}, /* interrupt coalescing: asked for, not done */
    [VECTOR_CONFIGURATION] = {0, 0x0001ffff, true},
    [0x0a] = {0, 1, true},          /* write atomicity */
    [0x0b] = {0, 0x00007fff, true}, /* asynchronous events */
};

void nvme_reset_features(struct nvme *n)
{
    for (u32 i = 0; i < NVME_FEATURES; i++)
        n->feature[i] = features[i].value;
}

bool nvme_caches_writes(const struct nvme *n)
{
    return n->feature[WRITE_CACHE] & 1;
}

/* The feature that a command names, or NULL. */
static const struct feature *feature_of(const struct nvme *n, u32 *id)
{
    *id = n->now.dword[0] & 0xff;
    return *id < NVME_FEATURES && features[*id].exists ? &features[*id] : NULL;
}

static enum nvme_status set_features(struct nvme *n, u32 *result)
{
    u32 id, value = n->now.dword[1];
    const struct feature *f = feature_of(n, &id);
    if (!f)
        return NVME_INVALID_FIELD;
    if (n->now.dword[0] >> 31)
        return NVME_NOT_SAVEABLE;
    if (id == NUMBER_OF_QUEUES && ((value & 0xffff) == 0xffff || value >> 16 == 0xffff))
        return NVME_INVALID_FIELD;
    n->feature[id] = (n->feature[id] & ~f->writable) | (value & f->writable);
    *result = id == NUMBER_OF_QUEUES ? n->feature[id] : 0;
    return NVME_OK;
}

static enum nvme_status get_features(struct nvme *n, u32 *result)
{
    enum { CURRENT, DEFAULT, SAVED, CAPABILITIES, CHANGEABLE = 4 };
    u32 id, select = n->now.dword[0] >> 8 & 7;
    const struct feature *f = feature_of(n, &id);
    if (!f || select > CAPABILITIES)
        return NVME_INVALID_FIELD;
    *result = select == CURRENT        ? n->feature[id]
              : select == CAPABILITIES ? (f->writable ? CHANGEABLE : 0)
                                       : f->value;
    return NVME_OK;
}

/* ---- the rest ---- */

/* Nothing ever happens that the driver would have to be told of. */
static enum nvme_status event_request(struct nvme *n)
{
    if (n->num_events == NVME_EVENTS)
        return NVME_TOO_MANY_EVENTS;
    n->event[n->num_events++] = n->now.id;
    return NVME_HELD;
}

enum nvme_status nvme_admin(struct nvme *n, u32 *result)
{
    if (n->now.flags & 0xc3)
        return NVME_INVALID_FIELD;
    switch (n->now.opcode) {
    case DELETE_SQ:
        return delete_sq(n);
    case CREATE_SQ:
        return create_sq(n);
    case GET_LOG:
        return get_log(n);
    case DELETE_CQ:
        return delete_cq(n);
    case CREATE_CQ:
        return create_cq(n);
    case IDENTIFY:
        return identify(n);
    case ABORT: /* one at a time is done: what is to be aborted has ended, or not begun */
        *result = 1;
        return NVME_OK;
    case SET_FEATURES:
        return set_features(n, result);
    case GET_FEATURES:
        return get_features(n, result);
    case EVENT_REQUEST:
        return event_request(n);
    default:
        return NVME_INVALID_OPCODE;
    }
}
