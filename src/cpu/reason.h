/* Reasons: the rules that refuse (reason.def), and a refusal, which travels with the trap from the
 * code that refused to whoever explains it. */
#ifndef HEXTANT_CPU_REASON_H
#define HEXTANT_CPU_REASON_H

#include "common/types.h"

enum reason {
    REASON_NONE,
#define REASON(name, kind, csr, field, words, text, cite) REASON_##name,
#include "cpu/reason.def"
#undef REASON
    REASON_COUNT
};

/* What a row is about, and with it which fields of struct refusal are set. */
enum reason_kind {
    REASON_IS_ENCODING,
    REASON_IS_PRIVILEGE, /* the mode */
    REASON_IS_GATE,      /* a register that governs the instruction */
    REASON_IS_CALL,
    REASON_IS_FLOW,
    REASON_IS_ALIGN,
    REASON_IS_TRIGGER, /* entry: its number */
    REASON_IS_CSR,     /* num, access: a CSR access */
    REASON_IS_RANGE,   /* from here on an access to memory: access, flags, mode */
    REASON_IS_CACHED,  /* what a cached translation says; g_stage */
    REASON_IS_WALK,    /* g_stage, level, pa, pte: the entry that says so */
    REASON_IS_PTE,     /* PMP or PMA of that entry; entry */
    REASON_IS_FINAL    /* PMP or PMA; pa: the final address; entry */
};

struct reason_row {
    const char *text;  /* the rule */
    const char *words; /* the same in few words */
    const char *cite;  /* "norm:..." or a chapter */
    u16 csr;           /* the register that decides, or 0, */
    u8 kind;           /* enum reason_kind */
    u64 field;         /* and its bits, as the field of struct hart has them; or 0 */
};

/* Which rule refused, and where it was found. Besides the first line only the fields that its kind
 * names are set. */
struct refusal {
    u16 reason, num, csr; /* enum reason; the CSR that was to be accessed, or 0; the register that
                             decided, if the row does not say which, */
    u8 access;            /* enum access, or of a CSR enum csr_op */
    u8 mode;              /* enum mode: whose rights counted */
    u64 field;            /* and its bits */
    u8 g_stage, level;    /* of the page-table entry */
    s16 entry;            /* of the PMP, or the trigger; -1: none */
    u32 flags;            /* MEM_* of the access */
    u64 pa;               /* of the page-table entry, or where the access went */
    u64 pte;              /* the page-table entry */
};

/* The row of a reason; of REASON_NONE and of unknown ones all texts are "". */
const struct reason_row *reason_row(unsigned reason);
/* Was an access to memory refused? */
static inline bool refused_access(const struct refusal *r)
{
    return reason_row(r->reason)->kind >= REASON_IS_RANGE;
}

#endif
