/* The list of points. */
#include "monitor/points.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"

struct point *points_add(struct points *p, enum point_kind kind, enum point_owner owner)
{
    struct point *n = calloc(1, sizeof *n), **at = &p->first;
    if (!n)
        return NULL;
    *n = (struct point){.kind = (u8)kind,
                        .owner = (u8)owner,
                        .enabled = true,
                        .filter = filter_any,
                        .cause = CATCH_ANY,
                        .target = CATCH_ANY};
    if (owner == OWNER_USER)
        n->id = ++p->next_id;
    while (*at)
        at = &(*at)->next;
    return *at = n;
}

struct point *points_find(const struct points *p, u32 id)
{
    for (struct point *q = p->first; q; q = q->next)
        if (q->owner == OWNER_USER && q->id == id)
            return q;
    return NULL;
}

void points_delete(struct points *p, struct point *point)
{
    for (struct point **at = &p->first; *at; at = &(*at)->next) {
        if (*at != point)
            continue;
        *at = point->next;
        free(point->condition);
        free(point->text);
        free(point);
        return;
    }
}

void points_delete_owner(struct points *p, enum point_owner owner)
{
    struct point *next;
    for (struct point *q = p->first; q; q = next) {
        next = q->next;
        if (q->owner == owner)
            points_delete(p, q);
    }
}

static const char *const access_names[] = {"", "rwatch", "watch", "awatch"};

static void catch_text(const struct point *p, char *buf, size_t len)
{
    static const char *const names[] = {
        [CATCH_EXCEPTION] = "trap", [CATCH_INTERRUPT] = "interrupt",
        [CATCH_MODE] = "mode",      [CATCH_WORLD] = "world",
        [CATCH_SBI] = "sbi",
    };
    int n = snprintf(buf, len, "catch %s", names[p->catch_what]);
    if (p->text)
        snprintf(buf + n, len - (size_t)n, " %s", p->text);
    else if (p->cause != CATCH_ANY)
        snprintf(buf + n, len - (size_t)n, " %d (%s)", p->cause,
                 p->catch_what == CATCH_INTERRUPT ? interrupt_name((unsigned)p->cause)
                                                  : exception_name((unsigned)p->cause));
}

char *point_text(const struct point *p, char *buf, size_t len)
{
    static const char *const spaces[] = {"va", "gpa", "pa"};
    switch (p->kind) {
    case POINT_BREAK:
        snprintf(buf, len, "break 0x%" PRIx64 "%s%s", p->addr, p->text ? " " : "",
                 p->text ? p->text : "");
        break;
    case POINT_WATCH:
        snprintf(buf, len, "%s %s:0x%" PRIx64 " len %" PRIu64 "%s%s", access_names[p->access & 3],
                 spaces[p->space], p->addr, p->len, p->text ? " " : "", p->text ? p->text : "");
        break;
    case POINT_WATCH_CSR:
        snprintf(buf, len, "%s csr:%s", access_names[p->access & 3], csr_name(p->csr));
        break;
    default:
        catch_text(p, buf, len);
        break;
    }
    return buf;
}

char *point_limits(const struct hart *h, const struct point *p, char *buf, size_t len)
{
    filter_text(h, &p->filter, buf, len);
    size_t n = strlen(buf);
    if (p->target != CATCH_ANY)
        n += (size_t)snprintf(buf + n, len - n, " to=%s", bank_name(h, (unsigned)p->target));
    if (p->condition && n < len)
        snprintf(buf + n, len - n, " if %s", p->condition);
    return buf;
}

void points_print(const struct hart *h, const struct points *p, FILE *out)
{
    unsigned shown = 0;
    for (const struct point *q = p->first; q; q = q->next) {
        char what[256], limits[512];
        if (q->owner != OWNER_USER)
            continue;
        if (!shown++)
            fprintf(out, "%3s %-8s %6s %s\n", "id", "state", "hits", "what");
        fprintf(out, "%3u %-8s %6" PRIu64 " %s%s", q->id, q->enabled ? "enabled" : "disabled",
                q->hits, point_text(q, what, sizeof what),
                point_limits(h, q, limits, sizeof limits));
        if (q->ignore)
            fprintf(out, " (ignored %" PRIu64 " more times)", q->ignore);
        fprintf(out, "%s\n", q->temporary ? " (once)" : "");
    }
    if (!shown)
        fprintf(out, "no breakpoints, watchpoints or catchpoints\n");
}
