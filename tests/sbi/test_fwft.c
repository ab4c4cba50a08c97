/* Firmware features: each feature, locks, errors, and what survives a suspend or a hart reset.
 * run: none
 * run: --isa=rvXLENmax_svade
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

/* Does a read of a page that is mapped without A set it now, or fault? */
static bool sets_a(void)
{
    static ulong root[1024] __attribute__((aligned(4096)));
    static volatile uint32_t word = 0x12345678;
    enum { SHIFT = XLEN == 64 ? 30 : 22 };
    ulong there = (ulong)&word - 0x40000000;

    for (ulong i = 0; i < (XLEN == 64 ? 4 : 1024); i++)
        root[i] = (i << SHIFT) >> 12 << 10 | 0xcf;
    root[there >> SHIFT] = ((ulong)&word >> SHIFT << SHIFT) >> 12 << 10 | 0x07;
    trap_clear();
    csr_write(satp, (XLEN == 64 ? 8ul << 60 : 1ul << 31) | (ulong)root >> 12);
    __asm__ volatile("sfence.vma" : : : "memory");
    (void)*(volatile uint32_t *)there;
    csr_write(satp, 0);
    __asm__ volatile("sfence.vma" : : : "memory");
    CHECK(last_trap()->count == 0 || last_trap()->cause == 13);
    CHECK((last_trap()->count == 0) == (root[there >> SHIFT] == (root[there >> SHIFT] | 0x40)));
    return last_trap()->count == 0;
}

/* A feature with values 0 and 1, `initial` at first, or none at all. */
static void toggles(ulong feature, long initial)
{
    struct ret r = get(feature);

    if (r.error == NOT_SUPPORTED) {
        EXPECT(set(feature, 1, 0), NOT_SUPPORTED);
        EXPECT(set(feature, 2, 2), NOT_SUPPORTED); /* before values and flags are looked at */
        CHECK(r.value == 0);
        return;
    }
    check_ret(r, SUCCESS, "get", __LINE__);
    CHECK(r.value == initial);
    EXPECT(set(feature, 2, 0), INVALID_PARAM);
    EXPECT(set(feature, -1ul, 0), INVALID_PARAM);
    EXPECT(set(feature, 1, 2), INVALID_PARAM);
    EXPECT(set(feature, 1, BIT(XLEN - 1)), INVALID_PARAM);
    CHECK((long)VALUE(get(feature)) == initial);
    EXPECT(set(feature, 1, 0), SUCCESS);
    CHECK(VALUE(get(feature)) == 1);
    EXPECT(set(feature, 1, 0), SUCCESS);
    EXPECT(set(feature, 0, 0), SUCCESS);
    CHECK(VALUE(get(feature)) == 0);
}

/* What get says is what the hart does: 1 at first where it has Svadu and not Svade. */
static void ad_updating(void)
{
    bool before = sets_a();

    toggles(AD_UPDATING, before);
    if (get(AD_UPDATING).error) {
        CHECK(!before);
        return;
    }
    CHECK(!sets_a());
    EXPECT(set(AD_UPDATING, 1, 0), SUCCESS);
    CHECK(sets_a());
    EXPECT(set(AD_UPDATING, before, 0), SUCCESS);
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
} kept[] = {{SHADOW_STACK, 1}, {DOUBLE_TRAP, 1}, {PMLEN, 7}};
static ulong ad_at_reset;

static void check_kept(bool set_now)
{
    if (!set_now && on_opensbi()) /* it forgets to clear some of them */
        return;
    for (unsigned i = 0; i < ARRAY_LEN(kept); i++) {
        if (get(kept[i].feature).error == NOT_SUPPORTED)
            continue;
        CHECK(VALUE(get(kept[i].feature)) == (set_now ? kept[i].value : 0));
    }
    if (get(AD_UPDATING).error != NOT_SUPPORTED)
        CHECK(VALUE(get(AD_UPDATING)) == (ad_at_reset ^ set_now));
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
    set(AD_UPDATING, !ad_at_reset, 0);
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
    toggles(MISALIGNED, 0);
    toggles(LANDING_PAD, 0);
    toggles(SHADOW_STACK, 0);
    toggles(DOUBLE_TRAP, 0);
    ad_at_reset = sets_a();
    ad_updating();
    pointer_masking();
    if (other >= 0)
        other_harts((ulong)other);
    EXPECT(set(MISALIGNED, 0, 1), SUCCESS);
    EXPECT(set(MISALIGNED, 0, 0), DENIED_LOCKED);
}
