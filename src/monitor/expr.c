/* The expression evaluator: precedence climbing over the text, one operator table. */
#include "monitor/expr.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/csr.h"

enum { MAX_DEPTH = 100 };

struct parser {
    const struct expr_scope *scope;
    const char *at;
    struct error *err;
    unsigned depth;
};

struct operator
{
    const char *text;
    u8 level;
};
/* Longer ones first, so that << is not taken for <. */
static const struct operator operators[] = {
    {"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7},
    {"<<", 8}, {">>", 8}, {"|", 3},  {"^", 4},  {"&", 5},  {"<", 7},
    {">", 7},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static int expression(struct parser *p, unsigned level, u64 *value);

static void skip_blanks(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static int divide(struct parser *p, char op, u64 a, u64 b, u64 *value)
{
    if (!b)
        return error_set(p->err, "division by zero");
    *value = op == '/' ? a / b : a % b;
    return 0;
}

static int apply(struct parser *p, const char *op, u64 a, u64 b, u64 *value)
{
    switch (op[0] << 8 | op[1]) {
    case '|' << 8 | '|':
        *value = a || b;
        break;
    case '&' << 8 | '&':
        *value = a && b;
        break;
    case '=' << 8 | '=':
        *value = a == b;
        break;
    case '!' << 8 | '=':
        *value = a != b;
        break;
    case '<' << 8 | '=':
        *value = a <= b;
        break;
    case '>' << 8 | '=':
        *value = a >= b;
        break;
    case '<' << 8 | '<':
        *value = b < 64 ? a << b : 0;
        break;
    case '>' << 8 | '>':
        *value = b < 64 ? a >> b : 0;
        break;
    case '|' << 8:
        *value = a | b;
        break;
    case '^' << 8:
        *value = a ^ b;
        break;
    case '&' << 8:
        *value = a & b;
        break;
    case '<' << 8:
        *value = a < b;
        break;
    case '>' << 8:
        *value = a > b;
        break;
    case '+' << 8:
        *value = a + b;
        break;
    case '-' << 8:
        *value = a - b;
        break;
    case '*' << 8:
        *value = a * b;
        break;
    default:
        return divide(p, op[0], a, b, value);
    }
    return 0;
}

static const struct operator* next_operator(struct parser *p)
{
    skip_blanks(p);
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (strncmp(p->at, operators[i].text, strlen(operators[i].text)) == 0)
            return &operators[i];
    return NULL;
}

/* ---- operands ---- */

static int number(struct parser *p, u64 *value)
{
    char *end;
    bool hex = p->at[0] == '0' && (p->at[1] == 'x' || p->at[1] == 'X');
    bool binary = p->at[0] == '0' && (p->at[1] == 'b' || p->at[1] == 'B');
    const char *digits = p->at + (hex || binary ? 2 : 0);
    *value = strtoull(digits, &end, hex ? 16 : binary ? 2 : 10);
    if (end == digits || isalnum((unsigned char)*end) || *end == '_')
        return error_set(p->err, "'%s' is not a number", p->at);
    p->at = end;
    return 0;
}

static int character(struct parser *p, u64 *value)
{
    if (!p->at[1] || p->at[2] != '\'')
        return error_set(p->err, "a character is written 'c'");
    *value = (u8)p->at[1];
    p->at += 3;
    return 0;
}

static int memory(struct parser *p, unsigned size, bool is_signed, u64 *value)
{
    u64 addr;
    p->at++;
    if (expression(p, 0, &addr))
        return -1;
    skip_blanks(p);
    if (*p->at++ != ']')
        return error_set(p->err, "']' is missing");
    struct view own = view_of_hart(p->scope->h);
    if (view_read_word(p->scope->view ? p->scope->view : &own, addr, size, value, p->err))
        return -1;
    if (is_signed)
        *value = (u64)sext(*value, 8 * size);
    return 0;
}

/* u8[ ... ] and its like. 0: `name` is none of them. */
static unsigned access_size(const char *name, bool *is_signed)
{
    static const char *const widths[] = {"8", "16", "32", "64"};
    *is_signed = name[0] == 's';
    if (name[0] != 'u' && name[0] != 's')
        return 0;
    for (unsigned i = 0; i < ARRAY_LEN(widths); i++)
        if (strcmp(name + 1, widths[i]) == 0)
            return 1u << i;
    return 0;
}

static bool place(const struct hart *h, const char *name, u64 *value)
{
    int mode = mode_named(name);
    if (strcmp(name, "hart") == 0)
        *value = h->id;
    else if (strcmp(name, "mode") == 0)
        *value = h->mode;
    else if (strcmp(name, "v") == 0)
        *value = mode_table[h->mode].v;
    else if (strcmp(name, "priv") == 0)
        *value = mode_table[h->mode].nominal;
    else if (strcmp(name, "vmid") == 0)
        *value = hart_vmid(h);
    else if (strcmp(name, "asid") == 0)
        *value = hart_asid(h, (enum mode)h->mode);
    else if (strcmp(name, "clock") == 0)
        *value = h->clock;
    else if (mode >= 0)
        *value = (u64)mode;
    else
        return false;
    return true;
}

static bool is_register(struct hart *h, const char *name, u64 *value)
{
    int n;
    if (strcmp(name, "pc") == 0)
        *value = h->pc;
    else if ((n = reg_number(name)) >= 0)
        *value = n ? h->x[n] & MASK(h->config.xlen) : 0;
    else if ((n = freg_number(name)) >= 0)
        *value = h->f[n];
    else
        return (n = csr_number(name)) >= 0 && csr_peek(h, (unsigned)n, value) == 0;
    return true;
}

static int name_value(struct parser *p, const char *name, bool dollar, u64 *value)
{
    const struct expr_scope *s = p->scope;
    if (is_register(s->h, name, value) || place(s->h, name, value))
        return 0;
    if (dollar)
        return error_set(p->err, "no register or CSR '%s'", name);
    unsigned vmid = s->vmid ? (unsigned)*s->vmid : hart_vmid(s->h);
    if (name_lookup(s->symbols, (enum mode)(s->view ? s->view->mode : s->h->mode), vmid, name,
                    value) == 0)
        return 0;
    return error_set(p->err, "'%s' is no register, CSR or symbol", name);
}

static int name_operand(struct parser *p, u64 *value)
{
    char name[256];
    size_t n = 0;
    bool dollar = *p->at == '$', is_signed;
    p->at += dollar;
    while (n < sizeof name - 1 && (isalnum((unsigned char)*p->at) || strchr("_.@", *p->at)) &&
           *p->at)
        name[n++] = *p->at++;
    name[n] = '\0';
    if (!n)
        return error_set(p->err, "cannot read '%s'", p->at);
    unsigned size = *p->at == '[' ? access_size(name, &is_signed) : 0;
    return size ? memory(p, size, is_signed, value) : name_value(p, name, dollar, value);
}

static int unary(struct parser *p, u64 *value)
{
    char op = *p->at;
    if (!strchr("-~!", op)) {
        if (op != '(')
            return op == '[' ? memory(p, p->scope->h->config.xlen / 8u, false, value)
                             : name_operand(p, value);
        p->at++;
        if (expression(p, 0, value))
            return -1;
        skip_blanks(p);
        return *p->at++ == ')' ? 0 : error_set(p->err, "')' is missing");
    }
    p->at++;
    skip_blanks(p);
    if (expression(p, 100, value))
        return -1;
    *value = op == '-' ? -*value : op == '~' ? ~*value : !*value;
    return 0;
}

static int operand(struct parser *p, u64 *value)
{
    skip_blanks(p);
    if (!*p->at)
        return error_set(p->err, "an expression is missing");
    if (isdigit((unsigned char)*p->at))
        return number(p, value);
    if (*p->at == '\'')
        return character(p, value);
    return unary(p, value);
}

/* An operand and every operator that binds stronger than `level`. */
static int expression(struct parser *p, unsigned level, u64 *value)
{
    const struct operator* op;
    if (++p->depth > MAX_DEPTH)
        return error_set(p->err, "the expression is nested too deeply");
    if (operand(p, value))
        return -1;
    while ((op = next_operator(p)) && op->level > level) {
        u64 right;
        p->at += strlen(op->text);
        if (expression(p, op->level, &right) || apply(p, op->text, *value, right, value))
            return -1;
    }
    p->depth--;
    return 0;
}

int expr_eval(const struct expr_scope *scope, const char *text, u64 *value, struct error *err)
{
    struct parser p = {.scope = scope, .at = text, .err = err};
    if (expression(&p, 0, value))
        return -1;
    skip_blanks(&p);
    return *p.at ? error_set(err, "cannot read '%s'", p.at) : 0;
}
