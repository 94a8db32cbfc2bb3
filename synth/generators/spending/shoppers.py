"""Draws the rates at which customers shop, and their cards.

Legend: ``_u`` a customer, ``_s`` a segment, ``_t`` an event.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth.arrays import Float, Int8, Int64
from synth.contracts.population import Population, first_of
from synth.generators.spending.config import LognormalRate, Segment, UniformRate
from synth.generators.spending.shops import WeightedLists
from synth.rng import Streams


@dataclass(frozen=True)
class Shoppers:
    """Customers by segment, to be drawn by their rates.

    Attributes:
        by_segment: a list of customers for each segment, weighted by purchases a day.
        first_card_u: (u + 1,) where each customer's cards begin.
    """

    by_segment: WeightedLists
    first_card_u: Int64

    @classmethod
    def of(cls, people: Population, rate_u: Float) -> "Shoppers":
        """The customers of a population with their rates."""
        everybody, segments = np.arange(len(rate_u)), len(people.census.segments)
        by_segment = WeightedLists.of(people.customers.segment_u.astype(np.int64), everybody, rate_u, segments)
        return cls(by_segment, first_of(people.cards.customer_c, len(rate_u)))

    @property
    def rate_s(self) -> Float:
        """(s,) purchases of all customers of a segment on an average day."""
        return self.by_segment.weight_i

    @property
    def rate_u(self) -> Float:
        """(u,) purchases of each customer on an average day."""
        rate_u = np.zeros(len(self.first_card_u) - 1)
        rate_u[self.by_segment.item_r] = np.diff(self.by_segment.before_r)
        return rate_u

    def draw(self, segment: int, size: int, *, rng: "np.random.Generator") -> Int64:
        """(size,) customers of a segment by their rates, those of lower numbers first."""
        # Sorted uniform numbers are sums of exponential ones; asked in order, the search stays in the cache.
        waits = rng.standard_exponential(size + 1).cumsum()
        return self.by_segment.pick(np.full(size, segment), waits[:-1] / waits[-1])

    def pick_cards(self, customer_t: Int64, *, rng: "np.random.Generator") -> Int64:
        """(t,) one of each customer's cards."""
        first_t = self.first_card_u[customer_t]
        owned_t = self.first_card_u[customer_t + 1] - first_t
        picked_t: Int64 = first_t + (rng.random(len(customer_t)) * owned_t).astype(np.int64)
        return picked_t


def draw_rates(segments: Sequence[Segment], segment_u: Int8, *, streams: Streams) -> Float:
    """(u,) purchases of each customer on an average day."""
    rate_u = np.empty(len(segment_u))
    for i, segment in enumerate(segments):
        here = np.flatnonzero(segment_u == i)
        rate_u[here] = _rates(segment.rate, len(here), streams.draw("rates", i))
    return rate_u


def _rates(law: LognormalRate | UniformRate, size: int, rng: "np.random.Generator") -> Float:
    if isinstance(law, UniformRate):
        return rng.uniform(law.low, law.high, size)
    return law.mean * rng.lognormal(-(law.sigma**2) / 2, law.sigma, size)
