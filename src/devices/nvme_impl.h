/* The inside of the NVMe controller (names are those of the NVM Express Base Specification 1.4):
 * its registers, queues and commands. */
#ifndef HEXTANT_DEVICES_NVME_IMPL_H
#define HEXTANT_DEVICES_NVME_IMPL_H

#include "devices/drive.h"
#include "devices/pci.h"

enum {
    NVME_IO_QUEUES = 16,
    NVME_QUEUES = NVME_IO_QUEUES + 1, /* with the administrator's, which has number 0 */
    NVME_ENTRIES = 1024,              /* of a queue, at most */
    NVME_MDTS = 7,                    /* a command moves at most 2^7 pages of 4 KiB */
    NVME_EVENTS = 4,                  /* asynchronous event requests that may wait */
    NVME_REGISTERS = 16,              /* words, from the beginning of the window */
    NVME_FEATURES = 12,
};

/* Offsets of registers. */
enum {
    NVME_CAP = 0x00,
    NVME_VS = 0x08,
    NVME_INTMS = 0x0c,
    NVME_INTMC = 0x10,
    NVME_CC = 0x14,
    NVME_CSTS = 0x1c,
    NVME_AQA = 0x24,
    NVME_ASQ = 0x28,
    NVME_ACQ = 0x30,
};
enum { CC_EN = 1, CSTS_RDY = 1, CSTS_CFS = 2, CSTS_SHUT_DOWN = 2 << 2, CSTS_SHST = 3 << 2 };

/* Status of a command: its type (SCT) above bit 8, its code (SC). */
enum nvme_status {
    NVME_OK = 0,
    NVME_INVALID_OPCODE = 0x001,
    NVME_INVALID_FIELD = 0x002,
    NVME_TRANSFER_ERROR = 0x004,
    NVME_INVALID_NAMESPACE = 0x00b,
    NVME_INVALID_PRP_OFFSET = 0x013,
    NVME_WRITE_PROTECTED = 0x020,
    NVME_LBA_RANGE = 0x080,
    NVME_INVALID_CQ = 0x100,
    NVME_INVALID_QUEUE = 0x101,
    NVME_INVALID_SIZE = 0x102,
    NVME_TOO_MANY_EVENTS = 0x105,
    NVME_INVALID_VECTOR = 0x108,
    NVME_INVALID_LOG = 0x109,
    NVME_INVALID_DELETION = 0x10c,
    NVME_NOT_SAVEABLE = 0x10d,
    NVME_WRITE_FAULT = 0x280,
    NVME_READ_ERROR = 0x281,
    /* not for drivers: it goes on later; it is not answered now */
    NVME_NOT_YET = 0x1000,
    NVME_HELD = 0x1001,
};

struct nvme_command {
    u8 opcode, flags;
    u16 id;
    u32 namespace_id;
    u64 reserved, metadata, prp1, prp2;
    u32 dword[6]; /* 10 to 15 */
};

struct nvme_sq {
    u64 base;
    u32 entries; /* 0: there is no such queue */
    u16 head, tail, cq;
};

struct nvme_cq {
    u64 base;
    u32 entries;
    u16 head, tail, vector;
    u8 phase, interrupts;
};

struct nvme {
    struct device dev;
    struct pci_function pci;
    struct drive drive;
    u32 left;   /* what may still be done in this piece, in bytes */
    u32 posted; /* completion queues with news in this piece, a bit each */
    /* state */
    u32 reg[NVME_REGISTERS];
    u32 feature[NVME_FEATURES];
    struct nvme_sq sq[NVME_QUEUES];
    struct nvme_cq cq[NVME_QUEUES];
    u16 event[NVME_EVENTS]; /* identifiers of requests that wait for an event */
    u32 num_events;
    u16 turn; /* the submission queue that was served last */
    u8 busy;  /* a command goes on: of that queue, */
    u64 done; /* after so many bytes, */
    struct nvme_command now;
};

/* ---- nvme_admin.c, nvme_io.c: a command, n->now. *result is dword 0 of its completion. ---- */

enum nvme_status nvme_admin(struct nvme *n, u32 *result);
enum nvme_status nvme_io(struct nvme *n);
/* Features as after reset. */
void nvme_reset_features(struct nvme *n);
/* Is the disk's write cache on (feature 6)? */
bool nvme_caches_writes(const struct nvme *n);

/* ---- nvme_prp.c: a command's data ---- */

/* Where byte `done` of `total` is that the command's PRP entries describe: *iova, and in *len how
 * many lie together there. */
enum nvme_status nvme_prp(const struct nvme *n, u64 total, u64 done, u64 *iova, u64 *len);
/* Copies `len` bytes to the command's data, all of it. */
enum nvme_status nvme_put(const struct nvme *n, const void *buf, u64 len);

/* Bytes of a memory page, as the driver has set it (CC.MPS). */
static inline u64 nvme_page(const struct nvme *n)
{
    return 4096ull << (n->reg[NVME_CC / 4] >> 7 & 15);
}

#endif
