/* Debug console (DBCN). */
#include "sbi/firmware.h"

#include "devices/chardev.h"

/* A call writes no more than MOST: fewer bytes than asked for are allowed, and no call shall hold
 * up the machine. */
enum { CHUNK = 4096, MOST = 64 << 10 };

static struct sbi_ret debug_console_write(struct sbi_call *c)
{
    u64 len = c->arg[0], pa, done = 0;
    u8 buf[CHUNK];

    if (len == 0)
        return ret_value(0);
    if (sbi_address(c->h, c->arg[1], c->arg[2], &pa) || !sbi_shmem_ok(c->sbi, pa, len, SHMEM_READ))
        return ret_error(SBI_ERR_INVALID_PARAM);
    len = len < MOST ? len : MOST;
    while (done < len) {
        u64 n = len - done < CHUNK ? len - done : CHUNK;
        bus_copy_from(c->sbi->m->bus, pa + done, buf, n);
        if (c->sbi->console)
            chardev_write(c->sbi->console, buf, n);
        done += n;
    }
    return ret_value(done);
}

static struct sbi_ret debug_console_read(struct sbi_call *c)
{
    u64 len = c->arg[0], pa;
    u8 buf[CHUNK];

    if (len == 0)
        return ret_value(0);
    if (sbi_address(c->h, c->arg[1], c->arg[2], &pa) || !sbi_shmem_ok(c->sbi, pa, len, SHMEM_WRITE))
        return ret_error(SBI_ERR_INVALID_PARAM);
    size_t n = sbi_console_read(c->sbi, buf, len < CHUNK ? len : CHUNK);
    if (n)
        bus_copy_to(c->sbi->m->bus, pa, buf, n);
    return ret_value(n);
}

static struct sbi_ret debug_console_write_byte(struct sbi_call *c)
{
    u8 byte = (u8)c->arg[0];

    if (c->sbi->console)
        chardev_write(c->sbi->console, &byte, 1);
    return ret_value(0);
}

static const struct sbi_function functions[] = {
    {"debug_console_write", "num_bytes:d base_addr_lo:x base_addr_hi:x", 0x200,
     debug_console_write},
    {"debug_console_read", "num_bytes:d base_addr_lo:x base_addr_hi:x", 0x200, debug_console_read},
    {"debug_console_write_byte", "byte:w", 0x200, debug_console_write_byte},
};
const struct sbi_extension sbi_ext_dbcn = {
    .name = "dbcn",
    .eid = 0x4442434e,
    .function = functions,
    .num_functions = ARRAY_LEN(functions),
};
