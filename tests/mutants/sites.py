"""All mutations of the tree: which files, and what names a mutation for good."""
import glob
import os
import re
from dataclasses import dataclass

import operators
import tables
from source import Source

CODE = ("src/mmu/walk*.c", "src/mmu/regime*.c", "src/mmu/pmp*.c", "src/mmu/tlb*.c", "src/cpu/irq*.c",
        "src/cpu/trap*.c", "src/cpu/sem_sys*.c")
NOT_CODE = ("_text.c", "_trace.c", "_state.c")  # what only shows or saves


@dataclass(frozen=True)
class Mutation:
    """A mutation is named by its file, the function or row, and the lines without and with it (runs of
    blanks count as one): that lasts while lines move."""
    file: str
    where: str
    before: str
    after: str
    number: int  # of those that look alike, from 1
    operator: str
    start: int
    end: int
    new: str

    @property
    def name(self):
        nth = f" #{self.number}" if self.number > 1 else ""
        return f"{self.file} {self.where}{nth}\n- {self.before}\n+ {self.after}"

    def apply(self, text):
        # Lines keep their numbers.
        lost = text[self.start:self.end].count("\n") - self.new.count("\n")
        return text[:self.start] + self.new + "\n" * max(lost, 0) + text[self.end:]


def _lines(text, start, end, new):
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    squeeze = lambda s: re.sub(r"\s+", " ", s).strip()
    return squeeze(text[first:last]), squeeze(text[first:start] + new + text[end:last])


def _of_file(path, pairs, text):
    seen, known = {}, set()
    for where, e in pairs:
        changed = (e.start, e.end, e.new)
        if changed in known or text[e.start:e.end] == e.new:
            continue
        known.add(changed)
        before, after = _lines(text, e.start, e.end, e.new)
        if before == after:
            continue
        nth = seen[where, before, after] = seen.get((where, before, after), 0) + 1
        yield Mutation(path, where, before, after, nth, e.operator, e.start, e.end, e.new)


def all_mutations(top):
    """In the order of files and places."""
    out = []
    for name in sorted(tables.ROWS):
        path = f"src/cpu/{name}"
        with open(os.path.join(top, path)) as f:
            text = f.read()
        out += _of_file(path, tables.edits(name, text, top), text)
    for path in sorted(p for pattern in CODE for p in glob.glob(pattern, root_dir=top)
                       if not p.endswith(NOT_CODE)):
        with open(os.path.join(top, path)) as f:
            text = f.read()
        out += _of_file(path, ((r.name, e) for r, e in operators.edits(Source(text))), text)
    return out


def read_equivalent(path):
    """{name: argument} from blocks of a name's three lines and indented lines of argument."""
    out = {}
    with open(path) as f:
        blocks = [b for b in re.split(r"\n\s*\n", f.read()) if b.strip() and not b.lstrip().startswith("#")]
    for block in blocks:
        lines = block.strip().split("\n")
        argument = " ".join(line.strip() for line in lines[3:])
        if len(lines) < 4 or lines[1][:2] != "- " or lines[2][:2] != "+ " or not argument:
            raise ValueError(f"{path}: not a file and place, '- ' and '+ ' line and an argument:\n{block}")
        out["\n".join(lines[:3])] = argument
    return out
