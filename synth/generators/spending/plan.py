"""What a run's behaviour is made of: rates, rhythm, tastes, prices and lists of shops, drawn once.

Legend: ``_u`` a customer, ``_s`` a segment, ``_b`` a block, ``_h`` a step of a day.
"""

import math
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from synth.entities import Population, first_of
from synth.generators.contract import BlockPlan, Int64, World
from synth.generators.spending.amounts import Prices
from synth.generators.spending.choices import Tastes
from synth.generators.spending.config import (
    Bell,
    Hours,
    LognormalRate,
    PayDay,
    Segment,
    SpendingConfig,
    UniformRate,
)
from synth.generators.spending.config import Holidays as HolidayConfig
from synth.generators.spending.places import Shops, lay_shops, open_hours
from synth.generators.spending.rhythm import Float, Rhythm, day_factors, days_of, lay_rhythm
from synth.generators.spending.shops import Lists
from synth.rng import Streams


@dataclass(frozen=True)
class Shoppers:
    """Customers by segment, to be drawn by their rates.

    Attributes:
        by_segment: a list of customers for each segment, weighted by purchases a day.
        first_card_u: (u + 1,) where each customer's cards begin.
    """

    by_segment: Lists
    first_card_u: Int64

    @classmethod
    def of(cls, people: Population, rate_u: Float) -> "Shoppers":
        """The customers of a population with their rates."""
        everybody, segments = np.arange(len(rate_u)), len(people.census.segments)
        by_segment = Lists.of(people.customers.segment_u.astype(np.int64), everybody, rate_u, segments)
        return cls(by_segment, first_of(people.cards.customer_c, len(rate_u)))

    @property
    def rate_s(self) -> Float:
        """(s,) purchases of all customers of a segment on an average day."""
        return self.by_segment.weight_i

    def draw(self, segment: int, size: int, *, rng: np.random.Generator) -> Int64:
        """(size,) customers of a segment by their rates, those of lower numbers first."""
        # Sorted uniform numbers are sums of exponential ones; asked in order, the search stays in the cache.
        waits = rng.standard_exponential(size + 1).cumsum()
        return self.by_segment.pick(np.full(size, segment), waits[:-1] / waits[-1])

    def pick_cards(self, customer_t: Int64, *, rng: np.random.Generator) -> Int64:
        """(t,) one of each customer's cards."""
        first_t = self.first_card_u[customer_t]
        owned_t = self.first_card_u[customer_t + 1] - first_t
        picked_t: Int64 = first_t + (rng.random(len(customer_t)) * owned_t).astype(np.int64)
        return picked_t


@dataclass(frozen=True)
class SpendingPlan(BlockPlan):
    """A block plan with the behaviour behind it; ``quota_bk`` holds the rows of each segment in each block.

    Attributes:
        step_b: (b + 1,) the rhythm's steps at which blocks begin and end.
        salt: what the memory of favourites depends on.
    """

    rhythm: Rhythm
    step_b: Int64
    shoppers: Shoppers
    shops: Shops
    tastes: Tastes
    prices: Prices
    salt: int


def make_plan(config: SpendingConfig, people: Population, world: World, *, streams: Streams) -> SpendingPlan:
    """Draws what belongs to people, lays out what belongs to time and place, and counts."""
    segments = [config.segments[name] for name in people.census.segments]
    shops = lay_shops(config, people)
    rate_u = np.where(shops.lonely(), 0.0, draw_rates(segments, people.customers.segment_u, streams=streams))
    shoppers = Shoppers.of(people, rate_u)
    rhythm = _rhythm(config, segments, world)
    expected = rhythm.expected(shoppers.rate_s, 0, len(rhythm.edge_s_n) - 1).sum()
    blocks = max(1, math.ceil((config.transactions or expected) / world.block_rows))
    step_b = rhythm.cut(shoppers.rate_s, blocks)
    mass_bs = np.stack([rhythm.expected(shoppers.rate_s, a, b) for a, b in pairwise(step_b)])
    rng = streams.draw("rows")
    if config.transactions is None:
        rows_bs = rng.poisson(mass_bs)
    else:
        rows_bs = rng.multinomial(config.transactions, (mass_bs / mass_bs.sum()).ravel()).reshape(mass_bs.shape)
    return SpendingPlan(
        edge_s_b=rhythm.edge_s_n[step_b],
        rows_b=rows_bs.sum(axis=1),
        quota_bk=rows_bs,
        rhythm=rhythm,
        step_b=step_b,
        shoppers=shoppers,
        shops=shops,
        tastes=Tastes.of(segments, config.categories, open_hours(config, people), np.diff(shops.web.first_i) > 0),
        prices=Prices.of(config, people, streams=streams),
        salt=int(streams.draw("favourites").integers(2**63)),
    )


def _rhythm(config: SpendingConfig, segments: Sequence[Segment], world: World) -> Rhythm:
    """Hours are steps enough for weights of hours; a bell takes minutes."""
    steps = 1440 if any(isinstance(segment.day, Bell) for segment in segments) else 24
    days = days_of(world.timeline)
    special = special_days(days, config.holidays, config.pay_day)
    factors = [day_factors(days, weekday=s.weekday, month=config.months, special=special) for s in segments]
    return lay_rhythm(world.timeline, np.stack([day_shape(s.day, steps) for s in segments]), np.stack(factors))


def draw_rates(segments: Sequence[Segment], segment_u: npt.NDArray[np.int8], *, streams: Streams) -> Float:
    """(u,) purchases of each customer on an average day."""
    rate_u = np.empty(len(segment_u))
    for i, segment in enumerate(segments):
        here = np.flatnonzero(segment_u == i)
        rate_u[here] = _rates(segment.rate, len(here), streams.draw("rates", i))
    return rate_u


def _rates(law: LognormalRate | UniformRate, size: int, rng: np.random.Generator) -> Float:
    if isinstance(law, UniformRate):
        return rng.uniform(law.low, law.high, size)
    return law.mean * rng.lognormal(-(law.sigma**2) / 2, law.sigma, size)


def day_shape(law: Hours | Bell, steps: int) -> Float:
    """(h,) share of a day's events in each of its equal steps."""
    if isinstance(law, Hours):
        weights: Float = np.repeat(np.array(law.weights, dtype=np.float64), steps // 24)
        weights /= weights.sum()
        return weights
    edges = np.linspace(0, 86_400, steps + 1)
    below = [0.5 * (1 + math.erf((edge - law.mean_s) / law.sd_s / math.sqrt(2))) for edge in edges]
    shares: Float = np.diff(below)
    return shares


def special_days(days: Sequence[date], holidays: HolidayConfig | None, pay_day: PayDay | None) -> dict[date, float]:
    """Factors of holidays and of the days after pay day."""
    factors: dict[date, float] = {}
    if holidays:
        from holidays import country_holidays

        years = range(days[0].year, days[-1].year + 1)
        factors |= dict.fromkeys(country_holidays(holidays.country, years=years), holidays.factor)
    if pay_day:
        for day in days:
            if (day - last_pay_day(day, pay_day.day)).days < pay_day.days:
                factors[day] = factors.get(day, 1.0) * pay_day.factor
    return factors


def last_pay_day(day: date, due: int) -> date:
    """The pay day on or before a day; the last of the month where a month has no such day."""
    paid = _pay_day_of(day, due)
    return paid if paid <= day else _pay_day_of(day.replace(day=1) - timedelta(days=1), due)


def _pay_day_of(month: date, due: int) -> date:
    """The pay day of the month that a day lies in."""
    return month.replace(day=min(due, monthrange(month.year, month.month)[1]))
