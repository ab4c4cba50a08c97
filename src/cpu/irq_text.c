/* What decided about an interrupt, in words: the registers that sent it to a level, and its place
 * among the others there. */
#include <stdio.h>

#include "cpu/irq.h"

char *irq_route_text(const struct delegation *d, unsigned code, char *buf, size_t len)
{
    switch (d->source) {
    case IRQ_FROM_HVICTL:
        snprintf(buf, len, "hvictl.VTI=1 IID=%u", code);
        break;
    case IRQ_FROM_HVIP:
        snprintf(buf, len, "hvien[%u]=1", code);
        break;
    case IRQ_FROM_MVIP:
        snprintf(buf, len, "mvien[%u]=1, hideleg[%u]=%u", code, code, d->hedeleg);
        break;
    default:
        if (d->medeleg)
            snprintf(buf, len, "mideleg[%u]=1, hideleg[%u]=%u", code, code, d->hedeleg);
        else
            snprintf(buf, len, "mideleg[%u]=0", code);
    }
    return buf;
}

char *irq_number_text(unsigned number, char *buf, size_t len)
{
    if (number == IPRIO_BEFORE_ALL)
        snprintf(buf, len, "default priority, before all numbers");
    else if (number == IPRIO_AFTER_ALL)
        snprintf(buf, len, "default priority, after all numbers");
    else
        snprintf(buf, len, "priority number %u%s", number,
                 number == IPRIO_EXTERNAL ? " (external)" : "");
    return buf;
}
