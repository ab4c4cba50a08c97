/* Packets of gdb's remote protocol: taking them out of a stream of bytes, and putting them
 * together. */
#ifndef HEXTANT_MONITOR_GDB_PACKET_H
#define HEXTANT_MONITOR_GDB_PACKET_H

#include "common/types.h"

enum { GDB_PACKET_MAX = 0x4000 };

enum gdb_event {
    GDB_NOTHING, /* more bytes are needed */
    GDB_PACKET,  /* gdb_in.data holds a packet, checksum right */
    GDB_BAD,     /* a packet that is damaged or too long: ask for it again */
    GDB_ACK,
    GDB_NACK,
    GDB_INTERRUPT, /* Ctrl-C */
};

/* The parser's state; all zero at first. */
struct gdb_in {
    u8 data[GDB_PACKET_MAX + 1]; /* unescaped, with a 0 behind it */
    u32 len;
    u8 state, sum, want;
    bool escaped, too_long;
};

/* Can gdb's side of a connection begin with this byte? */
bool gdb_in_begins(u8 byte);
/* Takes one byte. */
enum gdb_event gdb_in_byte(struct gdb_in *in, u8 byte);

/* A packet that is being made; text that does not fit is dropped and `full` set. */
struct gdb_out {
    u8 data[2 * GDB_PACKET_MAX];
    u32 len;
    bool full;
};

void gdb_out_start(struct gdb_out *out);
void gdb_out_text(struct gdb_out *out, const char *text);
void gdb_out_printf(struct gdb_out *out, const char *format, ...) PRINTF(2, 3);
/* Bytes as pairs of hexadecimal digits. */
void gdb_out_hex(struct gdb_out *out, const void *bytes, size_t len);
/* Bytes as they are, escaped where the protocol needs it. */
void gdb_out_binary(struct gdb_out *out, const void *bytes, size_t len);
/* Adds the checksum: data[0 .. len) is ready to be sent. */
void gdb_out_finish(struct gdb_out *out);

/* ---- reading a packet's text ---- */

/* A hexadecimal number; *at moves behind it. 0, or -1 if there is none or it is too long. */
int gdb_number(const char **at, u64 *value);
/* Pairs of hexadecimal digits, up to `max` bytes; how many, or -1 if something else is met. */
int gdb_bytes(const char *text, u8 *bytes, size_t max);
/* Skips `expected` if it comes next. */
bool gdb_skip(const char **at, const char *expected);

#endif
