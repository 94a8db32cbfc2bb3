"""A generator with columns and a table of its own, and a pattern that sets one of them, written from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth import (
    BlockPlan,
    Column,
    Entities,
    Events,
    FraudEvents,
    Generator,
    IncompleteEvents,
    Injector,
    PlanContext,
    Spec,
    Streams,
    World,
    hookimpl,
)
from synth.arrays import Int64
from synth.contracts.expectations import Expectations, hours_of

NAMES = ("corner shop", "bakery, bread & more", 'the "inn"', "market")


@dataclass(frozen=True, kw_only=True)
class ShopsConfig:
    """Purchases in a few shops, with a score and a basket size."""

    kind: Literal["shops"] = "shops"
    transactions: Annotated[int, Field(ge=1, description="rows in all; exact")] = 1000


class Shops(Generator):
    """One event a second at most, so that no card has two."""

    columns = (
        Column("shop", "string", "", "observable", "where", categories=NAMES, nullable=True),
        Column("score", "double", "", "observable", "what a rule engine said", nullable=True),
        Column("items", "int64", "", "observable", "goods in the basket"),
        Column("online", "int8", "", "observable", "1 for a purchase on the web"),
        Column("settled", "timestamp[us, tz=UTC]", "UTC", "observable", "when the shop was paid"),
    )

    def __init__(self, config: ShopsConfig) -> None:
        self.config = config

    def rows(self) -> int:
        return self.config.transactions

    def generate(self, plan: BlockPlan, block: int, *, world: World, streams: Streams) -> Events:
        rng, rows = streams.draw("events", block), int(plan.rows_b[block])
        start_s, end_s = plan.edge_s_b[block : block + 2]
        time_s = start_s + np.sort(rng.choice(end_s - start_s, rows, replace=False))
        amount = world.amount.draw(rows, rng=rng, quota=plan.quota_bk[block])
        card = rng.integers(world.cards, size=rows)
        return Events(time_s * 1_000_000, card, amount, self._dress(time_s * 1_000_000, rng))

    def complete(self, plan: BlockPlan, fraud: IncompleteEvents, *, world: World, streams: Streams) -> Events:
        return fraud.completed(self._dress(fraud.time_us_t, streams.draw("fraud")))

    def _dress(self, time_us: Int64, rng: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
        rows = len(time_us)
        return {
            "shop": rng.integers(-1, len(NAMES), size=rows),
            "score": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(0, 100, size=rows) / 4),
            "items": rng.integers(1, 9, size=rows),
            "online": rng.integers(0, 2, size=rows).astype(np.int8),
            "settled": time_us + 86_400_000_000,
        }

    def expectations(self, world: World) -> Expectations:
        hours_n = hours_of(world.timeline)
        return Expectations(
            rows_n=hours_n * (self.config.transactions / hours_n.sum()),
            shares={"shop": dict.fromkeys((*NAMES, "null"), 0.2), "online": {"0": 0.5, "1": 0.5}},
            untold=("nobody knows what bread costs",),
        )

    def entities(self, *, world: World, streams: Streams) -> Sequence[Entities]:
        shop = Column("shop", "string", "", "key", "its name", categories=NAMES)
        opened = Column("opened", "int64", "", "observable", "year of its opening")
        years = streams.draw("years").integers(1950, 2020, size=len(NAMES))
        return [Entities("shops", (shop, opened), {"shop": np.arange(len(NAMES)), "opened": years})]


@dataclass(frozen=True, kw_only=True)
class BreadThiefConfig:
    """Single purchases, all in the bakery."""

    kind: Literal["bread_thief"] = "bread_thief"
    thefts: Annotated[int, Field(ge=1, description="number of episodes")] = 10


class BreadThief(Injector):
    """Says where, and leaves the other columns to the generator."""

    roles = ("theft",)
    replaces = False
    expected_signal = ("shop",)

    def __init__(self, config: BreadThiefConfig) -> None:
        self.config = config

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        rng, n = streams.draw("thefts"), self.config.thefts
        time_s = rng.integers(context.timeline.start_s, context.timeline.end_s, size=n)
        zeros = np.zeros(n, dtype=np.int64)
        card = rng.choice(context.cards, n, replace=False)
        return FraudEvents(np.arange(n), time_s * 1_000_000, card, zeros + 450, zeros, {"shop": zeros + 1})


@hookimpl
def synth_generators() -> list[Spec]:
    return [Spec(ShopsConfig, Shops)]


@hookimpl
def synth_injectors() -> list[Spec]:
    return [Spec(BreadThiefConfig, BreadThief)]
