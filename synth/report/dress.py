"""What charts have in common: colours, axes of numbers, names and time, legends, sizes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import altair as alt

Rows = Sequence[Mapping[str, Any]]

#: What is drawn → its colour on light and on dark ground; the first one is that of a chart outside of a page.
PALETTE = {
    "ink": ("#1d2329", "#e8ebee"),
    "muted": ("#55606b", "#a9b3bd"),
    "grid": ("#dde2e7", "#333c44"),
    "first": ("#1f6fb2", "#74b6ec"),
    "second": ("#b3261e", "#ff9a90"),
    "third": ("#6b4ea0", "#c3a9f0"),
    "fourth": ("#2f7d4f", "#7fd0a0"),
}

_OTHERS = tuple(PALETTE[name][0] for name in ("third", "fourth", "muted", "ink"))
FIRST, FRAUD, INK, MUTED, _GRID = (PALETTE[name][0] for name in ("first", "second", "ink", "muted", "grid"))

#: Series that look the same in every chart.
_KNOWN = {"genuine": FIRST, "came": FIRST, "payments": FIRST, "fraud": FRAUD, "expected": MUTED}
_KNOWN |= {"this episode": FRAUD}

#: The strokes and marks of series, in order, so that they differ without their colours.
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [10, 4])
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")

#: Shares, with as many digits as the ticks need.
PERCENT = "~%"

_SMALL, _TEXT = 11, 12
_NARROW = 420

#: Pixels of a line of a legend.
_LEGEND_LINE = 20

#: Days that get a tick of their own each where there is room; of more, ticks are where days or months begin.
_FEW_TIMES = 60

#: Days beyond which ticks are months, and below which they are hours.
_MONTHS, _DAYS = 100, 2


def data(rows: Rows) -> Any:
    """Rows as they stand in a chart."""
    import altair as alt

    inline: Any = alt.InlineData
    return inline(values=[dict(row) for row in rows])


def number_axis(form: str = "", title: Any = None, *, ticks: int = 5) -> "alt.Axis":
    """An axis of numbers, whose labels keep apart."""
    import altair as alt

    return alt.Axis(
        format=form or alt.Undefined,
        title=alt.Undefined if title is None else title,
        tickCount=ticks,
        labelOverlap="greedy",
        labelSeparation=8,
        labelFlush=False,
    )


def ticks_within(width: int) -> int:
    """How many ticks an axis across has room for."""
    return 5 if width < _NARROW else 8


def instant(text: str) -> str:
    """A day or a second for people, as charts take it: in UTC, wherever it is drawn."""
    return text.replace(" ", "T") + "Z" if " " in text else f"{text}T00:00:00Z"


def time_axis(texts: Sequence[str], title: str, width: int) -> "alt.Axis":
    """An axis of days or seconds: ticks at the chart's own days where these are few, and the years in its title."""
    import altair as alt

    first, *_, last = sorted([*texts, *texts])
    years = first[:4] if first[:4] == last[:4] else f"{first[:4]} to {last[:4]}"
    own = [*dict.fromkeys(texts)]
    span = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days
    form = "%-d %b"
    if len(own) <= _FEW_TIMES and " " not in first:
        ticks = own
    elif span > _MONTHS:
        ticks = _starts(first, last, "M")
        form = "%b" if years == first[:4] else "%b %Y"
    else:
        ticks = _starts(first, last, "D")
    if span < _DAYS:
        ticks, form = [], "%-d %b %H:%M"
    every = -(-len(ticks) // (ticks_within(width) + 1)) or 1
    return alt.Axis(
        title=f"{title}, {years}" if title else years,
        format=form,
        values=[instant(text) for text in ticks[::every]] or alt.Undefined,
        tickCount=ticks_within(width),
        labelOverlap="greedy",
        labelSeparation=6,
        labelFlush=False,
    )


def _starts(first: str, last: str, unit: Literal["D", "M"]) -> list[str]:
    """The days between two times at which a day, or a month, begins."""
    begins, ends = (np.datetime64(text.partition(" ")[0], unit) for text in (first, last))
    days = np.arange(begins, ends + 1).astype("datetime64[D]").astype(str).tolist()
    return [day for day in days if first <= day <= last]


def name_axis(values: Sequence[Any], width: int) -> "alt.Axis":
    """An axis that names as many of the values as there is room for, all of them if that is so."""
    import altair as alt

    longest = max((len(str(value)) for value in values), default=1)
    every = -(-len(values) * (longest + 2) * 7 // max(1, width - 60)) or 1
    shown = [value for at, value in enumerate(values) if at % every == 0]
    return alt.Axis(values=shown, labelAngle=0, labelOverlap=False, domain=False, ticks=False)


def scale(names: Sequence[str], values: Sequence[Any]) -> "alt.Scale":
    """Names, each with a value, from the first again where there are too few."""
    import altair as alt

    return alt.Scale(domain=list(names), range=[values[at % len(values)] for at in range(len(names))])


def legend(names: Sequence[str], width: int, **more: Any) -> "alt.Legend | None":
    """A legend above the chart where there is more than one name, in as many columns as there is room for."""
    import altair as alt

    if len(names) < 2:
        return None
    return alt.Legend(title=None, orient="top", columns=_legend_columns(names, width), columnPadding=16, **more)


def _legend_columns(names: Sequence[str], width: int) -> int:
    longest = min(max(map(len, names)), 30)
    return max(1, min(len(names), (width - 60) // (7 * longest + 40)))


def beside_legend(names: Sequence[str], width: int, height: int) -> int:
    """A height in which a chart has as much room below a legend of many lines as below one of a single line."""
    return height + _LEGEND_LINE * (-(-len(names) // _legend_columns(names, width)) - 1) if names else height


def colours(names: Sequence[str], first: str = FIRST) -> list[str]:
    """A colour for each name: its own where it has one, else ``first`` and then the others."""
    taken = {_KNOWN.get(name) for name in names}
    others = iter([colour for colour in (first, *_OTHERS) if colour not in taken] * len(names))
    return [_KNOWN.get(name) or next(others) for name in names]


def sized(chart: Any, width: int, height: int) -> Any:
    """The chart in the house's dress: all of it within some pixels, on whatever ground there is."""
    return (
        chart.properties(
            width=width, height=height, autosize={"type": "fit", "contains": "padding"}, background="transparent"
        )
        .configure(aria=False, font="system-ui, DejaVu Sans, sans-serif", padding=4)
        .configure_mark(tooltip=True)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED,
            titleColor=INK,
            gridColor=_GRID,
            domainColor=MUTED,
            tickColor=MUTED,
            labelFontSize=_SMALL,
            titleFontSize=_TEXT,
            titleFontWeight="normal",
        )
        .configure_axisX(grid=False)
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=_SMALL, titleFontSize=_SMALL, labelLimit=200)
    )
