/* Sv39, Sv48 and Sv57 under satp: the width of addresses, levels, sizes of pages, reserved bits.
 * RV64 only. */
#include "priv.h"

static const struct scheme {
    unsigned mode, bits, levels;
} schemes[] = {{SV39, 39, 3}, {SV48, 48, 4}, {SV57, 57, 5}};

#define FOR_EACH_SCHEME(s)                                                                         \
    for (const struct scheme *s = schemes; s < schemes + 3; s++)                                   \
        if (mode_supported(STAGE_HS, s->mode))

static struct table t;

/* An address space with the image, and nothing else. */
static void space(const struct scheme *s)
{
    context("mode", s->mode);
    pool_reset();
    table_init(&t, STAGE_HS, s->mode);
    table_map_image(&t);
    table_use(&t, 0);
}

/* Table indices, from the lowest level, that use all nine bits. */
#define DIGIT(i) (0x1a5u - 0x11 * (i))

/* The virtual address of the scheme that has them; its top bit is set. */
static ulong distinct(const struct scheme *s)
{
    ulong va = 0;
    for (unsigned i = 0; i < s->levels; i++)
        va |= (ulong)DIGIT(i) << (12 + 9 * i);
    return va | -(1ul << (s->bits - 1));
}

static u8 *filled_page(u8 byte)
{
    u8 *page = page_alloc(1);
    memset(page, byte, PAGE);
    return page;
}

static ulong load_cause(ulong va)
{
    struct trap trap = exec(MODE_HS, LBU(A1, A0, 0), va, 0);
    if (trap.bank != BANK_NONE)
        CHECK_EQ(trap.tval, va);
    return trap.bank == BANK_NONE ? NO_TRAP : trap.cause;
}

TEST("norm:Sv39_va_sz norm:Sv39_va_signext norm:Sv48_va_sz norm:Sv48_va_signext norm:Sv57_va_sz "
     "norm:Sv57_va_signext the bits above an address are copies of its top bit, or it is a page "
     "fault for loads, stores and fetches")
{
    FOR_EACH_SCHEME(s)
    {
        space(s);
        ulong top = 1ul << (s->bits - 1), last = top - PAGE, first = -top;
        u8 *page = filled_page(0x5a);
        table_map(&t, last, (ulong)page, PTE_RWX, 0);
        table_map(&t, first, (ulong)page, PTE_RWX, 0);
        fence_all();
        CHECK_EQ(load_cause(last), NO_TRAP);
        CHECK_EQ(load_cause(first), NO_TRAP);
        for (unsigned bit = s->bits; bit < 64; bit++) {
            context("bit", bit);
            CHECK_EQ(load_cause(last ^ 1ul << bit), EXC_LOAD_PAGE);
            CHECK_EQ(load_cause(first ^ 1ul << bit), EXC_LOAD_PAGE);
        }
        ulong wrong = last + PAGE; /* where the sign would be needed */
        CHECK_EQ(load_cause(wrong), EXC_LOAD_PAGE);
        CHECK_EQ(exec(MODE_HS, SB(A1, A0, 0), wrong, 0).cause, EXC_STORE_PAGE);
        CHECK_EQ(RUN(MODE_HS, .pc = first ^ 1ul << 63).cause, EXC_INSN_PAGE);
    }
}

TEST(
    "norm:Sv39_vpn_sz norm:Sv39_levels norm:Sv39_LEVELS norm:Sv39_PTESIZE norm:Sv39_pte_sz "
    "norm:Sv39_page_offset_sz norm:Sv48_vpn_sz norm:Sv48_levels norm:Sv48_LEVELS norm:Sv48_PTESIZE "
    "norm:Sv48_page_offset_sz norm:Sv57_vpn_sz norm:Sv57_levels norm:Sv57_LEVELS norm:Sv57_PTESIZE "
    "norm:Sv57_page_offset_sz nine bits of the address for each level, from the top; then the "
    "offset")
{
    FOR_EACH_SCHEME(s)
    {
        space(s);
        ulong va = distinct(s);
        u8 *page = page_alloc(1), *tables[5];
        for (unsigned i = 0; i < s->levels; i++)
            tables[i] = i == s->levels - 1 ? (u8 *)t.root : page_alloc(1);
        for (unsigned i = 0; i < PAGE; i++)
            page[i] = (u8)(i ^ i >> 8);
        /* By bytes, so that size and order are those of the manual. */
        for (unsigned i = 0; i < s->levels; i++) {
            u64 pte = i ? PTE_PPN((ulong)tables[i - 1]) | PTE_V : PTE_PPN((ulong)page) | PTE_RWX;
            unsigned at = 8 * DIGIT(i);
            for (unsigned k = 0; k < 8; k++)
                tables[i][at + k] = (u8)(pte >> 8 * k);
        }
        fence_all();
        static const u16 offsets[] = {0, 1, 0x7ff, 0xabc, 0xfff};
        for (unsigned i = 0; i < 5; i++) {
            fence_all(); /* each offset is translated by itself */
            struct trap trap = exec(MODE_HS, LBU(A0, A0, 0), va + offsets[i], 0);
            EXPECT_DONE(trap);
            CHECK_EQ(RESULT(trap), page[offsets[i]]);
        }
        for (unsigned bit = 12; bit < s->bits - 1; bit++) /* another digit is another entry */
            CHECK_EQ(load_cause(va ^ 1ul << bit), EXC_LOAD_PAGE);
        /* A pointer where there is no level any more. */
        *(u64 *)(tables[0] + 8 * DIGIT(0)) = PTE_PPN((ulong)page) | PTE_V;
        fence_all();
        CHECK_EQ(load_cause(va), EXC_LOAD_PAGE);
    }
}

TEST("norm:Sv39_pte_count norm:Sv39_pt_sz norm:Sv39_pt_align a table is a page of 512 entries: the "
     "first and the last are in it, and its address has no low bits")
{
    FOR_EACH_SCHEME(s)
    {
        space(s);
        u8 *page = filled_page(0x77), *table = page_alloc(1);
        ulong va = 1ul << 38;
        table_map(&t, va, (ulong)table, PTE_V, 1);
        ((u64 *)table)[0] = PTE_PPN((ulong)page) | PTE_RWX;
        ((u64 *)table)[511] = PTE_PPN((ulong)page) | PTE_RWX;
        if (s->mode == SV39)
            va = -(1ul << 38); /* the same entry, sign-extended */
        fence_all();
        CHECK_EQ(load_cause(va), NO_TRAP);
        CHECK_EQ(load_cause(va + 511 * PAGE), NO_TRAP);
        CHECK_EQ(load_cause(va + PAGE), EXC_LOAD_PAGE);
        CHECK_EQ(load_cause(va + 510 * PAGE), EXC_LOAD_PAGE);
    }
}

/* A page of the level's size that has RAM in it: where it begins. */
static u64 superpage_at(unsigned level)
{
    return level <= 1 ? (ulong)pool_begin & ~(level_size(level) - 1) : level == 2 ? IMAGE : 0;
}

TEST(
    "norm:Sv39_leaf_any_level norm:Sv39_page_sizes norm:Sv39_superpage_align "
    "norm:Sv48_leaf_any_level norm:Sv48_page_sizes norm:Sv48_superpage_align "
    "norm:Sv57_leaf_any_level norm:Sv57_page_sizes norm:Sv57_superpage_align a leaf at each level: "
    "4 KiB, 2 MiB, 1 GiB, 512 GiB, 256 TiB")
{
    static const u64 sizes[] = {1ull << 12, 1ull << 21, 1ull << 30, 1ull << 39, 1ull << 48};
    FOR_EACH_SCHEME(s)
    for (unsigned level = 0; level < s->levels; level++) {
        context("level", level);
        space(s);
        u8 *page = filled_page((u8)(0x40 + level));
        CHECK_EQ(level_size(level), sizes[level]);
        u64 pa = level ? superpage_at(level) : (ulong)page;
        ulong va = 6ul << (12 + 9 * (s->levels - 1));
        if (level < s->levels - 1)
            va |= 5ul << (12 + 9 * level);
        table_map(&t, va, pa, PTE_RWX, level);
        fence_all();
        struct trap trap = exec(MODE_HS, LBU(A0, A0, 0), va + ((ulong)page - (ulong)pa), 0);
        EXPECT_DONE(trap);
        CHECK_EQ(RESULT(trap), 0x40 + level);
    }
}

TEST("norm:Sv39_superpage_align_fault norm:Sv39_superpage_align norm:Sv48_superpage_align_fault "
     "norm:Sv48_superpage_align norm:Sv57_superpage_align_fault norm:Sv57_superpage_align each bit "
     "of a superpage's PPN below its size is a page fault")
{
    FOR_EACH_SCHEME(s)
    for (unsigned level = 1; level < s->levels; level++) {
        context("level", level);
        space(s);
        ulong va = 6ul << (12 + 9 * (s->levels - 1));
        pte_t *slot = table_map(&t, va, superpage_at(level), PTE_RWX, level);
        for (unsigned bit = 0; bit < 9 * level; bit++) {
            context("bit", bit);
            *slot = PTE_PPN(superpage_at(level)) | PTE_RWX;
            *slot ^= 1ul << (10 + bit);
            fence_all();
            CHECK_EQ(exec(MODE_HS, LBU(A1, A0, 0), va, 0).cause, EXC_LOAD_PAGE);
        }
    }
}

TEST("norm:satp_ppn_sv39_sz norm:satp_ppn_sv48_sz norm:satp_ppn_sv57_sz norm:satp a PPN has 44 "
     "bits, "
     "and none of them is dropped")
{
    FOR_EACH_SCHEME(s)
    {
        space(s);
        ulong va = distinct(s);
        pte_t *slot = table_map(&t, va, (ulong)filled_page(1), PTE_RWX, 0);
        fence_all();
        CHECK_EQ(load_cause(va), NO_TRAP);
        for (unsigned bit = 30; bit < 44; bit++) {
            context("bit", bit);
            *slot ^= 1ul << (10 + bit);
            fence_all();
            CHECK_EQ(load_cause(va), EXC_LOAD_ACCESS);
            *slot ^= 1ul << (10 + bit);
            csr_write(CSR_SATP, table_atp(&t, 0) | 1ul << bit);
            fence_all();
            CHECK_EQ(exec(MODE_HS, NOP, 0, 0).cause, EXC_INSN_ACCESS);
            csr_write(CSR_SATP, table_atp(&t, 0));
        }
        csr_write(CSR_SATP, 0);
    }
}

/* Sets a bit in the leaf for `page`, and in the entry above it. */
static void expect_reserved_for(const u8 *page, const struct scheme *s, unsigned bit)
{
    context("bit", bit);
    ulong va = distinct(s);
    pte_t *leaf = table_map(&t, va, (ulong)page, PTE_RWX, 0);
    pte_t *above = table_slot(&t, va, 1);
    fence_all();
    CHECK_EQ(load_cause(va), NO_TRAP);
    *leaf |= 1ul << bit;
    fence_all();
    CHECK_EQ(load_cause(va), EXC_LOAD_PAGE);
    *leaf &= ~(1ul << bit);
    *above |= 1ul << bit;
    fence_all();
    CHECK_EQ(load_cause(va), EXC_LOAD_PAGE);
}

static void expect_reserved(unsigned bit)
{
    FOR_EACH_SCHEME(s)
    {
        space(s);
        expect_reserved_for(page_alloc(1), s, bit);
    }
}

TEST("norm:Sv39_pte_future_rsv a reserved bit of a PTE that is set is a page fault")
{
    for (unsigned bit = 54; bit < 59; bit++)
        expect_reserved(bit);
}

TEST("norm:Sv39_pte_svpbmt_rsv bits 62:61 are reserved without Svpbmt")
{
    csr_put64(CSR_MENVCFG, 0); /* no Svpbmt for S-mode, if there is one */
    expect_reserved(61);
    expect_reserved(62);
}

TEST("norm:Sv39_pte_svnapot_rsv bit 63 is reserved without Svnapot")
{
    NEED(boot_argument("svnapot=none"), "the hart may have Svnapot");
    FOR_EACH_SCHEME(s)
    {
        space(s);
        const u8 *range = page_alloc(16); /* the page in it whose entry Svnapot would take */
        expect_reserved_for(range + 8 * PAGE, s, 63);
    }
}
