"""The charts of a report, as Altair makes them; a fact is told by place and shape, never by colour alone.

Each takes the rows of a figure's table and says which columns it draws. Altair is imported where a chart is made.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
_FIRST, FRAUD, _INK, _MUTED, _GRID = (PALETTE[name][0] for name in ("first", "second", "ink", "muted", "grid"))

#: Series that look the same in every chart.
_KNOWN = {"genuine": _FIRST, "came": _FIRST, "payments": _FIRST, "fraud": FRAUD, "asked": _MUTED}
_KNOWN |= {"this episode": FRAUD}

#: The strokes and marks of series, in order, so that they differ without their colours.
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [10, 4])
_SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")

#: Columns of what is drawn of several columns of a table.
_AT, _SERIES_OF, _VALUE = "at", "series", "value"

_SMALL, _TEXT = 11, 12
_NARROW = 420

#: Points of a line that are marked each: a single one would not be seen.
_FEW = 12


def bars(
    rows: Rows, *, width: int, height: int, x: str, y: str, ticks: str = "", titles: Mapping[str, str], form: str = ""
) -> Any:
    """A bar for each row, in the order of the table; ``ticks`` is a column that stands beside it, as a line across."""
    import altair as alt

    order = [row[x] for row in rows]
    place = alt.X(x, type="ordinal", sort=order, title=titles[x], axis=_few_labels(order, width))
    data = _data(rows)
    value = alt.Y(y, type="quantitative", title=titles[y], axis=_axis(form))
    chart: Any = alt.Chart(data).mark_bar(color=_FIRST, opacity=0.85).encode(x=place, y=value)
    if ticks and any(row[ticks] is not None for row in rows):
        beside = alt.Y(ticks, type="quantitative", title=titles[y])
        colour = _KNOWN.get(titles.get(ticks, ""), _INK)
        line = alt.Chart(data).mark_tick(color=colour, thickness=3, opacity=1, size=_room(len(rows), width))
        chart += line.encode(place, beside)
    return _sized(chart, width, height)


def pairs(
    rows: Rows, *, width: int, height: int, x: str, ys: Sequence[str], titles: Mapping[str, str], form: str = ""
) -> Any:
    """Bars side by side, a series for each of some columns; the names stand on the left."""
    import altair as alt

    names = [titles[y] for y in ys]
    data = _data([{_AT: row[x], _SERIES_OF: titles[y], _VALUE: row[y]} for row in rows for y in ys])
    longest = max((len(str(row[x])) for row in rows), default=1)
    place = alt.Axis(labelLimit=min(int(width * 0.45), 10 + 8 * longest), title=titles[x], domain=False, ticks=False)
    chart = (
        alt.Chart(data)
        .mark_bar(opacity=0.85)
        .encode(
            y=alt.Y(_AT, type="nominal", sort=[row[x] for row in rows], axis=place),
            x=alt.X(_VALUE, type="quantitative", title=None, axis=_axis(form)),
            yOffset=alt.YOffset(_SERIES_OF, type="nominal", sort=names),
            color=_colours(names),
        )
    )
    return _sized(chart, width, max(height, 40 + 15 * len(rows) * len(ys)))


def lines(
    rows: Rows,
    *,
    width: int,
    height: int,
    x: str,
    ys: Sequence[str],
    titles: Mapping[str, str],
    form: str = "",
    marks: str = "",
    step: bool = False,
) -> Any:
    """A line for each of some columns over days or numbers; ``marks`` is a column of names of days to be marked."""
    import altair as alt

    names = [titles[y] for y in ys]
    values = [{_AT: row[x], _SERIES_OF: titles[y], _VALUE: row[y]} for row in rows for y in ys if row[y] is not None]
    timed = bool(rows) and isinstance(rows[0][x], str)
    axis = alt.Axis(title=titles[x], labelOverlap="greedy", labelFlush=False, tickCount=5 if width < _NARROW else 9)
    scale = alt.Undefined if timed else alt.Scale(type="log")
    place = alt.X(_AT, type="temporal" if timed else "quantitative", axis=axis, scale=scale)
    value = alt.Y(_VALUE, type="quantitative", title=None if len(ys) > 1 else names[0], axis=_axis(form))
    stroke = alt.StrokeDash(_SERIES_OF, type="nominal", sort=names, scale=_scale(names, _DASHES), legend=_legend(names))
    interpolate: Any = "step-after" if step else "linear"
    chart: Any = (
        alt.Chart(_data(values))
        .mark_line(interpolate=interpolate, strokeWidth=2, point=not step and len(rows) <= _FEW)
        .encode(x=place, y=value, color=_colours(names), strokeDash=stroke)
    )
    if days := [{_AT: row[x], _VALUE: row[ys[0]]} for row in rows if marks and row[marks]]:
        shown = alt.Chart(_data(days)).mark_point(color=_INK, filled=True, size=36, shape="diamond")
        chart += shown.encode(x=alt.X(_AT, type="temporal"), y=alt.Y(_VALUE, type="quantitative"))
    return _sized(chart, width, height)


def heat(rows: Rows, *, width: int, height: int, x: str, y: str, value: str, titles: Mapping[str, str]) -> Any:
    """A cell for each row, the fuller the greater its value."""
    import altair as alt

    columns = [*dict.fromkeys(row[x] for row in rows)]
    strength = alt.Opacity(
        value, type="quantitative", legend=None, scale=alt.Scale(range=[0.04, 1], domain=[0, _most(rows, value)])
    )
    chart = (
        alt.Chart(_data(rows))
        .mark_rect(color=_FIRST, stroke=None)
        .encode(
            x=alt.X(x, type="ordinal", sort=columns, title=titles[x], axis=_few_labels(columns, width)),
            y=alt.Y(y, type="ordinal", sort=[*dict.fromkeys(row[y] for row in rows)], title=None),
            opacity=strength,
        )
    )
    return _sized(chart, width, height)


def dots(
    rows: Rows,
    *,
    width: int,
    height: int,
    x: str,
    y: str,
    by: str,
    titles: Mapping[str, str],
    stems: bool = False,
    first: str = _FIRST,
) -> Any:
    """A mark for each row, whose shape and colour say what it is, ``first`` the first of them.

    Args:
        stems: whether lines lead down to the axis.
    """
    import altair as alt

    names = [*dict.fromkeys(row[by] for row in rows)]
    data = _data(rows)
    timed = bool(rows) and isinstance(rows[0][x], str)
    axis = alt.Axis(title=titles[x], labelOverlap="greedy", labelFlush=False, tickCount=4 if width < _NARROW else 8)
    place = alt.X(x, type="temporal" if timed else "quantitative", axis=axis)
    value = alt.Y(y, type="quantitative", title=titles[y], axis=_axis(""), scale=alt.Scale(zero=True))
    marks = alt.Shape(by, type="nominal", sort=names, scale=_scale(names, _SHAPES), legend=_legend(names))
    drawn = alt.Chart(data).mark_point(filled=True, size=55, opacity=0.85)
    chart: Any = drawn.encode(x=place, y=value, color=_colours(names, by, first), shape=marks)
    if stems:
        chart = alt.Chart(data).mark_rule(color=_MUTED).encode(x=place, y=value) + chart
    return _sized(chart, width, height)


def places(rows: Rows, *, width: int, height: int, x: str, y: str, size: str, titles: Mapping[str, str]) -> Any:
    """A disc for each place, as large as what is there."""
    import altair as alt

    across = alt.X(x, type="quantitative", title=titles[x], scale=alt.Scale(zero=False, padding=12), axis=_axis(""))
    up = alt.Y(y, type="quantitative", title=titles[y], scale=alt.Scale(zero=False, padding=12), axis=_axis(""))
    area = alt.Size(
        size,
        type="quantitative",
        scale=alt.Scale(range=[12, 420]),
        legend=alt.Legend(title=titles[size], orient="top", format=",.0f", values=_sizes(rows, size)),
    )
    drawn = alt.Chart(_data(rows)).mark_circle(color=_FIRST, opacity=0.55, stroke=_FIRST)
    return _sized(drawn.encode(x=across, y=up, size=area), width, height)


def _sizes(rows: Rows, size: str) -> list[float]:
    """What the legend of discs shows: the least, and the greatest."""
    return sorted({min(row[size] for row in rows), max(row[size] for row in rows)})


def _most(rows: Rows, value: str) -> float:
    return max((row[value] or 0 for row in rows), default=0) or 1


def _data(rows: Rows) -> Any:
    import altair as alt

    inline: Any = alt.InlineData
    return inline(values=[dict(row) for row in rows])


def _axis(form: str) -> "alt.Axis":
    import altair as alt

    return alt.Axis(format=form or alt.Undefined, tickCount=5)


def _few_labels(values: Sequence[Any], width: int) -> "alt.Axis":
    """An axis that names as many of the values as there is room for, all of them if that is so."""
    import altair as alt

    longest = max((len(str(value)) for value in values), default=1)
    every = -(-len(values) * (longest + 2) * 7 // max(1, width - 60)) or 1
    shown = [value for at, value in enumerate(values) if at % every == 0]
    return alt.Axis(values=shown, labelAngle=0, labelOverlap=False, domain=False, ticks=False)


def _room(rows: int, width: int) -> float:
    """How wide a tick over a bar is."""
    return max(4.0, 0.7 * (width - 60) / max(1, rows))


def _scale(names: Sequence[str], values: Sequence[Any]) -> "alt.Scale":
    import altair as alt

    return alt.Scale(domain=list(names), range=[values[at % len(values)] for at in range(len(names))])


def _legend(names: Sequence[str]) -> "alt.Legend | None":
    import altair as alt

    if len(names) < 2:
        return None
    return alt.Legend(title=None, orient="top", columns=2)


def _colours(names: Sequence[str], by: str = _SERIES_OF, first: str = _FIRST) -> "alt.Color":
    import altair as alt

    taken = {_KNOWN.get(name) for name in names}
    others = iter([colour for colour in (first, *_OTHERS) if colour not in taken] * len(names))
    used = [_KNOWN.get(name) or next(others) for name in names]
    return alt.Color(by, type="nominal", sort=list(names), scale=_scale(names, used), legend=_legend(names))


def _sized(chart: Any, width: int, height: int) -> Any:
    """The chart in the house's dress: all of it within some pixels, on whatever ground there is."""
    return (
        chart.properties(
            width=width, height=height, autosize={"type": "fit", "contains": "padding"}, background="transparent"
        )
        .configure(aria=False, font="system-ui, DejaVu Sans, sans-serif", padding=4)
        .configure_mark(tooltip=True)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_MUTED,
            titleColor=_INK,
            gridColor=_GRID,
            domainColor=_MUTED,
            tickColor=_MUTED,
            labelFontSize=_SMALL,
            titleFontSize=_TEXT,
            titleFontWeight="normal",
        )
        .configure_axisX(grid=False)
        .configure_legend(labelColor=_INK, titleColor=_INK, labelFontSize=_SMALL, titleFontSize=_SMALL, labelLimit=200)
    )
