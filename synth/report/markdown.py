"""Writes a report as Markdown: the tables, without the charts."""

import re
from collections.abc import Iterator, Sequence

from synth.report.figures import Figure, Part, told

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&!])")

#: Rows of a table; the rest is in JSON.
_MOST_ROWS = 60


def write_markdown(title: str, parts: Sequence[Part]) -> str:
    """The text."""
    return "\n".join(_lines(title, parts)) + "\n"


def _lines(title: str, parts: Sequence[Part]) -> Iterator[str]:
    yield f"# {_plain(title)}"
    for part in parts:
        yield f"\n## {_plain(part.title)}"
        for note in part.notes:
            yield f"\n{_plain(note)}"
        for figure in part.figures:
            yield f"\n### {_plain(figure.title)}\n"
            yield from _table(figure)
        if part.document:
            yield "\n### The recipe\n"
            yield from (f"    {line}" for line in part.document.splitlines())


def _table(figure: Figure) -> Iterator[str]:
    if not figure.rows:
        yield "There is nothing to show."
        return
    yield _row([column.title for column in figure.columns])
    yield _row(["---" if column.kind in ("text", "time") else "---:" for column in figure.columns], plain=False)
    for row in figure.rows[:_MOST_ROWS]:
        yield _row([told(row.get(column.name), column.kind) for column in figure.columns])
    if len(figure.rows) > _MOST_ROWS:
        yield f"\n{len(figure.rows) - _MOST_ROWS:,} more rows are in the other formats."


def _row(cells: Sequence[str], *, plain: bool = True) -> str:
    return f"| {' | '.join(_plain(cell) if plain else cell for cell in cells)} |"


def _plain(text: str) -> str:
    """A text of one line that Markdown takes for nothing else."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
