/* The table made from reason.def. */
#include "cpu/reason.h"

#include "cpu/csr_impl.h"
#include "cpu/fields.h"

#define PROCESS  "supervisor chapter, \"Virtual Address Translation Process\", step "
#define CSR_none 0
static const struct reason_row rows[REASON_COUNT] = {
    [REASON_NONE] = {"", "", "", 0, 0, 0},
#define REASON(name, kind, csr, field, words, text, cite)                                          \
    [REASON_##name] = {                                                                            \
        text, sizeof(words) > 1 ? (words) : (text), cite, CSR_##csr, REASON_IS_##kind, field},
#include "cpu/reason.def"
#undef REASON
};

const struct reason_row *reason_row(unsigned reason)
{
    return &rows[reason < REASON_COUNT ? reason : REASON_NONE];
}
