/* An interrupt that does not arrive: each stop on its way from a device's wire to the trap is shut
 * once, and `irq` names it. */
#include "run_suite.h"
#include "cpu/fields.h"
#include "cpu/irq.h"
#include "devices/aplic.h"
#include "devices/pci.h"
#include "monitor/why.h"
#include "monitor_bench.h"

#define M_DOMAIN 0xc000000ull
#define S_DOMAIN 0xd000000ull
enum { SOURCE = 10, IDENTITY = 33, GUEST = 2 };
enum { EIDELIVERY = 0x70, EITHRESHOLD = 0x72, EIE0 = 0xc0 };
enum { SETIENUM = 0x1edc, CLRIENUM = 0x1fdc, IDELIVERY = 0x4000, ITHRESHOLD = 0x4008 };

static struct bench b;

static void put(u64 address, u32 value)
{
    ck_assert_int_eq(bus_write(&b.m->bus, address, 4, value), 0);
}

static void put_file(unsigned select, unsigned reg, u64 value)
{
    csr_poke(b.h, select, reg);
    csr_poke(b.h, select + 1, value);
}

static u64 target(void)
{
    return S_DOMAIN + 0x3000 + 4 * SOURCE;
}

static u64 sourcecfg(u64 domain)
{
    return domain + 4 * SOURCE;
}

static void open_file(unsigned select)
{
    put_file(select, EIDELIVERY, 1);
    put_file(select, EIE0, 1ull << IDENTITY);
}

/* The source is the supervisor's, active high and enabled; for hart 0. */
static void open_source(void)
{
    put(sourcecfg(M_DOMAIN), 1 << 10);
    put(sourcecfg(S_DOMAIN), 6);
    put(S_DOMAIN + SETIENUM, SOURCE);
    put(S_DOMAIN, 1 << 8);
}

/* By messages; to the supervisor, who would take it in U-mode, or to a guest in VU-mode. */
static void open_messages(unsigned guest)
{
    static const char *const args[] = {"--irqchip=aplic-imsic"};
    bench_open(&b, 1, args);
    bench_open_up(&b);
    put(M_DOMAIN + 0x1bc8, 0x28000000 >> 12);
    put(M_DOMAIN + 0x1bcc, 3 << 20);
    open_source();
    put(target(), guest << 12 | IDENTITY);
    if (!guest) {
        open_file(CSR_siselect);
        csr_poke(b.h, CSR_mideleg, BIT(IRQ_SEI));
        csr_poke(b.h, CSR_mie, BIT(IRQ_SEI));
        bench_mode(&b, MODE_U);
        return;
    }
    csr_poke(b.h, CSR_hstatus, guest << 12);
    open_file(CSR_vsiselect);
    csr_poke(b.h, CSR_hideleg, IP_VS);
    csr_poke(b.h, CSR_hie, BIT(IRQ_VSEI));
    bench_mode(&b, MODE_VU);
}

static void open_wires(unsigned unused)
{
    static const char *const args[] = {"--irqchip=aplic"};
    (void)unused;
    bench_open(&b, 1, args);
    bench_open_up(&b);
    open_source();
    put(target(), 3);
    put(S_DOMAIN + IDELIVERY, 1);
    csr_poke(b.h, CSR_mideleg, BIT(IRQ_SEI));
    csr_poke(b.h, CSR_mie, BIT(IRQ_SEI));
    bench_mode(&b, MODE_U);
}

/* ---- from a function of PCI: the source of randomness, vector 0 ---- */

#define FUNCTION 0x30008000ull
#define TABLE    0x40000000ull
enum { CONTROL = FUNCTION + 0x42 };

static void put16(u64 address, u32 value)
{
    ck_assert_int_eq(bus_write(&b.m->bus, address, 2, value), 0);
}

static void open_function(const char *more, unsigned msix)
{
    const char *const args[] = {"--irqchip=aplic-imsic", "--virtio=bus=pci", more};
    bench_open(&b, more ? 3 : 2, args);
    bench_open_up(&b);
    put(FUNCTION + 0x14, TABLE);
    put16(FUNCTION + 4, 6);
    put(TABLE, 0x28000000);
    put(TABLE + 8, IDENTITY);
    put(TABLE + 12, 0);
    put16(CONTROL, msix << 15);
    open_file(CSR_siselect);
    csr_poke(b.h, CSR_mideleg, BIT(IRQ_SEI));
    csr_poke(b.h, CSR_mie, BIT(IRQ_SEI));
    bench_mode(&b, MODE_U);
}

static void open_pci(unsigned msix)
{
    open_function(NULL, msix);
}

/* An IOMMU that nobody has told of the function. */
static void open_iommu(unsigned msix)
{
    open_function("--iommu=mmio,off", msix);
}

#define STOP(name, ...)                                                                            \
    static void name(void)                                                                         \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
STOP(nothing, (void)0)
STOP(no_mode, put(sourcecfg(S_DOMAIN), 0))
STOP(kept_by_root, put(sourcecfg(M_DOMAIN), 0))
STOP(detached, put(sourcecfg(S_DOMAIN), 1))
STOP(inverted, put(sourcecfg(S_DOMAIN), 7))
STOP(not_enabled, put(S_DOMAIN + CLRIENUM, SOURCE))
STOP(domain_off, put(S_DOMAIN, 0))
STOP(no_file, put(M_DOMAIN + 0x1bc8, 0x27000000 >> 12))
STOP(no_identity, put(target(), 300))
STOP(no_delivery, put(S_DOMAIN + IDELIVERY, 0))
STOP(threshold, put(S_DOMAIN + ITHRESHOLD, 3))
STOP(no_hart, put(target(), 9 << 18 | 1))
STOP(s_delivery, put_file(CSR_siselect, EIDELIVERY, 0))
STOP(s_threshold, put_file(CSR_siselect, EITHRESHOLD, IDENTITY))
STOP(s_enable, put_file(CSR_siselect, EIE0, 0))
STOP(seie, csr_poke(b.h, CSR_mie, 0))
STOP(sie, (bench_mode(&b, MODE_S), csr_poke(b.h, CSR_sstatus, 0)))
STOP(m_mode, bench_mode(&b, MODE_M))
STOP(vs_delivery, put_file(CSR_vsiselect, EIDELIVERY, 0))
STOP(vs_threshold, put_file(CSR_vsiselect, EITHRESHOLD, IDENTITY))
STOP(vs_enable, put_file(CSR_vsiselect, EIE0, 0))
STOP(vgein, csr_poke(b.h, CSR_hstatus, 1 << 12))
STOP(hgeie, (csr_poke(b.h, CSR_hstatus, 0), csr_poke(b.h, CSR_hgeie, 1 << GUEST)))
STOP(hie, csr_poke(b.h, CSR_hie, 0))
STOP(hideleg, csr_poke(b.h, CSR_hideleg, 0))
STOP(vs_sie, (bench_mode(&b, MODE_VS), csr_poke(b.h, CSR_vsstatus, 0)))
STOP(outside, bench_mode(&b, MODE_U))

STOP(masked_vector, put(TABLE + 12, 1))
STOP(masked_function, put16(CONTROL, 3 << 14))
STOP(no_master, put16(FUNCTION + 4, 2))
STOP(to_nobody, put(TABLE, 0x27000000))
STOP(to_memory, put(TABLE, 0x80000000))
STOP(to_no_identity, put(TABLE + 8, 256))
STOP(line_disabled, put16(FUNCTION + 4, 0x400))
STOP(msix_on, put16(CONTROL, 1 << 15))

static const struct stop {
    void (*open)(unsigned guest);
    unsigned guest;
    void (*shut)(void);
    const char *said;
} stops[] = {
    {open_messages, 0, nothing, "is taken before the next instruction"},
    {open_messages, 0, no_mode, "sourcecfg makes it inactive"},
    {open_messages, 0, kept_by_root, "M      inactive    sourcecfg makes it inactive"},
    {open_messages, 0, detached, "detached: the wire does not count"},
    {open_messages, 0, inverted, "the wire is high, which is not asserted"},
    {open_messages, 0, not_enabled, "not enabled (setie)"},
    {open_messages, 0, domain_off, "domaincfg.IE=0"},
    {open_messages, 0, no_file, "its messages go to 0x27000000, where no interrupt file is"},
    {open_messages, 0, no_identity, "hart 0, which has no such identity"},
    {open_messages, 0, nothing, "was sent as identity 33 to file S of hart 0; not again before"},
    {open_messages, 0, s_delivery, "identity 33 is held back by eidelivery=0"},
    {open_messages, 0, s_threshold,
     "identity 33 is pending and enabled, but masked by eithreshold=33"},
    {open_messages, 0, s_enable, "identity 33 is pending, but not enabled in eie"},
    {open_messages, 0, nothing, "signals SEI"},
    {open_messages, 0, seie, "pending, but disabled in mie.SEIE"},
    {open_messages, 0, sie, "goes to HS, which has sstatus.SIE=0"},
    {open_messages, 0, m_mode, "goes to HS, which is below M-mode"},
    {open_messages, GUEST, nothing, "is taken before the next instruction"},
    {open_messages, GUEST, nothing, "was sent as identity 33 to file guest 2 of hart 0"},
    {open_messages, GUEST, nothing, "signals hgeip[2]: VSEI, by hstatus.VGEIN"},
    {open_messages, GUEST, vs_delivery, "identity 33 is held back by eidelivery=0"},
    {open_messages, GUEST, vs_threshold, "identity 33 is pending and enabled, but masked by"},
    {open_messages, GUEST, vs_enable, "identity 33 is pending, but not enabled in eie"},
    {open_messages, GUEST, vgein, "hstatus.VGEIN=1 and hgeie[2]=0: nobody hears"},
    {open_messages, GUEST, hgeie, "signals hgeip[2]: SGEI, by hgeie"},
    {open_messages, GUEST, hgeie, "pending, but disabled in mie.SGEIE"},
    {open_messages, GUEST, hie, "pending, but disabled in mie.VSEIE"},
    {open_messages, GUEST, hideleg, "VSEI   1        1        1        0        HS"},
    {open_messages, GUEST, vs_sie, "goes to VS, which has vsstatus.SIE=0"},
    {open_messages, GUEST, outside, "goes to VS, but V=0: it waits for the guest"},
    {open_wires, 0, nothing, "signals SEI of hart 0, priority number 3"},
    {open_wires, 0, no_delivery, "held back by idelivery=0 of hart 0"},
    {open_wires, 0, threshold, "priority number 3 is masked by ithreshold of hart 0"},
    {open_wires, 0, no_hart, "target names hart 9, which does not exist"},
    {open_wires, 0, domain_off, "domaincfg.IE=0"},
    {open_pci, 1, nothing, "is taken before the next instruction"},
    {open_pci, 1, masked_vector,
     "00:01.0  virtio-rng     0       pending, but masked in its table"},
    {open_pci, 1, masked_function,
     "0       pending, but the function's mask (MSI-X control) holds"},
    {open_pci, 1, no_master, "its messages do not leave: bus master is off"},
    {open_pci, 1, to_nobody, "its message goes to 0x27000000, where no interrupt file is"},
    {open_pci, 1, to_memory, "its message is a write to memory at 0x80000000"},
    {open_pci, 1, to_no_identity, "identity 256, which the file of hart 0 has not"},
    {open_iommu, 1, nothing, "the IOMMU refuses its message (cause 256): ddtp.iommu_mode is Off"},
    {open_pci, 0, nothing, "line    its line is asserted, and drives the bridge's INTB"},
    {open_pci, 0, nothing, "33     pci-host       high"},
    {open_pci, 0, line_disabled, "its line is asserted, but the command register disables INTx"},
    {open_pci, 0, msix_on, "its line does not count: MSI-X is on"},
};

static void interrupt(struct pci_function *f)
{
    pci_send(f, 0);
    pci_set_line(f, 1);
}

static void raise_wire(void)
{
    for (u32 i = 0; i < b.m->bus.num_devices; i++) {
        struct device *dev = b.m->bus.device[i];
        if (dev->cls == &aplic_m_class)
            dev->cls->input(dev, SOURCE, 1);
        if (strcmp(dev->cls->name, "virtio-rng") == 0 && dev->pci)
            interrupt(dev->pci);
    }
    machine_deliver(b.m);
    hart_attention(b.h);
}

static void check(const struct stop *s, const char *command)
{
    ck_assert_int_eq(bench_run(&b, command), 0);
    ck_assert_msg(strstr(b.text, s->said) != NULL, "row %td: %s does not say '%s', but\n%s",
                  s - stops, command, s->said, b.text);
}

START_TEST(test_stop)
{
    const struct stop *s = &stops[_i];
    s->open(s->guest);
    s->shut();
    raise_wire();
    check(s, "irq");
    check(s, "why irq");
    bench_close(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stops of an interrupt");
    TCase *t = tcase_create("stops");
    tcase_add_loop_test(t, test_stop, 0, ARRAY_LEN(stops));
    suite_add_tcase(s, t);
    return run_suite(s);
}
