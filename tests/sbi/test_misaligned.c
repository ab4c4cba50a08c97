/* Misaligned loads and stores that trap and are not delegated are done by the firmware, through the
 * translation of the code that made them; what fails on the way is that code's trap.
 * run: --misaligned=trap
 * run: --misaligned=trap --htval=full
 * run: --misaligned=trap --isa=rvXLENimac_zicsr_zifencei
 * run: --misaligned=trap --isa=rvXLENimafdch_zicsr_zifencei_zicntr */
#include "lib/guest.h"

static unsigned char bytes[64] __attribute__((aligned(64)));

static void fill(void)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(0x81 + i);
}

#define LOAD(op, p)                                                                                \
    ({                                                                                             \
        ulong v_;                                                                                  \
        __asm__ volatile(#op " %0, 0(%1)" : "=r"(v_) : "r"(p) : "memory");                         \
        v_;                                                                                        \
    })
#define STORE(op, p, v) __asm__ volatile(#op " %0, 0(%1)" : : "r"(v), "r"(p) : "memory")

static void loads(void)
{
    fill();
    CHECK(LOAD(lh, bytes + 1) == (ulong)(long)(int16_t)0x8382);
    CHECK(LOAD(lhu, bytes + 1) == 0x8382);
    CHECK(LOAD(lw, bytes + 1) == (ulong)(long)(int32_t)0x85848382);
    CHECK(LOAD(lw, bytes + 2) == (ulong)(long)(int32_t)0x86858483);
#if __riscv_xlen == 64
    CHECK(LOAD(lwu, bytes + 3) == 0x87868584);
    CHECK(LOAD(ld, bytes + 1) == 0x8988878685848382);
    CHECK(LOAD(ld, bytes + 4) == 0x8c8b8a8988878685);
#endif
    register ulong a0 __asm__("a0") = (ulong)bytes + 1;
    __asm__ volatile(".option push\n .option rvc\n c.lw a0, 0(a0)\n .option pop"
                     : "+r"(a0)
                     :
                     : "memory");
    CHECK(a0 == (ulong)(long)(int32_t)0x85848382);
    __asm__ volatile("lw x0, 0(%0)" : : "r"(bytes + 1) : "memory");
}

static void stores(void)
{
    fill();
    STORE(sh, bytes + 1, 0x1122);
    CHECK(bytes[0] == 0x81 && bytes[1] == 0x22 && bytes[2] == 0x11 && bytes[3] == 0x84);
    STORE(sw, bytes + 5, 0x33445566);
    CHECK(bytes[5] == 0x66 && bytes[8] == 0x33 && bytes[9] == 0x8a);
#if __riscv_xlen == 64
    STORE(sd, bytes + 17, 0x0102030405060708);
    CHECK(bytes[17] == 8 && bytes[24] == 1 && bytes[25] == 0x9a && bytes[16] == 0x91);
#endif
    register ulong a0 __asm__("a0") = (ulong)bytes + 33;
    __asm__ volatile(".option push\n .option rvc\n c.sw a0, 0(a0)\n .option pop"
                     :
                     : "r"(a0)
                     : "memory");
    CHECK(bytes[33] == (unsigned char)a0 && bytes[36] == (unsigned char)(a0 >> 24));
}

static void floats(void)
{
    ulong fs, out[2] = {0, 0};

    fill();
    csr_clear(sstatus, 3ul << 13);
    csr_set(sstatus, 1ul << 13); /* Initial */
    if ((csr_read(sstatus) >> 13 & 3) == 0)
        return; /* no floating point */
    __asm__ volatile(".option push\n .option arch, +d\n fld ft0, 0(%1)\n fsd ft0, 0(%0)\n"
                     " flw ft1, 0(%1)\n fsw ft1, 1(%2)\n .option pop"
                     :
                     : "r"(out), "r"(bytes + 1), "r"(bytes + 40)
                     : "memory");
    fs = csr_read(sstatus) >> 13 & 3;
    CHECK(fs == 3);
    for (unsigned i = 0; i < 8; i++)
        CHECK(((unsigned char *)out)[i] == 0x82 + i);
    for (unsigned i = 0; i < 4; i++)
        CHECK(bytes[41 + i] == 0x82 + i);
}

/* Atomics cannot be put together from bytes: the trap is the caller's. */
static void atomics(void)
{
    ulong v;

    trap_clear();
    __asm__ volatile("amoadd.w %0, zero, (%1)" : "=r"(v) : "r"(bytes + 1) : "memory");
    CHECK(last_trap()->count == 1 && last_trap()->cause == 6 &&
          last_trap()->tval == (ulong)bytes + 1);
    trap_clear();
    __asm__ volatile("lr.w %0, (%1)" : "=r"(v) : "r"(bytes + 2) : "memory");
    CHECK(last_trap()->count == 1 && last_trap()->cause == 4);
}

/* ---- a guest behind two stages: see lib/guest.h ---- */

static volatile ulong guest_value;

static void guest_load(ulong addr)
{
    guest_value = LOAD(lw, addr);
    leave_below(0);
}

static void guest_store(ulong addr)
{
    STORE(sw, addr, 0x12345678);
    leave_below(0);
}

static void guests(void)
{
    struct trap *t = last_trap();

    build_guest();
    for (int i = 0; i < 4096; i++)
        guest_page[0][i] = (unsigned char)i;
    for (int translate = 0; translate <= 1; translate++) {
        ulong base = translate ? GVA_BASE : GPA;
        use_guest(translate);
        wr_csr(HEDELEG, 0);
        trap_clear();
        run_below(WORLD_VS, guest_load, base + 0x101);
        CHECK(t->count == 0 && guest_value == 0x04030201);
        run_below(WORLD_VS, guest_store, base + 0x203);
        CHECK(t->count == 0 && guest_page[0][0x203] == 0x78 && guest_page[0][0x206] == 0x12);
        /* the second half is not there: a guest-page fault at the first byte that is missing */
        run_below(WORLD_VS, guest_load, base + 0xffe);
        CHECK(t->count == 1 && t->cause == 21 && t->tval == base + 0x1000);
        CHECK(t->htval == (GPA + 0x1000) >> 2 && (t->hstatus & BIT(6)) && (t->hstatus & BIT(7)));
        CHECK(t->htinst == 0 || (t->htinst & 0xf8000) == 2ul << 15); /* Addr. Offset */
        trap_clear();
        run_below(WORLD_VS, guest_store, base + 0xffd);
        CHECK(t->count == 1 && t->cause == 23 && t->tval == base + 0x1000);
        CHECK(t->htval == (GPA + 0x1000) >> 2);
        /* ... and nothing of the store is there, as if the hart had made it */
        CHECK(guest_page[0][0xffd] == 0xfd && guest_page[0][0xfff] == 0xff);
        trap_clear();
    }
    /* a page fault of the guest's own tables: to HS-mode, or with hedeleg to VS-mode */
    run_below(WORLD_VS, guest_load, GVA_BASE + 0x1fff);
    CHECK(t->count == 1 && (t->cause == 21 || t->cause == 13));
    wr_csr(HGATP, 0);
    wr_csr(VSATP, 0);
}

void test(void)
{
    loads();
    stores();
    floats();
    atomics();
    if (has_h())
        guests();
}
