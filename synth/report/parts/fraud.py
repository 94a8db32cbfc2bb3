"""Fraud: how much there is over time, one episode of each scenario in the life of its card, and when it is reported."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from synth.arrays import Int64
from synth.check.stats.rhythm import moment as iso_moment
from synth.check.stats.rows import AMOUNT, named
from synth.report import charts
from synth.report.figures import Column, Figure, Part, duration
from synth.report.gathered import Chosen, Gathered
from synth.timeline import US_PER_S
from synth.wording import counted

#: Rows of a card's life that are drawn; of more every so many.
_MOST_ROWS = 600

_UNITS_S = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))

#: Of a unit of time there are at least so many in an episode that is told in it.
_ENOUGH = 3

_DAY_S = 86_400
_MOST_BARS = 40


def prevalence(found: Gathered) -> Part:
    """How much fraud there is in each week."""
    title = "Fraud over time"
    fraud = found.stats["fraud"]
    if not fraud["rows"]:
        return Part("prevalence", title, ("There is no fraud in these rows.",))
    if "time" not in found.stats:
        return Part("prevalence", title, ("The view shows no times.",))
    weeks = [week for week in found.stats["time"]["weeks"] if week["rows"]]
    columns = (
        Column("from", "week from", "time"),
        Column("rows", "payments", "count"),
        Column("fraud_rows", "of them fraud", "count"),
        Column("fraud_share", "share", "share"),
    )
    titles = {"from": "", "fraud_share": "fraud, of the week's payments"}
    draw = partial(charts.lines, x="from", ys=["fraud_share"], titles=titles, form=".2%")
    figures = [Figure("prevalence", "Fraud, of each week's payments", columns, weeks, draw, wide=True)]
    return Part(
        "prevalence", title, ("The first and the last week may be cut by the window.",), [*figures, *_weeks(found)]
    )


def _weeks(found: Gathered) -> Iterator[Figure]:
    """Fraud rows of each scenario by week."""
    if found.fraud is None:
        return
    names = found.subject.labels.scenarios
    day_f = found.fraud.time_us_f // (_DAY_S * US_PER_S)
    weeks = [week["from"] for week in found.stats["time"]["weeks"]]
    week_f = (day_f - np.datetime64(weeks[0], "D").astype(np.int64)) // 7
    table: list[dict[str, Any]] = [{"from": week} for week in weeks]
    for number in range(len(names)):
        counts = np.bincount(week_f[found.subject.labels.scenario_f == number], minlength=len(weeks))
        for row, count in zip(table, counts, strict=True):
            row[f"s{number}"] = int(count)
    columns = [Column("from", "week from", "time")]
    columns += [Column(f"s{number}", name, "count") for number, name in enumerate(names)]
    titles = {"from": "", **{column.name: column.title for column in columns[1:]}}
    draw = partial(charts.lines, x="from", ys=[column.name for column in columns[1:]], titles=titles)
    yield Figure("scenarios_by_week", "Fraud payments a week", columns, table, draw, wide=True)


def episodes(found: Gathered) -> Iterator[Part]:
    """A part for each scenario that has an episode."""
    if found.stats["fraud"]["rows"] and not found.chosen:
        why = "No episode is drawn: nothing says which payments belong to one."
        yield Part("scenarios", "Scenarios", (why,))
    for number, chosen in enumerate(found.chosen):
        yield _episode(found, chosen, number)


def _episode(found: Gathered, chosen: Chosen, number: int) -> Part:
    title = f"Scenario {chosen.scenario}"
    name = f"scenario_{number}"
    scenario = found.stats["fraud"]["scenarios"].get(chosen.scenario, {})
    roles = ", ".join(f"{role}: {count:,}" for role, count in scenario.get("roles", {}).items())
    notes = [
        f"{counted(scenario['episodes']['found'], 'episode')} with {counted(scenario['rows']['found'], 'payment')} "
        f"({roles}). Shown is one of median length."
    ]
    priced = bool(named(AMOUNT, found.subject.shown))
    if found.fraud is None or not priced:
        lacking = "amounts" if found.fraud else "times"
        return Part(name, title, [*notes, f"The view shows no {lacking}: no episode can be drawn."])
    time_us, minor = found.fraud.time_us_f[chosen.fraud], found.fraud.minor_f[chosen.fraud]
    first_us = int(time_us[0])
    head = f"Episode {chosen.episode}: {_span(time_us)}"
    unit = _unit(int(time_us[-1]) - first_us)
    figures = [_stretch(f"{name}_episode", head, time_us, minor, chosen.roles, unit)]
    if found.lives is None or chosen.card is None:
        which = "the view shows no cards" if found.lives is None else "the episode names no card of its own"
        return Part(name, title, [*notes, f"No genuine payments of the card beside it: {which}."], figures)
    whose = found.lives.by.partition("_")[0]
    times, minors, fraud = found.lives.of(chosen.card)
    figures += [*_genuine(f"{name}_genuine", whose, times[fraud == 0], minors[fraud == 0], time_us)]
    if len(figures) == 1:
        notes.append(f"The {whose} has no genuine payment that could stand beside it.")
    figures.append(_life(f"{name}_life", whose, times, minors, fraud, time_us))
    return Part(name, title, notes, figures)


def _span(time_us: Int64) -> str:
    """How many payments there are, how long they take, and when they begin."""
    first, last = int(time_us[0]), int(time_us[-1])
    if first == last:
        return f"{counted(len(time_us), 'payment')} at {_moment(first)}"
    return f"{counted(len(time_us), 'payment')} in {duration((last - first) / US_PER_S)} from {_moment(first)}"


def _moment(us: int) -> str:
    """A time for people."""
    return iso_moment(us // US_PER_S).replace("T", " ").removesuffix("Z")


def _unit(length_us: int) -> tuple[str, int]:
    """The unit in which a length of time is drawn."""
    return next((each for each in _UNITS_S if length_us >= _ENOUGH * each[1] * US_PER_S), _UNITS_S[-1])


def _stretch(
    name: str, title: str, time_us: Int64, minor: Int64, roles: Sequence[str], unit: tuple[str, int]
) -> Figure:
    """Some payments in the time since the first of them."""
    rows = [
        {
            "after": round((int(time) - int(time_us[0])) / US_PER_S / unit[1], 4),
            "time": _moment(int(time)),
            "amount": int(amount) / 100,
            "role": role,
        }
        for time, amount, role in zip(time_us, minor, roles, strict=True)
    ]
    columns = (
        Column("time", "time (UTC)", "time"),
        Column("after", f"{unit[0]} after the first", "number"),
        Column("amount", "amount", "money"),
        Column("role", "what it is"),
    )
    titles = {"after": f"{unit[0]} after the first payment", "amount": "amount"}
    draw = partial(charts.dots, x="after", y="amount", by="role", titles=titles, stems=True, first=charts.FRAUD)
    return Figure(name, title, columns, rows, draw)


def previewed(episode: Mapping[str, Any], number: int) -> Figure:
    """An episode of ``synth preview``."""
    events = episode["events"]
    first_us = int(np.datetime64(events[0]["time"], "us").astype(np.int64))
    time_us = np.array([first_us + int(event["after_s"]) * US_PER_S for event in events], dtype=np.int64)
    minor = np.array([round(float(event["amount"]) * 100) for event in events], dtype=np.int64)
    length = int(time_us[-1]) - first_us
    title = f"{episode['scenario']}: {counted(len(events), 'payment')} in {duration(length / US_PER_S)}"
    return _stretch(f"preview_{number}", title, time_us, minor, [event["role"] for event in events], _unit(length))


def _genuine(name: str, whose: str, time_us: Int64, minor: Int64, fraud_us: Int64) -> Iterator[Figure]:
    """As many genuine payments of a card, the last ones before the episode, or the first ones after it."""
    before = int(np.searchsorted(time_us, fraud_us[0]))
    last = max(before, min(len(fraud_us), len(time_us)))
    chosen = slice(max(0, last - len(fraud_us)), last)
    times = time_us[chosen]
    if not len(times):
        return
    title, unit = f"Genuine, the same {whose}: {_span(times)}", _unit(int(times[-1]) - int(times[0]))
    yield _stretch(name, title, times, minor[chosen], ["genuine"] * len(times), unit)


def _life(name: str, whose: str, time_us: Int64, minor: Int64, fraud: Int64, episode_us: Int64) -> Figure:
    """All payments of a card, thinned where they are many; the episode's are all there."""
    mine = np.isin(time_us, episode_us) & (fraud == 1)
    every = max(1, -(-len(time_us) // _MOST_ROWS))
    kept = np.flatnonzero(mine | (np.arange(len(time_us)) % every == 0))
    kinds = ("genuine", "other fraud", "this episode")
    rows = [
        {
            "time": _moment(int(time_us[at])),
            "amount": int(minor[at]) / 100,
            "kind": kinds[2 if mine[at] else int(fraud[at])],
        }
        for at in kept
    ]
    columns = (Column("time", "time (UTC)", "time"), Column("amount", "amount", "money"), Column("kind", "what it is"))
    draw = partial(charts.dots, x="time", y="amount", by="kind", titles={"time": "", "amount": "amount"})
    thinned = f", one of {every} shown" if every > 1 else ""
    return Figure(
        name, f"The life of the {whose}: {counted(len(time_us), 'payment')}{thinned}", columns, rows, draw, wide=True
    )


def reports(found: Gathered) -> Part:
    """How long it takes until fraud is known."""
    title = "Delays of reports"
    known = _reported(found)
    if known is None or found.fraud is None:
        return Part("reports", title, ("Nothing says when fraud is reported: there is no table label_events.",))
    at_f, known_us = known
    delay_s = (known_us - found.fraud.time_us_f[at_f]) / US_PER_S
    total = len(found.subject.labels.event_f)
    notes = [f"{len(delay_s):,} of {counted(total, 'fraud payment')} become known."]
    if not len(delay_s):
        return Part("reports", title, notes)
    days = -(-int(delay_s.max() // _DAY_S + 1) // _MOST_BARS) if delay_s.max() > 0 else 1
    counts = np.bincount(np.maximum(0, delay_s // (days * _DAY_S)).astype(np.int64))
    so_far = np.cumsum(counts) / total
    rows: list[Mapping[str, Any]] = [
        {
            "days": str(days * at) if days == 1 else f"{days * at}-{days * (at + 1) - 1}",
            "rows": int(count),
            "known": known,
        }
        for at, (count, known) in enumerate(zip(counts, so_far.tolist(), strict=True))
    ]
    notes.append(f"Half of those within {duration(float(np.median(delay_s)))}.")
    columns = (
        Column("days", "days after the payment"),
        Column("rows", "become known", "count"),
        Column("known", "known by then, of all fraud", "share"),
    )
    titles = {"days": "days after the payment", "rows": "fraud payments"}
    draw = partial(charts.bars, x="days", y="rows", titles=titles)
    return Part("reports", title, notes, [Figure("delays", "When fraud becomes known", columns, rows, draw, wide=True)])


def _reported(found: Gathered) -> tuple[Int64, Int64] | None:
    """Which of the fraud rows become known, and when; None where nothing says so."""
    table = found.table("label_events", "event_id", "known_at")
    if table is None:
        return None
    if found.subject.dropped is not None:
        table = found.subject.dropped.without(table)
    event, known = (table[name] for name in ("event_id", "known_at"))
    event_f = found.subject.labels.event_f
    events = event.to_numpy(zero_copy_only=False).astype(np.int64)
    at = np.searchsorted(event_f, events)
    mine = (at < len(event_f)) & (np.append(event_f, -1)[at] == events)
    return at[mine], known.cast(pa.int64()).to_numpy(zero_copy_only=False)[mine].astype(np.int64)
