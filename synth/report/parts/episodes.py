"""Each scenario by one episode: payment by payment, beside genuine payments, and in the life of its card."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from synth.arrays import Int64
from synth.check.stats.rhythm import moment as iso_moment
from synth.check.stats.rows import AMOUNT, named
from synth.report import charts
from synth.report.alike import MOST_EVENTS, Stretch
from synth.report.dress import FRAUD
from synth.report.figures import Column, Figure, Part, duration
from synth.report.gathered import Chosen, Gathered
from synth.timeline import US_PER_S
from synth.wording import counted

#: Rows of a card's life that are drawn; of more every so many.
_MOST_ROWS = 600

_UNITS_S = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))

#: Of a unit of time there are at least so many in an episode that is told in it.
_ENOUGH = 3

#: A look-alike that takes so many times as long has axes of its own, or the episode would be a spot on them.
_MUCH_LONGER = 4

_KINDS = ("genuine", "this episode", "other fraud")

GUESS = (
    "What belongs together is a guess: the files name no episodes. Payments of one card that their label calls fraud, "
    "with no genuine payment of the card between them, are taken for one."
)

_WHAT_IS_ALIKE = (
    "Most alike are those genuine payments in a row of one {whose}, of all there are, that come nearest to the episode "
    "in how long they take and in what they cost together."
)


@dataclass(frozen=True)
class _Axes:
    """The unit of time in which stretches are drawn, its seconds, and where axes end at least; none where each is
    as long as its stretch."""

    unit: str
    seconds: int
    tops: Mapping[str, float] | None = None

    @classmethod
    def of(cls, *stretches: Stretch) -> "_Axes":
        """Axes in the unit of the first of some stretches, long enough for all of them if there are several."""
        unit, seconds = next((each for each in _UNITS_S if _length_s(stretches[0]) >= _ENOUGH * each[1]), _UNITS_S[-1])
        if len(stretches) == 1 or min(int(each.minor.min()) for each in stretches) < 0:
            return cls(unit, seconds)
        after, amount = max(map(_length_s, stretches)) / seconds, max(int(each.minor.max()) for each in stretches) / 100
        return cls(unit, seconds, {"after": 1.03 * after, "amount": 1.05 * amount})


def episodes(found: Gathered) -> Iterator[Part]:
    """A part for each scenario that has an episode."""
    if found.stats["fraud"]["rows"] and not found.chosen:
        why = "No episode is drawn: nothing says which payments belong to one."
        yield Part("scenarios", "Scenarios", (why,))
    for number, chosen in enumerate(found.chosen):
        yield _episode(found, chosen, number)
    if 0 < len(found.chosen) < (all_of_them := len(found.subject.labels.scenarios)):
        why = f"Episodes are drawn of the {len(found.chosen)} scenarios with the most fraud of {all_of_them}."
        yield Part("scenarios", "Other scenarios", (why,))


def typical_episode(found: Gathered, name: str, whose: str) -> Iterator[Figure]:
    """The episode that stands for the scenario with the most fraud, if it can be drawn."""
    if found.fraud is None or not found.chosen or not named(AMOUNT, found.subject.shown):
        return
    rows_of = found.stats["fraud"]["scenarios"]
    chosen = max(found.chosen, key=lambda each: int(rows_of[each.scenario]["rows"]["found"]))
    mine = Stretch(found.fraud.time_us_f[chosen.fraud], found.fraud.minor_f[chosen.fraud])
    title = f"{chosen.scenario} of {whose}: {_span(mine)}"
    yield _stretch(name, title, mine, chosen.roles, _Axes.of(mine))


def _episode(found: Gathered, chosen: Chosen, number: int) -> Part:
    title, name = f"Scenario {chosen.scenario}", f"scenario_{number}"
    guessed = found.subject.guessed
    scenario = found.stats["fraud"]["scenarios"][chosen.scenario]
    roles = ", ".join(f"{role}: {count:,}" for role, count in scenario["roles"].items())
    count = f"{counted(scenario['episodes']['found'], 'episode')} with {counted(scenario['rows']['found'], 'payment')}"
    notes = [f"{count} ({roles})."] if found.subject.output else [f"{count}.", *([GUESS] if guessed else [])]
    if found.fraud is None or not named(AMOUNT, found.subject.shown):
        lacking = "amounts" if found.fraud else "times"
        return Part(name, title, [*notes, f"The view shows no {lacking}: no episode can be drawn."])
    mine = Stretch(found.fraud.time_us_f[chosen.fraud], found.fraud.minor_f[chosen.fraud])
    notes.append(f"Shown is one of median length, which begins at {_moment(int(mine.time_us[0]))} (UTC).")
    alike = found.alike[number]
    near = alike is not None and _length_s(alike) <= _MUCH_LONGER * _length_s(mine)
    axes = _Axes.of(mine, alike) if alike is not None and near else _Axes.of(mine)
    head = "One stretch" if guessed else f"Episode {chosen.episode}"
    figures = [_stretch(f"{name}_episode", f"{head}: {_span(mine)}", mine, chosen.roles, axes)]
    life: list[Figure] = []
    if found.lives is None or chosen.card is None:
        notes.append(
            f"No genuine payments of the card beside it: {_why_no_card(found, named=chosen.sought is not None)}."
        )
    else:
        whose = _whose(found)
        times, minors, fraud = found.lives.of(chosen.card)
        genuine = _before(Stretch(times[fraud == 0], minors[fraud == 0]), mine.time_us)
        if len(genuine.time_us):
            figures.append(_genuine(f"{name}_genuine", f"The same {whose}", genuine, _Axes.of(genuine)))
        else:
            notes.append(f"The {whose} has no genuine payment that could stand beside it.")
        life = [_life(f"{name}_life", whose, Stretch(times, minors), fraud, mine.time_us)]
    if alike is not None:
        figures.append(_genuine(f"{name}_alike", "The most alike", alike, axes if near else _Axes.of(alike)))
        notes.append(_WHAT_IS_ALIKE.format(whose=_whose(found)))
        if not near:
            notes.append("Even these take much longer, so that they have axes of their own.")
    elif len(mine.time_us) > MOST_EVENTS:
        notes.append(f"Of an episode of more than {MOST_EVENTS} payments no look-alike is sought.")
    size: Literal["third", "half"] = "third" if len(figures) == 3 else "half"
    return Part(name, title, notes, [*(replace(figure, size=size) for figure in figures), *life])


def _whose(found: Gathered) -> str:
    """What the view tells apart: cards, or customers where it shows no cards."""
    return found.by.partition("_")[0]


def _why_no_card(found: Gathered, *, named: bool) -> str:
    if not found.by:
        return "the view shows no cards"
    return f"nothing says which {_whose(found)} it is of" if named else "the episode names no card of its own"


def _length_s(stretch: Stretch) -> float:
    return (int(stretch.time_us[-1]) - int(stretch.time_us[0])) / US_PER_S


def _span(stretch: Stretch, kind: str = "payment") -> str:
    """How many payments there are, and how long they take."""
    length = _length_s(stretch)
    return counted(len(stretch.time_us), kind) + (f" in {duration(length)}" if length else "")


def _moment(us: int) -> str:
    """A time for people."""
    return iso_moment(us // US_PER_S).replace("T", " ").removesuffix("Z")


def _stretch(name: str, title: str, stretch: Stretch, roles: Sequence[str], axes: _Axes) -> Figure:
    """Some payments in the time since the first of them; a single one is better read than drawn."""
    first_us = int(stretch.time_us[0])
    rows = [
        {
            "after": round((int(time) - first_us) / US_PER_S / axes.seconds, 4),
            "time": _moment(int(time)),
            "amount": int(amount) / 100,
            "role": role,
        }
        for time, amount, role in zip(stretch.time_us, stretch.minor, roles, strict=True)
    ]
    columns = (
        Column("time", "time (UTC)", "time"),
        Column("after", f"{axes.unit} after the first", "number"),
        Column("amount", "amount", "money"),
        Column("role", "what it is"),
    )
    titles = {"after": f"{axes.unit} after the first payment", "amount": "amount"}
    draw = partial(
        charts.dots, x="after", y="amount", by="role", titles=titles, stems=True, first=FRAUD, tops=axes.tops
    )
    if len(rows) == 1:
        return Figure(name, title, [column for column in columns if column.name != "after"], rows)
    return Figure(name, title, columns, rows, draw)


def previewed(episode: Mapping[str, Any], number: int) -> Figure:
    """An episode of ``synth preview``."""
    events = episode["events"]
    first_us = int(np.datetime64(events[0]["time"], "us").astype(np.int64))
    stretch = Stretch(
        np.array([first_us + int(event["after_s"]) * US_PER_S for event in events], dtype=np.int64),
        np.array([round(float(event["amount"]) * 100) for event in events], dtype=np.int64),
    )
    roles = [event["role"] for event in events]
    return _stretch(f"preview_{number}", f"{episode['scenario']}: {_span(stretch)}", stretch, roles, _Axes.of(stretch))


def _before(genuine: Stretch, fraud_us: Int64) -> Stretch:
    """As many genuine payments of a card, the last ones before the episode, or the first ones after it."""
    before = int(np.searchsorted(genuine.time_us, fraud_us[0]))
    last = max(before, min(len(fraud_us), len(genuine.time_us)))
    chosen = slice(max(0, last - len(fraud_us)), last)
    return Stretch(genuine.time_us[chosen], genuine.minor[chosen])


def _genuine(name: str, head: str, stretch: Stretch, axes: _Axes) -> Figure:
    roles = ["genuine"] * len(stretch.time_us)
    return _stretch(name, f"{head}: {_span(stretch, 'genuine payment')}", stretch, roles, axes)


def _life(name: str, whose: str, all_t: Stretch, fraud_t: Int64, episode_us: Int64) -> Figure:
    """All payments of a card, thinned where they are many; the episode's are all there."""
    mine_t = np.isin(all_t.time_us, episode_us) & (fraud_t == 1)
    count = len(fraud_t)
    every = max(1, -(-count // _MOST_ROWS))
    kept = np.flatnonzero(mine_t | (np.arange(count) % every == 0))
    kind_t = np.where(mine_t, 1, np.where(fraud_t == 1, 2, 0))
    rows = [
        {
            "time": _moment(int(all_t.time_us[at])),
            "amount": int(all_t.minor[at]) / 100,
            "kind": _KINDS[kind_t[at]],
        }
        for at in kept
    ]
    columns = (Column("time", "time (UTC)", "time"), Column("amount", "amount", "money"), Column("kind", "what it is"))
    titles = {"time": "", "amount": "amount"}
    draw = partial(charts.dots, x="time", y="amount", by="kind", titles=titles, kinds=_KINDS, marked=_KINDS[1])
    thinned = f", one of {every} shown" if every > 1 else ""
    head = f"The life of the {whose}: {counted(count, 'payment')}{thinned}; a line is where the episode is"
    return Figure(name, head, columns, rows, draw, size="full")
