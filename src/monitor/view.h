/* Memory as a debugger looks at it: virtual addresses of any mode, guest-physical and physical
 * addresses. Nothing is raised, no A or D bit is set, no permission is asked. */
#ifndef HEXTANT_MONITOR_VIEW_H
#define HEXTANT_MONITOR_VIEW_H

#include "common/error.h"
#include "cpu/hart.h"
#include "mmu/regime.h"
#include "mmu/walk.h"

enum view_kind { VIEW_VA, VIEW_GPA, VIEW_PA };

struct view {
    struct hart *h;
    u8 kind; /* enum view_kind */
    u8 mode; /* enum mode, for VIEW_VA */
};

/* Virtual addresses of the mode the hart is in. */
struct view view_of_hart(struct hart *h);
/* "VS va", "gpa", "pa": for messages and headings. */
const char *view_name(const struct view *v, char *buf, size_t len);
/* The physical address of `addr`; 0, or -1 with the reason in *err. */
int view_translate(const struct view *v, u64 addr, u64 *pa, struct error *err);
/* Copies memory; 0, or -1 with the reason in *err (then some of it may be done). Device registers
 * are refused. Writes take effect on decoded code at once. */
int view_read(const struct view *v, u64 addr, void *buf, size_t len, struct error *err);
int view_write(const struct view *v, u64 addr, const void *buf, size_t len, struct error *err);
/* A little-endian number of 1, 2, 4 or 8 bytes. */
int view_read_word(const struct view *v, u64 addr, unsigned size, u64 *value, struct error *err);
/* The bits of the instruction at `pc`, of which insn_length() says how many there are; 0, or -1
 * with the reason in *err. */
int view_read_insn(const struct view *v, u64 pc, u32 *insn, struct error *err);

/* The hart, which does not run, is in that mode from now on, as if it had always been. 0, or -1: it
 * has no such mode. */
int view_enter_mode(struct hart *h, unsigned mode);

/* The instruction at the hart's pc: its row's base, or INSN_NONE if there is none; *op gets its
 * operands, *next the address behind it. */
unsigned view_insn_at_pc(struct hart *h, struct op *op, u64 *next);

#endif
