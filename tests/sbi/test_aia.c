/* The advanced interrupt architecture as the firmware leaves it to HS-mode: its CSRs can be
 * reached on every hart, nothing is virtual at first, priority numbers rank what the firmware
 * delegates, and a guest sees what hvictl injects once HS-mode lets it (hstateen0).
 * run: none
 * run: --engine=plain
 * run: --isa=rvXLENmax-smstateen-ssstateen */
#include "sbi.h"

#define SISELECT 0x150
#define SIREG    0x151
#define STOPI    0xdb0
#define HVIEN    0x608
#define HVICTL   0x609
#define HVIPRIO1 0x646
#define HVIPRIO2 0x647
#define VSTOPI   0xeb0

enum { SSI = 1, LCOFI = 13 };
#define VTI         (1ul << 30)
#define IID(n)      ((ulong)(n) << 16)
#define PRIORITY(n) ((ulong)(n) << 8) /* of SSI, in the first register of the array */

static volatile ulong looked;

/* Of a hart that has just been started, or of the first. */
static void look(ulong hartid, ulong arg)
{
    (void)hartid, (void)arg;
    trap_clear();
    CHECK(rd_csr(STOPI) == 0);
    wr_csr(SISELECT, 0x30);
    CHECK(rd_csr(SIREG) == 0);
    if (has_h()) {
        CHECK(rd_csr(HVICTL) == 0);
        CHECK(rd_csr(HVIEN) == 0);
        CHECK((rd_csr(HVIPRIO1) | rd_csr(HVIPRIO2)) == 0);
        CHECK(rd_csr(VSTOPI) == 0);
    }
    CHECK(last_trap()->count == 0);
    looked++;
}

/* Two of the interrupts that are delegated, SSI and the counters' overflow: by default SSI is
 * first. */
static void rank(void)
{
    ulong enabled = csr_read(sie);
    csr_clear(sstatus, 2);
    csr_write(sie, BIT(SSI) | BIT(LCOFI));
    csr_set(sip, BIT(SSI) | BIT(LCOFI));
    if (csr_read(sip) & csr_read(sie) & BIT(LCOFI)) {
        CHECK(rd_csr(STOPI) == (IID(SSI) | 255));
        wr_csr(SISELECT, sizeof(ulong) == 8 ? 0x32 : 0x33);
        wr_csr(SIREG, 9ul << (sizeof(ulong) == 8 ? 40 : 8)); /* interrupt 13 */
        CHECK(rd_csr(STOPI) == (IID(LCOFI) | 9));
        wr_csr(SIREG, 0);
    }
    wr_csr(SISELECT, 0x30);
    wr_csr(SIREG, PRIORITY(3));
    CHECK(rd_csr(STOPI) == (IID(SSI) | 3));
    wr_csr(SIREG, 0);
    csr_clear(sip, BIT(SSI) | BIT(LCOFI));
    CHECK(rd_csr(STOPI) == 0);
    csr_write(sie, enabled);
}

/* SIE is clear in the guest: it only looks. */
static void in_guest(ulong arg)
{
    (void)arg;
    leave_below(rd_csr(STOPI));
}

static void guest(void)
{
    if (sizeof(ulong) == 8) /* hstateen0; a hart without it ignores the trap */
        csr_write(0x60c, -1ul);
    else
        csr_write(0x61c, -1ul);
    wr_csr(HVICTL, VTI | IID(35));
    CHECK(rd_csr(VSTOPI) == (IID(35) | 1));
    CHECK(run_below(WORLD_VS, in_guest, 0) == (long)(IID(35) | 1));
    wr_csr(HVICTL, VTI | IID(9));
    CHECK(rd_csr(VSTOPI) == 0);
    CHECK(run_below(WORLD_VS, in_guest, 0) == 0);
    wr_csr(HVICTL, 0);
}

void test(void)
{
    long other = other_hart();
    static struct start s = {look, 0};

    look(hart_id(), 0);
    if (other >= 0) {
        CHECK(start_hart((ulong)other, &s));
        CHECK(wait_for(&looked, 2));
        CHECK(wait_status((ulong)other, 1));
    }
    rank();
    if (has_h())
        guest();
}
