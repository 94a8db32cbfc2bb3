"""What a report is made of: parts of figures, each a table of plain values that every format tells and charts draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import altair as alt

#: How the values of a column are told to people.
Kind = Literal["text", "count", "number", "money", "share", "time", "duration"]

_UNITS_S = (("d", 86_400), ("h", 3_600), ("min", 60))

#: Shares below it get three digits, whatever their size.
_SMALL = 0.0995


@dataclass(frozen=True)
class Column:
    """A column of a figure's table."""

    name: str
    title: str
    kind: Kind = "text"


class Draw(Protocol):
    """Draws the rows of a figure into some pixels."""

    def __call__(self, rows: Sequence[Mapping[str, Any]], *, width: int, height: int) -> "alt.Chart | alt.LayerChart":
        """The chart; ``rows`` are those of the figure's table."""


@dataclass(frozen=True)
class Figure:
    """A table, and how it is drawn.

    Attributes:
        name: unique in a report; ``synth.plot`` gives the chart by it.
        title: what it shows.
        columns: of the table.
        rows: name of a column → value.
        draw: None for a table that is better read than drawn.
        height: of the chart, in pixels.
        size: how much of the page's width it takes.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    draw: Draw | None = None
    height: int = 220
    size: Literal["third", "half", "full"] = "half"

    def drawn(self, width: int) -> "alt.Chart | alt.LayerChart":
        """The chart, so many pixels wide; texts beyond ``LONGEST`` letters are cut in it, not in the table.

        Raises:
            ValueError: it has none.
        """
        if self.draw is None:
            raise ValueError(f"{self.name} is not drawn")
        rows = [{name: _cut(value) for name, value in row.items()} for row in self.rows]
        return self.draw(rows, width=width, height=self.height)


#: Letters of a text that a chart has room for.
LONGEST = 60


def _cut(value: Any) -> Any:
    return f"{value[: LONGEST - 1]}…" if isinstance(value, str) and len(value) > LONGEST else value


@dataclass(frozen=True)
class Part:
    """A part of a report.

    Attributes:
        name: unique in a report.
        title: its heading.
        notes: sentences, such as why something is not shown.
        figures: what it shows.
        document: a text of many lines, such as a recipe.
    """

    name: str
    title: str
    notes: Sequence[str] = ()
    figures: Sequence[Figure] = field(default_factory=tuple)
    document: str = ""


def told(value: Any, kind: Kind) -> str:
    """A value for people; nothing for None."""
    if value is None:
        return ""
    if kind in ("text", "time"):
        return str(value)
    number = float(value)
    if kind == "count":
        return f"{number:,.0f}"
    if kind == "money":
        return f"{number:,.2f}"
    if kind == "share":
        return f"{100 * number:.3g} %" if abs(number) < _SMALL else f"{100 * number:.1f} %"
    if kind == "duration":
        return duration(number)
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def duration(seconds: float) -> str:
    """A length of time in the largest unit that it fills, with three digits."""
    unit, size = next((each for each in _UNITS_S if seconds >= each[1]), ("s", 1))
    return f"{seconds / size:.3g} {unit}"
