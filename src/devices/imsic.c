/* The pages by which messages reach the harts' interrupt files (AIA, "Memory region for an
 * interrupt file"): one window with the machine's files, one page for each hart, one with the
 * supervisor's and the guests', 2^n pages for each hart. The files are the harts' own
 * (cpu/imsic.h). */
#include <assert.h>

#include "devices/devices.h"
#include "devices/imsic.h"

enum { PAGE_SHIFT = 12, SETEIPNUM_LE = 0, SETEIPNUM_BE = 4 };

struct imsic_pages {
    struct device dev;
    struct dev_regs regs; /* its own: the size is that of the machine */
    u32 harts, files;     /* of each hart */
    u32 first;            /* the hart's number of the first of them */
    u32 shift;            /* 2^shift pages for each hart */
};

/* The file whose page is at this offset. */
static bool place_of(const struct imsic_pages *p, u64 offset, struct imsic_place *at)
{
    u64 page = offset >> PAGE_SHIFT, file = page & MASK(p->shift);
    *at = (struct imsic_place){(u32)(page >> p->shift), p->first + (u32)file};
    return at->hart < p->harts && file < p->files;
}

static void receive(struct device *dev, u64 offset, u32 data)
{
    u64 reg = offset & MASK(PAGE_SHIFT);
    struct imsic_place at;
    if (reg > SETEIPNUM_BE || !place_of((const struct imsic_pages *)dev, offset, &at))
        return;
    u32 identity = reg == SETEIPNUM_BE ? __builtin_bswap32(data) : data;
    dev->env->message(dev->env->board, at.hart, at.file, identity);
}

static int pages_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    (void)dev, (void)offset;
    *value = 0;
    return size == 4 ? 0 : -1;
}

static int pages_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    if (size != 4)
        return -1;
    receive(dev, offset, (u32)value);
    return 0;
}

static const struct dev_class imsic_m_class = {.name = "imsic-m"};
static const struct dev_class imsic_s_class = {.name = "imsic-s"};

bool imsic_find(const struct device *dev, u64 offset, struct imsic_place *at)
{
    bool is = dev->cls == &imsic_m_class || dev->cls == &imsic_s_class;
    return is && place_of((const struct imsic_pages *)dev, offset, at);
}

/* The smallest n with 2^n >= count. */
static u32 bits_for(u32 count)
{
    u32 n = 0;
    while (BIT(n) < count)
        n++;
    return n;
}

static struct device *make(const struct dev_env *env, const struct dev_args *args,
                           const struct dev_class *cls, struct error *err)
{
    struct imsic_pages *p = (struct imsic_pages *)device_alloc(sizeof *p, cls, env, err);
    if (!p)
        return NULL;
    bool machine = cls == &imsic_m_class;
    p->harts = args->harts;
    p->first = machine ? 0 : 1;
    p->files = machine ? 1 : 1 + args->geilen;
    p->shift = bits_for(p->files);
    p->regs = (struct dev_regs){
        .size = BIT(bits_for(p->harts) + p->shift + PAGE_SHIFT),
        .read = pages_read,
        .write = pages_write,
        .message = receive,
        .dt = {.name = "imsics",
               .compatible = {"riscv,imsics"},
               .binding = DT_IMSIC,
               .prop = {{"riscv,num-ids", 1, (u32)args->imsic_ids}}},
    };
    if (!machine)
        p->regs.dt.prop[1] = (struct dt_prop){"riscv,guest-index-bits", 1, p->shift};
    if (!machine && args->imsic_guest_ids != args->imsic_ids)
        p->regs.dt.prop[2] = (struct dt_prop){"riscv,num-guest-ids", 1, (u32)args->imsic_guest_ids};
    p->dev.regs = &p->regs;
    return &p->dev;
}

struct device *imsic_m_new(const struct dev_env *env, const struct dev_args *args,
                           struct error *err)
{
    return make(env, args, &imsic_m_class, err);
}

struct device *imsic_s_new(const struct dev_env *env, const struct dev_args *args,
                           struct error *err)
{
    return make(env, args, &imsic_s_class, err);
}
