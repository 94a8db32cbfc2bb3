"""A program that buys up a product which is short: page, cart, purchase, and again, seconds apart.

What the fraudster does: lets a bot buy one limited product as often as the shop sells it to an account, to sell it on.
What changes in the data: a session of one account on one product, in which page_view, add_to_cart and purchase follow
each other as fast as pages load, many times over; it breaks off when nothing is left.
Observable signature: the median gap between the events of a session, and its purchases, against those of honest ones.
Single events show their type and when they come: nobody buys so often, and bots do not sleep: uniform over the hours
and weekdays, whatever people do.
Sources: OWASP Automated Threats to Web Applications, OAT-005 Scalping and OAT-021 Denial of Inventory, for what bots
do; lengths and gaps are proposals.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.contracts.injector import FraudEvents, PlanContext
from synth.contracts.sessions import ADD_TO_CART, PAGE_VIEW, PURCHASE, draw_ids
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class BotCheckoutConfig(EpisodeConfig):
    """A bot that buys one product again and again, seconds apart."""

    kind: Literal["bot_checkout"] = "bot_checkout"
    steps: Annotated[Length, Field(description="events of a bot's session; three to a purchase")]
    interval_s: Annotated[Seconds, Field(description="seconds from one event to the next")]


class BotCheckout(EpisodeInjector[BotCheckoutConfig]):
    """The injector."""

    roles = ("look", "cart", "buy")
    expected_signal = ("event_type", "hour", "weekday")
    needs = ("generator=clickstream",)
    uses = ("event_type", "session_id")

    @property
    def length(self) -> Length:
        """Events of a bot's session."""
        return self.config.steps

    @property
    def gap_s(self) -> Seconds:
        """Seconds between its events."""
        return self.config.interval_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """Page, cart and purchase of one product in turn, all in one session."""
        bots = self.episodes(context, streams)
        role_f = bots.step_f % len(self.roles)
        price_e = context.amount.draw(len(bots), rng=streams.draw("products"))
        return bots.finish(
            gap_s=bots.gaps(self.gap_s.min, self.gap_s.max),
            amount_minor=bots.each(price_e),
            role=role_f,
            rhythm="uniform",
            own={
                "event_type": np.array([PAGE_VIEW, ADD_TO_CART, PURCHASE])[role_f],
                "session_id": bots.each(draw_ids(len(bots), rng=streams.draw("sessions"))),
            },
        )
