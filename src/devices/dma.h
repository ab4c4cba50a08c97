/* Guest memory as a device reaches it: at addresses of its own, which env->translate (an IOMMU) may
 * turn into physical ones or refuse, by the device's requester id. Devices reach memory in no other
 * way. What is refused is for the device to report, as the hardware that it stands for would. */
#ifndef HEXTANT_DEVICES_DMA_H
#define HEXTANT_DEVICES_DMA_H

#include "bus/device.h"
#include "common/types.h"

/* The bytes that dev finds at iova: a host pointer, which is good until the guest runs on, and in
 * *len how many of the wanted ones lie together there. NULL if the first is refused. With
 * DMA_TO_MEMORY they count as overwritten. */
u8 *dma_map(const struct device *dev, u64 iova, u64 *len, enum dma_dir dir);
/* May dev reach all of [iova, iova+len)? Nothing is touched. 0, or -1. */
int dma_check(const struct device *dev, u64 iova, u64 len, enum dma_dir dir);
/* Copies between memory and a host buffer. 0, or -1 if any byte is refused: then nothing is copied.
 */
int dma_read(const struct device *dev, u64 iova, void *buf, u64 len);
int dma_write(const struct device *dev, u64 iova, const void *buf, u64 len);
/* A message-signaled interrupt: a write of 32 bits, little-endian, to memory or to a window that
 * takes messages. 0, or -1: it is refused, or answers nowhere, and is lost. */
int dma_message(const struct device *dev, u64 iova, u32 data);

#endif
