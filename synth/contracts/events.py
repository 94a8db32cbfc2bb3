"""Events as generators and patterns exchange them: arrays of their columns.

Legend: ``_t`` an event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from synth.arrays import Float, Int64, Mask, Values
from synth.rng import draw_distinct
from synth.tables.column import Column
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Keys:
    """When and on which card events happen; no (time, card) pair twice, sorted by (time, card).

    Attributes:
        time_us_t: (t,) int64 microseconds since 1970-01-01 UTC, whole seconds.
        card_t: (t,) int64 index into the population's cards.
    """

    time_us_t: Int64
    card_t: Int64

    @classmethod
    def uniform(cls, rows: int, start_s: int, end_s: int, cards: int, *, rng: "np.random.Generator") -> "Keys":
        """A sample without replacement of the (second, card) pairs of [start_s, end_s) and all cards."""
        code_t = draw_distinct(rows, (end_s - start_s) * cards, rng=rng)
        second_t = code_t // cards
        return cls((second_t + start_s) * US_PER_S, code_t - second_t * cards)


OwnColumns = Mapping[str, Values]
"""Values of a generator's own columns by name: whole numbers, floats (NaN: empty), or for a text the index of its
category (-1: empty)."""


@dataclass(frozen=True)
class Events(Keys):
    """The genuine events of a block.

    Attributes:
        amount_minor_t: (t,) int64 minor units.
        own: (t,) values of each of the generator's own columns.
    """

    amount_minor_t: Int64
    own: OwnColumns = field(default_factory=dict)

    def take(self, rows: Mask | Int64) -> "Events":
        """The events of a mask or an index, in that order."""
        own = {name: values[rows] for name, values in self.own.items()}
        return Events(self.time_us_t[rows], self.card_t[rows], self.amount_minor_t[rows], own)

    def joined(self, other: "Events") -> "Events":
        """These events, then the other ones."""
        return Events(
            np.concatenate([self.time_us_t, other.time_us_t]),
            np.concatenate([self.card_t, other.card_t]),
            np.concatenate([self.amount_minor_t, other.amount_minor_t]),
            {name: np.concatenate([values, other.own[name]]) for name, values in self.own.items()},
        )


#: A value that a pattern leaves to the generator: a whole number or a category; of a double that is NaN.
OPEN = -1


@dataclass(frozen=True, kw_only=True)
class IncompleteEvents(Events):
    """The fraud events of a run as patterns leave them, sorted by (episode, time).

    Attributes:
        amount_minor_t: ``OPEN`` where it is left to the generator, which says by ``prices_fraud`` that it takes it.
        own: (t,) values of the columns that a pattern sets, ``OPEN`` where another one, or none, does.
        episode_t: (t,) int64 the episode, from 0, over all scenarios: one thief each.
        times_t: (t,) float64 multiple of what is usual that an open amount comes to.
        refused_t: (t,) float64 chance that the issuer refuses, beside what it refuses of honest payments.
    """

    episode_t: Int64
    times_t: Float
    refused_t: Float

    def __len__(self) -> int:
        return len(self.card_t)

    def take(self, rows: Mask | Int64) -> "IncompleteEvents":
        """The events of a mask or an index, in that order."""
        arrays = {name: values[rows] for name, values in vars(self).items() if name != "own"}
        return IncompleteEvents(**arrays, own={name: values[rows] for name, values in self.own.items()})

    def wanted(self, column: str) -> Int64:
        """(t,) what patterns set in a column of whole numbers or categories: ``OPEN`` where none does."""
        return self.own.get(column, np.full(len(self), OPEN))

    def completed(self, own: OwnColumns, amount_minor_t: Int64 | None = None) -> Events:
        """The events with values for all columns, of which those that patterns set stand.

        Args:
            own: (t,) values of the generator's own columns.
            amount_minor_t: (t,) int64 for the open amounts; None where there are none.
        """
        amount_t = self.amount_minor_t
        if amount_minor_t is not None:
            amount_t = np.where(amount_t == OPEN, amount_minor_t, amount_t)
        columns = {
            name: _filled(self.own[name], values) if name in self.own else values for name, values in own.items()
        }
        return Events(self.time_us_t, self.card_t, amount_t, columns)


def _filled(set_t: Values, drawn_t: Values) -> Values:
    """(t,) what is set, and where that is open what was drawn."""
    open_t = np.isnan(set_t) if set_t.dtype.kind == "f" else set_t == OPEN
    filled_t: Values = np.where(open_t, drawn_t, set_t)
    return filled_t


def could_be_fraud(columns: Iterable[Column], events: Events) -> Mask:
    """(t,) the events that do not say what a column of the generator declares of no fraud (``Column.never_fraud``)."""
    could_t = np.ones(len(events.card_t), dtype=bool)
    for column in columns:
        for category in column.never_fraud:
            could_t &= events.own[column.name] != column.categories.index(category)
    return could_t
