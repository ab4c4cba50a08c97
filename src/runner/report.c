/* What `hextant test` says at the end: a table, TAP, JUnit. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runner/runner.h"

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"not run", "pass", "fail", "timeout", "crash", "refused"};
    return names[v];
}

/* One line on how a test ended. */
static void describe(const struct test *t, char *buf, size_t len)
{
    switch (t->verdict) {
    case FAIL:
        snprintf(buf, len, "test %u", t->code);
        break;
    case CRASH:
        snprintf(buf, len, "signal %u: %s", t->code, strsignal((int)t->code));
        break;
    case TIMEOUT:
        snprintf(buf, len, "%s",
                 t->code == 125 ? "every hart waits for nothing"
                 : t->code      ? "instruction limit"
                                : "time limit");
        break;
    case REFUSED:
        snprintf(buf, len, "%.*s", (int)strcspn(t->output, "\n"), t->output);
        break;
    default:
        buf[0] = 0;
    }
}

void report_table(const struct suite *s, FILE *out)
{
    size_t count[REFUSED + 1] = {0}, good = 0, expected = 0;
    bool colour = isatty(fileno(out));
    int width = 4;
    for (size_t i = 0; i < s->num; i++)
        if (s->test[i].verdict != PASS && (int)strlen(s->test[i].name) > width)
            width = (int)strlen(s->test[i].name);
    for (size_t i = 0; i < s->num; i++) {
        const struct test *t = &s->test[i];
        char text[256];
        count[t->verdict]++;
        good += test_good(t);
        expected += t->expect_fail && test_good(t);
        if (t->verdict == PASS && !t->expect_fail)
            continue;
        describe(t, text, sizeof text);
        fprintf(out, "%s%-8s%s %-*s  %s%s\n",
                colour ? (test_good(t) ? "\033[33m" : "\033[31m") : "", verdict_name(t->verdict),
                colour ? "\033[0m" : "", width, t->name, text,
                t->expect_fail ? (test_good(t) ? " (expected)" : " (expected to fail)") : "");
    }
    fprintf(out, "%zu programs: %zu pass, %zu fail, %zu timeout, %zu crash, %zu refused", s->num,
            count[PASS], count[FAIL], count[TIMEOUT], count[CRASH], count[REFUSED]);
    if (expected)
        fprintf(out, "; %zu of the failures expected", expected);
    fprintf(out, "\n%zu passed, %zu failed\n", good, s->num - good);
}

void report_tap(const struct suite *s, FILE *out)
{
    fprintf(out, "TAP version 13\n1..%zu\n", s->num);
    for (size_t i = 0; i < s->num; i++) {
        const struct test *t = &s->test[i];
        char text[256];
        describe(t, text, sizeof text);
        fprintf(out, "%sok %zu - %s%s\n", t->verdict == PASS ? "" : "not ", i + 1, t->name,
                t->expect_fail ? " # TODO expected to fail" : "");
        if (t->verdict != PASS)
            fprintf(out, "# %s %s\n", verdict_name(t->verdict), text);
    }
}

/* Text in XML; bytes that XML cannot hold become '?'. */
static void xml(FILE *f, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", f);
        else if (c == '&')
            fputs("&amp;", f);
        else if (c == '"')
            fputs("&quot;", f);
        else
            fputc((c < 32 && c != '\n' && c != '\t') || c > 126 ? '?' : c, f);
    }
}

static void junit_case(FILE *f, const struct test *t)
{
    char text[256];
    describe(t, text, sizeof text);
    fputs("  <testcase classname=\"hextant\" name=\"", f);
    xml(f, t->name);
    fprintf(f, "\" time=\"%.3f\">", (double)t->ns / 1e9);
    if (!test_good(t)) {
        const char *kind = t->verdict == FAIL || t->verdict == PASS ? "failure" : "error";
        fprintf(f, "\n    <%s message=\"%s ", kind, verdict_name(t->verdict));
        xml(f, text);
        fputs("\">", f);
        xml(f, t->output ? t->output : "");
        fprintf(f, "</%s>\n  ", kind);
    }
    fputs("</testcase>\n", f);
}

int report_junit(const struct suite *s, const char *path, struct error *err)
{
    size_t bad = 0;
    FILE *f = fopen(path, "w");
    if (!f)
        return error_set(err, "%s: %s", path, strerror(errno));
    for (size_t i = 0; i < s->num; i++)
        bad += !test_good(&s->test[i]);
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    fprintf(f, "<testsuite name=\"hextant\" tests=\"%zu\" failures=\"%zu\">\n", s->num, bad);
    for (size_t i = 0; i < s->num; i++)
        junit_case(f, &s->test[i]);
    fprintf(f, "</testsuite>\n");
    return fclose(f) ? error_set(err, "%s: %s", path, strerror(errno)) : 0;
}
