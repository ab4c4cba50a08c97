/* Which hextant this is. */
#ifndef HEXTANT_COMMON_VERSION_H
#define HEXTANT_COMMON_VERSION_H

/* The version and, if the sources were a git checkout, the commit: "0.1.0 (commit 0123456789ab)".
 */
extern const char build_version[];

#endif
