/* What OpenBLAS computes of small integers, whose sums and products are exact in any order: a line
 * NAME VALUE for each. Its interface is that of the Fortran library: all arguments by address. */
#include <stdint.h>
#include <stdio.h>

enum { N = 120 };

void dgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k,
            const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
            const double *beta, double *c, const int *ldc);
void sgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k,
            const float *alpha, const float *a, const int *lda, const float *b, const int *ldb,
            const float *beta, float *c, const int *ldc);
void dgemv_(const char *t, const int *m, const int *n, const double *alpha, const double *a,
            const int *lda, const double *x, const int *incx, const double *beta, double *y,
            const int *incy);
double ddot_(const int *n, const double *x, const int *incx, const double *y, const int *incy);

static double a[N * N], b[N * N], c[N * N];
static float sa[N * N], sb[N * N], sc[N * N];

static uint64_t sum_of(const double *v, int n)
{
    uint64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum = sum * 31 + (uint64_t)(int64_t)v[i];
    return sum;
}

int main(void)
{
    const int n = N, one = 1, three = 3, third = N / 3;
    const double alpha = 2, beta = 1;
    const float salpha = 2, sbeta = 1;
    for (int i = 0; i < N * N; i++) {
        sa[i] = (float)(a[i] = i * 7 % 23 - 11);
        sb[i] = (float)(b[i] = i * 5 % 19 - 9);
        sc[i] = (float)(c[i] = i % 3);
    }
    dgemm_("N", "T", &n, &n, &n, &alpha, a, &n, b, &n, &beta, c, &n);
    printf("dgemm %016llx\n", (unsigned long long)sum_of(c, N * N));
    sgemm_("T", "N", &n, &n, &n, &salpha, sa, &n, sb, &n, &sbeta, sc, &n);
    for (int i = 0; i < N * N; i++)
        c[i] = sc[i];
    printf("sgemm %016llx\n", (unsigned long long)sum_of(c, N * N));
    dgemv_("T", &n, &n, &alpha, a, &n, b, &three, &beta, c, &one);
    printf("dgemv %016llx\n", (unsigned long long)sum_of(c, N));
    printf("ddot %.0f\n", ddot_(&third, a, &three, b, &one));
    return 0;
}
