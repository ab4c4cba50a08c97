/* The guest's 16550A: transmits at once to stdout, receives stdin through a thread, raises one
 * level-triggered interrupt. */
#include <unistd.h>

#include "vmm.h"

enum { RBR_THR = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };
enum {
    IER_RDI = 1,
    IER_THRI = 2,
    IIR_NONE = 0x01,
    IIR_THRI = 0x02,
    IIR_RDI = 0x04,
    IIR_FIFOS = 0xc0,
    FCR_ENABLE = 1,
    FCR_CLEAR_RX = 2,
    LCR_DLAB = 0x80,
    MCR_LOOP = 0x10,
    LSR_DR = 0x01,
    LSR_THRE_TEMT = 0x60,
    MSR_CTS_DSR_DCD = 0xb0,
};

static u8 interrupt_id(const struct uart *u)
{
    if ((u->ier & IER_RDI) && u->rx_count > 0)
        return IIR_RDI;
    if ((u->ier & IER_THRI) && u->thr_pending)
        return IIR_THRI;
    return IIR_NONE;
}

static void uart_update(struct vm *vm)
{
    if (interrupt_id(&vm->uart) == IIR_NONE)
        plic_lower(vm, UART_IRQ);
    else
        plic_raise(vm, UART_IRQ);
}

static u8 receive(struct uart *u)
{
    if (u->rx_count == 0)
        return 0;
    u8 byte = u->rx[u->rx_head];
    u->rx_head = (u->rx_head + 1) % sizeof(u->rx);
    u->rx_count--;
    pthread_cond_signal(&u->room);
    return byte;
}

/* In loopback the modem outputs DTR, RTS, OUT1, OUT2 come back as DSR, CTS, RI, DCD. */
static u8 modem_status(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_CTS_DSR_DCD;
    return (u8)((u->mcr & 0x02) << 3 | (u->mcr & 0x01) << 5 | (u->mcr & 0x0c) << 4);
}

u8 uart_read(struct vm *vm, u64 reg)
{
    struct uart *u = &vm->uart;
    u8 value = 0;
    switch (reg) {
    case RBR_THR:
        value = u->lcr & LCR_DLAB ? u->dll : receive(u);
        break;
    case IER:
        value = u->lcr & LCR_DLAB ? u->dlm : u->ier;
        break;
    case IIR_FCR:
        value = interrupt_id(u);
        if (value == IIR_THRI)
            u->thr_pending = false;
        value |= u->fcr & FCR_ENABLE ? IIR_FIFOS : 0;
        break;
    case LCR:
        value = u->lcr;
        break;
    case MCR:
        value = u->mcr;
        break;
    case LSR:
        value = (u8)(LSR_THRE_TEMT | (u->rx_count ? LSR_DR : 0));
        break;
    case MSR:
        value = modem_status(u);
        break;
    case SCR:
        value = u->scr;
        break;
    }
    uart_update(vm);
    return value;
}

static void transmit(struct uart *u, u8 byte)
{
    if (write(STDOUT_FILENO, &byte, 1) != 1)
        note("the console's reader is gone; output is lost");
    u->thr_pending = true;
}

void uart_write(struct vm *vm, u64 reg, u8 value)
{
    struct uart *u = &vm->uart;
    switch (reg) {
    case RBR_THR:
        if (u->lcr & LCR_DLAB)
            u->dll = value;
        else
            transmit(u, value);
        break;
    case IER:
        if (u->lcr & LCR_DLAB) {
            u->dlm = value;
            break;
        }
        if ((value & IER_THRI) && !(u->ier & IER_THRI))
            u->thr_pending = true;
        u->ier = value & 0x0f;
        break;
    case IIR_FCR:
        u->fcr = value;
        if (value & FCR_CLEAR_RX)
            u->rx_count = 0;
        break;
    case LCR:
        u->lcr = value;
        break;
    case MCR:
        u->mcr = value & 0x1f;
        break;
    case SCR:
        u->scr = value;
        break;
    }
    uart_update(vm);
}

static void *input_thread(void *arg)
{
    struct vm *vm = arg;
    struct uart *u = &vm->uart;
    u8 byte;
    while (read(STDIN_FILENO, &byte, 1) == 1) {
        pthread_mutex_lock(&vm->lock);
        while (u->rx_count == sizeof(u->rx))
            pthread_cond_wait(&u->room, &vm->lock);
        u->rx[(u->rx_head + u->rx_count++) % sizeof(u->rx)] = byte;
        uart_update(vm);
        pthread_mutex_unlock(&vm->lock);
    }
    return NULL;
}

void uart_start_input(struct vm *vm)
{
    pthread_t thread;
    pthread_cond_init(&vm->uart.room, NULL);
    if (pthread_create(&thread, NULL, input_thread, vm) != 0)
        die(1, "cannot start the console's input thread");
    pthread_detach(thread);
}
