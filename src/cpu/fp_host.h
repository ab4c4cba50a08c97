/*
 * The seam between the fp*.c files and the host's floating-point environment: entering a rounding
 * mode with all exceptions clear, and leaving it with everything as it was.
 */
#ifndef HEXTANT_CPU_FP_HOST_H
#define HEXTANT_CPU_FP_HOST_H

#include "cpu/fp_fast.h"

#if !FP_X86
#include <fenv.h>
#endif

/* The environment to go back to. */
struct fp_env {
#if FP_X86
    u32 csr;
#else
    fenv_t host;
#endif
};

/* Set rounding mode rm (not RMM) and clear the sticky flags; the return value is for leaving. */
struct fp_env fp_env_enter(unsigned rm);

/* Remember the environment, for computing something in round to nearest whose flags nobody wants.
 */
struct fp_env fp_env_hold(void);

/* Restore the environment; returns the flags raised since fp_env_enter(), in fflags' layout. */
u8 fp_env_leave(struct fp_env env);

/* The host's default environment, for a hart to run in: whoever calls the simulator may have chosen
 * another on this thread. The return value is for leaving. */
struct fp_env fp_run_enter(void);

/* The caller's environment again, its sticky flags clear; returns the flags raised meanwhile. */
u8 fp_run_leave(struct fp_env env);

/* Compute the integer variable v exactly here: neither earlier nor later. */
#define FP_PIN(v) __asm__ volatile("" : "+r"(v) : : "memory")

#endif
