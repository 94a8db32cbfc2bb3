"""Uniform genuine events: the notebook's world, in which nothing but the fraud has a shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.errors import counted
from synth.generators.contract import BlockPlan, Events, Generator, Int64, Keys, World
from synth.rng import URN_LIMIT, Streams, draw_distinct
from synth.timeline import US_PER_S


@dataclass(frozen=True, kw_only=True)
class UniformConfig:
    """Times uniform over the window at one-second resolution, cards uniform over the population."""

    kind: Literal["uniform"] = "uniform"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="rows in all; exact")]


class UniformGenerator(Generator):
    """A sample of (second, card) pairs without replacement, so that no card has two events in one second."""

    def __init__(self, config: UniformConfig) -> None:
        self.config = config

    def rows(self) -> int:
        """Genuine rows of the control world."""
        return self.config.transactions

    def violations(self, world: World) -> Iterator[tuple[str, str, str]]:
        """Yields when the pairs of the window are too few to draw from freely."""
        most = world.cards * world.timeline.seconds // 2
        if self.config.transactions > most:
            pairs = f"{counted(world.cards, 'card')} x {counted(world.timeline.seconds, 'second')}"
            yield (
                "transactions",
                f"{self.config.transactions:,} transactions do not fit: each card has at most one a second",
                f"at most {most:,}, half of {pairs}",
            )

    def plan(self, world: World, *, streams: Streams) -> BlockPlan:
        """Equal slices of time; their row counts are those that uniform times would give."""
        edge_s_b = world.timeline.cut(-(-self.config.transactions // world.block_rows))
        rows_b = draw_rows(self.config.transactions, np.diff(edge_s_b) * world.cards, rng=streams.draw("rows"))
        quota_bk = world.amount.plan(rows_b, rng=streams.draw("amount quotas"))
        return BlockPlan(edge_s_b, rows_b, quota_bk)

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """Distinct pairs, sorted."""
        start_s, end_s = plan.edge_s_b[block : block + 2]
        pairs = int(end_s - start_s) * world.cards
        code_t = draw_distinct(int(plan.rows_b[block]), pairs, rng=streams.draw("keys", block))
        second_t = code_t // world.cards
        card_t = code_t - second_t * world.cards
        return Keys((second_t + start_s) * US_PER_S, card_t)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """The keys with an amount each, by the law's quota of this block."""
        keys = self.draw_keys(plan, block, world=world, streams=streams)
        rng = streams.draw("amounts", block)
        amounts = world.amount.draw(len(keys.card_t), rng=rng, quota=plan.quota_bk[block])
        return Events(keys.time_us_t, keys.card_t, amounts)


def draw_rows(rows: int, pairs_b: Int64, *, rng: np.random.Generator) -> Int64:
    """(b,) how many of ``rows`` distinct pairs fall into each block; in a huge urn as if each went back."""
    if pairs_b.sum() < URN_LIMIT:
        return rng.multivariate_hypergeometric(pairs_b, rows, method="marginals")
    return rng.multinomial(rows, pairs_b / pairs_b.sum())
