"""Velocity bursts: one card used much faster than its holder uses it.

What the fraudster does: uses a stolen card again and again at a set pace until it is blocked.
What changes in the data: bursts of purchases at exponential gaps, with amounts like everybody's.
Observable signature: purchases of a card in a window of some multiples of ``mean_gap_s``, against its usual count.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from synth import EpisodeConfig, EpisodeInjector, FraudEvents, Length, PlanContext, Spec, Streams, hookimpl

synth_api = ">=1.0,<2"


@dataclass(frozen=True, kw_only=True)
class VelocityConfig(EpisodeConfig):
    """Bursts of purchases at a set pace; each victim has one."""

    kind: Literal["velocity"] = "velocity"
    purchases: Annotated[Length, Field(description="purchases of a burst")]
    mean_gap_s: Annotated[
        int, Field(ge=2, le=604_800, description="mean seconds between purchases; exponential, 1 at least")
    ]


class Velocity(EpisodeInjector[VelocityConfig]):
    """The injector. Nothing but the pace tells a burst: no single row of it differs from a genuine one."""

    roles = ("purchase",)

    @property
    def length(self) -> Length:
        """Purchases of a burst."""
        return self.config.purchases

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Exponential gaps, and amounts by the run's law."""
        bursts = self.episodes(context, streams)
        return bursts.finish(
            gap_s=bursts.exponential_gaps(self.config.mean_gap_s),
            role=bursts.role("purchase"),
            card=bursts.victims(distinct=True),
        )


@hookimpl
def synth_injectors() -> list[Spec]:
    """The pattern."""
    return [Spec(VelocityConfig, Velocity)]


@hookimpl
def synth_config_roots() -> list[str]:
    """Its presets."""
    return ["pkg://synth_velocity.conf"]
