"""An honest pattern, which the broken ones are edits of: two purchases on one card within an hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth import FraudEvents, Injector, PlanContext, Spec, Streams, hookimpl
from synth.contracts.injector import Injection


@dataclass(frozen=True, kw_only=True)
class PairConfig:
    """Pairs of purchases."""

    kind: Literal["pair"] = "pair"
    ratio: Annotated[float, Field(gt=0, le=0.5, description="a share")] = 0.01
    mode: Annotated[Literal["replace", "add"], Field(description="replace or add")] = "add"


class Pair(Injector):
    """The injector."""

    roles = ("first", "second")
    expected_signal = ()

    def __init__(self, config: PairConfig) -> None:
        self.config = config
        self.replaces = config.mode == "replace"

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Draws victims, times and amounts."""
        ratio = self.config.ratio
        n = int(ratio * context.rows) // 2
        card_e = streams.draw("victims").integers(context.cards, size=n)
        start_s_e = streams.draw("starts").integers(context.timeline.start_s, context.timeline.end_s - 3600, size=n)
        gap_s_e = streams.draw("gaps").integers(60, 3600, size=n)
        time_s_f = np.stack([start_s_e, start_s_e + gap_s_e], axis=1).ravel()
        amount_f = context.amount.draw(2 * n, rng=streams.draw("amounts"))
        episode_f = np.repeat(np.arange(n), 2)
        card_f = card_e[episode_f]
        role_f = np.tile(np.arange(2), n)
        return FraudEvents(episode_f, time_s_f * 1_000_000, card_f, amount_f, role_f)

    def inject(self, here: FraudEvents) -> Injection:
        """Everything."""
        return super().inject(here)

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields when an episode is no pair."""
        if (np.bincount(events.episode_f) != 2).any():
            yield "an episode is no pair"


@hookimpl
def synth_injectors() -> list[Spec]:
    """The pattern."""
    return [Spec(PairConfig, Pair)]
