"""My claimer: say here whose purchases turn out to be fraud.

What changes in the data: nothing but the label, or what the claimed rows cost.
Observable signature: what a detector could see of it.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth import Claimer, Claims, Genuine, PlanContext, Spec, Streams, Targets, hookimpl

synth_api = ">=1.0,<2"


@dataclass(frozen=True, kw_only=True)
class MyClaimerConfig:
    """One line that `synth list` and `synth describe` show."""

    kind: Literal["my_claimer"] = "my_claimer"
    cards: Annotated[int, Field(ge=1, le=1_000_000, description="cards that somebody else uses, too")] = 200
    share: Annotated[float, Field(gt=0, le=1, description="chance of each purchase with them to be fraud")] = 0.3


@dataclass(frozen=True)
class MyClaimerTargets(Targets):
    """What it is after: (e,) cards, an episode each."""

    card_e: npt.NDArray[np.int64]


class MyClaimer(Claimer):
    """The pattern. It owns genuine rows, and adds none: what it leaves alone stays bit for bit."""

    roles = ("purchase",)

    def __init__(self, config: MyClaimerConfig) -> None:
        self.config = config

    def plan(self, context: PlanContext, *, streams: Streams) -> MyClaimerTargets:
        """Once a run: the cards. Any is as likely; of one that is used more, more rows are claimed."""
        number = min(self.config.cards, context.cards)
        card_e = streams.draw("cards").choice(context.cards, size=number, replace=False)
        return MyClaimerTargets(number, np.sort(card_e))

    def claim(self, targets: MyClaimerTargets, block: int, genuine: Genuine, *, streams: Streams) -> Claims:
        """In each block: which rows, of which episodes, in which roles, and what they cost now; no loop."""
        drawn_t = streams.draw("share", block).random(len(genuine.card_t)) < self.config.share
        row_r = np.flatnonzero(drawn_t & np.isin(genuine.card_t, targets.card_e))
        episode_r = np.searchsorted(targets.card_e, genuine.card_t[row_r])
        return Claims(row_r, episode_r, np.zeros_like(row_r), genuine.amount_minor_t[row_r])


@hookimpl
def synth_injectors() -> list[Spec]:
    """Tells synth about the pattern."""
    return [Spec(MyClaimerConfig, MyClaimer)]
