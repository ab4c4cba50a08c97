/* The IOMMU (RISC-V IOMMU Architecture Specification; names are its own) as the board and those who
 * look on see it. It stands between functions of PCI and memory: device and process directories say
 * which page tables hold for a device, and mmu/walk.c walks them. */
#ifndef HEXTANT_DEVICES_IOMMU_H
#define HEXTANT_DEVICES_IOMMU_H

#include "bus/device.h"
#include "devices/iommu_config.h"
#include "mmu/walk.h"

/* The rules that refuse (iommu_rule.def). */
enum iommu_rule {
#define RULE(name, cause, text) IOMMU_##name,
#include "devices/iommu_rule.def"
#undef RULE
    IOMMU_RULES
};

/* Fields of capabilities that others than the IOMMU itself ask for. */
#define IOMMU_CAP_MSI_FLAT BIT(22)

/* A step on the way to a translation: an entry that was read, and what it held. */
enum iommu_step_kind { IOMMU_DDT, IOMMU_DC, IOMMU_PDT, IOMMU_PC, IOMMU_PTE, IOMMU_MSI };
struct iommu_step {
    u8 kind, level;       /* enum iommu_step_kind */
    u64 at;               /* physical */
    u64 value;            /* its first doubleword */
    struct walk_step pte; /* IOMMU_PTE */
};
struct iommu_trail {
    struct iommu_step step[96];
    u32 count;
};

/* One access to be translated. */
struct iommu_request {
    u32 did;    /* device_id */
    u32 pid;    /* process_id, */
    bool pv;    /* ... if there is one; */
    bool priv;  /* supervisor privilege, which needs one */
    u8 access;  /* enum access */
    bool probe; /* somebody looks on: nothing changes, nothing is reported */
    bool debug; /* by the translation-request registers */
    u64 iova;
    struct iommu_trail *trail; /* or NULL */
    const u32 *message;        /* what is written, by a write of 32 bits; or NULL */
};

/* Where it leads. */
struct iommu_answer {
    u64 pa, gpa;
    u8 bits;     /* log2 of the bytes that lie together around it */
    u8 pbmt;     /* memory type by page tables */
    bool cached; /* by the translation cache */
    bool mrif;   /* a memory-resident interrupt file, at pa: */
    u64 notice;  /* ... where its notice goes, */
    u32 notice_id;
};

/* Why there is none: also what `why` shows of a fault record. State: without holes. */
struct iommu_fault {
    u64 iova, iotval2;
    u64 at, value; /* the entry that decided, and what it held */
    u32 rule;      /* enum iommu_rule; 0: none */
    u32 cause;     /* CAUSE of the record */
    u32 did, pid;
    u8 pv, priv, ttyp, reported;
    u8 g_stage, level; /* of the page-table entry */
    u16 reason;        /* enum reason, if the page-table walk refused */
};

/* The rule and the cause that it reports; 0: by the access and the page-table walk. */
struct iommu_rule_row {
    const char *name, *text;
    u32 cause;
};
const struct iommu_rule_row *iommu_rule(u32 rule);

/* env->translate for a device that is behind the IOMMU `dev`. 0; -1: refused; 1: what it was to
 * write is done with. */
int iommu_dma(struct device *dev, const struct device *who, struct dma_access *a);
/* Translates; 0, or -1 with *f, which is in the fault queue unless q->probe. */
int iommu_translate(struct device *dev, const struct iommu_request *q, struct iommu_answer *out,
                    struct iommu_fault *f);

extern const struct dev_class iommu_class;
/* The 8 bytes of a register at this offset. */
u64 iommu_register(const struct device *dev, u32 offset);
/* The n-th fault, the last one first; NULL: not so many are remembered. */
const struct iommu_fault *iommu_last_fault(const struct device *dev, u32 n);

/* What the caches hold: pages, and contexts. State: without holes. */
struct iommu_cached {
    u64 iova, gpa, pa; /* of the page */
    u32 gscid, pscid;
    u32 perm; /* PERM_* */
    u32 pbmt;
    u8 valid, two_stage, has_pscid, global;
    u8 s_bits, g_bits; /* log2 of the bytes that the leaves map; 0: Bare */
    u16 bits;          /* likewise, both together */
};
struct iommu_context {
    u64 word[8];
    u32 did, pid;
    u32 valid, process; /* is it a process's? */
};
/* Entry n; NULL behind the last. */
const struct iommu_cached *iommu_cached(const struct device *dev, u32 n);
const struct iommu_context *iommu_context(const struct device *dev, u32 n);

#endif
