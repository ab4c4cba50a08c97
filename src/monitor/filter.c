/* Filters by mode, VMID, ASID and hart: parsing, matching, showing. */
#include "monitor/filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/keys.h"
#include "cpu/fields.h"

const struct filter filter_any = {.vmid = -1, .asid = -1, .hart = -1};

unsigned hart_asid(const struct hart *h, enum mode mode)
{
    u64 atp = mode_table[mode].v ? h->vsatp : h->satp;
    return (unsigned)get_field(atp, is_rv32(h) ? SATP32_ASID : SATP_ASID);
}

bool filter_matches(const struct filter *f, const struct hart *h, enum mode mode)
{
    if (f->modes && !(f->modes >> mode & 1))
        return false;
    if (f->hart >= 0 && h->id != (u32)f->hart)
        return false;
    if (f->vmid >= 0 && (!mode_table[mode].v || hart_vmid(h) != (unsigned)f->vmid))
        return false;
    return f->asid < 0 || hart_asid(h, mode) == (unsigned)f->asid;
}

static unsigned modes_of_word(const char *word)
{
    int m = mode_named(word);
    if (m >= 0)
        return 1u << m;
    if (strcasecmp(word, "V") == 0 || strcasecmp(word, "guest") == 0)
        return 1u << MODE_VS | 1u << MODE_VU;
    if (strcasecmp(word, "host") == 0)
        return 1u << MODE_M | 1u << MODE_S | 1u << MODE_U;
    return 0;
}

int filter_parse_modes(const char *text, u8 *modes, struct error *err)
{
    char copy[64];
    *modes = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *plus = copy; (plus = strchr(plus, '+')) != NULL;)
        *plus = ',';
    for (char *word = copy, *next; word; word = next) {
        next = keys_cut(word, ',');
        unsigned some = modes_of_word(word);
        if (!some)
            return error_set(err, "no mode '%s'; the modes are M, HS, U, VS, VU", word);
        *modes |= (u8)some;
    }
    return 0;
}

char *filter_text(const struct hart *h, const struct filter *f, char *buf, size_t len)
{
    size_t n = 0;
    buf[0] = '\0';
    for (unsigned m = 0; m < MODE_COUNT && f->modes; m++)
        if (f->modes >> m & 1 && n < len)
            n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? "," : " mode=", mode_name(h, m));
    if (f->vmid >= 0 && n < len)
        n += (size_t)snprintf(buf + n, len - n, " vmid=%d", f->vmid);
    if (f->asid >= 0 && n < len)
        n += (size_t)snprintf(buf + n, len - n, " asid=%d", f->asid);
    if (f->hart >= 0 && n < len)
        snprintf(buf + n, len - n, " hart=%d", f->hart);
    return buf;
}
