/* Options about the board: --pflash, --virtio, --aia and --iommu, and what follows from --irqchip.
 */
#include "machine/options_impl.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/imsic.h"
#include "devices/aplic.h"
#include "devices/iommu_config.h"
#include "devices/virtio.h"

static struct options *options_of(void *into)
{
    return &((struct command_line *)into)->opt;
}

static int parse_list(const struct key_table *table, void *into, const char *value,
                      struct error *err)
{
    char *text = strdup(value);
    int rc =
        text ? keys_parse(table, text, options_of(into), err) : error_set(err, "out of memory");
    free(text);
    return rc;
}

/* What follows the first comma is told as that of a drive is. */
int set_pflash(void *into, const char *value, struct error *err)
{
    struct options *opt = options_of(into);
    size_t len = strcspn(value, ",");
    if (len == 0 || len >= sizeof opt->pflash_code)
        return error_set(err, "must be CODE[,VARS], each the name of a file");
    opt->pflash[0] = value;
    opt->pflash[1] = value[len] && value[len + 1] ? value + len + 1 : NULL;
    opt->num_pflash = opt->pflash[1] ? 2 : 1;
    memcpy(opt->pflash_code, value, len);
    opt->pflash_code[len] = '\0';
    return 0;
}

static const struct key virtio_keys[] = {
    {"vendor", "N", KEY_NUMBER, KEY_AT(struct options, virtio_vendor), .max = 0xffffffff},
    {"version", "1|2", KEY_NUMBER, KEY_AT(struct options, virtio_version), .min = 1, .max = 2},
    {"drivers", "modern|any", KEY_CHOICE, KEY_AT(struct options, virtio_drivers)},
    {"bus", "mmio|pci|port", KEY_CHOICE, KEY_AT(struct options, virtio_bus)},
};

int set_virtio(void *into, const char *value, struct error *err)
{
    static const struct key_table table = KEY_TABLE(NULL, virtio_keys, ',');
    const struct options *opt = options_of(into);
    int rc = parse_list(&table, into, value, err);
    if (rc == 0 && opt->virtio_version == 1 && opt->virtio_drivers == VIRTIO_DRIVERS_ANY)
        return error_set(err, "drivers=any has no effect with version=1, which serves all");
    return rc;
}

/* At least as many sources as the board has wires for. */
enum { LEAST_SOURCES = 39 };
static const struct key aia_keys[] = {
    {"sources", "N", KEY_NUMBER, KEY_AT(struct options, aplic_sources), .min = LEAST_SOURCES,
     .max = APLIC_MAX_SOURCES},
    {"ids", "N", KEY_NUMBER, KEY_AT(struct options, hart.imsic_ids), .min = 63,
     .max = IMSIC_MAX_ID},
    {"guest-ids", "N", KEY_NUMBER, KEY_AT(struct options, hart.imsic_guest_ids), .min = 63,
     .max = IMSIC_MAX_ID},
};

int set_aia(void *into, const char *value, struct error *err)
{
    static const struct key_table table = KEY_TABLE(NULL, aia_keys, ',');
    const struct hart_config *c = &options_of(into)->hart;
    if (parse_list(&table, into, value, err))
        return -1;
    if ((c->imsic_ids && c->imsic_ids % 64 != 63) ||
        (c->imsic_guest_ids && c->imsic_guest_ids % 64 != 63))
        return error_set(err, "ids and guest-ids can be 63, 127, 191, ... 2047");
    return 0;
}

static const struct key iommu_keys[] = {
    {"pci", NULL, KEY_WORD, KEY_AT(struct options, iommu.place), .min = IOMMU_PCI},
    {"mmio", NULL, KEY_WORD, KEY_AT(struct options, iommu.place), .min = IOMMU_MMIO},
    {"off", NULL, KEY_WORD, KEY_AT(struct options, iommu.reset), .min = IOMMU_RESET_OFF},
    {"uncached", NULL, KEY_WORD, KEY_AT(struct options, iommu.cache), .min = IOMMU_UNCACHED},
    {"without", "BITS", KEY_NUMBER, KEY_AT(struct options, iommu.without)},
};

int set_iommu(void *into, const char *value, struct error *err)
{
    static const struct key_table table = KEY_TABLE(NULL, iommu_keys, ',');
    const struct iommu_config *c = &options_of(into)->iommu;
    if (parse_list(&table, into, value, err))
        return -1;
    if (c->place == IOMMU_ABSENT)
        return error_set(err, "needs pci or mmio");
    if (c->without & ~IOMMU_OPTIONAL)
        return error_set(err, "without can have the bits 0x%llx of capabilities",
                         (unsigned long long)IOMMU_OPTIONAL);
    return 0;
}

int options_settle_irqchip(struct options *opt, bool geilen_given, struct error *err)
{
    struct hart_config *c = &opt->hart;
    if (opt->irqchip != IRQCHIP_APLIC_IMSIC) {
        if (c->imsic_ids || c->imsic_guest_ids)
            return error_set(err, "--aia: ids and guest-ids need --irqchip=aplic-imsic");
        return 0;
    }
    if (!c->imsic_ids)
        c->imsic_ids = IMSIC_IDS;
    if (!c->imsic_guest_ids)
        c->imsic_guest_ids = c->imsic_ids;
    if (!geilen_given && extset_has(&c->isa, EXT_H))
        c->geilen = IMSIC_GUESTS;
    return 0;
}
