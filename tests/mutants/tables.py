"""The operators on the tables (*.def). A row is MACRO(argument, ...) at the beginning of a line; for each
macro this file says which columns are mutated, and how. Columns that only say how something is shown are
left out, as are numbers that name a thing (of a CSR, a cause)."""
import os
import re

from operators import Edit
from source import Source


# ---- what can be done to a column: text -> other texts ----

def number(text):
    """A bit position, a limit: one more, one less."""
    m = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)(\w*)", text)
    if not m:
        return []
    value = int(m.group(1), 0)
    base = hex if text.startswith("0x") else str
    return [base(v) + m.group(2) for v in (value + 1, value - 1) if v >= 0]


def high(text):
    """The highest bit of a field: a register has 64."""
    return [new for new in number(text) if new != "64"]


def letters(text):
    """A set of letters: without each of them."""
    return [text[:i] + text[i + 1:] for i in range(len(text))] if len(text) > 1 else []


def terms(text):
    """A | B: without each of them; one alone: 0."""
    parts = [p.strip() for p in text.split("|")]
    if parts == ["0"]:
        return []
    return [" | ".join(parts[:i] + parts[i + 1:]) or "0" for i in range(len(parts))]


def words(text):
    """A string of words: without each of them."""
    parts = text.strip('"').split()
    return ['"' + " ".join(parts[:i] + parts[i + 1:]) + '"' for i in range(len(parts))]


def picture(text):
    """A bit picture: its first fixed bit flipped, its last one free; of a word of 32 bits not one of the seven
    by which the decoder's table is entered."""
    plain = [i for i, c in enumerate(text) if c not in ' "']
    places = [i for i in plain if text[i] in "01"]
    if not places:
        return []
    first = places[0]
    if len(plain) == 32:
        places = [i for i in places if i < plain[-7]]
    flipped = {"0": "1", "1": "0"}[text[first]]
    out = [text[:first] + flipped + text[first + 1:]]
    return out + [text[:i] + "." + text[i + 1:] for i in places[-1:]]


def one_of(*values):
    """Another of a few: the next one."""
    return lambda text: [values[(values.index(text) + 1) % len(values)]] if text in values else []


def always(value):
    """What it is when nothing is asked for."""
    return lambda text: [value] if text != value else []


def condition(text):
    """An extension, BOTH(a, b) or EITHER(a, b): always, or one of the two."""
    m = re.fullmatch(r"(?:BOTH|EITHER)\((\w+), *(\w+)\)", text)
    out = [f"EXT_{e}" for e in m.groups()] if m else []
    return out + always("EXT_I")(text)


def holds(text):
    """What a field may hold: something less strict, or nothing."""
    weaker = {"UNDER": "WRITABLE", "LEGAL": "WRITABLE", "SET_ONLY": "WRITABLE", "ZERO": "WRITABLE",
              "FIXED": "WRITABLE", "WRITABLE": "ZERO"}
    return [weaker[text]] if text in weaker else []


def bits_of(text):
    """Where an operand is: the last number of each X(hi, lo), RC(lo), SREG(lo) and of each shift one more."""
    out = []
    for m in re.finditer(r"(?:\b(?:X\(\d+, |RC\(|SREG\()|<< )(\d+)", text):
        out.append(text[:m.start(1)] + str(int(m.group(1)) + 1) + text[m.end(1):])
    return out


OPERATION = {" + ": " - ", " - ": " + ", " * ": " + ", " < ": " > ", " > ": " < ", " <= ": " < ", " >= ": " > ",
             " == ": " != ", " != ": " == ", " & ": " | ", " | ": " ^ ", " ^ ": " | ",
             "sa": "a", "sb": "b", "sd": "d", "(SW)": "(W)", "~": ""}


def operation(text):
    """What is done to an element: another operator, one signed operand or product unsigned, another choice.
    A product of signed types is cut to the bits that are the same for unsigned ones where the row says (PW)."""
    out = []
    for m in re.finditer(r" (?:[-+*<>&|^]|[<>=!]=) |\bs[abd]\b|\(SW\)(?!s)|~", text):
        out.append(text[:m.start()] + OPERATION[m.group()] + text[m.end():])
    for m in re.finditer(r"\bc \? (\w+) : (\w+)", text):
        out.append(text[:m.start()] + f"c ? {m.group(2)} : {m.group(1)}" + text[m.end():])
    return out


FUNCTION = {"ADD": "SUB", "SUB": "ADD", "MUL": "DIV", "DIV": "MUL", "MIN": "MAX", "MAX": "MIN", "EQ": "LE", "LE": "LT",
            "LT": "LE", "NEG": "", "!": "", "SQRT": "RSQRT7", "RSQRT7": "REC7", "REC7": "RSQRT7", "TO_U": "TO_S",
            "TO_S": "TO_U", "RM": "FP_RTZ", "FP_RTZ": "RM", "NARROW": "NARROW_ODD", "NARROW_ODD": "NARROW",
            "WIDEN": "WIDEN_BF16", "WIDEN_BF16": "WIDEN", "NARROW_BF16": "NARROW"}
OPERAND = r"((?:\w+\()*\w+\)*)"


def fp_operation(text):
    """What is done to an element: another function, a sign not changed, two operands exchanged where their
    order matters, and what operation() does to bits."""
    out = operation(text)
    for m in re.finditer(r"\b[A-Z]\w*|!", text):
        if m.group() in FUNCTION:
            out.append(text[:m.start()] + FUNCTION[m.group()] + text[m.end():])
    for m in re.finditer(rf"\b(?:SUB|DIV|LE|LT|FMA\((?:NEG\()?\w+\)?,) ?\(?{OPERAND}, {OPERAND}\)$", text):
        out.append(text[:m.start(1)] + f"{m.group(2)}, {m.group(1)})" + text[m.end():])
    return out


def pictures_in(text):
    """Strings of bits in the body of a macro: what picture() does, without the seven bits of the opcode."""
    for m in re.finditer(r'"([01. ]*[01][01. ]*)"', text):
        own = m.group(1)
        opcode = re.search(r"[01]{7}$", own)
        part = own[:opcode.start()] if opcode else own
        for new in picture(part):
            yield Edit(m.start(1), m.start(1) + len(part), new, "picture")


def members_in(text):
    """Members of the rows that a macro makes, and numbers that it counts by."""
    for m in re.finditer(r", *\.(?:%s) = (?:AT\(\w+\)|[\w#]+)" % "|".join(CSR_MEMBERS), text):
        yield Edit(m.start(), m.end(), "", "drop member")
    for m in re.finditer(r"(?<=n \+ )\d+|(?<=\.index = )\d+|(?<=i \+ )\d+", text):
        for new in number(m.group()):
            yield Edit(m.start(), m.end(), new, "number")


# ---- what says the same twice ----

class Implied:
    """Which extensions a hart has for certain that has another, or a register: a row that asks for them
    again is right with and without."""

    def __init__(self, top):
        def read(name):
            with open(os.path.join(top, "src/cpu", name)) as f:
                return f.read()
        self.needs = {name: needs.split() for name, needs in
                      re.findall(r'^EXT\((\w+),[^"]*"([^"]*)"', read("ext.def"), re.M)}
        self.of_register = {}
        records = re.findall(r"^CTR_RECORD\(\w+, \d, (\w+)\)", read("ireg.def"), re.M)
        rows = re.findall(r"^(?:CSR\w*|IREG)\((.*)\)", read("csr.def") + read("ireg.def"), re.M)
        for row in rows + [f".reg = REG_{name}, .ext = EXT_Ssctr" for name in records]:
            reg = re.search(r"\.reg = REG_(\w+)", row) or re.match(r"0x\w+, *(\w+)", row)
            if not reg:
                continue
            have = self.all_of(re.findall(r"\.ext2? = EXT_(\w+)", row))
            if ".alt" in row: # one of two
                have = {"EITHER(%s, %s)" % re.search(r"\.ext = EXT_(\w+), \.alt = EXT_(\w+)", row).groups()}
            self.of_register[reg.group(1)] = self.of_register.get(reg.group(1), have) & have

    def all_of(self, names):
        out, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name not in out:
                out.add(name)
                todo += self.needs.get(name, [])
        return out

    def not_said_twice(self, change, text):
        """The changes of a column, without those that leave out a word which those that stay imply."""
        names = lambda words: set(re.findall(r"\w+", words))
        return [new for new in change(text)
                if change is not words or not names(text) - names(new) <= self.all_of(names(new))]

    def of_layout(self, text, layout):
        """What every register of a layout asks for; None: no register has it."""
        registers = re.findall(rf"^REG\((\w+), *{layout},", text, re.M)
        sets = [self.of_register.get(r, set()) for r in registers]
        return set.intersection(*sets) if sets else None

    def names(self, text):
        """What an ISA string asks for, in small letters; Zicsr every hart has."""
        needs = {name.lower(): [n.lower() for n in of] for name, of in self.needs.items()}
        base = re.match(r"rv\d+([a-z]+)", text)
        out, todo = set(), re.findall("[a-z][a-z0-9]*", text[base.end() if base else 0:])
        todo += ["zicsr", *(base.group(1) if base else "")]
        while todo:
            name = todo.pop()
            if name not in out:
                out.add(name)
                todo += needs.get(name, [])
        return out


def _extensions(condition):
    return set(re.findall(r"\b(?!EXT_|BOTH|EITHER)\w+|(?<=EXT_)\w+", condition)) - {"I"}


FIELD = {2: one_of("ANY", "RV64"), 3: high, 4: number, 5: letters, 6: condition, 7: holds}
FIELD_ROWS = {"FIELD": FIELD, "AGAIN": FIELD, "VALUE": {2: number, 4: condition}}
# Members of .name = value that are left out.
CSR_MEMBERS = ("reg", "size", "ext", "ext2", "alt", "gate", "bit", "vs", "write", "read", "store", "before", "after")

def _profile_edits(text, args, known, implied):
    """A profile without one of its words, but those that the other words or its base imply, and the versions of
    the privileged architecture, which are no extensions."""
    base, (start, end) = known.get(text[slice(*args[1])], set()), args[2]
    words_of = lambda adds: implied.names("".join(re.findall(r'"([^"]*)"', adds)))
    known[text[slice(*args[0])]] = base | words_of(text[start:end])
    spans = []
    for m in re.finditer(r"(rv\d+i)([a-z]*)|[a-z][a-z0-9]*", text[start:end]):
        if m.group(1):
            spans += [(m.group(2)[i], m.start(2) + i, m.start(2) + i + 1) for i in range(len(m.group(2)))]
        elif not re.match("s[ms]1p", m.group()):
            spans.append((m.group(), m.start(), m.end() + (text[start + m.end()] == "_")))
    for word, a, b in spans:
        if word not in base | words_of(text[start:start + a] + text[start + b:end]):
            yield Edit(start + a, start + b, "", "drop word")


# Vector rows of one form each: which column has funct6, and which the operation.
F6_AND_OPERATION = {
    (1, 3): "V_V V_X V_VX V_XI V_VXI V_VXU VS_V VS_X VS_VX VS_VXI VNARROW",
    (1, 2): "VC_V VC_X VC_VX VC_XI VC_VXI VN_V VN_X VN_I VMASK VW_VX",
    (1, 4): "VK_V VK_X VK_I VM_V VM_X VM_VX VA_V VA_X VA_VX",
    (1, 5): "VRED",
    (2, 4): "VB_V VB_X VB_VX VB_MVX",
}
VECTOR_ROWS = {m: {f6: picture, op: operation} for (f6, op), names in F6_AND_OPERATION.items() for m in names.split()}
VF = {m: {1: picture, 4: fp_operation} for m in ("VF_VF", "VF_F", "VF_RED")}
GATE = always("Zve32x")
MODES = one_of("UNIT", "STRIDE", "FIRST", "INDEX")
WIDTHS = one_of("NONE", "SEW", "WIDE", "HALF", "QUARTER", "EIGHTH", "E16", "MASK", "ELEMENT", "WELEMENT", "DATA",
                "INDEX", "WHOLE", "R1", "R2", "R4", "R8", "GROUP")

ROWS = {
    "csr.def": {m: CSR_MEMBERS for m in ("CSR", "CSR_WHOLE", "CSR_IREG", "CSR_X3", "CSR_D10", "CSR_HPM")},
    "ireg.def": {"IREG": {1: number, 2: number, 3: number, 4: one_of("1", "2"), "members": CSR_MEMBERS},
                 "CTR_RECORD": {1: number}, "CTR_NOTHING": {1: number}},
    "fields.def": FIELD_ROWS,
    "fields_trigger.def": FIELD_ROWS,
    "trap.def": {"EXC": {3: one_of("NONE", "ADDR", "VALUE", "INSN", "PC"), 4: terms, 5: terms}, "IRQ": "order"},
    "mode.def": {"MODE": {2: number, 3: one_of("0", "1"), 4: one_of("S", "M", "VS"), 5: number}},
    "state.def": {"F": {1: one_of("0", "1", "~0ull")}},
    "gates.def": {"GATE": {1: one_of("0", "1"), 2: one_of("0", "1"), 3: always("EXT_I"), 4: always("EXT_I"),
                           5: always("EXT_I")}},
    "isa.def": {"CINSN": {1: picture, 3: always("RVI")},
                "INSN": {2: picture, 4: always("RVI"), 6: one_of("M", "HV", "HVX", "LR", "SC", "AMO", "SS", "SSAMO", "ORD", "BLOCK")}},
    "isa_v.def": VECTOR_ROWS | {
        "INSN": {2: picture},
        "VMEM": {2: picture, 7: number},
        "V_MEM": {3: picture, 4: picture, 5: picture, 6: picture, 10: MODES, 11: always("Zve32x")},
        "V_WHOLE": {1: picture},
        "VUNARY": {2: picture, 3: picture, 7: operation},
        "V_ROW": {2: picture, 3: picture, 4: picture, 5: picture, 6: picture, 10: operation},
        "VB_U": {1: GATE, 2: picture}, "VB_1": {1: GATE, 2: picture, 3: operation},
        "VMOVE": {1: picture}},
    "isa_vf.def": VF | {
        "VFA_VF": {1: picture, 2: GATE, 5: fp_operation},
        "VFW_VF": {1: picture, 2: fp_operation},
        "VF_1": {2: picture, 3: picture, 4: GATE, 7: fp_operation},
        "VF_ROW": {2: picture, 3: picture, 4: picture, 5: picture, 6: picture, 8: GATE}},
    "isa_vk.def": {m: {1: GATE, 2: picture} for m in ("K_V", "K_S", "K_VS", "K_VV", "K_VI")},
    "profile.def": {"PROFILE": "profile"},
    "vec_class.def": {"CLASS": {1: WIDTHS, 2: WIDTHS, 3: WIDTHS, 4: terms, 5: one_of("ANY", "HIGH", "E32", "E64")}},
    "formats.def": {"FMT": {2: bits_of, 3: bits_of, 4: bits_of, 5: bits_of}},
    "access.def": {"ACCESS": {1: terms}},
    "lazy.def": {"LAZY": "drop last"},
    "ext.def": {"EXT": {4: words}},
    "event.def": {"EVENT": "order"},
    "post.def": {"POST": "order"},
    "reason.def": {"REASON": {3: always("0")}},
}
# What is changed in the bodies of macros that write rows.
BODIES = {"isa_v.def": pictures_in, "isa_vf.def": pictures_in, "isa_vk.def": pictures_in, "csr.def": members_in,
          "ireg.def": members_in}


def _bodies(name, text):
    """(name of the macro, edit) in the bodies of the table's macros."""
    for m in re.finditer(r"^#define (\w+)\(.*?\)((?:[^\n]*\\\n)*[^\n]*)", text, re.M):
        for e in BODIES[name](m.group(2)) if name in BODIES else ():
            yield f"#define {m.group(1)}", Edit(m.start(2) + e.start, m.start(2) + e.end, e.new, e.operator)


def _rows(source, macros):
    """(macro, arguments as spans of text, span of the row) of each row."""
    for i, t in enumerate(source.tokens):
        if t.text not in macros or source.at(i + 1) != "(":
            continue
        if t.start and source.text[t.start - 1] != "\n":
            continue
        end = source.partner[i + 1]
        args, first, j = [], i + 2, i + 2
        while j <= end:
            if source.at(j) in "([{" and j < end and source.tokens[j].kind == "sign":
                j = source.partner[j]
            elif source.at(j) == "," or j == end:
                if first < j:
                    args.append(source.span(first, j - 1))
                first = j + 1
            j += 1
        yield t.text, args, (t.start, source.tokens[end].end)


def _member_edits(text, args, members, implied):
    row = text[args[0][0]:args[-1][1]]
    second = implied.all_of(re.findall(r"\.ext2 = EXT_(\w+)", row))
    for start, end in args:
        m = re.match(r"\.(\w+) *= *(?:EXT_)?(\w*)", text[start:end])
        if m and m.group(1) in members and not (m.group(1) == "ext" and m.group(2) in second):
            comma = text.rindex(",", 0, start)
            yield Edit(comma, end, "", "drop " + m.group(1))


def _columns_of_field(text, args, implied):
    """Of a field that no register has, the bits; of one that is read-only zero, that; of one whose values a
    function decides, the bits and who decides; of a whole register then, only that."""
    have = implied.of_layout(text, text[slice(*args[0])])
    if have is None:
        return {c: FIELD[c] for c in (3, 4)}
    if text[slice(*args[7])] == "ZERO":
        return {7: holds}
    if text[slice(*args[7])] in ("FIXED", "RULE") and text[slice(*args[8])] == "WHOLE":
        return {7: holds}
    if text[slice(*args[7])] in ("FIXED", "RULE"):
        return {c: FIELD[c] for c in (3, 4, 7)}
    weaker = lambda old: [new for new in condition(old)
                          if old not in have and not _extensions(old) - _extensions(new) <= have]
    return FIELD | {6: weaker}


def _column_edits(text, args, columns, implied):
    if columns is FIELD:
        columns = _columns_of_field(text, args, implied)
    for column, change in columns.items():
        if column == "members":
            yield from _member_edits(text, args, change, implied)
        elif column < len(args):
            start, end = args[column]
            for new in implied.not_said_twice(change, text[start:end]):
                yield Edit(start, end, new, f"column {column}")


def _key(text, args):
    """What names a row: its first arguments, up to a string."""
    return text[args[0][0]:args[min(1, len(args) - 1)][1]]


def edits(name, text, top):
    """(key of the row, edit) for every mutation of a table of the tree `top`."""
    implied = Implied(top)
    source, macros = Source(text), ROWS[name]
    last, profiles = None, {}
    yield from _bodies(name, text)
    for macro, args, span in _rows(source, macros):
        how, key = macros[macro], f"{macro}({_key(text, args)})"
        if how == "order":
            if ", EACH," in text[slice(*span)]:  # of a queue: those are done as they were asked for
                continue
            if last:
                (a, b), (c, d) = last, span
                yield key, Edit(a, d, text[c:d] + text[b:c] + text[a:b], "order")
            last = span
        elif how == "drop last":
            for i in range(3, len(args)):
                yield key, Edit(args[i - 1][1], args[i][1], "", "drop")
        elif how == "profile":
            yield from ((key, e) for e in _profile_edits(text, args, profiles, implied))
        elif isinstance(how, tuple):
            yield from ((key, e) for e in _member_edits(text, args, how, implied))
        else:
            yield from ((key, e) for e in _column_edits(text, args, how, implied))
