/* Random guests, the fast engine against the plain one. */
#include <inttypes.h>

#include "common/error.h"
#include "driver.h"
#include "lockstep/lockstep.h"

int main(int argc, char **argv)
{
    static struct driver d;
    u64 guests = 0, limited = 0;
    driver_init(&d, argc, argv);
    for (u64 seed = d.seed; guests < d.count && !driver_expired(&d); seed++, guests++) {
        struct error err;
        driver_make(&d, seed);
        struct options opt = driver_options(&d, "lockstep");
        int status = lockstep_run(&opt, stderr, &err);
        if (status == EXIT_DIFFERENCE || (status < 0 && fprintf(stderr, "%s\n", err.text))) {
            fprintf(stderr, "lockstep: seed %" PRIu64 ": the engines differ (%s)\n", seed, d.path);
            return 1;
        }
        limited += status == EXIT_INSN_LIMIT;
        driver_drop(&d);
    }
    printf("%" PRIu64 " guests, the last with seed %" PRIu64 "; %" PRIu64
           " were stopped at %" PRIu64 " steps; no difference\n",
           guests, d.seed + guests - 1, limited, d.steps);
    return 0;
}
