/* Double precision: bodies under gravity, and a matrix product. */
#include "bench.h"

enum { BODIES = 5, N = 48 };
static double pos[BODIES][3], vel[BODIES][3], mass[BODIES];
static double a[N][N], b[N][N], c[N][N];

static double root(double x)
{
    double r;
    __asm__("fsqrt.d %0, %1" : "=f"(r) : "f"(x));
    return r;
}

static void advance(double dt)
{
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            double d[3], r2 = 0.01;
            for (int k = 0; k < 3; k++) {
                d[k] = pos[i][k] - pos[j][k];
                r2 += d[k] * d[k];
            }
            double mag = dt / (r2 * root(r2));
            for (int k = 0; k < 3; k++) {
                vel[i][k] -= d[k] * mass[j] * mag;
                vel[j][k] += d[k] * mass[i] * mag;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            pos[i][k] += dt * vel[i][k];
}

u64 kernel(void)
{
    u32 seed = 7;
    for (int i = 0; i < BODIES; i++) {
        mass[i] = 1.0 + i;
        for (int k = 0; k < 3; k++) {
            pos[i][k] = (double)(next_random(&seed) & 0xffff) / 65536.0;
            vel[i][k] = 0;
        }
    }
    for (int i = 0; i < 150000; i++)
        advance(0.001);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(i * j % 17) * 0.5;
            b[i][j] = (double)(i + j) / 3.0;
        }
    for (int round = 0; round < 60; round++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double t = 0;
                for (int k = 0; k < N; k++)
                    t += a[i][k] * b[k][j];
                c[i][j] = t;
            }
    return (u64)(s64)(pos[0][0] * 1e6 + c[5][7] * 1e3) & 0xffffffffffull;
}
