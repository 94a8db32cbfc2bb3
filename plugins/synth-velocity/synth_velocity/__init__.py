"""Velocity bursts: one card used much faster than its holder uses it.

What the fraudster does: uses a stolen card again and again at a set pace until it is blocked.
What changes in the data: bursts of purchases at exponential gaps, with amounts like everybody's, beside untouched
genuine rows.
Observable signature: purchases of a card in a window of some multiples of ``gap_s``, against its usual count.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth import FraudEvents, Injector, Scene, Spec, Streams, hookimpl


@dataclass(frozen=True, kw_only=True)
class VelocityConfig:
    """Bursts of purchases at a set pace, on top of the genuine rows."""

    kind: Literal["velocity"] = "velocity"
    per_1000_cards: Annotated[
        float, Field(gt=0, le=1000, description="bursts for each 1,000 cards; each victim has one")
    ]
    purchases: Annotated[int, Field(ge=2, le=1000, description="purchases of a burst")]
    gap_s: Annotated[
        int, Field(ge=2, le=604_800, description="mean seconds between purchases; exponential, 1 at least")
    ]


class Velocity(Injector):
    """The injector."""

    roles = ("purchase",)
    replaces = False

    def __init__(self, config: VelocityConfig) -> None:
        self.config = config

    def violations(self, scene: Scene) -> Iterator[tuple[str, str, str]]:
        """Yields when bursts cannot fit into the window."""
        longest_s = self.config.purchases * self.config.gap_s * 4
        if longest_s >= scene.timeline.seconds:
            yield "gap_s", f"a burst can last {longest_s:,} s", f"less than the window of {scene.timeline.seconds:,} s"

    def plan(self, scene: Scene, *, streams: Streams) -> FraudEvents:
        """Draws distinct victims, gaps, starts that keep a burst inside the window, and amounts of the run's law."""
        bursts = max(1, int(self.config.per_1000_cards * scene.cards / 1000))
        shape = (bursts, self.config.purchases)
        victims = streams.draw("victims").choice(scene.cards, size=bursts, replace=False)
        gaps = 1 + streams.draw("gaps").exponential(self.config.gap_s - 1, size=shape).astype(np.int64)
        elapsed = np.minimum(gaps.cumsum(axis=1) - gaps[:, :1], scene.timeline.seconds - 1 - np.arange(shape[1])[::-1])
        start = streams.draw("starts").integers(scene.timeline.start_s, scene.timeline.end_s - elapsed[:, -1])
        amount = scene.amount.draw(bursts * self.config.purchases, rng=streams.draw("amounts"))
        time_us = (start[:, None] + elapsed).ravel() * 1_000_000
        episode = np.repeat(np.arange(bursts), self.config.purchases)
        return FraudEvents(episode, time_us, victims[episode], amount, np.zeros_like(episode))

    def check(self, scene: Scene, events: FraudEvents) -> Iterator[str]:
        """Yields when a burst has another number of purchases than configured."""
        sizes = np.bincount(events.episode_f)
        wrong = np.flatnonzero(sizes != self.config.purchases)
        if wrong.size:
            yield f"burst {int(wrong[0])} has {int(sizes[wrong[0]])} purchases instead of {self.config.purchases}"


@hookimpl
def synth_injectors() -> list[Spec]:
    """The pattern."""
    return [Spec(VelocityConfig, Velocity)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its presets."""
    return ["pkg://synth_velocity.conf"]
