/* What `hextant test` says at the end: a table, TAP, JUnit. */
#include <string.h>
#include <unistd.h>

#include "machine/machine.h"
#include "runner/runner.h"

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"not run", "pass",  "fail",   "timeout",
                                        "hung",    "crash", "refused"};
    return names[v];
}

/* What the simulator said first, or the guest's code when it said nothing. */
static void last_words(const struct test *t, char *buf, size_t len)
{
    const char *said = t->said.s ? strstr(t->said.s, "hextant: ") : NULL;
    if (said)
        snprintf(buf, len, "%.*s", (int)strcspn(said + 9, "\r\n"), said + 9);
    else
        snprintf(buf, len, "test %u", t->code);
}

/* One line on how a test ended. */
static void describe(const struct test *t, char *buf, size_t len)
{
    switch (t->verdict) {
    case PASS:
        snprintf(buf, len, "%s", t->expect_fail ? "although expected to fail" : "");
        break;
    case FAIL:
        if (t->simulators)
            last_words(t, buf, len);
        else
            snprintf(buf, len, "test %u", t->code);
        break;
    case CRASH:
        snprintf(buf, len, "signal %u: %s", t->code, strsignal((int)t->code));
        break;
    case TIMEOUT:
        snprintf(buf, len, "%s", t->code ? "instruction limit" : "time limit");
        break;
    case HUNG:
        snprintf(buf, len, "every hart waits, and nothing can wake one");
        break;
    case REFUSED:
        last_words(t, buf, len);
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
        if (t->verdict == NOT_RUN || (t->verdict == PASS && !t->expect_fail))
            continue;
        describe(t, text, sizeof text);
        fprintf(out, "%s%-8s%s %-*s  %s%s\n",
                colour ? (test_good(t) ? "\033[33m" : "\033[31m") : "", verdict_name(t->verdict),
                colour ? "\033[0m" : "", width, t->name, text,
                t->expect_fail && test_good(t) ? " (expected)" : "");
    }
    fprintf(out, "%zu program%s: %zu pass, %zu fail, %zu timeout, %zu hung, %zu crash, %zu refused",
            s->num, s->num == 1 ? "" : "s", count[PASS], count[FAIL], count[TIMEOUT], count[HUNG],
            count[CRASH], count[REFUSED]);
    if (count[NOT_RUN])
        fprintf(out, ", %zu not run", count[NOT_RUN]);
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
        fprintf(out, "%sok %zu - %s%s\n", t->verdict == PASS && test_good(t) ? "" : "not ", i + 1,
                t->name, t->verdict != PASS && test_good(t) ? " # TODO expected to fail" : "");
        if (t->verdict != PASS || !test_good(t))
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
        else if (c == '>')
            fputs("&gt;", f);
        else if (c == '&')
            fputs("&amp;", f);
        else if (c == '"')
            fputs("&quot;", f);
        else
            fputc((c < 32 && c != '\n' && c != '\t') || c > 126 ? '?' : c, f);
    }
}

/* JUnit tells a test that failed from one that could not be carried out. */
static bool is_failure(const struct test *t)
{
    return t->verdict == FAIL || t->verdict == PASS;
}

static void junit_case(FILE *f, const struct test *t)
{
    char text[256];
    describe(t, text, sizeof text);
    fputs("  <testcase classname=\"hextant\" name=\"", f);
    xml(f, t->name);
    fprintf(f, "\" time=\"%.3f\">", (double)t->ns / 1e9);
    if (t->verdict == NOT_RUN) {
        fputs("<skipped message=\"not run\"/>", f);
    } else if (!test_good(t)) {
        const char *kind = is_failure(t) ? "failure" : "error";
        fprintf(f, "\n    <%s message=\"%s ", kind, verdict_name(t->verdict));
        xml(f, text);
        fputs("\">", f);
        xml(f, t->output.s ? t->output.s : "");
        xml(f, t->said.s ? t->said.s : "");
        fprintf(f, "</%s>\n  ", kind);
    }
    fputs("</testcase>\n", f);
}

int report_junit(const struct suite *s, FILE *f)
{
    size_t failures = 0, errors = 0, skipped = 0;
    for (size_t i = 0; i < s->num; i++) {
        failures += !test_good(&s->test[i]) && is_failure(&s->test[i]);
        skipped += s->test[i].verdict == NOT_RUN;
        errors += s->test[i].verdict > FAIL && !test_good(&s->test[i]);
    }
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    fprintf(f,
            "<testsuite name=\"hextant\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
            "skipped=\"%zu\">\n",
            s->num, failures, errors, skipped);
    for (size_t i = 0; i < s->num; i++)
        junit_case(f, &s->test[i]);
    fprintf(f, "</testsuite>\n");
    bool broken = ferror(f);
    return fclose(f) || broken ? -1 : 0;
}
