"""An honest claimer, which the broken ones are edits of: every hundredth purchase or so costs ten cents more."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth import Claimer, Claims, Genuine, PlanContext, Spec, Streams, Targets, hookimpl


@dataclass(frozen=True, kw_only=True)
class MarkedConfig:
    """Purchases that cost more."""

    kind: Literal["marked"] = "marked"
    share: Annotated[float, Field(gt=0, le=1, description="share of the purchases")] = 0.01


class Marked(Claimer):
    """The claimer."""

    roles = ("purchase",)

    def __init__(self, config: MarkedConfig) -> None:
        self.config = config

    def plan(self, context: PlanContext, *, streams: Streams) -> Targets:
        """Any row may be one."""
        return Targets(context.rows)

    def claim(self, targets: Targets, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        """A random share."""
        row_r = np.flatnonzero(streams.draw("rows", block).random(len(genuine.card_t)) < self.config.share)
        amount_r = genuine.amount_minor_t[row_r] + 10
        return Claims(row_r, genuine.number_t[row_r], np.zeros_like(row_r), amount_r)


@hookimpl
def synth_injectors() -> list[Spec]:
    """The pattern."""
    return [Spec(MarkedConfig, Marked)]
