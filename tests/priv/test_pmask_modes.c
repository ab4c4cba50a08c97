/* Pointer masking: which PMM field counts for which access, MXR, MPRV, SPVP. RV64 only. */
#include "priv.h"

enum source { FROM_MSECCFG, FROM_MENVCFG, FROM_SENVCFG, FROM_HENVCFG, FROM_HUPMM, SOURCES };

static void set_pmm(enum source source, u64 value)
{
    u64 bits = ENVCFG_PMM(value);
    if (source == FROM_MSECCFG)
        csr_put(CSR_MSECCFG, (ulong)bits);
    else if (source == FROM_MENVCFG)
        csr_put(CSR_MENVCFG, (ulong)bits);
    else if (source == FROM_SENVCFG)
        csr_put(CSR_SENVCFG, (ulong)bits);
    else if (source == FROM_HENVCFG)
        csr_put(CSR_HENVCFG, (ulong)bits);
    else
        csr_write(CSR_HSTATUS,
                  (csr_read(CSR_HSTATUS) & ~(ulong)HSTATUS_HUPMM(3)) | (ulong)HSTATUS_HUPMM(value));
}

static void need_masking(void)
{
    for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
        set_pmm(s, 3);
    NEED(csr_get(CSR_MSECCFG) >> 32 == 3, "no Smmpm");
    NEED(csr_get(CSR_MENVCFG) >> 32 == 3, "no Smnpm");
    NEED(csr_get(CSR_HENVCFG) >> 32 == 3, "no Ssnpm");
    for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
        set_pmm(s, 0);
}

#define TAG16 0xa5c3000000000000ul
#define TAG7  0xa400000000000000ul

/* Every way to access data: in a mode, or by HLV from a mode with an SPVP. */
static const struct access {
    enum mode mode;
    int hlv, spvp;
    enum source source;
} accesses[] = {
    {MODE_M, 0, 0, FROM_MSECCFG},  {MODE_HS, 0, 0, FROM_MENVCFG}, {MODE_U, 0, 0, FROM_SENVCFG},
    {MODE_VS, 0, 0, FROM_HENVCFG}, {MODE_VU, 0, 0, FROM_SENVCFG}, {MODE_M, 1, 0, FROM_SENVCFG},
    {MODE_M, 1, 1, FROM_HENVCFG},  {MODE_HS, 1, 0, FROM_SENVCFG}, {MODE_HS, 1, 1, FROM_HENVCFG},
    {MODE_U, 1, 0, FROM_HUPMM},    {MODE_U, 1, 1, FROM_HENVCFG},
};
#define ACCESSES (sizeof(accesses) / sizeof(accesses[0]))

/* All translation Bare: addresses are those of ts.mem. */
static struct trap do_access(const struct access *a, int store, ulong address)
{
    csr_set(CSR_HSTATUS, HSTATUS_HU | (a->spvp ? HSTATUS_SPVP : 0));
    if (!a->spvp)
        csr_clear(CSR_HSTATUS, HSTATUS_SPVP);
    u32 load = a->hlv ? HLV_BU(A0, A0) : LBU(A0, A0, 0);
    u32 insn = store ? (a->hlv ? HSV_B(A1, A0) : SB(A1, A0, 0)) : load;
    return exec(a->mode, insn, address, ts.mem[0]);
}

static void expect_masked(const struct access *a, ulong address)
{
    struct trap t = do_access(a, 0, address);
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[0]);
    EXPECT_DONE(do_access(a, 1, address));
}

static void expect_unmasked(const struct access *a, ulong address)
{
    struct trap t = do_access(a, 0, address);
    CHECK_EQ(t.cause, EXC_LOAD_ACCESS);
    CHECK_EQ(t.tval, address);
    t = do_access(a, 1, address);
    CHECK_EQ(t.cause, EXC_STORE_ACCESS);
    CHECK_EQ(t.tval, address);
}

TEST("norm:menvcfg_pmm_op norm:mseccfg_pmm_presence_op norm:senvcfg_pmm_Ssnpm "
     "norm:pm_all_priv_modes norm:pm_mode_only_dependency norm:pmlen_mode_depend "
     "norm:pm_per_mode_control norm:pm_config_next_higher norm:smmpm_definition "
     "norm:smnpm_definition norm:ssnpm_definition norm:henvcfg_pmm_op each access obeys one PMM "
     "field")
{
    need_masking();
    two_stage(BARE, BARE, 0);
    for (unsigned i = 0; i < ACCESSES; i++)
        for (u64 pmm = 2; pmm < 4; pmm++) {
            ulong address = (ulong)ts.mem | (pmm == 2 ? TAG7 : TAG16);
            context("access", i);
            context("PMM", pmm);
            for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
                set_pmm(s, s == accesses[i].source ? pmm : 0);
            expect_masked(&accesses[i], address);
            for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
                set_pmm(s, s == accesses[i].source ? 0 : pmm);
            expect_unmasked(&accesses[i], address);
        }
}

TEST("norm:menvcfg_pmm_enc norm:mseccfg_pmm_enc norm:pm_ignore_upper_bits "
     "norm:pmlen_supported_values PMM=2 masks 7 bits and no more, PMM=3 "
     "sixteen and no more")
{
    need_masking();
    two_stage(BARE, BARE, 0);
    for (unsigned i = 0; i < ACCESSES; i++) {
        context("access", i);
        for (unsigned bit = 46; bit < 64; bit++) {
            context("bit", bit);
            ulong address = (ulong)ts.mem | BIT(bit);
            for (u64 pmm = 2; pmm < 4; pmm++) {
                set_pmm(accesses[i].source, pmm);
                struct trap t = do_access(&accesses[i], 0, address);
                if (bit >= (pmm == 2 ? 57u : 48u))
                    EXPECT_DONE(t);
                else
                    CHECK_EQ(t.cause, EXC_LOAD_ACCESS);
            }
        }
        set_pmm(accesses[i].source, 0);
    }
}

TEST("norm:pm_mxr_exception MXR in effect switches masking off, except for M-level accesses")
{
    need_masking();
    two_stage(BARE, BARE, 0);
    ulong address = (ulong)ts.mem | TAG16;
    for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
        set_pmm(s, 3);
    for (unsigned i = 0; i < ACCESSES; i++)
        for (unsigned mxr = 1; mxr < 4; mxr++) {
            context("access", i);
            context("MXR (1 sstatus, 2 vsstatus)", mxr);
            csr_write(CSR_MSTATUS, mxr & 1 ? STATUS_MXR : 0);
            csr_write(CSR_VSSTATUS, mxr & 2 ? STATUS_MXR : 0);
            int v = accesses[i].hlv || IS_V(accesses[i].mode);
            int effective = v || mxr & 1;
            if (!v && accesses[i].mode == MODE_M)
                effective = 0;
            if (effective)
                expect_unmasked(&accesses[i], address);
            else
                expect_masked(&accesses[i], address);
        }
    csr_write(CSR_MSTATUS, 0);
    csr_write(CSR_VSSTATUS, 0);
    expect_masked(&accesses[3], address);
}

/* In M-mode with MPRV, MPP and MPV set around one instruction. */
static struct trap with_mprv(ulong mpp, int mpv, u32 insn, ulong address)
{
    ulong status = MPP(mpp) | (mpv ? (ulong)MSTATUS_MPV : 0) | STATUS_MPRV;
    return RUN(MODE_M, CODE(CSRW(CSR_MSTATUS, A1), insn, CSRRC(ZERO, CSR_MSTATUS, A2)),
               .a0 = address, .a1 = status, .a2 = STATUS_MPRV);
}

TEST("norm:pm_mprv_spvp MPRV: the field of the effective mode")
{
    need_masking();
    two_stage(BARE, BARE, 0);
    static const struct {
        ulong mpp;
        int mpv;
        enum source source;
    } rows[] = {{0, 0, FROM_SENVCFG}, {1, 0, FROM_MENVCFG}, {0, 1, FROM_SENVCFG},
                {1, 1, FROM_HENVCFG}, {3, 0, FROM_MSECCFG}, {3, 1, FROM_MSECCFG}};
    for (unsigned i = 0; i < 6; i++) {
        context("row", i);
        for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
            set_pmm(s, s == rows[i].source ? 3 : 0);
        struct trap t = with_mprv(rows[i].mpp, rows[i].mpv, LBU(A0, A0, 0), (ulong)ts.mem | TAG16);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[0]);
        for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
            set_pmm(s, s == rows[i].source ? 0 : 3);
        t = with_mprv(rows[i].mpp, rows[i].mpv, LBU(A0, A0, 0), (ulong)ts.mem | TAG16);
        CHECK_EQ(t.cause, EXC_LOAD_ACCESS);
    }
}

TEST("norm:pm_mprv_spvp HLV under MPRV keeps to SPVP's field")
{
    need_masking();
    two_stage(BARE, BARE, 0);
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    set_pmm(FROM_HENVCFG, 3);
    EXPECT_DONE(with_mprv(0, 0, HLV_BU(A0, A0), (ulong)ts.mem | TAG16));
    set_pmm(FROM_HENVCFG, 0);
    set_pmm(FROM_MSECCFG, 3);
    set_pmm(FROM_SENVCFG, 3);
    set_pmm(FROM_MENVCFG, 3);
    CHECK_EQ(with_mprv(0, 0, HLV_BU(A0, A0), (ulong)ts.mem | TAG16).cause, EXC_LOAD_ACCESS);
}

TEST("norm:hlsv_u_op HLVX is never masked, and leaves the masking of later accesses alone")
{
    need_masking();
    two_stage(BARE, BARE, 0);
    for (enum source s = FROM_MSECCFG; s < SOURCES; s++)
        set_pmm(s, 3);
    csr_set(CSR_HSTATUS, HSTATUS_HU);
    ulong address = (ulong)ts.mem | TAG16;
    for (unsigned i = 0; i < 6; i++) {
        enum mode m = (enum mode)(i % 3);
        if (i >= 3)
            csr_set(CSR_HSTATUS, HSTATUS_SPVP);
        struct trap t = exec(m, HLVX_HU(A0, A0), address, 0);
        CHECK_EQ(t.cause, EXC_LOAD_ACCESS);
        CHECK_EQ(t.tval, address);
        EXPECT_DONE(RUN(m, CODE(HLVX_HU(A2, A1), SB(A2, A0, 0), LBU(A2, A0, 0), HLV_B(A2, A0)),
                        .a0 = address, .a1 = (ulong)ts.mem));
    }
}

TEST("norm:pm_auto_apply_active_mode a PMM change counts at the next access, without a fence")
{
    need_masking();
    two_stage(SV39, SV39, 0);
    ulong address = ts.va | TAG16;
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(exec(MODE_VS, LBU(A0, A0, 0), address, 0).cause, EXC_LOAD_PAGE);
        set_pmm(FROM_HENVCFG, 3);
        struct trap t = exec(MODE_VS, LBU(A0, A0, 0), address, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), ts.mem[0]);
        set_pmm(FROM_HENVCFG, 2);
        CHECK_EQ(exec(MODE_VS, LBU(A0, A0, 0), address, 0).cause, EXC_LOAD_PAGE);
        EXPECT_DONE(exec(MODE_VS, LBU(A0, A0, 0), ts.va | TAG7, 0));
        set_pmm(FROM_HENVCFG, 0);
        EXPECT_DONE(exec(MODE_VS, LBU(A0, A0, 0), ts.va, 0));
    }
    /* HS-mode changes its guest's and its user's in one go, by CSR instructions. */
    csr_write(CSR_HSTATUS, HSTATUS_SPVP);
    struct trap t = RUN(MODE_HS, CODE(CSRW(CSR_HENVCFG, A1), HLV_BU(A0, A0)), .a0 = address,
                        .a1 = (ulong)ENVCFG_PMM(3));
    EXPECT_DONE(t);
    CHECK_EQ(RESULT(t), ts.mem[0]);
    t = RUN(MODE_HS, CODE(CSRW(CSR_HENVCFG, A1), HLV_BU(A0, A0)), .a0 = address);
    CHECK_EQ(t.cause, EXC_LOAD_PAGE);
}

TEST(
    "norm:pmlen_future_reserved norm:pmlen_illegal_warl the fields never hold the reserved value 1")
{
    need_masking();
    static const u64 old[] = {0, 2, 3};
    static const unsigned numbers[] = {CSR_MSECCFG, CSR_MENVCFG, CSR_SENVCFG, CSR_HENVCFG};
    for (unsigned i = 0; i < 3; i++) {
        for (enum source s = FROM_MSECCFG; s < SOURCES; s++) {
            set_pmm(s, old[i]);
            u64 got =
                s == FROM_HUPMM ? csr_read(CSR_HSTATUS) >> 48 & 3 : csr_get(numbers[s]) >> 32 & 3;
            CHECK_EQ(got, old[i]);
            set_pmm(s, 1);
            got = s == FROM_HUPMM ? csr_read(CSR_HSTATUS) >> 48 & 3 : csr_get(numbers[s]) >> 32 & 3;
            CHECK(got != 1);
        }
    }
}

TEST("norm:ssnpm_definition senvcfg.PMM, henvcfg.PMM and HUPMM exist together or not at all")
{
    u64 s = csr_probe(CSR_SENVCFG, (ulong)ENVCFG_PMM(3)) >> 32 & 3;
    u64 h = csr_probe(CSR_HENVCFG, (ulong)ENVCFG_PMM(3)) >> 32 & 3;
    u64 u = csr_probe(CSR_HSTATUS, (ulong)HSTATUS_HUPMM(3)) >> 48 & 3;
    CHECK_EQ(s, h);
    CHECK_EQ(s, u);
}
