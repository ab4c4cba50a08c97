/* Makes the filter of the rows and loads it. */
#include "sandbox/filter.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Values that are known at run time only. */
#define SELF   (UINT64_MAX - 1)
#define HELPER (UINT64_MAX - 2)
#define ALL    UINT64_MAX

enum { ENDS = -1 };

struct row {
    u32 feature;
    const char *name;
    int arg; /* -1: whatever the arguments */
    u64 mask, value;
    int refused; /* 0, or the errno that it fails with; or ENDS */
};
static const struct row rows[] = {
#define CALL(feature, name)                       {SANDBOX_##feature, name, -1, 0, 0, 0},
#define CALL_IF(feature, name, arg, mask, value_) {SANDBOX_##feature, name, arg, mask, value_, 0},
#define REFUSE(feature, name, arg, mask, value_, errno_)                                           \
    {SANDBOX_##feature, name, arg, mask, value_, errno_},
#define STOP(name) {0, name, -1, 0, 0, ENDS},
#include "sandbox/calls.def"
#undef CALL
#undef CALL_IF
#undef REFUSE
#undef STOP
};

static u64 value_of(const struct row *r, int helper)
{
    return r->value == SELF ? (u64)getpid() : r->value == HELPER ? (u64)helper : r->value;
}

/* 0, or -errno. */
static int add_row(scmp_filter_ctx filter, const struct row *r, int helper)
{
    u32 action = r->refused ? SCMP_ACT_ERRNO((u32)r->refused) : SCMP_ACT_ALLOW;
    int number = seccomp_syscall_resolve_name(r->name);
    if (number == __NR_SCMP_ERROR)
        return 0; /* younger than the library */
    if (r->arg < 0)
        return seccomp_rule_add(filter, action, number, 0);
    /* The kernel takes a descriptor, a command or flags from the lower half of a register. */
    u64 mask = r->mask & UINT32_MAX, value = value_of(r, helper) & mask;
    if (r->mask == ALL && r->value == 0)
        mask = ALL; /* a pointer */
    struct scmp_arg_cmp is = SCMP_CMP((unsigned)r->arg, SCMP_CMP_MASKED_EQ, mask, value);
    return seccomp_rule_add_array(filter, action, number, 1, &is);
}

static int add_rows(scmp_filter_ctx filter, u32 features, int helper)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int rc = rows[i].feature & features ? add_row(filter, &rows[i], helper) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

int filter_load(u32 features, int helper, struct error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    if (!filter)
        return error_set(err, "no memory for the filter");
    /* Older kernels would slow down every load after a store as soon as there is a filter. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    int rc = add_rows(filter, features, helper);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc ? error_set(err, "the kernel refuses the filter: %s", strerror(-rc)) : 0;
}

bool filter_names(int number)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (seccomp_syscall_resolve_name(rows[i].name) == number)
            return true;
    return false;
}
