/* Puts the assembled ROM on the bus and fills in the words of its reset vector. */
#include "sbi/rom.h"

#include <assert.h>
#include <string.h>

#include "bus/bus.h"

extern const unsigned char rom_firmware_rv32[], rom_firmware_rv64[];
extern const unsigned int rom_firmware_rv32_size, rom_firmware_rv64_size;

int rom_install(struct bus *bus, unsigned xlen)
{
    const unsigned char *image = xlen == 32 ? rom_firmware_rv32 : rom_firmware_rv64;
    unsigned size = xlen == 32 ? rom_firmware_rv32_size : rom_firmware_rv64_size;
    struct mem_region *rom = bus_add_memory(bus, "rom", ROM_BASE, ROM_SIZE, false);

    if (!rom)
        return -1;
    assert(size <= ROM_SIZE);
    memcpy(rom->host, image, size);
    rom_set_boot(bus, &(struct rom_boot){.entry = ROM_BASE + ROM_INIT});
    return 0;
}

void rom_set_boot(struct bus *bus, const struct rom_boot *boot)
{
    struct mem_region *rom = bus_find_memory(bus, ROM_BASE, ROM_SIZE);

    assert(rom);
    bus_note_write(bus, rom, ROM_BASE, ROM_SIZE);
    memcpy(rom->host + ROM_ENTRY, &boot->entry, sizeof(boot->entry));
    memcpy(rom->host + ROM_FDT, &boot->fdt, sizeof(boot->fdt));
    memcpy(rom->host + ROM_ARG2, &boot->arg2, sizeof(boot->arg2));
}
