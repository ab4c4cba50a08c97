/* Short names for the fixed-width integers, and the few helpers every folder needs. */
#ifndef HEXTANT_COMMON_TYPES_H
#define HEXTANT_COMMON_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
#ifdef __SIZEOF_INT128__ /* the host has them; a guest's compiler for RV32 does not */
typedef unsigned __int128 u128;
typedef __int128 s128;
#endif

#define LIKELY(x)     __builtin_expect(!!(x), 1)
#define UNLIKELY(x)   __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define BIT(n)        (1ull << (n))
#define MASK(n)       ((n) >= 64 ? ~0ull : BIT(n) - 1) /* n low bits set */
#define UNUSED        __attribute__((unused))
#define NOINLINE      __attribute__((noinline))
#define COLD          __attribute__((cold, noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))

/* for (...): p points at each member of the array in turn. */
#define FOR_EACH(type, p, array) for (type *p = (array); p < (array) + ARRAY_LEN(array); p++)

/* Bits hi..lo of v, right-aligned. */
static inline u64 bits(u64 v, unsigned hi, unsigned lo)
{
    return (v >> lo) & MASK(hi - lo + 1);
}

/* The low `width` bits of v as a signed number (width 1..64). */
static inline s64 sext(u64 v, unsigned width)
{
    return (s64)(v << (64 - width)) >> (64 - width);
}

/* The position of the lowest set bit of a field mask (mask != 0). */
static inline unsigned mask_shift(u64 mask)
{
    return (unsigned)__builtin_ctzll(mask);
}

/* The field `mask` of `reg`, right-aligned. */
static inline u64 get_field(u64 reg, u64 mask)
{
    return (reg & mask) >> mask_shift(mask);
}

/* `reg` with the field `mask` replaced by `val` (excess bits of val are dropped). */
static inline u64 set_field(u64 reg, u64 mask, u64 val)
{
    return (reg & ~mask) | ((val << mask_shift(mask)) & mask);
}

#endif
