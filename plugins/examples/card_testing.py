"""Card testing: a few tiny probes on a stolen number, and a large purchase once they went through."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth import FraudEvents, Injector, Scene, Spec, Streams, hookimpl


@dataclass(frozen=True, kw_only=True)
class CardTestingConfig:
    """Probes of one to two dollars, seconds apart, then one purchase."""

    kind: Literal["card_testing"] = "card_testing"
    cards: Annotated[int, Field(ge=1, description="number of tested cards")] = 100
    probes: Annotated[int, Field(ge=1, le=50, description="probes on each card")] = 5


class CardTesting(Injector):
    """Plans one episode a card; they come on top of the genuine rows."""

    roles = ("probe", "purchase")
    replaces = False

    def __init__(self, config: CardTestingConfig) -> None:
        self.config = config

    def violations(self, scene: Scene) -> Iterator[tuple[str, str, str]]:
        """Refuses a window that is shorter than an episode."""
        if scene.timeline.seconds <= self.config.probes * 60 + 60:
            yield "probes", "the window is too short for an episode", "a minute for each probe"

    def plan(self, scene: Scene, *, streams: Streams) -> FraudEvents:
        """Draws victims, times and amounts, an array a column."""
        rng, episodes, events = streams.draw("episodes"), self.config.cards, self.config.probes + 1
        episode = np.repeat(np.arange(episodes), events)
        card = np.repeat(rng.integers(scene.cards, size=episodes), events)
        start_s = rng.integers(scene.timeline.start_s, scene.timeline.end_s - events * 60, size=episodes)
        time_s = start_s[:, None] + rng.integers(5, 60, size=(episodes, events)).cumsum(axis=1)
        amount = rng.integers(100, 200, size=(episodes, events))
        amount[:, -1] = rng.integers(20_000, 90_000, size=episodes)
        role = np.tile(np.arange(events) // self.config.probes, episodes)
        return FraudEvents(episode, time_s.ravel() * 1_000_000, card, amount.ravel(), role)


@hookimpl
def synth_injectors() -> list[Spec]:
    """Tells synth about the pattern."""
    return [Spec(CardTestingConfig, CardTesting)]
