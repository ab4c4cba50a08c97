/* Commands for the namespace: reads, writes, zeroes, flushes. They work in pieces as a virtio
 * disk's do: what a piece does not finish goes on at a deadline. */
#include <errno.h>
#include <string.h>

#include "devices/dma.h"
#include "devices/nvme_impl.h"

enum { FLUSH = 0, WRITE = 1, READ = 2, WRITE_ZEROES = 8 };
enum { ALL_NAMESPACES = 0xffffffff };
#define FORCE_UNIT_ACCESS (1u << 30)

static void spend(struct nvme *n, u64 bytes)
{
    n->left -= bytes < n->left ? (u32)bytes : n->left;
}

/* What becomes of a command when the image did not do as it was asked. */
static enum nvme_status failed(enum nvme_status status)
{
    return errno == EINTR ? NVME_NOT_YET : status;
}

/* No more is done in a piece that waited for the disk. */
static enum nvme_status flush(struct nvme *n)
{
    spend(n, n->left);
    return image_flush(n->drive.image) ? failed(NVME_WRITE_FAULT) : NVME_OK;
}

static enum nvme_status move(struct nvme *n, u64 offset, u64 iova, u64 *len)
{
    bool in = n->now.opcode == READ;
    u8 *p = dma_map(&n->dev, iova, len, in ? DMA_TO_MEMORY : DMA_FROM_MEMORY);
    if (!p)
        return NVME_TRANSFER_ERROR;
    if (in)
        return image_read(n->drive.image, offset, p, *len) ? failed(NVME_READ_ERROR) : NVME_OK;
    return image_write(n->drive.image, offset, p, *len) ? failed(NVME_WRITE_FAULT) : NVME_OK;
}

static enum nvme_status zero(struct nvme *n, u64 offset, u64 *len)
{
    static const u8 zeroes[64 << 10];
    if (*len > sizeof zeroes)
        *len = sizeof zeroes;
    return image_write(n->drive.image, offset, zeroes, *len) ? failed(NVME_WRITE_FAULT) : NVME_OK;
}

/* The next bytes of `total` at `offset` of the image. */
static enum nvme_status step(struct nvme *n, u64 offset, u64 total)
{
    u64 iova = 0, len = total - n->done;
    enum nvme_status status = NVME_OK;
    if (n->now.opcode != WRITE_ZEROES)
        status = nvme_prp(n, total, n->done, &iova, &len);
    if (status != NVME_OK)
        return status;
    if (len > n->left)
        len = n->left;
    status = n->now.opcode == WRITE_ZEROES ? zero(n, offset + n->done, &len)
                                           : move(n, offset + n->done, iova, &len);
    if (status == NVME_OK) {
        n->done += len;
        spend(n, len);
    }
    return status;
}

static enum nvme_status transfer(struct nvme *n, u64 offset, u64 total)
{
    while (n->done < total) {
        if (n->left == 0)
            return NVME_NOT_YET;
        enum nvme_status status = step(n, offset, total);
        if (status != NVME_OK)
            return status;
    }
    bool through = (n->now.dword[2] & FORCE_UNIT_ACCESS) || !nvme_caches_writes(n);
    return n->now.opcode == READ || !through ? NVME_OK : flush(n);
}

static enum nvme_status serve(struct nvme *n)
{
    u64 first = (u64)n->now.dword[1] << 32 | n->now.dword[0],
        count = (n->now.dword[2] & 0xffff) + 1, sectors = drive_sectors(&n->drive);
    bool write = n->now.opcode != READ;
    if (first > sectors || count > sectors - first)
        return NVME_LBA_RANGE;
    if (write && n->drive.image->mode == IMAGE_RO)
        return NVME_WRITE_PROTECTED;
    if (n->now.opcode != WRITE_ZEROES && count * DRIVE_SECTOR > 4096ull << NVME_MDTS)
        return NVME_INVALID_FIELD;
    return transfer(n, first * DRIVE_SECTOR, count * DRIVE_SECTOR);
}

enum nvme_status nvme_io(struct nvme *n)
{
    u32 id = n->now.namespace_id;
    if (n->now.flags & 0xc3) /* scatter-gather lists, fused commands: not offered */
        return NVME_INVALID_FIELD;
    if (id != 1 && !(n->now.opcode == FLUSH && id == ALL_NAMESPACES))
        return NVME_INVALID_NAMESPACE;
    switch (n->now.opcode) {
    case FLUSH:
        return flush(n);
    case READ:
    case WRITE:
    case WRITE_ZEROES:
        return serve(n);
    default:
        return NVME_INVALID_OPCODE;
    }
}
