"""Card testing: a few tiny probes on a stolen number, and a large purchase once they went through.

Nobody goes from shop to shop within seconds: where a world has shops of both kinds, most of it is on the web.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
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


@dataclass(frozen=True, kw_only=True)
class CardTestingConfig(EpisodeConfig):
    """Probes of one to two dollars, seconds apart, then one purchase."""

    kind: Literal["card_testing"] = "card_testing"
    ratio: Ratio = 0.001
    probes: Annotated[Length, Field(description="probes on a card")] = Length(min=3, max=8)


class CardTesting(EpisodeInjector[CardTestingConfig]):
    """One episode a tested card."""

    roles = ("probe", "purchase")
    expected_signal = ("amount", "channel")
    uses = ("amounts",)
    gap_s = Seconds(min=5, max=60)

    @property
    def length(self) -> Length:
        """The probes and the purchase."""
        return Length(min=self.config.probes.min + 1, max=self.config.probes.max + 1)

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """The last event is the purchase; amounts have the cents that honest ones have."""
        tests = self.episodes(context, streams)
        whole_f = np.where(tests.last_f, tests.amounts_between(200, 900), tests.amounts_between(1, 2)) // 100
        return tests.finish(
            gap_s=tests.gaps(5, 60),
            amount_minor=whole_f * 100 + tests.amounts() % 100,
            role=tests.role("probe", last="purchase"),
        )


@hookimpl
def synth_injectors() -> list[Spec]:
    """Tells synth about the pattern."""
    return [Spec(CardTestingConfig, CardTesting)]
