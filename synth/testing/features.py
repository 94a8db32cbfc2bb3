"""The features that a detector can look at, one at a time: each row's bin, and the column that it comes from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from synth.arrays import Int64, Mask
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.people import LOOKUP_KEYS
from synth.tables.table import Field, Table
from synth.timeline import US_PER_S

#: Features that a pattern may declare as its signal; its own columns come on top. Ids, order and nulls never may.
DECLARABLE = ("amount", "cents", "time", "hour", "weekday", "minute", "second", "card", "repeats")

_BINS = 20
_MOST_TEXTS = 40


@dataclass(frozen=True)
class Feature:
    """One look at every row.

    Attributes:
        name: e.g. ``hour``.
        topic: the check that it belongs to.
        column: where it comes from.
        exempt: it is no leak where ``expected_signal`` names one of these.
        code_t: (t,) int64 bin of each row, from 0.
        label: a bin in words.
    """

    name: str
    topic: str
    column: str
    exempt: tuple[str, ...]
    code_t: Int64
    label: Callable[[int], str]


def features_of(frame: pd.DataFrame, table: Table, genuine: Mask) -> Iterator[Feature]:
    """Every feature of the transactions; quantiles are those of the genuine rows."""
    bins = _Bins(genuine)
    minor, second = _ints(frame.amount_minor), _ints(frame.time) // US_PER_S
    event = _ints(frame.event_id)
    rounds = np.asarray(np.sum([minor % step == 0 for step in (5, 10, 50, 100)], axis=0), dtype=np.int64)
    words = ("no multiple of 5", "a multiple of 5 only", "a multiple of 10", "a multiple of 50", "a multiple of 100")
    # Whoever comes at weekends only comes in some of the twentieths of the window more than in others.
    when = ("time", "weekday")
    yield bins.quantiles("amount", "amount", "amount_minor", ("amount",), minor)
    yield _modulo("cents", "amount", "amount_minor", ("cents",), minor, 100)
    yield Feature("round amount", "amount", "amount_minor", ("cents",), rounds, lambda b: words[b])
    yield replace(bins.quantiles("time", "time", "time", when, second), label=bins.dates(second))
    yield _modulo("hour", "time", "time", ("hour",), second // 3600, 24)
    yield _modulo("weekday", "time", "time", ("weekday",), second // 86_400 + 3, 7)
    yield _modulo("minute", "time", "time", ("minute",), second // 60, 60)
    yield _modulo("second", "time", "time", ("second",), second, 60)
    yield bins.quantiles("place in the run", "order", "event_id", when, event)
    yield _modulo("last digit of the id", "order", "event_id", (), event, 10)
    yield bins.quantiles("card", "card", "card_id", ("card",), _ints(frame.card_id))
    yield bins.texts("first digits", "card", "card_number", ("card",), frame.card_number.str[:2])
    yield bins.texts("first digit", "card", "tid", (), frame.tid.str[:1])
    for field in own_fields(table):
        observable = field.column.role == "observable"
        exempt = (field.name, *leading_to(field), *deciding(field)) if observable else (field.name,)
        yield from _own(field.name, exempt, exempt if observable else (), frame[field.name], event, bins)


def deciding(field: Field) -> tuple[str, ...]:
    """The features by which chance decides a column: where these are a signal, it shows."""
    given = field.column.given
    if given is None or not given.drawn:
        return ()
    return tuple("amount" if name == "amount_minor" else name for name in given.by)


def own_fields(table: Table) -> list[Field]:
    """The columns beyond the built-in ones that a detector can see."""
    return [f for f in table.fields if f.column.role in ("key", "observable") and f.column.name not in EVENT_COLUMNS]


def leading_to(field: Field) -> tuple[str, ...]:
    """What a column of an entity says nothing beyond: the card, or the generator's own column that names the entity."""
    table, dot, _ = field.column.name.partition(".")
    if not dot:
        return ()
    key = LOOKUP_KEYS[table]
    return ("card",) if key == "card_id" else (key,)


def repeated_of(frame: pd.DataFrame, table: Table) -> Iterator[Feature]:
    """What may repeat: amounts, times, cards, and amounts together with all further observable columns."""
    columns = {"amount_minor": frame.amount_minor, "time": frame.time, "card_id": frame.card_id}
    exempt = {"amount_minor": "amount", "time": "time", "card_id": "card"}
    own = [f.name for f in own_fields(table) if f.column.role == "observable" and not leading_to(f)]
    for name, values in columns.items():
        yield Feature("repeats", "repeats", name, ("repeats", exempt[name]), _codes(values), str)
    if own:
        alike = _ints(frame.groupby(["amount_minor", *own], dropna=False, sort=False).ngroup())
        named = "amount_minor and " + " and ".join(own)
        yield Feature("repeats", "repeats", named, ("repeats", "amount", *own), alike, str)


def _own(
    name: str, exempt: tuple[str, ...], nulls: tuple[str, ...], values: "pd.Series[Any]", event: Int64, bins: "_Bins"
) -> Iterator[Feature]:
    """A further column: nulls, values, lengths and beginnings of texts, and its order beside that of the events."""
    missing = values.isna().to_numpy()
    yield Feature("nulls", "own", name, nulls, np.asarray(missing, dtype=np.int64), lambda b: ("present", "missing")[b])
    text = not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values))
    filled = values.fillna("" if text else values.min())
    rank = pd.factorize(filled, sort=True)[0]
    if text:
        shown = filled.astype(str)
        yield bins.texts("value", "own", name, exempt, shown)
        yield bins.texts("length", "own", name, exempt, shown.str.len().astype(str))
        yield bins.texts("beginning", "own", name, exempt, shown.str[:3])
    if rank.max(initial=0) >= _MOST_TEXTS or not text:
        yield bins.quantiles("rank of the value", "own", name, exempt, rank)
    if rank.max(initial=0) > len(rank) // 2:
        yield bins.quantiles("order", "own", name, (), rank - event)


@dataclass(frozen=True)
class _Bins:
    """Bins that the genuine rows decide."""

    genuine: Mask

    def quantiles(self, name: str, topic: str, column: str, exempt: tuple[str, ...], values: Int64) -> Feature:
        """Twenty bins with as many genuine rows each, fewer where values repeat."""
        edges = np.unique(np.quantile(values[self.genuine], np.arange(1, _BINS) / _BINS))

        def label(bin_: int) -> str:
            low = f"from {edges[bin_ - 1]:,.0f}" if bin_ else ""
            high = f"below {edges[bin_]:,.0f}" if bin_ < len(edges) else ""
            return f"{low} {high}".strip() or "any"

        return Feature(
            name, topic, column, exempt, np.asarray(np.searchsorted(edges, values, side="right"), dtype=np.int64), label
        )

    def dates(self, second: Int64) -> Callable[[int], str]:
        """The labels of such bins where the values are times."""
        edges = np.unique(np.quantile(second[self.genuine], np.arange(1, _BINS) / _BINS)).astype("datetime64[s]")
        return lambda b: f"from {edges[b - 1]}" if b else f"before {edges[0]}"

    def texts(self, name: str, topic: str, column: str, exempt: tuple[str, ...], values: "pd.Series[str]") -> Feature:
        """A bin for each of the most frequent texts, and one for all others."""
        frequent = [*values[self.genuine].value_counts().index[:_MOST_TEXTS]]
        code_t = values.map({text: i for i, text in enumerate(frequent)}).fillna(len(frequent)).astype("int64")
        names = [*map(repr, frequent), "any other"]
        return Feature(name, topic, column, exempt, _ints(code_t), lambda b: names[b])


def _ints(values: "pd.Series[Any]") -> Int64:
    return np.asarray(values.astype("int64"), dtype=np.int64)


def _codes(values: "pd.Series[Any]") -> Int64:
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _modulo(name: str, topic: str, column: str, exempt: tuple[str, ...], values: Int64, modulus: int) -> Feature:
    return Feature(name, topic, column, exempt, values % modulus, str)
