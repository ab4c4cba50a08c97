#!/usr/bin/env python3
"""Writes the inputs that a fuzzer begins with: seeds/sbi, calls; seeds/guest, what the guest is to do."""
import os
import struct

DBCN, BASE, TEXT = 0x4442434e, 0x10, 0x80001000
WRITE, WRITE_BYTE, VERSION = 0, 2, 0


def call(extension, function, *args):
    """The registers a0 to a7 of a call."""
    return struct.pack("<8Q", *(list(args) + [0] * (6 - len(args))), function, extension)


LOAD, PRINT = 1 << 31, 1 << 30


def do(what, value):
    """Eight bytes for the guest: see guest.S."""
    return struct.pack("<II", what, value)


SEEDS = {
    "sbi/hello": call(BASE, VERSION) + call(DBCN, WRITE, 5, TEXT) + call(DBCN, WRITE_BYTE, 10),
    "sbi/words": b"".join(call(DBCN, WRITE, n, TEXT + n) for n in (20, 14, 12, 9, 5, 1)),
    "guest/slots": do(0, 3) + do(4, 77) + do(0, 2) + do(LOAD | 4, 0),
    "guest/text": do(PRINT, 5) + do(LOAD | 8, 0) + do(PRINT, 20) + do(0, 1) + do(4, 1),
}
for name, data in SEEDS.items():
    os.makedirs("seeds/" + os.path.dirname(name), exist_ok=True)
    with open("seeds/" + name, "wb") as f:
        f.write(data)
