"""What a terminal shows after it was written to."""

from __future__ import annotations

import re

_STEP = re.compile(
    r"\x1b\[[\d;]*m|\x1b\[(?P<count>\d*)(?P<move>[A-Za-z])|\x1b\[\?\d+[hl]|\x1b\]8;[^\x1b]*\x1b\\|(?P<character>.)",
    re.DOTALL,
)


def displayed(output: str) -> list[str]:
    """The lines on a screen that never scrolls away, without the spaces at their ends.

    Understands what rich writes: carriage return, line feed, cursor up, erasing a line, colours, links.
    """
    lines: list[list[str]] = [[]]
    row = column = 0
    for step in _STEP.finditer(output):
        character = step["character"]
        if character == "\r":
            column = 0
        elif character == "\n":
            row, column = row + 1, 0
            lines += [[] for _ in range(row + 1 - len(lines))]
        elif character is not None:
            lines[row] += " " * (column + 1 - len(lines[row]))
            lines[row][column] = character
            column += 1
        elif step["move"] == "A":
            row -= int(step["count"] or 1)
        elif step["move"] == "K":
            lines[row] = []
        elif step["move"] is not None:
            raise AssertionError(f"an unknown sequence: {step[0]!r}")
    return ["".join(line).rstrip() for line in lines]
