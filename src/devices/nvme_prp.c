/* Physical region pages: where a command's data lie in memory ("PRP Entry and List"). */
#include <string.h>

#include "devices/dma.h"
#include "devices/nvme_impl.h"

/* Entry `index` of the `count` that the list of PRP2 has. The last one of a page names the next
 * page if there are more; such a page begins at its beginning, so each step takes one off at least.
 */
static enum nvme_status list_entry(const struct nvme *n, u64 index, u64 count, u64 *entry)
{
    u64 page = nvme_page(n), at = n->now.prp2;
    for (u64 room = (page - (at & (page - 1))) / 8; count > room; room = page / 8) {
        if (index < room - 1)
            break;
        index -= room - 1;
        count -= room - 1;
        if (dma_read(&n->dev, at + 8 * (room - 1), &at, 8))
            return NVME_TRANSFER_ERROR;
        if (at & (page - 1))
            return NVME_INVALID_PRP_OFFSET;
    }
    if (dma_read(&n->dev, at + 8 * index, entry, 8))
        return NVME_TRANSFER_ERROR;
    return *entry & (page - 1) ? NVME_INVALID_PRP_OFFSET : NVME_OK;
}

/* The address of page `index` of the data, which is not the first, of `pages`. */
static enum nvme_status page_address(const struct nvme *n, u64 index, u64 pages, u64 *address)
{
    u64 page = nvme_page(n);
    if (pages == 2) {
        *address = n->now.prp2;
        return *address & (page - 1) ? NVME_INVALID_PRP_OFFSET : NVME_OK;
    }
    return n->now.prp2 & 7 ? NVME_INVALID_PRP_OFFSET : list_entry(n, index - 1, pages - 1, address);
}

enum nvme_status nvme_prp(const struct nvme *n, u64 total, u64 done, u64 *iova, u64 *len)
{
    u64 page = nvme_page(n), first = n->now.prp1 & (page - 1), at = first + done,
        pages = (first + total + page - 1) / page, index = at / page, next;
    enum nvme_status status = NVME_OK;
    if (index == 0)
        *iova = n->now.prp1 + done;
    else if ((status = page_address(n, index, pages, iova)) == NVME_OK)
        *iova += at % page;
    *len = page - at % page;
    while (status == NVME_OK && done + *len < total &&
           page_address(n, ++index, pages, &next) == NVME_OK && next == *iova + *len)
        *len += page;
    if (*len > total - done)
        *len = total - done;
    return status;
}

enum nvme_status nvme_put(const struct nvme *n, const void *buf, u64 len)
{
    for (u64 done = 0, iova, piece; done < len; done += piece) {
        enum nvme_status status = nvme_prp(n, len, done, &iova, &piece);
        if (status != NVME_OK)
            return status;
        if (dma_write(&n->dev, iova, (const u8 *)buf + done, piece))
            return NVME_TRANSFER_ERROR;
    }
    return NVME_OK;
}
