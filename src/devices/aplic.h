/* What others may ask of the advanced platform-level interrupt controller. */
#ifndef HEXTANT_DEVICES_APLIC_H
#define HEXTANT_DEVICES_APLIC_H

#include "bus/device.h"

enum { APLIC_MAX_SOURCES = 1023 };

/* An interrupt source as its domain has it, for who explains it. */
struct aplic_view {
    bool machine;   /* the domain that the source is delegated to is the machine's */
    u8 mode;        /* sourcecfg.SM: 0 is inactive */
    bool wire;      /* level of the incoming wire */
    bool rectified; /* the input as the mode interprets it */
    bool pending, enabled;
    bool domain_on;        /* domaincfg.IE */
    bool msi;              /* delivered as a message, else by the wire of a hart: */
    u32 hart, guest;       /* where to */
    u32 eiid, priority;    /* the identity of the message; the number by the wire */
    u64 address;           /* of the message */
    bool delivery, masked; /* by wire: idelivery; ithreshold holds it back */
};

/* The root domain among the devices of a board, or NULL. */
extern const struct dev_class aplic_m_class, aplic_s_class;
/* How many sources there are; one of them, 1 to that. `root` is of aplic_m_class. */
u32 aplic_num_sources(const struct device *root);
struct aplic_view aplic_view(const struct device *root, u32 source);

#endif
