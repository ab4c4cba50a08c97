/* What the monitor says of the IOMMU: shared by its commands. */
#ifndef HEXTANT_MONITOR_IOMMU_TEXT_H
#define HEXTANT_MONITOR_IOMMU_TEXT_H

#include "devices/iommu.h"
#include "monitor/monitor.h"

/* The machine's IOMMU, or NULL after saying that there is none. */
struct device *iommu_of(struct monitor *mon);
/* "00:02.0"; of a wider device_id the number. Returns buf. */
char *iommu_device_name(u32 did, char *buf, size_t len);
/* A device context in words: stages, MSI table, flags. Returns buf. */
char *iommu_context_text(const u64 *word, char *buf, size_t len);
/* "cause 13 (read page fault): read at 0x... by 00:02.0: RULE". Returns buf. */
char *iommu_fault_text(const struct iommu_fault *f, char *buf, size_t len);

/* The rule that it broke: the IOMMU's, or that of the page-table walk. */
const char *iommu_rule_text(const struct iommu_fault *f);

/* walk ADDRESS [r|w|x] --device=D [--process=N]: every step of the translation. 0 or -1. */
int iommu_walk(struct monitor *mon, struct args *a, const char *where);
/* why iommu [N]: the N-th fault before the last. 0 or -1. */
int iommu_why(struct monitor *mon, struct args *a);

#endif
