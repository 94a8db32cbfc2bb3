"""Uniform genuine events: the notebook's world, in which nothing but the fraud has a shape."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Int64
from synth.contracts.events import Events, Keys
from synth.contracts.expectations import Expectations, hours_of
from synth.contracts.generator import BlockPlan, Generator, World
from synth.rng import URN_LIMIT, Streams


@dataclass(frozen=True, kw_only=True)
class UniformConfig:
    """Times uniform over the window at one-second resolution, cards uniform over the population."""

    kind: Literal["uniform"] = "uniform"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="rows without added fraud; exact")]


class UniformGenerator(Generator):
    """A sample of (second, card) pairs without replacement, so that no card has two events in one second."""

    def __init__(self, config: UniformConfig) -> None:
        self.config = config

    def rows(self) -> int:
        """Genuine rows of the control world."""
        return self.config.transactions

    def plan(self, world: World, *, streams: Streams) -> BlockPlan:
        """Equal slices of time; their row counts are those that uniform times would give."""
        edge_s_b = world.timeline.cut(-(-self.config.transactions // world.block_rows))
        rows_b = draw_rows(self.config.transactions, np.diff(edge_s_b) * world.cards, rng=streams.draw("rows"))
        quota_bk = world.amount.plan(rows_b, rng=streams.draw("amount quotas"))
        return BlockPlan(edge_s_b, rows_b, quota_bk)

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """Distinct pairs, sorted."""
        start_s, end_s = map(int, plan.edge_s_b[block : block + 2])
        rng = streams.draw("keys", block)
        return Keys.uniform(int(plan.rows_b[block]), start_s, end_s, world.cards, rng=rng)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """The keys with an amount each, by the law's quota of this block."""
        keys = self.draw_keys(plan, block, world=world, streams=streams)
        rng = streams.draw("amounts", block)
        amounts = world.amount.draw(len(keys.card_t), rng=rng, quota=plan.quota_bk[block])
        return Events(keys.time_us_t, keys.card_t, amounts)

    def expectations(self, world: World) -> Expectations:
        """As many rows in every second."""
        inside_n = hours_of(world.timeline)
        return Expectations(rows_n=inside_n * (self.config.transactions / inside_n.sum()))


def draw_rows(rows: int, pairs_b: Int64, *, rng: "np.random.Generator") -> Int64:
    """(b,) how many of ``rows`` distinct pairs fall into each block; in a huge urn as if each went back."""
    if pairs_b.sum() < URN_LIMIT:
        return rng.multivariate_hypergeometric(pairs_b, rows, method="marginals")
    return rng.multinomial(rows, pairs_b / pairs_b.sum())
