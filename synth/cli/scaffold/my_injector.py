"""My injector: say here what the fraudster does.

What changes in the data: which events an episode has, how far apart, for how much.
Observable signature: what a detector could see of it.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from synth import (
    EpisodeConfig,
    EpisodeInjector,
    FraudEvents,
    Length,
    PlanContext,
    Ratio,
    Seconds,
    Spec,
    Streams,
    hookimpl,
)

synth_api = ">=1.0,<2"


@dataclass(frozen=True, kw_only=True)
class MyInjectorConfig(EpisodeConfig):
    """One line that `synth list` and `synth describe` show."""

    kind: Literal["my_injector"] = "my_injector"
    ratio: Ratio = 0.002
    purchases: Annotated[Length, Field(description="purchases with one stolen card")] = Length(min=3, max=6)
    gap_s: Annotated[Seconds, Field(description="seconds from one purchase to the next")] = Seconds(min=60, max=600)


class MyInjector(EpisodeInjector[MyInjectorConfig]):
    """The pattern. Its totals, its mode and its truth are synth's work."""

    roles = ("purchase",)
    expected_signal = ("amount",)

    @property
    def length(self) -> Length:
        """Events of an episode."""
        return self.config.purchases

    @property
    def gap_s(self) -> Seconds:
        """Gaps within an episode."""
        return self.config.gap_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Every event of the run, as columns: an array each, no loop."""
        sprees = self.episodes(context, streams)
        return sprees.finish(
            gap_s=sprees.gaps(self.gap_s.min, self.gap_s.max),
            amount_minor=sprees.amounts_between(5, 50),
            role=sprees.role("purchase"),
        )


@hookimpl
def synth_injectors() -> list[Spec]:
    """Tells synth about the pattern."""
    return [Spec(MyInjectorConfig, MyInjector)]
