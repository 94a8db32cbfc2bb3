"""Amounts, the rhythm of days and hours, and what columns of few values say, genuine payments and fraud apart."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from synth.report import charts
from synth.report.dress import PERCENT
from synth.report.figures import Column, Figure, Part, told
from synth.report.gathered import Gathered
from synth.report.passes import EDGES

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_QUANTILES = ("count", "mean", "min", "p5", "p25", "p50", "p75", "p95", "p99", "max")

#: Values of a column that are shown, the most frequent ones.
MOST_VALUES = 20

#: What an expected median is.
_MEDIANS = (
    "The expected median of a category is that of a customer of average income in a shop of average prices; "
    "who shops there makes the one that came differ."
)

#: Where the first bin of amounts is drawn, whose lower end is nothing, in major units.
_LEAST = 0.07


def amounts(found: Gathered) -> Part:
    """How much is paid."""
    title = "Amounts"
    if found.shape is None or "amounts" not in found.stats:
        return Part("amounts", title, [_why(found, "amounts", "amounts")])
    law = found.stats["amounts"]
    columns = (
        Column("of", ""),
        *(
            Column(name, {"count": "payments"}.get(name, name), "count" if name == "count" else "money")
            for name in _QUANTILES
        ),
    )
    sides = {"genuine": law["genuine"], "fraud": law["fraud"], "recipe's law": law["recipe"]}
    rows = [{"of": name, **{q: side.get(q) for q in _QUANTILES}} for name, side in sides.items() if side]
    figures = [
        Figure(
            "amounts",
            "Amounts in major units, share of the payments in each range",
            _shape_columns(),
            shape_rows(found.shape),
            partial(charts.lines, x="low", ys=_classes(found), titles=_SHAPE_TITLES, form=PERCENT, step=True),
            height=260,
            size="full",
        ),
        Figure("amount_quantiles", "Mean and quantiles of the amounts", columns, rows, size="full"),
    ]
    medians = [*_medians(found)]
    notes = [_MEDIANS] if any(row["recipe"] is not None for figure in medians for row in figure.rows) else []
    return Part("amounts", title, notes, [*figures, *medians])


SHAPE_TITLE = "amount (each step to the right is a third more)"
_SHAPE_TITLES = {"low": SHAPE_TITLE, "genuine": "genuine", "fraud": "fraud"}


def _classes(found: Gathered) -> list[str]:
    """The classes that have a row."""
    return [name for name in ("genuine", "fraud") if sum((found.shape or {}).get(name, ()))]


def _shape_columns() -> Sequence[Column]:
    return (
        Column("from", "from", "money"),
        Column("to", "to, not included", "money"),
        Column("genuine", "genuine", "share"),
        Column("fraud", "fraud", "share"),
    )


def shape_rows(shape: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    """The bins from the first to the last that has a row, and an empty one that closes the line."""
    total = {name: sum(counts) for name, counts in shape.items()}
    used = [at for at in range(len(EDGES) - 1) if any(counts[at] for counts in shape.values())]
    places = range(used[0], min(used[-1] + 2, len(EDGES) - 1)) if used else range(0)
    return [
        {
            "low": max(_LEAST, EDGES[at] / 100),
            "from": EDGES[at] / 100,
            "to": EDGES[at + 1] / 100,
            **{name: counts[at] / total[name] if total[name] else None for name, counts in shape.items()},
        }
        for at in places
    ]


def _medians(found: Gathered) -> Iterator[Figure]:
    """The median amount of each category."""
    categories = found.stats.get("amounts_by_category") or {}
    rows = [
        {"category": name, "genuine": (law["genuine"] or {}).get("p50"), "recipe": (law["recipe"] or {}).get("p50")}
        for name, law in categories.items()
        if law["genuine"]
    ]
    if rows:
        titles = {"category": "", "genuine": "came", "recipe": "expected"}
        columns = (
            Column("category", "category"),
            Column("genuine", "came", "money"),
            Column("recipe", "expected", "money"),
        )
        ys = ["genuine", *(["recipe"] if any(row["recipe"] is not None for row in rows) else [])]
        draw = partial(charts.pairs, x="category", ys=ys, titles=titles)
        yield Figure("medians", "Median of the genuine amounts by category", columns, rows, draw)


def rhythm(found: Gathered) -> Part:
    """When people pay."""
    title = "Rhythm"
    if "time" not in found.stats:
        return Part("rhythm", title, [_why(found, "time", "times")])
    time, holidays = found.stats["time"], _holidays(found)
    days = [{**day, "holiday": "holiday" if day["day"] in holidays else ""} for day in time["days"]]
    columns = (
        Column("day", "day", "time"),
        Column("rows", "payments", "count"),
        Column("fraud_rows", "of them fraud", "count"),
        Column("recipe", "expected", "count"),
        Column("holiday", ""),
    )
    expected = ["recipe"] if any(day["recipe"] is not None for day in days) else []
    titles = {"day": "", "rows": "payments", "recipe": "expected"}
    draw = partial(charts.lines, x="day", ys=["rows", *expected], titles=titles, marks="holiday")
    figures = [Figure("days", "Payments a day", columns, days, draw, size="full")]
    notes = ["Times are UTC; shares are of the genuine payments."]
    if holidays:
        notes.append(f"Diamonds mark public holidays of the recipe's country, {len(holidays)} in the window.")
    else:
        notes.append("No public holidays are marked: there is no recipe that takes those of a country.")
    return Part("rhythm", title, notes, [*figures, *_clock(found, time)])


def _clock(found: Gathered, time: Mapping[str, Any]) -> Iterator[Figure]:
    """Hours, weekdays, both together, and months."""
    fraud = found.fraud.result()["hours"] if found.fraud else []
    total = sum(fraud)
    hours = [
        {"hour": hour, **share, "fraud": fraud[hour] / total if total else None}
        for hour, share in enumerate(time["hours"])
    ]
    yield _shares("hours", "Hour of the day", "hour", hours)
    if total:
        titles = {"hour": "", "found": "genuine", "fraud": "fraud", "value": "share of the payments"}
        columns = (Column("hour", "hour"), Column("found", "genuine", "share"), Column("fraud", "fraud", "share"))
        draw = partial(charts.bars, x="hour", y="found", ticks="fraud", titles=titles, form=PERCENT)
        yield Figure("fraud_hours", "Hour of the day, genuine payments and fraud", columns, hours, draw)
    weekdays = [{"weekday": name, **share} for name, share in zip(DAYS, time["weekdays"], strict=True)]
    yield _shares("weekdays", "Weekday", "weekday", weekdays)
    cells = [
        {"weekday": name, "hour": hour, "share": share}
        for name, day in zip(DAYS, time["hours_by_weekday"]["found"], strict=True)
        for hour, share in enumerate(day)
    ]
    columns = (Column("weekday", "weekday"), Column("hour", "hour"), Column("share", "share", "share"))
    draw = partial(charts.heat, x="hour", y="weekday", value="share", titles={"hour": "hour of the day"})
    most = told(max((cell["share"] or 0 for cell in cells), default=0), "share")
    yield Figure("week", f"The week, the fuller the more payments; the fullest hour has {most}", columns, cells, draw)
    months = [{"month": month["month"], **month["share"]} for month in time["months"]]
    if len(months) > 1:
        yield _shares("months", "Month", "month", months)


def _shares(name: str, title: str, x: str, rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Shares of the genuine payments, and what the recipe makes expect of them."""
    columns = (Column(x, x), Column("found", "came", "share"), Column("recipe", "expected", "share"))
    titles = {x: "", "found": "came", "recipe": "expected", "value": "share of the payments"}
    draw = partial(charts.bars, x=x, y="found", ticks="recipe", titles=titles, form=PERCENT)
    return Figure(name, title, columns, rows, draw)


def _holidays(found: Gathered) -> set[str]:
    """The public holidays of the recipe, as the manifest resolved them."""
    recipe = found.subject.output.manifest["recipe"] if found.subject.output else {}
    return {*recipe.get("resolved", {}).get("generator", {}).get("holidays", ())}


def uses(found: Gathered) -> Part:
    """Channels, declines, categories and all else that has few values."""
    title = "Channels, declines and other columns"
    figures = [_column(name, values) for name, values in found.stats["shares"].items() if len(values) > 1]
    alike = [name for name, values in found.stats["shares"].items() if len(values) == 1]
    notes = [f"One value in all rows: {', '.join(alike)}."] if alike else []
    known = {*found.stats["shares"]}
    notes += [
        f"{what}: the view shows no {column}."
        for column, what in (("channel", "Channels"), ("auth_result", "Declines"), ("category", "Categories"))
        if column not in known
    ]
    return Part("uses", title, notes, figures)


def _column(name: str, values: Mapping[str, Any]) -> Figure:
    """The shares of a column's values; of many the most frequent ones."""
    named = {value: each for value, each in values.items() if value != "null"}
    shown = named if len(named) > 1 else values
    most = sorted(shown, key=lambda value: -values[value]["rows"])[:MOST_VALUES]
    rows = [
        {
            "value": value,
            "rows": values[value]["rows"],
            "genuine": values[value]["genuine"]["found"],
            "recipe": values[value]["genuine"]["recipe"],
            "fraud": values[value]["fraud"]["found"],
        }
        for value in most
    ]
    columns = (
        Column("value", name),
        Column("rows", "payments", "count"),
        Column("genuine", "genuine", "share"),
        Column("recipe", "expected", "share"),
        Column("fraud", "fraud", "share"),
    )
    ys = ["genuine", *(["fraud"] if any(row["fraud"] is not None for row in rows) else [])]
    titles = {"value": "", "genuine": "genuine", "fraud": "fraud"}
    more = f", the {MOST_VALUES} most frequent of {len(shown)}" if len(shown) > MOST_VALUES else ""
    if len(shown) < len(values):
        more += f"; {told(values['null']['genuine']['found'], 'share')} of the genuine payments have none"
    draw = partial(charts.pairs, x="value", ys=ys, titles=titles, form=PERCENT)
    return Figure(f"column_{name}", f"{name}{more}", columns, rows, draw, height=80)


def _why(found: Gathered, section: str, what: str) -> str:
    """Why there is no such section."""
    prefix = f"{section}: "
    reason = next((line.removeprefix(prefix) for line in found.stats["left_out"] if line.startswith(prefix)), "")
    return f"No {what}: {reason or 'the view shows none'}."
