"""The contract of a generator: the genuine events of one block, made alone."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.amount import AmountLaw
from synth.arrays import Int64, Mask, Values
from synth.contracts.entities import Entities
from synth.contracts.events import Events, IncompleteEvents, Keys, OwnColumns
from synth.contracts.expectations import Expectations
from synth.contracts.habits import Habits
from synth.contracts.overridable import overridable
from synth.contracts.population import NOBODY, Census, Population
from synth.errors import Problem
from synth.rng import Streams
from synth.tables.column import PLAIN_NAME, Column
from synth.tables.declared import EVENT_COLUMNS
from synth.timeline import US_PER_S, Timeline
from synth.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class World:
    """What a generator may know: who exists, when, and what things cost.

    Attributes:
        cards: number of cards.
        timeline: the window.
        amount: the run's amount law.
        block_rows: target rows of a block.
        census: how many customers and merchants there are, and of which kinds.
        population: everybody; None in ``problems``, and where there are only cards.
    """

    cards: int
    timeline: Timeline
    amount: AmountLaw
    block_rows: int
    census: Census = NOBODY
    population: Population | None = None


@dataclass(frozen=True)
class BlockPlan:
    """What a block needs to be made alone.

    Attributes:
        edge_s_b: (b + 1,) int64 seconds; block b is the slice [edge_s_b[b], edge_s_b[b + 1]).
        rows_b: (b,) int64 genuine rows of each block, exact.
        quota_bk: (b, k) int64 the amount law's quotas.
    """

    edge_s_b: Int64
    rows_b: Int64
    quota_bk: Int64


class Generator(ABC):
    """Genuine behaviour, vectorised over the block: NumPy arrays in, NumPy arrays out.

    Every draw comes from the given streams, indexed by block, so that any worker makes any block to the same bytes.
    ``rows`` and ``generate`` are the generator; the other methods have defaults.

    Attributes:
        columns: its own event columns, beside time, card and amount. Types: int64, int8, double,
            ``timestamp[us, tz=UTC]`` in whole seconds, and string with ``categories``, whose values are indices. Only a
            double (NaN) and a string (-1) can be empty.
        steps: those of its columns that say which step of a visit an event is. Added events walk as honest visits do,
            from the first step on, so that the step of a single one may say that a visit begins; ``synth.testing``
            takes no such difference for a leak.
        needs: choices that a recipe needs beside it, e.g. ``("population=retail_us",)``; ``synth.testing`` makes
            them.
        takes_amount: whether the run's amount law decides on anything that it makes. Where it does not, a recipe that
            chooses a law is refused.
        prices_fraud: whether ``complete`` finds the amounts that patterns leave open; if not, they are drawn by
            ``amounts``.
        fixed_prices: whether amounts are prices of its products, so that none fits that a pattern sets.
        libraries: packages beside numpy and pyarrow whose version can change what it makes.
        tells: what fraud patterns may ask of ``habits``: ``"habits"`` where it has any, and ``"shops"`` where these are
            ``ShopHabits``.
    """

    columns = overridable(tuple, list, default=(), wanted="a tuple of synth.Column")
    steps = overridable(tuple, list, default=(), wanted="a tuple of names such as ('event_type',)")
    needs = overridable(tuple, list, default=(), wanted="a tuple of choices such as ('population=retail_us',)")
    takes_amount = overridable(bool, default=True)
    prices_fraud = overridable(bool, default=False)
    fixed_prices = overridable(bool, default=False)
    libraries = overridable(tuple, list, default=(), wanted="a tuple of names of packages")
    tells = overridable(tuple, list, default=(), wanted='a tuple of "habits" and "shops"')

    @property
    def texts(self) -> Mapping[str, tuple[str, ...]]:
        """What its own text columns can say, by column."""
        return {column.name: column.categories for column in self.columns if column.categories}

    @abstractmethod
    def rows(self) -> int | None:
        """Genuine rows of the control world, where the config sets them; None: the plan counts them."""

    def expected_rows(self, world: World) -> int:
        """Rows to reckon with before there is a plan."""
        rows = self.rows()
        assert rows is not None, "a generator that leaves its rows to the plan says how many to expect"
        return rows

    def resolved(self, world: World) -> Mapping[str, Any]:
        """What a library says that decides its rows, as plain data: a part of the fingerprint. Here nothing."""
        return {}

    def amounts(self, plan: BlockPlan, *, world: World) -> AmountLaw:
        """What honest people spend: the law by which fraud patterns hide. Here the run's amount law."""
        return world.amount

    def habits(self, plan: BlockPlan, *, world: World, streams: Streams) -> Habits | None:
        """What fraud patterns may know of honest people. Here nothing: no time or card is better than another."""
        return None

    def problems(self, world: World) -> Iterator[Problem]:
        """Yields what only the whole world shows, with paths below the generator.

        Here: when the (second, card) pairs of the window are too few to draw from freely.
        """
        most, rows = world.cards * world.timeline.seconds // 2, self.expected_rows(world)
        if rows > most:
            pairs = f"{counted(world.cards, 'card')} x {counted(world.timeline.seconds, 'second')}"
            yield Problem(
                path="transactions",
                message=f"{rows:,} transactions do not fit: each card has at most one a second",
                allowed=(f"at most {most:,}, half of {pairs}",),
            )

    def plan(self, world: World, *, streams: Streams) -> BlockPlan:
        """Cuts the window into blocks with exact row counts: here equal slices, and as many rows as chance gives."""
        rows = self.expected_rows(world)
        edge_s_b = world.timeline.cut(-(-rows // world.block_rows))
        rows_b = streams.draw("rows").multinomial(rows, np.diff(edge_s_b) / world.timeline.seconds)
        return BlockPlan(edge_s_b, rows_b, world.amount.plan(rows_b, rng=streams.draw("amount quotas")))

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who: the keys of ``generate``, for those who can draw them more cheaply."""
        return self.generate(plan, block, world=world, streams=streams)

    @abstractmethod
    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """All genuine events of one block: ``plan.rows_b[block]`` of them, in its slice, sorted as ``Keys`` are."""

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """The fraud events of a run with all own columns, by the laws of honest ones: a difference would be a leak.

        What a pattern has set stays; what it leaves open is drawn given that, e.g. a shop on the web where the channel
        is online. An episode is one thief, who needs time from one place to the next.

        Args:
            fraud: sorted by (episode, time); ``fraud.completed`` puts the columns on it.
        """
        if self.columns:
            raise NotImplementedError("it has columns of its own, but no method complete() that fills them for fraud")
        return fraud.completed({})

    def decide_again(self, claimed: Events, *, world: World) -> OwnColumns:
        """The columns that follow from the amount, for genuine rows whose amount a pattern has changed.

        They are those that are declared so: ``Column.given`` names ``amount_minor``. Here nothing.

        Args:
            claimed: at the amount that they have now, with the own columns that they had before; at least one.
        """
        return {}

    def check(self, rows: "Mapping[str, pa.Array]", tables: "Mapping[str, Mapping[str, pa.Array]]") -> Iterator[str]:
        """Yields what is wrong with finished rows, read back from an output, beside what ``Column.given`` promises.

        Args:
            rows: event column → values of some rows, as far as the view shows them; ``amount_minor`` where it shows
                any form of amount.
            tables: table → column → values of what comes once a run.
        """
        yield from ()

    def entities(self, *, world: World, streams: Streams) -> Sequence[Entities]:
        """The tables that come once a run."""
        return ()

    def expectations(self, world: World) -> Expectations:
        """What the recipe asks of the figures that ``synth stats`` counts, for its column "recipe". Here nothing.

        It is asked long after the run, of the recipe alone: ``world.population`` is None.
        """
        return Expectations()


def find_last_uses(generator: Generator, plan: BlockPlan, *, world: World, streams: Streams, never_s_c: Int64) -> Int64:
    """(c,) seconds of each card's last genuine row, from the keys of all blocks; ``never_s_c`` where it has none."""
    last_s_c = never_s_c.copy()
    for block in range(len(plan.rows_b)):
        keys = generator.draw_keys(plan, block, world=world, streams=streams)
        # in order of time, so that the last of a card's rows stays
        last_s_c[keys.card_t] = keys.time_us_t // US_PER_S
    return last_s_c


_OWN_TYPES = ("int64", "int8", "double", "timestamp[us, tz=UTC]", "string")
_SHIFTING = {"shifts_us": "timestamp[us, tz=UTC]", "shifts_s": "int64"}


def broken_columns(generator: Generator) -> Iterator[str]:
    """Yields what is wrong with the columns that a generator declares."""
    names = [column.name for column in generator.columns]
    for column in generator.columns:
        if column.name in EVENT_COLUMNS or names.count(column.name) > 1:
            yield f"a column {column.name!r}, which exists already"
        if not PLAIN_NAME.fullmatch(column.name):
            yield f"a column {column.name!r}: a name has letters, digits, _ and -, and no digit first"
        if column.arrow not in _OWN_TYPES:
            yield f"column {column.name!r} of type {column.arrow!r}; there are {', '.join(_OWN_TYPES)}"
        elif (column.arrow == "string") != bool(column.categories):
            yield f"column {column.name!r}: a string needs categories, and nothing else may have any"
        if column.arrow != _SHIFTING.get(column.follows, column.arrow):
            message = f"column {column.name!r} of type {column.arrow!r}"
            yield f"{message}, which cannot follow the clock by {column.follows!r}"
        if column.role == "truth":
            yield f"column {column.name!r} with role truth: truth is synth's own"


def broken_own_columns(columns: Sequence[Column], own: OwnColumns, rows: int) -> Iterator[str]:
    """Yields what is wrong with the values of own columns."""
    declared = {column.name: column for column in columns}
    for name in sorted({*own} ^ {*declared}):
        yield f"column {name!r} is {'not declared' if name in own else 'left out'}"
    for name in sorted({*own} & {*declared}):
        values, column = own[name], declared[name]
        wanted = {"double": "float64", "int8": "int8"}.get(column.arrow, "int64")
        if values.shape != (rows,) or values.dtype != np.dtype(wanted):
            yield f"column {name!r} is {values.dtype} of shape {values.shape}, not {wanted} of shape ({rows},)"
        elif column.categories and ((values < -1) | (values >= len(column.categories))).any():
            yield f"column {name!r} names a category that does not exist"
        elif column.arrow.startswith("timestamp") and (values % US_PER_S).any():
            yield f"column {name!r} holds times that are no whole seconds"
        elif not column.nullable and is_null(column, values).any():
            yield f"column {name!r} has empty values, but is not nullable"


def is_null(column: Column, values: Values) -> Mask:
    """(t,) bool: where an own column has no value: -1 for a category, NaN for a double."""
    if column.categories:
        return np.asarray(values < 0)
    return np.isnan(values) if column.arrow == "double" else np.zeros(len(values), dtype=bool)


def sort_code(time_us_t: Int64, card_t: Int64, cards: int) -> Int64:
    """(t,) int64 that sorts as (second, card) does and is unique where (second, card) is."""
    return time_us_t // US_PER_S * cards + card_t


def rows_with(code_t: Int64, wanted: Int64) -> tuple[Int64, Mask]:
    """Where sorted codes hold the wanted ones.

    Args:
        code_t: (t,) sorted, distinct.
        wanted: (w,) in any order.

    Returns:
        (w,) position of each wanted code, of use only where the second array, (w,) bool, says that it is there.
    """
    position = np.minimum(np.searchsorted(code_t, wanted), max(len(code_t) - 1, 0))
    return position, code_t[position] == wanted if len(code_t) else np.zeros(len(wanted), dtype=bool)
