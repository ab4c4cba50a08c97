/* The virtual machine itself: its file descriptors, its RAM, its vCPUs' threads, and what happens
 * at each kind of exit. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "vmm.h"

enum { CSR_SEED = 0x015, SEED_ES16 = 2 << 30 };

static int checked(int result, const char *what)
{
    if (result < 0)
        die(1, "%s failed: %s", what, strerror(errno));
    return result;
}

static void create_ram(struct vm *vm)
{
    const size_t align = 2 << 20; /* so that huge pages can back it from its first byte */
    char *map = mmap(NULL, vm->opt.memory + align, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        die(1, "no room for %llu MB of guest RAM", (unsigned long long)vm->opt.memory >> 20);
    vm->ram = (u8 *)(((uintptr_t)map + align - 1) & ~(uintptr_t)(align - 1));
    int advice = vm->opt.huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
    if (madvise(vm->ram, vm->opt.memory, advice) != 0 && vm->opt.huge_pages)
        note("no huge pages: %s", strerror(errno));
    struct kvm_userspace_memory_region region = {
        .flags = vm->opt.dirty_log ? KVM_MEM_LOG_DIRTY_PAGES : 0,
        .guest_phys_addr = RAM_BASE,
        .memory_size = vm->opt.memory,
        .userspace_addr = (uintptr_t)vm->ram,
    };
    checked(ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

/* --map: a page of the host's physical addresses, memory or not, as a page of the guest's. */
static void map_physical(struct vm *vm)
{
    const size_t size = 4096;
    int fd = checked(open("/dev/mem", O_RDWR | O_CLOEXEC), "opening /dev/mem");
    void *page =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)vm->opt.map_physical);
    if (page == MAP_FAILED)
        die(1, "cannot map physical address 0x%llx: %s", (unsigned long long)vm->opt.map_physical,
            strerror(errno));
    close(fd);
    struct kvm_userspace_memory_region region = {
        .slot = 1,
        .guest_phys_addr = vm->opt.map_guest,
        .memory_size = size,
        .userspace_addr = (uintptr_t)page,
    };
    checked(ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

/* Extensions of the firmware that KVM leaves off until a VMM serves them, and one of the ISA that
 * needs an interrupt controller this VMM does not have. */
static void set_defaults(struct vcpu *vcpu)
{
    reg_write(vcpu, "sbi.dbcn", 1);
    (void)reg_set(vcpu, reg_id("sbi.susp"), 1); /* not known to older kernels */
    (void)reg_set(vcpu, reg_id("isa.ssaia"), 0);
}

static void create_vcpu(struct vm *vm, unsigned id)
{
    struct vcpu *vcpu = &vm->vcpu[id];
    vcpu->vm = vm;
    vcpu->id = id;
    vcpu->fd = checked(ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)id), "KVM_CREATE_VCPU");
    vcpu->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED)
        die(1, "cannot map vCPU %u: %s", id, strerror(errno));
    vcpu->stats_fd =
        vm->opt.stats ? checked(ioctl(vcpu->fd, KVM_GET_STATS_FD, 0), "KVM_GET_STATS_FD") : -1;
    set_defaults(vcpu);
    if (vm->opt.guest_debug)
        vcpu_guest_debug(vcpu, KVM_GUESTDBG_ENABLE);
}

void vm_create(struct vm *vm)
{
    pthread_mutex_init(&vm->lock, NULL);
    pthread_barrier_init(&vm->reset_barrier, NULL, vm->opt.vcpus);
    vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (vm->kvm < 0)
        die(1, "/dev/kvm: %s (is kvm.ko loaded?)", strerror(errno));
    int version = checked(ioctl(vm->kvm, KVM_GET_API_VERSION, 0), "KVM_GET_API_VERSION");
    if (version != KVM_API_VERSION)
        die(1, "KVM speaks version %d, not %d", version, KVM_API_VERSION);
    vm->fd = checked(ioctl(vm->kvm, KVM_CREATE_VM, 0ul), "KVM_CREATE_VM");
    vm->run_size =
        (size_t)checked(ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_enable_cap cap = {.cap = KVM_CAP_RISCV_MP_STATE_RESET};
    if (ioctl(vm->fd, KVM_ENABLE_CAP, &cap) != 0 && vm->opt.reboots > 0)
        die(1, "this kernel's KVM cannot reset a vCPU, so the guest cannot reboot");
    create_ram(vm);
    if (vm->opt.map)
        map_physical(vm);
    for (unsigned id = 0; id < vm->opt.vcpus; id++)
        create_vcpu(vm, id);
}

void *vm_ram(struct vm *vm, u64 addr, u64 len)
{
    u64 offset = addr - RAM_BASE;
    if (offset > vm->opt.memory || len > vm->opt.memory - offset)
        return NULL;
    return vm->ram + offset;
}

s64 vm_dirty_pages(struct vm *vm)
{
    size_t bytes = (size_t)(vm->opt.memory / 4096 + 63) / 64 * 8;
    u64 *bitmap = calloc(1, bytes);
    struct kvm_dirty_log log = {.slot = 0, .dirty_bitmap = bitmap};
    s64 count = -1;
    if (bitmap && ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) == 0) {
        count = 0;
        for (size_t i = 0; i < bytes / 8; i++)
            count += __builtin_popcountll(bitmap[i]);
    }
    free(bitmap);
    return count;
}

void vcpu_complete_exit(struct vcpu *vcpu)
{
    vcpu->run->immediate_exit = 1;
    if (ioctl(vcpu->fd, KVM_RUN, 0) == 0 || errno != EINTR)
        die(1, "vCPU %u: KVM does not complete an exit: %s", vcpu->id, strerror(errno));
    vcpu->run->immediate_exit = 0;
}

void vcpu_guest_debug(struct vcpu *vcpu, u32 control)
{
    struct kvm_guest_debug debug = {.control = control};
    checked(ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug), "KVM_SET_GUEST_DEBUG");
}

static void vcpu_print_stats(struct vcpu *vcpu)
{
    struct kvm_stats_header header;
    int fd = vcpu->stats_fd;
    if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
        die(1, "vCPU %u: KVM gives no statistics", vcpu->id);
    size_t size = sizeof(struct kvm_stats_desc) + header.name_size;
    struct kvm_stats_desc *desc = malloc(size);
    for (u32 i = 0; desc && i < header.num_desc; i++) {
        u64 value;
        if (pread(fd, desc, size, header.desc_offset + (off_t)(i * size)) != (ssize_t)size ||
            pread(fd, &value, 8, header.data_offset + (off_t)desc->offset) != 8)
            break;
        if (value != 0 && desc->size == 1)
            printf("STAT vcpu%u %s = %llu\n", vcpu->id, desc->name, (unsigned long long)value);
    }
    free(desc);
}

/* Prints the files of a folder of debugfs that hold a number other than 0. */
static void print_debugfs(const char *folder, const char *who)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        note("no statistics in %s", folder);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        unsigned long long value;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_type == DT_REG ? fopen(path, "r") : NULL;
        if (!file)
            continue;
        if (fscanf(file, "%llu", &value) == 1 && value != 0)
            printf("DEBUGFS %s %s = %llu\n", who, entry->d_name, value);
        fclose(file);
    }
    closedir(dir);
}

void vm_print_stats(struct vm *vm)
{
    char folder[64];
    for (unsigned i = 0; i < vm->opt.vcpus; i++)
        vcpu_print_stats(&vm->vcpu[i]);
    snprintf(folder, sizeof(folder), "/sys/kernel/debug/kvm/%d-%d", (int)getpid(), vm->fd);
    print_debugfs(folder, "vm");
    print_debugfs("/sys/kernel/debug/kvm", "all");
}

/* ---- guest reset -------------------------------------------------------------------------------
 */

/* Brings a vCPU to where a new one is: all zero, and only vCPU 0 runs, at the entry point. */
static void start_state(struct vcpu *vcpu)
{
    if (vcpu->id != 0)
        return;
    struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};
    checked(ioctl(vcpu->fd, KVM_SET_MP_STATE, &state), "KVM_SET_MP_STATE");
    reg_write(vcpu, "core.mode", KVM_RISCV_MODE_S);
    reg_write(vcpu, "core.pc", vcpu->vm->entry);
    reg_write(vcpu, "core.a0", vcpu->id);
    reg_write(vcpu, "core.a1", vcpu->vm->dtb_addr);
}

/* Tells the other vCPUs, which KVM has stopped, to come out of KVM_RUN for a reset. */
static void request_reset(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    if (vm->resets_done++ >= vm->opt.reboots) {
        note("the guest asks for a reset");
        finish(vm, 0);
    }
    note("the guest resets");
    vm->resetting = true;
    for (unsigned i = 0; i < vm->opt.vcpus; i++) {
        vm->vcpu[i].run->immediate_exit = 1;
        if (i != vcpu->id)
            pthread_kill(vm->vcpu[i].thread, SIGUSR1);
    }
}

/* Every vCPU's share of a reset; all meet before anything is changed and before anything runs. */
static void take_part_in_reset(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_INIT_RECEIVED};
    vcpu_complete_exit(vcpu); /* else its result would be written into the reset registers */
    pthread_barrier_wait(&vm->reset_barrier);
    checked(ioctl(vcpu->fd, KVM_SET_MP_STATE, &state), "KVM_SET_MP_STATE");
    if (reg_count_nonzero(vcpu) != 0)
        die(1, "vCPU %u was not reset", vcpu->id);
    if (vcpu->id == 0) {
        memset(vm->ram, 0, vm->opt.memory);
        memset(&vm->plic, 0, sizeof(vm->plic));
        load_guest(vm);
        vm->resetting = false;
    }
    start_state(vcpu);
    pthread_barrier_wait(&vm->reset_barrier);
}

/* ---- exits -------------------------------------------------------------------------------------
 */

static void system_event(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    u64 reason = run->system_event.ndata > 0 ? run->system_event.data[0] : 0;
    switch (run->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
        note("the guest powers off%s", reason ? ", reporting a failure" : "");
        finish(vcpu->vm, reason != 0);
    case KVM_SYSTEM_EVENT_RESET:
        request_reset(vcpu);
        return;
    }
    die(1, "vCPU %u: system event %u is not known", vcpu->id, run->system_event.type);
}

/* The entropy source, when KVM leaves the seed CSR to the VMM. */
static void csr_exit(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    u16 entropy = 0;
    if (run->riscv_csr.csr_num != CSR_SEED || getrandom(&entropy, sizeof(entropy), 0) < 0)
        die(1, "vCPU %u: KVM forwards CSR 0x%lx", vcpu->id, run->riscv_csr.csr_num);
    run->riscv_csr.ret_value = (unsigned long)SEED_ES16 | entropy;
}

static void debug_exit(struct vcpu *vcpu)
{
    note("vCPU %u: ebreak at 0x%llx", vcpu->id, (unsigned long long)reg_read(vcpu, "core.pc"));
    vcpu_guest_debug(vcpu, 0); /* the guest sees it when it goes on */
}

static _Noreturn void unknown_exit(struct vcpu *vcpu)
{
    static const char *const regs[] = {"core.pc", "core.ra", "core.sp", "csr.scause", "csr.stval"};
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        note("  %s = 0x%llx", regs[i], (unsigned long long)reg_read(vcpu, regs[i]));
    die(1, "vCPU %u: exit reason %u", vcpu->id, vcpu->run->exit_reason);
}

static void handle_exit(struct vcpu *vcpu)
{
    switch (vcpu->run->exit_reason) {
    case KVM_EXIT_MMIO:
        mmio_exit(vcpu);
        return;
    case KVM_EXIT_RISCV_SBI:
        sbi_exit(vcpu);
        return;
    case KVM_EXIT_RISCV_CSR:
        csr_exit(vcpu);
        return;
    case KVM_EXIT_SYSTEM_EVENT:
        system_event(vcpu);
        return;
    case KVM_EXIT_DEBUG:
        debug_exit(vcpu);
        return;
    }
    unknown_exit(vcpu);
}

static void *vcpu_thread(void *arg)
{
    struct vcpu *vcpu = arg;
    for (;;) {
        if (vcpu->vm->resetting)
            take_part_in_reset(vcpu);
        if (ioctl(vcpu->fd, KVM_RUN, 0) == 0)
            handle_exit(vcpu);
        else if (errno != EINTR && errno != EAGAIN)
            die(1, "vCPU %u: KVM_RUN failed at pc 0x%llx: %s", vcpu->id,
                (unsigned long long)reg_read(vcpu, "core.pc"), strerror(errno));
    }
    return NULL;
}

static void interrupt_run(int signal UNUSED)
{
}

void vm_run(struct vm *vm)
{
    struct sigaction action = {.sa_handler = interrupt_run};
    sigaction(SIGUSR1, &action, NULL);
    start_state(&vm->vcpu[0]);
    for (unsigned i = 1; i < vm->opt.vcpus; i++)
        if (pthread_create(&vm->vcpu[i].thread, NULL, vcpu_thread, &vm->vcpu[i]) != 0)
            die(1, "cannot start a thread for vCPU %u", i);
    vm->vcpu[0].thread = pthread_self();
    vcpu_thread(&vm->vcpu[0]);
    die(1, "unreachable");
}
