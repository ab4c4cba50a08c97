/* Loops as a compiler or a C library writes them with vectors; LOOP says which. */
#include "bench.h"

enum { BYTES = 4000, FLOATS = 1000, SIDE = 64 };
static u8 from[4096], to[4096] __attribute__((unused));
static float x[FLOATS], y[FLOATS];
static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE] __attribute__((unused));

static inline void copy(u8 *d, const u8 *s, u64 n)
{
    __asm__ volatile("1: vsetvli t0, %2, e8, m8, ta, ma\n vle8.v v8, (%1)\n vse8.v v8, (%0)\n"
                     "sub %2, %2, t0\n add %0, %0, t0\n add %1, %1, t0\n bnez %2, 1b"
                     : "+r"(d), "+r"(s), "+r"(n)
                     :
                     : "t0", "memory");
}

static inline u64 length(const u8 *s)
{
    const u8 *p = s;
    s64 found;
    __asm__ volatile("vsetvli t0, zero, e8, m1, ta, ma\n"
                     "1: vle8ff.v v8, (%0)\n csrr t0, vl\n vmseq.vi v0, v8, 0\n vfirst.m %1, v0\n"
                     "add %0, %0, t0\n bltz %1, 1b\n sub %0, %0, t0"
                     : "+r"(p), "=&r"(found)
                     :
                     : "t0", "memory");
    return (u64)(p - s) + (u64)found;
}

static inline void scale_and_add(float f, const float *s, float *d, u64 n)
{
    __asm__ volatile("1: vsetvli t0, %2, e32, m4, ta, ma\n vle32.v v8, (%1)\n vle32.v v16, (%0)\n"
                     "vfmacc.vf v16, %3, v8\n vse32.v v16, (%0)\n sub %2, %2, t0\n"
                     "slli t0, t0, 2\n add %0, %0, t0\n add %1, %1, t0\n bnez %2, 1b"
                     : "+r"(d), "+r"(s), "+r"(n)
                     : "f"(f)
                     : "t0", "memory");
}

/* A row of c, all of it in registers: c[i] += a[i][k] * b[k]. */
static inline void multiply_row(double *row, const double *factors)
{
    u64 left = SIDE;
    const double(*column)[SIDE] = (const void *)b;
    while (left) {
        u64 vl;
        __asm__ volatile("vsetvli %0, %1, e64, m8, ta, ma\n vmv.v.i v8, 0" : "=r"(vl) : "r"(left));
        for (int k = 0; k < SIDE; k++)
            __asm__ volatile("vle64.v v16, (%0)\n vfmacc.vf v8, %1, v16"
                             :
                             : "r"(&column[k][SIDE - left]), "f"(factors[k])
                             : "memory");
        __asm__ volatile("vse64.v v8, (%0)" : : "r"(row) : "memory");
        row += vl;
        left -= vl;
    }
}

/* The same without vectors. */
static inline void multiply_row_scalar(double *row, const double *factors)
{
    for (int i = 0; i < SIDE; i++)
        row[i] = 0;
    for (int k = 0; k < SIDE; k++)
        for (int i = 0; i < SIDE; i++)
            row[i] = __builtin_fma(factors[k], b[k][i], row[i]);
}

static void prepare(void)
{
    u32 seed = 1;
    __asm__ volatile("csrs mstatus, %0" : : "r"(0x6600));
    for (int i = 0; i < BYTES; i++)
        from[i] = (u8)next_random(&seed) | 1;
    for (int i = 0; i < FLOATS; i++)
        x[i] = (float)(next_random(&seed) & 1023), y[i] = 0;
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++)
            a[i][k] = (double)(next_random(&seed) & 1023), b[i][k] = (double)(next_random(&seed) & 1023);
}

/* What each loop does in round i, and how many rounds. */
#define memcpy_loop       (copy(to, from, BYTES), to[i % BYTES])
#define strlen_loop       length(from)
#define saxpy_loop        (scale_and_add(0.5f, x, y, FLOATS), (u64)y[i % FLOATS])
#define dgemm_loop        (multiply_row(c[i % SIDE], a[i % SIDE]), (u64)c[i % SIDE][i % 61])
#define dgemm_scalar_loop (multiply_row_scalar(c[i % SIDE], a[i % SIDE]), (u64)c[i % SIDE][i % 61])
enum { memcpy_rounds = 100000, strlen_rounds = 30000, saxpy_rounds = 30000, dgemm_rounds = 10000 };
enum { dgemm_scalar_rounds = dgemm_rounds };
#define PASTE(a, b) a##b
#define OF(loop, what) PASTE(loop, what)

u64 kernel(void)
{
    u64 sum = 0;
    prepare();
    for (u64 i = 0; i < OF(LOOP, _rounds); i++)
        sum = sum * 31 + OF(LOOP, _loop);
    return sum;
}
