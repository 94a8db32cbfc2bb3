"""Charts of a terminal: a bar a line, of eighths of a character; less than the use of a library of plots would take."""

from collections.abc import Sequence

from synth.cli import screen

_EIGHTHS = " ▏▎▍▌▋▊▉█"

#: Characters of the longest bar: not more, and with less room none is drawn.
_MOST, _LEAST = 40, 10


def bars(title: str, rows: Sequence[tuple[str, float | None, str]]) -> str:
    """A title, and a line for each name, value and text of the value; nothing where the screen is too narrow.

    Bars are as long as their values, the longest as the screen allows; a value that there is not has none.
    """
    cells = [[name, "", text] for name, _, text in rows]
    width = screen.room_beside(cells, most=_MOST)
    most = max((value or 0 for _, value, _ in rows), default=0)
    if width < _LEAST or not most:
        return ""
    for cell, (_, value, _) in zip(cells, rows, strict=True):
        cell[1] = bar((value or 0) / most, width)
    return screen.fill(title) + "\n" + screen.table(cells, right=(2,))


def bar(part: float, width: int) -> str:
    """A bar of a part of the width, padded to all of it."""
    whole, eighth = divmod(round(part * width * 8), 8)
    return ("█" * whole + _EIGHTHS[eighth].strip()).ljust(width)
