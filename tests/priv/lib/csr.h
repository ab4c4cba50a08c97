/* CSR numbers and fields, by the manual's names, and CSR access from M-mode. Numbers are used
 * throughout because the assembler need not know every extension. */
#ifndef PRIV_CSR_H
#define PRIV_CSR_H

enum {
    CSR_FFLAGS = 0x001,
    CSR_FCSR = 0x003,
    CSR_SSP = 0x011,
    CSR_JVT = 0x017,
    CSR_CYCLE = 0xc00,
    CSR_TIME = 0xc01,
    CSR_INSTRET = 0xc02,
    CSR_HPMCOUNTER3 = 0xc03,
    CSR_HPMCOUNTER31 = 0xc1f,
    CSR_CYCLEH = 0xc80,
    CSR_TIMEH = 0xc81,
    CSR_INSTRETH = 0xc82,

    CSR_SSTATUS = 0x100,
    CSR_SIE = 0x104,
    CSR_STVEC = 0x105,
    CSR_SCOUNTEREN = 0x106,
    CSR_SENVCFG = 0x10a,
    CSR_SSTATEEN0 = 0x10c,
    CSR_SCOUNTINHIBIT = 0x120,
    CSR_SSCRATCH = 0x140,
    CSR_SEPC = 0x141,
    CSR_SCAUSE = 0x142,
    CSR_STVAL = 0x143,
    CSR_SIP = 0x144,
    CSR_SIEH = 0x114,
    CSR_SIPH = 0x154,
    CSR_STIMECMP = 0x14d,
    CSR_SISELECT = 0x150,
    CSR_SIREG = 0x151,
    CSR_SIREG2 = 0x152,
    CSR_SIREG6 = 0x157,
    CSR_STOPEI = 0x15c,
    CSR_STIMECMPH = 0x15d,
    CSR_SATP = 0x180,
    CSR_SCONTEXT = 0x5a8,
    CSR_STOPI = 0xdb0,
    CSR_SCOUNTOVF = 0xda0,

    CSR_VSSTATUS = 0x200,
    CSR_VSIE = 0x204,
    CSR_VSTVEC = 0x205,
    CSR_VSSCRATCH = 0x240,
    CSR_VSEPC = 0x241,
    CSR_VSCAUSE = 0x242,
    CSR_VSTVAL = 0x243,
    CSR_VSIP = 0x244,
    CSR_VSIEH = 0x214,
    CSR_VSIPH = 0x254,
    CSR_VSTIMECMP = 0x24d,
    CSR_VSISELECT = 0x250,
    CSR_VSIREG = 0x251,
    CSR_VSTOPEI = 0x25c,
    CSR_VSTIMECMPH = 0x25d,
    CSR_VSATP = 0x280,
    CSR_VSTOPI = 0xeb0,

    CSR_HSTATUS = 0x600,
    CSR_HEDELEG = 0x602,
    CSR_HIDELEG = 0x603,
    CSR_HIE = 0x604,
    CSR_HTIMEDELTA = 0x605,
    CSR_HCOUNTEREN = 0x606,
    CSR_HGEIE = 0x607,
    CSR_HVIEN = 0x608,
    CSR_HVICTL = 0x609,
    CSR_HIDELEGH = 0x613,
    CSR_HVIENH = 0x618,
    CSR_HENVCFG = 0x60a,
    CSR_HSTATEEN0 = 0x60c,
    CSR_HEDELEGH = 0x612,
    CSR_HTIMEDELTAH = 0x615,
    CSR_HENVCFGH = 0x61a,
    CSR_HSTATEEN0H = 0x61c,
    CSR_HTVAL = 0x643,
    CSR_HIP = 0x644,
    CSR_HVIP = 0x645,
    CSR_HVIPRIO1 = 0x646,
    CSR_HVIPRIO2 = 0x647,
    CSR_HVIPH = 0x655,
    CSR_HVIPRIO1H = 0x656,
    CSR_HVIPRIO2H = 0x657,
    CSR_HTINST = 0x64a,
    CSR_HGATP = 0x680,
    CSR_HCONTEXT = 0x6a8,
    CSR_HGEIP = 0xe12,

    CSR_MSTATUS = 0x300,
    CSR_MISA = 0x301,
    CSR_MEDELEG = 0x302,
    CSR_MIDELEG = 0x303,
    CSR_MIE = 0x304,
    CSR_MTVEC = 0x305,
    CSR_MCOUNTEREN = 0x306,
    CSR_MVIEN = 0x308,
    CSR_MVIP = 0x309,
    CSR_MIDELEGH = 0x313,
    CSR_MIEH = 0x314,
    CSR_MVIENH = 0x318,
    CSR_MVIPH = 0x319,
    CSR_MIPH = 0x354,
    CSR_MTOPEI = 0x35c,
    CSR_MTOPI = 0xfb0,
    CSR_MENVCFG = 0x30a,
    CSR_MSTATEEN0 = 0x30c,
    CSR_MSTATUSH = 0x310,
    CSR_MEDELEGH = 0x312,
    CSR_MENVCFGH = 0x31a,
    CSR_MSTATEEN0H = 0x31c,
    CSR_MCOUNTINHIBIT = 0x320,
    CSR_MHPMEVENT3 = 0x323,
    CSR_MSCRATCH = 0x340,
    CSR_MEPC = 0x341,
    CSR_MCAUSE = 0x342,
    CSR_MTVAL = 0x343,
    CSR_MIP = 0x344,
    CSR_MTINST = 0x34a,
    CSR_MTVAL2 = 0x34b,
    CSR_MISELECT = 0x350,
    CSR_MIREG = 0x351,
    CSR_PMPCFG0 = 0x3a0,
    CSR_PMPCFG2 = 0x3a2,
    CSR_PMPADDR0 = 0x3b0,
    CSR_MHPMEVENT3H = 0x723,
    CSR_MNSCRATCH = 0x740,
    CSR_MNEPC = 0x741,
    CSR_MNCAUSE = 0x742,
    CSR_MNSTATUS = 0x744,
    CSR_MSECCFG = 0x747,
    CSR_MSECCFGH = 0x757,
    CSR_TSELECT = 0x7a0,
    CSR_TDATA1 = 0x7a1,
    CSR_TDATA2 = 0x7a2,
    CSR_TDATA3 = 0x7a3,
    CSR_TINFO = 0x7a4,
    CSR_TCONTROL = 0x7a5,
    CSR_MCONTEXT = 0x7a8,
    CSR_MCYCLE = 0xb00,
    CSR_MINSTRET = 0xb02,
    CSR_MHPMCOUNTER3 = 0xb03,
    CSR_MCYCLEH = 0xb80,
    CSR_MHARTID = 0xf14,
};

/* mstatus, sstatus, vsstatus */
#define STATUS_SIE   (1ul << 1)
#define STATUS_MIE   (1ul << 3)
#define STATUS_SPIE  (1ul << 5)
#define STATUS_UBE   (1ul << 6)
#define STATUS_MPIE  (1ul << 7)
#define STATUS_SPP   (1ul << 8)
#define STATUS_VS    (3ul << 9)
#define STATUS_MPP   (3ul << 11)
#define STATUS_FS    (3ul << 13)
#define STATUS_MPRV  (1ul << 17)
#define STATUS_SUM   (1ul << 18)
#define STATUS_MXR   (1ul << 19)
#define STATUS_TVM   (1ul << 20)
#define STATUS_TW    (1ul << 21)
#define STATUS_TSR   (1ul << 22)
#define STATUS_SPELP (1ul << 23)
#define STATUS_SDT   (1ul << 24)
#define STATUS_SD    (1ul << (__riscv_xlen - 1))
#define MPP(mode)    ((ulong)(mode) << 11)
/* 64-bit mstatus, whose upper half is mstatush on RV32 */
#define MSTATUS_GVA   (1ull << 38)
#define MSTATUS_MPV   (1ull << 39)
#define MSTATUS_MPELP (1ull << 41)
#define MSTATUS_MDT   (1ull << 42)

#define HSTATUS_VSBE     (1ul << 5)
#define HSTATUS_GVA      (1ul << 6)
#define HSTATUS_SPV      (1ul << 7)
#define HSTATUS_SPVP     (1ul << 8)
#define HSTATUS_HU       (1ul << 9)
#define HSTATUS_VGEIN    (63ul << 12)
#define HSTATUS_VTVM     (1ul << 20)
#define HSTATUS_VTW      (1ul << 21)
#define HSTATUS_VTSR     (1ul << 22)
#define HSTATUS_HUPMM(n) ((u64)(n) << 48)

/* menvcfg, henvcfg, senvcfg: one layout, always handled as 64 bits */
#define ENVCFG_FIOM    (1ull << 0)
#define ENVCFG_LPE     (1ull << 2)
#define ENVCFG_SSE     (1ull << 3)
#define ENVCFG_CBIE(n) ((u64)(n) << 4)
#define ENVCFG_CBCFE   (1ull << 6)
#define ENVCFG_CBZE    (1ull << 7)
#define ENVCFG_PMM(n)  ((u64)(n) << 32)
#define ENVCFG_DTE     (1ull << 59)
#define ENVCFG_CDE     (1ull << 60)
#define ENVCFG_ADUE    (1ull << 61)
#define ENVCFG_PBMTE   (1ull << 62)
#define ENVCFG_STCE    (1ull << 63)
/* mseccfg */
#define SECCFG_MLPE   (1ull << 10)
#define SECCFG_PMM(n) ((u64)(n) << 32)

#define MISA_H (1ul << 7)

enum {
    IRQ_SSI = 1,
    IRQ_VSSI = 2,
    IRQ_MSI = 3,
    IRQ_STI = 5,
    IRQ_VSTI = 6,
    IRQ_MTI = 7,
    IRQ_SEI = 9,
    IRQ_VSEI = 10,
    IRQ_MEI = 11,
    IRQ_SGEI = 12,
    IRQ_LCOFI = 13,
};
#define BIT(n)    (1ul << (n))
#define VS_IRQS   (BIT(IRQ_VSSI) | BIT(IRQ_VSTI) | BIT(IRQ_VSEI))
#define INTERRUPT (1ul << (__riscv_xlen - 1))

enum {
    EXC_INSN_MISALIGNED = 0,
    EXC_INSN_ACCESS = 1,
    EXC_ILLEGAL = 2,
    EXC_BREAKPOINT = 3,
    EXC_LOAD_MISALIGNED = 4,
    EXC_LOAD_ACCESS = 5,
    EXC_STORE_MISALIGNED = 6,
    EXC_STORE_ACCESS = 7,
    EXC_ECALL_U = 8,
    EXC_ECALL_HS = 9,
    EXC_ECALL_VS = 10,
    EXC_ECALL_M = 11,
    EXC_INSN_PAGE = 12,
    EXC_LOAD_PAGE = 13,
    EXC_STORE_PAGE = 15,
    EXC_DOUBLE_TRAP = 16,
    EXC_SOFTWARE_CHECK = 18,
    EXC_HARDWARE_ERROR = 19,
    EXC_INSN_GUEST_PAGE = 20,
    EXC_LOAD_GUEST_PAGE = 21,
    EXC_VIRTUAL = 22,
    EXC_STORE_GUEST_PAGE = 23,
};

/* Access from M-mode to a CSR that surely exists; n must be a constant. */
#define csr_read(n)                                                                                \
    ({                                                                                             \
        ulong value_;                                                                              \
        asm volatile("csrr %0, %1" : "=r"(value_) : "i"(n) : "memory");                            \
        value_;                                                                                    \
    })
#define csr_write(n, v) asm volatile("csrw %0, %1" : : "i"(n), "r"((ulong)(v)) : "memory")
#define csr_set(n, v)   asm volatile("csrs %0, %1" : : "i"(n), "r"((ulong)(v)) : "memory")
#define csr_clear(n, v) asm volatile("csrc %0, %1" : : "i"(n), "r"((ulong)(v)) : "memory")

/* The 64-bit CSRs whose upper half has its own number on RV32. */
#define HIGH_HALF(n) ((n) >= 0xb00 ? (n) + 0x80 : (n) + 0x10)
#if __riscv_xlen == 64
#define csr_read64(n)     ((u64)csr_read(n))
#define csr_write64(n, v) csr_write(n, v)
#else
#define csr_read64(n) ((u64)csr_read(HIGH_HALF(n)) << 32 | csr_read(n))
#define csr_write64(n, v)                                                                          \
    do {                                                                                           \
        csr_write(n, (u64)(v));                                                                    \
        csr_write(HIGH_HALF(n), (u64)(v) >> 32);                                                   \
    } while (0)
#endif

#endif
