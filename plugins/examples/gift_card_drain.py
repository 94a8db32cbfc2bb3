"""Gift card drain: a stolen card is turned into gift cards before it is blocked.

What the fraudster does: buys one small gift card to see whether the number works, then larger ones in shop after shop;
a gift card is as good as cash and cannot be called back.
What changes in the data: two to six purchases on one card within an hour or two, each a usual face value and the
shop's activation fee, the smallest first.
Observable signature: amounts that are a face value plus a fee; count and sum of a card's purchases in two hours. The
cents are a signal of this crime, and declared: every amount ends in 95 cents, as of honest ones one in a hundred does.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth import EpisodeConfig, EpisodeInjector, FraudEvents, Length, PlanContext, Seconds, Spec, Streams, hookimpl

#: Face values in cents, and what a shop takes for the activation of each.
FACE_V = np.array([2_500, 5_000, 10_000, 20_000, 50_000])
FEE_V = np.array([395, 495, 595, 695, 795])


@dataclass(frozen=True, kw_only=True)
class GiftCardDrainConfig(EpisodeConfig):
    """Gift cards bought with a stolen card, the smallest first."""

    kind: Literal["gift_card_drain"] = "gift_card_drain"
    per_1000_cards: Annotated[float | None, Field(gt=0, le=1000, description="drained cards in 1,000; once each")] = 5.0
    purchases: Annotated[Length, Field(description="gift cards bought with one stolen card")] = Length(min=2, max=6)
    gap_s: Annotated[Seconds, Field(description="from shop to shop, in seconds")] = Seconds(min=300, max=1800)


class GiftCardDrain(EpisodeInjector[GiftCardDrainConfig]):
    """The injector."""

    roles = ("probe", "drain")
    expected_signal = ("amount", "cents")
    uses = ("amounts",)

    @property
    def length(self) -> Length:
        """Purchases with one card."""
        return self.config.purchases

    @property
    def gap_s(self) -> Seconds:
        """The way from shop to shop."""
        return self.config.gap_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Each victim once; the probe is one of the two smallest face values, the others are larger."""
        drains = self.episodes(context, streams)
        rng, events = streams.draw("face values"), len(drains.episode_f)
        value_f = np.where(drains.first_f, rng.integers(0, 2, size=events), rng.integers(2, len(FACE_V), size=events))
        return drains.finish(
            gap_s=drains.gaps(self.gap_s.min, self.gap_s.max),
            amount_minor=(FACE_V + FEE_V)[value_f],
            role=drains.role("drain", first="probe"),
            card=drains.victims(distinct=True),
        )


@hookimpl
def synth_injectors() -> list[Spec]:
    """Tells synth about the pattern."""
    return [Spec(GiftCardDrainConfig, GiftCardDrain)]
