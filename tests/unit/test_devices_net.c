/* The virtio network card on the user-mode network. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virtio_driver.h"

enum { RX, TX, HEADER = 12, OLD_HEADER = 10, ARP_LEN = 42 };

#define RX_BUF(i) (BUFFERS + 0x1000 * (u64)(i))
#define TX_BUF    (BUFFERS + 0x10000)

static struct board b;
static struct driver d;
static u32 header_len; /* as the driver has it */

static void setup(void)
{
    board_init(&b);
    header_len = HEADER;
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

/* A driver of the interface before virtio 1: no VERSION_1, and the header lacks its last field. */
static void add_old_net(void)
{
    static struct virtio_dialect any = {VIRTIO_VENDOR, VIRTIO_VERSION, VIRTIO_DRIVERS_ANY};
    struct virtio *v = virtio_try(&b, virtio_net_new, "user");
    ck_assert_msg(v != NULL, "%s", b.err.text);
    driver_carry(&d, &b, v, &any);
    start(&d, BIT(5), 2);
    header_len = OLD_HEADER;
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
    set_desc(&d, TX, 0, (struct desc){TX_BUF, header_len, D_NEXT, 1});
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

START_TEST(the_header_of_older_drivers_is_shorter)
{
    static const u8 zero[OLD_HEADER], gateway[] = {10, 0, 2, 2};
    u8 frame[OLD_HEADER + ARP_LEN];
    add_old_net();
    offer_rx(0, 2048);
    ask_for_gateway();
    ck_assert_uint_eq(used_idx(&d, RX), 1);
    mem_get(&d, RX_BUF(0), frame, sizeof frame);
    ck_assert_mem_eq(frame, zero, OLD_HEADER);
    ck_assert_uint_eq(frame[OLD_HEADER + 21], 2); /* a reply */
    ck_assert_mem_eq(frame + OLD_HEADER + 28, gateway, 4);
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
    while (used_idx(&d, RX) == 0) { /* until it asks for our address */
        b.now += 100000;
        bus_poll(&b.bus);
    }
    ck_assert_uint_eq(used_idx(&d, RX), 1);
    ck_assert_ptr_null(virtio_try(&b, virtio_net_new, spec));
    ck_assert_ptr_nonnull(strstr(b.err.text, "in use"));
    close(s);
}
END_TEST

/* ---- the host's own services ---- */

/* Two sockets of the host that listen at one port of every local address. */
struct service {
    int udp, tcp;
    u16 port;
};

static struct service open_service(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    struct service s = {.udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0),
                        .tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    ck_assert_int_eq(bind(s.tcp, (struct sockaddr *)&addr, sizeof(addr)), 0);
    ck_assert_int_eq(listen(s.tcp, 4), 0);
    getsockname(s.tcp, (struct sockaddr *)&addr, &len);
    ck_assert_int_eq(bind(s.udp, (struct sockaddr *)&addr, sizeof(addr)), 0);
    s.port = ntohs(addr.sin_port);
    return s;
}

/* One's complement sum of 16-bit words, over what stands there. */
static u32 sum16(const u8 *p, u32 len, u32 sum)
{
    for (u32 i = 0; i < len; i += 2)
        sum += (u32)p[i] << 8 | p[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void put16(u8 *p, u32 value)
{
    p[0] = (u8)(value >> 8);
    p[1] = (u8)value;
}

enum { IP_TCP = 6, IP_UDP = 17, FRAME_MAX = 64 };

/* A datagram, or the first segment of a connection, from 10.0.2.15. Returns its length. */
static u32 make_frame(u8 *f, unsigned protocol, const u8 to[4], u16 port)
{
    static const u8 start_[] = {0x52, 0x55, 10, 0, 2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0};
    u32 size = protocol == IP_TCP ? 20 : 12;
    u8 *ip = f + 14, *payload = ip + 20;
    memset(f, 0, FRAME_MAX);
    memcpy(f, start_, sizeof(start_));
    ip[0] = 0x45;
    put16(ip + 2, 20 + size);
    ip[8] = 64;
    ip[9] = (u8)protocol;
    memcpy(ip + 12, (const u8[]){10, 0, 2, 15}, 4);
    memcpy(ip + 16, to, 4);
    put16(ip + 10, ~sum16(ip, 20, 0));
    put16(payload, 12345);
    put16(payload + 2, port);
    if (protocol == IP_UDP) {
        put16(payload + 4, size);
    } else {
        payload[12] = 0x50;
        payload[13] = 2; /* SYN */
        put16(payload + 14, 4096);
        put16(payload + 16, ~sum16(ip + 12, 8, sum16(payload, size, protocol + size)));
    }
    return 14 + 20 + size;
}

/* Does either reach the service? */
static bool reaches(const struct service *s, const u8 to[4])
{
    u8 frame[FRAME_MAX], header[HEADER] = {0}, got[16];
    bool seen = false;
    for (unsigned i = 0; i < 2; i++) {
        u32 len = make_frame(frame, i ? IP_TCP : IP_UDP, to, s->port);
        mem_put(&d, TX_BUF, header, HEADER);
        mem_put(&d, TX_BUF + 0x100, frame, len);
        set_desc(&d, TX, 0, (struct desc){TX_BUF, HEADER, D_NEXT, 1});
        set_desc(&d, TX, 1, (struct desc){TX_BUF + 0x100, len, 0, 0});
        kick(&d, TX, 0);
        bus_poll(&b.bus);
        int c = accept(s->tcp, NULL, NULL);
        seen |= c >= 0 || recv(s->udp, got, sizeof(got), 0) >= 0;
        if (c >= 0)
            close(c);
    }
    return seen;
}

/* Every way that leads to the host's loopback: the gateway and its aliases, the loopback itself,
 * the address of nobody, the name server. */
static const u8 ways[][4] = {
    {10, 0, 2, 2},  {10, 0, 2, 3}, {10, 0, 2, 9}, {10, 0, 2, 255},      {127, 0, 0, 1},
    {127, 3, 2, 1}, {0, 0, 0, 0},  {0, 0, 0, 1},  {255, 255, 255, 255},
};

START_TEST(the_hosts_loopback_is_out_of_reach)
{
    struct service s = open_service();
    add_net("user");
    ck_assert(!reaches(&s, ways[_i]));
    close(s.tcp);
    close(s.udp);
}
END_TEST

START_TEST(the_hosts_loopback_is_within_reach_if_asked_for)
{
    struct service s = open_service();
    add_net("user,loopback=on");
    ck_assert(reaches(&s, ways[0]));
    close(s.tcp);
    close(s.udp);
}
END_TEST

/* A port of the host that leads to the guest is open to this host alone. */
START_TEST(a_forward_without_address_listens_on_the_loopback)
{
    char spec[64];
    struct service s = open_service();
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(s.port)};
    close(s.tcp);
    snprintf(spec, sizeof(spec), "user,hostfwd=tcp::%d-:22", s.port);
    add_net(spec);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    addr.sin_addr.s_addr = htonl(0x7f000002); /* 127.0.0.2: another local address */
    ck_assert_int_ne(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    close(fd);
    close(s.udp);
}
END_TEST

START_TEST(mac_is_in_the_configuration)
{
    add_net("user,mac=52:54:00:aa:bb:cc,restrict=on");
    ck_assert_uint_eq(vconfig(&d, 0x00, 4), 0xaa005452);
    ck_assert_uint_eq(vconfig(&d, 0x04, 2), 0xccbb);
    ck_assert_uint_eq(vconfig(&d, 0x06, 2), 1); /* link up */
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
        {"user,loopback=yes", "loopback="},
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
    tcase_add_test(t, the_header_of_older_drivers_is_shorter);
    tcase_add_test(t, frames_wait_for_a_buffer);
    tcase_add_test(t, a_flood_without_buffers_is_dropped);
    tcase_add_test(t, frames_of_odd_lengths_are_harmless);
    tcase_add_test(t, a_forwarded_host_port_reaches_the_guest);
    tcase_add_loop_test(t, the_hosts_loopback_is_out_of_reach, 0, ARRAY_LEN(ways));
    tcase_add_test(t, the_hosts_loopback_is_within_reach_if_asked_for);
    tcase_add_test(t, a_forward_without_address_listens_on_the_loopback);
    tcase_add_test(t, mac_is_in_the_configuration);
    tcase_add_test(t, bad_specifications_are_refused_with_the_reason);
    suite_add_tcase(s, t);
    return run_suite(s);
}
