/* Bit fields of the CSRs, named REGISTER_FIELD as in the manual. */
#ifndef HEXTANT_CPU_FIELDS_H
#define HEXTANT_CPU_FIELDS_H

#include "common/types.h"

/* mstatus, in the RV64 layout on both XLENs (mstatush is the upper half on RV32) */
#define MSTATUS_SIE   BIT(1)
#define MSTATUS_MIE   BIT(3)
#define MSTATUS_SPIE  BIT(5)
#define MSTATUS_UBE   BIT(6)
#define MSTATUS_MPIE  BIT(7)
#define MSTATUS_SPP   BIT(8)
#define MSTATUS_VS    (3ull << 9)
#define MSTATUS_MPP   (3ull << 11)
#define MSTATUS_FS    (3ull << 13)
#define MSTATUS_XS    (3ull << 15)
#define MSTATUS_MPRV  BIT(17)
#define MSTATUS_SUM   BIT(18)
#define MSTATUS_MXR   BIT(19)
#define MSTATUS_TVM   BIT(20)
#define MSTATUS_TW    BIT(21)
#define MSTATUS_TSR   BIT(22)
#define MSTATUS_SPELP BIT(23)
#define MSTATUS_SDT   BIT(24)
#define MSTATUS_UXL   (3ull << 32)
#define MSTATUS_SXL   (3ull << 34)
#define MSTATUS_SBE   BIT(36)
#define MSTATUS_MBE   BIT(37)
#define MSTATUS_GVA   BIT(38)
#define MSTATUS_MPV   BIT(39)
#define MSTATUS_MPELP BIT(41)
#define MSTATUS_MDT   BIT(42)
#define MSTATUS_SD    BIT(63) /* computed when read; bit 31 on RV32 */

/* hstatus */
#define HSTATUS_VSBE  BIT(5)
#define HSTATUS_GVA   BIT(6)
#define HSTATUS_SPV   BIT(7)
#define HSTATUS_SPVP  BIT(8)
#define HSTATUS_HU    BIT(9)
#define HSTATUS_VGEIN (0x3full << 12)
#define HSTATUS_VTVM  BIT(20)
#define HSTATUS_VTW   BIT(21)
#define HSTATUS_VTSR  BIT(22)
#define HSTATUS_VSXL  (3ull << 32)
#define HSTATUS_HUPMM (3ull << 48)

/* hvictl, and the top-interrupt registers */
#define HVICTL_VTI    BIT(30)
#define HVICTL_IID    (0xfffull << 16)
#define HVICTL_DPR    BIT(9)
#define HVICTL_IPRIOM BIT(8)
#define HVICTL_IPRIO  0xffull
#define HVICTL_MASK   (HVICTL_VTI | HVICTL_IID | HVICTL_DPR | HVICTL_IPRIOM | HVICTL_IPRIO)
#define TOPI_IID      (0xfffull << 16)
#define TOPI_IPRIO    0xffull
/* hviprio1: interrupts 1, 5, 13, 14 and 15 */
#define HVIPRIO1_MASK 0xffffff00ff00ff00ull

/* mnstatus */
#define MNSTATUS_NMIE   BIT(3)
#define MNSTATUS_MNPV   BIT(7)
#define MNSTATUS_MNPELP BIT(9)
#define MNSTATUS_MNPP   (3ull << 11)

/* menvcfg, henvcfg; senvcfg and mseccfg share the positions of LPE, SSE, CBxE and PMM where they
 * have them */
#define ENVCFG_FIOM   BIT(0)
#define ENVCFG_LPE    BIT(2)
#define ENVCFG_SSE    BIT(3)
#define ENVCFG_CBIE   (3ull << 4)
#define ENVCFG_CBCFE  BIT(6)
#define ENVCFG_CBZE   BIT(7)
#define ENVCFG_PMM    (3ull << 32)
#define ENVCFG_DTE    BIT(59)
#define ENVCFG_CDE    BIT(60)
#define ENVCFG_ADUE   BIT(61)
#define ENVCFG_PBMTE  BIT(62)
#define ENVCFG_STCE   BIT(63)
#define MSECCFG_MML   BIT(0)
#define MSECCFG_MMWP  BIT(1)
#define MSECCFG_RLB   BIT(2)
#define MSECCFG_USEED BIT(8)
#define MSECCFG_SSEED BIT(9)
#define MSECCFG_MLPE  BIT(10)
#define MSECCFG_PMM   (3ull << 32)

/* satp, vsatp, hgatp */
#define SATP32_MODE  BIT(31)
#define SATP32_ASID  (0x1ffull << 22)
#define SATP32_PPN   0x3fffffull
#define HGATP32_VMID (0x7full << 22)
#define SATP64_MODE  (0xfull << 60)
#define SATP64_ASID  (0xffffull << 44)
#define SATP64_PPN   0xfffffffffffull
#define HGATP64_VMID (0x3fffull << 44)
enum { ATP_BARE = 0, ATP_SV32 = 1, ATP_SV39 = 8, ATP_SV48 = 9, ATP_SV57 = 10 };

/* page-table entries */
#define PTE_V     BIT(0)
#define PTE_R     BIT(1)
#define PTE_W     BIT(2)
#define PTE_X     BIT(3)
#define PTE_U     BIT(4)
#define PTE_G     BIT(5)
#define PTE_A     BIT(6)
#define PTE_D     BIT(7)
#define PTE_PPN32 0xfffffc00ull
#define PTE_PPN64 (0xfffffffffffull << 10)
#define PTE_RSW60 (3ull << 59)
#define PTE_RES   (0x7full << 54)
#define PTE_PBMT  (3ull << 61)
#define PTE_N     BIT(63)

/* pmpcfg */
enum { PMP_R = 1, PMP_W = 2, PMP_X = 4, PMP_A = 0x18, PMP_L = 0x80 };
enum { PMP_OFF = 0, PMP_TOR = 1, PMP_NA4 = 2, PMP_NAPOT = 3 };

#endif
