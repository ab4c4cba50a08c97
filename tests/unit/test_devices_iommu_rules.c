/* Every rule by which the IOMMU refuses a transaction: each scenario breaks one, and the record in
 * the fault queue has its cause (specification, "Process to translate an IOVA", "Device-context
 * configuration checks", "Fault record CAUSE field encodings"). */
#include "iommu_bench.h"

#define CAP_SV48     BIT(10)
#define CAP_SV48X4   BIT(18)
#define CAP_MSI_MRIF BIT(23)
#define CAP_AMO_HWAD BIT(24)
#define CAP_PD17     BIT(39)

static u8 access_kind;
static u64 iova;
static bool pv, priv, debug;
static u32 pid;

/* A process directory of one level with one context. */
static void use_pdt(u64 ta, u64 fsc)
{
    dc[TC] |= PDTV;
    dc[FSC] = MODE(1) | PPN(pdt);
    put64(pdt + 16 * 9, ta);
    put64(pdt + 16 * 9 + 8, fsc);
    pv = true;
    pid = 9;
}

static void pdt_two_levels(u64 entry)
{
    use_pdt(0, 0);
    dc[FSC] = MODE(2) | PPN(pdt);
    put64(pdt, entry);
}

/* The page of DATA is a virtual interrupt file, number 0, with this entry. */
static void use_msi(u64 low, u64 high)
{
    dc[MSIPTP] = MODE(1) | PPN(msi_table);
    dc[MASK_WORD] = 0;
    dc[PATTERN] = PPN(DATA);
    put64(msi_table, low);
    put64(msi_table + 8, high);
}

static void off(void)
{
    set(DDTP, OFF);
}
static void ddt_load(void)
{
    put64(ddt_entry(2), table_entry(FAR));
}
static void ddt_v(void)
{
    put64(ddt_entry(1), 0);
}
static void ddt_reserved(void)
{
    put64(ddt_entry(1), table_entry(ddt_leaf) | 2);
}
static void dc_v(void)
{
    dc[TC] = 0;
}
static void dc_reserved(void)
{
    dc[TC] |= 1 << 12;
}
static void dc_ats(void)
{
    dc[TC] |= EN_ATS;
}
static void dc_t2gpa(void)
{
    dc[TC] |= T2GPA;
}
static void dc_pdtp(void)
{
    without(CAP_PD17), pdt_two_levels(0);
}
static void dc_iosatp(void)
{
    without(CAP_SV48), dc[FSC] = MODE(9) | PPN(s_root);
}
static void dc_dpe(void)
{
    dc[TC] |= DPE;
}
static void dc_iohgatp(void)
{
    without(CAP_SV48X4), dc[IOHGATP] = MODE(9) | PPN(g_root);
}
static void dc_root(void)
{
    dc[IOHGATP] |= 1;
}
static void dc_msiptp(void)
{
    use_msi(0, 0), dc[MSIPTP] = MODE(2);
}
static void dc_msi_bare(void)
{
    use_msi(0, 0), dc[IOHGATP] = 0;
}
static void dc_hwad(void)
{
    without(CAP_AMO_HWAD), dc[TC] |= SADE;
}
static void dc_sxl(void)
{
    set(FCTL, 4), dc[FSC] = 0, dc[IOHGATP] = 0;
}
static void dc_sbe(void)
{
    dc[TC] |= SBE;
}
static void did_wide(void)
{
    set(DDTP, PPN(ddt_leaf) << 10 | LVL1);
}
static void pid_no_pdt(void)
{
    pv = true;
}
static void pid_wide(void)
{
    use_pdt(1, 0), pid = 0x100;
}
static void pc_ens(void)
{
    use_pdt(1, 0), priv = true;
}
static void debug_mrif(void)
{
    use_msi(3, 0), debug = true;
}
static void pdt_load(void)
{
    pdt_two_levels(table_entry(BOARD_RAM + BOARD_RAM_SIZE));
}
static void pdt_v(void)
{
    pdt_two_levels(0);
}
static void pdt_reserved(void)
{
    pdt_two_levels(table_entry(pdt) | BIT(54));
}
static void pc_v(void)
{
    use_pdt(0, 0);
}
static void pc_reserved(void)
{
    use_pdt(1 | 8, 0);
}
static void pc_mode(void)
{
    use_pdt(1, MODE(1));
}
static void iova_wide(void)
{
    dc[TC] |= SXL, iova |= BIT(32);
}
static void gpa_wide(void)
{
    dc[TC] |= SXL, dc[FSC] = 0, iova = BIT(34);
}
static void page(void)
{
    put64(s_root + 8, 0);
}
static void msi_load(void)
{
    use_msi(0, 0), dc[MSIPTP] = MODE(1) | PPN(FAR);
}
static void msi_v(void)
{
    use_msi(0, 0);
}
static void msi_custom(void)
{
    use_msi(7 | BIT(63), 0);
}
static void msi_mode(void)
{
    use_msi(1, 0);
}
static void msi_reserved(void)
{
    use_msi(7 | 8, 0);
}
static void msi_no_mrif(void)
{
    without(CAP_MSI_MRIF), use_msi(3, 0);
}
static void msi_exec(void)
{
    use_msi(7, 0), access_kind = ACCESS_FETCH;
}

static const struct {
    enum iommu_rule rule;
    u32 cause;
    void (*breaks)(void);
} rules[] = {
    {IOMMU_OFF, 256, off},
    {IOMMU_DDT_LOAD, 257, ddt_load},
    {IOMMU_DDT_V, 258, ddt_v},
    {IOMMU_DDT_RESERVED, 259, ddt_reserved},
    {IOMMU_DC_V, 258, dc_v},
    {IOMMU_DC_RESERVED, 259, dc_reserved},
    {IOMMU_DC_ATS, 259, dc_ats},
    {IOMMU_DC_T2GPA, 259, dc_t2gpa},
    {IOMMU_DC_PDTP, 259, dc_pdtp},
    {IOMMU_DC_IOSATP, 259, dc_iosatp},
    {IOMMU_DC_DPE, 259, dc_dpe},
    {IOMMU_DC_IOHGATP, 259, dc_iohgatp},
    {IOMMU_DC_ROOT, 259, dc_root},
    {IOMMU_DC_MSIPTP, 259, dc_msiptp},
    {IOMMU_DC_MSI_BARE, 259, dc_msi_bare},
    {IOMMU_DC_HWAD, 259, dc_hwad},
    {IOMMU_DC_SXL, 259, dc_sxl},
    {IOMMU_DC_SBE, 259, dc_sbe},
    {IOMMU_DID_WIDE, 260, did_wide},
    {IOMMU_PID_NO_PDT, 260, pid_no_pdt},
    {IOMMU_PID_WIDE, 260, pid_wide},
    {IOMMU_PC_ENS, 260, pc_ens},
    {IOMMU_DEBUG_MRIF, 260, debug_mrif},
    {IOMMU_PDT_LOAD, 265, pdt_load},
    {IOMMU_PDT_V, 266, pdt_v},
    {IOMMU_PDT_RESERVED, 267, pdt_reserved},
    {IOMMU_PC_V, 266, pc_v},
    {IOMMU_PC_RESERVED, 267, pc_reserved},
    {IOMMU_PC_MODE, 267, pc_mode},
    {IOMMU_IOVA_WIDE, 13, iova_wide},
    {IOMMU_GPA_WIDE, 21, gpa_wide},
    {IOMMU_WALK, 13, page},
    {IOMMU_MSI_LOAD, 261, msi_load},
    {IOMMU_MSI_V, 262, msi_v},
    {IOMMU_MSI_CUSTOM, 263, msi_custom},
    {IOMMU_MSI_MODE, 263, msi_mode},
    {IOMMU_MSI_RESERVED, 263, msi_reserved},
    {IOMMU_MSI_NO_MRIF, 263, msi_no_mrif},
    {IOMMU_MSI_EXEC, 1, msi_exec},
};

static int run(u32 i)
{
    access_kind = ACCESS_LOAD;
    iova = IOVA + (DATA - BOARD_RAM) + 0x123;
    pv = priv = debug = false;
    pid = 0;
    rules[i].breaks();
    put_dc();
    return ask(&(struct iommu_request){.did = DID,
                                       .pid = pid,
                                       .pv = pv,
                                       .priv = priv,
                                       .debug = debug,
                                       .access = access_kind,
                                       .iova = iova});
}

START_TEST(each_rule_has_its_cause)
{
    ck_assert_int_eq(run((u32)_i), -1);
    ck_assert_str_eq(iommu_rule(fault.rule)->name, iommu_rule(rules[_i].rule)->name);
    ck_assert_uint_eq(fault.cause, rules[_i].cause);
    ck_assert_uint_eq(records(), 1);
    ck_assert_uint_eq(record(0) & 0xfff, rules[_i].cause);
    ck_assert_uint_eq(record(0) >> 40, DID);
    ck_assert_uint_eq(record(0) >> 34 & 63, access_kind == ACCESS_FETCH ? 1 : 2);
    ck_assert_uint_eq(record(0) >> 32 & 1, pv);
    ck_assert_uint_eq(record(0) >> 33 & 1, priv);
    ck_assert_uint_eq(record(0) >> 12 & 0xfffff, pv ? pid : 0);
    ck_assert_uint_eq(record(2), iova);
    ck_assert_ptr_nonnull(iommu_last_fault(iommu, 0));
    ck_assert_uint_eq(iommu_last_fault(iommu, 0)->rule, rules[_i].rule);
}
END_TEST

/* Faults of which the device context is unknown, and those about it, are reported all the same. */
START_TEST(dtf_silences_what_belongs_to_the_translation)
{
    access_kind = ACCESS_LOAD;
    dc[TC] |= DTF;
    ck_assert_int_eq(run((u32)_i), -1);
    bool always = rules[_i].cause >= 256 && rules[_i].cause <= 259;
    bool before = rules[_i].rule == IOMMU_DID_WIDE;       /* no context was found */
    bool made_anew = rules[_i].rule == IOMMU_MSI_NO_MRIF; /* without() has made another context */
    ck_assert_uint_eq(records(), always || before || made_anew);
}
END_TEST

/* What is looked at by somebody else leaves no trace. */
START_TEST(a_probe_reports_nothing)
{
    rules[_i].breaks();
    access_kind = ACCESS_LOAD;
    put_dc();
    struct iommu_trail trail = {.count = 0};
    ask(&(struct iommu_request){.did = DID, .probe = true, .trail = &trail, .iova = IOVA});
    ck_assert_uint_eq(records(), 0);
    ck_assert_ptr_null(iommu_last_fault(iommu, 0));
}
END_TEST

START_TEST(every_rule_is_broken_here)
{
    for (u32 r = 1; r < IOMMU_RULES; r++) {
        bool found = r == IOMMU_DC_PRI         /* needs ATS */
                     || r == IOMMU_MRIF_ACCESS /* of messages: see test_devices_iommu_msi.c */
                     || r == IOMMU_MSI_WRITE;
        for (u32 i = 0; i < ARRAY_LEN(rules); i++)
            found |= rules[i].rule == r;
        ck_assert_msg(found, "%s", iommu_rule(r)->name);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("IOMMU rules");
    TCase *t = tcase_create("rules");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, each_rule_has_its_cause, 0, ARRAY_LEN(rules));
    tcase_add_loop_test(t, dtf_silences_what_belongs_to_the_translation, 0, ARRAY_LEN(rules));
    tcase_add_loop_test(t, a_probe_reports_nothing, 0, ARRAY_LEN(rules));
    tcase_add_test(t, every_rule_is_broken_here);
    suite_add_tcase(s, t);
    return run_suite(s);
}
