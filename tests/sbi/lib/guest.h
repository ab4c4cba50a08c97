/* A guest behind two stages of page tables. GPA 0x40000000 is guest_page[0] and 0x40002000 is
 * guest_page[1]; 0x40001000 is not mapped. The guest's own table maps 0x50000000 (0) and 0x50001000
 * to the first two of these pages, 0x50002000 to nothing, and 0x50003000 and 0x50004000 to
 * guest_page[0] and [1]. The guest's code, data and stack are where they are. */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include "sbi.h"

#define GPA      0x40000000ul
#define GVA_BASE 0x50000000ul
extern unsigned char guest_page[2][4096];

void build_guest(void);
/* Sets hgatp, and vsatp if the guest is to translate. */
void use_guest(bool translate);
/* Lets the first page of the guest's address space be guest_page[page]: by the entry of the
 * G-stage, or by the guest's own. Fences nothing. */
void remap_gstage(unsigned page);
void remap_vsstage(unsigned page);
/* Back to no translation. */
void leave_guest(void);

#endif
