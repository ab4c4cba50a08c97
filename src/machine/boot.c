/* How a guest gets going: which firmware, where the program, the initial RAM disk and the device
 * tree lie in RAM, and what the reset vector is told. */
#include "machine/boot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/owner.h"
#include "common/random.h"
#include "machine/board.h"
#include "machine/dt.h"
#include "machine/fdt.h"
#include "machine/loader.h"
#include "sbi/rom.h"
#include "sbi/sbi.h"

enum {
    PIE_OFFSET = 0x200000,
    RV32_PAYLOAD_OFFSET = 0x400000,
    RV32_REACH = 0x30000000, /* a 32-bit kernel sees no more RAM than this when it starts */
    INFO_OFFSET = 0x800,     /* of the firmware's information block in the ROM */
};

/* Is the program itself a firmware that carries its payload? */
static bool firmware_alone(const struct machine *m)
{
    return m->config.opt.firmware == FIRMWARE_FILE && !m->config.opt.firmware_file;
}

void boot_choose_firmware(struct machine *m)
{
    bool at_start = m->config.image.is_elf && m->config.image.entry == m->ram->base;
    if (m->config.opt.firmware == FIRMWARE_AUTO) {
        m->config.opt.firmware = at_start ? FIRMWARE_NONE : FIRMWARE_SBI;
        if (m->config.opt.verbose)
            owner_message(m->host.owner, "%s",
                          at_start ? "starting in M-mode: the ELF's entry is the start of RAM"
                                   : "starting in S-mode under the embedded firmware: not an ELF "
                                     "whose entry is the start of RAM");
        return;
    }
    if (!m->config.opt.verbose)
        return;
    if (m->config.opt.firmware == FIRMWARE_FILE)
        owner_message(m->host.owner, "starting firmware '%s' in M-mode, as --firmware says",
                      firmware_alone(m) ? m->config.opt.file : m->config.opt.firmware_file);
    else
        owner_message(m->host.owner, "starting in %s, as --firmware says",
                      m->config.opt.firmware == FIRMWARE_NONE ? "M-mode" : "S-mode");
}

/* A firmware starts at the start of RAM unless it is an ELF that says otherwise. */
static void place_firmware(const struct machine *m, const struct image_source *src,
                           struct image_target *target)
{
    *target = (struct image_target){.ram = m->ram,
                                    .pie_address = m->ram->base,
                                    .flat_address = m->ram->base,
                                    .flat_given = image_xlen(src) == 0};
}

/* Is the program what the first bank of flash memory holds? */
static bool in_flash(const struct machine *m)
{
    return m->config.opt.num_pflash != 0;
}

/* Where a flat binary goes: where the `virt` board puts a payload, unless the user says. */
static u64 flat_address(const struct machine *m)
{
    if (m->config.opt.load_address_given)
        return m->config.opt.load_address;
    u64 offset = m->config.opt.hart.xlen == 32 ? RV32_PAYLOAD_OFFSET : PIE_OFFSET;
    return m->ram->base + (m->config.opt.firmware == FIRMWARE_NONE ? 0 : offset);
}

/* OpenSBI begins its output with its name, whoever has built it and however it is linked. What it
 * may carry comes behind it. */
static bool is_opensbi(const struct machine *m, const struct image *image)
{
    enum { ITS_PART = 1 << 20 };
    static const char banner[] = "\nOpenSBI ";
    u64 len = image->high - image->low;
    return memmem(m->ram->host + (image->low - m->ram->base), len < ITS_PART ? len : ITS_PART,
                  banner, strlen(banner)) != NULL;
}

/* A firmware would find itself in S-mode as a program. */
static int check_program(const struct machine *m, struct error *err)
{
    const struct image *image = &m->config.image;
    bool s_mode = m->config.opt.firmware == FIRMWARE_SBI ||
                  m->config.opt.firmware == FIRMWARE_FILE ||
                  (m->config.opt.firmware == FIRMWARE_AUTO && image->entry != m->ram->base);
    if (firmware_alone(m) || !s_mode || in_flash(m) || !is_opensbi(m, image))
        return 0;
    return error_set(
        err,
        "'%s' is OpenSBI, a firmware: start it with --firmware=%s, and with no program "
        "if it carries one (fw_payload)",
        m->config.opt.file, m->config.opt.file);
}

int boot_load_program(struct machine *m, struct image_source *src, struct error *err)
{
    struct image_target target = {.ram = m->ram,
                                  .pie_address = m->ram->base + PIE_OFFSET,
                                  .flat_address = flat_address(m),
                                  .flat_given = m->config.opt.load_address_given};
    struct image_source *own = NULL;
    if (!src)
        src = own = loader_open(m->config.opt.file, m->config.opt.memory, err);
    if (src && firmware_alone(m))
        place_firmware(m, src, &target);
    if (in_flash(m))
        target = (struct image_target){.ram = bus_find_memory(&m->bus, FLASH_BASE, FLASH_SIZE),
                                       .pie_address = FLASH_BASE,
                                       .flat_address = FLASH_BASE,
                                       .flat_given = true};
    int result = src ? image_load(src, &target, &m->config.image, err) : -1;
    if (result == 0)
        result = check_program(m, err);
    loader_close(own);
    if (result == 0 && m->config.opt.verbose && *m->config.opt.isa_remark)
        owner_message(m->host.owner, "--isa=%s: %s", m->config.opt.isa, m->config.opt.isa_remark);
    if (result == 0 && m->config.opt.verbose)
        owner_message(m->host.owner, "'%s' is at 0x%" PRIx64 "..0x%" PRIx64 ", entry 0x%" PRIx64,
                      m->config.opt.file, m->config.image.low, m->config.image.high - 1,
                      m->config.image.entry);
    return result;
}

/* Loads --firmware=FILE. */
static int load_firmware(struct machine *m, struct image *fw, struct error *err)
{
    struct image_source *src = loader_open(m->config.opt.firmware_file, m->config.opt.memory, err);
    if (!src)
        return -1;
    unsigned xlen = image_xlen(src);
    struct image_target target;
    int result = -1;

    place_firmware(m, src, &target);
    if (xlen && xlen != m->config.opt.hart.xlen)
        error_set(err, "firmware '%s' is for RV%u, the machine is RV%u",
                  m->config.opt.firmware_file, xlen, m->config.opt.hart.xlen);
    else
        result = image_load(src, &target, fw, err);
    loader_close(src);
    if (result == 0 && fw->low < m->config.image.high && m->config.image.low < fw->high)
        return error_set(err,
                         "firmware '%s' (0x%" PRIx64 "..0x%" PRIx64 ") and '%s' (0x%" PRIx64
                         "..0x%" PRIx64 ") overlap",
                         m->config.opt.firmware_file, fw->low, fw->high - 1, m->config.opt.file,
                         m->config.image.low, m->config.image.high - 1);
    return result;
}

/* The end of what a kernel can use when it starts. */
static u64 usable_end(const struct machine *m)
{
    u64 size = m->ram->size;
    if (m->config.opt.hart.xlen == 32 && size > RV32_REACH)
        size = RV32_REACH;
    return m->ram->base + size;
}

static void fill_seed(u8 *seed, u32 len)
{
    struct random r = {1};
    for (u32 i = 0; i < len; i++)
        seed[i] = (u8)random_next(&r);
}

static int get_tree(struct machine *m, struct dt_desc *d, struct error *err)
{
    char why[256];
    bool given = m->config.opt.dtb;
    if (given)
        m->config.dtb = dt_load(m->config.opt.dtb, &m->config.dtb_len, why, sizeof why);
    else
        m->config.dtb = dt_build(d, &m->config.dtb_len);
    if (!m->config.dtb)
        return error_set(err, "%s", given ? why : "no memory for the device tree");
    return 0;
}

/* The tree's size changes a little once the place of the initial RAM disk is known. */
enum { TREE_SLACK = 4096 };

static int place_tree(struct machine *m, struct dt_desc *d, u64 floor, struct error *err)
{
    u64 need = (m->config.dtb_len + TREE_SLACK + 4095) & ~4095ull, top = usable_end(m);
    bool needed =
        m->config.opt.firmware != FIRMWARE_NONE || m->config.opt.dtb || m->config.opt.initrd;
    if (need > top - floor) {
        if (!needed)
            return 0;
        return error_set(err,
                         "no room for the device tree (0x%" PRIx64 " bytes) after '%s', which "
                         "ends at 0x%" PRIx64 "; try a larger --memory",
                         need, m->config.opt.file, floor);
    }
    m->config.dtb_address = top - need;
    if (m->config.opt.initrd &&
        load_initrd(m->config.opt.initrd, m->ram, floor, m->config.dtb_address, &d->initrd_start,
                    &d->initrd_end, err))
        return -1;
    if (dt_set_chosen(&m->config.dtb, &m->config.dtb_len, d) || m->config.dtb_len > need)
        return error_set(err, "the device tree cannot be completed");
    memcpy(m->ram->host + (m->config.dtb_address - m->ram->base), m->config.dtb, m->config.dtb_len);
    return 0;
}

static int make_tree(struct machine *m, u64 floor, struct error *err)
{
    u8 seed[32];
    struct dt_text text;
    struct dt_desc d = {0};
    fill_seed(seed, sizeof seed);
    dt_describe(m, &d, &text);
    d.bootargs = m->config.opt.append;
    if (!m->config.opt.dtb) {
        d.rng_seed = seed;
        d.rng_seed_len = sizeof seed;
    }
    free(m->config.dtb);
    m->config.dtb = NULL;
    m->config.dtb_address = 0;
    if (get_tree(m, &d, err) || place_tree(m, &d, floor, err))
        return -1;
    if (m->config.opt.dump_dtb && dt_save(m->config.opt.dump_dtb, m->config.dtb, m->config.dtb_len))
        return error_set(err, "cannot write '%s': %s", m->config.opt.dump_dtb, strerror(errno));
    return 0;
}

/* The block that OpenSBI's fw_dynamic finds through a2: XLEN-sized words. */
static void write_dynamic_info(struct machine *m, u64 next)
{
    enum { MAGIC = 0x4942534f, VERSION = 2, MODE_SUPERVISOR = 1 };
    u64 words[] = {MAGIC, VERSION, next, MODE_SUPERVISOR, 0, 0};
    struct mem_region *rom = bus_find_memory(&m->bus, ROM_BASE, ROM_SIZE);
    unsigned width = m->config.opt.hart.xlen / 8;
    for (unsigned i = 0; i < ARRAY_LEN(words); i++)
        memcpy(rom->host + INFO_OFFSET + i * width, &words[i], width);
}

int boot_prepare(struct machine *m, struct error *err)
{
    struct image fw = {0};
    u64 entry = m->config.image.entry, floor = in_flash(m) ? m->ram->base : m->config.image.high;
    if (firmware_alone(m)) {
        fw = m->config.image;
        entry = 0; /* nothing that the firmware does not know itself */
    } else if (m->config.opt.firmware == FIRMWARE_FILE) {
        if (load_firmware(m, &fw, err))
            return -1;
        if (fw.high > floor)
            floor = fw.high;
    }
    if (make_tree(m, (floor + 4095) & ~4095ull, err))
        return -1;
    if (m->config.opt.firmware == FIRMWARE_SBI) {
        sbi_boot(m->sbi, entry, m->config.dtb_address, 0);
        return 0;
    }
    struct rom_boot boot = {.entry = entry, .fdt = m->config.dtb_address};
    if (m->config.opt.firmware == FIRMWARE_FILE) {
        boot.entry = fw.entry;
        boot.arg2 = ROM_BASE + INFO_OFFSET;
        write_dynamic_info(m, entry);
    }
    rom_set_boot(&m->bus, &boot);
    return 0;
}
