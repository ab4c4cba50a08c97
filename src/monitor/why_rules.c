/* The rules, looked up: why.def for instructions, the CSR checker's words for CSRs, the walker's
 * rule numbers for translations. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/csr_impl.h"
#include "cpu/exec.h"
#include "cpu/fields.h"
#include "cpu/insn.h"
#include "monitor/fields.h"
#include "monitor/why.h"

struct row {
    const char *insns, *modes;
    u32 cause;
    const char *condition;
    struct why_rule rule;
};

static const struct row rows[] = {
#define RULE(insns, modes, cause, condition, text, cite)                                           \
    {insns, modes, CAUSE_##cause, condition, {text, cite}},
#include "monitor/why.def"
#undef RULE
};

/* Does one of the blank-separated patterns match? */
static bool in_list(const char *list, const char *name)
{
    char one[32];
    for (const char *s = list; *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " ");
        snprintf(one, sizeof one, "%.*s", (int)n, s);
        if (fnmatch(one, name, 0) == 0)
            return true;
        s += n;
    }
    return false;
}

static bool in_modes(const char *modes, enum mode mode)
{
    struct error err;
    u8 set;
    return *modes == '*' || (filter_parse_modes(modes, &set, &err) == 0 && (set >> mode & 1));
}

/* "hstatus.VTSR=1" */
static bool holds(const struct hart *h, const char *condition)
{
    char csr[32], field[32];
    unsigned want;
    u64 value;
    if (sscanf(condition, "%31[^.].%31[^=]=%u", csr, field, &want) != 3)
        return *condition == '\0';
    int num = csr_number(csr);
    for (struct field_part p = {0}; num >= 0 && csr_next_field(h, (unsigned)num, &p);)
        if (strcmp(p.f->name, field) == 0)
            return csr_peek((struct hart *)(uintptr_t)h, (unsigned)num, &value) == 0 &&
                   part_value(&p, value) == want;
    return false;
}

/* ---- instructions ---- */

static bool touches_fp(unsigned kind)
{
    return kind == KIND_FP || kind == KIND_FPN || kind == KIND_FLOAD || kind == KIND_FSTORE ||
           kind == KIND_PLAINF;
}

static struct why_rule rule_of_fp(const struct hart *h, char *reg, size_t len)
{
    bool guest = (h->mstatus & MSTATUS_FS) != 0;
    snprintf(reg, len, "%s.FS=Off", guest ? "vsstatus" : "mstatus");
    if (guest)
        return (struct why_rule){
            "floating point with V=1 needs both mstatus.FS and vsstatus.FS not Off",
            "norm:vsstatus_fs_op"};
    return (struct why_rule){"floating point needs mstatus.FS not Off",
                             "norm:mstatus_fs_vs_xs_off_op"};
}

static struct why_rule rule_of_unknown(const struct hart *h, u32 insn, char *reg, size_t len)
{
    unsigned any = insn_lookup_any(h->config.xlen, insn);
    if (any == INSN_NONE)
        return (struct why_rule){"no instruction of this XLEN has these bits",
                                 "unprivileged manual, \"Extending RISC-V\": reserved encodings"};
    const struct insn_gate *g = &insn_row(any)->gate;
    size_t n = (size_t)snprintf(reg, len, "%s needs", insn_row(any)->name);
    for (unsigned i = 0; i < g->num_any && n < len; i++)
        n += (size_t)snprintf(reg + n, len - n, "%s %s", i ? " or" : "", ext_table[g->any[i]].name);
    if (g->also != EXT_I && n < len)
        snprintf(reg + n, len - n, " and %s", ext_table[g->also].name);
    return (struct why_rule){"the hart has not got the extension (--isa, misa)",
                             "unprivileged manual, \"RISC-V ISA Overview\""};
}

static bool csr_form(unsigned row)
{
    return row == INSN_csrrw || row == INSN_csrrs || row == INSN_csrrc || row == INSN_csrrwi ||
           row == INSN_csrrsi || row == INSN_csrrci;
}

/* "; hcounteren = 0x0 none", if a refusal begins with the register that it comes from. */
static void name_register(const struct hart *h, const char *why, char *buf, size_t len)
{
    char name[32], text[160];
    u64 value;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(why, " .="), why);
    int num = csr_number(name);
    if (num == CSR_seed)
        return;
    if (num < 0) { /* "mstateen" has four of them */
        strncat(name, "0", sizeof name - strlen(name) - 1);
        num = csr_number(name);
    }
    if (num >= 0 && csr_peek((struct hart *)(uintptr_t)h, (unsigned)num, &value) == 0)
        snprintf(buf, len, "; %s = 0x%" PRIx64 " %s", name, value,
                 fields_of(h, (unsigned)num, value, text, sizeof text));
}

static struct why_rule rule_of_csr_insn(const struct hart *h, unsigned row, u32 insn, char *reg,
                                        size_t len, unsigned cause)
{
    unsigned num = insn >> 20, rs1 = insn >> 15 & 31;
    bool write = row == INSN_csrrw || row == INSN_csrrwi || rs1;
    const char *why = "";
    if (!csr_check(h, num, write ? CSR_WRITE : CSR_READ, &why))
        return (struct why_rule){"", ""};
    size_t n = (size_t)snprintf(reg, len, "%s of %s (0x%03x) in %s-mode", write ? "write" : "read",
                                csr_name(num) ? csr_name(num) : "an unknown CSR", num,
                                mode_table[h->mode].name);
    name_register(h, why, reg + n, len - n);
    return rule_of_csr(h, num, why, cause);
}

struct why_rule rule_of_insn(const struct hart *h, u32 insn, unsigned cause, char *reg, size_t len)
{
    unsigned row = insn_lookup(h, insn);
    reg[0] = '\0';
    if (row == INSN_NONE && cause == CAUSE_ILLEGAL)
        return rule_of_unknown(h, insn, reg, len);
    unsigned base = row == INSN_NONE ? row : insn_row(row)->base;
    const char *name = row == INSN_NONE ? "" : insn_row(base)->name;
    if (csr_form(base) && (cause == CAUSE_ILLEGAL || cause == CAUSE_VIRTUAL_INSN))
        return rule_of_csr_insn(h, base, insn, reg, len, cause);
    if (cause == CAUSE_ILLEGAL && row != INSN_NONE && touches_fp(insn_row(base)->kind)) {
        if (fs_off(h))
            return rule_of_fp(h, reg, len);
        snprintf(reg, len, "frm=%u", (unsigned)h->frm);
        return (struct why_rule){
            "the rounding mode (in the instruction, or frm) is reserved",
            "unprivileged manual, \"Floating-Point Control and Status Register\""};
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        if (r->cause != cause || !in_list(r->insns, name) ||
            !in_modes(r->modes, (enum mode)h->mode) || !holds(h, r->condition))
            continue;
        snprintf(reg, len, "%s", r->condition);
        return r->rule;
    }
    return (struct why_rule){"", ""};
}

/* ---- CSRs ---- */

struct csr_words {
    const char *why;
    const char *illegal, *virtual; /* cited for that exception */
};
static const struct csr_words csr_words[] = {
    {"no such CSR on this hart", "norm:Zicsr_illegal_acc", ""},
    {"the CSR is read-only", "norm:Zicsr_illegal_acc", ""},
    {"the CSR belongs to M-mode", "norm:Zicsr_illegal_mode", ""},
    {"the CSR belongs to a more privileged mode", "norm:Zicsr_illegal_mode",
     "norm:H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0"},
    {"hypervisor and VS CSRs are not accessible when V=1", "norm:Zicsr_illegal_mode",
     "norm:H_virtinst_vu_vs_nonhigh_allowedhs_tvm0"},
    {"mcounteren has the counter's bit clear", "norm:mcounteren_clr_ill_inst_exc", ""},
    {"hcounteren has the counter's bit clear", "", "norm:H_virtinst_vs_nonhighctr_h0_m1"},
    {"scounteren has the counter's bit clear", "norm:scounteren_op",
     "norm:H_virtinst_vu_nonhighctr_h0_s0_m1"},
    {"mcounteren.TM=0", "norm:mcounteren_tm_clr", ""},
    {"hcounteren.TM=0", "", "norm:hcounteren_op"},
    {"menvcfg.STCE=0", "machine chapter, \"Machine Environment Configuration\", STCE", ""},
    {"henvcfg.STCE=0", "", "norm:henvcfg_stce"},
    {"mstatus.TVM=1", "norm:mstatus_tvm_hs", ""},
    {"hstatus.VTVM=1", "", "norm:H_virtinst_vs_sfence_sinval_satp_vtvm1"},
    {"mstateen has the bit clear", "norm:stateen_illegal_state_access",
     "norm:H_cause_virtual_instruction_high"},
    {"hstateen has the bit clear", "", "norm:hstateen_vs"},
    {"sstateen has the bit clear", "norm:sstateen_user_access_control",
     "norm:sstateen_user_access_control"},
    {"FS is Off", "norm:mstatus_fs_vs_xs_off_op", ""},
    {"menvcfg.SSE=0", "norm:zicfiss_m_menvcfg_sse", ""},
    {"henvcfg.SSE=0", "", "norm:zicfiss_vs_henvcfg_sse"},
    {"senvcfg.SSE=0", "norm:zicfiss_u_senvcfg_sse", "norm:zicfiss_vu_senvcfg_sse"},
    {"seed is not accessible when V=1", "", "norm:mseccfg_sseed_VSorVU-mode_op"},
    {"mseccfg.SSEED=0", "norm:mseccfg_sseed_VSorVU-mode_op", ""},
    {"mseccfg.SSEED or USEED is 0", "norm:mseccfg_sseed_useed_op_tbl", ""},
    {"seed must be accessed with a write", "norm:seed_ro_illegal", ""},
    {"hvictl.VTI=1", "", "AIA, \"Virtual interrupts for VS level\""},
    {"mstateen0.AIA=0", "norm:mstateen0_aia_op", ""},
    {"the guest has no interrupt file", "", "AIA, \"Virtual instruction exceptions\""},
    {"alias registers are not accessible here when V=1", "", "norm:sscsrind_virtual_inst_fault"},
    {"the select register names a register that a guest does not have", "",
     "norm:vsmode_virtual_inst_fault"},
    {"the select register names no register", "norm:sireg_access_on_illegal_siselect",
     "norm:sireg_access_on_illegal_siselect"},
};

/* The high halves of RV32 have rules of their own. */
static const char *const high_rules[][2] = {
    {"norm:H_virtinst_vs_nonhighctr_h0_m1", "norm:H_virtinst_vs32_highctr_h0_m1"},
    {"norm:H_virtinst_vu_nonhighctr_h0_s0_m1", "norm:H_virtinst_vu32_highctr_h0_s0_m1"},
    {"norm:H_virtinst_vu_vs_nonhigh_allowedhs_tvm0", "norm:H_virtinst_vu_vs32_high_allowedhs_tvm0"},
    {"norm:H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0",
     "norm:H_virtinst_vu32_high_supervisor_allowedhs_tvm0"},
};

struct why_rule rule_of_csr(const struct hart *h, unsigned num, const char *why, unsigned cause)
{
    struct why_rule r = {why, "privileged manual, chapter \"Control and Status Registers\""};
    const struct csr_row *row = csr_row(num);
    bool high = row && row->size == HI && is_rv32(h);
    for (size_t i = 0; i < ARRAY_LEN(csr_words); i++) {
        const struct csr_words *w = &csr_words[i];
        const char *cite = cause == CAUSE_VIRTUAL_INSN ? w->virtual : w->illegal;
        if (strcmp(w->why, why) == 0 && *cite)
            r.cite = cite;
    }
    for (size_t i = 0; high && i < ARRAY_LEN(high_rules); i++)
        if (strcmp(r.cite, high_rules[i][0]) == 0)
            r.cite = high_rules[i][1];
    return r;
}

/* ---- translation ---- */

#define PROCESS "supervisor chapter, \"Virtual Address Translation Process\", step "
static const struct {
    const char *s, *s_cite, *g, *g_cite; /* first stage, G-stage */
} walk_rules[] = {
    [RULE_VA_RANGE] = {"the upper bits of a virtual address must all equal the top bit that the "
                       "mode translates",
                       "norm:Sv39_va_signext", "", ""},
    [RULE_GPA_RANGE] = {"", "", "a guest-physical address must fit the G-stage's mode, zeros above",
                        "norm:H_vm_gpatrans"},
    [RULE_PTE_ACCESS] = {"PMP or PMA forbids reading the page-table entry", PROCESS "2",
                         "PMP or PMA forbids reading the page-table entry", PROCESS "2"},
    [RULE_PTE_INVALID] = {"the page-table entry has V=0", PROCESS "3",
                          "the G-stage entry has V=0: nothing is mapped at this guest-physical "
                          "address",
                          "norm:H_vm_gstagetrans"},
    [RULE_PTE_RESERVED] = {"the entry uses an encoding that is reserved (W without R, or bits that "
                           "must be zero)",
                           PROCESS "3", "the entry uses an encoding that is reserved", PROCESS "3"},
    [RULE_NO_LEAF] = {"the entry at the last level points on instead of being a leaf", PROCESS "4",
                      "the entry at the last level points on instead of being a leaf", PROCESS "4"},
    [RULE_SUPERPAGE] = {"a superpage's physical page number is not aligned to its size",
                        "norm:Sv39_superpage_align_fault",
                        "a superpage's physical page number is not aligned to its size",
                        "norm:Sv39_superpage_align_fault"},
    [RULE_NAPOT] = {"the entry has N=1 with an encoding that is reserved",
                    "norm:Svnapot_reserved_encoding_fault",
                    "the entry has N=1 with an encoding that is reserved",
                    "norm:Svnapot_reserved_encoding_fault"},
    [RULE_USER] = {"", "", "G-stage leaves must have U=1: every guest access counts as a user's",
                   "norm:H_vm_gpapriv"},
    [RULE_SHADOW] = {"shadow-stack pages (R=0 W=1 X=0) and shadow-stack accesses go together",
                     PROCESS "7", "a shadow-stack access needs a page that can be read and written",
                     PROCESS "7"},
    [RULE_PERMISSION] = {"", "", "the G-stage leaf's R, W, X do not allow this access",
                         "norm:H_guest_page_fault"},
    [RULE_AD] = {"A is clear, or D for a store, and the hardware does not set them here (Svade)",
                 "norm:svade_access_ad_bit_clear",
                 "A is clear, or D for a store, and the hardware does not set them here (Svade)",
                 "norm:svade_access_ad_bit_clear"},
    [RULE_AD_ACCESS] = {"PMP or PMA forbids setting A or D in the entry", PROCESS "9",
                        "PMP or PMA forbids setting A or D in the entry", PROCESS "9"},
};

static struct why_rule rule_of_user(const struct report *rep)
{
    if (rep->r.user)
        return (struct why_rule){"user mode may use only pages with U=1", PROCESS "6"};
    if (rep->access == ACCESS_FETCH)
        return (struct why_rule){"supervisor code never executes from pages with U=1, whatever SUM",
                                 "norm:sstatus_sum"};
    return (struct why_rule){"a supervisor touches pages with U=1 only while SUM=1",
                             rep->r.virt ? "norm:sstatus_sum" : "norm:mstatus_sum_op"};
}

static struct why_rule rule_of_permission(const struct report *rep)
{
    if (rep->flags & MEM_HLVX)
        return (struct why_rule){"HLVX needs execute permission", "norm:hlsv_op"};
    if (rep->access == ACCESS_FETCH)
        return (struct why_rule){"the page has X=0", "norm:fetch_page_fault_no_x"};
    if (rep->access == ACCESS_STORE)
        return (struct why_rule){"the page has W=0", "norm:store_page_fault_no_w"};
    return (struct why_rule){"the page has R=0 (and MXR does not let X stand in)",
                             "norm:load_page_fault_no_r"};
}

static struct why_rule rule_of_final(const struct report *rep)
{
    if ((rep->pmp_granted & rep->pmp_needed) != rep->pmp_needed)
        return (struct why_rule){"physical memory protection forbids it",
                                 "norm:pmp_access_fault_exception"};
    if (rep->memory)
        return (struct why_rule){"the memory there is read-only",
                                 "machine chapter, \"Physical Memory Attributes\""};
    if (rep->device)
        return (struct why_rule){"a device is no place for this kind of access",
                                 "machine chapter, \"Physical Memory Attributes\""};
    return (struct why_rule){"no memory and no device answers at this physical address",
                             "machine chapter, \"Physical Memory Attributes\""};
}

static struct why_rule rule_of_pte(const struct report *rep)
{
    bool ad = rep->fault.rule == RULE_AD_ACCESS;
    if ((rep->pmp_granted & rep->pmp_needed) != rep->pmp_needed)
        return (struct why_rule){
            ad ? "physical memory protection forbids setting A or D in the page-table entry"
               : "physical memory protection forbids reading the page-table entry",
            "norm:pmp_access_fault_exception"};
    if (rep->memory)
        return (struct why_rule){"the page-table entry is in read-only memory",
                                 "machine chapter, \"Physical Memory Attributes\""};
    return (struct why_rule){"there is no memory where the page-table entry should be",
                             "machine chapter, \"Physical Memory Attributes\""};
}

struct why_rule rule_of_walk(const struct report *rep)
{
    bool g = rep->fault.kind == FAULT_GUEST_PAGE ||
             (rep->steps && rep->step[rep->steps - 1].s.g_stage && !rep->translated);
    if (rep->fault.rule == RULE_FINAL_ACCESS)
        return rule_of_final(rep);
    if (!g && rep->fault.rule == RULE_USER)
        return rule_of_user(rep);
    if (!g && rep->fault.rule == RULE_PERMISSION)
        return rule_of_permission(rep);
    if (report_of_pte(rep))
        return rule_of_pte(rep);
    if (rep->fault.rule >= ARRAY_LEN(walk_rules) || !rep->fault.rule)
        return (struct why_rule){"", ""};
    return g ? (struct why_rule){walk_rules[rep->fault.rule].g, walk_rules[rep->fault.rule].g_cite}
             : (struct why_rule){walk_rules[rep->fault.rule].s, walk_rules[rep->fault.rule].s_cite};
}
