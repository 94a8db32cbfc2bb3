"""Plans a run's behaviour once: rates, rhythm, tastes, prices, shops, standing orders and trips.

Legend: ``_u`` a customer, ``_s`` a segment, ``_b`` a block, ``_n`` a step of the window, ``_p`` a terminal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import pairwise

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.generator import BlockPlan, World
from synth.contracts.population import Population
from synth.contracts.rhythms import Rhythm
from synth.generators.spending.circumstances import Currency, Drift
from synth.generators.spending.config import Segment, SpendingConfig
from synth.generators.spending.places import Shops, build_shop_lists, open_hours
from synth.generators.spending.prices import Prices
from synth.generators.spending.refusals import refuse_crowded_total, refuse_empty_mixes, refuse_silence
from synth.generators.spending.seasons import shape_rhythm
from synth.generators.spending.shoppers import Shoppers, draw_rates
from synth.generators.spending.standing_orders import StandingOrders, draw_orders
from synth.generators.spending.tastes import Tastes
from synth.generators.spending.travel import Trips
from synth.rng import Streams
from synth.timeline import US_PER_S


@dataclass(frozen=True)
class Change:
    """From when on people behave otherwise.

    Attributes:
        time_us: microseconds since 1970-01-01 UTC.
        amount: factor on amounts from then on.
        share: of all purchases, as far as they are to be expected, those from then on.
    """

    time_us: int
    amount: float
    share: float

    def past(self, time_us_t: Int64) -> Mask:
        """(t,) bool: what comes after it."""
        return time_us_t >= self.time_us


#: Nothing changes before the year 10000.
NEVER = Change(2**62, 1.0, 0.0)


@dataclass(frozen=True)
class SpendingPlan(BlockPlan):
    """A block plan with the behaviour behind it; ``quota_bk`` holds the purchases of each segment in each block.

    The rows of a block are these purchases and the standing orders that are due in its slice.

    Attributes:
        step_b: (b + 1,) the rhythm's steps at which blocks begin and end.
        currency_p: (p,) index of each terminal's currency among those of the config; empty where there is none.
        salt: what the memory of favourites depends on.
    """

    rhythm: Rhythm
    step_b: Int64
    shoppers: Shoppers
    shops: Shops
    tastes: Tastes
    prices: Prices
    orders: StandingOrders
    trips: Trips
    change: Change
    currency_p: Int64
    salt: int


def make_plan(config: SpendingConfig, people: Population, world: World, *, streams: Streams) -> SpendingPlan:
    """Draws what belongs to people, lays out what belongs to time and place, and counts.

    Raises:
        RefusedError: somebody can buy nothing, or fewer transactions are asked for than standing orders are due.
    """
    segments = [config.segments[name] for name in people.census.segments]
    shops = build_shop_lists(config, people)
    open_hk, web_k = open_hours(config, people), np.diff(shops.web.first_i) > 0
    refuse_empty_mixes(config, people.census.segments, web_k | open_hk.any(axis=0))
    rate_u = np.where(shops.without_any_shop(), 0.0, draw_rates(segments, people.customers.segment_u, streams=streams))
    shoppers = Shoppers.of(people, rate_u)
    orders = draw_orders(config, people, shops, shoppers, streams=streams)
    rhythm = shape_rhythm(config, segments, world.timeline)
    refuse_silence(config, shoppers.rate_s, rhythm)
    due_n = orders.count(rhythm.edge_seconds_n)
    refuse_crowded_total(config, int(due_n.sum()))
    habit_n = _expected(config, rhythm, shoppers.rate_s, int(due_n.sum()))
    step_b = _cut(config.transactions, rhythm, shoppers.rate_s, due_n, world.block_rows)
    rows_bs = _count(config, rhythm, shoppers.rate_s, step_b, int(due_n.sum()), streams.draw("rows"))
    return SpendingPlan(
        edge_s_b=rhythm.edge_seconds_n[step_b],
        rows_b=rows_bs.sum(axis=1) + np.add.reduceat(due_n, step_b[:-1]),
        quota_bk=rows_bs,
        rhythm=rhythm,
        step_b=step_b,
        shoppers=shoppers,
        shops=shops,
        tastes=Tastes.of([*segments, *changed_ways(segments, config.drift)], config.categories, open_hk, web_k),
        prices=Prices.of(config, people, streams=streams),
        orders=orders,
        trips=Trips.of(config.travel, people, world.timeline, streams=streams),
        change=_change(config.drift, rhythm, habit_n),
        currency_p=_currencies(config.currency, people),
        salt=int(streams.draw("favourites").integers(2**63)),
    )


def _expected(config: SpendingConfig, rhythm: Rhythm, rate_s: Float, due: int) -> Float:
    """(n,) purchases to be expected in each step of the window."""
    habit_n: Float = rate_s @ rhythm.mass_sn
    if config.transactions is not None:
        habit_n *= (config.transactions - due) / habit_n.sum()
    return habit_n


def _cut(transactions: int | None, rhythm: Rhythm, rate_s: Float, due_n: Int64, block_rows: int) -> Int64:
    """(b + 1,) steps at which blocks begin and end, by purchases and standing orders."""
    before_n: Float = rate_s @ rhythm.cumulative_sn
    due, expected = int(due_n.sum()), float(rhythm.expected(rate_s, 0, len(due_n)).sum())
    total = transactions or expected + due
    if due:
        before_n = before_n * ((total - due) / before_n[-1]) + np.concatenate([[0], np.cumsum(due_n)])
    return rhythm.cut(before_n, max(1, math.ceil(total / block_rows)))


def _count(
    config: SpendingConfig, rhythm: Rhythm, rate_s: Float, step_b: Int64, due: int, rng: "np.random.Generator"
) -> Int64:
    """(b, s) purchases of each segment in each block: a Poisson number, or what an exact total leaves."""
    mass_bs = np.stack([rhythm.expected(rate_s, a, b) for a, b in pairwise(step_b)])
    if config.transactions is None:
        return rng.poisson(mass_bs)
    rows = rng.multinomial(config.transactions - due, (mass_bs / mass_bs.sum()).ravel())
    return rows.reshape(mass_bs.shape)


def changed_ways(segments: Sequence[Segment], drift: Drift | None) -> list[Segment]:
    """The segments' new ways; how often they buy is the rhythm's."""
    if drift is None:
        return []
    return [
        replace(
            segment,
            online=segment.online * drift.online,
            mix={name: weight * drift.mix.get(name, 1.0) for name, weight in segment.mix.items()},
        )
        for segment in segments
    ]


def _change(drift: Drift | None, rhythm: Rhythm, habit_n: Float) -> Change:
    if drift is None:
        return NEVER
    midnight_s = int(datetime.combine(drift.date, time(), UTC).timestamp())
    share = habit_n[rhythm.edge_seconds_n[:-1] >= midnight_s].sum() / habit_n.sum()
    return Change(midnight_s * US_PER_S, drift.amount, float(share))


def _currencies(currency: Currency | None, people: Population) -> Int64:
    """(p,) the currency of each terminal's country; on a plain square the billing currency."""
    if currency is None:
        return np.empty(0, dtype=np.int64)
    names = currency.names
    code_a = np.array([names.index(currency.countries[country]) for country in people.cities.countries], dtype=np.int64)
    if not len(code_a):
        return np.full(len(people.terminals), names.index(currency.billing))
    return code_a[people.terminals.city_p]
