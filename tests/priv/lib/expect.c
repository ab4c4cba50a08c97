/* Comparing a recorded trap with what the test wants. Beyond the fields the test names, every trap
 * is checked against the rules of trap entry: previous mode, SPVP, interrupt-enable stack, and that
 * the banks which did not take it kept their values. */
#include "priv.h"

int zero_tinst, zero_tval2, zero_insn_tval;

/* FS, VS and SD change when the program touches the registers they guard. */
#define STATUS_DATA (~(STATUS_FS | STATUS_VS | STATUS_SD))

static void expect_hs_unchanged(int line, const struct trap *trap)
{
    const struct csr_set *b = &trap->before, *a = &trap->after;
    check_equal(line, "hstatus of another bank", a->hstatus, b->hstatus);
    check_equal(line, "htval of another bank", a->htval, b->htval);
    check_equal(line, "htinst of another bank", a->htinst, b->htinst);
    check_equal(line, "sstatus of another bank", a->sstatus & STATUS_DATA,
                b->sstatus & STATUS_DATA);
    check_equal(line, "sepc of another bank", a->sepc, b->sepc);
    check_equal(line, "scause of another bank", a->scause, b->scause);
    check_equal(line, "stval of another bank", a->stval, b->stval);
}

static void expect_vs_unchanged(int line, const struct trap *trap)
{
    const struct csr_set *b = &trap->before, *a = &trap->after;
    check_equal(line, "vsstatus of another bank", a->vsstatus & STATUS_DATA,
                b->vsstatus & STATUS_DATA);
    check_equal(line, "vsepc of another bank", a->vsepc, b->vsepc);
    check_equal(line, "vscause of another bank", a->vscause, b->vscause);
    check_equal(line, "vstval of another bank", a->vstval, b->vstval);
}

static void expect_s_status(int line, ulong before, ulong after)
{
    check_equal(line, "SIE after the trap", (after & STATUS_SIE) != 0, 0);
    check_equal(line, "SPIE after the trap", (after & STATUS_SPIE) != 0,
                (before & STATUS_SIE) != 0);
}

static void expect_spvp(int line, const struct trap *trap)
{
    int spvp = (trap->after.hstatus & HSTATUS_SPVP) != 0;
    int old = (trap->before.hstatus & HSTATUS_SPVP) != 0;
    check_equal(line, "SPVP", (u64)spvp, (u64)(trap->pv ? trap->pp : old));
}

static void expect_entry(int line, const struct trap *trap)
{
    const struct csr_set *b = &trap->before, *a = &trap->after;
    if (trap->bank != BANK_HS)
        expect_hs_unchanged(line, trap);
    if (trap->bank != BANK_VS)
        expect_vs_unchanged(line, trap);
    if (trap->bank == BANK_HS) {
        expect_s_status(line, b->sstatus, a->sstatus);
        expect_spvp(line, trap);
    }
    if (trap->bank == BANK_VS)
        expect_s_status(line, b->vsstatus, a->vsstatus);
}

static void expect_tinst(int line, const struct trap *trap, const struct want *want)
{
    int may_be_zero = want->standard_tinst ? zero_tinst : zero_tval2;
    if (want->bank == BANK_VS || (may_be_zero && trap->tinst == 0))
        return;
    check_equal(line, "xtinst", trap->tinst, want->tinst);
}

void expect_trap(int line, const struct trap *trap, const struct want *want)
{
    int same = check_equal(line, "bank (0 none, 1 M, 2 HS, 3 VS)", trap->bank, want->bank);
    if (trap->bank == BANK_NONE)
        return;
    same &= check_equal(line, "xcause", trap->cause, want->cause);
    check_equal(line, "xepc", trap->epc, trap->start + want->at);
    if (!same)
        return;
    if (!(want->insn_tval && zero_insn_tval && trap->tval == 0))
        check_equal(line, "xtval", trap->tval, want->tval);
    if (want->bank != BANK_VS) {
        check_equal(line, "xtval2", trap->tval2, want->tval2);
        check_equal(line, "GVA", (u64)trap->gva, (u64)want->gva);
    }
    expect_tinst(line, trap, want);
    check_equal(line, "previous V", (u64)trap->pv, IS_V(trap->mode));
    check_equal(line, "previous privilege", (u64)trap->pp, NOMINAL(trap->mode));
    check_equal(line, "vector entry", trap->vector, 64);
    if (!want->dirty)
        expect_entry(line, trap);
}

void expect_done(int line, const struct trap *trap)
{
    if (trap->bank == BANK_NONE)
        return;
    check_equal(line, "bank of a trap where none was due", trap->bank, BANK_NONE);
    check_equal(line, "its cause", trap->cause, 0);
    check_equal(line, "its epc", trap->epc, trap->start);
    check_equal(line, "its tval", trap->tval, 0);
    if (trap->tval2 || trap->tinst) {
        check_equal(line, "its tval2", trap->tval2, 0);
        check_equal(line, "its tinst", trap->tinst, 0);
    }
}

void expect_outcome(int line, enum mode mode, u32 insn, ulong cause)
{
    struct trap t = exec(mode, insn, 0, 0);
    context("mode", mode);
    context("instruction", insn);
    if (cause == NO_TRAP)
        expect_done(line, &t);
    else
        expect_trap(line, &t, &(const struct want){.bank = BANK_M, .cause = cause, INSN(insn)});
}

ulong gpa_value(u64 gpa)
{
    return zero_tval2 ? 0 : (ulong)(gpa >> 2);
}

void find_choices(void)
{
    two_stage(SV_MIN, SV_MIN, 0);
    *ts.g_leaf = 0;
    fence_all();
    struct trap t = exec(MODE_VS, LW(A0, A0, 0), ts.va, 0);
    zero_tinst = t.tinst == 0;
    zero_tval2 = t.tval2 == 0;
    reset_state();
    t = exec(MODE_HS, CSRR(A0, CSR_MSTATUS), 0, 0);
    zero_insn_tval = t.tval == 0;
    put_string(RV64 ? "# RV64; xtinst " : "# RV32; xtinst ");
    put_string(zero_tinst ? "zero" : "transformed");
    put_string(zero_tval2 ? ", xtval2 zero" : ", xtval2 full");
    put_string(zero_insn_tval ? ", xtval zero for instructions\n" : ", xtval full\n");
}
