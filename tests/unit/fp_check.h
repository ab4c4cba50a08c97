/* What the floating-point tests share: constants, checks of a value with its flags, random bits. */
#ifndef HEXTANT_TESTS_FP_CHECK_H
#define HEXTANT_TESTS_FP_CHECK_H

#include "cpu/fp.h"
#include "cpu/fp_host.h"

#include <check.h>
#include <stdlib.h>

#define D_ONE    0x3ff0000000000000ull
#define D_TWO    0x4000000000000000ull
#define D_THREE  0x4008000000000000ull
#define D_MAX    0x7fefffffffffffffull
#define D_MIN    0x0010000000000000ull /* least normal */
#define D_INF    0x7ff0000000000000ull
#define D_SNAN   0x7ff0000000000001ull
#define D_QNAN   0xfff8000000000123ull /* quiet, not canonical */
#define S_ONE    0x3f800000u
#define S_MIN    0x00800000u
#define S_MAX    0x7f7fffffu
#define S_INF    0x7f800000u
#define S_SNAN   0x7f800001u
#define H_ONE    0x3c00
#define H_INF    0x7c00
#define H_MAX    0x7bff
#define H_SNAN   0x7c01
#define NEG(v)   ((v) | FP_SIGN_D)
#define NEG_S(v) ((v) | FP_SIGN_S)

static inline void verify(const char *what, u64 got, u8 flags, u64 want, u8 raised)
{
    ck_assert_msg(got == want && flags == raised,
                  "%s: got %llx flags %02x, expected %llx flags %02x", what,
                  (unsigned long long)got, flags, (unsigned long long)want, raised);
}

/* The expression, which uses &flags, has this value and raises exactly these exceptions. */
#define IS(expression, value, raised)                                                              \
    do {                                                                                           \
        u8 flags = 0;                                                                              \
        u64 got_ = (u64)(expression);                                                              \
        verify(#expression, got_, flags, (u64)(value), raised);                                    \
    } while (0)

/* Likewise for a function of fp_fast.h, whose constant operands need X() lest they be folded. */
#define FAST_IS(expression, value, raised)                                                         \
    do {                                                                                           \
        fp_host_flags_collect();                                                                   \
        u64 got_ = (u64)(expression);                                                              \
        FP_PIN(got_);                                                                              \
        verify(#expression, got_, fp_host_flags_collect(), (u64)(value), raised);                  \
    } while (0)

/* v, as something the compiler knows nothing about. */
static inline u64 X(u64 v)
{
    FP_PIN(v);
    return v;
}

static inline u32 XS(u32 v)
{
    FP_PIN(v);
    return v;
}

/* 64 bits of a fixed pseudo-random sequence (xorshift), which *state carries on. */
static inline u64 random_bits(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

#define RANDOM_SEED 88172645463325252ull

#endif
