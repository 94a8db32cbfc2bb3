"""Independent events of a web shop: the notebook's clickstream, in which no event knows of another."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.generators.clickstream.config import Categories, Products, category_problems
from synth.generators.clickstream.generator import shop_columns
from synth.generators.contract import BlockPlan, Events, Generator, Int64, Keys, Own, World
from synth.rng import Streams
from synth.sessions import EVENT_TYPES, LOGIN, scramble


@dataclass(frozen=True, kw_only=True)
class IndependentConfig:
    """Time, customer, type, product, category and price of each event independent, a session of its own for each."""

    kind: Literal["clickstream_independent"] = "clickstream_independent"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="events in all; exact")]
    products: Products
    categories: Categories

    def violations(self) -> Iterator[tuple[str, str, str]]:
        """Yields what the field ranges alone cannot say."""
        yield from category_problems(self.categories)


class IndependentGenerator(Generator):
    """Everything uniform, prices by the run's amount law; as a baseline that holds no behaviour at all."""

    def __init__(self, config: IndependentConfig) -> None:
        self.config = config
        self.columns = shop_columns(EVENT_TYPES[:LOGIN], config.categories)

    def rows(self) -> int:
        """Events of the control world."""
        return self.config.transactions

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who."""
        start_s, end_s = map(int, plan.edge_s_b[block : block + 2])
        rng = streams.draw("keys", block)
        return Keys.uniform(int(plan.rows_b[block]), start_s, end_s, world.cards, rng=rng)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys, prices, and what happened to which product."""
        keys = self.draw_keys(plan, block, world=world, streams=streams)
        rng = streams.draw("prices", block)
        price_t = world.amount.draw(len(keys.card_t), rng=rng, quota=plan.quota_bk[block])
        own = self._draw_own(keys.card_t, 2 * block, streams=streams)
        return Events(keys.time_us_t, keys.card_t, price_t, own)

    def complete(self, plan: BlockPlan, block: int, fraud: Events, *, world: World, streams: Streams) -> Own:
        """As honest events."""
        return self._draw_own(fraud.card_t, 2 * block + 1, streams=streams)

    def _draw_own(self, card_t: Int64, part: int, *, streams: Streams) -> Own:
        """Own columns of a block's genuine (even ``part``) or fraud events."""
        rows, rng = len(card_t), streams.draw("events", part)
        salt = int(streams.draw("ids").integers(2**63))
        return {
            "customer_id": card_t + 1,
            "session_id": scramble(part << 30 | np.arange(rows), salt),
            "event_type": rng.integers(LOGIN, size=rows),
            "product_id": rng.integers(1, self.config.products, size=rows, endpoint=True),
            "product_category": rng.integers(len(self.config.categories), size=rows),
        }
