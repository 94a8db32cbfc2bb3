"""Checks of the truth: labels against rows, episodes against labels, and every scenario against its own rules."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask, Values
from synth.check.verify.recipe import RecipeParts
from synth.check.verify.rows import Check, ReadRows, RowCheck, int64_of
from synth.contracts.context import PlanContext
from synth.contracts.events import OPEN
from synth.contracts.injector import BEFORE, FraudEvents, Pattern
from synth.wording import counted

Columns = Mapping[str, pa.Array]
"""Event column → values."""


@dataclass
class FraudRows:
    """What is known of the rows that the labels name.

    Attributes:
        shown: the event columns that are known of each row.
    """

    shown: Collection[str]
    _kept: list[dict[str, pa.Array]] = field(default_factory=list)
    _minor: list[Int64] = field(default_factory=list)

    def take(self, rows: ReadRows) -> None:
        """Keeps what is needed later."""
        index = pa.array(rows.fraud)
        self._kept.append({name: rows.columns[name].take(index) for name in self.shown})
        if rows.priced:
            self._minor.append(rows.minor[rows.fraud])

    def hidden(self, *names: str) -> str:
        """Why a check that needs these columns cannot be made; empty when it can.

        Args:
            names: of event columns; ``amount`` stands for its minor units, too.
        """
        known = {*self.shown, *(("amount",) if "amount_minor" in self.shown else ())}
        absent = [name for name in names if name not in known]
        return f"the view shows no {' and no '.join(absent)}" if absent else ""

    def column(self, name: str) -> pa.Array:
        """(f,) values of an event column that is known."""
        parts = [part[name] for part in self._kept]
        return pa.concat_arrays(parts) if parts else pa.nulls(0)

    @property
    def times(self) -> Int64:
        """(f,) microseconds since 1970-01-01 UTC."""
        return int64_of(self.column("time"))

    @property
    def amounts(self) -> Int64:
        """(f,) minor units."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._minor])


class Labelled(RowCheck):
    """A label names a row by its position, and by its id where the view shows ids."""

    name, needs = "labels", ()

    def __init__(self, labels: Columns, rows: int) -> None:
        super().__init__()
        self.labels, self.seen = labels, 0
        ids = np.asarray(labels["event_id"])
        if (np.diff(ids) <= 0).any():
            self.problem = (
                f"label {int(np.argmax(np.diff(ids) <= 0)) + 1:,} is not of a later event than the one before"
            )
        elif len(ids) and (ids[0] < 0 or ids[-1] >= rows):
            self.problem = f"there is no event {ids[0] if ids[0] < 0 else ids[-1]}"

    def see(self, rows: ReadRows) -> None:
        """Compares the ids."""
        here = slice(self.seen, self.seen + len(rows.fraud))
        self.seen = here.stop
        if "tid" in rows.columns and "tid" in self.labels:
            wrong = differing(rows.columns["tid"].take(pa.array(rows.fraud)), self.labels["tid"][here])
            if wrong.size:
                row = rows.first + rows.fraud[wrong[0]]
                self.problem = f"the label of row {row:,} has another id than the row"

    def finish(self) -> str:
        """How many."""
        joined = "position and id" if "tid" in self.labels else "position"
        return f"{self.seen:,} labels name their rows by {joined}"


class FraudLabels(RowCheck):
    """``fraud_label`` is 1 where there is a label, else 0."""

    name, needs = "fraud_label", ("fraud_label",)

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def see(self, rows: ReadRows) -> None:
        """Compares with the labels."""
        values = np.asarray(rows.columns["fraud_label"])
        expected = np.zeros(rows.count, dtype=np.int8)
        expected[rows.fraud] = 1
        wrong = np.flatnonzero(values != expected)
        if wrong.size:
            row, has = int(wrong[0]), "a" if expected[wrong[0]] else "no"
            self.problem = f"row {rows.first + row:,} has fraud_label {values[row]} and {has} label"
        self.count += len(rows.fraud)

    def finish(self) -> str:
        """How many."""
        return f"1 on the {self.count:,} rows that have a label, 0 elsewhere"


class ShownTruth(RowCheck):
    """A truth column in the transactions repeats the labels, and is null on genuine rows."""

    def __init__(self, source: str, labels: Columns) -> None:
        super().__init__()
        self.name, self.needs = f"{source} of rows", (source,)
        self.source, self.label, self.seen = source, labels[source], 0

    def see(self, rows: ReadRows) -> None:
        """Compares with the labels."""
        values = rows.columns[self.source]
        here = slice(self.seen, self.seen + len(rows.fraud))
        self.seen = here.stop
        wrong = rows.fraud[differing(values.take(pa.array(rows.fraud)), self.label[here])]
        genuine = np.ones(rows.count, dtype=bool)
        genuine[rows.fraud] = False
        wrong = np.union1d(wrong, np.flatnonzero(genuine & _bools(values.is_valid())))
        if wrong.size:
            row = int(wrong[0])
            self.problem = f"row {rows.first + row:,} has {self.source} {values[row]}, its label says otherwise"

    def finish(self) -> str:
        """How many."""
        return f"as the {self.seen:,} labels say, null elsewhere"


def _bools(values: pa.Array) -> Mask:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)


def differing(these: pa.Array, those: pa.Array) -> Int64:
    """(d,) positions at which two columns differ; a null differs from every value."""
    if len(these) != len(those):
        return np.arange(min(len(these), len(those)), max(len(these), len(those)))
    if pa.types.is_string(these.type) != pa.types.is_string(those.type):  # a text is no number and no time
        return np.arange(len(these))
    return np.flatnonzero(~_bools(pc.fill_null(pc.equal(these, those), False)))


def check_episodes(
    labels: Columns,
    episodes: Columns,
    fraud: FraudRows,
    claiming: Collection[str],
    came_f: Mask,
) -> Iterator[Check]:
    """Episodes against the labels and the rows that they name.

    Args:
        claiming: scenarios that claim genuine rows: which of their episodes find any is not known in advance, so that
            their ids have gaps.
        came_f: (f,) bool: labels whose rows are there; an episode that lost one is not compared with its rows.
    """
    label_f = np.asarray(labels["episode_id"].fill_null(-1))
    id_e = np.asarray(episodes["episode_id"])
    count = len(id_e)
    planned = count - int(np.isin(episodes["scenario"].to_pylist(), list(claiming)).sum())
    wrong = np.flatnonzero(id_e[:planned] != np.arange(planned))
    wrong = np.concatenate([wrong, planned + np.flatnonzero(np.diff(id_e[planned:], prepend=planned - 1) <= 0)])
    episode_f = np.minimum(np.searchsorted(id_e, label_f), max(count - 1, 0))
    events_e = np.asarray(episodes["events"])
    if wrong.size or not np.array_equal(id_e[episode_f] if count else [], label_f):
        message = f"episode {wrong[0]:,} is missing" if wrong.size else "a label names an episode that is not there"
        yield Check("episodes", False, message)
        for name in _PARTS:
            yield Check(f"episodes: {name}", None, "the episodes do not fit the labels")
        return
    scenario_f = episodes["scenario"].take(pa.array(episode_f))
    bad = np.flatnonzero(np.bincount(episode_f, minlength=count) != events_e)
    odd = differing(scenario_f, labels["scenario"])
    if bad.size:
        found = int(np.bincount(episode_f, minlength=count)[bad[0]])
        yield Check("episodes", False, f"episode {id_e[bad[0]]:,} has {found} labels, not {events_e[bad[0]]}")
    elif (np.diff(int64_of(episodes["first_time"])[:planned]) < 0).any():
        yield Check("episodes", False, "the ids are not in order of the first events")
    elif odd.size:
        yield Check("episodes", False, f"a label of episode {label_f[odd[0]]:,} has another scenario")
    else:
        yield Check("episodes", True, f"{count:,} episodes have the events and the scenario of their labels")
    halved_e = np.unique(episode_f[~came_f])
    without = f"; {counted(len(halved_e), 'episode')} that lost rows left out" if len(halved_e) else ""
    for name, (needed, message, find) in _PARTS.items():
        reason = fraud.hidden(needed)
        odd = np.empty(0, dtype=np.int64) if reason else find(episode_f[came_f], episodes, fraud)
        odd = np.setdiff1d(odd, halved_e)
        problem = f"episode {int(id_e[odd[0]]):,} has another {name} than its rows" if odd.size else ""
        yield Check(f"episodes: {name}", None if reason else not problem, reason or problem or message + without)


def _wrong_times(episode_f: Int64, episodes: Columns, fraud: FraudRows) -> Int64:
    first_e, last_e = (int64_of(episodes[name]) for name in ("first_time", "last_time"))
    found_first = np.full(len(first_e), np.iinfo(np.int64).max)
    found_last = np.full(len(first_e), np.iinfo(np.int64).min)
    np.minimum.at(found_first, episode_f, fraud.times)
    np.maximum.at(found_last, episode_f, fraud.times)
    return np.flatnonzero((found_first != first_e) | (found_last != last_e))


def _wrong_amounts(episode_f: Int64, episodes: Columns, fraud: FraudRows) -> Int64:
    found = np.zeros(len(episodes["amount_minor"]), dtype=np.int64)
    np.add.at(found, episode_f, fraud.amounts)
    return np.flatnonzero(found != np.asarray(episodes["amount_minor"]))


def _wrong_cards(episode_f: Int64, episodes: Columns, fraud: FraudRows) -> Int64:
    codes, number_f = fraud.column("card").dictionary_encode(), episodes["card_number"].take(pa.array(episode_f))
    card_f, cards = np.asarray(codes.indices, dtype=np.int64), len(codes.dictionary) + 1
    pair_p = np.unique(episode_f * cards + card_f) // cards
    several_e = np.bincount(pair_p, minlength=len(episodes["card_number"])) > 1
    wrong_e = several_e != _bools(episodes["card_number"].is_null())
    if "card_number" in fraud.shown:
        wrong_f = differing(number_f, fraud.column("card_number"))
    else:
        wrong_f = _crossed(card_f, number_f)
    return np.union1d(np.flatnonzero(wrong_e), episode_f[wrong_f[~several_e[episode_f[wrong_f]]]])


def _crossed(card_f: Int64, number_f: pa.Array) -> Int64:
    """The rows whose card has another number elsewhere, or whose number is another card's, too."""
    known = np.flatnonzero(~_bools(number_f.is_null()))
    named_f = np.asarray(number_f.take(pa.array(known)).dictionary_encode().indices, dtype=np.int64)
    pairs = np.unique(np.stack([card_f[known], named_f]), axis=1)
    twice = [side[:-1][np.diff(side) == 0] for side in map(np.sort, pairs)]
    return known[np.isin(card_f[known], twice[0]) | np.isin(named_f, twice[1])]


_PARTS: dict[str, tuple[str, str, Any]] = {
    "time": ("time", "first and last are those of their rows", _wrong_times),
    "card": ("card", "each is on the card of its rows, or on several", _wrong_cards),
    "amount": ("amount", "each is the sum over its rows", _wrong_amounts),
}


def check_scenario(name: str, parts: RecipeParts, context: PlanContext, labels: Columns, fraud: FraudRows) -> Check:
    """A scenario's episodes, as read back, against the rules of its pattern."""
    title, pattern = f"scenario {name}", parts.patterns[name]
    unruled = f"{type(pattern).__name__} has no check of its own" if type(pattern).check is Pattern.check else ""
    reason = fraud.hidden("time", "card", "amount") or unruled
    if reason:
        return Check(title, None, reason)
    mine = np.flatnonzero(_bools(pc.equal(labels["scenario"], name).fill_null(False)))
    index = pa.array(mine)
    roles = labels["role"].take(index).to_pylist()
    unknown = sorted({str(role) for role in roles} - set(pattern.roles))
    if unknown:
        return Check(title, False, f"role {unknown[0]!r} is not one of {', '.join(pattern.roles)}")
    _, episode_f = np.unique(np.asarray(labels["episode_id"].take(index)), return_inverse=True)
    cards = fraud.column("card").take(index).dictionary_encode()
    role_f = np.array([pattern.roles.index(role) for role in roles], dtype=np.int64)
    card_f = np.asarray(cards.indices, dtype=np.int64)
    own = _own_columns(parts, labels, fraud, index)
    events = FraudEvents(episode_f, fraud.times[mine], card_f, fraud.amounts[mine], role_f, own)
    events = events.take(np.lexsort((events.time_us_f, events.episode_f)))
    try:
        problem = next(iter(pattern.check(context, events)), "")
    except Exception as error:  # noqa: BLE001 — a pattern may come from a plugin
        problem = f"its check failed with {type(error).__name__}: {error}"
    episodes = int(episode_f.max(initial=-1)) + 1
    return Check(title, not problem, problem or f"{episodes:,} episodes of {len(mine):,} rows keep its rules")


def _own_columns(parts: RecipeParts, labels: Columns, fraud: FraudRows, index: pa.Array) -> dict[str, Values]:
    """What the view shows of the generator's own columns in some rows, and what claimed rows cost before."""
    own: dict[str, Values] = {BEFORE: labels[BEFORE].take(index).fill_null(OPEN).to_numpy()}
    for column in parts.generator.columns if parts.generator else ():
        if column.name not in fraud.shown or not (column.categories or column.arrow in ("int64", "int8", "double")):
            continue
        values = fraud.column(column.name).take(index)
        if column.categories:
            values = pc.index_in(values, pa.array(column.categories)).cast(pa.int64()).fill_null(OPEN)
        own[column.name] = values.to_numpy(zero_copy_only=False)
    return own
