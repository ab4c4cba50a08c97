/* The machine: harts, bus, clock and firmware put together, and the loop that runs them. */
#ifndef HEXTANT_MACHINE_MACHINE_H
#define HEXTANT_MACHINE_MACHINE_H

#include "common/types.h"
#include "cpu/hart.h"
#include "devices/bus.h"

/* Exit statuses of the process. A guest that fails keeps its code (1..255), except that these are
 * shown as they are; see docs/exit-status.md. */
enum { EXIT_GUEST_PASS = 0, EXIT_USER_ERROR = 2, EXIT_INSN_LIMIT = 124, EXIT_HUNG = 125 };

enum firmware_kind { FIRMWARE_AUTO, FIRMWARE_NONE, FIRMWARE_SBI, FIRMWARE_FILE };
enum clock_kind { CLOCK_VIRTUAL, CLOCK_REAL };

/* Everything the command line can say. Strings belong to argv. */
struct options {
    const char *file;
    struct hart_config hart;
    bool xlen_given; /* --isa named an XLEN; else the ELF's class decides */
    const char *isa; /* NULL: everything implemented */
    u32 harts;
    u64 memory; /* bytes */
    u64 max_insns;
    enum clock_kind clock;
    enum firmware_kind firmware;
    const char *firmware_file;
    const char *sbi;          /* --sbi=... */
    const char *reset_values; /* --reset-values=... */
    u64 load_address;
    bool load_address_given;
    const char *initrd, *append, *dtb, *dump_dtb;
    const char *serial;
    const char *drives[8], *shares[4], *nets[2];
    u32 num_drives, num_shares, num_nets;
    const char *signature;
    u32 signature_granularity;
    bool dump_state, stats, verbose, monitor, lockstep;
    const char *engine; /* "fast" or "plain" */
    const char *trace, *trace_file, *gdb;
};

/* What the loader learned of the guest's file. */
struct image {
    u64 entry;
    u64 low, high; /* physical range it occupies */
    unsigned xlen; /* 0 when the file does not say */
    bool is_elf;
    u64 tohost, fromhost; /* 0: none */
    u64 sig_begin, sig_end;
};

struct machine {
    struct options opt;
    struct bus bus;
    struct hart **hart;
    u32 num_harts;
    struct mem_region *ram;
    struct image image;
    u64 clock;        /* slots since reset: the machine's time base */
    u32 stop_reason;  /* enum stop_reason */
    u32 stop_status;
    struct dev_env env;
    void *board; /* src/machine/board.c */
    void *sbi;   /* src/sbi */
};

#endif
