/* Puts what the guest runs into its RAM. Layout: the Image at its text_offset, the device tree in
 * the last 64 kB, the initrd below it, both clear of the Image's image_size, which covers its bss.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

enum { DTB_ROOM = 0x10000, IMAGE_MAGIC_OFFSET = 0x38 };

/* The header of a RISC-V kernel Image (Documentation/arch/riscv/boot-image-header). */
struct image_header {
    u32 code[2];
    u64 text_offset, image_size, flags;
    u32 version, reserved;
    u64 reserved2, magic;
    u32 magic2, reserved3;
};

/* Reads a whole file to a guest-physical address and returns its size; `limit` is the first address
 * it must not reach. */
static u64 load_file(struct vm *vm, const char *path, u64 addr, u64 limit)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die(1, "%s: %s", path, strerror(errno));
    u64 room = limit > addr ? limit - addr : 0;
    void *to = vm_ram(vm, addr, room);
    size_t size = to ? fread(to, 1, room, file) : 0;
    if (size == 0 || ferror(file))
        die(1, "%s: cannot be read to 0x%llx", path, (unsigned long long)addr);
    if (size == room && getc(file) != EOF)
        die(1, "%s does not fit into the guest's %llu MB", path,
            (unsigned long long)vm->opt.memory >> 20);
    fclose(file);
    /* The guest will execute it, on whichever hart: that takes a FENCE.I on all, which this asks
     * for. */
    __builtin___clear_cache((char *)to, (char *)to + size);
    return size;
}

static u64 file_size(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        die(1, "%s: %s", path, strerror(errno));
    long size = ftell(file);
    fclose(file);
    return (u64)size;
}

static void load_tree(struct vm *vm)
{
    vm->dtb_addr = RAM_BASE + vm->opt.memory - DTB_ROOM;
    void *buf = vm_ram(vm, vm->dtb_addr, DTB_ROOM);
    if (vm->opt.dtb)
        load_file(vm, vm->opt.dtb, vm->dtb_addr, vm->dtb_addr + DTB_ROOM);
    else
        tree_build(vm, buf, DTB_ROOM);
    if (!vm->opt.dump_dtb)
        return;
    FILE *file = fopen(vm->opt.dump_dtb, "wb");
    if (!file || fwrite(buf, DTB_ROOM, 1, file) != 1 || fclose(file) != 0)
        die(1, "%s: %s", vm->opt.dump_dtb, strerror(errno));
}

static void load_kernel(struct vm *vm)
{
    u64 top = RAM_BASE + vm->opt.memory - DTB_ROOM;
    if (vm->opt.initrd) {
        vm->initrd_start = (top - file_size(vm->opt.initrd)) & ~4095ull;
        vm->initrd_end = vm->initrd_start + load_file(vm, vm->opt.initrd, vm->initrd_start, top);
        top = vm->initrd_start;
    }
    struct image_header header = {0};
    FILE *file = fopen(vm->opt.kernel, "rb");
    if (!file || fread(&header, sizeof(header), 1, file) != 1)
        die(1, "%s: cannot be read", vm->opt.kernel);
    fclose(file);
    if (memcmp((char *)&header + IMAGE_MAGIC_OFFSET, "RSC\x05", 4) != 0)
        die(2, "%s is not a RISC-V kernel Image", vm->opt.kernel);
    vm->entry = RAM_BASE + header.text_offset;
    if (vm->entry + header.image_size > top)
        die(2, "%s and the initrd need more than %llu MB", vm->opt.kernel,
            (unsigned long long)vm->opt.memory >> 20);
    load_file(vm, vm->opt.kernel, vm->entry, top);
    load_tree(vm);
}

void load_guest(struct vm *vm)
{
    if (vm->opt.kernel) {
        load_kernel(vm);
        return;
    }
    vm->entry = RAM_BASE;
    vm->dtb_addr = 0;
    load_file(vm, vm->opt.probe, vm->entry, RAM_BASE + vm->opt.memory);
}
