"""Two sets of rows side by side: two runs, or a run and a file of other people."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from synth.report import charts
from synth.report.dress import PERCENT
from synth.report.figures import Column, Figure, Kind, Part, told
from synth.report.gathered import Gathered
from synth.report.parts.episodes import GUESS, typical_episode
from synth.report.parts.rows import DAYS, MOST_VALUES, SHAPE_TITLE, shape_rows

_HERE, _OTHER = "here", "other"
_TITLES = {_HERE: "these", _OTHER: "the others"}

#: What is compared: title, path in the figures of ``synth stats``, how it is told.
_COMPARED: tuple[tuple[str, str, Kind], ...] = (
    ("payments", "rows.found", "count"),
    ("window", "window.seconds", "duration"),
    ("payments a day", "time.rows_per_day.mean.found", "number"),
    ("fraud payments", "fraud.rows", "count"),
    ("fraud, of the payments", "fraud.share_of_rows", "share"),
    ("fraud, of the value", "fraud.share_of_value", "share"),
    *(
        (f"{name} amount, {quantile}", f"amounts.{name}.{quantile}", "money")
        for name in ("genuine", "fraud")
        for quantile in ("mean", "p5", "p50", "p95", "p99")
    ),
    ("cards or customers in use", "cards.active.found", "count"),
    ("payments of one a day, median", "cards.rows_per_day.p50", "number"),
    ("payments of the busiest tenth", "cards.busiest.10%", "share"),
    ("time between genuine payments of one, median", "cards.gap_s.genuine.p50", "duration"),
    ("shops in use", "merchants.active.found", "count"),
    ("payments at the largest tenth of the shops", "merchants.largest.10%", "share"),
    ("bought where bought before", "loyalty.repeat_share.found", "share"),
)


def comparison(found: Gathered, other: Gathered) -> Part:
    """What differs, figure by figure, and in the shapes of amounts and days."""
    rows, lacking = [], []
    for title, path, kind in _COMPARED:
        values = [_at(each.stats, path) for each in (found, other)]
        if all(value is None for value in values):
            lacking.append(title)
        else:
            rows.append({"what": title, **dict(zip(_TITLES, (told(v, kind) for v in values), strict=True))})
    notes = [f"These are {found.subject.name}; the others are {other.subject.name}. Shares are of genuine payments."]
    if lacking:
        notes.append(f"Neither shows: {', '.join(lacking)}.")
    columns = (Column("what", ""), *(Column(name, title) for name, title in _TITLES.items()))
    figures = [Figure("compared", "Figure by figure", columns, rows, size="full")]
    figures += [*_shapes(found, other), *_values(found, other)]
    figures += typical_episode(found, "compared_episode_here", _TITLES[_HERE])
    figures += typical_episode(other, "compared_episode_other", _TITLES[_OTHER])
    notes += [GUESS] if found.subject.guessed or other.subject.guessed else []
    return Part("comparison", "Beside other rows", notes, figures)


def _at(stats: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None where there is none."""
    value: Any = stats
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _shapes(found: Gathered, other: Gathered) -> Iterator[Figure]:
    """Amounts, hours and weekdays, where both show them."""
    if found.shape is not None and other.shape is not None:
        for name in ("genuine", "fraud"):
            shapes = {_HERE: found.shape[name], _OTHER: other.shape[name]}
            if not all(map(sum, shapes.values())):
                continue
            columns = (Column("from", "from", "money"), Column("to", "to, not included", "money"), *_sides())
            draw = partial(
                charts.lines, x="low", ys=[*_TITLES], titles={"low": SHAPE_TITLE} | _TITLES, form=PERCENT, step=True
            )
            title = f"Amounts of {name} payments"
            yield Figure(f"compared_{name}_amounts", title, columns, shape_rows(shapes), draw, size="full")
    if "time" in found.stats and "time" in other.stats:
        for key, name, places in (("hours", "hour", range(24)), ("weekdays", "weekday", DAYS)):
            sides = ([share["found"] for share in each.stats["time"][key]] for each in (found, other))
            shares = [{name: place, _HERE: a, _OTHER: b} for place, a, b in zip(places, *sides, strict=True)]
            titles = {name: "", "value": "share of the payments"} | _TITLES
            draw = partial(charts.bars, x=name, y=_HERE, ticks=_OTHER, titles=titles, form=PERCENT)
            yield Figure(f"compared_{key}", name.capitalize(), (Column(name, name), *_sides()), shares, draw)


def _values(found: Gathered, other: Gathered) -> Iterator[Figure]:
    """Columns of few values that both show."""
    for column in found.stats["shares"]:
        if column not in other.stats["shares"]:
            continue
        sides = [each.stats["shares"][column] for each in (found, other)]
        values = _most_frequent(sides)
        rows = [
            {"value": value, **{name: _genuine(side, value) for name, side in zip(_TITLES, sides, strict=True)}}
            for value in values[:MOST_VALUES]
        ]
        if len(values) > 1:
            draw = partial(charts.pairs, x="value", ys=[*_TITLES], titles={"value": ""} | _TITLES, form=PERCENT)
            more = f", the {MOST_VALUES} most frequent of {len(values)}" if len(values) > MOST_VALUES else ""
            columns = (Column("value", column), *_sides())
            yield Figure(f"compared_column_{column}", f"{column}{more}", columns, rows, draw, height=80)


def _most_frequent(sides: Sequence[Mapping[str, Any]]) -> list[str]:
    """The values of both sides, the most frequent ones first."""
    counts: Counter[str] = sum((Counter({v: each["rows"] for v, each in side.items()}) for side in sides), Counter())
    return [value for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _genuine(side: Mapping[str, Any], value: str) -> float:
    return float(side[value]["genuine"]["found"] or 0) if value in side else 0.0


def _sides() -> Sequence[Column]:
    return tuple(Column(name, title, "share") for name, title in _TITLES.items())
