/* Supervisor software events (SSE): the calls, and event states. Delivery is in sse_deliver.c. */
#include "sbi/sse_internal.h"

/* Attributes (table_sse_event_attributes). */
enum {
    ATTR_STATUS,
    ATTR_PRIORITY,
    ATTR_CONFIG,
    ATTR_PREFERRED_HART,
    ATTR_ENTRY_PC,
    ATTR_ENTRY_ARG,
    ATTR_SEPC,
    ATTR_FLAGS,
    ATTR_A6,
    ATTR_A7,
    ATTRIBUTES,
};
enum { STATUS_PENDING = 1 << 2, STATUS_INJECTABLE = 1 << 3, FLAGS_DEFINED = 0x3f };

const u32 sse_local_ids[SSE_LOCAL_EVENTS] = {SSE_LOCAL_DOUBLE_TRAP, SSE_LOCAL_PMU_OVERFLOW,
                                             SSE_LOCAL_SOFTWARE};
const u32 sse_global_ids[SSE_GLOBAL_EVENTS] = {SSE_GLOBAL_SOFTWARE};

/* Events that the specification defines, whether this firmware has a source for them or not. */
static const u32 standard_ids[] = {
    0x00000000, 0x00000001, 0x00008000, 0x00010000, 0x00100000, 0x00108000, 0xffff0000, 0xffff8000,
};

static bool source_exists(const struct hart *h, u32 id)
{
    if (id == SSE_LOCAL_DOUBLE_TRAP)
        return has(h, EXT_Ssdbltrp);
    return id != SSE_LOCAL_PMU_OVERFLOW || has(h, EXT_Sscofpmf);
}

s64 sse_find(struct sbi *sbi, struct hart *h, u32 id, struct sse_event **event)
{
    for (unsigned i = 0; i < SSE_GLOBAL_EVENTS; i++) {
        if (sse_global_ids[i] == id) {
            *event = &sbi->state.global[i];
            return SBI_SUCCESS;
        }
    }
    for (unsigned i = 0; i < SSE_LOCAL_EVENTS; i++) {
        if (sse_local_ids[i] == id && source_exists(h, id)) {
            *event = &sbi->state.hart[h->id].sse[i];
            return SBI_SUCCESS;
        }
    }
    for (unsigned i = 0; i < ARRAY_LEN(standard_ids); i++) {
        if (standard_ids[i] == id)
            return SBI_ERR_NOT_SUPPORTED;
    }
    return SBI_ERR_INVALID_PARAM;
}

bool sse_is_global(u32 id)
{
    return id >> 15 & 1;
}

/* ---- what follows the state of the counter-overflow event ---- */

/* While a handler is registered the overflow interrupt is M-mode's, which turns it into the event.
 */
static void follow_overflow(struct hart *h, const struct sse_event *e)
{
    u64 irq = BIT(IRQ_LCOFI);

    if (e->state == SSE_UNUSED)
        csr_set_bits(h, CSR_mideleg, irq);
    else
        csr_clear_bits(h, CSR_mideleg, irq);
    if (e->state == SSE_ENABLED)
        csr_set_bits(h, CSR_mie, irq);
    else
        csr_clear_bits(h, CSR_mie, irq);
}

void sse_set_state(struct hart *h, u32 id, struct sse_event *e, enum sse_state state)
{
    e->state = state;
    if (id == SSE_LOCAL_PMU_OVERFLOW)
        follow_overflow(h, e);
}

/* ---- attributes ---- */

static u64 read_attribute(const struct sse_event *e, u32 attr)
{
    switch (attr) {
    case ATTR_STATUS:
        return e->state | (e->pending ? STATUS_PENDING : 0) | STATUS_INJECTABLE;
    case ATTR_PRIORITY:
        return e->priority;
    case ATTR_CONFIG:
        return e->config;
    case ATTR_PREFERRED_HART:
        return e->preferred_hart;
    case ATTR_ENTRY_PC:
        return e->entry_pc;
    case ATTR_ENTRY_ARG:
        return e->entry_arg;
    case ATTR_SEPC:
        return e->sepc;
    case ATTR_FLAGS:
        return e->flags;
    case ATTR_A6:
        return e->a6;
    default:
        return e->a7;
    }
}

/* May the attribute get this value now? */
static s64 check_write(const struct sbi_call *c, const struct sse_event *e, u32 attr, u64 value)
{
    bool global = sse_is_global((u32)c->arg[0]);

    switch (attr) {
    case ATTR_PREFERRED_HART:
        if (!global)
            return SBI_ERR_DENIED;
        if (e->state >= SSE_ENABLED)
            return SBI_ERR_INVALID_STATE;
        return value < c->sbi->m->num_harts ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM;
    case ATTR_PRIORITY:
    case ATTR_CONFIG:
        if (e->state >= SSE_ENABLED)
            return SBI_ERR_INVALID_STATE;
        if (attr == ATTR_PRIORITY ? value > MASK(32) : value > 1)
            return SBI_ERR_INVALID_PARAM;
        return SBI_SUCCESS;
    case ATTR_FLAGS:
        if (value & ~(u64)FLAGS_DEFINED)
            return SBI_ERR_INVALID_PARAM;
        break;
    case ATTR_SEPC:
    case ATTR_A6:
    case ATTR_A7:
        break;
    default:
        return SBI_ERR_DENIED;
    }
    if (e->state != SSE_RUNNING)
        return SBI_ERR_INVALID_STATE;
    return e->hart == c->h->id ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM;
}

static void write_attribute(struct sse_event *e, u32 attr, u64 value)
{
    switch (attr) {
    case ATTR_PRIORITY:
        e->priority = value;
        break;
    case ATTR_CONFIG:
        e->config = value;
        break;
    case ATTR_PREFERRED_HART:
        e->preferred_hart = value;
        break;
    case ATTR_SEPC:
        e->sepc = value;
        break;
    case ATTR_FLAGS:
        e->flags = value;
        break;
    case ATTR_A6:
        e->a6 = value;
        break;
    case ATTR_A7:
        e->a7 = value;
        break;
    }
}

/* The arguments that reading and writing share; *pa gets the shared memory. */
static s64 check_range(const struct sbi_call *c, enum shmem_access access, u64 *pa)
{
    u32 base = (u32)c->arg[1], count = (u32)c->arg[2];
    unsigned word = xlen_bytes(c->h);

    if (count == 0)
        return SBI_ERR_INVALID_PARAM;
    if ((u64)base + count > ATTRIBUTES)
        return SBI_ERR_BAD_RANGE;
    if (sbi_address(c->h, c->arg[3], c->arg[4], pa) || *pa % word ||
        !sbi_shmem_ok(c->sbi, *pa, (u64)count * word, access))
        return SBI_ERR_INVALID_ADDRESS;
    return SBI_SUCCESS;
}

static struct sbi_ret sse_read_attrs(struct sbi_call *c)
{
    unsigned word = xlen_bytes(c->h);
    struct sse_event *e;
    u64 pa;
    s64 error = check_range(c, SHMEM_WRITE, &pa);

    if (!error)
        error = sse_find(c->sbi, c->h, (u32)c->arg[0], &e);
    if (error)
        return ret_error(error);
    for (u32 i = 0; i < (u32)c->arg[2]; i++)
        sbi_write_word(c->sbi, pa + (u64)i * word, word, read_attribute(e, (u32)c->arg[1] + i));
    return ret_value(0);
}

static struct sbi_ret sse_write_attrs(struct sbi_call *c)
{
    unsigned word = xlen_bytes(c->h);
    u32 base = (u32)c->arg[1], count = (u32)c->arg[2];
    struct sse_event *e;
    u64 pa, value[ATTRIBUTES];
    s64 error = check_range(c, SHMEM_READ, &pa);

    if (!error)
        error = sse_find(c->sbi, c->h, (u32)c->arg[0], &e);
    for (u32 i = 0; !error && i < count; i++) {
        value[i] = sbi_read_word(c->sbi, pa + (u64)i * word, word);
        error = check_write(c, e, base + i, value[i]);
    }
    if (error)
        return ret_error(error);
    for (u32 i = 0; i < count; i++)
        write_attribute(e, base + i, value[i]);
    return ret_value(0);
}

/* ---- state changes ---- */

/* The event of the call, which must be in state `from`. */
static s64 event_in(struct sbi_call *c, enum sse_state from, struct sse_event **e)
{
    s64 error = sse_find(c->sbi, c->h, (u32)c->arg[0], e);

    if (error)
        return error;
    return (*e)->state == from ? SBI_SUCCESS : SBI_ERR_INVALID_STATE;
}

static struct sbi_ret sse_register(struct sbi_call *c)
{
    struct sse_event *e;
    s64 error = event_in(c, SSE_UNUSED, &e);

    if (!error && c->arg[1] % 2)
        error = SBI_ERR_INVALID_PARAM;
    if (error)
        return ret_error(error);
    e->entry_pc = c->arg[1];
    e->entry_arg = c->arg[2];
    sse_set_state(c->h, (u32)c->arg[0], e, SSE_REGISTERED);
    return ret_value(0);
}

static struct sbi_ret change_state(struct sbi_call *c, enum sse_state from, enum sse_state to)
{
    struct sse_event *e;
    s64 error = event_in(c, from, &e);

    if (error)
        return ret_error(error);
    if (to == SSE_UNUSED)
        e->pending = 0;
    sse_set_state(c->h, (u32)c->arg[0], e, to);
    if (to == SSE_ENABLED && e->pending && sse_is_global((u32)c->arg[0]))
        sse_notify_global(c->sbi, e);
    return ret_value(0);
}

static struct sbi_ret sse_unregister(struct sbi_call *c)
{
    return change_state(c, SSE_REGISTERED, SSE_UNUSED);
}

static struct sbi_ret sse_enable(struct sbi_call *c)
{
    return change_state(c, SSE_REGISTERED, SSE_ENABLED);
}

static struct sbi_ret sse_disable(struct sbi_call *c)
{
    return change_state(c, SSE_ENABLED, SSE_REGISTERED);
}

static struct sbi_ret sse_inject(struct sbi_call *c)
{
    u32 id = (u32)c->arg[0];
    struct hart *target = c->h;
    struct sse_event *e;

    if (!sse_is_global(id)) {
        if (c->arg[1] >= c->sbi->m->num_harts)
            return ret_error(SBI_ERR_INVALID_PARAM);
        target = c->sbi->m->hart[c->arg[1]];
    }
    s64 error = sse_find(c->sbi, target, id, &e);
    if (!error && e->state < SSE_ENABLED)
        error = SBI_ERR_INVALID_STATE;
    if (error)
        return ret_error(error);
    if (target != c->h) {
        sbi_post(c->sbi, target->id, &(struct post){POST_EVENT, {id}});
        return ret_value(0);
    }
    e->pending = 1;
    if (sse_is_global(id))
        sse_notify_global(c->sbi, e);
    return ret_value(0);
}

static struct sbi_ret sse_hart_unmask(struct sbi_call *c)
{
    if (c->s->sse_unmasked)
        return ret_error(SBI_ERR_ALREADY_STARTED);
    c->s->sse_unmasked = 1;
    return ret_value(0);
}

static struct sbi_ret sse_hart_mask(struct sbi_call *c)
{
    if (!c->s->sse_unmasked)
        return ret_error(SBI_ERR_ALREADY_STOPPED);
    c->s->sse_unmasked = 0;
    return ret_value(0);
}

#define ATTRS "event_id:S base_attr_id:d attr_count:d phys_lo:x phys_hi:x"
static const struct sbi_function functions[] = {
    {"sse_read_attrs", ATTRS, 0x300, sse_read_attrs},
    {"sse_write_attrs", ATTRS, 0x300, sse_write_attrs},
    {"sse_register", "event_id:S handler_entry_pc:x handler_entry_arg:x", 0x300, sse_register},
    {"sse_unregister", "event_id:S", 0x300, sse_unregister},
    {"sse_enable", "event_id:S", 0x300, sse_enable},
    {"sse_disable", "event_id:S", 0x300, sse_disable},
    {"sse_complete", "", 0x300, sse_complete},
    {"sse_inject", "event_id:S hart_id:d", 0x300, sse_inject},
    {"sse_hart_unmask", "", 0x300, sse_hart_unmask},
    {"sse_hart_mask", "", 0x300, sse_hart_mask},
};
const struct sbi_extension sbi_ext_sse = {
    .name = "sse",
    .eid = 0x535345,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
