"""Standing orders: payments that come back each month, who has them, and how much of each day they are.

Legend: ``_o`` a standing order, ``_u`` a customer, ``_s`` a segment, ``_d`` a day or a payment due on it, ``_n`` a step
of the window, ``_t`` an event.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int8, Int16, Int32, Int64, Values
from synth.contracts.population import Population
from synth.contracts.rhythms import DAY_S
from synth.generators.spending.circumstances import StandingOrder
from synth.generators.spending.config import SpendingConfig
from synth.generators.spending.places import Shops
from synth.generators.spending.seasons import day_shape
from synth.generators.spending.shoppers import Shoppers
from synth.generators.spending.shops import stable_uniform
from synth.rng import Streams


@dataclass(frozen=True)
class Due:
    """Which events are standing orders: (d,) their rows, and (d,) the orders."""

    row: Int64
    order: Int64


def nothing_due() -> Due:
    """No payment."""
    return Due(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class StandingOrders:
    """Everybody's standing orders, by day and time of day: arrays as narrow as they can be, for people have several.

    Attributes:
        salt: what the time of a month depends on.
        day_o: (o,) int8 day of the month, 1 to 31; in a shorter month its last.
        second_o, spread_seconds_o: (o,) int32 earliest second of that day, and by how many seconds it is later in some
            months, at most; together less than a day.
        card_o, category_o, terminal_o, amount_minor_o: (o,) int32, int16, int32 and int64 how, what, where and how much
            is paid, always the same.
    """

    salt: int
    day_o: Int8
    second_o: Int32
    spread_seconds_o: Int32
    card_o: Int32
    category_o: Int16
    terminal_o: Int32
    amount_minor_o: Int64

    def __len__(self) -> int:
        return len(self.day_o)

    def due(self, start_s: int, end_s: int) -> tuple[Int64, Int64]:
        """(d,) the orders that are due in [start, end), and (d,) when, in seconds since 1970-01-01 UTC."""
        months = [self._due_in(first_s, days, start_s, end_s) for first_s, days in _months(start_s, end_s)]
        return np.concatenate([order for order, _ in months]), np.concatenate([second for _, second in months])

    def count(self, edge_seconds_n: Int64) -> Int64:
        """(n,) payments in each step of the window, month by month."""
        start_s, end_s = int(edge_seconds_n[0]), int(edge_seconds_n[-1])
        count_n = np.zeros(len(edge_seconds_n) - 1, dtype=np.int64)
        for first_s, days in _months(start_s, end_s) if len(self) else ():
            _, second = self._due_in(first_s, days, start_s, end_s)
            count_n += np.bincount(np.searchsorted(edge_seconds_n, second, side="right") - 1, minlength=len(count_n))
        return count_n

    def _due_in(self, first_s: int, days: int, start_s: int, end_s: int) -> tuple[Int64, Int64]:
        """What ``due`` says of one month, which begins at ``first_s`` and has so many days."""
        low, high = max(start_s - first_s, 0) // DAY_S + 1, min((end_s - 1 - first_s) // DAY_S + 1, days)
        # What is due later than a short month goes is due on its last day.
        # In the type of the days: another one would have all of them copied.
        first = np.searchsorted(self.day_o, np.int8(low))
        order = np.arange(first, np.searchsorted(self.day_o, np.int8(high if high < days else 31), side="right"))
        late = stable_uniform(self.salt, order, np.full(len(order), first_s // DAY_S), np.zeros_like(order))
        late_s = (late * (self.spread_seconds_o[order] + 1)).astype(np.int64)
        day = np.minimum(self.day_o[order], days).astype(np.int64)
        second = first_s + (day - 1) * DAY_S + self.second_o[order] + late_s
        inside = (second >= start_s) & (second < end_s)
        return order[inside], second[inside]


def _months(start_s: int, end_s: int) -> Iterator[tuple[int, int]]:
    """The months that a window touches: seconds of each one's midnight before the first day, and its days."""
    first = datetime.fromtimestamp(start_s, UTC).replace(day=1, hour=0, minute=0, second=0)
    while (first_s := int(first.timestamp())) < end_s:
        yield first_s, monthrange(first.year, first.month)[1]
        first = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def draw_orders(
    config: SpendingConfig, people: Population, shops: Shops, shoppers: Shoppers, *, streams: Streams
) -> StandingOrders:
    """Everybody's standing orders, of what is sold at all; each kind draws from a stream of its own."""
    kinds = [tuple(np.empty(0, dtype) for dtype in _TYPES)]
    names = sorted(config.categories)
    for name, order in (config.standing or {}).items():
        category = names.index(order.category)
        here = np.array([category])
        if not (shops.web.empty(here) & shops.all.empty(here))[0]:
            rng = streams.draw(f"standing orders/{name}")
            kinds.append(_draw_kind(order, category, config, (people, shops, shoppers), rng))
    columns = [np.concatenate(each) for each in zip(*kinds, strict=True)]
    in_order = _in_order(columns, len(people.cards))
    return StandingOrders(int(streams.draw("due times").integers(2**63)), *(column[in_order] for column in columns))


#: Of the columns of ``StandingOrders``, in their order.
_TYPES = ("int8", "int32", "int32", "int32", "int16", "int32", "int64")


def _in_order(columns: Sequence[Values], cards: int) -> Int64:
    """(o,) the orders by all columns, the first one first.

    Four columns make one number, which few share; only these are sorted by the others, too.
    """
    day_o, second_o, spread_o, card_o, *others = columns
    spreads, rank_o = np.unique(spread_o, return_inverse=True)
    code_o = day_o.astype(np.int64) * DAY_S + second_o
    code_o = (code_o * len(spreads) + rank_o) * cards + card_o
    in_order = np.argsort(code_o)
    code_o = code_o[in_order]
    again = np.append(False, code_o[1:] == code_o[:-1])
    shared = np.flatnonzero(again | np.append(again[1:], False))
    rows = in_order[shared]
    in_order[shared] = rows[np.lexsort((*(column[rows] for column in reversed(others)), code_o[shared]))]
    return in_order


def _draw_kind(
    order: StandingOrder,
    category: int,
    config: SpendingConfig,
    world: tuple[Population, Shops, Shoppers],
    rng: "np.random.Generator",
) -> tuple[Values, ...]:
    """The columns of ``StandingOrders`` for one kind."""
    people, shops, shoppers = world
    segments, segment_u = people.census.segments, people.customers.segment_u
    share_s = np.array([order.segments.get(name, order.share) for name in segments])
    customer_o = np.flatnonzero(rng.random(len(segment_u)) < share_s[segment_u])
    day_o = rng.integers(order.first_day, order.last_day + 1, size=len(customer_o))
    # it comes at the time of day at which its customer is up and signed it, early enough to be late on that day
    last_s = DAY_S - order.spread_s
    second_o = np.empty(len(customer_o), dtype=np.int64)
    for s, name in enumerate(segments):
        here = np.flatnonzero(segment_u[customer_o] == s)
        before_h = np.concatenate([[0.0], np.cumsum(day_shape(config.segments[name].day, 24))])
        at = rng.random(len(here)) * before_h[-1]
        second_o[here] = np.minimum(np.interp(at, before_h, np.linspace(0, last_s, 25)), last_s - 1)
    income_u = people.customers.income_minor_u
    level_o = (income_u[customer_o] / np.median(income_u)) ** order.income
    amount_o = order.median * np.exp(order.sigma * rng.standard_normal(len(customer_o))) * level_o
    card_o = shoppers.pick_cards(customer_o, rng=rng)
    category_o = np.full(len(customer_o), category)
    terminal_o, _ = shops.send(
        shops.place_u[customer_o], category_o, np.ones(len(customer_o), dtype=bool), rng.random(len(customer_o))
    )
    cents_o = np.maximum(np.rint(np.minimum(amount_o, HIGHEST - 1) * 100), 1).astype(np.int64)
    spread_o = np.full(len(customer_o), order.spread_s)
    columns = (day_o, second_o, spread_o, card_o, category_o, terminal_o, cents_o)
    return tuple(column.astype(dtype) for column, dtype in zip(columns, _TYPES, strict=True))
