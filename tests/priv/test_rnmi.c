/* Resumable NMIs (Smrnmi) and M-mode's double traps (Smdbltrp): only on a hart that has them
 * (--isa=..._smrnmi_smdbltrp). The RNMI handler's address is the platform's, so nothing here lets
 * an RNMI happen; MNRET and the registers are what can be looked at. */
#include "priv.h"

#define MNRET         0x70200073u
#define MNSTATUS_NMIE (1ul << 3)
#define MNSTATUS_MNPV (1ul << 7)

static void need_rnmi(void)
{
    NEED(csr_exists(CSR_MNSTATUS), "no Smrnmi");
}

/* MNRET to the slot at 0x80, where `insn` stands, in `mode`; ECALLs say where it came to. */
static struct trap mnret_to(enum mode mode, u32 insn, ulong a0)
{
    *(volatile u32 *)(slot_pages + 0x80) = insn;
    *(volatile u32 *)(slot_pages + 0x84) = ECALL;
    asm volatile("fence.i");
    csr_put(CSR_MNEPC, (ulong)slot_pages + 0x80);
    csr_put(CSR_MNSTATUS, MNSTATUS_NMIE | NOMINAL(mode) << 11 | (IS_V(mode) ? MNSTATUS_MNPV : 0));
    return RUN(MODE_M, CODE(MNRET), .a0 = a0);
}

static ulong ecall_of(enum mode mode)
{
    return IS_V(mode) && NOMINAL(mode) ? EXC_ECALL_VS : EXC_ECALL_U + NOMINAL(mode);
}

TEST("norm:mnret_restore norm:mnstatus_mnpv_op norm:mnstatus_mnpp_op MNRET goes to the mode that "
     "MNPP and MNPV name")
{
    need_rnmi();
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        context("mode", m);
        struct trap t = mnret_to(m, NOP, 0);
        CHECK_EQ(t.cause, ecall_of(m));
        CHECK_EQ(t.epc, (ulong)slot_pages + 0x84);
    }
}

TEST("norm:misa_h_op MNRET stays with V=0 without H")
{
    need_rnmi();
    csr_put(CSR_MNSTATUS, MNSTATUS_NMIE | MNSTATUS_MNPV | 1ul << 11);
    csr_clear(CSR_MISA, MISA_H);
    NEED(!(csr_read(CSR_MISA) & MISA_H), "misa.H is not writable");
    CHECK_EQ(csr_get(CSR_MNSTATUS) & MNSTATUS_MNPV, 0);
    CHECK_EQ(mnret_to(MODE_HS, NOP, 0).cause, EXC_ECALL_HS);
}

TEST("norm:mnret_mode MNRET is M-mode's")
{
    need_rnmi();
    for (enum mode m = MODE_U; m <= MODE_VS; m++)
        if (m != MODE_M)
            EXPECT_ILLEGAL(exec(m, MNRET, 0, 0), MNRET);
}

TEST("norm:mnstatus_nmie_set_clear NMIE can be set, not cleared")
{
    need_rnmi();
    csr_put(CSR_MNSTATUS, MNSTATUS_NMIE);
    CHECK_EQ(csr_probe(CSR_MNSTATUS, 0) & MNSTATUS_NMIE, MNSTATUS_NMIE);
}

TEST("norm:mnret_mprv MNRET to a mode below M clears MPRV")
{
    need_rnmi();
    csr_set(CSR_MSTATUS, STATUS_MPRV | MPP(3));
    struct trap t = mnret_to(MODE_U, NOP, 0);
    CHECK_EQ(t.mstatus & STATUS_MPRV, 0);
}

TEST("norm:mstatus_mdt_clr_mnret norm:sstatus_sdt_clr_mnret norm:vsstatus_sdt_clr_mnret MNRET "
     "clears MDT, SDT and the guest's SDT by the mode it goes to")
{
    need_rnmi();
    csr_put64(CSR_MENVCFG, ENVCFG_DTE);
    NEED(csr_get64(CSR_MENVCFG) & ENVCFG_DTE, "no Ssdbltrp");
    csr_put64(CSR_HENVCFG, ENVCFG_DTE);
    for (enum mode m = MODE_U; m <= MODE_VS; m++) {
        if (m == MODE_M)
            continue;
        context("mode", m);
        csr_write(CSR_SSTATUS, STATUS_SDT);
        csr_write(CSR_VSSTATUS, STATUS_SDT);
        struct trap t = mnret_to(m, NOP, 0);
        CHECK_EQ(t.cause, ecall_of(m));
        CHECK_EQ(t.after.sstatus & STATUS_SDT, m == MODE_HS ? STATUS_SDT : 0);
        CHECK_EQ(t.after.vsstatus & STATUS_SDT, m == MODE_VU ? 0 : STATUS_SDT);
    }
    csr_write(CSR_SSTATUS, 0);
    csr_write(CSR_VSSTATUS, 0);
}

TEST("norm:mstatus_mdt_clr_mnret after MNRET to a lower mode a trap to M is an expected one")
{
    need_rnmi();
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) | MSTATUS_MDT);
    NEED(csr_read64(CSR_MSTATUS) & MSTATUS_MDT, "no Smdbltrp");
    csr_write64(CSR_MSTATUS, csr_read64(CSR_MSTATUS) & ~MSTATUS_MDT);
    /* MNRET runs with MDT set: the program's MRET is not there to clear it. */
    static const u32 set_mdt = RV64 ? CSRRS(ZERO, CSR_MSTATUS, A0) : CSRRS(ZERO, CSR_MSTATUSH, A0);
    *(volatile u32 *)(slot_pages + 0x80) = ECALL;
    asm volatile("fence.i");
    csr_put(CSR_MNEPC, (ulong)slot_pages + 0x80);
    csr_put(CSR_MNSTATUS, MNSTATUS_NMIE);
    struct trap t =
        RUN(MODE_M, CODE(set_mdt, MNRET), .a0 = (ulong)(MSTATUS_MDT >> (RV64 ? 0 : 32)));
    CHECK_EQ(t.cause, EXC_ECALL_U);
}
