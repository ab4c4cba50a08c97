/* The incoming-MSI controller of a hart (AIA, "IMSIC"): interrupt files of the machine level, the
 * supervisor level and of GEILEN guests. It exists if the hart's configuration says how many
 * identities its files have. Only the hart touches it; a message from elsewhere is a request
 * (cpu/post.h). */
#ifndef HEXTANT_CPU_IMSIC_H
#define HEXTANT_CPU_IMSIC_H

#include "common/state.h"
#include "common/types.h"

struct hart;

/* Files by number: the machine's, the supervisor's, and those of guests 1 to 63. */
enum { FILE_M, FILE_S, FILE_GUEST, IMSIC_FILES = FILE_GUEST + 63 };
enum { IMSIC_WORDS = 32, IMSIC_MAX_ID = 64 * IMSIC_WORDS - 1 };
enum { EIDELIVERY_ON = 1 };

struct imsic {
    u64 eidelivery[IMSIC_FILES], eithreshold[IMSIC_FILES];
    u64 eip[IMSIC_FILES][IMSIC_WORDS], eie[IMSIC_FILES][IMSIC_WORDS]; /* 64 identities a word */
};

/* The file of guest `guest`, 1 to GEILEN. */
static inline unsigned imsic_guest_file(unsigned guest)
{
    return FILE_GUEST + guest - 1;
}

/* How many files there are; the largest identity of one of them. Without an IMSIC both are 0. */
unsigned imsic_num_files(const struct hart *h);
unsigned imsic_last(const struct hart *h, unsigned file);
/* The file that VS-mode has, by hstatus.VGEIN, or -1. */
int imsic_of_guest(const struct hart *h);
/* The identity that a file's xtopei reports: the lowest that is pending, enabled and below the
 * threshold; 0: none. eidelivery does not matter. */
unsigned imsic_top(const struct hart *h, unsigned file);
/* Does the file signal its hart? */
bool imsic_signals(const struct hart *h, unsigned file);
/* A message with this identity has arrived at the file; 0 and identities that are not implemented
 * are ignored. */
void imsic_receive(struct hart *h, unsigned file, u64 identity);
/* What xtopei reports is claimed: no longer pending. */
void imsic_claim(struct hart *h, unsigned file);
/* The file's registers have changed: its interrupt signal follows. */
void imsic_update(struct hart *h, unsigned file);
/* Out of reset every register is zero. */
void imsic_reset(struct hart *h);
/* Its rows; h->imsic is not NULL. */
struct state_part imsic_part(const struct hart *h);

#endif
