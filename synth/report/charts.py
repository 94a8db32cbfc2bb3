"""The charts of a report, as Altair makes them; a fact is told by place and shape, never by colour alone.

Each takes the rows of a figure's table and says which columns it draws. Altair is imported where a chart is made.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from synth.report.dress import (
    DASHES,
    FIRST,
    FRAUD,
    INK,
    MUTED,
    SHAPES,
    Rows,
    beside_legend,
    colours,
    data,
    instant,
    legend,
    name_axis,
    number_axis,
    scale,
    sized,
    ticks_within,
    time_axis,
)

#: Columns of what is drawn of several columns of a table.
_AT, _SERIES_OF, _VALUE = "at", "series", "value"

#: Points of a line that are marked each: a single one would not be seen.
_FEW = 31

#: A square, and a line across: what bars and the lines beside them are in a legend.
_BAR, _ACROSS = "M-1,-1L1,-1L1,1L-1,1Z", "M-1.4,-0.25L1.4,-0.25L1.4,0.25L-1.4,0.25Z"


def bars(
    rows: Rows, *, width: int, height: int, x: str, y: str, ticks: str = "", titles: Mapping[str, str], form: str = ""
) -> Any:
    """A bar for each row, in the order of the table.

    Args:
        ticks: a column that stands beside it, as a line across.
        titles: of the columns; that of a bar is its name in the legend, where there are ticks.
    """
    import altair as alt

    order = [row[x] for row in rows]
    place = alt.X(x, type="ordinal", sort=order, title=titles[x], axis=name_axis(order, width))
    shown = data(rows)
    beside = bool(ticks) and any(row[ticks] is not None for row in rows)
    what = titles.get("value", titles[y]) if beside else titles[y]
    value = alt.Y(y, type="quantitative", title=what, axis=number_axis(form))
    chart: Any = alt.Chart(shown).mark_bar(color=FIRST, opacity=0.85).encode(x=place, y=value)
    if beside:
        names = [titles[y], titles[ticks]]
        colour = FRAUD if titles[ticks] == "fraud" else INK
        mark = alt.Y(ticks, type="quantitative", title=what)
        line = alt.Chart(shown).mark_tick(color=colour, thickness=3, opacity=1, size=_room(len(rows), width))
        chart += line.encode(place, mark)
        key = [{x: order[0], y: rows[0][y], _SERIES_OF: name} for name in names]
        told = legend(names, width, symbolOpacity=1, symbolSize=80, symbolStrokeWidth=0)
        chart += (
            alt.Chart(data(key))
            .mark_point(filled=True, opacity=0, size=1)
            .encode(
                x=place,
                y=value,
                shape=alt.Shape(_SERIES_OF, type="nominal", scale=scale(names, [_BAR, _ACROSS]), legend=told),
                color=alt.Color(_SERIES_OF, type="nominal", scale=scale(names, [FIRST, colour]), legend=told),
            )
        )
    return sized(chart, width, height)


def pairs(
    rows: Rows, *, width: int, height: int, x: str, ys: Sequence[str], titles: Mapping[str, str], form: str = ""
) -> Any:
    """Bars side by side, a series for each of some columns; the names stand on the left."""
    import altair as alt

    names = [titles[y] for y in ys]
    longest = max((len(str(row[x])) for row in rows), default=1)
    place = alt.Axis(labelLimit=min(int(width * 0.45), 10 + 8 * longest), title=titles[x], domain=False, ticks=False)
    hues = alt.Color(_SERIES_OF, type="nominal", sort=names, scale=scale(names, colours(names)))
    chart = (
        alt.Chart(data([{_AT: row[x], _SERIES_OF: titles[y], _VALUE: row[y]} for row in rows for y in ys]))
        .mark_bar(opacity=0.85)
        .encode(
            y=alt.Y(_AT, type="nominal", sort=[row[x] for row in rows], axis=place),
            x=alt.X(_VALUE, type="quantitative", title=None, axis=number_axis(form)),
            yOffset=alt.YOffset(_SERIES_OF, type="nominal", sort=names),
            color=hues.legend(legend(names, width)),
        )
    )
    return sized(chart, width, max(height, 40 + 15 * len(rows) * len(ys)))


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
    between: tuple[str, str] | None = None,
    step: bool = False,
) -> Any:
    """A line for each of some columns over days or numbers.

    Args:
        marks: a column of names of days to be marked.
        between: columns that the value of a single series may lie between; drawn as a bar through its point.
        titles: of the columns, and as ``value`` of what several of them show.
    """
    import altair as alt

    names = [titles[y] for y in ys]
    timed = bool(rows) and isinstance(rows[0][x], str)

    def at(row: Mapping[str, Any]) -> Any:
        return instant(row[x]) if timed else row[x]

    values = [{_AT: at(row), _SERIES_OF: titles[y], _VALUE: row[y]} for row in rows for y in ys if row[y] is not None]
    shown = [row[x] for row in rows if any(row[y] is not None for y in ys)]
    place = _across(_AT, shown, titles[x], width, alt.Scale(type="utc" if timed else "log"))
    title = titles.get("value") if len(ys) > 1 else names[0]
    value = alt.Y(_VALUE, type="quantitative", title=title, axis=number_axis(form))
    told = legend(names, width, symbolType="stroke", symbolSize=500, symbolStrokeWidth=2)
    stroke = alt.StrokeDash(_SERIES_OF, type="nominal", sort=names, scale=scale(names, DASHES), legend=told)
    hues = alt.Color(_SERIES_OF, type="nominal", sort=names, scale=scale(names, colours(names)), legend=told)
    interpolate: Any = "step-after" if step else "linear"
    line = alt.Chart(data(values)).mark_line(interpolate=interpolate, strokeWidth=2)
    chart: Any = line.encode(x=place, y=value, color=hues, strokeDash=stroke)
    if not step and len(rows) <= _FEW:
        chart += alt.Chart(data(values)).mark_point(filled=True, size=28).encode(x=place, y=value, color=hues)
    if between:
        low, high = between
        ranges = [{_AT: at(row), _VALUE: row[low], "high": row[high]} for row in rows if row[ys[0]] is not None]
        chart += alt.Chart(data(ranges)).mark_rule(color=MUTED).encode(x=place, y=value, y2="high")
    if days := [{_AT: at(row), _VALUE: row[ys[0]]} for row in rows if marks and row[marks]]:
        marked = alt.Chart(data(days)).mark_point(color=INK, filled=True, opacity=1, size=70, shape="diamond")
        chart += marked.encode(x=place, y=value)
    return sized(chart, width, beside_legend(names, width, height))


def heat(rows: Rows, *, width: int, height: int, x: str, y: str, value: str, titles: Mapping[str, str]) -> Any:
    """A cell for each row, the fuller the greater its value."""
    import altair as alt

    columns = [*dict.fromkeys(row[x] for row in rows)]
    most = max((row[value] or 0 for row in rows), default=0) or 1
    strength = alt.Opacity(value, type="quantitative", legend=None, scale=alt.Scale(range=[0.04, 1], domain=[0, most]))
    chart = (
        alt.Chart(data(rows))
        .mark_rect(color=FIRST, stroke=None)
        .encode(
            x=alt.X(x, type="ordinal", sort=columns, title=titles[x], axis=name_axis(columns, width)),
            y=alt.Y(y, type="ordinal", sort=[*dict.fromkeys(row[y] for row in rows)], title=None),
            opacity=strength,
        )
    )
    return sized(chart, width, height)


def dots(
    rows: Rows,
    *,
    width: int,
    height: int,
    x: str,
    y: str,
    by: str,
    titles: Mapping[str, str],
    kinds: Sequence[str] = (),
    tops: Mapping[str, float] | None = None,
    stems: bool = False,
    first: str = FIRST,
    marked: str = "",
) -> Any:
    """A mark for each row, whose shape and colour say what it is, ``first`` the first of them.

    Args:
        kinds: the order of what rows are; else that of the rows.
        tops: of columns, where their axes end at least.
        stems: whether lines lead down to the axis.
        marked: what is drawn above all else, with a line through the height of the chart.
    """
    import altair as alt

    there = [*dict.fromkeys(row[by] for row in rows)]
    names = [kind for kind in kinds or there if kind in there]
    timed = bool(rows) and isinstance(rows[0][x], str)
    shown = [{**row, x: instant(row[x])} if timed else row for row in rows]
    tops = tops or {}
    ends = {name: [0, tops[name]] if name in tops else alt.Undefined for name in (x, y)}
    span = alt.Scale(type="utc") if timed else alt.Scale(domain=ends[x], nice=x not in tops)
    place = _across(x, [row[x] for row in rows], titles[x], width, span)
    value = alt.Y(
        y, type="quantitative", title=titles[y], axis=number_axis(), scale=alt.Scale(zero=True, domain=ends[y])
    )
    told = legend(names, width)
    shapes = alt.Shape(by, type="nominal", sort=names, scale=scale(names, SHAPES), legend=told)
    hues = alt.Color(by, type="nominal", sort=names, scale=scale(names, colours(names, first)), legend=told)

    def points(chosen: Rows, size: int) -> Any:
        drawn = alt.Chart(data(chosen)).mark_point(filled=True, size=size, opacity=0.85)
        return drawn.encode(x=place, y=value, color=hues, shape=shapes)

    chart: Any = points([row for row in shown if row[by] != marked], 30 if marked else 55)
    if stems:
        chart = alt.Chart(data(shown)).mark_rule(color=MUTED).encode(x=place, y=value) + chart
    if mine := [row for row in shown if marked and row[by] == marked]:
        through = alt.Chart(data(mine)).mark_rule(color=FRAUD, opacity=0.5).encode(x=place)
        chart = through + chart + points(mine, 75)
    return sized(chart, width, beside_legend(names, width, height))


def places(rows: Rows, *, width: int, height: int, x: str, y: str, size: str, titles: Mapping[str, str]) -> Any:
    """A disc for each place, as large as what is there."""
    import altair as alt

    inner = alt.Scale(zero=False, padding=12)
    across = alt.X(x, type="quantitative", title=titles[x], scale=inner, axis=number_axis(ticks=ticks_within(width)))
    up = alt.Y(y, type="quantitative", title=titles[y], scale=inner, axis=number_axis())
    ends = sorted({min(row[size] for row in rows), max(row[size] for row in rows)})
    told = alt.Legend(title=titles[size], orient="top", format=",.0f", values=ends)
    area = alt.Size(size, type="quantitative", scale=alt.Scale(range=[12, 420]), legend=told)
    drawn = alt.Chart(data(rows)).mark_circle(color=FIRST, opacity=0.55, stroke=FIRST)
    return sized(drawn.encode(x=across, y=up, size=area), width, height)


def _across(name: str, values: Sequence[Any], title: str, width: int, span: Any) -> Any:
    """Where on the axis across a value stands: a time where values are texts, else a number."""
    import altair as alt

    if values and isinstance(values[0], str):
        return alt.X(name, type="temporal", scale=span, axis=time_axis(values, title, width))
    return alt.X(name, type="quantitative", scale=span, axis=number_axis(title=title, ticks=ticks_within(width)))


def _room(rows: int, width: int) -> float:
    """How wide a tick over a bar is."""
    return max(4.0, 0.7 * (width - 60) / max(1, rows))
