"""Independent events of a web shop: the notebook's clickstream, in which no event knows of another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Int64
from synth.contracts.events import Events, IncompleteEvents, OwnColumns
from synth.contracts.generator import BlockPlan, World
from synth.contracts.sessions import EVENT_TYPES, LOGIN, scramble
from synth.errors import Problem
from synth.generators.clickstream.config import Categories, Products, category_problems
from synth.generators.clickstream.generator import shop_columns
from synth.generators.uniform import UniformConfig, UniformGenerator
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class IndependentConfig:
    """Time, customer, type, product, category and price of each event independent, a session of its own for each."""

    kind: Literal["clickstream_independent"] = "clickstream_independent"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="events in all; exact")]
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
        return replace(events, own=self._draw_own(events.card_t, 2 * block, streams=streams))

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """As honest events."""
        return fraud.completed(self._draw_own(fraud.card_t, 1, streams=streams))

    def _draw_own(self, card_t: Int64, part: int, *, streams: Streams) -> OwnColumns:
        """Own columns of a block's genuine events (``part`` even), or of the fraud (1)."""
        rows, rng = len(card_t), streams.draw("events", part)
        salt = int(streams.draw("ids").integers(2**63))
        return {
            "customer_id": card_t + 1,
            "session_id": scramble(part << 30 | np.arange(rows), salt),
            "event_type": rng.integers(LOGIN, size=rows),
            "product_id": rng.integers(1, self.shop.products, size=rows, endpoint=True),
            "product_category": rng.integers(len(self.shop.categories), size=rows),
        }
