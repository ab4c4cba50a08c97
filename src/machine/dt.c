/* The machine as the device tree describes it. */
#include "machine/dt.h"

#include <ctype.h>
#include <string.h>

#include "cpu/ext_rules.h"
#include "machine/board.h"

enum { CACHE_BLOCK = 64 };

static const char *mmu_type(const struct extset *isa)
{
    static const struct {
        u8 ext;
        const char *name;
    } types[] = {{EXT_Sv57, "riscv,sv57"},
                 {EXT_Sv48, "riscv,sv48"},
                 {EXT_Sv39, "riscv,sv39"},
                 {EXT_Sv32, "riscv,sv32"}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (extset_has(isa, (enum ext)types[i].ext))
            return types[i].name;
    return NULL;
}

/* Lower-case names, those of an ISA string. */
static u32 list_extensions(const struct extset *isa, struct dt_text *text)
{
    u32 n = 0;
    for (int e = 0; e < EXT_COUNT; e++) {
        if (!extset_names(isa, (enum ext)e))
            continue;
        const char *name = ext_table[e].name;
        size_t len = strlen(name);
        for (size_t i = 0; i <= len && i < sizeof text->names[n]; i++)
            text->names[n][i] = (char)tolower((unsigned char)name[i]);
        text->list[n] = text->names[n];
        n++;
    }
    return n;
}

void dt_describe(const struct machine *m, struct dt_desc *d, struct dt_text *text)
{
    struct extset described = m->config.opt.hart.isa;
    const struct extset *isa = &described;
    /* S-mode may read `seed` only if the firmware says so in mseccfg. Ours does; one that does not
     * must not find its kernel told that it may. */
    if (m->config.opt.firmware == FIRMWARE_FILE) {
        extset_remove(&described, EXT_Zkr);
        extset_remove(&described, EXT_Zk);
    }
    *d = (struct dt_desc){.harts = m->num_harts,
                          .xlen = m->config.opt.hart.xlen,
                          .timebase_frequency = TIMEBASE_HZ,
                          .ram_base = m->ram->base,
                          .ram_size = m->ram->size,
                          .isa =
                              isa_string(isa, m->config.opt.hart.xlen, text->isa, sizeof text->isa),
                          .extensions = text->list,
                          .mmu_type = mmu_type(isa),
                          .machine_level_taken = m->config.opt.firmware == FIRMWARE_SBI};
    d->num_extensions = list_extensions(isa, text);
    if (extset_has(isa, EXT_Zihpm))
        d->counters = (u32)set_field(0, COUNTEREN_HPM, MASK(m->config.opt.hart.hpm_counters));
    if (extset_has(isa, EXT_Zicbom))
        d->cbom_block = CACHE_BLOCK;
    if (extset_has(isa, EXT_Zicboz))
        d->cboz_block = CACHE_BLOCK;
    if (extset_has(isa, EXT_Zicbop))
        d->cbop_block = CACHE_BLOCK;
    d->num_devices = board_devices(m, &d->devices);
}
