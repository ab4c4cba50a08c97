/* The virtio network card on the user-mode network. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virtio_driver.h"

enum { RX, TX, HEADER = 12, ARP_LEN = 42 };

#define RX_BUF(i) (BUFFERS + 0x1000 * (u64)(i))
#define TX_BUF    (BUFFERS + 0x10000)

static struct board b;
static struct driver d;

static void setup(void)
{
    board_init(&b);
    d = (struct driver){.b = &b};
}

static void teardown(void)
{
    board_free(&b);
}

static void add_net(const char *spec)
{
    driver_init(&d, &b, virtio_net_new, spec);
    start(&d, VIRTIO_F_VERSION_1 | BIT(5), 2);
}

static void offer_rx(u16 i, u32 len)
{
    set_desc(&d, RX, i, (struct desc){RX_BUF(i), len, D_WRITE, 0});
    kick(&d, RX, i);
}

/* An ARP request from us, 10.0.2.15, about the gateway. */
static void ask_for_gateway(void)
{
    static const u8 frame[ARP_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34,
                                      0x56, 8,    6,    0,    1,    8,    0,    6,    4, 0,    1,
                                      0x52, 0x54, 0,    0x12, 0x34, 0x56, 10,   0,    2, 15,   0,
                                      0,    0,    0,    0,    0,    10,   0,    2,    2};
    u8 header[HEADER] = {0};
    mem_put(&d, TX_BUF, header, HEADER);
    mem_put(&d, TX_BUF + 0x100, frame, sizeof(frame));
    set_desc(&d, TX, 0, (struct desc){TX_BUF, HEADER, D_NEXT, 1});
    set_desc(&d, TX, 1, (struct desc){TX_BUF + 0x100, ARP_LEN, 0, 0});
    kick(&d, TX, 0);
}

START_TEST(the_gateway_answers_arp)
{
    u8 frame[HEADER + ARP_LEN];
    add_net("user");
    offer_rx(0, 2048);
    ask_for_gateway();
    ck_assert_uint_eq(used_idx(&d, TX), 1);
    ck_assert_uint_eq(used_idx(&d, RX), 1);
    ck_assert_uint_ge(used_len(&d, RX, 0), HEADER + ARP_LEN);
    mem_get(&d, RX_BUF(0), frame, sizeof(frame));
    ck_assert_uint_eq(frame[10], 1);          /* num_buffers */
    ck_assert_uint_eq(frame[HEADER + 21], 2); /* a reply */
    static const u8 gateway[] = {10, 0, 2, 2};
    ck_assert_mem_eq(frame + HEADER + 28, gateway, 4);
    ck_assert_uint_eq(virq(&d), 1);
}
END_TEST

START_TEST(frames_wait_for_a_buffer)
{
    add_net("user");
    ask_for_gateway();
    ck_assert_uint_eq(used_idx(&d, RX), 0);
    offer_rx(0, 2048);
    ck_assert_uint_eq(used_idx(&d, RX), 1);
}
END_TEST

START_TEST(a_flood_without_buffers_is_dropped)
{
    add_net("user");
    for (int i = 0; i < 1000; i++)
        ask_for_gateway();
    ck_assert_uint_eq(used_idx(&d, TX), 1000);
    offer_rx(0, 20); /* too small: the frame is lost, the buffer comes back */
    ck_assert_uint_eq(used_len(&d, RX, 0), 0);
    ck_assert_uint_eq(vget(&d, VSTATUS), 15);
}
END_TEST

START_TEST(frames_of_odd_lengths_are_harmless)
{
    static const u32 lengths[] = {1, 11, 12, 13, 20, 26, 60, 2060, 2061, 65536};
    add_net("user");
    for (u32 i = 0; i < ARRAY_LEN(lengths); i++) {
        set_desc(&d, TX, 0, (struct desc){TX_BUF, lengths[i], 0, 0});
        kick(&d, TX, 0);
    }
    ck_assert_uint_eq(used_idx(&d, TX), ARRAY_LEN(lengths));
    ck_assert_uint_eq(vget(&d, VSTATUS), 15);
}
END_TEST

START_TEST(a_forwarded_host_port_reaches_the_guest)
{
    char spec[64];
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0); /* to learn a free port */
    ck_assert_int_eq(bind(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
    getsockname(s, (struct sockaddr *)&addr, &len);
    close(s);
    snprintf(spec, sizeof(spec), "user,hostfwd=tcp:127.0.0.1:%d-:22", ntohs(addr.sin_port));
    add_net(spec);
    offer_rx(0, 2048);
    s = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
    for (int i = 0; i < 50 && used_idx(&d, RX) == 0; i++) {
        usleep(1000);
        b.now += 100000;
        bus_poll(&b.bus);
    }
    ck_assert_uint_eq(used_idx(&d, RX), 1); /* it asks for our address */
    ck_assert_ptr_null(virtio_try(&b, virtio_net_new, spec));
    ck_assert_ptr_nonnull(strstr(b.err.text, "in use"));
    close(s);
}
END_TEST

START_TEST(mac_is_in_the_configuration)
{
    add_net("user,mac=52:54:00:aa:bb:cc,restrict=on");
    ck_assert_uint_eq(rd(&b, VDEV + 0x100, 4), 0xaa005452);
    ck_assert_uint_eq(rd(&b, VDEV + 0x104, 2), 0xccbb);
    ck_assert_uint_eq(rd(&b, VDEV + 0x106, 2), 1); /* link up */
}
END_TEST

START_TEST(bad_specifications_are_refused_with_the_reason)
{
    static const struct {
        const char *spec, *why;
    } bad[] = {
        {"tap", "must be user"},
        {"users", "must be user"},
        {"user,fast", "unknown key 'fast'"},
        {"user,mac=1:2:3", "mac="},
        {"user,mac=01:02:03:04:05:06", "mac="},
        {"user,hostfwd=tcp", "hostfwd=tcp: must be"},
        {"user,hostfwd=sctp::1-:2", "must be tcp|udp"},
        {"user,hostfwd=tcp::99999-:22", "must be"},
        {"user,hostfwd=tcp::22x-:22", "must be"},
        {"user,hostfwd=tcp:here:2222-:22", "must be"},
    };
    for (u32 i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_ptr_null(virtio_try(&b, virtio_net_new, bad[i].spec));
        ck_assert_msg(strstr(b.err.text, bad[i].why) != NULL, "%s: %s", bad[i].spec, b.err.text);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("net");
    TCase *t = tcase_create("net");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_gateway_answers_arp);
    tcase_add_test(t, frames_wait_for_a_buffer);
    tcase_add_test(t, a_flood_without_buffers_is_dropped);
    tcase_add_test(t, frames_of_odd_lengths_are_harmless);
    tcase_add_test(t, a_forwarded_host_port_reaches_the_guest);
    tcase_add_test(t, mac_is_in_the_configuration);
    tcase_add_test(t, bad_specifications_are_refused_with_the_reason);
    suite_add_tcase(s, t);
    return run_suite(s);
}
