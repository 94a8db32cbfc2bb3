"""An honest generator, which the broken ones are edits of: purchases with a tag and a slip number of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth import BlockPlan, Column, Entities, Events, Generator, IncompleteEvents, Keys, Spec, Streams, World, hookimpl

TAGS = ("chip", "web", "phone")


@dataclass(frozen=True, kw_only=True)
class TaggedConfig:
    """Purchases with a tag."""

    kind: Literal["tagged"] = "tagged"
    transactions: Annotated[int, Field(ge=1, le=10**9, description="rows in all")] = 1000
    ratio: Annotated[float, Field(gt=0, le=0.5, description="a share")] = 0.01
    mode: Annotated[Literal["replace", "add"], Field(description="replace or add")] = "add"


class Tagged(Generator):
    """The generator."""

    columns = (
        Column("tag", "string", "", "observable", "how it was paid", categories=TAGS, nullable=True),
        Column("slip", "double", "", "observable", "number of the slip"),
    )

    def __init__(self, config: TaggedConfig) -> None:
        self.config = config

    def rows(self) -> int:
        """Genuine rows."""
        return self.config.transactions

    def plan(self, world: World, *, streams: Streams) -> BlockPlan:
        """Equal slices."""
        return super().plan(world, streams=streams)

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who."""
        start_s, end_s = map(int, plan.edge_s_b[block : block + 2])
        rng = streams.draw("keys", block)
        return Keys.uniform(int(plan.rows_b[block]), start_s, end_s, world.cards, rng=rng)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys, amounts, tags and slips."""
        ratio = self.config.ratio
        keys = self.draw_keys(plan, block, world=world, streams=streams)
        time_us_t, card_t, rows = keys.time_us_t, keys.card_t, len(keys.card_t)
        amount_t = world.amount.draw(rows, rng=streams.draw("amounts", block), quota=plan.quota_bk[block])
        own = self.dress(rows, ratio, streams.draw("own", block))
        return Events(time_us_t, card_t, amount_t, own)

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """As honest ones."""
        return fraud.completed(self.dress(len(fraud.card_t), self.config.ratio, streams.draw("own of fraud")))

    def dress(self, rows: int, share: float, rng: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
        """Tags, missing in some rows, and slips."""
        tag_t = np.where(rng.random(rows) < share, -1, rng.integers(0, 3, size=rows))
        slip_t = np.floor(rng.random(rows) * 1e6)
        return {"tag": tag_t, "slip": slip_t}

    def entities(self, *, world: World, streams: Streams) -> Sequence[Entities]:
        """The tags."""
        tag = Column("tag", "string", "", "key", "its name", categories=TAGS)
        return [Entities("tags", (tag,), {"tag": np.arange(3)})]


@hookimpl
def synth_generators() -> list[Spec]:
    """The generator."""
    return [Spec(TaggedConfig, Tagged)]
