/* Whether code can be generated on this host, for those who need nothing else of cpu/generate.h. */
#ifndef HEXTANT_CPU_GENERATE_HOST_H
#define HEXTANT_CPU_GENERATE_HOST_H

#include <stdbool.h>

/* Whether there are stencils for this host's processor. */
bool code_for_host(void);

#endif
