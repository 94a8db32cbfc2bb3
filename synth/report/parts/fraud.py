"""Fraud: how much there is over time, and when it is reported.

Legend: ``_f`` a fraud row in the order of the labels, ``_e`` the rows of an episode in a week, ``_w`` a week.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from synth.arrays import Float, Int64
from synth.report import charts
from synth.report.dress import DASHES, PERCENT
from synth.report.figures import Column, Figure, Part, duration
from synth.report.gathered import Gathered
from synth.timeline import US_PER_S
from synth.wording import counted

_DAY_S = 86_400

#: Of the normal distribution, half of 5 % on either side.
_Z = 1.96

_MOST_BARS = 40


def prevalence(found: Gathered) -> Part:
    """How much fraud there is in each week."""
    title = "Fraud over time"
    fraud = found.stats["fraud"]
    if not fraud["rows"]:
        return Part("prevalence", title, ("There is no fraud in these rows.",))
    if "time" not in found.stats:
        return Part("prevalence", title, ("The view shows no times.",))
    every = found.stats["time"]["weeks"]
    low_w, high_w = _limits(found)
    short = np.median([week["rows"] for week in every if week["rows"]]) / 2
    weeks = [
        {**week, "low": low, "high": high, "drawn": week["fraud_share"] if week["rows"] >= short else None}
        for week, low, high in zip(every, low_w.tolist(), high_w.tolist(), strict=True)
        if week["rows"]
    ]
    columns = (
        Column("from", "week from", "time"),
        Column("rows", "payments", "count"),
        Column("fraud_rows", "of them fraud", "count"),
        Column("fraud_share", "share", "share"),
        Column("low", "by chance from", "share"),
        Column("high", "to", "share"),
    )
    titles = {"from": "week from Monday", "drawn": "share of the payments"}
    draw = partial(charts.lines, x="from", ys=["drawn"], titles=titles, form=PERCENT, between=("low", "high"))
    figures = [Figure("prevalence", "Fraud, of each week's payments", columns, weeks, draw, size="full")]
    return Part("prevalence", title, (_LIMITS, _CUT), [*figures, *_weeks(found)])


_CUT = (
    "The first and the last week may be cut by the window; where less than half of a usual week is left, none is drawn."
)
_LIMITS = (
    "A bar through a week's point is where its share may lie by chance: 95 % limits if episodes come independently of "
    "each other. Weeks whose bars overlap need not differ."
)


def _limits(found: Gathered) -> tuple[Float, Float]:
    """(w,) within what each week's share of fraud may lie by chance, at 95 %.

    Limits of Byar for a Poisson count (Breslow and Day 1987, p. 69), of episodes weighted by their rows in the week
    (Dobson, Kuulasmaa, Eberle and Scherer 1991), since the rows of an episode come together.
    """
    weeks = found.stats["time"]["weeks"]
    rows_w = np.array([max(1, week["rows"]) for week in weeks])
    if found.fraud is None:
        return np.zeros(len(weeks)), np.ones(len(weeks))
    week_f = _week_of(found, found.fraud.time_us_f)
    episode_f = np.arange(len(week_f)) if found.episode_f is None else found.episode_f
    (week_e, _), count_e = np.unique(np.stack([week_f, episode_f]), axis=1, return_counts=True)
    sum_w = np.bincount(week_e, weights=count_e, minlength=len(weeks))
    square_w = np.bincount(week_e, weights=count_e * count_e, minlength=len(weeks))
    size_w = np.where(sum_w > 0, square_w / np.maximum(sum_w, 1), square_w.sum() / max(1, sum_w.sum()))
    low_w, high_w = _byar(sum_w / size_w)
    return low_w * size_w / rows_w, np.minimum(1, high_w * size_w / rows_w)


def _byar(count_w: Float) -> tuple[Float, Float]:
    """(w,) 95 % limits of the mean of Poisson counts."""
    some_w, more_w = np.maximum(count_w, 1), count_w + 1
    low_w = some_w * (1 - 1 / (9 * some_w) - _Z / (3 * np.sqrt(some_w))) ** 3
    high_w: Float = more_w * (1 - 1 / (9 * more_w) + _Z / (3 * np.sqrt(more_w))) ** 3
    return np.where(count_w > 0, low_w, 0.0), high_w


def _week_of(found: Gathered, time_us: Int64) -> Int64:
    """(f,) the number of the week in which a time lies."""
    first = np.datetime64(found.stats["time"]["weeks"][0]["from"], "D").astype(np.int64)
    week_f: Int64 = (time_us // (_DAY_S * US_PER_S) - first) // 7
    return week_f


def _weeks(found: Gathered) -> Iterator[Figure]:
    """Fraud rows of each scenario by week."""
    if found.fraud is None:
        return
    names = found.subject.labels.scenarios
    weeks = [week["from"] for week in found.stats["time"]["weeks"]]
    week_f = _week_of(found, found.fraud.time_us_f)
    table: list[dict[str, Any]] = [{"from": week} for week in weeks]
    for number in range(len(names)):
        counts = np.bincount(week_f[found.subject.labels.scenario_f == number], minlength=len(weeks))
        for row, count in zip(table, counts, strict=True):
            row[f"s{number}"] = int(count)
    columns = [Column("from", "week from", "time")]
    columns += [Column(f"s{number}", name, "count") for number, name in enumerate(names)]
    title, one = "Fraud payments a week", "fraud payments"
    totals = np.bincount(found.subject.labels.scenario_f, minlength=len(names))
    drawn = [f"s{number}" for number in sorted(np.argsort(-totals, kind="stable")[: len(DASHES)].tolist())]
    if len(drawn) < len(names):
        title += f", of the {len(drawn)} scenarios with the most of {len(names)}"
    titles = {"from": "week from Monday", "value": one, **{column.name: column.title for column in columns[1:]}}
    if len(names) == 1:
        title, titles["s0"] = f"{title}, all of {names[0]}", one
    draw = partial(charts.lines, x="from", ys=drawn, titles=titles)
    yield Figure("scenarios_by_week", title, columns, table, draw, size="full")


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
    return Part(
        "reports", title, notes, [Figure("delays", "When fraud becomes known", columns, rows, draw, size="full")]
    )


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
