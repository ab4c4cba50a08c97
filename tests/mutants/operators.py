"""The operators on C code. Each takes a Source and a Region and yields Edits."""
import re
from dataclasses import dataclass

from source import ASSIGN, ENDS, LOOSE

COMPARE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
# Words with which no statement begins that can be left out.
NOT_REMOVED = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "goto", "typedef",
               "static", "const", "struct", "enum", "union", "unsigned", "int", "bool", "char", "void",
               "assert", "_Static_assert"}


@dataclass(frozen=True)
class Edit:
    start: int
    end: int
    new: str
    operator: str


def negate_conditions(s, r):
    for i in range(r.first, r.last):
        text = s.at(i)
        if text in ("if", "while") and s.at(i + 1) == "(":
            first, last = i + 2, s.partner[i + 1] - 1
        elif text == "for" and s.at(i + 1) == "(":
            first = next(j for j in range(i + 2, r.last) if s.at(j) == ";") + 1
            last = s.operand_right(first - 1, {";"})
        elif text == "?":
            first, last = s.operand_left(i, ENDS["?"]), i - 1
        elif text == "bool" and s.at(i + 2) == "=" and s.at(i + 1).isidentifier():
            first, last = i + 3, s.operand_right(i + 2, {",", ";"})
        else:
            continue
        if first <= last:
            start, end = s.span(first, last)
            yield Edit(start, end, f"!({s.text[start:end]})", "negate")


def _drop(s, first, last, operator, name):
    """Leaves out the operand first..last together with the operator next to it."""
    if first > last:
        return
    if operator < first:
        start, end = s.tokens[operator].start, s.tokens[last].end
        start = len(s.text[:start].rstrip())
    else:
        start, end = s.tokens[first].start, s.tokens[operator + 1].start
    yield Edit(start, end, "", name)


def drop_terms(s, r):
    for i in range(r.first, r.last):
        text = s.at(i)
        if text in ("&&", "||"):
            yield from _drop(s, s.operand_left(i, ENDS[text]), i - 1, i, "drop term")
            yield from _drop(s, i + 1, s.operand_right(i, ENDS[text]), i, "drop term")


def drop_mask_terms(s, r):
    """Operands of | and right operands of &; not where & takes an address."""
    for i in range(r.first, r.last):
        text = s.at(i)
        if text not in ("|", "&"):
            continue
        before = s.tokens[i - 1]
        if before.kind == "sign" and before.text not in ")]" or before.text in ("return", "sizeof"):
            continue
        if text == "|":
            yield from _drop(s, s.operand_left(i, ENDS[text]), i - 1, i, "drop mask term")
        yield from _drop(s, i + 1, s.operand_right(i, ENDS[text]), i, "drop mask term")


def swap_comparisons(s, r):
    for t in s.tokens[r.first:r.last]:
        if t.kind == "sign" and t.text in COMPARE:
            yield Edit(t.start, t.end, COMPARE[t.text], "comparison")


def _begins_statement(s, i):
    before = s.at(i - 1)
    if before in (";", "{", "}", "else"):
        return True
    if before == ":":
        return s.at(i - 3) == "case" or s.at(i - 2) == "default" or s.at(i - 5) == "case"
    return before == ")" and s.at(s.partner[i - 1] - 1) in ("if", "for", "while", "FOR_EACH")


def remove_statements(s, r):
    for i in range(r.first, r.last):
        text, kind = s.at(i), s.tokens[i].kind
        if not (kind == "word" or text in ("*", "++", "--")) or text in NOT_REMOVED:
            continue
        if not _begins_statement(s, i) or (kind == "word" and s.tokens[i + 1].kind == "word"):
            continue
        last = s.operand_right(i - 1, {";"})
        words = [t.text for t in s.tokens[i:last + 1]]
        declares = len(words) > 2 and words[1] == "*" and words[2].isidentifier() and "=" in words[3:4]
        if s.at(last + 1) != ";" or declares or (text.isupper() and not ASSIGN & set(words)):
            continue
        start, end = s.span(i, last + 1)
        yield Edit(start, end, ";", "remove")


def shift_constants(s, r):
    """One more and one less; a flag that is set to 1 is not set to 2, nor an error -1 to -2."""
    for i in range(r.first, r.last):
        t = s.tokens[i]
        if t.kind != "number":
            continue
        sign = s.at(i - 1) == "-" and s.at(i - 2) == "return"
        is_flag = t.text == "1" and (sign or s.at(i - 1) == "=") and s.at(i + 1) in (";", ",", "}")
        m = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", t.text)
        if not m:
            continue
        value = int(m.group(1), 0)
        for new in (value + 1, value - 1):
            if new >= 0 and not (is_flag and new == 2):
                shown = hex(new) if m.group(1).lower().startswith("0x") else str(new)
                yield Edit(t.start, t.end, shown + m.group(2), "constant")


def change_returns(s, r):
    boolean = re.search(r"\bbool$", r.returns)
    for i in range(r.first, r.last):
        if s.at(i) != "return" or s.at(i + 1) == ";":
            continue
        start, end = s.span(i + 1, s.operand_right(i, {";"}))
        value = s.text[start:end]
        if boolean:
            yield Edit(start, end, f"!({value})", "return")
        elif value != "0" and value != "NULL":
            yield Edit(start, end, "0", "return")
        elif value == "0":
            yield Edit(start, end, "1", "return")


def drop_members(s, r):
    """.member = value in an initialiser."""
    for i in range(r.first, r.last):
        if s.at(i) != "." or s.at(i - 1) not in ("{", ",") or s.at(i + 2) not in ("=", "["):
            continue
        last = s.operand_right(i, {",", ";"})
        start, end = s.tokens[i].start, s.tokens[last].end
        if s.at(last + 1) == ",":
            end = s.tokens[last + 1].end
        yield Edit(start, end, "", "drop member")


def swap_neighbours(s, r):
    """Neighbouring numbers in a list of numbers: an order."""
    for i in range(r.first, r.last - 2):
        a, comma, b = s.tokens[i:i + 3]
        if a.kind == b.kind == "number" and comma.text == "," and a.text != b.text:
            yield Edit(a.start, b.end, f"{b.text}, {a.text}", "order")


IN_FUNCTIONS = (negate_conditions, drop_terms, drop_mask_terms, swap_comparisons, remove_statements,
                shift_constants, change_returns, drop_members)
IN_TABLES = (drop_mask_terms, shift_constants, drop_members, swap_neighbours)


def edits(source):
    """(region, edit) for every mutation of a C file."""
    for region in source.regions():
        for operator in IN_FUNCTIONS if region.is_function else IN_TABLES:
            for edit in operator(source, region):
                yield region, edit
