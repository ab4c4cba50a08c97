/* The guest's device tree: harts as KVM really gives them, RAM, one UART, one PLIC. */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "vmm.h"

enum { PLIC_PHANDLE = 1, CPU_PHANDLE = 2, IRQ_S_EXT = 9 };

/* Values of satp.MODE, which KVM reports as the widest the guest may use. */
static const struct mmu_name {
    u64 mode;
    const char *name;
} mmu_names[] = {{1, "riscv,sv32"}, {8, "riscv,sv39"}, {9, "riscv,sv48"}, {10, "riscv,sv57"}};

static void checked(int error)
{
    if (error != 0)
        die(1, "the device tree does not fit: %s", fdt_strerror(error));
}

static void node(void *fdt, const char *name, u64 unit)
{
    char full[40];
    snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
    checked(fdt_begin_node(fdt, full));
}

static void string(void *fdt, const char *name, const char *value)
{
    checked(fdt_property_string(fdt, name, value));
}

static void cell(void *fdt, const char *name, u32 value)
{
    checked(fdt_property_u32(fdt, name, value));
}

static void reg(void *fdt, u64 base, u64 size)
{
    fdt64_t pair[2] = {cpu_to_fdt64(base), cpu_to_fdt64(size)};
    checked(fdt_property(fdt, "reg", pair, sizeof(pair)));
}

static void chosen(struct vm *vm, void *fdt)
{
    u8 seed[32];
    checked(fdt_begin_node(fdt, "chosen"));
    string(fdt, "bootargs", vm->opt.append ? vm->opt.append : "");
    string(fdt, "stdout-path", "/soc/serial@10000000");
    if (vm->initrd_end) {
        checked(fdt_property_u64(fdt, "linux,initrd-start", vm->initrd_start));
        checked(fdt_property_u64(fdt, "linux,initrd-end", vm->initrd_end));
    }
    if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
        checked(fdt_property(fdt, "rng-seed", seed, sizeof(seed)));
    checked(fdt_end_node(fdt));
}

/* riscv,isa-extensions: the same set as riscv,isa, as a list of strings. */
static void isa_extensions(void *fdt, const char *isa)
{
    char list[1024];
    size_t used = 0;
    const char *p = isa + strlen("rv64");
    for (; *p && *p != '_'; p++) {
        list[used++] = *p;
        list[used++] = 0;
    }
    if (*p == '_') { /* its string is already ended */
        for (p++; *p; p++)
            list[used++] = (char)(*p == '_' ? 0 : *p);
        list[used++] = 0;
    }
    checked(fdt_property(fdt, "riscv,isa-extensions", list, (int)used));
}

static void block_size(struct vcpu *vcpu, void *fdt, const char *reg_name, const char *property)
{
    u64 size;
    if (reg_get(vcpu, reg_id(reg_name), &size) == 0 && size != 0)
        cell(fdt, property, (u32)size);
}

static void cpu(struct vcpu *vcpu, void *fdt)
{
    char isa[1024];
    u64 mode;
    reg_isa_string(vcpu, isa, sizeof(isa));
    node(fdt, "cpu", vcpu->id);
    string(fdt, "device_type", "cpu");
    string(fdt, "compatible", "riscv");
    string(fdt, "status", "okay");
    cell(fdt, "reg", vcpu->id);
    string(fdt, "riscv,isa", isa);
    string(fdt, "riscv,isa-base", __riscv_xlen == 64 ? "rv64i" : "rv32i");
    isa_extensions(fdt, isa);
    block_size(vcpu, fdt, "config.zicbom_block_size", "riscv,cbom-block-size");
    block_size(vcpu, fdt, "config.zicboz_block_size", "riscv,cboz-block-size");
    block_size(vcpu, fdt, "config.zicbop_block_size", "riscv,cbop-block-size");
    if (reg_get(vcpu, reg_id("config.satp_mode"), &mode) != 0)
        mode = __riscv_xlen == 64 ? 8 : 1;
    for (size_t i = 0; i < ARRAY_LEN(mmu_names); i++)
        if (mmu_names[i].mode == mode)
            string(fdt, "mmu-type", mmu_names[i].name);
    checked(fdt_begin_node(fdt, "interrupt-controller"));
    string(fdt, "compatible", "riscv,cpu-intc");
    cell(fdt, "#interrupt-cells", 1);
    checked(fdt_property(fdt, "interrupt-controller", NULL, 0));
    cell(fdt, "phandle", CPU_PHANDLE + vcpu->id);
    checked(fdt_end_node(fdt));
    checked(fdt_end_node(fdt));
}

static void cpus(struct vm *vm, void *fdt)
{
    checked(fdt_begin_node(fdt, "cpus"));
    cell(fdt, "#address-cells", 1);
    cell(fdt, "#size-cells", 0);
    cell(fdt, "timebase-frequency", (u32)reg_read(&vm->vcpu[0], "timer.frequency"));
    for (unsigned i = 0; i < vm->opt.vcpus; i++)
        cpu(&vm->vcpu[i], fdt);
    checked(fdt_end_node(fdt));
}

static void plic(struct vm *vm, void *fdt)
{
    fdt32_t contexts[MAX_VCPUS][2];
    for (unsigned i = 0; i < vm->opt.vcpus; i++) {
        contexts[i][0] = cpu_to_fdt32(CPU_PHANDLE + i);
        contexts[i][1] = cpu_to_fdt32(IRQ_S_EXT);
    }
    node(fdt, "interrupt-controller", PLIC_BASE);
    checked(fdt_property(fdt, "compatible", "sifive,plic-1.0.0\0riscv,plic0", 30));
    reg(fdt, PLIC_BASE, PLIC_SIZE);
    cell(fdt, "#interrupt-cells", 1);
    cell(fdt, "#address-cells", 0);
    checked(fdt_property(fdt, "interrupt-controller", NULL, 0));
    checked(fdt_property(fdt, "interrupts-extended", contexts, (int)(vm->opt.vcpus * 8)));
    cell(fdt, "riscv,ndev", PLIC_SOURCES - 1);
    cell(fdt, "phandle", PLIC_PHANDLE);
    checked(fdt_end_node(fdt));
}

static void soc(struct vm *vm, void *fdt)
{
    checked(fdt_begin_node(fdt, "soc"));
    string(fdt, "compatible", "simple-bus");
    cell(fdt, "#address-cells", 2);
    cell(fdt, "#size-cells", 2);
    checked(fdt_property(fdt, "ranges", NULL, 0));
    node(fdt, "serial", UART_BASE);
    string(fdt, "compatible", "ns16550a");
    reg(fdt, UART_BASE, UART_SIZE);
    cell(fdt, "clock-frequency", 3686400);
    cell(fdt, "interrupt-parent", PLIC_PHANDLE);
    cell(fdt, "interrupts", UART_IRQ);
    checked(fdt_end_node(fdt));
    plic(vm, fdt);
    checked(fdt_end_node(fdt));
}

void tree_build(struct vm *vm, void *buf, int size)
{
    checked(fdt_create(buf, size));
    checked(fdt_finish_reservemap(buf));
    checked(fdt_begin_node(buf, ""));
    cell(buf, "#address-cells", 2);
    cell(buf, "#size-cells", 2);
    string(buf, "compatible", "linux,dummy-virt");
    string(buf, "model", "small VMM");
    chosen(vm, buf);
    cpus(vm, buf);
    node(buf, "memory", RAM_BASE);
    string(buf, "device_type", "memory");
    reg(buf, RAM_BASE, vm->opt.memory);
    checked(fdt_end_node(buf));
    soc(vm, buf);
    checked(fdt_end_node(buf));
    checked(fdt_finish(buf));
}
