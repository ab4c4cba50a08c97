/* Calls in words, for the trace: arguments decoded by the function's `args`, results by name. */
#include "sbi/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const char *const error_names[] = {
    "SUCCESS",
    "FAILED",
    "NOT_SUPPORTED",
    "INVALID_PARAM",
    "DENIED",
    "INVALID_ADDRESS",
    "ALREADY_AVAILABLE",
    "ALREADY_STARTED",
    "ALREADY_STOPPED",
    "NO_SHMEM",
    "INVALID_STATE",
    "BAD_RANGE",
    "TIMEOUT",
    "IO",
    "DENIED_LOCKED",
};

const char *sbi_error_name(s64 error)
{
    return error <= 0 && error > -(s64)ARRAY_LEN(error_names) ? error_names[-error] : NULL;
}

/* Values with names, by argument kind. */
struct named {
    char kind;
    u32 value;
    const char *name;
};

static const struct named names[] = {
    {'F', 0, "MISALIGNED_EXC_DELEG"},
    {'F', 1, "LANDING_PAD"},
    {'F', 2, "SHADOW_STACK"},
    {'F', 3, "DOUBLE_TRAP"},
    {'F', 4, "PTE_AD_HW_UPDATING"},
    {'F', 5, "POINTER_MASKING_PMLEN"},
    {'S', 0x00000000, "LOCAL_HIGH_PRIO_RAS"},
    {'S', 0x00000001, "LOCAL_DOUBLE_TRAP"},
    {'S', 0x00008000, "GLOBAL_HIGH_PRIO_RAS"},
    {'S', 0x00010000, "LOCAL_PMU_OVERFLOW"},
    {'S', 0x00100000, "LOCAL_LOW_PRIO_RAS"},
    {'S', 0x00108000, "GLOBAL_LOW_PRIO_RAS"},
    {'S', 0xffff0000, "LOCAL_SOFTWARE"},
    {'S', 0xffff8000, "GLOBAL_SOFTWARE"},
    {'H', 0x00000000, "retentive"},
    {'H', 0x80000000, "non-retentive"},
    {'R', 0, "shutdown"},
    {'R', 1, "cold reboot"},
    {'R', 2, "warm reboot"},
    {'Y', 0, "no reason"},
    {'Y', 1, "system failure"},
    {'P', 0, "suspend to RAM"},
    {'T', HSM_STARTED, "STARTED"},
    {'T', HSM_STOPPED, "STOPPED"},
    {'T', HSM_START_PENDING, "START_PENDING"},
    {'T', HSM_STOP_PENDING, "STOP_PENDING"},
    {'T', HSM_SUSPENDED, "SUSPENDED"},
    {'T', HSM_SUSPEND_PENDING, "SUSPEND_PENDING"},
    {'T', HSM_RESUME_PENDING, "RESUME_PENDING"},
};

/* A buffer that is filled from left to right and never overrun. */
struct text {
    char *buf;
    size_t len, used;
};

static void PRINTF(2, 3) add(struct text *t, const char *format, ...)
{
    va_list ap;

    if (t->used >= t->len)
        return;
    va_start(ap, format);
    int n = vsnprintf(t->buf + t->used, t->len - t->used, format, ap);
    va_end(ap);
    t->used += n > 0 ? (size_t)n : 0;
}

/* Extension IDs are shown by the extension's name. */
static const char *extension_name(u64 eid)
{
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++) {
        if (i != EXTENSION_legacy && sbi_extensions[i]->eid == eid)
            return sbi_extensions[i]->name;
    }
    return NULL;
}

static const char *name_of(char kind, u32 value)
{
    if (kind == 'E')
        return extension_name(value);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].kind == kind && names[i].value == value)
            return names[i].name;
    }
    return NULL;
}

const char *sbi_feature_name(u32 n)
{
    return name_of('F', n);
}

static void add_value(struct text *t, const struct sbi_call *c, char kind, unsigned n)
{
    u64 v = kind == 'q' ? arg64(c, n) : c->arg[n];
    const char *name = name_of(kind, (u32)v);

    if (name)
        add(t, "%s", name);
    else if (kind == 'd')
        add(t, "%" PRIu64, v);
    else if (kind == 'h' && v == MASK(c->h->config.xlen))
        add(t, "-1");
    else if (kind == 'h')
        add(t, "%" PRIu64, v);
    else if (kind == 'x' || kind == 'q')
        add(t, "0x%" PRIx64, v);
    else
        add(t, "0x%" PRIx32, (u32)v);
}

static void add_arguments(struct text *t, const struct sbi_call *c, const char *args)
{
    unsigned n = 0;

    for (const char *p = args; *p && *p != '=' && n < ARRAY_LEN(c->arg);) {
        size_t len = strcspn(p, ":");
        char kind = p[len + 1];
        add(t, "%s%.*s=", p == args ? "" : ", ", (int)len, p);
        add_value(t, c, kind, n);
        n += kind == 'q' && is_rv32(c->h) ? 2 : 1;
        p += len + 2;
        p += *p == ' ';
    }
}

/* The value of a call that returned: by name where `args` ends in "=:kind". */
static void add_result(struct text *t, const struct sbi_function *f, struct sbi_ret r)
{
    const char *kind = f ? strchr(f->args, '=') : NULL;
    const char *name = kind && r.error == SBI_SUCCESS ? name_of(kind[2], (u32)r.value) : NULL;

    if (name)
        add(t, ", %s", name);
    else if (r.value)
        add(t, ", 0x%" PRIx64, r.value);
}

void sbi_show_call(const struct sbi_call *c, const struct sbi_function *f, struct sbi_ret r,
                   char *buf, size_t len)
{
    struct text t = {buf, len, 0};
    const char *error = sbi_error_name(r.error);

    if (f) {
        add(&t, "%s(", f->name);
        add_arguments(&t, c, f->args);
        add(&t, ")");
    } else {
        add(&t, "unknown(eid=0x%" PRIx32 ", fid=0x%" PRIx64 ")", (u32)c->id[0], c->id[1]);
    }
    if (c->flow == FLOW_NO_RETURN)
        return;
    if (c->flow == FLOW_RETRY)
        add(&t, " faults");
    else if (c->flow == FLOW_LEGACY)
        add(&t, " = %" PRId64, (s64)r.value);
    else if (error)
        add(&t, " = %s", error);
    else
        add(&t, " = %" PRId64, r.error);
    if (c->flow == FLOW_RETURN)
        add_result(&t, f, r);
}

char *sbi_call_name(u64 eid, u64 fid, char *buf, size_t len)
{
    eid = (u64)(s64)(s32)eid;
    for (unsigned i = 0; i < SBI_EXTENSIONS; i++) {
        const struct sbi_extension *e = sbi_extensions[i];
        u64 fn = i == EXTENSION_legacy ? eid : fid;
        if ((i != EXTENSION_legacy && eid != (u64)(s64)(s32)e->eid) || fn >= e->num_functions ||
            !e->function[fn].call)
            continue;
        snprintf(buf, len, "%s.%s", e->name, e->function[fn].name);
        return buf;
    }
    snprintf(buf, len, "eid 0x%" PRIx32 " fid %" PRIu64, (u32)eid, fid);
    return buf;
}
