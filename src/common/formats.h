/* Files that are something else than what they were given for: disk images and archives. */
#ifndef HEXTANT_COMMON_FORMATS_H
#define HEXTANT_COMMON_FORMATS_H

#include <stddef.h>

#include "common/types.h"

enum { FORMAT_START = 32 }; /* as much of a file's start as format_of() looks at */

/* The name of the format that a file of `len` bytes that begins so has ("qcow2"); NULL: of none
 * that is known. */
const char *format_of(const u8 *start, size_t len);

#endif
