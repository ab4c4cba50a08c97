#include "guest.h"

unsigned char guest_page[2][4096] __attribute__((aligned(4096)));
static ulong groot[16384 / sizeof(ulong)] __attribute__((aligned(16384)));
static ulong gleaf[1024] __attribute__((aligned(4096)));
static ulong vroot[1024] __attribute__((aligned(4096)));
static ulong vleaf[1024] __attribute__((aligned(4096)));
#if __riscv_xlen == 64
static ulong gmid[512] __attribute__((aligned(4096))), vmid[512] __attribute__((aligned(4096)));
#endif

static ulong pte(ulong pa, ulong flags)
{
    return pa >> 12 << 10 | flags;
}

void build_guest(void)
{
#if __riscv_xlen == 64
    groot[2] = pte(0x80000000, 0xdf);
    groot[1] = pte((ulong)gmid, 1);
    gmid[0] = pte((ulong)gleaf, 1);
    vroot[2] = pte(0x80000000, 0xcf);
    vroot[1] = pte((ulong)vmid, 1);
    vmid[(GVA_BASE >> 21) & 511] = pte((ulong)vleaf, 1);
#else
    for (ulong i = 0; i < 32; i++) {
        groot[512 + i] = pte(0x80000000ul + (i << 22), 0xdf);
        vroot[512 + i] = pte(0x80000000ul + (i << 22), 0xcf);
    }
    groot[GPA >> 22] = pte((ulong)gleaf, 1);
    vroot[GVA_BASE >> 22] = pte((ulong)vleaf, 1);
#endif
    gleaf[0] = pte((ulong)guest_page[0], 0xdf);
    gleaf[2] = pte((ulong)guest_page[1], 0xdf);
    vleaf[0] = pte(GPA, 0xcf);
    vleaf[1] = pte(GPA + 0x1000, 0xcf);
    vleaf[2] = 0;
    vleaf[3] = pte(GPA, 0xcf);
    vleaf[4] = pte(GPA + 0x2000, 0xcf);
}

void remap_gstage(unsigned page)
{
    gleaf[0] = pte((ulong)guest_page[page], 0xdf);
}

void remap_vsstage(unsigned page)
{
    vleaf[0] = pte(GPA + 0x2000 * page, 0xcf);
}

static void fence(void)
{
    __asm__ volatile(".word 0x62000073\n .word 0x22000073" : : : "memory"); /* hfence.gvma, .vvma */
}

void use_guest(bool translate)
{
#if __riscv_xlen == 64
    wr_csr(HGATP, 8ul << 60 | (ulong)groot >> 12);
    wr_csr(VSATP, translate ? 8ul << 60 | (ulong)vroot >> 12 : 0);
#else
    wr_csr(HGATP, 1ul << 31 | (ulong)groot >> 12);
    wr_csr(VSATP, translate ? 1ul << 31 | (ulong)vroot >> 12 : 0);
#endif
    fence();
}

void leave_guest(void)
{
    wr_csr(HGATP, 0);
    wr_csr(VSATP, 0);
    fence();
}
