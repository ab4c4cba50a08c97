/* Messages for the user: one line, filled in where the mistake is found, printed by the program. */
#ifndef HEXTANT_COMMON_ERROR_H
#define HEXTANT_COMMON_ERROR_H

#include "common/types.h"

struct error {
    char text[512];
};

/* Writes the message (without newline; cut when it is too long) and returns -1. */
int error_set(struct error *err, const char *format, ...) PRINTF(2, 3);

#endif
