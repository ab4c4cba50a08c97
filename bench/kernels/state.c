/* Integer work of the usual embedded mix: a state machine over text, linked lists, a small matrix,
 * and a CRC over all results. */
#include "bench.h"

enum state { START, INT, FLOAT, EXPONENT, WORD, BAD, STATES };

static u16 crc16(u16 crc, u32 v)
{
    for (int i = 0; i < 16; i++) {
        u16 x = (u16)((v ^ crc) & 1);
        v >>= 1;
        crc = (u16)(crc >> 1);
        if (x)
            crc ^= 0xa001;
    }
    return crc;
}

static enum state step(enum state s, char c)
{
    int digit = c >= '0' && c <= '9', sign = c == '+' || c == '-';
    switch (s) {
    case START:
        return digit || sign ? INT : c == '.' ? FLOAT : c >= 'a' && c <= 'z' ? WORD : BAD;
    case INT:
        return digit ? INT : c == '.' ? FLOAT : c == 'e' ? EXPONENT : BAD;
    case FLOAT:
        return digit ? FLOAT : c == 'e' ? EXPONENT : BAD;
    case EXPONENT:
        return digit || sign ? EXPONENT : BAD;
    case WORD:
        return c >= 'a' && c <= 'z' ? WORD : BAD;
    default:
        return BAD;
    }
}

static u16 scan(const char *text, u16 crc)
{
    u32 count[STATES] = {0};
    enum state s = START;
    for (; *text; text++) {
        if (*text == ',') {
            count[s]++;
            s = START;
        } else {
            s = step(s, *text);
        }
    }
    for (int i = 0; i < STATES; i++)
        crc = crc16(crc, count[i]);
    return crc;
}

struct node {
    struct node *next;
    s32 key, value;
};
static struct node pool[256];

static struct node *reverse(struct node *l)
{
    struct node *r = NULL;
    while (l) {
        struct node *n = l->next;
        l->next = r;
        r = l;
        l = n;
    }
    return r;
}

static struct node *merge_sort(struct node *l)
{
    if (!l || !l->next)
        return l;
    struct node *slow = l, *fast = l->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    struct node *b = merge_sort(slow->next);
    slow->next = NULL;
    struct node *a = merge_sort(l), *head = NULL, **tail = &head;
    while (a && b) {
        struct node **least = a->key <= b->key ? &a : &b;
        *tail = *least;
        tail = &(*least)->next;
        *least = (*least)->next;
    }
    *tail = a ? a : b;
    return head;
}

static u16 lists(u32 *seed, u16 crc)
{
    struct node *l = NULL;
    for (int i = 0; i < 256; i++) {
        pool[i] = (struct node){l, (s32)(next_random(seed) & 0xfff), i};
        l = &pool[i];
    }
    l = reverse(merge_sort(l));
    for (struct node *n = l; n; n = n->next)
        if (n->key & 1)
            crc = crc16(crc, (u32)(n->key * 31 + n->value));
    return crc;
}

enum { N = 16 };
static s32 a[N][N], b[N][N], c[N][N];

static u16 matrix(u32 *seed, u16 crc)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (s32)(next_random(seed) & 0x7f);
            b[i][j] = (s32)(next_random(seed) & 0x7f);
        }
    s32 sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            s32 t = 0;
            for (int k = 0; k < N; k++)
                t += a[i][k] * b[k][j];
            c[i][j] = t;
            sum += t >> 2 & 0xf;
        }
    return crc16(crc, (u32)sum);
}

u64 kernel(void)
{
    static const char text[] =
        "12,-7,+88,3.14,.5e3,abc,zebra,9e-9,1a2,x9,,777777,-0.25,e,qwerty,4.4.4,";
    u32 seed = 12345;
    u16 crc = 0;
    for (int i = 0; i < 6000; i++) {
        crc = scan(text, crc);
        crc = lists(&seed, crc);
        crc = matrix(&seed, crc);
    }
    return crc;
}
