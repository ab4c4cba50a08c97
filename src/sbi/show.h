/* Calls in words, for the trace. */
#ifndef HEXTANT_SBI_SHOW_H
#define HEXTANT_SBI_SHOW_H

#include "sbi/firmware.h"

/* "remote_fence_i(hart_mask=0x2 hart_mask_base=0) = SUCCESS" into buf. `f` NULL: an unknown
 * function, shown by its numbers. */
void sbi_show_call(const struct sbi_call *c, const struct sbi_function *f, struct sbi_ret r,
                   char *buf, size_t len);
/* "LANDING_PAD" for feature 1 of FWFT, or NULL. */
const char *sbi_feature_name(u32 n);

#endif
