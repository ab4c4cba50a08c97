#!/usr/bin/env python3
"""Prints vec_known.def: what test_vec_crypto.c must find, computed by others.

    tests/unit/vec_known.py >tests/unit/vec_known.def

Digests are those of Python's hashlib, ciphers and MACs those of the program openssl, constants of SHA-2 come from
the primes of FIPS 180-4. Messages and keys are pseudo-random, the same each time.
"""
import hashlib
import subprocess
import sys


def noise(name, size):
    return hashlib.shake_128(name.encode()).digest(size)


def openssl(*args, text=b""):
    return subprocess.run(["openssl", *args], input=text, check=True, capture_output=True).stdout


def answer(kind, key, nonce, text, result):
    print("ANSWER(%s, %s)" % (kind, ", ".join('"%s"' % v.hex() for v in (key, nonce, text, result))))


def ciphers():
    for kind, name, size in ("AES", "aes-128-ecb", 16), ("AES", "aes-256-ecb", 32), ("SM4", "sm4-ecb", 16):
        for n in range(2):
            key, text = noise("%s %d" % (name, n), size), noise("text %d" % n, 80)
            answer(kind, key, b"", text, openssl("enc", "-" + name, "-nopad", "-K", key.hex(), text=text))


def macs():
    for blocks in 1, 2, 5:
        key, nonce, text = noise("gmac %d" % blocks, 16), noise("nonce", 12), noise("data", 16 * blocks)
        answer("GMAC", key, nonce, text,
               openssl("mac", "-cipher", "AES-128-GCM", "-macopt", "hexkey:" + key.hex(), "-macopt",
                       "hexiv:" + nonce.hex(), "-binary", "GMAC", text=text))


def hashes():
    for name, sizes in ("sha256", (3, 64, 150)), ("sha512", (3, 128, 300)), ("sm3", (3, 64, 150)):
        for size in sizes:
            text = noise(name, size)
            answer(name.upper(), b"", b"", text, hashlib.new(name, text).digest())


def root(value, power):
    """The integer part of the root of a large number."""
    low, high = 0, 1 << 80
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle ** power <= value else (low, middle)
    return low


def constants():
    primes = [p for p in range(2, 410) if all(p % q for q in range(2, p))]
    for p in primes[:80]:
        print("CONSTANT(0x%016x)" % (root(p << 192, 3) & (1 << 64) - 1))
    for p in primes[:8]:
        print("START(0x%016x)" % (root(p << 128, 2) & (1 << 64) - 1))


def main():
    print("/* Printed by vec_known.py. ANSWER(kind, key, nonce, text, result), in hexadecimal; the constants of SHA-512\n"
          " * and its first state, the upper halves of which are those of SHA-256. */")
    ciphers()
    macs()
    hashes()
    constants()


sys.exit(main())
