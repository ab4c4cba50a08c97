/* The 16550A UART: FIFOs, modem lines, loopback and the interrupt priorities of the data sheet.
 * Transmission takes no time, so the transmitter is always empty; the "transmitter empty" interrupt
 * is the latch that drivers expect (raised when the holding register empties or the interrupt is
 * enabled, dropped by reading IIR). */
#include <stdlib.h>
#include <string.h>

#include "devices/chardev.h"
#include "devices/devices.h"

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR }; /* offsets */

enum {
    IER_RDI = 1,
    IER_THRI = 2,
    IER_RLSI = 4,
    IER_MSI = 8,
    IIR_MSI = 0,
    IIR_NONE = 1,
    IIR_THRI = 2,
    IIR_RDI = 4,
    IIR_RLSI = 6,
    IIR_CTI = 12,
    IIR_FIFOS = 0xc0,
    FCR_ENABLE = 1,
    FCR_CLEAR_RX = 2,
    LCR_DLAB = 0x80,
    MCR_DTR = 1,
    MCR_RTS = 2,
    MCR_OUT1 = 4,
    MCR_OUT2 = 8,
    MCR_LOOP = 0x10,
    LSR_DR = 1,
    LSR_OE = 2,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
    LSR_ERRORS = 0x1e,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80,
    FIFO_SIZE = 16,
    CLOCK_HZ = 3686400,
    WINDOW = 0x100,
};

struct uart {
    struct device dev;
    struct chardev *console;
    u8 rx[FIFO_SIZE];
    u8 rx_count;
    u8 ier, fcr, lcr, mcr, scr, dll, dlm;
    u8 lsr_errors;   /* OE; the other errors cannot happen */
    u8 msr_delta;    /* low four bits of MSR */
    u8 thri_pending; /* the latch behind the THRE interrupt */
};

static u8 modem_lines(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_DCD | MSR_DSR | MSR_CTS;
    return (u8)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
                (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static unsigned rx_capacity(const struct uart *u)
{
    return u->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static unsigned rx_trigger(const struct uart *u)
{
    static const u8 level[4] = {1, 4, 8, 14};
    return u->fcr & FCR_ENABLE ? level[u->fcr >> 6] : 1;
}

/* The interrupt that IIR names. Below the trigger level the receiver's time-out is reported at
 * once: input comes from the host in bursts, so the line is silent afterwards. */
static u8 interrupt_id(const struct uart *u)
{
    if ((u->ier & IER_RLSI) && (u->lsr_errors & LSR_ERRORS))
        return IIR_RLSI;
    if ((u->ier & IER_RDI) && u->rx_count)
        return u->rx_count >= rx_trigger(u) ? IIR_RDI : IIR_CTI;
    if ((u->ier & IER_THRI) && u->thri_pending)
        return IIR_THRI;
    if ((u->ier & IER_MSI) && u->msr_delta)
        return IIR_MSI;
    return IIR_NONE;
}

static void update_interrupt(struct uart *u)
{
    device_set_pin(&u->dev, 0, interrupt_id(u) != IIR_NONE);
}

static void receive(struct uart *u, u8 c)
{
    if (u->rx_count == rx_capacity(u))
        u->lsr_errors |= LSR_OE;
    else
        u->rx[u->rx_count++] = c;
}

/* Moves waiting console input into the FIFO. Nothing overruns: the console holds what does not fit.
 */
static void refill(struct uart *u)
{
    if (!u->console || (u->mcr & MCR_LOOP) || u->rx_count >= rx_capacity(u))
        return;
    u->rx_count += (u8)chardev_read(u->console, u->rx + u->rx_count, rx_capacity(u) - u->rx_count);
}

static u8 read_rbr(struct uart *u)
{
    if (u->rx_count == 0)
        return 0;
    u8 c = u->rx[0];
    memmove(u->rx, u->rx + 1, --u->rx_count);
    if (u->rx_count == 0)
        refill(u);
    return c;
}

static void transmit(struct uart *u, u8 c)
{
    if (u->mcr & MCR_LOOP)
        receive(u, c);
    else if (u->console)
        chardev_write(u->console, &c, 1);
    u->thri_pending = 1;
}

static u8 read_register(struct uart *u, u64 offset)
{
    u8 v;
    switch (offset) {
    case RBR_THR:
        return u->lcr & LCR_DLAB ? u->dll : read_rbr(u);
    case IER:
        return u->lcr & LCR_DLAB ? u->dlm : u->ier;
    case IIR_FCR:
        v = interrupt_id(u);
        if (v == IIR_THRI)
            u->thri_pending = 0;
        return (u8)(v | (u->fcr & FCR_ENABLE ? IIR_FIFOS : 0));
    case LCR:
        return u->lcr;
    case MCR:
        return u->mcr;
    case LSR:
        v = (u8)(LSR_THRE | LSR_TEMT | u->lsr_errors | (u->rx_count ? LSR_DR : 0));
        u->lsr_errors = 0;
        return v;
    case MSR:
        v = modem_lines(u) | u->msr_delta;
        u->msr_delta = 0;
        return v;
    default:
        return u->scr;
    }
}

static void write_ier(struct uart *u, u8 value)
{
    u8 turned_on = value & ~u->ier;
    u->ier = value & 0x0f;
    if (turned_on & IER_THRI)
        u->thri_pending = 1; /* the transmitter is empty */
}

static void write_fcr(struct uart *u, u8 value)
{
    if (((value ^ u->fcr) & FCR_ENABLE) || (value & FCR_CLEAR_RX))
        u->rx_count = 0;
    u->fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
}

static void write_mcr(struct uart *u, u8 value)
{
    u8 before = modem_lines(u);
    u->mcr = value & 0x1f;
    u8 now = modem_lines(u), changed = before ^ now;
    /* RI is noted on its trailing edge only. */
    changed &= (u8) ~(now & MSR_RI);
    u->msr_delta |= changed >> 4;
}

static void write_register(struct uart *u, u64 offset, u8 value)
{
    switch (offset) {
    case RBR_THR:
        if (u->lcr & LCR_DLAB)
            u->dll = value;
        else
            transmit(u, value);
        break;
    case IER:
        if (u->lcr & LCR_DLAB)
            u->dlm = value;
        else
            write_ier(u, value);
        break;
    case IIR_FCR:
        write_fcr(u, value);
        break;
    case LCR:
        u->lcr = value;
        break;
    case MCR:
        write_mcr(u, value);
        break;
    case SCR:
        u->scr = value;
        break;
    }
}

/* Eight byte-wide registers; nothing else answers. */
static int uart_read(struct device *dev, u64 offset, unsigned size, u64 *value)
{
    struct uart *u = (struct uart *)dev;
    if (size != 1 || offset > SCR)
        return -1;
    *value = read_register(u, offset);
    update_interrupt(u);
    return 0;
}

static int uart_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct uart *u = (struct uart *)dev;
    if (size != 1 || offset > SCR)
        return -1;
    write_register(u, offset, (u8)value);
    update_interrupt(u);
    return 0;
}

static void uart_poll(struct device *dev)
{
    struct uart *u = (struct uart *)dev;
    refill(u);
    update_interrupt(u);
}

static int uart_resume(struct device *dev, struct error *err)
{
    (void)err;
    update_interrupt((struct uart *)dev);
    return 0;
}

static void uart_reset(struct device *dev)
{
    struct uart *u = (struct uart *)dev;
    u->rx_count = 0;
    u->ier = u->fcr = u->lcr = u->mcr = u->scr = u->dlm = 0;
    u->lsr_errors = u->msr_delta = u->thri_pending = 0;
    u->dll = 12;
    update_interrupt(u);
}

static const struct state_row uart_rows[] = {
    STATE_ARRAY(struct uart, rx),         STATE_FIELD(struct uart, rx_count),
    STATE_FIELD(struct uart, ier),        STATE_FIELD(struct uart, fcr),
    STATE_FIELD(struct uart, lcr),        STATE_FIELD(struct uart, mcr),
    STATE_FIELD(struct uart, scr),        STATE_FIELD(struct uart, dll),
    STATE_FIELD(struct uart, dlm),        STATE_FIELD(struct uart, msr_delta),
    STATE_FIELD(struct uart, lsr_errors), STATE_FIELD(struct uart, thri_pending),
};

static const struct dev_regs uart_regs = {
    .size = WINDOW,
    .read = uart_read,
    .write = uart_write,
    .dt = {.name = "serial",
           .compatible = {"ns16550a"},
           .prop = {{"clock-frequency", 1, CLOCK_HZ}}},
};

const struct dev_class uart_class = {
    .name = "uart16550",
    .regs = &uart_regs,
    .reset = uart_reset,
    .poll = uart_poll,
    .resume = uart_resume,
    .rows = uart_rows,
    .num_rows = ARRAY_LEN(uart_rows),
};

/* What it has received, from the console. */
static size_t take_back(struct uart *u, u8 *buf, size_t len)
{
    size_t n = u->rx_count < len ? u->rx_count : len;
    if (u->mcr & MCR_LOOP) /* it is not of the console */
        return 0;
    memcpy(buf, u->rx, n);
    memmove(u->rx, u->rx + n, u->rx_count - n);
    u->rx_count -= (u8)n;
    update_interrupt(u);
    return n;
}

size_t uart_read_past(struct device *uart, struct chardev *console, u8 *buf, size_t len)
{
    if (!console)
        return 0;
    size_t n = uart ? take_back((struct uart *)uart, buf, len) : 0;
    return n + chardev_read(console, buf + n, len - n);
}

size_t uart_input(const struct device *uart, const struct chardev *console)
{
    return (uart ? ((const struct uart *)uart)->rx_count : 0) + chardev_pending(console);
}

struct device *uart_new(const struct dev_env *env, const struct dev_args *args, struct error *err)
{
    struct uart *u = (struct uart *)device_alloc(sizeof(*u), &uart_class, env, err);
    if (!u)
        return NULL;
    u->console = args->console;
    u->dll = 12;
    return &u->dev;
}
