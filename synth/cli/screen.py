"""The screen that an answer is laid out for: its width, the characters that it has, and tables that fit."""

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby

Row = Sequence[str]

#: Between two columns.
_GAP = 2

#: Of a cell that stands below its row's first one.
_INDENT = 4

#: What stands for a character on a terminal that has only ASCII.
_TO_ASCII = str.maketrans(
    {"†": "+", "→": "->", "…": "...", "·": ".", "●": "o", "‰": "per mille", "—": "-", "²": "2", "≥": ">=", "≤": "<="}
    | dict.fromkeys("▌▋▊▉█", "#")
    | dict.fromkeys("▏▎▍", " ")
)


def screen_width() -> int | None:
    """Columns of the terminal, or of an exported ``COLUMNS``; None in a pipe or a file, where a line stays one line."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return max(1, shutil.get_terminal_size().columns)
    return None


def error_width() -> int | None:
    """Columns of the terminal that errors go to; None where they go elsewhere, where a line stays one line."""
    with suppress(OSError, ValueError, AttributeError):  # closed, or an object of the program's own
        if sys.stderr.isatty():
            return int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(sys.stderr.fileno()).columns or None
    return None


def hung(text: str, width: int | None) -> str:
    """Lines that fit into a width: what goes on below stands indented, so that each is seen to be one."""
    return "\n".join(part for line in text.splitlines() for part in wrap(line, width, _INDENT))


def is_ascii(stream: object) -> bool:
    """Whether a stream shows ASCII alone: by its encoding or, on a terminal, by the locale, which Python overrides."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        "†●".encode(encoding)
    except UnicodeEncodeError:
        return True
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return locale in ("C", "POSIX") and bool(getattr(stream, "isatty", bool)())


def drawn(text: str, stream: object = None) -> str:
    """A text in the characters that a stream has, which is the standard output where none is given."""
    return text.translate(_TO_ASCII) if not text.isascii() and is_ascii(stream or sys.stdout) else text


def columns_of(text: str) -> int:
    """How many columns a text takes: characters of East Asia two, what is put on others none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, width: int | None, hang: int = 0) -> list[str]:
    """The lines of a text, broken between words; a word that is wider stands on a line of its own.

    Args:
        hang: how far the second line and those below it are indented, beside the text's own indentation.
    """
    if width is None or columns_of(text) <= width:
        return [text]
    line = " " * (len(text) - len(text.lstrip()))
    more = line + " " * hang
    lines = []
    for word in _words(text):
        longer = f"{line} {word}" if line.strip() else line + word
        if columns_of(longer) > width and line.strip():
            lines.append(line)
            longer = more + word
        line = longer
    return [*lines, line]


def _words(text: str) -> list[str]:
    """What is never broken: what several spaces join is one word, for they may stand within a quoted text."""
    return re.split(r"(?<! ) (?! )", text.strip())


def fill(text: str, width: int | None = None) -> str:
    """Paragraphs that fit the screen: lines that begin alike make one, and are filled anew where one is too long.

    Args:
        width: instead of the screen's.
    """
    width = width or screen_width()
    text = drawn(text)
    if width is None or all(columns_of(line) <= width for line in text.splitlines()):
        return text
    return "\n".join(line for part in _paragraphs(text) for line in wrap(part, width))


def _paragraphs(text: str) -> Iterator[str]:
    """Each on one line, with its indentation."""
    for indent, lines in groupby(
        text.splitlines(), lambda line: len(line) - len(line.lstrip()) if line.strip() else -1
    ):
        if indent < 0:
            yield from lines
        else:
            yield " " * indent + " ".join(line.strip() for line in lines)


def table(rows: Sequence[Row], *, right: Sequence[int] = (), head: bool = False, width: int | None = None) -> str:
    """Rows as aligned columns that fit the screen: cells are broken between words and go on below themselves.

    Where not even that fits, columns with a head are shown in several tables, each with the first column; other rows
    get a line for each cell.

    Args:
        right: columns of figures, flush right; only their heads are broken.
        head: whether the first row names the columns.
        width: instead of the screen's.
    """
    if not rows:
        return ""
    width = width or screen_width()
    rows = [[drawn(cell) for cell in row] for row in rows]
    if width is None:
        return "\n".join(_lay_out(rows, _widths(rows), right))
    parts = _split(rows, right, width) if head else [range(len(rows[0]))]
    cut = ((_flush(part, right), [[row[i] for i in part] for row in rows]) for part in parts)
    return "\n\n".join("\n".join(_fit(part, flush, width)) for flush, part in cut)


def command(name: str, line: str, *, names: Sequence[str]) -> str:
    """A command below a table, beside its own name, as a shell takes it.

    Where the screen is too narrow it goes on below itself, between two of its words and behind a backslash.

    Args:
        names: the first column of the table.
    """
    start, width = max(map(columns_of, [name, *names])) + _GAP, screen_width()
    lines = [""]
    for word in re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+", line):
        longer = f"{lines[-1]} {word}".lstrip()
        if width is None or not lines[-1] or start + columns_of(longer) + len(" \\") <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return name.ljust(start) + f" \\\n{' ' * start}".join(lines)


def _flush(part: Sequence[int], right: Sequence[int]) -> list[int]:
    return [place for place, column in enumerate(part) if column in right]


def room_beside(rows: Sequence[Row], *, most: int) -> int:
    """How wide an empty column of these rows may become."""
    width = screen_width()
    return most if width is None else max(0, min(most, width - _total(_widths(rows))))


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(map(columns_of, column)) for column in zip(*rows, strict=True)]


def _least_widths(rows: Sequence[Row], right: Sequence[int]) -> list[int]:
    """Of each column, that of its widest word; a figure is one word, its head is not."""
    columns = list(zip(*rows, strict=True))
    return [
        max([_least(column[0], 0), *map(columns_of, column[1:])])
        if place in right
        else max(_least(cell, _GAP * (place == 0)) for cell in column)
        for place, column in enumerate(columns)
    ]


def _least(cell: str, hang: int) -> int:
    """What a cell takes when each of its words stands on a line of its own."""
    indent = len(cell) - len(cell.lstrip())
    first, *others = _words(cell)
    return indent + max([columns_of(first), *(columns_of(word) + hang for word in others)])


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _split(rows: Sequence[Row], right: Sequence[int], width: int) -> list[list[int]]:
    """The columns of each table, the first one in all of them; about as many in each."""
    least = _least_widths(rows, right)
    parts: list[list[int]] = [[0]]
    for column in range(1, len(least)):
        if len(parts[-1]) > 1 and _total([least[i] for i in [*parts[-1], column]]) > width:
            parts.append([0])
        parts[-1].append(column)
    size = -(-(len(least) - 1) // len(parts))
    even = [[0, *range(1, len(least))[at : at + size]] for at in range(0, len(least) - 1, size)] if size else parts
    return even if all(_total([least[i] for i in part]) <= width for part in even) else parts


def _fit(rows: Sequence[Row], right: Sequence[int], width: int) -> list[str]:
    """The text of each row, of one line or several."""
    natural, least = _widths(rows), _least_widths(rows, right)
    if _total(natural) <= width:
        return _lay_out(rows, natural, right)
    if _total(least) > width:
        return _fit_most(rows, right, width)
    most = max(cap for cap in range(width + 1) if _total(_capped(natural, least, cap)) <= width)
    return _lay_out(rows, _capped(natural, least, most), right)


def _fit_most(rows: Sequence[Row], right: Sequence[int], width: int) -> list[str]:
    """Rows whose last cells have words that fit beside the other columns in no way: those stand below their rows."""
    room = width - _total(_least_widths([[*row[:-1], ""] for row in rows], right))
    fits = [_least(row[-1], 0) <= room for row in rows]
    if not any(fits) or len(rows[0]) - 1 in right:
        return ["\n".join(_stack(row, width)) for row in rows]
    lines = _fit([row if fit else [*row[:-1], ""] for row, fit in zip(rows, fits, strict=True)], right, width)
    below = [[] if fit else wrap(" " * _INDENT + row[-1], width) for row, fit in zip(rows, fits, strict=True)]
    return ["\n".join([line, *more]) for line, more in zip(lines, below, strict=True)]


def _capped(natural: Sequence[int], least: Sequence[int], cap: int) -> list[int]:
    return [max(low, min(full, cap)) for full, low in zip(natural, least, strict=True)]


def _stack(row: Row, width: int) -> Iterator[str]:
    """A row whose cells stand below each other."""
    first, *others = row
    yield from wrap(first, width, _GAP)
    for cell in others:
        if cell:
            yield from wrap(" " * _INDENT + cell.strip(), width)


def _lay_out(rows: Sequence[Row], widths: Sequence[int], right: Sequence[int]) -> list[str]:
    texts = []
    for row in rows:
        cells = [wrap(cell, width, _GAP * (j == 0)) for j, (cell, width) in enumerate(zip(row, widths, strict=True))]
        lines = [
            (" " * _GAP).join(
                _padded(cell[at] if at < len(cell) else "", width, flush_right=column in right)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            for at in range(max(map(len, cells)))
        ]
        texts.append("\n".join(line.rstrip() for line in lines))
    return texts


def _padded(cell: str, width: int, *, flush_right: bool) -> str:
    room = " " * (width - columns_of(cell))
    return room + cell if flush_right else cell + room
