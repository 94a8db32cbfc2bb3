"""A pattern that sets what its config says, and leaves the rest to the generator."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth import EpisodeConfig, EpisodeInjector, FraudEvents, Length, PlanContext, Spec, Streams, hookimpl


@dataclass(frozen=True, kw_only=True)
class SetterConfig(EpisodeConfig):
    """Payments some minutes apart, with some columns set."""

    kind: Literal["setter"] = "setter"
    episodes: int = 300
    mode: Literal["replace", "add"] = "add"
    gap_s: Annotated[int, Field(ge=1, description="seconds between payments")] = 120
    texts: Annotated[dict[str, str], Field(description="column: what it says")] = field(default_factory=dict)
    numbers: Annotated[dict[str, int], Field(description="column: the number that it is")] = field(default_factory=dict)
    amount_minor: Annotated[int | None, Field(description="what all cost; null: left open")] = None
    times: Annotated[float, Field(description="multiple of what is usual")] = 1.0


class Setter(EpisodeInjector[SetterConfig]):
    """Five payments an episode."""

    roles = ("payment",)
    length = Length(min=5, max=5)

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        config, episodes = self.config, self.episodes(context, streams)
        events = len(episodes.episode_f)
        own = {name: np.full(events, context.texts[name].index(text)) for name, text in config.texts.items()}
        own |= {name: np.full(events, number) for name, number in config.numbers.items()}
        return episodes.finish(
            gap_s=np.full(events, config.gap_s),
            role=episodes.role("payment"),
            own=own,
            amount_minor=None if config.amount_minor is None else np.full(events, config.amount_minor),
            times=np.full(events, config.times),
        )


@hookimpl
def synth_injectors() -> list[Spec]:
    return [Spec(SetterConfig, Setter)]
