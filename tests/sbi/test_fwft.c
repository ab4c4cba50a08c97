/* Firmware features: each feature, locks, errors, and what survives a suspend or a hart reset.
 * run: none
 * run: --isa=rvXLENimac_zicsr_zifencei
 * run: --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "sbi.h"

enum { MISALIGNED, LANDING_PAD, SHADOW_STACK, DOUBLE_TRAP, AD_UPDATING, PMLEN };

static struct ret set(ulong feature, ulong value, ulong flags)
{
    return sbi(EXT_FWFT, 0, feature, value, flags, 0);
}

static struct ret get(ulong feature)
{
    return sbi(EXT_FWFT, 1, feature, 0, 0, 0);
}

static void reserved(void)
{
    static const ulong ids[] = {6,           0x3fffffff,  0x40000000,  0x7fffffff,
                                0x80000000u, 0xbfffffffu, 0xc0000000u, 0xffffffffu};

    for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
        EXPECT(set(ids[i], 0, 0), DENIED);
        EXPECT(get(ids[i]), DENIED);
        CHECK(get(ids[i]).value == 0);
    }
}

/* A feature with values 0 and 1, or none at all. */
static void toggles(ulong feature)
{
    struct ret r = get(feature);

    if (r.error == NOT_SUPPORTED) {
        EXPECT(set(feature, 1, 0), NOT_SUPPORTED);
        EXPECT(set(feature, 2, 2), NOT_SUPPORTED); /* before values and flags are looked at */
        CHECK(r.value == 0);
        return;
    }
    check_ret(r, SUCCESS, "get", __LINE__);
    CHECK(r.value == 0);
    EXPECT(set(feature, 2, 0), INVALID_PARAM);
    EXPECT(set(feature, -1ul, 0), INVALID_PARAM);
    EXPECT(set(feature, 1, 2), INVALID_PARAM);
    EXPECT(set(feature, 1, BIT(XLEN - 1)), INVALID_PARAM);
    CHECK(VALUE(get(feature)) == 0);
    EXPECT(set(feature, 1, 0), SUCCESS);
    CHECK(VALUE(get(feature)) == 1);
    EXPECT(set(feature, 1, 0), SUCCESS);
    EXPECT(set(feature, 0, 0), SUCCESS);
    CHECK(VALUE(get(feature)) == 0);
}

static void pointer_masking(void)
{
    static const ulong values[] = {7, 16, 0};

    if (XLEN == 32 || get(PMLEN).error) {
        EXPECT(get(PMLEN), NOT_SUPPORTED);
        EXPECT(set(PMLEN, 7, 0), NOT_SUPPORTED);
        return;
    }
    for (unsigned i = 0; i < ARRAY_LEN(values); i++) {
        EXPECT(set(PMLEN, values[i], 0), SUCCESS);
        CHECK(VALUE(get(PMLEN)) == values[i]);
    }
    EXPECT(set(PMLEN, 1, 0), INVALID_PARAM);
    EXPECT(set(PMLEN, 8, 0), INVALID_PARAM);
    EXPECT(set(PMLEN, 255, 0), INVALID_PARAM);
    CHECK(VALUE(get(PMLEN)) == 0);
    /* and it works: a tagged pointer in S-mode */
    static volatile uint32_t word = 0x12345678;
    volatile uint32_t *tagged = (volatile uint32_t *)((ulong)&word | 0x2aul << (XLEN - 7));
    EXPECT(set(PMLEN, 7, 0), SUCCESS);
    trap_clear();
    CHECK(*tagged == 0x12345678 && last_trap()->count == 0);
    EXPECT(set(PMLEN, 0, 0), SUCCESS);
    (void)*tagged;
    CHECK(last_trap()->count == 1);
}

/* A lock holds until hart reset, a value over a suspend. Landing pads are left out: the test's own
 * code has none. */
static const struct {
    ulong feature, value;
} kept[] = {{SHADOW_STACK, 1}, {DOUBLE_TRAP, 1}, {AD_UPDATING, 1}, {PMLEN, 7}};

static void check_kept(bool set_now)
{
    if (!set_now && on_opensbi()) /* it forgets to clear some of them */
        return;
    for (unsigned i = 0; i < ARRAY_LEN(kept); i++) {
        if (get(kept[i].feature).error == NOT_SUPPORTED)
            continue;
        CHECK(VALUE(get(kept[i].feature)) == (set_now ? kept[i].value : 0));
    }
}

static volatile ulong stage;
static struct start again;

static void after_resume(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    CHECK(VALUE(get(MISALIGNED)) == 1);
    EXPECT(set(MISALIGNED, 0, 0), DENIED_LOCKED);
    check_kept(true);
    stage = 2;
}

static void locker(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    CHECK(VALUE(get(MISALIGNED)) == 0);
    EXPECT(set(MISALIGNED, 1, 1), SUCCESS);
    EXPECT(set(MISALIGNED, 1, 0), DENIED_LOCKED);
    EXPECT(set(MISALIGNED, 0, 1), DENIED_LOCKED);
    EXPECT(set(MISALIGNED, 0, 2), INVALID_PARAM);
    CHECK(VALUE(get(MISALIGNED)) == 1);
    for (unsigned i = 0; i < ARRAY_LEN(kept); i++)
        set(kept[i].feature, kept[i].value, 0);
    check_kept(true);
    csr_set(sie, 2);
    again = (struct start){after_resume, 0};
    stage = 1;
    sbi(EXT_HSM, 3, 0x80000000u, (ulong)secondary, (ulong)&again, 0);
}

static void fresh(ulong hartid, ulong arg)
{
    (void)hartid;
    (void)arg;
    CHECK(VALUE(get(MISALIGNED)) == 0);
    check_kept(false);
    EXPECT(set(MISALIGNED, 1, 0), SUCCESS);
    EXPECT(set(MISALIGNED, 0, 0), SUCCESS);
    stage = 3;
}

static void other_harts(ulong other)
{
    struct start s = {locker, 0}, f = {fresh, 0};

    EXPECT(set(MISALIGNED, 0, 0), SUCCESS);
    CHECK(start_hart(other, &s));
    CHECK(wait_for(&stage, 1));
    CHECK(wait_status(other, 4));
    EXPECT(sbi(EXT_IPI, 0, BIT(other), 0, 0, 0), SUCCESS);
    CHECK(wait_for(&stage, 2));
    CHECK(wait_status(other, 1));
    CHECK(VALUE(get(MISALIGNED)) == 0); /* local: this hart's is untouched */
    CHECK(start_hart(other, &f));       /* a hart reset */
    CHECK(wait_for(&stage, 3));
    CHECK(wait_status(other, 1));
}

void test(void)
{
    long other = other_hart();

    if (!has_ext(EXT_FWFT))
        skip("no FWFT");
    reserved();
    EXPECT(set(MISALIGNED, 0, 0), SUCCESS);
    toggles(MISALIGNED);
    toggles(LANDING_PAD);
    toggles(SHADOW_STACK);
    toggles(DOUBLE_TRAP);
    toggles(AD_UPDATING);
    pointer_masking();
    if (other >= 0)
        other_harts((ulong)other);
    EXPECT(set(MISALIGNED, 0, 1), SUCCESS);
    EXPECT(set(MISALIGNED, 0, 0), DENIED_LOCKED);
}
