"""Draws which instructions of a guest run how often: python3 coverage.py GUEST PICTURE.svg"""
import math
import sys
from collections import Counter

from hextant import Machine

MOST, ROW, CELL = 200_000, 64, 10  # instructions; cells in a row; pixels


def count(guest: str) -> Counter[int]:
    """How often each address is executed."""
    runs: Counter[int] = Counter()
    with Machine("--serial=null", f"--max-insns={MOST}", guest) as m:
        m.hook(insn=lambda hart, insn: runs.update([insn.pc]))
        m.run()
    return runs


def picture(runs: Counter[int]) -> str:
    """A cell for each two bytes of code, darker the oftener it runs; gaps between pieces of code are left out."""
    top = math.log(1 + max(runs.values()))
    lines = sorted({pc // (2 * ROW) for pc in runs})
    cells = [f'<rect x="{pc // 2 % ROW * CELL + 100}" y="{lines.index(pc // (2 * ROW)) * CELL}" width="{CELL}" height="{CELL}" '
             f'fill-opacity="{0.15 + 0.85 * math.log(1 + n) / top:.2f}"><title>{pc:#x}: {n}</title></rect>'
             for pc, n in sorted(runs.items())]
    names = [f'<text x="0" y="{(i + 1) * CELL}" font-size="{CELL}">{line * 2 * ROW:#x}</text>' for i, line in enumerate(lines)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{ROW * CELL + 100}" height="{len(lines) * CELL}">'
            + "\n".join(names + cells) + "</svg>\n")


if __name__ == "__main__":
    counted = count(sys.argv[1])
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(picture(counted))
    print(f"{sum(counted.values())} instructions at {len(counted)} addresses")
