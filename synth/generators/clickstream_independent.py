"""Independent events of a web shop: the notebook's clickstream, in which no event knows of another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.contracts.events import Events, IncompleteEvents, Keys, OwnColumns
from synth.contracts.generator import BlockPlan, World
from synth.contracts.sessions import EVENT_TYPES, LOGIN, ShopIds
from synth.errors import Problem
from synth.generators.clickstream.config import Categories, Products, category_problems
from synth.generators.clickstream.generator import shop_columns
from synth.generators.uniform import UniformConfig, UniformGenerator
from synth.rng import Streams
from synth.timeline import US_PER_S


@dataclass(frozen=True, kw_only=True)
class IndependentConfig:
    """Time, customer, type, product, category and price of each event independent, a session of its own for each."""

    kind: Literal["clickstream_independent"] = "clickstream_independent"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="events without added fraud; exact")]
    products: Products
    categories: Categories

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        yield from category_problems(self.categories)


class IndependentGenerator(UniformGenerator):
    """Everything uniform, prices by the run's amount law: a baseline that holds no behaviour at all."""

    def __init__(self, config: IndependentConfig) -> None:
        super().__init__(UniformConfig(transactions=config.transactions))
        self.shop = config
        self.columns = shop_columns(EVENT_TYPES[:LOGIN], config.categories)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys and prices, and what happened to which product."""
        events = super().generate(plan, block, world=world, streams=streams)
        return replace(events, own=self._draw_own(events, 2 * block, world=world, streams=streams))

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """As honest events."""
        return fraud.completed(self._draw_own(fraud, 1, world=world, streams=streams))

    def _draw_own(self, events: Keys, part: int, *, world: World, streams: Streams) -> OwnColumns:
        """Own columns of a block's genuine events (``part`` even), or of the fraud (1)."""
        rows, rng = len(events.card_t), streams.draw("events", part)
        ids = ShopIds.of(streams.seed, world.timeline, world.cards)
        # No two events of a run have the same second and card.
        nth_t = np.zeros(rows, dtype=np.int64)
        return {
            "customer_id": events.card_t + 1,
            "session_id": ids.name_sessions(events.time_us_t // US_PER_S, events.card_t, nth_t),
            "event_type": rng.integers(LOGIN, size=rows),
            "product_id": rng.integers(1, self.shop.products, size=rows, endpoint=True),
            "product_category": rng.integers(len(self.shop.categories), size=rows),
        }
