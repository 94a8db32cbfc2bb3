"""My generator: say here how honest people behave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth import BlockPlan, Column, Events, Generator, IncompleteEvents, Keys, Spec, Streams, World, hookimpl

synth_api = ">=1.0,<2"

CHANNELS = ("chip", "contactless", "online")


@dataclass(frozen=True, kw_only=True)
class MyGeneratorConfig:
    """One line that `synth list` and `synth describe` show."""

    kind: Literal["my_generator"] = "my_generator"
    transactions: Annotated[int, Field(ge=1, le=10**12, description="rows without added fraud; exact")] = 1_000_000
    online: Annotated[float, Field(ge=0, le=1, description="share of purchases on the web")] = 0.2


class MyGenerator(Generator):
    """Purchases at any time on any card, with a column of its own: how they were paid."""

    columns = (Column("channel", "string", "", "observable", "how it was paid", categories=CHANNELS),)

    def __init__(self, config: MyGeneratorConfig) -> None:
        self.config = config

    def rows(self) -> int:
        """Genuine rows of the control world."""
        return self.config.transactions

    def draw_keys(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Keys:
        """When and who."""
        start_s, end_s = map(int, plan.edge_s_b[block : block + 2])
        rng = streams.draw("keys", block)
        return Keys.uniform(int(plan.rows_b[block]), start_s, end_s, world.cards, rng=rng)

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        """Keys, amounts by the run's law, and channels."""
        keys = self.draw_keys(plan, block, world=world, streams=streams)
        rows, rng = len(keys.card_t), streams.draw("amounts", block)
        amounts = world.amount.draw(rows, rng=rng, quota=plan.quota_bk[block])
        return Events(keys.time_us_t, keys.card_t, amounts, self._channels(rows, streams.draw("channels", block)))

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        """Fraud is paid as everything is."""
        return fraud.completed(self._channels(len(fraud), streams.draw("channels of fraud")))

    def _channels(self, rows: int, rng: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
        in_shop = rng.integers(0, 2, size=rows)
        return {"channel": np.where(rng.random(rows) < self.config.online, 2, in_shop)}


@hookimpl
def synth_generators() -> list[Spec]:
    """Tells synth about the generator."""
    return [Spec(MyGeneratorConfig, MyGenerator)]
