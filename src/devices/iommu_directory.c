/* The directories of the IOMMU: from a device_id to a device context, and from a process_id to a
 * process context (specification, "Device-Directory-Table", "Process-Directory-Table"), with the
 * rules by which a context is misconfigured. */
#include <string.h>

#include "devices/dma.h"
#include "devices/iommu_impl.h"

#define FIELD(hi, lo) (MASK((hi) - (lo) + 1) << (lo))

void iommu_trail(const struct iommu_request *q, const struct iommu_step *step)
{
    if (q->trail && q->trail->count < ARRAY_LEN(q->trail->step))
        q->trail->step[q->trail->count++] = *step;
}

/* ---- the rules of contexts ---- */

/* Is a first-stage mode one that there is, with this SXL? */
static bool has_first(u64 caps, u64 tc, unsigned mode)
{
    static const u64 wide[16] = {[8] = CAP_SV39, [9] = CAP_SV48, [10] = CAP_SV57};
    if (mode == 0)
        return true;
    return tc & TC_SXL ? mode == 8 && (caps & CAP_SV32) : (caps & wide[mode]) != 0;
}

static bool has_second(u64 caps, bool gxl, unsigned mode)
{
    static const u64 wide[16] = {[8] = CAP_SV39X4, [9] = CAP_SV48X4, [10] = CAP_SV57X4};
    if (mode == 0)
        return true;
    return gxl ? mode == 8 && (caps & CAP_SV32X4) : (caps & wide[mode]) != 0;
}

static bool has_directory(u64 caps, unsigned mode)
{
    static const u64 needs[4] = {0, CAP_PD8, CAP_PD17, CAP_PD20};
    return mode == 0 || (mode < 4 && (caps & needs[mode]));
}

/* The width of guest-physical addresses in MSI address masks. */
static unsigned mgpaw(u64 caps)
{
    return caps & CAP_SV57X4   ? 59
           : caps & CAP_SV48X4 ? 50
           : caps & CAP_SV39X4 ? 41
           : caps & CAP_SV32X4 ? 34
                               : (unsigned)bits(caps, 37, 32);
}

/* What a rule is asked about. */
struct context {
    u64 caps;
    u32 fctl, fctl_writable;
    const u64 *dc;
};

static bool dc_reserved(const struct context *c)
{
    static const u64 reserved[] = {[DC_TC] = FIELD(23, 12) | FIELD(63, 32),
                                   [DC_TA] = FIELD(11, 0) | FIELD(63, 32),
                                   [DC_FSC] = FIELD(59, 44),
                                   [DC_MSIPTP] = FIELD(59, 44),
                                   [DC_RES] = ~0ull};
    u32 words = c->caps & CAP_MSI_FLAT ? DC_WORDS : DC_MSIPTP;
    u64 address = FIELD(63, mgpaw(c->caps) - 12);
    for (u32 i = 0; i < words; i++)
        if (c->dc[i] & (i == DC_MASK || i == DC_PATTERN ? address : reserved[i]))
            return true;
    return false;
}

static bool dc_ats(const struct context *c)
{
    return !(c->caps & CAP_ATS) && (c->dc[DC_TC] & (TC_EN_ATS | TC_EN_PRI | TC_PRPR));
}

static bool dc_t2gpa(const struct context *c)
{
    u64 tc = c->dc[DC_TC];
    return (tc & TC_T2GPA) &&
           (!(c->caps & CAP_T2GPA) || !(tc & TC_EN_ATS) || mode_of_field(c->dc[DC_IOHGATP]) == 0);
}

static bool dc_pri(const struct context *c)
{
    u64 tc = c->dc[DC_TC];
    return ((tc & TC_EN_PRI) && !(tc & TC_EN_ATS)) || ((tc & TC_PRPR) && !(tc & TC_EN_PRI));
}

static bool dc_pdtp(const struct context *c)
{
    return (c->dc[DC_TC] & TC_PDTV) && !has_directory(c->caps, mode_of_field(c->dc[DC_FSC]));
}

static bool dc_iosatp(const struct context *c)
{
    u64 tc = c->dc[DC_TC];
    return !(tc & TC_PDTV) && !has_first(c->caps, tc, mode_of_field(c->dc[DC_FSC]));
}

static bool dc_dpe(const struct context *c)
{
    return (c->dc[DC_TC] & (TC_PDTV | TC_DPE)) == TC_DPE;
}

static bool dc_iohgatp(const struct context *c)
{
    return !has_second(c->caps, c->fctl & FCTL_GXL, mode_of_field(c->dc[DC_IOHGATP]));
}

static bool dc_root(const struct context *c)
{
    return mode_of_field(c->dc[DC_IOHGATP]) && (c->dc[DC_IOHGATP] & 3);
}

static bool dc_msiptp(const struct context *c)
{
    return (c->caps & CAP_MSI_FLAT) && mode_of_field(c->dc[DC_MSIPTP]) > 1;
}

static bool dc_msi_bare(const struct context *c)
{
    return (c->caps & CAP_MSI_FLAT) && mode_of_field(c->dc[DC_MSIPTP]) &&
           !mode_of_field(c->dc[DC_IOHGATP]);
}

static bool dc_hwad(const struct context *c)
{
    return !(c->caps & CAP_AMO_HWAD) && (c->dc[DC_TC] & (TC_SADE | TC_GADE));
}

static bool dc_sxl(const struct context *c)
{
    bool sxl = c->dc[DC_TC] & TC_SXL, gxl = c->fctl & FCTL_GXL;
    return gxl ? !sxl : sxl && !(c->fctl_writable & FCTL_GXL);
}

static bool dc_sbe(const struct context *c)
{
    return c->dc[DC_TC] & TC_SBE; /* fctl.BE is 0, and END */
}

static const struct check {
    enum iommu_rule rule;
    bool (*broken)(const struct context *c);
} checks[] = {
    {IOMMU_DC_RESERVED, dc_reserved}, {IOMMU_DC_ATS, dc_ats},
    {IOMMU_DC_T2GPA, dc_t2gpa},       {IOMMU_DC_PRI, dc_pri},
    {IOMMU_DC_SXL, dc_sxl},           {IOMMU_DC_PDTP, dc_pdtp},
    {IOMMU_DC_IOSATP, dc_iosatp},     {IOMMU_DC_DPE, dc_dpe},
    {IOMMU_DC_IOHGATP, dc_iohgatp},   {IOMMU_DC_ROOT, dc_root},
    {IOMMU_DC_MSIPTP, dc_msiptp},     {IOMMU_DC_MSI_BARE, dc_msi_bare},
    {IOMMU_DC_HWAD, dc_hwad},         {IOMMU_DC_SBE, dc_sbe},
};

enum iommu_rule iommu_check_device(const struct iommu *io, const u64 dc[DC_WORDS])
{
    struct context c = {.caps = iommu_caps(io), .fctl = iommu_get32(io, REG_FCTL), .dc = dc};
    memcpy(&c.fctl_writable, io->writable + REG_FCTL, sizeof c.fctl_writable);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (checks[i].broken(&c))
            return checks[i].rule;
    return IOMMU_NONE;
}

enum iommu_rule iommu_check_process(const struct iommu *io, u64 tc, const u64 pc[PC_WORDS])
{
    if ((pc[PC_TA] & (FIELD(11, 3) | FIELD(63, 32))) || (pc[PC_FSC] & FIELD(59, 44)))
        return IOMMU_PC_RESERVED;
    return has_first(iommu_caps(io), tc, mode_of_field(pc[PC_FSC])) ? IOMMU_NONE : IOMMU_PC_MODE;
}

/* ---- the device directory ---- */

enum { ENTRY_V = 1 };
#define ENTRY_RESERVED (FIELD(9, 1) | FIELD(63, 54))

static unsigned leaf_shift(const struct iommu *io)
{
    return iommu_caps(io) & CAP_MSI_FLAT ? 6 : 7;
}

static unsigned levels_of(const struct iommu *io)
{
    unsigned mode = iommu_get32(io, REG_DDTP) & 15;
    return mode > DDTP_BARE ? mode - DDTP_BARE : 0;
}

unsigned iommu_did_bits(const struct iommu *io)
{
    unsigned levels = levels_of(io), leaf = leaf_shift(io);
    return levels == 1 ? leaf : levels == 2 ? leaf + 9 : 24;
}

/* An entry of a directory: where it is, what it holds. 0, or -1 if that is no memory. */
static int read_entry(struct iommu_walk *w, struct iommu_step *step, u64 *word, u32 words)
{
    int rc = dma_read(&w->io->dev, step->at, word, words * sizeof *word);
    step->value = rc ? 0 : word[0];
    iommu_trail(w->q, step);
    return rc;
}

static int find_leaf(struct iommu_walk *w, u64 *at)
{
    struct iommu *io = w->io;
    unsigned leaf = leaf_shift(io);
    u64 table = ppn_of_entry(iommu_get64(io, REG_DDTP)), entry;
    for (unsigned i = levels_of(io) - 1; i > 0; i--) {
        u64 index = w->q->did >> (leaf + 9 * (i - 1)) & MASK(9);
        struct iommu_step s = {.kind = IOMMU_DDT, .level = (u8)i, .at = table + index * 8};
        if (read_entry(w, &s, &entry, 1))
            return iommu_refuse(w, IOMMU_DDT_LOAD, s.at, 0);
        if (!(entry & ENTRY_V))
            return iommu_refuse(w, IOMMU_DDT_V, s.at, entry);
        if (entry & ENTRY_RESERVED)
            return iommu_refuse(w, IOMMU_DDT_RESERVED, s.at, entry);
        table = ppn_of_entry(entry);
    }
    *at = table + (w->q->did & MASK(leaf)) * (leaf == 6 ? 64 : 32);
    return 0;
}

int iommu_find_device(struct iommu_walk *w)
{
    struct iommu *io = w->io;
    struct iommu_context c = {.did = w->q->did, .valid = 1};
    u64 at = 0;
    if (w->q->did >> iommu_did_bits(io))
        return iommu_refuse(w, IOMMU_DID_WIDE, 0, 0);
    w->dc = w->q->trail ? NULL : iommu_find_context(io, 0, w->q->did, 0);
    if (w->dc)
        return 0;
    if (!w->q->probe)
        iommu_count(io, IOEVENT_DDT_WALK, &w->ids);
    if (find_leaf(w, &at))
        return -1;
    struct iommu_step s = {.kind = IOMMU_DC, .at = at};
    if (read_entry(w, &s, c.word, leaf_shift(io) == 6 ? DC_WORDS : DC_MSIPTP))
        return iommu_refuse(w, IOMMU_DDT_LOAD, at, 0);
    if (!(c.word[DC_TC] & TC_V))
        return iommu_refuse(w, IOMMU_DC_V, at, c.word[DC_TC]);
    enum iommu_rule rule = iommu_check_device(io, c.word);
    if (rule != IOMMU_NONE)
        return iommu_refuse(w, rule, at, c.word[DC_TC]);
    memcpy(w->own_dc, c.word, sizeof c.word);
    w->dc = w->own_dc;
    if (!w->q->probe)
        iommu_keep_context(io, &c);
    return 0;
}

/* ---- the process directory ---- */

unsigned iommu_pid_bits(unsigned pdtp_mode)
{
    static const u8 width[4] = {20, 8, 17, 20};
    return width[pdtp_mode & 3];
}

/* The physical address of the context of process `pid`: tables are where the second stage says. */
static int find_pc(struct iommu_walk *w, u32 pid, u64 *at)
{
    u64 table = ppn_of_field(w->dc[DC_FSC]), entry;
    for (unsigned i = mode_of_field(w->dc[DC_FSC]) - 1; i > 0; i--) {
        u64 index = pid >> (8 + 9 * (i - 1)) & MASK(9);
        struct iommu_step s = {.kind = IOMMU_PDT, .level = (u8)i};
        if (iommu_guest_address(w, table + index * 8, &s.at))
            return -1;
        if (read_entry(w, &s, &entry, 1))
            return iommu_refuse(w, IOMMU_PDT_LOAD, s.at, 0);
        if (!(entry & ENTRY_V))
            return iommu_refuse(w, IOMMU_PDT_V, s.at, entry);
        if (entry & ENTRY_RESERVED)
            return iommu_refuse(w, IOMMU_PDT_RESERVED, s.at, entry);
        table = ppn_of_entry(entry);
    }
    return iommu_guest_address(w, table + (pid & MASK(8)) * 16, at);
}

const u64 *iommu_find_process(struct iommu_walk *w, u32 pid)
{
    struct iommu *io = w->io;
    struct iommu_context c = {.did = w->q->did, .pid = pid, .valid = 1, .process = 1};
    struct iommu_step s = {.kind = IOMMU_PC};
    const u64 *kept = w->q->trail ? NULL : iommu_find_context(io, 1, c.did, pid);
    enum iommu_rule rule = IOMMU_NONE;
    if (kept)
        return kept;
    if (!w->q->probe)
        iommu_count(io, IOEVENT_PDT_WALK, &w->ids);
    if (find_pc(w, pid, &s.at))
        return NULL;
    if (read_entry(w, &s, c.word, PC_WORDS))
        rule = IOMMU_PDT_LOAD;
    else if (!(c.word[PC_TA] & TA_V))
        rule = IOMMU_PC_V;
    else
        rule = iommu_check_process(io, w->dc[DC_TC], c.word);
    if (rule != IOMMU_NONE) {
        iommu_refuse(w, rule, s.at, c.word[PC_TA]);
        return NULL;
    }
    memcpy(w->own_pc, c.word, sizeof w->own_pc);
    if (!w->q->probe)
        iommu_keep_context(io, &c);
    return w->own_pc;
}
