/* Message proxy (MPXY) with one channel for tests, of a vendor-specific protocol:
 *   message 0 ECHO     answers with the data it was sent
 *   message 1 POST     (without response) queues the first eight bytes as a notification event
 *   message 2 TIMEOUT  fails with SBI_ERR_TIMEOUT, message 3 IO with SBI_ERR_IO
 * Protocol attributes: 0x80000000 counts messages (read only), 0x80000001 keeps what is written. */
#include "sbi/firmware.h"

enum { SHMEM_SIZE = 4096, CHANNEL = 1 };
enum { MODE_OVERWRITE, MODE_OVERWRITE_RETURN };
enum { MESSAGE_ECHO, MESSAGE_POST, MESSAGE_TIMEOUT, MESSAGE_IO };
enum { EVENT_SIZE = 8, EVENTS_OFFSET = 16 };
enum {
    CAN_EVENTS_STATE = 1 << 2,
    CAN_RESPONSE = 1 << 3,
    CAN_POST = 1 << 4,
    CAN_NOTIFY = 1 << 5,
};

/* Standard attributes, then the protocol's two; all in one array of the channel's state. */
enum {
    ATTR_EVENTS_STATE_CONTROL = 11,
    NUM_STANDARD = 12,
    ATTR_MESSAGES = NUM_STANDARD,
    ATTR_SCRATCH,
    NUM_ATTRIBUTES,
};
#define PROTOCOL_ATTRIBUTES 0x80000000u

/* Read-only values of the standard attributes; MSI is not offered, so its attributes stay zero. */
static const u32 standard[NUM_STANDARD] = {
    0x80000000u, /* MSG_PROT_ID: vendor specific */
    0x00010000u, /* MSG_PROT_VERSION 1.0 */
    SHMEM_SIZE,  /* MSG_DATA_MAX_LEN */
    1000,        /* MSG_SEND_TIMEOUT, microseconds */
    2000,        /* MSG_COMPLETION_TIMEOUT */
    CAN_EVENTS_STATE | CAN_RESPONSE | CAN_POST | CAN_NOTIFY,
};

/* Index of an attribute, or -1 when the channel has none of that number. */
static int attribute_index(u64 id)
{
    if (id < NUM_STANDARD)
        return (int)id;
    if (id >= PROTOCOL_ATTRIBUTES && id - PROTOCOL_ATTRIBUTES < NUM_ATTRIBUTES - NUM_STANDARD)
        return (int)(id - PROTOCOL_ATTRIBUTES) + NUM_STANDARD;
    return -1;
}

/* Attributes 7 to 11 and the scratch one may be written. */
static bool writable(int index)
{
    return (index >= 7 && index < NUM_STANDARD) || index == ATTR_SCRATCH;
}

static u32 read_attribute(struct sbi_call *c, int index)
{
    if (index < NUM_STANDARD && index != ATTR_EVENTS_STATE_CONTROL)
        return standard[index];
    return (u32)c->sbi->state.channel.attribute[index];
}

static struct sbi_ret mpxy_get_shmem_size(struct sbi_call *c)
{
    (void)c;
    return ret_value(SHMEM_SIZE);
}

/* The old address, as the caller passed it, at the start of the new memory. */
static void return_old(struct sbi_call *c, u64 old)
{
    unsigned word = xlen_bytes(c->h);
    u64 hi = old == SHMEM_NONE ? ~0ull : is_rv32(c->h) ? old >> 32 : 0;

    sbi_write_word(c->sbi, c->s->mpxy_shmem, word, old);
    sbi_write_word(c->sbi, c->s->mpxy_shmem + word, word, hi);
}

static struct sbi_ret mpxy_set_shmem(struct sbi_call *c)
{
    u64 old = c->s->mpxy_shmem, pa;

    if (c->arg[2] > MODE_OVERWRITE_RETURN)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_all_ones(c->h, c->arg[0], c->arg[1])) {
        c->s->mpxy_shmem = SHMEM_NONE;
        return ret_value(0);
    }
    if (c->arg[0] % SHMEM_SIZE)
        return ret_error(SBI_ERR_INVALID_PARAM);
    if (sbi_address(c->h, c->arg[0], c->arg[1], &pa) ||
        !sbi_shmem_ok(c->sbi, pa, SHMEM_SIZE, SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_ADDRESS);
    c->s->mpxy_shmem = pa;
    if (c->arg[2] == MODE_OVERWRITE_RETURN)
        return_old(c, old);
    return ret_value(0);
}

static struct sbi_ret mpxy_get_channel_ids(struct sbi_call *c)
{
    u64 shmem = c->s->mpxy_shmem;

    if (shmem == SHMEM_NONE)
        return ret_error(SBI_ERR_NO_SHMEM);
    if ((u32)c->arg[0] != 0) /* there is one channel */
        return ret_error(SBI_ERR_INVALID_PARAM);
    sbi_write_word(c->sbi, shmem, 4, 0);
    sbi_write_word(c->sbi, shmem + 4, 4, 1);
    sbi_write_word(c->sbi, shmem + 8, 4, CHANNEL);
    return ret_value(0);
}

/* Shared memory and channel, which every function below needs. */
static s64 check_channel(const struct sbi_call *c)
{
    if (c->s->mpxy_shmem == SHMEM_NONE)
        return SBI_ERR_NO_SHMEM;
    return (u32)c->arg[0] == CHANNEL ? SBI_SUCCESS : SBI_ERR_NOT_SUPPORTED;
}

/* The range base, count of the two attribute functions. */
static s64 check_range(const struct sbi_call *c)
{
    u32 base = (u32)c->arg[1], count = (u32)c->arg[2];
    s64 error = check_channel(c);

    if (error)
        return error;
    if (count == 0 || count > SHMEM_SIZE / 4 || attribute_index(base) < 0)
        return SBI_ERR_INVALID_PARAM;
    return attribute_index((u64)base + count - 1) < 0 ? SBI_ERR_BAD_RANGE : SBI_SUCCESS;
}

static struct sbi_ret mpxy_read_attributes(struct sbi_call *c)
{
    s64 error = check_range(c);

    for (u32 i = 0; !error && i < (u32)c->arg[2]; i++) {
        u32 value = read_attribute(c, attribute_index((u32)c->arg[1] + i));
        sbi_write_word(c->sbi, c->s->mpxy_shmem + 4 * (u64)i, 4, value);
    }
    return ret_error(error);
}

static struct sbi_ret mpxy_write_attributes(struct sbi_call *c)
{
    u64 *attribute = c->sbi->state.channel.attribute;
    s64 error = check_range(c);

    for (u32 i = 0; !error && i < (u32)c->arg[2]; i++) {
        if (!writable(attribute_index((u32)c->arg[1] + i)))
            error = SBI_ERR_BAD_RANGE;
    }
    for (u32 i = 0; !error && i < (u32)c->arg[2]; i++) {
        int index = attribute_index((u32)c->arg[1] + i);
        u64 value = sbi_read_word(c->sbi, c->s->mpxy_shmem + 4 * (u64)i, 4);
        attribute[index] = index == ATTR_EVENTS_STATE_CONTROL ? value & 1 : value;
    }
    return ret_error(error);
}

static void post_event(struct sbi_call *c, u64 len)
{
    struct sbi_mpxy_channel *ch = &c->sbi->state.channel;
    unsigned size = len < EVENT_SIZE ? (unsigned)len : EVENT_SIZE;

    if (ch->num_events == MPXY_EVENTS)
        ch->lost++;
    else
        ch->events[ch->num_events++] = size ? sbi_read_word(c->sbi, c->s->mpxy_shmem, size) : 0;
}

static s64 check_message(const struct sbi_call *c)
{
    s64 error = check_channel(c);

    return !error && c->arg[2] > SHMEM_SIZE ? SBI_ERR_INVALID_PARAM : error;
}

static struct sbi_ret mpxy_send_message_with_response(struct sbi_call *c)
{
    s64 error = check_message(c);

    if (error)
        return ret_error(error);
    c->sbi->state.channel.attribute[ATTR_MESSAGES]++;
    switch ((u32)c->arg[1]) {
    case MESSAGE_ECHO: /* the answer is where the question was */
        return ret_value(c->arg[2]);
    case MESSAGE_TIMEOUT:
        return ret_error(SBI_ERR_TIMEOUT);
    case MESSAGE_IO:
        return ret_error(SBI_ERR_IO);
    default:
        return ret_error(SBI_ERR_NOT_SUPPORTED);
    }
}

static struct sbi_ret mpxy_send_message_without_response(struct sbi_call *c)
{
    s64 error = check_message(c);

    if (error)
        return ret_error(error);
    c->sbi->state.channel.attribute[ATTR_MESSAGES]++;
    switch ((u32)c->arg[1]) {
    case MESSAGE_POST:
        post_event(c, c->arg[2]);
        return ret_value(0);
    case MESSAGE_TIMEOUT:
        return ret_error(SBI_ERR_TIMEOUT);
    case MESSAGE_IO:
        return ret_error(SBI_ERR_IO);
    default:
        return ret_error(SBI_ERR_NOT_SUPPORTED);
    }
}

static struct sbi_ret mpxy_get_notification_events(struct sbi_call *c)
{
    struct sbi_mpxy_channel *ch = &c->sbi->state.channel;
    u64 shmem = c->s->mpxy_shmem, n = ch->num_events;
    s64 error = check_channel(c);

    if (error)
        return ret_error(error);
    if (ch->attribute[ATTR_EVENTS_STATE_CONTROL]) {
        const u64 state[4] = {0, n, ch->lost, 0}; /* REMAINING, RETURNED, LOST, reserved */
        for (unsigned i = 0; i < ARRAY_LEN(state); i++)
            sbi_write_word(c->sbi, shmem + 4 * (u64)i, 4, state[i]);
    }
    for (u64 i = 0; i < n; i++)
        sbi_write_word(c->sbi, shmem + EVENTS_OFFSET + EVENT_SIZE * i, EVENT_SIZE, ch->events[i]);
    ch->num_events = ch->lost = 0;
    return ret_value(n * EVENT_SIZE);
}

#define ATTRIBUTES "channel_id:w base_attribute_id:w attribute_count:d"
#define MESSAGE    "channel_id:w message_id:w message_data_len:d"
static const struct sbi_function functions[] = {
    {"mpxy_get_shmem_size", "", 0x300, mpxy_get_shmem_size},
    {"mpxy_set_shmem", "shmem_phys_lo:x shmem_phys_hi:x flags:x", 0x300, mpxy_set_shmem},
    {"mpxy_get_channel_ids", "start_index:d", 0x300, mpxy_get_channel_ids},
    {"mpxy_read_attributes", ATTRIBUTES, 0x300, mpxy_read_attributes},
    {"mpxy_write_attributes", ATTRIBUTES, 0x300, mpxy_write_attributes},
    {"mpxy_send_message_with_response", MESSAGE, 0x300, mpxy_send_message_with_response},
    {"mpxy_send_message_without_response", MESSAGE, 0x300, mpxy_send_message_without_response},
    {"mpxy_get_notification_events", "channel_id:w", 0x300, mpxy_get_notification_events},
};
const struct sbi_extension sbi_ext_mpxy = {
    .name = "mpxy",
    .eid = 0x4d505859,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
_Static_assert((int)NUM_ATTRIBUTES <= (int)MPXY_ATTRIBUTES,
               "the channel's state holds every attribute");
