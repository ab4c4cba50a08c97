/* Which IOMMU a machine has: what --iommu says. */
#ifndef HEXTANT_DEVICES_IOMMU_CONFIG_H
#define HEXTANT_DEVICES_IOMMU_CONFIG_H

#include "common/types.h"

enum iommu_place { IOMMU_ABSENT, IOMMU_PCI, IOMMU_MMIO };
enum iommu_reset { IOMMU_RESET_BARE, IOMMU_RESET_OFF };
enum iommu_cache { IOMMU_CACHED, IOMMU_UNCACHED };

struct iommu_config {
    u32 place;   /* enum iommu_place */
    u32 reset;   /* enum iommu_reset: ddtp.iommu_mode after reset */
    u32 cache;   /* enum iommu_cache */
    u64 without; /* bits of capabilities that it has not, of IOMMU_OPTIONAL */
};
/* What it can be without: modes of both stages, Svrsw60t59b, Svpbmt, MSI page tables, AMO_HWAD,
 * HPM, DBG, process directories, NL and S. */
#define IOMMU_OPTIONAL 0x00000dc0c1efcf00ull

#endif
