"""Plans a run's visits once: the rhythm, the customers' rates, the products, and the rows of blocks.

The window is a circle: what runs over its end comes in at its start, as a session that had begun before. A block has a
body and a tail, the last ``longest_s`` seconds in which sessions begin: those of the tail reach into the next block,
which draws them again.

Legend: ``_b`` a block, ``_j`` a body or a tail, ``_u`` a customer, ``_t`` an event, ``_s`` a session.
"""

from dataclasses import dataclass, replace

import numpy as np

from synth.arrays import Float, Int64
from synth.contracts.generator import BlockPlan, World
from synth.contracts.rhythms import Rhythm, lay_rhythm
from synth.contracts.sessions import ShopIds
from synth.errors import RefusedError
from synth.generators.clickstream.config import ClickstreamConfig
from synth.generators.clickstream.goods import Goods, draw_goods
from synth.generators.clickstream.paths import Paths, draw_paths
from synth.generators.rhythm import day_factors, days_of
from synth.rng import Streams
from synth.wording import counted

BODY, TAIL = 0, 1


@dataclass(frozen=True)
class ClickstreamPlan(BlockPlan):
    """A block plan with the behaviour behind it; ``quota_bk`` holds the events of sessions by their start.

    Attributes:
        edge_seconds_j: (2b + 1,) seconds: edges of bodies and tails.
        quota_bk: (b, 2) events of the sessions that begin in each body and tail.
        before_u: (u + 1,) share of sessions of all customers before each.
        ids: what sessions and devices are called.
    """

    config: ClickstreamConfig
    rhythm: Rhythm
    edge_seconds_j: Int64
    before_u: Float
    goods: Goods
    ids: ShopIds

    @property
    def blocks(self) -> int:
        """How many there are."""
        return len(self.rows_b)


@dataclass(frozen=True)
class Clicks:
    """Events of the sessions that begin in one body or tail, session by session.

    Attributes:
        second_t: seconds since 1970; past the end of the window where a session runs over it.
        start_second_s: seconds since 1970 of each session's first event.
        customer_s: who visits.
    """

    paths: Paths
    second_t: Int64
    start_second_s: Int64
    customer_s: Int64


def lay_visits(config: ClickstreamConfig, world: World) -> Rhythm:
    """When sessions begin."""
    days = days_of(world.timeline)
    factor_d = day_factors(days, weekday=config.weekday, month=np.ones(12).tolist(), special={})
    day_h = np.array(config.hours, dtype=np.float64)
    return lay_rhythm(world.timeline, (day_h / day_h.sum())[None], factor_d[None])


def make_plan(config: ClickstreamConfig, world: World, *, streams: Streams) -> ClickstreamPlan:
    """Draws what belongs to customers and products, cuts the window, and counts.

    Raises:
        RefusedError: somebody would have to click faster than once a second.
    """
    rhythm = lay_visits(config, world)
    edge_s_b = _cut(rhythm, -(-config.transactions // world.block_rows), config.longest_s)
    tail_seconds_b = np.maximum(edge_s_b[1:] - config.longest_s, edge_s_b[:-1])
    edge_seconds_j = np.append(np.stack([edge_s_b[:-1], tail_seconds_b], axis=1).ravel(), edge_s_b[-1])
    mass_j = np.diff(_mass_before(rhythm, edge_seconds_j))
    quota_j = streams.draw("rows").multinomial(config.transactions, mass_j / mass_j.sum())
    rate_u = streams.draw("rates").lognormal(0, config.spread, world.cards)
    plan = ClickstreamPlan(
        edge_s_b=edge_s_b,
        rows_b=quota_j.reshape(-1, 2).sum(axis=1),
        quota_bk=quota_j.reshape(-1, 2),
        config=config,
        rhythm=rhythm,
        edge_seconds_j=edge_seconds_j,
        before_u=np.concatenate([[0.0], np.cumsum(rate_u / rate_u.sum())]),
        goods=draw_goods(config.products, config.categories, config.popularity, world.amount, streams=streams),
        ids=ShopIds.of(streams.seed, world.timeline, world.cards),
    )
    left_b = np.array([_leaving(plan, block, streams=streams) for block in range(plan.blocks)])
    plan = replace(plan, rows_b=plan.rows_b - left_b + np.roll(left_b, 1))
    _refuse_crowds(plan, streams=streams)
    return plan


def _mass_before(rhythm: Rhythm, second: Int64) -> Float:
    """The share of an average day's sessions that begin before a second."""
    mass: Float = np.interp(second, rhythm.edge_seconds_n, rhythm.cumulative_sn[0])
    return mass


def _cut(rhythm: Rhythm, blocks: int, least_s: int) -> Int64:
    """(b + 1,) edges of blocks of about as many sessions each, and fewer blocks where some would be too short."""
    start_s, end_s = int(rhythm.edge_seconds_n[0]), int(rhythm.edge_seconds_n[-1])
    mass = rhythm.cumulative_sn[0, -1] * np.arange(1, blocks) / blocks
    edges = [start_s]
    for edge in np.interp(mass, rhythm.cumulative_sn[0], rhythm.edge_seconds_n).astype(np.int64).tolist():
        if edge - edges[-1] >= least_s and end_s - edge >= least_s:
            edges.append(edge)
    return np.array([*edges, end_s])


def _leaving(plan: ClickstreamPlan, block: int, *, streams: Streams) -> int:
    """Events of a block's sessions that happen after it."""
    after_t = draw_clicks(plan, block, TAIL, streams=streams).second_t >= plan.edge_s_b[block + 1]
    return int(np.count_nonzero(after_t))


def _refuse_crowds(plan: ClickstreamPlan, *, streams: Streams) -> None:
    """Leaves room to everybody, who has one event a second at most.

    The busiest customer may be expected to fill half of a block's seconds. In a window that is shorter than a session
    may be, a single session can be too much: there the events are counted.
    """
    seconds_b = np.diff(plan.edge_s_b)
    busiest_b = plan.rows_b * np.diff(plan.before_u).max()
    crowded_b = busiest_b > seconds_b / 2
    if seconds_b[0] < plan.config.longest_s:
        drawn = [draw_clicks(plan, 0, part, streams=streams) for part in (BODY, TAIL)]
        card_t = np.concatenate([clicks.customer_s[clicks.paths.session_t] for clicks in drawn])
        busiest_b = np.array([np.bincount(card_t).max()])
        crowded_b = busiest_b > seconds_b
    if crowded_b.any():
        block = int(np.argmax(crowded_b))
        raise RefusedError(
            f"{counted(round(busiest_b[block]), 'event')} of the busiest customer do not fit into {seconds_b[block]:,} "
            "seconds, one a second",
            path="transactions",
            hint="lower it or generator.spread, lengthen the window or add cards",
        )


def draw_clicks(plan: ClickstreamPlan, block: int, part: int, *, streams: Streams) -> Clicks:
    """All events of the sessions that begin in the body or the tail of a block, from streams of their own."""
    config, gap = plan.config, plan.config.gap
    paths = draw_paths(config, int(plan.quota_bk[block, part]), rng=streams.draw("paths", block, part))
    rng = streams.draw("visitors", block, part)
    customer_s = np.searchsorted(plan.before_u, rng.random(paths.sessions) * plan.before_u[-1], side="right") - 1
    customer_s = np.minimum(customer_s, len(plan.before_u) - 2)
    rng = streams.draw("starts", block, part)
    first, last = plan.edge_seconds_j[2 * block + part : 2 * block + part + 2]
    low, high = _mass_before(plan.rhythm, np.array([first, last]))
    at_s = low + rng.random(paths.sessions) * (high - low)
    start_s = np.interp(at_s, plan.rhythm.cumulative_sn[0], plan.rhythm.edge_seconds_n).astype(np.int64)
    rng = streams.draw("gaps", block, part)
    wait_t = np.exp(np.log(gap.median_s) + gap.sigma * rng.standard_normal(len(paths.session_t)))
    wait_t = np.clip(np.rint(wait_t), 1, gap.most_s).astype(np.int64)
    start_second_s = np.minimum(np.maximum(start_s, first), last - 1)
    second_t = start_second_s[paths.session_t] + _elapsed(paths, wait_t, config.longest_s)
    return Clicks(paths, second_t, start_second_s, customer_s)


def _elapsed(paths: Paths, wait_t: Int64, longest_s: int) -> Int64:
    """(t,) seconds since the session's first event; a session that would last too long ends in a hurry."""
    first_t = np.diff(paths.session_t, prepend=-1) > 0
    wait_t[first_t] = 0
    total_t = np.cumsum(wait_t)
    length_s = np.bincount(paths.session_t, minlength=paths.sessions)
    end_s = np.cumsum(length_s)
    elapsed_t = total_t - total_t[first_t][paths.session_t]
    following_t = end_s[paths.session_t] - np.arange(len(wait_t))
    in_time_t: Int64 = np.minimum(elapsed_t, longest_s - following_t)
    return in_time_t
