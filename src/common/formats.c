/* Formats by the bytes at their start. */
#include "common/formats.h"

#include <string.h>

static const struct {
    const char *magic, *name;
} formats[] = {
    {"QFI\xfb", "qcow2"},
    {"KDMV", "VMDK"},
    {"# Disk DescriptorFile", "VMDK"},
    {"vhdxfile", "VHDX"},
    {"conectix", "VHD"},
    {"<<< Oracle VM VirtualBox", "VDI"},
    {"QED", "QED"},
    {"\x1f\x8b", "gzip"},
    {"\xfd"
     "7zXZ",
     "xz"},
    {"\x28\xb5\x2f\xfd", "zstd"},
};

const char *format_of(const u8 *start, size_t len)
{
    for (u32 i = 0; i < ARRAY_LEN(formats); i++) {
        size_t magic = strlen(formats[i].magic);
        if (len >= magic && memcmp(start, formats[i].magic, magic) == 0)
            return formats[i].name;
    }
    return NULL;
}
