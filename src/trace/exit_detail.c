/* One VM exit, and what it was about. */
#include "trace/exit_detail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/csr.h"
#include "cpu/insn.h"
#include "machine/machine.h"
#include "sbi/sbi.h"
#include "trace/words.h"

static u64 retired(const struct hart *h)
{
    return h->clock - h->unretired;
}

static bool is_guest_page_fault(unsigned code)
{
    return code == CAUSE_INSN_GUEST_PAGE || code == CAUSE_LOAD_GUEST_PAGE ||
           code == CAUSE_STORE_GUEST_PAGE;
}

bool vm_exit_begins(const struct trap_event *ev)
{
    return mode_table[ev->from].v && ev->bank != BANK_VS;
}

/* The guest-physical address of a guest-page fault: xtval2 lacks the two lowest bits, which are
 * those of the virtual address. */
static u64 fault_gpa(const struct vm_exit *x)
{
    return x->tval2 << 2 | (x->tval & 3);
}

void vm_exit_begin(struct vm_exit *x, struct hart *h, const struct trap_event *ev,
                   struct guest_maps *maps)
{
    *x = (struct vm_exit){.clock = h->clock,
                          .retired = retired(h),
                          .at = machine_executed(machine_of(h)) - !ev->interrupt,
                          .mark = retired(h),
                          .epc = ev->epc,
                          .tval = ev->tval,
                          .tval2 = ev->tval2,
                          .tinst = ev->tinst,
                          .hgatp = h->hgatp,
                          .eid = h->x[17],
                          .fid = h->x[16],
                          .vmid = (u16)hart_vmid(h),
                          .passed_on = MODE_M,
                          .code = ev->code,
                          .interrupt = ev->interrupt,
                          .to = (u8)mode_of_bank((enum bank)ev->bank)};
    if (!ev->interrupt && is_guest_page_fault(ev->code))
        x->device = guest_maps_device(maps, h, fault_gpa(x));
}

bool vm_exit_move(struct vm_exit *x, const struct hart *h, enum mode from)
{
    u64 now = mode_begin(h, from) - h->unretired;
    if (from == MODE_S)
        x->hs += now - x->mark;
    x->mark = now;
    if (mode_table[from].v)
        return false; /* this is the trap itself */
    if (h->mode == MODE_U)
        x->user = 1;
    if (!x->moved && x->to == MODE_M && h->mode == MODE_S)
        x->to = MODE_S; /* the firmware has passed it on */
    x->moved = 1;
    if (!mode_table[h->mode].v)
        return false;
    u64 step = h->npc - x->epc;
    if (x->hgatp != h->hgatp)
        x->outcome = EXIT_AWAY;
    else
        x->outcome = step == 0 ? EXIT_RETRIED : step == 2 || step == 4 ? EXIT_PASSED : EXIT_AWAY;
    return true;
}

const char *exit_target(enum mode to, enum mode passed_on, bool firmware)
{
    if (passed_on == MODE_S)
        return "to HS by the firmware";
    if (passed_on == MODE_VS)
        return "to VS by the firmware";
    if (to == MODE_M && firmware)
        return "settled by the firmware";
    return to == MODE_M ? "to M" : "to HS";
}

const char *vm_exit_cause(const struct vm_exit *x)
{
    return x->interrupt ? interrupt_name(x->code) : exception_name(x->code);
}

/* The instruction that was refused, by what matters of it. */
static void describe_instruction(u32 insn, unsigned xlen, char *buf, size_t len)
{
    enum { SYSTEM_OPCODE = 0x73 };
    unsigned funct3 = insn >> 12 & 7, rs1 = insn >> 15 & 31, rd = insn >> 7 & 31;
    if (!insn)
        return;
    if ((insn & 0x7f) == SYSTEM_OPCODE && (funct3 & 3)) {
        const char *name = csr_name(insn >> 20);
        bool swaps = (funct3 & 3) == 1, writes = swaps || rs1, reads = !swaps || rd;
        char number[16];
        snprintf(number, sizeof number, "0x%03x", insn >> 20);
        snprintf(buf, len, "csr %s (%s)", name ? name : number,
                 writes ? reads ? "read, write" : "write" : "read");
        return;
    }
    insn_disassemble(xlen, 0, insn, buf, len);
    buf[strcspn(buf, "\t ")] = 0;
}

static void describe_page_fault(const struct vm_exit *x, char *buf, size_t len)
{
    enum { PSEUDO_READ = 0x3000, PSEUDO_READ32 = 0x2000, PSEUDO_WRITE = 0x20 };
    u64 pseudo = x->tinst & ~(u64)PSEUDO_WRITE;
    bool memory = x->device && !strncmp(x->device, "memory", 6);
    if (x->outcome == EXIT_RETRIED && (!x->device || memory)) {
        snprintf(buf, len, "memory mapped%s",
                 pseudo == PSEUDO_READ || pseudo == PSEUDO_READ32 ? " (page table)" : "");
    } else if (memory) {
        snprintf(buf, len, "memory");
    } else {
        const char *how = x->code == CAUSE_STORE_GUEST_PAGE  ? "write"
                          : x->code == CAUSE_LOAD_GUEST_PAGE ? "read"
                                                             : "fetch";
        char page[24];
        snprintf(page, sizeof page, "0x%" PRIx64, fault_gpa(x) & ~(u64)0xfff);
        snprintf(buf, len, "%s %s (%s)", x->outcome == EXIT_RETRIED ? "mapped" : "mmio",
                 x->device ? x->device : page, how);
    }
}

char *vm_exit_detail(const struct vm_exit *x, const struct hart *h, char *buf, size_t len)
{
    buf[0] = 0;
    if (x->interrupt)
        return buf;
    if (x->code == CAUSE_ECALL_VS)
        return sbi_call_name(x->eid, x->fid, buf, len);
    if (x->code == CAUSE_VIRTUAL_INSN || x->code == CAUSE_ILLEGAL)
        describe_instruction((u32)x->tval, h->config.xlen, buf, len);
    else if (is_guest_page_fault(x->code))
        describe_page_fault(x, buf, len);
    return buf;
}
