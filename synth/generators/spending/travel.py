"""Trips away from home: who is where, and when.

Legend: ``_j`` a spell, ``_u`` a customer, ``_a`` a city, ``_i`` a list of cities, ``_t`` an event.
"""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64
from synth.contracts.population import Cities, Population
from synth.contracts.rhythms import DAY_S
from synth.generators.spending.circumstances import Travel
from synth.generators.spending.shops import WeightedLists
from synth.rng import Streams
from synth.timeline import Timeline


@dataclass(frozen=True)
class Trips:
    """Trips that touch the window, by start; those of a customer do not overlap.

    Attributes:
        customer_j: (j,) int64 who.
        start_s_j, end_s_j: (j,) int64 seconds, [start, end).
        city_j: (j,) int64 where.
        customers: how many there are.
    """

    customer_j: Int64
    start_s_j: Int64
    end_s_j: Int64
    city_j: Int64
    customers: int

    @classmethod
    def of(cls, travel: Travel | None, people: Population, timeline: Timeline, *, streams: Streams) -> "Trips":
        """Draws everybody's spells: a Poisson number at any time; one that begins during another falls out."""
        nothing, customers = np.empty(0, dtype=np.int64), len(people.customers)
        if travel is None or len(people.cities) < 2:
            return cls(nothing, nothing, nothing, nothing, customers)
        longest_s = int(travel.days.longest * DAY_S)
        factor_s = np.array([travel.segments.get(name, 1.0) for name in people.census.segments])
        per_second_u = travel.per_year * factor_s[people.customers.segment_u] / (365.25 * DAY_S)
        spells_u = streams.draw("spells").poisson(per_second_u * (timeline.seconds + longest_s))
        customer_j = np.repeat(np.arange(customers), spells_u)
        start_s_j = streams.draw("spell starts").integers(
            timeline.start_s - longest_s, timeline.end_s, size=len(customer_j)
        )
        days_j = travel.days.median * streams.draw("spell lengths").lognormal(0, travel.days.sigma, len(customer_j))
        end_s_j = start_s_j + np.maximum(np.minimum(days_j * DAY_S, longest_s), 1).astype(np.int64)
        order = np.lexsort((start_s_j, customer_j))
        customer_j, start_s_j, end_s_j = customer_j[order], start_s_j[order], end_s_j[order]
        home_j = people.customers.city_u[customer_j].astype(np.int64)
        city_j = _destinations(travel.abroad, people.cities, home_j, streams.draw("destinations"))
        before = _codes(customer_j, end_s_j, timeline.start_s - longest_s, timeline.seconds + 2 * longest_s)
        begins = _codes(customer_j, start_s_j, timeline.start_s - longest_s, timeline.seconds + 2 * longest_s)
        alone_j = begins >= np.concatenate([[-1], np.maximum.accumulate(before)[:-1]])[: len(begins)]
        kept = np.flatnonzero(alone_j & (end_s_j > timeline.start_s))
        kept = kept[np.argsort(start_s_j[kept], kind="stable")]
        return cls(customer_j[kept], start_s_j[kept], end_s_j[kept], city_j[kept], customers)

    def away(self, customer_t: Int64, second_t: Int64) -> tuple[Int64, Int64]:
        """The events of people who are away: (n,) their positions, and (n,) the cities in which they are.

        Args:
            second_t: seconds since 1970-01-01 UTC; an index is laid over the spells between the first and the last.
        """
        if not len(self.customer_j) or not len(second_t):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        low, high = int(second_t.min()), int(second_t.max())
        here = np.flatnonzero((self.end_s_j > low) & (self.start_s_j <= high))
        here = here[np.lexsort((self.start_s_j[here], self.customer_j[here]))]
        travels_u = np.zeros(self.customers, dtype=bool)
        travels_u[self.customer_j[here]] = True
        row = np.flatnonzero(travels_u[customer_t])
        # a spell that began before the first event does so at once: codes of seconds stay within their customer
        begins = _codes(self.customer_j[here], np.maximum(self.start_s_j[here], low), low, high - low + 1)
        last = np.searchsorted(begins, _codes(customer_t[row], second_t[row], low, high - low + 1), side="right") - 1
        spell = here[np.maximum(last, 0)]
        away = (last >= 0) & (self.customer_j[spell] == customer_t[row]) & (second_t[row] < self.end_s_j[spell])
        return row[away], self.city_j[spell[away]]


def _codes(customer: Int64, second: Int64, first_s: int, seconds: int) -> Int64:
    """(n,) int64 that sort as (customer, second) do, for seconds in [first_s, first_s + seconds)."""
    return customer * seconds + (second - first_s)


def _destinations(abroad: float, cities: Cities, home_j: Int64, rng: "np.random.Generator") -> Int64:
    """(j,) another city by its size, in the home's country or abroad; where one of these has no city, in the other."""
    country_a = np.unique(np.array(cities.countries), return_inverse=True)[1]
    home, other = np.divmod(np.arange(len(cities) ** 2), len(cities))
    home, other = home[home != other], other[home != other]
    list_r = home * 2 + (country_a[home] != country_a[other])
    lists = WeightedLists.of(list_r, other, cities.share_a[other], len(cities) * 2)
    list_j = home_j * 2 + (rng.random(len(home_j)) < abroad)
    list_j = np.where(lists.empty(list_j), list_j ^ 1, list_j)
    return lists.pick(list_j, rng.random(len(list_j)))
