"""C sources as tokens: where functions and tables are, where an operand ends. No parser; what does not
compile afterwards is no mutant."""
import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<skip>\s+|/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>\d(?:[\w.]|[eEpP][+-])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.X | re.S | re.M)
OPEN, CLOSE = "([{", ")]}"
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
# What ends an operand of an operator, from the loosest binding operator to the tightest.
LOOSE = {",", ";", "?", ":", "return"} | ASSIGN
ENDS = {
    "?": LOOSE,
    "||": LOOSE | {"||"},
    "&&": LOOSE | {"||", "&&"},
    "|": LOOSE | {"||", "&&", "|"},
    "&": LOOSE | {"||", "&&", "|", "^", "&"},
}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Region:
    """A function's body or a table's initialiser: tokens[first:last] between its braces."""
    name: str
    is_function: bool
    returns: str
    first: int
    last: int


class Source:
    def __init__(self, text):
        self.text = text
        self.tokens = [Token(m.lastgroup, m.group(), m.start(), m.end())
                       for m in TOKEN.finditer(text) if m.lastgroup != "skip"]
        self.partner = self._pair()

    def _pair(self):
        partner, stack = {}, []
        for i, t in enumerate(self.tokens):
            if t.kind != "sign":
                continue
            if t.text in OPEN:
                stack.append(i)
            elif t.text in CLOSE and stack:
                j = stack.pop()
                partner[i], partner[j] = j, i
        return partner

    def at(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def span(self, first, last):
        """The text of tokens first..last, both included: (start, end)."""
        return self.tokens[first].start, self.tokens[last].end

    def regions(self):
        i, head = 0, 0
        while i < len(self.tokens):
            text = self.at(i)
            if text == "{" and i in self.partner:
                end = self.partner[i]
                region = self._region(head, i, end)
                if region:
                    yield region
                i = end
                if region and region.is_function:
                    head = i + 1
            elif text in ("(", "[") and i in self.partner:
                i = self.partner[i]
            elif text == ";":
                head = i + 1
            i += 1

    def _region(self, head, brace, end):
        before = self.at(brace - 1)
        words = [t.text for t in self.tokens[head:brace]]
        if before == ")":
            name = self.partner[brace - 1] - 1
            return Region(self.at(name), True, " ".join(words[:name - head]), brace + 1, end)
        if before == "=":
            name = next(w for w in reversed(words[:-1]) if re.match(r"[A-Za-z_]\w*$", w) and w in self._declared(words))
            return Region(name, False, "", brace + 1, end)
        return None

    @staticmethod
    def _declared(words):
        """The name that `type name[N] =` declares: the last word outside brackets."""
        depth, last = 0, ""
        for w in words:
            depth += (w == "[") - (w == "]")
            if depth == 0 and re.match(r"[A-Za-z_]\w*$", w):
                last = w
        return {last}

    def operand_left(self, i, ends):
        """First token of the operand that ends before token i."""
        j = i - 1
        while j >= 0:
            text = self.at(j)
            if text in CLOSE and j in self.partner:
                j = self.partner[j]
            elif text in OPEN or text in ends or text in ("{", "}"):
                break
            j -= 1
        return j + 1

    def operand_right(self, i, ends):
        """Last token of the operand that begins after token i."""
        j = i + 1
        while j < len(self.tokens):
            text = self.at(j)
            if text in OPEN and j in self.partner:
                j = self.partner[j]
            elif text in CLOSE or text in ends:
                break
            j += 1
        return j - 1
