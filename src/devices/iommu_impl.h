/* The inside of the IOMMU: its registers and state, and what its files ask of each other. */
#ifndef HEXTANT_DEVICES_IOMMU_IMPL_H
#define HEXTANT_DEVICES_IOMMU_IMPL_H

#include "devices/devices.h"
#include "devices/iommu.h"
#include "devices/pci.h"

/* Offsets of registers. */
enum {
    REG_CAPABILITIES = 0,
    REG_FCTL = 8,
    REG_DDTP = 16,
    REG_CQB = 24,
    REG_CQH = 32,
    REG_CQT = 36,
    REG_FQB = 40,
    REG_FQH = 48,
    REG_FQT = 52,
    REG_CQCSR = 72,
    REG_FQCSR = 76,
    REG_IPSR = 84,
    REG_OVERFLOWS = 88,
    REG_INHIBIT = 92,
    REG_CYCLES = 96,
    REG_COUNTERS = 104,
    REG_EVENTS = 352,
    REG_TR_IOVA = 600,
    REG_TR_CONTROL = 608,
    REG_TR_RESPONSE = 616,
    REG_ICVEC = 760,
    REG_MSI = 768,
    REG_MSI_END = 1024,
    REG_PENDING = 1024, /* of MSI-X */
    IOMMU_FILE = 1024,
    IOMMU_WINDOW = 4096,
};

/* capabilities */
#define CAP_SV32     BIT(8)
#define CAP_SV39     BIT(9)
#define CAP_SV48     BIT(10)
#define CAP_SV57     BIT(11)
#define CAP_RSW60    BIT(14)
#define CAP_PBMT     BIT(15)
#define CAP_SV32X4   BIT(16)
#define CAP_SV39X4   BIT(17)
#define CAP_SV48X4   BIT(18)
#define CAP_SV57X4   BIT(19)
#define CAP_AMO_MRIF BIT(21)
#define CAP_MSI_FLAT IOMMU_CAP_MSI_FLAT
#define CAP_MSI_MRIF BIT(23)
#define CAP_AMO_HWAD BIT(24)
#define CAP_ATS      BIT(25)
#define CAP_T2GPA    BIT(26)
#define CAP_END      BIT(27)
#define CAP_IGS_BOTH BIT(29)
#define CAP_HPM      BIT(30)
#define CAP_DBG      BIT(31)
#define CAP_PD8      BIT(38)
#define CAP_PD17     BIT(39)
#define CAP_PD20     BIT(40)
#define CAP_NL       BIT(42)
#define CAP_S        BIT(43)

enum { FCTL_WSI = 2, FCTL_GXL = 4 };
enum { DDTP_OFF, DDTP_BARE, DDTP_1LVL, DDTP_2LVL, DDTP_3LVL };
enum {
    CSR_ENABLE = 1,
    CSR_IE = 2,
    CSR_MF = 1 << 8,
    CQ_TO = 1 << 9,
    CQ_ILL = 1 << 10,
    CQ_FENCE = 1 << 11,
    CQ_ERRORS = CSR_MF | CQ_TO | CQ_ILL,
    FQ_OF = 1 << 9,
    CSR_ON = 1 << 16,
};
enum { IPSR_CIP = 1, IPSR_FIP = 2, IPSR_PMIP = 4 };
enum { IOMMU_VECTORS = 4, IOMMU_COUNTERS = 7 };
enum { ENTRY_SIZE = 16, MSI_DATA = 8, MSI_CONTROL = 12 };

/* Bits of tc and ta. */
enum {
    TC_V = 1 << 0,
    TC_EN_ATS = 1 << 1,
    TC_EN_PRI = 1 << 2,
    TC_T2GPA = 1 << 3,
    TC_DTF = 1 << 4,
    TC_PDTV = 1 << 5,
    TC_PRPR = 1 << 6,
    TC_GADE = 1 << 7,
    TC_SADE = 1 << 8,
    TC_DPE = 1 << 9,
    TC_SBE = 1 << 10,
    TC_SXL = 1 << 11,
};
enum { TA_V = 1, TA_ENS = 2, TA_SUM = 4 };
enum { DC_TC, DC_IOHGATP, DC_TA, DC_FSC, DC_MSIPTP, DC_MASK, DC_PATTERN, DC_RES, DC_WORDS };
enum { PC_TA, PC_FSC, PC_WORDS };

/* PPN, at bits 53:10 of registers and directory entries, and at 43:0 of context fields. */
static inline u64 ppn_of_entry(u64 entry)
{
    return bits(entry, 53, 10) << 12;
}
static inline u64 ppn_of_field(u64 field)
{
    return bits(field, 43, 0) << 12;
}
static inline unsigned mode_of_field(u64 field)
{
    return (unsigned)(field >> 60);
}
static inline u32 pscid_of_ta(u64 ta)
{
    return (u32)bits(ta, 31, 12);
}
static inline u32 gscid_of(u64 iohgatp)
{
    return (u32)bits(iohgatp, 59, 44);
}

#ifdef HX_DEBUG /* small, so that tests meet eviction */
enum { IOMMU_TLB = 8, IOMMU_CONTEXTS = 4 };
#else
enum { IOMMU_TLB = 256, IOMMU_CONTEXTS = 32 };
#endif
enum { IOMMU_FAULTS = 16 };

struct iommu {
    struct device dev;
    struct pci_function pci; /* if it is one */
    struct iommu_config config;
    u8 initial[IOMMU_FILE], writable[IOMMU_FILE], clears[IOMMU_FILE]; /* made of rows */
    /* state */
    u8 file[IOMMU_FILE];
    u32 unsent;    /* vectors whose message waits for its mask */
    u64 cycles_at; /* when iohpmcycles was as the file has it */
    struct iommu_cached tlb[IOMMU_TLB];
    struct iommu_context context[IOMMU_CONTEXTS];
    struct iommu_fault fault[IOMMU_FAULTS];
    u32 num_faults; /* that there ever were */
};

/* ---- iommu_regs.c ---- */

u32 iommu_get32(const struct iommu *io, u32 offset);
u64 iommu_get64(const struct iommu *io, u32 offset);
void iommu_put32(struct iommu *io, u32 offset, u32 value);
void iommu_put64(struct iommu *io, u32 offset, u64 value);
static inline u64 iommu_caps(const struct iommu *io)
{
    return iommu_get64(io, REG_CAPABILITIES);
}
/* Lays the rows of the registers, as the configuration says. */
void iommu_make_registers(struct iommu *io, u64 capabilities);
int iommu_read(struct device *dev, u64 offset, unsigned size, u64 *value);
int iommu_write(struct device *dev, u64 offset, unsigned size, u64 value);

/* ---- iommu_queue.c ---- */

/* Does what the command queue has, as far as one piece goes. */
void iommu_run_commands(struct iommu *io);
/* Are there commands left that it may do? */
bool iommu_commands_left(const struct iommu *io);
/* A record of the fault queue, if that takes any. */
void iommu_put_record(struct iommu *io, const struct iommu_fault *f);
/* After writes of cqcsr, fqcsr, cqb, fqb; `old` is what was there. */
void iommu_cqcsr_written(struct iommu *io, u64 old);
void iommu_fqcsr_written(struct iommu *io, u64 old);
void iommu_base_written(struct iommu *io, u64 old);

/* ---- iommu_irq.c ---- */

/* Interrupts are pending that were not: IPSR_*. */
void iommu_pend(struct iommu *io, u32 ipsr_bits);
/* Those whose cause stands are pending again. */
void iommu_pend_standing(struct iommu *io);
/* Drives the wires, and sends messages that are no longer masked. */
void iommu_drive(struct iommu *io);

/* ---- iommu_hpm.c ---- */

enum iommu_event {
    IOEVENT_UNTRANSLATED = 1,
    IOEVENT_TLB_MISS = 4,
    IOEVENT_DDT_WALK,
    IOEVENT_PDT_WALK,
    IOEVENT_FIRST_STAGE,
    IOEVENT_SECOND_STAGE,
    IOEVENT_LAST = IOEVENT_SECOND_STAGE
};
/* Whose event it is. */
struct iommu_ids {
    u32 did, pid, gscid, pscid;
    bool pv, gscv, pscv;
};
void iommu_count(struct iommu *io, enum iommu_event event, const struct iommu_ids *ids);
/* Brings iohpmcycles up to date. */
void iommu_count_cycles(struct iommu *io);
/* When iohpmcycles overflows; UINT64_MAX: never, or nobody would hear of it. */
u64 iommu_overflow_at(const struct iommu *io);
u32 iommu_overflows(const struct iommu *io);
/* When the device is next to be looked at. */
void iommu_set_deadline(struct iommu *io);

/* ---- iommu_directory.c ---- */

/* A translation under way. */
struct iommu_walk {
    struct iommu *io;
    const struct iommu_request *q;
    struct iommu_fault *f;
    const u64 *dc;                          /* device context, once it is found */
    u64 own_dc[DC_WORDS], own_pc[PC_WORDS]; /* as they were read now */
    struct regime r;
    struct iommu_ids ids;
    struct leaf_kind leaf[2]; /* of the last translation by each stage */
    struct xlate x;           /* what it has found */
};
void iommu_trail(const struct iommu_request *q, const struct iommu_step *step);
/* Notes the refusal; -1. */
int iommu_refuse(struct iommu_walk *w, enum iommu_rule rule, u64 at, u64 value);
/* Finds the device's context, into w->dc; the process's, with w->r.g set up: NULL if refused. */
int iommu_find_device(struct iommu_walk *w);
const u64 *iommu_find_process(struct iommu_walk *w, u32 pid);
/* The first rule that a context breaks, or IOMMU_NONE. */
enum iommu_rule iommu_check_device(const struct iommu *io, const u64 dc[DC_WORDS]);
enum iommu_rule iommu_check_process(const struct iommu *io, u64 tc, const u64 pc[PC_WORDS]);
/* The widest device_id, and the widest process_id that pdtp.MODE takes, in bits. */
unsigned iommu_did_bits(const struct iommu *io);
unsigned iommu_pid_bits(unsigned pdtp_mode);

/* ---- iommu_translate.c ---- */

/* Where a guest-physical address of a process directory is, by the device's second stage. 0, or -1
 * with w->f. */
int iommu_guest_address(struct iommu_walk *w, u64 gpa, u64 *pa);

/* ---- iommu_msi.c ---- */

/* Is gpa in an interrupt file's page (msi_addr_mask and _pattern)? */
bool iommu_is_msi(const struct iommu_walk *w, u64 gpa);
/* Its MSI page-table entry. 0, or -1 with w->f. */
int iommu_translate_msi(struct iommu_walk *w, u64 gpa, struct iommu_answer *out);
/* Stores a message in the memory-resident interrupt file that the answer leads to, and sends its
 * notice. 0, or -1 with w->f. */
int iommu_store_mrif(struct iommu_walk *w, const struct iommu_answer *a, u64 gpa, u32 data);

/* ---- iommu_cache.c ---- */

const u64 *iommu_find_context(const struct iommu *io, u8 process, u32 did, u32 pid);
void iommu_keep_context(struct iommu *io, const struct iommu_context *c);
struct iommu_cached *iommu_find_cached(struct iommu *io, const struct iommu_ids *ids, u64 iova);
void iommu_keep_cached(struct iommu *io, const struct iommu_cached *c);
void iommu_forget_all(struct iommu *io);
/* What an IOTINVAL or IODIR command names. */
struct iommu_scope {
    bool gv, pscv, av, range, dv, guest;
    u32 gscid, pscid, did, pid;
    u64 addr;
};
void iommu_forget_pages(struct iommu *io, const struct iommu_scope *s);
void iommu_forget_devices(struct iommu *io, const struct iommu_scope *s);
void iommu_forget_process(struct iommu *io, const struct iommu_scope *s);

#endif
