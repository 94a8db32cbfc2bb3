"""Purchases above an amount are fraud.

What the fraudster does: nothing but buy for a lot.
What changes in the data: nothing; genuine rows above the amount are claimed.
Observable signature: the amount.
Source: scenario 1 of the Fraud Detection Handbook (2022, chapter 3), where every amount above 220 is fraud, which makes
the label a function of the row; a share below 1 mends that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.contracts.claimer import Claimer, Claims, Genuine, Targets
from synth.contracts.context import PlanContext
from synth.contracts.injector import BEFORE, FraudEvents
from synth.injectors.attacks import ClaimConfig
from synth.injectors.pattern import first_of
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class AmountThresholdConfig(ClaimConfig):
    """Genuine purchases above an amount turn out to be fraud."""

    kind: Literal["amount_threshold"] = "amount_threshold"
    above: Annotated[float, Field(ge=0, le=1_000_000_000, description="amounts above this one, in major units")]


class AmountThreshold(Claimer):
    """Each claimed row is an episode of its own."""

    roles = ("purchase",)
    expected_signal = ("amount",)

    def __init__(self, config: AmountThresholdConfig) -> None:
        self.config = config
        self.order = config.order

    def plan(self, context: PlanContext, *, streams: Streams) -> Targets:
        """Any row may be one."""
        return Targets(context.rows)

    def claim(self, targets: Targets, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        """The rows above the amount, or a random share of them."""
        row_r = np.flatnonzero(genuine.amount_minor_t > round(self.config.above * 100))
        row_r = row_r[streams.draw("share", block).random(len(row_r)) < self.config.share]
        return Claims(row_r, genuine.number_t[row_r], np.zeros_like(row_r), genuine.amount_minor_t[row_r])

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields rows that were not above the amount."""
        below_f = events.own[BEFORE] <= round(self.config.above * 100)
        below_f &= events.amount_minor_f <= round(self.config.above * 100)
        yield from first_of(events.episode_f, below_f, f"is not above {self.config.above:g}")
