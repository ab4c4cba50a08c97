/* KVM's ONE_REG interface by name: the tables that name registers, and what the rest of the VMM
 * asks through them. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

#include "vmm.h"

#define GROUP(size, type) (KVM_REG_RISCV | (size) | (u64)(u32)(type))
#define CONFIG(name)                                                                               \
    {                                                                                              \
        "config." #name,                                                                           \
            GROUP(REG_SIZE_LONG, KVM_REG_RISCV_CONFIG) | KVM_REG_RISCV_CONFIG_REG(name)            \
    }
#define CORE(name)                                                                                 \
    {                                                                                              \
        "core." #name,                                                                             \
            GROUP(REG_SIZE_LONG, KVM_REG_RISCV_CORE) | KVM_REG_RISCV_CORE_REG(regs.name)           \
    }
#define CSR(name)                                                                                  \
    {                                                                                              \
        "csr." #name, GROUP(REG_SIZE_LONG, KVM_REG_RISCV_CSR) | KVM_REG_RISCV_CSR_REG(name)        \
    }
#define AIA(name)                                                                                  \
    {                                                                                              \
        "aia." #name, GROUP(REG_SIZE_LONG, KVM_REG_RISCV_CSR | KVM_REG_RISCV_CSR_AIA) |            \
                          KVM_REG_RISCV_CSR_AIA_REG(name)                                          \
    }
#define TIMER(name)                                                                                \
    {                                                                                              \
        "timer." #name,                                                                            \
            GROUP(KVM_REG_SIZE_U64, KVM_REG_RISCV_TIMER) | KVM_REG_RISCV_TIMER_REG(name)           \
    }
#define ISA(lower, UPPER)                                                                          \
    {                                                                                              \
        "isa." #lower, GROUP(REG_SIZE_LONG, KVM_REG_RISCV_ISA_EXT) | KVM_RISCV_ISA_EXT_##UPPER     \
    }
#define SBI(lower, UPPER)                                                                          \
    {                                                                                              \
        "sbi." #lower, GROUP(REG_SIZE_LONG, KVM_REG_RISCV_SBI_EXT) | KVM_RISCV_SBI_EXT_##UPPER     \
    }
#define FWFT(name)                                                                                 \
    {                                                                                              \
        "fwft." #name, GROUP(REG_SIZE_LONG, KVM_REG_RISCV_SBI_STATE | KVM_REG_RISCV_SBI_FWFT) |    \
                           KVM_REG_RISCV_SBI_FWFT_REG(name)                                        \
    }

/* clang-format off */
static const struct reg_name {
    const char *name;
    u64 id;
} names[] = {
    CONFIG(isa), CONFIG(zicbom_block_size), CONFIG(mvendorid), CONFIG(marchid), CONFIG(mimpid),
    CONFIG(zicboz_block_size), CONFIG(satp_mode), CONFIG(zicbop_block_size),
    CORE(pc), CORE(ra), CORE(sp), CORE(gp), CORE(tp), CORE(t0), CORE(t1), CORE(t2), CORE(s0), CORE(s1),
    CORE(a0), CORE(a1), CORE(a2), CORE(a3), CORE(a4), CORE(a5), CORE(a6), CORE(a7), CORE(s2), CORE(s3),
    CORE(s4), CORE(s5), CORE(s6), CORE(s7), CORE(s8), CORE(s9), CORE(s10), CORE(s11), CORE(t3),
    CORE(t4), CORE(t5), CORE(t6),
    {"core.mode", GROUP(REG_SIZE_LONG, KVM_REG_RISCV_CORE) | KVM_REG_RISCV_CORE_REG(mode)},
    CSR(sstatus), CSR(sie), CSR(stvec), CSR(sscratch), CSR(sepc), CSR(scause), CSR(stval), CSR(sip),
    CSR(satp), CSR(scounteren), CSR(senvcfg),
    AIA(siselect), AIA(iprio1), AIA(iprio2), AIA(sieh), AIA(siph), AIA(iprio1h), AIA(iprio2h),
    {"smstateen.sstateen0", GROUP(REG_SIZE_LONG, KVM_REG_RISCV_CSR | KVM_REG_RISCV_CSR_SMSTATEEN)},
    TIMER(frequency), TIMER(time), TIMER(compare), TIMER(state),
    ISA(a, A), ISA(c, C), ISA(d, D), ISA(f, F), ISA(h, H), ISA(i, I), ISA(m, M),
    ISA(svpbmt, SVPBMT), ISA(sstc, SSTC), ISA(svinval, SVINVAL), ISA(zihintpause, ZIHINTPAUSE),
    ISA(zicbom, ZICBOM), ISA(zicboz, ZICBOZ), ISA(zbb, ZBB), ISA(ssaia, SSAIA), ISA(v, V),
    ISA(svnapot, SVNAPOT), ISA(zba, ZBA), ISA(zbs, ZBS), ISA(zicntr, ZICNTR), ISA(zicsr, ZICSR),
    ISA(zifencei, ZIFENCEI), ISA(zihpm, ZIHPM), ISA(smstateen, SMSTATEEN), ISA(zicond, ZICOND),
    ISA(zbc, ZBC), ISA(zbkb, ZBKB), ISA(zbkc, ZBKC), ISA(zbkx, ZBKX), ISA(zknd, ZKND),
    ISA(zkne, ZKNE), ISA(zknh, ZKNH), ISA(zkr, ZKR), ISA(zksed, ZKSED), ISA(zksh, ZKSH),
    ISA(zkt, ZKT), ISA(zvbb, ZVBB), ISA(zvbc, ZVBC), ISA(zvkb, ZVKB), ISA(zvkg, ZVKG),
    ISA(zvkned, ZVKNED), ISA(zvknha, ZVKNHA), ISA(zvknhb, ZVKNHB), ISA(zvksed, ZVKSED),
    ISA(zvksh, ZVKSH), ISA(zvkt, ZVKT), ISA(zfh, ZFH), ISA(zfhmin, ZFHMIN),
    ISA(zihintntl, ZIHINTNTL), ISA(zvfh, ZVFH), ISA(zvfhmin, ZVFHMIN), ISA(zfa, ZFA),
    ISA(ztso, ZTSO), ISA(zacas, ZACAS), ISA(sscofpmf, SSCOFPMF), ISA(zimop, ZIMOP), ISA(zca, ZCA),
    ISA(zcb, ZCB), ISA(zcd, ZCD), ISA(zcf, ZCF), ISA(zcmop, ZCMOP), ISA(zawrs, ZAWRS),
    ISA(smnpm, SMNPM), ISA(ssnpm, SSNPM), ISA(svade, SVADE), ISA(svadu, SVADU),
    ISA(svvptc, SVVPTC), ISA(zabha, ZABHA), ISA(ziccrse, ZICCRSE), ISA(zaamo, ZAAMO),
    ISA(zalrsc, ZALRSC), ISA(zicbop, ZICBOP), ISA(zfbfmin, ZFBFMIN), ISA(zvfbfmin, ZVFBFMIN),
    ISA(zvfbfwma, ZVFBFWMA), ISA(zclsd, ZCLSD), ISA(zilsd, ZILSD), ISA(zalasr, ZALASR),
    SBI(v01, V01), SBI(time, TIME), SBI(ipi, IPI), SBI(rfence, RFENCE), SBI(srst, SRST),
    SBI(hsm, HSM), SBI(pmu, PMU), SBI(experimental, EXPERIMENTAL), SBI(vendor, VENDOR),
    SBI(dbcn, DBCN), SBI(sta, STA), SBI(susp, SUSP), SBI(fwft, FWFT), SBI(mpxy, MPXY),
    FWFT(misaligned_deleg.enable), FWFT(misaligned_deleg.flags), FWFT(misaligned_deleg.value),
    FWFT(pointer_masking.enable), FWFT(pointer_masking.flags), FWFT(pointer_masking.value),
};
/* clang-format on */

/* Single-letter extensions in the order `riscv,isa` wants them. */
static const char single_letters[] = "imafdqcbvh";

u64 reg_id(const char *name)
{
    if (name[0] == '0' && name[1] == 'x')
        return strtoull(name, NULL, 16);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(names[i].name, name) == 0)
            return names[i].id;
    return 0;
}

static const char *reg_name(u64 id)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].id == id)
            return names[i].name;
    return NULL;
}

int reg_get(struct vcpu *vcpu, u64 id, u64 *value)
{
    u64 buf[32] = {0}; /* room for the widest vector register */
    struct kvm_one_reg reg = {.id = id, .addr = (u64)(uintptr_t)buf};
    if (1ull << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT) > sizeof(buf))
        return EINVAL;
    if (ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) != 0)
        return errno;
    *value = buf[0];
    return 0;
}

int reg_set(struct vcpu *vcpu, u64 id, u64 value)
{
    u64 buf[32] = {value};
    struct kvm_one_reg reg = {.id = id, .addr = (u64)(uintptr_t)buf};
    return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) == 0 ? 0 : errno;
}

static u64 known_id(const char *name)
{
    u64 id = reg_id(name);
    if (!id)
        die(2, "no register is called '%s'", name);
    return id;
}

u64 reg_read(struct vcpu *vcpu, const char *name)
{
    u64 value;
    int error = reg_get(vcpu, known_id(name), &value);
    if (error)
        die(1, "vCPU %u: KVM does not give %s: %s", vcpu->id, name, strerror(error));
    return value;
}

void reg_write(struct vcpu *vcpu, const char *name, u64 value)
{
    int error = reg_set(vcpu, known_id(name), value);
    if (error)
        die(1, "vCPU %u: KVM does not take %s = 0x%llx: %s", vcpu->id, name,
            (unsigned long long)value, strerror(error));
}

static void print_reg(struct vcpu *vcpu, const char *name, u64 id)
{
    u64 value = 0;
    int error = reg_get(vcpu, id, &value);
    if (error)
        printf("REG vcpu%u %s refused: %s\n", vcpu->id, name, strerror(error));
    else
        printf("REG vcpu%u %s = 0x%llx\n", vcpu->id, name, (unsigned long long)value);
    fflush(stdout);
}

/* The ids KVM has for a vCPU, to be freed by the caller. */
static struct kvm_reg_list *reg_list(struct vcpu *vcpu)
{
    struct kvm_reg_list probe = {0};
    if (ioctl(vcpu->fd, KVM_GET_REG_LIST, &probe) != 0 && errno != E2BIG)
        die(1, "KVM_GET_REG_LIST failed: %s", strerror(errno));
    struct kvm_reg_list *list = malloc(sizeof(*list) + probe.n * sizeof(list->reg[0]));
    if (!list)
        die(1, "out of memory");
    list->n = probe.n;
    if (ioctl(vcpu->fd, KVM_GET_REG_LIST, list) != 0)
        die(1, "KVM_GET_REG_LIST failed: %s", strerror(errno));
    return list;
}

static void list_regs(struct vcpu *vcpu)
{
    struct kvm_reg_list *list = reg_list(vcpu);
    for (u64 i = 0; i < list->n; i++) {
        char number[24];
        const char *name = reg_name(list->reg[i]);
        snprintf(number, sizeof(number), "0x%llx", (unsigned long long)list->reg[i]);
        print_reg(vcpu, name ? name : number, list->reg[i]);
    }
    free(list);
}

/* Taking away an extension that the host does not have either is no error. */
static void set_request(struct vcpu *vcpu, const char *name, u64 value)
{
    if (value == 0 && strncmp(name, "isa.", 4) == 0 &&
        reg_set(vcpu, known_id(name), value) == ENOENT)
        return;
    reg_write(vcpu, name, value);
}

void reg_request(struct vcpu *vcpu, const char *request)
{
    char name[64];
    const char *equals = strchr(request, '=');
    if (strcmp(request, "*") == 0) {
        list_regs(vcpu);
    } else if (!equals) {
        print_reg(vcpu, request, known_id(request));
    } else {
        snprintf(name, sizeof(name), "%.*s", (int)(equals - request), request);
        set_request(vcpu, name, strtoull(equals + 1, NULL, 0));
    }
}

unsigned reg_count_nonzero(struct vcpu *vcpu)
{
    unsigned count = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        u64 value = 0;
        /* core.mode is not a register: it says that the vCPU will start in S-mode */
        bool state =
            strncmp(names[i].name, "core.", 5) == 0 || strncmp(names[i].name, "csr.", 4) == 0;
        if (!state || strcmp(names[i].name, "core.mode") == 0 ||
            reg_get(vcpu, names[i].id, &value) != 0 || value == 0)
            continue;
        note("after its reset vCPU %u has %s = 0x%llx", vcpu->id, names[i].name,
             (unsigned long long)value);
        count++;
    }
    return count;
}

static bool has_extension(struct vcpu *vcpu, const char *name)
{
    char reg[40];
    u64 value = 0;
    snprintf(reg, sizeof(reg), "isa.%s", name);
    u64 id = reg_id(reg);
    return id && reg_get(vcpu, id, &value) == 0 && value == 1;
}

void reg_isa_string(struct vcpu *vcpu, char *buf, size_t size)
{
    int used = snprintf(buf, size, "rv%d", __riscv_xlen);
    for (const char *letter = single_letters; *letter; letter++)
        if (has_extension(vcpu, (char[]){*letter, 0}))
            used += snprintf(buf + used, size - (size_t)used, "%c", *letter);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *name = names[i].name + strlen("isa.");
        if (strncmp(names[i].name, "isa.", 4) != 0 || strlen(name) == 1 ||
            !has_extension(vcpu, name))
            continue;
        used += snprintf(buf + used, size - (size_t)used, "_%s", name);
    }
    if (used >= (int)size)
        die(1, "the guest's ISA string is too long");
}
